"""Money and staff: P06 to P08 and P13, and the targets on effort."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kembar import records
from kembar.evidence.arms import (
    ARCHIPELAGO,
    COUNCIL_CUT,
    CUT_ABROAD,
    CUT_AT_HOME,
    CUT_ON_BOTH_SIDES,
    FORECAST,
    LITTLE_MONEY,
    LITTLE_MONEY_DOUBLED,
    MUCH_MONEY,
    MUCH_MONEY_DOUBLED,
    SHOCK_YEAR,
)
from kembar.evidence.statistics import Floats, Statistic, ratio
from kembar.evidence.view import PER_YEAR, View

QUARTILES: Final = 4
SETTLED_YEARS: Final = 7  # after the cut, when appropriations that halve every year are down to one in a hundred
WATCHED_YEARS: Final = 10  # from then on
BEST_FUNDED_SHARE: Final = 0.2


def _exchanges(view: View) -> float:
    return float(view.series["city_exchanges"].sum() + view.series["citizen_exchanges"].sum())


def _activity(view: View) -> Floats:
    return np.array([_exchanges(view), view.series["appropriated_kusd"].sum()])


def _one_sided_loss(base: Floats, home: Floats, abroad: Floats, both: Floats) -> Floats:
    """Mean loss of the two one-sided cuts relative to that of the cut on both sides."""
    lost = base[..., 0] - 0.5 * (home[..., 0] + abroad[..., 0])
    return ratio(lost, base[..., 0] - both[..., 0])


def _gain(before: Floats, after: Floats) -> Floats:
    return ratio(after[..., 0] - before[..., 0], after[..., 1] - before[..., 1])


def _gain_below_to_above(little: Floats, more: Floats, much: Floats, most: Floats) -> Floats:
    """Where more money brings nothing above the threshold, the ratio has no end."""
    below, above = _gain(little, more), _gain(much, most)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above > 0.0, below / np.where(above > 0.0, above, 1.0), np.where(below > 0.0, np.inf, np.nan))


def _execution(view: View) -> Floats:
    """Own money spent, money granted, by quartile of commitment over city-years with an appropriation."""
    years = view.record.city_years.reshape(-1)
    years = years[years["appropriated_kusd"] > 0.0]
    edges = np.quantile(years["commitment"], np.arange(1, QUARTILES) / QUARTILES)
    place = np.searchsorted(edges, years["commitment"], side="right")
    spent = np.bincount(place, years["spent_kusd"] - years["external_kusd"], minlength=QUARTILES)
    granted = np.bincount(place, years["appropriated_kusd"], minlength=QUARTILES)
    return np.concatenate([spent, granted, [len(years)]])


def _execution_of(quartile: int) -> Any:
    return lambda sums: ratio(sums[..., quartile], sums[..., QUARTILES + quartile])


def _exchanges_after_cut(view: View) -> Floats:
    """Exchanges once the cut has worked, of agreements active when it came: with carriers before it, and without."""
    cut = view.quarter_of(SHOCK_YEAR)
    first = cut + SETTLED_YEARS * PER_YEAR
    held = (view.city_exchanges + view.citizen_exchanges)[:, first : first + WATCHED_YEARS * PER_YEAR].sum(axis=1)
    # The two arms are one world until the cut, so those active then are the same rows in both.
    active = view.active[:, cut]
    carried = view.has_carriers(np.full(len(active), cut))
    return np.array([held[active & carried].sum(), held[active & ~carried].sum()])


def _left(place: int) -> Any:
    return lambda base, cut: ratio(cut[..., place], base[..., place])


def _base_exchanges(place: int) -> Any:
    return lambda base, cut: base[..., place]


def _effort(view: View) -> Floats:
    """Active years, exchanges, money spent on exchanges, staff time, all of both sides."""
    years = view.agreements["active_quarters"].sum() / PER_YEAR
    staff = view.series["used_fte"].sum()
    return np.array([years, _exchanges(view), view.series["spent_kusd"].sum(), staff], dtype=np.float64)


def _per_active_year(place: int, sides: float) -> Any:
    return lambda sums: ratio(sums[..., place], sides * sums[..., 0])


def _delegations(view: View) -> Floats:
    """What an exchange of a dear kind, all in person, costs a side, over the agreements that were ever signed."""
    number = view.record.inputs.parameters.number
    distance = view.agreements["distance"][view.is_signed]
    cost = number("exchange_cost_kusd") * (1.0 + number("cost_distance") * distance)
    return np.array([cost.sum(), len(distance)])


def _awake_if_funded(view: View) -> Floats:
    """Awake, and all, among the pairs whose poorer side plans most for each of its agreements."""
    chosen = view.agreements[view.is_signed & (view.agreements["stage"] != records.ENDED)]
    plans = view.record.levers["funding_share"] * view.cities["money_scale_kusd"]
    ties = np.bincount(np.concatenate([chosen["a"], chosen["b"]]), minlength=len(plans))
    purse = plans / np.maximum(ties, 1)
    poorer = np.minimum(purse[chosen["a"]], purse[chosen["b"]])
    best = poorer >= np.quantile(poorer, 1.0 - BEST_FUNDED_SHARE)
    return np.array([(best & (chosen["stage"] == records.ACTIVE)).sum(), best.sum()], dtype=np.float64)


def _low_contact(view: View) -> Floats:
    return np.array([view.record.inputs.parameters.number("digital_yield"), 1.0, _exchanges(view)])


STATISTICS: Final = {
    "one_sided_loss": Statistic(
        "1",
        (FORECAST, CUT_AT_HOME, CUT_ABROAD, CUT_ON_BOTH_SIDES),
        _activity,
        _one_sided_loss,
        lambda base, home, abroad, both: base[..., 0],
    ),
    "gain_below_threshold": Statistic(
        "1",
        (LITTLE_MONEY, LITTLE_MONEY_DOUBLED, MUCH_MONEY, MUCH_MONEY_DOUBLED),
        _activity,
        _gain_below_to_above,
        lambda little, more, much, most: little[..., 0],
    ),
    "execution_of_the_cool": Statistic("1", (FORECAST,), _execution, _execution_of(0), lambda sums: sums[..., -1]),
    "execution_of_the_committed": Statistic(
        "1", (FORECAST,), _execution, _execution_of(QUARTILES - 1), lambda sums: sums[..., -1]
    ),
    "left_where_carriers_live": Statistic(
        "1", (FORECAST, COUNCIL_CUT), _exchanges_after_cut, _left(0), _base_exchanges(0)
    ),
    "left_without_carriers": Statistic(
        "1", (FORECAST, COUNCIL_CUT), _exchanges_after_cut, _left(1), _base_exchanges(1)
    ),
    "activity_rate": Statistic(
        "exchanges/year", (FORECAST,), _effort, _per_active_year(1, 1.0), lambda sums: sums[..., 0]
    ),
    "spend_per_side": Statistic("kusd/year", (FORECAST,), _effort, _per_active_year(2, 2.0), lambda sums: sums[..., 0]),
    "staff_per_side": Statistic(
        "fte/agreement", (FORECAST,), _effort, _per_active_year(3, 2.0), lambda sums: sums[..., 0]
    ),
    "delegation_cost": Statistic(
        "kusd/exchange",
        (FORECAST,),
        _delegations,
        lambda sums: ratio(sums[..., 0], sums[..., 1]),
        lambda sums: sums[..., 1],
    ),
    "awake_share_well_funded": Statistic(
        "1",
        (ARCHIPELAGO,),
        _awake_if_funded,
        lambda sums: ratio(sums[..., 0], sums[..., 1]),
        lambda sums: sums[..., 1],
    ),
    "low_contact_yield": Statistic(
        "1", (FORECAST,), _low_contact, lambda sums: ratio(sums[..., 0], sums[..., 1]), lambda sums: sums[..., 2]
    ),
}
