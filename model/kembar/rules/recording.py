"""Process 12, recording: events as they happen and the year's sums, nothing more.

Buffers that run out are not an error of the run: the overflow is flagged and the run is repeated with more room.
"""

from kembar.compilation import rule
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    DORMANT,
    ENDED,
    EVENT_ROWS,
    EXPLORING,
    LETTER,
    NO_CAUSE,
    OVERFLOWED,
    QUARTERS_PER_YEAR,
    SECTOR_COUNT,
    SPLIT_ROWS,
    STALLED,
    Record,
    World,
)


@rule
def note_surroundings(world: World, quarter: int, kind: int, subject: int, other: int, detail: int) -> None:
    """Log an event of a city, a country, a pair of countries or the world."""
    row = world.counters[EVENT_ROWS]
    if row >= len(world.events):
        world.counters[OVERFLOWED] = 1
        return
    event = world.events[row]
    event.quarter = quarter
    event.kind = kind
    event.subject = subject
    event.other = other
    event.detail = detail
    event.split_row = NO_CAUSE
    world.counters[EVENT_ROWS] = row + 1


@rule
def note_agreement(world: World, quarter: int, kind: int, subject: int, side: int, detail: int, split_row: int) -> None:
    """Log an event of an agreement with the values behind it."""
    row = world.counters[EVENT_ROWS]
    note_surroundings(world, quarter, kind, subject, side, detail)
    if world.counters[EVENT_ROWS] == row:
        return
    agreement = world.agreements[subject]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    event = world.events[row]
    event.split_row = split_row
    event.values[0] = city_a.commitment
    event.values[1] = city_b.commitment
    event.values[2] = city_a.staff
    event.values[3] = city_b.staff
    event.values[4] = agreement.money_kusd[0]
    event.values[5] = agreement.money_kusd[1]
    event.values[6] = agreement.trust
    event.values[7] = agreement.embeddedness
    event.values[8] = agreement.satisfaction[0]
    event.values[9] = agreement.satisfaction[1]


@rule
def new_split_row(world: World) -> int:
    """Room for one more split of a shortfall; -1 when the buffer is full."""
    row = world.counters[SPLIT_ROWS]
    if row >= len(world.splits):
        world.counters[OVERFLOWED] = 1
        return NO_CAUSE
    world.counters[SPLIT_ROWS] = row + 1
    return int(row)


@rule
def recording(world: World, quarter: int) -> None:
    """Add this quarter to the year's sums; in its last quarter take the stocks."""
    year = quarter // QUARTERS_PER_YEAR
    is_last = quarter % QUARTERS_PER_YEAR == QUARTERS_PER_YEAR - 1
    record_cities(world, year, is_last)
    if is_last:
        add_up_cities(world, year)
    record_entries(world, quarter)
    if is_last:
        record_stocks(world, year)


@rule
def visible_share(city: Record) -> float:
    """Share of a city's portfolio that this world contains; money and staff are recorded for that share only."""
    if city.background <= 0.0:
        return 1.0
    return float(city.load / (city.load + city.background))


@rule
def visible_money(city: Record) -> float:
    """The same for money, by what is planned for agreements of both kinds."""
    if city.background <= 0.0:
        return 1.0
    unseen = city.executable_kusd * city.background / city.value_sum
    return float(city.planned_kusd / (city.planned_kusd + unseen)) if unseen > 0.0 else 0.0


@rule
def record_cities(world: World, year: int, is_last: bool) -> None:
    """Money, time and benefits of the cities, summed over the year; means over its four quarters."""
    series = world.series[year]
    share = 1.0 / QUARTERS_PER_YEAR
    with_agreements = 0
    commitment = 0.0
    satisfaction = 0.0
    for row in range(len(world.cities)):
        city = world.cities[row]
        if city.first_agreement < 0 and city.appropriated_kusd <= 0.0:
            continue
        visible = visible_share(city)
        paid_for = visible_money(city)
        used = city.coordination_fte * visible + city.assigned_fte
        series.appropriated_kusd += city.appropriated_kusd * paid_for * share
        series.executable_kusd += city.executable_kusd * paid_for * share
        series.spent_kusd += city.spending_kusd
        series.external_kusd += city.spending_kusd * city.external_share
        series.staff_fte += city.staff * visible * share
        series.used_fte += used * share
        tangible = 0.0
        intangible = 0.0
        public = 0.0
        for sector in range(SECTOR_COUNT):
            tangible += city.arriving_tangible[sector]
            intangible += city.arriving_intangible[sector]
            public += city.arriving_public[sector]
        series.tangible_points += tangible
        series.intangible_points += intangible
        series.public_points += public
        if city.active_count > 0:
            with_agreements += 1
            commitment += city.commitment
            satisfaction += city.satisfaction_sum / city.active_count
        mine = world.city_years[min(year, len(world.city_years) - 1), row]
        mine.appropriated_kusd += city.appropriated_kusd * paid_for * share
        mine.executable_kusd += city.executable_kusd * paid_for * share
        mine.spent_kusd += city.spending_kusd
        mine.external_kusd += city.spending_kusd * city.external_share
        mine.staff_fte += city.staff * visible * share
        mine.used_fte += used * share
        mine.exchanges += city.exchange_count
        mine.tangible_points += tangible
        mine.intangible_points += intangible
        mine.public_points += public
        for sector in range(SECTOR_COUNT):
            mine.sector_points[sector] += city.arriving_tangible[sector] + city.arriving_intangible[sector]
        if is_last:
            mine.experience = city.experience
            mine.commitment = city.commitment
            mine.institutionalisation = city.institutionalisation
            mine.support = city.support
            mine.active = city.active_count
    if is_last and with_agreements > 0:
        series.commitment = commitment / with_agreements
        series.satisfaction = satisfaction / with_agreements


@rule
def add_up_cities(world: World, year: int) -> None:
    """Add the year to each city's totals, and make room for the next one where years are not kept."""
    is_kept = len(world.city_years) > 1 or len(world.series) == 1
    for row in range(len(world.cities)):
        mine = world.city_years[min(year, len(world.city_years) - 1), row]
        total = world.city_totals[row]
        total.appropriated_kusd += mine.appropriated_kusd
        total.executable_kusd += mine.executable_kusd
        total.spent_kusd += mine.spent_kusd
        total.external_kusd += mine.external_kusd
        total.staff_fte += mine.staff_fte
        total.used_fte += mine.used_fte
        total.exchanges += mine.exchanges
        total.tangible_points += mine.tangible_points
        total.intangible_points += mine.intangible_points
        total.public_points += mine.public_points
        total.experience = mine.experience
        total.commitment = mine.commitment
        total.institutionalisation = mine.institutionalisation
        total.support = mine.support
        total.active = mine.active
        for sector in range(SECTOR_COUNT):
            total.sector_points[sector] += mine.sector_points[sector]
        if not is_kept:
            mine.appropriated_kusd = 0.0
            mine.executable_kusd = 0.0
            mine.spent_kusd = 0.0
            mine.external_kusd = 0.0
            mine.staff_fte = 0.0
            mine.used_fte = 0.0
            mine.exchanges = 0.0
            mine.tangible_points = 0.0
            mine.intangible_points = 0.0
            mine.public_points = 0.0
            mine.sector_points[:] = 0.0


@rule
def record_entries(world: World, quarter: int) -> None:
    """What both cities bring into an agreement in the quarter in which the run first sees it as signed."""
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.entry_quarter != quarter:
            continue
        for side in range(2):
            city = world.cities[agreement.a if side == 0 else agreement.b]
            portfolio = max(1.0, city.open_count + city.background)
            agreement.entry_commitment[side] = city.commitment
            agreement.entry_staff[side] = city.staff / portfolio
            agreement.entry_money_kusd[side] = city.appropriated_kusd / portfolio


@rule
def record_stocks(world: World, year: int) -> None:
    """Stages at the end of the year."""
    series = world.series[year]
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage == ACTIVE:
            series.active += 1.0
        elif agreement.stage == DORMANT:
            series.dormant += 1.0
        elif agreement.stage == ENDED:
            series.ended += 1.0
        elif agreement.stage == EXPLORING:
            series.exploring += 1.0
        elif agreement.stage == LETTER:
            series.letter_of_intent += 1.0
        elif agreement.stage == STALLED:
            series.stalled += 1.0
        series.frozen += agreement.is_frozen
        if agreement.stage == ACTIVE or agreement.stage == DORMANT:
            series.in_force += agreement.in_force
