"""Exchange against hand calculations: factors, how two sides combine, counts and payment."""

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


def test_money_factor_has_a_threshold(rules: Rules, parameters: Any) -> None:
    parameters.money_threshold_kusd = 2.0
    factor = rules["money_factor"]
    assert factor(0.0, 0.0, 0.0, parameters) == 0.0
    assert factor(2.0, 0.0, 0.0, parameters) == pytest.approx(0.5)
    assert factor(6.0, 0.0, 0.0, parameters) == pytest.approx(0.9)
    below = factor(1.0, 0.0, 0.0, parameters) - factor(0.5, 0.0, 0.0, parameters)
    above = factor(6.5, 0.0, 0.0, parameters) - factor(6.0, 0.0, 0.0, parameters)
    assert below > 3.0 * above


def test_digital_and_knowledge_exchange_lower_the_money_threshold(rules: Rules, parameters: Any) -> None:
    parameters.money_threshold_kusd, parameters.digital_saving, parameters.knowledge_cost = 4.0, 0.5, 0.0
    assert rules["money_factor"](2.0, 1.0, 0.0, parameters) == pytest.approx(0.5)
    assert rules["money_factor"](2.0, 0.0, 0.5, parameters) == pytest.approx(0.5)


def test_staff_factor_is_half_at_its_threshold(rules: Rules, parameters: Any) -> None:
    parameters.staff_threshold_fte = 0.05
    assert rules["staff_factor"](0.05, parameters) == pytest.approx(0.5)
    assert rules["staff_factor"](0.0, parameters) == 0.0


def test_factors_rise_linearly_from_their_floors(rules: Rules, parameters: Any) -> None:
    parameters.experience_floor, parameters.trust_floor, parameters.ownership_floor = 0.3, 0.5, 0.25
    parameters.leader_floor, parameters.plan_floor, parameters.goodwill_gain = 0.1, 0.2, 0.6
    assert rules["experience_factor"](0.5, parameters) == pytest.approx(0.65)
    assert rules["trust_factor"](0.4, parameters) == pytest.approx(0.7)
    assert rules["ownership_factor"](0.2, parameters) == pytest.approx(0.4)
    assert rules["leader_factor"](0.5, 0.0, parameters) == pytest.approx(0.55)
    assert rules["leader_factor"](0.5, 1.0, parameters) == pytest.approx(0.65)
    assert rules["goodwill_factor"](0.0, parameters) == pytest.approx(1.0 / 1.6)
    assert rules["goodwill_factor"](1.0, parameters) == pytest.approx(1.0)


def test_weakness_of_one_makes_the_harmonic_mean(rules: Rules) -> None:
    assert rules["weaker_governs"](0.2, 0.6, 1.0) == pytest.approx(2.0 * 0.2 * 0.6 / 0.8)


@given(one=st.floats(1e-6, 1.0), two=st.floats(1e-6, 1.0), weakness=st.floats(0.5, 4.0))
def test_weaker_side_governs(rules: Rules, one: float, two: float, weakness: float) -> None:
    combined = rules["weaker_governs"](one, two, weakness)
    low, high = min(one, two), max(one, two)
    assert combined == rules["weaker_governs"](two, one, weakness)
    assert low * (1.0 - 1e-12) <= combined <= min(0.5 * (low + high), low * 2.0 ** (1.0 / weakness)) * (1.0 + 1e-12)
    assert rules["weaker_governs"](one, one, weakness) == pytest.approx(one)
    assert rules["weaker_governs"](one, 0.0, weakness) == 0.0


def test_capacity_building_closes_part_of_the_weaker_sides_gap(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.building_effect = 0.5
    weak, strong = new_city(experience=0.2), new_city(experience=0.7, programme_coverage=0.5)
    helped = rules["supported_experience"](weak, strong, new_levers(), new_levers(capacity_building=1.0), parameters)
    assert helped == pytest.approx(0.2 + 0.5 * 0.5 * 0.8)
    unmoved = rules["supported_experience"](strong, weak, new_levers(), new_levers(capacity_building=1.0), parameters)
    assert unmoved == pytest.approx(0.7)


def test_barriers_multiply_and_efforts_against_them_help(rules: Rules, new_agreement: Make, parameters: Any) -> None:
    parameters.language_barrier, parameters.culture_barrier, parameters.training_effect = 0.4, 0.2, 0.5
    parameters.distance_barrier, parameters.time_zone_barrier, parameters.routine_effect = 0.2, 0.1, 0.5
    parameters.missed_schedules, parameters.digital_fatigue = 0.2, 0.6
    barrier = rules["pair_barrier"]
    pair = new_agreement(language=0.5, culture=1.0, distance=0.5, hours_apart=1.0)
    expected = 0.8 * 0.8 * 0.9 * 0.9 * (1.0 - 0.2 * 0.6)
    assert barrier(pair, 0.0, 0.0, 0.0, 0.0, 0.4, parameters) == pytest.approx(expected)
    helped = 0.9 * 0.9 * 0.9 * 0.95 * (1.0 - 0.1 * 0.6)
    assert barrier(pair, 0.0, 1.0, 1.0, 1.0, 0.4, parameters) == pytest.approx(helped)
    digital = 0.8 * 0.8 * 1.0 * 0.9 * (1.0 - 0.2 * 0.6) * (1.0 - 0.6)
    assert barrier(pair, 1.0, 0.0, 0.0, 0.0, 0.4, parameters) == pytest.approx(digital)
    same = new_agreement(language=1.0)
    parameters.missed_schedules = 0.0
    assert barrier(same, 0.0, 0.0, 0.0, 0.0, 0.0, parameters) == 1.0


def test_travel_stop_leaves_the_digital_part(rules: Rules, two_towns: Any) -> None:
    agreement = two_towns.agreements[0]
    agreement.digital = 0.3
    assert rules["travel_factor"](two_towns, agreement) == 1.0
    two_towns.cities[1].travel = 0.9
    assert rules["travel_factor"](two_towns, agreement) == pytest.approx(1.0 - 0.9 * 0.7)


def test_freeze_stops_official_exchange_and_thins_the_citizens(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.strain_effect, p.flexibility_effect = 0.4, 0.5
    agreement = two_towns.agreements[0]
    calm = rules["citizen_rate"](two_towns, agreement, 0.8, p)
    assert rules["freeze_factor"](two_towns, agreement, p) == 1.0
    two_towns.relation[:] = records.STRAINED
    assert rules["freeze_factor"](two_towns, agreement, p) == pytest.approx(0.6)
    two_towns.levers[0].flexibility_clause = two_towns.levers[1].flexibility_clause = 1.0
    assert rules["freeze_factor"](two_towns, agreement, p) == pytest.approx(0.8)
    two_towns.relation[:] = records.FROZEN
    assert rules["freeze_factor"](two_towns, agreement, p) == 0.0
    assert rules["citizen_rate"](two_towns, agreement, 0.8, p) == pytest.approx(0.6 * calm)


def test_citizens_carry_what_embeddedness_and_engagement_allow(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.carrier_rate, p.business_share = 2.0, 0.25
    p.carrier_mass, p.carrier_steepness = 0.5, 3.0  # at the critical mass half of them carry
    agreement = two_towns.agreements[0]
    agreement.embeddedness = 0.5
    for city, civic, business in zip(two_towns.cities, (0.4, 0.9), (0.2, 0.8), strict=True):
        city.civic, city.business = civic, business
    expected = 2.0 * 0.5 * 0.5 * (0.75 * 0.6 + 0.25 * 0.4) * 0.9
    assert rules["citizen_rate"](two_towns, agreement, 0.81, p) == pytest.approx(expected)
    agreement.embeddedness = 0.0
    assert rules["citizen_rate"](two_towns, agreement, 0.8, p) == 0.0


def test_people_carry_hardly_anything_below_their_critical_mass(rules: Rules, parameters: Any) -> None:
    parameters.carrier_mass, parameters.carrier_steepness = 0.2, 4.0
    assert rules["carrying"](0.1, parameters) == pytest.approx(0.1 / 17.0)  # (1/2)^4 = 1/16
    assert rules["carrying"](0.4, parameters) == pytest.approx(0.4 * 16.0 / 17.0)
    assert rules["carrying"](0.0, parameters) == 0.0


def test_side_readiness_is_the_product_of_its_kept_factors(rules: Rules, two_towns: Any) -> None:
    agreement = two_towns.agreements[0]
    agreement.money_kusd[:] = 5.0
    agreement.time_fte[:] = 0.05
    column = np.zeros(records.HISTORY_COLUMNS)
    for side in range(2):
        ready = rules["side_readiness"](two_towns, agreement, side, column, two_towns.parameters[0])
        first = side * records.SIDE_FACTOR_COUNT
        factors = column[first : first + records.SIDE_FACTOR_COUNT]
        assert ready == pytest.approx(math.prod(factors))
        assert np.all((factors > 0.0) & (factors <= 1.0))


def test_rate_is_the_product_written_into_the_history(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    agreement = two_towns.agreements[0]
    agreement.money_kusd[:] = (5.0, 2.0)
    agreement.time_fte[:] = (0.05, 0.1)
    column = np.zeros(records.HISTORY_COLUMNS)
    rules["prepare"](two_towns, agreement, column, p)
    count = records.SIDE_FACTOR_COUNT
    ready = [math.prod(column[side * count : (side + 1) * count]) for side in range(2)]
    shared = math.prod(column[records.SHARED_COLUMN : records.RATE_COLUMN])
    expected = p.rate_most * rules["weaker_governs"](*ready, p.weakness) * shared
    assert agreement.rate_city == column[records.RATE_COLUMN] == pytest.approx(expected)
    assert agreement.rate_citizen == column[records.CARRIER_COLUMN]


def _ready_to_travel(world: Any, rate: float, purse: tuple[float, float]) -> Any:
    p = world.parameters[0]
    p.exchange_cost_kusd, p.cost_distance, p.least_size = 10.0, 0.0, 0.05
    agreement = world.agreements[0]
    agreement.digital = 0.0
    for levers in world.levers:
        levers.knowledge_share = 0.0
    for city in world.cities:
        city.spending_kusd, city.exchange_count = 0.0, 0
    agreement.rate_city = rate
    agreement.purse_kusd[:] = purse
    agreement.city_clock, agreement.city_count = 0, 0
    return agreement


def test_exchanges_shrink_to_the_smaller_purse_and_both_sides_pay(rules: Rules, two_towns: Any) -> None:
    agreement = _ready_to_travel(two_towns, 40.0, (50.0, 5.0))
    rules["hold_city_exchanges"](two_towns, agreement, 0, two_towns.parameters[0])
    count = agreement.city_count
    assert count >= 1
    assert agreement.exchange_size == pytest.approx(5.0 / (10.0 * count))
    assert agreement.spent_kusd == pytest.approx([5.0, 5.0])
    assert [city.spending_kusd for city in two_towns.cities] == pytest.approx([5.0, 5.0])
    assert [city.exchange_count for city in two_towns.cities] == [count, count]


def test_exchange_too_small_to_hold_is_not_held(rules: Rules, two_towns: Any) -> None:
    agreement = _ready_to_travel(two_towns, 40.0, (50.0, 0.01))
    rules["hold_city_exchanges"](two_towns, agreement, 0, two_towns.parameters[0])
    assert agreement.city_count == 0
    assert not agreement.spent_kusd.any()


def test_without_a_rate_nobody_travels(rules: Rules, two_towns: Any) -> None:
    agreement = _ready_to_travel(two_towns, 0.0, (50.0, 50.0))
    rules["hold_city_exchanges"](two_towns, agreement, 0, two_towns.parameters[0])
    agreement.rate_citizen = 0.0
    rules["hold_citizen_exchanges"](two_towns, agreement, 0)
    assert (agreement.city_count, agreement.citizen_count) == (0, 0)


def test_waiting_times_keep_the_rate_and_are_more_even_than_thrown_ones(rules: Rules, two_towns: Any) -> None:
    """6 a year over 500 years: the mean within five standard errors (false alarms < 1e-6), variance / mean near 1/3."""
    agreement = two_towns.agreements[0]
    agreement.rate_citizen, agreement.citizen_clock = 6.0, 0
    yearly = []
    for year in range(500):
        held = 0
        for quarter in range(4 * year, 4 * year + 4):
            agreement.citizen_count = 0
            rules["hold_citizen_exchanges"](two_towns, agreement, quarter)
            assert agreement.citizen_clock in range(records.CLOCK_STAGES)
            held += int(agreement.citizen_count)
        yearly.append(held)
    assert abs(np.mean(yearly) - 6.0) < 5.0 * math.sqrt(2.0 / 500)
    assert np.var(yearly) / np.mean(yearly) < 0.6
