"""Whatever posts come in whatever order, and however often the server starts anew: the ledger is what was answered."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.classroom.acts import act
from kembar.classroom.decision import Decision
from kembar.classroom.forms import ACTS, DecisionForm, JoinForm
from kembar.classroom.serving import open_session
from kembar.classroom.session import Session
from kembar.scenario.reader import load_scenario
from kembar.web.refusals import RefusalError

WORLD = load_scenario("two-cities")
SEATS = 3
POST = st.tuples(
    st.just("post"),
    st.integers(1, SEATS),
    st.integers(1, 4),  # round
    st.integers(1, 6),  # seq
    st.sampled_from([0.5, 1.5]),  # content
)
ACT = st.tuples(st.just("act"), st.sampled_from(["next", "pause", "resume"]))
START_ANEW = st.tuples(st.just("start"))


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(POST | POST | POST | ACT | START_ANEW, max_size=40))
def test_the_ledger_is_what_was_answered(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session = _begun(Path(folder) / "class.sqlite")
        accepted: dict[tuple[int, int], tuple[Any, Any]] = {}
        for kind, *words in steps:
            if kind == "start":
                session.store.close()
                session = open_session(WORLD, session.store.path)
            elif kind == "act":
                act(session, ACTS[words[0]].model_validate({"act": words[0], "round": max(1, session.facts.round)}))
            else:
                _post(session, accepted, *words)
            _check(session, accepted)
        session.store.close()


def _begun(path: Path) -> Session:
    session = open_session(WORLD, path, mode="shared", rounds=4)
    for number in range(SEATS):
        session.join(JoinForm(code="x", pseudonym=f"S{number}", team=number % 2 + 1, request=f"{number:016d}"))
    act(session, ACTS["start"].model_validate({"act": "start"}))
    return session


def _post(session: Session, accepted: dict[Any, Any], seat: int, round_: int, seq: int, value: float) -> None:
    form = DecisionForm(round=round_, seq=seq, decision=Decision(levers={"staff_factor": value}))
    known = accepted.get((seat, seq))
    newest = max((one for (other, one) in accepted if other == seat), default=0)
    facts = session.facts
    try:
        answer = session.decide(session.seats[seat], form)
    except RefusalError as refused:
        expected = (
            "reused" if known is not None
            else "order" if seq < newest
            else "phase" if facts.phase != "open"
            else "round"
        )  # fmt: skip
        assert refused.code == expected
        assert known is None or known[0] != form
        assert known is not None or seq < newest or facts.phase != "open" or round_ != facts.round
        return
    if known is None:
        assert (facts.phase, facts.round, seq > newest) == ("open", round_, True)
        accepted[seat, seq] = (form, answer)
    else:
        assert known == (form, answer)


def _check(session: Session, accepted: dict[Any, Any]) -> None:
    rows = session.store.rows("SELECT * FROM ledger ORDER BY number")
    assert {(row["seat"], row["seq"]): json.loads(row["answer"]) for row in rows} == {
        key: dict(answer) for key, (_, answer) in accepted.items()
    }
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    for team in session.teams:
        for number in range(1, session.facts.round + 1):
            mine = [row for row in rows if (row["team"], row["round"]) == (team, number)]
            if mine:
                assert session.decision(team, number) == Decision.model_validate_json(mine[-1]["decision"])
