"""Longevity of the arms of a world: the baseline's runs are drawn again once for all policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kembar.analysis.hazard_model import policy_ratio
from kembar.analysis.incidence import IncidenceDifference, incidence_difference
from kembar.analysis.longevity import LongevityEffect
from kembar.analysis.resampling import Resampled, resample_runs
from kembar.analysis.risk_table import Kind, at_risk_table
from kembar.analysis.survival import SurvivalDifference, survival_difference

if TYPE_CHECKING:
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
    _baseline: dict[Kind, tuple[list[int], Resampled]] = field(default_factory=dict, repr=False)

    def _draw(self, runs: list[int], kind: Kind) -> Resampled:
        table = at_risk_table(self.agreements, kind, runs)
        return resample_runs(table, seed=DRAW_SEED, draws=DRAWS, level=self.level)

    def _of_baseline(self, runs: list[int], kind: Kind) -> Resampled:
        """The draws of the baseline, kept for the next policy; those of policies would fill the memory."""
        if kind not in self._baseline or self._baseline[kind][0] != runs:
            self._baseline[kind] = (runs, self._draw(runs, kind))
        return self._baseline[kind][1]

    def effect(self, policy: str) -> LongevityEffect:
        """What a policy does to the lives of agreements, over pairs of runs."""
        before, after = self.world.pair_ids(policy)
        why, why_incidence = self._differences("why", before, after)
        how, how_incidence = self._differences("how", before, after)
        return LongevityEffect(
            why=why,
            why_incidence=why_incidence,
            how=how,
            how_incidence=how_incidence,
            ratio=policy_ratio(self.agreements, before, after, level=self.level, largest_fit=LARGEST_RATIO_FIT),
        )

    def _differences(
        self, kind: Kind, before: list[int], after: list[int]
    ) -> tuple[SurvivalDifference, IncidenceDifference]:
        pair = self._of_baseline(before, kind), self._draw(after, kind)
        return survival_difference(*pair), incidence_difference(*pair)
