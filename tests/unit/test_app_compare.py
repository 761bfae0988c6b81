"""The page and the command line give the same numbers for the same world, policy, pairs and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kembar import batches
from kembar.app.engine import Engine
from kembar.parameters.posterior import shipped_posterior
from kembar.scenario.reader import load_policy, load_scenario

PAIRS = 5
POLICY = "citizen-committees"


@pytest.mark.parametrize("uncertainties", ["none", "posterior"])
def test_effects_are_those_of_compare(tmp_path: Path, uncertainties: str) -> None:
    told = batches.compare(
        "two-cities", [POLICY], runs=PAIRS, seed=6, uncertainties=uncertainties, out=tmp_path / "pairs"
    )
    engine = Engine(load_scenario("two-cities"))
    posterior = shipped_posterior() if uncertainties == "posterior" else None
    asked = engine.ask(6, [load_policy(POLICY)], posterior=posterior)
    effects = engine.answer_of(asked, PAIRS)["variants"][0]["effects"]
    compared = told.as_json()["policies"][0]["effects"]
    assert len(compared) > 3
    for line in compared:
        mine = effects[line["outcome"]]
        assert [mine["effect"], mine["low"], mine["high"]] == pytest.approx([line["effect"], *line["interval"]])
        assert mine["pairs"] == line["pairs"]


def test_drawn_pairs_are_kept_apart_from_those_at_shipped_values() -> None:
    engine = Engine(load_scenario("two-cities"))
    drawn, shipped = engine.ask(6, [], posterior=shipped_posterior()), engine.ask(6, [])
    one = [engine.answer_of(asked, PAIRS)["baseline"]["outcomes"] for asked in (drawn, shipped, drawn)]
    assert one[0] == one[2] != one[1]
