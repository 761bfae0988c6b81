"""Why an agreement declined: its shortfall of exchanges divided exactly among luck, carriers and factors.

Over the silent span, the shortfall against a fixed reference (what a well-kept agreement of this pair would hold)
is, quarter by quarter, ``reference - held = (reference - expected) + (expected - held)``; the last term is luck.
The expected rate has two streams: the citizens' part is `carriers`; the city's part is a product, so its shortfall
is ``L(reference, rate) * sum(log ratios)`` with `L` the logarithmic mean, which is exact. The two sides' common
term is divided by the Shapley value of two players, and a side's share over its factors by their log ratios. Where
factors are zero the rate is blocked: they share the whole in equal parts, which is the limit of the same rule.
Contributions are signed and sum to the shortfall; the largest positive one is the cause.
"""

import math

from kembar.compilation import rule
from kembar.records import (
    CARRIER_COLUMN,
    CARRIER_PART,
    COUNT_COLUMN,
    EXPERIENCE,
    GOODWILL,
    LEADER,
    LOAD,
    LUCK_PART,
    MONEY,
    NO_CAUSE,
    OWNERSHIP,
    PART_COUNT,
    PARTS_ROW,
    QUARTERS_PER_YEAR,
    RATE_COLUMN,
    REFERENCE_ROW,
    SHARED_COLUMN,
    SHARED_FACTOR_COUNT,
    SHARED_PART,
    SIDE_FACTOR_COUNT,
    SIDE_PART,
    STAFF,
    FloatArray,
    Record,
    World,
)
from kembar.rules.exchange import (
    experience_factor,
    goodwill_factor,
    leader_factor,
    money_factor,
    ownership_factor,
    pair_barrier,
    staff_factor,
    trust_factor,
    weaker_governs,
)
from kembar.rules.recording import new_split_row

_QUARTER = 1.0 / QUARTERS_PER_YEAR
_ALMOST_ONE = 1.0e-12
_NOTHING = 1.0e-100  # [exchanges/year] rates below are taken as blocked: their factors' ratios would overflow


@rule
def tracked_quarters(agreement: Record, quarter: int, span: int) -> int:
    """Quarters of history kept of the present active spell, at most the silent span."""
    return int(min(span, quarter - max(agreement.active_since_quarter, 0) + 1))


@rule
def write_reference(agreement: Record, p: Record, reference: FloatArray) -> None:
    """Factors of a well-kept agreement of this pair, in the order of the history's columns."""
    reference[:] = 1.0
    for side in range(2):
        first = side * SIDE_FACTOR_COUNT
        reference[first + MONEY] = money_factor(p.reference_money_kusd, 0.0, 0.0, p)
        reference[first + STAFF] = staff_factor(p.comfortable_fte, p)
        reference[first + EXPERIENCE] = experience_factor(p.reference_level, p)
        reference[first + LEADER] = leader_factor(p.reference_level, 0.0, p)
        reference[first + OWNERSHIP] = ownership_factor(1.0, p)
        reference[first + GOODWILL] = goodwill_factor(p.reference_level, p)
        reference[first + LOAD] = 1.0
    reference[SHARED_COLUMN] = trust_factor(p.reference_level, p)
    reference[SHARED_COLUMN + 1] = pair_barrier(agreement, 0.0, 1.0, 1.0, 1.0, p.reference_level, p)


@rule
def product(factors: FloatArray, first: int, count: int) -> float:
    """Product of a run of factors."""
    result = 1.0
    for place in range(first, first + count):
        result *= factors[place]
    return result


@rule
def logarithmic_mean(one: float, two: float) -> float:
    """Logarithmic mean of two positive numbers."""
    ratio = math.log(one / two)
    if abs(ratio) < _ALMOST_ONE:
        return 0.5 * (one + two)
    return (one - two) / ratio


@rule
def divide_city_shortfall(
    reference: FloatArray, factors: FloatArray, rate: float, parts: FloatArray, p: Record
) -> None:
    """Add to `parts` the city stream's shortfall of one quarter [exchanges/year], factor by factor."""
    ready_a = product(reference, 0, SIDE_FACTOR_COUNT)
    ready_b = product(reference, SIDE_FACTOR_COUNT, SIDE_FACTOR_COUNT)
    most = (
        p.rate_most
        * weaker_governs(ready_a, ready_b, p.weakness)
        * product(reference, SHARED_COLUMN, SHARED_FACTOR_COUNT)
    )
    if rate <= _NOTHING:
        block(factors, most, parts)
        return
    now_a = product(factors, 0, SIDE_FACTOR_COUNT)
    now_b = product(factors, SIDE_FACTOR_COUNT, SIDE_FACTOR_COUNT)
    mean = logarithmic_mean(most, rate)
    whole = math.log(weaker_governs(ready_a, ready_b, p.weakness))
    none = math.log(weaker_governs(now_a, now_b, p.weakness))
    only_b_kept = math.log(weaker_governs(now_a, ready_b, p.weakness))
    only_a_kept = math.log(weaker_governs(ready_a, now_b, p.weakness))
    due_to_a = 0.5 * ((whole - only_b_kept) + (only_a_kept - none))
    due_to_b = 0.5 * ((whole - only_a_kept) + (only_b_kept - none))
    divide_side(reference, factors, 0, due_to_a * mean, math.log(ready_a / now_a), mean, parts)
    divide_side(reference, factors, SIDE_FACTOR_COUNT, due_to_b * mean, math.log(ready_b / now_b), mean, parts)
    for shared in range(SHARED_FACTOR_COUNT):
        place = SHARED_COLUMN + shared
        parts[SHARED_PART + shared] += mean * math.log(reference[place] / factors[place])


@rule
def divide_side(
    reference: FloatArray, factors: FloatArray, first: int, due: float, ratio: float, mean: float, parts: FloatArray
) -> None:
    """Divide a side's part over its factors in proportion to their log ratios."""
    slope = 0.5 * mean if abs(ratio) < _ALMOST_ONE else due / ratio
    for factor in range(SIDE_FACTOR_COUNT):
        place = first + factor
        parts[SIDE_PART + place] += slope * math.log(reference[place] / factors[place])


@rule
def block(factors: FloatArray, most: float, parts: FloatArray) -> None:
    """A rate of zero is blocked by its zero factors: they share the whole shortfall in equal parts.

    Where the product is too small for a number though no factor is zero, the smallest ones take their place.
    """
    least = factors[0]
    for place in range(RATE_COLUMN):
        least = min(least, factors[place])
    zeros = 0
    for place in range(RATE_COLUMN):
        if factors[place] <= least:
            zeros += 1
    for place in range(RATE_COLUMN):
        if factors[place] <= least:
            parts[SIDE_PART + place] += most / zeros


@rule
def split_shortfall(world: World, row: int, quarter: int) -> int:
    """Divide the shortfall of the silent span and write the cause; returns the row of the split.

    Parts are in exchanges over the span. The columns of the two sides and the shared factors follow one another in the
    history as they do in the split.
    """
    split_row = new_split_row(world)
    if split_row < 0:
        return NO_CAUSE
    agreement = world.agreements[row]
    p = world.parameters[0]
    span = world.history.shape[1]
    parts = world.scratch[PARTS_ROW]
    parts[:] = 0.0
    reference = world.scratch[REFERENCE_ROW]
    write_reference(agreement, p, reference)
    for back in range(tracked_quarters(agreement, quarter, span)):
        column = world.history[row, (quarter - back) % span]
        divide_city_shortfall(reference, column, column[RATE_COLUMN], parts, p)
        parts[CARRIER_PART] += p.reference_carriers - column[CARRIER_COLUMN]
        expected = column[RATE_COLUMN] + column[CARRIER_COLUMN]
        parts[LUCK_PART] += expected - column[COUNT_COLUMN] * QUARTERS_PER_YEAR
    cause = LUCK_PART
    for part in range(PART_COUNT):
        parts[part] *= _QUARTER
        world.splits[split_row, part] = parts[part]
        if parts[part] > parts[cause]:
            cause = part
    agreement.cause = cause
    if agreement.first_cause == NO_CAUSE:
        agreement.first_cause = cause
    agreement.split_row = split_row
    return split_row
