"""Process 7, allocation: each city divides money and staff time over its agreements.

Every open agreement costs coordination time before anything else, so a portfolio beyond carrying capacity thins
them all [S12, S17, S22]; monitoring and programmes take their part too. What is left goes to active agreements in
proportion to how much the city values each, ``exp(value_trust * T + value_satisfaction * s + value_goodwill * G)``
times a preference that is 1 unless people decide for the city, up to what each needs; money that some do not need goes
to those whose needs are not met. Unseen agreements of cities whose other partners the world does not contain take a
share like any other. Exchanges differ in what they need: knowledge and friendship cost little, student exchange and
joint projects need a budget; a digital exchange saves most of the travel [S04, S08].
"""

import math

from kembar.compilation import rule
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    DORMANT,
    EXPLORING,
    LETTER,
    QUARTERS_PER_YEAR,
    Record,
    World,
)
from kembar.rules.budgets import quarterly_money
from kembar.rules.numbers import bounded


@rule
def allocation(world: World) -> None:
    """Count portfolios, pay for coordination and programmes, then divide the rest."""
    clear_portfolios(world)
    count_portfolios(world)
    for row in range(len(world.cities)):
        reserve(world.cities[row], world.levers[row], world.parameters[0])
    grant_first_round(world)
    grant_second_round(world)


@rule
def clear_portfolios(world: World) -> None:
    """Begin the quarter's count."""
    for row in range(len(world.cities)):
        city = world.cities[row]
        city.open_count = 0
        city.active_count = 0
        city.dormant_count = 0
        city.load = 0.0
        city.value_sum = 0.0
        city.money_granted = 0.0
        city.assigned_fte = 0.0
        city.money_unmet = 0.0
        city.planned_kusd = 0.0
        city.exchange_count = 0
        city.spending_kusd = 0.0
        city.satisfaction_sum = 0.0


@rule
def value_of(agreement: Record, side: int, p: Record) -> float:
    """How much a side values an agreement, relative to one without trust, satisfaction or goodwill."""
    return math.exp(
        p.value_trust * agreement.trust
        + p.value_satisfaction * agreement.satisfaction[side]
        + p.value_goodwill * agreement.goodwill[side]
    )


@rule
def digital_share(levers_a: Record, levers_b: Record) -> float:
    """Digital share of a pair's exchanges: the mean of the two sides' wishes."""
    return float(0.5 * (levers_a.digital_share + levers_b.digital_share))


@rule
def travel_saving(digital: float, p: Record) -> float:
    """What digital exchange leaves of the cost, 0-1."""
    return float(1.0 - p.digital_saving * digital)


@rule
def exchange_cost(agreement: Record, levers: Record, p: Record) -> float:
    """What one exchange costs a side [kusd]: farther is dearer, digital and knowledge exchange cheaper."""
    kinds = 1.0 - levers.knowledge_share * (1.0 - p.knowledge_cost)
    way = 1.0 + p.cost_distance * agreement.distance
    return float(p.exchange_cost_kusd * way * travel_saving(agreement.digital, p) * kinds)


@rule
def count_portfolios(world: World) -> None:
    """What each city has to coordinate and how much it values."""
    p = world.parameters[0]
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        stage = agreement.stage
        if stage == ACTIVE:
            agreement.digital = digital_share(world.levers[agreement.a], world.levers[agreement.b])
            for side in range(2):
                city_row = agreement.a if side == 0 else agreement.b
                city = world.cities[city_row]
                agreement.value[side] = agreement.preference[side] * value_of(agreement, side, p)
                cost = exchange_cost(agreement, world.levers[city_row], p)
                agreement.need_kusd[side] = p.needed_exchanges * cost
                city.value_sum += agreement.value[side]
                city.active_count += 1
                city.open_count += 1
                city.load += 1.0
                city.satisfaction_sum += agreement.satisfaction[side]
        elif stage == DORMANT:
            agreement.digital = digital_share(world.levers[agreement.a], world.levers[agreement.b])
            for side in range(2):
                city = world.cities[agreement.a if side == 0 else agreement.b]
                city.dormant_count += 1
                city.load += p.idle_load
        elif stage == EXPLORING or stage == LETTER:
            for side in range(2):
                city = world.cities[agreement.a if side == 0 else agreement.b]
                city.open_count += 1
                city.load += p.idle_load


@rule
def coordination_need(city: Record, levers: Record, p: Record) -> float:
    """Staff time that the portfolio takes before any exchange [fte]; a routine saves part of it [S17]."""
    routine = 1.0 - p.routine_saving * levers.coordination_routine
    upkeep = p.coordination_fte * routine * (city.load + city.background)
    return float(upkeep + p.monitoring_fte * levers.monitoring * city.active_count)


@rule
def programme_cost(city: Record, levers: Record, p: Record) -> float:
    """What the city's programmes would cost this quarter [kusd]."""
    wanted = (
        levers.civic_programme
        + levers.business_programme
        + levers.citizen_committee
        + levers.staff_training
        + levers.language_training
        + levers.intercultural_training
        + levers.capacity_building
        + levers.partner_assessment
    )
    return float(p.programme_kusd * wanted * min(1.0, city.load) / QUARTERS_PER_YEAR)


@rule
def reserve(city: Record, levers: Record, p: Record) -> None:
    """Take coordination time and programme money off the top; programmes are covered as far as their share goes."""
    city.coordination_fte = min(city.staff, coordination_need(city, levers, p))
    city.free_fte = city.staff - city.coordination_fte
    money = quarterly_money(city, p)
    wanted = programme_cost(city, levers, p)
    paid = min(wanted, p.programme_share * money)
    city.programme_coverage = paid / wanted if wanted > 0.0 else 1.0
    city.spending_kusd += paid
    city.available_kusd = money - paid
    city.value_sum += city.background


@rule
def grant_first_round(world: World) -> None:
    """Money in proportion to value up to the need; time in proportion to value up to a comfortable post."""
    p = world.parameters[0]
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage != ACTIVE:
            continue
        for side in range(2):
            city = world.cities[agreement.a if side == 0 else agreement.b]
            share = agreement.value[side] / city.value_sum
            wanted = agreement.need_kusd[side]
            granted = min(wanted, city.executable_kusd * share)
            agreement.money_kusd[side] = granted
            agreement.time_fte[side] = min(p.comfortable_fte, city.free_fte * share)
            city.money_granted += granted
            city.assigned_fte += agreement.time_fte[side]
            city.money_unmet += wanted - granted


@rule
def grant_second_round(world: World) -> None:
    """Leftover money meets the needs still open, all by the same share; what is left in hand is the quarter's purse."""
    for row in range(len(world.cities)):
        city = world.cities[row]
        background = city.executable_kusd * city.background
        city.money_granted += background / city.value_sum if city.value_sum > 0.0 else 0.0
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage != ACTIVE:
            continue
        for side in range(2):
            city = world.cities[agreement.a if side == 0 else agreement.b]
            left = max(0.0, city.executable_kusd - city.money_granted)
            share = bounded(left / city.money_unmet) if city.money_unmet > 0.0 else 0.0
            agreement.money_kusd[side] += (agreement.need_kusd[side] - agreement.money_kusd[side]) * share
            claim = agreement.money_kusd[side] / city.executable_kusd if city.executable_kusd > 0.0 else 0.0
            agreement.purse_kusd[side] = city.available_kusd * bounded(claim)
            city.planned_kusd += agreement.money_kusd[side]


@rule
def keep_up(world: World, quarter_of_year: int) -> None:
    """At the end of the fiscal year the rest of an active agreement's money goes into its upkeep.

    Receptions, translations, visits prepared and not held, grants to associations: the money that readiness rests on.
    """
    for row in range(len(world.cities)):
        city = world.cities[row]
        city.upkeep_kusd = 0.0
        if (quarter_of_year + 1) % QUARTERS_PER_YEAR == world.countries[city.country].fiscal_quarter:
            city.upkeep_kusd = max(0.0, city.executable_kusd - city.spent_kusd - city.spending_kusd)
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage != ACTIVE:
            continue
        for side in range(2):
            city = world.cities[agreement.a if side == 0 else agreement.b]
            if city.upkeep_kusd <= 0.0:
                continue
            paid = city.upkeep_kusd * bounded(agreement.money_kusd[side] / city.executable_kusd)
            agreement.spent_kusd[side] += paid
            city.spending_kusd += paid
