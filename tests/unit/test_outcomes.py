"""Every outcome against a hand calculation, and what has no value says why."""

import dataclasses
import math

import numpy as np
import pytest

from kembar import records
from kembar.measurement import measure
from kembar.network_outcomes import concentration, measure_network
from kembar.outcomes import BY_NAME, OUTCOMES
from kembar.stages import stages_at_start, years_to_first_rest

BY_HAND = {
    "active_years_per_agreement": (6 + 12) / 4 / 2,
    "restricted_mean_active_years": 6 / 4,
    "active_years_per_new_agreement": 16 / 4,
    "active_agreement_years": (6 + 12 + 16) / 4,
    "active_share": 2 / 3,
    "dormant_share": 0.0,
    "ended_share": 1 / 3,
    "in_force_share": 1 / 2,
    "signed_agreements": 1.0,
    "pipeline_conversion": 1 / 2,
    "dormancies": 1.0,
    "revivals": 1.0,
    "endings": 1.0,
    "freezes": 0.0,
    "mean_trust_of_active": 0.6,
    "exchanges_per_active_agreement_year": 10 / 8.5,
    "citizen_exchange_share": 0.3,
    "benefit_points": 5.0,
    "benefit_points_per_agreement": 5 / 2,
    "public_benefit_share": 0.5 / 5,
    "tangible_share": 1 / 5,
    "spent_kusd": 100.0,
    "appropriated_kusd": 200.0,
    "execution_share": 80 / 200,
    "external_share": 0.2,
    "cost_kusd_per_active_agreement_year": 100 / 8.5,
    "benefit_points_per_kusd": 0.05,
    "staff_fte_per_agreement": 5 * 1.7 / 8.5,
    "benefit_concentration": 3 / 5,  # the fifth of three cities is the largest one, Ayu
    "benefit_gini": (-2 * 1 + 0 * 1 + 2 * 3) / (3 * 5),
    "mean_degree": 4 / 3,
    "clustering": 0.0,
    "effort_reciprocity": (10 / 30 + 1) / 2,
    "resilience": 0.0,  # Łódka holds both active agreements
}


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_outcome_is_what_a_hand_calculation_gives(hand_made, name: str) -> None:
    assert measure(hand_made.record)[name].value == pytest.approx(BY_HAND[name])


def test_income_gap_compares_heads_of_poorer_and_richer_countries(hand_made) -> None:
    # Incomes: Indonesia below Poland below the Netherlands; up to the median are the first two.
    poorer, richer = (3.0 + 1.0) / 1_400_000, 1.0 / 100_000
    assert measure(hand_made.record)["income_gap"].value == pytest.approx(poorer / richer)


def test_every_outcome_is_measured_in_order_and_named_once(hand_made) -> None:
    assert list(measure(hand_made.record)) == [outcome.name for outcome in OUTCOMES]
    assert len(BY_NAME) == len(OUTCOMES)


def test_outcome_without_a_value_gives_the_reason_and_no_number(hand_made) -> None:
    record = dataclasses.replace(
        hand_made.record,
        agreements=np.zeros(0, records.AGREEMENT),
        events=np.zeros(0, records.EVENT),
        series=np.zeros(5, records.SERIES),
    )
    measured = measure(record)
    assert measured["active_share"] == measured["dormant_share"]
    assert measured["active_share"].value is None
    assert measured["active_share"].reason == "no agreement was ever signed"
    assert all(found.value is None or math.isfinite(found.value) for found in measured.values())
    assert all((found.value is None) == bool(found.reason) for found in measured.values())


def test_stages_at_start_are_read_back_from_the_end(hand_made) -> None:
    assert stages_at_start(hand_made.record.agreements) == ["active", "dormant", "not_begun", "not_begun"]


def test_recorded_talks_stand_at_the_start(hand_made) -> None:
    agreements = hand_made.record.agreements.copy()
    agreements["stage"][3] = records.EXPLORING
    agreements["opened_quarter"][3] = -5
    assert stages_at_start(agreements)[3] == "exploring"
    agreements["letter_quarter"][3] = -2
    assert stages_at_start(agreements)[3] == "letter_of_intent"
    agreements["status"][3] = records.STATUS_STALLED
    assert stages_at_start(agreements)[3] == "stalled"


def test_years_to_rest_are_cut_at_the_horizon_and_leave_out_sleepers(hand_made) -> None:
    years, seen = years_to_first_rest(hand_made.record.agreements, 20)
    assert years.tolist() == [1.5, 0.0, 4.0, 0.0]
    assert seen.tolist() == [True, False, True, False]


def test_triangle_is_fully_clustered_and_a_star_falls_with_its_hub() -> None:
    triangle = measure_network(np.array([0, 0, 1]), np.array([1, 2, 2]))
    assert triangle["clustering"] == 1.0
    star = measure_network(np.zeros(4, int), np.arange(1, 5))
    assert (star["clustering"], star["resilience"], star["mean_degree"]) == (0.0, 0.0, 8 / 5)


def test_equal_benefits_have_no_inequality() -> None:
    top, gini = concentration(np.ones(10), np.arange(10.0))
    assert (top, gini) == (pytest.approx(0.2), pytest.approx(0.0))
