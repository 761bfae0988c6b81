"""What a session consists of: its facts, seats and entries, as they are stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kembar.classroom.decision import Decision
from kembar.errors import InputError, Problem
from kembar.scenario.records import Scenario

LOBBY: Final = "lobby"
OPEN: Final = "open"
PAUSED: Final = "paused"
ENDED: Final = "ended"
CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
CODE_LENGTH: Final = 10  # of 31 letters: 49 bits


@dataclass
class Seat:
    """A student's place: a pseudonym in a team, known by the hash of its token."""

    seat: int
    pseudonym: str
    team: int
    token_hash: str
    request_hash: str
    is_used: bool = False
    last_seq: int = 0
    seen_at: float | None = None  # not stored


@dataclass(frozen=True)
class Entry:
    """An accepted decision as the ledger has it."""

    number: int
    seat: int
    team: int
    round: int
    seq: int
    content_hash: str
    decision: Decision
    answer: Mapping[str, Any]


@dataclass
class Facts:
    """The session as a whole, as it is stored."""

    code: str
    world: str
    world_hash: str
    language: str
    seed: int
    mode: str
    rounds: int
    seconds: int | None
    cities: list[str]  # of team 1, 2, 3…
    phase: str = LOBBY
    round: int = 0
    deadline: float | None = None
    left: float | None = None
    setup: int = 1
    spotlight: dict[str, Any] | None = None


def new_code() -> str:
    """An unguessable code that can be typed."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def plain_code(text: str) -> str:
    """A code as it was meant: capitals, without dash and spaces."""
    return "".join(sign for sign in text.upper() if sign not in "- ")


def refuse_other_world(facts: Facts, scenario: Scenario, path: str) -> None:
    """Raises InputError when a store was made for another world."""
    if facts.world_hash != scenario.hash:
        what = f"this store holds a class of the world '{facts.world}', not of '{scenario.name}' as it is now"
        why = "choose another file with --store, or delete it with --delete"
        raise InputError(Problem(what, path, key="--store", why=why))
