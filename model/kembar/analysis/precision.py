"""How many pairs a stated precision needs: Stein's two-stage procedure.

`--precision 10%` asks for an interval whose half width is at most a tenth of the baseline's mean. Stopping as soon as
the running interval is narrow enough stops when the spread happens to look small, and the interval then covers too
seldom. Stein's procedure takes a pilot of n0 pairs and from it nothing but their standard deviation s0:

    N = max(n0, ceil((t · s0 / h)²))        h = share × |baseline mean|,  t of Student with n0 - 1 degrees of freedom

and reports mean of all N ± t · s0 / √N. For normal differences s0 says nothing about any mean, so given s0 the mean of
N pairs is normal around the truth and (mean - truth) · √N / s0 is exactly Student's t with n0 - 1 degrees: the coverage
is exact for every N that depends on the differences only through the pilot's spread, also when another policy, a
maximum or pairs without a value (missing by chance) made N larger or smaller. The later pairs' own spread is not used,
or it would no longer be exact. C. Stein (1945), A two-sample test for a linear hypothesis whose power is independent of
the variance, Annals of Mathematical Statistics 16(3), 243-258.

Two things keep it from being exact here: h follows the baseline's mean, which is itself estimated, and differences of
runs are not quite normal. A validation test draws from pairs of real runs and finds the nominal coverage within its
binomial error; it also shows what strongly skewed differences cost, which no interval of Student's is safe from.

The rule looks at the results only at its own stages (the pilot's end, then each number of pairs that it asked for) and
takes the first pairs in the order of replicates, so neither the number of workers nor results beyond change it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.estimates import (
    LEAST_VALUES,
    LEVEL,
    ROUNDING,
    Estimate,
    Floats,
    Reason,
    moments,
    student_estimate,
    student_quantile,
)
from kembar.errors import InputError, Problem

# With 49 degrees of freedom t is 2.01 instead of 1.96, so not knowing the spread costs 5 % more pairs; and the mean of
# 50 differences is near enough to normal.
PILOT_PAIRS: Final = 50


@dataclass(frozen=True, slots=True)
class PrecisionRule:
    """The precision to reach: half the interval's width over the baseline's mean (0.1 is 10 %), and the most pairs.

    Raises InputError for a share, a number of pairs or a level that makes no rule.
    """

    share: float
    most_pairs: int
    pilot_pairs: int = PILOT_PAIRS
    level: float = LEVEL

    def __post_init__(self) -> None:
        checks = (
            ("precision", self.share, math.isfinite(self.share) and self.share > 0.0, "a share above 0, as 0.1 or 10%"),
            ("max_runs", self.most_pairs, self.most_pairs >= LEAST_VALUES, "an interval needs two pairs or more"),
            ("pilot", self.pilot_pairs, self.pilot_pairs >= LEAST_VALUES, "an interval needs two pairs or more"),
            ("level", self.level, 0.0 < self.level < 1.0, "a level lies between 0 and 1, as 0.95"),
        )
        problems = [
            Problem(f"{value} cannot be used", key=key, why=why) for key, value, is_fine, why in checks if not is_fine
        ]
        if problems:
            raise InputError(problems)

    @property
    def first_stage(self) -> int:
        """Pairs of the pilot: no more than may be run at all."""
        return min(self.pilot_pairs, self.most_pairs)


@dataclass(frozen=True, slots=True)
class Precise:
    """An effect on the precision outcome, and whether it is as precise as was asked.

    `difference` has the pilot's spread and degrees of freedom; `wanted` is the largest half width that would do, None
    without a baseline mean. `reason` says why the precision was not reached.
    """

    difference: Estimate
    wanted: float | None
    precision_reached: bool
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class _State:
    """What the first pairs say of each policy: arrays (policies)."""

    known: npt.NDArray[np.int64]  # pairs with a value
    means: Floats
    spreads: Floats  # standard deviation that the interval rests on
    degrees: npt.NDArray[np.int64]
    wanted: Floats  # half width


def pairs_needed(differences: Floats, baseline: Floats, rule: PrecisionRule) -> int:
    """How many pairs the rule asks for, given the results so far; no more are needed once there are so many.

    `differences` (pairs) or (pairs, policies) and `baseline` (pairs) are the precision outcome of the first pairs in
    the order of replicates, NaN without a value. The answer never falls as results are added, and results beyond it
    do not change it, so a runner may compute ahead and use the first `pairs_needed` pairs.

    >>> rule = PrecisionRule(share=0.1, most_pairs=1000, pilot_pairs=4)
    >>> pairs_needed(np.array([]), np.array([]), rule)
    4
    >>> pairs_needed(np.array([0.0, 2.0, 1.0, 3.0]), np.full(4, 10.0), rule)  # (3.182 × 1.291 / 1)² = 16.9
    17
    """
    columns = _columns(differences)
    target = rule.first_stage
    while target <= len(columns):
        more = _next_stage(_state(columns[:target], baseline[:target], rule), target, rule)
        if more <= target:
            break
        target = more
    return target


def precise_differences(differences: Floats, baseline: Floats, rule: PrecisionRule) -> tuple[Precise, ...]:
    """The effect of each policy on the precision outcome, from the pairs that the rule asked for.

    Shapes as in `pairs_needed`. With fewer pairs than asked for (a study that was stopped) the interval is wider and
    the precision not reached.
    """
    columns = _columns(differences)
    needed = pairs_needed(columns, baseline, rule)
    used = min(needed, len(columns))
    state = _state(columns[:used], baseline[:used], rule)
    return tuple(_precise(state, place, used, needed, rule) for place in range(columns.shape[1]))


def _columns(differences: Floats) -> Floats:
    array = np.asarray(differences, np.float64)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _state(columns: Floats, baseline: Floats, rule: PrecisionRule) -> _State:
    is_known = np.isfinite(columns) & np.isfinite(baseline)[:, None]
    columns = np.where(is_known, columns, np.nan)
    base = np.where(is_known, np.asarray(baseline, np.float64)[:, None], np.nan)
    size = np.abs(np.where(is_known, base, 0.0)).max(axis=0, initial=0.0)
    so_far, pilot = moments(columns, size), moments(columns[: rule.first_stage], size)
    # A pilot without any spread says nothing of the spread to come; normal differences never make one.
    has_pilot = pilot.variances > 0.0
    return _State(
        known=so_far.counts,
        means=so_far.means,
        spreads=np.sqrt(np.where(has_pilot, pilot.variances, so_far.variances)),
        degrees=np.where(has_pilot, pilot.counts, so_far.counts) - 1,
        wanted=rule.share * np.abs(moments(base).means),
    )


def _next_stage(state: _State, pairs: int, rule: PrecisionRule) -> int:
    """Pairs that the least precise policy needs in all, from what the first `pairs` say."""
    can_need = (state.known >= LEAST_VALUES) & (state.spreads > 0.0) & (state.wanted > 0.0)
    if not can_need.any():
        return pairs
    known = state.known[can_need]
    reach = student_quantile(rule.level, state.degrees[can_need]) * state.spreads[can_need]
    with np.errstate(over="ignore", divide="ignore"):
        values = np.ceil((reach / state.wanted[can_need]) ** 2)
        # Pairs without a value do not count, and come as often as they came so far.
        needed = np.where(values <= known, pairs, np.ceil(values * pairs / known))
    return int(min(float(needed.max()), rule.most_pairs))


def _precise(state: _State, place: int, used: int, needed: int, rule: PrecisionRule) -> Precise:
    known = int(state.known[place])
    error = float(state.spreads[place]) / math.sqrt(max(known, 1))
    estimate = student_estimate(
        float(state.means[place]), error, int(state.degrees[place]), rule.level, known, used - known
    )
    half, wanted = estimate.half_width, float(state.wanted[place])
    if half is None:
        return Precise(estimate, None if math.isnan(wanted) else wanted, False, estimate.reason)
    is_reached = half <= wanted * (1.0 + ROUNDING)
    if is_reached:
        return Precise(estimate, wanted, True, None)
    if wanted == 0.0:
        return Precise(estimate, wanted, False, Reason("share_of_zero"))
    key = "stopped_early" if used < needed else "most_pairs"
    return Precise(estimate, wanted, False, Reason(key, (("pairs", used), ("needed", needed))))
