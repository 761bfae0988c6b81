"""Synergy of two policies and the interaction on a grid, against hand calculations."""

import numpy as np
import pytest
from scipy import stats

from kembar.analysis.estimates import Reason, mean_estimate
from kembar.analysis.interaction import find_interaction, find_synergy

LUCK = np.random.default_rng(12).normal(0.0, 3.0, 25)
NOISE = np.random.default_rng(13).normal(0.0, 0.2, (25, 25))


def test_synergy_is_what_both_do_beyond_the_sum() -> None:
    neither, first, second, both = LUCK, LUCK + 1.0 + NOISE[0], LUCK + 2.0 + NOISE[1], LUCK + 3.5 + NOISE[2]
    found = find_synergy(neither, first, second, both)
    expected = stats.ttest_1samp(both - first - second + neither, 0.0).confidence_interval(0.95)
    assert (found.beyond_sum.low, found.beyond_sum.high) == pytest.approx((expected.low, expected.high))
    assert found.first.mean == pytest.approx((first - neither).mean())
    assert found.second.mean == pytest.approx((second - neither).mean())
    assert found.together.mean == pytest.approx((both - neither).mean())
    assert found.beyond_sum.mean == pytest.approx(found.together.mean - found.first.mean - found.second.mean)


def test_policies_that_add_up_have_no_synergy() -> None:
    found = find_synergy(LUCK, LUCK + 0.1, LUCK + 0.2, LUCK + 0.1 + 0.2)
    assert (found.beyond_sum.mean, found.beyond_sum.low, found.beyond_sum.high) == (0.0, 0.0, 0.0)


def test_replicate_that_lacks_one_of_the_four_is_left_out_everywhere() -> None:
    first = LUCK + 1.0
    first[3] = np.nan
    found = find_synergy(LUCK, first, LUCK + 2.0 + NOISE[0], LUCK + 3.0)
    assert {item.runs for item in (found.first, found.second, found.together, found.beyond_sum)} == {24}
    assert found.second.mean == pytest.approx(2.0 + np.delete(NOISE[0], 3).mean())


def grid_of(function: object, first: list[float], second: list[float]) -> np.ndarray:
    """Values of a function of two levels, with luck that all cells share and some of their own."""
    cells = [[function(a, b) + LUCK for b in second] for a in first]  # type: ignore[operator]
    own = NOISE[: len(first) * len(second)].reshape(len(first), len(second), -1)
    return np.array(cells) + own


LEVELS = ([0.0, 1.0, 3.0], [0.0, 2.0, 4.0])


def test_product_strengthens_at_every_level() -> None:
    values = grid_of(lambda a, b: 10.0 + a + b + 2.0 * a * b, *LEVELS)
    found = find_interaction(values, ("money", "will"), LEVELS)
    for row, a in enumerate((1.0, 3.0)):
        for column, b in enumerate((2.0, 4.0)):
            estimate = found.beyond_sum[row][column]
            assert estimate.mean == pytest.approx(2.0 * a * b, abs=0.3)
            own = values[row + 1, column + 1] - values[row + 1, 0] - values[0, column + 1] + values[0, 0]
            assert (estimate.low, estimate.high) == pytest.approx(
                tuple(stats.ttest_1samp(own, 0.0).confidence_interval(0.95))
            )
    assert found.comparisons == 4
    assert found.at_low_levels.first == (0.0, 1.0)
    assert found.at_low_levels.second == (0.0, 2.0)
    assert found.at_high_levels.first == (1.0, 3.0)
    assert found.at_high_levels.second == (2.0, 4.0)
    assert found.at_low_levels.beyond_sum.mean == pytest.approx(4.0, abs=0.3)
    assert found.at_high_levels.beyond_sum.mean == pytest.approx(8.0, abs=0.3)
    assert found.low_less_high.mean == pytest.approx(
        found.at_low_levels.beyond_sum.mean - found.at_high_levels.beyond_sum.mean
    )
    assert found.low_less_high.high < 0.0


def test_saturating_factors_strengthen_each_other_at_low_levels_only() -> None:
    values = grid_of(lambda a, b: 5.0 * min(a, 1.0) * min(b, 2.0), *LEVELS)
    found = find_interaction(values, ("money", "will"), LEVELS)
    assert found.at_low_levels.beyond_sum.low > 9.0
    assert not found.at_high_levels.beyond_sum.is_clear
    assert found.low_less_high.low > 0.0


def test_surface_effects_and_main_effects() -> None:
    values = grid_of(lambda a, b: 10.0 + a + 3.0 * b, *LEVELS)
    found = find_interaction(values, ("money", "will"), LEVELS)
    assert found.surface[1][2] == mean_estimate(values[1, 2])
    assert found.effects[0][0].mean == 0.0
    assert found.effects[2][1].mean == pytest.approx((values[2, 1] - values[0, 0]).mean())
    # common luck: the effect of a cell is far better known than its level
    assert found.effects[2][1].half_width < found.surface[2][1].half_width / 5.0
    first, second = found.main_effects
    assert [item.mean for item in first] == pytest.approx([1.0, 3.0], abs=0.15)
    assert [item.mean for item in second] == pytest.approx([6.0, 12.0], abs=0.15)
    by_hand = (values[2] - values[0]).mean(axis=0)
    assert first[1].mean == pytest.approx(by_hand.mean())
    assert first[1].standard_error == pytest.approx(stats.sem(by_hand))


def test_two_levels_have_a_joint_effect_and_no_upper_part() -> None:
    levels = ([0.0, 1.0], [0.0, 2.0])
    found = find_interaction(grid_of(lambda a, b: a * b, *levels), ("money", "will"), levels)
    assert found.at_low_levels.beyond_sum == found.beyond_sum[0][0]
    assert found.at_high_levels.beyond_sum.reason == Reason("two_levels")
    assert str(found.low_less_high.reason) == "a lower and an upper part need three levels of a factor"


def test_factor_of_two_levels_runs_through_both_parts() -> None:
    levels = ([0.0, 1.0], [0.0, 2.0, 4.0, 8.0])
    found = find_interaction(grid_of(lambda a, b: a * b, *levels), ("money", "will"), levels)
    assert (found.at_low_levels.first, found.at_low_levels.second) == ((0.0, 1.0), (0.0, 2.0))
    assert (found.at_high_levels.first, found.at_high_levels.second) == ((0.0, 1.0), (2.0, 8.0))
    moved = find_interaction(grid_of(lambda a, b: a * b, *levels), ("money", "will"), levels, middles=(0, 2))
    assert moved.at_low_levels.second == (0.0, 4.0)


def test_replicates_without_a_value_are_left_out_where_they_are_needed() -> None:
    values = grid_of(lambda a, b: a * b, *LEVELS)
    values[2, 2, 0] = np.nan
    found = find_interaction(values, ("money", "will"), LEVELS)
    assert (found.beyond_sum[0][0].runs, found.beyond_sum[1][1].runs, found.main_effects[0][1].runs) == (25, 24, 24)


@pytest.mark.parametrize(
    ("shape", "levels", "middles", "words"),
    [
        ((3, 2, 5), LEVELS, None, r"a grid of \(3, 3\) levels, two or more of each, and values of shape \(3, 2, 5\)"),
        ((1, 3, 5), ([0.0], LEVELS[1]), None, r"a grid of \(1, 3\) levels, two or more of each"),
        ((3, 3, 5), ([0.0, 3.0, 1.0], LEVELS[1]), None, "levels must ascend"),
        ((3, 3, 5), LEVELS, (2, 1), "the middle of 3 levels cannot be level 2, counted from 0"),
    ],
)
def test_grid_that_is_none_is_refused(shape: tuple, levels: tuple, middles: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        find_interaction(np.zeros(shape), ("money", "will"), levels, middles=middles)  # type: ignore[arg-type]
