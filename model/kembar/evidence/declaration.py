"""Reading what the model is judged by: the targets and the patterns, each with its bounds, source, mark and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, nearest
from kembar.parameters import UNITS, references
from kembar.parameters.declaration import REFERENCES_FILE, as_number
from kembar.scenario.toml_file import TomlFile, read_toml

ROLES: Final = ("calibrate", "validate")
MARKS: Final = {"R": "read in the text named", "R-calc": "worked out from figures or data that were read"}
WORLDS: Final = ("indonesia-hindcast", "indonesia", "archipelago")
NO_STATISTIC: Final = "none"

_COMMON_KEYS: Final = ("world", "role", "mark", "source")
_TARGET_KEYS: Final = ("about", "statistic", "unit", "range", *_COMMON_KEYS)
_PATTERN_KEYS: Final = ("criterion", *_COMMON_KEYS, "part")
_PART_KEYS: Final = ("statistic", "unit")
_BOUND_KEYS: Final = ("low", "high")


@dataclass(frozen=True)
class Part:
    """One statistic and the bounds within which its interval must lie; None where there is no bound."""

    statistic: str
    unit: str
    low: float | None
    high: float | None
    world: str


@dataclass(frozen=True)
class Target:
    """What is known in numbers about one quantity."""

    key: str
    about: str
    part: Part
    reason: str | None  # why the model has no such quantity, where the statistic is "none"
    role: str
    mark: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """One pattern with its criterion in words and in parts."""

    key: str
    criterion: str
    parts: tuple[Part, ...]
    revised: str | None  # what was changed in the model with its value known; None when nothing was
    role: str
    mark: str
    source: tuple[str, ...]

    @property
    def worlds(self) -> tuple[str, ...]:
        """The worlds of its parts, each once."""
        return tuple(dict.fromkeys(part.world for part in self.parts))


class _Reader:
    """Checks one file's entries, gathering problems."""

    def __init__(self, toml: TomlFile, statistics: Iterable[str]) -> None:
        self.toml = toml
        self.statistics = tuple(statistics)
        self.problems: list[Problem] = []

    def fault(self, place: tuple[Any, ...], what: str, why: str | None = None, suggestion: str | None = None) -> None:
        self.problems.append(self.toml.problem(place, what, why, suggestion))

    def keys(
        self, place: tuple[Any, ...], entry: object, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> bool:
        if not isinstance(entry, Mapping):
            self.fault(place, "must be a table", f"its keys are {', '.join((*required, *optional))}")
            return False
        found = self.toml.key_problems(place, entry, required, optional)
        self.problems += found
        return not found

    def choice(self, place: tuple[Any, ...], value: object, known: Iterable[str], word: str) -> str:
        if value not in (choices := tuple(known)):
            close = nearest(str(value), choices)
            self.fault(place, f"unknown {word} '{value}'", None if close else f"known are {', '.join(choices)}", close)
        return str(value)

    def text(self, place: tuple[Any, ...], value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            self.fault(place, "must be a text that is not empty")
        return str(value)

    def number(self, place: tuple[Any, ...], value: object) -> float | None:
        number = as_number(value)
        if number is None:
            self.fault(place, f"{value!r} is not a finite number")
        return number

    def sources(self, place: tuple[Any, ...], value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or any(not isinstance(item, str) for item in value):
            self.fault(place, "must be a list of references", "a target without a source is an opinion")
            return ()
        for name in value:
            if name not in references():
                close = nearest(name, references())
                self.fault(place, f"unknown reference '{name}'", f"{REFERENCES_FILE} has none", close)
        return tuple(value)

    def common(self, key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        self.choice((key, "world"), entry["world"], WORLDS, "world")
        return {
            "role": self.choice((key, "role"), entry["role"], ROLES, "role"),
            "mark": self.choice((key, "mark"), entry["mark"], MARKS, "mark"),
            "source": self.sources((key, "source"), entry["source"]),
        }

    def bounds(self, place: tuple[Any, ...], low: float | None, high: float | None) -> None:
        if low is not None and high is not None and low >= high:
            self.fault(place, f"{low:g} to {high:g} is empty", "the least value comes first")

    def target(self, key: str, entry: object) -> Target | None:
        before = len(self.problems)
        if not self.keys((key,), entry, _TARGET_KEYS, ("reason",)):
            return None
        assert isinstance(entry, Mapping)
        about = self.text((key, "about"), entry["about"])
        statistic = self.choice((key, "statistic"), entry["statistic"], (*self.statistics, NO_STATISTIC), "statistic")
        unit = self.choice((key, "unit"), entry["unit"], UNITS, "unit")
        common = self.common(key, entry)
        if (statistic == NO_STATISTIC) != ("reason" in entry):
            self.fault((key,), "a reason stands with the statistic 'none', and only there")
        limits = entry["range"]
        if not isinstance(limits, list) or len(limits) != 2:
            self.fault((key, "range"), "must be a list of two finite numbers, least and greatest")
            return None
        low, high = (self.number((key, "range"), limit) for limit in limits)
        self.bounds((key, "range"), low, high)
        if len(self.problems) > before:
            return None
        return Target(key, about, Part(statistic, unit, low, high, entry["world"]), entry.get("reason"), **common)

    def pattern(self, key: str, entry: object) -> Pattern | None:
        before = len(self.problems)
        if not self.keys((key,), entry, _PATTERN_KEYS, ("revised",)):
            return None
        assert isinstance(entry, Mapping)
        revised = self.text((key, "revised"), entry["revised"]) if "revised" in entry else None
        criterion = self.text((key, "criterion"), entry["criterion"])
        common = self.common(key, entry)
        parts = entry["part"] if isinstance(entry["part"], list) else []
        if not parts:
            self.fault((key, "part"), "must be a list of at least one part")
        made = [self.part((key, "part", place), part, entry["world"]) for place, part in enumerate(parts)]
        if len(self.problems) > before:
            return None
        return Pattern(key, criterion, tuple(part for part in made if part), revised, **common)

    def part(self, place: tuple[Any, ...], entry: object, world: str) -> Part | None:
        if not self.keys(place, entry, _PART_KEYS, (*_BOUND_KEYS, "world")):
            return None
        assert isinstance(entry, Mapping)
        statistic = self.choice((*place, "statistic"), entry["statistic"], self.statistics, "statistic")
        unit = self.choice((*place, "unit"), entry["unit"], UNITS, "unit")
        own_world = self.choice((*place, "world"), entry.get("world", world), WORLDS, "world")
        low, high = (self.number((*place, name), entry[name]) if name in entry else None for name in _BOUND_KEYS)
        if not any(name in entry for name in _BOUND_KEYS):
            self.fault(place, "has no bound", "a criterion that nothing can miss tests nothing")
        self.bounds(place, low, high)
        return Part(statistic, unit, low, high, own_world)


def read_targets(path: Path, statistics: Iterable[str]) -> tuple[Target, ...]:
    """The targets of a file; `statistics` are the known names. Raises InputError with all its problems."""
    toml = read_toml(path)
    reader = _Reader(toml, statistics)
    found = [reader.target(key, entry) for key, entry in toml.data.items()]
    if reader.problems:
        raise InputError(reader.problems)
    return tuple(target for target in found if target)


def read_patterns(path: Path, statistics: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns of a file; `statistics` are the known names. Raises InputError with all its problems."""
    toml = read_toml(path)
    reader = _Reader(toml, statistics)
    found = [reader.pattern(key, entry) for key, entry in toml.data.items()]
    if reader.problems:
        raise InputError(reader.problems)
    return tuple(pattern for pattern in found if pattern)


@cache
def targets() -> tuple[Target, ...]:
    """The shipped targets."""
    from kembar.evidence.registry import STATISTICS

    return read_targets(Path(__file__).with_name("targets.toml"), STATISTICS)


@cache
def patterns() -> tuple[Pattern, ...]:
    """The shipped patterns, P01 to P16."""
    from kembar.evidence.registry import STATISTICS

    return read_patterns(Path(__file__).with_name("patterns.toml"), STATISTICS)
