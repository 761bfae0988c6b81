"""A game is a pure function of its world, its luck and the log of decisions; nothing of it is kept but the log.

The levers of a team and the teacher's shocks are one policy, laid over the world as any other. What a policy cannot
say is done before each year: the weight of a mayor's priorities is written into the agreements, and proposals are
answered. A city of the model answers by the model's own rules (`has_room`, `is_worth_while` of the partner search); a
team's city answers by its team. Then the compiled quarter runs four times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kembar import records
from kembar.app.replay import next_election
from kembar.classroom.decision import NORMAL, Decision
from kembar.classroom.game import Game, Log, decision_of
from kembar.classroom.proposals import Talk, answer_proposals
from kembar.classroom.settings import settings
from kembar.compilation import kernel, mark_compiled
from kembar.inputs import Inputs
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
    # The start is as everybody saw it: no decision of the first round changes what it is drawn from.
    simulate(world._replace(changes=game.own.arrays["changes"].view(np.recarray)), 0, 0)
    world.counters[records.CHANGES_DONE] = 0  # those of the first quarter come again, the teams' among them
    cities = np.zeros((rounds + 1, len(teams)), records.CITY)
    levers = np.zeros((rounds + 1, len(teams)), world.levers.dtype)
    active = np.zeros((rounds + 1, len(teams)), np.int64)
    talks: list[Talk] = []
    active[0] = _count_active(world, rows)
    cities[0], levers[0] = world.cities[rows], world.levers[rows]
    for number in range(1, rounds + 1):
        quarter = (number - 1) * records.QUARTERS_PER_YEAR
        found = answer_proposals(game, world, log, talks, number, quarter)
        if found is None:
            return None
        talks += found
        for team, row in zip(teams, rows, strict=True):
            prefer(game, world, row, decision_of(log, team, number))
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


def prefer(game: Game, world: records.World, row: int, decision: Decision) -> None:
    """Write the weights of a mayor's priorities into the city's agreements; partners not named weigh 1."""
    weights = np.full(len(world.cities), settings().preferences[NORMAL])
    for partner, priority in decision.priorities.items():
        weights[game.layout.scenario.city_index[partner]] = settings().preferences[priority]
    agreements = world.agreements.view(np.ndarray)[: world.counters[records.AGREEMENT_ROWS]]
    for side, (own, other) in enumerate((("a", "b"), ("b", "a"))):
        mine = agreements[own] == row
        agreements["preference"][mine, side] = weights[agreements[other][mine]]
