"""Proposals of new partners, answered before a year begins.

A city that the model plays answers by the model's own rules (`has_room`, `is_worth_while` of the partner search), as it
answers the offer of any city. Between two teams both must wish it: they propose to each other in the same year, or one
answers yes in the year after the other's proposal. Where the world forbids the pair, or an office is full, nobody's
wish helps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kembar import records
from kembar.classroom.decision import YES
from kembar.classroom.game import Game, Log, decision_of
from kembar.compilation import kernel

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
class Talk:
    """What came of a team's proposal in a round."""

    round: int
    team: int
    partner: str
    answer: str


def rules() -> Mapping[str, Callable[..., Any]]:
    """The model's rules as plain Python: the same functions that the compiled quarter is made of."""
    with _loading:
        found: Mapping[str, Callable[..., Any]] = kernel(interpreted=True).rules
        return found


def answer_proposals(
    game: Game, world: records.World, log: Log, before: Sequence[Talk], number: int, quarter: int
) -> list[Talk] | None:
    """Answer the proposals of a round, in the order of teams; None when there is no room for the talks' rows.

    `before` holds what came of the proposals of earlier rounds.
    """
    team_of = {city: team for team, city in game.cities.items()}
    found = []
    for team in sorted(game.cities):
        decision = decision_of(log, team, number)
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
        for asked in waiting(before, game, team, number):
            agreed = decision.answers.get(game.cities[asked]) == YES
            answer = _open(game, world, asked, team, quarter) if agreed else NO_CONSENT
            if answer == _OVERFULL:
                return None
            found.append(Talk(number, asked, game.cities[team], answer))
    return found


def waiting(before: Iterable[Talk], game: Game, team: int, number: int) -> list[int]:
    """The teams whose proposal of the round before waits for a team's answer in this round."""
    mine = game.cities[team]
    return [
        talk.team for talk in before if (talk.round, talk.partner, talk.answer) == (number - 1, mine, WAITING)
    ]


def _ask_team(game: Game, world: records.World, log: Log, team: int, other: int, number: int, quarter: int) -> str:
    """Two teams that propose to each other in one year agree at once; a proposal alone waits for an answer."""
    if game.cities[team] not in decision_of(log, other, number).proposals:
        possible = rules()["is_possible_pair"](world, game.row(team), game.row(other))
        return WAITING if possible else NOT_POSSIBLE
    if other < team:
        return OPENED if _is_open(world, game.row(team), game.row(other)) else NOT_POSSIBLE
    return _open(game, world, team, other, quarter)


def _is_open(world: records.World, row: int, other: int) -> bool:
    known = rules()["latest_agreement"](world, row, other)
    return bool(known >= 0 and world.agreements[known].stage != records.ENDED)


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
