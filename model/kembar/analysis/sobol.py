"""Sobol indices: which share of the variance of an outcome each factor makes, alone and together with others.

`first` is the share that a factor makes by itself, `total` with all its interplay: near zero, and the factor may be
fixed. Both are shares of the variance of the means of replicates over the design, so what luck is left in these means
is part of the whole, and `luck` says how much it is: first-order shares, interplay and luck add up to one.

The points of a base row share their luck. Luck that acts on all of them alike then cancels out of every index; with
luck of its own at each point each `total` would contain the whole luck left in the means. Luck that a factor lets act
otherwise counts as that factor's, divided by the number of replicates. Intervals resample base rows, and so carry luck.
Estimators: Saltelli et al. (2010) Computer Physics Communications 181, 259-270, as in SALib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from kembar.analysis.blocks import complete_blocks
from kembar.analysis.estimates import LEVEL
from kembar.analysis.luck import LuckShare, measure_luck
from kembar.analysis.redrawing import RESAMPLES, SEED, Floats, Intervals, is_still, percentile_interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Indices:
    """Sobol indices of each factor for one outcome, with intervals, and the share of luck.

    Numbers have one entry for each factor; `second` is (factors, factors), NaN below the diagonal and on it, and None
    unless asked for. Where `is_constant`, no run differs, there is no variance to share, and all are NaN.
    """

    factors: tuple[str, ...]
    first: Intervals
    total: Intervals
    second: Intervals | None
    luck: LuckShare
    base_rows: int
    dropped_base_rows: int
    replicates: int
    level: float
    is_constant: bool

    def table(self) -> pd.DataFrame:
        """One row for each factor, the largest total first."""
        import pandas as pd

        table = pd.DataFrame({"factor": self.factors, **self.first.columns("first"), **self.total.columns("total")})
        table["base_rows"], table["dropped_base_rows"] = self.base_rows, self.dropped_base_rows
        table["luck_left_in_means"] = np.nan if self.luck.left_in_means is None else self.luck.left_in_means
        return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)

    def pairs_table(self) -> pd.DataFrame:
        """One row for each pair of factors with its second-order index; empty unless asked for."""
        import pandas as pd

        columns = ["factor", "other", "second", "second_low", "second_high"]
        if self.second is None:
            return pd.DataFrame(columns=columns)
        found = (self.second.value, self.second.low, self.second.high)
        pairs = combinations(range(len(self.factors)), 2)
        rows = [(self.factors[a], self.factors[b], *(numbers[a, b] for numbers in found)) for a, b in pairs]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values("second", ascending=False, kind="stable", ignore_index=True)


def apportion_variance(
    factors: Sequence[str],
    outcome: Floats,
    *,
    second_order: bool = False,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Indices:
    """Sobol indices of one outcome (points, replicates) of a Saltelli design.

    Base rows with a missing value are dropped and counted. Raises InputError when fewer than two are left.
    """
    from SALib.analyze import sobol

    count = len(factors)
    size = 2 * count + 2 if second_order else count + 2
    blocks, is_complete = complete_blocks(outcome, size, "base rows")
    rows, replicates = len(blocks), blocks.shape[2]
    luck = measure_luck(blocks.reshape(-1, replicates), np.repeat(np.arange(rows), size), level)
    first = total = Intervals(*(np.full(count, np.nan),) * 3)
    second = Intervals(*(np.full((count, count), np.nan),) * 3) if second_order else None
    means = blocks.mean(axis=2)
    if not is_still(means):
        problem = {"num_vars": count, "names": list(factors), "bounds": [[0.0, 1.0]] * count}
        found = sobol.analyze(
            problem,
            means.ravel(),
            calc_second_order=second_order,
            num_resamples=resamples,
            conf_level=level,
            keep_resamples=True,
            seed=SEED,
        )
        first = Intervals(found["S1"], *percentile_interval(found["S1_conf_all"], rows, level))
        total = Intervals(found["ST"], *percentile_interval(found["ST_conf_all"], rows, level))
        if second_order:
            second = Intervals(found["S2"], found["S2"] - found["S2_conf"], found["S2"] + found["S2_conf"])
    return Indices(
        factors=tuple(factors),
        first=first,
        total=total,
        second=second,
        luck=luck,
        base_rows=rows,
        dropped_base_rows=int((~is_complete).sum()),
        replicates=replicates,
        level=level,
        is_constant=is_still(means),
    )
