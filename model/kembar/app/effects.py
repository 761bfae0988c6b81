"""Means over runs and effects over pairs, with Student's intervals: the only place where the app does statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

LEVEL: Final = 0.95  # of confidence
SPREAD: Final = 0.80  # share of the runs inside a band that shows their spread

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its confidence interval; None where there are too few runs for one."""

    mean: float | None
    low: float | None
    high: float | None
    runs: int


def _reach(values: Floats) -> Any:
    """Half the width of the interval around the means of the columns of `values` (runs, columns)."""
    from scipy.special import stdtrit

    runs = len(values)
    return stdtrit(runs - 1, 0.5 + LEVEL / 2.0) * values.std(axis=0, ddof=1) / math.sqrt(runs)


def mean_interval(values: Floats) -> Interval:
    """The mean of the finite values with Student's interval.

    >>> found = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> found.mean, round(found.low, 3), round(found.high, 3)
    (2.0, -0.484, 4.484)
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return Interval(None, None, None, 0)
    mean = float(known.mean())
    if len(known) == 1:
        return Interval(mean, None, None, 1)
    reach = float(_reach(known[:, None])[0])
    return Interval(mean, mean - reach, mean + reach, len(known))


def paired_effect(baseline: Floats, variant: Floats) -> tuple[Interval, float | None]:
    """The mean difference over pairs that have both values, and the share of variance that common luck took away.

    The second number is `1 - s2(difference) / (s2(baseline) + s2(variant))`; None where there is no variance.

    >>> effect, saved = paired_effect(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 5.0]))
    >>> effect.mean, effect.low, effect.high, saved
    (1.0, 1.0, 1.0, 1.0)
    """
    both = np.isfinite(baseline) & np.isfinite(variant)
    effect = mean_interval((variant - baseline)[both])
    if effect.runs < 2:
        return effect, None
    alone = float(baseline[both].var(ddof=1) + variant[both].var(ddof=1))
    paired = float((variant - baseline)[both].var(ddof=1))
    return effect, 1.0 - paired / alone if alone > 0.0 else None


def bands(values: Floats) -> dict[str, list[float] | None]:
    """The mean of columns (runs, columns) with two bands: confidence in the mean, and the spread of the runs."""
    mean = values.mean(axis=0)
    found: dict[str, list[float] | None] = {"mean": mean.tolist()}
    if len(values) < 2:
        return found | {"low": None, "high": None, "spread_low": None, "spread_high": None}
    reach = _reach(values)
    edges = np.quantile(values, [0.5 - SPREAD / 2.0, 0.5 + SPREAD / 2.0], axis=0)
    return found | {
        "low": (mean - reach).tolist(),
        "high": (mean + reach).tolist(),
        "spread_low": edges[0].tolist(),
        "spread_high": edges[1].tolist(),
    }
