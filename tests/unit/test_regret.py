"""Regret, satisficing and what decides between policies, against tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kembar.analysis.deciders import Deciders, find_deciders
from kembar.analysis.regret import measure_regret
from kembar.analysis.satisficing import measure_satisficing, satisficing_table
from kembar.errors import InputError
from kembar.experiment.design import Factor, make_design

POLICIES = ("none", "fund", "staff")
# Means of three policies at four points: the best is none, staff, fund and fund.
MEANS = np.array([[5.0, 1.0, 2.0, 0.0], [4.0, 2.0, 3.0, 6.0], [0.0, 3.0, 1.0, 5.0]])


def with_luck(means: np.ndarray, replicates: int) -> np.ndarray:
    """Runs whose luck is the same for every policy and adds up to nothing."""
    luck = np.linspace(-1.0, 1.0, replicates) if replicates > 1 else np.zeros(1)
    return means[:, :, None] + luck


def test_regret_by_hand() -> None:
    found = measure_regret(POLICIES, with_luck(MEANS, 4))
    assert found.at_points.tolist() == [[0, 2, 1, 6], [1, 1, 0, 0], [5, 0, 2, 1]]
    assert [policy.mean.value for policy in found.policies] == pytest.approx([2.25, 0.5, 2.0])
    assert [policy.maximum.value for policy in found.policies] == pytest.approx([6.0, 1.0, 5.0])
    assert [policy.quantile.plain for policy in found.policies] == pytest.approx(
        [np.quantile([0, 2, 1, 6], 0.9), 1.0, np.quantile([5, 0, 2, 1], 0.9)]
    )
    assert [policy.share_best for policy in found.policies] == [0.25, 0.5, 0.25]
    assert {found.least(measure).policy for measure in ("mean", "quantile", "maximum")} == {"fund"}
    assert found.agreement == 1.0


def test_luck_that_policies_share_leaves_both_estimates_alike() -> None:
    for policy in measure_regret(POLICIES, with_luck(MEANS, 6)).policies:
        for measure in (policy.mean, policy.maximum):
            assert measure.by_halves == pytest.approx(measure.plain)


def test_regret_where_less_is_better() -> None:
    found = measure_regret(POLICIES, with_luck(MEANS, 2), is_more_better=False)
    assert found.at_points.tolist() == [[5, 0, 1, 0], [4, 1, 2, 6], [0, 2, 0, 5]]


def test_policies_that_are_alike_share_the_points_where_they_are_best() -> None:
    found = measure_regret(POLICIES, with_luck(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 2.0]]), 2))
    assert [policy.share_best for policy in found.policies] == [0.25, 0.25, 0.5]
    assert sum(policy.support_mean for policy in found.policies) == pytest.approx(1.0)


def test_one_replicate_gives_the_plain_estimate_only() -> None:
    found = measure_regret(POLICIES, with_luck(MEANS, 1))
    assert found.agreement is None
    for policy in found.policies:
        assert policy.mean.by_halves is None and policy.mean.value == policy.mean.plain


def test_maximum_has_no_interval_but_a_share_that_may_be_worse() -> None:
    found = measure_regret(POLICIES, with_luck(MEANS, 2))
    assert found.policies[0].maximum.low is None and found.policies[0].maximum.high is None
    assert (1.0 - found.share_beyond) ** 4 == pytest.approx(0.05)


def test_point_with_a_failed_run_is_dropped_for_all_policies() -> None:
    runs = with_luck(MEANS, 2)
    runs[1, 3, 0] = np.nan
    found = measure_regret(POLICIES, runs)
    assert (found.points, found.dropped_points) == (3, 1)
    assert found.at_points.tolist() == [[0, 2, 1], [1, 1, 0], [5, 0, 2]]
    assert found.table()["dropped_points"].tolist() == [1, 1, 1]


def test_regret_is_refused_with_words_where_there_is_nothing_to_compare() -> None:
    with pytest.raises(InputError, match=r"error: there are fewer than 2 policies; they are compared"):
        measure_regret(["one"], np.zeros((1, 5, 2)))
    with pytest.raises(InputError, match=r"error: 1 of 3 points are complete; 2 are needed"):
        measure_regret(["one", "two"], np.array([[[1.0], [np.nan], [2.0]], [[1.0], [1.0], [np.nan]]]))
    with pytest.raises(ValueError, match="3 policies by points by replicates"):
        measure_regret(POLICIES, np.zeros((2, 4, 1)))


def test_regret_table_has_a_row_for_each_policy() -> None:
    table = measure_regret(POLICIES, with_luck(MEANS, 2)).table()
    assert table["policy"].tolist() == list(POLICIES)
    assert {"mean_low", "quantile_high", "maximum_plain", "maximum_by_halves", "support_quantile"} <= set(table)


def test_satisficing_by_hand() -> None:
    fund, staff = measure_satisficing(POLICIES, with_luck(MEANS, 3), "none")
    # Effects of fund -1, 1, 1, 6 and of staff -5, 2, -1, 5; luck is shared, so every effect is clear.
    assert (fund.policy, fund.share, fund.clearly, fund.clearly_not) == ("fund", 0.75, 0.75, 0.25)
    assert (staff.policy, staff.share, staff.clearly, staff.clearly_not) == ("staff", 0.5, 0.5, 0.5)
    assert 0.0 <= fund.low <= fund.share <= fund.high <= 1.0
    strict, _ = measure_satisficing(POLICIES, with_luck(MEANS, 3), "none", least_effect=2.0)
    assert strict.share == 0.25
    less, _ = measure_satisficing(POLICIES, with_luck(MEANS, 3), "none", is_more_better=False)
    assert less.share == 0.25
    assert satisficing_table([fund, staff])["share"].tolist() == [0.75, 0.5]


def test_effect_is_clear_only_beside_its_own_luck() -> None:
    runs = np.zeros((2, 2, 3))
    runs[1] = [[0.9, 1.0, 1.1], [-5.0, 1.0, 7.0]]
    (found,) = measure_satisficing(("none", "fund"), runs, "none")
    assert (found.share, found.clearly, found.clearly_not) == (1.0, 0.5, 0.0)
    (single,) = measure_satisficing(("none", "fund"), runs[:, :, :1], "none")
    assert single.clearly is None and single.share == 0.5


def deciders_of(points: int = 240, replicates: int = 3, **settings: bool) -> Deciders:
    """Policy `a` gains with x, `b` does not, `c` is never best; y moves all alike and z nothing."""
    design = make_design("latin_hypercube", [Factor(name, 0.0, 1.0) for name in "xyz"], 6, points=points)
    x, y, _ = design.values.T
    means = np.stack([x + y, 0.55 + y, y - 0.5])
    luck = np.random.default_rng(1).standard_normal((3, points, replicates)) * 0.02
    return find_deciders("xyz", design.values, ("a", "b", "c"), means[:, :, None] + luck, resamples=300, **settings)


def test_only_the_parameter_on_which_the_ranking_hangs_decides() -> None:
    found = deciders_of()
    assert (found.best, found.next) == ("b", "a")
    assert [decider.parameter for decider in found.clear] == ["x"]
    x = found.ranked[0]
    # Bins of a tenth: within them 1 % of the variance of a uniform number is left.
    assert x.share.value == pytest.approx(0.99, abs=0.01)
    assert x.changes.value == pytest.approx(1.0, abs=0.02)
    # Choosing a in the highest third gains 5/6 - 0.55 there.
    assert x.worth.value == pytest.approx((5 / 6 - 0.55) / 3, abs=0.01)
    assert (x.best_low, x.best_high) == ("b", "a")
    assert (x.difference_low, x.difference_high) == pytest.approx((0.55 - 1 / 6, 0.55 - 5 / 6), abs=0.02)
    assert (x.p_answer, x.p_lead) == pytest.approx((1 / 301, 1 / 301))


def test_parameter_that_moves_all_policies_alike_decides_nothing() -> None:
    y = next(decider for decider in deciders_of().ranked if decider.parameter == "y")
    assert not y.is_clear
    assert y.worth.value == pytest.approx(0.0, abs=0.01)


def test_parameter_that_moves_the_lead_without_changing_the_answer_is_no_decider() -> None:
    found = deciders_of(is_more_better=False)
    assert (found.best, found.next) == ("c", "a")  # c is the least everywhere: no number would change that
    assert found.clear == ()
    assert all((item.worth.value, item.changes.value, item.p_answer) == (0.0, 0.0, 1.0) for item in found.ranked)
    assert [item.parameter for item in found.ranked if item.moves_lead] == ["x"]


def test_only_the_order_of_a_parameter_counts() -> None:
    design = make_design("latin_hypercube", [Factor(name, 0.01, 1.0, "log") for name in "xy"], 6, points=80)
    runs = np.stack([design.values[:, 0], 0.2 + 0.0 * design.values[:, 0]])[:, :, None]
    plain = find_deciders("xy", design.values, ("a", "b"), runs, resamples=50)
    logged = find_deciders("xy", np.log(design.values), ("a", "b"), runs, resamples=50)
    assert plain.ranked == logged.ranked


def test_uneven_levels_of_a_parameter_have_a_lowest_and_a_highest() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([(np.arange(200) % 20 == 0).astype(float), rng.random(200)])
    runs = np.stack([points[:, 0], np.full(200, 0.5)])[:, :, None]
    found = {item.parameter: item for item in find_deciders("xy", points, ("a", "b"), runs, resamples=50).ranked}
    assert (found["x"].best_low, found["x"].best_high) == ("b", "a")
    assert found["x"].changes.value == pytest.approx(1.0)


def test_deciders_count_dropped_points_and_refuse_too_few() -> None:
    rng = np.random.default_rng(3)
    points, runs = rng.random((62, 2)), rng.random((2, 62, 2))
    runs[0, 5, 1] = np.nan
    found = find_deciders("xy", points, ("a", "b"), runs, resamples=20)
    assert (found.points, found.dropped_points) == (61, 1)
    with pytest.raises(InputError, match=r"error: 50 points are too few to tell what decides; 60 points are needed"):
        find_deciders("xy", points[:50], ("a", "b"), runs[:, 6:56], resamples=20)
    points[:, 1] = 3.0
    with pytest.raises(InputError, match=r"error: y: does not vary over the points"):
        find_deciders("xy", points, ("a", "b"), runs, resamples=20)


def test_deciders_table_is_ranked_and_tidy() -> None:
    table = deciders_of().table()
    assert table["parameter"].tolist()[0] == "x"
    assert table["best"].unique().tolist() == ["b"]
    assert {"share_low", "changes_high", "worth", "p_answer", "is_clear", "p_lead", "difference_high"} <= set(table)
