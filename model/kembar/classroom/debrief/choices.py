"""A team's single decisions: one setting held from one year on until it was changed again, or one thing asked once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kembar.classroom.decision import NORMAL, NOTHING, YES, Decision
from kembar.classroom.game import Game, lever_spells, spells
from kembar.inputs import Inputs
from kembar.records import QUARTERS_PER_YEAR

LEVER: Final = "lever"
PRIORITY: Final = "priority"
PROPOSAL: Final = "proposal"
ANSWER: Final = "answer"


@dataclass(frozen=True)
class Choice:
    """One decision that differs from the baseline: a value from round `first` on until before round `until`.

    `key` names the lever, or the partner; `until` is None when it held to the end.
    """

    kind: str
    key: str
    first: int
    until: int | None
    value: float | str

    def holds_in(self, number: int) -> bool:
        """Whether the decision holds in a round."""
        return self.first <= number and (self.until is None or number < self.until)


def choices_of(game: Game, team: int, decisions: Sequence[Decision]) -> list[Choice]:
    """The decisions of a team that differ from what the model would have done without it."""
    own = game.own
    found = [
        Choice(LEVER, spell.lever, spell.first, spell.until, spell.value)
        for spell in lever_spells(decisions)
        if not _is_own(own, game.row(team), spell.lever, spell.value, spell.first, spell.until or len(decisions) + 1)
    ]
    partners = sorted({partner for decision in decisions for partner in decision.priorities})
    for partner in partners:
        weights = [decision.priorities.get(partner, NORMAL) for decision in decisions]
        found += [Choice(PRIORITY, partner, *spell) for spell in spells(weights) if spell[2] != NORMAL]
    for number, decision in enumerate(decisions, 1):
        found += [Choice(PROPOSAL, partner, number, number + 1, YES) for partner in decision.proposals]
        agreed = [partner for partner, answer in decision.answers.items() if answer == YES]
        found += [Choice(ANSWER, partner, number, number + 1, YES) for partner in agreed]
    return found


def own_value(inputs: Inputs, row: int, lever: str, quarter: int) -> float:
    """A lever's value in a city as the world has it in a quarter of the run."""
    place = (inputs.arrays["levers"].dtype.names or ()).index(lever)
    changes = inputs.arrays["changes"]
    due = changes[(changes["city"] == row) & (changes["lever"] == place) & (changes["quarter"] <= quarter)]
    return float(due["value"][-1] if len(due) else inputs.arrays["levers"][lever][row])


def _is_own(inputs: Inputs, row: int, lever: str, value: Any, first: int, until: int) -> bool:
    quarters = range((first - 1) * QUARTERS_PER_YEAR, (until - 1) * QUARTERS_PER_YEAR)
    return all(np.isclose(own_value(inputs, row, lever, quarter), value, rtol=1e-12) for quarter in quarters)


def without(decisions: Sequence[Decision], choice: Choice) -> list[Decision]:
    """The decisions with one of them replaced by what the model would have done."""
    return [
        _without(decision, choice) if choice.holds_in(number) else decision
        for number, decision in enumerate(decisions, 1)
    ]


def _without(decision: Decision, choice: Choice) -> Decision:
    kept = decision.model_dump()
    table = {LEVER: "levers", PRIORITY: "priorities", PROPOSAL: "proposals", ANSWER: "answers"}[choice.kind]
    held = kept[table]
    kept[table] = (
        [key for key in held if key != choice.key]
        if isinstance(held, list)
        else {key: value for key, value in held.items() if key != choice.key}
    )
    return Decision.model_validate(kept)


def nothing(decisions: Sequence[Decision]) -> list[Decision]:
    """The baseline: the city follows the model in every year."""
    return [NOTHING for _ in decisions]


def baseline_of(choices: Sequence[Choice], game: Game, team: int) -> Iterator[float | None]:
    """What each decision was instead of: the lever's own value at its first quarter; None for what is no number."""
    own = game.own
    for choice in choices:
        quarter = (choice.first - 1) * QUARTERS_PER_YEAR
        yield own_value(own, game.row(team), choice.key, quarter) if choice.kind == LEVER else None
