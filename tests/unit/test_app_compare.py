"""The page and the command line give the same numbers for the same world, policy, pairs and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kembar import batches
from kembar.app.engine import Engine
from kembar.scenario.reader import load_policy, load_scenario

PAIRS = 5
POLICY = "citizen-committees"


def test_effects_are_those_of_compare(tmp_path: Path) -> None:
    told = batches.compare("two-cities", [POLICY], runs=PAIRS, seed=6, out=tmp_path / "pairs")
    engine = Engine(load_scenario("two-cities"))
    effects = engine.answer_of(engine.ask(6, [load_policy(POLICY)]), PAIRS)["variants"][0]["effects"]
    compared = told.as_json()["policies"][0]["effects"]
    assert len(compared) > 3
    for line in compared:
        mine = effects[line["outcome"]]
        assert [mine["effect"], mine["low"], mine["high"]] == pytest.approx([line["effect"], *line["interval"]])
        assert mine["pairs"] == line["pairs"]
