"""A game of a class is the model and nothing beside it: without decisions a plain run, with them a pure function."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from kembar import records
from kembar.classroom.debrief.choices import ANSWER, LEVER, PRIORITY, PROPOSAL, choices_of, nothing, without
from kembar.classroom.debrief.futures import Futures, outcomes_of
from kembar.classroom.decision import Decision
from kembar.classroom.game import Game, Shock, spells
from kembar.classroom.play import Played, play
from kembar.classroom.proposals import NO_CONSENT, NOT_POSSIBLE, OPENED, OWN_NO_ROOM, WAITING, rules, waiting
from kembar.inputs import Layout, lay_out
from kembar.scenario.reader import load_scenario
from kembar.scenario.records import Change, Policy
from kembar.scenario.times import quarter_index
from kembar.world import RunRecord, Workspace, run_world

ROUNDS = 8
SURABAYA, BUSAN, LIVERPOOL = "Surabaya (ID)", "Busan (KR)", "Liverpool (GB)"
PARTS = ("agreements", "cities", "countries", "levers", "series", "city_years", "events", "splits")


@cache
def layout() -> Layout:
    return lay_out(load_scenario("indonesia"), ROUNDS)


def same(one: RunRecord, other: RunRecord) -> list[str]:
    """The parts of two runs that differ."""
    return [name for name in PARTS if getattr(one, name).tobytes() != getattr(other, name).tobytes()]


def decided(**first: object) -> list[Decision]:
    """A decision held in all rounds, what is asked once in the first."""
    decision = Decision.model_validate(first)
    return [decision] + [decision.carried_over()] * (ROUNDS - 1)


def partner_rows(played: Played, one: str, other: str) -> list[int]:
    index = layout().scenario.city_index
    pair = {index[one], index[other]}
    return [row for row, item in enumerate(played.record.agreements) if {item["a"], item["b"]} == pair]


def test_a_team_that_decides_nothing_has_a_plain_run() -> None:
    played = play(Game(layout(), {1: SURABAYA}), {}, 5, ROUNDS, keep_exchanges=True)
    assert same(played.record, run_world(layout().inputs(), 5, keep_exchanges=True)) == []


def test_a_lever_in_class_does_what_a_policy_does() -> None:
    held = [Decision(), *decided(levers={"funding_share": 0.0006, "ring_fence": 0.8})[1:]]
    played = play(Game(layout(), {1: SURABAYA}), {1: held}, 5, ROUNDS)
    start = quarter_index(layout().scenario.start_year + 1)
    levers = held[1].levers.items()
    changes = tuple(Change(key, SURABAYA, start, None, value, "a file says so") for key, value in levers)
    policy = Policy("file", "A file", "Of a file.", (), changes, (), "file.toml", "hash")
    assert same(played.record, run_world(layout().inputs([policy]), 5)) == []
    assert same(played.record, run_world(layout().inputs(), 5)) != []


def test_decisions_of_the_first_round_leave_the_start_as_everybody_saw_it() -> None:
    game = Game(layout(), {1: SURABAYA})
    log = {1: decided(levers={"staff_factor": 5.0})}
    before, after = play(game, {}, 5, 0), play(game, log, 5, 1)
    assert before.cities[0].tobytes() == after.cities[0].tobytes()
    assert after.levers["staff_factor"][:, 0].tolist() == [1.0, 5.0]


@pytest.mark.parametrize("rounds", [1, 5, ROUNDS])
def test_a_replay_of_the_log_gives_the_same_bytes(rounds: int) -> None:
    game = Game(layout(), {1: SURABAYA, 2: "Bandung (ID)"}, (Shock(1, "travel_stop", ("all",), 0.8, 2, 4),))
    log = {
        1: decided(levers={"funding_share": 0.001}, priorities={BUSAN: "high"}, proposals=[far_city(), BUSAN]),
        2: decided(levers={"staff_factor": 3.0}, proposals=[LIVERPOOL]),
    }
    first, again = play(game, log, 9, rounds), play(game, log, 9, rounds, workspace=Workspace())
    assert same(first.record, again.record) == []
    assert first.talks == again.talks
    assert np.array_equal(first.cities, again.cities)


def test_the_rounds_played_do_not_hang_on_decisions_to_come() -> None:
    game = Game(layout(), {1: SURABAYA})
    log = {1: decided(levers={"funding_share": 0.001})}
    other = {1: [*log[1][:4], *[Decision(levers={"funding_share": 0.006})] * 4]}
    assert same(play(game, log, 3, 4).record, play(game, other, 3, 4).record) == []
    assert same(play(game, log, 3, 5).record, play(game, other, 3, 5).record) != []


def test_a_game_that_outgrows_its_room_is_the_same_game() -> None:
    game = Game(layout(), {1: SURABAYA})
    log = {1: decided(levers={"search_effort": 3.0})}
    roomy = Workspace()
    inputs = game.inputs(log)
    roomy.world(inputs, 1, 8, True, True)
    assert same(play(game, log, 4, ROUNDS, keep_exchanges=True).record,
                play(game, log, 4, ROUNDS, keep_exchanges=True, workspace=roomy).record) == []  # fmt: skip


def test_a_priority_moves_money_to_the_partner_and_nothing_else_at_first() -> None:
    game = Game(layout(), {1: SURABAYA})
    with_it = play(game, {1: decided(priorities={BUSAN: "high"})}, 5, 1)
    plain = play(game, {}, 5, 1)
    low = play(game, {1: decided(priorities={BUSAN: "low"})}, 5, 1)
    (row,) = partner_rows(plain, SURABAYA, BUSAN)
    side = 0 if plain.record.agreements["a"][row] == layout().scenario.city_index[SURABAYA] else 1
    values = [played.record.agreements["preference"][row, side] for played in (low, plain, with_it)]
    assert values == [0.5, 1.0, 2.0]
    times = [played.record.agreements["time_fte"][row, side] for played in (low, plain, with_it)]
    assert times[0] < times[1] <= times[2]
    assert (plain.record.agreements["preference"] == 1.0).all()


def test_a_priority_ends_when_it_is_taken_back() -> None:
    log = {1: [Decision(priorities={BUSAN: "high"}), Decision(), Decision()]}
    played = play(Game(layout(), {1: SURABAYA}), log, 5, 3)
    assert (played.record.agreements["preference"] == 1.0).all()


def test_a_city_of_the_model_answers_by_the_rules_of_the_search() -> None:
    keys = [city.key for city in layout().scenario.cities if city.country != "ID"]
    game = Game(layout(), {1: SURABAYA})
    answers: dict[str, int] = {}
    for start in range(0, 45, 3):
        played = play(game, {1: decided(proposals=keys[start : start + 3])}, 5, 1)
        for talk in played.talks:
            answers[talk.answer] = answers.get(talk.answer, 0) + 1
            rows = partner_rows(played, SURABAYA, talk.partner)
            opened = [row for row in rows if played.record.agreements["opened_quarter"][row] == 0]
            assert bool(opened) == (talk.answer == OPENED)
    assert answers[OPENED] > 0
    assert answers["not_worth"] > 0


def test_no_talks_within_a_country_nor_with_a_partner_that_there_is() -> None:
    played = play(Game(layout(), {1: SURABAYA}), {1: decided(proposals=["Bandung (ID)", BUSAN])}, 5, 1)
    assert [talk.answer for talk in played.talks] == [NOT_POSSIBLE, NOT_POSSIBLE]


def test_an_office_at_its_cap_proposes_in_vain() -> None:
    full = {"portfolio_cap": 0.0}
    log = {1: [Decision(levers=full), Decision(levers=full, proposals=[far_city()])]}
    assert play(Game(layout(), {1: SURABAYA}), log, 5, 2).talks[0].answer == OWN_NO_ROOM


def far_city() -> str:
    """A foreign city without an agreement with Surabaya."""
    known = {item.city_a for item in layout().scenario.agreements if item.city_b == SURABAYA}
    known |= {item.city_b for item in layout().scenario.agreements if item.city_a == SURABAYA}
    return next(city.key for city in layout().scenario.cities if city.country != "ID" and city.key not in known)


@pytest.fixture(scope="module")
def pair_game() -> Game:
    """Two teams in two countries that have no agreement with each other."""
    return Game(layout(), {1: SURABAYA, 2: far_city()})


def test_two_teams_that_wish_it_in_one_year_open_talks_at_once(pair_game: Game) -> None:
    other = pair_game.cities[2]
    played = play(pair_game, {1: decided(proposals=[other]), 2: decided(proposals=[SURABAYA])}, 5, 1)
    assert [talk.answer for talk in played.talks] == [OPENED, OPENED]
    assert len(partner_rows(played, SURABAYA, other)) == 1


def test_a_proposal_to_a_team_waits_for_its_yes(pair_game: Game) -> None:
    other = pair_game.cities[2]
    asked = {1: [Decision(proposals=[other]), Decision()], 2: [Decision(), Decision(answers={SURABAYA: "yes"})]}
    played = play(pair_game, asked, 5, 2)
    assert [(talk.round, talk.answer) for talk in played.talks] == [(1, WAITING), (2, OPENED)]
    (row,) = partner_rows(played, SURABAYA, other)
    assert played.record.agreements["opened_quarter"][row] == records.QUARTERS_PER_YEAR


@pytest.mark.parametrize("answers", [{}, {SURABAYA: "no"}])
def test_without_a_yes_there_are_no_talks(pair_game: Game, answers: dict[str, str]) -> None:
    asked = {1: [Decision(proposals=[pair_game.cities[2]]), Decision()],
             2: [Decision(), Decision.model_validate({"answers": answers})]}  # fmt: skip
    played = play(pair_game, asked, 5, 2)
    assert [talk.answer for talk in played.talks] == [WAITING, NO_CONSENT]
    assert partner_rows(played, SURABAYA, pair_game.cities[2]) == []


def test_a_proposal_that_was_impossible_is_told_once_and_asked_of_nobody() -> None:
    game = Game(layout(), {1: SURABAYA, 2: "Busan (KR)"})  # they have an agreement
    asked = {1: [Decision(proposals=["Busan (KR)"]), Decision()], 2: [Decision(), Decision(answers={SURABAYA: "yes"})]}
    played = play(game, asked, 5, 2)
    assert [(talk.round, talk.team, talk.answer) for talk in played.talks] == [(1, 1, NOT_POSSIBLE)]
    assert waiting(played.talks, game, 2, 2) == []


def test_a_yes_without_a_proposal_opens_nothing(pair_game: Game) -> None:
    played = play(pair_game, {2: [Decision(answers={SURABAYA: "yes"})] * 2}, 5, 2)
    assert played.talks == ()
    assert partner_rows(played, SURABAYA, pair_game.cities[2]) == []


def test_the_model_never_pairs_two_teams(two_towns: object) -> None:
    world = two_towns
    world.agreements["stage"][:] = records.ENDED  # type: ignore[attr-defined]
    assert rules()["may_pair"](world, 0, 1)
    world.cities["is_played"][:] = 1  # type: ignore[attr-defined]
    assert not rules()["may_pair"](world, 0, 1)
    assert rules()["is_possible_pair"](world, 0, 1)


def test_a_shock_begins_with_its_round() -> None:
    game = Game(layout(), {1: SURABAYA}, (Shock(1, "fiscal_crisis", ("ID",), 0.5, 3, 5),))
    plain = Game(layout(), {1: SURABAYA})
    assert same(play(game, {}, 5, 2).record, play(plain, {}, 5, 2).record) == []
    struck = play(game, {}, 5, 4)
    row = layout().scenario.city_index[SURABAYA]
    assert struck.record.cities["crisis"][row] == 0.5
    assert play(game, {}, 5, 5).record.cities["crisis"][row] == 0.0


def test_parallel_worlds_share_their_luck() -> None:
    one, other = (play(Game(layout(), {team: SURABAYA}), {}, 5, 4) for team in (1, 7))
    assert same(one.record, other.record) == []


def test_the_decisions_of_a_team_are_found_and_taken_back_one_by_one() -> None:
    game = Game(layout(), {1: SURABAYA, 2: "Bandung (ID)"})
    log = [
        Decision(levers={"funding_share": 0.001, "staff_factor": 1.0}, proposals=["Perth (AU)"]),
        Decision(levers={"funding_share": 0.001}, priorities={BUSAN: "low"}, answers={"Bandung (ID)": "yes"}),
        Decision(levers={"funding_share": 0.002}, priorities={BUSAN: "low"}, answers={"Bandung (ID)": "no"}),
    ]
    found = choices_of(game, 1, log)
    assert [(item.kind, item.key, item.first, item.until, item.value) for item in found] == [
        (LEVER, "funding_share", 1, 3, 0.001),
        (LEVER, "funding_share", 3, None, 0.002),  # a staff factor of 1 is what the city has anyway
        (PRIORITY, BUSAN, 2, None, "low"),
        (PROPOSAL, "Perth (AU)", 1, 2, "yes"),
        (ANSWER, "Bandung (ID)", 2, 3, "yes"),
    ]
    bare = log
    for item in found:
        bare = without(bare, item)
    assert choices_of(game, 1, bare) == []
    assert choices_of(game, 1, nothing(log)) == []
    assert without(log, found[0])[2] == log[2]


def test_futures_are_plays_with_other_lucks() -> None:
    game = Game(layout(), {1: SURABAYA})
    log = {1: decided(levers={"funding_share": 0.001})}
    futures = Futures([11, 12], ROUNDS, lambda: None)
    try:
        found = futures.outcomes(game, log, 1)
    finally:
        futures.close()
    assert found.tolist() == [outcomes_of(play(game, log, seed, ROUNDS), 1) for seed in (11, 12)]


def test_spells_cover_all_rounds_once() -> None:
    assert spells([]) == []
    assert spells([1, 1, 2]) == [(1, 3, 1), (3, None, 2)]
