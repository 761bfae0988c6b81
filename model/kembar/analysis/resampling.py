"""Intervals by drawing whole runs again: agreements of one run share a world, so the run is what varies.

A draw takes as many runs as there are, with replacement, and adds up their counts: a matrix product of how often each
run was drawn with the counts of each run. The counts are whole numbers, so the sums are exact in any order and the
same seed gives the same bytes on any machine. A draw of a baseline and a draw of a policy made with the same seed and
the same number of runs take the same pairs of runs, and keep what the two share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.estimates import LEVEL
from kembar.analysis.reasons import Reason
from kembar.analysis.risk_table import LEAST_RUNS, RiskTable
from kembar.errors import InputError, Problem

Floats = npt.NDArray[np.float64]

DRAWS: Final = 1000
_CELLS_AT_ONCE: Final = 4_000_000  # of the matrix of draws and runs, to keep memory flat when there are many runs


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number with its interval over runs; None where there is none, and then the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Resampled:
    """The counts of a table and of draws of its runs; `draws` is 0 when there are too few runs for an interval."""

    table: RiskTable
    seed: int
    level: float
    at_risk: Floats  # (ages, draws)
    events_by_name: Floats  # (event names, ages, draws)
    reason: Reason | None  # why there are no draws

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.at_risk.shape[1])

    @property
    def events(self) -> Floats:
        """Events of any name, (ages, draws)."""
        return np.asarray(self.events_by_name.sum(axis=0))


def resample_runs(table: RiskTable, *, seed: int, draws: int = DRAWS, level: float = LEVEL) -> Resampled:
    """Draw the runs of a table again, `draws` times.

    Raises InputError for a level that is no share or for fewer draws than an interval of that level needs.
    """
    runs, names, ages = len(table.runs), len(table.event_names), table.ages
    _check(draws, level)
    if runs < LEAST_RUNS:
        reason = Reason("few_runs", (("needed", LEAST_RUNS), ("runs", runs)))
        return Resampled(table, seed, level, np.zeros((ages, 0)), np.zeros((names, ages, 0)), reason)
    from scipy.sparse import csr_array

    at_risk = table.at_risk.T.astype(np.float64)
    place = table.event_name * ages + table.event_quarter
    events = csr_array((np.ones(len(place)), (place, table.event_run)), shape=(names * ages, runs))
    found = [(at_risk @ weights, events @ weights) for weights in run_weights(runs, draws, seed)]
    return Resampled(
        table=table,
        seed=seed,
        level=level,
        at_risk=np.concatenate([one for one, _ in found], axis=1),
        events_by_name=np.concatenate([one for _, one in found], axis=1).reshape(names, ages, draws),
        reason=None,
    )


def run_weights(runs: int, draws: int, seed: int, cells_at_once: int = _CELLS_AT_ONCE) -> Iterator[Floats]:
    """How often each run is drawn, in matrices (runs, some of the draws) that follow one another.

    >>> [weights.sum(axis=0).tolist() for weights in run_weights(5, 3, seed=1)]
    [[5.0, 5.0, 5.0]]
    """
    generator = np.random.default_rng(seed)
    at_once = max(1, cells_at_once // max(runs, 1))
    for first in range(0, draws, at_once):
        count = min(at_once, draws - first)
        drawn = generator.integers(runs, size=(count, runs)) + runs * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * runs).reshape(count, runs).T.astype(np.float64)


def percentiles(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """The ends of the interval that leaves out the same share of the draws on both sides; draws on the last axis.

    They are two of the draws, of rank (1 - level) / 2 · (draws + 1) from either end, so infinite ones are in order.

    >>> low, high = percentiles(np.arange(1.0, 1000.0), 0.95)
    >>> float(low), float(high)
    (25.0, 975.0)
    """
    count = draws.shape[-1]
    rank = _rank(count, level)
    ordered = np.partition(draws, (rank - 1, count - rank), axis=-1)
    return ordered[..., rank - 1], ordered[..., count - rank]


def bounded(value: float, draws: Floats, resampled: Resampled) -> Bounded:
    """A number with the interval of its draws, or without one when there are no draws."""
    if resampled.draws == 0:
        return Bounded(value, reason=resampled.reason)
    low, high = percentiles(draws, resampled.level)
    return Bounded(value, float(low), float(high))


def band(draws: Floats, resampled: Resampled) -> tuple[Floats, Floats]:
    """The interval at every age, draws on the last axis; NaN when there are no draws."""
    if resampled.draws == 0:
        return np.full(draws.shape[:-1], math.nan), np.full(draws.shape[:-1], math.nan)
    return percentiles(draws, resampled.level)


def check_pair(baseline: Resampled, policy: Resampled) -> None:
    """Raises InputError when the draws of the two do not take the same pairs of runs, or count different things."""
    for what, one, other in (
        ("kinds of table", baseline.table.kind, policy.table.kind),
        ("numbers of runs", len(baseline.table.runs), len(policy.table.runs)),
        ("seeds of the draws", baseline.seed, policy.seed),
        ("numbers of draws", baseline.draws, policy.draws),
        ("levels", baseline.level, policy.level),
    ):
        if one != other:
            why = "run i of the one must be the twin of run i of the other in every draw"
            raise InputError(Problem(f"baseline and policy have different {what}: {one} and {other}", why=why))


def _rank(draws: int, level: float) -> int:
    return math.floor((1.0 - level) / 2.0 * (draws + 1) + 1e-9)


def check_level(level: float) -> None:
    """Raises InputError when a level of confidence is no share."""
    if not 0.0 < level < 1.0:
        raise InputError(Problem(f"{level} cannot be used", key="level", why="a level lies between 0 and 1, as 0.95"))


def _check(draws: int, level: float) -> None:
    check_level(level)
    if _rank(draws, level) < 1:
        least = math.ceil(2.0 / (1.0 - level) - 1e-9) - 1
        why = f"an interval of level {level} needs at least {least}"
        raise InputError(Problem(f"{draws} draws are too few", key="draws", why=why))
