"""What a run can come to: every outcome with its name, unit and plain definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as declared: its name, heading, unit and what it means."""

    name: str
    title: str
    unit: str
    about: str


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
    Outcome("active_agreements", "Active at the end", "count", "Agreements active at the end."),
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
    Outcome("staff_fte_years", "Staff time", "fte-years", "Staff time used for partnerships by all cities."),
    Outcome(
        "total_cost_kusd",
        "Money and staff",
        "kusd",
        "Money spent and staff time used, the time valued by the income of the city's country (`staff_cost_incomes`).",
    ),
    Outcome(
        "total_cost_kusd_per_active_agreement_year",
        "Full cost of an active agreement-year",
        "kusd/year",
        "Money spent and staff time valued in money, of both sides, divided by active agreement-years.",
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
