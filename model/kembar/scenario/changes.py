"""Which lever has which value in which city and when, once a scenario, its policies and `--set` are laid together.

A narrower target wins over a wider one: city over group over country over all. Two changes with targets of the same
width that reach one city in the same quarter are an error that names both, wherever they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from kembar.errors import InputError, Problem
from kembar.parameters import Value, as_value, check_value
from kembar.scenario.overlays import clash, overlap
from kembar.scenario.records import Change, Event, Policy, Scenario
from kembar.scenario.targets import LEVELS, event_problems, find_places, find_target
from kembar.scenario.times import quarter_index


@dataclass(frozen=True, slots=True)
class CityChange:
    """A lever's value in one city from a quarter until before another (None: to the end), counted from year 0.

    Those of one city and lever never overlap; outside them the lever has its declared value.
    """

    city_index: int
    lever: str
    from_quarter: int
    until_quarter: int | None
    value: Value


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with the cities it reaches; a freeze also has its two countries, in alphabetical order."""

    kind: str
    from_quarter: int
    until_quarter: int
    severity: float
    city_indices: tuple[int, ...]
    countries: tuple[str, str] | None
    because: str


@dataclass(frozen=True, slots=True)
class _Placed:
    change: Change
    level: int
    cities: tuple[int, ...]


def changes_of_sets(scenario: Scenario, sets: Mapping[str, object]) -> tuple[Change, ...]:
    """The changes that `--set KEY=VALUE` stands for: all cities, from the first quarter on. Raises InputError."""
    problems: list[Problem] = []
    found: list[Change] = []
    start = quarter_index(scenario.start_year)
    for key, value in sets.items():
        faults = check_value(key, value, ("lever",), file="--set")
        problems.extend(faults)
        if not faults:
            found.append(Change(key, "all", start, None, as_value(key, value), "set for this run", file="--set"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _clashes(placed: Sequence[_Placed]) -> list[Problem]:
    problems = []
    for one, other in combinations(placed, 2):
        if one.level == other.level and overlap(one.change, other.change):
            common = set(one.cities).intersection(other.cities)
            if common:
                same = one.change.target == other.change.target
                why = None if same else "both reach the same cities and neither target is narrower"
                problems.append(clash(one.change, other.change, why))
    return problems


def _segments(placed: Sequence[_Placed]) -> list[tuple[int, int | None, Value]]:
    """The values that hold one after another where all these changes reach."""
    ends = {item.change.until_quarter for item in placed}
    bounds: list[int | None] = [
        *sorted({item.change.from_quarter for item in placed} | {end for end in ends if end is not None})
    ]
    if None in ends:
        bounds.append(None)
    found: list[tuple[int, int | None, Value]] = []
    for start, end in pairwise(bounds):
        assert start is not None
        holding = [
            item
            for item in placed
            if item.change.from_quarter <= start
            and (item.change.until_quarter is None or start < item.change.until_quarter)
        ]
        if not holding:
            continue
        value = max(holding, key=lambda item: item.level).change.value
        if found and found[-1][1] == start and found[-1][2] == value:
            found[-1] = (found[-1][0], end, value)
        else:
            found.append((start, end, value))
    return found


def resolve_changes(
    scenario: Scenario, policies: Sequence[Policy] = (), sets: Mapping[str, object] | None = None
) -> tuple[CityChange, ...]:
    """All changes by city and lever, without overlaps, sorted by lever, city and time. Raises InputError."""
    problems: list[Problem] = []
    by_lever: dict[str, list[_Placed]] = {}
    changes = [*scenario.changes, *(change for policy in policies for change in policy.changes)]
    for change in [*changes, *changes_of_sets(scenario, sets or {})]:
        try:
            level, cities = find_target(scenario, change.target, change.file or None, change.line)
        except InputError as error:
            problems.extend(error.problems)
            continue
        by_lever.setdefault(change.parameter, []).append(_Placed(change, LEVELS.index(level), cities))
    for placed in by_lever.values():
        problems.extend(_clashes(placed))
    if problems:
        raise InputError(problems)
    found: list[CityChange] = []
    for lever in sorted(by_lever):
        reaching: dict[int, list[int]] = {}
        for number, item in enumerate(by_lever[lever]):
            for city in item.cities:
                reaching.setdefault(city, []).append(number)
        segments: dict[tuple[int, ...], list[tuple[int, int | None, Value]]] = {}
        for city in sorted(reaching):
            numbers = tuple(reaching[city])
            if numbers not in segments:  # most cities are reached by the same changes
                segments[numbers] = _segments([by_lever[lever][number] for number in numbers])
            found.extend(CityChange(city, lever, start, end, value) for start, end, value in segments[numbers])
    return tuple(found)


def resolve_events(scenario: Scenario, policies: Sequence[Policy] = ()) -> tuple[PlacedEvent, ...]:
    """All scheduled events with the cities they reach, in order of time. Raises InputError for unknown places."""
    events: list[Event] = [*scenario.events, *(event for policy in policies for event in policy.events)]
    problems = [problem for event in events for problem in event_problems(scenario, event)]
    if problems:
        raise InputError(problems)
    placed = []
    for event in events:
        countries = None
        if event.kind == "freeze":
            first, second = sorted(event.where)
            countries = (first, second)
        cities = find_places(scenario, event)
        times = (event.from_quarter, event.until_quarter)
        placed.append(PlacedEvent(event.kind, *times, event.severity, cities, countries, event.because))
    return tuple(sorted(placed, key=lambda event: (event.from_quarter, event.kind, event.city_indices)))
