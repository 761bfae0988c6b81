"""Extreme conditions: what must happen where a lever, a number, an event or a size is at its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.verification.conditions import CONDITIONS, Condition
from kembar.verification.extremes import check, ends_of_levers, faults_of, refusal, usual
from kembar.world import run_world

pytestmark = [pytest.mark.validation]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_extreme_condition_has_its_consequence(condition: Condition) -> None:
    found = check(condition)
    assert found.holds, (found.values, found.failing)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_the_usual_world_does_not_meet_the_condition(condition: Condition) -> None:
    """Each check can fail: the world as it is does not pass for an extreme one."""
    seeds = [seed for seed in range(1, 4)]
    plain = [condition.measured(usual(condition.beside, seed), usual(condition.beside, seed)) for seed in seeds]
    assert not all(condition.holds(values) for values in plain)


def test_a_world_without_people_is_refused() -> None:
    assert refusal().holds
    assert not refusal(1000).holds


def test_no_end_of_a_lever_breaks_a_run() -> None:
    assert ends_of_levers().faults == ()


def test_what_is_out_of_bounds_is_named() -> None:
    run = run_world(build(load_scenario("two-cities")), 1)
    assert faults_of(run) == []
    series, agreements = run.series.copy(), run.agreements.copy()
    agreements["trust"][0] = 1.5
    series["spent_kusd"][0] = float("inf")
    said = faults_of(replace(run, series=series, agreements=agreements))
    assert "trust outside 0 to 1" in said
    assert "spent_kusd is not finite" in said
