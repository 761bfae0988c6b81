"""The debrief: its numbers are those of runs, and its pages say them in both languages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kembar.analysis.estimates import mean_estimate
from kembar.classroom.comparison import compare_choices
from kembar.classroom.debrief.futures import StoppedError, outcomes_of
from kembar.classroom.debrief.making import make_debrief
from kembar.classroom.debrief.page import class_page, team_page
from kembar.classroom.debrief.words import Words
from kembar.classroom.debriefing import Debriefs
from kembar.classroom.decision import Decision
from kembar.classroom.game import Game, Shock
from kembar.classroom.play import play
from kembar.classroom.plays import GROUP, PLAYED, Snapshot
from kembar.classroom.settings import settings
from kembar.classroom.store import Store
from kembar.experiment.luck import run_seed
from kembar.inputs import lay_out
from kembar.language import messages
from kembar.scenario.reader import load_scenario

ROUNDS, SEED = 6, 3
LINDAU, SAGARA = "Lindau am Meer (DE)", "Sagara (ID)"
THRIFT = {"funding_share": 0.00001, "staff_factor": 0.2}


def taken(mode: str = "shared") -> Snapshot:
    """Two teams: one saves money and staff, the other does nothing after a first decision that moves nothing."""
    layout = lay_out(load_scenario("two-cities"), ROUNDS)
    shocks = (Shock(1, "travel_stop", ("all",), 0.5, 3, 4),)
    cities = {1: LINDAU, 2: SAGARA}
    games = [cities] if mode == "shared" else [{team: city} for team, city in cities.items()]
    log = {
        1: [Decision(levers=THRIFT)] * ROUNDS,
        2: [Decision(priorities={LINDAU: "high"})] + [Decision()] * (ROUNDS - 1),
    }
    return Snapshot(1, ROUNDS, tuple(Game(layout, one, shocks) for one in games), log, SEED)


@cache
def debrief(mode: str = "shared") -> dict[str, Any]:
    return make_debrief(taken(mode), lambda done, total: None)


def team(number: int, mode: str = "shared") -> dict[str, Any]:
    found: dict[str, Any] = debrief(mode)["teams"][number - 1]
    return found


def test_what_happened_is_what_was_played() -> None:
    snapshot = taken()
    game = snapshot.games[0]
    seed = run_seed(SEED, GROUP, PLAYED)
    here = play(game, snapshot.log, seed, ROUNDS)
    there = play(game, {**snapshot.log, 1: []}, seed, ROUNDS)
    for side, played in (("played", here), ("baseline", there)):
        values = [team(1)[side][name] for name in ("points", "active_years", "spent_kusd", "left_kusd")]
        assert values == outcomes_of(played, 1)
    assert team(1)["played"]["spent_kusd"] < team(1)["baseline"]["spent_kusd"]


def test_an_effect_is_the_mean_over_the_paired_futures() -> None:
    snapshot = taken()
    game = snapshot.games[0]
    differences = []
    for place in range(settings().debrief.lucks):
        seed = run_seed(SEED, GROUP, PLAYED + 1 + place)
        pair = [outcomes_of(play(game, log, seed, ROUNDS), 1) for log in (snapshot.log, {**snapshot.log, 1: []})]
        differences.append(pair[0][0] - pair[1][0])
    by_hand = mean_estimate(np.array(differences))
    found = team(1)["effects"]["points"]
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((by_hand.mean, by_hand.low, by_hand.high))
    assert len(differences) >= 50
    assert found["high"] < 0.0


def test_a_decision_is_judged_at_the_level_of_all_that_are_looked_at() -> None:
    snapshot = taken()
    game = snapshot.games[0]
    weak = [Decision(levers={"staff_factor": 0.2})] * ROUNDS
    differences = []
    for place in range(settings().debrief.lucks):
        seed = run_seed(SEED, GROUP, PLAYED + 1 + place)
        pair = [outcomes_of(play(game, log, seed, ROUNDS), 1) for log in (snapshot.log, {**snapshot.log, 1: weak})]
        differences.append(pair[0][0] - pair[1][0])
    by_hand = mean_estimate(np.array(differences), 1.0 - 0.05 / 2)  # two decisions
    (found,) = (item for item in team(1)["choices"] if item["key"] == "funding_share")
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((by_hand.mean, by_hand.low, by_hand.high))
    assert (found["first"], found["until"], found["value"], found["instead_of"]) == (1, None, 0.00001, 0.00015)


def test_the_largest_effect_comes_first() -> None:
    sizes = [abs(item["mean"]) for item in team(1)["choices"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 2


def test_a_decision_that_does_nothing_does_not_stand_out() -> None:
    (only,) = team(2)["choices"]  # the city's only partner cannot be put before another one
    assert (only["mean"], only["clear"]) == (0.0, False)
    for language, words in (
        ("en", "No single decision stands out"),
        ("id", "Tidak ada satu keputusan pun yang menonjol"),
    ):
        assert words in team_page(debrief(), 2, language)


def test_the_other_teams_decisions_are_kept_in_the_baseline() -> None:
    alone = team(2, "parallel")["baseline"]["points"]
    together = team(2)["baseline"]["points"]
    assert alone != together


@pytest.mark.parametrize("language", ["en", "id"])
def test_pages_stand_alone_and_leave_no_message_open(language: str) -> None:
    for page in (team_page(debrief(), 1, language), class_page(debrief(), language)):
        assert page.startswith("<!DOCTYPE html>")
        assert f'<html lang="{language}">' in page
        assert not re.search(r'(src|href)="(?!data:)', page)
        assert "<script" not in page
        text = re.sub(r'"data:[^"]*"|<style>.*?</style>', "", page, flags=re.DOTALL)
        assert not re.search(r"\{\w*\}|built-in|\bNone\b|\bnan\b|Undefined", text)


def test_both_languages_say_the_same_numbers() -> None:
    def numbers(page: str, mark: str) -> list[str]:
        text = re.sub(r"<[^>]*>|<style>.*?</style>", " ", page, flags=re.DOTALL)
        return sorted(found.replace(mark, ".") for found in re.findall(r"[−+]?\d+[.,]\d+", text))

    for make in (lambda code: team_page(debrief(), 1, code), lambda code: class_page(debrief(), code)):
        assert numbers(make("en"), ".") == numbers(make("id"), ",")


def test_names_are_text_and_no_markup() -> None:
    found = {**debrief(), "world": "<script>alert(1)</script>", "name": "other"}
    assert "<script>alert" not in team_page(found, 1, "en")
    assert "&lt;script&gt;" in team_page(found, 1, "en")


@pytest.mark.parametrize(
    ("key", "value", "english", "indonesian"),
    [
        ("funding_share", 0.00015, "0.015%", "0,015%"),
        ("digital_share", 0.5, "50%", "50%"),
        ("staff_factor", 1.5, "1.5", "1,5"),
        ("agreement_years", 5.0, "5 years", "5 tahun"),
        ("portfolio_cap", 99.0, "99", "99"),
    ],
)
def test_values_are_written_as_people_write_them(key: str, value: float, english: str, indonesian: str) -> None:
    told = [Words(messages(code), 2026).lever_value(key, value) for code in ("en", "id")]
    assert told == [english, indonesian]


def test_choices_are_compared_over_the_teams() -> None:
    decisions = {1: Decision(levers={"staff_factor": 3.0}, proposals=["A", "B"]), 2: Decision(), 3: Decision()}
    rows = {row["field"]: row for row in compare_choices(decisions, {2: {"staff_factor": 0.5}})}
    staff = rows["staff_factor"]
    assert (staff["touched"], staff["min"], staff["median"], staff["max"]) == ([1], 0.5, 1.0, 3.0)
    assert [item["value"] for item in rows["proposals"]["values"]] == [2, 0, 0]


def test_a_debrief_is_made_once_for_a_log(tmp_path: Path) -> None:
    store = Store(tmp_path / "class.sqlite")
    store.keep_debrief(taken().hash, debrief())
    made = Debriefs(lambda: None, lambda: None)
    made.want(taken(), store.debrief)
    assert made.state()["state"] == "ready"
    assert made.page(1, "en") == team_page(debrief(), 1, "en")
    assert taken("parallel").hash != taken().hash
    made.shut()
    store.close()


def test_a_debrief_is_given_up_when_the_server_ends() -> None:
    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        make_debrief(taken(), stop)
