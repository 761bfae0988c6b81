"""Process 8, exchange: what the two sides and their citizens do together this quarter.

A side's readiness is the product of saturating terms in money, staff time and experience, and of the head's backing:
``money * staff * experience * leader * ownership * goodwill * load``. The two sides combine so that the weaker governs
(CES with elasticity below one, ``lo * ((1 + (lo / hi)**r) / 2)**(-1 / r)``) [E9.6]. The city's rate is ``rate_most *
readiness * trust * barrier * travel * freeze`` [exchanges/year]. Digital exchange lowers cost and the distance barrier,
is what survives a travel stop, and tires with overuse [S08]. Citizens and firms carry a second stream that needs no
head's order but embeddedness [S10, S11]. Counts are integers from renewal clocks (Erlang-3 waiting times: exchanges are
planned, not thrown). The size of an exchange adapts to the purse; its quality grows with the square root of its size.
"""

import math

from kembar.compilation import rule
from kembar.randomness import AGREEMENT_CITIZENS, AGREEMENT_EXCHANGE, poisson, uniform
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    CARRIER_COLUMN,
    CLOCK_STAGES,
    COUNT_COLUMN,
    DORMANT,
    EXCHANGED,
    EXPERIENCE,
    FROZEN,
    GOODWILL,
    KEEP_EXCHANGES,
    LEADER,
    LOAD,
    MONEY,
    NO_CAUSE,
    NO_SIDE,
    OWNERSHIP,
    QUARTERS_PER_YEAR,
    RATE_COLUMN,
    SHARED_COLUMN,
    SIDE_FACTOR_COUNT,
    STAFF,
    STRAINED,
    FloatArray,
    Record,
    World,
)
from kembar.rules.allocation import exchange_cost
from kembar.rules.numbers import bounded
from kembar.rules.recording import note_agreement
from kembar.rules.surroundings import relation_between, travel_at

_QUARTER = 1.0 / QUARTERS_PER_YEAR


@rule
def exchange(world: World, quarter: int) -> None:
    """Hold this quarter's exchanges and keep what the causes of a decline will need."""
    p = world.parameters[0]
    span = world.history.shape[1]
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        agreement.city_count = 0
        agreement.citizen_count = 0
        if agreement.stage == ACTIVE:
            agreement.active_quarters += 1
            column = world.history[row, quarter % span]
            prepare(world, agreement, column, p)
            hold_city_exchanges(world, agreement, quarter, p)
            hold_citizen_exchanges(world, agreement, quarter)
            column[COUNT_COLUMN] = agreement.city_count + agreement.citizen_count
            note_exchanges(world, row, quarter)
        elif agreement.stage == DORMANT:
            barrier = barrier_factor(world, agreement, p)
            agreement.rate_citizen = citizen_rate(world, agreement, barrier, p)
            hold_citizen_exchanges(world, agreement, quarter)
            note_exchanges(world, row, quarter)


@rule
def money_factor(money_kusd: float, digital: float, knowledge: float, p: Record) -> float:
    """Saturating in the planned purse: a low threshold, then little more; cheap kinds of exchange lower it."""
    need = p.money_threshold_kusd * (1.0 - p.digital_saving * digital) * (1.0 - knowledge * (1.0 - p.knowledge_cost))
    return float(money_kusd * money_kusd / (money_kusd * money_kusd + need * need)) if money_kusd > 0.0 else 0.0


@rule
def staff_factor(time_fte: float, p: Record) -> float:
    """Saturating in staff time."""
    return float(time_fte / (time_fte + p.staff_threshold_fte))


@rule
def unloaded_time(city: Record, p: Record) -> float:
    """Staff time an agreement would get in a portfolio of comfortable size [fte]."""
    return float(min(city.staff, p.comfortable_fte))


@rule
def experience_factor(experience: float, p: Record) -> float:
    """Inexperienced offices still do something."""
    return float(p.experience_floor + (1.0 - p.experience_floor) * experience)


@rule
def leader_factor(commitment: float, plan: float, p: Record) -> float:
    """The head's word; an action plan with budget and schedule carries work through a cool head [S15]."""
    floor = p.leader_floor + p.plan_floor * plan
    return float(floor + (1.0 - floor) * commitment)


@rule
def ownership_factor(ownership: float, p: Record) -> float:
    """An agreement that is nobody's own gets less of the head's word."""
    return float(p.ownership_floor + (1.0 - p.ownership_floor) * ownership)


@rule
def goodwill_factor(goodwill: float, p: Record) -> float:
    """The honeymoon: goodwill lifts readiness while it lasts [S02]."""
    return float((1.0 + p.goodwill_gain * goodwill) / (1.0 + p.goodwill_gain))


@rule
def supported_experience(city: Record, other: Record, levers: Record, other_levers: Record, p: Record) -> float:
    """Experience at hand: capacity building closes part of the weaker side's gap [S13]."""
    if city.experience >= other.experience:
        return float(city.experience)
    help_given = max(
        levers.capacity_building * city.programme_coverage, other_levers.capacity_building * other.programme_coverage
    )
    return bounded(city.experience + p.building_effect * help_given * (1.0 - city.experience))


@rule
def side_readiness(world: World, agreement: Record, side: int, column: FloatArray, p: Record) -> float:
    """Product of a side's factors; each is kept for the causes of a decline."""
    city_row = agreement.a if side == 0 else agreement.b
    other_row = agreement.b if side == 0 else agreement.a
    city = world.cities[city_row]
    other = world.cities[other_row]
    levers = world.levers[city_row]
    first = side * SIDE_FACTOR_COUNT
    digital = agreement.digital
    column[first + MONEY] = money_factor(agreement.money_kusd[side], digital, levers.knowledge_share, p)
    unloaded = staff_factor(unloaded_time(city, p), p)
    column[first + STAFF] = unloaded
    column[first + LOAD] = staff_factor(agreement.time_fte[side], p) / unloaded if unloaded > 0.0 else 1.0
    column[first + EXPERIENCE] = experience_factor(
        supported_experience(city, other, levers, world.levers[other_row], p), p
    )
    column[first + LEADER] = leader_factor(city.commitment, levers.action_plan, p)
    column[first + OWNERSHIP] = ownership_factor(agreement.ownership[side], p)
    column[first + GOODWILL] = goodwill_factor(agreement.goodwill[side], p)
    readiness = 1.0
    for factor in range(SIDE_FACTOR_COUNT):
        readiness *= column[first + factor]
    return readiness


@rule
def weaker_governs(one: float, two: float, weakness: float) -> float:
    """CES of the two sides with elasticity 1 / (1 + weakness); zero when one side is."""
    low = min(one, two)
    high = max(one, two)
    if low <= 0.0:
        return 0.0
    return low * math.pow(0.5 * (1.0 + math.pow(low / high, weakness)), -1.0 / weakness)


@rule
def trust_factor(trust: float, p: Record) -> float:
    """Little happens among strangers."""
    return float(p.trust_floor + (1.0 - p.trust_floor) * trust)


@rule
def barrier_factor(world: World, agreement: Record, p: Record) -> float:
    """What language, culture, distance, time zones, coordination and digital fatigue leave, 0-1 [S06, S08, S17]."""
    levers_a = world.levers[agreement.a]
    levers_b = world.levers[agreement.b]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    language = 0.5 * (
        levers_a.language_training * city_a.programme_coverage + levers_b.language_training * city_b.programme_coverage
    )
    culture = 0.5 * (
        levers_a.intercultural_training * city_a.programme_coverage
        + levers_b.intercultural_training * city_b.programme_coverage
    )
    routine = 0.5 * (levers_a.coordination_routine + levers_b.coordination_routine)
    practice = 0.5 * (city_a.experience + city_b.experience)
    return pair_barrier(agreement, agreement.digital, language, culture, routine, practice, p)


@rule
def pair_barrier(
    agreement: Record, digital: float, language: float, culture: float, routine: float, practice: float, p: Record
) -> float:
    """Product of what each barrier leaves, for given efforts against them."""
    words = 1.0 - p.language_barrier * (1.0 - agreement.language) * (1.0 - p.training_effect * language)
    customs = 1.0 - p.culture_barrier * agreement.culture * (1.0 - p.training_effect * culture)
    way = 1.0 - p.distance_barrier * agreement.distance * (1.0 - digital)
    clock = 1.0 - p.time_zone_barrier * agreement.hours_apart * (1.0 - p.routine_effect * routine)
    missed = 1.0 - p.missed_schedules * (1.0 - p.routine_effect * routine) * (1.0 - practice)
    fatigue = 1.0 - p.digital_fatigue * digital * digital * digital
    return float(words * customs * way * clock * missed * fatigue)


@rule
def travel_factor(world: World, agreement: Record) -> float:
    """A travel stop leaves the digital part."""
    travel = max(travel_at(world, world.cities[agreement.a]), travel_at(world, world.cities[agreement.b]))
    return float(1.0 - travel * (1.0 - agreement.digital))


@rule
def freeze_factor(world: World, agreement: Record, p: Record) -> float:
    """Official exchange stops in a freeze and thins under strain; a flexibility clause saves part [S16]."""
    relation = relation_between(world, world.cities[agreement.a].country, world.cities[agreement.b].country)
    if relation == FROZEN:
        return 0.0
    if relation == STRAINED:
        flexible = min(world.levers[agreement.a].flexibility_clause, world.levers[agreement.b].flexibility_clause)
        return float(1.0 - p.strain_effect * (1.0 - p.flexibility_effect * flexible))
    return 1.0


@rule
def citizen_rate(world: World, agreement: Record, barrier: float, p: Record) -> float:
    """Exchanges that citizens and firms carry [exchanges/year]: embeddedness times engagement on both sides.

    Barriers weigh half as much, in logarithms, as they do between offices.
    """
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    civic = math.sqrt(city_a.civic * city_b.civic)
    business = math.sqrt(city_a.business * city_b.business)
    engagement = (1.0 - p.business_share) * civic + p.business_share * business
    relation = relation_between(world, city_a.country, city_b.country)
    calm = 1.0 - p.strain_effect if relation == FROZEN else 1.0
    travel = travel_factor(world, agreement)
    return float(p.carrier_rate * carrying(agreement.embeddedness, p) * engagement * math.sqrt(barrier) * calm * travel)


@rule
def carrying(embeddedness: float, p: Record) -> float:
    """How far people carry an agreement by themselves, 0-1: below a critical mass of them hardly at all [E9.13]."""
    relative = math.pow(embeddedness / p.carrier_mass, p.carrier_steepness)
    return float(embeddedness * relative / (1.0 + relative))


@rule
def prepare(world: World, agreement: Record, column: FloatArray, p: Record) -> None:
    """Rates of the two streams from the factors, which are written into this quarter's column of the history."""
    ready_a = side_readiness(world, agreement, 0, column, p)
    ready_b = side_readiness(world, agreement, 1, column, p)
    column[SHARED_COLUMN] = trust_factor(agreement.trust, p)
    barrier = barrier_factor(world, agreement, p)
    column[SHARED_COLUMN + 1] = barrier
    column[SHARED_COLUMN + 2] = travel_factor(world, agreement)
    column[SHARED_COLUMN + 3] = freeze_factor(world, agreement, p)
    rate = p.rate_most * weaker_governs(ready_a, ready_b, p.weakness)
    for shared in range(SHARED_COLUMN, RATE_COLUMN):
        rate *= column[shared]
    agreement.rate_city = rate
    agreement.rate_citizen = citizen_rate(world, agreement, barrier, p)
    column[RATE_COLUMN] = rate
    column[CARRIER_COLUMN] = agreement.rate_citizen


@rule
def hold_city_exchanges(world: World, agreement: Record, quarter: int, p: Record) -> None:
    """Draw the number of city exchanges and pay for them from the two purses."""
    agreement.exchange_size = 0.0
    if agreement.rate_city <= 0.0:
        return
    draw = uniform(world.seed, AGREEMENT_EXCHANGE, agreement.key, quarter, 0)
    clock = agreement.city_clock + poisson(CLOCK_STAGES * agreement.rate_city * _QUARTER, draw)
    agreement.city_clock = clock % CLOCK_STAGES
    count = clock // CLOCK_STAGES
    if count == 0:
        return
    cost_a = exchange_cost(agreement, world.levers[agreement.a], p)
    cost_b = exchange_cost(agreement, world.levers[agreement.b], p)
    affordable = min(agreement.purse_kusd[0] / (cost_a * count), agreement.purse_kusd[1] / (cost_b * count))
    if affordable < p.least_size:
        return
    size = min(1.0, affordable)
    agreement.exchange_size = size
    agreement.city_count = count
    for side in range(2):
        cost = cost_a if side == 0 else cost_b
        city = world.cities[agreement.a if side == 0 else agreement.b]
        paid = min(agreement.purse_kusd[side], size * cost * count)
        agreement.spent_kusd[side] += paid
        city.spending_kusd += paid
        city.exchange_count += count


@rule
def hold_citizen_exchanges(world: World, agreement: Record, quarter: int) -> None:
    """Draw the number of exchanges that citizens and firms carry; they cost the city nothing."""
    if agreement.rate_citizen <= 0.0:
        return
    draw = uniform(world.seed, AGREEMENT_CITIZENS, agreement.key, quarter, 0)
    clock = agreement.citizen_clock + poisson(CLOCK_STAGES * agreement.rate_citizen * _QUARTER, draw)
    agreement.citizen_clock = clock % CLOCK_STAGES
    agreement.citizen_count = clock // CLOCK_STAGES


@rule
def note_exchanges(world: World, row: int, quarter: int) -> None:
    """Totals of the agreement and the year; each exchange an event when the log keeps them."""
    agreement = world.agreements[row]
    if agreement.city_count == 0 and agreement.citizen_count == 0:
        return
    agreement.city_exchanges += agreement.city_count
    agreement.citizen_exchanges += agreement.citizen_count
    series = world.series[quarter // QUARTERS_PER_YEAR]
    series.city_exchanges += agreement.city_count
    series.citizen_exchanges += agreement.citizen_count
    if world.counters[KEEP_EXCHANGES] == 1:
        if agreement.city_count > 0:
            note_agreement(world, quarter, EXCHANGED, row, NO_SIDE, agreement.city_count, NO_CAUSE)
        if agreement.citizen_count > 0:
            note_agreement(world, quarter, EXCHANGED, row, 0, agreement.citizen_count, NO_CAUSE)
