"""How unequally something is spread over cities: Lorenz and concentration curves, and what is read off them.

A curve tells which share of the whole the first share of the cities has, when the cities stand in an order: from least
to most (the Lorenz curve), or from small to large, or from poor to rich countries (concentration curves). Cities that
the order does not tell apart share their place: each counts as their mean. The index is 1 less twice the area under the
curve: the Gini coefficient for the first order; for the others between -1 and 1, above zero when the large (the rich)
have more. All functions take arrays (runs, cities) and give NaN for a run in which there is nothing to spread.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar.analysis.estimates import Floats

CURVE_POINTS: Final = 11  # of a curve: every tenth of the cities, both ends included
TOP_SHARE: Final = 0.2  # "the top fifth"


def in_order(values: Floats, order: Floats | None) -> Floats:
    """The values with their cities in ascending order of `order` (cities), or each run's from least to most if None."""
    if order is None:
        return np.sort(values, axis=1)
    _, group, counts = np.unique(order, return_inverse=True, return_counts=True)
    membership = (group[:, None] == np.arange(len(counts))).astype(np.float64)
    means: Floats = values @ membership / counts
    return means[:, np.sort(group)]


def curve(values: Floats, order: Floats | None, at: Floats) -> Floats:
    """Shares of the whole (runs, points) that the first `at` (0-1) of the cities have.

    >>> curve(np.array([[3.0, 1.0, 0.0, 4.0]]), None, np.array([0.0, 0.5, 0.75, 1.0])).tolist()
    [[0.0, 0.125, 0.5, 1.0]]
    """
    ordered = in_order(values, order)
    runs, cities = ordered.shape
    sums = np.concatenate([np.zeros((runs, 1)), ordered.cumsum(axis=1)], axis=1)
    place = np.asarray(at) * cities
    left = np.minimum(place.astype(np.int64), cities - 1)
    part = place - left
    return _shares(sums[:, left] * (1.0 - part) + sums[:, left + 1] * part, sums[:, -1:])


def index(values: Floats, order: Floats | None) -> Floats:
    """Gini coefficient (`order` None) or concentration index of each run.

    >>> index(np.array([[1.0, 1.0], [0.0, 1.0]]), None).tolist()
    [0.0, 0.5]
    """
    ordered = in_order(values, order)
    cities = ordered.shape[1]
    weights = (2.0 * np.arange(1, cities + 1) - cities - 1.0) / cities
    return _shares((ordered @ weights)[:, None], ordered.sum(axis=1)[:, None])[:, 0]


def top_share(values: Floats, order: Floats | None) -> Floats:
    """Share of the whole that the last fifth of the cities in the order has, in each run."""
    return 1.0 - curve(values, order, np.array([1.0 - TOP_SHARE]))[:, 0]


def gini_per_head(values: Floats, population: Floats) -> Floats:
    """Gini coefficient over inhabitants, each having her city's value per head; `population` is (cities).

    >>> gini_per_head(np.array([[2.0, 2.0]]), np.array([1.0, 3.0])).tolist()
    [0.25]
    """
    rows = np.argsort(values / population, axis=1, kind="stable")
    ordered = np.take_along_axis(values, rows, axis=1).cumsum(axis=1)
    people = population[rows] / population.sum()
    below = np.concatenate([np.zeros((len(values), 1)), ordered[:, :-1]], axis=1)
    area = ((ordered + below) * people).sum(axis=1)
    return 1.0 - _shares(area[:, None], ordered[:, -1:])[:, 0]


def _shares(parts: Floats, wholes: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wholes > 0.0, parts / wholes, np.nan)
