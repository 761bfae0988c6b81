"""Approximate Bayesian computation from one reference table: a posterior sample, and whether it may be trusted.

The table holds draws from the prior and what a run with each draw gave. What is known is known within an error; every
run's statistics get an error of that size, once, so that acceptance is of data as they would have been reported
(Wilkinson 2013). The nearest draws are accepted with Epanechnikov weights and moved along a weighted linear regression
to where the statistics equal what is known (Beaumont et al. 2002), on the logit of each number's place in its prior, so
that no adjusted number leaves its range. Held-out draws of the same table serve as data of known origin: how often the
posterior's intervals hold what produced the data is their coverage (Prangle et al. 2014), and needs no new run.

It is code of our own because the kept libraries run a simulator themselves, draw after draw, and take no table.

Sources: Beaumont, Zhang and Balding (2002) Genetics 162, 2025-2035; Wilkinson (2013) Statistical Applications in
Genetics and Molecular Biology 12, 129-141; Prangle, Blum, Popovic and Sisson (2014) Australian & New Zealand Journal
of Statistics 56, 309-329.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from kembar.analysis.multiplicity import holm

Floats = npt.NDArray[np.float64]

EDGE: Final = 1e-6  # places are kept so far from 0 and 1, where the logit has no value
RIDGE: Final = 1e-6  # of the regression, relative to the spread: constant statistics must not break it
SIGNIFICANCE: Final = 0.05
ERROR_SEED: Final = 20260102
RESAMPLING_SEED: Final = 20260103
LEVELS: Final = (0.5, 0.8, 0.95)  # of the intervals whose coverage is told


@dataclass(frozen=True)
class Observed:
    """What is known: one number for each statistic and the standard deviation of its error."""

    names: tuple[str, ...]
    values: Floats  # (statistics,)
    errors: Floats  # (statistics,)


@dataclass(frozen=True)
class Posterior:
    """Weighted draws; a place is the share of the prior below a number."""

    places: Floats  # (accepted, parameters) after adjustment
    weights: Floats  # (accepted,) sum 1
    rows: npt.NDArray[np.int64]  # (accepted,) rows of the reference table
    distance: float  # of the farthest accepted draw, in prior spreads of the statistics

    @property
    def effective(self) -> float:
        """Draws of equal weight that say as much (Kish)."""
        return float(1.0 / (self.weights**2).sum())

    def sample(self, draws: int, seed: int = RESAMPLING_SEED) -> npt.NDArray[np.int64]:
        """Rows of `places` for so many equally likely draws, in random order (systematic resampling)."""
        random = np.random.default_rng(seed)
        steps = (np.arange(draws) + random.random()) / draws
        order = random.permutation(len(self.weights))
        chosen = order[np.searchsorted(np.cumsum(self.weights[order]), steps, side="left").clip(max=len(order) - 1)]
        return random.permutation(chosen)

    def share_below(self, places: Floats) -> Floats:
        """Weight of the draws below a place of each parameter, (parameters,)."""
        below: Floats = self.weights @ (self.places < places[None, :])
        return below

    @cached_property
    def means(self) -> Floats:
        """Mean place of each parameter."""
        found: Floats = self.weights @ self.places
        return found

    @cached_property
    def deviations(self) -> Floats:
        """Standard deviation of each parameter's place."""
        found: Floats = np.sqrt(self.weights @ (self.places - self.means) ** 2)
        return found

    def distance_from_prior(self) -> tuple[Floats, Floats]:
        """Largest gap between each posterior and its prior (Kolmogorov), and its p value with the effective draws."""
        gaps = np.empty(self.places.shape[1])
        for column in range(self.places.shape[1]):
            order = np.argsort(self.places[:, column])
            reached = np.cumsum(self.weights[order])
            places = self.places[order, column]
            gaps[column] = max(np.abs(reached - places).max(), np.abs(reached - self.weights[order] - places).max())
        chances: Floats = stats.kstwobign.sf(gaps * np.sqrt(self.effective))
        return gaps, chances


def with_errors(statistics: Floats, errors: Floats, seed: int = ERROR_SEED) -> Floats:
    """The statistics as they would have been reported, each with an error of its own."""
    drawn: Floats = statistics + errors * np.random.default_rng(seed).standard_normal(statistics.shape)
    return drawn


def posterior_of(places: Floats, reported: Floats, observed: Floats, accept: int) -> Posterior:
    """The posterior given `observed` (statistics,), from draws (draws, parameters) and what each would have reported.

    Raises ValueError when fewer than `accept` draws are there.
    """
    if len(places) < accept:
        raise ValueError(f"{len(places)} draws are fewer than the {accept} to accept")
    spreads = _spreads(reported)
    away = (reported - observed) / spreads
    distances = np.sqrt((away**2).sum(axis=1))
    rows = np.argpartition(distances, accept - 1)[:accept]
    rows = np.sort(rows)
    farthest = float(distances[rows].max())
    weights = 1.0 - (distances[rows] / (farthest * (1.0 + 1e-9) or 1.0)) ** 2
    weights /= weights.sum()
    return Posterior(_adjusted(places[rows], away[rows], weights), weights, rows, farthest)


def _spreads(values: Floats) -> Floats:
    """Median absolute deviation of each statistic, its standard deviation where that is nil; 1 for a constant."""
    spreads = stats.median_abs_deviation(values, axis=0, scale="normal")
    spreads = np.where(spreads > 0.0, spreads, values.std(axis=0))
    return np.where(spreads > 0.0, spreads, 1.0)


def _adjusted(places: Floats, away: Floats, weights: Floats) -> Floats:
    """Move the draws of every number that the statistics tell something about; a slope of mere chance moves none.

    What is known may lie at the edge of what the prior gives. There the noise of two hundred slopes would shift as
    many posteriors, so a number is moved only where an F test, with Holm's correction, finds its slopes.
    """
    inside = np.clip(places, EDGE, 1.0 - EDGE)
    logits = np.log(inside / (1.0 - inside))
    matrix = np.column_stack([np.ones(len(away)), away])
    weighted = matrix * weights[:, None]
    penalty = RIDGE * np.eye(matrix.shape[1])
    penalty[0, 0] = 0.0
    coefficients = np.linalg.solve(matrix.T @ weighted + penalty, weighted.T @ logits)
    left = weights @ (logits - matrix @ coefficients) ** 2
    all_of_it = weights @ (logits - weights @ logits) ** 2
    is_told = holm(_chance_of_slopes(all_of_it, left, away.shape[1], 1.0 / (weights**2).sum())) <= SIGNIFICANCE
    moved = logits - away @ np.where(is_told[None, :], coefficients[1:], 0.0)
    found: Floats = 1.0 / (1.0 + np.exp(-moved))
    return np.where(is_told[None, :], found, places)


def _chance_of_slopes(all_of_it: Floats, left: Floats, slopes: int, draws: float) -> Floats:
    """p value of a regression's F test, from the variance before and after and the effective number of draws."""
    spare = max(1.0, draws - slopes - 1.0)
    ratios = (all_of_it - left) / slopes / np.maximum(left / spare, np.finfo(float).tiny)
    chances: Floats = stats.f.sf(ratios, slopes, spare)
    return chances


@dataclass(frozen=True)
class Recovery:
    """What held-out draws say of the posterior: where each true number fell among the draws given its data."""

    ranks: Floats  # (held out, parameters) weight of the posterior below the true number

    def coverage(self, level: float) -> Floats:
        """Share of the held-out draws whose central interval of a level holds the true number, (parameters,)."""
        tail = (1.0 - level) / 2.0
        held: Floats = ((self.ranks >= tail) & (self.ranks <= 1.0 - tail)).mean(axis=0)
        return held

    def misfit(self) -> Floats:
        """p value of each parameter's ranks being spread evenly, as they are when coverage is nominal."""
        return np.array([stats.kstest(column, "uniform").pvalue for column in self.ranks.T])


def recover(places: Floats, reported: Floats, accept: int, held_out: int, seed: int = RESAMPLING_SEED) -> Recovery:
    """Take `held_out` draws in turn for the truth, their reports for the data, and the others for the table."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(places), held_out, replace=False))
    rest = np.setdiff1d(np.arange(len(places)), chosen)
    others, others_reported = places[rest], reported[rest]
    ranks = np.empty((held_out, places.shape[1]))
    for place, row in enumerate(chosen):
        ranks[place] = posterior_of(others, others_reported, reported[row], accept).share_below(places[row])
    return Recovery(ranks)
