"""Regret of policies over uncertain worlds: how far each is from the best one there, and which is never far from it.

At each sample point the regret of a policy is what the best policy there gains over it. Policies have the same luck at
a point, so their differences are much less noisy than the runs.

**Luck and the winner's curse.** The best of several noisy means looks better than it is, and the worst of many noisy
regrets looks worse. The `plain` estimate, which chooses and values with the same runs, is on average not below the
truth. For `by_halves`, one half of the replicates chooses (the best policy at each point, the worst points of each
policy) and the other half values the choice; then the halves change places, and the two are averaged. On average this
is not above the truth: what is lost is that the choice may miss the true best. The truth lies between, the `value`
shown is their middle, and their distance is what luck costs; for the 90 % quantile this is the rule but no theorem.
With one replicate there is only the plain estimate.

The quantile is, by halves, the mean regret of the points that the choosing half ranks within 5 % of all points around
the 90th percentile. Intervals resample points and reach from the lower end by halves to the upper end of the plain
estimate. The maximum has none: no resample is worse than the worst point seen. Instead `share_beyond` says which share
of the sampled worlds may be worse than it, at the level of confidence.
Sources: Savage (1951) Journal of the American Statistical Association 46, 55-67; Lempert et al. (2006) Management
Science 52, 514-528; Smith & Winkler (2006) Management Science 52, 311-322 (the optimiser's curse).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.blocks import complete_points
from kembar.analysis.estimates import LEVEL
from kembar.analysis.redrawing import RESAMPLES, Floats, percentile_interval, resampled_rows, resampled_weights

if TYPE_CHECKING:
    import pandas as pd

Halves = tuple[Floats, Floats]  # means (policies, points) of the even and of the odd replicates

MEAN, QUANTILE, MAXIMUM = MEASURES = ("mean", "quantile", "maximum")
HIGH_SHARE: Final = 0.9  # of the regrets over points
WINDOW: Final = 0.05  # half width, in ranks, of the points that are averaged for the quantile by halves


@dataclass(frozen=True, slots=True)
class Measure:
    """A number between its estimate by halves of the replicates and its plain one, with its interval over points.

    `by_halves` is None with one replicate, `low` and `high` for a maximum.
    """

    value: float
    low: float | None
    high: float | None
    by_halves: float | None
    plain: float


@dataclass(frozen=True, slots=True)
class PolicyRegret:
    """Regrets of one policy over the sample points, in the outcome's unit, zero where it is the best.

    `share_best` is the share of points where it is the best by all replicates (shared where several are equal), and
    `support_*` the share of resamples of points in which its mean, quantile or maximum is the smallest of all.
    """

    policy: str
    mean: Measure
    quantile: Measure
    maximum: Measure
    share_best: float
    share_best_low: float
    share_best_high: float
    support_mean: float
    support_quantile: float
    support_maximum: float


@dataclass(frozen=True, slots=True)
class Regrets:
    """Regrets of policies, in the order given, and what they rest on.

    `agreement` is the share of points where both halves of the replicates name the same best policy, None with one
    replicate; `at_points` the plain regrets (policies, points).
    """

    policies: tuple[PolicyRegret, ...]
    agreement: float | None
    share_beyond: float
    at_points: Floats
    points: int
    dropped_points: int
    replicates: int
    level: float

    def least(self, measure: str = QUANTILE) -> PolicyRegret:
        """The policy that is never far from the best: with the smallest `mean`, `quantile` or `maximum` regret."""
        return min(self.policies, key=lambda found: float(getattr(found, measure).value))

    def table(self) -> pd.DataFrame:
        """One row for each policy, in the order given."""
        import pandas as pd

        rows = []
        for found in self.policies:
            row: dict[str, Any] = {"policy": found.policy}
            for name in MEASURES:
                measure: Measure = getattr(found, name)
                row |= {name: measure.value, f"{name}_low": measure.low, f"{name}_high": measure.high}
                row |= {f"{name}_by_halves": measure.by_halves, f"{name}_plain": measure.plain}
                row |= {f"support_{name}": getattr(found, f"support_{name}")}
            row |= {name: getattr(found, name) for name in ("share_best", "share_best_low", "share_best_high")}
            rows.append(row)
        table = pd.DataFrame(rows)
        table["points"], table["dropped_points"] = self.points, self.dropped_points
        return table


def measure_regret(
    policies: Sequence[str],
    outcome: Floats,
    *,
    is_more_better: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Regrets:
    """Regrets of policies on one outcome (policies, points, replicates); runs of one point and replicate share luck.

    The points must be a sample in which each has luck of its own (a Latin hypercube). A point where any run of any
    policy lacks a value is dropped and counted. Raises InputError for fewer than two policies or two points left.
    """
    kept, is_complete = complete_points(policies, outcome)
    gains = kept if is_more_better else -kept
    points, replicates = gains.shape[1:]
    plain = _regrets(gains.mean(axis=2))
    is_best = (plain == 0.0) / (plain == 0.0).sum(axis=0)
    halves = (gains[:, :, ::2].mean(axis=2), gains[:, :, 1::2].mean(axis=2)) if replicates > 1 else None
    rows = resampled_rows(points, resamples)
    best = percentile_interval(resampled_weights(points, resamples) @ is_best.T, points, level)
    found = {name: _measures(plain, halves, rows, name, level) for name in MEASURES}
    columns = zip(policies, *(found[name][0] for name in MEASURES), strict=True)
    regrets = tuple(
        PolicyRegret(
            policy=policy,
            mean=mean,
            quantile=quantile,
            maximum=maximum,
            share_best=float(is_best[place].mean()),
            share_best_low=float(best[0][place]),
            share_best_high=float(best[1][place]),
            support_mean=float(found[MEAN][1][place]),
            support_quantile=float(found[QUANTILE][1][place]),
            support_maximum=float(found[MAXIMUM][1][place]),
        )
        for place, (policy, mean, quantile, maximum) in enumerate(columns)
    )
    agreement = None
    if halves is not None:
        first, second = (half.argmax(axis=0) for half in halves)
        agreement = float((first == second).mean())
    return Regrets(
        policies=regrets,
        agreement=agreement,
        share_beyond=1.0 - (1.0 - level) ** (1.0 / points),
        at_points=plain,
        points=points,
        dropped_points=int((~is_complete).sum()),
        replicates=replicates,
        level=level,
    )


def _regrets(means: Floats) -> Floats:
    regrets: Floats = means.max(axis=0) - means
    return regrets


def _measures(
    plain: Floats, halves: Halves | None, rows: npt.NDArray[np.int64], name: str, level: float
) -> tuple[list[Measure], Floats]:
    """A measure of every policy, and the share of resamples in which each has the smallest."""
    by_halves, plainly = _both(plain, halves, name)
    draws = np.stack([_both(plain[:, row], halves and (halves[0][:, row], halves[1][:, row]), name) for row in rows])
    ends: list[Floats | None] = [None, None]
    if name != MAXIMUM:
        ends = [percentile_interval(draws[:, side], plain.shape[1], level)[side] for side in (0, 1)]
    low, high = ends
    found = [
        Measure(
            value=float((by_halves[place] + plainly[place]) / 2.0),
            low=None if low is None else float(low[place]),
            high=None if high is None else float(high[place]),
            by_halves=None if halves is None else float(by_halves[place]),
            plain=float(plainly[place]),
        )
        for place in range(len(plain))
    ]
    return found, _share_least(draws.mean(axis=1))


def _both(plain: Floats, halves: Halves | None, name: str) -> Floats:
    """A measure of every policy (2, policies): by halves, or plain where there are none, and plain."""
    plain_value = _plain(plain, name)
    if halves is None:
        return np.stack([plain_value, plain_value])
    one, other = halves
    return np.stack([(_chosen_and_valued(one, other, name) + _chosen_and_valued(other, one, name)) / 2.0, plain_value])


def _plain(regrets: Floats, name: str) -> Floats:
    if name == MEAN:
        return np.asarray(regrets.mean(axis=1))
    if name == MAXIMUM:
        return np.asarray(regrets.max(axis=1))
    return np.asarray(np.quantile(regrets, HIGH_SHARE, axis=1))


def _chosen_and_valued(choosing: Floats, valuing: Floats, name: str) -> Floats:
    """A statistic with the best policies and the points chosen by one half of the runs and valued by the other."""
    best = choosing.argmax(axis=0)
    regrets = np.take_along_axis(valuing, best[None, :], axis=0) - valuing
    if name == MEAN:
        return np.asarray(regrets.mean(axis=1))
    ranking = _regrets(choosing)
    if name == MAXIMUM:
        return np.asarray(np.take_along_axis(regrets, ranking.argmax(axis=1)[:, None], axis=1)[:, 0])
    count = regrets.shape[1]
    first, last = ((HIGH_SHARE + side * WINDOW) * (count - 1) for side in (-1.0, 1.0))
    ranks = slice(int(np.ceil(first)), int(np.floor(last)) + 1)
    if ranks.start >= ranks.stop:
        ranks = slice(round(HIGH_SHARE * (count - 1)), round(HIGH_SHARE * (count - 1)) + 1)
    order = np.argsort(ranking, axis=1, kind="stable")[:, ranks]
    return np.asarray(np.take_along_axis(regrets, order, axis=1).mean(axis=1))


def _share_least(draws: Floats) -> Floats:
    """Share of resamples (first axis) in which each policy has the smallest number, shared where several have."""
    is_least = draws == draws.min(axis=1, keepdims=True)
    return np.asarray((is_least / is_least.sum(axis=1, keepdims=True)).mean(axis=0))
