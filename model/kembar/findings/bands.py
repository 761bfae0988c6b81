"""The baseline and its policies over time, and the spread of single runs beside the confidence in the mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, mean_estimates

if TYPE_CHECKING:
    from kembar.findings.world import WorldRuns

SPREAD: Final = 0.9  # of the runs lie between the ends of a spread


@dataclass(frozen=True, slots=True)
class Spread:
    """An outcome of an arm: its mean with the confidence in it, and the ends between which SPREAD of the runs lie."""

    arm: str
    outcome: str
    mean: Estimate
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Band:
    """A yearly number of an arm: arrays (years) of the mean, the confidence in it, and the spread of the runs."""

    arm: str
    column: str
    years: tuple[int, ...]
    mean: Floats
    low: Floats
    high: Floats
    spread_low: Floats
    spread_high: Floats
    runs: int


def spreads(world: WorldRuns, outcomes: tuple[str, ...], level: float = LEVEL) -> tuple[Spread, ...]:
    """The outcomes of every arm of a world."""
    found = []
    for arm in world.present_arms:
        runs = world.arm_runs(arm.name)
        values = np.column_stack([world.arm_values(arm.name, outcome) for outcome in outcomes])
        means = mean_estimates(values, level)
        for outcome, mean in zip(outcomes, means, strict=True):
            column = runs[outcome].to_numpy(np.float64)
            known = column[np.isfinite(column)]
            ends = np.quantile(known, _tails()).tolist() if len(known) else [None, None]
            found.append(Spread(arm.name, outcome, mean, ends[0], ends[1]))
    return tuple(found)


def _tails() -> list[float]:
    return [(1.0 - SPREAD) / 2.0, (1.0 + SPREAD) / 2.0]


def yearly_bands(world: WorldRuns, series: Any, column: str, level: float = LEVEL) -> tuple[Band, ...]:
    """The bands of one column of the yearly table for every arm of a world with a single point."""
    if not world.is_single_point:
        return ()
    found = []
    for arm in world.present_arms:
        ids = world.arm_runs(arm.name)["run_id"]
        own = series[series["run_id"].isin(ids)]
        wide = own.pivot(index="run_id", columns="year", values=column)
        values = wide.to_numpy(np.float64)
        means = mean_estimates(values, level)
        nothing = np.nan
        spread = np.quantile(values, _tails(), axis=0)
        found.append(
            Band(
                arm=arm.name,
                column=column,
                years=tuple(int(year) for year in wide.columns),
                mean=np.array([nothing if one.mean is None else one.mean for one in means]),
                low=np.array([nothing if one.low is None else one.low for one in means]),
                high=np.array([nothing if one.high is None else one.high for one in means]),
                spread_low=spread[0],
                spread_high=spread[1],
                runs=len(values),
            )
        )
    return tuple(found)
