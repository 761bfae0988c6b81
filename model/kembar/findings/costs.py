"""What each policy costs, from the runs' money and staff; and whether its own cost is in the model at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.cost import Cost, Resources, find_cost
from kembar.analysis.estimates import LEVEL, Estimate, Floats
from kembar.analysis.ratio import ratio_of_means
from kembar.errors import InputError
from kembar.parameters import declaration

if TYPE_CHECKING:
    import pandas as pd

    from kembar.findings.world import WorldRuns
    from kembar.manifest import ArmRecord
    from kembar.study_results import StudyResults

_COLUMNS: Final = (
    "spent_kusd",
    "external_share",
    "staff_fte_years",
    "held_fte_years",
    "active_agreement_years",
    "total_cost_kusd",
)


@dataclass(frozen=True, slots=True)
class PolicyCost:
    """A policy's cost in money and posts, and for each active agreement-year gained: money alone, and with posts."""

    cost: Cost
    with_staff: Estimate
    kusd_per_fte_year: float | None  # mean price of a year of a post in the baseline


def held_staff(results: StudyResults, runs: pd.DataFrame, city: str | None) -> Floats:
    """Staff held over each run [fte-years], NaN when the study kept no table that tells it."""
    if city is None and results.has("series"):
        rows = results.frame("series", ("run_id", "staff_fte"))
        sums = rows.groupby("run_id")["staff_fte"].sum()
        return np.asarray(sums.reindex(runs["run_id"]).to_numpy(np.float64))
    if results.has("cities"):
        rows = results.frame("cities", ("run_id", "city", "staff_fte"))
        rows = rows if city is None else rows[rows["city"] == city]
        means = rows.groupby("run_id")["staff_fte"].sum().reindex(runs["run_id"]).to_numpy(np.float64)
        return np.asarray(means * runs["years"].to_numpy(np.float64))
    return np.full(len(runs), np.nan)


def find_policy_cost(world: WorldRuns, arm: ArmRecord, is_in_model: bool, level: float = LEVEL) -> PolicyCost:
    """The cost of an arm of a world whose runs have the column `held_fte_years`."""
    pairs = world.pairs(arm.name, _COLUMNS)
    sides = [_resources(side, world.years) for side in (pairs.baseline, pairs.policy)]
    cost = find_cost(arm.name, sides[0], sides[1], level, is_in_model=is_in_model)
    if all(
        np.isnan(side.held_fte_years).all() for side in sides
    ):  # no table tells posts; money can be told all the same
        money = [replace(side, held_fte_years=np.zeros(len(side.spent_kusd))) for side in sides]
        cost = replace(
            find_cost(arm.name, money[0], money[1], level, is_in_model=is_in_model), held_staff=cost.held_staff
        )
    whole, active = _COLUMNS.index("total_cost_kusd"), _COLUMNS.index("active_agreement_years")
    size = tuple(float(np.nanmax(np.abs(pairs.baseline[:, column]), initial=0.0)) for column in (whole, active))
    change = pairs.policy - pairs.baseline
    ratio = ratio_of_means(change[:, whole], change[:, active], level, (size[0], size[1]))
    return PolicyCost(cost, ratio, _price_of_post(pairs.baseline))


def _price_of_post(baseline: Floats) -> float | None:
    spent, staff, total = (
        np.nansum(baseline[:, _COLUMNS.index(name)]) for name in ("spent_kusd", "staff_fte_years", "total_cost_kusd")
    )
    return float((total - spent) / staff) if staff > 0.0 else None


def _resources(side: Floats, years: int) -> Resources:
    spent, external_share, used, held, active, _ = side.T
    # Where nothing is spent there is no share of it that others paid, and nothing that they paid.
    external = np.where(np.isfinite(external_share), spent * external_share, np.where(spent == 0.0, 0.0, np.nan))
    return Resources(spent, external, used, held, active, float(years))


def ranked_with_staff(found: PolicyCost) -> Cost:
    """The cost with posts counted in the price of a year gained, as policies are ranked."""
    return replace(found.cost, kusd_per_active_year_gained=found.with_staff, kusd_per_fte_year=found.kusd_per_fte_year)


def has_priced_means(arm: ArmRecord) -> bool:
    """Whether all that an arm's policies change is charged by some rule, so that their cost is in the runs' money."""
    return all(_is_charged(change.parameter) for policy in arm.policies for change in policy.changes)


def _is_charged(lever: str) -> bool:
    try:
        return bool(declaration(lever).charged)
    except InputError:  # results of a version that had such a lever: nothing is known of its cost
        return False
