"""A session: joining, deciding, the teacher's acts, and a store from which all of it comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kembar.classroom.acts import act
from kembar.classroom.decision import Decision, checked
from kembar.classroom.facts import CODE_LETTERS, new_code, plain_code
from kembar.classroom.forms import ACTS, DecisionForm, JoinForm
from kembar.classroom.limits import WINDOW_SECONDS, WrongCodes
from kembar.classroom.serving import check_world, open_session, usual_cities
from kembar.classroom.session import Session
from kembar.classroom.settings import settings
from kembar.classroom.store import Store, delete_store
from kembar.errors import InputError, StorageError
from kembar.parameters import check_value, declaration
from kembar.scenario.reader import load_scenario
from kembar.scenario.records import Scenario
from kembar.web.refusals import RefusalError

LINDAU, SAGARA = "Lindau am Meer (DE)", "Sagara (ID)"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def world() -> Scenario:
    return load_scenario("two-cities")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "class.sqlite"


def opened(world: Scenario, path: Path, **words: Any) -> Session:
    session = open_session(world, path, mode=words.pop("mode", "shared"), rounds=words.pop("rounds", 3), **words)
    session.clock = Clock()
    return session


@pytest.fixture
def session(world: Scenario, path: Path) -> Iterator[Session]:
    made = opened(world, path)
    yield made
    if not made.is_deleted:
        made.store.close()


_wishes = iter(range(10**6))


def join(session: Session, name: str = "Amber Heron", team: int | None = 1, request: str | None = None) -> Any:
    wish = request or f"{next(_wishes):016d}"
    return session.join(JoinForm(code=session.facts.code, pseudonym=name, team=team, request=wish))


def do(session: Session, name: str, **words: Any) -> None:
    act(session, ACTS[name].model_validate({"act": name, **words}))


def decide(session: Session, seat: Any, round_: int, seq: int, **decision: Any) -> Any:
    return session.decide(seat, DecisionForm(round=round_, seq=seq, decision=Decision.model_validate(decision)))


def refusal(work: Any) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        work()
    return caught.value


def again(session: Session, world: Scenario) -> Session:
    """The session as another server would open it."""
    session.store.close()
    made = open_session(world, session.store.path)
    made.clock = session.clock
    return made


# Joining


def test_a_seat_is_known_by_its_token_alone(session: Session) -> None:
    seat, token = join(session)
    assert session.seat_of(token) is seat
    assert session.seat_of(token + "a") is None
    stored = "".join(session.store.path.read_bytes().decode("latin-1") for _ in range(1))
    assert token not in stored


def test_no_secret_stands_in_the_store(session: Session) -> None:
    _, token = join(session, request="q" * 20)
    console = session.new_console_token()
    content = b"".join(file.read_bytes() for file in session.store.path.parent.iterdir())
    for secret in (token, console, "q" * 20):
        assert secret.encode() not in content


def test_a_wish_whose_answer_was_lost_gets_the_same_seat(session: Session) -> None:
    first, lost = join(session, request="a" * 16)
    second, token = join(session, request="a" * 16)
    assert first.seat == second.seat
    assert session.seat_of(lost) is None
    assert session.seat_of(token) is not None


def test_a_seat_in_use_is_not_given_again(session: Session) -> None:
    _, token = join(session, request="a" * 16)
    session.seat_of(token)
    assert refusal(lambda: join(session, request="a" * 16)).code == "name"
    assert session.seat_of(token) is not None


@pytest.mark.parametrize("name", ["amber heron", "AMBER  HERON", "Ámber Heron"])
def test_a_pseudonym_is_taken_whatever_its_letters_look_like(session: Session, name: str) -> None:
    join(session)
    found = refusal(lambda: join(session, name))
    assert (found.status, found.code) == (409, "name")


@pytest.mark.parametrize("name", ["", "   ", "<b>", "a&b", "x" * 25, "-a", "a\nb\x00", "a/b", "\u202eevil", "@you"])
def test_a_pseudonym_has_few_letters_and_no_signs(name: str) -> None:
    with pytest.raises(ValueError, match="pseudonym"):
        JoinForm(code="A", pseudonym=name, request="a" * 16)


@pytest.mark.parametrize("name", ["Penyu Riang", "Łukasz 2", "O'Neil-Tan", "梅花"])
def test_a_pseudonym_may_be_of_any_language(name: str) -> None:
    assert JoinForm(code="A", pseudonym=name, request="a" * 16).pseudonym == name


def test_offered_names_are_pseudonyms() -> None:
    for names in settings().names.values():
        for name in names.all():
            assert JoinForm(code="A", pseudonym=name, request="a" * 16).pseudonym == name


def test_without_a_choice_the_smallest_team_is_joined(session: Session) -> None:
    assert [join(session, f"S{number}", None)[0].team for number in range(4)] == [1, 2, 1, 2]


def test_an_unknown_team_and_a_game_that_is_over_are_refused(session: Session) -> None:
    assert "teams are 1 to 2" in refusal(lambda: join(session, team=7)).reason
    do(session, "start")
    for number in (1, 2, 3):
        do(session, "next", round=number)
    assert refusal(lambda: join(session)).code == "phase"


def test_codes_are_unguessable_and_easy_to_type() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 10 and set(code) <= set(CODE_LETTERS) for code in codes)
    assert plain_code(" k7qf2-m9xwa ") == "K7QF2M9XWA"


def test_guessing_codes_is_slowed_down() -> None:
    clock = Clock()
    codes = WrongCodes(clock)
    for _ in range(settings().bounds.wrong_codes_a_minute):
        codes.refuse_guessing("a")
        codes.note("a")
    found = refusal(lambda: codes.refuse_guessing("a"))
    assert (found.status, found.code, found.headers["retry-after"]) == (429, "slow_down", "61")
    codes.refuse_guessing("b")
    clock.now += WINDOW_SECONDS
    codes.refuse_guessing("a")


def test_guessing_from_many_addresses_is_slowed_down_too() -> None:
    codes = WrongCodes(Clock())
    for number in range(settings().bounds.wrong_codes_of_all_a_minute):
        codes.note(str(number))
    assert refusal(lambda: codes.refuse_guessing("new")).status == 429


# Deciding


def test_a_decision_is_accepted_once_and_answered_alike(session: Session) -> None:
    seat, _ = join(session)
    do(session, "start")
    first = decide(session, seat, 1, 1, levers={"staff_factor": 2.0})
    assert first == {"accepted": True, "number": 1, "round": 1, "seq": 1, "decision": {
        "levers": {"staff_factor": 2.0}, "priorities": {}, "proposals": [], "answers": {}}}  # fmt: skip
    assert decide(session, seat, 1, 1, levers={"staff_factor": 2.0}) == first
    assert refusal(lambda: decide(session, seat, 1, 1, levers={"staff_factor": 3.0})).code == "reused"
    assert len(session.store.rows("SELECT * FROM ledger")) == 1


def test_the_same_post_gets_its_answer_whenever_it_comes(session: Session) -> None:
    seat, _ = join(session)
    do(session, "start")
    first = decide(session, seat, 1, 1)
    do(session, "next", round=1)
    assert decide(session, seat, 1, 1) == first


def test_posts_out_of_turn_are_refused_with_the_state(session: Session) -> None:
    seat, _ = join(session)
    assert refusal(lambda: decide(session, seat, 1, 1)).code == "phase"
    do(session, "start")
    decide(session, seat, 1, 5)
    found = refusal(lambda: decide(session, seat, 1, 4))
    assert (found.code, found.known["state"]["last_seq"], found.known["state"]["round"]) == ("order", 5, 1)
    assert refusal(lambda: decide(session, seat, 2, 6)).code == "round"
    do(session, "pause", round=1)
    assert refusal(lambda: decide(session, seat, 1, 6)).code == "phase"
    do(session, "resume", round=1)
    assert decide(session, seat, 1, 6)["accepted"]


def test_after_the_time_is_up_the_last_saved_counts(session: Session) -> None:
    seat, _ = join(session)
    do(session, "timer", seconds=60)
    do(session, "start")
    decide(session, seat, 1, 1, levers={"staff_factor": 2.0})
    session.clock.now += 61  # type: ignore[attr-defined]
    assert refusal(lambda: decide(session, seat, 1, 2)).code == "late"
    assert session.decision(1, 1).levers == {"staff_factor": 2.0}


def test_the_newest_decision_of_the_team_counts_and_is_carried_over(session: Session) -> None:
    one, _ = join(session, "One")
    two, _ = join(session, "Two")
    do(session, "start")
    decide(session, one, 1, 1, levers={"staff_factor": 2.0}, proposals=[SAGARA], priorities={SAGARA: "high"})
    decide(session, two, 1, 1, levers={"staff_factor": 3.0}, proposals=[SAGARA], priorities={SAGARA: "high"})
    do(session, "next", round=1)
    kept = session.decision(1, 2)
    assert (kept.levers, kept.priorities, kept.proposals) == ({"staff_factor": 3.0}, {SAGARA: "high"}, [])
    assert session.decision(2, 2) == Decision()


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (
            {"levers": {"staff_factr": 1.0}},
            "levers.staff_factr: is not among the levers of a class; did you mean staff",
        ),
        ({"levers": {"term_limit": 1.0}}, "levers.term_limit: is not among the levers of a class"),
        ({"levers": {"staff_factor": 5.1}}, "staff_factor: 5.1 is outside its range; it may lie from 0 to 5"),
        ({"levers": {"portfolio_cap": 1.5}}, "portfolio_cap"),
        ({"proposals": ["Sagra (ID)"]}, "proposals: unknown city 'Sagra (ID)'; did you mean Sagara (ID)?"),
        ({"proposals": [LINDAU]}, "proposals: Lindau am Meer (DE) is the own city"),
        ({"proposals": [SAGARA, SAGARA]}, "proposals: a city is named twice"),
        ({"priorities": {"Nowhere": "high"}}, "priorities: unknown city 'Nowhere'"),
        ({"answers": {LINDAU: "yes"}}, "answers: Lindau am Meer (DE) is the own city"),
    ],
)
def test_what_cannot_be_decided_is_told(session: Session, decision: dict[str, Any], words: str) -> None:
    seat, _ = join(session)
    do(session, "start")
    with pytest.raises(InputError) as caught:
        decide(session, seat, 1, 1, **decision)
    assert words in str(caught.value)
    assert session.store.rows("SELECT * FROM ledger") == []
    assert decide(session, seat, 1, 1)["accepted"]  # a refused post leaves no trace


def test_too_many_proposals_are_told() -> None:
    world = load_scenario("indonesia")
    keys = [city.key for city in world.cities[:4]]
    with pytest.raises(InputError, match="4 proposals; the most are 3 a year"):
        checked(Decision(proposals=keys), world, "Surabaya (ID)")


def test_bounds_of_levers_are_those_of_their_declarations() -> None:
    for key in settings().lever_keys:
        low, high = declaration(key).range
        assert check_value(key, low, ("lever",)) == check_value(key, high, ("lever",)) == ()
    assert 8 <= len(settings().lever_keys) <= 12


# The teacher


def test_the_phases_of_a_game(session: Session) -> None:
    assert (session.facts.phase, session.facts.round, session.played) == ("lobby", 0, 0)
    assert refusal(lambda: do(session, "next", round=1)).code == "phase"
    do(session, "start")
    do(session, "start")  # a second click
    assert (session.facts.phase, session.facts.round, session.played) == ("open", 1, 0)
    assert refusal(lambda: do(session, "setup", mode="shared", rounds=2, cities=[SAGARA])).code == "phase"
    assert refusal(lambda: do(session, "next", round=2)).code == "round"
    do(session, "next", round=1)
    do(session, "next", round=1)  # a second click
    assert (session.facts.round, session.played) == (2, 1)
    do(session, "pause", round=1)  # a click that comes late
    assert session.facts.phase == "open"
    do(session, "next", round=2)
    do(session, "next", round=3)
    assert (session.facts.phase, session.facts.round, session.played) == ("ended", 3, 3)
    for name, words in (
        ("pause", {"round": 3}),
        ("resume", {"round": 3}),
        ("next", {"round": 3}),
        ("end", {"round": 3}),
    ):
        do(session, name, **words)
        assert session.facts.phase == "ended"
    assert refusal(lambda: do(session, "start")).code == "phase"
    assert refusal(lambda: do(session, "timer", seconds=60)).code == "phase"


def test_a_game_ends_early_with_the_rounds_played(session: Session) -> None:
    do(session, "start")
    assert "no year has been played yet" in refusal(lambda: do(session, "end", round=1)).reason
    do(session, "next", round=1)
    do(session, "end", round=2)
    assert (session.facts.phase, session.facts.round, session.played) == ("ended", 1, 1)


def test_a_pause_keeps_the_time_that_is_left(session: Session) -> None:
    do(session, "timer", seconds=100)
    do(session, "start")
    session.clock.now += 40  # type: ignore[attr-defined]
    do(session, "pause", round=1)
    session.clock.now += 1000  # type: ignore[attr-defined]
    assert (session.facts.left, session.is_late) == (60.0, False)
    do(session, "resume", round=1)
    assert session.facts.deadline == session.clock() + 60
    do(session, "next", round=1)
    assert session.facts.deadline == session.clock() + 100
    do(session, "timer", seconds=None)
    assert session.facts.deadline is None


def test_setup_moves_those_whose_team_goes(session: Session) -> None:
    seat, _ = join(session, team=2)
    do(session, "setup", mode="parallel", rounds=5, seconds=30, cities=[SAGARA])
    assert (seat.team, session.facts.cities, session.facts.rounds, session.facts.setup) == (1, [SAGARA], 5, 2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"mode": "shared", "rounds": 2, "cities": [SAGARA, SAGARA]}, "Sagara (ID) is named twice; in a shared world"),
        ({"mode": "shared", "rounds": 2, "cities": ["Sagra"]}, "did you mean"),
    ],
)
def test_a_setup_that_cannot_be_is_told(session: Session, words: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        do(session, "setup", **words)
    assert told in str(caught.value)
    assert session.facts.setup == 1


def test_a_shock_begins_with_the_next_round_and_can_be_taken_back_until_then(session: Session) -> None:
    do(session, "start")
    words = {"kind": "disaster", "where": ["ID"], "severity": 0.5, "years": 2}
    do(session, "shock", **words, request="a" * 16)
    do(session, "shock", **words, request="a" * 16)  # a second click
    (shock,) = session.shocks.values()
    assert (shock.from_round, shock.until_round, shock.where) == (2, 4, ("ID",))
    do(session, "cancel_shock", number=shock.number)
    assert session.shocks == {}
    do(session, "shock", **words, request="b" * 16)
    do(session, "next", round=1)
    do(session, "next", round=2)
    assert "has begun in round 2" in refusal(lambda: do(session, "cancel_shock", number=2)).reason
    assert "is the last" in refusal(lambda: do(session, "shock", **words, request="c" * 16)).reason


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"kind": "freeze", "where": ["ID"]}, "a freeze is between two countries"),
        ({"kind": "freeze", "where": ["ID", "XX"]}, "unknown country 'XX'"),
        ({"kind": "disaster", "where": ["Sagra"]}, "unknown"),
    ],
)
def test_a_shock_that_reaches_nobody_is_told(session: Session, words: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        do(session, "shock", **words, severity=1.0, years=1, request="a" * 16)
    assert told in str(caught.value)


def test_seats_move_and_go(session: Session) -> None:
    seat, token = join(session)
    do(session, "move", seat=seat.seat, team=2)
    assert session.seat_of(token).team == 2  # type: ignore[union-attr]
    do(session, "remove", seat=seat.seat)
    do(session, "remove", seat=seat.seat)  # a second click
    assert session.seat_of(token) is None
    assert join(session)[0].pseudonym == "Amber Heron"  # the name is free again


# The store


def test_everything_comes_back_from_the_store(session: Session, world: Scenario) -> None:
    console = session.new_console_token()
    seat, token = join(session)
    do(session, "timer", seconds=100)
    do(session, "spotlight", spotlight={"chart": "money", "team": 1})
    do(session, "start")
    answer = decide(session, seat, 1, 3, levers={"staff_factor": 2.0})
    do(session, "shock", kind="freeze", where=["ID", "DE"], severity=1.0, years=1, request="a" * 16)
    code, deadline, shocks, log = session.facts.code, session.facts.deadline, session.shocks, session.log(1, 1)
    back = again(session, world)
    try:
        assert (back.facts.code, back.facts.deadline, back.facts.phase, back.facts.round) == (code, deadline, "open", 1)
        assert back.facts.spotlight == {"chart": "money", "team": 1}
        assert (back.shocks, back.log(1, 1)) == (shocks, log)
        assert back.is_console(console)
        found = back.seat_of(token)
        assert found is not None
        assert (found.seat, found.last_seq, found.is_used) == (seat.seat, 3, False) or found.is_used
        assert decide(back, found, 1, 3, levers={"staff_factor": 2.0}) == answer
        assert decide(back, found, 1, 4)["number"] == answer["number"] + 1
        assert back.version(1) != session.version(1)  # nobody takes the new server's state for one that he has
    finally:
        back.store.close()


def test_one_server_at_a_time_has_a_store(session: Session, world: Scenario) -> None:
    with pytest.raises(StorageError, match="another class runs with it"):
        open_session(world, session.store.path)


def test_a_store_of_another_world_is_refused(session: Session) -> None:
    session.store.close()
    with pytest.raises(InputError) as caught:
        open_session(load_scenario("indonesia"), session.store.path)
    assert "holds a class of the world 'two-cities', not of 'indonesia'" in str(caught.value)
    assert "--store" in str(caught.value)


@pytest.mark.parametrize(("mode", "rounds"), [("parallel", None), (None, 7)])
def test_other_settings_than_those_of_the_store_are_told(
    session: Session, world: Scenario, mode: str | None, rounds: int | None
) -> None:
    session.store.close()
    with pytest.raises(InputError) as caught:
        open_session(world, session.store.path, mode=mode, rounds=rounds)
    assert "this class was begun with" in str(caught.value)


def test_a_file_that_is_no_store_stays_as_it_is(world: Scenario, path: Path) -> None:
    path.write_text("my notes", encoding="utf-8")
    other = path.with_name("other.sqlite")
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE notes (text TEXT)")
    base.close()
    content = other.read_bytes()
    for file, told in ((path, "is not the store of a class"), (other, "is a database, but not the store of a class")):
        for work in (lambda: open_session(world, file), lambda: delete_store(file)):  # noqa: B023
            with pytest.raises(InputError, match=told):
                work()
    assert path.read_text(encoding="utf-8") == "my notes"
    assert other.read_bytes() == content


def test_deleting_leaves_nothing(session: Session) -> None:
    join(session)
    do(session, "delete", confirm="DELETE")
    assert session.is_deleted
    assert list(session.store.path.parent.iterdir()) == []
    assert (session.seats, session.entries) == ({}, {})


def test_a_store_is_deleted_from_outside(session: Session) -> None:
    session.store.close()
    delete_store(session.store.path)
    assert list(session.store.path.parent.iterdir()) == []
    with pytest.raises(InputError, match="there is no such file"):
        delete_store(session.store.path)


def test_a_class_that_runs_is_not_deleted_from_outside(session: Session) -> None:
    join(session)
    with pytest.raises(StorageError, match="another class runs with it"):
        delete_store(session.store.path)
    assert session.store.path.is_file()
    assert session.seats


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    store = Store(path)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.note({"a": 1})
        raise ZeroDivisionError
    assert store.facts() == {}
    store.close()


# The world


def test_a_world_that_decides_for_one_city_cannot_be_played(tmp_path: Path) -> None:
    change = 'parameter = "funding_share"\ntarget = "Sagara (ID)"\nfrom = 2027\nvalue = 0.001\nbecause = "so"\n'
    path = tmp_path / "own.toml"
    head = 'title = "Own"\nabout = "Own."\nextends = "two-cities"\n'
    path.write_text(f"{head}\n[[change]]\n{change}", encoding="utf-8")
    with pytest.raises(InputError, match="funding_share: the world changes it in Sagara"):
        check_world(load_scenario(path))


def test_usual_cities_are_those_with_most_agreements() -> None:
    world = load_scenario("indonesia")
    shared = usual_cities(world, "shared", 4)
    assert len(set(shared)) == 4
    assert all(key.endswith("(ID)") for key in shared)
    assert usual_cities(world, "parallel", 4) == shared[:1] * 4


@pytest.mark.parametrize(
    ("words", "told"),
    [({"mode": "alone"}, "--mode: there is no mode 'alone'; modes are parallel and shared"),
     ({"rounds": 0}, "--rounds: 0 rounds; a class plays 1 to 30"), ({"rounds": 31}, "--rounds: 31 rounds")],
)  # fmt: skip
def test_a_class_that_there_is_not_is_told(world: Scenario, path: Path, words: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        open_session(world, path, **words)
    assert told in str(caught.value)
    assert not path.exists()
