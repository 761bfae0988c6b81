"""Benefits and evaluation against hand calculations."""

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


def test_learning_is_largest_at_the_best_gap(rules: Rules, parameters: Any) -> None:
    parameters.best_gap = 0.25
    gain = rules["learning_gain"]
    assert gain(0.3, 0.55, parameters) == pytest.approx(1.0)
    assert gain(0.3, 0.8, parameters) == pytest.approx(2.0 * math.exp(-1.0))
    gaps = np.linspace(0.01, 1.0, 100)
    gains = [gain(0.0, gap, parameters) for gap in gaps]
    assert gaps[int(np.argmax(gains))] == pytest.approx(0.25)


@given(own=st.floats(0.0, 1.0), partner=st.floats(0.0, 1.0))
def test_nobody_learns_from_a_laggard_and_no_gain_exceeds_one(
    rules: Rules, fixed_parameters: Any, own: float, partner: float
) -> None:
    gain = rules["learning_gain"](own, partner, fixed_parameters)
    assert 0.0 <= gain <= 1.0 + 1e-12
    assert (gain > 0.0) == (partner > own)


@pytest.fixture(scope="module")
def fixed_parameters(shipped_parameters: np.ndarray) -> Any:
    """Parameters that no example writes."""
    return shipped_parameters.copy().view(np.recarray)[0]


def test_digital_exchange_yields_less(rules: Rules, parameters: Any) -> None:
    parameters.digital_yield = 0.6
    assert rules["digital_effect"](0.0, parameters) == 1.0
    assert rules["digital_effect"](0.5, parameters) == pytest.approx(0.8)


def test_sector_points_blend_learning_and_market_and_tire(rules: Rules, new_agreement: Make, parameters: Any) -> None:
    parameters.learning_floor, parameters.saturation = 0.4, 0.1
    parameters.sector_market[2] = 0.3
    agreement = new_agreement(focus_depth=1.5)
    agreement.focus[2] = 0.5
    content = 0.7 * (0.4 + 0.6 * 0.5) + 0.3 * 0.8
    points = rules["sector_points"]
    assert points(agreement, 2, 0.5, 0.8, parameters) == pytest.approx(0.5 * 1.5 * content)
    agreement.familiarity[2] = 10.0
    assert points(agreement, 2, 0.5, 0.8, parameters) == pytest.approx(0.5 * 1.5 * content * math.exp(-1.0))


def test_citizens_widen_what_reaches_the_public(rules: Rules, parameters: Any) -> None:
    parameters.sector_reach[3], parameters.reach_floor = 0.5, 0.4
    assert rules["public_share"](3, 0.0, parameters) == pytest.approx(0.2)
    assert rules["public_share"](3, 1.0, parameters) == pytest.approx(0.5)


def _exchanged(world: Any, city_count: int, citizen_count: int) -> Any:
    agreement = world.agreements[0]
    agreement.stage = records.ACTIVE
    agreement.city_count, agreement.citizen_count = city_count, citizen_count
    agreement.exchange_size, agreement.digital = 0.64, 0.0
    agreement.last_exchange_quarter = 0
    return agreement


def test_tangible_and_intangible_yields_sum_to_the_points(rules: Rules, two_towns: Any) -> None:
    agreement = _exchanged(two_towns, 2, 1)
    agreement.points[:] = 0.0
    rules["yield_benefits"](two_towns, agreement, 0)
    assert np.all(agreement.points > 0.0)
    assert agreement.yield_tangible + agreement.yield_intangible == pytest.approx(agreement.points)
    for side, city in enumerate(two_towns.cities):
        assert city.pending_tangible.sum() == pytest.approx(agreement.yield_tangible[side])
        assert city.pending_intangible.sum() == pytest.approx(agreement.yield_intangible[side])
        assert np.all(city.pending_public <= city.pending_tangible + city.pending_intangible + 1e-12)
    assert agreement.public_points == pytest.approx(sum(city.pending_public.sum() for city in two_towns.cities))


def test_yield_grows_with_the_root_of_size(rules: Rules, two_towns: Any) -> None:
    agreement = _exchanged(two_towns, 1, 0)
    agreement.points[:] = 0.0
    agreement.familiarity[:] = 0.0
    rules["yield_benefits"](two_towns, agreement, 0)
    small = agreement.points.copy()
    agreement.points[:] = 0.0
    agreement.familiarity[:] = 0.0
    agreement.exchange_size = 0.16
    rules["yield_benefits"](two_towns, agreement, 0)
    assert agreement.points == pytest.approx(small / 2.0)


def test_familiarity_counts_exchanges_by_focus(rules: Rules, two_towns: Any) -> None:
    agreement = _exchanged(two_towns, 2, 1)
    agreement.familiarity[:] = 0.0
    rules["yield_benefits"](two_towns, agreement, 0)
    assert agreement.familiarity == pytest.approx(3.0 * agreement.focus)


def test_released_benefits_leave_the_pending_ones(
    rules: Rules, new_city: Make, new_country: Make, parameters: Any
) -> None:
    parameters.carrying_points, parameters.sector_spill = 1e9, 0.0
    city = new_city(population=1e6)
    city.pending_tangible[:], city.pending_intangible[:], city.pending_public[:] = 2.0, 1.0, 0.5
    due = np.full(records.SECTOR_COUNT, 0.25)
    rules["release"](city, new_country(), due, parameters)
    assert city.pending_tangible == pytest.approx(np.full(8, 1.5))
    assert city.arriving_tangible == pytest.approx(np.full(8, 0.5))
    assert city.arriving_intangible == pytest.approx(np.full(8, 0.25))
    assert city.felt_public == pytest.approx(1.0)


def test_city_cannot_take_up_more_than_it_can_carry(
    rules: Rules, new_city: Make, new_country: Make, parameters: Any
) -> None:
    parameters.carrying_points, parameters.sector_spill = 8.0, 0.0
    city = new_city(population=0.25e6)
    capacity = rules["carrying_capacity"](city.population, parameters)
    assert capacity == pytest.approx(1.0)
    city.pending_tangible[:] = 1000.0
    rules["release"](city, new_country(), np.ones(records.SECTOR_COUNT), parameters)
    assert city.arriving_tangible.sum() == pytest.approx(capacity)


def test_tangible_benefits_spill_over_to_other_sectors(
    rules: Rules, new_city: Make, new_country: Make, parameters: Any
) -> None:
    parameters.carrying_points, parameters.sector_spill = 1e9, 0.7
    city = new_city(population=1e6)
    city.pending_tangible[3] = 1.0
    rules["release"](city, new_country(), np.ones(records.SECTOR_COUNT), parameters)
    expected = np.full(8, 0.1)
    expected[3] = 1.0
    assert city.arriving_tangible == pytest.approx(expected)


def test_nothing_pending_arrives_as_nothing(rules: Rules, new_city: Make, new_country: Make, parameters: Any) -> None:
    city = new_city(population=1e6, felt_public=1.0)
    city.arriving_tangible[:] = 1.0
    rules["release"](city, new_country(), np.ones(records.SECTOR_COUNT), parameters)
    assert not city.arriving_tangible.any()
    assert city.felt_public == 0.0


def test_monitoring_sees_the_intangible_and_the_missed(
    rules: Rules, new_agreement: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.intangible_sight, parameters.flattery = 0.25, 0.5
    parameters.failure_weight, parameters.needed_exchanges = 0.2, 2.0
    agreement = new_agreement(
        yield_tangible=(0.1, 0.0),
        yield_intangible=(0.2, 0.0),
        goodwill=(0.4, 0.0),
        expectation=(1.0, 1.0),
        rate_city=1.0,
    )
    seen = rules["observed_points"]
    assert seen(agreement, 0, new_levers(), parameters) == pytest.approx(4.0 * (0.1 + 0.05) + 0.2)
    assert seen(agreement, 0, new_levers(monitoring=1.0), parameters) == pytest.approx(4.0 * 0.3 - 0.1)
    assert seen(agreement, 1, new_levers(monitoring=1.0), parameters) == 0.0


def test_judging_smooths_what_is_seen_and_adapts_what_is_expected(
    rules: Rules, new_agreement: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.flattery = 0.0
    agreement = new_agreement(yield_tangible=(0.25, 0.0), seen=(0.5, 0.0), expectation=(0.5, 0.0), rate_city=1e9)
    rules["judge"](agreement, 0, new_levers(), 0.5, 0.2, parameters)
    assert agreement.seen[0] == pytest.approx(0.75)
    assert agreement.expectation[0] == pytest.approx(0.55)
    assert agreement.satisfaction[0] == pytest.approx(0.2 / 1.3)
    rules["judge"](agreement, 1, new_levers(), 0.5, 0.2, parameters)
    assert agreement.satisfaction[1] == 0.0


@given(seen=st.floats(0.0, 1e3), expected=st.floats(0.0, 1e3), gained=st.floats(0.0, 1e3))
def test_satisfaction_stays_within_its_bounds(
    rules: Rules,
    new_agreement: Make,
    new_levers: Make,
    fixed_parameters: Any,
    seen: float,
    expected: float,
    gained: float,
) -> None:
    agreement = new_agreement(yield_tangible=(gained, 0.0), seen=(seen, 0.0), expectation=(expected, 0.0))
    rules["judge"](agreement, 0, new_levers(), 0.3, 0.1, fixed_parameters)
    assert -1.0 <= agreement.satisfaction[0] <= 1.0


def test_commitment_returns_to_the_heads_level_and_satisfaction_moves_it(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.commitment_return, parameters.satisfaction_gain = 0.4, 0.8
    city = new_city(leader_level=0.6, commitment=0.5, active_count=2, satisfaction_sum=-1.0)
    rules["move_commitment"](city, new_levers(), parameters)
    assert city.commitment == pytest.approx(0.5 + (0.4 * 0.1 - 0.8 * 0.5 * 1.0) / 4.0)
    held = new_city(leader_level=0.0, commitment=0.3)
    rules["move_commitment"](held, new_levers(commitment_floor=0.45), parameters)
    assert held.commitment == 0.45
    lifted = new_city(leader_level=0.2, commitment=0.6)
    rules["move_commitment"](lifted, new_levers(commitment_campaign=0.5), parameters)
    assert lifted.commitment == pytest.approx(0.6)


def test_satisfaction_of_dormant_agreements_does_not_count(rules: Rules, new_city: Make) -> None:
    assert rules["mean_satisfaction"](new_city(active_count=0, satisfaction_sum=-3.0)) == 0.0
    assert rules["mean_satisfaction"](new_city(active_count=2, satisfaction_sum=1.0)) == 0.5


def test_by_law_and_programmes_build_institutions_and_engagement(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.by_law_effect, parameters.programme_effect, parameters.support_rest = 0.5, 0.5, 0.4
    step = 0.1  # share of the way that a quarter goes
    city = new_city(
        institutionalisation=0.2, institution_base=0.2, civic=0.3, civic_base=0.3, business=0.3, business_base=0.3,
        programme_coverage=1.0, support=0.4,
    )  # fmt: skip
    rules["move_society"](city, new_levers(institutional_by_law=1.0, civic_programme=1.0), step, step, step, parameters)
    assert city.institutionalisation == pytest.approx(0.2 + 0.4 * step)
    assert city.civic == pytest.approx(0.3 + 0.35 * step)
    assert city.business == pytest.approx(0.3)
    assert city.support == pytest.approx(0.4)
