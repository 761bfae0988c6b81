"""Causes of a decline: parts that sum to the shortfall, whatever the factors are."""

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
SIDE = records.SIDE_FACTOR_COUNT
CITY_PARTS = slice(records.SIDE_PART, records.PART_COUNT)

factor = st.one_of(st.floats(1e-6, 1.0), st.just(1.0), st.just(0.0))
living_factor = st.floats(1e-6, 1.0)


@pytest.fixture(scope="module")
def fixed_parameters(shipped_parameters: np.ndarray) -> Any:
    """Parameters that no example writes."""
    return shipped_parameters.copy().view(np.recarray)[0]


@pytest.fixture(scope="module")
def reference(rules: Rules, new_agreement: Make, fixed_parameters: Any) -> np.ndarray:
    """Factors of a well-kept agreement of a middling pair."""
    pair = new_agreement(language=0.4, culture=0.6, distance=0.7, hours_apart=0.5)
    return _reference(rules, pair, fixed_parameters)


def _reference(rules: Rules, agreement: Any, p: Any) -> np.ndarray:
    factors = np.zeros(records.RATE_COLUMN)
    rules["write_reference"](agreement, p, factors)
    return factors


def _rate(rules: Rules, factors: np.ndarray, p: Any) -> float:
    ready = rules["weaker_governs"](math.prod(factors[:SIDE]), math.prod(factors[SIDE : 2 * SIDE]), p.weakness)
    return p.rate_most * ready * math.prod(factors[2 * SIDE :])


def _split(rules: Rules, reference: np.ndarray, factors: np.ndarray, p: Any) -> tuple[np.ndarray, float]:
    parts = np.zeros(records.PART_COUNT)
    rate = _rate(rules, factors, p)
    rules["divide_city_shortfall"](reference, factors, rate, parts, p)
    return parts, _rate(rules, reference, p) - rate


@given(drawn=st.lists(living_factor, min_size=records.RATE_COLUMN, max_size=records.RATE_COLUMN))
def test_parts_sum_to_the_shortfall(
    rules: Rules, reference: np.ndarray, fixed_parameters: Any, drawn: list[float]
) -> None:
    parts, shortfall = _split(rules, reference, np.array(drawn), fixed_parameters)
    assert abs(parts.sum() - shortfall) < 1e-9


@given(drawn=st.lists(factor, min_size=records.RATE_COLUMN, max_size=records.RATE_COLUMN))
def test_parts_sum_to_the_shortfall_when_factors_are_zero(
    rules: Rules, reference: np.ndarray, fixed_parameters: Any, drawn: list[float]
) -> None:
    factors = np.array(drawn)
    parts, shortfall = _split(rules, reference, factors, fixed_parameters)
    assert abs(parts.sum() - shortfall) < 1e-9
    if not factors.all():
        blamed = parts[CITY_PARTS] != 0.0
        assert np.array_equal(blamed, factors == 0.0)
        assert np.ptp(parts[CITY_PARTS][blamed]) < 1e-12


@given(kept=st.lists(st.booleans(), min_size=records.RATE_COLUMN, max_size=records.RATE_COLUMN), low=living_factor)
def test_factors_at_their_reference_take_no_blame(
    rules: Rules, reference: np.ndarray, fixed_parameters: Any, kept: list[bool], low: float
) -> None:
    factors = np.where(kept, reference, reference * low)
    parts, shortfall = _split(rules, reference, factors, fixed_parameters)
    assert abs(parts.sum() - shortfall) < 1e-9
    assert np.all(np.abs(parts[CITY_PARTS][np.array(kept)]) < 1e-12)


def test_no_shortfall_no_blame(rules: Rules, reference: np.ndarray, fixed_parameters: Any) -> None:
    parts, shortfall = _split(rules, reference, reference.copy(), fixed_parameters)
    assert shortfall == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.abs(parts) < 1e-9)


@given(change=st.floats(1e-15, 1e-9))
def test_sides_that_differ_by_a_hair_keep_the_sum(
    rules: Rules, reference: np.ndarray, fixed_parameters: Any, change: float
) -> None:
    factors = reference.copy()
    factors[records.MONEY] *= 0.5
    factors[records.LEADER] *= 2.0 * (1.0 + change)
    parts, shortfall = _split(rules, reference, factors, fixed_parameters)
    assert abs(parts.sum() - shortfall) < 1e-9


@given(drawn=st.lists(living_factor, min_size=records.RATE_COLUMN, max_size=records.RATE_COLUMN))
def test_exchanging_the_sides_exchanges_the_blame(
    rules: Rules, reference: np.ndarray, fixed_parameters: Any, drawn: list[float]
) -> None:
    factors = np.array(drawn)
    mirrored = np.concatenate([factors[SIDE : 2 * SIDE], factors[:SIDE], factors[2 * SIDE :]])
    one, _ = _split(rules, reference, factors, fixed_parameters)
    other, _ = _split(rules, reference, mirrored, fixed_parameters)
    first = slice(records.SIDE_PART, records.SIDE_PART + SIDE)
    second = slice(records.SIDE_PART + SIDE, records.SHARED_PART)
    assert one[first] == pytest.approx(other[second], abs=1e-9)
    assert one[second] == pytest.approx(other[first], abs=1e-9)
    assert one[records.SHARED_PART :] == pytest.approx(other[records.SHARED_PART :], abs=1e-9)


def test_only_the_side_that_fell_is_to_blame(rules: Rules, reference: np.ndarray, fixed_parameters: Any) -> None:
    factors = reference.copy()
    factors[SIDE + records.LEADER] *= 0.3
    parts, shortfall = _split(rules, reference, factors, fixed_parameters)
    assert parts[records.SIDE_PART + SIDE + records.LEADER] == pytest.approx(shortfall)


def test_logarithmic_mean_lies_between_and_meets_equal_numbers(rules: Rules) -> None:
    mean = rules["logarithmic_mean"]
    assert mean(math.e, 1.0) == pytest.approx(math.e - 1.0)
    assert mean(3.0, 3.0) == 3.0
    assert mean(3.0, 3.0 * (1.0 + 1e-13)) == pytest.approx(3.0)


def test_whole_split_sums_to_the_shortfall_and_names_the_largest_part(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    agreement = two_towns.agreements[0]
    agreement.active_since_quarter = 0
    agreement.money_kusd[:] = (0.4, 6.0)
    agreement.time_fte[:] = 0.1
    span = two_towns.history.shape[1]
    held, expected = 0, 0.0
    for quarter in range(span):
        column = two_towns.history[0, quarter]
        rules["prepare"](two_towns, agreement, column, p)
        column[records.COUNT_COLUMN] = quarter % 2
        held += quarter % 2
        expected += (column[records.RATE_COLUMN] + column[records.CARRIER_COLUMN]) / 4.0
    row = rules["split_shortfall"](two_towns, 0, span - 1)
    parts = two_towns.splits[row]
    reference = _reference(rules, agreement, p)
    whole = (_rate(rules, reference, p) + p.reference_carriers) * span / 4.0
    assert abs(parts.sum() - (whole - held)) < 1e-9
    assert parts[records.LUCK_PART] == pytest.approx(expected - held)
    assert agreement.cause == int(np.argmax(parts))
    assert agreement.split_row == row
    assert records.PARTS[agreement.cause] == "money_a"


def test_split_looks_back_no_farther_than_the_present_active_spell(rules: Rules, new_agreement: Make) -> None:
    tracked = rules["tracked_quarters"]
    assert tracked(new_agreement(active_since_quarter=10), 12, 8) == 3
    assert tracked(new_agreement(active_since_quarter=10), 40, 8) == 8
    assert tracked(new_agreement(active_since_quarter=records.NEVER), 2, 8) == 3
