"""Which run has which number, and which runs make a chunk.

Runs are numbered replicate by replicate, within a replicate point by point, within a point arm by arm: a study that
stops early is balanced, and more replicates add numbers at the end without moving any.
"""

from __future__ import annotations

from dataclasses import dataclass

from kembar.batch import RunKey
from kembar.experiment.luck import run_seed
from kembar.experiment.study import Arm, Study


@dataclass(frozen=True)
class Plan:
    """The runs of a study for a number of replicates."""

    study: Study
    replicates: int

    @property
    def runs_of_a_replicate(self) -> int:
        """Runs of one replicate: every point under every arm."""
        return self.study.points * len(self.study.arms)

    @property
    def runs(self) -> int:
        """All runs."""
        return self.replicates * self.runs_of_a_replicate

    @property
    def chunks(self) -> int:
        """Number of chunks; the last one may be short."""
        return -(-self.runs // self.study.chunk)

    def span(self, chunk: int) -> tuple[int, int]:
        """First run of a chunk, and the one after its last."""
        first = chunk * self.study.chunk
        return first, min(self.runs, first + self.study.chunk)


def run_of(study: Study, run_id: int) -> tuple[RunKey, Arm]:
    """The key and the arm of a run."""
    arms = len(study.arms)
    replicate, rest = divmod(run_id, study.points * arms)
    point, arm = divmod(rest, arms)
    seed = run_seed(study.seed, study.luck_group(point), replicate)
    return RunKey(run_id, point, study.arms[arm].name, replicate, seed), study.arms[arm]
