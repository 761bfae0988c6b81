"""The analyses of sensitivity, regret and deciders against functions whose answers are known, with and without luck.

Functions: Ishigami and Homma (1990), Sobol's g, and straight lines. Seeds are fixed, so a test passes or fails for
good; the bounds stand where a right method would fail one draw of seeds in a thousand or fewer.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from kembar.analysis.deciders import find_deciders
from kembar.analysis.luck import measure_luck
from kembar.analysis.morris import screen_factors
from kembar.analysis.regret import measure_regret
from kembar.analysis.sobol import apportion_variance
from kembar.experiment.design import DesignTable, Factor, make_design

pytestmark = [pytest.mark.validation, pytest.mark.slow]

REDUCED = os.environ.get("KEMBAR_REDUCED") == "1"
TIMES = 20 if REDUCED else 100  # studies simulated
LEAST_COVERAGE = 0.75 if REDUCED else 0.87  # of intervals of 95 %
MOST_FALSE_ALARMS = 0.25 if REDUCED else 0.13  # of studies that name a parameter without effect, 5 % expected

ISHIGAMI = [Factor(name, -np.pi, np.pi) for name in "abc"]
ISHIGAMI_FIRST = np.array([0.3139, 0.4424, 0.0])
ISHIGAMI_TOTAL = np.array([0.5576, 0.4424, 0.2437])
ISHIGAMI_VARIANCE = 13.8446


def ishigami(points: np.ndarray) -> np.ndarray:
    """sin a + 7 sin² b + 0.1 c⁴ sin a."""
    a, b, c = points.T
    return np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def luck_of(design: DesignTable, replicates: int, seed: int, *, is_shared: bool) -> np.ndarray:
    """Standard normal luck (points, replicates), shared by the points of a group or each point's own."""
    group = design.group if is_shared else np.arange(design.points)
    return np.random.default_rng(seed).standard_normal((group.max() + 1, replicates))[group]


def sobol_studies(
    base: int, replicates: int, deviation: float, *, is_shared: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and total shares of Ishigami's function (studies, 6), and whether intervals cover the truth."""
    left = deviation**2 / replicates
    kept = ISHIGAMI_VARIANCE / (ISHIGAMI_VARIANCE + left)  # share of the means' variance that is no luck
    truth = np.concatenate([ISHIGAMI_FIRST, ISHIGAMI_TOTAL]) * kept
    values, covered = [], []
    for seed in range(TIMES):
        design = make_design("sobol", ISHIGAMI, seed, base=base)
        luck = deviation * luck_of(design, replicates, 10_000 + seed, is_shared=is_shared)
        found = apportion_variance(design.names, ishigami(design.values)[:, None] + luck, resamples=400)
        values.append(np.concatenate([found.first.value, found.total.value]))
        low = np.concatenate([found.first.low, found.total.low])
        high = np.concatenate([found.first.high, found.total.high])
        covered.append((low <= truth) & (truth <= high))
    return truth, np.array(values), np.array(covered)


@pytest.mark.parametrize("deviation", [0.0, 4.0])
def test_sobol_finds_the_shares_of_ishigami_with_and_without_luck(deviation: float) -> None:
    truth, values, covered = sobol_studies(128, 4, deviation, is_shared=True)
    assert values.mean(axis=0) == pytest.approx(truth, abs=0.05 if REDUCED else 0.025)
    assert covered.mean() >= LEAST_COVERAGE


def test_total_shares_hold_the_luck_unless_a_base_row_shares_it() -> None:
    truth, shared, _ = sobol_studies(128, 4, 4.0, is_shared=True)
    _, own, _ = sobol_studies(128, 4, 4.0, is_shared=False)
    luck = 4.0 / (ISHIGAMI_VARIANCE + 4.0)  # left in the means: 16 over 4 replicates
    assert own[:, 3:].mean(axis=0) - truth[3:] == pytest.approx(luck, abs=0.06 if REDUCED else 0.03)
    assert shared[:, 3:].mean(axis=0) - truth[3:] == pytest.approx(0.0, abs=0.06 if REDUCED else 0.03)
    assert (shared.std(axis=0) < own.std(axis=0)).all()  # and every share is less uncertain


def test_sobol_finds_the_shares_of_the_g_function() -> None:
    weights = np.array([0.0, 1.0, 4.5, 9.0])
    parts = 1.0 / (3.0 * (1.0 + weights) ** 2)
    whole = np.prod(1.0 + parts) - 1.0
    first = parts / whole
    total = parts * np.prod(1.0 + parts) / (1.0 + parts) / whole
    design = make_design("sobol", [Factor(str(number), 0.0, 1.0) for number in range(4)], 3, base=4096)
    outcome = ((np.abs(4.0 * design.values - 2.0) + weights) / (1.0 + weights)).prod(axis=1)
    found = apportion_variance(design.names, outcome[:, None], resamples=200)
    assert found.first.value == pytest.approx(first, abs=0.01)
    assert found.total.value == pytest.approx(total, abs=0.01)


def morris_studies(luck: Callable[[DesignTable, int], np.ndarray], trajectories: int) -> tuple[np.ndarray, ...]:
    """For 3 a + luck: mu and mu_star (studies, 2), whether mu's interval covers 3 and 0, and mu_star made by luck."""
    factors = [Factor("a", 0.0, 1.0), Factor("b", 0.0, 1.0)]
    mu, star, covered, by_luck = [], [], [], []
    for seed in range(TIMES):
        design = make_design("morris", factors, seed, trajectories=trajectories)
        outcome = 3.0 * design.values[:, :1] + luck(design, 20_000 + seed)
        found = screen_factors(design.names, design.values, outcome, levels=4, resamples=400)
        truth = np.array([3.0, 0.0])
        mu.append(found.mu.value)
        star.append(found.mu_star.value)
        covered.append((found.mu.low - 1e-9 <= truth) & (truth <= found.mu.high + 1e-9))
        by_luck.append(found.mu_star_of_luck)
    return np.array(mu), np.array(star), np.array(covered), np.array(by_luck)


def test_luck_in_common_leaves_a_trajectory_exact_and_luck_of_its_own_does_not() -> None:
    mu, star, _, _ = morris_studies(lambda design, seed: luck_of(design, 2, seed, is_shared=True), 8)
    assert mu == pytest.approx(np.tile([3.0, 0.0], (TIMES, 1)), abs=1e-9)
    assert star[:, 1] == pytest.approx(np.zeros(TIMES), abs=1e-9)
    mu, star, covered, by_luck = morris_studies(lambda design, seed: luck_of(design, 2, seed, is_shared=False), 8)
    assert covered.mean() >= LEAST_COVERAGE
    # A factor without effect has the mu_star of luck alone, and the analysis says how large that is.
    assert star[:, 1].mean() == pytest.approx(by_luck[:, 1].mean(), rel=0.15 if REDUCED else 0.07)
    assert star[:, 1].mean() > 0.5


def test_intervals_carry_luck_only_when_trajectories_differ_in_it() -> None:
    """Luck that the factor b lets act: 3 a + L b, with L of each group or one L for the whole study."""

    def acting(design: DesignTable, seed: int, *, is_one: bool) -> np.ndarray:
        drawn = luck_of(design, 1, seed, is_shared=True)
        return (drawn[0] if is_one else drawn) * design.values[:, 1:]

    _, _, of_each, _ = morris_studies(lambda design, seed: acting(design, seed, is_one=False), 8)
    _, _, of_all, _ = morris_studies(lambda design, seed: acting(design, seed, is_one=True), 8)
    assert of_each[:, 1].mean() >= LEAST_COVERAGE
    assert of_all[:, 1].mean() == 0.0


@pytest.mark.parametrize(
    ("kind", "settings", "replicates", "deviation"),
    [
        ("latin_hypercube", {"points": 100}, 4, 4.0),
        ("sobol", {"base": 32}, 4, 3.0),
        ("morris", {"trajectories": 16}, 3, 3.0),
    ],
)
def test_interval_of_the_share_of_luck_covers_it(
    kind: str, settings: dict[str, int], replicates: int, deviation: float
) -> None:
    # The variance between points of a Morris design is that of its own grid.
    variance = ISHIGAMI_VARIANCE
    if kind == "morris":
        variance = ishigami(make_design("morris", ISHIGAMI, 1, trajectories=20_000).values).var()
    truth = deviation**2 / (deviation**2 + variance)
    values, covered = [], []
    for seed in range(TIMES):
        design = make_design(kind, ISHIGAMI, seed, **settings)
        luck = deviation * luck_of(design, replicates, 30_000 + seed, is_shared=True)
        found = measure_luck(ishigami(design.values)[:, None] + luck, design.group)
        assert found.single is not None and found.single_low is not None and found.single_high is not None
        values.append(found.single)
        covered.append(found.single_low <= truth <= found.single_high)
    assert np.mean(values) == pytest.approx(truth, abs=0.06 if REDUCED else 0.03)
    assert np.mean(covered) >= LEAST_COVERAGE


def test_interval_of_the_share_of_luck_covers_it_in_a_grid_that_shares_it() -> None:
    grid = make_design("full", [Factor(name, 0, 3, levels=(0.0, 1.0, 2.0, 3.0)) for name in "ab"])
    effects = grid.values.sum(axis=1)
    truth = 1.0 / (1.0 + effects.var(ddof=1))
    covered = []
    for seed in range(TIMES):
        own = luck_of(grid, 12, 40_000 + seed, is_shared=False)
        outcome = effects[:, None] + np.sqrt(0.7) * luck_of(grid, 12, seed, is_shared=True) + np.sqrt(0.3) * own
        found = measure_luck(outcome, grid.group)
        assert found.single_low is not None and found.single_high is not None
        covered.append(found.single_low <= truth <= found.single_high)
    assert np.mean(covered) >= LEAST_COVERAGE - 0.03  # twelve replicates are few for a variance


def policies_at(points: np.ndarray) -> np.ndarray:
    """Means of four policies: one is better the larger a, one is always middling, two hang on b and c."""
    a, b, c = points.T
    return np.stack([a, 0.5 + 0.0 * a, 0.3 + 0.4 * b, 0.5 * c])


def test_regret_by_halves_and_plain_regret_enclose_the_truth() -> None:
    cube = [Factor(name, 0.0, 1.0) for name in "abc"]
    everywhere = policies_at(np.random.default_rng(1).random((200_000, 3)))
    true_mean = (everywhere.max(axis=0) - everywhere).mean(axis=1)
    halves, plain, largest, covered = [], [], [], []
    for seed in range(TIMES):
        design = make_design("latin_hypercube", cube, seed, points=100)
        means = policies_at(design.values)
        luck = np.random.default_rng(50_000 + seed).standard_normal((4, 100, 10)) * 0.3
        found = measure_regret("abcd", means[:, :, None] + luck, resamples=200)
        halves.append([(policy.mean.by_halves, policy.maximum.by_halves) for policy in found.policies])
        plain.append([(policy.mean.plain, policy.maximum.plain) for policy in found.policies])
        largest.append((means.max(axis=0) - means).max(axis=1))
        covered.append(
            [
                policy.mean.low <= truth <= policy.mean.high  # type: ignore[operator]
                for policy, truth in zip(found.policies, true_mean, strict=True)
            ]
        )
    below, above = np.mean(halves, axis=0), np.mean(plain, axis=0)
    truth = np.column_stack([true_mean, np.mean(largest, axis=0)])
    assert (below < truth).all() and (truth < above).all()
    assert np.mean(covered) >= LEAST_COVERAGE


def named(seed: int, points: int, *, is_null: bool) -> tuple[set[str], set[str]]:
    """Parameters named as deciding and as moving the lead, where x0 does both, or nothing does anything."""
    design = make_design("latin_hypercube", [Factor(f"x{n}", 0.0, 1.0) for n in range(8)], seed, points=points)
    x = design.values[:, 0]
    others = np.zeros((2, points)) if is_null else np.stack([x - 0.55, np.ones(points)])
    means = x - np.vstack([np.zeros(points), others])
    luck = np.random.default_rng(60_000 + seed).standard_normal((3, points, 3)) * 0.3
    found = find_deciders(design.names, design.values, "abc", means[:, :, None] + luck, resamples=199)
    moving = {item.parameter for item in found.ranked if item.moves_lead}
    return {item.parameter for item in found.clear}, moving


@pytest.mark.parametrize("is_null", [False, True])
def test_deciders_are_found_and_noise_is_seldom_named(is_null: bool) -> None:
    results = [named(seed, 120, is_null=is_null) for seed in range(TIMES)]
    for names in zip(*results, strict=True):  # those that decide, and those that move the lead
        assert np.mean([bool(found - {"x0"}) for found in names]) <= MOST_FALSE_ALARMS
        if is_null:
            assert np.mean([bool(found) for found in names]) <= MOST_FALSE_ALARMS
        else:
            assert np.mean(["x0" in found for found in names]) > 0.95
