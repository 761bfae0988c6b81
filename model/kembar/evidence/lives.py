"""How long agreements live, sleep and end: P01 to P04, and the shares and ages of the targets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kembar import records
from kembar.evidence.arms import ARCHIPELAGO, FORECAST, HINDCAST
from kembar.evidence.statistics import Floats, Statistic, median_place, ratio
from kembar.evidence.view import PER_YEAR, View

ENDINGS: Final = ("lapses", "notices", "reviews", "mergers", "breaks")
EARLY_YEARS: Final = 5  # P03: asleep by this age
LATE_YEARS: Final = 40  # P03: signed this long ago
SURVIVOR_YEARS: Final = 25  # P04: the age looked at
SURVIVOR_SPAN_YEARS: Final = 10  # P04: and reached at least so long after the start, so that the run made the state
CASE_YEARS: Final = 10  # dormancies within this age count as early
CASE_FOLLOW_YEARS: Final = 20  # among agreements followed at least so long
AGES: Final = 26  # ages 0 to 25 [years] at which hazards are taken
LATE_AGES: Final = slice(15, 26)
LEAST_EXPOSURE_SHARE: Final = 0.01  # of the active time at all ages, below which an age has no hazard of its own
COUNT_YEAR: Final = 2013  # of the one national count of active agreements


def _yearly_endings(view: View) -> Floats:
    total: Floats = np.sum([view.series[name] for name in ENDINGS], axis=0)
    return total


def _dormancies_and_endings(view: View) -> Floats:
    return np.array([view.series["dormancies"].sum(), _yearly_endings(view).sum()])


def _sleep_histogram(view: View) -> Floats:
    """Spells of sleep that end with the agreement or go on to the horizon, by length in quarters."""
    _, lengths, revived = view.sleeps
    return np.bincount(lengths[~revived], minlength=view.quarters + 1).astype(np.float64)


def _dispersion(view: View) -> Floats:
    yearly = _yearly_endings(view)
    mean = yearly.mean()
    return np.array([yearly.var(ddof=1) / mean if mean > 0 else 0.0, float(mean > 0), yearly.sum()])


def _early_sleepers(view: View) -> Floats:
    signed = view.agreements["signed_quarter"]
    seen = view.is_new & (signed + EARLY_YEARS * PER_YEAR <= view.quarters)
    asleep = view.agreements["first_dormant_quarter"]
    early = seen & (asleep != records.NEVER) & (asleep - signed <= EARLY_YEARS * PER_YEAR)
    return np.array([early.sum(), seen.sum()], dtype=np.float64)


def _late_survivors(view: View) -> Floats:
    old = view.is_signed & (view.agreements["signed_quarter"] <= view.quarters - LATE_YEARS * PER_YEAR)
    active = old & (view.agreements["stage"] == records.ACTIVE)
    return np.array([active.sum(), old.sum()], dtype=np.float64)


def _survivor_table(view: View, has: Any) -> Floats:
    """Agreements that reach the age in the run: active with, active without, asleep with, asleep without."""
    at = _survivor_quarters(view)
    span = SURVIVOR_SPAN_YEARS * PER_YEAR
    seen = np.flatnonzero(view.is_signed & (at >= span) & (at < view.quarters) & (view.ended_quarter > at))
    active = view.active[seen, at[seen]]
    mark = has[seen]
    counts = [(active & mark).sum(), (active & ~mark).sum(), (~active & mark).sum(), (~active & ~mark).sum()]
    return np.array(counts, dtype=np.float64)


def _survivor_quarters(view: View) -> Any:
    return view.agreements["signed_quarter"] + SURVIVOR_YEARS * PER_YEAR


def _carriers_of_survivors(view: View) -> Floats:
    return _survivor_table(view, view.has_carriers(_survivor_quarters(view)))


def _renewals_of_survivors(view: View) -> Floats:
    """A renewal within the last term: the recorded length of the term, else the shorter wish of the two sides."""
    fixed = view.agreements["fixed_term_years"]
    wishes = view.record.levers["agreement_years"]
    years = np.where(fixed > 0, fixed, np.minimum(wishes[view.agreements["a"]], wishes[view.agreements["b"]]))
    at = _survivor_quarters(view)[:, None]
    quarters = np.arange(view.quarters)[None, :]
    in_last_term = (quarters <= at) & (quarters > at - np.maximum(1, (years * PER_YEAR).astype(int))[:, None])
    return _survivor_table(view, (view.renewed & in_last_term).any(axis=1))


def _odds_ratio(table: Floats) -> Floats:
    return ratio(table[..., 0] * table[..., 3], table[..., 1] * table[..., 2])


def _stage_shares(view: View) -> Floats:
    stages = view.agreements["stage"][view.is_signed]
    kinds = (records.ACTIVE, records.DORMANT, records.ENDED)
    return np.array([*((stages == kind).sum() for kind in kinds), len(stages)], dtype=np.float64)


def _active_in_count_year(view: View) -> Floats:
    row = view.series[COUNT_YEAR - view.start_year]
    return np.array([row["active"], row["active"] + row["dormant"] + row["ended"]])


def _early_cases(view: View) -> Floats:
    signed = view.agreements["signed_quarter"]
    asleep = view.agreements["first_dormant_quarter"]
    seen = view.is_new & (asleep >= 0) & (signed + CASE_FOLLOW_YEARS * PER_YEAR <= view.quarters)
    return np.array([(seen & (asleep - signed <= CASE_YEARS * PER_YEAR)).sum(), seen.sum()], dtype=np.float64)


def _hazard_by_age(view: View) -> Floats:
    """Dormancies, then active years, by age in whole years."""
    ages = (np.arange(view.quarters)[None, :] - view.agreements["signed_quarter"][:, None]) // PER_YEAR
    at_risk = view.active & (ages >= 0) & (ages < AGES)
    fell = at_risk & view.went_dormant
    return np.concatenate(
        [np.bincount(ages[fell], minlength=AGES), np.bincount(ages[at_risk], minlength=AGES) / PER_YEAR]
    )


def _hazards(sums: Floats) -> Floats:
    exposure = sums[..., AGES:]
    enough = exposure >= LEAST_EXPOSURE_SHARE * exposure.sum(axis=-1, keepdims=True)
    return np.where(enough, ratio(sums[..., :AGES], exposure), np.nan)


def _dormancies_of_ages(sums: Floats) -> Floats:
    total: Floats = sums[..., :AGES].sum(axis=-1)
    return total


def _peak_age(sums: Floats) -> Floats:
    hazards = np.nan_to_num(_hazards(sums), nan=-1.0)
    peak = hazards.argmax(axis=-1) + 0.5
    return np.where(sums[..., :AGES].sum(axis=-1) > 0, peak, np.nan)


def _late_to_peak(sums: Floats) -> Floats:
    late = ratio(sums[..., :AGES][..., LATE_AGES].sum(axis=-1), sums[..., AGES:][..., LATE_AGES].sum(axis=-1))
    return ratio(late, np.nan_to_num(_hazards(sums), nan=-1.0).max(axis=-1))


def _cities_left(view: View) -> Floats:
    chosen = view.agreements[view.is_signed]
    ever = np.unique(np.concatenate([chosen["a"], chosen["b"]]))
    kept = chosen[chosen["stage"] != records.ENDED]
    left = np.unique(np.concatenate([kept["a"], kept["b"]]))
    return np.array([len(ever) - len(left), len(ever)], dtype=np.float64)


def _quotient(sums: Floats) -> Floats:
    return ratio(sums[..., 0], sums[..., 1])


def _below(sums: Floats) -> Floats:
    below: Floats = sums[..., 1]
    return below


def _share(place: int) -> Any:
    return lambda sums: ratio(sums[..., place], sums[..., 3])


STATISTICS: Final = {
    "dormancies_per_ending": Statistic("1", (HINDCAST,), _dormancies_and_endings, _quotient, _below),
    "median_sleep_years": Statistic(
        "years", (HINDCAST,), _sleep_histogram, lambda sums: median_place(sums) / PER_YEAR, lambda sums: sums.sum(-1)
    ),
    "dispersion_of_endings": Statistic("1", (HINDCAST,), _dispersion, _quotient, lambda sums: sums[..., 2]),
    "dormant_by_year_five": Statistic("1", (HINDCAST,), _early_sleepers, _quotient, _below),
    "active_after_forty_years": Statistic("1", (HINDCAST,), _late_survivors, _quotient, _below),
    "carrier_odds_of_survivors": Statistic(
        "1", (FORECAST,), _carriers_of_survivors, _odds_ratio, lambda sums: sums.sum(-1)
    ),
    "renewal_odds_of_survivors": Statistic(
        "1", (FORECAST,), _renewals_of_survivors, _odds_ratio, lambda sums: sums.sum(-1)
    ),
    "active_share_2013": Statistic("1", (HINDCAST,), _active_in_count_year, _quotient, _below),
    "alive_share_2026": Statistic("1", (HINDCAST,), _stage_shares, _share(0), lambda sums: sums[..., 3]),
    "zombie_share_2026": Statistic("1", (HINDCAST,), _stage_shares, _share(1), lambda sums: sums[..., 3]),
    "dead_share_2026": Statistic("1", (HINDCAST,), _stage_shares, _share(2), lambda sums: sums[..., 3]),
    "early_dormancies": Statistic("1", (HINDCAST,), _early_cases, _quotient, _below),
    "hazard_peak_age": Statistic("years", (HINDCAST,), _hazard_by_age, _peak_age, _dormancies_of_ages),
    "hazard_late_to_peak": Statistic("1", (HINDCAST,), _hazard_by_age, _late_to_peak, _dormancies_of_ages),
    "active_share_of_ties": Statistic("1", (ARCHIPELAGO,), _stage_shares, _share(0), lambda sums: sums[..., 3]),
    "cities_with_none_left": Statistic("1", (ARCHIPELAGO,), _cities_left, _quotient, _below),
}
