"""Cumulative incidence of competing events: by which age how many agreements have come to rest, and from what.

An own Aalen-Johansen estimator, exact for tied and left-truncated ages. Events of one quarter share the survival at
its beginning and the number at risk in it, so no order among them is made up:

    incidence_c(k) = Σ survival(j - 1) · events_c(j) / at risk(j)         over the quarters j up to k
    survival(k)    = Π (1 - events(j) / at risk(j))

and the incidences of all events and the survival add up to 1 at every age. The general-purpose estimator of
`lifelines` moves tied ages apart at random, so its results differ from call to call; this one gives the same bytes.

Aalen, O. O., and Johansen, S. (1978), Scandinavian Journal of Statistics 5, 141-150.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Floats, Resampled, band, check_pair
from kembar.analysis.risk_table import Kind
from kembar.analysis.survival import ages_of, shared_ages, surviving
from kembar.records import QUARTERS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Incidence:
    """The share of agreements that each event has taken, by age.

    `incidence`, `low` and `high` are (event names, ages), the interval NaN where there is none; `survival` (ages) is
    what is left. Ages are the ends of quarters; before them, from `from_years` on, every incidence is 0. `events`
    counts each event. `reason` says why there is no interval, or no incidence; `events_outside` counts events before or
    beyond these ages.
    """

    kind: Kind
    event_names: tuple[str, ...]
    from_years: float
    ages_years: Floats
    incidence: Floats
    low: Floats
    high: Floats
    survival: Floats
    events: npt.NDArray[np.int64]
    level: float
    draws: int
    runs: int
    events_outside: int
    reason: Reason | None

    @property
    def occurring(self) -> tuple[str, ...]:
        """The events that happened at all, the most frequent first."""
        order = np.argsort(-self.events, kind="stable")
        return tuple(self.event_names[place] for place in order if self.events[place] > 0)

    def table(self) -> pd.DataFrame:
        """One row per event that happened and quarter of age."""
        return _long(self.event_names, self.ages_years, self.occurring, incidence=self.incidence, low=self.low,
                     high=self.high)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IncidenceDifference:
    """The policy's incidences less the baseline's, over the same pairs of runs; arrays (event names, ages)."""

    kind: Kind
    event_names: tuple[str, ...]
    from_years: float
    ages_years: Floats
    baseline: Floats
    policy: Floats
    difference: Floats
    low: Floats
    high: Floats
    level: float
    draws: int
    pairs: int
    reason: Reason | None

    def table(self) -> pd.DataFrame:
        """One row per event that happened in either and quarter of age."""
        largest = np.maximum(self.baseline, self.policy).max(axis=1, initial=0.0).tolist()
        names = tuple(name for name, share in zip(self.event_names, largest, strict=True) if share > 0)
        return _long(self.event_names, self.ages_years, names, baseline=self.baseline, policy=self.policy,
                     difference=self.difference, low=self.low, high=self.high)  # fmt: skip


def incidence_of(at_risk: npt.NDArray[np.generic], events_by_name: npt.NDArray[np.generic]) -> tuple[Floats, Floats]:
    """Incidences (event names, ages, ...) and survival (ages, ...) from counts of successive quarters.

    >>> incidence, survival = incidence_of(np.array([4, 2]), np.array([[1, 0], [1, 1]]))
    >>> incidence.tolist(), survival.tolist()
    ([[0.25, 0.25], [0.25, 0.5]], [0.5, 0.25])
    """
    risk = np.asarray(at_risk, np.float64)
    survival = surviving(risk, events_by_name.sum(axis=0))
    begins = np.concatenate([np.ones_like(survival[:1]), survival[:-1]])
    weight = np.divide(begins, risk, out=np.zeros_like(risk), where=risk > 0)
    return np.cumsum(weight * events_by_name, axis=1), survival


def cumulative_incidence(resampled: Resampled) -> Incidence:
    """The incidence of every event of a table, with its interval over runs."""
    table = resampled.table
    seen = table.support
    counts = table.events_by_name[:, seen]
    incidence, survival = incidence_of(table.at_risk.sum(axis=0)[seen], counts)
    low, high = band(_drawn(resampled, seen), resampled)
    return Incidence(
        kind=table.kind,
        event_names=table.event_names,
        from_years=seen.start / QUARTERS_PER_YEAR,
        ages_years=ages_of(seen),
        incidence=incidence,
        low=low,
        high=high,
        survival=survival,
        events=counts.sum(axis=1),
        level=resampled.level,
        draws=resampled.draws,
        runs=len(table.runs),
        events_outside=table.events_outside,
        reason=resampled.reason if table.spells else Reason("nobody_at_risk"),
    )


def incidence_difference(baseline: Resampled, policy: Resampled) -> IncidenceDifference:
    """The policy's incidences less the baseline's, ages, pairs and errors as in `survival_difference`."""
    check_pair(baseline, policy)
    both = shared_ages(baseline.table, policy.table)
    before, after = (
        incidence_of(one.table.at_risk.sum(axis=0)[both], one.table.events_by_name[:, both])[0]
        for one in (baseline, policy)
    )
    low, high = band(_drawn(policy, both) - _drawn(baseline, both), baseline)
    return IncidenceDifference(
        kind=baseline.table.kind,
        event_names=baseline.table.event_names,
        from_years=both.start / QUARTERS_PER_YEAR,
        ages_years=ages_of(both),
        baseline=before,
        policy=after,
        difference=after - before,
        low=low,
        high=high,
        level=baseline.level,
        draws=baseline.draws,
        pairs=len(baseline.table.runs),
        reason=baseline.reason if both.stop > both.start else Reason("nobody_at_risk"),
    )


def _drawn(resampled: Resampled, columns: slice) -> Floats:
    """The incidences of every draw, (event names, ages, draws)."""
    return incidence_of(resampled.at_risk[columns], resampled.events_by_name[:, columns])[0]


def _long(names: tuple[str, ...], ages_years: Floats, chosen: tuple[str, ...], **columns: Floats) -> pd.DataFrame:
    import pandas as pd

    rows = [names.index(name) for name in chosen]
    return pd.DataFrame(
        {
            "event": np.repeat(np.array(chosen, object), len(ages_years)),
            "age_years": np.tile(ages_years, len(chosen)),
            **{name: values[rows].ravel() for name, values in columns.items()},
        }
    )
