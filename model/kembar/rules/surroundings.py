"""Process 1, surroundings: lever changes fall due, local budgets swing, crises and disasters strike, travel stops,
relations between countries strain, freeze and thaw, and the taste for sectors drifts.

Local budgets of a country follow a yearly first-order autoregression of their log deviation, ``cycle' = persistence
* cycle + spread * normal``; fiscal crises, disasters and travel stops begin with yearly rates and last a fixed
time, or are scheduled by the scenario. Each year a pair of countries may move one step among normal, strained and
frozen: ``strain_rate * exp(-citizen_thaw * ties)`` upwards, ``thaw_rate * (1 + citizen_thaw * ties)`` back, with
`ties` the sum of embeddedness of the agreements between them [S16, S26]. Sector weights drift by ``exp(sector_drift
* practicality * years)`` from cultural gestures to practical work [S24].
"""

import math

import numpy as np

from kembar.compilation import rule
from kembar.randomness import (
    COUNTRY_CRISIS,
    COUNTRY_CYCLE,
    COUNTRY_DISASTER,
    COUNTRY_RELATION,
    WORLD_TRAVEL,
    normal,
    uniform,
)
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    CHANGES_DONE,
    DISASTER,
    DISASTER_STRUCK,
    DORMANT,
    EVERYWHERE,
    FISCAL_CRISIS,
    FISCAL_CRISIS_BEGAN,
    FREEZE,
    FROZEN,
    IN_CITY,
    IN_COUNTRY,
    NO_SIDE,
    NORMAL,
    QUARTERS_PER_YEAR,
    RELATIONS_CHANGED,
    SECTOR_COUNT,
    STRAINED,
    TRAVEL_STOP,
    TRAVEL_STOPPED,
    Record,
    World,
)
from kembar.rules.numbers import chance
from kembar.rules.recording import note_surroundings


@rule
def surroundings(world: World, quarter: int, quarter_of_year: int) -> None:
    """Bring levers, countries and relations up to this quarter."""
    apply_changes(world, quarter)
    sum_citizen_ties(world, quarter)
    p = world.parameters[0]
    around = world.surroundings[0]
    if quarter % QUARTERS_PER_YEAR == 0:
        drift_tastes(around, quarter, p)
        relate_countries(world, quarter)
    disrupt_travel(world, quarter)
    for row in range(len(world.countries)):
        country = world.countries[row]
        strike(world, country, row, quarter)
        if quarter_of_year == country.fiscal_quarter:
            turn_fiscal_year(world, country, row, quarter)
        country.crisis = country.crisis_depth if quarter < country.crisis_until_quarter else 0.0
        country.travel = around.travel_severity if quarter < around.travel_until_quarter else 0.0
        country.tourism_pool = 0.0
        country.trade_pool = 0.0
    apply_scheduled(world, quarter)


@rule
def apply_changes(world: World, quarter: int) -> None:
    """Set the levers whose change falls due; changes come in order of their quarter."""
    done = world.counters[CHANGES_DONE]
    while done < len(world.changes) and world.changes[done].quarter <= quarter:
        change = world.changes[done]
        world.lever_values[change.city, change.lever] = change.value
        done += 1
    world.counters[CHANGES_DONE] = done


@rule
def drift_tastes(around: Record, quarter: int, p: Record) -> None:
    """Sector weights shift over decades towards practical work."""
    years = quarter / QUARTERS_PER_YEAR
    for sector in range(SECTOR_COUNT):
        around.taste[sector] = math.exp(p.sector_drift * p.sector_practicality[sector] * years)


@rule
def sum_citizen_ties(world: World, quarter: int) -> None:
    """Once a year, sum the embeddedness of the agreements between each two countries."""
    if quarter % QUARTERS_PER_YEAR != 0:
        return
    world.citizen_ties[:, :] = 0.0
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage == ACTIVE or agreement.stage == DORMANT:
            first = min(world.cities[agreement.a].country, world.cities[agreement.b].country)
            second = max(world.cities[agreement.a].country, world.cities[agreement.b].country)
            world.citizen_ties[first, second] += agreement.embeddedness


@rule
def relate_countries(world: World, quarter: int) -> None:
    """Each pair of countries may move one step among normal, strained and frozen relations."""
    p = world.parameters[0]
    count = len(world.countries)
    for first in range(count):
        for second in range(first + 1, count):
            draw = uniform(world.seed, COUNTRY_RELATION, world.country_pair_keys[first, second], quarter, 0)
            before = world.relation[first, second]
            after = next_relation(before, world.citizen_ties[first, second], draw, p)
            if after != before:
                world.relation[first, second] = after
                world.relation[second, first] = after
                note_surroundings(world, quarter, RELATIONS_CHANGED, first, second, after)


@rule
def next_relation(before: int, ties: float, draw: float, p: Record) -> int:
    """Relation of two countries a year later, for one uniform draw."""
    warmth = p.citizen_thaw * ties
    if before == NORMAL:
        return STRAINED if draw < chance(p.strain_rate * math.exp(-warmth), 1.0) else NORMAL
    recovery = chance(p.thaw_rate * (1.0 + warmth), 1.0)
    if before == STRAINED:
        if draw < recovery:
            return NORMAL
        if draw < recovery + (1.0 - recovery) * chance(p.freeze_rate * math.exp(-warmth), 1.0):
            return FROZEN
        return STRAINED
    return STRAINED if draw < recovery else FROZEN


@rule
def disrupt_travel(world: World, quarter: int) -> None:
    """A world-wide travel stop may begin (a pandemic)."""
    p = world.parameters[0]
    around = world.surroundings[0]
    if quarter >= around.travel_until_quarter:
        draw = uniform(world.seed, WORLD_TRAVEL, np.uint64(0), quarter, 0)
        if draw < chance(p.travel_stop_rate, 1.0 / QUARTERS_PER_YEAR):
            around.travel_until_quarter = quarter + int(p.travel_stop_years * QUARTERS_PER_YEAR)
            around.travel_severity = p.travel_stop_severity
            note_surroundings(world, quarter, TRAVEL_STOPPED, 0, NO_SIDE, 0)


@rule
def strike(world: World, country: Record, row: int, quarter: int) -> None:
    """A disaster may strike a country; partners answer with solidarity while it lasts [S25]."""
    p = world.parameters[0]
    if quarter >= country.disaster_until_quarter:
        country.disaster = 0.0
        draw = uniform(world.seed, COUNTRY_DISASTER, country.key, quarter, 0)
        if draw < chance(p.disaster_rate, 1.0 / QUARTERS_PER_YEAR):
            country.disaster_until_quarter = quarter + int(p.crisis_years * QUARTERS_PER_YEAR)
            country.disaster = 1.0
            note_surroundings(world, quarter, DISASTER_STRUCK, row, NO_SIDE, 0)


@rule
def turn_fiscal_year(world: World, country: Record, row: int, quarter: int) -> None:
    """Local budgets of a country swing; a fiscal crisis may begin."""
    p = world.parameters[0]
    shock = normal(world.seed, COUNTRY_CYCLE, country.key, quarter, 0)
    country.cycle = p.fiscal_persistence * country.cycle + p.fiscal_spread * shock
    if quarter >= country.crisis_until_quarter:
        draw = uniform(world.seed, COUNTRY_CRISIS, country.key, quarter, 0)
        if draw < chance(p.fiscal_crisis_rate, 1.0):
            country.crisis_until_quarter = quarter + int(p.crisis_years * QUARTERS_PER_YEAR)
            country.crisis_depth = p.fiscal_crisis_depth
            note_surroundings(world, quarter, FISCAL_CRISIS_BEGAN, row, NO_SIDE, 0)


@rule
def apply_scheduled(world: World, quarter: int) -> None:
    """Lay the scenario's own crises, disasters, travel stops and freezes over the random ones."""
    if len(world.scheduled) == 0:
        return
    world.scheduled_freeze[:, :] = 0
    for row in range(len(world.cities)):
        world.cities[row].crisis = 0.0
        world.cities[row].disaster = 0.0
        world.cities[row].travel = 0.0
    for number in range(len(world.scheduled)):
        event = world.scheduled[number]
        if quarter < event.from_quarter or quarter >= event.until_quarter:
            continue
        if event.kind == FREEZE:
            world.scheduled_freeze[event.index, event.other] = 1
            world.scheduled_freeze[event.other, event.index] = 1
        else:
            for row in range(len(world.cities)):
                city = world.cities[row]
                if (
                    event.scope == EVERYWHERE
                    or (event.scope == IN_COUNTRY and event.index == city.country)
                    or (event.scope == IN_CITY and event.index == row)
                ):
                    if event.kind == TRAVEL_STOP:
                        city.travel = max(city.travel, event.severity)
                    elif event.kind == FISCAL_CRISIS:
                        city.crisis = max(city.crisis, event.severity)
                    elif event.kind == DISASTER:
                        city.disaster = max(city.disaster, event.severity)


@rule
def relation_between(world: World, first: int, second: int) -> int:
    """Relation of two countries now, scheduled freezes included."""
    if world.scheduled_freeze[first, second] == 1:
        return FROZEN
    return int(world.relation[first, second])


@rule
def disaster_at(world: World, city: Record) -> float:
    """Severity of the disaster a city lives through, 0-1."""
    return float(max(city.disaster, world.countries[city.country].disaster))


@rule
def travel_at(world: World, city: Record) -> float:
    """Severity of the travel disruption a city lives through, 0-1."""
    return float(max(city.travel, world.countries[city.country].travel))
