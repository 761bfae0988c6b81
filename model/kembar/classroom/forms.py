"""What the pages of a class may ask: forms of every request, with their bounds."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from kembar.classroom.decision import LONGEST_KEY, Decision
from kembar.classroom.settings import settings
from kembar.errors import InputError, Problem, nearest
from kembar.scenario.schema import Form
from kembar.web.limits import LARGEST_SEED
from kembar.web.requests import read_request

NAME_PATTERN: Final = "^[\\p{L}\\p{N}][\\p{L}\\p{N} '\\-]*$"  # for the page; `_pseudonym` is the check
_NAME_SIGNS: Final = " '-"
_CODE_LETTERS: Final = 40
_BOUNDS: Final = settings().bounds

Whole = Annotated[int, Field(ge=1, le=LARGEST_SEED)]
Round = Annotated[int, Field(ge=1, le=_BOUNDS.most_rounds)]
Team = Annotated[int, Field(ge=1, le=_BOUNDS.most_teams)]
Seconds = Annotated[int, Field(ge=_BOUNDS.least_seconds, le=_BOUNDS.most_seconds)]
Code = Annotated[str, Field(min_length=1, max_length=_CODE_LETTERS)]
Request = Annotated[str, Field(pattern=r"^[a-z0-9]{16,64}$")]
CityKey = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


def _pseudonym(text: str) -> str:
    """A pseudonym with single spaces: letters and digits first, then also spaces, apostrophes and hyphens."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    letters = [sign for sign in name if sign not in _NAME_SIGNS]
    if not name or not all(sign.isalnum() for sign in letters) or name[0] in _NAME_SIGNS:
        sentence = "a pseudonym has letters, digits, spaces, apostrophes and hyphens alone, and begins with a letter"
        raise PydanticCustomError("time", "{sentence}", {"sentence": sentence})
    return name


class LookForm(Form):
    """What a code leads to."""

    code: Code


class JoinForm(Form):
    """A seat for a student. `request` is a text of the page's own choice: the same one again is the same wish."""

    code: Code
    pseudonym: Annotated[str, Field(max_length=_BOUNDS.longest_pseudonym), AfterValidator(_pseudonym)]
    team: Team | None = None
    request: Request


class DecisionForm(Form):
    """A team's whole decision for a round; `seq` counts the posts of a seat."""

    round: Round
    seq: Whole
    decision: Decision = Decision()


class SetupAct(Form):
    """Before the start: the mode, the rounds, the timer, and a city for every team."""

    act: Literal["setup"]
    mode: Literal["parallel", "shared"]
    rounds: Round
    seconds: Seconds | None = None
    cities: Annotated[list[CityKey], Field(min_length=1, max_length=_BOUNDS.most_teams)]


class StartAct(Form):
    """Open the first round."""

    act: Literal["start"]


class PauseAct(Form):
    """Stop the time; nothing can be decided."""

    act: Literal["pause"]
    round: Round


class ResumeAct(Form):
    """Let the time run on."""

    act: Literal["resume"]
    round: Round


class NextAct(Form):
    """Close a round, play its year and open the next one."""

    act: Literal["next"]
    round: Round


class TimerAct(Form):
    """Seconds for this round from now on and for every later one; null for no timer."""

    act: Literal["timer"]
    seconds: Seconds | None


class Spotlight(Form):
    """What everybody is shown."""

    chart: Literal["choices", "active", "points", "money", "events"]
    team: Team | None = None


class SpotlightAct(Form):
    """Show something to everybody, or nothing."""

    act: Literal["spotlight"]
    spotlight: Spotlight | None


class ShockAct(Form):
    """A shock from the next round on."""

    act: Literal["shock"]
    kind: Literal["travel_stop", "fiscal_crisis", "freeze", "disaster"]
    where: Annotated[list[CityKey], Field(min_length=1, max_length=2)]  # "all", countries or cities
    severity: Annotated[float, Field(ge=0, le=1)]
    years: Annotated[int, Field(ge=1, le=_BOUNDS.most_shock_years)]
    request: Request


class CancelShockAct(Form):
    """Take back a shock that has not begun."""

    act: Literal["cancel_shock"]
    number: Whole


class MoveAct(Form):
    """Move a student to another team."""

    act: Literal["move"]
    seat: Whole
    team: Team


class RemoveAct(Form):
    """Take a seat away; its pseudonym is free again."""

    act: Literal["remove"]
    seat: Whole


class EndAct(Form):
    """End the game before its last round; the open round is not played."""

    act: Literal["end"]
    round: Round


class DeleteAct(Form):
    """Delete all student data."""

    act: Literal["delete"]
    confirm: Literal["DELETE"]


ACTS: Final[dict[str, type[Form]]] = {
    "setup": SetupAct,
    "start": StartAct,
    "pause": PauseAct,
    "resume": ResumeAct,
    "next": NextAct,
    "timer": TimerAct,
    "spotlight": SpotlightAct,
    "shock": ShockAct,
    "cancel_shock": CancelShockAct,
    "move": MoveAct,
    "remove": RemoveAct,
    "end": EndAct,
    "delete": DeleteAct,
}
_ANY_ACT: Final = TypeAdapter(dict[str, Any])


def read_act(body: bytes) -> Any:
    """An act of the teacher's in its form. Raises InputError that says what is wrong with it."""
    try:
        name = _ANY_ACT.validate_json(body).get("act")
    except ValueError:
        name = None  # told below, as of any other request
    if not isinstance(name, str) or name not in ACTS:
        known = ", ".join(ACTS)
        close = nearest(name, ACTS) if isinstance(name, str) else None
        what = "is missing" if name is None else f"'{name}' is no act" if isinstance(name, str) else "must be a text"
        raise InputError(Problem(what, "request", key="act", why=f"acts are {known}", suggestion=close))
    return read_request(body, ACTS[name])
