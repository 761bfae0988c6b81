"""Effects under common luck against hand calculations and SciPy's paired t test."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kembar.analysis.estimates import Reason
from kembar.analysis.paired import Effect, pair_runs, paired_effects
from kembar.errors import InputError

UNITS = {"one": "years", "two": "1"}


def effect_of(baseline: list[float], policy: list[float], level: float = 0.95) -> Effect:
    sides = (np.array([side], float).T for side in (baseline, policy))
    return paired_effects(*sides, ("one",), UNITS, level)[0]


def test_effect_is_the_paired_t_interval() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(10.0, 2.0, 30)
    other = base + rng.normal(0.5, 1.0, 30)
    found = effect_of(base.tolist(), other.tolist(), 0.99).difference
    low, high = stats.ttest_rel(other, base).confidence_interval(0.99)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-10)
    assert (found.level, found.runs) == (0.99, 30)


def test_variance_reduction_is_measured_on_the_same_runs() -> None:
    base, other = [1.0, 2.0, 4.0], [2.0, 3.5, 4.5]
    # variances by hand: baseline 7/3, policy 19/12, differences (1, 1.5, 0.5) 1/4
    found = effect_of(base, other)
    alone = 7.0 / 3.0 + 19.0 / 12.0
    assert found.variance_reduction.value == pytest.approx(1.0 - 0.25 / alone)
    assert found.independent_runs.value == np.ceil(3 * alone / 0.25) == 47
    assert (found.baseline, found.policy) == pytest.approx((7.0 / 3.0, 10.0 / 3.0))
    assert found.relative.value == pytest.approx(3.0 / 7.0)


def test_independent_runs_give_an_interval_as_narrow() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(10.0, 2.0, 400)
    other = base + rng.normal(0.5, 0.5, 400)
    found = effect_of(base.tolist(), other.tolist())
    error = np.sqrt((base.var(ddof=1) + other.var(ddof=1)) / found.independent_runs.value)
    assert error == pytest.approx(found.difference.standard_error, rel=1e-3)


def test_shared_luck_that_harms_is_not_hidden() -> None:
    found = effect_of([1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    assert found.variance_reduction.value == pytest.approx(-1.0)
    assert found.independent_runs.value == 2


def test_pair_without_a_value_on_one_side_is_left_out_of_everything() -> None:
    found = effect_of([1.0, np.nan, 4.0, 100.0], [2.0, 5.0, 6.0, np.nan])
    kept = effect_of([1.0, 4.0], [2.0, 6.0])
    assert replace(found, difference=replace(found.difference, left_out=0)) == kept
    assert (found.difference.runs, found.difference.left_out, found.baseline) == (2, 2, 2.5)


def test_outcomes_are_independent_of_each_other() -> None:
    base = np.array([[1.0, 5.0], [2.0, np.nan], [4.0, 6.0]])
    other = np.array([[2.0, 7.0], [3.5, 1.0], [4.5, 7.0]])
    both = paired_effects(base, other, ("one", "two"), UNITS)
    assert both[0] == paired_effects(base[:, :1], other[:, :1], ("one",), UNITS)[0]
    assert both[1] == paired_effects(base[:, 1:], other[:, 1:], ("two",), UNITS)[0]
    assert [effect.unit for effect in both] == ["years", "1"]


def test_constant_difference_leaves_no_variance() -> None:
    found = effect_of([1.0, 2.0, 4.0], [1.5, 2.5, 4.5])
    assert found.variance_reduction.value == 1.0
    assert found.independent_runs.value is None
    assert str(found.independent_runs.reason) == (
        "the two sides differ by the same amount in all pairs, which no number of independent runs can show"
    )
    assert (found.difference.low, found.difference.high) == (0.5, 0.5)


def test_sides_without_any_spread_have_no_variance_reduction() -> None:
    found = effect_of([2.0, 2.0, 2.0], [3.0, 3.0, 3.0])
    assert found.variance_reduction.value is None
    assert str(found.variance_reduction.reason) == "neither side differs from run to run"
    assert found.independent_runs.reason == found.variance_reduction.reason


def test_too_few_pairs_give_reasons_and_no_number() -> None:
    one = effect_of([2.0, np.nan], [3.0, 1.0])
    assert (one.baseline, one.policy, one.difference.mean, one.difference.low) == (2.0, 3.0, 1.0, None)
    assert one.variance_reduction.reason == one.independent_runs.reason == Reason("one_value")
    none = effect_of([np.nan, 1.0], [3.0, np.nan])
    assert (none.baseline, none.policy, none.difference.mean, none.relative.value) == (None, None, None, None)
    assert none.relative.reason == none.variance_reduction.reason == Reason("no_value")


def test_relative_effect_of_a_zero_baseline_has_a_reason() -> None:
    found = effect_of([-1.0, 1.0], [2.0, 5.0])
    assert found.relative.value is None
    assert str(found.relative.reason) == "the baseline's mean is zero"


def runs_table() -> pd.DataFrame:
    rows = [
        (scenario, point, policies, replicate, 100 * point + replicate, value)
        for scenario, point, policies, replicate, value in (
            ("indonesia", 0, "", 1, 11.0),
            ("indonesia", 0, "", 0, 10.0),
            ("indonesia", 0, "sponsors", 0, 12.0),
            ("indonesia", 0, "sponsors", 1, np.nan),
            ("indonesia", 1, "", 0, 20.0),
            ("indonesia", 1, "sponsors", 0, 25.0),
            ("indonesia", 1, "", 1, 21.0),  # its twin failed
        )
    ]
    return pd.DataFrame(rows, columns=["scenario", "point", "policies", "replicate", "seed", "one"])


def test_runs_are_paired_by_point_and_replicate_whatever_their_order() -> None:
    found = pair_runs(runs_table(), "sponsors", ["one"])
    assert found.points == (0, 0, 1)
    assert found.replicates == (0, 1, 0)
    assert found.baseline[:, 0].tolist() == [10.0, 11.0, 20.0]
    np.testing.assert_equal(found.policy[:, 0], [12.0, np.nan, 25.0])
    assert found.unpaired == 1
    shuffled = pair_runs(runs_table().iloc[::-1], "sponsors", ["one"])
    np.testing.assert_equal(shuffled.policy, found.policy)


def test_runs_with_different_seeds_are_no_pair() -> None:
    table = runs_table()
    table.loc[2, "seed"] = 7
    with pytest.raises(InputError) as caught:
        pair_runs(table, "sponsors", ["one"])
    assert str(caught.value) == (
        "error: the two runs of replicate 0 of design point 0 of 'indonesia' are no pair; "
        "only runs with the same seed share their luck"
    )


def test_a_run_that_is_there_twice_is_refused() -> None:
    with pytest.raises(InputError, match="replicate 0 of design point 0 of 'indonesia' stands in the table"):
        pair_runs(pd.concat([runs_table(), runs_table().iloc[[2]]]), "sponsors", ["one"])


def test_unknown_policy_names_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        pair_runs(runs_table(), "sponsor", ["one"])
    assert str(caught.value) == (
        "error: no run of the policy 'sponsor' in this table; did you mean sponsors?"
    )  # fmt: skip
    table = runs_table()
    with pytest.raises(InputError, match="no run of the baseline in this table"):
        pair_runs(table[table["policies"] != ""], "sponsors", ["one"])
