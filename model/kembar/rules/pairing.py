"""What two cities are to each other, and how an agreement's row is made.

Distance is great-circle (haversine); its share of the barrier grows with the logarithm, ``log(1 + km / s) /
log(1 + half the globe / s)``. Culture is known only by language and part of the world, so its distance is a stated
proxy. A city's agreements are chained from `first_agreement`, newest first, so that partners are found without a scan.
"""

import math
from typing import Final

import numpy as np

from kembar.compilation import rule
from kembar.randomness import AGREEMENT_CONTACT, combine, uniform
from kembar.records import (
    AGREEMENT_ROWS,
    ENDED,
    EXPLORING,
    LAST_MARK,
    NEVER,
    NO_CAUSE,
    NOT_ENDED,
    QUARTERS_PER_YEAR,
    SCHEDULED,
    SECTOR_COUNT,
    STATUS_NEW,
    Record,
    World,
)
from kembar.rules.numbers import bounded

_EARTH_RADIUS_KM: Final = 6371.0088  # mean radius, IUGG
_HALF_GLOBE_KM: Final = math.pi * _EARTH_RADIUS_KM
_HALF_DAY_HOURS: Final = 12.0


@rule
def great_circle_km(one: Record, two: Record) -> float:
    """Great-circle distance of two cities [km], haversine formula."""
    half_latitude = math.radians(two.latitude - one.latitude) / 2.0
    half_longitude = math.radians(two.longitude - one.longitude) / 2.0
    sine_latitude = math.sin(half_latitude)
    sine_longitude = math.sin(half_longitude)
    chord = sine_latitude * sine_latitude + (
        math.cos(math.radians(one.latitude)) * math.cos(math.radians(two.latitude)) * sine_longitude * sine_longitude
    )
    return 2.0 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


@rule
def distance_share(kilometres: float, p: Record) -> float:
    """Distance as a share of the largest possible, on a logarithmic scale, 0-1."""
    return math.log(1.0 + kilometres / p.distance_scale_km) / math.log(1.0 + _HALF_GLOBE_KM / p.distance_scale_km)


@rule
def complement(city: Record, partner: Record, around: Record) -> float:
    """How well a partner complements a city, 0-1: strong where the city's present priorities lie."""
    total = 0.0
    weight = 0.0
    for sector in range(SECTOR_COUNT):
        share = city.priority[sector] * around.taste[sector]
        total += share * partner.capability[sector]
        weight += share
    return total / weight


@rule
def latest_agreement(world: World, first: int, second: int) -> int:
    """Row of the latest agreement between two cities, -1 when there was none."""
    link = world.cities[first].first_agreement
    while link >= 0:
        agreement = world.agreements[link]
        side = 0 if agreement.a == first else 1
        other = agreement.b if side == 0 else agreement.a
        if other == second:
            return int(link)
        link = agreement.next[side]
    return -1


@rule
def mark_partners(world: World, row: int) -> int:
    """Mark the cities that hold an agreement, begun and not ended, with a city; returns the mark, new at every call."""
    world.counters[LAST_MARK] += 1
    mark = world.counters[LAST_MARK]
    link = world.cities[row].first_agreement
    while link >= 0:
        agreement = world.agreements[link]
        side = 0 if agreement.a == row else 1
        if agreement.stage != ENDED and agreement.stage != SCHEDULED:
            world.marks[agreement.b if side == 0 else agreement.a] = mark
        link = agreement.next[side]
    return int(mark)


@rule
def count_marked(world: World, row: int, mark: int) -> int:
    """Number of marked cities that hold an agreement, not ended, with a city: third partners common to both."""
    count = 0
    link = world.cities[row].first_agreement
    while link >= 0:
        agreement = world.agreements[link]
        side = 0 if agreement.a == row else 1
        other = agreement.b if side == 0 else agreement.a
        if agreement.stage != ENDED and agreement.stage != SCHEDULED and world.marks[other] == mark:
            count += 1
        link = agreement.next[side]
    return count


@rule
def chain(world: World, row: int) -> None:
    """Put an agreement at the head of its two cities' chains."""
    agreement = world.agreements[row]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    agreement.next[0] = city_a.first_agreement
    agreement.next[1] = city_b.first_agreement
    city_a.first_agreement = row
    city_b.first_agreement = row


@rule
def relate(world: World, row: int) -> None:
    """Write into an agreement what its two cities are to each other."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    country_a = world.countries[city_a.country]
    country_b = world.countries[city_b.country]
    agreement.language = world.language[city_a.country, city_b.country]
    is_far = country_a.continent != country_b.continent
    agreement.culture = (1.0 - agreement.language) * (1.0 if is_far else p.culture_near)
    agreement.distance_km = great_circle_km(city_a, city_b)
    agreement.distance = distance_share(agreement.distance_km, p)
    hours = abs(city_a.utc_offset_hours - city_b.utc_offset_hours)
    agreement.hours_apart = min(hours, 2.0 * _HALF_DAY_HOURS - hours) / _HALF_DAY_HOURS
    agreement.hours_apart = bounded(agreement.hours_apart)
    draw = uniform(world.seed, AGREEMENT_CONTACT, agreement.key, 0, 0)
    agreement.prior_contact = 1.0 if agreement.generation > 1 or draw < p.prior_contact_share else 0.0
    agreement.fit[0] = complement(city_a, city_b, world.surroundings[0])
    agreement.fit[1] = complement(city_b, city_a, world.surroundings[0])


@rule
def blank_agreement(agreement: Record) -> None:
    """Dates that have not happened, causes that are not known, and no preference."""
    agreement.status = STATUS_NEW
    agreement.register_row = -1
    agreement.opened_quarter = NEVER
    agreement.letter_quarter = NEVER
    agreement.signed_quarter = NEVER
    agreement.entry_quarter = NEVER
    agreement.active_since_quarter = NEVER
    agreement.term_end_quarter = NEVER
    agreement.last_exchange_quarter = NEVER
    agreement.first_dormant_quarter = NEVER
    agreement.dormant_quarter = NEVER
    agreement.ended_quarter = NEVER
    agreement.notice_quarter = NEVER
    agreement.cause = NO_CAUSE
    agreement.first_cause = NO_CAUSE
    agreement.split_row = NO_CAUSE
    agreement.how = NOT_ENDED
    agreement.preference[0] = 1.0
    agreement.preference[1] = 1.0


@rule
def open_talks(world: World, first: int, second: int, quarter: int) -> int:
    """Make the row of a new agreement that begins by exploring; returns its row."""
    row = world.counters[AGREEMENT_ROWS]
    before = latest_agreement(world, first, second)
    agreement = world.agreements[row]
    blank_agreement(agreement)
    agreement.a = first
    agreement.b = second
    agreement.generation = 1 if before < 0 else world.agreements[before].generation + 1
    pair = combine(world.cities[first].key, world.cities[second].key)
    agreement.key = combine(pair, np.uint64(agreement.generation))
    agreement.stage = EXPLORING
    agreement.opened_quarter = quarter
    chain(world, row)
    world.counters[AGREEMENT_ROWS] = row + 1
    world.series[quarter // QUARTERS_PER_YEAR].talks_opened += 1.0
    relate(world, row)
    return int(row)
