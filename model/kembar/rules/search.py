"""Process 5, partner search: committed cities with room compare a few candidates and open talks.

Once a year every city open to search draws a place on a ring; a searching city meets the next few cities after a
place of its own draw. So each sees a bounded, unbiased sample, the cost grows with the number of cities and not its
square, and a city that is closed to search changes nobody's sample. A candidate's worth is a weighted sum of
likeness in size, complementary sectors, the partner's commitment, shared language, nearness, common partners,
national facilitation and relations, and a region not yet in the portfolio [S14, S24, E9.9]; it is judged with an
error that assessment reduces [S13]. The best candidate above the threshold gets an offer, accepted if the other
side judges it worth while and has room. All offers are collected before any is accepted, best score first, ties
broken by key.
"""

import math
from typing import Final

from kembar.compilation import rule
from kembar.randomness import CITY_JUDGEMENT, CITY_PLACE, CITY_SEARCH, CITY_VISIT, combine, normal, uniform
from kembar.records import (
    AGREEMENT_ROWS,
    ENDED,
    FROZEN,
    NO_SIDE,
    OVERFLOWED,
    QUARTERS_PER_YEAR,
    SCHEDULED,
    STRAINED,
    TALKS_OPENED,
    IntegerArray,
    Record,
    World,
)
from kembar.rules.numbers import chance
from kembar.rules.ordering import first_place_from, sort_places
from kembar.rules.pairing import (
    complement,
    count_marked,
    distance_share,
    great_circle_km,
    latest_agreement,
    mark_partners,
    open_talks,
)
from kembar.rules.recording import note_agreement
from kembar.rules.surroundings import disaster_at, relation_between, travel_at

_BEHIND_THE_RING: Final = 2.0  # places on the ring are below 1


@rule
def partner_search(world: World, quarter: int) -> None:
    """Collect the offers of all searching cities, then accept them in order of score."""
    if quarter % QUARTERS_PER_YEAR == 0:
        draw_ring(world, quarter)
    count = 0
    p = world.parameters[0]
    for row in range(len(world.cities)):
        world.offers[row] = -1
        city = world.cities[row]
        if city.is_open_to_search == 1 and searches(world, row, quarter):
            find_candidate(world, row, quarter, p)
            if world.offers[row] >= 0:
                count += 1
    if count > 0:
        accept_offers(world, quarter, count)


@rule
def draw_ring(world: World, quarter: int) -> None:
    """Place the cities open to search on this year's ring; the others stand behind it."""
    for row in range(len(world.cities)):
        city = world.cities[row]
        if city.is_open_to_search == 1:
            world.ring[row] = uniform(world.seed, CITY_PLACE, city.key, quarter, 0)
        else:
            world.ring[row] = _BEHIND_THE_RING
        world.ring_order[row] = row
    sort_places(world.ring, world.ring_order)


@rule
def room_share(city: Record, levers: Record, p: Record) -> float:
    """How much of the office is free for another partner, 0-1; 0 at the portfolio cap."""
    if city.open_count >= levers.portfolio_cap or city.staff <= 0.0:
        return 0.0
    return float(math.exp(-(city.load + city.background) * p.comfortable_fte / city.staff))


@rule
def searches(world: World, row: int, quarter: int) -> bool:
    """Whether a city looks for a partner this quarter: initiative needs commitment, autonomy and room [S23]."""
    city = world.cities[row]
    levers = world.levers[row]
    p = world.parameters[0]
    initiative = p.autonomy_floor + (1.0 - p.autonomy_floor) * levers.decentralisation
    rate = p.search_rate * levers.search_effort * city.commitment * initiative * room_share(city, levers, p)
    rate *= city.outreach
    rate *= 1.0 - p.travel_formation_loss * travel_at(world, city)
    if rate <= 0.0:
        return False
    return bool(uniform(world.seed, CITY_SEARCH, city.key, quarter, 0) < chance(rate, 1.0 / QUARTERS_PER_YEAR))


@rule
def find_candidate(world: World, row: int, quarter: int, p: Record) -> None:
    """Judge the candidates met this quarter and keep the best one above the threshold."""
    city = world.cities[row]
    members = first_place_from(world.ring, _BEHIND_THE_RING)
    start = first_place_from(world.ring, uniform(world.seed, CITY_VISIT, city.key, quarter, 0))
    best = -math.inf
    mark = mark_partners(world, row)
    for step in range(min(int(p.candidate_count), members)):
        other = world.ring_order[(start + step) % members]
        if may_pair(world, row, other):
            score = judged_worth(world, row, other, quarter, mark)
            if score > best:
                best = score
                world.offers[row] = other
                world.offer_scores[row] = score
    if best < p.search_threshold:
        world.offers[row] = -1


@rule
def may_pair(world: World, first: int, second: int) -> bool:
    """Whether the model may bring two cities together: never two for which people decide, who must both wish it."""
    if world.cities[first].is_played == 1 and world.cities[second].is_played == 1:
        return False
    return is_possible_pair(world, first, second)


@rule
def is_possible_pair(world: World, first: int, second: int) -> bool:
    """Agreements are between cities of two countries, one of them in the world's focus, with no agreement alive."""
    one = world.cities[first]
    two = world.cities[second]
    if one.country == two.country or (one.is_focal == 0 and two.is_focal == 0):
        return False
    if relation_between(world, one.country, two.country) == FROZEN:
        return False
    known = latest_agreement(world, first, second)
    return bool(known < 0 or world.agreements[known].stage == ENDED)


@rule
def worth(world: World, row: int, other: int, mark: int) -> float:
    """What a partner is truly worth to a city, before any error of judgement."""
    p = world.parameters[0]
    city = world.cities[row]
    partner = world.cities[other]
    likeness = math.exp(-abs(city.log_population - partner.log_population) / p.size_tolerance)
    fit = complement(city, partner, world.surroundings[0])
    language = world.language[city.country, partner.country]
    near = 1.0 - distance_share(great_circle_km(city, partner), p)
    common = count_marked(world, other, mark)
    clarity = 0.5 * (world.levers[row].legal_clarity + world.levers[other].legal_clarity)
    strain = 1.0 if relation_between(world, city.country, partner.country) == STRAINED else 0.0
    fresh = 0.0 if has_partner_in(world, row, world.countries[partner.country].continent) else 1.0
    solidarity = disaster_at(world, partner)
    return float(
        p.worth_size * likeness
        + p.worth_complement * fit
        + p.worth_commitment * partner.commitment
        + p.worth_language * language
        + p.worth_nearness * near
        + p.worth_common_partner * (1.0 - math.exp(-common))
        + p.worth_facilitation * clarity
        - p.worth_strain * strain
        + p.worth_new_region * fresh
        + p.worth_solidarity * solidarity
    )


@rule
def has_partner_in(world: World, row: int, continent: int) -> bool:
    """Whether a city already holds an agreement in a region of the world."""
    link = world.cities[row].first_agreement
    while link >= 0:
        agreement = world.agreements[link]
        side = 0 if agreement.a == row else 1
        other = agreement.b if side == 0 else agreement.a
        is_held = agreement.stage != ENDED and agreement.stage != SCHEDULED
        if is_held and world.countries[world.cities[other].country].continent == continent:
            return True
        link = agreement.next[side]
    return False


@rule
def judged_worth(world: World, row: int, other: int, quarter: int, mark: int) -> float:
    """Worth as the city sees it: an assessment before signing narrows the error [S13]."""
    p = world.parameters[0]
    spread = p.judgement_error * (1.0 - p.assessment_precision * world.levers[row].partner_assessment)
    pair = combine(world.cities[row].key, world.cities[other].key)
    return float(worth(world, row, other, mark) + spread * normal(world.seed, CITY_JUDGEMENT, pair, quarter, 0))


@rule
def accept_offers(world: World, quarter: int, count: int) -> None:
    """Accept offers in order of score, then of key (row order); one city takes part in one new talk a quarter."""
    first_new = world.counters[AGREEMENT_ROWS]
    searching = world.searching[:count]
    place = 0
    for row in range(len(world.offers)):
        if world.offers[row] >= 0:
            searching[place] = row
            place += 1
    for _ in range(count):
        row = best_offer(world, searching)
        other = world.offers[row]
        world.offers[row] = -1
        if is_taken(world, row, first_new) or is_taken(world, other, first_new):
            continue
        if not has_room(world, other) or not is_worth_while(world, other, row, quarter):
            continue
        if not begin_talks(world, row, other, quarter):
            return


@rule
def has_room(world: World, row: int) -> bool:
    """Whether a city takes offers at all: open to search and with room for another partner."""
    city = world.cities[row]
    return bool(city.is_open_to_search == 1 and room_share(city, world.levers[row], world.parameters[0]) > 0.0)


@rule
def is_worth_while(world: World, row: int, other: int, quarter: int) -> bool:
    """Whether a city judges another worth talks."""
    judged = judged_worth(world, row, other, quarter, mark_partners(world, row))
    return bool(judged >= world.parameters[0].search_threshold)


@rule
def begin_talks(world: World, row: int, other: int, quarter: int) -> bool:
    """Open the talks that a city has proposed to another; False when there is no room for their row."""
    if world.counters[AGREEMENT_ROWS] >= len(world.agreements):
        world.counters[OVERFLOWED] = 1
        return False
    agreement_row = open_talks(world, min(row, other), max(row, other), quarter)
    note_agreement(world, quarter, TALKS_OPENED, agreement_row, 0 if row < other else 1, 0, NO_SIDE)
    return True


@rule
def best_offer(world: World, searching: IntegerArray) -> int:
    """Row of the city whose open offer has the highest score; the first by key among equals."""
    best = -1
    for place in range(len(searching)):
        row = searching[place]
        if world.offers[row] >= 0 and (best < 0 or world.offer_scores[row] > world.offer_scores[best]):
            best = row
    return best


@rule
def is_taken(world: World, row: int, first_new: int) -> bool:
    """Whether a city already opened talks this quarter."""
    return bool(world.cities[row].first_agreement >= first_new)
