"""Several runs of one scenario laid one after another, so that outcomes and tables are made for all of them at once.

A single run is a batch of one: there is one way from what happened to outcomes and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kembar import records

if TYPE_CHECKING:
    from kembar.inputs import Inputs
    from kembar.world import RunRecord

BASELINE: Final = ""  # the name of no policy
# Of a city's yearly record: what is a level at the end of a year, and what is a mean over it; all else adds up.
LEVELS: Final = ("experience", "commitment", "institutionalisation", "support", "active")
MEANS: Final = ("staff_fte", "used_fte")


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which run it is: its number, design point, policies (joined by +), replicate and seed."""

    run_id: int = 0
    point: int = 0
    policies: str = BASELINE
    replicate: int = 0
    seed: int = 1


@dataclass(frozen=True)
class Batch:
    """The runs of a batch; `run` says of every row of `agreements` which of the runs it belongs to, from 0."""

    keys: tuple[RunKey, ...]
    inputs: tuple[Inputs, ...]
    agreements: records.Array  # (agreements of all runs,)
    run: npt.NDArray[np.int64]  # (agreements of all runs,)
    series: records.Array  # (runs, years)
    cities: records.Array  # (cities,) what no run changes: place, people, country
    city_totals: npt.NDArray[np.float64]  # (runs, cities, columns of a city's record, see `city_columns`)
    freezes: npt.NDArray[np.int64]  # (runs,)

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.keys)

    @property
    def years(self) -> int:
        """Horizon of the runs."""
        return self.inputs[0].years

    def count(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Chosen agreements of each run."""
        return np.bincount(self.run[chosen], minlength=self.runs).astype(float)

    def total(self, values: Any, chosen: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
        """Sum of a value of the (chosen) agreements of each run, in their order."""
        rows = self.run if chosen is None else self.run[chosen]
        added = np.bincount(rows, values if chosen is None else values[chosen], minlength=self.runs)
        return added.astype(float)  # of no agreements at all the library counts in whole numbers


class Gatherer:
    """Takes up runs one by one and lays them out as a batch; its room is used again for the next batch.

    A batch is valid until the gatherer takes up the next run after it.
    """

    def __init__(self) -> None:
        self._keys: list[RunKey] = []
        self._inputs: list[Inputs] = []
        self._lengths: list[int] = []
        self._room = np.zeros(0, records.AGREEMENT)
        self._series: list[npt.NDArray[np.float64]] = []
        self._totals: list[npt.NDArray[np.float64]] = []
        self._freezes: list[int] = []
        self._cities: records.Array | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: RunKey, record: RunRecord) -> None:
        """Take up a run; what is kept of it is copied."""
        used, rows = sum(self._lengths), len(record.agreements)
        if used + rows > len(self._room):
            larger = np.zeros(2 * (used + rows), records.AGREEMENT)
            larger[:used] = self._room[:used]
            self._room = larger
        # As bytes: to copy records field by field takes twice as long as all else here.
        self._room[used : used + rows].view(np.uint8)[:] = record.agreements.view(np.uint8)
        self._keys.append(key)
        self._inputs.append(record.inputs)
        self._lengths.append(rows)
        self._series.append(record.series.view(np.float64).reshape(len(record.series), -1).copy())
        self._totals.append(spread_totals(record.city_totals, record.inputs.years))
        self._freezes.append(int(np.count_nonzero(record.events["kind"] == records.AGREEMENT_FROZEN)))
        if self._cities is None:
            self._cities = record.cities.copy()

    def batch(self) -> Batch:
        """The runs taken up since the last batch, at least one."""
        assert self._cities is not None
        batch = Batch(
            keys=tuple(self._keys),
            inputs=tuple(self._inputs),
            agreements=self._room[: sum(self._lengths)],
            run=np.repeat(np.arange(len(self._lengths)), self._lengths),
            series=np.stack(self._series).view(records.SERIES)[:, :, 0],
            cities=self._cities,
            city_totals=np.stack(self._totals),
            freezes=np.array(self._freezes),
        )
        self.clear()
        return batch

    def clear(self) -> None:
        """Forget the runs taken up."""
        for kept in (self._keys, self._inputs, self._lengths, self._series, self._totals, self._freezes):
            kept.clear()
        self._cities = None


def batch_of(record: RunRecord, key: RunKey | None = None) -> Batch:
    """A batch of one run."""
    gatherer = Gatherer()
    gatherer.add(key or key_of(record), record)
    return gatherer.batch()


def key_of(record: RunRecord) -> RunKey:
    """The key of a run made by itself."""
    return RunKey(policies=joined_names(record.inputs), seed=record.seed)


def joined_names(inputs: Inputs) -> str:
    """The names of the policies of a run, joined by `+`; empty without any."""
    return "+".join(policy.name for policy in inputs.policies)


@cache
def city_columns() -> tuple[str, ...]:
    """The columns of `Batch.city_totals`, those by sector spread out."""
    names: list[str] = []
    for name in records.CITY_YEAR.names or ():
        names += [f"points_{sector}" for sector in records.SECTORS] if name == "sector_points" else [name]
    return tuple(names)


def spread_totals(city_totals: records.Array, years: int) -> npt.NDArray[np.float64]:
    """A run's totals of cities, (cities, columns): sums, but means and last levels where a sum says nothing."""
    totals = np.asarray(city_totals).view(np.float64).reshape(len(city_totals), -1).copy()
    for name in MEANS:
        totals[:, city_columns().index(name)] /= years
    return totals


def incomes(inputs: Inputs) -> npt.NDArray[np.float64]:
    """Income per head of every city's country [kusd/year], (cities,)."""
    found: npt.NDArray[np.float64] = inputs.arrays["countries"]["income"][inputs.arrays["cities"]["country"]]
    return found


def stacked_parameters(inputs: Sequence[Inputs], key: str) -> npt.NDArray[np.float64]:
    """One parameter of every run, (runs,)."""
    return np.array([item.parameters.number(key) for item in inputs])
