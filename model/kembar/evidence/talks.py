"""What comes before signing: P16, and the targets on growth, terms and the way from letter to agreement."""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar import records
from kembar.evidence.arms import FORECAST, HINDCAST
from kembar.evidence.statistics import Floats, Statistic, median_place, ratio
from kembar.evidence.view import PER_YEAR, View

COUNTED_YEARS: Final = (2010, 2014)  # first, and first one after, of the count of talks and active agreements


def _talks_and_active(view: View) -> Floats:
    """Talks at the end of the years counted, and agreements signed and active then."""
    first, last = (year - view.start_year for year in COUNTED_YEARS)
    rows = view.series[first:last]
    return np.array([(rows["exploring"] + rows["letter_of_intent"]).sum(), rows["active"].sum()])


def _growth(view: View) -> Floats:
    """Change of the logarithm of agreements signed and not ended over the run, its years, and the signings."""
    alive = view.series["active"] + view.series["dormant"]
    years = len(alive) - 1
    return np.array([np.log(max(alive[-1], 1.0) / max(alive[0], 1.0)), years, view.series["signed"].sum()])


def _terms(view: View) -> Floats:
    """Terms of agreements signed in the run without a recorded term."""
    own = view.agreements[view.is_new & (view.agreements["fixed_term_years"] == 0)]
    wishes = view.record.levers["agreement_years"]
    years = np.minimum(wishes[own["a"]], wishes[own["b"]])
    return np.array([years.sum(), len(years)])


def _letter_to_signature(view: View) -> Floats:
    """Agreements signed in the run by the quarters since their letter."""
    own = view.agreements[view.is_new & (view.agreements["letter_quarter"] >= 0)]
    waits = own["signed_quarter"] - own["letter_quarter"]
    return np.bincount(waits, minlength=view.quarters + 1).astype(np.float64)


def _quotient(sums: Floats) -> Floats:
    return ratio(sums[..., 0], sums[..., 1])


def _reviews(view: View) -> Floats:
    """Agreements that a review ended, and agreements that lay before one."""
    held = view.of_kind(records.PORTFOLIO_REVIEWED)
    signed, ended = view.agreements["signed_quarter"], view.ended_quarter
    dropped = total = 0
    for city, quarter in zip(held["subject"], held["quarter"], strict=True):
        mine = view.is_signed & ((view.agreements["a"] == city) | (view.agreements["b"] == city))
        mine &= (signed < quarter) & (ended >= quarter)
        cut = mine & (ended == quarter) & (view.agreements["how"] == records.REVIEW)
        dropped += int(cut.sum())
        total += int(mine.sum())
    return np.array([dropped, total], dtype=np.float64)


STATISTICS: Final = {
    "talks_per_active": Statistic("1", (HINDCAST,), _talks_and_active, _quotient, lambda sums: sums[..., 1]),
    "net_growth": Statistic("1/year", (FORECAST,), _growth, _quotient, lambda sums: sums[..., 2]),
    "term_of_new_agreements": Statistic("years", (FORECAST,), _terms, _quotient, lambda sums: sums[..., 1]),
    "letter_to_signature_years": Statistic(
        "years",
        (FORECAST,),
        _letter_to_signature,
        lambda sums: median_place(sums) / PER_YEAR,
        lambda sums: sums.sum(axis=-1),
    ),
    "dropped_at_review": Statistic(
        "1",
        (FORECAST,),
        _reviews,
        _quotient,
        lambda sums: sums[..., 1],
    ),
}
