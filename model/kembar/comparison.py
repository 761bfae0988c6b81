"""Comparing policies under common luck: the study that a comparison is, and what came out of it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from kembar.errors import InputError, Problem, nearest
from kembar.experiment.form import MAIN_OUTCOMES, SAMPLE_SUFFIX, CombinationForm, PrecisionForm, StudyForm
from kembar.locations import is_path
from kembar.outcomes import BY_NAME
from kembar.scenario.reader import load_policy

if TYPE_CHECKING:
    from kembar.experiment.study import Study
    from kembar.findings import Findings
    from kembar.study_results import StudyResults

Told = Callable[[str], None]
PAIRS: Final = 100  # unless a number or a precision is asked for
MOST_PAIRS: Final = 2000  # of a comparison that stops at a precision
PAIRED_UNCERTAINTIES: Final = ("none", "posterior")  # or a file of draws
_FLAGS: Final = {"scenarios": "WORLD", "sets": "--set", "years": "--years", "seed": "--seed"}


@dataclass(frozen=True)
class Comparison:
    """A comparison's results and findings."""

    results: StudyResults
    findings: Findings
    notes: tuple[str, ...]  # what a reader must know of how the policies were laid out

    def as_json(self) -> dict[str, Any]:
        """The object of the outer contract."""
        found = self.findings.comparison_json()
        return {**found, "notes": list(self.notes)}

    def describe(self, language: str = "en") -> str:
        """One page for a terminal."""
        return "\n".join([self.findings.describe(language), *self.notes])

    def write_report(self, language: str = "en") -> Path:
        """Write `report.html` and the figures; gives its path."""
        from kembar.reporting import write_report

        return write_report(self.results, self.findings, language)


def comparison_study(
    world: str | Path,
    policies: Sequence[str | Path],
    *,
    runs: int | None,
    precision: float | None,
    max_runs: int | None,
    outcome: str,
    sets: dict[str, float],
    equal_cost_kusd: float | None,
    in_pairs: bool,
    years: int | None,
    seed: int,
    rules: Path | None,
    uncertainties: str = "none",
    told: Told,
) -> tuple[Study, tuple[str, ...]]:
    """The study of one world that a comparison is, and notes on how its policies were laid out.

    Raises InputError for what it cannot find, for a policy given twice, and for policies that contradict the settings.
    """
    from kembar.experiment.study import resolve_study

    _check(policies, outcome, max_runs, precision)
    _check_uncertainties(uncertainties)
    if equal_cost_kusd is not None and not 0 < equal_cost_kusd < math.inf:
        why = "say how much a year, in thousand dollars"
        raise InputError(Problem(f"{equal_cost_kusd:g} is no cost", key="--equal-cost", why=why))
    singles = [_parts(policy) for policy in policies]
    sought: list[tuple[str, list[str]]] = [("+".join(_name(part) for part in parts), parts) for parts in singles]
    notes: list[str] = []
    _refuse_twice([name for name, _ in sought])
    if in_pairs:
        for one, other in combinations(tuple(sought), 2):
            both = list(dict.fromkeys([*one[1], *other[1]]))
            if set(both) not in [set(parts) for _, parts in sought]:
                sought.append(("+".join(_name(part) for part in both), both))
    limit = None
    if precision is not None:
        limit = PrecisionForm(outcome=outcome, relative=precision, most_replicates=max_runs or MOST_PAIRS)
    form = _form(
        title=f"{_name(str(world))}: " + ", ".join(name for name, _ in sought[: len(singles)]),
        question="What do these policies change, under the same luck?",
        about="A comparison asked for on the command line or in Python.",
        scenarios=[_from_anywhere(str(world))],
        sets=sets,
        uncertainties=os.path.abspath(uncertainties) if uncertainties.endswith(SAMPLE_SUFFIX) else uncertainties,
        replicates=None if limit else runs or PAIRS,
        precision=limit,
        years=years,
        outcomes=list(dict.fromkeys((outcome, *MAIN_OUTCOMES))),
        seed=seed,
    )
    bare = resolve_study(form, "comparison", None, rules)
    arms = []
    for name, parts in sought:
        arm = CombinationForm(name=name, policies=parts)
        try:
            resolve_study(form.model_copy(update={"combination": [arm]}), "comparison", None, rules)
        except InputError as error:
            if name in (single for single, _ in sought[: len(singles)]):
                raise
            notes.append(f"{name} was left out: {error.problems[0].format().removeprefix('error: ')}")
            continue
        arms.append(arm)
    if equal_cost_kusd is not None:
        from kembar.experiment.equal_cost import at_equal_cost

        arms, more = at_equal_cost(bare, arms, equal_cost_kusd, told)
        notes += more
    form = form.model_copy(update={"combination": arms})
    return resolve_study(form, "comparison", None, rules), tuple(notes)


def _check_uncertainties(chosen: str) -> None:
    """A comparison has one design point: it draws from a sample, or not at all. Raises InputError."""
    if chosen in PAIRED_UNCERTAINTIES:
        return
    if chosen.endswith(SAMPLE_SUFFIX):
        if not Path(chosen).is_file():
            raise InputError(Problem(f"there is no file '{chosen}'", key="--uncertainties"))
        return
    close = nearest(chosen, PAIRED_UNCERTAINTIES)
    known = f"known are {', '.join(PAIRED_UNCERTAINTIES)}, and a file of posterior draws (*{SAMPLE_SUFFIX})"
    raise InputError(Problem(f"unknown choice '{chosen}'", key="--uncertainties", why=known, suggestion=close))


def _form(**content: Any) -> StudyForm:
    """The form of a comparison; what cannot stand in it is told as of the command line. Raises InputError."""
    try:
        return StudyForm(**content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else None
        told = first["msg"][:1].lower() + first["msg"][1:]
        raise InputError(Problem(f"cannot be used: {told}", key=_FLAGS.get(key or "", key))) from None


def _check(policies: Sequence[str | Path], outcome: str, max_runs: int | None, precision: float | None) -> None:
    if not policies:
        raise InputError(Problem("is missing", key="POLICY", why="name at least one policy to compare"))
    if outcome not in BY_NAME:
        close = nearest(outcome, BY_NAME)
        raise InputError(Problem(f"unknown outcome '{outcome}'", key="--outcome", suggestion=close))
    if max_runs is not None and precision is None:
        why = "it bounds a comparison that stops at a precision; --runs says a number"
        raise InputError(Problem("needs --precision", key="--max-runs", why=why))


def _refuse_twice(names: Sequence[str]) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        why = "policies are told apart by their names"
        raise InputError(Problem(f"'{name}' stands twice", key="POLICY", why=why))


def _parts(policy: str | Path) -> list[str]:
    """The policies of `A+B`; a path is one policy."""
    text = str(policy)
    parts = [text] if isinstance(policy, Path) or is_path(text) else [part.strip() for part in text.split("+")]
    for part in parts:
        load_policy(part)  # so that a wrong name is told as it was written
    return [_from_anywhere(part) for part in parts]


def _from_anywhere(name: str) -> str:
    """A name as it is, a path from the root, so that the results can be gone on with from any folder."""
    return os.path.abspath(name) if is_path(name) else name


def _name(part: str) -> str:
    return Path(part).stem if is_path(part) else part


def summarise(results: StudyResults, *, city: str | None, outcome: str, notes: Sequence[str]) -> Comparison:
    """What came out of a comparison; `city` is the key of a city to answer for."""
    from kembar.findings import find

    return Comparison(results, find(results, city=city, outcome=outcome), tuple(notes))
