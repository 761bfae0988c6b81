"""Loading worlds and policies by name or path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kembar.errors import InputError, Problem, shown_path
from kembar.locations import find_file, is_path, names_in, policies_folder, scenarios_folder
from kembar.parameters import as_value, check_value, resolve
from kembar.parameters.values import hash_of
from kembar.scenario import assembly
from kembar.scenario.assembly import Problems
from kembar.scenario.imputation import ImputationNumbers
from kembar.scenario.overlays import check_overlaps, read_changes, read_events
from kembar.scenario.records import Policy, Scenario
from kembar.scenario.tables import Row, read_entry, read_table
from kembar.scenario.targets import check_targets
from kembar.scenario.toml_file import TomlFile, read_toml

if TYPE_CHECKING:
    from kembar.scenario.schema import ScenarioForm

COUNTRIES_TABLE = "tables/countries.csv"  # the shipped one, used when a scenario names none
_NOT_HASHED = ("path", "file", "line", "hash")  # where something is written is no part of what it says


@dataclass(frozen=True)
class Listing:
    """A scenario or policy by name, as shown in lists."""

    name: str
    title: str
    about: str
    path: str


def _listed(folder: Path) -> tuple[Listing, ...]:
    found = []
    for name in names_in(folder):
        path = folder / f"{name}.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError):  # a broken file is listed too; `check` says what is wrong with it
            data = {}
        found.append(Listing(name, str(data.get("title", "")), str(data.get("about", "")), str(path)))
    return tuple(found)


def available_scenarios() -> tuple[Listing, ...]:
    """The shipped worlds, sorted by name."""
    return _listed(scenarios_folder())


def available_policies() -> tuple[Listing, ...]:
    """The shipped policies, sorted by name."""
    return _listed(policies_folder())


def _plain(value: Any) -> Any:
    """The value as JSON: records as lists of what they hold."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        names = (field.name for field in fields(value))
        return [_plain(getattr(value, name)) for name in names if name not in _NOT_HASHED]
    return value


def load_policy(name_or_path: str | Path) -> Policy:
    """The policy of a name, or in a file. Raises InputError with all its problems."""
    path = find_file(name_or_path, policies_folder(), "policy")
    return policy_of(read_toml(path), path.stem)


def policy_of(toml: TomlFile, name: str) -> Policy:
    """The policy that a file's content describes. Raises InputError with all its problems."""
    from kembar.scenario.schema import PolicyForm, read_form

    form = read_form(toml, PolicyForm)
    problems = Problems()
    changes = read_changes(toml, form.change, problems)
    events = read_events(toml, form.event, problems)
    check_overlaps(changes, problems)
    problems.stop()
    policy = Policy(name, form.title, form.about, tuple(form.claims), changes, events, str(toml.path), "")
    return replace(policy, hash=hash_of(_plain(policy)))


@dataclass(frozen=True)
class _Part:
    """One file of a chain of scenarios that extend one another."""

    toml: TomlFile
    form: ScenarioForm


def _chain(path: Path) -> list[_Part]:
    """The scenario's file and those it extends, the most basic first."""
    from kembar.scenario.schema import ScenarioForm, read_form

    parts: list[_Part] = []
    seen: list[Path] = []
    while True:
        toml = read_toml(path)
        part = _Part(toml, read_form(toml, ScenarioForm))
        parts.insert(0, part)
        seen.append(path.resolve())
        base = part.form.extends
        if base is None:
            return parts
        try:
            path = _extended(path, base)
        except InputError as error:
            problem = error.problems[0]
            raise InputError(toml.problem(("extends",), problem.what, problem.why, problem.suggestion)) from None
        if path.resolve() in seen:
            raise InputError(toml.problem(("extends",), "a scenario extends itself", f"through {shown_path(path)}"))


def _extended(path: Path, base: str) -> Path:
    if is_path(base):
        return find_file(path.parent / base, scenarios_folder(), "scenario")
    sibling = path.parent / f"{base}.toml"
    if sibling.is_file() and sibling.resolve() != path.resolve():
        return sibling
    return find_file(base, scenarios_folder(), "scenario")


class _Merged:
    """The keys of a chain laid over one another: a later file's value wins, lists of tables add up."""

    def __init__(self, parts: list[_Part]) -> None:
        self.parts = parts
        self.problems = Problems()

    @property
    def top(self) -> TomlFile:
        """The file asked for."""
        return self.parts[-1].toml

    def given(self, key: str) -> tuple[TomlFile, Any] | None:
        """The last value given to a key, with its file."""
        for part in reversed(self.parts):
            value = getattr(part.form, key)
            if value is not None:
                return part.toml, value
        return None

    def required(self, key: str) -> Any:
        """The value of a key that a world cannot do without."""
        found = self.given(key)
        if found is None:
            self.problems.append(Problem("is missing", self.top.name, 1, key, "a world needs it"))
            return None
        return found[1]

    def table(self, key: str) -> Path | None:
        """The path of a table."""
        for part in reversed(self.parts):
            text = getattr(part.form.tables, key)
            if text is not None:
                path = assembly.table_path(part.toml.path.parent, text)
                wrong = assembly.missing_table(path)
                if wrong:
                    self.problems.append(part.toml.problem(("tables", key), wrong))
                    return None
                return path
        return None

    def rows(self, table: str, key: str) -> list[Row]:
        """The inline rows of all files."""
        found = []
        for part in self.parts:
            for index, entry in enumerate(getattr(part.form, key)):

                def line_of(name: str, toml: TomlFile = part.toml, place: tuple[str, int] = (key, index)) -> int | None:
                    return toml.line((*place, name) if name else place)

                row = read_entry(table, entry, part.toml.name, line_of, self.problems)
                if row is not None:
                    found.append(row)
        return found

    def parameters(self) -> dict[str, Any]:
        """The checked values of constants and uncertainties."""
        found: dict[str, Any] = {}
        for part in self.parts:
            for key, value in part.form.parameters.items():
                line = part.toml.line(("parameters", key))
                problems = check_value(key, value, ("constant", "uncertainty"), part.toml.name, line)
                self.problems.extend(problems)
                if not problems:
                    found[key] = as_value(key, value)
        return found

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The groups as written."""
        return {name: tuple(members) for part in self.parts for name, members in part.form.groups.items()}


def _imputation_numbers(parameters: dict[str, Any]) -> ImputationNumbers:
    resolved = resolve(parameters)
    return ImputationNumbers(
        idr_per_usd=resolved.number("idr_per_usd"),
        municipal_budget_share=resolved.number("municipal_budget_share"),
        population_median=resolved.number("imputed_population_median"),
        population_spread=resolved.number("imputed_population_spread"),
    )


def _recorded_world(merged: _Merged, parameters: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Countries, waves, cities and agreements from tables and inline entries."""
    paths = {table: merged.table(table) for table in ("countries", "cities", "agreements", "elections")}
    inline_cities, inline_agreements = merged.rows("cities", "city"), merged.rows("agreements", "agreement")
    if merged.given("synthetic"):
        why = 'it belongs to kind = "synthetic"'
        merged.problems.append(merged.top.problem(("synthetic",), f'is of no use with kind = "{base["kind"]}"', why))
    merged.problems.stop()
    countries = assembly.read_countries(paths["countries"] or scenarios_folder() / COUNTRIES_TABLE)
    variant = next((part for part in reversed(merged.parts) if part.form.tables.elections_variant), None)

    def variant_problem(what: str, why: str, suggestion: str | None) -> Problem:
        return (variant or merged.parts[-1]).toml.problem(("tables", "elections_variant"), what, why, suggestion)

    wanted = variant.form.tables.elections_variant if variant else None
    waves, wave_countries = assembly.read_waves(paths["elections"], wanted, countries, variant_problem)
    table_rows = read_table(paths["cities"], "cities") if paths["cities"] else []
    numbers = _imputation_numbers(parameters)
    try:
        cities, imputed = assembly.assemble_cities(table_rows, inline_cities, countries, waves, wave_countries, numbers)
    except InputError as error:  # what concerns the whole world is told of the file asked for
        raise InputError(replace(problem, file=problem.file or merged.top.name) for problem in error.problems) from None
    agreement_rows = read_table(paths["agreements"], "agreements") if paths["agreements"] else []
    agreements = assembly.assemble_agreements(
        [*agreement_rows, *inline_agreements], cities, base["kind"], base["start_year"], base["years"]
    )
    return {
        "countries": countries,
        "cities": cities,
        "agreements": agreements,
        "waves": waves,
        "imputed": tuple(imputed),
    }


def _synthetic_world(merged: _Merged, parameters: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Countries, cities and agreements made up from the numbers of [synthetic]."""
    from kembar.scenario.archipelago import generate

    for part in merged.parts:
        for key in ("tables", "city", "agreement"):
            if key in part.toml.data:
                merged.problems.append(part.toml.problem((key,), 'is of no use with kind = "synthetic"'))
    given = merged.required("synthetic")
    merged.problems.stop()
    if given.countries > given.cities:
        what = f"{given.countries} countries for {given.cities} cities"
        raise InputError(merged.top.problem(("synthetic", "countries"), what, "each country needs a city"))
    made = generate(
        cities=given.cities,
        countries=given.countries,
        seed=given.seed,
        mean_degree=given.mean_degree,
        start=given.start,
        start_year=base["start_year"],
        parameters=resolve(parameters),
    )
    return {
        "countries": made.countries,
        "cities": made.cities,
        "agreements": made.agreements,
        "waves": {},
        "imputed": (),
    }


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The world of a name, or in a file, read, checked and completed. Raises InputError with its problems."""
    path = find_file(name_or_path, scenarios_folder(), "scenario")
    merged = _Merged(_chain(path))
    base = {key: merged.required(key) for key in ("start_year", "years", "kind")}
    parameters = merged.parameters()
    changes = tuple(
        change for part in merged.parts for change in read_changes(part.toml, part.form.change, merged.problems)
    )
    events = tuple(event for part in merged.parts for event in read_events(part.toml, part.form.event, merged.problems))
    check_overlaps(changes, merged.problems)
    merged.problems.stop()
    make = _synthetic_world if base["kind"] == "synthetic" else _recorded_world
    focal = merged.given("focal_countries")
    scenario = Scenario(
        name=path.stem,
        title=merged.parts[-1].form.title,
        about=merged.parts[-1].form.about,
        path=str(path),
        focal_countries=tuple(sorted(set(focal[1]))) if focal else (),
        groups=merged.groups(),
        parameters=parameters,
        changes=changes,
        events=events,
        **base,
        **make(merged, parameters, base),
    )
    problems = Problems(check_targets(scenario, _places(merged), changes, events))
    problems.stop()
    return replace(scenario, groups=_group_keys(scenario), hash=hash_of(_plain(scenario)))


def _group_keys(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The groups with their members as sorted keys of cities."""
    from kembar.scenario.targets import find_city

    return {
        name: tuple(sorted({scenario.cities[find_city(scenario, member)].key for member in members}))
        for name, members in sorted(scenario.groups.items())
    }


def _places(merged: _Merged) -> Iterable[tuple[TomlFile, Any]]:
    return [(part.toml, part.form) for part in merged.parts]
