"""A session: its phases, seats and ledger. Everything it knows stands in the store before anybody is told.

Phases: `lobby` until the start, then `open` (the round can be decided) and `paused` in turns, at last `ended`. When a
round's time is up it stays open, but nothing more is accepted until the teacher closes it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kembar.classroom.decision import NOTHING, Decision, checked
from kembar.classroom.facts import ENDED, OPEN, Entry, Facts, Seat, plain_code
from kembar.classroom.forms import DecisionForm, JoinForm
from kembar.classroom.game import Shock
from kembar.classroom.settings import settings
from kembar.classroom.store import Store, hashed
from kembar.errors import folded
from kembar.parameters.values import hash_of
from kembar.scenario.records import Scenario
from kembar.web.refusals import RefusalError


@dataclass
class Session:
    """An open session. One thread uses it: that of the server."""

    store: Store
    scenario: Scenario
    facts: Facts
    clock: Callable[[], float] = time.time
    seats: dict[int, Seat] = field(default_factory=dict)
    entries: dict[tuple[int, int], Entry] = field(default_factory=dict)  # by seat and seq
    latest: dict[tuple[int, int], Entry] = field(default_factory=dict)  # by team and round
    shocks: dict[int, Shock] = field(default_factory=dict)
    is_deleted: bool = False
    changes: int = 0  # seen by everybody
    team_changes: dict[int, int] = field(default_factory=dict)
    console_changes: int = 0
    boot: str = field(default_factory=lambda: secrets.token_hex(4))
    _by_token: dict[str, Seat] = field(default_factory=dict)
    _consoles: set[str] = field(default_factory=set)
    _last_number: int = 0

    def __post_init__(self) -> None:
        """Take up what the store has."""
        self._consoles = {row["token_hash"] for row in self.store.rows("SELECT token_hash FROM console")}
        for row in self.store.rows("SELECT * FROM seats WHERE is_removed = 0"):
            known = {name: row[name] for name in ("seat", "pseudonym", "team", "token_hash", "request_hash")}
            self._take_seat(Seat(**known, is_used=bool(row["is_used"])))
        for row in self.store.rows("SELECT * FROM ledger ORDER BY number"):
            names = ("number", "seat", "team", "round", "seq", "content_hash")
            held = {"decision": Decision.model_validate_json(row["decision"]), "answer": json.loads(row["answer"])}
            self._take_entry(Entry(**{name: row[name] for name in names}, **held))
        for row in self.store.rows("SELECT * FROM shocks WHERE is_cancelled = 0"):
            places = tuple(row["places"].split("\n"))
            times = (row["from_round"], row["until_round"])
            self.shocks[row["number"]] = Shock(row["number"], row["kind"], places, row["severity"], *times)

    # What is so

    @property
    def is_late(self) -> bool:
        """Whether the round's time is up."""
        return self.facts.deadline is not None and self.clock() > self.facts.deadline

    @property
    def teams(self) -> range:
        """The teams' numbers."""
        return range(1, len(self.facts.cities) + 1)

    @property
    def played(self) -> int:
        """Rounds that are closed."""
        return self.facts.round if self.facts.phase == ENDED else max(0, self.facts.round - 1)

    def city(self, team: int) -> str:
        """A team's city."""
        return self.facts.cities[team - 1]

    def members(self, team: int) -> list[Seat]:
        """The seats of a team."""
        return [seat for seat in self.seats.values() if seat.team == team]

    def decision(self, team: int, number: int) -> Decision:
        """What counts for a team in a round: the newest accepted decision, or what holds on from the round before."""
        return self.log(team, number)[-1] if number > 0 else NOTHING

    def log(self, team: int, rounds: int) -> list[Decision]:
        """What counts for a team in each of the first rounds."""
        found: list[Decision] = []
        for number in range(1, rounds + 1):
            entry = self.latest.get((team, number))
            before = found[-1].carried_over() if found else NOTHING
            found.append(before if entry is None else entry.decision)
        return found

    def brief(self, seat: Seat | None = None) -> dict[str, Any]:
        """The least that a page must know after a refusal."""
        facts = self.facts
        return {
            "version": self.version(None if seat is None else seat.team),
            **{"phase": facts.phase, "round": facts.round, "late": self.is_late, "deadline": facts.deadline},
            **{"now": self.clock(), "last_seq": None if seat is None else seat.last_seq},
        }

    def version(self, team: int | None) -> str:
        """What a team, or the console, has seen when it has seen everything."""
        everything = self.console_changes + sum(self.team_changes.values())
        own = everything if team is None else self.team_changes.get(team, 0)
        return f"{self.boot}-{self.changes}-{own}"

    def touch(self, team: int | None = None) -> None:
        """Tell everybody, or a team and the console, that something is new."""
        if team is None:
            self.changes += 1
        else:
            self.team_changes[team] = self.team_changes.get(team, 0) + 1

    def touch_console(self) -> None:
        """Tell the console alone that something is new."""
        self.console_changes += 1

    # Who asks

    def new_console_token(self) -> str:
        """A token for the console; those of before stay valid, as an open console keeps its own."""
        token = secrets.token_urlsafe(32)
        with self.store.transaction():
            self.store.put("console", token_hash=hashed(token))
        self._consoles.add(hashed(token))
        return token

    def is_console(self, token: str) -> bool:
        """Whether a token is the console's."""
        return hashed(token) in self._consoles

    def seat_of(self, token: str) -> Seat | None:
        """The seat of a token, noted as used and seen."""
        seat = self._by_token.get(hashed(token))
        if seat is None:
            return None
        seat.seen_at = self.clock()
        if not seat.is_used:
            with self.store.transaction():
                self.store.change("seats", "seat", seat.seat, is_used=1)
            seat.is_used = True
        return seat

    def has_code(self, text: str) -> bool:
        """Whether a text is the session's code."""
        return secrets.compare_digest(plain_code(text).encode(), self.facts.code.encode())

    # Joining and deciding

    def join(self, form: JoinForm) -> tuple[Seat, str]:
        """A seat and its token, which is told once. Raises RefusalError when there is none to be had."""
        token, wish = secrets.token_urlsafe(32), hashed(form.request)
        again = next((seat for seat in self.seats.values() if seat.request_hash == wish), None)
        if again is not None and not again.is_used:  # the answer was lost: nobody has the first token
            with self.store.transaction():
                self.store.change("seats", "seat", again.seat, token_hash=hashed(token))
            del self._by_token[again.token_hash]
            again.token_hash = hashed(token)
            self._by_token[again.token_hash] = again
            return again, token
        team = self._free_team(form)
        with self.store.transaction():
            values = {"pseudonym": form.pseudonym, "team": team, "request_hash": wish}
            number = self.store.put("seats", **values, token_hash=hashed(token))
        seat = Seat(number, form.pseudonym, team, hashed(token), wish)
        self._take_seat(seat)
        self.touch(team)
        return seat, token

    def _free_team(self, form: JoinForm) -> int:
        if self.facts.phase == ENDED:
            raise RefusalError(
                409, "the game is over; nobody can join any more", "phase", known={"state": self.brief()}
            )
        if any(folded(seat.pseudonym) == folded(form.pseudonym) for seat in self.seats.values()):
            raise RefusalError(409, f"the pseudonym '{form.pseudonym}' is taken; choose another one", "name")
        if len(self.seats) >= settings().bounds.most_seats:
            raise RefusalError(409, f"the class is full; {settings().bounds.most_seats} seats are the most", "full")
        if form.team is not None and form.team not in self.teams:
            raise RefusalError(409, f"there is no team {form.team}; teams are 1 to {len(self.teams)}", "full")
        return form.team or min(self.teams, key=lambda team: (len(self.members(team)), team))

    def decide(self, seat: Seat, form: DecisionForm) -> Mapping[str, Any]:
        """Accept a decision, once: the same post again gets the same answer. Raises RefusalError or InputError."""
        content = hash_of([form.round, form.decision.model_dump(mode="json")])
        known = self.entries.get((seat.seat, form.seq))
        if known is not None:
            if known.content_hash == content:
                return known.answer
            reason = f"post {form.seq} of this seat was accepted with another content"
            raise self._refused(reason, "reused", seat)
        self._refuse_out_of_turn(seat, form)
        decision = checked(form.decision, self.scenario, self.city(seat.team))
        number = self._last_number + 1
        answer: dict[str, Any] = {"accepted": True, "number": number, "round": form.round, "seq": form.seq}
        answer["decision"] = decision.plain()
        entry = Entry(number, seat.seat, seat.team, form.round, form.seq, content, decision, answer)
        row = {name: getattr(entry, name) for name in ("number", "seat", "team", "round", "seq", "content_hash")}
        with self.store.transaction():
            told = {"decision": decision.model_dump_json(), "answer": json.dumps(answer)}
            self.store.put("ledger", **row, **told, accepted_at=self.clock())
        self._take_entry(entry)
        self.touch(seat.team)
        return answer

    def _refuse_out_of_turn(self, seat: Seat, form: DecisionForm) -> None:
        facts = self.facts
        if form.seq < seat.last_seq:
            raise self._refused(f"post {seat.last_seq} of this seat is newer than {form.seq}", "order", seat)
        if facts.phase != OPEN:
            raise self._refused(
                f"nothing can be decided now: the session is in the phase '{facts.phase}'", "phase", seat
            )
        if form.round != facts.round:
            reason = f"round {form.round} cannot be decided; round {facts.round} is open"
            raise self._refused(reason, "round", seat)
        if self.is_late:
            reason = f"the time of round {facts.round} is up; what was saved last counts"
            raise self._refused(reason, "late", seat)

    def _refused(self, reason: str, code: str, seat: Seat | None = None) -> RefusalError:
        return RefusalError(409, reason, code, known={"state": self.brief(seat)})

    # Keeping

    def _take_seat(self, seat: Seat) -> None:
        self.seats[seat.seat] = seat
        self._by_token[seat.token_hash] = seat

    def drop_seat(self, seat: Seat) -> None:
        """Forget a seat that the store has marked as removed."""
        del self.seats[seat.seat]
        del self._by_token[seat.token_hash]

    def _take_entry(self, entry: Entry) -> None:
        self.entries[entry.seat, entry.seq] = entry
        self.latest[entry.team, entry.round] = entry
        self._last_number = entry.number
        if entry.seat in self.seats:
            self.seats[entry.seat].last_seq = max(self.seats[entry.seat].last_seq, entry.seq)

    def note(self, **values: Any) -> None:
        """Write facts into the store, then hold them."""
        with self.store.transaction():
            self.store.note(values)
        self.hold(**values)

    def hold(self, **values: Any) -> None:
        """Hold facts that are in the store, and tell everybody."""
        self.facts = replace(self.facts, **values)
        self.touch()

    def delete(self) -> None:
        """Delete all student data: the store, and what is held of it."""
        self.store.delete()
        self.is_deleted = True
        for held in (self.seats, self.entries, self.latest, self._by_token, self.shocks):
            held.clear()
        self._consoles.clear()
        self.touch()
