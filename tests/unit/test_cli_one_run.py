"""`kembar replay` and `kembar why`: one run of a study again, and its twin under another policy."""

from __future__ import annotations

import json
from pathlib import Path

import kembar
from kembar import batches
from kembar.experiment.luck import run_seed
from kembar.results import Results
from small_study import PAIR, Command


def by_hand(run_id: int, policies: list[str], folder: Path) -> Results:
    """The same run as a single one: replicates of three arms each, all points one group of luck."""
    seed = run_seed(3, 0, run_id // 3)
    return kembar.run("two-cities", policies, years=12, seed=seed, out=folder, figures=False)


def test_replay_repeats_the_run_with_every_event(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("replay", finished, "4", "--out", "again", "--json")
    told = json.loads(out)
    assert code == 0
    wanted = {"scenario", "policies", "seed", "years", "cities", "agreements", "outcomes", "causes", "manifest"}
    assert set(told) == wanted
    assert (told["policies"], told["seed"], told["years"]) == (["matching-fund"], run_seed(3, 0, 1), 12)
    again, hand = kembar.load_results("again"), by_hand(4, ["matching-fund"], tmp_path / "hand")
    assert isinstance(again, Results)
    assert again.tables["events"].num_rows > 0
    for name in ("events", "agreements", "series"):
        columns = [column for column in hand.tables[name].column_names if column not in ("run_id", "policies")]
        assert again.tables[name].select(columns).equals(hand.tables[name].select(columns)), name
    row = kembar.load_results(finished).runs.set_index("run_id").loc[4]
    for name, outcome in told["outcomes"].items():
        if outcome["value"] is not None:
            assert outcome["value"] == row[name], name


def test_replay_without_a_place_lies_beside_the_study(command: Command, tmp_path: Path) -> None:
    batches.study("small.toml", out="out", replicates=1)
    code, out, _ = command("replay", "out", "2")
    assert (code, out.splitlines()[0]) == (0, "Run 2 is in out-run2")
    assert isinstance(kembar.load_results("out-run2"), Results)


def test_twin_is_what_two_runs_madeby_hand_tell(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("why", finished, PAIR, "--run", "3", "--policy", "citizen-committees", "--json")
    told = json.loads(out)
    assert code == 0
    assert {"agreement", "events", "sentences", "life", "twin", "run", "policies"} <= set(told)
    assert (told["run"], told["policies"]) == (3, "baseline")
    without = kembar.why(by_hand(3, [], tmp_path / "without").folder, PAIR)
    with_policy = kembar.why(by_hand(3, ["citizen-committees"], tmp_path / "with").folder, PAIR)
    assert without["life"] != with_policy["life"]  # or the test would show little
    for key in ("events", "sentences", "life"):
        assert told[key] == without[key], key
        assert told["twin"][key] == with_policy[key], key
    assert told["twin"]["policy"] == "citizen-committees"
    differences = {item["what"]: (item["without"], item["with"]) for item in told["twin"]["differences"]}
    assert differences == {what: (without["life"][what], with_policy["life"][what]) for what in without["life"]}
    gain = with_policy["life"]["active_years"] - without["life"]["active_years"]
    change = "as long" if gain == 0 else f"{abs(gain):.4g} years {'longer' if gain > 0 else 'shorter'}"
    assert f"with citizen-committees it was active {change}" in told["twin"]["sentence"]


def test_twin_of_a_single_run_is_the_twin_of_the_study(command: Command, finished: Path, tmp_path: Path) -> None:
    single = by_hand(3, [], tmp_path / "single").folder
    own = json.loads(command("why", single, PAIR, "--policy", "citizen-committees", "--json")[1])
    study = json.loads(command("why", finished, PAIR, "--run", "3", "--policy", "citizen-committees", "--json")[1])
    assert own["twin"] == study["twin"]


def test_without_a_policy_there_is_no_twin_and_a_reason(command: Command, finished: Path) -> None:
    told = json.loads(command("why", finished, PAIR, "--json")[1])
    assert (told["twin"], told["reason"], told["run"]) == (None, "no policy was named with --policy", 0)
