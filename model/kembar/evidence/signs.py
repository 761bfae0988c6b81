"""Running the claims and signs: pairs of runs under common luck, and what each change moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kembar.analysis.estimates import mean_estimates
from kembar.evidence.arms import SEED, WORKERS
from kembar.evidence.claims import Sign, World
from kembar.evidence.statistics import Floats
from kembar.experiment.luck import run_seed

if TYPE_CHECKING:
    from kembar.inputs import Inputs
    from kembar.world import RunRecord

SignVerdict = Literal["holds", "too small", "no effect shown", "reversed"]

WORLD: Final = "indonesia"
BATCH: Final = 20  # runs whose outcomes are worked out together
GROUPS: Final = ("far_and_poor", "near_and_rich")  # beside the outcomes: active years of listed agreements, by group


@dataclass(frozen=True)
class SignFound:
    """A claim or sign with what was measured: mean and interval over pairs, in the unit of what is measured.

    `baseline` is the mean of the outcome before the change. It holds when the interval lies on the claimed side of
    zero and the effect is at least the least one that matters.
    """

    sign: Sign
    baseline: float
    effect: float
    interval: tuple[float, float]
    pairs: int

    @property
    def verdict(self) -> SignVerdict:
        """What to make of it; an interval across zero at full runs is a mechanism that moves nothing: a defect."""
        low, high = self.interval
        if low <= 0.0 <= high:
            return "no effect shown"
        if (low > 0.0) != (self.sign.direction == "up"):
            return "reversed"
        return "holds" if abs(self.effect) >= self.sign.least else "too small"

    @property
    def holds(self) -> bool:
        """Whether the claim or sign holds."""
        return self.verdict == "holds"

    def as_json(self) -> dict[str, Any]:
        """The form that `kembar validate --json` prints."""
        sign = self.sign
        change: dict[str, Any] = {name: dict(settings) for name, settings in sign.changes.items()}
        return {
            "id": sign.key,
            "claim": sign.claim,
            "measure": sign.measure,
            "change": {**change, "policies": list(sign.policies), "most": sign.most},
            "outcome": sign.outcome,
            "unit": sign.unit,
            "direction": sign.direction,
            "least": sign.least,
            "baseline": self.baseline,
            "effect": self.effect,
            "interval": self.interval,
            "pairs": self.pairs,
            "verdict": self.verdict,
            "holds": self.holds,
        }


def run_signs(
    rows: Sequence[Sign], runs: int, told: Callable[[int, int], None] = lambda done, total: None
) -> tuple[SignFound, ...]:
    """Every row over so many pairs of runs, or its own multiple of them; a world that several rows share is run once.

    `told` hears of each world that is done, with the number of all. Raises InputError for settings that the world
    refuses.
    """
    worlds: dict[World, int] = {}
    for row in rows:
        for world in row.worlds.values():
            worlds[world] = max(runs * row.times, worlds.get(world, 0))
    found = run_worlds(worlds, tuple(dict.fromkeys(row.outcome for row in rows)), told)

    def first(world: World, count: int) -> dict[str, Floats]:
        return {name: values[:count] for name, values in found[world].items()}

    return tuple(
        find_sign(row, {part: first(world, runs * row.times) for part, world in row.worlds.items()}) for row in rows
    )


def find_sign(sign: Sign, values: Mapping[str, Mapping[str, Floats]]) -> SignFound:
    """What a row's runs show: `values` holds for each of its worlds the outcomes run by run, (runs,)."""
    differences = measured(sign, values)
    (estimate,) = mean_estimates(differences[:, None])
    if estimate.mean is None or estimate.low is None or estimate.high is None:
        raise ValueError(f"{sign.key}: no pair of runs has a value of {sign.outcome}")
    baseline = float(np.nanmean(values["before"][sign.outcome]))
    return SignFound(sign, baseline, estimate.mean, (estimate.low, estimate.high), estimate.runs)


def measured(sign: Sign, values: Mapping[str, Mapping[str, Floats]]) -> Floats:
    """What is measured, run by run, (runs,); NaN where a run has no value."""
    if sign.measure == "far_and_poor":
        before, after = ([values[part][group] for group in GROUPS] for part in ("before", "after"))
        gains = [(changed - base) / np.nanmean(base) for base, changed in zip(before, after, strict=True)]
        return gains[0] - gains[1]
    of = {part: found[sign.outcome] for part, found in values.items()}
    if sign.measure == "joint":
        return of["both"] - of["first"] - of["second"] + of["before"]
    effect: Floats = of["after"] - of["before"]
    if sign.measure == "beside":
        assert sign.most is not None
        effect = np.abs(effect) - sign.most * (of["beside_after"] - of["beside_before"])
    return effect


def run_worlds(
    worlds: Mapping[World, int],
    outcomes: Sequence[str],
    told: Callable[[int, int], None] = lambda done, total: None,
) -> dict[World, dict[str, Floats]]:
    """Outcomes run by run, (runs,), of every world with its number of runs, and the active years of the two GROUPS.

    Run i of every world has the same luck. Raises InputError for settings that the world refuses.
    """
    tasks = [(inputs_of(world), outcomes, runs) for world, runs in worlds.items()]
    found: dict[World, dict[str, Floats]] = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        for world, values in zip(worlds, pool.map(lambda task: _run(*task), tasks), strict=True):
            found[world] = values
            told(len(found), len(worlds))
    return found


def inputs_of(world: World) -> Inputs:
    """What a run of a world needs. Raises InputError for settings that the world refuses."""
    from kembar.inputs import build
    from kembar.parameters import declaration
    from kembar.scenario.reader import load_policy, load_scenario

    levers = {name: value for name, value in world.settings if declaration(name).kind == "lever"}
    numbers = {name: value for name, value in world.settings if name not in levers}
    return build(load_scenario(WORLD), [load_policy(name) for name in world.policies], levers, numbers)


def _run(inputs: Inputs, outcomes: Sequence[str], runs: int) -> dict[str, Floats]:
    """Outcomes run by run of one world, and the active years of the two groups."""
    from kembar.batch import Gatherer, RunKey
    from kembar.measurement import measure_batch
    from kembar.world import Workspace, run_world

    workspace, gatherer = Workspace(), Gatherer()
    found: dict[str, list[Floats]] = {name: [] for name in outcomes}
    groups: list[tuple[float, float]] = []
    for replicate in range(runs):
        seed = run_seed(SEED, 0, replicate)
        record = run_world(inputs, seed, city_years=False, workspace=workspace)
        groups.append(_active_years_by_group(record))
        gatherer.add(RunKey(replicate=replicate, seed=seed), record)
        if len(gatherer) == BATCH or replicate == runs - 1:
            measured = measure_batch(gatherer.batch())
            for name in outcomes:
                found[name].append(measured[name].values.copy())
    by_group = dict(zip(GROUPS, np.array(groups).T, strict=True))
    return {**{name: np.concatenate(parts) for name, parts in found.items()}, **by_group}


def _active_years_by_group(record: RunRecord) -> tuple[float, float]:
    """Mean active years of listed agreements that are far and poor, and of those that are near and rich."""
    listed = record.agreements[record.agreements["entry_quarter"] == 0]
    income = record.countries["income"][record.cities["country"]]
    scale = record.cities["money_scale_kusd"]
    poorer, money = (np.minimum(values[listed["a"]], values[listed["b"]]) for values in (income, scale))
    is_far = listed["distance_km"] > np.median(listed["distance_km"])
    is_poor = (poorer <= np.median(poorer)) & (money < np.median(money))
    years = listed["active_quarters"] / 4
    return float(years[is_far & is_poor].mean()), float(years[~is_far & (money >= np.median(money))].mean())
