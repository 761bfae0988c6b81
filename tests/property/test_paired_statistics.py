"""What holds of paired statistics whatever the numbers: order of pairs, shifts, sides, no NaN, nothing overclaimed."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kembar.analysis.concentration import curve, gini_per_head, index
from kembar.analysis.estimates import Estimate, mean_estimate, share_intervals
from kembar.analysis.fates import Fate, find_fates
from kembar.analysis.multiplicity import holm, rank_policies
from kembar.analysis.paired import Effect, paired_effects
from kembar.analysis.precision import PrecisionRule, pairs_needed, precise_differences
from kembar.analysis.ratio import ratio_of_means
from kembar.analysis.sentences import tell_effect
from kembar.analysis.telling import told_change
from kembar.language import messages

any_case = settings(max_examples=60, deadline=None, derandomize=True)
few_cases = settings(any_case, max_examples=25)

NUMBERS = st.floats(-1e6, 1e6).filter(lambda value: value == 0.0 or abs(value) > 1e-6)
VALUES = NUMBERS | st.just(math.nan)
PAIRS = st.integers(0, 30)
# Numbers of any size, some missing: what a table of runs may hold.
TWO_SIDES = PAIRS.flatmap(lambda pairs: arrays(np.float64, (2, pairs, 1), elements=VALUES))
PLAIN_SIDES = st.integers(3, 30).flatmap(
    lambda pairs: arrays(np.float64, (2, pairs, 1), elements=st.integers(-1000, 1000).map(float))
)


def effect_of(baseline: np.ndarray, policy: np.ndarray) -> Effect:
    return paired_effects(baseline, policy, ("letters",), {"letters": "count"})[0]


def numbers_of(estimate: Estimate) -> list[float | None]:
    return [estimate.mean, estimate.low, estimate.high, estimate.standard_error]


def are_close(one: Effect, other: Effect) -> None:
    scale = 1e-6 + max(abs(value or 0.0) for value in numbers_of(one.difference))
    for mine, yours in zip(numbers_of(one.difference), numbers_of(other.difference), strict=True):
        assert (mine is None) == (yours is None)
        assert mine is None or mine == pytest.approx(yours, abs=1e-7 * scale, rel=1e-7)


@any_case
@given(TWO_SIDES)
def test_no_number_is_ever_nan_and_a_missing_one_has_its_reason(sides: np.ndarray) -> None:
    found = effect_of(*sides)
    for value in (found.baseline, found.policy, *numbers_of(found.difference)):
        assert value is None or math.isfinite(value)
    assert found.difference.low is not None or found.difference.reason is not None
    for quantity in (found.relative, found.variance_reduction, found.independent_runs):
        assert (quantity.value is None) == (quantity.reason is not None)
        assert quantity.value is None or math.isfinite(quantity.value)
    assert found.difference.runs + found.difference.left_out == sides.shape[1]
    assert tell_effect(found, messages("en"))
    assert tell_effect(found, messages("id"))


@any_case
@given(PLAIN_SIDES, st.randoms(use_true_random=False))
def test_order_of_pairs_does_not_matter(sides: np.ndarray, random: Random) -> None:
    order = list(range(sides.shape[1]))
    random.shuffle(order)
    are_close(effect_of(*sides), effect_of(*sides[:, order]))


@any_case
@given(PLAIN_SIDES, st.integers(-(10**6), 10**6))
def test_adding_a_constant_to_both_sides_changes_no_difference(sides: np.ndarray, constant: int) -> None:
    shifted = effect_of(*(sides + constant))
    assert shifted.difference == effect_of(*sides).difference
    before, after = effect_of(*sides).variance_reduction, shifted.variance_reduction
    assert before.reason == after.reason
    assert before.value is None or before.value == pytest.approx(after.value, abs=1e-6)


@any_case
@given(PLAIN_SIDES)
def test_changing_sides_turns_the_sign(sides: np.ndarray) -> None:
    there, back = effect_of(*sides).difference, effect_of(*sides[::-1]).difference
    assert (there.mean, there.low, there.high) == (-back.mean, -back.high, -back.low)


@any_case
@given(PLAIN_SIDES, st.floats(-100.0, 100.0))
def test_constant_shift_takes_away_all_variance(sides: np.ndarray, shift: float) -> None:
    base = sides[0]
    assume(np.ptp(base) > 0.0)
    found = effect_of(base, base + shift)
    assert found.variance_reduction.value == 1.0
    assert not found.difference.has_width


@any_case
@given(PLAIN_SIDES)
def test_variance_reduction_is_at_most_whole(sides: np.ndarray) -> None:
    found = effect_of(*sides)
    assert found.variance_reduction.value is None or found.variance_reduction.value <= 1.0
    if found.variance_reduction.value is not None and found.independent_runs.value is not None:
        pairs = found.difference.runs
        assert (found.independent_runs.value >= pairs) or found.variance_reduction.value < 0.0


def test_variance_reduction_is_zero_on_average_without_common_luck() -> None:
    """Mean of 2,000 measurements within 4.4 of its standard errors of zero: false alarms 1e-5."""
    rng = np.random.default_rng(7)
    sides = rng.normal(size=(2, 20, 2000))
    names = tuple(str(place) for place in range(2000))
    effects = paired_effects(*sides, names, dict.fromkeys(names, "1"))
    found = np.array([effect.variance_reduction.value for effect in effects])
    assert abs(found.mean()) < 4.4 * found.std(ddof=1) / math.sqrt(2000)
    assert found.std() > 0.1  # each by itself says something else


@few_cases
@given(PLAIN_SIDES, st.integers(2, 40), st.floats(0.001, 1.0), st.integers(0, 30))
def test_pairs_needed_only_grow_and_ignore_what_lies_beyond(
    sides: np.ndarray, pilot: int, share: float, ahead: int
) -> None:
    rule = PrecisionRule(share, 200, pilot)
    base = np.resize(sides[0, :, 0], 260)
    differences = np.resize((sides[1] - sides[0])[:, 0], 260)
    asked = [pairs_needed(differences[:have], base[:have], rule) for have in range(260)]
    assert asked == sorted(asked)
    assert min(pilot, 200) <= asked[0] <= asked[-1] <= 200
    last = asked[-1]
    assert all(value == last for value in asked[last:])
    whole = precise_differences(differences[:last], base[:last], rule)
    assert precise_differences(differences[: last + ahead], base[: last + ahead], rule) == whole
    if whole[0].precision_reached:
        baseline_mean = abs(base[:last].mean())
        assert whole[0].difference.half_width <= share * baseline_mean * (1.0 + 1e-9)


@any_case
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_holm_keeps_the_order_and_lowers_nothing(values: list[float]) -> None:
    adjusted = holm(values)
    assert np.all(adjusted >= np.array(values) - 1e-15)
    assert np.all(adjusted <= np.minimum(1.0, len(values) * np.array(values)) + 1e-12)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0.0)


@any_case
@given(arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 6)), elements=st.integers(-50, 50).map(float)))
def test_ranks_are_possible_and_consistent(columns: np.ndarray) -> None:
    ranks = rank_policies({str(place): columns[:, place] for place in range(columns.shape[1])})
    assert len(ranks) == columns.shape[1]
    for place, rank in enumerate(ranks, start=1):
        assert 1 <= rank.best <= place <= rank.worst <= len(ranks)


@any_case
@given(st.integers(0, 2**32 - 1), st.integers(100, 160), st.integers(1, 8))
def test_exchanging_the_sides_exchanges_saved_and_lost(seed: int, pairs: int, count: int) -> None:
    without, with_policy = np.random.default_rng(seed).random((2, pairs, count)) < 0.5
    names = [str(place) for place in range(count)]
    there, back = find_fates(without, with_policy, names), find_fates(with_policy, without, names)
    assert there.saved == tuple(_turned(fate) for fate in back.lost)
    assert [fate.saved for fate in there.agreements] == [fate.lost for fate in back.agreements]
    for fate in there.agreements:
        assert fate.active_with - fate.active_without == pytest.approx(fate.saved.mean - fate.lost.mean)
    assert there.more_of_100.mean == pytest.approx(-back.more_of_100.mean, abs=1e-9)


def _turned(fate: Fate) -> Fate:
    return replace(
        fate, saved=fate.lost, lost=fate.saved, active_with=fate.active_without, active_without=fate.active_with
    )


@any_case
@given(st.integers(1, 2000).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs))))
def test_interval_of_a_share_lies_around_it_within_0_and_1(drawn: tuple[int, int]) -> None:
    count, runs = drawn
    low, high = share_intervals([count], runs)
    assert 0.0 <= low[0] <= count / runs <= high[0] <= 1.0


@any_case
@given(PLAIN_SIDES, st.floats(0.01, 100.0))
def test_ratio_scales_with_its_numerator(sides: np.ndarray, factor: float) -> None:
    above, below = sides[0, :, 0], sides[1, :, 0] + 3000.0
    one, other = ratio_of_means(above, below), ratio_of_means(factor * above, below)
    for mine, yours in ((one.mean, other.mean), (one.low, other.low), (one.high, other.high)):
        assert (mine is None) == (yours is None)
        assert mine is None or factor * mine == pytest.approx(yours, rel=1e-6, abs=1e-9 * factor)


@any_case
@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.integers(0, 100).map(float)))
def test_inequality_stays_within_its_bounds_and_ignores_the_order_of_cities(values: np.ndarray) -> None:
    cities = values.shape[1]
    people = 1.0 + np.arange(cities)
    gini, per_head = index(values, None), gini_per_head(values, people)
    is_known = values.sum(axis=1) > 0.0
    assert np.array_equal(np.isfinite(gini), is_known)
    assert np.all((gini[is_known] >= -1e-12) & (gini[is_known] <= 1.0 - 1.0 / cities + 1e-12))
    assert np.all((per_head[is_known] >= -1e-12) & (per_head[is_known] < 1.0))
    np.testing.assert_allclose(index(values[:, ::-1], people[::-1]), index(values, people), atol=1e-12)
    lorenz = curve(values, None, np.linspace(0.0, 1.0, 11))[is_known]
    assert np.all(np.diff(lorenz, axis=1) >= -1e-12)
    assert np.all(lorenz <= np.linspace(0.0, 1.0, 11) + 1e-12)


ENDS = st.floats(-1e7, 1e7).filter(lambda value: value == 0.0 or abs(value) > 1e-9)


@settings(any_case, max_examples=200)
@given(st.lists(ENDS, min_size=3, max_size=3), st.sampled_from(["en", "id"]), st.none() | st.integers(0, 3))
def test_rounding_never_changes_what_is_claimed(ends: list[float], language: str, digits: int | None) -> None:
    low, mean, high = sorted(ends)
    estimate = Estimate(mean, low, high, 1.0, 0.95, 100, 0, 99)
    change = told_change(estimate, messages(language), digits=digits)
    if estimate.is_clear:
        assert change.kind == ("up" if low > 0.0 else "down")
        for text in (change.size, change.low, change.high):
            assert any(figure in text for figure in "123456789")
            assert "\N{MINUS SIGN}" not in text
    else:
        assert change.kind == ("same" if low == high == 0.0 else "unclear")
        if change.kind == "unclear":
            assert any(figure in change.low + change.high for figure in "123456789")


@any_case
@given(st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=30))
def test_interval_lies_evenly_around_the_mean(values: list[float]) -> None:
    found = mean_estimate(values)
    assert found.low <= found.mean <= found.high
    assert found.high - found.mean == pytest.approx(found.mean - found.low, abs=1e-6)
