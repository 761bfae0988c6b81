"""The server: what it answers, whom it refuses, and that no request can bring it down."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.testclient import TestClient

from kembar.app import requests as forms
from kembar.app.engine import Engine
from kembar.app.requests import MOST_PAIRS
from kembar.app.server import Answers, make_app
from kembar.app.turns import MOST_AT_WORK, Turns
from kembar.errors import InputError
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.scenario.reader import load_policy, load_scenario
from kembar.web import requests as reading
from kembar.web.refusals import RefusalError
from kembar.web.requests import MOST_BYTES
from kembar.world import run_world

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
CHANGE = {"parameter": "citizen_committee", "target": "all", "from": "2027Q1", "value": 1.0, "because": "asked"}
VARIANT = {"title": "Committees", "about": "Committees.", "change": [CHANGE], "event": []}
QUESTION = {"page": "a1", "move": 0, "seed": 1, "pairs": 3, "variants": [VARIANT], "parameters": {}}
RUN = {"seed": 1, "replicate": 0, "variant": VARIANT}
AGREEMENT = "Lindau am Meer (DE) - Sagara (ID)"
# The forms of the routes with a sound request each.
POSTS: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "/api/what-if": (forms.WhatIfForm, {**QUESTION, "pairs": 1}),
    "/api/replay": (forms.RunForm, RUN),
    "/api/city": (forms.CityForm, {**RUN, "city": "Sagara (ID)"}),
    "/api/life": (forms.LifeForm, {**RUN, "agreement": AGREEMENT}),
    "/api/twins": (forms.TwinForm, {"seed": 1, "variant": VARIANT, "agreement": AGREEMENT, "fate": "saved"}),
    "/api/policy": (forms.PolicyForm, {"variant": VARIANT}),
    "/api/page": (forms.PageForm, {"seed": 1, "pairs": 1, "variants": [], "language": "en"}),
}


_moves = iter(range(1, 10**9))


def in_own_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own: a browser test before this one may have left a loop running in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def question(**changes: object) -> dict[str, Any]:
    """A sound question that comes after all before it."""
    return {**QUESTION, "move": next(_moves), **changes}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = make_app(load_scenario("two-cities"), port=PORT)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as made:
        made.post("/api/what-if", json=question())  # until the rules are compiled there is a line that says so
        yield made


def lines(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.splitlines()]


def test_the_page_is_served(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert '<script type="module" src="/page/main.js">' in response.text
    assert client.get("/page/main.js").headers["content-type"].startswith("text/javascript")


def test_every_answer_keeps_the_page_to_itself(client: TestClient) -> None:
    for response in (client.get("/"), client.get("/api/world"), client.get("/nowhere"), client.post("/api/replay")):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "127.0.0.1:80", "evil.localhost:8765", ""])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/", headers={"host": host})
    assert response.status_code == 403
    assert "unknown host" in response.json()["errors"][0]


@pytest.mark.parametrize("origin", ["http://example.org", "null", "https://127.0.0.1:8765", "http://127.0.0.1:9"])
def test_another_origin_is_refused(client: TestClient, origin: str) -> None:
    response = client.post("/api/what-if", json=question(), headers={"origin": origin})
    assert response.status_code == 403
    assert "unknown origin" in response.json()["errors"][0]


def test_a_page_of_another_site_is_refused(client: TestClient) -> None:
    assert client.get("/api/world", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_the_own_page_may_ask(client: TestClient) -> None:
    for name in ("127.0.0.1", "localhost"):
        host = f"{name}:{PORT}"
        response = client.get("/api/world", headers={"host": host, "origin": f"http://{host}"})
        assert response.status_code == 200


@pytest.mark.parametrize(
    "path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page/index.html", "/page//etc/passwd"]
)
def test_no_path_of_a_request_reaches_the_disk(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_answer_narrows_line_by_line(client: TestClient) -> None:
    found = lines(client.post("/api/what-if", json=question(pairs=7)))
    assert [line["pairs"] for line in found] == [1, 2, 5, 7]
    assert {line["wanted"] for line in found} == {7}
    first, last = (line["variants"][0]["effects"]["active_years_per_agreement"] for line in (found[0], found[-1]))
    assert first["low"] is None
    assert last["low"] < last["effect"] < last["high"]


def test_the_answer_is_the_engines(client: TestClient) -> None:
    found = lines(client.post("/api/what-if", json=question(seed=5)))[-1]
    engine = Engine(load_scenario("two-cities"))
    expected = engine.answer_of(engine.ask(5, [load_policy("citizen-committees")]), 3)
    assert found["variants"][0]["effects"] == expected["variants"][0]["effects"]
    assert found["baseline"] == expected["baseline"]


def test_without_variants_there_is_the_baseline_alone(client: TestClient) -> None:
    found = lines(client.post("/api/what-if", json=question(variants=[])))[-1]
    assert found["variants"] == []
    assert found["baseline"]["outcomes"]["signed_agreements"]["runs"] == 3


def test_a_late_question_is_refused(client: TestClient) -> None:
    assert client.post("/api/what-if", json=question(page="late", move=5)).status_code == 200
    for move in (5, 4):
        response = client.post("/api/what-if", json=question(page="late", move=move))
        assert response.status_code == 409
        assert response.json()["errors"] == [f"error: move {move} comes after move 5 of the same page"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": -1}, "request: seed: -1 is outside its range; the least is 0"),
        ({"pairs": MOST_PAIRS + 1}, f"the greatest is {MOST_PAIRS}"),
        ({"pairs": "many"}, "request: pairs: must be a whole number, not 'many'"),
        ({"page": "../../etc"}, "request: page"),
        ({"variants": [VARIANT] * 4}, "request: variants"),
        ({"variants": [{**VARIANT, "change": [{**CHANGE, "value": 2}]}]}, "citizen_committee: 2 is outside its range"),
        ({"variants": [{**VARIANT, "change": [{**CHANGE, "target": "Atlantis"}]}]}, "unknown target 'Atlantis'"),
        ({"variants": [{**VARIANT, "rules": "x.py"}]}, "variant A: rules: unknown key"),
        ({"parameters": {"citizen_committee": 1}}, "citizen_committee: is not a uncertainty"),
        ({"parameters": {"judgement_error": 1e9}}, "judgement_error: 1000000000.0 is outside its range"),
        ({"force": True}, "request: force: unknown key"),
    ],
)
def test_bad_input_is_told_as_for_a_file(client: TestClient, changes: dict[str, Any], words: str) -> None:
    response = client.post("/api/what-if", json=question(**changes))
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error.startswith("error: ") and words in error


def test_a_body_of_another_kind_is_refused(client: TestClient) -> None:
    response = client.post("/api/what-if", content=json.dumps(QUESTION), headers={"content-type": "text/plain"})
    assert response.status_code == 415


def test_a_huge_body_is_refused(client: TestClient) -> None:
    huge = json.dumps({**QUESTION, "page": "a" * MOST_BYTES})
    response = client.post("/api/what-if", content=huge, headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json()["errors"] == [f"error: the request is too large; the most are {MOST_BYTES} bytes"]


def test_a_deep_body_is_refused(client: TestClient) -> None:
    deep = "[" * 20_000 + "]" * 20_000
    response = client.post("/api/what-if", content=deep, headers={"content-type": "application/json"})
    assert response.status_code == 400


def test_a_slow_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOWEST_BODY_SECONDS", 0.01)

    async def stream() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()  # for ever

    asked: Any = SimpleNamespace(headers={"content-type": "application/json"}, stream=stream)
    with pytest.raises(RefusalError) as caught:
        in_own_loop(reading.read_body(asked))
    assert caught.value.status == 408


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/what-if", 405), ("DELETE", "/", 405), ("GET", "/x", 404)]
)
def test_other_ways_of_asking_are_refused(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json()["errors"][0].startswith("error: ")


def test_an_unknown_language_names_the_known(client: TestClient) -> None:
    response = client.get("/api/messages/ide")
    assert response.status_code == 400
    assert "did you mean id?" in response.json()["errors"][0]


def test_unknown_places_name_the_nearest(client: TestClient) -> None:
    city = client.post("/api/city", json={**RUN, "city": "Sagara (IE)"})
    assert city.status_code == 400 and "did you mean Sagara (ID)?" in city.json()["errors"][0]
    life = client.post("/api/life", json={**RUN, "agreement": "Sagara - Lindau"})
    assert life.status_code == 400 and "unknown agreement" in life.json()["errors"][0]
    twins = client.post("/api/twins", json={**POSTS["/api/twins"][1], "agreement": "Atlantis"})
    assert twins.status_code == 400 and "unknown agreement 'Atlantis'" in twins.json()["errors"][0]


def test_a_policy_file_is_what_the_page_holds(client: TestClient) -> None:
    text = client.post("/api/policy", json={"variant": VARIANT}).text
    assert 'parameter = "citizen_committee"' in text and "value = 1.0" in text


def test_a_static_page_is_made_of_pairs_that_were_computed_in_turns(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"seed": 11, "pairs": 3, "variants": [VARIANT], "language": "en"}
    taken: list[object] = []
    take = Turns.take

    async def counted(turns: Turns, work: Any) -> Any:
        taken.append(work)
        return await take(turns, work)

    monkeypatch.setattr(Turns, "take", counted)
    page = client.post("/api/page", json=asked).text
    assert len(taken) == 3 + 1
    found = re.search(r'id="embedded">(.*?)</script>', page, re.DOTALL)
    assert found is not None and json.loads(found[1])["pairs"] == 3


def test_a_world_that_cannot_be_built_is_told_at_once() -> None:
    with pytest.raises(InputError, match="unknown language 'xx'"):
        make_app(load_scenario("two-cities"), port=PORT, language="xx")


def test_a_replay_is_the_run_of_that_seed(client: TestClient) -> None:
    replay = client.post("/api/replay", json={"seed": 3, "replicate": 2}).json()
    record = run_world(build(load_scenario("two-cities")), run_seed(3, 0, 2), keep_exchanges=True)
    assert replay["seed"] == str(record.seed)
    active = replay["stages"].index("active")
    for year in range(replay["years"]):
        quarter = 4 * (year + 1)
        now = [[stage for turn, stage in item["stages"] if turn <= quarter][-1] for item in replay["agreements"]]
        assert now.count(active) == record.series["active"][year], year


def test_a_citys_years_are_those_of_the_run(client: TestClient) -> None:
    life = client.post("/api/city", json={"seed": 3, "replicate": 2, "city": "Sagara"}).json()
    record = run_world(build(load_scenario("two-cities")), run_seed(3, 0, 2))
    row = record.inputs.city_keys.index("Sagara (ID)")
    assert life["commitment"] == pytest.approx(record.city_years["commitment"][:, row].tolist(), rel=5e-3)
    assert sum(map(sum, life["sectors"].values())) == pytest.approx(
        record.city_years["sector_points"][:, row].sum(), rel=5e-3
    )
    assert all(asked > 0 for asked in life["asked_kusd"])


def _broken_values(schema: dict[str, Any], sound: Any) -> st.SearchStrategy[Any]:
    """Values that a property of a form may be sent with: of wrong kinds, at and past its bounds, and sound ones."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )
    edges = [schema[key] + step for key in ("minimum", "maximum") if key in schema for step in (-1, 0, 1)]
    return st.one_of(anything, st.just(sound), st.sampled_from(edges) if edges else st.text(max_size=600))


def _broken_variant() -> st.SearchStrategy[Any]:
    change = st.fixed_dictionaries(
        {},
        optional={
            "parameter": st.sampled_from(["citizen_committee", "funding_share", "idr_per_usd", "x"])
            | st.text(max_size=5),
            "target": st.sampled_from(["all", "ID", "Sagara", "Mars"]) | st.text(max_size=5),
            "from": st.sampled_from(["2027", "2027Q5", 2030, 1e9, None, "٢٠٢٧"]) | st.text(max_size=6),
            "until": st.sampled_from(["2026", "2040Q1", None, -1]),
            "value": st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=4) | st.none(),
            "because": st.text(max_size=4),
            "more": st.none(),
        },
    )
    event = st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["travel_stop", "freeze", "disaster", "flood"]),
            "from": st.sampled_from(["2027", "2030Q2", 7]),
            "until": st.sampled_from(["2029", "2031Q2", "never"]),
            "severity": st.floats(-1, 2) | st.none(),
            "where": st.lists(st.sampled_from(["all", "ID", "DE", "XX", ""]), max_size=3) | st.text(max_size=3),
            "because": st.text(max_size=4),
        },
    )
    return st.fixed_dictionaries(
        {"title": st.text(max_size=4) | st.just("t"), "about": st.just("a")},
        optional={
            "change": st.lists(change, max_size=3),
            "event": st.lists(event, max_size=2),
            "claims": st.lists(st.text(max_size=3), max_size=2),
        },
    )


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """A route and a body that breaks its form in some ways, and now and then in none."""
    path = draw(st.sampled_from(sorted(POSTS)))
    form, sound = POSTS[path]
    body = dict(sound)
    schema = form.model_json_schema()["properties"]
    for name in draw(st.lists(st.sampled_from(sorted(schema)), unique=True, max_size=len(schema))):
        if draw(st.booleans()) and name in ("variant", "variants"):
            variant = draw(_broken_variant())
            body[name] = [variant] if name == "variants" else variant
        elif draw(st.integers(0, 5)) == 0:
            body.pop(name, None)
        else:
            body[name] = draw(_broken_values(schema[name], sound.get(name)))
    if isinstance(body.get("pairs"), int):
        body["pairs"] = body["pairs"] if not 1 <= body["pairs"] <= MOST_PAIRS else 1
    if draw(st.integers(0, 9)) == 0:
        body[draw(st.text(max_size=6))] = draw(st.none() | st.text(max_size=6))
    raw = json.dumps(body).encode()
    if draw(st.integers(0, 9)) == 0:
        raw = raw[: draw(st.integers(0, len(raw)))] + draw(st.binary(max_size=20))
    return path, raw


@pytest.mark.slow
@settings(
    max_examples=600 if os.environ.get("KEMBAR_REDUCED") == "1" else 3000,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(_requests())
def test_any_request_gets_an_answer_or_a_clear_refusal(client: TestClient, request_: tuple[str, bytes]) -> None:
    path, raw = request_
    response = client.post(path, content=raw, headers={"content-type": "application/json"})
    assert response.status_code in (200, 400, 409, 413), (path, raw, response.text)
    if response.status_code != 200:
        errors = response.json()["errors"]
        assert errors and all(error.startswith("error: ") and "\n" not in error for error in errors)


def test_the_server_lives_after_all_that(client: TestClient) -> None:
    asked = question(page="after")  # another page's: those before may have come with any number of moves
    assert lines(client.post("/api/what-if", json=asked))[-1]["pairs"] == 3


def test_a_newer_question_ends_the_older_one_of_its_page() -> None:
    async def scene() -> tuple[bool, bool, bool]:
        turns = Turns()
        older, other = turns.open("one", 1), turns.open("two", 1)
        newer = turns.open("one", 2)
        return older.is_ended, newer.is_ended, other.is_ended

    assert in_own_loop(scene()) == (True, False, False)


def test_an_ended_question_computes_nothing_more() -> None:
    answers = Answers(load_scenario("two-cities"), "en", 1)
    computed: list[int] = []

    class Counted(Engine):
        def pair(self, question: Any, replicate: int) -> Any:
            computed.append(replicate)
            return super().pair(question, replicate)

    answers.engine = Counted(answers.engine.scenario)

    async def scene() -> list[dict[str, Any]]:
        answers.is_warm.set()
        question = answers.turns.open("one", 1)
        told = []
        async for line in answers._stream(answers.engine.ask(1, []), question, MOST_PAIRS):
            told.append(json.loads(line))
            if not question.is_ended:
                answers.turns.open("one", 2)
        return told

    told = in_own_loop(scene())
    assert "newer question" in told[-1]["ended"]
    assert len(computed) == 1


def test_too_many_questions_are_refused_and_room_comes_back() -> None:
    async def scene() -> tuple[int, bool]:
        turns = Turns()
        questions = [turns.open(f"page{place}", 1) for place in range(MOST_AT_WORK)]
        with pytest.raises(RefusalError) as caught:
            turns.open("more", 1)
        turns.close(questions[0])
        turns.close(questions[0])  # closing twice counts once
        return caught.value.status, not turns.open("more", 1).is_ended

    assert in_own_loop(scene()) == (503, True)


def test_a_heavy_question_does_not_hold_up_a_light_one() -> None:
    async def scene() -> int:
        turns = Turns()
        done = {"heavy": 0, "light": 0}

        def work(name: str) -> None:
            done[name] += 1

        async def ask(name: str, pairs: int) -> None:
            for _ in range(pairs):
                await turns.take(partial(work, name))

        heavy = asyncio.create_task(ask("heavy", 400))
        await asyncio.sleep(0)
        await ask("light", 5)
        heavy.cancel()
        return done["heavy"]

    assert in_own_loop(scene()) < 20  # turns alternate: about one pair of the heavy question for each of the light one
