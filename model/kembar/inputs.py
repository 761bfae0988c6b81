"""From a scenario, policies and settings to the arrays of a run: everything of a world that holds before any luck.

`Layout` makes once what depends on the scenario alone; `Layout.inputs` adds policies, settings and parameters, which is
what a study does thousands of times. `build` does both.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.errors import InputError, Problem
from kembar.parameters import Declaration, ResolvedParameters, Value, declaration, declarations, resolve
from kembar.scenario.changes import CityChange, PlacedEvent, resolve_changes, resolve_events
from kembar.scenario.records import Agreement, Policy, Scenario
from kembar.scenario.schema import MOST_YEARS

STATUS_CODES = {
    "active": records.STATUS_CONFIRMED,
    "renewed": records.STATUS_CONFIRMED,
    "listed": records.STATUS_LISTED,
    "reported": records.STATUS_LISTED,
    "friendship": records.STATUS_LISTED,
    "former": records.STATUS_FORMER,
    "dormant": records.STATUS_DORMANT,
    "lapsed": records.STATUS_LAPSED,
    "letter": records.STATUS_LETTER,
    "exploratory": records.STATUS_EXPLORATORY,
    "stalled": records.STATUS_STALLED,
}
_MID_YEAR = 2  # a date known to the year is taken as the year's third quarter


@dataclass(frozen=True)
class Inputs:
    """Everything of a run before its luck: arrays, keys, and the hash of all that went in."""

    scenario: Scenario
    policies: tuple[Policy, ...]
    sets: tuple[tuple[str, float], ...]
    years: int
    parameters: ResolvedParameters
    city_keys: tuple[str, ...]
    country_codes: tuple[str, ...]
    agreements_table: tuple[Agreement, ...]  # rows that `register_row` points at
    hash: str
    arrays: Mapping[str, npt.NDArray[Any]]

    @property
    def start_year(self) -> int:
        """Calendar year of the first quarter."""
        return self.scenario.start_year


def luck_key(text: str) -> int:
    """64-bit key of an entity's luck, from its name alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@cache
def parameter_dtype() -> np.dtype[np.void]:
    """Record of constants and uncertainties, in the order of their declaration."""
    return _dtype_of([item for item in declarations() if item.kind != "lever"])


@cache
def lever_dtype() -> np.dtype[np.void]:
    """Record of levers, in the order of their declaration."""
    return _dtype_of([item for item in declarations() if item.kind == "lever"])


def _dtype_of(items: Sequence[Declaration]) -> np.dtype[np.void]:
    return np.dtype(
        [(d.key, "f8", (records.SECTOR_COUNT,)) if d.is_by_sector else (d.key, "f8") for d in items], align=True
    )


@dataclass(frozen=True)
class Layout:
    """What every run of a scenario over one horizon has in common, whatever its policies and parameters."""

    scenario: Scenario
    years: int
    country_codes: tuple[str, ...]
    agreements_table: tuple[Agreement, ...]
    degree: tuple[int, ...]  # listed agreements of each city
    arrays: Mapping[str, npt.NDArray[Any]]

    def inputs(
        self,
        policies: Sequence[Policy] = (),
        sets: Mapping[str, float] | None = None,
        parameters: Mapping[str, Value] | None = None,
    ) -> Inputs:
        """The inputs of a run: `sets` are levers for all cities, `parameters` constants or uncertainties.

        Raises InputError with every problem found.
        """
        scenario = self.scenario
        resolved = resolve({**scenario.parameters, **(parameters or {})})
        changes = resolve_changes(scenario, policies, sets)
        events = resolve_events(scenario, policies)
        levers, timeline = _levers(scenario, changes, self.years)
        country_row = {code: row for row, code in enumerate(self.country_codes)}
        identity = [
            scenario.hash,
            [policy.hash for policy in policies],
            sorted((sets or {}).items()),
            resolved.hash,
            self.years,
        ]
        return Inputs(
            scenario=scenario,
            policies=tuple(policies),
            sets=tuple(sorted((sets or {}).items())),
            years=self.years,
            parameters=resolved,
            city_keys=tuple(city.key for city in scenario.cities),
            country_codes=self.country_codes,
            agreements_table=self.agreements_table,
            hash=hashlib.sha256(json.dumps(identity).encode()).hexdigest(),
            arrays={
                **self.arrays,
                "parameters": _parameter_record(resolved),
                "levers": levers,
                "changes": timeline,
                "cities": self._cities(resolved),
                "scheduled": _scheduled(scenario, events, country_row),
            },
        )

    def _cities(self, resolved: ResolvedParameters) -> records.Array:
        """The cities with what depends on parameters; powers one by one, as an array's may differ in the last bit."""
        cities = self.arrays["cities"].copy()
        values: Any = resolved.values
        reference = values["reference_budget_kusd"]
        share = resolved.number("municipal_budget_share")
        scale, elasticity = values["background_scale"], values["background_elasticity"]
        budgets, unseen = [], []
        for row, city in enumerate(self.scenario.cities):
            budgets.append(_budget(self.scenario, city, share))
            seen = 0.0 if cities["is_focal"][row] else scale * (city.population / 1e5) ** elasticity
            unseen.append(max(0.0, seen - self.degree[row]))
        relative = [budget / reference for budget in budgets]
        cities["fiscal_kusd"] = budgets
        cities["money_scale_kusd"] = [reference * size ** values["budget_elasticity"] for size in relative]
        cities["staff_scale"] = [size ** values["staff_elasticity"] for size in relative]
        cities["background"] = unseen
        people = [city.population / values["reference_population"] for city in self.scenario.cities]
        cities["takers"] = [size ** values["takers_elasticity"] for size in people]
        cities["outreach"] = [size ** values["search_elasticity"] for size in people]
        return cities


def lay_out(scenario: Scenario, years: int | None = None) -> Layout:
    """The part of a scenario's arrays that no policy and no parameter changes.

    Raises InputError when the horizon cannot be run.
    """
    horizon = scenario.years if years is None else years
    if not 1 <= horizon <= MOST_YEARS:
        raise InputError(Problem(f"{horizon} years", key="years", why=f"a run takes 1 to {MOST_YEARS} years"))
    codes = tuple(sorted({city.country for city in scenario.cities}))
    country_row = {code: row for row, code in enumerate(codes)}
    table = tuple(item for item in scenario.agreements if item.status in STATUS_CODES)
    waves = sorted({city.election_wave for city in scenario.cities if city.election_wave})
    years_table, years_count = _recorded_years(scenario, table)
    degree = dict.fromkeys((city.key for city in scenario.cities), 0)
    for agreement in table:
        degree[agreement.city_a] += 1
        degree[agreement.city_b] += 1
    return Layout(
        scenario=scenario,
        years=horizon,
        country_codes=codes,
        agreements_table=table,
        degree=tuple(degree[city.key] for city in scenario.cities),
        arrays={
            "countries": _countries(scenario, codes),
            "language": _languages(scenario, codes),
            "country_pair_keys": _country_pair_keys(codes),
            "cities": _cities(scenario, country_row, waves),
            "agreements": _agreements(scenario, table),
            "calendar": _calendar(scenario, waves, horizon),
            "recorded_years": years_table,
            "recorded_counts": years_count,
        },
    )


def build(
    scenario: Scenario,
    policies: Sequence[Policy] = (),
    sets: Mapping[str, float] | None = None,
    parameters: Mapping[str, Value] | None = None,
    *,
    years: int | None = None,
) -> Inputs:
    """Lay scenario, policies and single settings together and make the arrays of a run.

    `sets` are levers for all cities, `parameters` constants or uncertainties, `years` another horizon.
    Raises InputError with every problem found.
    """
    return lay_out(scenario, years).inputs(policies, sets, parameters)


def _parameter_record(resolved: ResolvedParameters) -> records.Array:
    array = np.zeros(1, parameter_dtype())
    for name in array.dtype.names or ():
        array[name] = resolved.values[name]
    return array


def _quarter(scenario: Scenario, absolute: int) -> int:
    """Quarter of the run from a quarter counted from year 0."""
    return absolute - scenario.start_year * records.QUARTERS_PER_YEAR


def _levers(
    scenario: Scenario, changes: Sequence[CityChange], years: int
) -> tuple[records.Array, npt.NDArray[np.void]]:
    dtype = lever_dtype()
    names = list(dtype.names or ())
    base = np.zeros(len(scenario.cities), dtype)
    for name in names:
        base[name] = declaration(name).value
    base["decentralisation"] = [scenario.countries[city.country].decentralisation for city in scenario.cities]
    rows: list[tuple[int, int, int, float]] = []
    last = years * records.QUARTERS_PER_YEAR
    for change in changes:
        lever = names.index(change.lever)
        start = max(0, _quarter(scenario, change.from_quarter))
        end = last if change.until_quarter is None else _quarter(scenario, change.until_quarter)
        if end <= 0 or start >= last:
            continue
        rows.append((start, change.city_index, lever, float(change.value)))  # type: ignore[arg-type]
        if end < last:
            rows.append((end, change.city_index, lever, float(base[change.lever][change.city_index])))
    starts = {(quarter, city, lever) for quarter, city, lever, _ in rows if (quarter, city, lever)}
    kept: dict[tuple[int, int, int], float] = {}
    for quarter, city, lever, value in sorted(rows, key=lambda row: row[0]):
        place = (quarter, city, lever)
        if place in kept and value == base[names[lever]][city]:
            continue  # a value that ends where the next one begins
        kept[place] = value
    assert len(kept) <= len(starts)
    timeline = np.array(
        [(quarter, city, lever, value) for (quarter, city, lever), value in sorted(kept.items())], records.CHANGE
    )
    return base, timeline


def _countries(scenario: Scenario, codes: Sequence[str]) -> records.Array:
    continents = sorted({scenario.countries[code].continent for code in codes})
    array = np.zeros(len(codes), records.COUNTRY)
    for row, code in enumerate(codes):
        country = scenario.countries[code]
        array[row]["key"] = luck_key(code)
        array[row]["continent"] = continents.index(country.continent)
        array[row]["fiscal_quarter"] = country.fiscal_quarter - 1
        array[row]["population"] = country.population or 0.0
        array[row]["income"] = (country.income_usd or 0.0) / 1000.0
    return array


def _languages(scenario: Scenario, codes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Closeness of two countries: the largest language that both share, by the smaller of its two shares."""
    names = sorted({language for code in codes for language, _ in scenario.countries[code].languages})
    shares = np.zeros((len(codes), len(names)))
    for row, code in enumerate(codes):
        for language, share in scenario.countries[code].languages:
            shares[row, names.index(language)] = share
    closeness = np.zeros((len(codes), len(codes)))
    for row in range(len(codes)):
        if names:
            closeness[row] = np.minimum(shares[row], shares).max(axis=1)
    return closeness


def _country_pair_keys(codes: Sequence[str]) -> npt.NDArray[np.uint64]:
    keys = np.zeros((len(codes), len(codes)), np.uint64)
    for first, one in enumerate(codes):
        for second, two in enumerate(codes):
            if first < second:
                keys[first, second] = keys[second, first] = luck_key(f"{one}|{two}")
    return keys


def _budget(scenario: Scenario, city: Any, municipal_share: float) -> float:
    """Whole budget [kusd/year]: the table's, or the people's income times the municipal share."""
    if "budget_kusd" not in city.imputed:
        return float(city.budget_kusd)
    income = (scenario.countries[city.country].income_usd or 0.0) / 1000.0
    return max(1.0, float(city.population) * income * municipal_share)


def _cities(scenario: Scenario, country_row: Mapping[str, int], waves: Sequence[str]) -> records.Array:
    array = np.zeros(len(scenario.cities), records.CITY)
    focal = set(scenario.focal_countries)
    wave_row = {wave: row for row, wave in enumerate(waves)}
    for row, city in enumerate(scenario.cities):
        record = array[row]
        for name, value in {
            "key": luck_key(city.key),
            "country": country_row[city.country],
            "is_caretaker": int(_starts_under_caretaker(scenario, city.election_wave)),
            "wave": wave_row[city.election_wave] if city.election_wave else -1,
            "is_focal": int(not focal or city.country in focal),
            "is_open_to_search": int(city.open_to_search),
            "population": city.population,
            "log_population": math.log(max(city.population, 1.0)),
            "latitude": city.latitude,
            "longitude": city.longitude,
            "utc_offset_hours": city.utc_offset_hours,
            "commitment": math.nan if city.commitment is None else city.commitment,
            "institutionalisation": math.nan if city.institutionalisation is None else city.institutionalisation,
            "civic": math.nan if city.civic is None else city.civic,
            "business": math.nan if city.business is None else city.business,
            "first_agreement": -1,
        }.items():
            record[name] = value
    return array


def _starts_under_caretaker(scenario: Scenario, wave: str | None) -> bool:
    """Whether the last turn of a wave's calendar before the run was a caretaker."""
    past = [turn for turn in scenario.waves.get(wave or "", ()) if _quarter(scenario, turn[0]) < 0]
    return bool(past) and max(past)[1] == "caretaker"


def _agreements(scenario: Scenario, table: Sequence[Agreement]) -> records.Array:
    array = np.zeros(len(table), records.AGREEMENT)
    for name in ("opened", "letter", "signed", "entry", "active_since", "term_end", "last_exchange", "first_dormant"):
        array[f"{name}_quarter"] = records.NEVER
    for name in ("dormant", "ended", "notice"):
        array[f"{name}_quarter"] = records.NEVER
    array["cause"] = array["first_cause"] = array["split_row"] = records.NO_CAUSE
    array["generation"] = 1
    array["preference"] = 1.0
    for row, item in enumerate(table):
        record = array[row]
        record["a"] = scenario.city_index[item.city_a]
        record["b"] = scenario.city_index[item.city_b]
        record["key"] = luck_key(f"{item.city_a}|{item.city_b}|1")
        record["status"] = STATUS_CODES[item.status]
        record["register_row"] = row
        record["fixed_term_years"] = item.term_years or 0.0
        if item.signed_year is not None:
            record["signed_quarter"] = _date(scenario, item.signed_year)
    return array


def _date(scenario: Scenario, year: int) -> int:
    return (year - scenario.start_year) * records.QUARTERS_PER_YEAR + _MID_YEAR


def _recorded_years(
    scenario: Scenario, table: Sequence[Agreement]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Recorded signing dates by status, from which missing ones are drawn; a status without any takes all of them."""
    by_status: dict[int, list[int]] = {status: [] for status in range(len(records.STATUSES))}
    for item in table:
        if item.signed_year is not None:
            by_status[STATUS_CODES[item.status]].append(_date(scenario, item.signed_year))
    signed = sorted(date for status, dates in by_status.items() for date in dates)
    fallback = signed or [-records.QUARTERS_PER_YEAR]
    width = max(len(fallback), 1)
    years = np.zeros((len(by_status), width), np.int64)
    counts = np.zeros(len(by_status), np.int64)
    for status, dates in by_status.items():
        chosen = sorted(dates) or fallback
        years[status, : len(chosen)] = chosen
        counts[status] = len(chosen)
    return years, counts


def _calendar(scenario: Scenario, waves: Sequence[str], years: int) -> npt.NDArray[np.int64]:
    quarters = years * records.QUARTERS_PER_YEAR
    calendar = np.zeros((max(len(waves), 1), quarters), np.int64)
    for row, wave in enumerate(waves):
        turns = scenario.waves[wave]
        if any(kind == "election" for _, kind in turns):
            first = _quarter(scenario, min(absolute for absolute, _ in turns))
            calendar[row, : max(0, min(first, quarters))] = records.OWN_TERM
        for absolute, kind in turns:
            quarter = _quarter(scenario, absolute)
            if 0 <= quarter < quarters:
                calendar[row, quarter] = records.ELECTION if kind == "election" else records.CARETAKER
    return calendar


def _scheduled(
    scenario: Scenario, events: Sequence[PlacedEvent], country_row: Mapping[str, int]
) -> npt.NDArray[np.void]:
    rows: list[tuple[int, int, int, float, int, int, int]] = []
    everywhere = len(scenario.cities)
    for event in events:
        head = (
            records.SURROUNDING_KINDS.index(event.kind),
            _quarter(scenario, event.from_quarter),
            _quarter(scenario, event.until_quarter),
            event.severity,
        )
        if event.countries is not None:
            first, second = (country_row.get(code, -1) for code in event.countries)
            if first >= 0 and second >= 0:
                rows.append((*head, records.IN_COUNTRY, first, second))
        elif len(event.city_indices) == everywhere:
            rows.append((*head, records.EVERYWHERE, -1, -1))
        else:
            rows.extend((*head, records.IN_CITY, city, -1) for city in event.city_indices)
    return np.array(rows, records.SCHEDULED_EVENT)
