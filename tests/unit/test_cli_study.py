"""`kembar study`, `status` and `resume`: their JSON, exit codes and words, and what stopping comes to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import kembar
from kembar import batches
from kembar.study_results import StudyResults
from small_study import STUDY, Command, stop_at_first_chunk

ROOT = Path(__file__).resolve().parents[2]


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
    stop_at_first_chunk("small.toml", tmp_path / "half")
    code, out, _ = command("status", "half", "--json")
    told = json.loads(out)
    assert (code, told["chunks_done"], told["chunks_total"], told["complete"]) == (0, 1, 2, False)
    assert (told["rate"], told["seconds_left"]) == (None, None)
    assert told["reason"] == "too few chunks are done to tell a rate"


def test_status_of_a_precision_counts_the_replicates_it_needs_so_far(command: Command, tmp_path: Path) -> None:
    limit = '[precision]\noutcome = "active_years_per_agreement"\nrelative = 0.001\nmost_replicates = 90\n'
    (tmp_path / "exact.toml").write_text(STUDY.replace("replicates = 4\n", "") + limit, encoding="utf-8")
    stop_at_first_chunk("exact.toml", tmp_path / "half")
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
    stop_at_first_chunk("small.toml", tmp_path / "half")
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
    stop_at_first_chunk("own.toml", tmp_path / "half")
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
