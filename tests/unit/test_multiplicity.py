"""Allowance for many comparisons and ranks of policies, against hand calculations."""

import numpy as np
import pytest
from scipy import stats

from kembar.analysis.multiplicity import count_comparisons, holm, rank_policies
from kembar.analysis.paired import paired_effects

UNITS = {"one": "years", "two": "years"}


def test_holm_multiplies_by_the_number_still_open() -> None:
    # sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, each at least the one before
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_comparisons_count_those_with_an_interval_only() -> None:
    base = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 1.0]])
    steps = {"a": 1.0, "b": 0.0}
    effects = {name: paired_effects(base, base + step, ("one", "two"), UNITS) for name, step in steps.items()}
    found = count_comparisons(effects)
    assert found.count == 2
    assert found.false_alarms == pytest.approx(0.1)
    assert found.clear == found.clear_together == (("a", "one"),)


def test_an_effect_that_is_clear_by_itself_may_not_stay_so_among_many() -> None:
    rng = np.random.default_rng(4)
    base = np.zeros((40, 1))
    noise = rng.normal(0.0, 1.0, (40, 1))
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    weak = noise + 2.5 / np.sqrt(40)  # t = 2.5, p = 0.017
    assert stats.ttest_1samp(weak, 0.0).pvalue == pytest.approx(0.0168, abs=1e-4)
    effects = {"weak": paired_effects(base, weak, ("one",), UNITS)}
    assert count_comparisons(effects).clear_together == (("weak", "one"),)
    effects |= {f"idle {place}": paired_effects(base, noise, ("one",), UNITS) for place in range(4)}
    among_many = count_comparisons(effects)
    assert among_many.clear == (("weak", "one"),)
    assert among_many.clear_together == ()  # 5 x 0.017 > 0.05


def test_false_alarms_among_idle_policies_are_as_rare_as_stated() -> None:
    """Any false alarm in 20 idle policies: at most 5 %. Of 400 repetitions more than 38 have one by 1e-4."""
    rng = np.random.default_rng(11)
    alarms = alone = 0
    for _ in range(400):
        base = np.zeros((20, 1))
        effects = {str(place): paired_effects(base, rng.normal(size=(20, 1)), ("one",), UNITS) for place in range(20)}
        found = count_comparisons(effects)
        alarms += bool(found.clear_together)
        alone += bool(found.clear)
    assert alarms <= 38
    assert alone > 200  # without allowance: 1 - 0.95^20 = 64 % of the repetitions


def test_clearly_different_policies_have_sure_places() -> None:
    rng = np.random.default_rng(8)
    shared = rng.normal(size=50)
    differences = {"low": shared + 1.0, "high": shared + 3.0, "middle": shared + 2.0 + 0.1 * rng.normal(size=50)}
    ranks = rank_policies(differences)
    assert [(rank.policy, rank.best, rank.worst) for rank in ranks] == [("high", 1, 1), ("middle", 2, 2), ("low", 3, 3)]
    worst_first = rank_policies(differences, is_more_better=False)
    assert [(rank.policy, rank.best) for rank in worst_first] == [("low", 1), ("middle", 2), ("high", 3)]
    assert worst_first[0].effect.mean == pytest.approx(differences["low"].mean())


def test_policies_that_cannot_be_told_apart_share_their_places() -> None:
    rng = np.random.default_rng(9)
    differences = {"a": rng.normal(1.0, 1.0, 30), "b": rng.normal(1.05, 1.0, 30), "c": rng.normal(9.0, 1.0, 30)}
    places = {rank.policy: (rank.best, rank.worst) for rank in rank_policies(differences)}
    assert places == {"c": (1, 1), "a": (2, 3), "b": (2, 3)}


def test_policies_are_told_apart_with_allowance_for_the_number_of_pairs_of_policies() -> None:
    rng = np.random.default_rng(10)
    noise = rng.normal(size=40)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    differences = {"better": noise + 2.5 / np.sqrt(40), "worse": np.zeros(40)}  # t = 2.5, p = 0.017
    places = {rank.policy: (rank.best, rank.worst) for rank in rank_policies(differences)}
    assert places == {"better": (1, 1), "worse": (2, 2)}
    differences |= {"third": np.full(40, -50.0), "fourth": np.full(40, -60.0)}  # six pairs of policies
    places = {rank.policy: (rank.best, rank.worst) for rank in rank_policies(differences)}
    assert places == {"better": (1, 2), "worse": (1, 2), "third": (3, 3), "fourth": (4, 4)}


def test_policy_without_a_value_comes_last_with_any_place() -> None:
    ranks = rank_policies({"none": np.full(3, np.nan), "some": np.array([1.0, 1.1, 0.9])})
    assert [(rank.policy, rank.best, rank.worst) for rank in ranks] == [("some", 1, 2), ("none", 1, 2)]
    assert rank_policies({"alone": np.array([1.0, 2.0])})[0].worst == 1
    assert rank_policies({}) == ()


def test_rank_of_lower_is_better_tells_the_effect_in_its_own_sign() -> None:
    found = rank_policies({"cheap": np.array([-5.0, -4.0]), "dear": np.array([5.0, 4.0])}, is_more_better=False)
    assert [(rank.policy, rank.effect.mean) for rank in found] == [("cheap", -4.5), ("dear", 4.5)]
