"""Process 11, lifecycle: agreements warm up, fall quiet, sleep, wake, are renewed, left on paper, or end.

Trust and embeddedness grow with exchanges and fade without; goodwill fades with its half-life; ownership falls when
a head changes and is won back by exchanges. An active agreement without an exchange over the silent span is quiet;
quiet with an expected rate below the threshold makes it dormant (silence alone is mostly luck). At the end of a
term both sides renew, let lapse, or, commonest, leave it on paper. Reviews, after elections, in fiscal crises, by
routine or at mergers, end dormant agreements in bursts; a dissatisfied side may give notice; a freeze may end in a
break; dormant agreements may revive where both heads care, citizens' ties live, or a disaster calls [E9.1-2, E9.14,
S10, S11, S25].
"""

import math

from kembar.compilation import rule
from kembar.randomness import (
    AGREEMENT_BREAK,
    AGREEMENT_NOTICE,
    AGREEMENT_RENEWAL,
    AGREEMENT_REVIEW,
    AGREEMENT_REVIVAL,
    CITY_MERGER,
    CITY_REVIEW,
    uniform,
)
from kembar.records import (
    ACTIVE,
    AGREEMENT_ENDED,
    AGREEMENT_FROZEN,
    AGREEMENT_ROWS,
    AGREEMENT_THAWED,
    BREAK,
    CITY_MERGED,
    DORMANT,
    ENDED,
    FELL_QUIET,
    FROZEN,
    GAVE_NOTICE,
    LAPSE,
    LEFT_ON_PAPER,
    MERGER,
    NEVER,
    NO_CAUSE,
    NO_SIDE,
    NOTICE,
    PORTFOLIO_REVIEWED,
    QUARTERS_PER_YEAR,
    RENEWED,
    REVIEW,
    REVIVED,
    WENT_DORMANT,
    Record,
    World,
)
from kembar.rules.budgets import crisis_depth
from kembar.rules.decline import split_shortfall
from kembar.rules.elections import ownership_after_change
from kembar.rules.negotiation import has_room, start_term, term_quarters
from kembar.rules.numbers import bounded, chance, logistic
from kembar.rules.pairing import count_marked, mark_partners
from kembar.rules.recording import note_agreement, note_surroundings
from kembar.rules.surroundings import disaster_at, relation_between, travel_at

_QUARTER = 1.0 / QUARTERS_PER_YEAR


@rule
def lifecycle(world: World, quarter: int) -> None:
    """Hold reviews, then move every signed agreement by one quarter."""
    for row in range(len(world.cities)):
        hold_reviews(world, row, quarter)
    if quarter % QUARTERS_PER_YEAR == 0:
        count_common_partners(world)
    p = world.parameters[0]
    goodwill_left = math.exp(-math.log(2.0) * _QUARTER / p.goodwill_half_life_years)
    memory = chance(1.0 / p.memory_years, _QUARTER)
    for row in range(world.counters[AGREEMENT_ROWS]):
        stage = world.agreements[row].stage
        if stage == ACTIVE or stage == DORMANT:
            age(world, row, quarter, goodwill_left, memory)
            mark_freeze(world, row, quarter)
            move_stage(world, row, quarter)


@rule
def count_common_partners(world: World) -> None:
    """Once a year, how many third cities hold an agreement with both sides."""
    for row in range(len(world.cities)):
        link = world.cities[row].first_agreement
        if link < 0:
            continue
        mark = mark_partners(world, row)
        while link >= 0:
            agreement = world.agreements[link]
            side = 0 if agreement.a == row else 1
            if side == 0 and (agreement.stage == ACTIVE or agreement.stage == DORMANT):
                agreement.common_partners = float(count_marked(world, agreement.b, mark))
            link = agreement.next[side]


@rule
def review_rate(city: Record, levers: Record, crisis: float, quarter: int, p: Record) -> float:
    """Yearly rate of a review of the portfolio: routine, under a new head, in a fiscal crisis."""
    rate = p.routine_review_rate * levers.portfolio_review
    if quarter - city.changed_quarter < QUARTERS_PER_YEAR:
        rate += p.new_head_review_rate
    if crisis > 0.0:
        rate += p.crisis_review_rate
    return float(rate)


@rule
def hold_reviews(world: World, row: int, quarter: int) -> None:
    """Decide which cities review their portfolio or merge this quarter."""
    p = world.parameters[0]
    city = world.cities[row]
    city.review = 0.0
    city.merged = 0
    if city.active_count + city.dormant_count == 0:
        return
    crisis = crisis_depth(city, world.countries[city.country], p)
    rate = review_rate(city, world.levers[row], crisis, quarter, p)
    if uniform(world.seed, CITY_REVIEW, city.key, quarter, 0) < chance(rate, _QUARTER):
        city.review = p.review_cut
        note_surroundings(world, quarter, PORTFOLIO_REVIEWED, row, NO_SIDE, 0)
    if quarter % QUARTERS_PER_YEAR == 0 and uniform(world.seed, CITY_MERGER, city.key, quarter, 0) < chance(
        p.merger_rate, 1.0
    ):
        city.merged = 1
        city.review = max(city.review, p.review_cut)
        note_surroundings(world, quarter, CITY_MERGED, row, NO_SIDE, 0)


@rule
def age(world: World, row: int, quarter: int, goodwill_left: float, memory: float) -> None:
    """Stocks of an agreement after this quarter's exchanges.

    What a quarter leaves of goodwill and adds to memory is the same for all agreements and given by the caller.
    """
    p = world.parameters[0]
    agreement = world.agreements[row]
    held = agreement.city_count + agreement.citizen_count
    levers_a = world.levers[agreement.a]
    levers_b = world.levers[agreement.b]
    warm(agreement, held, levers_a, levers_b, p)
    embed(agreement, held, world.cities[agreement.a], world.cities[agreement.b], levers_a, levers_b, p)
    agreement.recent_citizen += memory * (agreement.citizen_count * QUARTERS_PER_YEAR - agreement.recent_citizen)
    agreement.joint_experience += held
    for side in range(2):
        city_row = agreement.a if side == 0 else agreement.b
        agreement.goodwill[side] *= goodwill_left
        ownership = agreement.ownership[side]
        if world.cities[city_row].changed_quarter == quarter:
            ownership = ownership_after_change(ownership, world.cities[city_row], world.levers[city_row], p)
        agreement.ownership[side] = ownership + (1.0 - ownership) * bounded(p.ownership_regained * agreement.city_count)
    if held > 0:
        agreement.last_exchange_quarter = quarter
        agreement.is_quiet = 0


@rule
def warm(agreement: Record, held: int, levers_a: Record, levers_b: Record, p: Record) -> None:
    """Trust grows with exchanges, less with digital ones, and fades; common partners vouch for each other [E9.10]."""
    presence = 1.0 - p.digital_distrust * agreement.digital
    vouching = p.vouching * (1.0 - math.exp(-agreement.common_partners)) if agreement.common_partners > 0.0 else 0.0
    fading = p.trust_fading * (1.0 - vouching)
    grown = agreement.trust + (1.0 - agreement.trust) * bounded(p.trust_growth * presence * held)
    agreement.trust = bounded(grown * (1.0 - fading * _QUARTER))


@rule
def embed(
    agreement: Record, held: int, city_a: Record, city_b: Record, levers_a: Record, levers_b: Record, p: Record
) -> None:
    """People get to know each other: committees and wide contacts embed an agreement, a narrow focus does less."""
    committee = 0.5 * (
        levers_a.citizen_committee * city_a.programme_coverage + levers_b.citizen_committee * city_b.programme_coverage
    )
    width = min(1.0, p.narrow_carriers + (1.0 - p.narrow_carriers) * agreement.focus_breadth / p.breadth_reference)
    presence = 1.0 - p.digital_distrust * agreement.digital
    growth = p.embedding * (1.0 + p.committee_embedding * committee) * width * presence * held
    fading = p.embeddedness_fading * (1.0 - p.committee_keeping * committee)
    grown = agreement.embeddedness + (1.0 - agreement.embeddedness) * bounded(growth)
    agreement.embeddedness = bounded(grown * (1.0 - fading * _QUARTER))


@rule
def mark_freeze(world: World, row: int, quarter: int) -> None:
    """Suspend an agreement while relations are frozen."""
    agreement = world.agreements[row]
    relation = relation_between(world, world.cities[agreement.a].country, world.cities[agreement.b].country)
    frozen = 1 if relation == FROZEN else 0
    if frozen != agreement.is_frozen:
        agreement.is_frozen = frozen
        note_agreement(world, quarter, AGREEMENT_FROZEN if frozen == 1 else AGREEMENT_THAWED, row, NO_SIDE, 0, NO_CAUSE)


@rule
def move_stage(world: World, row: int, quarter: int) -> None:
    """Ends first, then the term, then falling asleep or waking up; at most one of them a quarter."""
    if ends(world, row, quarter):
        return
    agreement = world.agreements[row]
    if quarter >= agreement.term_end_quarter and end_term(world, row, quarter):
        return
    if agreement.stage == ACTIVE:
        fall_asleep(world, row, quarter)
    else:
        wake_up(world, row, quarter)


@rule
def ends(world: World, row: int, quarter: int) -> bool:
    """Whether a review, a merger, a notice or a break ends the agreement now."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    for side in range(2):
        city = city_a if side == 0 else city_b
        if city.review > 0.0:
            cut = city.review
            if agreement.stage == ACTIVE:
                cut *= p.active_cut * max(0.0, -agreement.satisfaction[side])
            if uniform(world.seed, AGREEMENT_REVIEW, agreement.key, quarter, side) < cut:
                end(world, row, quarter, MERGER if city.merged == 1 else REVIEW, side)
                return True
    if agreement.is_frozen == 1:
        flexible = min(world.levers[agreement.a].flexibility_clause, world.levers[agreement.b].flexibility_clause)
        rate = p.break_rate * (1.0 - p.flexibility_effect * flexible)
        if uniform(world.seed, AGREEMENT_BREAK, agreement.key, quarter, 0) < chance(rate, _QUARTER):
            end(world, row, quarter, BREAK, NO_SIDE)
            return True
    if agreement.notice_quarter != NEVER:
        if quarter >= agreement.notice_quarter:
            end(world, row, quarter, NOTICE, NO_SIDE)
            return True
    elif agreement.stage == ACTIVE:
        give_notice(world, row, quarter)
    return False


@rule
def notice_rate(satisfaction: float, commitment: float, p: Record) -> float:
    """Yearly rate at which a dissatisfied side gives notice."""
    return float(p.notice_rate * max(0.0, -satisfaction) * (1.0 - commitment))


@rule
def give_notice(world: World, row: int, quarter: int) -> None:
    """A dissatisfied side may give notice; it takes effect after the notice period."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    for side in range(2):
        city_row = agreement.a if side == 0 else agreement.b
        rate = notice_rate(agreement.satisfaction[side], world.cities[city_row].commitment, p)
        if rate <= 0.0 or agreement.notice_quarter != NEVER:
            continue
        if uniform(world.seed, AGREEMENT_NOTICE, agreement.key, quarter, side) < chance(rate, _QUARTER):
            wait = int(world.levers[city_row].notice_years * QUARTERS_PER_YEAR)
            agreement.notice_quarter = quarter + max(1, wait)
            note_agreement(world, quarter, GAVE_NOTICE, row, side, 0, NO_CAUSE)


@rule
def end(world: World, row: int, quarter: int, how: int, side: int) -> None:
    """The agreement ends; if it was active, the reasons of its last quarters are kept."""
    agreement = world.agreements[row]
    split_row = agreement.split_row
    if agreement.stage == ACTIVE:
        split_row = split_shortfall(world, row, quarter)
    agreement.stage = ENDED
    agreement.how = how
    agreement.in_force = 0
    agreement.is_frozen = 0
    agreement.ended_quarter = quarter
    agreement.money_kusd[:] = 0.0
    agreement.time_fte[:] = 0.0
    agreement.purse_kusd[:] = 0.0
    agreement.rate_city = 0.0
    agreement.rate_citizen = 0.0
    series = world.series[quarter // QUARTERS_PER_YEAR]
    if how == LAPSE:
        series.lapses += 1.0
    elif how == NOTICE:
        series.notices += 1.0
    elif how == REVIEW:
        series.reviews += 1.0
    elif how == MERGER:
        series.mergers += 1.0
    else:
        series.breaks += 1.0
    note_agreement(world, quarter, AGREEMENT_ENDED, row, side, how, split_row)


@rule
def renewal_score(agreement: Record, coolest: float, automatic: float, p: Record) -> float:
    """Log-odds of a renewal at the end of a term."""
    score = p.renewal_score + p.renewal_trust * agreement.trust + p.renewal_commitment * coolest
    score += p.renewal_automatic * automatic
    if agreement.stage == DORMANT:
        score -= p.renewal_dormant
    return float(score)


@rule
def end_term(world: World, row: int, quarter: int) -> bool:
    """At the end of a term: renew, lapse, or leave on paper; true when the agreement ended."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    coolest = min(world.cities[agreement.a].commitment, world.cities[agreement.b].commitment)
    automatic = min(world.levers[agreement.a].automatic_renewal, world.levers[agreement.b].automatic_renewal)
    draw = uniform(world.seed, AGREEMENT_RENEWAL, agreement.key, quarter, 0)
    if draw < logistic(renewal_score(agreement, coolest, automatic, p)):
        start_term(world, row, quarter)
        agreement.renewal_count += 1
        agreement.ownership[:] = 1.0
        for side in range(2):
            agreement.goodwill[side] = max(agreement.goodwill[side], p.renewal_goodwill)
        world.series[quarter // QUARTERS_PER_YEAR].renewals += 1.0
        note_agreement(world, quarter, RENEWED, row, NO_SIDE, 0, NO_CAUSE)
        return False
    share = p.lapse_share if agreement.stage == DORMANT else p.lapse_share * p.active_cut
    if uniform(world.seed, AGREEMENT_RENEWAL, agreement.key, quarter, 1) < share:
        end(world, row, quarter, LAPSE, NO_SIDE)
        return True
    if agreement.in_force == 1:
        agreement.in_force = 0
        for side in range(2):
            agreement.ownership[side] *= p.paper_ownership
        note_agreement(world, quarter, LEFT_ON_PAPER, row, NO_SIDE, 0, NO_CAUSE)
    agreement.term_end_quarter = quarter + term_quarters(world, agreement)
    return False


@rule
def fall_asleep(world: World, row: int, quarter: int) -> None:
    """Quiet after a silent span; dormant when little is to be expected either."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    if quarter - agreement.last_exchange_quarter < world.history.shape[1]:
        return
    if agreement.is_quiet == 0:
        agreement.is_quiet = 1
        note_agreement(world, quarter, FELL_QUIET, row, NO_SIDE, 0, NO_CAUSE)
    if agreement.rate_city + agreement.rate_citizen >= p.dormancy_rate:
        return
    split_row = split_shortfall(world, row, quarter)
    agreement.stage = DORMANT
    agreement.dormant_quarter = quarter
    if agreement.first_dormant_quarter == NEVER:
        agreement.first_dormant_quarter = quarter
    agreement.money_kusd[:] = 0.0
    agreement.time_fte[:] = 0.0
    agreement.purse_kusd[:] = 0.0
    agreement.rate_city = 0.0
    world.series[quarter // QUARTERS_PER_YEAR].dormancies += 1.0
    note_agreement(world, quarter, WENT_DORMANT, row, NO_SIDE, agreement.cause, split_row)


@rule
def revival_rate(world: World, agreement: Record, p: Record) -> float:
    """Yearly rate of waking up: both heads care, living citizens' ties and solidarity help, freezes forbid."""
    city_a = world.cities[agreement.a]
    city_b = world.cities[agreement.b]
    if agreement.is_frozen == 1 or not (
        has_room(city_a, world.levers[agreement.a]) and has_room(city_b, world.levers[agreement.b])
    ):
        return 0.0
    carried = 1.0 + p.revival_citizens * (agreement.embeddedness + agreement.recent_citizen)
    called = 1.0 + p.revival_solidarity * max(disaster_at(world, city_a), disaster_at(world, city_b))
    travel = max(travel_at(world, city_a), travel_at(world, city_b))
    opening = 1.0 - p.travel_formation_loss * travel
    return float(p.revival_rate * city_a.commitment * city_b.commitment * carried * called * opening)


@rule
def wake_up(world: World, row: int, quarter: int) -> None:
    """A dormant agreement may revive."""
    p = world.parameters[0]
    agreement = world.agreements[row]
    rate = revival_rate(world, agreement, p)
    if uniform(world.seed, AGREEMENT_REVIVAL, agreement.key, quarter, 0) >= chance(rate, _QUARTER):
        return
    from_dormancy = agreement.split_row
    agreement.stage = ACTIVE
    agreement.active_since_quarter = quarter + 1
    agreement.last_exchange_quarter = quarter
    agreement.is_quiet = 0
    agreement.revival_count += 1
    agreement.ownership[:] = 1.0
    for side in range(2):
        agreement.goodwill[side] = max(agreement.goodwill[side], p.renewal_goodwill)
        agreement.satisfaction[side] = 0.0
        agreement.seen[side] = agreement.expectation[side]
        world.cities[agreement.a if side == 0 else agreement.b].active_count += 1
    start_term(world, row, quarter)
    world.series[quarter // QUARTERS_PER_YEAR].revivals += 1.0
    note_agreement(world, quarter, REVIVED, row, NO_SIDE, 0, from_dormancy)
