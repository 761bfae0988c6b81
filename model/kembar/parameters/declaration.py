"""Reading the declarations: title, meaning, unit, kind, value, range, basis and source of every parameter."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.scenario.toml_file import TomlFile, read_toml

SECTORS = ("trade", "tourism", "culture", "education", "environment", "services", "resilience", "technology")

UNITS: dict[str, str] = {
    "1": "a pure number or a share",
    "kusd": "thousand constant 2025 US dollars",
    "kusd/year": "thousand constant 2025 US dollars a year",
    "kusd/exchange": "thousand constant 2025 US dollars for one exchange",
    "kusd/person": "thousand constant 2025 US dollars a head",
    "fte": "full-time equivalents of staff",
    "fte/agreement": "full-time equivalents of staff for one agreement",
    "fte/exchange": "full-time equivalents of staff for one exchange a year",
    "years": "years",
    "quarters": "quarters of a year",
    "1/year": "per year",
    "1/exchange": "per exchange",
    "exchanges": "exchanges",
    "exchanges/year": "exchanges a year",
    "points": "benefit points",
    "points/exchange": "benefit points for one exchange",
    "count": "a whole number of things",
    "persons": "inhabitants",
    "km": "kilometres",
    "hours": "hours",
    "idr/usd": "rupiah for one US dollar",
}
KINDS = ("constant", "uncertainty", "lever")
SCALES = ("linear", "log", "integer")
BASES = ("measured", "calibrated", "transferred", "assumption")
REQUIRED_KEYS = (
    *("title", "about", "unit", "kind", "value", "range"),
    *("scale", "basis", "source", "claims"),
)
LEVER_KEYS = ("charged",)  # required of a lever, unknown to the other kinds
REFERENCE_KEYS = ("title", "authors", "year", "url", "note")
REFERENCES_FILE = "references.toml"
ASSUMPTION = "assumption"

Value = float | tuple[float, ...]

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_CLAIM = re.compile(r"S\d\d")


@dataclass(frozen=True)
class Declaration:
    """One number of the model (or one for each of the eight sectors), as declared."""

    key: str
    title: str
    about: str
    unit: str  # one of UNITS
    kind: str  # constant | uncertainty | lever
    value: Value
    range: tuple[float, float]
    scale: str  # linear | log | integer
    basis: str  # measured | calibrated | transferred | assumption
    source: tuple[str, ...]  # keys of references.toml, or "assumption"
    claims: tuple[str, ...]  # claims of the project's sources that it carries
    file: str
    charged: bool | None = None  # whether some rule charges what pulling the lever itself costs; None: no lever

    @property
    def is_by_sector(self) -> bool:
        """Whether it has one value for each of the eight sectors."""
        return isinstance(self.value, tuple)


@dataclass(frozen=True)
class Reference:
    """A citation that a reader can follow."""

    key: str
    title: str
    authors: str
    year: str
    url: str
    note: str


def as_number(value: object) -> float | None:
    """The value as a finite number, or None when it is none (yes and no are no numbers)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def fault_of_number(value: object, bounds: tuple[float, float], scale: str) -> tuple[str, str | None] | None:
    """What is wrong with one number and why, or None when it may stand."""
    number = as_number(value)
    if number is None:
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
            return f"{value} is not a finite number", None
        return f"{value!r} is not a number", None
    if scale == "integer" and number != int(number):
        return f"{value} is not a whole number", None
    if not bounds[0] <= number <= bounds[1]:
        return f"{value} is outside its range", f"it may lie from {bounds[0]:g} to {bounds[1]:g}"
    return None


class _Reader:
    """Checks one file's declarations, gathering problems."""

    def __init__(self, toml: TomlFile, known_references: Iterable[str]) -> None:
        self.toml = toml
        self.known_references = tuple(known_references)
        self.problems: list[Problem] = []

    def fault(self, place: tuple[str, ...], what: str, why: str | None = None, suggestion: str | None = None) -> None:
        self.problems.append(self.toml.problem(place, what, why, suggestion))

    def keys(self, key: str, entry: Mapping[str, Any], required: tuple[str, ...]) -> bool:
        self.problems += self.toml.key_problems((key,), entry, required)
        return all(name in entry for name in required)

    def text(self, key: str, entry: Mapping[str, Any], name: str, choices: Iterable[str] | None = None) -> None:
        value = entry[name]
        if not isinstance(value, str) or not value.strip():
            self.fault((key, name), "must be a text that is not empty")
        elif choices is not None and value not in choices:
            choices = tuple(choices)
            self.fault(
                (key, name), f"unknown {name} '{value}'", f"known are {', '.join(choices)}", nearest(value, choices)
            )

    def names(self, key: str, entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
        value = entry[name]
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            self.fault((key, name), "must be a list of texts")
            return ()
        return tuple(value)

    def bounds(self, key: str, entry: Mapping[str, Any]) -> tuple[float, float] | None:
        limits = entry["range"]
        numbers = [as_number(limit) for limit in limits] if isinstance(limits, list) else []
        if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
            self.fault((key, "range"), "must be a list of two finite numbers, least and greatest")
            return None
        low, high = numbers[0], numbers[1]
        if low >= high:
            self.fault((key, "range"), f"{low:g} to {high:g} is empty", "the least value comes first")
            return None
        if entry["scale"] == "log" and low <= 0:
            self.fault((key, "range"), "must be above 0", "its scale is log")
            return None
        if entry["scale"] == "integer" and (low != int(low) or high != int(high)):
            self.fault((key, "range"), "must have whole numbers as ends", "its scale is integer")
            return None
        return low, high

    def value(self, key: str, entry: Mapping[str, Any], bounds: tuple[float, float]) -> Value | None:
        value = entry["value"]
        if not isinstance(value, dict):
            fault = fault_of_number(value, bounds, entry["scale"])
            if fault:
                self.fault((key, "value"), *fault)
                return None
            return float(value)
        unknown = [name for name in value if name not in SECTORS]
        missing = [sector for sector in SECTORS if sector not in value]
        meant = {name: nearest(name, missing or SECTORS) for name in unknown}
        for name in unknown:
            self.fault((key, "value", name), f"unknown sector '{name}'", suggestion=meant[name])
        unmeant = [sector for sector in missing if sector not in meant.values()]
        if unmeant:
            self.fault((key, "value"), f"missing sector {', '.join(unmeant)}")
        faults = [(name, fault_of_number(value[name], bounds, entry["scale"])) for name in value if name in SECTORS]
        for name, fault in faults:
            if fault:
                self.fault((key, "value", name), *fault)
        if unknown or missing or any(fault for _, fault in faults):
            return None
        return tuple(float(value[sector]) for sector in SECTORS)

    def source(self, key: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
        source = self.names(key, entry, "source")
        if not source and isinstance(entry["source"], list):
            self.fault((key, "source"), "is empty", f'name references, or write ["{ASSUMPTION}"]')
        for name in source:
            if name != ASSUMPTION and name not in self.known_references:
                close = nearest(name, (*self.known_references, ASSUMPTION))
                self.fault((key, "source"), f"unknown reference '{name}'", f"{REFERENCES_FILE} has none", close)
        if ASSUMPTION in source and entry["basis"] != ASSUMPTION:
            self.fault(
                (key, "basis"), f"'{entry['basis']}' needs a reference as source", "an assumption is no evidence"
            )
        return source

    def declaration(self, key: str, entry: object) -> Declaration | None:
        before = len(self.problems)
        if not _KEY.fullmatch(key):
            self.fault((key,), "is not a parameter's name", "names are small letters, digits and underscores")
        if not isinstance(entry, dict):
            self.fault((key,), "must be a table", f"write [{key}] and its keys below")
            return None
        is_lever = entry.get("kind") == "lever"
        if not self.keys(key, entry, (*REQUIRED_KEYS, *LEVER_KEYS) if is_lever else REQUIRED_KEYS):
            return None
        if is_lever and not isinstance(entry["charged"], bool):
            self.fault((key, "charged"), "must be true or false", "it says whether a rule charges what the lever costs")
        for name in ("title", "about"):
            self.text(key, entry, name)
        for name, choices in (("unit", UNITS), ("kind", KINDS), ("scale", SCALES), ("basis", BASES)):
            self.text(key, entry, name, choices)
        source = self.source(key, entry)
        claims = self.names(key, entry, "claims")
        for claim in claims:
            if not _CLAIM.fullmatch(claim):
                self.fault((key, "claims"), f"'{claim}' is not a claim", "claims are written S01 to S99")
        bounds = self.bounds(key, entry)
        value = self.value(key, entry, bounds) if bounds else None
        if bounds is None or value is None or len(self.problems) > before:
            return None
        texts = {name: entry[name] for name in ("title", "about", "unit", "kind", "scale", "basis")}
        return Declaration(
            key=key, value=value, range=bounds, source=source, claims=claims, file=self.toml.name,
            charged=entry.get("charged"), **texts,
        )  # fmt: skip


def read_declarations(path: Path, known_references: Iterable[str]) -> tuple[Declaration, ...]:
    """The declarations of one parameter file, in its order. Raises InputError with all its problems."""
    toml = read_toml(path)
    reader = _Reader(toml, known_references)
    found = [reader.declaration(key, entry) for key, entry in toml.data.items()]
    if reader.problems:
        raise InputError(reader.problems)
    return tuple(declaration for declaration in found if declaration is not None)


def read_references(path: Path) -> dict[str, Reference]:
    """The references of a references file by key. Raises InputError with all its problems."""
    toml = read_toml(path)
    reader = _Reader(toml, ())
    found: dict[str, Reference] = {}
    for key, entry in toml.data.items():
        if not isinstance(entry, dict):
            reader.fault((key,), "must be a table", f"write [{key}] and its keys below")
            continue
        if reader.keys(key, entry, REFERENCE_KEYS):
            for name in REFERENCE_KEYS:
                if not isinstance(entry[name], str) or (name == "title" and not entry[name].strip()):
                    reader.fault((key, name), "must be a text")
            found[key] = Reference(key, *(str(entry[name]) for name in REFERENCE_KEYS))
    if reader.problems:
        raise InputError(reader.problems)
    return found


def _folder() -> Path:
    return Path(__file__).resolve().parent


@cache
def references() -> dict[str, Reference]:
    """The model's references by key."""
    return read_references(_folder() / REFERENCES_FILE)


@cache
def _by_key() -> dict[str, Declaration]:
    known = references()
    found: dict[str, Declaration] = {}
    problems: list[Problem] = []
    for path in sorted(_folder().glob("*.toml")):
        if path.name == REFERENCES_FILE:
            continue
        try:
            file_declarations = read_declarations(path, known)
        except InputError as error:
            problems.extend(error.problems)
            continue
        for declared in file_declarations:
            if declared.key in found:
                where = found[declared.key].file
                problems.append(
                    Problem("is declared twice", shown_path(path), key=declared.key, why=f"also in {where}")
                )
            found[declared.key] = declared
    if problems:
        raise InputError(problems)
    return found


def declarations() -> tuple[Declaration, ...]:
    """All declarations, ordered by file and then as they stand in it."""
    return tuple(_by_key().values())


def declaration(key: str) -> Declaration:
    """The declaration of a parameter. Raises InputError with the nearest name when there is none."""
    found = _by_key().get(key)
    if found is None:
        raise InputError(Problem(f"unknown parameter '{key}'", suggestion=nearest(key, _by_key())))
    return found


def _of_kind(kind: str) -> tuple[Declaration, ...]:
    return tuple(declared for declared in declarations() if declared.kind == kind)


def levers() -> tuple[Declaration, ...]:
    """The parameters that a policy may change."""
    return _of_kind("lever")


def uncertainties() -> tuple[Declaration, ...]:
    """The parameters that a study may sample."""
    return _of_kind("uncertainty")


def constants() -> tuple[Declaration, ...]:
    """The parameters that only a scenario may set."""
    return _of_kind("constant")
