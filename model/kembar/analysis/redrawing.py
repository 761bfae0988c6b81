"""Intervals by resampling: whole rows (trajectories, base rows, points) are drawn again with replacement.

A percentile interval of few rows is too narrow, because resampled spreads are too small and quantiles of the normal
distribution stand where Student's should. Its percentiles are therefore moved outwards to those that give Student's
interval for a mean (the expanded percentile interval of Hesterberg 2015, The American Statistician 69, 371-386).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.estimates import LEVEL, ROUNDING

Floats = npt.NDArray[np.float64]

RESAMPLES: Final = 1000
SEED: Final = 20_250_101  # of resampling, so that the same table always gets the same intervals


@dataclass(frozen=True, slots=True)
class Intervals:
    """Numbers of the same shape: values and the lower and upper ends of their intervals."""

    value: Floats
    low: Floats
    high: Floats

    def columns(self, name: str) -> dict[str, Floats]:
        """Columns of a table: NAME, NAME_low, NAME_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


@dataclass(frozen=True, slots=True)
class Ranged:
    """One number with the lower and upper end of its interval."""

    value: float
    low: float
    high: float


def resampled_rows(count: int, resamples: int = RESAMPLES, seed: int = SEED) -> npt.NDArray[np.int64]:
    """Row numbers (resamples, count), each row of them drawn with replacement from 0 to count - 1."""
    return np.random.default_rng(seed).integers(count, size=(resamples, count))


def resampled_weights(count: int, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Weights (resamples, count) that add up to 1: how often each row is drawn; the mean of x is `weights @ x`."""
    rows = resampled_rows(count, resamples, seed)
    weights = np.zeros((resamples, count))
    np.add.at(weights, (np.arange(resamples)[:, None], rows), 1.0 / count)
    return weights


def percentile_interval(draws: Floats, count: int, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Lower and upper ends over the first axis of `draws`, which are statistics of resamples of `count` rows.

    >>> low, high = percentile_interval(np.linspace(0.0, 1.0, 1001), 1000)
    >>> round(float(low), 3), round(float(high), 3)
    (0.025, 0.975)
    >>> low, high = percentile_interval(np.linspace(0.0, 1.0, 1001), 8)
    >>> round(float(low), 3), round(float(high), 3)
    (0.006, 0.994)
    """
    from scipy.special import ndtr, stdtrit

    reach = np.sqrt(count / (count - 1.0)) * stdtrit(count - 1, 0.5 + level / 2.0)
    tail = float(ndtr(-reach))
    ends: Floats = np.quantile(draws, [tail, 1.0 - tail], axis=0)
    return ends[0], ends[1]


def is_still(values: Floats) -> bool:
    """Whether values do not differ by more than rounding."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max(initial=0.0))
