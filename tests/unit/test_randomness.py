"""The generator against its published answers, and what the model builds on it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

Rules = Mapping[str, Callable[..., Any]]

# Known answers of Philox 4x32-10, as published with Random123 (Salmon et al. 2011): counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
# The number of a stream decides every draw of its decision: a changed number changes all published runs.
STREAM_NUMBERS = {
    "city.capability": 1,
    "city.priority": 2,
    "city.office": 3,
    "city.society": 4,
    "city.first_leader": 5,
    "city.first_term": 6,
    "city.candidacy": 7,
    "city.election": 8,
    "city.leader": 9,
    "city.departure": 10,
    "city.rotation": 11,
    "city.key_person": 12,
    "city.search": 13,
    "city.place": 14,
    "city.visit": 15,
    "city.judgement": 16,
    "city.review": 17,
    "city.merger": 18,
    "country.cycle": 19,
    "country.crisis": 20,
    "country.disaster": 21,
    "country.relation": 22,
    "world.travel": 23,
    "agreement.year": 24,
    "agreement.start": 25,
    "agreement.talks": 26,
    "agreement.contact": 27,
    "agreement.negotiation": 28,
    "agreement.exchange": 29,
    "agreement.citizens": 30,
    "agreement.renewal": 31,
    "agreement.review": 32,
    "agreement.notice": 33,
    "agreement.break": 34,
    "agreement.revival": 35,
}
SEED = np.array([0x12345678, 0x9ABCDEF0], np.uint64)
STREAM = np.uint64(7)
KEY = np.uint64(0xFEDCBA9876543210)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_its_published_answers(
    rules: Rules, counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    words = rules["philox"](*(np.uint64(word) for word in (*counter, *key)))
    assert tuple(int(word) for word in words) == expected


def test_compiled_philox_gives_its_published_answers() -> None:
    """The same function as machine code, apart from the model's cache."""
    import numba

    from kembar.compilation import kernel

    compiled = numba.njit(kernel(interpreted=True).rules["philox"])
    for counter, key, expected in KNOWN_ANSWERS:
        words = compiled(*(np.uint64(word) for word in (*counter, *key)))
        assert tuple(int(word) for word in words) == expected


def test_streams_have_their_numbers_for_good_and_no_two_share_one() -> None:
    from kembar.randomness import STREAMS

    assert len(set(STREAMS.values())) == len(STREAMS)
    assert {name: STREAMS.get(name) for name in STREAM_NUMBERS} == STREAM_NUMBERS
    added = set(STREAMS) - set(STREAM_NUMBERS)
    assert all(STREAMS[name] > max(STREAM_NUMBERS.values()) for name in added)


@given(
    stream=st.integers(1, 2**16),
    entity=st.integers(0, 2**64 - 1),
    step=st.integers(0, 800),
    index=st.integers(0, 2**16 - 1),
)
def test_uniform_is_a_pure_function_in_the_unit_interval(
    rules: Rules, stream: int, entity: int, step: int, index: int
) -> None:
    place = (SEED, np.uint64(stream), np.uint64(entity), step, index)
    first = rules["uniform"](*place)
    rules["uniform"](SEED, STREAM, KEY, 1, 1)
    assert 0.0 <= first < 1.0
    assert rules["uniform"](*place) == first


def test_every_part_of_a_draws_place_changes_it(rules: Rules) -> None:
    """Five draws of 53 bits: two of them are alike by chance with a probability below 1e-14."""
    uniform = rules["uniform"]
    draws = {
        uniform(SEED, STREAM, KEY, 3, 2),
        uniform(SEED + np.uint64(1), STREAM, KEY, 3, 2),
        uniform(SEED, STREAM + np.uint64(1), KEY, 3, 2),
        uniform(SEED, STREAM, KEY ^ np.uint64(1 << 63), 3, 2),
        uniform(SEED, STREAM, KEY, 4, 2),
        uniform(SEED, STREAM, KEY, 3, 3),
    }
    assert len(draws) == 6


def test_draws_are_uniform_and_do_not_remember_their_neighbours(rules: Rules) -> None:
    """Seed fixed; each of the two tests would fail a perfect generator with probability 1e-4."""
    draws = np.array([rules["uniform"](SEED, STREAM, KEY, step, index) for step in range(200) for index in range(50)])
    assert stats.kstest(draws, "uniform").pvalue > 1e-4
    neighbours = stats.pearsonr(draws[:-1], draws[1:])
    assert neighbours.pvalue > 1e-4


def test_normal_draws_follow_the_normal_distribution(rules: Rules) -> None:
    """Seed fixed; false-alarm rate 1e-4."""
    draws = [rules["normal"](SEED, STREAM, KEY, step, 2 * index) for step in range(100) for index in range(50)]
    assert stats.kstest(draws, "norm").pvalue > 1e-4


@given(mean=st.floats(0.0, 40.0), draw=st.floats(0.0, 1.0 - 1e-9))
def test_poisson_inverts_its_distribution(rules: Rules, mean: float, draw: float) -> None:
    count = rules["poisson"](mean, draw)
    assert isinstance(count, int)
    # rounding may decide the last step where a draw meets a boundary
    assert stats.poisson.cdf(count, mean) > draw - 1e-12
    assert count == 0 or stats.poisson.cdf(count - 1, mean) <= draw + 1e-12


def test_poisson_without_a_rate_counts_nothing(rules: Rules) -> None:
    assert rules["poisson"](0.0, 1.0 - 2.0**-53) == 0


def test_key_of_a_pair_depends_on_the_order_and_on_both(rules: Rules) -> None:
    one, two = np.uint64(5), np.uint64(6)
    keys = {int(rules["combine"](a, b)) for a in (one, two) for b in (one, two)}
    assert len(keys) == 4
    assert all(0 <= key < 2**64 for key in keys)


def test_seeds_make_different_words_and_keys_come_from_names_alone() -> None:
    from kembar.inputs import luck_key
    from kembar.world import seed_words

    assert len({tuple(seed_words(seed)) for seed in range(500)}) == 500
    assert luck_key("Surabaya (ID)") == luck_key("Surabaya (ID)") != luck_key("Surabaya (SR)")
    assert math.log2(luck_key("Surabaya (ID)")) < 64
