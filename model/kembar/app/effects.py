"""Means over runs and effects over pairs, with Student's intervals: the only place where the app does statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, mean_estimate, student_quantile
from kembar.analysis.paired import paired_effects

SPREAD: Final = 0.80  # share of the runs inside a band that shows their spread


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its confidence interval; None where there are too few runs for one."""

    mean: float | None
    low: float | None
    high: float | None
    runs: int


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.mean, estimate.low, estimate.high, estimate.runs)


def mean_interval(values: Floats) -> Interval:
    """The mean of the finite values with Student's interval.

    >>> found = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> found.mean, round(found.low, 3), round(found.high, 3)
    (2.0, -0.484, 4.484)
    """
    return _interval(mean_estimate(values))


def paired_effect(baseline: Floats, variant: Floats) -> tuple[Interval, float | None]:
    """The mean difference over pairs that have both values, and the share of variance that common luck took away.

    >>> effect, saved = paired_effect(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 5.0]))
    >>> effect.mean, effect.low, effect.high, saved
    (1.0, 1.0, 1.0, 1.0)
    """
    (found,) = paired_effects(baseline[:, None], variant[:, None], ["effect"], {"effect": ""})
    return _interval(found.difference), found.variance_reduction.value


def _reach(values: Floats) -> Any:
    """Half the width of the interval around the means of the columns of `values` (runs, columns)."""
    runs = len(values)
    return student_quantile(LEVEL, runs - 1) * values.std(axis=0, ddof=1) / np.sqrt(runs)


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
