"""Outcomes of the network of active agreements, and how unequally benefits are spread over cities."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

LOST_SHARE: Final = 0.05  # the best connected cities that `resilience` takes away
LARGEST_SHARE: Final = 0.2  # the largest cities of `benefit_concentration`


def measure_network(side_a: Any, side_b: Any) -> dict[str, float]:
    """Mean degree, clustering and resilience of the network whose ties join `side_a` and `side_b` (rows of cities).

    All are NaN without a tie; clustering is 0 where no city has two partners.
    """
    if len(side_a) == 0:
        return dict.fromkeys(("mean_degree", "clustering", "resilience"), math.nan)
    nodes, places = np.unique(np.concatenate([side_a, side_b]), return_inverse=True)
    ends = places.reshape(2, -1)
    degree = np.bincount(places, minlength=len(nodes))
    lost = np.zeros(len(nodes), bool)
    count = math.ceil(LOST_SHARE * len(nodes))
    lost[np.argsort(-degree, kind="stable")[:count]] = True
    return {
        "mean_degree": float(degree.mean()),
        "clustering": _transitivity(ends, degree),
        "resilience": float((~(lost[ends[0]] | lost[ends[1]])).mean()),
    }


def _transitivity(ends: Any, degree: Any) -> float:
    """Closed pairs of partners over all pairs of partners."""
    pairs = float((degree * (degree - 1)).sum()) / 2.0
    if pairs == 0:
        return 0.0
    partners: list[set[int]] = [set() for _ in range(len(degree))]
    for one, other in zip(*ends.tolist(), strict=True):
        partners[one].add(other)
        partners[other].add(one)
    # Every triangle closes three pairs and is met once for each of its three ties.
    closed = sum(len(partners[one] & partners[other]) for one, other in zip(*ends.tolist(), strict=True))
    return closed / pairs


def concentration(benefits: Any, population: Any) -> tuple[float, float]:
    """The share of the benefits of the largest fifth of the cities, and the Gini coefficient over all of them."""
    count = math.ceil(LARGEST_SHARE * len(benefits))
    largest = np.argsort(-population, kind="stable")[:count]
    ordered = np.sort(benefits)
    total = float(ordered.sum())
    ranks = np.arange(1, len(ordered) + 1)
    gini = float((2.0 * ranks - len(ordered) - 1.0) @ ordered) / (len(ordered) * total)
    return float(benefits[largest].sum()) / total, gini
