"""The tornado: what moving each factor from the lower to the upper end of its range does to an outcome, largest first.

The effects are the mean elementary effects of a Morris screening. They were chosen over the slopes of a regression on
a Latin hypercube because each compares two points that differ in that factor alone and share their luck, because they
need no model of the outcome, and because they average over the places of all other factors. A factor that raises the
outcome in one half of the space and lowers it in the other has a short bar here and a large `mu_star`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kembar.analysis.morris import Screening

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Bar:
    """A factor's mean effect for a move over its whole range, in the outcome's unit, with its interval."""

    factor: str
    effect: float
    low: float
    high: float
    importance: float  # mu_star: the mean size of the effect whatever its direction

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero. Of many factors without effect, one in twenty is clear by chance."""
        return self.low > 0.0 or self.high < 0.0


def rank_effects(screening: Screening, most: int | None = None) -> tuple[Bar, ...]:
    """The bars of a tornado, the largest effect first; at most `most` of them."""
    mu, importance = screening.mu, screening.mu_star.value
    columns = zip(screening.factors, *(x.tolist() for x in (mu.value, mu.low, mu.high, importance)), strict=True)
    return tuple(sorted((Bar(*row) for row in columns), key=lambda bar: -abs(bar.effect))[:most])


def tornado_table(bars: tuple[Bar, ...]) -> pd.DataFrame:
    """One row for each bar."""
    import pandas as pd

    columns = ("factor", "effect", "low", "high", "importance", "is_clear")
    return pd.DataFrame([[getattr(bar, name) for name in columns] for bar in bars], columns=list(columns))
