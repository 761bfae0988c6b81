"""Changes and events as read from a scenario or policy file, checked as far as that goes without a world."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from kembar.errors import Problem, folded
from kembar.parameters import as_value, check_value
from kembar.scenario.records import Change, Event
from kembar.scenario.times import format_quarter
from kembar.scenario.toml_file import TomlFile

if TYPE_CHECKING:
    from kembar.scenario.schema import ChangeForm, EventForm


def _is_backwards(toml: TomlFile, kind: str, index: int, form: ChangeForm | EventForm, problems: list[Problem]) -> bool:
    if form.until is None or form.until > form.from_:
        return False
    what = f"{format_quarter(form.until)} is not after from, {format_quarter(form.from_)}"
    problems.append(toml.problem((kind, index, "until"), what, "from is inclusive, until exclusive"))
    return True


def read_changes(toml: TomlFile, forms: Sequence[ChangeForm], problems: list[Problem]) -> tuple[Change, ...]:
    """The sound changes of a file; problems are added to `problems`."""
    found = []
    for index, form in enumerate(forms):
        name_line = toml.line(("change", index, "parameter"))
        faults = check_value(form.parameter, form.value, ("lever",), toml.name, toml.line(("change", index, "value")))
        if any("unknown parameter" in fault.what or "is not a lever" in fault.what for fault in faults):
            faults = check_value(form.parameter, form.value, ("lever",), toml.name, name_line)
        problems.extend(faults)
        if _is_backwards(toml, "change", index, form, problems) or faults:
            continue
        value = as_value(form.parameter, form.value)
        line = toml.line(("change", index))
        times = (form.from_, form.until)
        found.append(Change(form.parameter, form.target, *times, value, form.because, toml.name, line))
    return tuple(found)


def read_events(toml: TomlFile, forms: Sequence[EventForm], problems: list[Problem]) -> tuple[Event, ...]:
    """The sound events of a file; problems are added to `problems`."""
    found = []
    for index, form in enumerate(forms):
        faulty = _is_backwards(toml, "event", index, form, problems)
        if form.kind == "freeze" and len({folded(place) for place in form.where}) != 2:
            what = "a freeze is between two countries"
            problems.append(toml.problem(("event", index, "where"), what, 'write two codes, as in ["ID", "CN"]'))
            faulty = True
        if not faulty:
            line, where = toml.line(("event", index)), tuple(form.where)
            times = (form.from_, form.until)
            found.append(Event(form.kind, *times, form.severity, where, form.because, toml.name, line))
    return tuple(found)


def overlap(one: Change, other: Change) -> bool:
    """Whether two changes hold in a common quarter."""
    return (one.until_quarter is None or other.from_quarter < one.until_quarter) and (
        other.until_quarter is None or one.from_quarter < other.until_quarter
    )


def clash(one: Change, other: Change, why: str | None = None) -> Problem:
    """The problem of two changes that hold for the same city at the same time; it names both."""
    parts = [
        f"two changes of {one.parameter} overlap",
        f"{_told(one)} and {_told(other)}",
    ]
    return Problem(parts[0], other.file or None, other.line, other.parameter, "; ".join(filter(None, (parts[1], why))))


def _told(change: Change) -> str:
    until = f" until {format_quarter(change.until_quarter)}" if change.until_quarter is not None else ""
    place = f" ({change.file}:{change.line})" if change.line else f" ({change.file})" if change.file else ""
    return f"for {change.target} from {format_quarter(change.from_quarter)}{until}{place}"


def check_overlaps(changes: Sequence[Change], problems: list[Problem]) -> None:
    """Add a problem for every two changes of one lever and target that overlap in time."""
    for one, other in combinations(changes, 2):
        same = one.parameter == other.parameter and folded(one.target) == folded(other.target)
        if same and overlap(one, other):
            problems.append(clash(one, other))
