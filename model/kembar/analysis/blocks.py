"""Runs that belong together: of a trajectory, of a base row with its mixtures, of all policies at a point.

A run that failed, or has no such outcome, leaves NaN. What it belongs to cannot be analysed and is dropped as a whole,
so that the rest is still compared under the same luck; how many were dropped is part of every result. Dropping is
harmless only when failures have nothing to do with the factors: a result with many dropped describes the part of the
space where the model ran.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.errors import InputError, Problem

Floats = npt.NDArray[np.float64]

LEAST_BLOCKS: Final = 2  # or points, that show a spread
LEAST_POLICIES: Final = 2  # of which one can be better
_WHY: Final = f"{LEAST_BLOCKS} are needed; a run that failed or has no such outcome spoils its own"


def complete_blocks(outcome: Floats, size: int, name: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Blocks (kept, size, replicates) of `outcome` (points, replicates) without a missing value, and which they are.

    `name` is what a block is called, in the plural. Raises ValueError when the points do not make whole blocks and
    InputError when fewer than two blocks are complete.
    """
    if outcome.ndim != 2 or len(outcome) % size:
        raise ValueError(f"{outcome.shape} are not points by replicates in blocks of {size} points")
    blocks = outcome.reshape(-1, size, outcome.shape[1])
    is_complete = np.asarray(np.isfinite(blocks).all(axis=(1, 2)), np.bool_)
    if is_complete.sum() < LEAST_BLOCKS:
        raise InputError(Problem(f"{is_complete.sum()} of {len(blocks)} {name} are complete", why=_WHY))
    return blocks[is_complete], is_complete


def complete_points(policies: Sequence[str], outcome: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The points (policies, kept, replicates) of `outcome` at which no run of any policy lacks a value, and which.

    Raises ValueError when the array does not fit the policies and InputError for fewer than two policies or points.
    """
    if outcome.ndim != 3 or len(outcome) != len(policies):
        raise ValueError(f"{outcome.shape} are not {len(policies)} policies by points by replicates")
    if len(policies) < LEAST_POLICIES:
        raise InputError(Problem(f"there are fewer than {LEAST_POLICIES} policies", why="they are compared"))
    is_complete = np.asarray(np.isfinite(outcome).all(axis=(0, 2)), np.bool_)
    if is_complete.sum() < LEAST_BLOCKS:
        raise InputError(Problem(f"{is_complete.sum()} of {len(is_complete)} points are complete", why=_WHY))
    return outcome[:, is_complete], is_complete
