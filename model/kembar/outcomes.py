"""What a run came to: every outcome with its name, unit and plain definition, and their values.

An outcome that has no value in a run (a share of nothing) is None with the reason, never a number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar import records
from kembar.network_outcomes import concentration, measure_network
from kembar.stages import was_signed_before, years_to_first_rest

if TYPE_CHECKING:
    from kembar.world import RunRecord


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as declared: its name, heading, unit and what it means."""

    name: str
    title: str
    unit: str
    about: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of an outcome in one run, or None and why there is none."""

    value: float | None
    reason: str | None = None


_BASE = "the agreements signed before the run, or, where there are none, those signed in it"

OUTCOMES: Final = (
    Outcome(
        "active_years_per_agreement", "Active years per agreement", "years", f"Mean active time in the run of {_BASE}."
    ),
    Outcome(
        "restricted_mean_active_years",
        "Restricted mean active years",
        "years",
        "Mean time to the first dormancy or the end, cut at the horizon, of the agreements active at the start, "
        "or, where there are none, of those signed in the run, from their signing.",
    ),
    Outcome(
        "active_years_per_new_agreement",
        "Active years per new agreement",
        "years",
        "Mean active time of the agreements signed in the run.",
    ),
    Outcome("active_agreement_years", "Active agreement-years", "years", "Active time of all agreements, added up."),
    Outcome("active_share", "Share active", "1", "Share of all agreements ever signed that is active at the end."),
    Outcome("dormant_share", "Share dormant", "1", "Share of all agreements ever signed that is dormant at the end."),
    Outcome("ended_share", "Share ended", "1", "Share of all agreements ever signed that has ended by the end."),
    Outcome("in_force_share", "Share in force", "1", "Share of active and dormant agreements whose term runs."),
    Outcome("signed_agreements", "Agreements signed", "count", "Agreements signed in the run."),
    Outcome("letters", "Letters of intent", "count", "Letters of intent signed in the run."),
    Outcome(
        "pipeline_conversion",
        "Talks that became agreements",
        "1",
        "Share of the talks opened in the run that were signed by its end; talks still open count as not signed.",
    ),
    Outcome("dormancies", "Dormancies", "count", "Times an agreement went dormant."),
    Outcome("revivals", "Revivals", "count", "Times a dormant agreement became active again."),
    Outcome("renewals", "Renewals", "count", "Terms renewed."),
    Outcome("endings", "Endings", "count", "Agreements that ended: by lapse, notice, review, merger or break."),
    Outcome("freezes", "Freezes", "count", "Times an agreement was suspended because relations froze."),
    Outcome("mean_trust_of_active", "Trust", "1", "Mean trust of the agreements active at the end (0-1)."),
    Outcome(
        "exchanges_per_active_agreement_year",
        "Exchanges per active agreement-year",
        "exchanges/year",
        "Exchanges of cities and of citizens and firms, divided by active agreement-years.",
    ),
    Outcome(
        "citizen_exchange_share", "Exchanges by citizens", "1", "Share of exchanges that citizens and firms carried."
    ),
    Outcome("benefit_points", "Benefits", "points", "Benefit points felt by all cities over the run."),
    Outcome(
        "benefit_points_per_agreement",
        "Benefits per agreement",
        "points",
        f"Mean benefit points yielded to both sides together, of {_BASE}.",
    ),
    Outcome(
        "public_benefit_share",
        "Benefits that reach the public",
        "1",
        "Share of yielded benefits that reaches the wide public.",
    ),
    Outcome("tangible_share", "Tangible benefits", "1", "Share of yielded benefits that is tangible."),
    Outcome("spent_kusd", "Money spent", "kusd", "Money spent on partnerships by all cities over the run."),
    Outcome("appropriated_kusd", "Money appropriated", "kusd", "Money that councils granted over the run."),
    Outcome(
        "execution_share",
        "Budget executed",
        "1",
        "Share of the money that councils granted which was really spent.",
    ),
    Outcome("external_share", "External money", "1", "Share of the money spent that others than the city paid."),
    Outcome(
        "cost_kusd_per_active_agreement_year",
        "Cost of an active agreement-year",
        "kusd/year",
        "Money spent by both sides, divided by active agreement-years.",
    ),
    Outcome(
        "benefit_points_per_kusd",
        "Benefits for the money",
        "points/kusd",
        "Benefit points felt, divided by money spent.",
    ),
    Outcome(
        "staff_fte_per_agreement",
        "Staff per active agreement",
        "fte/agreement",
        "Staff time that both sides use for partnerships, divided by active agreements; means over the run.",
    ),
    Outcome(
        "benefit_concentration",
        "Benefits of the largest cities",
        "1",
        "Share of yielded benefits that goes to the fifth of the cities with most inhabitants, "
        "among the cities that ever had an agreement.",
    ),
    Outcome("benefit_gini", "Inequality of benefits", "1", "Gini coefficient of yielded benefits over those cities."),
    Outcome(
        "income_gap",
        "Benefits of the poorer half",
        "1",
        "Yielded benefits per head in the poorer half of those cities (income of their countries, up to the median), "
        "divided by that in the others.",
    ),
    Outcome(
        "mean_degree", "Active partners", "count", "Mean active agreements of the cities that have any at the end."
    ),
    Outcome(
        "clustering",
        "Clustering",
        "1",
        "Share of pairs of partners of a city that are partners themselves, at the end.",
    ),
    Outcome(
        "effort_reciprocity",
        "Reciprocity of effort",
        "1",
        "Mean of the smaller side's spending divided by the larger's, of the agreements on which anything was spent.",
    ),
    Outcome(
        "resilience",
        "Left without the hubs",
        "1",
        "Share of the active agreements left at the end when the best connected twentieth of the cities is lost.",
    ),
)  # fmt: skip
BY_NAME: Final[Mapping[str, Outcome]] = {outcome.name: outcome for outcome in OUTCOMES}

NO_AGREEMENT = "no agreement was ever signed"
NO_NEW = "no agreement was signed in the run"
NO_ACTIVE_TIME = "no agreement was ever active"
NO_MONEY = "no money was spent"
NO_EXCHANGE = "no exchange was held"
NO_BENEFIT = "no benefit was yielded"
NO_ACTIVE_NOW = "no agreement is active at the end"


def ratio(above: float, below: float, reason: str) -> Measured:
    """A quotient, or the reason why there is none."""
    return Measured(above / below) if below > 0 else Measured(None, reason)


def measure(record: RunRecord) -> dict[str, Measured]:
    """The value of every outcome in a run, in the order of OUTCOMES."""
    agreements, series = record.agreements, record.series
    found = {
        **_longevity(agreements, len(series) * records.QUARTERS_PER_YEAR),
        **_course(record),
        **_benefits_and_effort(agreements, series),
        **_fairness(record),
    }
    active = agreements[agreements["stage"] == records.ACTIVE]
    for name, value in measure_network(active["a"], active["b"]).items():
        found[name] = Measured(None, NO_ACTIVE_NOW) if math.isnan(value) else Measured(value)
    spent = agreements["spent_kusd"]
    used = spent[spent.max(axis=1) > 0] if len(spent) else spent
    mutual = float((used.min(axis=1) / used.max(axis=1)).sum()) if len(used) else 0.0
    found["effort_reciprocity"] = ratio(mutual, len(used), NO_MONEY)
    return {outcome.name: _finite(found[outcome.name]) for outcome in OUTCOMES}


def _finite(measured: Measured) -> Measured:
    if measured.value is not None and not math.isfinite(measured.value):
        return Measured(None, "the value is not finite")
    return measured


def _longevity(agreements: Any, horizon: int) -> dict[str, Measured]:
    before = was_signed_before(agreements)
    signed = agreements["signed_quarter"] != records.NEVER
    signed &= agreements["stage"] != records.SCHEDULED
    new = signed & ~before
    base = agreements[before] if before.any() else agreements[new]
    active_years = agreements["active_quarters"] / records.QUARTERS_PER_YEAR
    rest, was_active = years_to_first_rest(agreements, horizon)
    at_start = before & was_active
    at_risk = at_start if at_start.any() else new
    total = float(signed.sum())
    stage = agreements["stage"]
    open_now = (stage == records.ACTIVE) | (stage == records.DORMANT)
    yielded = base["points"].sum() if len(base) else 0.0
    return {
        "active_years_per_agreement": ratio(
            float(base["active_quarters"].sum()) / records.QUARTERS_PER_YEAR, len(base), NO_AGREEMENT
        ),
        "restricted_mean_active_years": ratio(
            float(rest[at_risk].sum()),
            float(at_risk.sum()),
            "no agreement was active at the start or signed in the run",
        ),
        "active_years_per_new_agreement": ratio(float(active_years[new].sum()), float(new.sum()), NO_NEW),
        "active_agreement_years": Measured(float(active_years.sum())),
        "active_share": ratio(float((stage == records.ACTIVE).sum()), total, NO_AGREEMENT),
        "dormant_share": ratio(float((stage == records.DORMANT).sum()), total, NO_AGREEMENT),
        "ended_share": ratio(float((stage == records.ENDED).sum()), total, NO_AGREEMENT),
        "in_force_share": ratio(
            float((open_now & (agreements["in_force"] == 1)).sum()),
            float(open_now.sum()),
            "no agreement is active or dormant at the end",
        ),
        "mean_trust_of_active": ratio(
            float(agreements["trust"][stage == records.ACTIVE].sum()),
            float((stage == records.ACTIVE).sum()),
            NO_ACTIVE_NOW,
        ),
        "benefit_points_per_agreement": ratio(float(yielded), len(base), NO_AGREEMENT),
    }


def _course(record: RunRecord) -> dict[str, Measured]:
    series, agreements = record.series, record.agreements
    opened_here = (agreements["opened_quarter"] >= 0) & (agreements["stage"] != records.SCHEDULED)
    converted = opened_here & (agreements["signed_quarter"] != records.NEVER)
    # A recorded signing of a hindcast carries its date while talks go on.
    talking = (records.EXPLORING, records.LETTER, records.STALLED)
    converted &= ~np.isin(agreements["stage"], talking)
    ends = ("lapses", "notices", "reviews", "mergers", "breaks")
    frozen = int((record.events["kind"] == records.AGREEMENT_FROZEN).sum())
    return {
        "signed_agreements": Measured(float(series["signed"].sum())),
        "letters": Measured(float(series["letters"].sum())),
        "pipeline_conversion": ratio(
            float(converted.sum()), float(opened_here.sum()), "no talks were opened in the run"
        ),
        "dormancies": Measured(float(series["dormancies"].sum())),
        "revivals": Measured(float(series["revivals"].sum())),
        "renewals": Measured(float(series["renewals"].sum())),
        "endings": Measured(float(sum(series[name].sum() for name in ends))),
        "freezes": Measured(float(frozen)),
    }


def _benefits_and_effort(agreements: Any, series: Any) -> dict[str, Measured]:
    active_years = float(agreements["active_quarters"].sum()) / records.QUARTERS_PER_YEAR
    exchanges = float(series["city_exchanges"].sum() + series["citizen_exchanges"].sum())
    points = float(agreements["points"].sum())
    felt = float(series["tangible_points"].sum() + series["intangible_points"].sum())
    spent = float(series["spent_kusd"].sum())
    appropriated = float(series["appropriated_kusd"].sum())
    external = float(series["external_kusd"].sum())
    return {
        "exchanges_per_active_agreement_year": ratio(exchanges, active_years, NO_ACTIVE_TIME),
        "citizen_exchange_share": ratio(float(series["citizen_exchanges"].sum()), exchanges, NO_EXCHANGE),
        "benefit_points": Measured(felt),
        "public_benefit_share": ratio(float(agreements["public_points"].sum()), points, NO_BENEFIT),
        "tangible_share": ratio(float(agreements["tangible_points"].sum()), points, NO_BENEFIT),
        "spent_kusd": Measured(spent),
        "appropriated_kusd": Measured(appropriated),
        "execution_share": ratio(spent - external, appropriated, "no money was granted"),
        "external_share": ratio(external, spent, NO_MONEY),
        "cost_kusd_per_active_agreement_year": ratio(spent, active_years, NO_ACTIVE_TIME),
        "benefit_points_per_kusd": ratio(felt, spent, NO_MONEY),
        "staff_fte_per_agreement": ratio(float(series["used_fte"].sum()), active_years, NO_ACTIVE_TIME),
    }


def _fairness(record: RunRecord) -> dict[str, Measured]:
    agreements, cities = record.agreements, record.cities
    signed = (agreements["signed_quarter"] != records.NEVER) & (agreements["stage"] != records.SCHEDULED)
    chosen = agreements[signed]
    rows = np.unique(np.concatenate([chosen["a"], chosen["b"]])) if len(chosen) else np.zeros(0, np.int64)
    points = np.zeros(len(cities))
    for side, column in enumerate(("a", "b")):
        np.add.at(points, chosen[column], chosen["points"][:, side])
    mine, people = points[rows], cities["population"][rows]
    if mine.sum() <= 0:
        nothing = Measured(None, NO_BENEFIT)
        return {"benefit_concentration": nothing, "benefit_gini": nothing, "income_gap": nothing}
    top, gini = concentration(mine, people)
    income = record.countries["income"][cities["country"][rows]]
    poorer = income <= np.median(income)
    poor = ratio(float(mine[poorer].sum()), float(people[poorer].sum()), NO_BENEFIT)
    rich = ratio(float(mine[~poorer].sum()), float(people[~poorer].sum()), "all cities have the same income")
    gap = rich if rich.value is None else ratio(poor.value or 0.0, rich.value, "the richer cities had no benefit")
    return {"benefit_concentration": Measured(top), "benefit_gini": Measured(gini), "income_gap": gap}
