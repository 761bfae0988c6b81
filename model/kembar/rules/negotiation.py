"""Process 6, negotiation: from exploring over a letter of intent to an agreement, or into a drawer.

Talks move on with yearly rates that the slower procedure and the cooler head of the two cities govern: ``1 /
(letter_years + approval_years)`` for the step that needs approvals, and stall with rates that legal clarity lowers
[S05, S06, S23, E9.16]; before signing more stalls than after. Stalled talks may be taken up again. Travel stops
hold almost all signings back, freezes all [E9.15]; a disaster speeds them up [S25]. Recorded talks of a hindcast follow
their dates, others stall there, because the record of signings is complete. Signing makes the agreement both heads'
own, gives it goodwill, some trust, a focus, a term, and expectations that are optimistic unless the partner was
assessed or goals were planned [S02, S13, S15].
"""

import math

from kembar.compilation import rule
from kembar.randomness import AGREEMENT_NEGOTIATION, uniform
from kembar.records import (
    ACTIVE,
    AGREEMENT_ROWS,
    EXPLORING,
    FROZEN,
    LETTER,
    LETTER_SIGNED,
    NEVER,
    NO_CAUSE,
    NO_SIDE,
    QUARTERS_PER_YEAR,
    SCHEDULED,
    SECTOR_COUNT,
    SIGNED,
    STALLED,
    START_HINDCAST,
    START_KIND,
    STATUS_LETTER,
    STATUS_STALLED,
    STRAINED,
    TALKS_OPENED,
    TALKS_RESUMED,
    TALKS_STALLED,
    Record,
    World,
)
from kembar.rules.numbers import bounded, chance
from kembar.rules.recording import note_agreement
from kembar.rules.surroundings import disaster_at, relation_between, travel_at

_QUARTER = 1.0 / QUARTERS_PER_YEAR


@rule
def negotiation(world: World, quarter: int) -> None:
    """Move every talk by one quarter: recorded ones first, so that all others see the same heads."""
    for row in range(world.counters[AGREEMENT_ROWS]):
        if world.agreements[row].follows_record == 1:
            follow_record(world, row, quarter)
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        stage = agreement.stage
        if agreement.follows_record == 1:
            continue
        if stage == EXPLORING or stage == LETTER:
            talk(world, row, quarter)
        elif stage == STALLED:
            take_up_again(world, row, quarter)


@rule
def follow_record(world: World, row: int, quarter: int) -> None:
    """Talks of a recorded signing: their dates are input, not outcome."""
    agreement = world.agreements[row]
    series = world.series[quarter // QUARTERS_PER_YEAR]
    if agreement.stage == SCHEDULED and quarter >= agreement.opened_quarter:
        agreement.stage = EXPLORING
        series.talks_opened += 1.0
        note_agreement(world, quarter, TALKS_OPENED, row, NO_SIDE, 0, NO_CAUSE)
        if agreement.signed_quarter == NEVER:
            go_on_without_record(world, row, quarter)
            return
    if agreement.stage == EXPLORING and quarter >= agreement.letter_quarter:
        agreement.stage = LETTER
        series.letters += 1.0
        note_agreement(world, quarter, LETTER_SIGNED, row, NO_SIDE, 0, NO_CAUSE)
    if agreement.stage == LETTER and quarter >= agreement.signed_quarter:
        agreement.follows_record = 0
        condition_on_signing(world.cities[agreement.a], world.parameters[0])
        condition_on_signing(world.cities[agreement.b], world.parameters[0])
        sign(world, row, quarter)


@rule
def go_on_without_record(world: World, row: int, quarter: int) -> None:
    """Recorded talks that were never signed: the register knows the stage they reached, the run tells the rest."""
    agreement = world.agreements[row]
    agreement.follows_record = 0
    if agreement.status == STATUS_LETTER:
        agreement.stage = LETTER
        agreement.letter_quarter = quarter
        world.series[quarter // QUARTERS_PER_YEAR].letters += 1.0
        note_agreement(world, quarter, LETTER_SIGNED, row, NO_SIDE, 0, NO_CAUSE)
    elif agreement.status == STATUS_STALLED:
        agreement.stage = STALLED
        note_agreement(world, quarter, TALKS_STALLED, row, NO_SIDE, 0, NO_CAUSE)


@rule
def condition_on_signing(city: Record, p: Record) -> None:
    """A head who is known to have signed was committed: the level is lifted to the least that signing tells."""
    city.leader_level = max(city.leader_level, p.signing_commitment)
    city.commitment = max(city.commitment, city.leader_level)


@rule
def openness_to_meet(world: World, agreement: Record) -> float:
    """What travel and relations leave of negotiations, 0-1."""
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    relation = relation_between(world, city_a.country, city_b.country)
    if relation == FROZEN:
        return 0.0
    p = world.parameters[0]
    going = 1.0 - p.travel_formation_loss * travel_at(world, city_a)
    coming = 1.0 - p.travel_formation_loss * travel_at(world, city_b)
    strain = p.strain_effect if relation == STRAINED else 0.0
    return float(going * coming * (1.0 - strain))


@rule
def advance_rate(stage: int, city_a: Record, city_b: Record, levers_a: Record, levers_b: Record, p: Record) -> float:
    """Yearly rate of the next step: commitment of the cooler head, the slower of two procedures."""
    eagerness = p.talk_floor + (1.0 - p.talk_floor) * min(city_a.commitment, city_b.commitment)
    if stage == EXPLORING:
        return float(p.exploring_pace * eagerness)
    wait = max(levers_a.approval_years, levers_b.approval_years)
    return float(eagerness / (p.letter_years + wait))


@rule
def stall_rate(stage: int, levers_a: Record, levers_b: Record, p: Record) -> float:
    """Yearly rate at which talks end up in a drawer; legal clarity, guidance and language training keep them going."""
    clarity = 0.5 * (levers_a.legal_clarity + levers_b.legal_clarity)
    patience = 0.5 * (levers_a.language_training + levers_b.language_training)
    base = p.exploring_stall if stage == EXPLORING else p.letter_stall
    return float(base * (1.0 - p.clarity_effect * clarity) * (1.0 - p.patience_effect * patience))


@rule
def talk(world: World, row: int, quarter: int) -> None:
    """Exploring or letter: on, into a drawer, or no news this quarter."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    levers_a = world.levers[agreement.a]
    levers_b = world.levers[agreement.b]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    draw = uniform(world.seed, AGREEMENT_NEGOTIATION, agreement.key, quarter, 0)
    called = 1.0 + p.talk_solidarity * max(disaster_at(world, city_a), disaster_at(world, city_b))
    pace = advance_rate(agreement.stage, city_a, city_b, levers_a, levers_b, p)
    onward = chance(pace * called * openness_to_meet(world, agreement), _QUARTER)
    stalling = chance(stall_rate(agreement.stage, levers_a, levers_b, p), _QUARTER)
    series = world.series[quarter // QUARTERS_PER_YEAR]
    if draw < onward:
        if agreement.stage == EXPLORING:
            agreement.stage = LETTER
            agreement.letter_quarter = quarter
            series.letters += 1.0
            note_agreement(world, quarter, LETTER_SIGNED, row, NO_SIDE, 0, NO_CAUSE)
        elif world.counters[START_KIND] == START_HINDCAST and p.unrecorded_signing < 0.5 and agreement.register_row < 0:
            # Every signing is recorded, so talks that no register knows are known to have failed.
            agreement.stage = STALLED
            note_agreement(world, quarter, TALKS_STALLED, row, NO_SIDE, 0, NO_CAUSE)
        elif has_room(city_a, levers_a) and has_room(city_b, levers_b):
            sign(world, row, quarter)
    elif draw > 1.0 - stalling:
        agreement.stage = STALLED
        note_agreement(world, quarter, TALKS_STALLED, row, NO_SIDE, 0, NO_CAUSE)


@rule
def has_room(city: Record, levers: Record) -> bool:
    """Whether the portfolio cap allows one more active agreement."""
    return bool(city.active_count < levers.portfolio_cap)


@rule
def take_up_again(world: World, row: int, quarter: int) -> None:
    """Stalled talks are resumed when both heads care."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    cooler = min(world.cities[agreement.a].commitment, world.cities[agreement.b].commitment)
    rate = p.resume_rate * cooler * openness_to_meet(world, agreement)
    if uniform(world.seed, AGREEMENT_NEGOTIATION, agreement.key, quarter, 1) < chance(rate, _QUARTER):
        agreement.stage = EXPLORING
        note_agreement(world, quarter, TALKS_RESUMED, row, NO_SIDE, 0, NO_CAUSE)


@rule
def sign(world: World, row: int, quarter: int) -> None:
    """The agreement is signed and becomes active."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    agreement.stage = ACTIVE
    agreement.signed_quarter = quarter
    agreement.entry_quarter = quarter
    agreement.active_since_quarter = quarter
    agreement.last_exchange_quarter = quarter
    agreement.trust = p.trust_at_signing + p.prior_contact_trust * agreement.prior_contact
    agreement.joint_experience = 0.0
    choose_focus(world, row)
    committee = 0.0
    for side in range(2):
        city_row = agreement.a if side == 0 else agreement.b
        levers = world.levers[city_row]
        agreement.goodwill[side] = 1.0
        agreement.ownership[side] = 1.0
        agreement.expectation[side] = first_expectation(agreement.fit[side], world.cities[city_row].takers, levers, p)
        agreement.seen[side] = agreement.expectation[side]
        agreement.satisfaction[side] = 0.0
        committee += 0.5 * world.cities[city_row].civic * (1.0 + levers.citizen_committee)
        world.cities[city_row].active_count += 1  # at once: two signings of a quarter must not pass the cap together
    agreement.embeddedness = bounded(p.embeddedness_at_signing * committee)
    start_term(world, row, quarter)
    world.series[quarter // QUARTERS_PER_YEAR].signed += 1.0
    note_agreement(world, quarter, SIGNED, row, NO_SIDE, 0, NO_CAUSE)


@rule
def first_expectation(fit: float, size: float, levers: Record, p: Record) -> float:
    """What a side hopes for [points/year]: optimism that assessment and realistic goals temper [S13, S15].

    Without an assessment it hopes for what a middling partner gives, so a partner that fits badly disappoints [S14].
    """
    optimism = p.optimism * (1.0 - p.realism * levers.partner_assessment)
    optimism *= 1.0 - p.realism * levers.action_plan
    known_fit = levers.partner_assessment * fit + (1.0 - levers.partner_assessment) * p.capability_mean
    return float(p.expected_points * size * known_fit * (1.0 + optimism))


@rule
def start_term(world: World, row: int, quarter: int) -> None:
    """A term begins: the shorter of the two sides' usual terms."""
    agreement = world.agreements[row]
    agreement.term_end_quarter = quarter + term_quarters(world, agreement)
    agreement.in_force = 1


@rule
def term_quarters(world: World, agreement: Record) -> int:
    """Length of a term: the recorded one, else the shorter of the two sides' wishes."""
    if agreement.fixed_term_years > 0.0:
        return max(1, int(agreement.fixed_term_years * QUARTERS_PER_YEAR))
    years = min(world.levers[agreement.a].agreement_years, world.levers[agreement.b].agreement_years)
    return max(1, int(years * QUARTERS_PER_YEAR))


@rule
def choose_focus(world: World, row: int) -> None:
    """The sectors that count for both sides, sharpened towards few when the focus is narrow [S09, S18]."""
    agreement = world.agreements[row]
    around = world.surroundings[0]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    breadth = 0.5 * (world.levers[agreement.a].focus_breadth + world.levers[agreement.b].focus_breadth)
    total = 0.0
    for sector in range(SECTOR_COUNT):
        weight = around.taste[sector] * math.sqrt(city_a.priority[sector] * city_b.priority[sector])
        agreement.focus[sector] = weight
        total += weight
    for _ in range(12):  # sharpen until the effective number of sectors is the breadth agreed on
        concentration = 0.0
        for sector in range(SECTOR_COUNT):
            agreement.focus[sector] /= total
            concentration += agreement.focus[sector] * agreement.focus[sector]
        if concentration * breadth >= 1.0:
            break
        total = 0.0
        for sector in range(SECTOR_COUNT):
            agreement.focus[sector] *= math.sqrt(agreement.focus[sector])
            total += agreement.focus[sector]
    total = 0.0
    for sector in range(SECTOR_COUNT):
        total += agreement.focus[sector]
    for sector in range(SECTOR_COUNT):
        agreement.focus[sector] /= total
    agreement.focus_breadth = breadth
    agreement.focus_depth = math.pow(world.parameters[0].breadth_reference / breadth, world.parameters[0].focus_gain)
