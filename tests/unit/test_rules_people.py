"""Elections and staffing against hand calculations."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar import records

Rules = Mapping[str, Callable[..., Any]]
Make = Callable[..., Any]
SEED = np.array([17, 4], np.uint64)
KEY = 0x0123456789ABCDEF


@given(draw=st.floats(0.0, 0.999), low=st.floats(0.5, 3.0), high=st.floats(0.5, 5.0))
def test_kumaraswamy_draw_inverts_its_distribution(rules: Rules, draw: float, low: float, high: float) -> None:
    x = rules["kumaraswamy"](draw, low, high)
    assert 0.0 <= x <= 1.0
    assert 1.0 - (1.0 - x**low) ** high == pytest.approx(draw, abs=1e-9)


def test_log_odds_inverts_the_logistic_curve(rules: Rules) -> None:
    assert rules["logistic"](0.0) == 0.5
    assert rules["logistic"](math.log(3.0)) == pytest.approx(0.75)
    assert rules["logistic"](-800.0) == 0.0
    assert rules["logistic"](rules["log_odds"](0.2)) == pytest.approx(0.2)


def test_chance_of_four_quarters_is_the_chance_of_a_year(rules: Rules) -> None:
    quarter = rules["chance"](0.7, 0.25)
    assert 1.0 - (1.0 - quarter) ** 4 == pytest.approx(rules["chance"](0.7, 1.0))
    assert rules["chance"](-1.0, 1.0) == 0.0


def test_inherited_share_is_institutionalisation_and_committee(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.committee_inheritance = 0.3
    city = new_city(institutionalisation=0.25)
    assert rules["inherited_share"](city, new_levers(cross_party_committee=1.0), parameters) == pytest.approx(0.55)
    strong = new_city(institutionalisation=0.9)
    assert rules["inherited_share"](strong, new_levers(cross_party_committee=1.0), parameters) == 1.0


def test_new_head_blends_old_and_drawn_commitment(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.rotation_delay_years = 0.75
    city = new_city(key=KEY, institutionalisation=0.25, leader_level=0.8, commitment=0.1, terms_served=2)
    drawn = rules["drawn_commitment"](SEED, city, parameters, 12)
    rules["seat_new_leader"](SEED, city, new_levers(), parameters, 12)
    assert city.leader_level == pytest.approx(0.25 * 0.8 + 0.75 * drawn)
    assert city.commitment == city.leader_level
    assert (city.terms_served, city.changed_quarter, city.rotation_quarter) == (1, 12, 15)


def test_full_institution_hands_commitment_on_unchanged(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    city = new_city(key=KEY, institutionalisation=1.0, leader_level=0.8)
    rules["seat_new_leader"](SEED, city, new_levers(), parameters, 3)
    assert city.leader_level == 0.8


def test_caretaker_stays_below_the_ceiling_and_rotates_nobody(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.caretaker_ceiling = 0.4
    city = new_city(key=KEY, institutionalisation=1.0, leader_level=0.8, rotation_quarter=records.NEVER)
    rules["seat_caretaker"](SEED, city, new_levers(), parameters, 5)
    assert city.leader_level == city.commitment == 0.4
    assert city.is_caretaker == 1
    assert city.rotation_quarter == records.NEVER


def test_ownership_falls_at_a_change_of_head_less_where_institutionalised(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.ownership_kept = 0.2
    fall = rules["ownership_after_change"]
    assert fall(1.0, new_city(), new_levers(), parameters) == pytest.approx(0.2)
    assert fall(0.5, new_city(institutionalisation=0.5), new_levers(), parameters) == pytest.approx(0.3)
    assert fall(0.7, new_city(institutionalisation=1.0), new_levers(), parameters) == pytest.approx(0.7)


def test_term_limit_and_caretaking_bar_a_return(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.stand_again_share, parameters.win_share, parameters.win_support = 1.0, 1.0 - 1e-12, 0.0
    levers = new_levers(term_limit=2.0)
    returned = rules["is_returned"]
    assert returned(SEED, new_city(key=KEY, terms_served=1), levers, parameters, 8)
    assert not returned(SEED, new_city(key=KEY, terms_served=2), levers, parameters, 8)
    assert not returned(SEED, new_city(key=KEY, terms_served=1, is_caretaker=1), levers, parameters, 8)


def test_head_who_does_not_stand_does_not_return(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.stand_again_share, parameters.win_share = 0.0, 1.0 - 1e-12
    city = new_city(key=KEY, terms_served=1)
    assert not rules["is_returned"](SEED, city, new_levers(term_limit=9.0), parameters, 8)


def test_public_support_helps_the_incumbent(rules: Rules, new_city: Make, new_levers: Make, parameters: Any) -> None:
    """Expected shares 0.5 and 0.731; 2000 draws each, false-alarm rate of a miss by five standard errors < 1e-6."""
    parameters.stand_again_share, parameters.win_share, parameters.win_support = 1.0, 0.5, 2.0
    levers = new_levers(term_limit=9.0)
    for support, expected in ((0.5, 0.5), (1.0, 1.0 / (1.0 + math.exp(-1.0)))):
        city = new_city(key=KEY, terms_served=1, support=support)
        share = np.mean([rules["is_returned"](SEED, city, levers, parameters, quarter) for quarter in range(2000)])
        assert abs(share - expected) < 5.0 * math.sqrt(expected * (1.0 - expected) / 2000)


def test_staff_target_is_scaled_reference_and_secretariat(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.staff_reference_fte, parameters.secretariat_fte = 0.4, 0.5
    levers = new_levers(staff_factor=2.0, dedicated_secretariat=1.0)
    assert rules["staff_target"](new_city(staff_scale=1.5), levers, parameters) == pytest.approx(1.7)


def test_posts_are_refilled_slowly_and_cut_at_departures(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.staff_reference_fte = 1.0
    leaving, filling = 0.1, 0.2  # shares of a quarter
    levers = new_levers(staff_factor=1.0)
    short = new_city(staff_scale=1.0, staff=0.5)
    staying = 0.5 * 0.9
    rules["refill"](short, levers, leaving, filling, parameters)
    assert short.staff == pytest.approx(staying + 0.2 * (1.0 - staying))
    crowded = new_city(staff_scale=1.0, staff=3.0)
    rules["refill"](crowded, levers, leaving, filling, parameters)
    assert crowded.staff == pytest.approx(2.7)
    nearly = new_city(staff_scale=1.0, staff=1.01)
    rules["refill"](nearly, levers, leaving, filling, parameters)
    assert nearly.staff < 1.0


def test_experience_grows_with_tenure_and_exchanges_and_leaves_with_people(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.experience_tenure_rate, parameters.experience_per_exchange = 0.08, 0.05
    parameters.handover_keeps, parameters.training_gain = 0.5, 1.0
    city = new_city(experience=0.4, exchange_count=2)
    leaving = 0.1
    rules["gain_experience"](city, new_levers(), leaving, parameters)
    assert city.experience == pytest.approx(0.4 + 0.6 * 0.12 - 0.4 * leaving)
    kept = new_city(experience=0.4, exchange_count=2, programme_coverage=1.0)
    rules["gain_experience"](kept, new_levers(handover_records=1.0, staff_training=1.0), leaving, parameters)
    assert kept.experience == pytest.approx(0.4 + 0.6 * 0.24 - 0.4 * leaving * 0.5)


def test_rotation_takes_experience_and_staff(rules: Rules, new_city: Make, new_levers: Make, parameters: Any) -> None:
    parameters.rotation_chance, parameters.rotation_protection = 1.0, 0.6
    parameters.rotation_experience_loss, parameters.rotation_staff_loss, parameters.handover_keeps = 0.4, 0.25, 0.5
    city = new_city(key=KEY, staff=2.0, experience=0.5)
    assert rules["rotate"](SEED, city, new_levers(handover_records=1.0), parameters, 9)
    assert city.staff == pytest.approx(1.5)
    assert city.experience == pytest.approx(0.5 * 0.8)
    parameters.rotation_protection = 1.0
    safe = new_city(key=KEY, staff=2.0, experience=0.5)
    assert not rules["rotate"](SEED, safe, new_levers(dedicated_secretariat=1.0), parameters, 9)
    assert (safe.staff, safe.experience) == (2.0, 0.5)


def test_key_person_takes_more_from_a_small_office(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.key_person_loss = 0.5
    for staff, left in ((0.0, 0.5), (1.0, 0.75), (4.0, 0.9)):
        city = new_city(key=KEY, staff=staff, experience=1.0)
        rules["lose_key_person"](SEED, city, new_levers(), 1.0, parameters, 2)
        assert city.experience == pytest.approx(left)
