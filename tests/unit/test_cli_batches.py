"""The commands on many runs: their JSON, exit codes and words, and what stopping, twins and equal cost come to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kembar
from kembar import batches, cli_batches
from kembar.cli import main
from kembar.errors import InputError, StorageError
from kembar.experiment.luck import run_seed
from kembar.results import Results
from kembar.study_results import StudyResults

ROOT = Path(__file__).resolve().parents[2]
STUDY = """
title = "Small"
question = "Does a fund help two towns?"
about = "A study small enough for a test."
scenarios = ["two-cities"]
policies = ["matching-fund", "citizen-committees"]
replicates = 4
years = 12
chunk = 7
seed = 3
"""
PAIR = "Sagara - Lindau am Meer"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small study, finished; beside it its file."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY, encoding="utf-8")
    batches.study(folder / "small.toml", out=folder / "out")
    return folder / "out"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> Command:
    """Runs a command in a folder with the study's file; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(STUDY, encoding="utf-8")

    def call(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def plain_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings that only tell of which study they are: what they find is tested where they are made."""

    class Findings:
        def __init__(self, results: StudyResults) -> None:
            self.results = results

        def as_json(self) -> dict[str, Any]:
            return {"study": self.results.manifest.name, "runs": self.results.manifest.runs}

    module = types.ModuleType("kembar.findings")
    module.find = lambda results, **_: Findings(results)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kembar.findings", module)


# What goes wrong, by its words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("study nothing", "error: unknown study 'nothing'; there are calibration, conclusions-funding, "),
        ("study demmo", "error: unknown study 'demmo'; did you mean demo?"),
        ("study small.toml --keep all", "error: --keep: 'all' cannot be kept; write --keep events"),
        ("study small.toml --replicates 0", "error: --replicates: "),
        ("study small.toml --lang fr", "error: --lang: unknown language 'fr'; there are en (English), id (Bahasa"),
        (
            "study small.toml --workers 2 --scheduler tcp://127.0.0.1:9",
            "error: --scheduler: does not go with --workers; a cluster brings its own workers",
        ),
        ("compare two-cities", "error: POLICY...: is missing"),
        ("compare two-cities matching-fnd", "error: unknown policy 'matching-fnd'; did you mean matching-fund?"),
        (
            "compare two-cities matching-fund matching-fund",
            "error: POLICY: 'matching-fund' stands twice; policies are told apart by their names",
        ),
        ("compare two-cities matching-fund --city Segar", "error: --city: unknown city 'Segar'; did you mean Sagara"),
        (
            "compare two-cities matching-fund --outcome active_shar",
            "error: --outcome: unknown outcome 'active_shar'; did you mean active_share?",
        ),
        (
            "compare two-cities matching-fund --precision 10% --runs 5",
            "error: --runs: stands beside --precision; give one or the other",
        ),
        (
            "compare two-cities matching-fund --max-runs 50",
            "error: --max-runs: needs --precision; it bounds a comparison that stops at a precision; --runs says a",
        ),
        (
            "compare two-cities matching-fund --equal-cost 0",
            "error: --equal-cost: 0 is no cost; say how much a year, in thousand dollars",
        ),
        (
            "compare two-cities matching-fund --set funding_shar=1",
            "error: --set: funding_shar: unknown parameter; did you mean funding_share?",
        ),
        (
            "compare two-cities matching-fund --set cofunding_rate=2",
            "two changes of cofunding_rate overlap",
        ),
        ("status", "error: DIR: is missing"),
        ("status nowhere", "error: nowhere: no such folder"),
        ("resume nowhere", "error: nowhere: no such folder"),
        ("replay nowhere 1", "error: nowhere: no such folder"),
        ("export nowhere --format csv", "error: nowhere: no such folder"),
        ("export nowhere", "error: --format: is missing; write --format csv, --format xlsx, or --page FILE"),
    ],
)  # fmt: skip
def test_mistake_is_one_plain_line_with_exit_code_2(command: Command, tmp_path: Path, words: str, message: str) -> None:
    code, out, err = command(*words.split())
    assert (code, out) == (2, "")
    assert message in err
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("replay {} 12", "error: --run: no run 12; this study has 12 runs, numbered from 0"),
        ("why {} Sagara", "error: 'Sagara' is not an agreement; write both cities, as in \"Surabaya - Busan\""),
        ("export {} --format cvs", "error: --format: unknown format 'cvs'; there are csv and xlsx; "),
        ("study small.toml --seed 4 --out {}", "holds results of other inputs; --force replaces it"),
    ],
)
def test_mistake_in_a_finished_study_leaves_it_alone(
    command: Command, finished: Path, words: str, message: str
) -> None:
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    code, out, err = command(*[word.format(finished) for word in words.split()])
    assert (code, out) == (2, "")
    assert message in err
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


def test_twin_of_an_unknown_policy_names_those_of_the_study(command: Command, finished: Path) -> None:
    code, out, err = command("why", finished, PAIR, "--policy", "matching-fnd")
    assert (code, out) == (2, "")
    assert "the study has baseline, matching-fund and citizen-committees; did you mean matching-fund?" in err


def test_a_damaged_table_is_told_with_exit_code_3(command: Command, finished: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(finished, tmp_path / "damaged")
    path = tmp_path / "damaged" / "runs.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    code, out, err = command("export", "damaged", "--format", "csv")
    assert (code, out) == (3, "")
    assert "damaged/runs.parquet: is damaged; its content is not what manifest.json recorded" in err


@pytest.mark.parametrize(
    ("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025), ("100%", 1.0), ("10", 10.0)]
)
def test_precision_is_read_as_a_share(text: str, share: float) -> None:
    assert cli_batches.read_share(text, "--precision") == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("text", ["", "%", "abc", "0", "0%", "-5%", "nan", "inf", "1e9%", "5%%"])
def test_what_is_no_precision_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--precision: '.*' is no precision; write it as 10% or 0.1"):
        cli_batches.read_share(text, "--precision")


# Studies -----------------------------------------------------------------------------------------------------------


def test_dry_run_counts_and_writes_nothing(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("study", "small.toml", "--dry-run", "--json", "--replicates", "5")
    told = json.loads(out)
    assert code == 0
    assert set(told) == {"study", "runs", "replicates", "points", "policies", "is_least", "manifest"}
    assert (told["study"], told["runs"], told["replicates"]) == ("small", 15, 5)
    assert (told["points"], told["policies"], told["is_least"]) == (1, 3, False)
    assert told["manifest"]["runs_per_second"] > 0
    assert told["manifest"]["seconds"] == pytest.approx(15 / told["manifest"]["runs_per_second"])
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_dry_run_of_a_precision_is_told_as_the_least(command: Command, tmp_path: Path) -> None:
    limit = '[precision]\noutcome = "active_years_per_agreement"\nrelative = 0.1\nmost_replicates = 20\n'
    (tmp_path / "exact.toml").write_text(STUDY.replace("replicates = 4\n", "") + limit, encoding="utf-8")
    code, out, _ = command("study", "exact.toml", "--dry-run")
    assert code == 0
    assert out.startswith("exact: at least 60 runs (1 point, 3 arms with the baseline, 20 replicates)\n")


@pytest.mark.usefixtures("plain_findings")
def test_study_ends_with_0_and_finds_its_folder_again(command: Command, tmp_path: Path) -> None:
    code, out, err = command("study", "small.toml", "--json", "--workers", "1")
    assert (code, json.loads(out), err) == (0, {"study": "small", "runs": 12}, "")
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("small-s3-")
    code, out, err = command("study", "small.toml", "--json")
    assert (code, err) == (0, f"results/{folder.name} is already complete\n")
    code, out, err = command("resume", folder, "--json")
    assert (code, json.loads(out)["runs"], err) == (0, 12, f"results/{folder.name} is already complete\n")


@pytest.mark.usefixtures("plain_findings")
def test_more_replicates_go_into_the_same_folder(command: Command, finished: Path, tmp_path: Path) -> None:
    assert command("study", "small.toml", "--json", "--out", "out", "--replicates", "2")[0] == 0
    few = kembar.load_results("out")
    assert isinstance(few, StudyResults)
    first = few.runs
    code, _, err = command("study", "small.toml", "--json", "--out", "out")
    assert (code, err) == (0, "out has 2 replicates; adding more\n")
    assert (tmp_path / "out" / "runs.parquet").read_bytes() == (finished / "runs.parquet").read_bytes()
    pd.testing.assert_frame_equal(kembar.load_results("out").runs.iloc[: len(first)], first)


RULES = """
def record_stocks(world, year):
    if world.seed[0] % 3 == 0:
        world.series[0].spent_kusd = 0.0 / (world.cities[0].commitment - world.cities[0].commitment)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("plain_findings")
def test_runs_that_fail_end_with_1_and_the_way_to_look_at_one(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULES, encoding="utf-8")
    code, out, err = command("study", "small.toml", "--json", "--out", "out", "--rules", "mine.py", "--quiet")
    results = kembar.load_results("out")
    assert isinstance(results, StudyResults)
    failed = len(results.failures)
    assert 0 < failed < 12
    assert (code, json.loads(out)["runs"]) == (1, 12)
    first = results.failures.iloc[0]
    assert err == (
        f"{failed} runs of 12 failed, the first with: {first['message']} (kembar replay out {first['run_id']})\n"
        if failed > 1
        else f"1 run of 12 failed, the first with: {first['message']} (kembar replay out {first['run_id']})\n"
    )


def test_status_tells_a_finished_and_an_unfinished_study(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("status", finished, "--json")
    assert code == 0
    assert json.loads(out) == {
        "chunks_done": 2, "chunks_total": 2, "complete": True, "rate": None, "seconds_left": 0.0,
        "reason": "the study is finished",
    }  # fmt: skip
    assert command("status", finished)[1] == "2 of 2 chunks done; complete\n"
    _stop_at_first_chunk("small.toml", tmp_path / "half")
    code, out, _ = command("status", "half", "--json")
    told = json.loads(out)
    assert (code, told["chunks_done"], told["chunks_total"], told["complete"]) == (0, 1, 2, False)
    assert (told["rate"], told["seconds_left"]) == (None, None)
    assert told["reason"] == "too few chunks are done to tell a rate"


def _stop_at_first_chunk(file: str, folder: Path) -> None:
    def stop(now: Any) -> None:
        if now.chunks_done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batches.study(file, out=folder, workers=1, progress=stop)


def test_status_of_a_precision_counts_the_replicates_it_needs_so_far(command: Command, tmp_path: Path) -> None:
    limit = '[precision]\noutcome = "active_years_per_agreement"\nrelative = 0.001\nmost_replicates = 90\n'
    (tmp_path / "exact.toml").write_text(STUDY.replace("replicates = 4\n", "") + limit, encoding="utf-8")
    _stop_at_first_chunk("exact.toml", tmp_path / "half")
    told = json.loads(command("status", "half", "--json")[1])
    unfinished = kembar.load_results("half")
    assert isinstance(unfinished, StudyResults)
    first = unfinished.manifest.replicates
    assert 1 < first < 90
    assert (told["chunks_done"], told["chunks_total"]) == (1, -(-3 * first // 7))
    assert unfinished.notice == f"unfinished: 1 of {told['chunks_total']} chunks done"
    finished = batches.resume("half")
    assert (finished.manifest.replicates, finished.manifest.precision_reached) == (90, False)
    assert kembar.status("half").chunks_done == kembar.status("half").chunks_total == -(-3 * 90 // 7)


@pytest.mark.usefixtures("plain_findings")
def test_resume_of_an_unfinished_study_ends_with_the_same_bytes(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    _stop_at_first_chunk("small.toml", tmp_path / "half")
    unfinished = kembar.load_results("half")
    assert isinstance(unfinished, StudyResults)
    assert (unfinished.is_complete, unfinished.notice) == (False, "unfinished: 1 of 2 chunks done")
    assert len(unfinished.runs) == 7
    code, _, err = command("resume", "half", "--json")
    assert (code, err) == (0, "going on with half\n")
    assert _tables(tmp_path / "half") == _tables(finished)


def _tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_a_study_whose_policy_has_changed_is_not_gone_on_with(command: Command, tmp_path: Path) -> None:
    policy = (ROOT / "scenarios" / "policies" / "matching-fund.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(policy, encoding="utf-8")
    text = STUDY.replace('"matching-fund"', '"./mine.toml"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    _stop_at_first_chunk("own.toml", tmp_path / "half")
    (tmp_path / "mine.toml").write_text(policy.replace("value = 1.0", "value = 2.0"), encoding="utf-8")
    code, out, err = command("resume", "half")
    assert (code, out) == (2, "")
    assert err == (
        "error: half: was made from other inputs; worlds, policies, rules or the program have changed since; "
        "make the study anew to go on\n"
    )


def test_an_interruption_while_a_chunk_is_written_leaves_no_part_of_it(
    command: Command, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kembar.experiment import store

    really, calls = os.fsync, []

    def interrupts(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:  # the manifest, the first chunk, the second
            raise KeyboardInterrupt
        really(handle)

    monkeypatch.setattr(store.os, "fsync", interrupts)
    with pytest.raises(KeyboardInterrupt):
        batches.study("small.toml", out="out", workers=1)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    left = {path.name for path in Path("out").rglob("*") if path.is_file()}
    assert left == {"manifest.json", "000000.zip", store.LOCK}
    batches.study("small.toml", out="out")
    assert _tables(tmp_path / "out") == _tables(finished)


def test_interrupted_process_ends_with_130_and_goes_on_to_the_same_bytes(
    tmp_path: Path, hearing_sigint: Callable[[], None]
) -> None:
    (tmp_path / "long.toml").write_text(STUDY.replace("replicates = 4", "replicates = 4000"), encoding="utf-8")
    arguments = [sys.executable, "-m", "kembar", "study", "long.toml", "--out", "out", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "model")}
    process = subprocess.Popen(
        arguments, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hearing_sigint,
    )  # fmt: skip
    while process.poll() is None and len(list((tmp_path / "out" / "chunks").glob("[0-9]*.zip"))) < 5:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted: nothing was left half written; the same command goes on or begins anew\n"
    status = kembar.status(tmp_path / "out")
    assert 5 <= status.chunks_done < status.chunks_total
    assert not list((tmp_path / "out").rglob("*.part"))
    # The whole would take long: the chunks that are there must be those of a study that nobody interrupted.
    unfinished = kembar.load_results(tmp_path / "out")
    assert isinstance(unfinished, StudyResults)
    interrupted = {path.name: path.read_bytes() for path in (tmp_path / "out" / "chunks").glob("[0-9]*.zip")}
    study = unfinished.study()
    from kembar.experiment.plan import Plan
    from kembar.experiment.schedulers import chunk_bytes

    plan = Plan(study, 4000)
    for name, content in list(interrupted.items())[:5]:
        assert chunk_bytes(study, plan.span(int(name.removesuffix(".zip")))) == content


# One run of a study, and its twin -------------------------------------------------------------------------------------


def _by_hand(run_id: int, policies: list[str], folder: Path) -> Results:
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
    again, hand = kembar.load_results("again"), _by_hand(4, ["matching-fund"], tmp_path / "hand")
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


def test_twin_is_what_two_runs_made_by_hand_tell(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("why", finished, PAIR, "--run", "3", "--policy", "citizen-committees", "--json")
    told = json.loads(out)
    assert code == 0
    assert {"agreement", "events", "sentences", "life", "twin", "run", "policies"} <= set(told)
    assert (told["run"], told["policies"]) == (3, "baseline")
    without = kembar.why(_by_hand(3, [], tmp_path / "without").folder, PAIR)
    with_policy = kembar.why(_by_hand(3, ["citizen-committees"], tmp_path / "with").folder, PAIR)
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
    single = _by_hand(3, [], tmp_path / "single").folder
    own = json.loads(command("why", single, PAIR, "--policy", "citizen-committees", "--json")[1])
    study = json.loads(command("why", finished, PAIR, "--run", "3", "--policy", "citizen-committees", "--json")[1])
    assert own["twin"] == study["twin"]


def test_without_a_policy_there_is_no_twin_and_a_reason(command: Command, finished: Path) -> None:
    told = json.loads(command("why", finished, PAIR, "--json")[1])
    assert (told["twin"], told["reason"], told["run"]) == (None, "no policy was named with --policy", 0)


# Results read and written -----------------------------------------------------------------------------------------


def test_results_of_a_run_and_of_a_study_are_told_apart(finished: Path, tmp_path: Path) -> None:
    study = kembar.load_results(finished)
    assert isinstance(study, StudyResults)
    assert (len(study.runs), len(study.failures), study.is_complete, study.notice) == (12, 0, True, None)
    run = kembar.run("two-cities", years=1, out=tmp_path / "run", figures=False)
    assert isinstance(kembar.load_results(run.folder), Results)
    with pytest.raises(InputError, match="is no study; it holds a single run"):
        kembar.status(run.folder)
    with pytest.raises(InputError, match=r"nothing: no such folder"):
        kembar.load_results(tmp_path / "nothing")
    (run.folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match=r"manifest.json: is damaged"):
        kembar.load_results(run.folder)


def test_export_as_csv_gives_back_the_tables(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("export", finished, "--format", "csv", "--out", "csv", "--json")
    paths = json.loads(out)["manifest"]["paths"]
    assert (code, paths) == (0, [f"csv/{name}.csv" for name in ("runs", "agreements", "cities", "series", "points")])
    results = kembar.load_results(finished)
    for path in paths:
        table = results.frame(Path(path).stem)
        read = pd.read_csv(path, keep_default_na=False, na_values={c: [""] for c in table.select_dtypes("number")})
        numbers = list(table.select_dtypes("number").columns)
        np.testing.assert_allclose(read[numbers].to_numpy(float), table[numbers].to_numpy(float), rtol=1e-12)
        assert list(read.columns) == list(table.columns)


def test_export_as_workbook_has_a_sheet_for_each_table(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("export", finished, "--format", "xlsx", "--out", "all.xlsx")
    assert (code, out) == (0, "all.xlsx\n")
    sheets = pd.read_excel("all.xlsx", sheet_name=None)
    assert list(sheets) == ["runs", "agreements", "cities", "series", "points"]
    runs = kembar.load_results(finished).runs
    assert sheets["runs"]["total_cost_kusd"].tolist() == pytest.approx(runs["total_cost_kusd"].tolist(), rel=1e-12)


def test_export_of_an_unfinished_study_says_so_in_every_name(command: Command, tmp_path: Path) -> None:
    _stop_at_first_chunk("small.toml", tmp_path / "half")
    for form, expected in (("csv", "half/csv/runs-unfinished.csv"), ("xlsx", "half/half-unfinished.xlsx")):
        code, out, _ = command("export", "half", "--format", form)
        assert (code, out.splitlines()[0]) == (0, expected)
        assert all("-unfinished." in line for line in out.splitlines())


def test_export_of_a_single_run_has_its_tables(command: Command, tmp_path: Path) -> None:
    run = kembar.run("two-cities", years=2, out=tmp_path / "run", figures=False)
    code, out, _ = command("export", "run", "--format", "csv")
    assert code == 0
    assert set(out.split()) == {f"run/csv/{name}.csv" for name, table in run.tables.items() if table.num_rows}


# Comparisons ------------------------------------------------------------------------------------------------------


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
