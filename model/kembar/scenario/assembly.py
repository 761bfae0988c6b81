"""From rows to records: countries, election waves, cities and agreements, each checked against the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.scenario.imputation import Imputation, ImputationNumbers, ImputedValue
from kembar.scenario.records import Agreement, City, Country, city_key
from kembar.scenario.tables import ALL_VARIANTS, MOST_PROBLEMS, UNSIMULATED_STATUS, Row, read_table

Waves = dict[str, tuple[tuple[int, str], ...]]


class Problems(list[Problem]):
    """Problems gathered in one stage of reading, raised together."""

    def stop(self) -> None:
        """Raise what was gathered, up to a readable number."""
        if len(self) > MOST_PROBLEMS:
            more = Problem(f"{len(self) - MOST_PROBLEMS} more problems are not shown", self[MOST_PROBLEMS].file)
            raise InputError([*self[:MOST_PROBLEMS], more])
        if self:
            raise InputError(self)


def _place(row: Row) -> str:
    return f"{row.file}:{row.line}"


def read_countries(path: Path) -> dict[str, Country]:
    """The countries of a table by code, in its order of codes."""
    found: dict[str, Country] = {}
    first: dict[str, Row] = {}
    problems = Problems()
    for row in read_table(path, "countries"):
        code = row["code"]
        if code in found:
            problems.append(row.problem("code", f"country {code} stands twice", f"first at {_place(first[code])}"))
        first.setdefault(code, row)
        columns = ("name", "continent", "population", "income_usd", "income_year", "languages")
        more = ("fiscal_quarter", "decentralisation", "imputed", "source")
        found[code] = Country(code, *(row[column] for column in (*columns, *more)))
    problems.stop()
    return dict(sorted(found.items()))


def _unknown_country(row: Row, column: str, code: str, countries: Mapping[str, Country]) -> Problem:
    by_name = {country.name: known for known, country in countries.items()}
    close = nearest(code, countries)
    if close is None and (name := nearest(code, by_name)) is not None:
        close = by_name[name]
    return row.problem(column, f"unknown country '{code}'", "the countries table has none", close)


def read_waves(
    path: Path | None, variant: str | None, countries: Mapping[str, Country], variant_problem: Callable[..., Problem]
) -> tuple[Waves, dict[str, str]]:
    """The turns of every election wave, for `variant` and those common to all, and each wave's country."""
    rows = read_table(path, "elections") if path else []
    problems = Problems()
    variants = {row["variant"] for row in rows} - {ALL_VARIANTS}
    if variant is not None and variant not in variants:
        why = (
            f"the elections table has {', '.join(sorted(variants)) or 'none'}"
            if path
            else "there is no elections table"
        )
        problems.append(variant_problem(f"unknown variant '{variant}'", why, nearest(variant, variants)))
    turns: dict[str, dict[int, Row]] = {}
    wave_country: dict[str, Row] = {}
    for row in rows:
        if row["country"] not in countries:
            problems.append(_unknown_country(row, "country", row["country"], countries))
        first = wave_country.setdefault(row["wave"], row)
        if first["country"] != row["country"]:
            why = f"it is in {first['country']} at {_place(first)}"
            problems.append(row.problem("wave", f"wave '{row['wave']}' stands in two countries", why))
        if row["variant"] not in (ALL_VARIANTS, variant):
            continue
        earlier = turns.setdefault(row["wave"], {}).setdefault(row["quarter"], row)
        if earlier is not row:
            what = f"wave '{row['wave']}' has two turns in one quarter"
            problems.append(row.problem("quarter", what, f"the other is at {_place(earlier)}"))
    problems.stop()
    waves = {
        wave: tuple((quarter, quarters[quarter]["kind"]) for quarter in sorted(quarters))
        for wave, quarters in sorted(turns.items())
    }
    return waves, {wave: row["country"] for wave, row in wave_country.items()}


def assemble_cities(
    table_rows: Sequence[Row],
    inline_rows: Sequence[Row],
    countries: Mapping[str, Country],
    waves: Waves,
    wave_countries: Mapping[str, str],
    numbers: ImputationNumbers,
) -> tuple[tuple[City, ...], list[ImputedValue]]:
    """The cities sorted by key, with every value that a rule filled in."""
    problems = Problems()
    sound: list[Row] = []
    first: dict[str, Row] = {}
    for row in (*table_rows, *inline_rows):
        key, country, wave = city_key(row["name"], row["country"]), row["country"], row["election_wave"]
        earlier = first.setdefault(key, row)
        if earlier is not row:
            problems.append(row.problem("name", f"city {key} stands twice", f"first at {_place(earlier)}"))
        if country not in countries:
            problems.append(_unknown_country(row, "country", country, countries))
            continue
        if wave is not None and wave not in waves:
            own = [name for name in waves if wave_countries[name] == country]
            why = f"the waves of {country} are {', '.join(own)}" if own else f"{country} has no wave, leave it blank"
            problems.append(row.problem("election_wave", f"unknown wave '{wave}'", why, nearest(wave, own)))
        elif wave is not None and wave_countries[wave] != country:
            why = f"the city is in {country}"
            problems.append(row.problem("election_wave", f"wave '{wave}' is of {wave_countries[wave]}", why))
        sound.append(row)
    if not first:
        problems.append(Problem("there is no city", why="a world needs a cities table or [[city]] entries"))
    problems.stop()
    imputation = Imputation(table_rows, countries, waves, numbers)
    cities = sorted((imputation.city(row) for row in sound), key=lambda city: city.key)
    Problems(imputation.problems).stop()
    return tuple(cities), sorted(imputation.imputed)


class _Sides:
    """Finds the two cities of an agreement row."""

    def __init__(self, cities: Sequence[City]) -> None:
        self.keys = {city.key for city in cities}
        self.by_name: dict[str, list[str]] = {}
        for city in cities:
            self.by_name.setdefault(city.name, []).append(city.key)

    def find(self, row: Row, column: str) -> str | Problem:
        """The key of the city in a column, or what is wrong with it."""
        text = row[column]
        if text in self.keys:
            return str(text)
        named = self.by_name.get(text, [])
        if len(named) == 1:
            return named[0]
        if named:
            return row.problem(column, f"city '{text}' is not unique", f"write one of {', '.join(sorted(named))}")
        return row.problem(
            column, f"unknown city '{text}'", "no city of this world has that name", nearest(text, self.keys)
        )


def assemble_agreements(
    rows: Sequence[Row], cities: Sequence[City], kind: str, start_year: int, years: int
) -> tuple[Agreement, ...]:
    """The simulated agreements sorted by their two sides; side a is the one whose key sorts first."""
    sides = _Sides(cities)
    problems = Problems()
    first: dict[tuple[str, str], Row] = {}
    found: list[Agreement] = []
    latest = start_year + years if kind == "hindcast" else start_year
    for row in rows:
        if row["status"] == UNSIMULATED_STATUS:
            continue
        one, other = sides.find(row, "city"), sides.find(row, "partner")
        problems.extend(side for side in (one, other) if isinstance(side, Problem))
        if isinstance(one, Problem) or isinstance(other, Problem):
            continue
        if one == other:
            problems.append(row.problem("partner", f"{one} has an agreement with itself"))
            continue
        pair = (min(one, other), max(one, other))
        earlier = first.setdefault(pair, row)
        if earlier is not row:
            what = f"the pair {pair[0]} - {pair[1]} stands twice"
            problems.append(row.problem("partner", what, f"first at {_place(earlier)}"))
        signed = row["signed_year"]
        if signed is not None and signed > latest:
            word = "ends" if kind == "hindcast" else "starts"
            problems.append(row.problem("signed_year", f"{signed} is too late", f"the run {word} in {latest}"))
        source = row["source"] or row["because"]
        found.append(Agreement(*pair, signed, row["status"], row["term_years"], source))
    problems.stop()
    return tuple(sorted(found, key=lambda agreement: (agreement.city_a, agreement.city_b)))


def table_path(folder: Path, text: str) -> Path:
    """A table's path as written in a scenario file."""
    path = Path(text)
    return path if path.is_absolute() else folder / path


def missing_table(path: Path) -> str | None:
    """What is wrong with a table's path, or None."""
    if path.is_file():
        return None
    return f"no such file {shown_path(path)}" if not path.is_dir() else f"{shown_path(path)} is a folder"
