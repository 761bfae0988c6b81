"""The hazard over age: events for each year that agreements are at risk, and the peaks that it has.

Theories of partnerships say that an initial stock of goodwill protects them for a while (the honeymoon), after which
the hazard rises to a peak and falls again. Ages are put into bins of a year, and within each

    rate = events / agreement-years at risk                                                            [events/year]

A peak is a bin whose rate is above that of the bins on either side. How far it rises is measured, as for a mountain,
from the valley on each side: the lowest rate on the way to a still higher bin or to the end of the ages known. A peak
stands out when it lies surely above both valleys, and it is sharp when it lies surely above both neighbours. Peaks and
valleys were looked for among all bins, so the intervals of these differences hold together for all pairs of bins with
the stated confidence: the largest deviation of any difference over the draws of runs, in its standard errors, sets
their width. Bins in which fewer than LEAST_RUNS runs have somebody at risk take no part.

Two peaks are no finding. An agreement cannot go dormant before it has been silent for the model's dormancy span, so
those that never began to work all fall in the quarters after that span from signing. And agreements that are old when
they are first seen may have another hazard than others of their age, so that the rate jumps where many enter; the
shape is to be read from agreements followed since their signing.

Fichman, M., and Levinthal, D. A. (1991), Academy of Management Review 16, 442-468, on the honeymoon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Bounded, Floats, Resampled, percentiles
from kembar.analysis.risk_table import LEAST_RUNS, Kind
from kembar.errors import InputError, Problem
from kembar.records import QUARTERS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

BIN_YEARS: Final = 1.0
LEAST_BINS: Final = 3  # a peak has a bin on either side


@dataclass(frozen=True, slots=True)
class Peak:
    """A bin of age with a higher hazard than the bins around it; all rates in events/year.

    `rise` and `fall` say how far the rate is above the valley before and the valley after, `above_before` and
    `above_after` above the bin before and the bin after; None at the end of the ages known. Their intervals hold
    together, that of `rate` holds alone.
    """

    from_years: float
    to_years: float
    rate: Bounded
    rise: Bounded | None
    fall: Bounded | None
    above_before: Bounded | None
    above_after: Bounded | None

    @property
    def stands_out(self) -> bool:
        """Whether the rate surely rises to it and surely falls from it."""
        return _is_sure(self.rise) and _is_sure(self.fall)


@dataclass(frozen=True, slots=True)
class HazardByAge:
    """The hazard in bins of age; arrays (bins), `low` and `high` NaN where there is no interval over runs.

    `rate` is NaN in a bin in which nobody is at risk. `highest` is the top around the bin whose rate is surely high
    (the highest lower end of its interval, so that a few agreements of a great age do not pass for a peak), whether it
    stands out or not; `peaks` are those that stand out, by age. `reason` says why no peak could be looked for, and
    then `highest` is None.
    """

    kind: Kind
    from_years: Floats
    to_years: Floats
    events: npt.NDArray[np.int64]
    exposure_years: Floats
    rate: Floats
    low: Floats
    high: Floats
    runs_at_risk: npt.NDArray[np.int64]
    highest: Peak | None
    peaks: tuple[Peak, ...]
    level: float
    draws: int
    runs: int
    reason: Reason | None

    def table(self) -> pd.DataFrame:
        """One row per bin."""
        import pandas as pd

        names = ("from_years", "to_years", "events", "exposure_years", "rate", "low", "high", "runs_at_risk")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def hazard_by_age(resampled: Resampled, bin_years: float = BIN_YEARS) -> HazardByAge:
    """The hazard of a table in bins of age, its peaks, and their intervals over runs.

    The first and the last bin may be seen in part. Raises InputError when a bin is no whole number of quarters.
    """
    table = resampled.table
    width = _width(bin_years)
    first = int((table.runs_at_risk > 0).argmax()) if table.spells else 0
    edges = np.arange(first // width, -(-table.ages // width)) * width
    events = _binned(table.events.sum(axis=0), edges)
    years = _binned(table.at_risk.sum(axis=0), edges) / QUARTERS_PER_YEAR
    runs_at_risk = (_binned(table.at_risk.T, edges) > 0).sum(axis=1)
    is_known = runs_at_risk >= LEAST_RUNS
    rate, draws = _rate(events, years), _drawn(resampled, edges)
    low = high = np.full(len(edges), np.nan)
    highest: Peak | None = None
    peaks: tuple[Peak, ...] = ()
    reason = _why_no_peak(resampled, int(is_known.sum()))
    if resampled.draws and len(edges):
        low, high = (np.where(is_known, end, np.nan) for end in percentiles(draws, resampled.level))
    if reason is None:
        mountains = _Mountains.of(edges / QUARTERS_PER_YEAR, bin_years, rate, low, high, draws, resampled.level)
        highest = mountains.peak(mountains.climb(int(np.nanargmax(low))))
        peaks = tuple(peak for peak in map(mountains.peak, mountains.tops()) if peak.stands_out)
    return HazardByAge(
        kind=table.kind,
        from_years=edges / QUARTERS_PER_YEAR,
        to_years=(edges + width) / QUARTERS_PER_YEAR,
        events=events.astype(np.int64),
        exposure_years=years,
        rate=rate,
        low=low,
        high=high,
        runs_at_risk=runs_at_risk,
        highest=highest,
        peaks=peaks,
        level=resampled.level,
        draws=resampled.draws,
        runs=len(table.runs),
        reason=reason,
    )


class _Mountains(NamedTuple):
    """The rates as a line of mountains, and how surely two of them differ."""

    from_years: Floats
    bin_years: float
    rate: Floats
    low: Floats
    high: Floats
    errors: Floats  # (bins, bins) standard errors of the differences of two rates
    reach: float  # in standard errors, of intervals that hold for all differences together

    @classmethod
    def of(
        cls, from_years: Floats, bin_years: float, rate: Floats, low: Floats, high: Floats, draws: Floats, level: float
    ) -> _Mountains:
        is_known = np.isfinite(low)
        deviations = np.where(is_known & np.isfinite(draws.T), draws.T - rate, 0.0)
        squares = deviations.T @ deviations / len(deviations)
        own = np.diag(squares)
        errors = np.sqrt(np.maximum(own[:, None] + own - 2.0 * squares, 0.0))
        largest = np.zeros(len(deviations))
        for place in range(1, len(rate)):
            other = np.flatnonzero((errors[place, :place] > 0) & is_known[:place] & is_known[place])
            apart = np.abs(deviations[:, other] - deviations[:, place, None]) / errors[place, other]
            largest = np.maximum(largest, apart.max(axis=1, initial=0.0))
        reach = float(np.quantile(largest, level, method="higher"))
        return cls(from_years, bin_years, rate, low, high, errors, reach)

    def tops(self) -> list[int]:
        """The bins above both neighbours."""
        return [
            place
            for place in range(1, len(self.rate) - 1)
            if self._is_known(place) and self.rate[place - 1] < self.rate[place] >= self.rate[place + 1]
        ]

    def climb(self, place: int) -> int:
        """The top that a bin belongs to."""
        while True:
            higher = [
                other
                for other in (place - 1, place + 1)
                if self._is_known(other) and self.rate[other] > self.rate[place]
            ]
            if not higher:
                return place
            place = max(higher, key=lambda other: float(self.rate[other]))

    def peak(self, place: int) -> Peak:
        """What is known of a bin as a peak."""
        start = float(self.from_years[place])
        rate = Bounded(float(self.rate[place]), float(self.low[place]), float(self.high[place]))
        before, after = self._valley(place, -1), self._valley(place, 1)
        return Peak(start, start + self.bin_years, rate, self._above(place, before), self._above(place, after),
                    self._above(place, place - 1), self._above(place, place + 1))  # fmt: skip

    def _is_known(self, place: int) -> bool:
        return 0 <= place < len(self.rate) and bool(np.isfinite(self.low[place]))

    def _valley(self, place: int, direction: int) -> int:
        """The lowest bin on the way to a higher one; the bin itself where there is none on that side."""
        lowest = step = place
        while self._is_known(step + direction) and self.rate[step + direction] <= self.rate[place]:
            step += direction
            lowest = step if self.rate[step] < self.rate[lowest] else lowest
        return lowest

    def _above(self, place: int, other: int) -> Bounded | None:
        if other == place or not self._is_known(other):
            return None
        step, half = float(self.rate[place] - self.rate[other]), float(self.errors[place, other]) * self.reach
        return Bounded(step, step - half, step + half)


def _is_sure(step: Bounded | None) -> bool:
    return step is not None and step.low is not None and step.low > 0.0


def _width(bin_years: float) -> int:
    width = round(bin_years * QUARTERS_PER_YEAR)
    if width < 1 or width != bin_years * QUARTERS_PER_YEAR:
        why = "a bin of age is a whole number of quarters, as 1 or 0.5"
        raise InputError(Problem(f"{bin_years} years cannot be used", key="bin_years", why=why))
    return width


def _binned(counts: npt.NDArray[Any], edges: npt.NDArray[np.int64]) -> Floats:
    """Sums over bins of age that begin at the edges and reach to the next, ages on the first axis."""
    if len(edges) == 0:
        return np.zeros((0, *counts.shape[1:]))
    return np.asarray(np.add.reduceat(np.asarray(counts, np.float64), edges, axis=0))


def _rate(events: Floats, years: Floats) -> Floats:
    return np.asarray(np.divide(events, years, out=np.full(events.shape, np.nan), where=years > 0))


def _drawn(resampled: Resampled, edges: npt.NDArray[np.int64]) -> Floats:
    """The rates of every draw, (bins, draws)."""
    return _rate(_binned(resampled.events, edges), _binned(resampled.at_risk, edges) / QUARTERS_PER_YEAR)


def _why_no_peak(resampled: Resampled, known: int) -> Reason | None:
    if resampled.table.spells == 0:
        return Reason("nobody_at_risk")
    if resampled.draws == 0:
        return resampled.reason
    return Reason("few_ages", (("needed", LEAST_BINS), ("ages", known))) if known < LEAST_BINS else None
