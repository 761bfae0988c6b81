"""How long agreements stay active or alive: Kaplan-Meier's curve, restricted mean and median, and their differences.

The share that survives the quarter k is the product over the quarters up to k of

    1 - events / at risk

which `lifelines` computes for the published curve and the counts of every draw of runs for its interval. Old agreements
count from the age at which they are first seen (delayed entry), so the curve begins, at 1, at the first age at which
enough runs have somebody at risk, and says what becomes of an agreement that has reached that age; it ends where nobody
is at risk. The restricted mean is the area under the curve up to a horizon: the mean years active (or alive) within it.

Kaplan, E. L., and Meier, P. (1958), Journal of the American Statistical Association 53, 457-481.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Bounded, Floats, Resampled, band, bounded, check_pair, percentiles
from kembar.analysis.risk_table import Kind, RiskTable
from kembar.errors import InputError, Problem
from kembar.records import QUARTERS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

HALF: Final = 0.5
ROUNDING: Final = 1e-12  # a share this close to one half is one half


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The share of agreements that survive, by age.

    Arrays are (ages): `ages_years` are the ends of the quarters of age, `survival` the share that survives them,
    `low` and `high` its interval over runs (NaN where there is none), `at_risk`, `events` and `runs_at_risk` the
    counts of the quarter over all runs. Before the first of these ages, from `from_years` on, survival is 1.
    `reason` says why there is no interval, or no curve; `events_outside` counts events before or beyond the curve.
    """

    kind: Kind
    from_years: float
    ages_years: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    runs_at_risk: npt.NDArray[np.int64]
    level: float
    draws: int
    runs: int
    spells: int
    left_out: int
    events_outside: int
    reason: Reason | None

    @property
    def until_years(self) -> float:
        """The last age that the curve reaches."""
        return float(self.ages_years[-1]) if len(self.ages_years) else self.from_years

    def at(self, age_years: float) -> float | None:
        """The share that survives to an age, None outside of the curve."""
        if not self.from_years <= age_years <= self.until_years:
            return None
        place = int(np.searchsorted(self.ages_years, age_years, side="right"))
        return float(self.survival[place - 1]) if place else 1.0

    def table(self) -> pd.DataFrame:
        """One row per quarter of age."""
        import pandas as pd

        names = ("ages_years", "survival", "low", "high", "at_risk", "events", "runs_at_risk")
        return pd.DataFrame({name.replace("ages", "age"): getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean years active (or alive) between two ages, of agreements that have reached the first one."""

    from_years: float
    horizon_years: float
    years: Bounded


@dataclass(frozen=True, slots=True)
class MedianLife:
    """The age that half of the agreements survive, None when it is not reached; of those that reached `from_years`.

    An end of the interval is None when that end is not reached within the ages seen.
    """

    from_years: float
    years: Bounded


@dataclass(frozen=True, slots=True)
class SurvivalDifference:
    """The policy's curve less the baseline's, over the same pairs of runs; arrays (ages), NaN without an interval."""

    kind: Kind
    from_years: float
    ages_years: Floats
    baseline: Floats
    policy: Floats
    difference: Floats
    low: Floats
    high: Floats
    restricted_means: tuple[RestrictedMean, ...]  # of the difference: years gained
    level: float
    draws: int
    pairs: int
    reason: Reason | None

    def table(self) -> pd.DataFrame:
        """One row per quarter of age."""
        import pandas as pd

        names = ("ages_years", "baseline", "policy", "difference", "low", "high")
        return pd.DataFrame({name.replace("ages", "age"): getattr(self, name) for name in names})


def surviving(at_risk: npt.NDArray[np.generic], events: npt.NDArray[np.generic]) -> Floats:
    """The share surviving each quarter, ages on the first axis; a quarter with nobody at risk changes nothing.

    >>> surviving(np.array([4, 3, 0]), np.array([1, 1, 0])).tolist()
    [0.75, 0.5, 0.5]
    """
    risk = np.asarray(at_risk, np.float64)
    hazard = np.divide(events, risk, out=np.zeros_like(risk), where=risk > 0)
    return np.cumprod(1.0 - hazard, axis=0)


def survival_curve(resampled: Resampled) -> SurvivalCurve:
    """Kaplan-Meier's curve of a table, with its interval over runs."""
    table = resampled.table
    seen = table.support
    at_risk, events = table.at_risk.sum(axis=0)[seen], table.events.sum(axis=0)[seen]
    low, high = band(surviving(resampled.at_risk[seen], resampled.events[seen]), resampled)
    return SurvivalCurve(
        kind=table.kind,
        from_years=seen.start / QUARTERS_PER_YEAR,
        ages_years=ages_of(seen),
        survival=published(at_risk, events),
        low=low,
        high=high,
        at_risk=at_risk,
        events=events,
        runs_at_risk=table.runs_at_risk[seen],
        level=resampled.level,
        draws=resampled.draws,
        runs=len(table.runs),
        spells=table.spells,
        left_out=table.left_out,
        events_outside=table.events_outside,
        reason=resampled.reason if table.spells else Reason("nobody_at_risk"),
    )


def ages_of(columns: slice) -> Floats:
    """Ages [years] at the ends of the quarters that are columns of a table."""
    return np.arange(columns.start + 1, columns.stop + 1) / QUARTERS_PER_YEAR


def published(at_risk: npt.NDArray[np.int64], events: npt.NDArray[np.int64]) -> Floats:
    """Kaplan-Meier's estimate by `lifelines`, from counts of successive quarters (ages).

    Each agreement's time is cut at the quarters, which leaves the estimate as it is: in a quarter there are `events`
    rows that enter at its beginning and die at its end, and the others leave it alive.
    """
    from lifelines import KaplanMeierFitter

    if len(at_risk) == 0:
        return np.zeros(0)
    quarter = np.arange(len(at_risk))
    count = np.concatenate([events, at_risk - events])
    is_there = count > 0
    fitter = KaplanMeierFitter().fit(
        durations=np.tile(quarter + 1, 2)[is_there],
        entry=np.tile(quarter, 2)[is_there],
        event_observed=np.repeat([1, 0], len(quarter))[is_there],
        weights=count[is_there],
        timeline=quarter + 1,
    )
    return np.asarray(fitter.survival_function_.iloc[:, 0], np.float64)


def restricted_mean(resampled: Resampled, horizon_years: float) -> RestrictedMean:
    """Mean years active (or alive) up to an age, with its interval over runs.

    Raises InputError when the horizon is no whole number of quarters.
    """
    first = resampled.table.support.start
    missing = _why_unknown(resampled.table, first, horizon_years)
    years = Bounded(None, reason=missing)
    if missing is None:
        value, draws = _means(resampled, first, horizon_years)
        years = bounded(value, draws, resampled)
    return RestrictedMean(first / QUARTERS_PER_YEAR, horizon_years, years)


def median_life(resampled: Resampled) -> MedianLife:
    """The age that half of the agreements survive, with its interval over runs."""
    seen = resampled.table.support
    start = seen.start / QUARTERS_PER_YEAR
    value = float(_half_life(_curve_of(resampled.table, seen), seen))
    low = high = np.inf
    if resampled.draws:
        low, high = (float(end) for end in percentiles(_half_life(_drawn(resampled, seen), seen), resampled.level))
    reason = resampled.reason
    if not np.isfinite(value):
        until = seen.stop / QUARTERS_PER_YEAR
        reason = Reason("half_not_reached", (("until", until),)) if resampled.table.spells else Reason("nobody_at_risk")
    return MedianLife(start, Bounded(_finite(value), _finite(low), _finite(high), reason))


def survival_difference(
    baseline: Resampled, policy: Resampled, horizons_years: Sequence[float] = ()
) -> SurvivalDifference:
    """The policy's curve less the baseline's where both are known, every draw taking the same pairs of runs.

    Row i of both tables is a pair under common luck (give `at_risk_table` the ids of the runs in that order). Both
    curves begin at 1 at the later of their first ages. Raises InputError when the draws do not match, or a horizon is
    no whole number of quarters.
    """
    check_pair(baseline, policy)
    both = shared_ages(baseline.table, policy.table)
    before, after = (_curve_of(one.table, both) for one in (baseline, policy))
    low, high = band(_drawn(policy, both) - _drawn(baseline, both), baseline)
    return SurvivalDifference(
        kind=baseline.table.kind,
        from_years=both.start / QUARTERS_PER_YEAR,
        ages_years=ages_of(both),
        baseline=before,
        policy=after,
        difference=after - before,
        low=low,
        high=high,
        restricted_means=tuple(_gain(baseline, policy, both.start, horizon) for horizon in horizons_years),
        level=baseline.level,
        draws=baseline.draws,
        pairs=len(baseline.table.runs),
        reason=baseline.reason if both.stop > both.start else Reason("nobody_at_risk"),
    )


def shared_ages(one: RiskTable, other: RiskTable) -> slice:
    """The ages, as columns, at which both tables are known."""
    start = max(one.support.start, other.support.start)
    return slice(start, max(start, min(one.support.stop, other.support.stop)))


def _gain(baseline: Resampled, policy: Resampled, first: int, horizon_years: float) -> RestrictedMean:
    reasons = [_why_unknown(one.table, first, horizon_years) for one in (baseline, policy)]
    years = Bounded(None, reason=reasons[0] or reasons[1])
    if years.reason is None:
        before, after = (_means(one, first, horizon_years) for one in (baseline, policy))
        years = bounded(after[0] - before[0], after[1] - before[1], baseline)
    return RestrictedMean(first / QUARTERS_PER_YEAR, horizon_years, years)


def _curve_of(table: RiskTable, columns: slice) -> Floats:
    return surviving(table.at_risk.sum(axis=0)[columns], table.events.sum(axis=0)[columns])


def _drawn(resampled: Resampled, columns: slice) -> Floats:
    """The curve of every draw, (ages, draws)."""
    return surviving(resampled.at_risk[columns], resampled.events[columns])


def _means(resampled: Resampled, first: int, horizon_years: float) -> tuple[float, Floats]:
    """Restricted mean from the age of a column on, of the table and of every draw; all at rest add nothing more."""
    columns = slice(first, min(_quarters(horizon_years), resampled.table.support.stop))
    return float(_area(_curve_of(resampled.table, columns))), _area(_drawn(resampled, columns))


def _area(curves: Floats) -> Floats:
    """Area under curves, ages on the first axis: the share that begins each quarter lives through it."""
    begins = np.concatenate([np.ones_like(curves[:1]), curves[:-1]])
    return np.asarray(begins.sum(axis=0) / QUARTERS_PER_YEAR)


def _half_life(curves: Floats, columns: slice) -> Floats:
    """The first age at which a half or less survives, infinite when there is none; ages on the first axis."""
    if len(curves) == 0:
        return np.full(curves.shape[1:], np.inf)
    is_over = curves <= HALF + ROUNDING
    ages = ages_of(columns)[is_over.argmax(axis=0)]
    return np.where(is_over.any(axis=0), ages, np.inf)


def _finite(age: float) -> float | None:
    return age if np.isfinite(age) else None


def _quarters(horizon_years: float) -> int:
    quarters = round(horizon_years * QUARTERS_PER_YEAR)
    if quarters < 1 or abs(quarters - horizon_years * QUARTERS_PER_YEAR) > ROUNDING:
        why = "a horizon is a whole number of quarters, as 10 or 12.5"
        raise InputError(Problem(f"{horizon_years} years cannot be used", key="horizon", why=why))
    return quarters


def _why_unknown(table: RiskTable, first: int, horizon_years: float) -> Reason | None:
    """Why nothing is known from the age of a column up to a horizon, None when it is known."""
    quarters, seen = _quarters(horizon_years), table.support
    if seen.stop <= first:
        return Reason("nobody_at_risk")
    if quarters <= first:
        return Reason("horizon_too_early", (("horizon", horizon_years), ("first", first / QUARTERS_PER_YEAR)))
    if quarters > seen.stop and _curve_of(table, slice(first, seen.stop))[-1] > 0.0:
        return Reason("horizon_not_seen", (("horizon", horizon_years), ("until", seen.stop / QUARTERS_PER_YEAR)))
    return None
