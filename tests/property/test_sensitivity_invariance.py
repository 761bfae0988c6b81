"""What no analysis may depend on: the unit and zero of the outcome, the order of replicates, luck that all share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.analysis.luck import measure_luck
from kembar.analysis.morris import screen_factors
from kembar.analysis.regret import measure_regret
from kembar.analysis.satisficing import measure_satisficing
from kembar.analysis.sobol import apportion_variance
from kembar.experiment.design import Factor, make_design

SEEDS = st.integers(0, 10_000)
SCALES = st.floats(0.01, 1000.0)
SHIFTS = st.floats(-1000.0, 1000.0)
FEW = settings(max_examples=25, deadline=None)
NAMES = ("a", "b", "c")
CUBE = [Factor(name, 0.0, 1.0) for name in NAMES]
ALIKE = {"rel": 1e-6, "abs": 1e-6}


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


@FEW
@given(SEEDS, SCALES, SHIFTS)
def test_screening_is_in_the_unit_of_the_outcome(seed: int, scale: float, shift: float) -> None:
    design = make_design("morris", CUBE, seed, trajectories=4)
    outcome = drawn(seed, design.points, 3)
    one = screen_factors(NAMES, design.values, outcome, levels=4, resamples=50)
    other = screen_factors(NAMES, design.values, shift + scale * outcome[:, ::-1], levels=4, resamples=50)
    tolerance = 1e-6 * (1 + abs(shift) / scale)
    for name in ("mu", "mu_star"):
        for end in ("value", "low", "high"):
            theirs = getattr(getattr(other, name), end) / scale
            assert theirs == pytest.approx(getattr(getattr(one, name), end), rel=1e-6, abs=tolerance)
    assert (one.mu_star.value >= np.abs(one.mu.value) - 1e-12).all()


@FEW
@given(SEEDS, SCALES, SHIFTS)
def test_shares_of_variance_have_no_unit(seed: int, scale: float, shift: float) -> None:
    design = make_design("sobol", CUBE, seed, base=16)
    outcome = design.values.sum(axis=1, keepdims=True) + 0.1 * drawn(seed, design.points, 3)
    moved = shift + scale * outcome[:, ::-1]
    one, other = (apportion_variance(NAMES, values, resamples=50) for values in (outcome, moved))
    tolerance = 1e-6 * (1 + abs(shift) / scale)
    assert other.first.value == pytest.approx(one.first.value, abs=tolerance)
    assert other.total.high == pytest.approx(one.total.high, abs=tolerance)
    assert other.luck.single == pytest.approx(one.luck.single, abs=tolerance)


@FEW
@given(SEEDS, st.integers(1, 12), st.integers(2, 6))
def test_shares_of_luck_lie_in_their_intervals_within_0_and_1(seed: int, groups: int, replicates: int) -> None:
    group = np.sort(np.random.default_rng(seed).integers(groups, size=24))
    found = measure_luck(drawn(seed, 24, 1) + drawn(seed + 1, 24, replicates), group)
    for value, low, high in (
        (found.single, found.single_low, found.single_high),
        (found.left_in_means, found.left_low, found.left_high),
    ):
        assert value is not None and 0.0 <= value <= 1.0
        if low is not None and high is not None:
            assert 0.0 <= low <= high <= 1.0


@FEW
@given(SEEDS, SCALES, st.integers(2, 5), st.integers(1, 5))
def test_regret_knows_no_luck_that_all_policies_share(seed: int, scale: float, policies: int, replicates: int) -> None:
    names = [str(number) for number in range(policies)]
    outcome = drawn(seed, policies, 12, replicates)
    shared = 100.0 * drawn(seed + 1, 12, replicates)
    one = measure_regret(names, outcome, resamples=30)
    other = measure_regret(names, scale * (outcome + shared), resamples=30)
    assert other.at_points / scale == pytest.approx(one.at_points, **ALIKE)
    assert (one.at_points >= 0.0).all() and (one.at_points.min(axis=0) == 0.0).all()
    assert sum(policy.share_best for policy in one.policies) == pytest.approx(1.0)
    mirrored = measure_regret(names, -outcome, is_more_better=False, resamples=30)
    assert [policy.quantile for policy in mirrored.policies] == [policy.quantile for policy in one.policies]
    for policy in one.policies:
        assert policy.mean.plain <= policy.maximum.plain + 1e-12
    satisfied = measure_satisficing(names, outcome, "0", resamples=30)
    shifted = measure_satisficing(names, outcome + shared, "0", resamples=30)
    assert [found.share for found in satisfied] == [found.share for found in shifted]
