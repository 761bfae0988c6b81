"""What crises and travel stops do to formation and contact: P14 and P15."""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar.evidence.arms import DISASTER, FORECAST, SHOCK_END_YEAR, SHOCK_YEAR, TRAVEL_STOP
from kembar.evidence.statistics import Floats, Statistic, ratio
from kembar.evidence.view import PER_YEAR, View

CRISIS_YEARS: Final = 4  # before and from the disaster on: Finland's ties with Ukraine were counted over four years


def _new_and_revived(view: View) -> Floats:
    """Signings and revivals in the years before the disaster and from it on; every agreement has a struck side."""
    formed = view.series["signed"] + view.series["revivals"]
    year = SHOCK_YEAR - view.start_year
    return np.array([formed[year : year + CRISIS_YEARS].sum(), formed[year - CRISIS_YEARS : year].sum()])


def _signings(view: View) -> Floats:
    first, last = SHOCK_YEAR - view.start_year, SHOCK_END_YEAR - view.start_year
    return np.array([view.series["signed"][first:last].sum()])


def _contact(view: View) -> Floats:
    """Exchanges during the travel stop, and active years in it."""
    first, last = view.quarter_of(SHOCK_YEAR), view.quarter_of(SHOCK_END_YEAR)
    held = (view.city_exchanges + view.citizen_exchanges)[:, first:last]
    return np.array([held.sum(), view.active[:, first:last].sum() / PER_YEAR])


def _quotient(sums: Floats) -> Floats:
    return ratio(sums[..., 0], sums[..., 1])


STATISTICS: Final = {
    "crisis_revival": Statistic("1", (DISASTER,), _new_and_revived, _quotient, lambda sums: sums[..., 1]),
    "signings_in_travel_stop": Statistic(
        "1",
        (FORECAST, TRAVEL_STOP),
        _signings,
        lambda normal, stopped: ratio(stopped[..., 0], normal[..., 0]),
        lambda normal, stopped: normal[..., 0],
    ),
    "contact_in_travel_stop": Statistic(
        "exchanges/year", (TRAVEL_STOP,), _contact, _quotient, lambda sums: sums[..., 1]
    ),
}
