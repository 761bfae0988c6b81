"""Process 3, budgets: once a fiscal year a city wishes, appropriates and learns what it can really spend.

The plan is ``funding_share * F0 * (F / F0)**budget_elasticity`` [kusd/year] with `F` the whole budget; the wish is
the plan times the swing of budgets, ``wish_base + wish_commitment * c`` and ``1 + support_gain * (support -
support_rest)``. Appropriation blends last year's with the wish; ring-fencing is a floor at a share of the plan that
holds through crises and new heads [S04, E4]. A council grants at most ``grant_most`` for each agreement that lives,
and supplements within the year when one is signed or revived. Co-funding matches it, grants and sponsors add to it.
Money granted is not money spent: with `A` the money at hand and `L = absorption_base + absorption_commitment * c *
ties` the limit of what an office can absorb, ``L * (1 - exp(-A / L))`` is executable [E4: 0 % of a budget spent].
"""

import math

from kembar.compilation import rule
from kembar.records import QUARTERS_PER_YEAR, RESILIENCE, Record, World


@rule
def budgets(world: World, quarter: int, quarter_of_year: int) -> None:
    """Open the fiscal year of the cities whose year begins now; a city with new agreements gets a supplement."""
    p = world.parameters[0]
    for row in range(len(world.cities)):
        city = world.cities[row]
        country = world.countries[city.country]
        if quarter_of_year == country.fiscal_quarter or quarter == 0:
            open_fiscal_year(city, world.levers[row], country, p)
        elif city.active_count > city.budgeted_count:
            passed = (quarter_of_year - country.fiscal_quarter) % QUARTERS_PER_YEAR
            supplement(city, world.levers[row], country, 1.0 - passed / QUARTERS_PER_YEAR, p)


@rule
def crisis_depth(city: Record, country: Record, p: Record) -> float:
    """Share of the budget that a crisis takes; a city that learned resilience loses less [S25]."""
    depth = max(country.crisis, city.crisis)
    return float(depth * (1.0 - p.resilience_buffer * city.capability[RESILIENCE]))


@rule
def planned_budget(city: Record, levers: Record) -> float:
    """What the city's size and its funding share plan for partnerships [kusd/year]."""
    return float(levers.funding_share * city.money_scale_kusd)


@rule
def wished_budget(city: Record, levers: Record, country: Record, p: Record) -> float:
    """What the head asks of the council [kusd/year]."""
    swing = math.exp(country.cycle) * (1.0 - crisis_depth(city, country, p))
    eagerness = p.wish_base + p.wish_commitment * city.commitment
    backing = 1.0 + p.support_gain * (city.support - p.support_rest)
    return float(planned_budget(city, levers) * swing * eagerness * backing)


@rule
def most_granted(city: Record, p: Record) -> float:
    """What the portfolio can use at most: a council grants for agreements that live [kusd/year]."""
    return float(p.grant_most_kusd * (city.active_count + city.background))


@rule
def appropriation(city: Record, levers: Record, country: Record, p: Record) -> float:
    """What the council grants [kusd/year]."""
    past = city.appropriated_kusd * (1.0 - crisis_depth(city, country, p))
    blended = p.budget_inertia * past + (1.0 - p.budget_inertia) * wished_budget(city, levers, country, p)
    fenced = max(blended, levers.ring_fence * planned_budget(city, levers))
    return float(min(fenced, most_granted(city, p)))


@rule
def absorption_limit(city: Record, p: Record) -> float:
    """Most that an office can turn into work [kusd/year]: it grows with commitment and living agreements."""
    ties = city.active_count + city.background
    return float(p.absorption_base_kusd + p.absorption_commitment_kusd * city.commitment * ties)


@rule
def executable_money(granted: float, limit: float) -> float:
    """Money at hand that can really be spent [kusd/year]."""
    if limit <= 0.0:
        return 0.0
    return -limit * math.expm1(-granted / limit)


@rule
def open_fiscal_year(city: Record, levers: Record, country: Record, p: Record) -> None:
    """Appropriate, add external money, and set what is executable until the next fiscal year."""
    grant(city, appropriation(city, levers, country, p), levers, p)
    city.spent_kusd = 0.0


@rule
def supplement(city: Record, levers: Record, country: Record, left: float, p: Record) -> None:
    """A supplementary budget for agreements signed or revived within the year, for the part of it that is left."""
    before = city.executable_kusd
    own = max(city.appropriated_kusd, appropriation(city, levers, country, p))
    grant(city, own, levers, p)
    city.executable_kusd = before + max(0.0, city.executable_kusd - before) * left


@rule
def grant(city: Record, own: float, levers: Record, p: Record) -> None:
    """Book an appropriation with the external money that it draws, and what of both can be spent."""
    external = (
        levers.cofunding_rate * own
        + levers.foreign_grant_kusd * city.active_count
        + levers.sponsor_programme * p.sponsor_kusd * city.business * city.active_count
    )
    city.appropriated_kusd = own
    granted = own + external
    city.external_share = external / granted if granted > 0.0 else 0.0
    city.executable_kusd = executable_money(granted, absorption_limit(city, p))
    city.budgeted_count = city.active_count


@rule
def quarterly_money(city: Record, p: Record) -> float:
    """What may be spent this quarter [kusd]: what the year has left, at most a multiple of a quarter's share."""
    left = city.executable_kusd - city.spent_kusd
    return float(max(0.0, min(left, city.executable_kusd * p.quarter_spending_limit / QUARTERS_PER_YEAR)))
