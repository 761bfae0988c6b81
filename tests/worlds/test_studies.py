"""A study ends with the same bytes whoever computes it, however often it is stopped, and however it grew."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from kembar.errors import InputError, StorageError
from kembar.experiment import store as store_module
from kembar.experiment.chunk import compute_chunk
from kembar.experiment.plan import Plan
from kembar.experiment.schedulers import Cluster, StoppedError, Threads
from kembar.experiment.session import run_in_folder
from kembar.experiment.status import status_of
from kembar.experiment.study import Study, load_study
from kembar.findings import find
from kembar.manifest import FORMAT
from kembar.results import MANIFEST
from kembar.study_results import StudyResults, read_study

STUDY = """
title = "Small"
question = "Does a fund help two towns?"
about = "A study small enough for a test."
scenarios = ["two-cities"]
policies = [{policies}]
replicates = {replicates}
years = 6
chunk = 7
seed = {seed}

[[factor]]
parameter = "monitoring"
levels = [0, 1]
"""
RUNS_OF_A_REPLICATE = 2 * 3


POLICIES = '"matching-fund", "citizen-committees"'


def small(folder: Path, replicates: int = 6, policies: str = POLICIES, seed: int = 3) -> Study:
    path = folder / f"small-{replicates}-{policies.count(',')}-{seed}.toml"
    path.write_text(STUDY.format(replicates=replicates, policies=policies, seed=seed), encoding="utf-8")
    return load_study(path)


def run(study: Study, folder: Path, workers: int = 1, **more: Any) -> StudyResults:
    return run_in_folder(study, folder, Threads(workers), **more)


def table_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of the small study, computed in one go by one thread."""
    folder = tmp_path_factory.mktemp("whole")
    run(small(folder), folder / "out")
    return table_bytes(folder / "out")


def test_one_worker_and_two_give_the_same_bytes(tmp_path: Path, whole: dict[str, bytes]) -> None:
    run(small(tmp_path), tmp_path / "out", workers=2)
    assert table_bytes(tmp_path / "out") == whole
    names = ("runs", "agreements", "cities", "series", "failures", "points")
    assert set(whole) == {f"{name}.parquet" for name in names}
    assert not (tmp_path / "out" / "chunks").exists()


def test_runs_are_numbered_in_order_and_paired_in_luck(tmp_path: Path) -> None:
    runs = run(small(tmp_path), tmp_path / "out").runs
    assert runs["run_id"].tolist() == list(range(36))
    assert runs.groupby(["replicate"])["seed"].nunique().eq(1).all()  # points of a full design share their luck
    assert runs["seed"].nunique() == 6
    assert runs["policies"].tolist()[:3] == ["", "matching-fund", "citizen-committees"]
    assert runs["point"].tolist()[:6] == [0, 0, 0, 1, 1, 1]


def test_a_study_stopped_anywhere_ends_with_the_same_bytes(tmp_path: Path, whole: dict[str, bytes]) -> None:
    study = small(tmp_path)
    for stop_after in (1, 2):
        _stop_after(study, tmp_path / "out", stop_after)
        unfinished = read_study(tmp_path / "out")
        assert not unfinished.is_complete
        assert unfinished.notice is not None and unfinished.notice.startswith("unfinished: ")
        assert status_of(tmp_path / "out").complete is False
    done = status_of(tmp_path / "out").chunks_done
    assert 0 < done < 6
    results = run(study, tmp_path / "out", workers=2)
    assert results.manifest.computed_runs == 36 - 7 * done
    assert table_bytes(tmp_path / "out") == whole


def test_an_unfinished_study_is_balanced_over_points_and_policies(tmp_path: Path) -> None:
    study = small(tmp_path)
    made = compute_chunk(study, 0, 13)["runs"].to_pandas()
    counts = made.groupby(["point", "policies"]).size()
    assert counts.max() - counts.min() <= 1
    assert len(counts) == RUNS_OF_A_REPLICATE


def test_more_replicates_keep_the_first_ones_byte_for_byte(tmp_path: Path, whole: dict[str, bytes]) -> None:
    grown = tmp_path / "grown"
    run(small(tmp_path, 4), grown)
    before = {name: parquet.read_table(grown / name) for name in table_bytes(grown)}
    results = run(small(tmp_path, 6), grown)
    assert results.manifest.computed_runs == 36 - 7 * (4 * RUNS_OF_A_REPLICATE // 7)  # only the short chunk again
    assert table_bytes(grown) == whole
    for name, table in before.items():
        assert parquet.read_table(grown / name).slice(0, table.num_rows).equals(table), name


def test_another_policy_changes_no_other_run(tmp_path: Path) -> None:
    more = small(tmp_path, policies=POLICIES + ', "niche-focus"')
    few, many = run(small(tmp_path), tmp_path / "few").runs, run(more, tmp_path / "many").runs
    assert (len(few), len(many)) == (36, 48)
    columns = [name for name in few.columns if name != "run_id"]
    kept = many[many["policies"] != "niche-focus"].reset_index(drop=True)
    assert kept[columns].equals(few[columns])


def test_the_same_command_again_computes_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    study = small(tmp_path)
    run(study, tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    run(study, tmp_path / "out", told=told.append)
    assert told == [f"{tmp_path / 'out'} is already complete"]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == times


def test_a_folder_of_another_study_is_left_alone_without_force(tmp_path: Path) -> None:
    run(small(tmp_path), tmp_path / "out")
    before = table_bytes(tmp_path / "out")
    other = small(tmp_path, seed=4)
    with pytest.raises(InputError, match="holds results of other inputs; --force replaces it"):
        run(other, tmp_path / "out")
    assert table_bytes(tmp_path / "out") == before
    run(other, tmp_path / "out", force=True)
    assert table_bytes(tmp_path / "out") != before


def test_a_folder_of_other_files_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "diary.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds files that are no results of kembar; nothing in it is touched"):
        run(small(tmp_path), tmp_path / "out", force=True)
    assert (tmp_path / "out" / "diary.txt").read_text(encoding="utf-8") == "mine"


def _stop_after(study: Study, folder: Path, chunks: int) -> None:
    """Run until so many chunks more are done, and stop."""
    scheduler = Threads(1)
    done_at: list[int] = []

    def stop(now: Any) -> None:
        done_at.append(now.chunks_done)
        if now.chunks_done >= done_at[0] + chunks:
            scheduler.stop()

    with pytest.raises(StoppedError):
        run_in_folder(study, folder, scheduler, progress=stop)


def test_a_damaged_chunk_is_computed_again_and_told(tmp_path: Path, whole: dict[str, bytes]) -> None:
    study = small(tmp_path)
    _stop_after(study, tmp_path / "out", 3)
    path = tmp_path / "out" / "chunks" / "000001.zip"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    told: list[str] = []
    run(study, tmp_path / "out", told=told.append)
    assert f"{path} is damaged or of another study and will be computed again" in told
    assert table_bytes(tmp_path / "out") == whole


def test_a_damaged_chunk_of_an_unfinished_study_is_left_out_and_told(tmp_path: Path) -> None:
    _stop_after(small(tmp_path), tmp_path / "out", 3)
    chunks = tmp_path / "out" / "chunks"
    # The worker may end the chunk that it had in hand before it hears of the stop.
    kept = len(list(chunks.glob("[0-9]*.zip"))) - 1
    assert 2 <= kept < 5
    (chunks / "000001.zip").write_bytes(b"")
    results = read_study(tmp_path / "out")
    assert results.notice == f"unfinished: {kept} of 6 chunks done, 1 damaged one left out"
    assert len(results.runs) == 7 * kept


def test_a_damaged_table_is_refused_and_never_read_as_numbers(tmp_path: Path) -> None:
    run(small(tmp_path), tmp_path / "out")
    path = tmp_path / "out" / "runs.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"runs.parquet: is damaged; its content is not what manifest.json recorded"):
        _ = read_study(tmp_path / "out").runs


def test_results_of_another_version_are_refused(tmp_path: Path) -> None:
    run(small(tmp_path), tmp_path / "out")
    path = tmp_path / "out" / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    content["format"] = FORMAT - 1
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StorageError, match=f"made by another version of kembar; this program reads form {FORMAT}"):
        read_study(tmp_path / "out")


CAMPAIGN = """
title = "My campaign"
about = "A policy of one's own, for whose cost no rule charges anybody."

[[change]]
parameter = "commitment_campaign"
target = "all"
from = 2027
value = 0.4
because = "A test needs one."
"""


def test_results_tell_of_policies_as_the_runs_had_them_wherever_their_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    policy = tmp_path / "mine.toml"
    policy.write_text(CAMPAIGN, encoding="utf-8")
    path = tmp_path / "own.toml"
    combination = '[[combination]]\nname = "half"\npolicies = ["./mine.toml"]\nstrength = 0.5\n'
    text = STUDY.format(replicates=2, policies='"./mine.toml", "matching-fund"', seed=3)
    path.write_text(text + combination, encoding="utf-8")
    run(load_study(path), tmp_path / "out")
    policy.unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = {policy.name: policy for policy in find(read_study(tmp_path / "out")).worlds[0].policies}
    assert {name: one.cost.cost.is_in_model for name, one in found.items()} == {
        **{"mine": False, "matching-fund": True, "half": False}
    }
    moved = {name: [change.value for source in one.sources for change in source.changes] for name, one in found.items()}
    assert (moved["mine"], moved["half"]) == ([0.4], [0.2])


def test_a_full_disk_keeps_what_is_done(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small(tmp_path)
    really, calls = os.fsync, []

    def fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 4:  # the manifest, then two chunks
            raise OSError(errno.ENOSPC, "No space left on device")
        really(handle)

    monkeypatch.setattr(store_module.os, "fsync", fails)
    with pytest.raises(StorageError, match=r"cannot be written; No space left on device"):
        run(study, tmp_path / "out")
    monkeypatch.undo()
    assert status_of(tmp_path / "out").chunks_done == 2
    assert not list((tmp_path / "out").rglob("*.part"))
    results = run(study, tmp_path / "out")
    assert results.manifest.computed_runs == 36 - 14
    assert table_bytes(tmp_path / "out") == whole


def test_a_disk_that_fills_while_tables_are_written_keeps_the_chunks(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small(tmp_path)

    def fails(path: Path) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module, "_digest_and_flush", fails)
    with pytest.raises(StorageError, match="all 6 chunks are kept, the same command goes on"):
        run(study, tmp_path / "out")
    monkeypatch.undo()
    assert table_bytes(tmp_path / "out") == {}
    assert run(study, tmp_path / "out").manifest.computed_runs == 0
    assert table_bytes(tmp_path / "out") == whole


def test_a_folder_that_may_not_be_written_is_told_before_any_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kembar.experiment.session.os.access", lambda path, mode: False)
    with pytest.raises(StorageError, match=r"out: cannot be written; .* may not be written"):
        run(small(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_processes_never_write_one_folder(tmp_path: Path) -> None:
    study = small(tmp_path)
    store = store_module.Store(tmp_path / "out", study)
    store.open()
    code = (
        "import sys; from pathlib import Path; from kembar.experiment.study import load_study;"
        "from kembar.experiment.session import run_in_folder; from kembar.experiment.schedulers import Threads;"
        "from kembar.errors import StorageError\n"
        "try: run_in_folder(load_study(sys.argv[1]), Path(sys.argv[2]), Threads(1))\n"
        "except StorageError as error: print(error)"
    )
    (tmp_path / "out" / MANIFEST).write_text("{}", encoding="utf-8")
    with store.locked():
        with pytest.raises(StorageError, match="another process runs this study"):
            run(small(tmp_path, seed=4), tmp_path / "out", force=True)  # not even when it may replace the folder
        assert (tmp_path / "out" / "chunks").is_dir()
        (tmp_path / "out" / MANIFEST).unlink()
        command = [sys.executable, "-c", code, str(study.path), str(tmp_path / "out")]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "another process runs this study; wait for it, or look at it with: kembar status" in told


RULES = """
def record_stocks(world, year):
    if world.seed[0] % 3 == 0:
        world.series[0].spent_kusd = 0.0 / (world.cities[0].commitment - world.cities[0].commitment)
"""


def test_a_failing_run_is_a_row_and_the_rest_goes_on(tmp_path: Path) -> None:
    rules = tmp_path / "mine.py"
    rules.write_text(RULES, encoding="utf-8")
    study = load_study(small(tmp_path).path or "", rules=rules)
    results = run(study, tmp_path / "out", workers=2)
    failures, runs = results.failures, results.runs
    assert 0 < len(failures) < 36
    assert len(runs) + len(failures) == 36 == results.manifest.runs
    assert set(runs["run_id"]).isdisjoint(failures["run_id"])
    assert results.manifest.failed_runs == len(failures)
    first = failures.iloc[0]
    assert (first["stage"], first["message"]) == (
        "run", "FloatingPointError: a number that is not finite came out of the run",
    )  # fmt: skip
    assert runs.select_dtypes("number").isin([float("inf"), float("-inf")]).to_numpy().sum() == 0


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A real scheduler and worker processes on loopback."""
    address = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [*dask, "worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    worker += ["--local-directory", str(folder / "space")]
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str]) -> None:
        command = [*command, "--scheduler-file", str(address)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    try:
        start(scheduler)
        for _ in range(workers):
            start(worker)
        deadline = time.monotonic() + 60
        while not address.exists() or not address.read_text(encoding="utf-8").rstrip().endswith("}"):
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        found = json.loads(address.read_text(encoding="utf-8"))["address"]
        from distributed import Client

        with Client(found, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield found, started
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_and_survives_a_killed_worker(tmp_path: Path, whole: dict[str, bytes]) -> None:
    with cluster(tmp_path) as (address, processes):
        run_in_folder(small(tmp_path), tmp_path / "out", Cluster(address))
        assert table_bytes(tmp_path / "out") == whole
        killed = []

        def kill_one(now: Any) -> None:
            if now.chunks_done >= 2 and not killed:
                processes[-1].send_signal(signal.SIGKILL)
                killed.append(now.chunks_done)

        run_in_folder(small(tmp_path), tmp_path / "again", Cluster(address), progress=kill_one)
        assert killed and killed[0] < 6, "no worker was killed while the study ran"
        assert processes[-1].wait(timeout=30) == -signal.SIGKILL
        assert table_bytes(tmp_path / "again") == whole


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_nothing_done_is_lost(tmp_path: Path, whole: dict[str, bytes]) -> None:
    with cluster(tmp_path, 1) as (address, processes):

        def kill_scheduler(now: Any) -> None:
            if now.chunks_done == 2:
                processes[0].kill()
                processes[0].wait()

        with pytest.raises(StorageError, match="the scheduler was lost; the chunks that were done are kept"):
            run_in_folder(small(tmp_path), tmp_path / "out", Cluster(address), progress=kill_scheduler)
    done = status_of(tmp_path / "out").chunks_done
    assert done >= 2
    results = run(small(tmp_path), tmp_path / "out")
    assert results.manifest.computed_runs == max(0, 36 - 7 * done)
    assert table_bytes(tmp_path / "out") == whole


def test_an_address_where_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kembar.experiment.schedulers._CONNECT_SECONDS", 1)
    with pytest.raises(StorageError, match=r"tcp://127.0.0.1:9: no scheduler answers"):
        Cluster("tcp://127.0.0.1:9")


@pytest.mark.slow
def test_kill_at_any_moment_costs_at_most_a_chunk_for_each_worker(tmp_path: Path) -> None:
    workers = 2
    text = STUDY.format(replicates=60, policies=POLICIES, seed=3)
    text = text.replace("chunk = 7", "chunk = 20").replace("two-cities", "indonesia")
    path = tmp_path / "long.toml"
    path.write_text(text, encoding="utf-8")
    study = load_study(path)
    runs = Plan(study, 60).runs
    command = [sys.executable, "-m", "kembar", "study", str(path), "--out", str(tmp_path / "out"), "--workers",
               str(workers), "--quiet", "--json"]  # fmt: skip
    computed, landed = 0, 0
    for chunks in (3, 9):  # killed twice, the second time after it went on
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        folder = tmp_path / "out" / "chunks"
        while process.poll() is None and len(list(folder.glob("[0-9]*.zip"))) < chunks:
            time.sleep(0.005)
        process.kill()
        landed += process.wait() == -signal.SIGKILL
        done = len(list(folder.glob("[0-9]*.zip"))) * study.chunk
        assert done < runs
        computed = done
    assert landed == 2, "no kill landed while the study ran"
    results = run(study, tmp_path / "out", workers=workers)
    assert results.manifest.computed_runs + computed == runs  # no complete chunk was computed again
    # What a kill costs is what was under way: at most one chunk for each worker, never one that was complete.
    run(study, tmp_path / "at-once", workers=1)
    assert table_bytes(tmp_path / "out") == table_bytes(tmp_path / "at-once")
