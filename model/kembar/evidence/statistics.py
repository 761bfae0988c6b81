"""Statistics over runs: sums that each run adds, a value of their total, and its interval by resampling runs.

The unit of replication is the run: agreements of one run share a world. A statistic is a function of the sums over
runs of what each run tallies (a ratio of sums, a median of a summed histogram), so a run in which little happened
counts for little, and an interval comes from drawing runs with replacement, all arms of a run together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kembar.evidence.declaration import Part
    from kembar.evidence.view import View

Floats: TypeAlias = npt.NDArray[np.float64]
Verdict = Literal["reproduced", "partly", "not", "not enough data"]

LEVEL: Final = 0.95
RESAMPLES: Final = 2000
RESAMPLING_SEED: Final = 20260101
LEAST_OBSERVATIONS: Final = 20  # fewer outcomes than this carry no verdict
MOST_EMPTY_SHARE: Final = 0.05  # of resamples without a value, beyond which there is no interval
WORST_FIRST: Final[tuple[Verdict, ...]] = ("not", "not enough data", "partly", "reproduced")


@dataclass(frozen=True)
class Statistic:
    """How one number of the evidence is taken from runs.

    `tally` gives what a run of an arm adds; `value` and `count` take the sums of every arm, shaped (..., width), and
    give the number and how many observations stand behind it.
    """

    unit: str
    arms: tuple[str, ...]
    tally: Callable[[View], Floats]
    value: Callable[..., Floats]
    count: Callable[..., Floats]


@dataclass(frozen=True)
class Estimate:
    """A number over runs with the interval of its mean, and its values in single runs."""

    value: float | None
    low: float | None
    high: float | None
    count: float  # observations behind it, over all runs
    runs: int
    by_run: Floats  # (runs,), NaN where a run by itself has no value


def ratio(above: Floats, below: Floats) -> Floats:
    """A quotient; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.nan)


def median_place(histogram: Floats) -> Floats:
    """The place within the last axis at which half of a histogram is reached; NaN where it is empty."""
    total = histogram.sum(axis=-1)
    reached = np.cumsum(histogram, axis=-1) >= 0.5 * total[..., None]
    return np.where(total > 0.0, reached.argmax(axis=-1).astype(float), np.nan)


def estimate(statistic: Statistic, tallies: Mapping[str, Floats]) -> Estimate:
    """The value over all runs, its interval by resampling runs, and the values run by run.

    `tallies` holds for every arm what each run added, shaped (runs, width).
    """
    arms = [tallies[arm] for arm in statistic.arms]
    runs = len(arms[0])
    sums = [arm.sum(axis=0) for arm in arms]
    count = float(statistic.count(*sums))
    value = float(statistic.value(*sums))
    by_run = np.asarray(statistic.value(*arms), dtype=np.float64)
    random = np.random.default_rng(RESAMPLING_SEED)
    weights = random.multinomial(runs, np.full(runs, 1.0 / runs), size=RESAMPLES).astype(np.float64)
    drawn = np.asarray(statistic.value(*(weights @ arm for arm in arms)), dtype=np.float64)
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(known) < (1.0 - MOST_EMPTY_SHARE) * RESAMPLES:
        return Estimate(None, None, None, count, runs, by_run)
    low, high = np.quantile(known, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return Estimate(value, float(low), float(high), count, runs, by_run)


def judge(part: Part, found: Estimate) -> Verdict:
    """Reproduced when the interval lies within the bounds, partly when it overlaps them, else not."""
    if found.low is None or found.high is None or found.count < LEAST_OBSERVATIONS:
        return "not enough data"
    least = -np.inf if part.low is None else part.low
    most = np.inf if part.high is None else part.high
    if least <= found.low and found.high <= most:
        return "reproduced"
    return "partly" if found.low <= most and found.high >= least else "not"


def judge_all(verdicts: list[Verdict]) -> Verdict:
    """A criterion of several parts is as good as its worst one."""
    return min(verdicts, key=WORST_FIRST.index)
