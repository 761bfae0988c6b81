"""Pairs of runs under common luck, each computed once: what stands behind every view of the app."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from kembar.app.answers import answer
from kembar.app.facts import RunFacts, facts_of
from kembar.experiment.factors import value_at
from kembar.experiment.luck import run_seed
from kembar.inputs import Inputs, Layout, lay_out
from kembar.parameters import Value, declaration
from kembar.parameters.posterior import PosteriorSample
from kembar.scenario.records import Agreement, Policy, Scenario
from kembar.world import run_world

GROUP: Final = 0  # of luck: one for the whole app, as in `kembar compare`
MOST_SIDES_KEPT: Final = 32  # (policy, seed) whose runs stay in memory; a run takes about 15 kB for Indonesia


@dataclass(frozen=True)
class Question:
    """Sides to run under the same luck, the baseline first, and the seed of their luck.

    With a posterior sample every pair takes another draw of the uncertain numbers, both sides the same one.
    """

    sides: tuple[Inputs, ...]
    seed: int
    layout: Layout
    parameters: Mapping[str, Value]  # moved by the reader: they hold in every draw
    posterior: PosteriorSample | None = None

    def inputs(self, side: int, replicate: int) -> Inputs:
        """The inputs of a side in a pair."""
        asked = self.sides[side]
        if self.posterior is None:
            return asked
        drawn = {key: value_at(declaration(key), value) for key, value in self.posterior.at(replicate).items()}
        return self.layout.inputs(asked.policies, parameters={**drawn, **self.parameters})

    def key(self, side: int) -> tuple[str, int, str]:
        """What the runs of a side are kept by."""
        return self.sides[side].hash, self.seed, self.posterior.hash if self.posterior else ""


class Engine:
    """The runs of one world. Safe to use from several threads."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._kept: OrderedDict[tuple[str, int, str], dict[int, RunFacts]] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def layout(self) -> Layout:
        """What every run of the world has in common."""
        return lay_out(self.scenario)

    @cached_property
    def baseline(self) -> Inputs:
        """The world as it is."""
        return self.layout.inputs()

    @cached_property
    def agreement_names(self) -> tuple[str, ...]:
        """The register's agreements, `A (CC) - B (CC)`, in the order of a run's first rows."""

        def name(item: Agreement) -> str:
            return f"{item.city_a} - {item.city_b}"

        return tuple(map(name, self.baseline.agreements_table))

    def ask(
        self,
        seed: int,
        policies: Sequence[Policy],
        parameters: Mapping[str, Value] | None = None,
        posterior: PosteriorSample | None = None,
    ) -> Question:
        """A question about some policies. Raises InputError for a policy that does not fit this world."""
        first = self.layout.inputs(parameters=parameters) if parameters else self.baseline
        others = (self.layout.inputs([policy], parameters=parameters) for policy in policies)
        return Question((first, *others), seed, self.layout, dict(parameters or {}), posterior)

    def facts(self, question: Question, side: int, replicate: int) -> RunFacts:
        """The facts of one run, from memory when it was computed before."""
        key = question.key(side)
        with self._lock:
            runs = self._kept.setdefault(key, {})
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_SIDES_KEPT:
                self._kept.popitem(last=False)
            if replicate in runs:
                return runs[replicate]
        seed = run_seed(question.seed, GROUP, replicate)
        found = facts_of(run_world(question.inputs(side, replicate), seed, city_years=False))
        runs[replicate] = found
        return found

    def pair(self, question: Question, replicate: int) -> tuple[RunFacts, ...]:
        """One run of every side under the same luck."""
        return tuple(self.facts(question, side, replicate) for side in range(len(question.sides)))

    def answer(self, question: Question, pairs: Sequence[tuple[RunFacts, ...]]) -> dict[str, Any]:
        """The answer over pairs that were computed."""
        baseline, *variants = zip(*pairs, strict=True)
        return answer(baseline, variants, self.agreement_names)

    def answer_of(self, question: Question, pairs: int) -> dict[str, Any]:
        """The answer over so many pairs, computed here and now."""
        return self.answer(question, [self.pair(question, replicate) for replicate in range(pairs)])

    def replicate_with(self, question: Question, agreement: str, fate: str) -> int | None:
        """The first pair among those computed in which the only variant saves (or loses) an agreement."""
        row = self.agreement_names.index(agreement)
        first, second = (self._kept.get(question.key(side), {}) for side in range(len(question.sides)))
        for replicate in sorted(set(first) & set(second)):
            without, with_it = (bool(runs[replicate].active_at_end[row]) for runs in (first, second))
            if (without, with_it) == ((False, True) if fate == "saved" else (True, False)):
                return replicate
        return None
