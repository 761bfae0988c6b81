"""Factors: what an experiment varies, over which range or levels, and how a place between 0 and 1 becomes a value.

A place of 0 is the lower end of a factor's range and 1 the upper end. On a linear and a log scale the way between is
even in the value or in its logarithm; whole numbers and levels own equal parts of the way, so that the ends are as
likely as the others. A parameter with one value for each sector is one factor: a position between its range's ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.errors import InputError, Problem, nearest
from kembar.parameters import SCALES, Declaration, Value
from kembar.parameters.declaration import fault_of_number

Floats = npt.NDArray[np.float64]

DECLARED_POSITION: Final = 0.5  # of a parameter with one value for each sector, at which it is as declared
STABLE_BITS: Final = 44  # of 53 that are kept of a value on a log scale: libraries differ in the last ones


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that an experiment varies: from `low` to `high`, or over `levels` between them, in the order given."""

    name: str
    low: float
    high: float
    scale: str = "linear"  # linear | log | integer
    levels: tuple[float, ...] = ()


def factor_of(declared: Declaration) -> Factor:
    """The factor of a parameter over its whole declared range.

    >>> from kembar.parameters import declaration
    >>> factor_of(declaration("rate_most"))
    Factor(name='rate_most', low=10.0, high=40.0, scale='log', levels=())
    >>> factor_of(declaration("sector_reach")).high
    1.0
    """
    if declared.is_by_sector:
        return Factor(declared.key, 0.0, 1.0)
    return Factor(declared.key, *declared.range, declared.scale)


def value_at(declared: Declaration, number: float) -> Value:
    """The value of a parameter where its factor has the value `number`.

    A parameter with a single value takes the number as it is. One with a value for each sector takes it as a position:
    0 puts every sector at the lower end of the range, 0.5 leaves it as declared, 1 puts it at the upper end, and in
    between it moves evenly. Raises InputError for a number outside the factor's range.

    >>> from kembar.parameters import declaration
    >>> value_at(declaration("sector_tangible"), 0.75)[:3]
    (0.9, 0.85, 0.575)
    """
    factor = factor_of(declared)
    fault = fault_of_value(factor, number)
    if fault is not None:
        raise InputError(Problem(fault[0], key=declared.key, why=fault[1]))
    if not isinstance(declared.value, tuple):
        return float(number)
    low, high = declared.range
    return tuple(_between(low, value, high, number, declared.scale) for value in declared.value)


def _between(low: float, middle: float, high: float, position: float, scale: str) -> float:
    if position <= DECLARED_POSITION:
        share = position / DECLARED_POSITION
        value = low * (1.0 - share) + middle * share
    else:
        share = (position - DECLARED_POSITION) / (1.0 - DECLARED_POSITION)
        value = middle * (1.0 - share) + high * share
    value = min(max(value, low), high)
    return float(round(value)) if scale == "integer" else value


def problems_of(factors: Iterable[Factor]) -> list[Problem]:
    """What is wrong with factors; empty when a design may be made of them."""
    found: list[Problem] = []
    names: set[str] = set()
    for factor in factors:
        found.extend(_problems(factor))
        if factor.name in names:
            found.append(Problem("is a factor twice", key=factor.name))
        names.add(factor.name)
    return found or ([] if names else [Problem("there is no factor", why="a design varies at least one")])


def _problems(factor: Factor) -> list[Problem]:
    name, low, high = factor.name, factor.low, factor.high
    if factor.scale not in SCALES:
        known = f"known are {', '.join(SCALES)}"
        return [Problem(f"unknown scale '{factor.scale}'", None, None, name, known, nearest(factor.scale, SCALES))]
    if not (math.isfinite(low) and math.isfinite(high)):
        return [Problem("its range must have two finite ends", key=name)]
    if low >= high:
        return [Problem(f"its range {low:g} to {high:g} is empty", key=name, why="the least value comes first")]
    if factor.scale == "log" and low <= 0.0:
        return [Problem(f"its range begins at {low:g}", key=name, why="a log scale begins above 0")]
    if factor.scale == "integer" and (low != int(low) or high != int(high)):
        return [Problem("its range must have whole numbers as ends", key=name, why="its scale is integer")]
    if len(set(factor.levels)) < len(factor.levels):
        return [Problem("has a level twice", key=name)]
    bare = Factor(name, low, high, factor.scale)
    faults = [fault for level in factor.levels if (fault := fault_of_value(bare, level)) is not None]
    return [Problem(f"level {what}", key=name, why=why) for what, why in faults]


def fault_of_value(factor: Factor, value: object) -> tuple[str, str | None] | None:
    """What is wrong with a value of a factor and why, or None when it may stand."""
    fault = fault_of_number(value, (factor.low, factor.high), factor.scale)
    if fault is None and factor.levels and value not in factor.levels:
        return f"{value} is none of its levels", f"they are {', '.join(f'{level:g}' for level in factor.levels)}"
    return fault


def values_at(factor: Factor, places: Floats) -> Floats:
    """The values of a factor at places between 0 and 1, of the same shape.

    >>> values_at(Factor("terms", 1, 3, "integer"), np.array([0.0, 0.3, 0.4, 0.6, 0.7, 1.0])).tolist()
    [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    """
    low, high = float(factor.low), float(factor.high)
    if factor.levels:
        return np.array(factor.levels, np.float64)[_part(places, len(factor.levels))]
    if factor.scale == "integer":
        return low + _part(places, int(high - low) + 1).astype(np.float64)
    if factor.scale == "linear":
        values = low * (1.0 - places) + high * places
    else:
        mantissas, exponents = np.frexp(np.exp(math.log(low) * (1.0 - places) + math.log(high) * places))
        values = np.ldexp(np.rint(np.ldexp(mantissas, STABLE_BITS)), exponents - STABLE_BITS)
    inside: Floats = np.clip(values, low, high)
    return np.where(places == 0.0, low, np.where(places == 1.0, high, inside))


def places_of(factor: Factor, values: Floats) -> Floats:
    """The places between 0 and 1 of values of a factor without levels; a whole number is in the middle of its part.

    >>> places_of(Factor("a", 1.0, 100.0, "log"), np.array([1.0, 10.0, 100.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    low, high = float(factor.low), float(factor.high)
    if factor.scale == "integer":
        return np.clip((values - low + 0.5) / (high - low + 1.0), 0.0, 1.0)
    if factor.scale == "log":
        return np.clip(np.log(values / low) / math.log(high / low), 0.0, 1.0)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _part(places: Floats, count: int) -> npt.NDArray[np.int64]:
    return np.minimum((places * count).astype(np.int64), count - 1)
