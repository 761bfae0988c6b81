"""One run watched quarter by quarter: the stage of every agreement, and what each city has, asks for and spends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.compilation import kernel
from kembar.inputs import Inputs
from kembar.stages import stages_at_start
from kembar.tables import agreement_names
from kembar.world import RunRecord, make_world, record_of

NOT_BEGUN: Final = -1
_STAGES: Final = {name: place for place, name in enumerate(records.STAGES)}
_SEEN: Final = ("staff", "experience", "commitment", "support")
_MONEY: Final = ("appropriated_kusd", "spent_kusd")
HALF: Final = 0.5  # a lever that is on or off is on from here
DIGITS: Final = 3  # significant, of the numbers of cities


@dataclass(frozen=True)
class Watched:
    """A run with what it looked like on the way."""

    record: RunRecord
    stages: npt.NDArray[np.int8]  # (quarters + 1, agreements), first the start; NOT_BEGUN before talks open
    cities: records.Array  # (years, cities) at the end of each year
    asked_kusd: npt.NDArray[np.float64]  # (years, cities) what heads wished when the year's budget was made
    elections: npt.NDArray[np.int64]  # (years, cities) quarter of the next one as each year ends, NEVER if none is due


def watch(inputs: Inputs, seed: int) -> Watched:
    """Run a world one quarter at a time."""
    simulation = kernel()
    quarters = inputs.years * records.QUARTERS_PER_YEAR
    room = 1
    while True:
        world = make_world(inputs, seed, room=room, keep_exchanges=True)
        found = _watch(simulation, world, quarters)
        if found is not None:
            stages, *rest = found
            record = record_of(inputs, seed, world)
            return Watched(record, _table(stages, record), *rest)
        room *= 2


def _watch(simulation: Any, world: records.World, quarters: int) -> tuple[list[Any], Any, Any, Any] | None:
    years = quarters // records.QUARTERS_PER_YEAR
    stages = []
    cities = np.zeros((years, len(world.cities)), records.CITY)
    asked = np.zeros((years, len(world.cities)))
    elections = np.zeros((years, len(world.cities)), np.int64)
    wished = kernel(interpreted=True).rules["wished_budget"]
    for quarter in range(quarters):
        if not simulation.simulate(world, quarter, quarter + 1):
            return None
        stages.append(world.agreements["stage"][: world.counters[records.AGREEMENT_ROWS]].astype(np.int8))
        year, of_year = divmod(quarter, records.QUARTERS_PER_YEAR)
        for row, city in enumerate(world.cities):
            country = world.countries[city.country]
            if country.fiscal_quarter == of_year:
                asked[year, row] = wished(city, world.levers[row], country, world.parameters[0])
        if of_year == records.QUARTERS_PER_YEAR - 1:
            cities[year] = world.cities
            elections[year] = [next_election(world, row, quarter) for row in range(len(world.cities))]
    return stages, cities, asked, elections


def next_election(world: records.World, row: int, quarter: int) -> int:
    """The quarter of a city's next election after `quarter` as things stand, NEVER if none is due.

    A national calendar postpones what a city's own term would bring; it is known up to the end of the run.
    """
    city, levers = world.cities[row], world.levers[row]
    term_end = city["inaugurated_quarter"] + int(levers["term_years"] * records.QUARTERS_PER_YEAR)
    own = max(quarter + 1, int(min(city["next_election_quarter"], term_end)))
    if city["wave"] < 0 or levers["national_calendar"] < HALF:
        return own
    calendar = world.calendar[city["wave"]]
    if calendar[min(own, len(calendar) - 1)] == records.OWN_TERM:
        return own
    held = np.flatnonzero(calendar[quarter + 1 :] == records.ELECTION)
    return quarter + 1 + int(held[0]) if len(held) else records.NEVER


def _table(stages: list[Any], record: RunRecord) -> npt.NDArray[np.int8]:
    agreements = record.agreements
    found = np.full((len(stages) + 1, len(agreements)), NOT_BEGUN, np.int8)
    found[0] = [_STAGES.get(name, NOT_BEGUN) for name in stages_at_start(agreements)]
    for place, row in enumerate(stages):
        found[place + 1, : len(row)] = row
    found[found == records.SCHEDULED] = NOT_BEGUN
    return found


def replay_of(watched: Watched) -> dict[str, Any]:
    """The map's run: places, and each agreement's changes of stage as [quarter, stage] pairs from quarter 0 on.

    Quarter 0 is the moment before the run, quarter 4 the end of its first year.
    """
    record = watched.record
    scenario = record.inputs.scenario
    changes = []
    for column in watched.stages.T:
        turns = np.flatnonzero(np.diff(column)) + 1
        changes.append([[0, int(column[0])], *([int(turn), int(column[turn])] for turn in turns)])
    agreements = record.agreements
    return {
        "seed": str(record.seed),  # a browser's numbers do not hold it
        "start_year": scenario.start_year,
        "years": record.inputs.years,
        "stages": list(records.STAGES),
        "cities": [
            [city.key, city.name, city.country, round(city.longitude, 3), round(city.latitude, 3)]
            for city in scenario.cities
        ],
        "agreements": [
            {"name": name, "a": a, "b": b, "stages": turns}
            for name, a, b, turns in zip(
                agreement_names(record), agreements["a"].tolist(), agreements["b"].tolist(), changes, strict=True
            )
        ],
    }


def _rounded(values: Any) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in np.asarray(values, float).tolist()]


def city_life(watched: Watched, row: int) -> dict[str, Any]:
    """One city's years: money [kusd/year], staff, its head, and benefits by sector [points/year]."""
    record = watched.record
    mine = watched.cities[:, row]
    start = record.inputs.start_year
    sectors = record.city_years["sector_points"][:, row]
    return {
        "city": record.inputs.city_keys[row],
        "asked_kusd": _rounded(watched.asked_kusd[:, row]),
        **{name: _rounded(mine[name]) for name in (*_MONEY, *_SEEN)},
        "terms_served": mine["terms_served"].tolist(),
        "caretaker": mine["is_caretaker"].tolist(),
        "head_since": (start + mine["inaugurated_quarter"] / records.QUARTERS_PER_YEAR).tolist(),
        "next_election": [
            None if quarter == records.NEVER else start + quarter / records.QUARTERS_PER_YEAR
            for quarter in watched.elections[:, row].tolist()
        ],
        "sectors": {sector: _rounded(sectors[:, place]) for place, sector in enumerate(records.SECTORS)},
    }
