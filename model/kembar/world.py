"""From arrays to a finished run.

`run_world` copies the arrays that `kembar.inputs.build` made, runs the compiled quarter over the horizon and gives back
what happened. A run that outgrows its buffers is repeated with twice the room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.inputs import Inputs
from kembar.records import World

_USUAL_EVENTS = 8  # of an agreement in a run, a first guess of the room they need
_MOST_WORLDS = 4  # kept by a workspace; a study of more scenarios lays some out anew

# What a run writes; everything else of a world is input.
GROWING = ("agreements", "history", "events", "splits")
LASTING = (
    "levers",
    "cities",
    "countries",
    "surroundings",
    "relation",
    "scheduled_freeze",
    "citizen_ties",
    "series",
    "city_years",
    "city_totals",
    "ring",
    "ring_order",
    "searching",
    "scratch",
    "marks",
    "offers",
    "offer_scores",
    "counters",
)
WRITTEN = (*GROWING, *LASTING)


@dataclass(frozen=True)
class RunRecord:
    """What happened in one run: trimmed copies of the state's arrays."""

    inputs: Inputs
    seed: int
    agreements: records.Array
    cities: records.Array
    countries: records.Array
    levers: records.Array
    series: records.Array  # (years,)
    city_years: records.Array  # (years, cities), or (0, cities) when not kept
    city_totals: records.Array  # (cities,) the years added up; of levels the last one
    events: records.Array
    splits: npt.NDArray[np.float64]  # (splits, 20) exchanges over the silent span


def seed_words(seed: int) -> npt.NDArray[np.uint64]:
    """Two 32-bit words of a run's seed (NumPy's SeedSequence)."""
    return np.random.SeedSequence(seed).generate_state(2, np.uint32).astype(np.uint64)


def make_world(
    inputs: Inputs, seed: int, *, room: int = 1, keep_exchanges: bool = False, city_years: bool = True
) -> World:
    """A fresh world ready to begin; `room` multiplies the room for new agreements and events."""
    source = inputs.arrays
    listed = len(source["agreements"])
    cities = len(source["cities"])
    countries = len(source["countries"])
    agreements = np.zeros(listed + room * _new_agreements(inputs), records.AGREEMENT)
    span = int(inputs.parameters.number("dormancy_span_years") * records.QUARTERS_PER_YEAR)
    levers = source["levers"].copy()
    world = World(
        seed=seed_words(seed),
        parameters=source["parameters"].view(np.recarray),
        levers=levers.view(np.recarray),
        lever_values=levers.view(np.float64).reshape(cities, -1),
        cities=source["cities"].copy().view(np.recarray),
        agreements=agreements.view(np.recarray),
        countries=source["countries"].copy().view(np.recarray),
        surroundings=np.zeros(1, records.SURROUNDINGS).view(np.recarray),
        country_pair_keys=source["country_pair_keys"],
        language=source["language"],
        relation=np.zeros((countries, countries), np.int64),
        scheduled_freeze=np.zeros((countries, countries), np.int64),
        citizen_ties=np.zeros((countries, countries)),
        calendar=source["calendar"],
        recorded_years=source["recorded_years"],
        recorded_counts=source["recorded_counts"],
        scheduled=source["scheduled"].view(np.recarray),
        changes=source["changes"].view(np.recarray),
        history=np.zeros((len(agreements), span, records.HISTORY_COLUMNS)),
        events=np.zeros(room * _events(inputs, keep_exchanges), records.EVENT).view(np.recarray),
        splits=np.zeros((room * (4 * listed + cities + 64), records.PART_COUNT)),
        series=np.zeros(inputs.years, records.SERIES).view(np.recarray),
        city_years=np.zeros((inputs.years if city_years else 1, cities), records.CITY_YEAR).view(np.recarray),
        city_totals=np.zeros(cities, records.CITY_YEAR).view(np.recarray),
        ring=np.zeros(cities),
        ring_order=np.zeros(cities, np.int64),
        searching=np.zeros(cities, np.int64),
        scratch=np.zeros((records.SCRATCH_ROWS, records.PART_COUNT)),
        marks=np.zeros(cities, np.int64),
        offers=np.full(cities, -1, np.int64),
        offer_scores=np.zeros(cities),
        counters=np.zeros(records.COUNTER_COUNT, np.int64),
    )
    _begin_counters(world, inputs, keep_exchanges)
    world.agreements[:listed] = source["agreements"]
    return world


def _begin_counters(world: World, inputs: Inputs, keep_exchanges: bool) -> None:
    world.counters[records.AGREEMENT_ROWS] = len(inputs.arrays["agreements"])
    world.counters[records.KEEP_EXCHANGES] = int(keep_exchanges)
    world.counters[records.START_KIND] = (
        records.START_HINDCAST if inputs.scenario.kind == "hindcast" else records.START_REGISTER
    )


class Workspace:
    """Arrays that one thread uses for run after run: to lay them out anew would cost a tenth of a run.

    Every run begins with the same content that a fresh world has (tested), whatever the run before it left.
    """

    def __init__(self) -> None:
        self._used: dict[tuple[object, ...], _UsedWorld] = {}
        self._roomiest: dict[str, int] = {}

    def room(self, inputs: Inputs) -> int:
        """The room that runs of this scenario have needed so far."""
        return self._roomiest.get(inputs.scenario.hash, 1)

    def world(self, inputs: Inputs, seed: int, room: int, keep_exchanges: bool, city_years: bool) -> World:
        """A world ready to begin, in arrays used before when their shapes fit."""
        span = inputs.parameters.number("dormancy_span_years")
        shape = (inputs.scenario.hash, inputs.years, span, room, keep_exchanges, city_years)
        self._roomiest[inputs.scenario.hash] = max(room, self.room(inputs))
        used = self._used.get(shape)
        if used is None:
            if len(self._used) >= _MOST_WORLDS:
                self._used.clear()
            made = make_world(inputs, seed, room=room, keep_exchanges=keep_exchanges, city_years=city_years)
            self._used[shape] = _UsedWorld(made, inputs)
            return made
        return used.ready(inputs, seed, keep_exchanges)


class _UsedWorld:
    """A world to be used again, with plain views of its memory: those of records are slow to make."""

    def __init__(self, world: World, inputs: Inputs) -> None:
        self.world = world
        self.inputs = inputs
        kept = ("levers", "cities", "countries")
        self.cleared = [_bytes_of(getattr(world, name)) for name in LASTING if name not in kept]
        self.copied = [(_bytes_of(getattr(world, name)), name) for name in kept]
        self.rows = {name: _bytes_of(getattr(world, name)) for name in GROWING}

    def ready(self, inputs: Inputs, seed: int, keep_exchanges: bool) -> World:
        """The world as if it had just been made."""
        counters = self.world.counters
        agreements = counters[records.AGREEMENT_ROWS]
        # Of the long arrays only the rows that the run before has written are cleared.
        written = (agreements, agreements, counters[records.EVENT_ROWS], counters[records.SPLIT_ROWS])
        for name, count in zip(GROWING, written, strict=True):
            self.rows[name][:count].fill(0)
        for array in self.cleared:
            array.fill(0)
        source = inputs.arrays
        for array, name in self.copied:
            np.copyto(array, _bytes_of(source[name]))
        listed = _bytes_of(source["agreements"])
        self.rows["agreements"][: len(listed)] = listed
        self.world.offers.fill(-1)
        self.world.seed[:] = seed_words(seed)
        _begin_counters(self.world, inputs, keep_exchanges)
        if inputs is not self.inputs:
            self.inputs = inputs
            self.world = self.world._replace(
                parameters=source["parameters"].view(np.recarray),
                scheduled=source["scheduled"].view(np.recarray),
                changes=source["changes"].view(np.recarray),
                calendar=source["calendar"],
            )
        return self.world


def _bytes_of(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The memory of an array, row by row."""
    plain = array.view(np.ndarray)
    width = plain.dtype.itemsize * math.prod(plain.shape[1:])  # said, because a world may have no row at all
    return plain.view(np.uint8).reshape(len(plain), width)


def _new_agreements(inputs: Inputs) -> int:
    return 64 + len(inputs.arrays["cities"]) * inputs.years // 20


def _events(inputs: Inputs, keep_exchanges: bool) -> int:
    per_agreement = _USUAL_EVENTS + (inputs.years if keep_exchanges else 0)
    return 256 + len(inputs.arrays["agreements"]) * per_agreement + len(inputs.arrays["cities"]) * inputs.years // 2


def run_world(
    inputs: Inputs,
    seed: int,
    *,
    keep_exchanges: bool = False,
    city_years: bool = True,
    rules_file: Path | None = None,
    room: int = 1,
    workspace: Workspace | None = None,
) -> RunRecord:
    """One run from the first quarter to the horizon. Raises InputError when the rules file is not usable.

    With a `workspace` of the calling thread the record's arrays are valid until its next run.
    """
    from kembar.compilation import kernel, mark_compiled

    simulation = kernel(rules_file)
    while True:
        if workspace is None:
            world = make_world(inputs, seed, room=room, keep_exchanges=keep_exchanges, city_years=city_years)
        else:
            room = max(room, workspace.room(inputs))
            world = workspace.world(inputs, seed, room, keep_exchanges, city_years)
        if simulation.simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR):
            mark_compiled(rules_file)
            return record_of(inputs, seed, world)
        room *= 2


def record_of(inputs: Inputs, seed: int, world: World) -> RunRecord:
    """The parts of a world that are kept, trimmed to the rows in use."""
    counters = world.counters
    keeps_years = len(world.city_years) == inputs.years
    # Plain arrays before they are cut: a cut of records is slow.
    return RunRecord(
        inputs=inputs,
        seed=seed,
        agreements=world.agreements.view(np.ndarray)[: counters[records.AGREEMENT_ROWS]],
        cities=world.cities.view(np.ndarray),
        countries=world.countries.view(np.ndarray),
        levers=world.levers.view(np.ndarray),
        series=world.series.view(np.ndarray),
        city_years=world.city_years.view(np.ndarray)[: inputs.years if keeps_years else 0],
        city_totals=world.city_totals.view(np.ndarray),
        events=world.events.view(np.ndarray)[: counters[records.EVENT_ROWS]],
        splits=world.splits[: counters[records.SPLIT_ROWS]],
    )
