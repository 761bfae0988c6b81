"""Longevity of the arms of a world: every arm's runs are drawn again once for each question, and shared by all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kembar.analysis.hazard_model import policy_ratio
from kembar.analysis.incidence import incidence_difference
from kembar.analysis.longevity import LongevityEffect
from kembar.analysis.resampling import Resampled, resample_runs
from kembar.analysis.risk_table import Kind, at_risk_table
from kembar.analysis.survival import survival_difference

if TYPE_CHECKING:
    from kembar.findings.world import WorldRuns

DRAW_SEED: Final = 1  # of the draws of runs behind intervals of curves: the same table always gets the same ones
LARGEST_RATIO_FIT: Final = 12_000  # agreements in the fit of a policy's hazard ratio, about half a second


@dataclass
class Lives:
    """The lives of the agreements of one world (a table of agreements), and the draws made so far."""

    world: WorldRuns
    agreements: Any
    level: float
    _drawn: dict[tuple[tuple[int, ...], Kind], Resampled] = field(default_factory=dict, repr=False)

    def drawn(self, runs: list[int], kind: Kind) -> Resampled:
        """The counts of some runs, drawn again."""
        place = (tuple(runs), kind)
        if place not in self._drawn:
            table = at_risk_table(self.agreements, kind, runs)
            self._drawn[place] = resample_runs(table, seed=DRAW_SEED, level=self.level)
        return self._drawn[place]

    def effect(self, policy: str) -> LongevityEffect:
        """What a policy does to the lives of agreements, over pairs of runs."""
        before, after = self.world.pair_ids(policy)
        pairs = {kind: (self.drawn(before, kind), self.drawn(after, kind)) for kind in ("why", "how")}
        return LongevityEffect(
            why=survival_difference(*pairs["why"]),
            why_incidence=incidence_difference(*pairs["why"]),
            how=survival_difference(*pairs["how"]),
            how_incidence=incidence_difference(*pairs["how"]),
            ratio=policy_ratio(self.agreements, before, after, level=self.level, largest_fit=LARGEST_RATIO_FIT),
        )
