"""Luck as a pure function: counter-based random numbers, one stream per decision.

Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011, SC'11) turns (run seed, stream, entity, step, index) into
uniform numbers. No state is kept, so a draw does not depend on what else was drawn, in which order, or where.
All words are 32-bit values carried in unsigned 64-bit integers: the same code is exact compiled and interpreted.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.compilation import rule

_MULTIPLIER_0: Final = np.uint64(0xD2511F53)
_MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
_WEYL_0: Final = np.uint64(0x9E3779B9)
_WEYL_1: Final = np.uint64(0xBB67AE85)
_LOW: Final = np.uint64(0xFFFFFFFF)
_WORD: Final = np.uint64(32)
_ROUNDS: Final = 10
_STEP_SHIFT: Final = np.uint64(16)
_MIX_0: Final = np.uint64(0x6B656D62)
_MIX_1: Final = np.uint64(0x61720000)
_UNIT: Final = 2.0**-53
_HIGH_SHIFT: Final = np.uint64(5)
_LOW_SHIFT: Final = np.uint64(6)
_LOW_RANGE: Final = 67108864.0  # 2**26

# One stream per decision. A stream's number never changes; new ones are added at the end.
CITY_CAPABILITY: Final = np.uint64(1)
CITY_PRIORITY: Final = np.uint64(2)
CITY_OFFICE: Final = np.uint64(3)
CITY_SOCIETY: Final = np.uint64(4)
CITY_FIRST_LEADER: Final = np.uint64(5)
CITY_FIRST_TERM: Final = np.uint64(6)
CITY_CANDIDACY: Final = np.uint64(7)
CITY_ELECTION: Final = np.uint64(8)
CITY_LEADER: Final = np.uint64(9)
CITY_DEPARTURE: Final = np.uint64(10)
CITY_ROTATION: Final = np.uint64(11)
CITY_KEY_PERSON: Final = np.uint64(12)
CITY_SEARCH: Final = np.uint64(13)
CITY_PLACE: Final = np.uint64(14)
CITY_VISIT: Final = np.uint64(15)
CITY_JUDGEMENT: Final = np.uint64(16)
CITY_REVIEW: Final = np.uint64(17)
CITY_MERGER: Final = np.uint64(18)
COUNTRY_CYCLE: Final = np.uint64(19)
COUNTRY_CRISIS: Final = np.uint64(20)
COUNTRY_DISASTER: Final = np.uint64(21)
COUNTRY_RELATION: Final = np.uint64(22)
WORLD_TRAVEL: Final = np.uint64(23)
AGREEMENT_YEAR: Final = np.uint64(24)
AGREEMENT_START: Final = np.uint64(25)
AGREEMENT_TALKS: Final = np.uint64(26)
AGREEMENT_CONTACT: Final = np.uint64(27)
AGREEMENT_NEGOTIATION: Final = np.uint64(28)
AGREEMENT_EXCHANGE: Final = np.uint64(29)
AGREEMENT_CITIZENS: Final = np.uint64(30)
AGREEMENT_RENEWAL: Final = np.uint64(31)
AGREEMENT_REVIEW: Final = np.uint64(32)
AGREEMENT_NOTICE: Final = np.uint64(33)
AGREEMENT_BREAK: Final = np.uint64(34)
AGREEMENT_REVIVAL: Final = np.uint64(35)
COUNTRY_START: Final = np.uint64(36)

STREAMS: Final = {
    name.lower().replace("_", ".", 1): int(value)
    for name, value in sorted(globals().items())
    if name.split("_")[0] in {"CITY", "COUNTRY", "WORLD", "AGREEMENT"}
}

Seed = npt.NDArray[np.uint64]


@rule
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Philox 4x32-10: four 32-bit words from a counter of four words and a key of two."""
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _WORD) ^ c1 ^ k0
        c1 = product_1 & _LOW
        c2 = (product_0 >> _WORD) ^ c3 ^ k1
        c3 = product_0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@rule
def uniform(seed: Seed, stream: np.uint64, entity: np.uint64, step: int, index: int) -> float:
    """Uniform number in [0, 1) with 53 bits, for one decision of one entity at one step."""
    counter = (np.uint64(step) << _STEP_SHIFT) | np.uint64(index)
    word_0, word_1, _, _ = philox(entity >> _WORD, entity & _LOW, counter & _LOW, stream, seed[0], seed[1])
    return (float(word_0 >> _HIGH_SHIFT) * _LOW_RANGE + float(word_1 >> _LOW_SHIFT)) * _UNIT


@rule
def normal(seed: Seed, stream: np.uint64, entity: np.uint64, step: int, index: int) -> float:
    """Standard normal number (Box and Muller 1958) from the draws `index` and `index + 1`."""
    first = 1.0 - uniform(seed, stream, entity, step, index)
    second = uniform(seed, stream, entity, step, index + 1)
    return math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)


@rule
def poisson(mean: float, draw: float) -> int:
    """Poisson count with the given mean by inversion of one uniform draw."""
    term = math.exp(-mean)
    total = term
    count = 0
    while draw >= total and term > 0.0:
        count += 1
        term *= mean / count
        total += term
    return count


@rule
def combine(first: np.uint64, second: np.uint64) -> np.uint64:
    """Key of an ordered pair of keys: 64 bits mixed by Philox under a fixed key."""
    word_0, word_1, _, _ = philox(first >> _WORD, first & _LOW, second >> _WORD, second & _LOW, _MIX_0, _MIX_1)
    return (word_0 << _WORD) | word_1
