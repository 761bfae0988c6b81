"""Extreme conditions: what must happen where a lever, a number, an event or a size is at its end, and what does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar import records
from kembar.errors import InputError
from kembar.inputs import build
from kembar.measurement import measure
from kembar.parameters import levers
from kembar.scenario.reader import load_scenario
from kembar.verification.conditions import CONDITIONS, SEEDS, USUAL, Condition, Values
from kembar.verification.worlds import inputs_of, pairs, run_through, world_of
from kembar.world import RunRecord, record_of

if TYPE_CHECKING:
    from kembar.inputs import Inputs

SHARES: Final = ("trust", "embeddedness", "goodwill", "ownership")
SPENDING_SLACK: Final = 1.25  # spending is recorded whole, what can be spent for the visible part of a portfolio
NOBODY: Final = 0


@dataclass(frozen=True)
class Extreme:
    """A condition with what was found in its runs: for every number its values by run."""

    condition: Condition
    values: Mapping[str, tuple[float, ...]]
    failing: tuple[int, ...]  # seeds in which it did not hold

    @property
    def holds(self) -> bool:
        """Whether it held in every run."""
        return not self.failing


def check(condition: Condition) -> Extreme:
    """Run a condition beside the usual world of the same luck."""
    inputs = _inputs(condition)
    found = []
    for seed in SEEDS:
        world = world_of(inputs, seed, condition.numbers)
        found.append(dict(condition.measured(_run(inputs, seed, world), usual(condition.beside, seed))))
    failing = tuple(seed for seed, values in zip(SEEDS, found, strict=True) if not condition.holds(values))
    return Extreme(condition, {name: tuple(values[name] for values in found) for name in found[0]}, failing)


def check_all() -> tuple[Extreme, ...]:
    """Every condition, in order."""
    return tuple(check(condition) for condition in CONDITIONS)


def _inputs(condition: Condition) -> Inputs:
    if condition.text is not None:
        return inputs_of(condition.text, condition.policy, condition.levers)
    if condition.policy is not None:
        return inputs_of(_EXTENDED.format(world=condition.world), condition.policy, condition.levers)
    return build(load_scenario(condition.world), (), condition.levers)


_EXTENDED: Final = 'extends = "{world}"\ntitle = "An extreme condition"\nabout = "The same world."\n'


def _run(inputs: Inputs, seed: int, world: records.World) -> RunRecord:
    run_through(world, inputs.years * records.QUARTERS_PER_YEAR)
    return record_of(inputs, seed, world)


@cache
def usual(world: str, seed: int) -> RunRecord:
    """The run of a shipped world as it is, or of two usual towns."""
    inputs = pairs(1, 30) if world == "towns" else build(load_scenario(world))
    return _run(inputs, seed, world_of(inputs, seed))


@dataclass(frozen=True)
class Refusal:
    """A size that no world may have, and what the reader of the scenario is told."""

    population: int
    said: str | None

    @property
    def holds(self) -> bool:
        """Whether it is refused with its place and the range that is allowed."""
        return self.said is not None and "population" in self.said and "it may lie from 1" in self.said


def refusal(population: int = NOBODY) -> Refusal:
    """Try a world of two towns with a population."""
    try:
        pairs(1, 2, population=population)
    except InputError as error:
        problem = error.problems[0]
        return Refusal(population, f"{problem.key}: {problem.what}; {problem.why}")
    return Refusal(population, None)


@dataclass(frozen=True)
class Ends:
    """What both ends of every lever did to a run of the Indonesian world."""

    runs: int
    faults: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether nothing left its bounds."""
        return not self.faults


def ends_of_levers() -> Ends:
    """Shares, stages, numbers and books at the least and the greatest value of every lever."""
    faults = []
    items = levers()
    for item in items:
        for end in item.range:
            inputs = build(load_scenario(USUAL), (), {item.key: end})
            faults += [f"{item.key} = {end:g}: {fault}" for fault in faults_of(_run(inputs, 1, world_of(inputs, 1)))]
    return Ends(2 * len(items), tuple(faults))


def faults_of(run: RunRecord) -> list[str]:
    """What is out of bounds in a run."""
    found = [f"{name} outside 0 to 1" for name in SHARES
             if not ((run.agreements[name] >= 0.0) & (run.agreements[name] <= 1.0)).all()]  # fmt: skip
    names = run.series.dtype.names or ()
    found += [f"{name} is not finite" for name in names if not np.isfinite(run.series[name]).all()]
    if (run.agreements["stage"] > records.SCHEDULED).any():
        found.append("a stage that does not exist")
    if run.series["spent_kusd"].sum() > run.series["executable_kusd"].sum() * SPENDING_SLACK:
        found.append("more spent than can be")
    found += [f"{name} has no finite value" for name, item in measure(run).items()
              if item.value is None and item.reason == "the value is not finite"]  # fmt: skip
    return found


def shown(values: Values) -> str:
    """Mean, least and greatest over runs."""
    mean, low, high = float(np.mean(values)), min(values), max(values)
    return f"{mean:.3g}" if low == high else f"{mean:.3g} ({low:.3g} to {high:.3g})"
