"""Forty students, twenty rounds, over HTTP: what the ledger holds is what the clients were told, whatever happened.

They reload, repeat posts whose answer they have, send old ones late, send for rounds that are closed, change the
content of a post, send what is no request; and in the middle of a round the server is killed and started again.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from class_client import ClassServer, Client, Counts, wait_for, write_world

STUDENTS, TEAMS, ROUNDS, KILLED_IN = 40, 10, 20, 8
LEVERS = {"funding_share": 0.006, "staff_factor": 5.0, "digital_share": 1.0, "citizen_committee": 1.0}


@dataclass
class Student:
    """A student's browser and all that it was told."""

    client: Client
    luck: random.Random
    seat: int = 0
    team: int = 0
    seq: int = 0
    accepted: dict[int, dict[str, Any]] = field(default_factory=dict)  # answers by seq
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)  # accepted posts by seq

    def join(self, code: str, number: int) -> None:
        body = {"code": code, "pseudonym": f"Student {number}", "team": number % TEAMS + 1, "request": f"{number:016d}"}
        if number % 5 == 0:  # the first answer is lost on the way: the same wish again gives the same seat
            first = self.client.ask("/api/join", body)[1]
            status, told = self.client.ask("/api/join", body)
            assert (status, told["seat"]) == (200, first["seat"])
            assert told["token"] != first["token"]
        else:
            status, told = self.client.ask("/api/join", body)
        assert status == 200, told
        self.seat, self.team, self.client.token = told["seat"], told["team"], told["token"]

    def decision(self, cities: list[str]) -> dict[str, Any]:
        levers = {
            key: round(self.luck.uniform(0.0, most), 5) for key, most in LEVERS.items() if self.luck.random() < 0.5
        }
        others = [city for city in cities if self.luck.random() < 0.1][:2]
        priorities = {city: self.luck.choice(["low", "high"]) for city in cities if self.luck.random() < 0.1}
        return {"levers": levers, "proposals": others, "priorities": priorities}

    def play(self, number: int, cities: list[str], counts: Counts) -> None:
        """One round: some decisions, and the mishaps of a classroom."""
        mine = [city for city in cities if city != self.city]
        for _ in range(self.luck.randint(1, 3)):
            post = {"round": number, "seq": self.seq + 1, "decision": self.decision(mine)}
            told = self.post(post, counts)
            assert told is not None
            self.seq += 1
            if self.luck.random() < 0.3:  # a second click, or an answer that was lost
                self.repeat(self.seq, counts)
            if self.luck.random() < 0.2 and self.seq > 1:
                self.repeat(self.luck.randint(1, self.seq), counts)  # an old one comes late: the same answer again
            if self.luck.random() < 0.2:
                self.refused({**post, "decision": {"levers": {"funding_share": 0.005999}}}, "reused", counts)
            if self.luck.random() < 0.2:
                self.refused({"round": max(1, number - 1), "seq": self.seq + 1, "decision": {}},
                             "round" if number > 1 else None, counts)  # fmt: skip
            if self.luck.random() < 0.1:
                self.refused(
                    {**post, "seq": self.seq + 1, "decision": {"levers": {"funding_share": 7.0}}}, "bad", counts
                )
            if self.luck.random() < 0.1:
                status, _ = self.client.ask("/api/decision", raw=b'{"round": ')
                assert status == 400
            if self.luck.random() < 0.15:
                self.reload(number, counts)
        if self.luck.random() < 0.2:  # a gap in the count is no harm, but what is behind it is too old from then on
            skipped = self.seq + 1
            self.seq += 2
            assert self.post({"round": number, "seq": self.seq, "decision": {}}, counts) is not None
            self.refused({"round": number, "seq": skipped, "decision": {}}, "order", counts)

    def post(self, post: dict[str, Any], counts: Counts) -> dict[str, Any] | None:
        with counts.lock:
            counts.posts += 1
        status, told = self.client.ask("/api/decision", post)
        assert status == 200, told
        assert (told["round"], told["seq"]) == (post["round"], post["seq"])
        self.accepted[post["seq"]], self.sent[post["seq"]] = told, post
        return dict(told)

    def repeat(self, seq: int, counts: Counts) -> None:
        if seq not in self.sent:
            return
        with counts.lock:
            counts.posts += 1
            counts.repeats += 1
        assert self.client.ask("/api/decision", self.sent[seq]) == (200, self.accepted[seq])

    def refused(self, post: dict[str, Any], code: str | None, counts: Counts) -> None:
        if code is None:
            return
        with counts.lock:
            counts.posts += 1
            counts.refusals[code] = counts.refusals.get(code, 0) + 1
        status, told = self.client.ask("/api/decision", post)
        assert (status, told["code"]) == (400 if code == "bad" else 409, code), told

    def reload(self, number: int, counts: Counts) -> None:
        with counts.lock:
            counts.reloads += 1
        self.client.reload()
        status, state = self.client.ask("/api/state")
        assert (status, state["round"], state["me"]["seat"], state["me"]["team"]) == (200, number, self.seat, self.team)
        assert state["me"]["last_seq"] == self.seq
        status, again = self.client.ask(f"/api/state?since={state['version']}")
        assert status == 200
        assert again.get("unchanged") or again["version"] != state["version"]

    city: str = ""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClassServer]:
    made = ClassServer(write_world(tmp_path), tmp_path / "class.sqlite", ("--mode", "shared", "--rounds", str(ROUNDS)))
    made.start()
    yield made
    made.kill()


def ledger(path: Path) -> list[sqlite3.Row]:
    """The rows of a store, in order."""
    base = sqlite3.connect(path)
    base.row_factory = sqlite3.Row
    try:
        return base.execute("SELECT * FROM ledger ORDER BY number").fetchall()
    finally:
        base.close()


def test_the_ledger_of_forty_students_is_what_they_were_told(server: ClassServer, capsys: Any) -> None:
    began = time.monotonic()
    counts = Counts()
    teacher = Client(server, counts, server.console_token)
    world = teacher.ask("/api/world")[1]
    cities = [city["key"] for city in world["cities"]]
    setup = {"act": "setup", "mode": "shared", "rounds": ROUNDS, "seconds": None, "cities": cities[:TEAMS]}
    assert teacher.ask("/api/console/act", setup)[0] == 200
    students = [Student(Client(server, counts), random.Random(number)) for number in range(STUDENTS)]
    code = server.code
    with ThreadPoolExecutor(STUDENTS) as pool:
        list(pool.map(lambda pair: pair[1].join(code, pair[0]), enumerate(students)))
        for student in students:
            student.city = cities[student.team - 1]
        assert teacher.ask("/api/console/act", {"act": "start"})[0] == 200
        killed_after = 0
        for number in range(1, ROUNDS + 1):
            if number == KILLED_IN:
                killed_after = _play_with_a_kill(server, pool, students, number, cities, counts)
            else:
                list(pool.map(lambda student: student.play(number, cities, counts), students))  # noqa: B023
            assert teacher.ask("/api/console/act", {"act": "next", "round": number})[0] == 200
            if number % 7 == 0:  # a second click of the teacher's does no harm
                assert teacher.ask("/api/console/act", {"act": "next", "round": number})[1]["round"] == number + 1
        state = wait_for(teacher, "/api/console/state", lambda state: not state.get("computing", True))
        last = {student.seat: student.client.ask("/api/state")[1] for student in students}
    assert (state["phase"], state["round"], state["played"]) == ("ended", ROUNDS, ROUNDS)
    assert all(item["results"]["years"] == list(range(2026, 2026 + ROUNDS)) for item in last.values())
    late = {"round": ROUNDS, "seq": students[0].seq + 1, "decision": {}}
    students[0].refused(late, "phase", counts)
    server.kill()

    rows = ledger(server.store)
    told = {(student.seat, seq): answer for student in students for seq, answer in student.accepted.items()}
    assert {(row["seat"], row["seq"]): json.loads(row["answer"]) for row in rows} == told
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["number"] for row in rows] == sorted(answer["number"] for answer in told.values())
    newest = {(row["team"], row["round"]): json.loads(row["answer"])["decision"]["levers"] for row in rows}
    assert len(newest) == TEAMS * ROUNDS  # every team decided in every round
    for student in students:
        assert last[student.seat]["decision"]["levers"] == newest[student.team, ROUNDS]
    assert counts.lost > 0, "nobody noticed the kill"
    assert min(counts.refusals[code] for code in ("reused", "round", "bad", "order")) > 0
    with capsys.disabled():
        print(
            f"\nforty students: {counts.posts} posts ({len(rows)} accepted, {counts.repeats} repeats), refusals "
            f"{dict(sorted(counts.refusals.items()))}, {counts.reloads} reloads; killed in round {KILLED_IN} after "
            f"{killed_after} of {STUDENTS} students, {counts.lost} requests without answer; slowest answers [s] "
            f"{ {path: round(seconds, 2) for path, seconds in sorted(counts.slowest_of.items())} }; "
            f"{time.monotonic() - began:.0f} s"
        )


def _play_with_a_kill(
    server: ClassServer, pool: ThreadPoolExecutor, students: list[Student], number: int, cities: list[str],
    counts: Counts,
) -> int:  # fmt: skip
    """A round in whose middle the server is killed: half of the students are through, others have posts under way."""
    before = wait_for(students[0].client, "/api/state", lambda state: not state.get("computing", True))
    code, through = server.code, threading.Semaphore(0)

    def one(student: Student) -> None:
        student.play(number, cities, counts)
        through.release()

    playing = [pool.submit(one, student) for student in students]
    for _ in range(STUDENTS // 4):
        through.acquire()
    server.kill()
    done = sum(item.done() for item in playing)
    assert done < STUDENTS, "the kill came too late to be in the middle of the round"
    rows = len(ledger_while_down(server.store))
    server.start()
    for item in playing:
        item.result()
    assert server.code == code
    after = wait_for(students[0].client, "/api/state", lambda state: not state.get("computing", True))
    assert after["round"] == before["round"] == number
    assert after["results"] == before["results"]  # the years played, replayed from the ledger, to the digit
    assert after["me"]["seat"] == before["me"]["seat"]
    assert len(ledger_numbers(students)) >= rows
    return done


def ledger_numbers(students: list[Student]) -> set[int]:
    """The numbers of all decisions that students were told of."""
    return {answer["number"] for student in students for answer in student.accepted.values()}


def ledger_while_down(path: Path) -> list[sqlite3.Row]:
    """The ledger of a killed server, read from copies so that the store itself stays as the kill left it."""
    copy = path.with_name("copy.sqlite")
    for ending in ("", "-wal"):
        source = path.with_name(path.name + ending)
        if source.exists():
            copy.with_name(copy.name + ending).write_bytes(source.read_bytes())
    return ledger(copy)
