"""A game is a pure function of its world, its luck and the log of decisions; nothing of it is kept but the log.

The levers of a team and the teacher's shocks are one policy, laid over the world as any other. What a policy cannot
say is done before each year: the weight of a mayor's priorities is written into the agreements, and proposals are
answered. A city of the model answers by the model's own rules (`has_room`, `is_worth_while` of the partner search); a
team's city answers by its team. Then the compiled quarter runs four times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kembar import records
from kembar.app.replay import next_election
from kembar.classroom.decision import NORMAL, Decision
from kembar.classroom.game import Game, Log, decision_of
from kembar.classroom.proposals import Talk, answer_proposals
from kembar.classroom.settings import settings
from kembar.compilation import kernel, mark_compiled
from kembar.inputs import Inputs
from kembar.live_room import copied
from kembar.world import RunRecord, Workspace, record_of


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


@dataclass(frozen=True)
class Start:
    """A game as a round begins, before anybody has decided: another log that was the same until then may go on here."""

    round: int
    world: records.World
    cities: records.Array
    levers: records.Array
    active: records.IntegerArray
    talks: tuple[Talk, ...]

    def copy(self) -> Start:
        """The same with arrays of its own."""
        arrays = (self.cities.copy(), self.levers.copy(), self.active.copy())
        return Start(self.round, copied(self.world), *arrays, self.talks)


def play(
    game: Game,
    log: Log,
    seed: int,
    rounds: int,
    *,
    keep_exchanges: bool = False,
    inputs: Inputs | None = None,
    workspace: Workspace | None = None,
    start: Start | None = None,
    begun: Callable[[Start], None] | None = None,
) -> Played:
    """Play so many rounds; the same arguments always give the same bytes.

    `log` holds the decisions of every team, of which only those of the rounds played count; a team without any follows
    the model. `inputs` are `game.inputs` of that log, when they are known. With a `workspace` of the calling thread
    the record's arrays are valid until its next run. `begun` hears of every round as it begins, and copies what it
    keeps; from such a copy of the same game and luck, `start`, a log that was the same before goes on (same bytes).
    """
    log = {team: list(decisions[:rounds]) for team, decisions in log.items()}
    inputs = inputs or game.inputs(log)
    if start is not None:
        own = start.copy()
        world = own.world._replace(changes=inputs.arrays["changes"].view(np.recarray))
        played = _go_on(game, inputs, log, seed, rounds, replace(own, world=world), None)
        if played is not None:
            return played
    workspace = workspace or Workspace()
    room = workspace.room(inputs)
    while True:
        world = workspace.world(inputs, seed, room, keep_exchanges, True)
        played = _go_on(game, inputs, log, seed, rounds, _begin(game, world, rounds), begun)
        if played is not None:
            return played
        room *= 2


def _teams(game: Game) -> tuple[tuple[int, ...], list[int]]:
    teams = tuple(sorted(game.cities))
    return teams, [game.row(team) for team in teams]


def _begin(game: Game, world: records.World, rounds: int) -> Start:
    """Draw the start, which no decision of the first round may change, and look at it."""
    teams, rows = _teams(game)
    if len(teams) > 1:
        world.cities["is_played"][rows] = 1
    kernel().simulate(world._replace(changes=game.own.arrays["changes"].view(np.recarray)), 0, 0)
    world.counters[records.CHANGES_DONE] = 0  # those of the first quarter come again, the teams' among them
    shape = (rounds + 1, len(teams))
    cities, levers = np.zeros(shape, records.CITY), np.zeros(shape, world.levers.dtype)
    active = np.zeros(shape, np.int64)
    _look(world, rows, 0, cities, levers, active)
    return Start(1, world, cities, levers, active, ())


def _look(
    world: records.World, rows: list[int], number: int,
    cities: records.Array, levers: records.Array, active: records.IntegerArray,
) -> None:  # fmt: skip
    cities[number], levers[number] = world.cities[rows], world.levers[rows]
    active[number] = _count_active(world, rows)


def _go_on(
    game: Game, inputs: Inputs, log: Log, seed: int, rounds: int, start: Start,
    begun: Callable[[Start], None] | None,
) -> Played | None:  # fmt: skip
    """Play from a round on; None when the world has no room for what happens."""
    simulate = kernel().simulate
    teams, rows = _teams(game)
    world, talks = start.world, list(start.talks)
    looked = (start.cities, start.levers, start.active)
    for number in range(start.round, rounds + 1):
        if begun is not None:
            begun(Start(number, world, *looked, tuple(talks)))
        quarter = (number - 1) * records.QUARTERS_PER_YEAR
        found = answer_proposals(game, world, log, number, quarter)
        if found is None:
            return None
        talks += found
        for team, row in zip(teams, rows, strict=True):
            prefer(game, world, row, decision_of(log, team, number))
        if not simulate(world, quarter, quarter + records.QUARTERS_PER_YEAR):
            return None
        _look(world, rows, number, *looked)
    mark_compiled()
    last = rounds * records.QUARTERS_PER_YEAR - 1
    elections = tuple(next_election(world, row, last) for row in rows)
    return Played(game, record_of(inputs, seed, world), rounds, teams, *looked, elections, tuple(talks))


def _count_active(world: records.World, rows: Sequence[int]) -> list[int]:
    agreements = world.agreements.view(np.ndarray)[: world.counters[records.AGREEMENT_ROWS]]
    is_active = agreements["stage"] == records.ACTIVE
    return [int((is_active & ((agreements["a"] == row) | (agreements["b"] == row))).sum()) for row in rows]


def prefer(game: Game, world: records.World, row: int, decision: Decision) -> None:
    """Write the weights of a mayor's priorities into the city's agreements; partners not named weigh 1."""
    weights = np.full(len(world.cities), settings().preferences[NORMAL])
    for partner, priority in decision.priorities.items():
        weights[game.layout.scenario.city_index[partner]] = settings().preferences[priority]
    agreements = world.agreements.view(np.ndarray)[: world.counters[records.AGREEMENT_ROWS]]
    for side, (own, other) in enumerate((("a", "b"), ("b", "a"))):
        mine = agreements[own] == row
        agreements["preference"][mine, side] = weights[agreements[other][mine]]
