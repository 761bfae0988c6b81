"""Kaplan-Meier's curve, restricted means and medians against hand calculations."""

import numpy as np
import pytest

from drawn_agreements import HAND_WORKED, Row, draw_agreements, table_of
from kembar.analysis.resampling import Resampled, resample_runs
from kembar.analysis.risk_table import at_risk_table
from kembar.analysis.survival import median_life, restricted_mean, survival_curve, survival_difference, surviving
from kembar.errors import InputError

HAZARDS = {"luck": [0.04] * 60, "money_a": [0.02] * 60}


def resampled(rows: list[Row]) -> Resampled:
    return resample_runs(at_risk_table(table_of(rows), "why"), seed=1)


def test_the_curve_is_the_product_worked_out_by_hand() -> None:
    curve = survival_curve(resampled(HAND_WORKED))
    assert curve.ages_years.tolist() == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5]
    assert curve.survival == pytest.approx([1, 1, 1 / 2, 1 / 2, 1 / 6, 1 / 6], abs=1e-14)
    assert curve.at_risk.tolist() == [4, 5, 6, 3, 3, 1]
    assert curve.events.tolist() == [0, 0, 3, 0, 2, 0]
    assert (curve.from_years, curve.until_years, curve.spells, curve.left_out) == (0.0, 1.5, 7, 2)
    assert [curve.at(age) for age in (0.0, 0.5, 0.74)] == [1.0, 1.0, 1.0]
    assert curve.at(1.49) == pytest.approx(1 / 6)
    assert curve.at(1.51) is None


def test_the_restricted_mean_is_the_area_under_the_curve() -> None:
    found = resampled(HAND_WORKED)
    assert restricted_mean(found, 1.5).years.value == pytest.approx((3 + 2 / 2 + 1 / 6) / 4)
    assert restricted_mean(found, 1.0).years.value == pytest.approx((3 + 1 / 2) / 4)


def test_the_median_is_the_first_age_that_half_or_less_survive() -> None:
    assert median_life(resampled(HAND_WORKED)).years.value == 0.75


def test_a_median_beyond_the_ages_seen_is_not_reached() -> None:
    found = median_life(
        resampled([(0, 0, 3, "dormancy", "luck"), (0, 0, 8, "censored", None), (0, 0, 8, "censored", None)])
    )
    assert found.years.value is None
    assert str(found.years.reason) == "more than half are left at 2 years of age, the last that was seen"


def test_a_horizon_beyond_the_ages_seen_has_no_mean() -> None:
    found = resampled(HAND_WORKED)
    beyond = restricted_mean(found, 30.0).years
    assert beyond.value is None
    assert str(beyond.reason) == "nothing is known up to 30 years of age: agreements were seen up to 1.50 years only"
    with pytest.raises(InputError) as caught:
        restricted_mean(found, 1.1)
    assert "horizon: 1.1 years cannot be used; a horizon is a whole number of quarters" in str(caught.value)


def test_a_curve_begins_where_the_first_agreement_enters() -> None:
    found = resampled([(0, 40, 42, "dormancy", "luck"), (0, 40, 50, "censored", None)])
    curve = survival_curve(found)
    assert (curve.from_years, curve.until_years, curve.ages_years[0]) == (10.0, 12.5, 10.25)
    assert curve.at(10.0) == 1.0
    assert curve.at(9.75) is None
    assert curve.at(12.0) == 0.5
    assert restricted_mean(found, 12.5).years.value == pytest.approx((3 + 7 / 2) / 4)
    assert str(restricted_mean(found, 5.0).years.reason) == (
        "nothing is known up to 5 years of age: agreements were seen from 10 years on only"
    )


def test_a_curve_stops_at_a_gap_and_says_so() -> None:
    curve = survival_curve(resampled([(0, 0, 4, "censored", None), (0, 6, 8, "dormancy", "luck")]))
    assert (curve.until_years, curve.events_outside) == (1.0, 1)
    assert curve.survival.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_all_may_rest() -> None:
    curve = survival_curve(resampled([(0, 0, 1, "dormancy", "luck"), (0, 1, 5, "censored", None)]))
    assert curve.survival.tolist() == [1.0, 0.5, 0.5, 0.5, 0.5]
    curve = survival_curve(resampled([(0, 0, 1, "dormancy", "luck"), (0, 0, 1, "dormancy", "luck")]))
    assert curve.survival.tolist() == [1.0, 0.0]


def test_once_all_are_at_rest_the_mean_is_known_for_any_horizon() -> None:
    found = resampled([(0, 0, 1, "dormancy", "luck"), (0, 0, 3, "dormancy", "luck")])
    assert restricted_mean(found, 30.0).years.value == pytest.approx((2 + 2 / 2) / 4)


def test_a_curve_does_not_hang_on_the_first_ages_of_a_few_runs() -> None:
    """All 30 runs follow an agreement from 10 years on; one has another, that rests at once after signing."""
    rows: list[Row] = [(run, 40, 44 + run, "dormancy", "luck") for run in range(30)]
    curve = survival_curve(resampled([(0, 0, 40, "censored", None), (0, 0, 1, "dormancy", "luck"), *rows]))
    assert (curve.from_years, curve.at(11.0), curve.events_outside) == (10.0, 1.0, 1)
    assert curve.at(11.25) == pytest.approx(29 / 30)


def test_nobody_at_risk_gives_no_curve_and_the_reason() -> None:
    found = resampled([(0, None, None, None, None)])
    curve = survival_curve(found)
    assert len(curve.survival) == 0
    assert str(curve.reason) == "no agreement was at risk"
    assert str(median_life(found).years.reason) == "no agreement was at risk"
    assert str(restricted_mean(found, 10.0).years.reason) == "no agreement was at risk"
    assert curve.table().empty


def test_a_constant_hazard_gives_its_geometric_curve() -> None:
    """Expected counts in place of drawn ones: a thirtieth falls in each quarter, the entry quarter included."""
    at_risk, events = np.array([900.0, 870.0, 841.0 + 60.0]), np.array([30.0, 29.0, 901.0 / 30.0])
    assert surviving(at_risk, events) == pytest.approx((29 / 30) ** np.arange(1, 4))


def test_a_policy_that_changes_nothing_makes_no_difference_in_any_draw() -> None:
    table = at_risk_table(draw_agreements(np.random.default_rng(3), 30, 20, HAZARDS, spread=0.5, old_share=0.3), "why")
    found = resample_runs(table, seed=7)
    difference = survival_difference(found, found, [5.0, 15.0])
    assert np.array_equal(difference.difference, np.zeros(len(difference.ages_years)))
    assert np.array_equal(difference.low, difference.high)
    assert [(item.years.value, item.years.low, item.years.high) for item in difference.restricted_means] == [
        (0, 0, 0)
    ] * 2


def test_a_difference_is_that_of_the_two_curves_and_its_interval_that_of_the_same_pairs() -> None:
    generator = np.random.default_rng(4)
    before = draw_agreements(generator, 40, 20, HAZARDS, spread=0.5)
    after = before.assign(event=np.where(before["run_id"] % 2 == 0, before["event"], "censored"))
    tables = [at_risk_table(frame, "event") for frame in (before, after)]
    one, other = (resample_runs(table, seed=7) for table in tables)
    difference = survival_difference(one, other, [10.0])
    curves = [survival_curve(item).survival for item in (one, other)]
    assert difference.difference == pytest.approx(curves[1] - curves[0], abs=1e-12)
    assert difference.pairs == 40
    drawn = [surviving(item.at_risk, item.events)[19] for item in (one, other)]
    ordered = np.sort(drawn[1] - drawn[0])
    assert (difference.low[19], difference.high[19]) == (ordered[24], ordered[-25])
    gain = difference.restricted_means[0].years
    means = [restricted_mean(item, 10.0).years.value for item in (one, other)]
    assert gain.value == pytest.approx(float(means[1] or 0) - float(means[0] or 0))
    assert gain.low is not None and gain.low > 0.0


def test_curves_with_other_first_ages_are_compared_from_the_later_one_on() -> None:
    rows = [(0, 2, 6, "dormancy", "luck"), (0, 2, 8, "censored", None)]
    older = [(0, 4, 6, "dormancy", "luck"), (0, 4, 10, "censored", None)]
    difference = survival_difference(resampled(rows), resampled(older))
    assert (difference.from_years, difference.ages_years.tolist()) == (1.0, [1.25, 1.5, 1.75, 2.0])
    assert difference.difference.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_draws_of_other_runs_are_no_pairs() -> None:
    frame = draw_agreements(np.random.default_rng(5), 25, 4, HAZARDS)
    one = resample_runs(at_risk_table(frame, "why"), seed=1)
    with pytest.raises(InputError) as caught:
        survival_difference(one, resample_runs(at_risk_table(frame, "why"), seed=2))
    assert str(caught.value) == (
        "error: baseline and policy have different seeds of the draws: 1 and 2; "
        "run i of the one must be the twin of run i of the other in every draw"
    )
    with pytest.raises(InputError, match="different numbers of runs: 25 and 24"):
        survival_difference(one, resample_runs(at_risk_table(frame, "why", range(24)), seed=1))
