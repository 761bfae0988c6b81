"""Morris, Sobol, tornado and the share of luck, against hand calculations and functions with known indices."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris

from kembar.analysis.blocks import complete_blocks
from kembar.analysis.luck import measure_luck
from kembar.analysis.morris import Screening, elementary_effects, screen_factors
from kembar.analysis.redrawing import percentile_interval, resampled_rows, resampled_weights
from kembar.analysis.sobol import Indices, apportion_variance
from kembar.analysis.tornado import rank_effects, tornado_table
from kembar.errors import InputError
from kembar.experiment.design import DesignTable, Factor, make_design

NAMES = ("a", "b", "c")
RANGES = (Factor("a", 0.0, 1.0), Factor("b", -2.0, 2.0), Factor("c", 0.0, 1.0))


def luck_by_group(design: DesignTable, replicates: int, seed: int) -> np.ndarray:
    """Luck (points, replicates) that the points of a group have in common."""
    drawn = np.random.default_rng(seed).standard_normal((design.group.max() + 1, replicates))
    return drawn[design.group]


def linear(values: np.ndarray) -> np.ndarray:
    """Effects over the ranges: 3, -4 and nothing."""
    return 3.0 * values[:, 0] - values[:, 1]


def screened(replicates: int = 1, luck: float = 0.0, trajectories: int = 6) -> Screening:
    design = make_design("morris", RANGES, 4, trajectories=trajectories)
    outcome = linear(design.values)[:, None] + luck * luck_by_group(design, replicates, 9)
    return screen_factors(NAMES, design.values, outcome, levels=4)


def test_resampled_weights_count_the_resampled_rows() -> None:
    rows, weights = resampled_rows(5, 40), resampled_weights(5, 40)
    assert (weights * 5).round().astype(int).tolist() == [np.bincount(row, minlength=5).tolist() for row in rows]


def test_interval_of_few_rows_reaches_as_far_as_students() -> None:
    draws = np.random.default_rng(1).standard_normal(200_000) * np.sqrt(7 / 8)  # means of resamples of 8 rows
    low, high = percentile_interval(draws, 8)
    assert (low, high) == pytest.approx((-2.365, 2.365), abs=0.05)


def test_block_with_a_missing_value_is_dropped_whole_and_counted() -> None:
    outcome = np.arange(24.0).reshape(12, 2)
    outcome[4, 1] = np.nan
    kept, is_complete = complete_blocks(outcome, 3, "trajectories")
    assert is_complete.tolist() == [True, False, True, True]
    assert kept[1].tolist() == [[12.0, 13.0], [14.0, 15.0], [16.0, 17.0]]
    outcome[[0, 8]] = np.nan
    with pytest.raises(
        InputError,
        match=r"error: 1 of 4 trajectories are complete; 2 are needed; a run that failed or has no such outcome",
    ):
        complete_blocks(outcome, 3, "trajectories")
    with pytest.raises(ValueError, match="in blocks of 5 points"):
        complete_blocks(outcome, 5, "trajectories")


def test_morris_finds_the_slopes_of_a_linear_function_exactly() -> None:
    found = screened()
    assert found.mu.value == pytest.approx([3.0, -4.0, 0.0], abs=1e-12)
    assert found.mu_star.value == pytest.approx([3.0, 4.0, 0.0], abs=1e-12)
    assert found.sigma == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    assert found.mu.low == pytest.approx(found.mu.high, abs=1e-12)
    assert (found.trajectories, found.dropped_trajectories) == (6, 0)
    assert found.luck_deviation is None and found.mu_star_of_luck is None


def test_morris_effects_are_those_of_salib() -> None:
    design = make_design("morris", RANGES, 4, trajectories=10, levels=6)
    outcome = np.exp(design.values[:, 0]) * design.values[:, 1] ** 2 + design.values[:, 2]
    problem = {"num_vars": 3, "names": list(NAMES), "bounds": [[0.0, 1.0]] * 3}
    theirs = salib_morris.analyze(problem, design.values, outcome, num_levels=6, seed=1)
    effects = elementary_effects(design.values.reshape(10, 4, 3), outcome.reshape(10, 4, 1), 6)[:, :, 0]
    assert effects.mean(axis=0) == pytest.approx(np.asarray(theirs["mu"]))
    assert np.abs(effects).mean(axis=0) == pytest.approx(np.asarray(theirs["mu_star"]))
    assert effects.std(axis=0, ddof=1) == pytest.approx(np.asarray(theirs["sigma"]))


def test_luck_in_common_cancels_in_a_trajectory() -> None:
    found = screened(replicates=3, luck=100.0)
    assert found.mu.value == pytest.approx([3.0, -4.0, 0.0], abs=1e-9)
    assert found.luck_deviation == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
    assert found.luck.single is not None and found.luck.single > 0.9


def test_luck_of_an_effect_is_its_deviation_over_replicates() -> None:
    design = make_design("morris", [Factor("a", 0.0, 1.0)], 4, trajectories=2)
    outcome = np.array([[0.0, 0.0], [2.0, 4.0], [0.0, 0.0], [3.0, 3.0]])
    found = screen_factors(["a"], design.values, outcome, levels=4)
    # Effects by replicate, times 2/3: 2 and 4 (variance 2), 3 and 3 (variance 0); mean 1; over 2 replicates 1/2.
    assert found.luck_deviation == pytest.approx([np.sqrt(0.5) * 1.5])
    assert found.mu_star_of_luck == pytest.approx([np.sqrt(0.5) * 1.5 * np.sqrt(2 / np.pi)])


def test_factor_of_two_levels_moves_in_every_trajectory() -> None:
    factors = [Factor("a", 0, 1, "integer"), Factor("b", 0.0, 1.0)]
    design = make_design("morris", factors, 2, trajectories=12)
    outcome = 5.0 * design.values[:, :1] + design.values[:, 1:]
    effects = elementary_effects(design.values.reshape(12, 3, 2), outcome.reshape(12, 3, 1), 4)[:, :, 0]
    assert effects[:, 0] == pytest.approx(np.full(12, 5.0 * 1.5))  # from one end to the other by two thirds
    assert effects[:, 1] == pytest.approx(np.ones(12))


@pytest.mark.parametrize(
    "path",
    [
        [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0)],
        [(0.0, 0.0), (1.0, 0.0), (1.0, 0.0)],
        [(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)],
    ],
)
def test_two_moves_at_once_none_or_the_same_twice_are_no_trajectory(path: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="one factor moves at a time, and each once"):
        elementary_effects(np.array([path]), np.zeros((1, 3, 1)), 4)


def test_trajectory_with_a_failed_run_is_dropped_and_the_rest_stands() -> None:
    design = make_design("morris", RANGES, 4, trajectories=6)
    outcome = linear(design.values)[:, None]
    outcome[5] = np.nan
    found = screen_factors(NAMES, design.values, outcome, levels=4)
    assert (found.trajectories, found.dropped_trajectories) == (5, 1)
    assert found.mu.value == pytest.approx([3.0, -4.0, 0.0], abs=1e-12)
    assert found.table()["dropped_trajectories"].tolist() == [1, 1, 1]


def test_screening_of_a_constant_says_so() -> None:
    design = make_design("morris", RANGES, 4, trajectories=4)
    found = screen_factors(NAMES, design.values, np.full((design.points, 2), 7.3), levels=4)
    assert found.is_constant
    assert found.mu_star.value.tolist() == [0.0, 0.0, 0.0]


def test_screening_table_has_the_most_important_first() -> None:
    table = screened(replicates=2).table()
    assert table["factor"].tolist() == ["b", "a", "c"]
    assert table.loc[0, "mu"] == pytest.approx(-4.0)
    assert {"mu_low", "mu_high", "mu_star_low", "sigma", "luck_deviation", "mu_star_of_luck"} <= set(table)


def test_tornado_has_the_longest_bar_first_whatever_its_direction() -> None:
    bars = rank_effects(screened(), most=2)
    assert [(bar.factor, round(bar.effect, 9)) for bar in bars] == [("b", -4.0), ("a", 3.0)]
    assert all(bar.is_clear for bar in bars)
    assert not rank_effects(screened())[2].is_clear  # the factor that does nothing
    assert tornado_table(bars)["importance"].tolist() == pytest.approx([4.0, 3.0])


def indices_of(base: int, *, second_order: bool = False, failed: int | None = None) -> Indices:
    """Of 3 a - b + 12 a b c over -1/2 to 1/2: variances 3/4, 1/12 and 1/12."""
    cube = [Factor(name, -0.5, 0.5) for name in NAMES]
    design = make_design("sobol", cube, 2, base=base, second_order=second_order)
    a, b, c = design.values.T
    outcome = (3.0 * a - b + 12.0 * a * b * c)[:, None]
    if failed is not None:
        outcome[failed] = np.nan
    return apportion_variance(NAMES, outcome, second_order=second_order, resamples=200)


def test_sobol_finds_shares_worked_out_by_hand() -> None:
    found = indices_of(2048)
    whole = 0.75 + 2.0 / 12.0
    assert found.first.value == pytest.approx([0.75 / whole, 1 / 12 / whole, 0.0], abs=0.01)
    assert found.total.value == pytest.approx([(0.75 + 1 / 12) / whole, 2 / 12 / whole, 1 / 12 / whole], abs=0.01)
    assert (found.first.low <= found.first.value).all() and (found.first.value <= found.first.high).all()
    assert found.second is None and found.pairs_table().empty


def test_sobol_second_order_of_a_product() -> None:
    design = make_design("sobol", [Factor(name, -1.0, 1.0) for name in NAMES], 2, base=1024, second_order=True)
    outcome = (design.values[:, 0] * design.values[:, 1])[:, None]
    found = apportion_variance(NAMES, outcome, second_order=True, resamples=100)
    assert found.second is not None
    assert found.second.value[0, 1] == pytest.approx(1.0, abs=0.03)
    assert found.second.value[0, 2] == pytest.approx(0.0, abs=0.03)
    assert found.pairs_table().loc[0, ["factor", "other"]].tolist() == ["a", "b"]


def test_base_row_with_a_failed_run_is_dropped_and_counted() -> None:
    found = indices_of(64, failed=11)
    assert (found.base_rows, found.dropped_base_rows) == (63, 1)
    assert found.table()["dropped_base_rows"].tolist() == [1, 1, 1]
    assert np.isfinite(found.total.value).all()


def test_sobol_of_a_constant_has_no_shares() -> None:
    found = apportion_variance(NAMES, np.full((5 * 8, 3), 0.1), second_order=False)
    assert found.is_constant
    assert np.isnan(found.first.value).all() and np.isnan(found.total.high).all()
    assert found.luck.reason == "no_variance"


def test_luck_by_hand_with_luck_of_its_own_at_each_point() -> None:
    found = measure_luck(np.array([[1.0, 3.0], [5.0, 7.0]]), np.array([0, 1]))
    # Within points 2; means 2 and 6 have variance 8, of which 2 / 2 is luck.
    assert found.single == pytest.approx(2.0 / 9.0)
    assert found.left_in_means == pytest.approx(1.0 / 8.0)
    assert (found.luck_deviation, found.factors_deviation) == pytest.approx((np.sqrt(2.0), np.sqrt(7.0)))
    assert found.single_low is None  # two groups show no spread when one is left out


def test_luck_by_hand_with_two_points_to_a_group() -> None:
    means = np.array([0.0, 2.0, 4.0, 6.0])
    found = measure_luck(np.column_stack([means - 1.0, means + 1.0]), np.array([0, 0, 1, 1]))
    # Half the mean square of 4, 6, 2 and 4 between the groups is 9; within points 2.
    assert found.left_in_means == pytest.approx(1.0 / 9.0)
    assert found.single == pytest.approx(2.0 / (2.0 + 8.0))


def test_luck_by_hand_that_all_points_share() -> None:
    found = measure_luck(np.add.outer([0.0, 1.0, 2.0], [0.0, 10.0]), np.zeros(3))
    # Luck 0 and 10 has variance 50; the points 0, 1, 2 have 1, and none of it is luck.
    assert found.single == pytest.approx(50.0 / 51.0)
    assert found.left_in_means == pytest.approx(25.0 / 26.0)


def test_outcome_without_luck_has_no_share_of_it() -> None:
    for group in (np.arange(5), np.zeros(5)):
        found = measure_luck(np.repeat(np.arange(5.0)[:, None], 4, axis=1), group)
        assert (found.single, found.left_in_means) == (0.0, 0.0)
        assert (found.single_low, found.single_high) == (0.0, 0.0)


def test_share_of_luck_says_why_there_is_none() -> None:
    assert measure_luck(np.ones((4, 1)), np.arange(4)).reason == "one_replicate"
    assert measure_luck(np.ones((1, 4)), np.arange(1)).reason == "one_point"
    assert measure_luck(np.full((3, 4), 0.1), np.arange(3)).reason == "no_variance"
    missing = np.array([[1.0, np.nan], [2.0, 3.0], [5.0, 4.0], [0.0, 1.0]])
    found = measure_luck(missing, np.arange(4))
    assert (found.points, found.dropped_points, found.reason) == (3, 1, None)
    assert measure_luck(np.full((3, 2), np.nan), np.arange(3)).reason == "one_point"
    assert found.table().loc[0, "dropped_points"] == 1


def test_same_table_gets_the_same_intervals() -> None:
    one, again = indices_of(64), indices_of(64)
    assert one.first.low.tobytes() == again.first.low.tobytes()
    assert screened().mu_star.low.tobytes() == screened().mu_star.low.tobytes()
