"""Sums of Efron's likelihood and the scores of each agreement: by hand, by differences, and against `lifelines`."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from kembar.analysis.cox_scores import CoxScores, cox_scores


def log_likelihood(entry: Any, end: Any, has_event: Any, values: Any, coefficients: Any) -> float:
    """Efron's partial likelihood, written as its definition with loops."""
    total, phi = 0.0, np.exp(values @ coefficients)
    for quarter in sorted({int(age) - 1 for age in end[has_event]}):
        at_risk = (entry <= quarter) & (quarter < end)
        tied = has_event & (end == quarter + 1)
        count = int(tied.sum())
        total += float((values[tied] @ coefficients).sum())
        for place in range(count):
            total -= math.log(phi[at_risk].sum() - place / count * phi[tied].sum())
    return total


@pytest.fixture(scope="module")
def drawn() -> tuple[Any, Any, Any, Any]:
    """120 agreements of three covariates with heavy ties and delayed entry."""
    generator = np.random.default_rng(21)
    values = generator.standard_normal((120, 3))
    entry = np.where(generator.random(120) < 0.5, generator.integers(0, 8, 120), 0)
    end = entry + 1 + generator.geometric(1.0 / (1.0 + 4.0 * np.exp(-0.5 * values[:, 0])), 120).clip(max=7)
    return entry, end, generator.random(120) < 0.8, values - values.mean(axis=0)


AT = np.array([0.4, -0.2, 0.1])


@pytest.fixture(scope="module")
def scores(drawn: tuple[Any, Any, Any, Any]) -> CoxScores:
    return cox_scores(*drawn, AT)


def test_two_tied_events_are_weighted_by_hand_after_efron() -> None:
    """Weights 1, 2, 1; the first two rest in the same quarter, the third lives on; one covariate with 0, ln 2, 0."""
    x = math.log(2.0)
    found = cox_scores(
        np.array([0, 0, 0]), np.array([1, 1, 2]), np.array([True, True, False]), np.array([[0.0], [x], [0.0]]),
        np.array([1.0]),
    )  # fmt: skip
    first, second = 4.0, 4.0 - 3.0 / 2.0  # all at risk; half of the two that rest removed
    means = (2 * x / first, (2 * x - 2 * x / 2) / second)
    assert found.hazard[0] == pytest.approx(1 / first + 1 / second)
    assert found.event_hazard[0] == pytest.approx(1 / first + 0.5 / second)
    assert found.mean[0, 0] == pytest.approx(sum(means) / 2)
    third = -(0.0 * found.hazard[0] - (means[0] / first + means[1] / second))
    assert found.residuals()[2, 0] == pytest.approx(third)
    squares = (2 * x * x / first, (2 * x * x - x * x) / second)
    assert found.information[0, 0, 0] == pytest.approx(sum(s - m * m for s, m in zip(squares, means, strict=True)))


def test_residuals_add_up_to_the_slope_of_the_likelihood(drawn: tuple[Any, Any, Any, Any], scores: CoxScores) -> None:
    step = 1e-5
    slope = [
        (log_likelihood(*drawn, AT + step * unit) - log_likelihood(*drawn, AT - step * unit)) / (2 * step)
        for unit in np.eye(3)
    ]
    assert scores.residuals().sum(axis=0) == pytest.approx(slope, rel=1e-7)


def test_the_information_is_the_curvature_of_the_likelihood(
    drawn: tuple[Any, Any, Any, Any], scores: CoxScores
) -> None:
    step = 1e-5
    curvature = [
        -(cox_scores(*drawn, AT + step * unit).residuals() - cox_scores(*drawn, AT - step * unit).residuals()).sum(
            axis=0
        )
        / (2 * step)
        for unit in np.eye(3)
    ]
    assert scores.information.sum(axis=0) == pytest.approx(np.array(curvature), rel=1e-6)


def test_residuals_of_a_growing_covariate_are_those_of_quarters_taken_apart(
    drawn: tuple[Any, Any, Any, Any], scores: CoxScores
) -> None:
    """Each agreement cut into its quarters, the covariate multiplied by the growth of the quarter."""
    entry, end, has_event, values = drawn
    growth = np.linspace(-1.0, 2.0, int(end.max()))
    apart = np.zeros_like(values)
    for quarter in range(int(end.max())):
        here = (entry <= quarter) & (quarter < end)
        alone = cox_scores(
            np.zeros(here.sum(), int), np.ones(here.sum(), int), has_event[here] & (end[here] == quarter + 1),
            values[here], AT,
        )  # fmt: skip
        apart[here] += growth[quarter] * alone.residuals()
    assert scores.residuals(growth) == pytest.approx(apart, abs=1e-12)


def test_lifelines_has_its_summit_where_the_scores_add_up_to_nothing(drawn: tuple[Any, Any, Any, Any]) -> None:
    entry, end, has_event, values = drawn
    frame = pd.DataFrame(values, columns=["x", "y", "z"]).assign(entry=entry, end=end, event=has_event)
    fitted = CoxPHFitter().fit(frame, "end", "event", entry_col="entry", fit_options={"precision": 1e-14})
    there = cox_scores(*drawn, fitted.params_.to_numpy())
    assert np.abs(there.residuals().sum(axis=0)).max() < 1e-6
    assert np.linalg.inv(there.information.sum(axis=0)) == pytest.approx(fitted.variance_matrix_.to_numpy(), rel=1e-6)


def test_small_risk_sets_at_great_ages_keep_their_digits() -> None:
    """Two agreements alone at a great age, after 20,000 that left early: their sums are those of the two."""
    many = 20_000
    entry, end = np.zeros(many + 2, int), np.r_[np.ones(many, int), 300, 300]
    has_event = np.r_[np.zeros(many + 1, bool), True]
    values = np.r_[np.full(many, 3.0), -9.0, -8.0][:, None]
    found = cox_scores(entry, end, has_event, values, np.array([2.0]))
    weights = np.exp(2.0 * values[-2:, 0])
    assert found.mean[299, 0] == pytest.approx((weights * values[-2:, 0]).sum() / weights.sum(), rel=1e-12)
