"""A game is a pure function of its world, its luck and the log of decisions; nothing of it is kept but the log.

The levers of a team and the teacher's shocks are one policy, laid over the world as any other. What a policy cannot
say is done before each year: the weight of a mayor's priorities is written into the agreements, and proposals are
answered. A city of the model answers by the model's own rules (`has_room`, `is_worth_while` of the partner search); a
team's city answers by its team. Then the compiled quarter runs four times.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.app.replay import next_election
from kembar.classroom.decision import NORMAL, NOTHING, YES, Decision
from kembar.classroom.settings import settings
from kembar.compilation import kernel, mark_compiled
from kembar.inputs import Inputs, Layout
from kembar.parameters.values import hash_of
from kembar.scenario.records import Change, Event, Policy
from kembar.scenario.times import quarter_index
from kembar.world import RunRecord, Workspace, record_of

Log = Mapping[int, Sequence[Decision]]  # of each team, its decisions of round 1, 2, 3…

# What comes of a proposal.
OPENED: Final = "opened"
WAITING: Final = "waiting"  # for the other team's answer
NO_CONSENT: Final = "no_consent"
NOT_POSSIBLE: Final = "not_possible"  # the same country, no city in focus, frozen relations, or an agreement alive
OWN_NO_ROOM: Final = "own_no_room"
NO_ROOM: Final = "no_room"
CLOSED: Final = "closed"
NOT_WORTH: Final = "not_worth"
_OVERFULL: Final = ""

_loading = threading.Lock()


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
class Talk:
    """What came of a team's proposal in a round."""

    round: int
    team: int
    partner: str
    answer: str


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


@dataclass(frozen=True)
class Played:
    """What happened in a game up to a round.

    `cities` and `levers` (rounds + 1, teams in order) hold each team's city and its levers at the start and at the end
    of each year, `active` how many of its agreements are active then; `elections` the quarter of each city's next one,
    NEVER if none is due.
    """

    game: Game
    record: RunRecord
    rounds: int
    teams: tuple[int, ...]
    cities: records.Array
    levers: records.Array
    active: records.IntegerArray
    elections: tuple[int, ...]
    talks: tuple[Talk, ...]


def rules() -> Mapping[str, Callable[..., Any]]:
    """The model's rules as plain Python: the same functions that the compiled quarter is made of."""
    with _loading:
        found: Mapping[str, Callable[..., Any]] = kernel(interpreted=True).rules
        return found


def play(
    game: Game,
    log: Log,
    seed: int,
    rounds: int,
    *,
    keep_exchanges: bool = False,
    inputs: Inputs | None = None,
    workspace: Workspace | None = None,
) -> Played:
    """Play so many rounds; the same arguments always give the same bytes.

    `log` holds the decisions of every team, of which only those of the rounds played count; a team without any follows
    the model. `inputs` are `game.inputs` of that log, when they are known. With a `workspace` of the calling thread
    the record's arrays are valid until its next run.
    """
    log = {team: list(decisions[:rounds]) for team, decisions in log.items()}
    inputs = inputs or game.inputs(log)
    workspace = workspace or Workspace()
    room = workspace.room(inputs)
    while True:
        world = workspace.world(inputs, seed, room, keep_exchanges, True)
        played = _play(game, inputs, log, seed, rounds, world)
        if played is not None:
            return played
        room *= 2


def _play(game: Game, inputs: Inputs, log: Log, seed: int, rounds: int, world: records.World) -> Played | None:
    simulate = kernel().simulate
    teams = tuple(sorted(game.cities))
    rows = [game.row(team) for team in teams]
    if len(teams) > 1:
        world.cities["is_played"][rows] = 1
    simulate(world, 0, 0)
    cities = np.zeros((rounds + 1, len(teams)), records.CITY)
    levers = np.zeros((rounds + 1, len(teams)), world.levers.dtype)
    active = np.zeros((rounds + 1, len(teams)), np.int64)
    talks: list[Talk] = []
    active[0] = _count_active(world, rows)
    cities[0], levers[0] = world.cities[rows], world.levers[rows]
    for number in range(1, rounds + 1):
        quarter = (number - 1) * records.QUARTERS_PER_YEAR
        found = answer_proposals(game, world, log, number, quarter)
        if found is None:
            return None
        talks += found
        for team, row in zip(teams, rows, strict=True):
            prefer(game, world, row, _decision(log, team, number))
        if not simulate(world, quarter, quarter + records.QUARTERS_PER_YEAR):
            return None
        active[number] = _count_active(world, rows)
        cities[number], levers[number] = world.cities[rows], world.levers[rows]
    mark_compiled()
    last = rounds * records.QUARTERS_PER_YEAR - 1
    elections = tuple(next_election(world, row, last) for row in rows)
    return Played(game, record_of(inputs, seed, world), rounds, teams, cities, levers, active, elections, tuple(talks))


def _count_active(world: records.World, rows: Sequence[int]) -> list[int]:
    agreements = world.agreements.view(np.ndarray)[: world.counters[records.AGREEMENT_ROWS]]
    is_active = agreements["stage"] == records.ACTIVE
    return [int((is_active & ((agreements["a"] == row) | (agreements["b"] == row))).sum()) for row in rows]


def _decision(log: Log, team: int, number: int) -> Decision:
    decisions = log.get(team, ())
    return decisions[number - 1] if 1 <= number <= len(decisions) else NOTHING


def prefer(game: Game, world: records.World, row: int, decision: Decision) -> None:
    """Write the weights of a mayor's priorities into the city's agreements; partners not named weigh 1."""
    weights = np.full(len(world.cities), settings().preferences[NORMAL])
    for partner, priority in decision.priorities.items():
        weights[game.layout.scenario.city_index[partner]] = settings().preferences[priority]
    agreements = world.agreements.view(np.ndarray)[: world.counters[records.AGREEMENT_ROWS]]
    for side, (own, other) in enumerate((("a", "b"), ("b", "a"))):
        mine = agreements[own] == row
        agreements["preference"][mine, side] = weights[agreements[other][mine]]


def answer_proposals(game: Game, world: records.World, log: Log, number: int, quarter: int) -> list[Talk] | None:
    """Answer the proposals of a round, in the order of teams; None when there is no room for the talks' rows."""
    team_of = {city: team for team, city in game.cities.items()}
    found = []
    for team in sorted(game.cities):
        decision = _decision(log, team, number)
        for partner in decision.proposals:
            other = team_of.get(partner)
            answer = (
                _ask_model(game, world, team, partner, quarter)
                if other is None
                else _ask_team(game, world, log, team, other, number, quarter)
            )
            if answer == _OVERFULL:
                return None
            found.append(Talk(number, team, partner, answer))
        for asked in waiting(game, log, team, number):
            agreed = decision.answers.get(game.cities[asked]) == YES
            answer = _open(game, world, asked, team, quarter) if agreed else NO_CONSENT
            if answer == _OVERFULL:
                return None
            found.append(Talk(number, asked, game.cities[team], answer))
    return found


def waiting(game: Game, log: Log, team: int, number: int) -> list[int]:
    """The teams whose proposal of the round before waits for a team's answer in this round."""
    mine = game.cities[team]
    return [
        other
        for other in sorted(game.cities)
        if other != team
        and mine in _decision(log, other, number - 1).proposals
        and game.cities[other] not in _decision(log, team, number - 1).proposals
    ]


def _ask_team(game: Game, world: records.World, log: Log, team: int, other: int, number: int, quarter: int) -> str:
    """Two teams that propose to each other in one year agree at once; a proposal alone waits for an answer."""
    if game.cities[team] not in _decision(log, other, number).proposals:
        possible = rules()["is_possible_pair"](world, game.row(team), game.row(other))
        return WAITING if possible else NOT_POSSIBLE
    if other < team:
        return OPENED if _is_open(world, game.row(team), game.row(other)) else NOT_POSSIBLE
    return _open(game, world, team, other, quarter)


def _is_open(world: records.World, row: int, other: int) -> bool:
    known = rules()["latest_agreement"](world, row, other)
    return known >= 0 and world.agreements[known].stage != records.ENDED


def _open(game: Game, world: records.World, team: int, other: int, quarter: int) -> str:
    """Open talks that both teams wish, where the world allows it and both offices have room."""
    row, partner = game.row(team), game.row(other)
    refused = _own_reasons(world, row, partner)
    if refused is None and _room(world, partner) <= 0.0:
        refused = NO_ROOM
    return refused or _begin(world, row, partner, quarter)


def _ask_model(game: Game, world: records.World, team: int, partner: str, quarter: int) -> str:
    """The answer of a city that the model plays: by the rules with which it answers the offers of any city."""
    row, other = game.row(team), game.layout.scenario.city_index[partner]
    refused = _own_reasons(world, row, other)
    if refused is None and world.cities[other].is_open_to_search == 0:
        refused = CLOSED
    if refused is None and not rules()["has_room"](world, other):
        refused = NO_ROOM
    if refused is None and not rules()["is_worth_while"](world, other, row, quarter):
        refused = NOT_WORTH
    return refused or _begin(world, row, other, quarter)


def _own_reasons(world: records.World, row: int, other: int) -> str | None:
    if not rules()["is_possible_pair"](world, row, other):
        return NOT_POSSIBLE
    return OWN_NO_ROOM if _room(world, row) <= 0.0 else None


def _room(world: records.World, row: int) -> float:
    return float(rules()["room_share"](world.cities[row], world.levers[row], world.parameters[0]))


def _begin(world: records.World, row: int, other: int, quarter: int) -> str:
    return OPENED if rules()["begin_talks"](world, row, other, quarter) else _OVERFULL
