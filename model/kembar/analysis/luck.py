"""How much of what varies between runs is luck: one-way random-effects analysis of variance.

Within a point the runs differ by luck alone; their variance is the luck's. Between points the means of `replicates`
runs differ by the factors and by what luck is left, one `replicates`-th of it. So the factors' variance is the
variance between points less the luck left in it.

Points of one group share their luck, which would hide it between them: the variance between points is therefore taken
over pairs of points of different groups. In a design whose points all share their luck (a grid, a table) the luck that
moves all points alike is taken out with the replicates (two-way analysis), and only what is left between them is
subtracted.

Intervals: the logarithm of (variance between points' means) / (luck left in them) is jackknifed over groups, or over
replicates where there is one group, with Student's quantile, and carried over to the shares. Unlike the F interval it
does not assume that a model's response over its parameters is normal.
Sources: Searle, Casella & McCulloch (1992) Variance Components, ch. 3; Arvesen & Layard (1975) Annals of Statistics 3,
1122-1134.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.estimates import LEVEL
from kembar.analysis.redrawing import Floats, is_still

if TYPE_CHECKING:
    import pandas as pd

LEAST_FOR_INTERVAL: Final = 3  # groups, or replicates, so that one can be left out
ONE_REPLICATE: Final = "one_replicate"
ONE_POINT: Final = "one_point"
NO_VARIANCE: Final = "no_variance"


@dataclass(frozen=True, slots=True)
class LuckShare:
    """Shares of variance (0-1) that are luck, of single runs and of the means of replicates, with intervals.

    A share is None when `reason` says so (one_replicate, one_point, no_variance); an interval is None when there are
    too few groups (or, with one group, replicates). Deviations are in the outcome's unit.
    """

    single: float | None
    single_low: float | None
    single_high: float | None
    left_in_means: float | None
    left_low: float | None
    left_high: float | None
    luck_deviation: float | None
    factors_deviation: float | None
    points: int
    replicates: int
    groups: int
    dropped_points: int
    level: float
    reason: str | None = None

    def table(self) -> pd.DataFrame:
        """The result as a table of one row."""
        import pandas as pd

        return pd.DataFrame([asdict(self)])


def measure_luck(outcome: Floats, group: npt.NDArray[Any], level: float = LEVEL) -> LuckShare:
    """Share of luck in an outcome (points, replicates), points of one `group` (points,) having the same luck.

    Points that lack a value in any replicate are dropped and counted.
    """
    is_complete = np.isfinite(outcome).all(axis=1)
    values, groups = outcome[is_complete], group[is_complete]
    dropped = int((~is_complete).sum())
    points, replicates = values.shape
    _, number = np.unique(groups, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    reason = ONE_POINT if points < 2 else ONE_REPLICATE if replicates < 2 else None
    if reason is None and is_still(values):
        reason = NO_VARIANCE
    if reason is not None:
        nothing = (None,) * 8
        return LuckShare(*nothing, points, replicates, count, dropped, level, reason)
    if count > 1:
        within, between, ratios = _over_groups(values, number, count)
    else:
        within, between, ratios = _over_replicates(values)
    left = within / replicates
    single = within / (within + max(0.0, between - left))
    ends = _ends_of_ratio(between / left, ratios, level) if left > 0.0 else (np.inf, np.inf)
    shares = [None] * 4 if ends is None else [_share(end, size) for size in (replicates, 1) for end in ends[::-1]]
    return LuckShare(
        single,
        shares[0],
        shares[1],
        min(1.0, left / between) if between > 0.0 else 1.0,
        shares[2],
        shares[3],
        float(np.sqrt(within)),
        float(np.sqrt(max(0.0, between - left))),
        points,
        replicates,
        count,
        dropped,
        level,
    )


def _share(ratio: float, replicates: int) -> float:
    """Share of luck in single runs, or in means (`replicates` 1), from the ratio of means' variance to luck left."""
    return replicates / (max(1.0, ratio) + replicates - 1.0)


def _over_groups(values: Floats, number: npt.NDArray[Any], count: int) -> tuple[float, float, Floats]:
    """Variance within points, variance of means between groups, and their ratios with one group left out each time."""
    replicates = values.shape[1]
    means = values.mean(axis=1)
    means = means - means.mean()
    columns = (np.ones(len(means)), means, means**2, values.var(axis=1, ddof=1))
    sums = np.array([np.bincount(number, column, count) for column in columns])
    own = sums[0] * sums[2] - sums[1] ** 2  # n x (sum of squares) - (sum) squared, of each group
    sizes = sums[0] ** 2

    def parts(total: Any, own_total: Any, size_total: Any) -> tuple[Any, Any]:
        # Half the mean squared difference over pairs of points of different groups.
        between = (total[0] * total[2] - total[1] ** 2 - own_total) / (total[0] ** 2 - size_total)
        return total[3] / total[0], np.maximum(between, 0.0)

    total = sums.sum(axis=1)
    within, between = parts(total, own.sum(), sizes.sum())
    if count < LEAST_FOR_INTERVAL:
        return float(within), float(between), np.empty(0)
    within_left, between_left = parts(total[:, None] - sums, own.sum() - own, sizes.sum() - sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(within), float(between), between_left / (within_left / replicates)


def _over_replicates(values: Floats) -> tuple[float, float, Floats]:
    """The same for points that all share their luck, with one replicate left out each time."""
    within, between = _two_way(values)
    replicates = values.shape[1]
    if replicates < LEAST_FOR_INTERVAL:
        return within, between, np.empty(0)
    ratios = []
    for left_out in range(replicates):
        within_left, between_left = _two_way(np.delete(values, left_out, axis=1))
        # As if there were as many replicates as there are: the luck left in the means shrinks with their number.
        factors = between_left - within_left / (replicates - 1)
        ratios.append(factors / (within_left / replicates) + 1.0 if within_left > 0.0 else np.inf)
    return within, between, np.array(ratios)


def _two_way(values: Floats) -> tuple[float, float]:
    """Variance within points, and variance that means of runs with luck of their own would have between points."""
    points, replicates = values.shape
    means = values.mean(axis=1)
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    unshared = (rest**2).sum() / ((points - 1) * (replicates - 1))
    within = float(values.var(axis=1, ddof=1).mean())
    return within, max(0.0, float(means.var(ddof=1) - unshared / replicates)) + within / replicates


def _ends_of_ratio(ratio: float, left_out: Floats, level: float) -> tuple[float, float] | None:
    """Interval of the ratio by the jackknife of its logarithm."""
    if ratio <= 0.0 or len(left_out) == 0 or not (np.isfinite(left_out).all() and left_out.min() > 0.0):
        return None
    from scipy.special import stdtrit

    count = len(left_out)
    pseudo = count * np.log(ratio) - (count - 1) * np.log(left_out)
    reach = float(stdtrit(count - 1, 0.5 + level / 2.0) * pseudo.std(ddof=1) / np.sqrt(count))
    return float(np.exp(pseudo.mean() - reach)), float(np.exp(pseudo.mean() + reach))
