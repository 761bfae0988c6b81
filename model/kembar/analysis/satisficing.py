"""In how many of the uncertain worlds a policy does what it should: the share of points with a large enough effect.

The effect of a policy at a point is the mean over replicates of its difference from the baseline under the same luck.
Luck pushes the plain share towards one half, because a small effect may show either sign. Therefore the shares of
points at which the effect is clear beside its own luck (Student's interval over the replicates excludes the least
effect) are given on both sides: at least `clearly` and at most 1 - `clearly_not`, but for the few points, one in
forty on each side, that are clear by chance.
Source: Lempert, Popper & Bankes (2003) Shaping the Next One Hundred Years; Hadka et al. (2015) Environmental Modelling
& Software 74, 114-129 (the domain criterion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from kembar.analysis.blocks import complete_points
from kembar.analysis.estimates import LEVEL
from kembar.analysis.redrawing import RESAMPLES, Floats, percentile_interval, resampled_weights

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Satisficing:
    """Share of points (0-1) at which a policy's effect is above the least that counts, with its interval over points.

    `clearly` and `clearly_not` are the shares of points where that is clear beside luck, or clearly not so; None with
    one replicate.
    """

    policy: str
    share: float
    low: float
    high: float
    clearly: float | None
    clearly_not: float | None
    points: int
    dropped_points: int
    level: float


def measure_satisficing(
    policies: Sequence[str],
    outcome: Floats,
    baseline: str,
    *,
    least_effect: float = 0.0,
    is_more_better: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> tuple[Satisficing, ...]:
    """Of every policy but the baseline, from an outcome (policies, points, replicates) under common luck at a point.

    Points with a missing value are dropped and counted. Raises InputError when fewer than two are left.
    """
    from scipy.special import stdtrit

    kept, is_complete = complete_points(policies, outcome)
    _, points, replicates = kept.shape
    effects = (kept - kept[list(policies).index(baseline)]) * (1.0 if is_more_better else -1.0)
    means = effects.mean(axis=2)
    is_enough = means > least_effect
    weights = resampled_weights(points, resamples)
    low, high = percentile_interval(weights @ is_enough.T, points, level)
    clearly = clearly_not = None
    if replicates > 1:
        reach = stdtrit(replicates - 1, 0.5 + level / 2.0) * effects.std(axis=2, ddof=1) / np.sqrt(replicates)
        clearly = (means - reach > least_effect).mean(axis=1)
        clearly_not = (means + reach < least_effect).mean(axis=1)
    return tuple(
        Satisficing(
            policy=policy,
            share=float(is_enough[place].mean()),
            low=float(np.clip(low[place], 0.0, 1.0)),
            high=float(np.clip(high[place], 0.0, 1.0)),
            clearly=None if clearly is None else float(clearly[place]),
            clearly_not=None if clearly_not is None else float(clearly_not[place]),
            points=points,
            dropped_points=int((~is_complete).sum()),
            level=level,
        )
        for place, policy in enumerate(policies)
        if policy != baseline
    )


def satisficing_table(found: Sequence[Satisficing]) -> pd.DataFrame:
    """One row for each policy."""
    import pandas as pd

    return pd.DataFrame([asdict(item) for item in found])
