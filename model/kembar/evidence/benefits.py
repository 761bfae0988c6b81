"""Who gains and for how long: P11 and P12."""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar.evidence.arms import FORECAST
from kembar.evidence.statistics import Floats, Statistic, ratio
from kembar.evidence.view import View
from kembar.network_outcomes import LARGEST_SHARE


def _benefits_by_size(view: View) -> Floats:
    """Points of the largest fifth of the cities that ever had an agreement, points of all of them."""
    chosen = view.agreements[view.is_signed]
    points = np.zeros(len(view.cities))
    for side, column in enumerate(("a", "b")):
        np.add.at(points, chosen[column], chosen["points"][:, side])
    rows = np.unique(np.concatenate([chosen["a"], chosen["b"]]))
    order = rows[np.argsort(-view.cities["population"][rows], kind="stable")]
    largest = order[: int(np.ceil(LARGEST_SHARE * len(order)))]
    return np.array([points[largest].sum(), points[rows].sum()])


def _public(view: View) -> Floats:
    return np.array([view.agreements["public_points"].sum(), view.agreements["points"].sum()])


def _economic_yields(view: View) -> Floats:
    names = ("early_economic_points", "early_exchanges", "late_economic_points", "late_exchanges")
    return np.array([view.agreements[name].sum() for name in names])


def _quotient(sums: Floats) -> Floats:
    return ratio(sums[..., 0], sums[..., 1])


def _whole(sums: Floats) -> Floats:
    whole: Floats = sums[..., 1]
    return whole


STATISTICS: Final = {
    "benefits_of_the_largest": Statistic("1", (FORECAST,), _benefits_by_size, _quotient, _whole),
    "public_share": Statistic("1", (FORECAST,), _public, _quotient, _whole),
    "early_to_late_yield": Statistic(
        "1",
        (FORECAST,),
        _economic_yields,
        lambda sums: ratio(_quotient(sums[..., :2]), _quotient(sums[..., 2:])),
        lambda sums: np.minimum(sums[..., 1], sums[..., 3]),
    ),
}
