"""What a policy costs in money and staff, and for each active agreement-year gained.

Costs are paired differences per year of the run. The cost of an active agreement-year gained is the ratio of two mean
differences, extra money over extra active time, with Fieller's interval; where the gain is not clear there is no finite
one. Staff time is no money in the model, so it stands beside the ratio; with a price for a year of one full-time post,
which the caller must know, posts are added to the money. A policy whose cost the model does not contain (a campaign, a
by-law) can be named, and is then not ranked among those that show theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, Reason
from kembar.analysis.paired import Effect, paired_effects
from kembar.analysis.ratio import ratio_of_means
from kembar.errors import InputError, Problem

UNITS: Final[Mapping[str, str]] = {
    "spent_kusd": "kusd/year",
    "external_kusd": "kusd/year",
    "own_spent_kusd": "kusd/year",
    "used_fte": "fte",
    "held_fte": "fte",
    "active_agreement_years": "years",
}

# How a policy stands in the ranking.
SAVES: Final = "saves"  # clearly gains active time and clearly costs less money than the baseline
GAINS: Final = "gains"  # clearly gains active time
UNCLEAR: Final = "unclear"  # no clear change of active time
LOSES: Final = "loses"  # clearly loses active time
UNPRICED: Final = "unpriced"  # the model does not contain its cost
_ORDER: Final = (SAVES, GAINS, UNPRICED, UNCLEAR, LOSES)


@dataclass(frozen=True, slots=True)
class Resources:
    """Sums over each run (runs): money spent and its part that others than the city paid [kusd], staff time used and
    staff held [fte-years], active time of all agreements [years]; and the length of a run [years]."""

    spent_kusd: Floats
    external_kusd: Floats
    used_fte_years: Floats
    held_fte_years: Floats
    active_agreement_years: Floats
    years: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a policy costs, in pairs of runs.

    `spent`, `own` and `external` are kusd a year (own is what the cities themselves paid), `used_staff` and
    `held_staff` full-time equivalents, `active_years` the active agreement-years over the run.
    `kusd_per_active_year_gained` is extra money over extra active time, `kusd_per_fte_year` the price of posts in it
    (None: money only). `is_in_model` is False when the policy's own cost is not in these numbers.
    """

    policy: str
    years: float
    spent: Effect
    own: Effect
    external: Effect
    used_staff: Effect
    held_staff: Effect
    active_years: Effect
    kusd_per_active_year_gained: Estimate
    kusd_per_fte_year: float | None
    is_in_model: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy's place among others by cost for each active agreement-year gained: 1 is the cheapest.

    Only policies that save or gain have a place; `standing` is SAVES, GAINS, UNPRICED, UNCLEAR or LOSES.
    """

    policy: str
    standing: str
    place: int | None
    cost: Cost
    reason: Reason | None


def find_cost(
    name: str,
    baseline: Resources,
    policy: Resources,
    level: float = LEVEL,
    *,
    kusd_per_fte_year: float | None = None,
    is_in_model: bool = True,
) -> Cost:
    """The cost of the policy `name` from the resources of paired runs: entry i of both sides has the same luck."""
    if baseline.years != policy.years:
        why = f"one side ran {baseline.years:g} years and the other {policy.years:g}"
        raise InputError(Problem(f"the costs of '{name}' cannot be compared", why=why))
    before, after = _per_year(baseline), _per_year(policy)
    effects = paired_effects(before, after, tuple(UNITS), UNITS, level)
    spent, external, own, used, held, active = effects
    price = kusd_per_fte_year or 0.0
    sides = (baseline, policy)
    money = [side.spent_kusd + price * side.held_fte_years for side in sides]
    active_time = [side.active_agreement_years for side in sides]
    return Cost(
        policy=name,
        years=baseline.years,
        spent=spent,
        own=own,
        external=external,
        used_staff=used,
        held_staff=held,
        active_years=active,
        kusd_per_active_year_gained=ratio_of_means(
            money[1] - money[0], active_time[1] - active_time[0], level, (_largest(money), _largest(active_time))
        ),
        kusd_per_fte_year=kusd_per_fte_year,
        is_in_model=is_in_model,
    )


def _per_year(side: Resources) -> Floats:
    yearly = [
        side.spent_kusd,
        side.external_kusd,
        side.spent_kusd - side.external_kusd,
        side.used_fte_years,
        side.held_fte_years,
    ]
    return np.column_stack([*(values / side.years for values in yearly), side.active_agreement_years])


def _largest(sides: Sequence[Floats]) -> float:
    values = np.concatenate(sides)
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def rank_costs(costs: Collection[Cost]) -> tuple[Standing, ...]:
    """Policies by cost-effectiveness: those that gain time and save money, then by cost for each year gained.

    All costs have the same price of posts, or none. Policies that save come by what they gain, most first. Then follow,
    without a place, those whose cost the model does not contain, those without a clear gain, and those that lose
    active time.
    """
    ordered = sorted(((_standing(cost), cost) for cost in costs), key=lambda item: _key(*item))
    found = []
    for place, (standing, cost) in enumerate(ordered, start=1):
        has_place = standing in (SAVES, GAINS)
        reason = None if has_place else Reason(f"standing_{standing}")
        found.append(Standing(cost.policy, standing, place if has_place else None, cost, reason))
    return tuple(found)


def _standing(cost: Cost) -> str:
    gain, ratio = cost.active_years.difference, cost.kusd_per_active_year_gained
    if not cost.is_in_model:
        return UNPRICED
    if not gain.is_clear or gain.mean is None or ratio.high is None:
        return UNCLEAR
    if gain.mean < 0.0:
        return LOSES
    return SAVES if ratio.high < 0.0 else GAINS


def _key(standing: str, cost: Cost) -> tuple[int, float, str]:
    gain = cost.active_years.difference.mean or 0.0
    ratio = cost.kusd_per_active_year_gained.mean
    measure = ratio if standing == GAINS and ratio is not None else -gain
    return _ORDER.index(standing), measure, cost.policy
