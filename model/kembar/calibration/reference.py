"""The reference table of a calibration: draws from the ranges, the statistics of their runs, and what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.abc import Floats, Observed, with_errors
from kembar.errors import InputError, Problem
from kembar.evidence.by_run import statistics_of_runs, targets_of_runs
from kembar.evidence.declaration import Target
from kembar.experiment.factors import places_of

if TYPE_CHECKING:
    from kembar.experiment.study import Study
    from kembar.study_results import StudyResults

RANGE_DEVIATIONS: Final = 1.96  # a target's range is read as a 95 % interval: so many deviations to each side
MET_BY_ALL: Final = 0.99  # a target that so many draws meet tells nothing of them
ROLE: Final = "calibrate"


@dataclass(frozen=True)
class ReferenceTable:
    """What the posterior is made from."""

    names: tuple[str, ...]  # of the uncertain numbers
    places: Floats  # (draws, numbers) between 0 and 1
    statistics: dict[str, Floats]  # every target's statistic that the study's worlds give: (draws,)
    used: tuple[Target, ...]  # those that the posterior is conditioned on
    met_by_all: tuple[Target, ...]
    without_runs: tuple[Target, ...]  # whose world the study does not run, or that no single world gives

    @property
    def draws(self) -> int:
        """Draws from the ranges."""
        return len(self.places)

    @property
    def observed(self) -> Observed:
        """What is known: the middle of each range, and the error that the range stands for."""
        bounds = np.array([(target.part.low, target.part.high) for target in self.used], np.float64).reshape(-1, 2)
        errors = (bounds[:, 1] - bounds[:, 0]) / 2.0 / RANGE_DEVIATIONS
        return Observed(tuple(target.key for target in self.used), bounds.mean(axis=1), errors)

    def reported(self) -> tuple[Floats, Floats]:
        """Places and statistics, errors added, of the draws whose runs gave every statistic in use."""
        table = np.column_stack([self.statistics[target.part.statistic] for target in self.used])
        usable = np.isfinite(table).all(axis=1)
        return self.places[usable], with_errors(table[usable], self.observed.errors)


def share_within(target: Target, values: Floats) -> float:
    """Share of runs whose statistic lies within a target's range."""
    assert target.part.low is not None and target.part.high is not None
    return float(((values >= target.part.low) & (values <= target.part.high)).mean())


def read_reference(results: StudyResults, study: Study) -> ReferenceTable:
    """The reference table in a calibration's folder. Raises InputError when it can calibrate nothing."""
    rows = len(study.design.values)
    frame = results.frame("evidence")
    worlds = {scenario.name: place for place, scenario in enumerate(study.scenarios)}
    run_ids = frame["run_id"].to_numpy()
    statistics: dict[str, Floats] = {}
    for name, world in statistics_of_runs().items():
        if world in worlds:
            first = worlds[world] * rows
            mine = (run_ids >= first) & (run_ids < first + rows)
            found = np.full(rows, np.nan)
            found[run_ids[mine] - first] = frame[name].to_numpy()[mine]
            statistics[name] = found
    fitted = [target for target in targets_of_runs() if target.role == ROLE]
    here = [target for target in fitted if target.part.statistic in statistics]
    met = [target for target in here if share_within(target, statistics[target.part.statistic]) >= MET_BY_ALL]
    used = tuple(target for target in here if target not in met)
    if not used:
        why = "no target to calibrate belongs to its worlds, or every draw meets them all"
        raise InputError(Problem("has nothing to calibrate by", key="[calibration]", why=why))
    columns = [places_of(factor.factor, study.design.values[:, place]) for place, factor in enumerate(study.factors)]
    return ReferenceTable(
        names=tuple(factor.name for factor in study.factors),
        places=np.column_stack(columns),
        statistics=statistics,
        used=used,
        met_by_all=tuple(met),
        without_runs=tuple(target for target in fitted if target not in here),
    )
