"""What two changes do together beyond the sum of what each does alone, under common luck.

Two policies: `beyond_sum` = effect(A and B) - effect(A) - effect(B), one value for each replicate, so that its interval
carries what the four runs of a replicate share. A grid of two factors: the same difference of differences against the
corner in which both factors are lowest, and over the lower and the upper part of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, Reason, mean_estimate, mean_estimates, missing

LEAST_LEVELS: Final = 2  # of a factor
LEVELS_WITH_PARTS: Final = 3  # levels that have a lower and an upper part

Rows = tuple[tuple[Estimate, ...], ...]


@dataclass(frozen=True, slots=True)
class Synergy:
    """Effects of two policies alone and together, and what they do together beyond the sum."""

    first: Estimate
    second: Estimate
    together: Estimate
    beyond_sum: Estimate


def find_synergy(neither: Floats, first: Floats, second: Floats, both: Floats, level: float = LEVEL) -> Synergy:
    """Synergy of two policies on one outcome, from the runs without, with one, with the other and with both.

    Entry i of each array has the same luck; a replicate without a value in any of the four is left out everywhere.
    """
    arms = np.column_stack([np.asarray(side, np.float64) for side in (neither, first, second, both)])
    arms = np.where(np.isfinite(arms.sum(axis=1, keepdims=True)), arms, np.nan)
    base, one, other, joint = arms.T
    columns = np.column_stack([one - base, other - base, joint - base, _beyond_sum(base, one, other, joint)])
    return Synergy(*mean_estimates(columns, level, np.full(columns.shape[1], _size(arms))))


def _beyond_sum(base: Floats, one: Floats, other: Floats, joint: Floats) -> Floats:
    return joint - one - other + base


def _size(values: Floats) -> float:
    return float(np.abs(np.where(np.isfinite(values), values, 0.0)).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class JointEffect:
    """What raising both factors does beyond the sum of raising each, over a part of the grid.

    `first` and `second` are the levels (from, to) of the two factors.
    """

    first: tuple[float, float]
    second: tuple[float, float]
    beyond_sum: Estimate


@dataclass(frozen=True, slots=True)
class Grid:
    """An outcome over two factors; rows are the levels of the first factor, columns those of the second.

    surface       mean outcome of each cell, with the confidence in that mean
    effects       each cell against the corner of the lowest levels (paired)
    main_effects  for each factor, each level but the lowest against the lowest, averaged over the other factor (paired)
    beyond_sum    each cell off the lowest row and column: its effect less the two effects along the edges (paired)
    at_low_levels, at_high_levels   the joint effect in the lower and in the upper part of the grid
    low_less_high                   the first of these less the second (paired)
    comparisons   number of cells in `beyond_sum` that were compared with zero
    """

    factors: tuple[str, str]
    levels: tuple[tuple[float, ...], tuple[float, ...]]
    surface: Rows
    effects: Rows
    main_effects: Rows
    beyond_sum: Rows
    at_low_levels: JointEffect
    at_high_levels: JointEffect
    low_less_high: Estimate
    comparisons: int


def find_interaction(
    values: Floats,
    factors: tuple[str, str],
    levels: tuple[Sequence[float], Sequence[float]],
    level: float = LEVEL,
    middles: tuple[int, int] | None = None,
) -> Grid:
    """The interaction of two factors, from `values` (levels of the first, of the second, replicates).

    Levels ascend and entry i of every cell has the same luck. `middles` are the places of the levels at which the
    lower part of the grid ends and the upper one begins; without it they are the middle levels (the lower of two). A
    factor of two levels runs through both parts; with two levels of each there is no upper part.
    """
    values = np.asarray(values, np.float64)
    shape = (len(levels[0]), len(levels[1]))
    if values.ndim != 3 or values.shape[:2] != shape or min(shape) < LEAST_LEVELS:
        raise ValueError(f"a grid of {shape} levels, two or more of each, and values of shape {values.shape}")
    if any(list(side) != sorted(set(side)) for side in levels):
        raise ValueError("levels must ascend")
    size = _size(values)
    effects = values - values[:1, :1]
    beyond = values[1:, 1:] - values[1:, :1] - values[:1, 1:] + values[:1, :1]
    parts = [_parts(count, place) for count, place in zip(shape, middles or (None, None), strict=True)]
    (first_low, first_high), (second_low, second_high) = parts
    at_low = _joint(values, first_low, second_low)
    at_high = _joint(values, first_high, second_high)
    if max(shape) < LEVELS_WITH_PARTS:
        high = gap = missing(Reason("two_levels"), level)
    else:
        high = mean_estimate(at_high, level, size)
        gap = mean_estimate(at_low - at_high, level, size)
    scale = (tuple(map(float, levels[0])), tuple(map(float, levels[1])))
    return Grid(
        factors=factors,
        levels=scale,
        surface=_rows(values, level, size),
        effects=_rows(effects, level, size),
        main_effects=(
            tuple(_rows((values[1:] - values[:1]).mean(axis=1)[None], level, size)[0]),
            tuple(_rows((values[:, 1:] - values[:, :1]).mean(axis=0)[None], level, size)[0]),
        ),
        beyond_sum=_rows(beyond, level, size),
        at_low_levels=JointEffect(*_ends(scale, first_low, second_low), mean_estimate(at_low, level, size)),
        at_high_levels=JointEffect(*_ends(scale, first_high, second_high), high),
        low_less_high=gap,
        comparisons=beyond.shape[0] * beyond.shape[1],
    )


def _rows(values: Floats, level: float, size: float) -> Rows:
    """Estimates of each cell of (rows, columns, replicates)."""
    rows, columns, replicates = values.shape
    found = mean_estimates(values.reshape(rows * columns, replicates).T, level, np.full(rows * columns, size))
    return tuple(found[row * columns : (row + 1) * columns] for row in range(rows))


def _parts(count: int, middle: int | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """Places of the levels (from, to) of the lower and of the upper part of a factor's range."""
    last = count - 1
    if count < LEVELS_WITH_PARTS:
        return (0, last), (0, last)
    place = last // 2 if middle is None else middle
    if not 0 < place < last:
        raise ValueError(f"the middle of {count} levels cannot be level {place}, counted from 0")
    return (0, place), (place, last)


def _joint(values: Floats, first: tuple[int, int], second: tuple[int, int]) -> Floats:
    low, high = first
    left, right = second
    return _beyond_sum(values[low, left], values[high, left], values[low, right], values[high, right])


def _ends(
    levels: tuple[tuple[float, ...], tuple[float, ...]], first: tuple[int, int], second: tuple[int, int]
) -> tuple[tuple[float, float], tuple[float, float]]:
    (one, other) = levels
    return (one[first[0]], one[first[1]]), (other[second[0]], other[second[1]])
