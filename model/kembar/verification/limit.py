"""A limit whose answer is known: what must be, what was, and the test between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]] | npt.NDArray[np.integer[Any]]

FALSE_ALARM: Final = 1e-4  # probability of a p value so small where the answer is right


@dataclass(frozen=True)
class Picture:
    """The known answer as a line and what was found as points; `band` is the 95 % range of luck around the line."""

    x_label: str
    y_label: str
    expected: tuple[Floats, Floats]
    found: tuple[Floats, Floats]
    expected_label: str = "known answer"
    band: tuple[Floats, Floats] | None = None


@dataclass(frozen=True)
class Limit:
    """A check against a known answer.

    With a `p` value it holds when that is above FALSE_ALARM; without, when the `statistic`, a largest error, is at most
    `tolerance`. `runs` and `observations` say what stands behind it.
    """

    key: str
    title: str
    must: str
    test: str
    statistic: float
    runs: int
    observations: int
    picture: Picture
    p: float | None = None
    tolerance: float | None = None
    reasons: tuple[str, ...] = field(default=())  # conditions beside the test that failed

    @property
    def holds(self) -> bool:
        """Whether the known answer was found."""
        if self.reasons:
            return False
        if self.p is not None:
            return self.p > FALSE_ALARM
        assert self.tolerance is not None
        return self.statistic <= self.tolerance
