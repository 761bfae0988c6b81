"""What the teacher does: each act is checked, stored, and then holds. The same act again does nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kembar.classroom import forms
from kembar.classroom.play import Shock
from kembar.classroom.session import ENDED, LOBBY, OPEN, PAUSED, Session
from kembar.classroom.store import hashed
from kembar.errors import InputError, Problem
from kembar.scenario.records import Event
from kembar.scenario.targets import event_problems, find_city
from kembar.scenario.times import quarter_index
from kembar.web.refusals import RefusalError


def act(session: Session, form: Any) -> None:
    """Do what a form asks for. Raises InputError or RefusalError, and then nothing has changed."""
    _DOING[type(form)](session, form)


def _refuse(session: Session, reason: str, code: str = "phase") -> RefusalError:
    return RefusalError(409, reason, code, known={"state": session.brief()})


def _need(session: Session, *phases: str) -> None:
    if session.facts.phase not in phases:
        reason = f"this needs the phase {' or '.join(phases)}; the session is in '{session.facts.phase}'"
        raise _refuse(session, reason)


def check_cities(session: Session, mode: str, names: list[str]) -> list[str]:
    """The keys of the teams' cities. Raises InputError for an unknown one, or one that two teams share in one world."""
    cities = [session.scenario.cities[find_city(session.scenario, name, file="request")].key for name in names]
    if mode == "shared" and len(set(cities)) < len(cities):
        twice = next(city for city in cities if cities.count(city) > 1)
        why = "in a shared world every team has a city of its own"
        raise InputError(Problem(f"{twice} is named twice", "request", key="cities", why=why))
    return cities


def _setup(session: Session, form: forms.SetupAct) -> None:
    _need(session, LOBBY)
    cities = check_cities(session, form.mode, form.cities)
    moved = [seat for seat in session.seats.values() if seat.team > len(cities)]
    facts = {"mode": form.mode, "rounds": form.rounds, "seconds": form.seconds, "cities": cities}
    with session.store.transaction():
        session.store.note({**facts, "setup": session.facts.setup + 1})
        for seat in moved:
            session.store.change("seats", "seat", seat.seat, team=len(cities))
    for seat in moved:
        seat.team = len(cities)
    session.hold(**facts, setup=session.facts.setup + 1)


def _start(session: Session, form: forms.StartAct) -> None:
    if session.facts.phase == LOBBY:
        session.note(phase=OPEN, round=1, deadline=_deadline(session), left=None)
    elif session.facts.phase == ENDED:
        _need(session, LOBBY)


def _deadline(session: Session) -> float | None:
    seconds = session.facts.seconds
    return None if seconds is None else session.clock() + seconds


def _of_open_round(session: Session, number: int) -> bool:
    """Whether an act is about the round under way; one about a round that is closed has been done before."""
    if session.facts.phase == LOBBY:
        _need(session, OPEN)
    if number > session.facts.round:
        raise _refuse(session, f"round {number} has not begun; round {session.facts.round} is open", "round")
    return number == session.facts.round and session.facts.phase != ENDED


def _pause(session: Session, form: forms.PauseAct) -> None:
    if _of_open_round(session, form.round) and session.facts.phase == OPEN:
        deadline = session.facts.deadline
        left = None if deadline is None else max(0.0, deadline - session.clock())
        session.note(phase=PAUSED, deadline=None, left=left)


def _resume(session: Session, form: forms.ResumeAct) -> None:
    if _of_open_round(session, form.round) and session.facts.phase == PAUSED:
        left = session.facts.left
        session.note(phase=OPEN, deadline=None if left is None else session.clock() + left, left=None)


def _next(session: Session, form: forms.NextAct) -> None:
    if not _of_open_round(session, form.round):
        return
    if form.round == session.facts.rounds:
        session.note(phase=ENDED, deadline=None, left=None)
    else:
        session.note(phase=OPEN, round=form.round + 1, deadline=_deadline(session), left=None)


def _timer(session: Session, form: forms.TimerAct) -> None:
    phase = session.facts.phase
    if phase == ENDED:
        _need(session, LOBBY, OPEN, PAUSED)
    seconds = None if form.seconds is None else float(form.seconds)
    deadline = session.clock() + seconds if phase == OPEN and seconds is not None else None
    session.note(seconds=form.seconds, deadline=deadline, left=seconds if phase == PAUSED else None)


def _spotlight(session: Session, form: forms.SpotlightAct) -> None:
    shown = form.spotlight
    if shown is not None and shown.team is not None and shown.team not in session.teams:
        what = f"there is no team {shown.team}; teams are 1 to {len(session.teams)}"
        raise InputError(Problem(what, "request", key="spotlight.team"))
    session.note(spotlight=None if shown is None else shown.model_dump())


def _shock(session: Session, form: forms.ShockAct) -> None:
    if session.store.rows("SELECT number FROM shocks WHERE request_hash = ?", hashed(form.request)):
        return
    _need(session, LOBBY, OPEN, PAUSED)
    first = session.facts.round + 1
    if first > session.facts.rounds:
        raise _refuse(session, f"round {session.facts.rounds} is the last; a shock would begin after it")
    start = session.scenario.start_year + first - 1
    where = tuple(form.where)
    times = (quarter_index(start), quarter_index(start + form.years))
    if form.kind == "freeze" and len(set(where)) < 2:
        raise InputError(Problem("a freeze is between two countries", "request", key="where"))
    problems = event_problems(session.scenario, Event(form.kind, *times, form.severity, where, "", file="request"))
    if problems:
        raise InputError(problems)
    values = {"kind": form.kind, "severity": form.severity, "from_round": first, "until_round": first + form.years}
    with session.store.transaction():
        kept = {"places": "\n".join(where), "request_hash": hashed(form.request)}
        number = session.store.put("shocks", **values, **kept)
    session.shocks[number] = Shock(number, form.kind, where, form.severity, first, first + form.years)
    session.touch()


def _cancel_shock(session: Session, form: forms.CancelShockAct) -> None:
    shock = session.shocks.get(form.number)
    if shock is None:
        return
    if session.facts.phase == ENDED or shock.from_round <= session.facts.round - 1:
        raise _refuse(session, f"shock {form.number} has begun in round {shock.from_round}")
    with session.store.transaction():
        session.store.change("shocks", "number", form.number, is_cancelled=1)
    del session.shocks[form.number]
    session.touch()


def _seat(session: Session, number: int) -> Any:
    seat = session.seats.get(number)
    if seat is None:
        raise InputError(Problem(f"there is no seat {number}", "request", key="seat"))
    return seat


def _move(session: Session, form: forms.MoveAct) -> None:
    seat = _seat(session, form.seat)
    if form.team not in session.teams:
        what = f"there is no team {form.team}; teams are 1 to {len(session.teams)}"
        raise InputError(Problem(what, "request", key="team"))
    with session.store.transaction():
        session.store.change("seats", "seat", seat.seat, team=form.team)
    seat.team = form.team
    session.touch()


def _remove(session: Session, form: forms.RemoveAct) -> None:
    seat = session.seats.get(form.seat)
    if seat is None:
        return
    with session.store.transaction():
        session.store.change("seats", "seat", seat.seat, is_removed=1)
    session.drop_seat(seat)
    session.touch()


def _end(session: Session, form: forms.EndAct) -> None:
    if not _of_open_round(session, form.round):
        return
    if session.facts.round == 1:
        raise _refuse(session, "no year has been played yet; close the first round, or delete the session")
    session.note(phase=ENDED, round=session.facts.round - 1, deadline=None, left=None)


def _delete(session: Session, form: forms.DeleteAct) -> None:
    session.delete()


_DOING: Final[Mapping[type[Any], Callable[[Session, Any], None]]] = {
    forms.SetupAct: _setup,
    forms.StartAct: _start,
    forms.PauseAct: _pause,
    forms.ResumeAct: _resume,
    forms.NextAct: _next,
    forms.TimerAct: _timer,
    forms.SpotlightAct: _spotlight,
    forms.ShockAct: _shock,
    forms.CancelShockAct: _cancel_shock,
    forms.MoveAct: _move,
    forms.RemoveAct: _remove,
    forms.EndAct: _end,
    forms.DeleteAct: _delete,
}
