"""Process 2, elections: heads of cities come and go, and with them the commitment to partners.

Calendars are national (waves with caretakers in between) or staggered with the city's own term. An eligible head
stands again and wins with a chance that public support moves: ``log_odds(win) = log_odds(win_share) + win_support *
(support - 1/2)`` [E3]. A new head's own level is ``I * old + (1 - I) * drawn`` with `I` institutionalisation and a
Kumaraswamy draw; most heads care little, a few much. A cross-party committee raises the inherited part. The new
head did not sign what the old one signed: ownership of every agreement falls to ``ownership_kept + (1 -
ownership_kept) * I`` of itself [S03]. Caretakers rule with bounded commitment. Half a year or more after an
inauguration staff may be rotated; experience goes with them unless it was written down.
"""

from kembar.compilation import rule
from kembar.randomness import (
    CITY_CANDIDACY,
    CITY_DEPARTURE,
    CITY_ELECTION,
    CITY_LEADER,
    Seed,
    uniform,
)
from kembar.records import (
    CARETAKER,
    CARETAKER_CAME,
    ELECTION,
    LEADER_CHANGED,
    LEADER_RETURNED,
    NO_CHANGE,
    NO_SIDE,
    OWN_TERM,
    QUARTERS_PER_YEAR,
    Record,
    World,
)
from kembar.rules.numbers import bounded, chance, kumaraswamy, log_odds, logistic
from kembar.rules.recording import note_surroundings


@rule
def elections(world: World, quarter: int) -> None:
    """Hold the elections that fall due and seat new heads and caretakers."""
    p = world.parameters[0]
    early_exit = chance(p.leader_exit_rate, 1.0 / QUARTERS_PER_YEAR)
    for row in range(len(world.cities)):
        city = world.cities[row]
        levers = world.levers[row]
        entry = calendar_entry(world, city, levers, quarter)
        if entry == CARETAKER:
            seat_caretaker(world.seed, city, levers, p, quarter)
            note_surroundings(world, quarter, CARETAKER_CAME, row, NO_SIDE, 0)
        elif entry == ELECTION:
            if is_returned(world.seed, city, levers, p, quarter):
                city.terms_served += 1
                city.inaugurated_quarter = quarter
                note_surroundings(world, quarter, LEADER_RETURNED, row, NO_SIDE, 0)
            else:
                seat_new_leader(world.seed, city, levers, p, quarter)
                note_surroundings(world, quarter, LEADER_CHANGED, row, NO_SIDE, 0)
            city.next_election_quarter = quarter + int(levers.term_years * QUARTERS_PER_YEAR)
        elif city.is_caretaker == 0 and uniform(world.seed, CITY_DEPARTURE, city.key, quarter, 0) < early_exit:
            seat_new_leader(world.seed, city, levers, p, quarter)
            note_surroundings(world, quarter, LEADER_CHANGED, row, NO_SIDE, 1)
        if city.changed_quarter == quarter:
            world.series[quarter // QUARTERS_PER_YEAR].leader_changes += 1.0


@rule
def calendar_entry(world: World, city: Record, levers: Record, quarter: int) -> int:
    """What the calendar holds for a city this quarter: nothing, an election, or a caretaker."""
    if city.wave >= 0 and levers.national_calendar >= 0.5:
        entry = world.calendar[city.wave, quarter]
        if entry != OWN_TERM:
            return int(entry)
    term = int(levers.term_years * QUARTERS_PER_YEAR)
    if quarter >= min(city.next_election_quarter, city.inaugurated_quarter + term) and quarter > 0:
        return ELECTION
    return NO_CHANGE


@rule
def is_returned(seed: Seed, city: Record, levers: Record, p: Record, quarter: int) -> bool:
    """Whether the sitting head stands again and wins."""
    if city.is_caretaker == 1 or city.terms_served >= levers.term_limit:
        return False
    stands = uniform(seed, CITY_CANDIDACY, city.key, quarter, 0) < p.stand_again_share
    odds = log_odds(p.win_share) + p.win_support * (city.support - 0.5)
    return bool(stands and uniform(seed, CITY_ELECTION, city.key, quarter, 0) < logistic(odds))


@rule
def inherited_share(city: Record, levers: Record, p: Record) -> float:
    """Share of the old commitment that outlives a change of head."""
    return bounded(city.institutionalisation + p.committee_inheritance * levers.cross_party_committee)


@rule
def drawn_commitment(seed: Seed, city: Record, p: Record, quarter: int) -> float:
    """The commitment a new head brings along."""
    draw = uniform(seed, CITY_LEADER, city.key, quarter, 0)
    return kumaraswamy(draw, p.commitment_shape_low, p.commitment_shape_high)


@rule
def seat_new_leader(seed: Seed, city: Record, levers: Record, p: Record, quarter: int) -> None:
    """A new head takes office."""
    kept = inherited_share(city, levers, p)
    city.leader_level = bounded(kept * city.leader_level + (1.0 - kept) * drawn_commitment(seed, city, p, quarter))
    city.commitment = city.leader_level
    city.terms_served = 1
    city.is_caretaker = 0
    city.inaugurated_quarter = quarter
    city.changed_quarter = quarter
    city.rotation_quarter = quarter + int(p.rotation_delay_years * QUARTERS_PER_YEAR)


@rule
def seat_caretaker(seed: Seed, city: Record, levers: Record, p: Record, quarter: int) -> None:
    """An appointed head rules until the next election, with bounded commitment and no rotation of staff."""
    kept = inherited_share(city, levers, p)
    level = kept * city.leader_level + (1.0 - kept) * drawn_commitment(seed, city, p, quarter)
    city.leader_level = min(level, p.caretaker_ceiling)
    city.commitment = city.leader_level
    city.is_caretaker = 1
    city.inaugurated_quarter = quarter
    city.changed_quarter = quarter


@rule
def ownership_after_change(ownership: float, city: Record, levers: Record, p: Record) -> float:
    """How much of an agreement is still the head's own after a change of head."""
    return float(ownership * (p.ownership_kept + (1.0 - p.ownership_kept) * inherited_share(city, levers, p)))
