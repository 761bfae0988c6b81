"""The app's statistics against hand calculations."""

import math

import numpy as np
import pytest
from scipy import stats

from kembar.app.effects import LEVEL, bands, mean_interval, paired_effect


def test_interval_of_a_mean_is_students() -> None:
    values = np.array([3.0, 5.0, 4.0, 8.0])
    found = mean_interval(values)
    low, high = stats.t.interval(LEVEL, 3, loc=5.0, scale=stats.sem(values))
    assert (found.mean, found.runs) == (5.0, 4)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_values_that_do_not_exist_are_left_out() -> None:
    found = mean_interval(np.array([1.0, math.nan, 3.0]))
    assert (found.mean, found.runs) == (2.0, 2)


def test_one_run_has_a_mean_and_no_interval() -> None:
    found = mean_interval(np.array([7.0]))
    assert (found.mean, found.low, found.high, found.runs) == (7.0, None, None, 1)


def test_no_run_has_no_mean() -> None:
    assert mean_interval(np.array([math.nan])).mean is None


def test_effect_uses_only_pairs_with_both_values() -> None:
    effect, _ = paired_effect(np.array([1.0, 2.0, math.nan, 4.0]), np.array([2.0, 5.0, 9.0, math.nan]))
    assert (effect.mean, effect.runs) == (2.0, 2)


def test_effect_is_the_paired_t_interval() -> None:
    before, after = np.array([1.0, 4.0, 2.0, 7.0, 3.0]), np.array([2.0, 5.5, 2.5, 9.0, 4.0])
    effect, reduction = paired_effect(before, after)
    expected = stats.ttest_rel(after, before).confidence_interval(LEVEL)
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))
    difference = np.var(after - before, ddof=1)
    assert reduction == pytest.approx(1 - difference / (np.var(before, ddof=1) + np.var(after, ddof=1)))


def test_luck_that_is_not_there_saves_nothing() -> None:
    assert paired_effect(np.array([1.0, 1.0]), np.array([2.0, 2.0]))[1] is None


def test_bands_hold_the_mean_its_confidence_and_the_spread() -> None:
    runs = np.array([[float(run), 2.0] for run in range(11)])
    found = bands(runs)
    assert found["mean"] == [5.0, 2.0]
    assert found["spread_low"] == pytest.approx([1.0, 2.0])
    assert found["spread_high"] == pytest.approx([9.0, 2.0])
    low, high = stats.t.interval(LEVEL, 10, loc=5.0, scale=stats.sem(runs[:, 0]))
    assert found["low"] is not None and found["high"] is not None
    assert (found["low"][0], found["high"][0]) == pytest.approx((low, high))


def test_a_single_run_has_no_band() -> None:
    assert bands(np.array([[1.0, 2.0]]))["low"] is None
