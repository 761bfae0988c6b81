"""Limits of life and sleep: constant hazards, and a chain of two states."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from scipy import stats

from kembar import records
from kembar.compilation import kernel
from kembar.verification.limit import Floats, Limit, Picture
from kembar.verification.worlds import NO_ENDS, PER_YEAR, agreements_of, pairs, run_through, stepped, world_of

CLASSES: Final = 10
RUNS_OF_SLEEP: Final = 12
TWO_SIDED: Final = 1.96
# What the chain does not need is left out, because these rules run uncompiled.
_CHAIN: Final = """
from kembar.randomness import AGREEMENT_REVIVAL, uniform


def elections(world, quarter):
    return


def staffing(world, quarter):
    return


def partner_search(world, quarter):
    return


def allocation(world):
    return


def exchange(world, quarter):
    return


def benefits(world, quarter):
    return


def evaluation(world):
    return


def recording(world, quarter):
    return


def fall_asleep(world, row, quarter):
    agreement = world.agreements[row]
    if uniform(world.seed, AGREEMENT_REVIVAL, agreement.key, quarter, 7) < {sleeps}:
        agreement.stage = 3


def wake_up(world, row, quarter):
    agreement = world.agreements[row]
    if uniform(world.seed, AGREEMENT_REVIVAL, agreement.key, quarter, 7) < {wakes}:
        agreement.stage = 2
"""


def _waiting(waits: Floats, hazard: float, longest: int) -> tuple[float, float, Picture]:
    """Chi-square and p of waiting times in quarters against the geometric law, and both as curves of what is left."""
    edges = sorted({int(stats.geom.ppf(share, hazard)) for share in np.linspace(0.0, 0.9, CLASSES)} | {0})
    edges = [edge for edge in edges if edge <= longest]
    counts = np.histogram(waits, bins=[*(edge + 0.5 for edge in edges), np.inf])[0]
    shares = np.diff([*stats.geom.cdf(edges, hazard), 1.0])
    found = stats.chisquare(counts, shares * len(waits))
    quarters = np.arange(longest + 1)
    left = (1.0 - hazard) ** quarters
    spread = TWO_SIDED * np.sqrt(left * (1.0 - left) / len(waits))
    seen = np.array([(waits > quarter).mean() for quarter in quarters])
    picture = Picture("quarters", "share left", (quarters, left), (quarters, seen), band=(left - spread, left + spread))
    return float(found.statistic), float(found.pvalue), picture


def geometric_life(rate: float) -> Limit:
    """Agreements that only a break of relations can end, at one rate [1/year]."""
    inputs, runs = pairs(100, 30, frozen=True), 8
    quarters = inputs.years * PER_YEAR
    waits: list[int] = []
    reasons: set[str] = set()
    for seed in range(runs):
        world = world_of(inputs, seed, {**NO_ENDS, "break_rate": rate, "flexibility_effect": 0.0})
        run_through(world, quarters)
        agreements = agreements_of(world)
        ended = agreements.ended_quarter
        if not np.all(agreements.how[ended >= 0] == records.BREAK):
            reasons.add("an agreement ended otherwise")
        waits.extend(int(quarter) + 1 if quarter >= 0 else quarters + 1 for quarter in ended)
    hazard = 1.0 - math.exp(-rate / PER_YEAR)
    statistic, p, picture = _waiting(np.array(waits, float), hazard, quarters)
    return Limit(
        f"geometric_life_{rate:g}",
        f"Geometric life at a constant hazard of {rate:g} a year",
        f"of the agreements, (1 − h)^q are left after q quarters, h = 1 − exp(−{rate:g} / 4) = {hazard:.4g}",
        "χ² of lifetimes by classes", statistic, runs, len(waits), picture, p=p, reasons=tuple(sorted(reasons)),
    )  # fmt: skip


def geometric_sleep() -> Limit:
    """Sleepers of committed heads without ties: revival at one rate."""
    inputs, runs, rate = pairs(100, 25), RUNS_OF_SLEEP, 0.5
    numbers: dict[str, float] = {**NO_ENDS, "revival_rate": rate, "revival_citizens": 0.0, "revival_solidarity": 0.0}
    numbers |= {"travel_formation_loss": 0.0, "strain_rate": 0.0, "initial_active_share": 1e-9}
    quarters = inputs.years * PER_YEAR
    waits: list[int] = []
    for seed in range(runs):
        world = world_of(inputs, seed, numbers)
        world.levers["commitment_floor"] = 1.0
        world.cities["commitment"] = 1.0
        kernel().simulate(world, 0, 0)
        slept = agreements_of(world).stage == records.DORMANT
        first = np.full(len(slept), quarters)
        for quarter in stepped(world, quarters):
            woken = slept & (agreements_of(world).stage[: len(slept)] == records.ACTIVE)
            first[woken] = np.minimum(first[woken], quarter)
        waits.extend((first[slept] + 1).tolist())
    chance = 1.0 - math.exp(-rate / PER_YEAR)
    statistic, p, picture = _waiting(np.array(waits, float), chance, quarters)
    reasons = () if len(waits) > 350 else (f"only {len(waits)} sleepers",)
    return Limit(
        "geometric_sleep", f"Geometric sleep at a constant revival rate of {rate:g} a year",
        f"of the sleepers, (1 − h)^q still sleep after q quarters, h = 1 − exp(−{rate:g} / 4) = {chance:.4g}",
        "χ² of spells by classes", statistic, runs, len(waits), picture, p=p, reasons=reasons,
    )  # fmt: skip


def two_state_chain(sleeps: float, wakes: float, seed: int = 3) -> Limit:
    """Agreements that fall asleep and wake with constant chances a quarter, by rules put in the model's place."""
    inputs, quarters = pairs(150, 8), 25
    world = world_of(inputs, seed, NO_ENDS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chain.py"
        path.write_text(_CHAIN.format(sleeps=sleeps, wakes=wakes), encoding="utf-8")
        rules: Any = kernel(path, interpreted=True)
        shares = []
        for quarter in range(quarters):
            rules.simulate(world, quarter, quarter + 1)
            shares.append(float(np.mean(agreements_of(world).stage == records.ACTIVE)))
    count = len(agreements_of(world))
    stationary = wakes / (sleeps + wakes)
    left = (1.0 - sleeps - wakes) ** np.arange(quarters)
    expected = stationary + (shares[0] - stationary) * left
    spread = TWO_SIDED * np.sqrt(stationary * (1.0 - stationary) / count) * np.ones(quarters)
    z = (shares[-1] - stationary) / math.sqrt(stationary * (1.0 - stationary) / count)
    reasons = []
    if left[-1] >= 1e-4:
        reasons.append("the start is not forgotten")
    if set(agreements_of(world).stage.tolist()) != {records.ACTIVE, records.DORMANT}:
        reasons.append("there is another stage")
    steps = np.arange(1.0, quarters + 1.0)
    return Limit(
        f"two_state_chain_{sleeps:g}_{wakes:g}",
        f"Two-state chain: sleeps at {sleeps:g}, wakes at {wakes:g} a quarter",
        f"the active share comes to its stationary value {wakes:g} / ({sleeps:g} + {wakes:g}) = {stationary:.4g}",
        f"z of the share after {quarters} quarters, {shares[-1]:.4g}", float(z), 1, count,
        Picture("quarters", "share active", (steps, expected), (steps, np.array(shares)),
                band=(expected - spread, expected + spread)),
        p=float(2.0 * stats.norm.sf(abs(z))), reasons=tuple(reasons),
    )  # fmt: skip
