"""Who signs with whom and what common partners do: P09 and P10, and the targets on networks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import sparse

from kembar import records
from kembar.evidence.arms import ARCHIPELAGO, FORECAST, FORMATION
from kembar.evidence.statistics import Floats, Statistic, ratio
from kembar.evidence.view import PER_YEAR, View
from kembar.network_outcomes import measure_network

AGE_BANDS: Final = (0, 2, 5, 10, 20)  # lower ends [years]: hazards are compared among agreements of like age
BANDS: Final = len(AGE_BANDS)


def _degrees(view: View) -> tuple[Any, Any, Any]:
    """The two ends of every agreement signed and not ended, and the degree of every city; a pair counts once."""
    kept = view.agreements[view.is_signed & (view.agreements["stage"] != records.ENDED)]
    pairs = np.unique(np.column_stack([kept["a"], kept["b"]]), axis=0)
    degree = np.bincount(pairs.reshape(-1), minlength=len(view.cities))
    return pairs[:, 0], pairs[:, 1], degree


def _correlation(one: Any, other: Any) -> float:
    """Correlation over the ends of ties, each tie taken from both sides; 0 without spread."""
    first, second = np.concatenate([one, other]), np.concatenate([other, one])
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _network(view: View) -> Floats:
    """One run's network: measures, then what they rest on; the last place counts the run."""
    one, other, degree = _degrees(view)
    has_partner = degree > 0
    size = view.cities["log_population"]
    slope = 0.0
    if has_partner.sum() > 1:
        slope = float(np.polyfit(size[has_partner], np.log(degree[has_partner]), 1)[0])
    clustering = measure_network(one, other)["clustering"] if len(one) else 0.0
    country = view.cities["country"]
    return np.array(
        [
            slope,
            _correlation(degree[one].astype(float), degree[other].astype(float)),
            clustering,
            _correlation(size[one], size[other]),
            degree[has_partner].mean() if has_partner.any() else 0.0,
            (degree == 1).sum() / max(1, has_partner.sum()),
            (country[one] == country[other]).sum() / max(1, len(one)),
            len(one),
            1.0,
        ]
    )


def _mean(place: int) -> Any:
    return lambda sums: ratio(sums[..., place], sums[..., -1])


def _ties(sums: Floats) -> Floats:
    ties: Floats = sums[..., -2]
    return ties


def _has_common_partner(view: View) -> Any:
    """Whether a third city held an agreement with both sides at the start of each year, (agreements, years)."""
    count = len(view.cities)
    years = view.quarters // PER_YEAR
    found = np.zeros((len(view.agreements), years), bool)
    signed, ended = view.agreements["signed_quarter"], view.ended_quarter
    ends = view.agreements["a"], view.agreements["b"]
    for year in range(years):
        alive = view.is_signed & (signed <= year * PER_YEAR) & (ended > year * PER_YEAR)
        a, b = (end[alive] for end in ends)
        ties = sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
        ties = ((ties + ties.T) > 0).astype(np.float64)
        common = (ties @ ties).tocsr()
        found[alive, year] = np.asarray(common[a, b]).reshape(-1) > 0
    return found


def _by_age(view: View, active: Any, has: Any) -> Floats:
    """Dormancies with and without, active quarters with and without, in each band of age."""
    ages = (np.arange(view.quarters)[None, :] - view.agreements["signed_quarter"][:, None]) / PER_YEAR
    band = np.searchsorted(AGE_BANDS, np.maximum(ages, 0.0), side="right") - 1
    fell = active & view.went_dormant
    chosen = (fell & has, fell & ~has, active & has, active & ~has)
    return np.concatenate([np.bincount(band[mask], minlength=BANDS) for mask in chosen]).astype(np.float64)


def _common_partners(view: View) -> Floats:
    return _by_age(view, view.active, np.repeat(_has_common_partner(view), PER_YEAR, axis=1))


def _prior_contacts(view: View) -> Floats:
    """The first active spell of agreements signed in the run, with and without prior contact."""
    asleep = view.agreements["first_dormant_quarter"]
    until = np.where(asleep == records.NEVER, view.quarters, asleep)
    first = view.active & view.is_new[:, None] & (np.arange(view.quarters)[None, :] <= until[:, None])
    known = np.broadcast_to((view.agreements["prior_contact"] > 0.5)[:, None], first.shape)
    return _by_age(view, first, known)


def _hazard_ratio(sums: Floats) -> Floats:
    """Mantel and Haenszel's rate ratio over bands of age."""
    fell_with, fell_without, with_, without = (sums[..., place * BANDS : (place + 1) * BANDS] for place in range(4))
    total = np.maximum(with_ + without, 1.0)
    return ratio((fell_with * without / total).sum(-1), (fell_without * with_ / total).sum(-1))


def _fewer_dormancies(sums: Floats) -> Floats:
    fewer: Floats = np.minimum(sums[..., :BANDS].sum(-1), sums[..., BANDS : 2 * BANDS].sum(-1))
    return fewer


STATISTICS: Final = {
    "degree_elasticity": Statistic("1", (FORMATION,), _network, _mean(0), _ties),
    "degree_assortativity": Statistic("1", (FORMATION,), _network, _mean(1), _ties),
    "network_clustering": Statistic("1", (FORMATION,), _network, _mean(2), _ties),
    "partner_size_correlation": Statistic("1", (FORMATION,), _network, _mean(3), _ties),
    "network_mean_degree": Statistic("count", (FORMATION,), _network, _mean(4), _ties),
    "network_single_partner": Statistic("1", (FORMATION,), _network, _mean(5), _ties),
    "network_domestic": Statistic("1", (FORMATION,), _network, _mean(6), _ties),
    "hazard_with_common_partner": Statistic("1", (ARCHIPELAGO,), _common_partners, _hazard_ratio, _fewer_dormancies),
    "hazard_with_prior_contact": Statistic("1", (FORECAST,), _prior_contacts, _hazard_ratio, _fewer_dormancies),
}
