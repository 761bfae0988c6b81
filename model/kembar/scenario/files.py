"""Checking one file of any kind: what `kembar check` tells of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kembar.errors import InputError, Problem, shown_path
from kembar.locations import scenarios_folder
from kembar.parameters import read_declarations, read_references, references
from kembar.parameters.declaration import REFERENCE_KEYS, REFERENCES_FILE, REQUIRED_KEYS
from kembar.scenario.assembly import Problems, read_countries, read_waves
from kembar.scenario.changes import resolve_changes, resolve_events
from kembar.scenario.idle import idle_lines
from kembar.scenario.reader import COUNTRIES_TABLE, load_policy, load_scenario
from kembar.scenario.records import Country, Scenario, city_key
from kembar.scenario.tables import TABLES, Row, read_table, table_of
from kembar.scenario.toml_file import read_toml

UNKNOWN_KIND = "unknown"

_SCENARIO_KEYS = {"start_year", "years", "kind", "extends", "tables", "synthetic", "city", "agreement", "groups"}
_POLICY_KEYS = {"change", "event", "claims"}
_STUDY_KEYS = {"question", "scenarios", "policies", "factor", "design", "replicates", "precision", "uncertainties"}


def _kind_of_toml(path: Path) -> str:
    data = read_toml(path).data
    keys = set(data)
    entries = [entry for entry in data.values() if isinstance(entry, dict)]
    if len(keys & _STUDY_KEYS) > 1 or "question" in keys:
        return "study"
    if keys & _SCENARIO_KEYS:
        return "scenario"
    if keys & _POLICY_KEYS:
        return "policy"
    if any(len(set(entry) & set(REQUIRED_KEYS)) >= len(REQUIRED_KEYS) // 2 for entry in entries):
        return "parameters"
    if path.name == REFERENCES_FILE or any(len(set(entry) & set(REFERENCE_KEYS)) >= 3 for entry in entries):
        return "references"
    # A file that says nothing of its kind is judged by where it lies.
    return {"policies": "policy", "experiments": "study"}.get(path.resolve().parent.name, "scenario")


def kind_of(path: Path) -> str:
    """The kind of a file: scenario, policy, study, parameters, references, the name of a table, or "unknown"."""
    if path.suffix.casefold() == ".csv":
        return table_of(path) or UNKNOWN_KIND
    return _kind_of_toml(path) if path.suffix.casefold() == ".toml" else UNKNOWN_KIND


def _countries_for(path: Path) -> dict[str, Country]:
    """The countries table near a table, else the shipped one."""
    for folder in (path.parent, path.parent.parent):
        if (folder / "countries.csv").is_file():
            return read_countries(folder / "countries.csv")
    return read_countries(scenarios_folder() / COUNTRIES_TABLE)


def _check_unique(path: Path, table: str, key_of: Callable[[Row], object], told: Callable[[Row], str]) -> list[Row]:
    rows = read_table(path, table)
    problems = Problems()
    first: dict[object, Row] = {}
    for row in rows:
        earlier = first.setdefault(key_of(row), row)
        if earlier is not row:
            problems.append(row.problem(None, told(row), f"first at line {earlier.line}"))
    problems.stop()
    return rows


def _check_cities(path: Path) -> None:
    def key(row: Row) -> str:
        return city_key(row["name"], row["country"])

    rows = _check_unique(path, "cities", key, lambda row: f"city {key(row)} stands twice")
    countries = _countries_for(path)
    problems = Problems()
    for row in rows:
        if row["country"] not in countries:
            problems.append(row.problem("country", f"unknown country '{row['country']}'"))
    problems.stop()


def _check_agreements(path: Path) -> None:
    def pair(row: Row) -> tuple[str, ...]:
        return tuple(sorted((row["city"], row["partner"])))

    rows = _check_unique(path, "agreements", pair, lambda row: f"the pair {' - '.join(pair(row))} stands twice")
    problems = Problems()
    for row in rows:
        if row["city"] == row["partner"]:
            problems.append(row.problem("partner", f"{row['city']} has an agreement with itself"))
    problems.stop()


def _check_elections(path: Path) -> None:
    countries = _countries_for(path)
    rows = read_table(path, "elections")
    for variant in sorted({row["variant"] for row in rows} - {"all"}) or [None]:
        read_waves(path, variant, countries, lambda what, why, suggestion: Problem(what, shown_path(path), why=why))


def check_file(path: str | Path) -> tuple[str, tuple[Problem, ...]]:
    """The kind of a file and all that is wrong with it; no problems when it is sound.

    A table is checked by itself; what it says of the cities and countries of a world is checked with the scenario.
    """
    path = Path(path)
    kind = UNKNOWN_KIND
    try:
        kind = kind_of(path) if path.exists() else UNKNOWN_KIND
        if kind == "scenario":
            load_scenario(path)
        elif kind == "policy":
            load_policy(path)
        elif kind == "study":
            from kembar.experiment.study import load_study

            load_study(path)
        elif kind == "parameters":
            read_declarations(path, references())
        elif kind == "references":
            read_references(path)
        elif kind == "countries":
            read_countries(path)
        elif kind == "cities":
            _check_cities(path)
        elif kind == "agreements":
            _check_agreements(path)
        elif kind == "elections":
            _check_elections(path)
        else:
            raise InputError(_unknown(path))
    except InputError as error:
        return kind, error.problems
    return kind, ()


def check_policy_in(scenario: Scenario, path: str | Path) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What is wrong with a sound policy in a world, and its lines that do nothing there."""
    policy = load_policy(Path(path))
    problems: list[Problem] = []
    for resolve in (resolve_changes, resolve_events):
        try:
            resolve(scenario, [policy])
        except InputError as error:
            problems.extend(error.problems)
    return tuple(problems), () if problems else idle_lines(scenario, [policy])


def _unknown(path: Path) -> Problem:
    name = shown_path(path)
    if not path.exists():
        return Problem("no such file", file=name)
    if path.is_dir():
        return Problem("is a folder, not a file", file=name)
    if path.suffix.casefold() == ".csv":
        return Problem("is no table that kembar knows", name, 1, why=f"tables are {', '.join(TABLES)}")
    return Problem("is no file that kembar knows", file=name, why="it reads .toml and .csv files")
