"""What each agreement contributes to the score of a Cox model, with delayed entry and ties after Efron.

With phi = exp(x·b), the risk set of a quarter those that entered before its end and have not left before it, and d
events tied in it, Efron's likelihood lets each event of the quarter see a share l/d, l = 0 ... d - 1, of the d removed:

    denominator_l = S0 - l/d · D0        mean_l = (S1 - l/d · D1) / denominator_l

(S over the risk set, D over the events; 0, 1, 2 for the sums of phi, phi·x, phi·x·x'). From the sums over l in each
quarter everything else is a difference of running totals between an agreement's entry and exit, so the work grows with
the number of agreements and not with that of pairs.

`lifelines` fits such models, but its residuals leave out the delayed entry and the ties, and with them its robust
standard errors and its test of proportional hazards; hence this file.

Efron, B. (1977), Journal of the American Statistical Association 72, 557-565; Lin, D. Y., and Wei, L. J. (1989), the
same 84, 1074-1078, on robust inference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kembar.analysis.resampling import Floats
from kembar.analysis.risk_table import Integers


@dataclass(frozen=True, slots=True)
class CoxScores:
    """Sums of Efron's likelihood in every quarter of age; arrays begin with (quarters)."""

    entry_quarters: Integers  # (spells,)
    exit_quarters: Integers  # (spells,)
    has_event: npt.NDArray[np.bool_]  # (spells,)
    values: Floats  # (spells, covariates)
    weights: Floats  # (spells,) phi
    mean: Floats  # (quarters, covariates) of the covariates of those at risk, the mean over l
    hazard: Floats  # (quarters,) of one with weight 1 that has no event in the quarter
    hazard_mean: Floats  # (quarters, covariates) its product with the means
    event_hazard: Floats  # (quarters,) the same for one that has an event in the quarter
    event_hazard_mean: Floats
    information: Floats  # (quarters, covariates, covariates)

    def residuals(self, growth: Floats | None = None) -> Floats:
        """Score residuals (spells, covariates); with `growth` (quarters) those of covariates that grow with age so."""
        factor = np.ones(len(self.hazard)) if growth is None else growth
        hazard, hazard_mean = self.hazard * factor, self.hazard_mean * factor[:, None]
        lived = self._lived(hazard[:, None])
        lived_mean = self._lived(hazard_mean)
        dead, quarter = self.has_event, self.exit_quarters[self.has_event] - 1
        share = factor[quarter]
        lived[dead, 0] -= hazard[quarter] - share * self.event_hazard[quarter]
        lived_mean[dead] -= hazard_mean[quarter] - share[:, None] * self.event_hazard_mean[quarter]
        found = -self.weights[:, None] * (self.values * lived - lived_mean)
        found[dead] += share[:, None] * (self.values[dead] - self.mean[quarter])
        return found

    def _lived(self, per_quarter: Floats) -> Floats:
        """Sums over the quarters in which each agreement was at risk."""
        total = np.concatenate([np.zeros_like(per_quarter[:1]), np.cumsum(per_quarter, axis=0)])
        return np.asarray(total[self.exit_quarters] - total[self.entry_quarters])


def cox_scores(
    entry_quarters: Integers,
    exit_quarters: Integers,
    has_event: npt.NDArray[np.bool_],
    values: Floats,
    coefficients: Floats,
) -> CoxScores:
    """The sums at given coefficients; `values` (spells, covariates) should be centred, so that phi stays moderate."""
    weights = np.exp(values @ coefficients)
    count = values.shape[1]
    rows, columns = np.triu_indices(count)
    moments = np.column_stack([np.ones(len(values)), values, values[:, rows] * values[:, columns]]) * weights[:, None]
    quarters = int(exit_quarters.max(initial=0))
    # From the oldest age down, so that the small risk sets of old ages are not differences of large sums.
    left = _summed(exit_quarters - 1, moments, quarters)[::-1].cumsum(axis=0)[::-1]
    later = _summed(entry_quarters, moments, quarters)[::-1].cumsum(axis=0)[::-1]
    at_risk = left - np.concatenate([later[1:], np.zeros((1, moments.shape[1]))]) if quarters else left
    tied = _summed(exit_quarters[has_event] - 1, moments[has_event], quarters)
    deaths = np.bincount(exit_quarters[has_event] - 1, minlength=quarters)
    mean, hazard_mean, event_hazard_mean = (np.zeros((quarters, count)) for _ in range(3))
    hazard, event_hazard = np.zeros(quarters), np.zeros(quarters)
    information = np.zeros((quarters, count, count))
    for quarter in np.flatnonzero(deaths):
        removed = np.arange(deaths[quarter]) / deaths[quarter]
        sums = at_risk[quarter] - removed[:, None] * tied[quarter]
        share = 1.0 / sums[:, 0]
        means = sums[:, 1 : count + 1] * share[:, None]
        mean[quarter] = means.mean(axis=0)
        hazard[quarter], hazard_mean[quarter] = share.sum(), share @ means
        event_hazard[quarter] = (1.0 - removed) @ share
        event_hazard_mean[quarter] = ((1.0 - removed) * share) @ means
        information[quarter][rows, columns] = share @ sums[:, count + 1 :]
        information[quarter][columns, rows] = information[quarter][rows, columns]
        information[quarter] -= means.T @ means
    return CoxScores(
        entry_quarters, exit_quarters, has_event, values, weights, mean, hazard, hazard_mean, event_hazard,
        event_hazard_mean, information,
    )  # fmt: skip


def _summed(places: Integers, rows: Floats, length: int) -> Floats:
    """Sums of the rows by place, (length, columns)."""
    return np.column_stack([np.bincount(places, column, minlength=length) for column in rows.T])
