"""The class's server: who may ask what, what is answered, and that no request can bring it down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kembar.classroom.server import make_app
from kembar.classroom.serving import open_session, qr_lines, qr_rows, shown_code
from kembar.classroom.settings import settings as class_settings
from kembar.scenario.reader import load_scenario
from kembar.web.requests import MOST_BYTES

PORT = 8766
ADDRESS = f"http://127.0.0.1:{PORT}"
STUDENT_ROUTES = (("GET", "/api/state"), ("POST", "/api/decision"), ("GET", "/api/debrief"))
CONSOLE_ROUTES = (
    ("GET", "/api/console/state"),
    ("POST", "/api/console/act"),
    ("GET", "/api/console/debrief"),
    ("GET", "/api/console/debrief/1"),
)
LEAST_BODIES = {
    "/api/look": {"code": "X"},
    "/api/join": {"code": "X", "pseudonym": "Amber Heron", "request": "a" * 16},
    "/api/decision": {"round": 1, "seq": 1},
    "/api/console/act": {"act": "pause", "round": 1},
}


class Class:
    """A running class, its console's token, and students."""

    def __init__(self, client: TestClient, session: Any) -> None:
        self.client, self.session = client, session
        self.console = session.new_console_token()
        self._number = 0

    def ask(self, method: str, path: str, token: str | None = None, body: Any = None, **options: Any) -> Any:
        headers = {**options.pop("headers", {})}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.client.request(method, path, headers=headers, json=body, **options)

    def join(self, team: int = 1) -> str:
        self._number += 1
        body = {"code": self.session.facts.code, "pseudonym": f"S {self._number}", "team": team,
                "request": f"{self._number:016d}"}  # fmt: skip
        return str(self.ask("POST", "/api/join", body=body).json()["token"])

    @cached_property
    def student(self) -> str:
        """The token of one student."""
        return self.join()

    def act(self, name: str, **words: Any) -> Any:
        return self.ask("POST", "/api/console/act", self.console, {"act": name, **words})

    def played(self, token: str, rounds: int) -> Any:
        """The state once so many rounds are played."""
        for _ in range(400):
            state = self.ask("GET", "/api/state", token).json()
            if not state["computing"] and state["played"] == rounds:
                return state
            time.sleep(0.05)
        raise AssertionError("the round was not played")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Class]:
    session = open_session(load_scenario("two-cities"), tmp_path / "class.sqlite", mode="shared", rounds=2)
    join = {"address": ADDRESS + "/", "code": shown_code(session.facts.code), "link": "", "qr": [], "lan": False}
    app = make_app(session, names=("127.0.0.1", "localhost"), port=PORT, join=join)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield Class(client, session)
    if not session.is_deleted:
        session.store.close()


# Who may ask


@pytest.mark.parametrize(("method", "path"), [*STUDENT_ROUTES, *CONSOLE_ROUTES, ("GET", "/api/world")])
@pytest.mark.parametrize("token", [None, "", "guess", "x" * 5000])
def test_without_a_known_token_nothing_is_told(running: Class, method: str, path: str, token: str | None) -> None:
    response = running.ask(method, path, token, LEAST_BODIES.get(path) if method == "POST" else None)
    assert (response.status_code, response.json()["code"]) == (401, "token")


@pytest.mark.parametrize(("method", "path"), CONSOLE_ROUTES)
def test_a_seat_cannot_reach_the_console(running: Class, method: str, path: str) -> None:
    response = running.ask(method, path, running.join(), LEAST_BODIES.get(path) if method == "POST" else None)
    assert (response.status_code, response.json()["code"]) == (403, "role")
    assert running.session.facts.phase == "lobby"


@pytest.mark.parametrize(("method", "path"), STUDENT_ROUTES)
def test_the_console_is_no_seat(running: Class, method: str, path: str) -> None:
    response = running.ask(method, path, running.console, LEAST_BODIES.get(path) if method == "POST" else None)
    assert (response.status_code, response.json()["code"]) == (403, "role")


def test_a_student_acts_for_his_own_team_alone(running: Class) -> None:
    mine, other = running.join(1), running.join(2)
    running.act("start")
    body = {"round": 1, "seq": 1, "decision": {"levers": {"staff_factor": 2.0}}}
    for key in ("team", "seat", "city", "token"):  # whatever is added, a decision is the seat's own
        assert running.ask("POST", "/api/decision", mine, {**body, key: 2}).status_code == 400
    assert running.ask("POST", "/api/decision", mine, body).status_code == 200
    assert running.ask("GET", "/api/state", other).json()["decision"]["levers"] == {}
    assert running.session.decision(2, 1).levers == {}


def test_no_answer_tells_a_token(running: Class) -> None:
    mine, other = running.join(1), running.join(1)
    running.act("start")
    state = running.ask("GET", "/api/state", mine).text + running.ask("GET", "/api/console/state", running.console).text
    world = running.ask("GET", "/api/world", mine).text
    for secret in (mine, other, running.console):
        assert secret not in state + world
    assert running.session.facts.code not in running.ask("GET", "/api/state", mine).text


def test_a_removed_seat_is_out(running: Class) -> None:
    token = running.join()
    running.act("remove", seat=1)
    assert running.ask("GET", "/api/state", token).status_code == 401


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "192.168.1.5:8766", ""])
def test_another_host_is_refused(running: Class, host: str) -> None:
    response = running.client.get("/api/messages/en", headers={"host": host})
    assert (response.status_code, response.json()["code"]) == (403, "host")
    assert "127.0.0.1 or localhost" in response.json()["errors"][0]


def test_on_the_network_only_the_chosen_address_is_answered(tmp_path: Path) -> None:
    session = open_session(load_scenario("two-cities"), tmp_path / "class.sqlite")
    app = make_app(session, names=("192.168.1.5",), port=PORT, join={})
    with TestClient(app, base_url=f"http://192.168.1.5:{PORT}") as client:
        assert client.get("/api/messages/en").status_code == 200
        for host in (f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"192.168.1.6:{PORT}"):
            assert client.get("/api/messages/en", headers={"host": host}).status_code == 403
        foreign = client.post("/api/look", json={"code": "X"}, headers={"origin": "http://evil.example"})
        assert (foreign.status_code, "unknown origin" in foreign.json()["errors"][0]) == (403, True)
    session.store.close()


def test_every_answer_keeps_the_page_to_itself(running: Class) -> None:
    for path in ("/", "/console", "/page/student.js", "/api/state", "/nowhere"):
        headers = running.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page/student.html", "/page/x.js"])
def test_no_other_file_is_given(running: Class, path: str) -> None:
    assert running.client.get(path).status_code == 404


def test_pages_and_what_they_share_with_the_app(running: Class) -> None:
    assert running.client.get("/").headers["content-type"].startswith("text/html")
    assert running.client.get("/console").text != running.client.get("/").text
    assert running.client.get("/page/dom.js").headers["content-type"].startswith("text/javascript")
    texts = running.client.get("/api/messages/id").json()["texts"]
    assert {key.partition(".")[0] for key in texts} == {"class", "app", "terms"}


# Joining


def test_the_code_is_asked_for_before_anything_is_told(running: Class) -> None:
    response = running.ask("POST", "/api/look", body={"code": "WRONG-CODE2"})
    assert (response.status_code, response.json()["code"]) == (404, "code")
    found = running.ask("POST", "/api/look", body={"code": shown_code(running.session.facts.code).lower()}).json()
    assert [team["city"] for team in found["teams"]] == running.session.facts.cities
    assert all(len(names) == class_settings().bounds.offered_names for names in found["names"].values())


def test_guessing_ends_even_with_the_right_code(running: Class) -> None:
    for _ in range(class_settings().bounds.wrong_codes_a_minute):
        assert running.ask("POST", "/api/look", body={"code": "WRONG"}).status_code == 404
    body = {**LEAST_BODIES["/api/join"], "code": running.session.facts.code}
    response = running.ask("POST", "/api/join", body=body)
    assert (response.status_code, response.json()["code"]) == (429, "slow_down")
    assert int(response.headers["retry-after"]) > 0


# A game


def test_a_game_from_the_lobby_to_the_end(running: Class) -> None:
    token = running.join(1)
    start = running.played(token, 0)
    assert (start["phase"], start["results"]["years"], start["in_force"]["funding_share"]) == ("lobby", [], 0.00015)
    running.act("start")
    body = {"round": 1, "seq": 1, "decision": {"levers": {"funding_share": 0.001}}}
    assert running.ask("POST", "/api/decision", token, body).json()["number"] == 1
    console = running.ask("GET", "/api/console/state", running.console).json()
    (row,) = [row for row in console["choices"] if row["field"] == "funding_share"]
    assert (row["touched"], row["min"], row["median"], row["max"]) == ([1], 0.00015, 0.000575, 0.001)
    running.act("next", round=1)
    state = running.played(token, 1)
    assert (state["round"], state["results"]["years"], state["in_force"]["funding_share"]) == (2, [2026], 0.001)
    assert (state["saved"], state["decision"]["levers"]) == (None, {"funding_share": 0.001})
    assert running.ask("GET", "/api/debrief", token).json()["code"] == "ready"
    running.act("spotlight", spotlight={"chart": "active", "team": None})
    shown = running.ask("GET", "/api/state", token).json()["shown"]
    assert [len(item["values"]) for item in shown["teams"]] == [1, 1]
    for chart in ("choices", "points", "money", "events"):
        running.act("spotlight", spotlight={"chart": chart, "team": 1})
        assert running.ask("GET", "/api/state", token).json()["shown"]["chart"] == chart
    running.act("next", round=2)
    assert running.played(token, 2)["phase"] == "ended"
    for _ in range(600):
        debrief = running.ask("GET", "/api/state", token).json()["debrief"]
        if debrief["state"] != "making":
            break
        time.sleep(0.1)
    assert (debrief["state"], debrief["done"]) == ("ready", debrief["total"])
    for language, words in (("en", "What you chose"), ("id", "Yang Anda pilih")):
        page = running.ask("GET", f"/api/debrief?language={language}", token)
        assert page.headers["content-type"].startswith("text/html")
        assert words in page.text
        assert "<script" not in page.text
    assert running.ask("GET", "/api/console/debrief", running.console).status_code == 200
    assert running.ask("GET", "/api/console/debrief/2", running.console).status_code == 200
    assert running.ask("GET", "/api/console/debrief/3", running.console).status_code == 404
    assert running.ask("GET", "/api/debrief?language=xx", token).status_code == 400


def test_nothing_new_is_told_in_a_few_bytes(running: Class) -> None:
    token = running.join()
    running.played(token, 0)
    version = running.ask("GET", "/api/state", token).json()["version"]
    same = running.ask("GET", f"/api/state?since={version}", token)
    assert same.json().keys() == {"unchanged", "version", "now"}
    running.act("start")
    assert running.ask("GET", f"/api/state?since={version}", token).json()["phase"] == "open"


def test_what_another_team_does_is_no_news(running: Class) -> None:
    mine, other = running.join(1), running.join(2)
    running.act("start")
    running.played(mine, 0)
    version = running.ask("GET", "/api/state", mine).json()["version"]
    running.ask("POST", "/api/decision", other, {"round": 1, "seq": 1})
    assert running.ask("GET", f"/api/state?since={version}", mine).json().get("unchanged")


def test_after_the_deletion_everything_is_gone(running: Class) -> None:
    token = running.join()
    assert running.act("delete", confirm="yes").status_code == 400
    assert running.act("delete", confirm="DELETE").json() == {"phase": "deleted"}
    for method, path, asked in (("GET", "/api/state", token), ("GET", "/api/console/state", running.console),
                                ("POST", "/api/look", None)):  # fmt: skip
        response = running.ask(method, path, asked, LEAST_BODIES.get(path) if method == "POST" else None)
        assert (response.status_code, response.json()["code"]) == (410, "gone")
    assert not running.session.store.path.exists()


def test_a_disk_that_does_not_play_along_is_told(running: Class) -> None:
    token = running.join()
    running.act("start")
    running.ask("GET", "/api/state", token)
    running.session.store.close()
    response = running.ask("POST", "/api/decision", token, {"round": 1, "seq": 1})
    assert (response.status_code, response.json()["code"]) == (503, "disk")
    assert "the store cannot be used" in response.json()["errors"][0]
    assert running.session.entries == {}


# Malformed


def test_a_large_or_foreign_body_is_refused(running: Class) -> None:
    token = running.join()
    huge = {"round": 1, "seq": 1, "decision": {"proposals": ["a" * MOST_BYTES]}}
    assert running.ask("POST", "/api/decision", token, huge).json()["code"] == "large"
    plain = running.client.post("/api/decision", content="{}", headers={"authorization": f"Bearer {token}"})
    assert plain.json()["code"] == "kind"
    assert running.client.get("/api/join").json()["code"] == "method"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"round": 1, "seq": 0}, "seq: 0 is outside its range; the least is 1"),
        ({"round": 1, "seq": 2**53}, "seq"),
        ({"round": 99, "seq": 1}, "round: 99 is outside its range; the greatest is 30"),
        ({"round": 1.5, "seq": 1}, "round: must be a whole number"),
        ({"round": 1, "seq": 1, "decision": {"lever": {}}}, "unknown key"),
        ({"round": 1, "seq": 1, "decision": {"levers": {"staff_factor": True}}}, "must be a number"),
        ({"round": 1, "seq": 1, "decision": {"priorities": {"Sagara (ID)": "top"}}}, "'top' is not allowed"),
    ],
)
def test_a_request_that_is_none_is_told_what_is_wrong(running: Class, body: dict[str, Any], words: str) -> None:
    token = running.join()
    running.act("start")
    response = running.ask("POST", "/api/decision", token, body)
    assert (response.status_code, response.json()["code"]) == (400, "bad")
    assert words in response.json()["errors"][0]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_is_a_mistake_of_the_program(running: Class, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(LEAST_BODIES)))
    body = dict(LEAST_BODIES[path])
    if path == "/api/console/act":
        body["act"] = data.draw(st.sampled_from(["setup", "timer", "spotlight", "shock", "move", "nothing"]))
    keys = [*body, "decision", "cities", "where", "spotlight", "new"]
    for key in data.draw(st.lists(st.sampled_from(keys), max_size=3)):
        body[key] = data.draw(ANYTHING)
    token = running.console if "console" in path else running.student
    content = json.dumps(body).encode() if data.draw(st.booleans()) else data.draw(st.binary(max_size=60))
    response = running.client.post(
        path, content=content, headers={"authorization": f"Bearer {token}", "content-type": "application/json"}
    )
    assert response.status_code < 500, (body, response.text)
    if response.status_code >= 400:
        told = response.json()
        assert told["code"]
        assert all(error.startswith("error: ") and "\n" not in error for error in told["errors"])


# The way in


def test_a_qr_code_of_the_link_can_be_drawn() -> None:
    rows = qr_rows("http://192.168.1.5:8766/#code=K7QF2M9XWA")
    assert len(rows) == len(rows[0]) >= 25
    assert {"".join(sorted(set(row))) for row in rows} <= {"01", "0", "1"}
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[:7] for row in rows[:7]] == [row[-7:] for row in rows[:7]] == finder
    lines = qr_lines(rows)
    assert len(lines) == (len(rows) + 5) // 2
    assert set("".join(lines)) <= set("█▀▄ ")
