"""Stein's two-stage procedure against hand calculations: how many pairs, which interval, when it is reached."""

import math

import numpy as np
import pytest
from scipy import stats

from kembar.analysis.estimates import Reason
from kembar.analysis.precision import PILOT_PAIRS, PrecisionRule, pairs_needed, precise_differences
from kembar.errors import InputError

PILOT = np.array([0.0, 2.0, 1.0, 3.0])  # standard deviation 1.291
STEIN = (stats.t.ppf(0.975, 3) * PILOT.std(ddof=1)) ** 2  # (t s0)² = 16.88
RULE = PrecisionRule(share=0.1, most_pairs=1000, pilot_pairs=4)
TEN = np.full(1000, 10.0)


def drive(differences: np.ndarray, baseline: np.ndarray, rule: PrecisionRule) -> list[int]:
    """The numbers of pairs that a runner has in turn when it computes just what it is asked for."""
    have = [0]
    while True:
        needed = pairs_needed(differences[: have[-1]], baseline[: have[-1]], rule)
        if needed <= have[-1]:
            return have[1:]
        have.append(needed)


def test_pilot_comes_first() -> None:
    assert pairs_needed(np.array([]), np.array([]), PrecisionRule(0.1, 1000)) == PILOT_PAIRS
    assert pairs_needed(np.zeros((0, 3)), np.array([]), RULE) == 4
    assert pairs_needed(PILOT[:3], TEN[:3], RULE) == 4
    assert pairs_needed(np.array([]), np.array([]), PrecisionRule(0.1, 20)) == 20


def test_number_of_pairs_is_steins() -> None:
    assert pairs_needed(PILOT, TEN[:4], RULE) == math.ceil(STEIN / 1.0) == 17
    assert pairs_needed(PILOT, TEN[:4], PrecisionRule(0.05, 1000, 4)) == math.ceil(STEIN / 0.25) == 68
    assert pairs_needed(PILOT, TEN[:4], PrecisionRule(1.0, 1000, 4)) == 4
    assert pairs_needed(PILOT, -TEN[:4], RULE) == 17  # a share of the size of the mean


def test_interval_rests_on_the_pilots_spread() -> None:
    later = np.array([50.0, -50.0] * 6 + [1.0])  # a spread that the pilot did not show
    values = np.concatenate([PILOT, later])
    found = precise_differences(values, TEN[:17], RULE)[0]
    half = math.sqrt(STEIN / 17)
    assert found.difference.mean == pytest.approx(values.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((values.mean() - half, values.mean() + half))
    assert (found.difference.runs, found.difference.degrees) == (17, 3)
    assert found.precision_reached
    assert (found.wanted, found.reason) == (1.0, None)


def test_results_beyond_the_number_asked_for_change_nothing() -> None:
    rng = np.random.default_rng(1)
    values, base = rng.normal(1.0, 3.0, 1000), rng.normal(10.0, 1.0, 1000)
    last = drive(values, base, RULE)[-1]
    for ahead in (last, last + 1, last + 500, 1000):
        assert pairs_needed(values[:ahead], base[:ahead], RULE) == last
        assert precise_differences(values[:ahead], base[:ahead], RULE) == precise_differences(
            values[:last], base[:last], RULE
        )


def test_least_precise_policy_decides() -> None:
    columns = np.column_stack([PILOT, 2.0 * PILOT, 0.1 * PILOT])
    assert pairs_needed(columns, TEN[:4], RULE) == pairs_needed(2.0 * PILOT, TEN[:4], RULE) == 68


def test_baseline_mean_that_falls_later_asks_for_more_pairs() -> None:
    values = np.resize(PILOT, 1000)
    base = np.concatenate([np.full(4, 10.0), np.full(996, 5.0)])
    stages = drive(values, base, RULE)
    assert stages[:2] == [4, 17]
    assert len(stages) > 2
    last = stages[-1]
    found = precise_differences(values[:last], base[:last], RULE)[0]
    assert found.precision_reached
    assert found.difference.half_width <= 0.1 * base[:last].mean()
    assert math.sqrt(STEIN / stages[-2]) > 0.1 * base[: stages[-2]].mean()


def test_baseline_mean_that_rises_later_changes_nothing() -> None:
    base = np.concatenate([np.full(4, 10.0), np.full(996, 50.0)])
    assert drive(np.resize(PILOT, 1000), base, RULE) == [4, 17]


def test_most_pairs_end_it_and_the_precision_is_not_reached() -> None:
    rule = PrecisionRule(0.01, 30, 4)
    values = np.resize(PILOT, 1000)
    assert drive(values, TEN, rule) == [4, 30]
    found = precise_differences(values[:30], TEN[:30], rule)[0]
    assert not found.precision_reached
    assert found.difference.half_width == pytest.approx(math.sqrt(STEIN / 30))
    assert str(found.reason) == "no more than 30 pairs were allowed"


def test_fewer_pairs_than_asked_for_are_told() -> None:
    found = precise_differences(np.resize(PILOT, 10), TEN[:10], RULE)[0]
    assert not found.precision_reached
    assert str(found.reason) == "17 pairs are needed and there are 10"


def test_pairs_without_a_value_do_not_count() -> None:
    values = np.resize(PILOT, 1000)
    values[8::2] = np.nan  # from then on every second pair
    pilot = np.insert(PILOT, [1, 2], np.nan)  # 4 of 6
    rule = PrecisionRule(0.1, 1000, 6)
    assert pairs_needed(pilot, TEN[:6], rule) == math.ceil(17 * 6 / 4)
    stages = drive(values, TEN, RULE)
    found = precise_differences(values[: stages[-1]], TEN[: stages[-1]], RULE)[0]
    assert found.precision_reached
    assert found.difference.runs >= 17
    assert found.difference.runs + found.difference.left_out == stages[-1]


def test_baseline_without_a_value_makes_a_pair_without_one() -> None:
    base = TEN[:4].copy()
    base[2] = np.nan
    assert precise_differences(PILOT, base, RULE)[0].difference.runs == 3


def test_zero_baseline_mean_is_told_and_asks_for_no_more() -> None:
    base = np.array([-1.0, 1.0, -1.0, 1.0])
    assert pairs_needed(PILOT, base, RULE) == 4
    found = precise_differences(PILOT, base, RULE)[0]
    assert not found.precision_reached
    assert found.wanted == 0.0
    assert str(found.reason) == "the baseline's mean is zero, and a share of zero is no precision"


def test_pilot_without_spread_is_precise_as_it_is() -> None:
    found = precise_differences(np.full(4, 2.0), TEN[:4], RULE)[0]
    assert pairs_needed(np.full(4, 2.0), TEN[:4], RULE) == 4
    assert (found.difference.low, found.difference.high, found.precision_reached) == (2.0, 2.0, True)
    assert found.difference.reason == Reason("no_spread", (("runs", 4),))


def test_pilot_without_spread_does_not_hide_a_later_one() -> None:
    """When another policy makes the study longer, the spread that shows up later counts."""
    still = np.concatenate([np.full(4, 2.0), np.resize(PILOT, 13)])
    columns = np.column_stack([still, np.resize(PILOT, 17)])
    found = precise_differences(columns, TEN[:17], RULE)[0]
    assert found.difference.standard_error == pytest.approx(stats.sem(still))
    assert found.difference.degrees == 16


def test_pilot_without_any_value_asks_for_no_more_and_says_why() -> None:
    nothing = np.full(4, np.nan)
    assert pairs_needed(nothing, TEN[:4], RULE) == 4
    found = precise_differences(nothing, TEN[:4], RULE)[0]
    assert (found.difference.mean, found.wanted, found.precision_reached) == (None, None, False)
    assert str(found.reason) == "no run has a value"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"share": 0.0}, "error: precision: 0.0 cannot be used; a share above 0, as 0.1 or 10%"),
        ({"share": math.nan}, "error: precision: nan cannot be used; a share above 0, as 0.1 or 10%"),
        ({"most_pairs": 1}, "error: max_runs: 1 cannot be used; an interval needs two pairs or more"),
        ({"pilot_pairs": 1}, "error: pilot: 1 cannot be used; an interval needs two pairs or more"),
        ({"level": 1.0}, "error: level: 1.0 cannot be used; a level lies between 0 and 1, as 0.95"),
    ],
)
def test_rule_that_is_none_is_refused(values: dict[str, float], words: str) -> None:
    with pytest.raises(InputError) as caught:
        PrecisionRule(**{"share": 0.1, "most_pairs": 100, **values})
    assert str(caught.value) == words
