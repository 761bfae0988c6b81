"""The effect of a policy against the baseline under common luck.

Run i of the policy and run i of the baseline share their luck, so the effect is the mean of the differences within
pairs, with Student's interval over pairs. What common luck was worth is measured on the same runs:

    variance reduction = 1 - s²(difference) / (s²(baseline) + s²(policy))

where the denominator over n is the variance of the difference of two means over n runs with luck of their own each.
It is 1 when the pairs differ by a constant, about 0 when the luck is not shared, and negative when sharing did harm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, Quantity, Reason, mean_estimates, moments
from kembar.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

BASELINE: Final = ""  # the policies of a run without any
_PAIR: Final = ["scenario", "point", "replicate"]  # what two runs of a pair have in common, beside their seed


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy does to one outcome.

    `baseline` and `policy` are the means over the pairs used, `difference` the policy's less the baseline's with its
    interval; `difference.runs` counts the pairs used and `difference.left_out` those in which a side has no value.
    `relative` is the difference over the baseline's mean; `independent_runs` the runs of each side that an interval
    as narrow would have needed without common luck.
    """

    outcome: str
    unit: str
    baseline: float | None
    policy: float | None
    difference: Estimate
    relative: Quantity
    variance_reduction: Quantity
    independent_runs: Quantity


@dataclass(frozen=True, slots=True)
class Pairs:
    """Runs of a baseline and of a policy, row by row with the same luck: outcomes [unit of each], NaN without a value.

    `points` and `replicates` name the rows; `unpaired` counts the runs whose twin is missing (it failed, or was not
    run yet).
    """

    outcomes: tuple[str, ...]
    points: tuple[int, ...]
    replicates: tuple[int, ...]
    baseline: Floats  # (pairs, outcomes)
    policy: Floats
    unpaired: int


def pair_runs(runs: pd.DataFrame, policy: str, outcomes: Sequence[str], baseline: str = BASELINE) -> Pairs:
    """The pairs of two policies in a table of runs, in the order of design point and replicate.

    `policy` and `baseline` are values of the column `policies`. Raises InputError when a policy is not in the table,
    a run is there twice, or two runs of a pair have different seeds.
    """
    known = sorted(set(runs["policies"]))
    for name in (policy, baseline):
        if name not in known:
            shown = f"policy '{name}'" if name else "baseline"
            raise InputError(Problem(f"no run of the {shown} in this table", suggestion=nearest(name, known)))
    columns = [*_PAIR, "seed", *outcomes]
    sides = [runs.loc[runs["policies"] == name, columns].set_index(_PAIR) for name in (baseline, policy)]
    for side in sides:
        if not side.index.is_unique:
            twice = _named(side.index[side.index.duplicated()][0])
            why = "a pair has one run of each side"
            raise InputError(Problem(f"{twice} stands in the table of runs twice", why=why))
    both = sides[0].index.intersection(sides[1].index).sort_values()
    one, other = (side.loc[both] for side in sides)
    is_foreign = one["seed"].to_numpy() != other["seed"].to_numpy()
    if is_foreign.any():
        why = "only runs with the same seed share their luck"
        raise InputError(Problem(f"the two runs of {_named(both[int(is_foreign.argmax())])} are no pair", why=why))
    return Pairs(
        outcomes=tuple(outcomes),
        points=tuple(int(key[1]) for key in both),
        replicates=tuple(int(key[2]) for key in both),
        baseline=one[list(outcomes)].to_numpy(np.float64),
        policy=other[list(outcomes)].to_numpy(np.float64),
        unpaired=sum(len(side) for side in sides) - 2 * len(both),
    )


def _named(key: tuple[str, int, int]) -> str:
    return f"replicate {key[2]} of design point {key[1]} of '{key[0]}'"


def paired_effects(
    baseline: Floats,
    policy: Floats,
    outcomes: Sequence[str],
    units: Mapping[str, str],
    level: float = LEVEL,
) -> tuple[Effect, ...]:
    """The effect on every outcome, from arrays (pairs, outcomes) whose rows share their luck.

    `units` gives the unit of each outcome. A pair in which a side is not finite is left out for that outcome.

    >>> base, other = np.array([[1.0], [2.0], [4.0]]), np.array([[2.0], [3.5], [4.5]])
    >>> found = paired_effects(base, other, ["active_share"], {"active_share": "1"})[0]
    >>> round(found.difference.mean, 3), round(found.variance_reduction.value, 3), found.independent_runs.value
    (1.0, 0.936, 47.0)
    """
    has_both = np.isfinite(baseline) & np.isfinite(policy)
    base, other = np.where(has_both, baseline, np.nan), np.where(has_both, policy, np.nan)
    sizes = np.maximum(*(np.abs(np.where(has_both, side, 0.0)).max(axis=0, initial=0.0) for side in (base, other)))
    differences = other - base
    spread = moments(differences, sizes).variances
    before, after = moments(base), moments(other)
    alone = before.variances + after.variances
    found = []
    for place, (name, estimate) in enumerate(
        zip(outcomes, mean_estimates(differences, level, sizes), strict=True)
    ):  # fmt: skip
        has_pairs = estimate.runs > 0
        mean = float(before.means[place]) if has_pairs else None
        found.append(
            Effect(
                outcome=name,
                unit=units[name],
                baseline=mean,
                policy=float(after.means[place]) if has_pairs else None,
                difference=estimate,
                relative=_relative(estimate, mean),
                variance_reduction=_variance_reduction(estimate, float(spread[place]), float(alone[place])),
                independent_runs=_independent_runs(estimate, float(spread[place]), float(alone[place])),
            )
        )
    return tuple(found)


def _relative(difference: Estimate, baseline: float | None) -> Quantity:
    if difference.mean is None or baseline is None:
        return Quantity(None, difference.reason)
    if baseline == 0.0:
        return Quantity(None, Reason("baseline_zero"))
    return Quantity(difference.mean / baseline)


def _variance_reduction(difference: Estimate, paired: float, alone: float) -> Quantity:
    if math.isnan(paired):
        return Quantity(None, difference.reason)
    if alone == 0.0:
        return Quantity(None, Reason("no_luck"))
    return Quantity(1.0 - paired / alone)


def _independent_runs(difference: Estimate, paired: float, alone: float) -> Quantity:
    if math.isnan(paired):
        return Quantity(None, difference.reason)
    if paired == 0.0:
        return Quantity(None, Reason("no_luck" if alone == 0.0 else "no_runs_enough"))
    return Quantity(float(math.ceil(difference.runs * alone / paired)))
