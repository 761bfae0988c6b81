"""Longevity of the arms of a world: the baseline's runs are drawn again once for all policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kembar.analysis.longevity import LongevityEffect, compare_longevity

if TYPE_CHECKING:
    from kembar.analysis.resampling import Resampled
    from kembar.analysis.risk_table import Kind
    from kembar.findings.world import WorldRuns

DRAW_SEED: Final = 1  # of the draws of runs behind intervals of curves: the same table always gets the same ones
DRAWS: Final = 400  # of runs: enough for 95 % intervals, and they fit into memory beside a thousand pairs
LARGEST_RATIO_FIT: Final = 12_000  # agreements in the fit of a policy's hazard ratio, about half a second


@dataclass
class Lives:
    """The lives of the agreements of one world (a table of agreements), and the draws made so far."""

    world: WorldRuns
    agreements: Any
    level: float
    _baseline: tuple[list[int], dict[Kind, Resampled]] = field(default_factory=lambda: ([], {}), repr=False)

    def effect(self, policy: str) -> LongevityEffect:
        """What a policy does to the lives of agreements, over pairs of runs.

        The draws of the baseline are kept for the next policy; those of policies would fill the memory.
        """
        before, after = self.world.pair_ids(policy)
        if self._baseline[0] != before:
            self._baseline = (before, {})
        return compare_longevity(
            self.agreements,
            before,
            after,
            seed=DRAW_SEED,
            horizons_years=(),
            draws=DRAWS,
            level=self.level,
            largest_fit=LARGEST_RATIO_FIT,
            baseline=self._baseline[1],
        )
