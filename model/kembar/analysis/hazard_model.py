"""What makes agreements rest earlier or later: a Cox model of the hazard of the first active spell.

    hazard(age | x) = hazard(age) · exp(x·b)

of the funding, commitment and staff that an agreement has at entry on the side that has less of it, the distance and
the gap in size. exp(b) is the hazard ratio: 0.8 means a fifth fewer events at every age. `lifelines` finds b, with
delayed entry (`entry_col`) and ties after Efron; ages are whole quarters, so ties are the rule. Agreements that are
old when they are first seen may fare unlike others of their age, so the two sorts have a baseline hazard each (strata).

Intervals allow for what agreements of one run share. They are cluster-robust (Lin and Wei's sandwich with the run, or
the pair of runs under common luck, as the cluster, Student's quantile with one degree less than clusters) rather than
resampled: both let whole runs vary and agree to first order, and a thousand fits would take minutes. For the same
reason at most LARGEST_FIT agreements enter the fit, those of whole runs evenly spaced over all; the result says how
many runs these are.

The hazards are proportional when b does not change with age. That is tested by the slope of b over age, one score step
from the fit, with its cluster-robust interval; with very many agreements small slopes are found, so the result gives
the factor by which the hazard ratio changes in ten years and not a verdict alone.

Associations, not effects: what cities bring into an agreement follows from what else they are. The effect of a policy
is measured by runs with and without it (`policy_ratio`), and without the covariates, which a policy may change itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from kembar.analysis.cox_scores import CoxScores, cox_scores
from kembar.analysis.estimates import LEVEL
from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Bounded, Floats, check_level
from kembar.analysis.risk_table import CENSORED, LEAST_RUNS, Integers, Spells, read_spells
from kembar.errors import InputError, Problem, nearest
from kembar.records import QUARTERS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

LARGEST_FIT: Final = 50_000  # agreements; about a second on one core
EVENTS_PER_COVARIATE: Final = 10  # Peduzzi et al. (1995), Journal of Clinical Epidemiology 48, 1503-1510
LEAST_SPREAD: Final = 1e-6  # of a covariate beside its size, or beside what the others leave of it
DECADE_YEARS: Final = 10.0
POLICY: Final = "policy"
# Newton's steps go on until they no longer matter beside rounding.
_FIT_OPTIONS: Final = {"precision": 1e-13, "r_precision": 1e-15}


class Covariate(NamedTuple):
    """A covariate: the columns it is made of (the smaller one of two sides), its scale and the unit of a step of 1."""

    name: str
    columns: tuple[str, ...]
    unit: str
    scale: Callable[[Floats], Floats]


def _as_it_is(values: Floats) -> Floats:
    return values


def _thousands(values: Floats) -> Floats:
    return values / 1000.0


COVARIATES: Final = (
    Covariate("funding", ("entry_money_kusd_a", "entry_money_kusd_b"), "log(1 + kusd/year)", np.log1p),
    Covariate("commitment", ("entry_commitment_a", "entry_commitment_b"), "1", _as_it_is),
    Covariate("staff", ("entry_staff_a", "entry_staff_b"), "fte/agreement", _as_it_is),
    Covariate("distance", ("distance_km",), "1000 km", _thousands),
    Covariate("size_gap", ("size_gap",), "log ratio", _as_it_is),
)
COVARIATE_NAMES: Final = tuple(item.name for item in COVARIATES)


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """The hazard ratio of one covariate.

    `ratio` is for one unit more, `ratio_per_spread` for one standard deviation (`spread`, in units) more; the
    coefficient is the logarithm of `ratio`. `change_per_decade` is the factor by which the ratio changes when
    agreements are ten years older; the hazards count as proportional when its interval holds 1.
    """

    name: str
    unit: str
    ratio: Bounded
    ratio_per_spread: Bounded
    spread: float
    coefficient: float
    standard_error: float
    change_per_decade: Bounded
    is_proportional: bool


@dataclass(frozen=True, slots=True)
class HazardModel:
    """A fitted model; `ratios` is empty with a `reason`, and `left_out` names the covariates that had to go, with why.

    `runs_used` of `runs` entered the fit, with so many agreements, events and clusters.
    """

    ratios: tuple[HazardRatio, ...]
    left_out: tuple[tuple[str, Reason], ...]
    runs: int
    runs_used: int
    spells: int
    events: int
    clusters: int
    level: float
    reason: Reason | None

    def table(self) -> pd.DataFrame:
        """One row per covariate in the model."""
        import pandas as pd

        rows = []
        for item in self.ratios:
            row: dict[str, Any] = {"covariate": item.name, "unit": item.unit, "spread": item.spread}
            for name in ("ratio", "ratio_per_spread", "change_per_decade"):
                number: Bounded = getattr(item, name)
                row |= {name: number.value, f"{name}_low": number.low, f"{name}_high": number.high}
            rows.append(row | {"is_proportional": item.is_proportional})
        return pd.DataFrame(rows)


def hazard_model(
    agreements: Any,
    runs: Sequence[int] | None = None,
    *,
    covariates: Sequence[str] = COVARIATE_NAMES,
    level: float = LEVEL,
    largest_fit: int = LARGEST_FIT,
) -> HazardModel:
    """The model of the covariates named, from a table of agreements (pandas).

    A covariate that does not vary, or follows from those before it, is left out with the reason; without enough events
    or runs, or when the fit does not settle, there is no ratio but the reason why. Raises InputError for an unknown
    covariate, a missing column or an empty cell in it.
    """
    spells = read_spells(agreements, "event", runs)
    chosen = [_named(name) for name in covariates]
    used = _used(spells.run, len(spells.runs), largest_fit)
    part = np.flatnonzero(used[spells.run])
    values = np.column_stack([_values(agreements, spells.row[part], item) for item in chosen])
    rows = _Rows.of(spells, part, spells.run[part])
    return _fit(rows, values, [(item.name, item.unit) for item in chosen], len(spells.runs), int(used.sum()), level)


def policy_ratio(
    agreements: Any,
    baseline_runs: Sequence[int],
    policy_runs: Sequence[int],
    *,
    level: float = LEVEL,
    largest_fit: int = LARGEST_FIT,
) -> HazardModel:
    """The hazard ratio of a policy against the baseline; the i-th runs of both are a pair under common luck.

    The clusters are the pairs. The ratio is over all agreements, also those that only one side has signed. `runs` and
    `runs_used` count the runs of both sides. Raises InputError when the runs do not pair.
    """
    if len(baseline_runs) != len(policy_runs):
        counts = f"{len(baseline_runs)} runs of the baseline and {len(policy_runs)} of the policy"
        raise InputError(Problem(f"{counts} are no pairs", key="runs"))
    pairs = len(baseline_runs)
    spells = read_spells(agreements, "event", [*baseline_runs, *policy_runs])
    is_policy, pair = spells.run >= pairs, spells.run % max(pairs, 1)
    used = _used(pair, pairs, largest_fit)
    part = np.flatnonzero(used[pair])
    rows = _Rows.of(spells, part, pair[part])
    return _fit(rows, is_policy[part, None].astype(np.float64), [(POLICY, "1")], 2 * pairs, 2 * int(used.sum()), level)


class _Rows(NamedTuple):
    """The times at risk that enter the fit, and the cluster of each.

    The ages of the second stratum, agreements already old at entry, are moved beyond all ages of the first, so that no
    risk set holds agreements of both; that is all that a stratum is.
    """

    entry: Integers
    exit: Integers
    has_event: Any
    cluster: Integers
    ages: int  # quarters by which the second stratum is moved

    @classmethod
    def of(cls, spells: Spells, part: Integers, cluster: Integers) -> _Rows:
        entry, end = spells.entry_quarters[part], spells.exit_quarters[part]
        ages = int(end.max(initial=0))
        moved = np.where(entry > 0, ages, 0)
        return cls(entry + moved, end + moved, spells.event[part] != CENSORED, cluster, ages)


def _named(name: str) -> Covariate:
    known = {item.name: item for item in COVARIATES}
    if name not in known:
        raise InputError(Problem(f"unknown covariate '{name}'", suggestion=nearest(name, known)))
    return known[name]


def _used(cluster: Integers, clusters: int, largest: int) -> Any:
    """Which clusters enter the fit: all, or so many that their rows are about `largest`, evenly spaced."""
    most = clusters if len(cluster) <= largest else max(LEAST_RUNS, clusters * largest // len(cluster))
    used = np.zeros(clusters, bool)
    if clusters:
        used[np.arange(min(most, clusters)) * clusters // min(most, clusters)] = True
    return used


def _values(agreements: Any, rows: Integers, item: Covariate) -> Floats:
    known = [str(name) for name in agreements.columns]
    for name in item.columns:
        if name not in known:
            problem = Problem("no such column in the table of agreements", key=name, suggestion=nearest(name, known))
            raise InputError(problem)
    sides = np.stack([agreements[name].to_numpy(np.float64, na_value=np.nan)[rows] for name in item.columns])
    empty = ~np.isfinite(sides)
    if empty.any():
        count = int(empty.any(axis=0).sum())
        why = f"{count} agreements that were at risk have none"
        raise InputError(Problem("the table of agreements is damaged: empty cells", key=item.columns[0], why=why))
    return item.scale(sides.min(axis=0))


def _fit(
    rows: _Rows, values: Floats, names: Sequence[tuple[str, str]], runs: int, runs_used: int, level: float
) -> HazardModel:
    check_level(level)
    events, clusters = int(rows.has_event.sum()), len(np.unique(rows.cluster))
    kept, left_out = _varying(values, [name for name, _ in names])
    needed = EVENTS_PER_COVARIATE * len(kept)

    def model(ratios: tuple[HazardRatio, ...], reason: Reason | None) -> HazardModel:
        return HazardModel(ratios, left_out, runs, runs_used, len(rows.entry), events, clusters, level, reason)

    if len(rows.entry) == 0:
        return model((), Reason("nobody_at_risk"))
    if clusters < LEAST_RUNS:
        return model((), Reason("few_runs", (("needed", LEAST_RUNS), ("runs", clusters))))
    if not kept:
        return model((), Reason("no_covariate"))
    if events < needed:
        return model((), Reason("few_events", (("needed", needed), ("events", events), ("covariates", len(kept)))))
    spread = values[:, kept].std(axis=0)
    standard = (values[:, kept] - values[:, kept].mean(axis=0)) / spread
    coefficients = _coefficients(rows, standard)
    if coefficients is None:
        return model((), Reason("no_convergence"))
    found = _Robust.of(rows, cox_scores(rows.entry, rows.exit, rows.has_event, standard, coefficients))
    reach = _student(level, clusters - 1)
    ratios = []
    for place, column in enumerate(kept):
        name, unit = names[column]
        b, error = float(coefficients[place] / spread[place]), float(found.errors[place] / spread[place])
        slope = found.slopes[place] / spread[place] * DECADE_YEARS
        slope_error = found.slope_errors[place] / spread[place] * DECADE_YEARS
        ratios.append(
            HazardRatio(
                name=name,
                unit=unit,
                ratio=_exponential(b, reach * error),
                ratio_per_spread=_exponential(b * spread[place], reach * error * spread[place]),
                spread=float(spread[place]),
                coefficient=b,
                standard_error=error,
                change_per_decade=_exponential(slope, reach * slope_error),
                is_proportional=bool(abs(slope) <= reach * slope_error),
            )
        )
    return model(tuple(ratios), None)


def _exponential(log_ratio: float, half: float) -> Bounded:
    return Bounded(math.exp(log_ratio), math.exp(log_ratio - half), math.exp(log_ratio + half))


def _student(level: float, degrees: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + level / 2.0))


def _varying(values: Floats, names: Sequence[str]) -> tuple[list[int], tuple[tuple[str, Reason], ...]]:
    """The columns that vary and do not follow from those before them, and why the others are left out."""
    kept: list[int] = []
    left_out: list[tuple[str, Reason]] = []
    basis = np.zeros((len(values), 0))
    for column, name in enumerate(names):
        item = values[:, column]
        centred = item - item.mean() if len(item) else item
        size, length = float(np.abs(item).max(initial=0.0)), float(np.linalg.norm(centred))
        if length <= LEAST_SPREAD * size * math.sqrt(max(len(item), 1)):
            left_out.append((name, Reason("does_not_vary")))
            continue
        rest = centred - basis @ (basis.T @ centred)
        if float(np.linalg.norm(rest)) <= LEAST_SPREAD * length:
            left_out.append((name, Reason("follows_from_others")))
            continue
        kept.append(column)
        basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept, tuple(left_out)


def _coefficients(rows: _Rows, values: Floats) -> Floats | None:
    """The coefficients by `lifelines`, None when the fit does not settle."""
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    frame = pd.DataFrame(values, columns=[f"x{place}" for place in range(values.shape[1])])
    frame = frame.assign(entry=rows.entry, exit=rows.exit, event=rows.has_event)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fitted = CoxPHFitter().fit(frame, "exit", "event", entry_col="entry", fit_options=_FIT_OPTIONS)
        except (ConvergenceError, ConvergenceWarning):
            return None
    found = fitted.params_.to_numpy(np.float64)
    return found if np.isfinite(found).all() else None


class _Robust(NamedTuple):
    """Cluster-robust standard errors, and the slopes of the coefficients over age [1/year] with theirs."""

    errors: Floats
    slopes: Floats
    slope_errors: Floats

    @classmethod
    def of(cls, rows: _Rows, scores: CoxScores) -> _Robust:
        information = scores.information.sum(axis=0)
        inverse = np.linalg.inv(information)
        by_cluster = _summed_by(rows.cluster, scores.residuals())
        influence = by_cluster @ inverse
        age = (np.arange(len(scores.hazard)) % rows.ages + 1) / QUARTERS_PER_YEAR
        events = np.bincount(rows.exit[rows.has_event] - 1, minlength=len(age))
        age = age - (age * events).sum() / events.sum()
        growing = _summed_by(rows.cluster, scores.residuals(age))
        # The slope of one coefficient, the others free to follow: its score less what they explain of it.
        mixed = np.einsum("q,qij->ij", age, scores.information)
        own = np.einsum("q,qii->i", age**2, scores.information) - np.einsum("ij,jk,ik->i", mixed, inverse, mixed)
        by_cluster_slope = (growing - by_cluster @ inverse @ mixed.T) / own
        around = by_cluster_slope - by_cluster_slope.mean(axis=0)
        return cls(
            errors=np.sqrt((influence**2).sum(axis=0)),
            slopes=by_cluster_slope.sum(axis=0),
            slope_errors=np.sqrt((around**2).sum(axis=0)),
        )


def _summed_by(cluster: Integers, rows: Floats) -> Floats:
    place = np.unique(cluster, return_inverse=True)[1]
    return np.column_stack([np.bincount(place, column) for column in rows.T])
