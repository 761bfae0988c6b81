"""Budgets and allocation against hand calculations."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar import records

Rules = Mapping[str, Callable[..., Any]]
Make = Callable[..., Any]


def test_resilience_softens_a_crisis(rules: Rules, new_city: Make, new_country: Make, parameters: Any) -> None:
    parameters.resilience_buffer = 0.5
    city = new_city(crisis=0.1)
    city.capability[records.RESILIENCE] = 0.6
    assert rules["crisis_depth"](city, new_country(crisis=0.4), parameters) == pytest.approx(0.28)


def test_wish_is_plan_times_swing_times_eagerness_times_backing(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.wish_base, parameters.wish_commitment = 0.3, 1.4
    parameters.support_gain, parameters.support_rest = 0.6, 0.4
    city = new_city(money_scale_kusd=1e5, commitment=0.5, support=0.5)
    levers = new_levers(funding_share=2e-4)
    assert rules["planned_budget"](city, levers) == pytest.approx(20.0)
    assert rules["wished_budget"](city, levers, new_country(), parameters) == pytest.approx(20.0 * 1.0 * 1.06)
    in_boom = rules["wished_budget"](city, levers, new_country(cycle=math.log(2.0)), parameters)
    assert in_boom == pytest.approx(42.4)
    in_crisis = rules["wished_budget"](city, levers, new_country(crisis=0.25), parameters)
    assert in_crisis == pytest.approx(21.2 * 0.75)  # this city knows no resilience


def test_appropriation_blends_past_and_wish(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.wish_base, parameters.wish_commitment, parameters.budget_inertia = 0.5, 1.0, 0.25
    parameters.support_gain = 0.0
    city = new_city(money_scale_kusd=1e5, commitment=0.5, appropriated_kusd=8.0, active_count=9)
    granted = rules["appropriation"](city, new_levers(funding_share=2e-4), new_country(), parameters)
    assert granted == pytest.approx(0.25 * 8.0 + 0.75 * 20.0)


def test_ring_fence_is_a_floor_that_holds_in_a_crisis(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.wish_base, parameters.wish_commitment, parameters.support_gain = 0.0, 0.0, 0.0
    parameters.resilience_buffer = 0.0
    city = new_city(money_scale_kusd=1e5, appropriated_kusd=1.0, active_count=9)
    country = new_country(crisis=0.9)
    open_levers = new_levers(funding_share=2e-4)
    fenced = new_levers(funding_share=2e-4, ring_fence=0.8)
    assert rules["appropriation"](city, open_levers, country, parameters) < 0.1
    assert rules["appropriation"](city, fenced, country, parameters) == pytest.approx(16.0)


def test_ring_fence_does_not_lower_a_generous_budget(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    city = new_city(money_scale_kusd=1e5, appropriated_kusd=90.0, commitment=1.0, support=1.0, active_count=9)
    open_levers = new_levers(funding_share=2e-4)
    fenced = new_levers(funding_share=2e-4, ring_fence=0.5)
    expected = rules["appropriation"](city, open_levers, new_country(), parameters)
    assert expected > 20.0
    assert rules["appropriation"](city, fenced, new_country(), parameters) == expected


def test_council_grants_for_agreements_that_live(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.grant_most_kusd = 12.0
    levers = new_levers(funding_share=1e-3, ring_fence=1.0)
    for count, unseen, most in ((0, 0.0, 0.0), (2, 0.0, 24.0), (2, 1.5, 42.0)):
        city = new_city(money_scale_kusd=1e6, commitment=1.0, active_count=count, background=unseen)
        assert rules["appropriation"](city, levers, new_country(), parameters) == pytest.approx(most)


def test_supplement_pays_new_agreements_for_the_rest_of_the_year(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.grant_most_kusd, parameters.budget_inertia, parameters.absorption_base_kusd = 10.0, 0.0, 1e9
    city = new_city(money_scale_kusd=1e6, commitment=1.0, active_count=1)
    levers, country = new_levers(funding_share=1e-3), new_country()
    rules["open_fiscal_year"](city, levers, country, parameters)
    city.spent_kusd = 4.0
    city.active_count = 3
    rules["supplement"](city, levers, country, 0.25, parameters)
    assert city.appropriated_kusd == pytest.approx(30.0)
    assert city.executable_kusd == pytest.approx(10.0 + 0.25 * 20.0, rel=1e-6)
    assert (city.spent_kusd, city.budgeted_count) == (4.0, 3)
    city.active_count = 1
    rules["supplement"](city, levers, country, 0.25, parameters)
    assert city.appropriated_kusd == pytest.approx(30.0)  # a supplement takes nothing away


def test_rest_of_the_fiscal_year_goes_into_the_upkeep_of_active_agreements(rules: Rules, two_towns: Any) -> None:
    agreement = two_towns.agreements[0]
    agreement.stage = records.ACTIVE
    for side, city in enumerate(two_towns.cities):
        city.executable_kusd, city.spent_kusd, city.spending_kusd = 20.0, 3.0, 1.0
        agreement.money_kusd[side] = 5.0 if side == 0 else 40.0
        two_towns.countries[city.country].fiscal_quarter = 0
    rules["keep_up"](two_towns, 1)
    assert agreement.spent_kusd.tolist() == [0.0, 0.0]
    rules["keep_up"](two_towns, 3)
    assert agreement.spent_kusd == pytest.approx([4.0, 16.0])
    assert [city.spending_kusd for city in two_towns.cities] == pytest.approx([5.0, 17.0])
    agreement.stage = records.DORMANT
    rules["keep_up"](two_towns, 3)
    assert agreement.spent_kusd == pytest.approx([4.0, 16.0])


def test_absorption_limit_grows_with_commitment_and_ties(rules: Rules, new_city: Make, parameters: Any) -> None:
    parameters.absorption_base_kusd, parameters.absorption_commitment_kusd = 0.2, 50.0
    city = new_city(commitment=0.5, active_count=2, background=1.0)
    assert rules["absorption_limit"](city, parameters) == pytest.approx(75.2)


def test_executable_money_saturates(rules: Rules) -> None:
    assert rules["executable_money"](10.0, 10.0) == pytest.approx(10.0 * (1.0 - math.exp(-1.0)))
    assert rules["executable_money"](10.0, 0.0) == 0.0
    assert rules["executable_money"](0.0, 10.0) == 0.0


@given(granted=st.floats(0.0, 1e5), limit=st.floats(1e-3, 1e5))
def test_executable_money_is_below_grant_and_limit(rules: Rules, granted: float, limit: float) -> None:
    executable = rules["executable_money"](granted, limit)
    assert 0.0 <= executable <= min(granted, limit) * (1.0 + 1e-12) + 1e-12


def test_fiscal_year_adds_external_money_and_forgets_last_years_spending(
    rules: Rules, new_city: Make, new_country: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.budget_inertia = 1.0
    parameters.sponsor_kusd = 6.0
    parameters.absorption_base_kusd = 1e9
    city = new_city(appropriated_kusd=10.0, active_count=2, business=0.5, spent_kusd=7.0)
    levers = new_levers(cofunding_rate=0.5, foreign_grant_kusd=3.0, sponsor_programme=1.0)
    rules["open_fiscal_year"](city, levers, new_country(), parameters)
    assert city.appropriated_kusd == pytest.approx(10.0)
    assert city.external_share == pytest.approx(17.0 / 27.0)  # 5 co-funding + 6 grants + 6 sponsors
    assert city.executable_kusd == pytest.approx(27.0, rel=1e-6)
    assert city.spent_kusd == 0.0


def test_quarter_may_spend_a_multiple_of_its_share_but_not_more_than_is_left(
    rules: Rules, new_city: Make, parameters: Any
) -> None:
    parameters.quarter_spending_limit = 2.0
    assert rules["quarterly_money"](new_city(executable_kusd=40.0), parameters) == pytest.approx(20.0)
    assert rules["quarterly_money"](new_city(executable_kusd=40.0, spent_kusd=35.0), parameters) == pytest.approx(5.0)
    assert rules["quarterly_money"](new_city(executable_kusd=40.0, spent_kusd=41.0), parameters) == 0.0


def test_value_rises_with_trust_satisfaction_and_goodwill(rules: Rules, new_agreement: Make, parameters: Any) -> None:
    parameters.value_trust, parameters.value_satisfaction, parameters.value_goodwill = 1.0, 2.0, 0.5
    agreement = new_agreement(trust=0.4, satisfaction=(-0.5, 0.5), goodwill=(0.2, 1.0))
    assert rules["value_of"](agreement, 0, parameters) == pytest.approx(math.exp(0.4 - 1.0 + 0.1))
    assert rules["value_of"](agreement, 1, parameters) == pytest.approx(math.exp(0.4 + 1.0 + 0.5))


def test_exchange_cost_grows_with_distance_and_falls_with_digital_and_knowledge(
    rules: Rules, new_agreement: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.exchange_cost_kusd, parameters.cost_distance = 10.0, 0.5
    parameters.digital_saving, parameters.knowledge_cost = 0.8, 0.25
    near = new_agreement()
    assert rules["exchange_cost"](near, new_levers(), parameters) == pytest.approx(10.0)
    far = new_agreement(distance=0.6, digital=0.5)
    levers = new_levers(knowledge_share=0.4)
    assert rules["exchange_cost"](far, levers, parameters) == pytest.approx(10.0 * 1.3 * 0.6 * 0.7)


def test_coordination_takes_time_and_a_routine_saves_some(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.coordination_fte, parameters.routine_saving, parameters.monitoring_fte = 0.02, 0.5, 0.01
    city = new_city(load=3.0, background=2.0, active_count=3)
    assert rules["coordination_need"](city, new_levers(), parameters) == pytest.approx(0.1)
    careful = new_levers(coordination_routine=1.0, monitoring=1.0)
    assert rules["coordination_need"](city, careful, parameters) == pytest.approx(0.05 + 0.03)


def test_programmes_are_covered_as_far_as_their_share_of_money_goes(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.programme_kusd, parameters.programme_share, parameters.quarter_spending_limit = 4.0, 0.25, 1.0
    city = new_city(load=2.0, staff=1.0, executable_kusd=16.0)
    levers = new_levers(civic_programme=1.0, staff_training=0.5, monitoring=1.0)
    assert rules["programme_cost"](city, levers, parameters) == pytest.approx(1.5)
    rules["reserve"](city, levers, parameters)
    assert city.programme_coverage == pytest.approx(1.0 / 1.5)
    assert city.spending_kusd == pytest.approx(1.0)
    assert city.available_kusd == pytest.approx(3.0)
    assert city.coordination_fte + city.free_fte == pytest.approx(1.0)


def test_coordination_never_takes_more_staff_than_there_is(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    city = new_city(load=1000.0, staff=0.5)
    rules["reserve"](city, new_levers(), parameters)
    assert city.coordination_fte == 0.5
    assert city.free_fte == 0.0
