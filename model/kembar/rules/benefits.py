"""Process 9, benefits: what exchanges yield, to whom, and when it is felt.

In each focus sector an exchange yields, for a side, learning that is largest at a moderate gap in capability
(observe, imitate, modify: ``gap / g * exp(1 - gap / g)``), skills that stay in the city as far as it has learned,
and market or visibility gains between places of like size [S19, S20]. Yields grow with how well the partner fits,
with depth of focus and quality of the exchange, and diminish as the same sector is worked again (``exp(-saturation
* familiarity)``): a narrow niche exhausts itself sooner [S09]. They are split into tangible and intangible and into
what reaches the wide public [S07, S21]. They are felt after a sector's own delay, spill over to other sectors up to
the city's carrying capacity [S22], and between cities of a country: visitors travel on, investment may be drawn
away [S20, E9.12].
"""

import math

from kembar.compilation import rule
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    DORMANT,
    DUE_ROW,
    QUARTERS_PER_YEAR,
    SECTOR_COUNT,
    TOURISM,
    TRADE,
    FloatArray,
    Record,
    World,
)
from kembar.rules.numbers import bounded

_QUARTER = 1.0 / QUARTERS_PER_YEAR
_DECADE_QUARTERS = 40
_MILLION = 1.0e6


@rule
def benefits(world: World, quarter: int) -> None:
    """Yield the benefits of this quarter's exchanges, then let the cities feel what is due."""
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage != ACTIVE and agreement.stage != DORMANT:
            continue
        agreement.yield_tangible[:] = 0.0
        agreement.yield_intangible[:] = 0.0
        if agreement.city_count + agreement.citizen_count > 0:
            yield_benefits(world, agreement, quarter)
    learn(world)
    feel(world)
    travel_on(world)


@rule
def learning_gain(own: float, partner: float, p: Record) -> float:
    """Learning from a partner's lead, 0-1: none from a laggard, most at the best gap, less from a far leader."""
    gap = partner - own
    if gap <= 0.0:
        return 0.0
    return float(gap / p.best_gap * math.exp(1.0 - gap / p.best_gap))


@rule
def digital_effect(digital: float, p: Record) -> float:
    """Yield of an exchange relative to one in person [E7]."""
    return float(1.0 - digital * (1.0 - p.digital_yield))


@rule
def sector_points(agreement: Record, sector: int, learning: float, likeness: float, p: Record) -> float:
    """Points of one full exchange in one sector for a partner that fits fully."""
    market = p.sector_market[sector]
    content = (1.0 - market) * (p.learning_floor + (1.0 - p.learning_floor) * learning) + market * likeness
    fresh = math.exp(-p.saturation * agreement.familiarity[sector])
    return float(agreement.focus[sector] * agreement.focus_depth * fresh * content)


@rule
def public_share(sector: int, civic: float, p: Record) -> float:
    """Share of a benefit that reaches the wide public: more where citizens take part."""
    return bounded(p.sector_reach[sector] * (p.reach_floor + (1.0 - p.reach_floor) * civic))


@rule
def yield_benefits(world: World, agreement: Record, quarter: int) -> None:
    """Benefits of this quarter's exchanges of one agreement to both its cities."""
    p = world.parameters[0]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    silence = (quarter - agreement.last_exchange_quarter) * _QUARTER
    fading = math.exp(-p.familiarity_fading * max(0.0, silence))
    effect = digital_effect(agreement.digital, p)
    official = agreement.city_count * math.sqrt(agreement.exchange_size) * effect
    carried = agreement.citizen_count * p.citizen_yield
    likeness = math.exp(-abs(city_a.log_population - city_b.log_population) / p.size_tolerance)
    economic = 0.0
    for sector in range(SECTOR_COUNT):
        agreement.familiarity[sector] *= fading
        if agreement.focus[sector] <= 0.0:
            continue
        for side in range(2):
            city = city_a if side == 0 else city_b
            partner = city_b if side == 0 else city_a
            learning = learning_gain(city.capability[sector], partner.capability[sector], p)
            each = sector_points(agreement, sector, learning, likeness, p) * agreement.fit[side] * city.takers
            learned = p.learning_rate * (official + carried) * agreement.focus[sector] * learning
            learned *= 1.0 - city.capability[sector]
            city.learned[sector] += learned
            skills = p.skill_points * learned
            tangible = each * (official + carried) * p.sector_tangible[sector] + skills
            points = each * (official + carried) + skills
            public = (each * official + skills) * public_share(sector, city.civic, p)
            public += each * carried * public_share(sector, 1.0, p)
            agreement.yield_tangible[side] += tangible
            agreement.yield_intangible[side] += points - tangible
            city.pending_tangible[sector] += tangible
            city.pending_intangible[sector] += points - tangible
            city.pending_public[sector] += public
            agreement.points[side] += points
            agreement.tangible_points += tangible
            agreement.public_points += public
            if sector == TRADE or sector == TOURISM:
                economic += points
        agreement.familiarity[sector] += (agreement.city_count + agreement.citizen_count) * agreement.focus[sector]
    age = quarter - agreement.signed_quarter
    count = agreement.city_count + agreement.citizen_count
    if age < _DECADE_QUARTERS:
        agreement.early_economic_points += economic
        agreement.early_exchanges += count
    elif age < 2 * _DECADE_QUARTERS:
        agreement.late_economic_points += economic
        agreement.late_exchanges += count


@rule
def learn(world: World) -> None:
    """Add what was learned this quarter; done after all yields, so that the order of agreements does not matter."""
    for row in range(len(world.cities)):
        city = world.cities[row]
        if city.active_count + city.dormant_count > 0:
            for sector in range(SECTOR_COUNT):
                city.capability[sector] = bounded(city.capability[sector] + city.learned[sector])
                city.learned[sector] = 0.0


@rule
def feel(world: World) -> None:
    """Release what is due, within carrying capacity, with spill-over among sectors."""
    p = world.parameters[0]
    due = world.scratch[DUE_ROW]
    for sector in range(SECTOR_COUNT):
        due[sector] = 1.0 - math.exp(-_QUARTER / p.sector_lag_years[sector])
    for row in range(len(world.cities)):
        city = world.cities[row]
        if city.first_agreement >= 0:
            release(city, world.countries[city.country], due, p)


@rule
def carrying_capacity(population: float, p: Record) -> float:
    """Points a quarter that a city can take up; it grows with the root of its size [S22]."""
    return float(p.carrying_points * math.sqrt(population / _MILLION) * _QUARTER)


@rule
def release(city: Record, country: Record, due: FloatArray, p: Record) -> None:
    """One city's benefits of this quarter."""
    total = 0.0
    for sector in range(SECTOR_COUNT):
        total += (city.pending_tangible[sector] + city.pending_intangible[sector]) * due[sector]
    if total <= 0.0:
        city.felt_public = 0.0
        for sector in range(SECTOR_COUNT):
            city.arriving_tangible[sector] = 0.0
            city.arriving_intangible[sector] = 0.0
            city.arriving_public[sector] = 0.0
        return
    capacity = carrying_capacity(city.population, p)
    taken_up = capacity * (1.0 - math.exp(-total / capacity)) / total
    tangible = 0.0
    for sector in range(SECTOR_COUNT):
        released = city.pending_tangible[sector] * due[sector]
        city.arriving_tangible[sector] = released * taken_up
        city.pending_tangible[sector] -= released
        tangible += released * taken_up
        released = city.pending_intangible[sector] * due[sector]
        city.arriving_intangible[sector] = released * taken_up
        city.pending_intangible[sector] -= released
        released = city.pending_public[sector] * due[sector]
        city.arriving_public[sector] = released * taken_up
        city.pending_public[sector] -= released
    public = 0.0
    for sector in range(SECTOR_COUNT):
        others = (tangible - city.arriving_tangible[sector]) / (SECTOR_COUNT - 1)
        city.arriving_tangible[sector] += p.sector_spill * others
        public += city.arriving_public[sector]
    city.felt_public = public
    country.tourism_pool += p.travel_on * city.arriving_tangible[TOURISM]
    country.trade_pool += p.displacement * city.arriving_tangible[TRADE]


@rule
def travel_on(world: World) -> None:
    """Visitors drawn by one city go on to others of the country; investment may be drawn away from them."""
    p = world.parameters[0]
    for row in range(len(world.cities)):
        city = world.cities[row]
        country = world.countries[city.country]
        share = math.sqrt(city.population / max(country.population, city.population))
        visitors = max(0.0, country.tourism_pool - p.travel_on * city.arriving_tangible[TOURISM])
        drawn_away = max(0.0, country.trade_pool - p.displacement * city.arriving_tangible[TRADE])
        if city.first_agreement < 0:
            city.arriving_tangible[TOURISM] = share * visitors
            continue
        city.arriving_tangible[TOURISM] += share * visitors
        city.arriving_tangible[TRADE] = max(0.0, city.arriving_tangible[TRADE] - share * drawn_away)
