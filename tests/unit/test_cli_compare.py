"""`kembar compare`: pairs of policies, equal cost, precision."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kembar
from kembar import batches, cli_batches
from kembar.errors import InputError
from kembar.experiment.luck import run_seed
from kembar.study_results import StudyResults
from small_study import Command

OWN = """
title = "{name}"
about = "A policy of a test."
claims = []
[[change]]
parameter = "funding_share"
target = "all"
from = 2027
value = {value}
because = "a test"
"""


def _comparison(policies: list[str], world: str = "two-cities", **more: Any) -> tuple[Any, tuple[str, ...]]:
    from kembar.comparison import comparison_study

    settings: dict[str, Any] = dict(
        runs=10, precision=None, max_runs=None, outcome="active_years_per_agreement", sets={}, equal_cost_kusd=None,
        in_pairs=False, years=12, seed=1, rules=None, told=lambda _: None,
    )  # fmt: skip
    return comparison_study(world, policies, **{**settings, **more})


def test_pairs_that_contradict_one_another_are_left_out_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("rich", 0.0003), ("poor", 0.00003)):
        Path(f"{name}.toml").write_text(OWN.format(name=name, value=value), encoding="utf-8")
    study, notes = _comparison(["./rich.toml", "./poor.toml", "matching-fund"], in_pairs=True)
    assert [arm.name for arm in study.arms] == [
        "", "rich", "poor", "matching-fund", "rich+matching-fund", "poor+matching-fund",
    ]  # fmt: skip
    (note,) = notes
    assert note.startswith("rich+poor was left out: ")
    assert "two changes of funding_share overlap" in note
    assert "rich.toml:" in note and "poor.toml:" in note


def test_results_are_gone_on_with_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rich.toml").write_text(OWN.format(name="rich", value=0.0003), encoding="utf-8")
    Path("town.toml").write_text('extends = "two-cities"\ntitle = "Town"\nabout = "A test."\n', encoding="utf-8")
    study, _ = _comparison(["./rich.toml"], "./town.toml", years=1, runs=1)
    batches.run_study(study, out="out")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = kembar.load_results("../out")
    assert isinstance(again, StudyResults)
    assert again.study().identity == study.identity


def test_policies_together_hold_both_changes() -> None:
    study, notes = _comparison(["matching-fund", "citizen-committees"], in_pairs=True)
    assert notes == ()
    assert [arm.name for arm in study.arms][-1] == "matching-fund+citizen-committees"
    assert [policy.name for policy in study.arms[-1].policies] == ["matching-fund", "citizen-committees"]


def test_a_pair_named_already_is_not_added_twice() -> None:
    study, _ = _comparison(["matching-fund", "citizen-committees", "matching-fund+citizen-committees"], in_pairs=True)
    names = [arm.name for arm in study.arms]
    assert names == ["", "matching-fund", "citizen-committees", "matching-fund+citizen-committees"]


def _yearly_cost(study: Any, arm: Any, replicates: int) -> np.ndarray:
    """What an arm adds to money and staff a year, in pairs that share no luck with the pilot."""
    from kembar.batch import Gatherer, RunKey
    from kembar.measurement import measure_batch
    from kembar.world import run_world

    totals = []
    for policies in (arm, study.arms[0]):
        inputs, gatherer = study.inputs(0, policies), Gatherer()
        for replicate in range(replicates):
            seed = run_seed(77, 5, replicate)
            gatherer.add(RunKey(seed=seed), run_world(inputs, seed, city_years=False))
        totals.append(measure_batch(gatherer.batch())["total_cost_kusd"].values)
    return (totals[0] - totals[1]) / study.layouts[0].years


@pytest.mark.slow
def test_policies_at_equal_cost_cost_that_much() -> None:
    """In independent pairs, within sampling error (false alarm below one in a thousand for each policy)."""
    from kembar.experiment.equal_cost import CLOSE, PILOT_PAIRS

    policies = ["matching-fund"] if os.environ.get("KEMBAR_REDUCED") == "1" else ["matching-fund", "doubled-funding"]
    pairs, wanted = 60, 30.0
    study, notes = _comparison(policies, "indonesia", equal_cost_kusd=wanted, years=10)
    for arm, note in zip(study.arms[1:], notes, strict=True):
        assert re.fullmatch(rf"{arm.name}: [\d.]+ times its shipped strength, [\d.]+ kusd a year in the pilot", note), (
            note
        )
        costs = _yearly_cost(study, arm, pairs)
        error = costs.std(ddof=1) * np.sqrt(1 / pairs + 1 / PILOT_PAIRS)
        assert 3.3 * error < 0.5 * wanted, "too noisy a test to tell anything"
        assert abs(costs.mean() - wanted) < 3.3 * error + CLOSE * wanted, (arm.name, costs.mean())


def test_a_cost_out_of_reach_is_told_and_the_policy_taken_at_its_strongest() -> None:
    from kembar.parameters import declaration

    study, (note,) = _comparison(["doubled-staff"], equal_cost_kusd=50.0)
    assert note.startswith("doubled-staff: cannot cost that much; at its strongest (")
    (change,) = study.arms[1].policies[0].changes
    assert change.value == declaration("staff_factor").range[1]


def test_a_policy_without_a_lever_to_scale_is_compared_as_it_is() -> None:
    study, (note,) = _comparison(["travel-stop-2030"], equal_cost_kusd=10.0, years=4)
    assert note == "travel-stop-2030: has no lever to scale, so it is compared as it is"
    assert [arm.name for arm in study.arms] == ["", "travel-stop-2030"]


@pytest.mark.parametrize(
    ("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025), ("100%", 1.0), ("10", 10.0)]
)
def test_precision_is_read_as_a_share(text: str, share: float) -> None:
    assert cli_batches.read_share(text, "--precision") == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("text", ["", "%", "abc", "0", "0%", "-5%", "nan", "inf", "1e9%", "5%%"])
def test_what_is_no_precision_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--precision: '.*' is no precision; write it as 10% or 0.1"):
        cli_batches.read_share(text, "--precision")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("two-cities", "matching-fund", "--set", "cofunding_rate=nan", "--runs", "2"), "error: --set: "),
        (("", "matching-fund", "--runs", "2"), "error: WORLD: "),
        (("two-cities", "matching-fund", "--equal-cost", "inf", "--runs", "2"), "error: --equal-cost: inf is no cost"),
    ],
)
def test_what_no_comparison_can_take_is_one_plain_line(command: Command, words: tuple[str, ...], message: str) -> None:
    code, out, err = command("compare", *words)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
