"""Pairs of runs under common luck, for the tests of claims: the same seeds with and without a change."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from kembar.inputs import Inputs, build
from kembar.measurement import measure
from kembar.parameters import declaration
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import run_world

CLAIMS = Path(__file__).with_name("claims.toml")
WORLD = "indonesia"
LEVEL = 0.95
WORKERS = 2


@dataclass(frozen=True)
class Effect:
    """Mean effect of a change with its interval over pairs of runs."""

    mean: float
    low: float
    high: float
    pairs: int
    baseline: float


def claims() -> list[dict[str, Any]]:
    """The rows of claims.toml."""
    rows: list[dict[str, Any]] = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]
    return rows


def arm(settings: Mapping[str, float], policies: Sequence[str] = (), world: str = WORLD) -> Inputs:
    """A world with levers and parameters set and policies laid over it."""
    levers = {key: value for key, value in settings.items() if declaration(key).kind == "lever"}
    numbers = {key: value for key, value in settings.items() if key not in levers}
    return build(load_scenario(world), [load_policy(name) for name in policies], levers, numbers)


_results: dict[tuple[str, int, int], list[dict[str, float]]] = {}


def outcomes_of(inputs: Inputs, first_seed: int, count: int) -> list[dict[str, float]]:
    """All outcomes of runs with successive seeds; a world already run is not run again."""
    key = (inputs.hash, first_seed, count)
    if key not in _results:
        with ThreadPoolExecutor(WORKERS) as pool:
            _results[key] = list(pool.map(lambda seed: _outcomes(inputs, seed), range(first_seed, first_seed + count)))
    return _results[key]


def _outcomes(inputs: Inputs, seed: int) -> dict[str, float]:
    found = measure(run_world(inputs, seed, city_years=False))
    return {name: np.nan if item.value is None else item.value for name, item in found.items()}


def interval(differences: npt.NDArray[np.float64], baseline: float) -> Effect:
    """Student's interval of the mean of paired differences; a pair without a value on one side is left out."""
    kept = differences[np.isfinite(differences)]
    mean = float(kept.mean())
    half = float(student.ppf(0.5 + LEVEL / 2, len(kept) - 1) * kept.std(ddof=1) / np.sqrt(len(kept)))
    return Effect(mean, mean - half, mean + half, len(kept), baseline)


def effect_of(row: Mapping[str, Any], pairs: int, first_seed: int = 1) -> Effect:
    """Effect of a claim's change on its outcome."""
    before = outcomes_of(arm(row["before"]), first_seed, pairs)
    after = outcomes_of(arm({**row["before"], **row["after"]}, row["policies"]), first_seed, pairs)
    name = row["outcome"]
    base = np.array([item[name] for item in before])
    other = np.array([item[name] for item in after])
    return interval(other - base, float(np.nanmean(base)))


def holds(row: Mapping[str, Any], effect: Effect) -> bool:
    """Whether the interval lies on the claimed side of zero and the effect is large enough to matter."""
    sign = 1.0 if row["direction"] == "up" else -1.0
    edge = effect.low if sign > 0 else effect.high
    return sign * edge > 0.0 and sign * effect.mean >= row["least"]


@cache
def verdicts(pairs: int) -> tuple[tuple[str, Effect, bool], ...]:
    """Every claim with its effect and whether it holds."""
    found = []
    for row in claims():
        effect = effect_of(row, pairs)
        found.append((row["id"], effect, holds(row, effect)))
    return tuple(found)


def signs(kind: str) -> list[dict[str, Any]]:
    """The rows of another table of claims.toml: interaction, small or group."""
    rows: list[dict[str, Any]] = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))[kind]
    return rows


def values(settings: Mapping[str, float], outcome: str, pairs: int, first_seed: int = 1) -> npt.NDArray[np.float64]:
    """One outcome of runs with successive seeds."""
    return np.array([item[outcome] for item in outcomes_of(arm(settings), first_seed, pairs)])


def joint_effect(row: Mapping[str, Any], pairs: int) -> Effect:
    """What two changes do together beyond the sum of what each does alone."""
    base = {**row["before"]}
    neither = values(base, row["outcome"], pairs)
    first = values({**base, **row["first"]}, row["outcome"], pairs)
    second = values({**base, **row["second"]}, row["outcome"], pairs)
    both = values({**base, **row["first"], **row["second"]}, row["outcome"], pairs)
    return interval(both - first - second + neither, float(neither.mean()))


def excess_of_small(row: Mapping[str, Any], pairs: int) -> Effect:
    """Effect of the change less `most` times the effect beside it: below zero when the sign holds."""
    before = values(row["before"], row["outcome"], pairs)
    effect = values({**row["before"], **row["after"]}, row["outcome"], pairs) - before
    beside = values({**row["beside_before"], **row["beside_after"]}, row["outcome"], pairs)
    beside = beside - values(row["beside_before"], row["outcome"], pairs)
    return interval(np.abs(effect) - row["most"] * beside, float(before.mean()))


def group_effect(row: Mapping[str, Any], pairs: int) -> Effect:
    """Relative effect on active years among far and poor pairs less that among near and rich ones."""
    before, after = arm(row["before"]), arm({**row["before"], **row["after"]})

    def ratios(seed: int) -> tuple[float, float]:
        base, changed = _active_years_by_group(before, seed), _active_years_by_group(after, seed)
        return changed[0] - base[0], changed[1] - base[1]

    with ThreadPoolExecutor(WORKERS) as pool:
        seeds = range(1, pairs + 1)
        base = np.array(list(pool.map(lambda seed: _active_years_by_group(before, seed), seeds)))
        gains = np.array(list(pool.map(ratios, seeds)))
    means = base.mean(axis=0)
    return interval(gains[:, 0] / means[0] - gains[:, 1] / means[1], float(means[0]))


def _active_years_by_group(inputs: Inputs, seed: int) -> tuple[float, float]:
    record = run_world(inputs, seed, city_years=False)
    listed = record.agreements[record.agreements["entry_quarter"] == 0]
    income = record.countries["income"][record.cities["country"]]
    poorer = np.minimum(income[listed["a"]], income[listed["b"]])
    scale = record.cities["money_scale_kusd"]
    money = np.minimum(scale[listed["a"]], scale[listed["b"]])
    is_far = listed["distance_km"] > np.median(listed["distance_km"])
    is_poor = (poorer <= np.median(poorer)) & (money < np.median(money))
    is_rich = money >= np.median(money)
    years = listed["active_quarters"] / 4
    return float(years[is_far & is_poor].mean()), float(years[~is_far & is_rich].mean())
