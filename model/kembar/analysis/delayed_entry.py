"""Whether agreements that are old when they are first seen fare like others of their age.

A curve over age that mixes agreements followed since their signing with those that enter late rests on a hazard that
depends on age alone. The events among those that entered late are compared with the number that the hazard of the
others, quarter of age by quarter of age, would have given them:

    ratio = events of late entrants / Σ at risk among late entrants · (events / at risk) of those followed since signing

over the ages at which LEAST_RUNS runs or more have agreements of both sorts at risk. A ratio of 1 says that they fare
alike; one that is surely not 1 says that the common curve belongs to neither, and that those followed since signing
should be looked at alone. (Indirect standardisation, as for the standardised mortality ratio.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Bounded, Floats, Resampled, bounded, check_pair
from kembar.analysis.risk_table import LEAST_RUNS
from kembar.analysis.survival import shared_ages
from kembar.records import QUARTERS_PER_YEAR


@dataclass(frozen=True, slots=True)
class DelayedEntry:
    """Events among late entrants, the number expected, and their ratio, between two ages."""

    from_years: float
    to_years: float
    events: int
    expected: float
    ratio: Bounded

    @property
    def fare_alike(self) -> bool | None:
        """Whether the interval of the ratio holds 1; None without an interval."""
        low, high = self.ratio.low, self.ratio.high
        return None if low is None or high is None else low <= 1.0 <= high


def delayed_entry(since_signing: Resampled, already_old: Resampled) -> DelayedEntry:
    """Compare late entrants with agreements followed since signing: two tables of the same runs, drawn alike.

    Raises InputError when the draws do not match.
    """
    check_pair(since_signing, already_old)
    ages = shared_ages(since_signing.table, already_old.table)
    known = np.arange(ages.start, ages.stop)
    enough = [one.table.runs_at_risk[ages] >= LEAST_RUNS for one in (since_signing, already_old)]
    known = known[enough[0] & enough[1]]
    if len(known) == 0:
        return DelayedEntry(0.0, 0.0, 0, 0.0, Bounded(None, reason=Reason("no_common_age")))
    events = float(already_old.table.events.sum(axis=0)[known].sum())
    expected = float(
        _expected(
            already_old.table.at_risk.sum(axis=0)[known],
            since_signing.table.at_risk.sum(axis=0)[known],
            since_signing.table.events.sum(axis=0)[known],
        )
    )
    ratio = Bounded(None, reason=Reason("none_expected"))
    if expected > 0.0:
        drawn = _expected(already_old.at_risk[known], since_signing.at_risk[known], since_signing.events[known])
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = already_old.events[known].sum(axis=0) / drawn
        ratio = bounded(events / expected, draws, since_signing)
    first, last = int(known[0]), int(known[-1]) + 1
    return DelayedEntry(first / QUARTERS_PER_YEAR, last / QUARTERS_PER_YEAR, int(events), expected, ratio)


def _expected(old_at_risk: Floats, at_risk: Floats, events: Floats) -> Floats:
    """Events expected among late entrants, ages on the first axis; an age with none of the others gives none."""
    risk = np.asarray(at_risk, np.float64)
    return np.asarray((old_at_risk * np.divide(events, risk, out=np.zeros_like(risk), where=risk > 0)).sum(axis=0))
