"""Means over runs, shares of runs and ratios of means, against hand calculations and SciPy's own tests."""

import numpy as np
import pytest
from scipy import stats

from kembar.analysis.estimates import Reason, mean_estimate, mean_estimates, p_value, share_intervals
from kembar.analysis.ratio import ratio_of_means
from kembar.language import messages


def test_interval_is_students() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=17)
    found = mean_estimate(values, 0.9)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert found.standard_error == pytest.approx(stats.sem(values), rel=1e-12)
    assert p_value(found) == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue, rel=1e-10)


def test_runs_without_a_value_are_left_out_and_counted() -> None:
    found = mean_estimate([1.0, np.nan, 3.0, np.inf, 5.0])
    assert (found.mean, found.runs, found.left_out) == (3.0, 3, 2)


def test_columns_are_estimated_each_by_itself() -> None:
    values = np.array([[1.0, 10.0], [3.0, np.nan], [5.0, 30.0]])
    one, other = mean_estimates(values)
    assert one == mean_estimate(values[:, 0])
    assert other == mean_estimate(values[:, 1])


def test_no_value_gives_no_number_but_a_reason() -> None:
    found = mean_estimate([np.nan, np.nan])
    assert (found.mean, found.low, found.high, found.standard_error) == (None, None, None, None)
    assert (found.runs, found.left_out, str(found.reason)) == (0, 2, "no run has a value")
    assert mean_estimate([]).reason == Reason("no_value")


def test_one_value_has_a_mean_and_no_interval() -> None:
    found = mean_estimate([4.0])
    assert (found.mean, found.low, found.high) == (4.0, None, None)
    assert str(found.reason) == "a single run shows no spread"
    assert p_value(found) is None
    assert not found.is_clear


def test_equal_values_have_an_interval_without_width_and_say_so() -> None:
    found = mean_estimate([0.1] * 7)
    assert (found.mean, found.low, found.high) == (0.1, 0.1, 0.1)
    assert str(found.reason) == "all 7 runs give the same number, so the interval has no width"
    assert found.is_clear
    assert not found.has_width
    assert p_value(found) == 0.0
    assert p_value(mean_estimate([0.0, 0.0])) == 1.0


def test_rounding_errors_are_no_spread_and_no_effect() -> None:
    before = np.array([1e6 / 3.0, 1e6 / 7.0, 1e6 / 11.0])
    difference = (before + 0.1) - before  # 0.1 but for the last bits
    assert len(set(difference)) > 1
    found = mean_estimate(difference, size=1e6)
    assert found.standard_error == 0.0
    noise = mean_estimate([1e-9, -2e-9, 3e-9], size=1e6)
    assert (noise.mean, noise.low, noise.high) == (0.0, 0.0, 0.0)


def test_small_numbers_are_not_taken_for_rounding_errors() -> None:
    found = mean_estimate([1e-20, 2e-20, 3e-20])
    assert found.mean == pytest.approx(2e-20)
    assert found.has_width


def test_interval_of_a_share_is_wilsons() -> None:
    for runs, count in ((100, 0), (100, 3), (250, 125), (7, 7)):
        low, high = share_intervals([count], runs, 0.95)
        exact = stats.binomtest(count, runs).proportion_ci(0.95, method="wilson")
        assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_reason_is_told_in_both_languages() -> None:
    reason = Reason("few_pairs", (("needed", 100), ("pairs", 40)))
    assert reason.told(messages("en")) == "at least 100 pairs are needed and there are 40"
    assert reason.told(messages("id")) == "diperlukan sedikitnya 100 pasang dan yang ada 40"


def test_ends_of_a_ratio_are_where_the_difference_just_stops_to_be_significant() -> None:
    rng = np.random.default_rng(5)
    below = rng.normal(3.0, 1.0, 40)
    above = 2.0 * below + rng.normal(0.0, 2.0, 40)
    found = ratio_of_means(above, below, 0.95)
    assert found.mean == pytest.approx(above.mean() / below.mean())
    for end in (found.low, found.high):
        assert stats.ttest_1samp(above - end * below, 0.0).pvalue == pytest.approx(0.05, rel=1e-9)


def test_ratio_with_a_divisor_that_may_be_zero_has_no_finite_interval() -> None:
    above, below = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 1.0, 0.5])
    assert not mean_estimate(below).is_clear
    found = ratio_of_means(above, below)
    assert (found.mean, found.low, found.high) == (None, None, None)
    assert str(found.reason) == (
        "the divisor is not clearly different from zero, so the ratio has no finite interval"
    )  # fmt: skip


def test_ratio_is_finite_just_when_the_divisor_is_clear() -> None:
    rng = np.random.default_rng(6)
    verdicts = set()
    for _ in range(200):
        above, below = rng.normal(1.0, 1.0, (2, 12)) + 0.1
        is_clear = mean_estimate(below).is_clear
        verdicts.add(is_clear)
        assert (ratio_of_means(above, below).low is not None) is is_clear
    assert verdicts == {True, False}


def test_ratio_of_constants_and_of_too_few() -> None:
    exact = ratio_of_means(np.full(4, 6.0), np.full(4, 2.0))
    assert (exact.mean, exact.low, exact.high) == (3.0, 3.0, 3.0)
    assert exact.reason == Reason("no_spread", (("runs", 4),))
    assert ratio_of_means(np.full(4, 6.0), np.zeros(4)).reason == Reason("no_finite_interval")
    assert ratio_of_means(np.array([1.0, np.nan]), np.array([1.0, 1.0])).reason == Reason("one_value")
    assert ratio_of_means(np.array([]), np.array([])).reason == Reason("no_value")
