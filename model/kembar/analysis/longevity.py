"""The whole analysis of longevity of a table of agreements, and of a policy against the baseline.

Everything is counted once for each question (why the first active spell ended, how the whole life ended), the runs
are drawn again once, and curves, means, incidences and hazards are read from the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kembar.analysis.delayed_entry import DelayedEntry, delayed_entry
from kembar.analysis.estimates import LEVEL
from kembar.analysis.hazard import HazardByAge, hazard_by_age
from kembar.analysis.hazard_model import LARGEST_FIT, HazardModel, hazard_model, policy_ratio
from kembar.analysis.incidence import Incidence, IncidenceDifference, cumulative_incidence, incidence_difference
from kembar.analysis.resampling import DRAWS, Resampled, resample_runs
from kembar.analysis.risk_table import Followed, Kind, at_risk_table
from kembar.analysis.survival import (
    MedianLife,
    RestrictedMean,
    SurvivalCurve,
    SurvivalDifference,
    median_life,
    restricted_mean,
    survival_curve,
    survival_difference,
)

HORIZONS_YEARS: Final = (10.0, 20.0, 30.0)  # up to which restricted means are taken


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a spell or a life lasts, and what ends it."""

    curve: SurvivalCurve
    median: MedianLife
    restricted_means: tuple[RestrictedMean, ...]
    incidence: Incidence


@dataclass(frozen=True, slots=True)
class Longevity:
    """The first active spell by cause (`why`), the whole life by its end (`how`), the hazard and what moves it.

    `why`, `how` and `hazard` are of all agreements, the old ones from the age at which they enter;
    `hazard_since_signing` is of those alone that were followed since signing, and `delayed_entry` says whether the two
    sorts fare alike.
    """

    why: Duration
    how: Duration
    hazard: HazardByAge
    hazard_since_signing: HazardByAge
    delayed_entry: DelayedEntry
    model: HazardModel


@dataclass(frozen=True, slots=True)
class LongevityEffect:
    """What a policy does to both, over pairs of runs, and its hazard ratio for the first active spell."""

    why: SurvivalDifference
    why_incidence: IncidenceDifference
    how: SurvivalDifference
    how_incidence: IncidenceDifference
    ratio: HazardModel


def analyse_longevity(
    agreements: Any,
    runs: Sequence[int] | None = None,
    *,
    seed: int,
    horizons_years: Sequence[float] = HORIZONS_YEARS,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Longevity:
    """The longevity of the agreements of runs that are alike: one design point, one policy.

    `agreements` is the table of that name (pandas), `runs` the ids of the runs, all of the table by default; `seed`
    fixes the draws of runs. Raises InputError when the table cannot be used.
    """

    def counted(kind: Kind, followed: Followed = "all") -> Resampled:
        table = at_risk_table(agreements, kind, runs, followed)
        return resample_runs(table, seed=seed, draws=draws, level=level)

    def duration(found: Resampled) -> Duration:
        means = tuple(restricted_mean(found, horizon) for horizon in horizons_years)
        return Duration(survival_curve(found), median_life(found), means, cumulative_incidence(found))

    every, since_signing = counted("why"), counted("why", "since_signing")
    return Longevity(
        why=duration(every),
        how=duration(counted("how")),
        hazard=hazard_by_age(every),
        hazard_since_signing=hazard_by_age(since_signing),
        delayed_entry=delayed_entry(since_signing, counted("why", "already_old")),
        model=hazard_model(agreements, runs, level=level),
    )


def compare_longevity(
    agreements: Any,
    baseline_runs: Sequence[int],
    policy_runs: Sequence[int],
    *,
    seed: int,
    horizons_years: Sequence[float] = HORIZONS_YEARS,
    draws: int = DRAWS,
    level: float = LEVEL,
    largest_fit: int = LARGEST_FIT,
    baseline: dict[Kind, Resampled] | None = None,
) -> LongevityEffect:
    """The longevity under a policy less that of the baseline; the i-th runs of both are a pair under common luck.

    `baseline` keeps the draws of the baseline for the next policy that is compared over the same runs. Raises
    InputError when the table cannot be used or the runs do not pair.
    """
    kept = {} if baseline is None else baseline

    def drawn(kind: Kind, chosen: Sequence[int]) -> Resampled:
        return resample_runs(at_risk_table(agreements, kind, chosen), seed=seed, draws=draws, level=level)

    def effect(kind: Kind) -> tuple[SurvivalDifference, IncidenceDifference]:
        if kind not in kept:
            kept[kind] = drawn(kind, baseline_runs)
        pair = kept[kind], drawn(kind, policy_runs)
        return survival_difference(*pair, horizons_years), incidence_difference(*pair)

    why, why_incidence = effect("why")
    how, how_incidence = effect("how")
    ratio = policy_ratio(agreements, baseline_runs, policy_runs, level=level, largest_fit=largest_fit)
    return LongevityEffect(why, why_incidence, how, how_incidence, ratio)
