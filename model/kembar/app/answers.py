"""From the facts of runs to the answer shown: means, bands, effects over pairs, agreements saved and lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from kembar.analysis.fates import OF_SO_MANY, Fate, find_fates
from kembar.app.effects import Interval, bands, mean_interval, paired_effect
from kembar.app.facts import ENDINGS, FACTORS, SHOWN_STAGES, RunFacts
from kembar.outcomes import OUTCOMES
from kembar.records import SECTORS

SHOWN_FATES: Final = 8
_NAMES: Final = tuple(outcome.name for outcome in OUTCOMES)


def answer(
    baseline: Sequence[RunFacts], variants: Sequence[Sequence[RunFacts]], names: Sequence[str]
) -> dict[str, Any]:
    """The answer over pairs: run i of the baseline and of every variant share their luck.

    `names` are the register's agreements. Raises ValueError unless every side has the same number of runs, at least 1.
    """
    if not baseline or any(len(side) != len(baseline) for side in variants):
        raise ValueError("every side needs the same runs")
    return {
        "pairs": len(baseline),
        "baseline": _side(baseline),
        "variants": [{**_side(side), **_compared(baseline, side, names)} for side in variants],
    }


def _side(runs: Sequence[RunFacts]) -> dict[str, Any]:
    outcomes = _outcomes(runs)
    return {
        "stages": {
            stage: bands(np.array([run.stages[place] for run in runs])) for place, stage in enumerate(SHOWN_STAGES)
        },
        "survival": survival(runs),
        "causes": _means([run.causes for run in runs], FACTORS),
        "endings": _means([run.endings for run in runs], ENDINGS),
        "sectors": _means([run.sectors for run in runs], SECTORS),
        "money": {
            "own": np.mean([run.money[0] for run in runs], axis=0).tolist(),
            "external": np.mean([run.money[1] for run in runs], axis=0).tolist(),
        },
        "outcomes": {name: asdict(mean_interval(outcomes[:, place])) for place, name in enumerate(_NAMES)},
        "of_hundred": asdict(mean_interval(_of_hundred(runs))),
    }


def _outcomes(runs: Sequence[RunFacts]) -> Any:
    return np.array([run.outcomes for run in runs])


def _means(rows: Sequence[Any], names: Sequence[str]) -> dict[str, float]:
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def survival(runs: Sequence[RunFacts]) -> list[float]:
    """Kaplan and Meier's share not yet at rest after 0, 1, 2... quarters, over the agreements of all runs."""
    at_risk = np.sum([run.at_risk for run in runs], axis=0)
    rested = np.sum([run.rested for run in runs], axis=0)
    kept = 1.0 - np.divide(rested, at_risk, out=np.zeros_like(rested), where=at_risk > 0)
    return [1.0, *np.cumprod(kept)[:-1].tolist()]


def _of_hundred(runs: Sequence[RunFacts]) -> Any:
    """Of a hundred agreements of the register, those active at the end of each run; NaN for an empty register."""
    shares = [run.active_at_end.mean() if len(run.active_at_end) else np.nan for run in runs]
    return OF_SO_MANY * np.array(shares)


def _compared(baseline: Sequence[RunFacts], variant: Sequence[RunFacts], names: Sequence[str]) -> dict[str, Any]:
    before, after = _outcomes(baseline), _outcomes(variant)
    effects = {}
    for place, name in enumerate(_NAMES):
        effect, reduction = paired_effect(before[:, place], after[:, place])
        effects[name] = _effect(effect, reduction)
    hundred, _ = paired_effect(_of_hundred(baseline), _of_hundred(variant))
    return {"effects": effects, "effect_of_hundred": _effect(hundred, None), "fates": _fates(baseline, variant, names)}


def _effect(effect: Interval, reduction: float | None) -> dict[str, Any]:
    return {
        "effect": effect.mean,
        "low": effect.low,
        "high": effect.high,
        "pairs": effect.runs,
        "variance_reduction": reduction,
    }


def _fates(baseline: Sequence[RunFacts], variant: Sequence[RunFacts], names: Sequence[str]) -> dict[str, Any] | None:
    """Which agreements the variant clearly saves or loses; None with too few pairs to say."""
    without, with_it = (np.array([run.active_at_end for run in side]) for side in (baseline, variant))
    found = find_fates(without, with_it, names)
    if found.reason is not None:
        return None
    return {
        "saved": [_fate(fate) for fate in found.saved[:SHOWN_FATES]],
        "lost": [_fate(fate) for fate in found.lost[:SHOWN_FATES]],
        "saved_of_hundred": float(OF_SO_MANY * (with_it & ~without).mean()),
        "lost_of_hundred": float(OF_SO_MANY * (without & ~with_it).mean()),
    }


def _fate(fate: Fate) -> dict[str, Any]:
    return {"agreement": fate.agreement, "saved": fate.saved.mean, "lost": fate.lost.mean}
