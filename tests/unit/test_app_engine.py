"""The app's pairs of runs: the seeds and numbers of the command line, and what is kept of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kembar.analysis.fates import LEAST_PAIRS
from kembar.app.answers import answer, survival
from kembar.app.engine import Engine
from kembar.app.facts import ENDINGS, FACTORS, RunFacts, facts_of
from kembar.errors import InputError
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.measurement import measure
from kembar.outcomes import OUTCOMES
from kembar.records import SECTORS
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import run_world

PAIRS = 4
NAMES = [outcome.name for outcome in OUTCOMES]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_scenario("two-cities"))


def test_pairs_are_the_runs_of_the_command_line(engine: Engine) -> None:
    policy = load_policy("citizen-committees")
    found = engine.answer_of(engine.ask(7, [policy]), PAIRS)
    scenario = load_scenario("two-cities")
    sides = [
        [measure(run_world(build(scenario, chosen), run_seed(7, 0, place), city_years=False)) for place in range(PAIRS)]
        for chosen in ([], [policy])
    ]
    effects = found["variants"][0]["effects"]
    for name in NAMES:
        pairs = [(one[name].value, other[name].value) for one, other in zip(*sides, strict=True)]
        known = [other - one for one, other in pairs if one is not None and other is not None]
        assert effects[name]["pairs"] == len(known)
        if known:
            assert effects[name]["effect"] == pytest.approx(np.mean(known)), name


def test_a_run_is_computed_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    question = engine.ask(8, [])
    first = engine.answer_of(question, PAIRS)

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("kembar.app.engine.run_world", never)
    assert engine.answer_of(question, PAIRS) == first


def test_more_pairs_keep_the_first_ones(engine: Engine) -> None:
    question = engine.ask(9, [])
    few = [engine.pair(question, place)[0].outcomes for place in range(2)]
    fresh = Engine(engine.scenario)
    many = [fresh.pair(fresh.ask(9, []), place)[0].outcomes for place in range(3)]
    np.testing.assert_array_equal(few, many[:2])


def test_an_assumption_moves_both_sides(engine: Engine) -> None:
    question = engine.ask(1, [load_policy("matching-fund")], {"judgement_error": 0.9})
    assert {side.parameters.number("judgement_error") for side in question.sides} == {0.9}
    assert question.sides[0].hash != engine.baseline.hash


def test_a_policy_that_does_not_fit_is_refused(engine: Engine) -> None:
    policy = load_policy("matching-fund")
    misfit = replace(policy, changes=(replace(policy.changes[0], target="Atlantis"),))
    with pytest.raises(InputError, match="unknown target 'Atlantis'"):
        engine.ask(1, [misfit])


def test_facts_of_a_run_made_by_hand(hand_made: Any) -> None:
    found = facts_of(hand_made.record)
    assert found.stages.tolist() == [[2, 1, 2, 2, 2], [1, 2, 1, 0, 0], [0, 0, 0, 1, 1]]
    assert dict(zip(FACTORS, found.causes, strict=True)) == {**dict.fromkeys(FACTORS, 0.0), "leader": 1.0}
    assert dict(zip(ENDINGS, found.endings, strict=True)) == {**dict.fromkeys(ENDINGS, 0.0), "review": 1.0}
    assert dict(zip(SECTORS, found.sectors, strict=True)) == {**dict.fromkeys(SECTORS, 0.0), "trade": 15.0}
    assert found.money.tolist() == [[16.0] * 5, [4.0] * 5]
    assert found.active_at_end.tolist() == [False, True]


def test_only_agreements_active_at_the_start_are_followed(hand_made: Any) -> None:
    found = facts_of(hand_made.record)  # one of them, dormant in quarter 6
    assert found.at_risk.tolist() == [1.0] * 7 + [0.0] * 14
    assert found.rested.tolist() == [0.0] * 6 + [1.0] + [0.0] * 14


@pytest.fixture
def facts(hand_made: Any) -> Callable[..., RunFacts]:
    whole = facts_of(hand_made.record)
    return lambda **values: replace(whole, **{name: np.array(value) for name, value in values.items()})


def test_survival_is_kaplan_and_meiers(facts: Callable[..., RunFacts]) -> None:
    one = facts(at_risk=[4.0, 4.0, 2.0], rested=[0.0, 1.0, 1.0])  # at age 1 one rests and one is lost from sight
    other = facts(at_risk=[6.0, 6.0, 6.0], rested=[0.0, 0.0, 2.0])
    assert survival([one, other]) == pytest.approx([1.0, 1.0, 0.9])
    assert survival([one]) == pytest.approx([1.0, 1.0, 0.75])


def test_saved_and_lost_are_shares_of_pairs(facts: Callable[..., RunFacts]) -> None:
    pairs = LEAST_PAIRS
    kept, gone = facts(active_at_end=[True, True]), facts(active_at_end=[False, True])
    baseline, variant = [gone] * pairs, [kept] * 40 + [gone] * (pairs - 40)
    found = answer(baseline, [variant], ["X - Y", "X - Z"])["variants"][0]
    assert found["fates"]["saved"] == [{"agreement": "X - Y", "saved": 0.4, "lost": 0.0}]
    assert found["fates"]["lost"] == []
    assert found["fates"]["saved_of_hundred"] == pytest.approx(20.0)
    assert found["effect_of_hundred"]["effect"] == pytest.approx(20.0)


def test_too_few_pairs_tell_no_fate(facts: Callable[..., RunFacts]) -> None:
    runs = [facts()] * (LEAST_PAIRS - 1)
    assert answer(runs, [runs], ["X - Y", "X - Z"])["variants"][0]["fates"] is None


def test_sides_of_unlike_length_are_no_pairs(facts: Callable[..., RunFacts]) -> None:
    with pytest.raises(ValueError, match="every side needs the same runs"):
        answer([facts()], [[facts(), facts()]], [])
