"""Lines of a policy that do nothing in a world: outside its years, or with a value that holds there already.

They are no mistakes, because a policy may be meant for other worlds or a longer run; but who made it should know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kembar.errors import Problem
from kembar.parameters import Value, declaration
from kembar.scenario.changes import CityChange, resolve_changes
from kembar.scenario.records import Change, Event, Policy, Scenario
from kembar.scenario.targets import find_target
from kembar.scenario.times import format_quarter, quarter_index

Held = Mapping[tuple[str, int], list[CityChange]]  # by lever and city


def idle_lines(
    scenario: Scenario, policies: Iterable[Policy], years: int | None = None, sets: Mapping[str, object] | None = None
) -> tuple[Problem, ...]:
    """Every change and event of the policies that does nothing in a run of this world, each policy by itself.

    Raises InputError for a target that the world does not know.
    """
    start = quarter_index(scenario.start_year)
    end = start + 4 * (years or scenario.years)
    held: dict[tuple[str, int], list[CityChange]] = {}
    for placed in resolve_changes(scenario, (), sets):
        held.setdefault((placed.lever, placed.city_index), []).append(placed)
    found = []
    for policy in policies:
        lines: tuple[Change | Event, ...] = (*policy.changes, *policy.events)
        for line in lines:
            what = line.parameter if isinstance(line, Change) else line.kind
            why = _outside(line.from_quarter, line.until_quarter, start, end)
            if why is None and isinstance(line, Change) and _holds_already(scenario, line, held, start, end):
                why = f"what it reaches ({line.target}) has that value already"
            if why is not None:
                found.append(Problem(f"does nothing in {scenario.name}", line.file or None, line.line, what, why))
    return tuple(found)


def _outside(first: int, until: int | None, start: int, end: int) -> str | None:
    run = f"the run is from {format_quarter(start)} until {format_quarter(end)}"
    if first >= end:
        return f"it begins in {format_quarter(first)} and {run}"
    if until is not None and until <= start:
        return f"it is over in {format_quarter(until)} and {run}"
    return None


def _holds_already(scenario: Scenario, change: Change, held: Held, start: int, end: int) -> bool:
    """Whether every city that a change reaches has its value without it, as long as it lasts."""
    first = max(start, change.from_quarter)
    last = end if change.until_quarter is None else min(end, change.until_quarter)
    _, cities = find_target(scenario, change.target, change.file or None, change.line)
    declared = declaration(change.parameter).value
    return all(
        values == {change.value}
        for values in (_values(held.get((change.parameter, city), []), declared, first, last) for city in cities)
    )


def _values(placed: list[CityChange], declared: Value, first: int, last: int) -> set[Value]:
    """The values of a lever in a city from a quarter until before another."""
    spans = [
        (max(first, one.from_quarter), last if one.until_quarter is None else min(last, one.until_quarter), one.value)
        for one in placed
    ]
    spans = [span for span in spans if span[0] < span[1]]
    found = {value for _, _, value in spans}
    if sum(end - start for start, end, _ in spans) < last - first:
        found.add(declared)
    return found
