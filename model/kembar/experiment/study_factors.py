"""The factors of a study: levers for a target from a date on, and uncertain numbers of the model."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.experiment.design import DesignTable, make_design
from kembar.experiment.factors import Factor, factor_of, value_at
from kembar.experiment.form import DesignForm, FactorForm, StudyForm
from kembar.parameters import Declaration, Value, check_value, declarations, uncertainties
from kembar.scenario.records import Change, Scenario
from kembar.scenario.targets import find_target
from kembar.scenario.text_file import read_text
from kembar.scenario.times import quarter_index
from kembar.scenario.toml_file import TomlFile

ALL: Final = "all"
_NEEDED: Final = {"latin_hypercube": "points", "sobol": "base", "morris": "trajectories", "table": "file"}


@dataclass(frozen=True)
class StudyFactor:
    """One factor with the parameter it sets."""

    name: str  # the parameter, with @target when the target is not all
    declaration: Declaration
    target: str
    from_quarter: int | None  # None: from the first quarter of the run
    until_quarter: int | None
    factor: Factor
    file: str = "design"  # where it is written, for messages
    line: int | None = None

    @property
    def parameter(self) -> str:
        """Key of the parameter."""
        return self.declaration.key

    @property
    def is_lever(self) -> bool:
        """Whether a policy could set it."""
        return self.declaration.kind == "lever"

    @property
    def identity(self) -> list[Any]:
        """What decides its effect, for the hash of a study."""
        return [self.parameter, self.target, self.from_quarter, self.until_quarter]

    def value(self, position: float) -> Value:
        """The parameter's value; one for each sector moves all eight together."""
        return value_at(self.declaration, position)

    def change(self, value: float, scenario: Scenario) -> Change:
        """The lever's change in a world."""
        start = quarter_index(scenario.start_year) if self.from_quarter is None else self.from_quarter
        times = (start, self.until_quarter)
        return Change(self.parameter, self.target, *times, value, "a factor of the design", self.file, self.line)


def make_study_design(
    form: StudyForm, toml: TomlFile | None, scenarios: Sequence[Scenario], base: Path
) -> tuple[tuple[StudyFactor, ...], DesignTable]:
    """The factors of a study and its design points. Raises InputError with all problems found."""
    problems: list[Problem] = []
    kind = form.design.kind
    given = [_factor(item, index, kind, toml, scenarios, problems) for index, item in enumerate(form.factor)]
    factors = [factor for factor in given if factor is not None]
    factors += _sampled(form, toml, problems)
    _refuse_twice(factors, toml, problems)
    _check_options(form.design, toml, problems)
    if not factors and kind != "full" and not problems:
        why = "name factors or uncertainties, or leave [design] out"
        problems.append(_at(toml, ("design", "kind"), f"{kind} has nothing to vary", why))
    if kind == "full" and (form.uncertainties == ALL or not isinstance(form.uncertainties, str)):
        why = "it takes levels, and an uncertainty has a range; sample it with latin_hypercube, sobol or morris"
        problems.append(_at(toml, ("design", "kind"), "full does not sample uncertainties", why))
    if problems:
        raise InputError(problems)
    if not factors:
        return (), DesignTable("full", (), np.zeros((1, 0)), np.zeros(1, np.int64))
    try:
        design = make_design(kind, tuple(factor.factor for factor in factors), **_options(form.design, factors, base))
    except InputError as error:
        raise InputError([_placed(problem, toml) for problem in error.problems]) from None
    return tuple(factors), design


def _options(design: DesignForm, factors: Sequence[StudyFactor], base: Path) -> dict[str, Any]:
    """The settings of the design's kind, none of another."""
    if design.kind == "table":
        return {"rows": _table_rows(design, factors, base)}
    names = {"latin_hypercube": ("points",), "sobol": ("base", "second_order"), "morris": ("trajectories", "levels")}
    return {name: getattr(design, name) for name in names.get(design.kind, ())} | {"seed": design.seed}


def _placed(problem: Problem, toml: TomlFile | None) -> Problem:
    if toml is None or problem.file is not None:
        return problem
    return toml.problem(("design",), problem.what, problem.why, problem.suggestion)


def _at(toml: TomlFile | None, place: tuple[str | int, ...], what: str, why: str | None = None,
        suggestion: str | None = None) -> Problem:  # fmt: skip
    return toml.problem(place, what, why, suggestion) if toml else Problem(what, key=str(place[0]), why=why)


def _factor(item: FactorForm, index: int, kind: str, toml: TomlFile | None, scenarios: Sequence[Scenario],
            problems: list[Problem]) -> StudyFactor | None:  # fmt: skip
    """One [[factor]] with everything it names found."""
    before = len(problems)
    place = ("factor", index)
    declared = next((known for known in declarations() if known.key == item.parameter), None)
    if declared is None:
        close = nearest(item.parameter, [known.key for known in declarations() if known.kind != "constant"])
        problems.append(_at(toml, (*place, "parameter"), f"unknown parameter '{item.parameter}'", None, close))
        return None
    if declared.kind == "constant":
        why = "a factor is a lever or an uncertainty; only a scenario's [parameters] sets a constant"
        problems.append(_at(toml, (*place, "parameter"), f"{declared.key} is a constant", why))
        return None
    if declared.kind != "lever" and (item.target != ALL or item.from_ is not None or item.until is not None):
        why = f"{declared.key} is an uncertainty: it holds everywhere and always"
        problems.append(_at(toml, place, "target, from and until are of levers", why))
    if item.from_ is not None and item.until is not None and item.until <= item.from_:
        problems.append(_at(toml, (*place, "until"), "is not after from", "from is inclusive, until exclusive"))
    if kind == "full" and item.levels is None:
        why = "a full design takes every combination of its factors' levels"
        problems.append(_at(toml, (*place, "levels"), "is missing", why))
    for key in ("levels", "range"):
        for number, value in enumerate(getattr(item, key) or ()):
            line = toml.line((*place, key, number)) if toml else None
            problems.extend(check_value(item.parameter, value, (), toml.name if toml else None, line))
    if item.range is not None and item.range[0] >= item.range[1]:
        problems.append(_at(toml, (*place, "range"), "is empty", "the least value comes first"))
    for scenario in scenarios:
        if declared.kind != "lever":
            continue
        try:
            find_target(scenario, item.target, toml.name if toml else None, toml.line(place) if toml else None)
        except InputError as error:
            problems.extend(error.problems)
    if len(problems) > before:
        return None
    name = item.parameter if item.target == ALL else f"{item.parameter}@{item.target}"
    low, high = item.range or declared.range
    factor = Factor(name, float(low), float(high), declared.scale, tuple(float(value) for value in item.levels or ()))
    where = (toml.name, toml.line(place)) if toml else ("design", None)
    return StudyFactor(name, declared, item.target, item.from_, item.until, factor, *where)


def _sampled(form: StudyForm, toml: TomlFile | None, problems: list[Problem]) -> list[StudyFactor]:
    """The uncertainties to sample over their declared ranges."""
    if isinstance(form.uncertainties, str) and form.uncertainties != ALL:
        return []  # none, or a posterior sample that the replicates draw from
    own = {item.parameter for item in form.factor}
    known = {declared.key: declared for declared in uncertainties()}
    chosen: list[Declaration] = []
    if form.uncertainties == ALL:
        chosen = [declared for key, declared in known.items() if key not in own]
    else:
        for index, key in enumerate(form.uncertainties):
            if key in known:
                chosen.append(known[key])
            else:
                close = nearest(key, known)
                problems.append(_at(toml, ("uncertainties", index), f"unknown uncertainty '{key}'", None, close))
    return [StudyFactor(item.key, item, ALL, None, None, factor_of(item)) for item in chosen]


def _refuse_twice(factors: Sequence[StudyFactor], toml: TomlFile | None, problems: list[Problem]) -> None:
    names = [factor.name for factor in factors]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(_at(toml, ("factor",), f"'{name}' stands twice", "each factor of a design is another number"))


def _check_options(design: DesignForm, toml: TomlFile | None, problems: list[Problem]) -> None:
    for kind, key in _NEEDED.items():
        value = getattr(design, key)
        if kind == design.kind and value is None:
            problems.append(_at(toml, ("design", key), "is missing", f"a {kind} design needs it"))
        if kind != design.kind and value is not None:
            owner = f"it belongs to {kind}, and this design is {design.kind}"
            problems.append(_at(toml, ("design", key), "is of no use", owner))


def _table_rows(design: DesignForm, factors: Sequence[StudyFactor], base: Path) -> dict[str, list[float]]:
    """The rows of the table of design points. Raises InputError with the line of a mistake."""
    assert design.file is not None
    path = base / design.file
    name = shown_path(path)
    reader = csv.reader(read_text(path).splitlines())
    header = [cell.strip() for cell in next(reader)]
    names = [factor.name for factor in factors]
    why = "columns are named as factors"
    problems = [
        Problem(f"unknown column '{cell}'", name, 1, why=why, suggestion=nearest(cell, names))
        for cell in header
        if cell not in names
    ]
    problems += [Problem(f"column '{cell}' stands twice", name, 1) for cell in set(header) if header.count(cell) > 1]
    meant = {problem.suggestion for problem in problems}  # one message for one slip of the pen
    problems += [Problem(f"has no column '{it}'", name, 1) for it in names if it not in header and it not in meant]
    if problems:
        raise InputError(problems)
    rows = []
    by_name = {factor.name: factor for factor in factors}
    for line, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(Problem(f"has {len(cells)} cells, not {len(header)}", name, line))
            continue
        row: dict[str, float] = {}
        for cell, text in zip(header, cells, strict=True):
            try:
                row[cell] = float(text)
            except ValueError:
                problems.append(Problem(f"'{text.strip()}' is not a number", name, line, cell))
                continue
            factor = by_name[cell]
            if factor.declaration.is_by_sector:
                if not 0.0 <= row[cell] <= 1.0 or math.isnan(row[cell]):
                    why = "a position from 0 (lowest) over 0.5 (as declared) to 1 (highest) moves all eight sectors"
                    problems.append(Problem(f"{text.strip()} is outside 0 to 1", name, line, cell, why))
            else:
                problems.extend(check_value(factor.parameter, row[cell], (), name, line))
        rows.append(row)
    if not rows and not problems:
        problems.append(Problem("has no design point", name, 1))
    if problems:
        raise InputError(problems)
    return {name: [row[name] for row in rows] for name in names}
