"""Morris screening: which factors move an outcome at all, in which direction, and which act together with others.

A trajectory moves one factor after another by one jump; each move gives an elementary effect, the change of the
outcome for a move over the factor's whole range. Over the trajectories their mean `mu` is the direction and size of
the effect, the mean of their absolute values `mu_star` its importance, and their deviation `sigma` shows curvature or
interplay with other factors.

The outcome is the mean of the replicates. A trajectory shares its luck, so luck that all its points have in common
cancels in the effects. What remains (luck that the factor lets act otherwise) makes `mu_star` positive even where the
factor does nothing on average: `luck_deviation` is the deviation of an elementary effect that luck alone makes, and
`mu_star_of_luck` the `mu_star` that a factor without any effect would show by it. Intervals resample trajectories.
Sources: Morris (1991) Technometrics 33, 161-174; Campolongo, Cariboni & Saltelli (2007) Environmental Modelling &
Software 22, 1509-1518.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kembar.analysis.blocks import complete_blocks
from kembar.analysis.estimates import LEVEL
from kembar.analysis.luck import LuckShare, measure_luck
from kembar.analysis.redrawing import (
    RESAMPLES,
    Floats,
    Intervals,
    is_still,
    percentile_interval,
    resampled_weights,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Screening:
    """Elementary effects of each factor on one outcome, in the outcome's unit for a move over the whole range.

    Numbers have one entry for each factor, `effects` is (trajectories, factors). `luck_deviation` and
    `mu_star_of_luck` are None with one replicate; `luck` is the share of luck in the variance of the outcome over the
    design. Where `is_constant`, no run differs and every number is zero.
    """

    factors: tuple[str, ...]
    mu: Intervals
    mu_star: Intervals
    sigma: Floats
    luck_deviation: Floats | None
    mu_star_of_luck: Floats | None
    effects: Floats
    luck: LuckShare
    dropped_trajectories: int
    replicates: int
    level: float
    is_constant: bool

    @property
    def trajectories(self) -> int:
        """Trajectories used."""
        return len(self.effects)

    def table(self) -> pd.DataFrame:
        """One row for each factor, the most important first."""
        import pandas as pd

        nothing = np.full(len(self.factors), np.nan)
        columns: dict[str, Any] = {
            "factor": self.factors,
            **self.mu.columns("mu"),
            **self.mu_star.columns("mu_star"),
            "sigma": self.sigma,
            "luck_deviation": nothing if self.luck_deviation is None else self.luck_deviation,
            "mu_star_of_luck": nothing if self.mu_star_of_luck is None else self.mu_star_of_luck,
            "trajectories": self.trajectories,
            "dropped_trajectories": self.dropped_trajectories,
        }
        table = pd.DataFrame(columns)
        return table.sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)


def screen_factors(
    factors: Sequence[str],
    points: Floats,
    outcome: Floats,
    levels: int,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Screening:
    """Screening of one outcome (points, replicates) over a Morris design (points, factors) of so many levels.

    Trajectories with a missing value are dropped and counted. Raises InputError when fewer than two are left.
    """
    from SALib.analyze import morris

    count = len(factors)
    blocks, is_complete = complete_blocks(outcome, count + 1, "trajectories")
    paths = points.reshape(-1, count + 1, count)[is_complete]
    each = elementary_effects(paths, blocks, levels)
    effects = each.mean(axis=2)
    means = blocks.mean(axis=2)
    trajectories, replicates = len(blocks), blocks.shape[2]
    problem = {"num_vars": count, "names": list(factors), "bounds": [[0.0, 1.0]] * count}
    found = morris.analyze(problem, paths.reshape(-1, count), means.ravel(), num_levels=levels, num_resamples=2, seed=1)
    weights = resampled_weights(trajectories, resamples)
    by_luck = np.sqrt(each.var(axis=2, ddof=1).mean(axis=0) / replicates) if replicates > 1 else None

    def with_ends(name: str, values: Floats) -> Intervals:
        ends = percentile_interval(weights @ values, trajectories, level)
        return Intervals(np.asarray(found[name], np.float64), *ends)

    return Screening(
        factors=tuple(factors),
        mu=with_ends("mu", effects),
        mu_star=with_ends("mu_star", np.abs(effects)),
        sigma=np.asarray(found["sigma"], np.float64),
        luck_deviation=by_luck,
        mu_star_of_luck=None if by_luck is None else by_luck * math.sqrt(2.0 / math.pi),  # mean of |normal|
        effects=effects,
        luck=measure_luck(blocks.reshape(-1, replicates), np.repeat(np.arange(trajectories), count + 1), level),
        dropped_trajectories=int((~is_complete).sum()),
        replicates=replicates,
        level=level,
        is_constant=is_still(blocks),
    )


def elementary_effects(paths: Floats, blocks: Floats, levels: int) -> Floats:
    """Effects (trajectories, factors, replicates) of moving each factor over its whole range.

    `paths` are the factors' values (trajectories, factors + 1, factors), `blocks` the outcome (trajectories,
    factors + 1, replicates). A jump goes over levels / (2 (levels - 1)) of the range, more than half of it, so that
    even a factor of two levels is seen to move. (It then moves further than its jump, and its effect is too large by
    as much: by a half at 4 levels.) Raises ValueError unless exactly one factor moves in each step, and each once.
    """
    moves = np.sign(np.diff(paths, axis=1))  # (trajectories, steps, factors)
    if (np.count_nonzero(moves, axis=2) != 1).any() or (np.count_nonzero(moves, axis=1) != 1).any():
        raise ValueError("in a trajectory one factor moves at a time, and each once")
    jump = levels / (2.0 * (levels - 1.0))
    effects: Floats = np.einsum("tsf,tsr->tfr", moves, np.diff(blocks, axis=1)) / jump
    return effects
