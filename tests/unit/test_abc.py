"""Approximate Bayesian computation against a posterior that is known, and against a test that it must fail."""

from __future__ import annotations

import numpy as np
import pytest

from kembar.analysis.abc import LEVELS, Floats, Posterior, Recovery, posterior_of, recover, with_errors

DRAWS = 20_000
ERROR = 0.05
NOISE = 0.05


def table(seed: int = 1) -> tuple[Floats, Floats]:
    """Three numbers, of which the first makes the statistic and the third nothing at all."""
    random = np.random.default_rng(seed)
    places = random.random((DRAWS, 3))
    statistic = places[:, 0] + 0.5 * places[:, 1] + NOISE * random.standard_normal(DRAWS)
    return places, with_errors(statistic[:, None], np.array([ERROR]))


def test_posterior_of_a_linear_model_is_the_known_one() -> None:
    places, reported = table()
    found = posterior_of(places, reported, np.array([0.75]), 1000)
    # Given the sum of a uniform number and half of another, with a small error, the first is about even between 1/4
    # and 3/4, the second over its whole range, and the two lie on a line.
    assert found.means[:2] == pytest.approx([0.5, 0.5], abs=0.02)
    assert found.deviations[0] == pytest.approx(0.5 / np.sqrt(12.0), abs=0.03)
    assert found.deviations[1] == pytest.approx(1.0 / np.sqrt(12.0), abs=0.02)
    assert np.corrcoef(found.places[:, 0], found.places[:, 1])[0, 1] < -0.8
    assert found.share_below(np.array([0.5, 0.5, 0.5])) == pytest.approx([0.5, 0.5, 0.5], abs=0.05)


def test_a_number_that_makes_nothing_keeps_its_range() -> None:
    places, reported = table()
    found = posterior_of(places, reported, np.array([1.4]), 500)
    gaps, chances = found.distance_from_prior()
    assert chances[0] < 1e-6 < 0.01 < chances[2]
    assert gaps[0] > 0.5 > 0.1 > gaps[2]
    assert (found.places[:, 2] == places[found.rows, 2]).all(), "a slope of mere chance moved it"


def test_adjusted_numbers_stay_in_their_ranges() -> None:
    places, reported = table()
    found = posterior_of(places, reported, np.array([1.65]), 500)  # beyond what any draw gives without an error
    assert ((found.places > 0.0) & (found.places < 1.0)).all()


def test_coverage_of_held_out_draws_is_nominal() -> None:
    places, reported = table()
    found = recover(places, reported, 500, 400)
    assert (found.misfit() > 0.01).all()
    for level in LEVELS:
        assert found.coverage(level) == pytest.approx([level] * 3, abs=0.08)


def test_a_posterior_that_is_too_sure_of_itself_is_caught() -> None:
    """Ranks of a posterior half as wide as it should be pile up at both ends."""
    random = np.random.default_rng(3)
    from scipy.stats import norm

    ranks = norm.cdf(2.0 * random.standard_normal((400, 1)))
    found = Recovery(ranks)
    assert found.misfit()[0] < 0.001
    assert found.coverage(0.95)[0] < 0.8


def test_sample_is_equally_likely_draws_by_weight() -> None:
    weights = np.array([0.5, 0.3, 0.2, 0.0])
    found = Posterior(np.zeros((4, 1)), weights, np.arange(4), 1.0)
    counts = np.bincount(found.sample(1000), minlength=4)
    assert counts.tolist() == [500, 300, 200, 0]
    assert (found.sample(50, seed=4) == found.sample(50, seed=4)).all()
    assert found.effective == pytest.approx(1.0 / 0.38)


def test_a_statistic_that_never_moves_breaks_nothing() -> None:
    places, reported = table()
    constant = np.column_stack([reported, np.full(DRAWS, 3.0)])
    one = posterior_of(places, reported, np.array([0.75]), 300)
    two = posterior_of(places, constant, np.array([0.75, 3.0]), 300)
    assert two.means == pytest.approx(one.means, abs=0.01)


def test_fewer_draws_than_are_to_be_accepted_are_refused() -> None:
    with pytest.raises(ValueError, match="5 draws are fewer than the 6 to accept"):
        posterior_of(np.zeros((5, 1)), np.zeros((5, 1)), np.zeros(1), 6)
