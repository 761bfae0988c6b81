"""The runs of one world of a study, arranged for comparison: arms, design points, and which runs are independent.

Runs with the same luck are no independent evidence, nor are runs of one sampled point. The unit over which means and
intervals are taken is therefore
    a replicate, where all points share their luck (no factors, a grid, a table): the mean over the points,
    a group of points, where each group has luck of its own (a sampled design): the mean over its points and replicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kembar.analysis.estimates import Floats
from kembar.analysis.paired import BASELINE, Pairs, pair_runs

if TYPE_CHECKING:
    import pandas as pd

    from kembar.manifest import ArmRecord, FactorRecord


@dataclass(frozen=True)
class WorldRuns:
    """The runs of one world. `values` are the factors of its points (points, factors), `group` which share luck."""

    name: str
    title: str
    start_year: int
    years: int
    runs: pd.DataFrame
    arms: tuple[ArmRecord, ...]
    factors: tuple[FactorRecord, ...]
    points: tuple[int, ...]
    values: Floats
    group: Any
    _pairs: dict[tuple[str, tuple[str, ...]], Pairs] = field(default_factory=dict, repr=False)

    @property
    def horizon_year(self) -> int:
        """The last year of the runs."""
        return self.start_year + self.years - 1

    @property
    def is_single_point(self) -> bool:
        """Whether nothing but policies differs."""
        return len(self.points) == 1

    @property
    def has_shared_luck(self) -> bool:
        """Whether all points share their luck."""
        return len(np.unique(self.group)) <= 1

    @cached_property
    def present_arms(self) -> tuple[ArmRecord, ...]:
        """Arms of which there are runs (an unfinished study may lack some)."""
        known = set(self.runs["policies"])
        return tuple(arm for arm in self.arms if arm.name in known)

    @property
    def policies(self) -> tuple[ArmRecord, ...]:
        """The arms beside the baseline."""
        has_baseline = any(arm.name == BASELINE for arm in self.present_arms)
        return tuple(arm for arm in self.present_arms if arm.name != BASELINE) if has_baseline else ()

    def pairs(self, policy: str, outcomes: Sequence[str]) -> Pairs:
        """Pairs of the baseline and a policy, one row for each unit (see above)."""
        place = (policy, tuple(outcomes))
        if place not in self._pairs:
            self._pairs[place] = self._by_unit(pair_runs(self.runs, policy, outcomes))
        return self._pairs[place]

    def _by_unit(self, pairs: Pairs) -> Pairs:
        if self.is_single_point:
            return pairs
        both = [
            np.where(np.isfinite(pairs.baseline + pairs.policy), side, np.nan)
            for side in (pairs.baseline, pairs.policy)
        ]
        units = self.unit_of(np.array(pairs.points), np.array(pairs.replicates))
        first = np.unique(units, return_index=True)[1]
        return Pairs(
            outcomes=pairs.outcomes,
            points=tuple(int(pairs.points[place]) for place in first),
            replicates=tuple(int(pairs.replicates[place]) for place in first),
            baseline=mean_by(units, both[0]),
            policy=mean_by(units, both[1]),
            unpaired=pairs.unpaired,
        )

    def unit_of(self, points: Any, replicates: Any) -> Any:
        """The unit to which each run belongs."""
        if self.has_shared_luck:
            return replicates
        group = dict(zip(self.points, self.group.tolist(), strict=True))
        return np.array([group[int(point)] for point in points])

    def arm_runs(self, arm: str) -> pd.DataFrame:
        """The runs of an arm, in the order of points and replicates."""
        own = self.runs[self.runs["policies"] == arm]
        return own.sort_values(["point", "replicate"], kind="stable")

    def arm_values(self, arm: str, outcome: str) -> Floats:
        """One outcome of an arm, one value for each unit."""
        own = self.arm_runs(arm)
        units = self.unit_of(own["point"].to_numpy(), own["replicate"].to_numpy())
        return mean_by(units, own[[outcome]].to_numpy(np.float64))[:, 0]

    def block(self, arm: str, outcome: str) -> Floats:
        """One outcome of an arm as an array (points, replicates); NaN where a run is missing or has no value."""
        own = self.arm_runs(arm)
        place = {point: row for row, point in enumerate(self.points)}
        replicates = int(self.runs["replicate"].max()) + 1
        found = np.full((len(self.points), replicates), np.nan)
        found[own["point"].map(place).to_numpy(), own["replicate"].to_numpy()] = own[outcome].to_numpy(np.float64)
        return found

    def pair_ids(self, policy: str) -> tuple[list[int], list[int]]:
        """Run numbers of the baseline and of a policy, the i-th of both being a pair."""
        keys = ["point", "replicate"]
        sides = [self.runs[self.runs["policies"] == arm].set_index(keys)["run_id"] for arm in (BASELINE, policy)]
        both = sides[0].index.intersection(sides[1].index).sort_values()
        return sides[0].loc[both].tolist(), sides[1].loc[both].tolist()


def mean_by(units: Any, values: Floats) -> Floats:
    """Means of the rows of each unit, in the order of the units; NaN only where none of them has a value.

    >>> mean_by(np.array([0, 1, 0]), np.array([[1.0], [5.0], [3.0]])).ravel().tolist()
    [2.0, 5.0]
    """
    place = np.unique(units, return_inverse=True)[1]
    count = int(place.max(initial=-1)) + 1
    known = np.isfinite(values)
    sums = np.zeros((count, values.shape[1]))
    counts = np.zeros((count, values.shape[1]))
    np.add.at(sums, place, np.where(known, values, 0.0))
    np.add.at(counts, place, known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(counts > 0, sums / counts, np.nan))
