"""Negotiation and signing against hand calculations."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar import records

Rules = Mapping[str, Callable[..., Any]]
Make = Callable[..., Any]


def test_cooler_head_and_slower_procedure_set_the_pace(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.exploring_pace, parameters.talk_floor, parameters.letter_years = 0.5, 0.4, 1.0
    cities = (new_city(commitment=0.5), new_city(commitment=0.9))
    levers = (new_levers(approval_years=1.0), new_levers(approval_years=3.0))
    rate = rules["advance_rate"]
    assert rate(records.EXPLORING, *cities, *levers, parameters) == pytest.approx(0.5 * 0.7)
    assert rate(records.LETTER, *cities, *levers, parameters) == pytest.approx(0.7 / 4.0)
    quick = (new_levers(approval_years=1.0), new_levers(approval_years=0.5))
    assert rate(records.LETTER, *cities, *quick, parameters) == pytest.approx(0.7 / 2.0)


def test_clarity_and_language_training_keep_talks_out_of_the_drawer(
    rules: Rules, new_levers: Make, parameters: Any
) -> None:
    parameters.exploring_stall, parameters.letter_stall = 0.4, 0.2
    parameters.clarity_effect, parameters.patience_effect = 0.5, 0.3
    rate = rules["stall_rate"]
    assert rate(records.EXPLORING, new_levers(), new_levers(), parameters) == pytest.approx(0.4)
    assert rate(records.LETTER, new_levers(), new_levers(), parameters) == pytest.approx(0.2)
    helped = (new_levers(legal_clarity=1.0, language_training=1.0), new_levers(legal_clarity=0.6))
    assert rate(records.EXPLORING, *helped, parameters) == pytest.approx(0.4 * 0.6 * 0.85)


def test_travel_and_strain_hold_talks_back_and_a_freeze_stops_them(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.travel_formation_loss, p.strain_effect = 0.9, 0.4
    agreement = two_towns.agreements[0]
    opening = rules["openness_to_meet"]
    assert opening(two_towns, agreement) == 1.0
    two_towns.cities[0].travel = 1.0
    assert opening(two_towns, agreement) == pytest.approx(0.1)
    two_towns.cities[1].travel = 1.0  # nobody goes and nobody comes
    assert opening(two_towns, agreement) == pytest.approx(0.01)
    two_towns.cities[1].travel = 0.0
    two_towns.relation[:] = records.STRAINED
    assert opening(two_towns, agreement) == pytest.approx(0.06)
    two_towns.relation[:] = records.FROZEN
    assert opening(two_towns, agreement) == 0.0


@pytest.mark.parametrize(
    ("kind", "unrecorded", "row", "stage"),
    [
        (records.START_HINDCAST, 0.0, -1, records.STALLED),
        (records.START_HINDCAST, 0.0, 4, records.ACTIVE),
        (records.START_HINDCAST, 1.0, -1, records.ACTIVE),
        (records.START_REGISTER, 0.0, -1, records.ACTIVE),
    ],
)
def test_talks_that_a_complete_record_does_not_know_are_never_signed(
    rules: Rules, two_towns: Any, kind: int, unrecorded: float, row: int, stage: int
) -> None:
    two_towns.counters[records.START_KIND] = kind
    p = two_towns.parameters[0]
    p.unrecorded_signing, p.letter_stall, p.letter_years = unrecorded, 0.0, 1e-9
    two_towns.levers["approval_years"] = 0.0
    agreement = two_towns.agreements[0]
    agreement.stage, agreement.register_row = records.LETTER, row
    for city in two_towns.cities:
        city.commitment = 1.0
    rules["talk"](two_towns, 0, 5)
    assert agreement.stage == stage


def test_disaster_speeds_up_talks(rules: Rules, two_towns: Any) -> None:
    """The rate is so low that only the struck pair signs with the draw of this quarter."""
    p = two_towns.parameters[0]
    p.talk_solidarity, p.letter_stall, p.letter_years = 1e9, 0.0, 1e6
    agreement = two_towns.agreements[0]
    agreement.stage = records.LETTER
    rules["talk"](two_towns, 0, 5)
    assert agreement.stage == records.LETTER
    two_towns.cities[1].disaster = 1.0
    rules["talk"](two_towns, 0, 5)
    assert agreement.stage == records.ACTIVE


def test_expectation_is_optimistic_until_partner_and_goals_are_looked_at(
    rules: Rules, new_levers: Make, parameters: Any
) -> None:
    parameters.expected_points, parameters.optimism, parameters.realism = 0.2, 1.0, 0.5
    parameters.capability_mean = 0.4
    hope = rules["first_expectation"]
    assert hope(0.5, 1.0, new_levers(), parameters) == pytest.approx(0.2 * 0.4 * 2.0)
    assert hope(0.5, 3.0, new_levers(), parameters) == pytest.approx(0.6 * 0.4 * 2.0)  # a city three times as large
    assert hope(0.5, 1.0, new_levers(partner_assessment=1.0), parameters) == pytest.approx(0.15)
    assert hope(0.5, 1.0, new_levers(partner_assessment=1.0, action_plan=1.0), parameters) == pytest.approx(0.125)


def test_term_is_the_recorded_one_or_the_shorter_wish(rules: Rules, two_towns: Any) -> None:
    agreement = two_towns.agreements[0]
    two_towns.levers[0].agreement_years, two_towns.levers[1].agreement_years = 5.0, 3.0
    agreement.fixed_term_years = 0.0
    assert rules["term_quarters"](two_towns, agreement) == 12
    agreement.fixed_term_years = 10.0
    assert rules["term_quarters"](two_towns, agreement) == 40


def test_signing_makes_the_agreement_both_heads_own(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.trust_at_signing, p.prior_contact_trust, p.embeddedness_at_signing = 0.3, 0.2, 0.5
    agreement = two_towns.agreements[0]
    agreement.stage, agreement.prior_contact = records.LETTER, 1.0
    two_towns.cities[0].civic, two_towns.cities[1].civic = 0.2, 0.4
    for levers in two_towns.levers:
        levers.citizen_committee = 0.0
    rules["sign"](two_towns, 0, 9)
    assert agreement.stage == records.ACTIVE
    assert agreement.trust == pytest.approx(0.5)
    assert agreement.goodwill == pytest.approx([1.0, 1.0])
    assert agreement.ownership == pytest.approx([1.0, 1.0])
    assert agreement.embeddedness == pytest.approx(0.5 * 0.3)
    assert agreement.signed_quarter == agreement.entry_quarter == agreement.last_exchange_quarter == 9
    assert agreement.in_force == 1
    assert two_towns.series[2].signed == 1.0


@given(
    breadth=st.floats(1.0, 8.0),
    one=st.lists(st.floats(0.01, 1.0), min_size=8, max_size=8),
    two=st.lists(st.floats(0.01, 1.0), min_size=8, max_size=8),
)
def test_focus_is_a_distribution_no_wider_than_agreed(
    rules: Rules, focus_world: Any, breadth: float, one: list[float], two: list[float]
) -> None:
    focus_world.cities[0].priority[:] = np.array(one) / sum(one)
    focus_world.cities[1].priority[:] = np.array(two) / sum(two)
    for levers in focus_world.levers:
        levers.focus_breadth = breadth
    rules["choose_focus"](focus_world, 0)
    focus = focus_world.agreements[0].focus
    assert np.all(focus >= 0.0)
    assert focus.sum() == pytest.approx(1.0)
    weights = np.sqrt(np.array(one) * np.array(two))
    weights /= weights.sum()
    assert (focus**2).sum() >= (weights**2).sum() * (1.0 - 1e-9)
    if np.sort(weights)[-2] < 0.9 * weights.max():  # sharpening cannot break a tie
        assert 1.0 / (focus**2).sum() <= breadth * (1.0 + 1e-3)


@pytest.fixture(scope="module")
def focus_world(rules: Rules) -> Any:
    """A world whose priorities and breadth an example may set."""
    from kembar.inputs import build
    from kembar.scenario.reader import load_scenario
    from kembar.world import make_world

    world = make_world(build(load_scenario("two-cities")), 1)
    rules["begin"](world)
    world.surroundings[0].taste[:] = 1.0
    return world


def test_narrow_focus_deepens(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.breadth_reference, p.focus_gain = 4.0, 0.5
    for levers, breadth in zip(two_towns.levers, (1.0, 1.0), strict=True):
        levers.focus_breadth = breadth
    rules["choose_focus"](two_towns, 0)
    assert two_towns.agreements[0].focus_depth == pytest.approx(2.0)
    for levers in two_towns.levers:
        levers.focus_breadth = 4.0
    rules["choose_focus"](two_towns, 0)
    assert two_towns.agreements[0].focus_depth == pytest.approx(1.0)


def test_stalled_talks_stay_in_the_drawer_without_commitment(rules: Rules, two_towns: Any) -> None:
    two_towns.parameters[0].resume_rate = 1e9
    agreement = two_towns.agreements[0]
    agreement.stage = records.STALLED
    two_towns.cities[0].commitment, two_towns.cities[1].commitment = 0.0, 1.0
    rules["take_up_again"](two_towns, 0, 3)
    assert agreement.stage == records.STALLED
    two_towns.cities[0].commitment = 1.0
    rules["take_up_again"](two_towns, 0, 3)
    assert agreement.stage == records.EXPLORING


def test_portfolio_at_its_cap_signs_nothing(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.letter_years, p.letter_stall, p.talk_floor = 1e-9, 0.0, 1.0
    agreement = two_towns.agreements[0]
    agreement.stage, agreement.follows_record = records.LETTER, 0
    for levers in two_towns.levers:
        levers.approval_years, levers.portfolio_cap = 0.0, 1.0
    two_towns.cities[0].active_count = 1
    rules["talk"](two_towns, 0, 3)
    assert agreement.stage == records.LETTER
    two_towns.cities[0].active_count = 0
    two_towns.cities[1].active_count = 0
    rules["talk"](two_towns, 0, 3)
    assert agreement.stage == records.ACTIVE


def test_head_known_to_have_signed_was_committed(rules: Rules, new_city: Make, parameters: Any) -> None:
    parameters.signing_commitment = 0.25
    city = new_city(leader_level=0.2, commitment=0.1)
    rules["condition_on_signing"](city, parameters)
    assert city.leader_level == city.commitment == pytest.approx(0.25)
    keen = new_city(leader_level=0.7, commitment=0.6)
    rules["condition_on_signing"](keen, parameters)
    assert keen.leader_level == keen.commitment == pytest.approx(0.7)
