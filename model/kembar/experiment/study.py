"""A study with everything it names found and checked: worlds, policies, factors, design."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kembar.batch import BASELINE
from kembar.errors import InputError, Problem, nearest
from kembar.experiment.design import DesignTable
from kembar.experiment.factors import value_at
from kembar.experiment.form import SAMPLE_SUFFIX, UNCERTAINTIES, StudyForm
from kembar.experiment.study_factors import ALL, StudyFactor, make_study_design
from kembar.inputs import Inputs, Layout, lay_out
from kembar.locations import experiments_folder, find_file, is_path
from kembar.outcomes import BY_NAME
from kembar.parameters import Value, check_value, declaration
from kembar.parameters.posterior import POSTERIOR, PosteriorSample, read_posterior, shipped_posterior
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Change, Policy, Scenario
from kembar.scenario.toml_file import TomlFile, read_toml

if TYPE_CHECKING:
    pass

BASELINE_WORD: Final = "baseline"  # how a reader calls no policy
_LARGE_CHUNK: Final = 1024
_SMALL_CHUNK: Final = 8
_ROWS_OF_A_CHUNK: Final = 30_000  # of cities and agreements: about 30 MB of records, a second of work


@dataclass(frozen=True)
class Arm:
    """What is compared: no policy, one policy, or several that hold together."""

    name: str
    policies: tuple[Policy, ...]

    @property
    def word(self) -> str:
        """The name as a reader sees it."""
        return self.name or BASELINE_WORD


@dataclass(frozen=True)
class Study:
    """A study ready to run. Points are numbered over worlds first, then over the design's rows."""

    name: str
    path: Path | None
    form: StudyForm
    scenarios: tuple[Scenario, ...]
    arms: tuple[Arm, ...]  # the baseline first
    factors: tuple[StudyFactor, ...]
    design: DesignTable
    rules_file: Path | None = None
    posterior: PosteriorSample | None = None  # of which each replicate takes one draw

    @property
    def points(self) -> int:
        """Design points over all worlds."""
        return len(self.scenarios) * len(self.design.values)

    @property
    def is_calibration(self) -> bool:
        """Whether its runs are compared with the evidence; it keeps no other table then."""
        return self.form.calibration is not None

    @cached_property
    def kept(self) -> list[str]:
        """What is kept of every run: its tables by name, or the statistics of a calibration."""
        if not self.is_calibration:
            return sorted(self.form.tables)
        from kembar.schemas import evidence_table

        return [column.name for column in evidence_table().columns]

    @property
    def seed(self) -> int:
        """Seed of the whole study."""
        return self.form.seed

    @cached_property
    def layouts(self) -> tuple[Layout, ...]:
        """What all runs of each world share."""
        return tuple(lay_out(scenario, self.form.years) for scenario in self.scenarios)

    @cached_property
    def chunk(self) -> int:
        """Runs of a chunk: as the file says, or as many as make about thirty thousand rows."""
        if self.form.chunk is not None:
            return self.form.chunk
        rows = max(len(scenario.cities) + len(scenario.agreements) for scenario in self.scenarios)
        return max(_SMALL_CHUNK, min(_LARGE_CHUNK, _ROWS_OF_A_CHUNK // rows))

    def place(self, point: int) -> tuple[int, int]:
        """World and row of the design of a point."""
        return divmod(point, len(self.design.values))

    def luck_group(self, point: int) -> int:
        """Points of one group share their luck; so do the same rows in different worlds."""
        return int(self.design.group[self.place(point)[1]])

    def values(self, point: int) -> dict[str, float]:
        """The factors of a point by name."""
        row = self.design.values[self.place(point)[1]]
        return {factor.name: float(value) for factor, value in zip(self.factors, row, strict=True)}

    def inputs(self, point: int, arm: Arm, replicate: int = 0) -> Inputs:
        """The inputs of a run of a point under an arm; `replicate` tells only where a posterior sample is drawn from.

        Raises InputError when they contradict one another.
        """
        world, _ = self.place(point)
        layout = self.layouts[world]
        values = self.values(point)
        changes: list[Change] = []
        parameters: dict[str, Value] = {}
        if self.posterior is not None:
            drawn = self.posterior.at(replicate)
            parameters.update({key: value_at(declaration(key), value) for key, value in drawn.items()})
        for factor in self.factors:
            value = values[factor.name]
            if factor.is_lever:
                changes.append(factor.change(value, layout.scenario))
            else:
                parameters[factor.parameter] = factor.value(value)
        policies = list(arm.policies)
        if changes:
            policies.append(_policy_of(tuple(changes)))
        return layout.inputs(policies, self.form.sets, parameters)

    def warnings(self) -> list[str]:
        """Lines of the policies that do nothing in one of the worlds, each once."""
        from kembar.scenario.idle import idle_lines

        policies = {policy.hash: policy for arm in self.arms for policy in arm.policies}
        found = (
            problem.format("warning")
            for scenario in self.scenarios
            for problem in idle_lines(scenario, policies.values(), self.form.years, self.form.sets)
        )
        return list(dict.fromkeys(found))

    @cached_property
    def identity(self) -> str:
        """SHA-256 of everything that decides what a run of this study gives, but not of how many there are."""
        from kembar.compilation import rule_hash
        from kembar.manifest import FORMAT

        content = [
            FORMAT,
            [scenario.hash for scenario in self.scenarios],
            [[arm.name, [policy.hash for policy in arm.policies]] for arm in self.arms],
            [factor.identity for factor in self.factors],
            hashlib.sha256(self.design.values.tobytes() + self.design.group.tobytes()).hexdigest(),
            self.posterior.hash if self.posterior else None,
            sorted(self.form.sets.items()),
            [self.form.years, self.seed, self.chunk, self.kept, self.form.events],
            rule_hash(self.rules_file),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _policy_of(changes: tuple[Change, ...]) -> Policy:
    """The levers of a design point as a policy of its own."""
    from kembar.parameters.values import hash_of

    told = [[c.parameter, c.target, c.from_quarter, c.until_quarter, c.value] for c in changes]
    return Policy("factors", "Factors of the design", "", (), changes, (), hash=hash_of(told), path="")


def load_study(
    name_or_path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    rules: Path | None = None,
) -> Study:
    """The study of a name, or in a file, with some keys of its form replaced. Raises InputError with its problems."""
    from kembar.scenario.schema import read_form

    path = find_file(name_or_path, experiments_folder(), "study")
    toml = read_toml(path)
    form = read_form(toml, StudyForm)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    if "replicates" in given:
        given["precision"] = None
    form = form.model_copy(update=given)
    return resolve_study(form, path.stem, toml, rules, path)


def resolve_study(
    form: StudyForm, name: str, toml: TomlFile | None, rules: Path | None = None, path: Path | None = None
) -> Study:
    """Find and check everything that a form names; `path` is the study's file, beside which others may lie.

    Raises InputError with all problems found.
    """
    problems: list[Problem] = []
    base = path.parent if path else Path()
    posterior = _posterior(form, toml, base)
    _check_form(form, toml, problems)
    scenarios = _found(form.scenarios, lambda item: load_scenario(_path_of(item, base)), "scenarios", toml, problems)
    arms = _arms(form, toml, base, problems)
    if problems:
        raise InputError(problems)
    factors, design = make_study_design(form, toml, scenarios, base)
    study = Study(name, path, form, tuple(scenarios), tuple(arms), factors, design, rules, posterior)
    for arm in study.arms:  # changes of one lever, target and time contradict one another: found before any run
        for world in range(len(scenarios)):
            study.inputs(world * len(design.values), arm)
    return study


def _posterior(form: StudyForm, toml: TomlFile | None, base: Path) -> PosteriorSample | None:
    """The posterior sample that replicates draw from, when the study asks for one."""
    if form.uncertainties == POSTERIOR:
        return shipped_posterior()
    if not isinstance(form.uncertainties, str) or form.uncertainties in UNCERTAINTIES:
        return None
    if form.uncertainties.endswith(SAMPLE_SUFFIX):
        beside = base / form.uncertainties
        if not beside.is_file() and not Path(form.uncertainties).is_file():
            raise InputError(_problem(toml, ("uncertainties",), f"there is no file '{form.uncertainties}'"))
        return read_posterior(beside if beside.is_file() else Path(form.uncertainties))
    known = f"known are {', '.join(UNCERTAINTIES)}, a list of keys, and a file of posterior draws (*{SAMPLE_SUFFIX})"
    close = nearest(form.uncertainties, UNCERTAINTIES)
    what = f"unknown choice '{form.uncertainties}'"
    raise InputError(_problem(toml, ("uncertainties",), what, None if close else known, close))


def _path_of(item: str, base: Path) -> str | Path:
    """A name as it is; a path beside the study's file when there is such a file, else from the current folder."""
    return base / item if is_path(item) and (base / item).is_file() else item


def _problem(toml: TomlFile | None, place: tuple[str | int, ...], what: str, why: str | None = None,
             suggestion: str | None = None) -> Problem:  # fmt: skip
    if toml is not None:
        return toml.problem(place, what, why, suggestion)
    return Problem(what, key=f"--{place[0]}".replace("_", "-"), why=why, suggestion=suggestion)


def _found(items: Sequence[str], load: Any, key: str, toml: TomlFile | None, problems: list[Problem]) -> list[Any]:
    found = []
    for index, item in enumerate(items):
        try:
            found.append(load(item))
        except InputError as error:
            for problem in error.problems:
                is_own = problem.file is None and toml is not None
                problems.append(
                    _problem(toml, (key, index), problem.what, problem.why, problem.suggestion) if is_own else problem
                )
    return found


def _arms(form: StudyForm, toml: TomlFile | None, base: Path, problems: list[Problem]) -> list[Arm]:
    arms = [Arm(BASELINE, ())]
    for index, item in enumerate(form.policies):
        names = [part.strip() for part in item.split("+")]
        loaded = _found(names, lambda part: load_policy(_path_of(part, base)), "policies", toml, problems)
        if len(loaded) == len(names):
            _add_arm(arms, Arm("+".join(policy.name for policy in loaded), tuple(loaded)), ("policies", index), toml,
                     problems)  # fmt: skip
    for index, combination in enumerate(form.combination):
        loaded = _found(
            combination.policies, lambda part: load_policy(_path_of(part, base)), "combination", toml, problems
        )
        if len(loaded) == len(combination.policies):
            scaled = tuple(at_strength(policy, combination.strength) for policy in loaded)
            _add_arm(arms, Arm(combination.name, scaled), ("combination", index, "name"), toml, problems)
    return arms


def _add_arm(arms: list[Arm], arm: Arm, place: tuple[str | int, ...], toml: TomlFile | None,
             problems: list[Problem]) -> None:  # fmt: skip
    if arm.name in (known.name for known in arms) or arm.name == BASELINE_WORD:
        problems.append(_problem(toml, place, f"'{arm.word}' stands twice", "every arm of a study has its own name"))
    arms.append(arm)


def at_strength(policy: Policy, strength: float) -> Policy:
    """A policy whose levers move `strength` times as far from their declared values, as far as their ranges allow."""
    if strength == 1.0:
        return policy
    changes = []
    for change in policy.changes:
        declared = declaration(change.parameter)
        default, (low, high) = float(declared.value), declared.range  # type: ignore[arg-type]
        value = min(high, max(low, default + strength * (float(change.value) - default)))  # type: ignore[arg-type]
        changes.append(replace(change, value=round(value) if declared.scale == "integer" else value))
    from kembar.parameters.values import hash_of

    return replace(policy, changes=tuple(changes), hash=hash_of([policy.hash, strength]))


def _check_form(form: StudyForm, toml: TomlFile | None, problems: list[Problem]) -> None:
    if form.replicates is None and form.precision is None:
        problems.append(
            _problem(toml, ("replicates",), "is missing", "a study says its replicates or the precision to reach")
        )
    if form.replicates is not None and form.precision is not None:
        problems.append(_problem(toml, ("replicates",), "stands beside [precision]", "a study has one or the other"))
    for index, name in enumerate(form.outcomes):
        _check_outcome(name, ("outcomes", index), toml, problems)
    if form.precision is not None:
        _check_outcome(form.precision.outcome, ("precision", "outcome"), toml, problems)
        if form.factor or has_sampled_uncertainties(form) or len(form.scenarios) > 1:
            why = "a precision is of effects of policies in one world; other studies say their replicates"
            problems.append(_problem(toml, ("precision",), "does not go with factors or several worlds", why))
    if form.calibration is not None:
        _check_calibration(form, toml, problems)
    if "runs" not in form.tables:
        problems.append(_problem(toml, ("tables",), "must name runs", "every analysis begins with the table of runs"))
    for key, value in form.sets.items():
        line = toml.line(("sets", key)) if toml else None
        problems.extend(check_value(key, value, ("lever",), toml.name if toml else "--set", line))


def has_sampled_uncertainties(form: StudyForm) -> bool:
    """Whether the design varies uncertain numbers; a posterior sample is drawn from by the replicates instead."""
    return not isinstance(form.uncertainties, str) or form.uncertainties == ALL


def _check_calibration(form: StudyForm, toml: TomlFile | None, problems: list[Problem]) -> None:
    """A calibration compares draws of the prior with the evidence: it needs draws and no policy."""
    place = ("calibration",)
    if form.policies or form.combination:
        why = "what is known is known of the world without them"
        problems.append(_problem(toml, place, "does not go with policies", why))
    if not has_sampled_uncertainties(form) or form.design.kind != "latin_hypercube":
        why = 'it needs draws from the ranges: uncertainties = "all" or a list, and a latin_hypercube design'
        problems.append(_problem(toml, place, "has no draws to compare", why))
    elif form.design.points is not None and form.calibration is not None:
        most = form.design.points - form.calibration.held_out
        if form.calibration.accept > most:
            why = f"{most} draws are left beside those held out"
            problems.append(_problem(toml, (*place, "accept"), f"accepts {form.calibration.accept} draws", why))


def _check_outcome(name: str, place: tuple[str | int, ...], toml: TomlFile | None, problems: list[Problem]) -> None:
    if name not in BY_NAME:
        problems.append(_problem(toml, place, f"unknown outcome '{name}'", None, nearest(name, BY_NAME)))
