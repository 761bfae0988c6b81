"""Tables of agreements for tests of longevity: written out by hand, or drawn with hazards that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

QUARTER_YEARS = 0.25
Floats = npt.NDArray[np.float64]
Row = tuple[int, float | None, float | None, str | None, str | None]

# Two runs; ages in quarters. At risk in the quarters from start to stop, and not in stop itself when censored.
HAND_WORKED: list[Row] = [
    (5, 0, 2, "dormancy", "money_a"),
    (5, 0, 2, "dormancy", "leader_b"),
    (5, 0, 4, "dormancy", "money_b"),
    (5, 0, 3, "censored", None),
    (9, 2, 2, "dormancy", "luck"),  # in the quarter of its entry: at risk in that quarter
    (9, 3, 4, "end", "leader_a"),
    (9, 1, 6, "censored", None),
    (9, None, None, None, None),  # not active at entry
    (9, 4, 4, "censored", None),  # censored at entry: never at risk
]


def table_of(rows: Sequence[Row]) -> pd.DataFrame:
    """A table of first spells from rows of run, start and stop [quarters of age], event and cause."""
    frame = pd.DataFrame(rows, columns=["run_id", "start", "stop", "event", "cause"])
    for name in ("start", "stop"):
        frame[name] = frame[name].astype(float) * QUARTER_YEARS
    return frame


def draw_agreements(
    generator: np.random.Generator,
    runs: int,
    each: int,
    hazards: Mapping[str, Sequence[float]],
    *,
    spread: float = 0.0,
    old_share: float = 0.0,
    followed_quarters: int | None = None,
    effects: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Agreements that rest in each quarter of age with the chance of each cause in it, independently of each other.

    `hazards` gives the chance of each cause by quarter of age. Agreements of a run share a frailty, gamma with mean 1
    and variance `spread`; `effects` are log hazard ratios of standard normal covariates, which become columns. A share
    `old_share` is seen from a later age on only, if it gets there; all are censored after `followed_quarters` in the
    run (as many as there are hazards by default).
    """
    count, ages = runs * each, len(next(iter(hazards.values())))
    run = np.repeat(np.arange(runs), each)
    frailty = generator.gamma(1.0 / spread, spread, runs)[run] if spread else np.ones(count)
    columns: dict[str, Floats] = {name: generator.standard_normal(count) for name in effects or {}}
    for name, effect in (effects or {}).items():
        frailty = frailty * np.exp(effect * columns[name])
    chances = np.array([hazards[cause] for cause in hazards])  # (causes, ages)
    alive = np.ones(count, bool)
    stop, cause = np.full(count, ages), np.full(count, -1)
    for age in range(ages):
        survives = (1.0 - chances[:, age].sum()) ** frailty
        falls = alive & (generator.random(count) > survives)
        shares = chances[:, age].cumsum() / max(chances[:, age].sum(), 1e-300)
        stop[falls], cause[falls] = age, np.searchsorted(shares, generator.random(int(falls.sum())), side="right")
        alive &= ~falls
    entry = np.where(generator.random(count) < old_share, generator.integers(1, ages, count), 0)
    last = np.minimum(entry + (followed_quarters or ages), ages)
    is_censored = (cause < 0) | (stop >= last)
    cause, stop = np.where(is_censored, -1, cause), np.where(is_censored, last, stop)
    seen = entry <= stop
    names = [*hazards, None]
    frame = pd.DataFrame({"run_id": run, "start": entry * QUARTER_YEARS, "stop": stop * QUARTER_YEARS, **columns})
    frame["event"] = np.where(is_censored, "censored", "dormancy")
    frame["cause"] = [names[place] for place in cause.tolist()]
    return frame[seen].reset_index(drop=True)


def with_life(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """The table with a whole life like the first spell, ended by a lapse, and further columns."""
    how = np.where(frame["event"] == "censored", None, "lapse")
    return frame.assign(life_start=frame["start"], life_stop=frame["stop"], how=how, **columns)
