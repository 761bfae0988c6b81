"""What the target of a change or event reaches: one city, a group, a country, or all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kembar.errors import InputError, Problem, folded, nearest
from kembar.scenario.records import Change, Event, Scenario
from kembar.scenario.toml_file import TomlFile

EVERYWHERE = "all"
LEVELS = ("all", "country", "group", "city")  # a narrower target wins, so the later in this list


def find_city(scenario: Scenario, text: str, file: str | None = None, line: int | None = None) -> int:
    """The position of a city by key or name; accents and capitals do not matter. Raises InputError."""
    exact = scenario.city_index.get(text)
    if exact is not None:
        return exact
    indices = scenario.cities_by_name.get(folded(text), ())
    if len(indices) == 1:
        return indices[0]
    if indices:
        keys = ", ".join(scenario.cities[index].key for index in indices)
        raise InputError(Problem(f"city '{text}' is not unique", file, line, why=f"write one of {keys}"))
    close = nearest(text, [*scenario.city_index, *(city.name for city in scenario.cities)])
    raise InputError(Problem(f"unknown city '{text}'", file, line, suggestion=close))


def find_target(
    scenario: Scenario, target: str, file: str | None = None, line: int | None = None
) -> tuple[str, tuple[int, ...]]:
    """The level of a target (one of LEVELS) and the positions of the cities it reaches.

    Raises InputError for a name that the world does not know, or a country in which it has no city.
    """
    if target == EVERYWHERE:
        return "all", tuple(range(len(scenario.cities)))
    if target in scenario.groups:
        return "group", tuple(sorted(find_city(scenario, member, file, line) for member in scenario.groups[target]))
    if target in scenario.countries:
        reached = scenario.cities_by_country.get(target, ())
        if not reached:
            label = scenario.countries[target].name
            raise InputError(
                Problem(f"'{target}' reaches no city", file, line, "target", f"this world has none in {label}")
            )
        return "country", reached
    try:
        return "city", (find_city(scenario, target, file, line),)
    except InputError as error:
        problem = error.problems[0]
        if "not unique" in problem.what:
            raise
        names = (
            [*scenario.groups, EVERYWHERE, *scenario.countries] if len(target) <= 3 else [*scenario.groups, EVERYWHERE]
        )
        close = problem.suggestion or nearest(target, names)
        if len(target) <= 3:
            close = nearest(target, names) or problem.suggestion
        what = f"unknown target '{target}'"
        why = "it is no city, group or country of this world"
        raise InputError(Problem(what, file, line, "target", why, close)) from None


def find_places(scenario: Scenario, event: Event) -> tuple[int, ...]:
    """The positions of all cities that an event reaches; for a freeze those of both countries."""
    reached: set[int] = set()
    for place in event.where:
        if event.kind == "freeze":
            reached.update(scenario.cities_by_country.get(place, ()))
        else:
            reached.update(find_target(scenario, place, event.file, event.line)[1])
    return tuple(sorted(reached))


def event_problems(scenario: Scenario, event: Event) -> list[Problem]:
    """What is wrong with the places of an event in this world."""
    problems = []
    for place in event.where:
        if event.kind == "freeze":
            if place not in scenario.countries:
                what, why = f"unknown country '{place}'", "a freeze is between two countries"
                close = nearest(place, scenario.countries)
                problems.append(Problem(what, event.file, event.line, "where", why, close))
            continue
        try:
            find_target(scenario, place, event.file, event.line)
        except InputError as error:
            first = error.problems[0]
            problems.append(Problem(first.what, first.file, first.line, "where", first.why, first.suggestion))
    return problems


def check_targets(
    scenario: Scenario, files: Iterable[tuple[TomlFile, Any]], changes: Sequence[Change], events: Sequence[Event]
) -> list[Problem]:
    """The problems of all names that a scenario's files use: focal countries, groups, changes and events."""
    problems: list[Problem] = []
    broken_groups = set()
    for toml, form in files:
        for index, code in enumerate(form.focal_countries or ()):
            if code not in scenario.countries:
                close = nearest(code, scenario.countries)
                problems.append(toml.problem(("focal_countries", index), f"unknown country '{code}'", None, close))
        for name, members in form.groups.items():
            if name == EVERYWHERE or name in scenario.countries or folded(name) in scenario.cities_by_name:
                why = "another target has that name"
                problems.append(toml.problem(("groups", name), f"a group cannot be called '{name}'", why))
            for index, member in enumerate(members):
                try:
                    find_city(scenario, member)
                except InputError as error:
                    fault = error.problems[0]
                    place = ("groups", name, index)
                    problems.append(toml.problem(place, fault.what, fault.why, fault.suggestion))
                    broken_groups.add(name)
    for change in changes:
        if change.target not in broken_groups:
            try:
                find_target(scenario, change.target, change.file, change.line)
            except InputError as error:
                problems.extend(error.problems)
    for event in events:
        if not broken_groups.intersection(event.where):
            problems.extend(event_problems(scenario, event))
    return problems
