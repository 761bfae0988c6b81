"""Every lever alone from the least to the greatest value of its range: what it moves, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from kembar.analysis.estimates import mean_estimates
from kembar.evidence.claims import World
from kembar.evidence.signs import run_worlds
from kembar.parameters import Declaration, levers

PAIRS: Final = 40
STEPS: Final = 5
LARGE: Final = 3.0  # times the outcome at the least value, or a third of it
OUTCOMES: Final = ("active_years_per_agreement", "signed_agreements", "benefit_points", "spent_kusd")
DRAWN: Final = OUTCOMES[0]


@dataclass(frozen=True)
class Step:
    """The effect of one value of a lever on one outcome, against the least value, over pairs of runs."""

    value: float
    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class Sweep:
    """A lever's responses, by outcome; `baselines` are the outcomes' means at the least value."""

    lever: Declaration
    steps: dict[str, tuple[Step, ...]]
    baselines: dict[str, float]

    @property
    def is_dead(self) -> bool:
        """Whether no interval of any outcome leaves zero."""
        return all(step.low <= 0.0 <= step.high for steps in self.steps.values() for step in steps)

    @property
    def is_turning(self) -> bool:
        """Whether active years at an inner step lie clear of those at both ends, above or below."""
        *inner, last = self.steps[DRAWN]
        return any(step.low > max(0.0, last.high) or step.high < min(0.0, last.low) for step in inner[1:])

    @property
    def large_on(self) -> tuple[str, ...]:
        """Outcomes that change more than threefold."""
        found = []
        for name, steps in self.steps.items():
            base = self.baselines[name]
            if base > 0.0 and not 1.0 / LARGE <= (base + steps[-1].effect) / base <= LARGE:
                found.append(name)
        return tuple(found)


def sweep(lever: Declaration, pairs: int = PAIRS) -> Sweep:
    """Run a lever at every step of its range."""
    values = np.linspace(*lever.range, STEPS)
    if lever.scale == "integer":
        values = np.unique(np.round(values))
    worlds = [World(((lever.key, float(value)),)) for value in values]
    found = run_worlds(dict.fromkeys(worlds, pairs), OUTCOMES)
    base = found[worlds[0]]
    steps: dict[str, tuple[Step, ...]] = {}
    for name in OUTCOMES:
        made = []
        for value, world in zip(values, worlds, strict=True):
            (estimate,) = mean_estimates((found[world][name] - base[name])[:, None])
            assert estimate.mean is not None and estimate.low is not None and estimate.high is not None
            made.append(Step(float(value), estimate.mean, estimate.low, estimate.high))
        steps[name] = tuple(made)
    return Sweep(lever, steps, {name: float(np.nanmean(base[name])) for name in OUTCOMES})


def sweeps(told: Callable[[str], None] = lambda _: None) -> Iterator[Sweep]:
    """Every lever in turn."""
    for lever in levers():
        told(f"lever {lever.key}")
        yield sweep(lever)
