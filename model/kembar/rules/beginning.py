"""Where a run starts: the hidden state of cities and agreements, drawn once per run.

Being listed proves a signature, not activity. What no table tells is drawn per run, so that results pool over
what is not known: heads and their terms, offices, institutions, engagement, capabilities and priorities of cities;
signing dates that are missing, from the recorded dates of like status; whether a listed agreement is active, with odds
that its status moves; trust, goodwill, ownership and carriers by its age. In a hindcast recorded signings come at
their dates, and talks begin earlier by drawn times.
"""

import math

from kembar.compilation import rule
from kembar.randomness import (
    AGREEMENT_START,
    AGREEMENT_TALKS,
    AGREEMENT_YEAR,
    CITY_CAPABILITY,
    CITY_FIRST_LEADER,
    CITY_FIRST_TERM,
    CITY_OFFICE,
    CITY_PRIORITY,
    CITY_SOCIETY,
    COUNTRY_START,
    normal,
    uniform,
)
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    CLOCK_STAGES,
    DORMANT,
    EXPLORING,
    LETTER,
    NEVER,
    QUARTERS_PER_YEAR,
    SCHEDULED,
    SECTOR_COUNT,
    STALLED,
    START_HINDCAST,
    START_KIND,
    START_REGISTER,
    STATUS_CONFIRMED,
    STATUS_DORMANT,
    STATUS_EXPLORATORY,
    STATUS_FORMER,
    STATUS_LAPSED,
    STATUS_LETTER,
    STATUS_STALLED,
    Record,
    World,
)
from kembar.rules.budgets import absorption_limit, executable_money, most_granted, wished_budget
from kembar.rules.negotiation import choose_focus, first_expectation, term_quarters
from kembar.rules.numbers import bounded, kumaraswamy, log_odds, logistic
from kembar.rules.pairing import chain, relate
from kembar.rules.staffing import staff_target
from kembar.rules.surroundings import apply_changes, drift_tastes

_DISTANT_YEARS = 100.0


@rule
def begin(world: World) -> None:
    """Draw the state of the first quarter."""
    p = world.parameters[0]
    around = world.surroundings[0]
    around.travel_until_quarter = NEVER
    apply_changes(world, 0)
    drift_tastes(around, 0, p)
    for row in range(len(world.countries)):
        country = world.countries[row]
        country.crisis_until_quarter = NEVER
        country.disaster_until_quarter = NEVER
        spread = p.fiscal_spread / math.sqrt(1.0 - p.fiscal_persistence * p.fiscal_persistence)
        country.cycle = spread * normal(world.seed, COUNTRY_START, country.key, 0, 0)
    for row in range(len(world.cities)):
        begin_city(world, row)
    for row in range(world.counters[AGREEMENT_ROWS]):
        chain(world, row)
    for row in range(world.counters[AGREEMENT_ROWS]):
        relate(world, row)
        begin_agreement(world, row)
    for row in range(len(world.cities)):
        begin_money(world, row)


@rule
def spread_around(mean: float, spread: float, draw: float) -> float:
    """A value drawn evenly within the spread on both sides of the mean, kept within 0-1."""
    return bounded(mean + spread * (2.0 * draw - 1.0))


@rule
def begin_city(world: World, row: int) -> None:
    """Hidden state of a city; what its table gives is kept, what is NaN is drawn."""
    p = world.parameters[0]
    city = world.cities[row]
    levers = world.levers[row]
    seed = world.seed
    key = city.key
    income = math.log(max(world.countries[city.country].income, 0.1) / p.income_middle_kusd)
    total = 0.0
    for sector in range(SECTOR_COUNT):
        mean = p.capability_mean + p.income_gain * income
        city.capability[sector] = spread_around(mean, p.hidden_spread, uniform(seed, CITY_CAPABILITY, key, 0, sector))
        city.priority[sector] = math.exp(p.priority_spread * (2.0 * uniform(seed, CITY_PRIORITY, key, 0, sector) - 1.0))
        total += city.priority[sector]
    for sector in range(SECTOR_COUNT):
        city.priority[sector] /= total
    if math.isnan(city.institutionalisation):
        city.institutionalisation = spread_around(
            p.institution_mean, p.hidden_spread, uniform(seed, CITY_OFFICE, key, 0, 0)
        )
    city.institution_base = city.institutionalisation
    if math.isnan(city.civic):
        city.civic = spread_around(p.civic_mean, p.hidden_spread, uniform(seed, CITY_SOCIETY, key, 0, 0))
    city.civic_base = city.civic
    if math.isnan(city.business):
        mean = p.business_mean + p.income_gain * income
        city.business = spread_around(mean, p.hidden_spread, uniform(seed, CITY_SOCIETY, key, 0, 1))
    city.business_base = city.business
    if math.isnan(city.commitment):
        draw = uniform(seed, CITY_FIRST_LEADER, key, 0, 0)
        city.commitment = kumaraswamy(draw, p.commitment_shape_low, p.commitment_shape_high)
    if city.is_caretaker == 1:
        city.commitment = min(city.commitment, p.caretaker_ceiling)
    city.leader_level = city.commitment
    city.support = p.support_rest
    city.staff = staff_target(city, levers, p) * (1.0 - p.hidden_spread * uniform(seed, CITY_OFFICE, key, 0, 1))
    city.experience = spread_around(p.experience_mean, p.hidden_spread, uniform(seed, CITY_OFFICE, key, 0, 2))
    begin_term(world, city, levers)


@rule
def begin_term(world: World, city: Record, levers: Record) -> None:
    """How long the present head has been in office and when the next election is."""
    draw = uniform(world.seed, CITY_FIRST_TERM, city.key, 0, 0)
    term = int(levers.term_years * QUARTERS_PER_YEAR)
    passed = int(draw * term)
    city.inaugurated_quarter = -passed
    city.next_election_quarter = term - passed
    city.terms_served = 1 if uniform(world.seed, CITY_FIRST_TERM, city.key, 0, 1) < 0.5 else 2
    city.changed_quarter = NEVER
    city.rotation_quarter = NEVER


@rule
def begin_money(world: World, row: int) -> None:
    """Last year's appropriation is what the present head would have wished in a normal year."""
    p = world.parameters[0]
    city = world.cities[row]
    wish = min(wished_budget(city, world.levers[row], world.countries[city.country], p), most_granted(city, p))
    city.appropriated_kusd = wish
    city.executable_kusd = executable_money(wish, absorption_limit(city, p))


@rule
def begin_agreement(world: World, row: int) -> None:
    """Stage and hidden state of a listed agreement."""
    agreement = world.agreements[row]
    signed = signing_date(world, agreement)
    if world.counters[START_KIND] == START_HINDCAST and signed >= 0:
        schedule(world, agreement, signed)
    elif (
        agreement.status == STATUS_EXPLORATORY
        or agreement.status == STATUS_LETTER
        or agreement.status == STATUS_STALLED
    ):
        begin_talks(agreement, signed)
    else:
        begin_signed(world, row, min(signed, -1))


@rule
def signing_date(world: World, agreement: Record) -> int:
    """Recorded quarter of signing, or one drawn from the recorded ones of like status."""
    if agreement.signed_quarter != NEVER:
        return int(agreement.signed_quarter)
    count = world.recorded_counts[agreement.status]
    draw = uniform(world.seed, AGREEMENT_YEAR, agreement.key, 0, 0)
    return int(world.recorded_years[agreement.status, int(draw * count)])


@rule
def schedule(world: World, agreement: Record, signed: int) -> None:
    """A recorded signing of a hindcast: talks and letter come before it by drawn times."""
    p = world.parameters[0]
    talks = -math.log(1.0 - uniform(world.seed, AGREEMENT_TALKS, agreement.key, 0, 0)) / p.exploring_pace
    letter = -p.letter_years * math.log(1.0 - uniform(world.seed, AGREEMENT_TALKS, agreement.key, 0, 1))
    is_only_talk = agreement.status == STATUS_EXPLORATORY or agreement.status == STATUS_STALLED
    agreement.stage = SCHEDULED
    agreement.follows_record = 1
    agreement.signed_quarter = signed
    agreement.letter_quarter = signed - int(letter * QUARTERS_PER_YEAR)
    agreement.opened_quarter = agreement.letter_quarter - int(talks * QUARTERS_PER_YEAR)
    if is_only_talk or agreement.status == STATUS_LETTER:
        agreement.opened_quarter = signed
        agreement.letter_quarter = signed
        agreement.signed_quarter = NEVER


@rule
def begin_talks(agreement: Record, since: int) -> None:
    """Recorded talks that are not signed: exploring, a letter of intent, or stalled."""
    agreement.opened_quarter = min(since, -1)
    agreement.signed_quarter = NEVER
    if agreement.status == STATUS_LETTER:
        agreement.stage = LETTER
        agreement.letter_quarter = min(since, -1)
    elif agreement.status == STATUS_STALLED:
        agreement.stage = STALLED
    else:
        agreement.stage = EXPLORING


@rule
def is_active_at_start(world: World, agreement: Record) -> bool:
    """Whether a listed agreement is active: recorded statuses hold, else a chance that status moves.

    In a hindcast a status is an outcome and tells nothing about the start.
    """
    is_register = world.counters[START_KIND] == START_REGISTER
    if is_register and (agreement.status == STATUS_DORMANT or agreement.status == STATUS_LAPSED):
        return False
    p = world.parameters[0]
    odds = log_odds(p.initial_active_share)
    if is_register and agreement.status == STATUS_CONFIRMED:
        odds += p.initial_status_odds
    elif is_register and agreement.status == STATUS_FORMER:
        odds -= p.initial_status_odds
    return bool(uniform(world.seed, AGREEMENT_START, agreement.key, 0, 0) < logistic(odds))


@rule
def begin_signed(world: World, row: int, signed: int) -> None:
    """Hidden state of an agreement signed before the run: warm when active, cooled with age when dormant."""
    p = world.parameters[0]
    seed = world.seed
    agreement = world.agreements[row]
    agreement.signed_quarter = signed
    agreement.entry_quarter = 0
    age_years = -signed / QUARTERS_PER_YEAR
    active = is_active_at_start(world, agreement)
    warmth = uniform(seed, AGREEMENT_START, agreement.key, 0, 1)
    people = uniform(seed, AGREEMENT_START, agreement.key, 0, 2)
    silence = uniform(seed, AGREEMENT_START, agreement.key, 0, 3)
    choose_focus(world, row)
    goodwill = math.exp(-math.log(2.0) * min(age_years, _DISTANT_YEARS) / p.goodwill_half_life_years)
    agreement.trust = bounded(p.initial_trust * (0.5 + warmth))
    agreement.embeddedness = bounded(p.initial_embeddedness * 3.0 * people * people)
    agreement.joint_experience = 0.0
    agreement.city_clock = int(CLOCK_STAGES * uniform(seed, AGREEMENT_START, agreement.key, 0, 7))
    agreement.citizen_clock = int(CLOCK_STAGES * uniform(seed, AGREEMENT_START, agreement.key, 0, 8))
    for side in range(2):
        city_row = agreement.a if side == 0 else agreement.b
        levers = world.levers[city_row]
        agreement.goodwill[side] = max(goodwill, p.renewal_goodwill * warmth)
        agreement.ownership[side] = bounded(
            p.initial_ownership * (0.5 + uniform(seed, AGREEMENT_START, agreement.key, 0, 4 + side))
        )
        agreement.expectation[side] = first_expectation(agreement.fit[side], world.cities[city_row].takers, levers, p)
        agreement.seen[side] = agreement.expectation[side]
    if active:
        agreement.stage = ACTIVE
        agreement.active_since_quarter = 0
        agreement.last_exchange_quarter = max(signed, -int(silence * world.history.shape[1]))
        agreement.in_force = 1
        city_a = world.cities[agreement.a]
        city_b = world.cities[agreement.b]
        city_a.active_count += 1
        city_b.active_count += 1
    else:
        slept = silence * age_years
        agreement.stage = DORMANT
        agreement.dormant_quarter = -max(1, int(slept * QUARTERS_PER_YEAR))
        agreement.first_dormant_quarter = agreement.dormant_quarter
        agreement.last_exchange_quarter = agreement.dormant_quarter
        agreement.trust *= math.exp(-p.trust_fading * slept)
        agreement.embeddedness *= math.exp(-p.embeddedness_fading * slept)
        agreement.in_force = 0
    phase = int(uniform(seed, AGREEMENT_START, agreement.key, 0, 6) * term_quarters(world, agreement))
    agreement.term_end_quarter = phase + 1
