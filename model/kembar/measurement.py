"""The values of the outcomes in runs.

An outcome that has no value in a run (a share of nothing) is missing there, with the reason, and never a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.batch import Batch, batch_of, city_columns, incomes, stacked_parameters
from kembar.network_outcomes import concentration, measure_network
from kembar.outcomes import OUTCOMES
from kembar.stages import was_signed_before, years_to_first_rest

if TYPE_CHECKING:
    from kembar.world import RunRecord

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of an outcome in one run, or None and why there is none."""

    value: float | None
    reason: str | None = None


NO_AGREEMENT = "no agreement was ever signed"
NO_NEW = "no agreement was signed in the run"
NO_ACTIVE_TIME = "no agreement was ever active"
NO_MONEY = "no money was spent"
NO_EXCHANGE = "no exchange was held"
NO_BENEFIT = "no benefit was yielded"
NO_ACTIVE_NOW = "no agreement is active at the end"
NO_AT_RISK = "no agreement was active at the start or signed in the run"
NO_OPEN = "no agreement is active or dormant at the end"
NO_TALKS = "no talks were opened in the run"
NO_GRANT = "no money was granted"
NOT_FINITE = "the value is not finite"


@dataclass(frozen=True, slots=True)
class Column:
    """One outcome in all runs of a batch: NaN where it has no value, and why."""

    values: Values  # (runs,)
    reasons: tuple[str | None, ...]  # (runs,)


def _certain(values: Values) -> Column:
    return Column(values, (None,) * len(values))


def _ratio(above: Values, below: Values, reason: str) -> Column:
    """Quotients, or the reason why there is none."""
    exists = below > 0
    values = np.full(len(below), math.nan)
    np.divide(above, below, out=values, where=exists)
    return Column(values, tuple(None if there else reason for there in exists.tolist()))


def measure(record: RunRecord) -> dict[str, Measured]:
    """The value of every outcome in one run, in the order of OUTCOMES."""
    found = measure_batch(batch_of(record))
    return {
        name: Measured(None, column.reasons[0]) if column.reasons[0] else Measured(float(column.values[0]))
        for name, column in found.items()
    }


def measure_batch(batch: Batch) -> dict[str, Column]:
    """The values of every outcome in all runs of a batch, in the order of OUTCOMES."""
    found = {
        **_longevity(batch),
        **_course(batch),
        **_benefits_and_effort(batch),
        **_by_run(batch, _fairness_of),
        **_by_run(batch, _network_of),
    }
    spent = batch.agreements["spent_kusd"]
    used = spent.max(axis=1) > 0
    mutual = np.zeros(len(spent))
    np.divide(spent.min(axis=1), spent.max(axis=1), out=mutual, where=used)
    found["effort_reciprocity"] = _ratio(batch.total(mutual, used), batch.count(used), NO_MONEY)
    return {outcome.name: _finite(found[outcome.name]) for outcome in OUTCOMES}


def _finite(column: Column) -> Column:
    if np.isfinite(column.values).all():
        return column
    reasons = [reason or (None if math.isfinite(value) else NOT_FINITE)
               for value, reason in zip(column.values.tolist(), column.reasons, strict=True)]  # fmt: skip
    return Column(np.where(np.isfinite(column.values), column.values, math.nan), tuple(reasons))


def _longevity(batch: Batch) -> dict[str, Column]:
    agreements = batch.agreements
    stage = agreements["stage"]
    before = was_signed_before(agreements)
    signed = (agreements["signed_quarter"] != records.NEVER) & (stage != records.SCHEDULED)
    new = signed & ~before
    has_before = (batch.count(before) > 0)[batch.run]
    base = np.where(has_before, before, new)
    rest, was_active = years_to_first_rest(agreements, batch.years * records.QUARTERS_PER_YEAR)
    at_start = before & was_active
    at_risk = np.where((batch.count(at_start) > 0)[batch.run], at_start, new)
    years = agreements["active_quarters"] / records.QUARTERS_PER_YEAR
    active, dormant, ended = (stage == kind for kind in (records.ACTIVE, records.DORMANT, records.ENDED))
    total, bases = batch.count(signed), batch.count(base)
    open_now = active | dormant
    points = agreements["points"].sum(axis=1)
    return {
        "active_years_per_agreement": _ratio(batch.total(years, base), bases, NO_AGREEMENT),
        "restricted_mean_active_years": _ratio(batch.total(rest, at_risk), batch.count(at_risk), NO_AT_RISK),
        "active_years_per_new_agreement": _ratio(batch.total(years, new), batch.count(new), NO_NEW),
        "active_agreement_years": _certain(batch.total(years)),
        "active_agreements": _certain(batch.count(active)),
        "active_share": _ratio(batch.count(active), total, NO_AGREEMENT),
        "dormant_share": _ratio(batch.count(dormant), total, NO_AGREEMENT),
        "ended_share": _ratio(batch.count(ended), total, NO_AGREEMENT),
        "in_force_share": _ratio(batch.count(open_now & (agreements["in_force"] == 1)), batch.count(open_now), NO_OPEN),
        "mean_trust_of_active": _ratio(batch.total(agreements["trust"], active), batch.count(active), NO_ACTIVE_NOW),
        "benefit_points_per_agreement": _ratio(batch.total(points, base), bases, NO_AGREEMENT),
    }


def _yearly(batch: Batch, *names: str) -> Values:
    """Yearly values of a run, added up, (runs,)."""
    total = np.zeros(batch.runs)
    for name in names:
        for year in range(batch.years):  # one after another, so that a batch of any size gives the same sums
            total += batch.series[name][:, year]
    return total


def _course(batch: Batch) -> dict[str, Column]:
    agreements = batch.agreements
    stage = agreements["stage"]
    opened_here = (agreements["opened_quarter"] >= 0) & (stage != records.SCHEDULED)
    # A recorded signing of a hindcast carries its date while talks go on.
    talking = (stage == records.EXPLORING) | (stage == records.LETTER) | (stage == records.STALLED)
    converted = opened_here & (agreements["signed_quarter"] != records.NEVER) & ~talking
    ends = ("lapses", "notices", "reviews", "mergers", "breaks")
    return {
        "signed_agreements": _certain(_yearly(batch, "signed")),
        "letters": _certain(_yearly(batch, "letters")),
        "pipeline_conversion": _ratio(batch.count(converted), batch.count(opened_here), NO_TALKS),
        "dormancies": _certain(_yearly(batch, "dormancies")),
        "revivals": _certain(_yearly(batch, "revivals")),
        "renewals": _certain(_yearly(batch, "renewals")),
        "endings": _certain(_yearly(batch, *ends)),
        "freezes": _certain(batch.freezes.astype(float)),
    }


def _benefits_and_effort(batch: Batch) -> dict[str, Column]:
    agreements = batch.agreements
    active_years = batch.total(agreements["active_quarters"].astype(float)) / records.QUARTERS_PER_YEAR
    exchanges = _yearly(batch, "city_exchanges", "citizen_exchanges")
    points = batch.total(agreements["points"].sum(axis=1))
    felt = _yearly(batch, "tangible_points", "intangible_points")
    spent, granted, external = (_yearly(batch, f"{name}_kusd") for name in ("spent", "appropriated", "external"))
    staff = _yearly(batch, "used_fte")
    cost = _total_cost(batch, spent)
    return {
        "exchanges_per_active_agreement_year": _ratio(exchanges, active_years, NO_ACTIVE_TIME),
        "citizen_exchange_share": _ratio(_yearly(batch, "citizen_exchanges"), exchanges, NO_EXCHANGE),
        "benefit_points": _certain(felt),
        "public_benefit_share": _ratio(batch.total(agreements["public_points"]), points, NO_BENEFIT),
        "tangible_share": _ratio(batch.total(agreements["tangible_points"]), points, NO_BENEFIT),
        "spent_kusd": _certain(spent),
        "appropriated_kusd": _certain(granted),
        "execution_share": _ratio(spent - external, granted, NO_GRANT),
        "external_share": _ratio(external, spent, NO_MONEY),
        "cost_kusd_per_active_agreement_year": _ratio(spent, active_years, NO_ACTIVE_TIME),
        "staff_fte_years": _certain(staff),
        "total_cost_kusd": _certain(cost),
        "total_cost_kusd_per_active_agreement_year": _ratio(cost, active_years, NO_ACTIVE_TIME),
        "benefit_points_per_kusd": _ratio(felt, spent, NO_MONEY),
        "staff_fte_per_agreement": _ratio(staff, active_years, NO_ACTIVE_TIME),
    }


def _total_cost(batch: Batch, spent: Values) -> Values:
    """Money spent, and staff time at what a post costs in the city's country."""
    used = batch.city_totals[:, :, city_columns().index("used_fte")]
    post = incomes(batch.inputs[0])
    times = (used * post).sum(axis=1) * batch.years
    total: Values = spent + times * stacked_parameters(batch.inputs, "staff_cost_incomes")
    return total


def _by_run(batch: Batch, measured: Callable[[Batch, int, Any], dict[str, Measured]]) -> dict[str, Column]:
    """Outcomes that take one run's agreements at a time."""
    ends = np.searchsorted(batch.run, np.arange(batch.runs + 1))
    rows = [measured(batch, run, batch.agreements[ends[run] : ends[run + 1]]) for run in range(batch.runs)]
    return {
        name: Column(
            np.array([math.nan if row[name].value is None else row[name].value for row in rows], float),
            tuple(row[name].reason for row in rows),
        )
        for name in rows[0]
    }


def _network_of(batch: Batch, run: int, agreements: Any) -> dict[str, Measured]:
    active = agreements["stage"] == records.ACTIVE
    found = measure_network(agreements["a"][active], agreements["b"][active])
    return {
        name: Measured(None, NO_ACTIVE_NOW) if math.isnan(value) else Measured(value) for name, value in found.items()
    }


def _fairness_of(batch: Batch, run: int, agreements: Any) -> dict[str, Measured]:
    """How benefits are spread over the cities that ever had an agreement in a run."""
    signed = (agreements["signed_quarter"] != records.NEVER) & (agreements["stage"] != records.SCHEDULED)
    sides = [agreements[side][signed] for side in ("a", "b")]
    points = np.zeros(len(batch.cities))
    for place, rows in enumerate(sides):
        points += np.bincount(rows, agreements["points"][signed, place], minlength=len(points))
    has_any = np.zeros(len(points), bool)
    has_any[sides[0]] = has_any[sides[1]] = True
    mine, people = points[has_any], batch.cities["population"][has_any]
    if mine.sum() <= 0:
        nothing = Measured(None, NO_BENEFIT)
        return {"benefit_concentration": nothing, "benefit_gini": nothing, "income_gap": nothing}
    top, gini = concentration(mine, people)
    income = incomes(batch.inputs[run])[has_any]
    poorer = income <= np.median(income)
    if not (people[~poorer].sum() > 0):
        gap = Measured(None, "all cities have the same income")
    elif not mine[~poorer].sum() > 0:
        gap = Measured(None, "the richer cities had no benefit")
    else:
        poor = mine[poorer].sum() / people[poorer].sum()
        gap = Measured(float(poor / (mine[~poorer].sum() / people[~poorer].sum())))
    return {"benefit_concentration": Measured(top), "benefit_gini": Measured(gini), "income_gap": gap}
