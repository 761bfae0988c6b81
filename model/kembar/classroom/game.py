"""A game: one world, the teams' cities, the shocks; and its log, whose levers and shocks are one policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kembar.classroom.decision import NOTHING, Decision
from kembar.classroom.settings import settings
from kembar.inputs import Inputs, Layout
from kembar.parameters.values import hash_of
from kembar.scenario.records import Change, Event, Policy
from kembar.scenario.times import quarter_index

Log = Mapping[int, Sequence[Decision]]  # of each team, its decisions of round 1, 2, 3…


@dataclass(frozen=True)
class Shock:
    """A shock of the teacher's, from one round on until before another."""

    number: int
    kind: str
    where: tuple[str, ...]
    severity: float
    from_round: int
    until_round: int


@dataclass(frozen=True)
class Game:
    """One world, the cities of its teams, and the shocks: all of a game but its log and its luck."""

    layout: Layout
    cities: Mapping[int, str]  # of each team
    shocks: tuple[Shock, ...] = ()

    @property
    def rounds(self) -> int:
        """Years that the game lasts at most."""
        return self.layout.years

    @cached_property
    def own(self) -> Inputs:
        """The world as it is without anybody's decision or shock."""
        return self.layout.inputs()

    def row(self, team: int) -> int:
        """The row of a team's city."""
        return self.layout.scenario.city_index[self.cities[team]]

    def inputs(self, log: Log) -> Inputs:
        """The world with the teams' levers and the shocks laid over it."""
        return self.layout.inputs([self.policy(log)])

    def policy(self, log: Log) -> Policy:
        """The levers of all teams and the shocks as a policy."""
        start = self.layout.scenario.start_year
        changes = tuple(
            Change(
                spell.lever,
                self.cities[team],
                quarter_index(start + spell.first - 1),
                None if spell.until is None else quarter_index(start + spell.until - 1),
                spell.value,
                "decided in class",
                file="class",
            )
            for team in sorted(self.cities)
            for spell in lever_spells(log.get(team, ()))
        )
        events = tuple(
            Event(
                shock.kind,
                quarter_index(start + shock.from_round - 1),
                quarter_index(start + shock.until_round - 1),
                shock.severity,
                shock.where,
                "the teacher's shock",
                file="class",
            )
            for shock in self.shocks
        )
        content = [[str(item) for item in changes], [str(item) for item in events]]
        return Policy("class", "A class", "What a class decided.", (), changes, events, "class", hash_of(content))


@dataclass(frozen=True)
class Spell:
    """A lever's value from one round on until before another (None: to the end)."""

    lever: str
    first: int
    until: int | None
    value: float


def lever_spells(decisions: Sequence[Decision]) -> Iterator[Spell]:
    """How long a team kept each value of each lever that it set."""
    for lever in settings().lever_keys:
        values = [decision.levers.get(lever) for decision in decisions]
        yield from (Spell(lever, first, until, value) for first, until, value in spells(values) if value is not None)


def spells(values: Sequence[Any]) -> list[tuple[int, int | None, Any]]:
    """Runs of equal values as (first round, the round after the last or None at the end, value).

    >>> spells([None, 2, 2, 3])
    [(1, 2, None), (2, 4, 2), (4, None, 3)]
    """
    starts = [place for place, value in enumerate(values) if place == 0 or value != values[place - 1]]
    ends: list[int | None] = [*(start + 1 for start in starts[1:]), None]
    return [(start + 1, end, values[start]) for start, end in zip(starts, ends, strict=False)]


def decision_of(log: Log, team: int, number: int) -> Decision:
    """What a team decided for a round; nothing where the log has none."""
    decisions = log.get(team, ())
    return decisions[number - 1] if 1 <= number <= len(decisions) else NOTHING
