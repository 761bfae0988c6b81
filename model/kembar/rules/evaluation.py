"""Process 10, evaluation: what cities see of the benefits, and what that does to them.

A side sees the tangible part; of the intangible part it sees ``sight + (1 - sight) * monitoring`` [S07]. Without
monitoring it flatters itself while goodwill lasts; with monitoring it sees missed exchanges as well. What is seen is
smoothed over some years; satisfaction is ``(seen - expected) / (seen + expected)``; expectations adapt slowly to
what is seen. Mean satisfaction over active agreements moves the head's commitment around the head's own level,
``dc = return * (level - c) + gain * s * 4 c (1 - c)`` a year, public support follows benefits that the public felt, and
slowly the work becomes an institution.
"""

import math

from kembar.compilation import rule
from kembar.records import ACTIVE, AGREEMENT_ROWS, QUARTERS_PER_YEAR, Record, World
from kembar.rules.numbers import bounded, chance

_QUARTER = 1.0 / QUARTERS_PER_YEAR


@rule
def evaluation(world: World) -> None:
    """Judge the active agreements, then move commitment, support and institutions of the cities."""
    p = world.parameters[0]
    weight = 1.0 - math.exp(-_QUARTER / p.memory_years)
    adaptation = chance(p.expectation_adaptation, _QUARTER)
    support = chance(p.support_rate, _QUARTER)
    institution = chance(p.institution_rate, _QUARTER)
    society = chance(p.society_rate, _QUARTER)
    for row in range(world.counters[AGREEMENT_ROWS]):
        agreement = world.agreements[row]
        if agreement.stage == ACTIVE:
            for side in range(2):
                levers = world.levers[agreement.a if side == 0 else agreement.b]
                judge(agreement, side, levers, weight, adaptation, p)
    for row in range(len(world.cities)):
        city = world.cities[row]
        levers = world.levers[row]
        move_commitment(city, levers, p)
        move_society(city, levers, support, institution, society, p)


@rule
def observed_points(agreement: Record, side: int, levers: Record, p: Record) -> float:
    """What a side believes to have gained, as a yearly rate [points/year]."""
    sight = p.intangible_sight + (1.0 - p.intangible_sight) * levers.monitoring
    gained = (agreement.yield_tangible[side] + sight * agreement.yield_intangible[side]) * QUARTERS_PER_YEAR
    flattery = (1.0 - levers.monitoring) * p.flattery * agreement.goodwill[side]
    missed = max(0.0, 1.0 - agreement.rate_city / p.needed_exchanges)
    return float(
        max(0.0, gained + agreement.expectation[side] * (flattery - p.failure_weight * levers.monitoring * missed))
    )


@rule
def judge(agreement: Record, side: int, levers: Record, weight: float, adaptation: float, p: Record) -> None:
    """Update what a side has seen, expects, and feels."""
    observed = observed_points(agreement, side, levers, p)
    agreement.seen[side] += (observed - agreement.seen[side]) * weight
    agreement.expectation[side] += (agreement.seen[side] - agreement.expectation[side]) * adaptation
    seen = agreement.seen[side]
    expected = agreement.expectation[side]
    agreement.satisfaction[side] = (seen - expected) / (seen + expected) if seen + expected > 0.0 else 0.0


@rule
def mean_satisfaction(city: Record) -> float:
    """Mean over the city's active agreements, 0 when it has none."""
    if city.active_count == 0:
        return 0.0
    return float(city.satisfaction_sum / city.active_count)


@rule
def move_commitment(city: Record, levers: Record, p: Record) -> None:
    """Commitment reverts to the head's own level, which a campaign lifts; satisfaction moves it, a floor holds it."""
    level = bounded(city.leader_level + levers.commitment_campaign * (1.0 - city.leader_level))
    commitment = city.commitment
    pull = p.commitment_return * (level - commitment)
    push = p.satisfaction_gain * mean_satisfaction(city) * 4.0 * commitment * (1.0 - commitment)
    city.commitment = bounded(max(levers.commitment_floor, commitment + (pull + push) * _QUARTER))


@rule
def move_society(
    city: Record, levers: Record, support: float, institution: float, society: float, p: Record
) -> None:
    """Public support, institutions, and the engagement of citizens and firms, each by its share of a quarter."""
    felt = city.felt_public / (city.felt_public + p.support_half_points * _QUARTER)
    city.support += support * (p.support_rest + (1.0 - p.support_rest) * felt - city.support)
    law = city.institution_base + p.by_law_effect * levers.institutional_by_law * (1.0 - city.institution_base)
    grown = bounded(law + p.institution_satisfaction * mean_satisfaction(city))
    city.institutionalisation = bounded(
        city.institutionalisation + institution * (grown - city.institutionalisation)
    )
    covered = city.programme_coverage
    civic = city.civic_base + p.programme_effect * levers.civic_programme * covered * (1.0 - city.civic_base)
    city.civic = bounded(city.civic + society * (civic - city.civic))
    firms = city.business_base + p.programme_effect * levers.business_programme * covered * (1.0 - city.business_base)
    city.business = bounded(city.business + society * (firms - city.business))
