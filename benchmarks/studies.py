"""Speed and memory of studies, from one run of this file, compared with the goals as ratios and rates.

Every measurement has a process of its own. The rate of Mesa's own `batch_run` on `PartnershipModel` stands beside that
of the runner, on the same world and years.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from run import child_environment, peak_mb

Measured = dict[str, Any]

PAIRS = 1_000
GOAL_SECONDS, GOAL_MB = 30.0, 1_000.0
GOAL_OVERHEAD, GOAL_DASK, GOAL_GROWTH = 0.10, 1.3, 1.1
OVERHEAD_REPLICATES = 4_000  # of two arms: more than a minute of kernel
DASK_REPLICATES = 500
SMALL_RUNS, LARGE_RUNS = 10_000, 100_000  # of two-cities
MESA_RUNS = 20
WORKERS = 2

STUDY = """
title = "Benchmark"
question = "How fast?"
about = "A study for measuring."
scenarios = ["{world}"]
policies = [{policies}]
replicates = {replicates}
"""


def write_study(name: str, world: str, policies: str, replicates: int) -> Path:
    path = Path(f"{name}.toml")
    path.write_text(STUDY.format(world=world, policies=policies, replicates=replicates), encoding="utf-8")
    return path


def measure_compare() -> Measured:
    """A comparison of a thousand pairs as a command: cold process, warm compile cache, tables and report included."""
    command = [sys.executable, "-m", "kembar", "compare", "indonesia", "matching-fund", "--runs", str(PAIRS),
               "--workers", str(WORKERS), "--out", "compare", "--quiet"]  # fmt: skip
    warm = [*command[:5], "--runs", "2", "--out", "warm", "--quiet"]
    subprocess.run(warm, check=True, stdout=subprocess.DEVNULL)
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    import resource

    return {"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3,
            "has_report": Path("compare/report.html").exists()}  # fmt: skip


def measure_overhead() -> Measured:
    """Kernel time of all runs against the time of the whole study, start-up aside, both as processor time."""
    from kembar.compilation import kernel
    from kembar.experiment.chunk import compute_chunk
    from kembar.experiment.schedulers import Threads
    from kembar.experiment.session import run_in_folder
    from kembar.experiment.study import load_study

    study = load_study(write_study("overhead", "indonesia", '"matching-fund"', OVERHEAD_REPLICATES))
    compute_chunk(study, 0, 2)  # start-up
    simulation, spent, lock = kernel(), [0.0], threading.Lock()
    simulate = simulation.simulate

    def timed(*arguments: Any) -> Any:
        began = time.thread_time()
        done = simulate(*arguments)
        with lock:
            spent[0] += time.thread_time() - began
        return done

    vars(simulation)["simulate"] = timed
    wall, cpu = time.perf_counter(), time.process_time()
    results = run_in_folder(study, Path("overhead"), Threads(WORKERS))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"kernel": spent[0], "cpu": cpu, "wall": wall, "runs": results.manifest.runs, "mb": peak_mb()}


def measure_memory(runs: int) -> Measured:
    """The peak of a process that runs so many runs of two-cities."""
    from kembar.batches import run_study
    from kembar.experiment.study import load_study

    study = load_study(write_study(f"memory-{runs}", "two-cities", "", runs))
    began = time.perf_counter()
    run_study(study, workers=WORKERS, out=f"memory-{runs}")
    return {"mb": peak_mb(), "seconds": time.perf_counter() - began, "runs": runs}


def measure_dask() -> Measured:
    """The same study by two threads, and by two workers of a Dask cluster on this machine; start-up of both aside."""
    from distributed import Client, LocalCluster

    from kembar.batches import run_study
    from kembar.experiment.chunk import compute_chunk
    from kembar.experiment.study import load_study

    study = load_study(write_study("dask", "indonesia", '"matching-fund"', DASK_REPLICATES))
    compute_chunk(study, 0, 2)
    began = time.perf_counter()
    run_study(study, workers=WORKERS, out="threads")
    threads = time.perf_counter() - began
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.run(compute_chunk, study, 0, 2)
        began = time.perf_counter()
        run_study(study, scheduler=cluster.scheduler_address, out="cluster")
        dask = time.perf_counter() - began
    same = all(
        (Path("threads") / path.name).read_bytes() == path.read_bytes() for path in Path("cluster").glob("*.parquet")
    )
    return {"threads": threads, "dask": dask, "same": same}


def measure_rates() -> Measured:
    """Runs a second of the runner and of Mesa's own batch run, on one worker each."""
    from mesa.batchrunner import batch_run

    from kembar import PartnershipModel
    from kembar.batches import run_study
    from kembar.experiment.study import load_study

    study = load_study(write_study("rates", "indonesia", "", MESA_RUNS * 10))
    run_study(study, workers=1, out="first")
    began = time.perf_counter()
    run_study(study, workers=1, out="rates")
    ours = study.points * (study.form.replicates or 0) / (time.perf_counter() - began)
    years = study.scenarios[0].years
    began = time.perf_counter()
    batch_run(
        PartnershipModel, {"scenario": "indonesia", "rng": list(range(MESA_RUNS))}, max_steps=years * 4,
        number_processes=1, display_progress=False,
    )  # fmt: skip
    return {"ours": ours, "mesa": MESA_RUNS / (time.perf_counter() - began)}


MEASUREMENTS = {
    "compare": measure_compare,
    "overhead": measure_overhead,
    "small": lambda: measure_memory(SMALL_RUNS),
    "large": lambda: measure_memory(LARGE_RUNS),
    "dask": measure_dask,
    "rates": measure_rates,
}


def in_own_process(what: str, folder: Path) -> Measured:
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", what]
    environment = child_environment(folder / "cache")
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    found: Measured = json.loads(done.stdout.decode().strip().splitlines()[-1])
    return found


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def report(chosen: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="kembar-bench-") as name:
        folder = Path(name)
        print("compiling once, not counted", flush=True)
        warm = [sys.executable, "-m", "kembar", "run", "two-cities", "--years", "1", "--out", "warm-up", "--quiet"]
        subprocess.run(warm, cwd=folder, env=child_environment(folder / "cache"), check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Measured] = {}
        for what in chosen:
            found[what] = in_own_process(what, folder)
            for line in _told(what, found):
                print(line, flush=True)


def _told(what: str, found: dict[str, Measured]) -> list[str]:
    it = found[what]
    if what == "compare":
        is_met = it["seconds"] <= GOAL_SECONDS and it["mb"] <= GOAL_MB and it["has_report"]
        return [f"compare, {PAIRS:,} pairs, report included: {it['seconds']:.1f} s, peak {it['mb']:.0f} MB "
                f"(goal {GOAL_SECONDS:.0f} s, {GOAL_MB:.0f} MB): {verdict(is_met)}"]  # fmt: skip
    if what == "overhead":
        share = it["cpu"] / it["kernel"] - 1.0
        return [f"runner beside its kernel: {share:.1%} of kernel time ({it['runs']:,} runs, {it['kernel']:.0f} s of "
                f"processor time, wall {it['wall']:.0f} s; goal {GOAL_OVERHEAD:.0%}): "
                f"{verdict(share <= GOAL_OVERHEAD)}"]  # fmt: skip
    if what == "large" and "small" in found:
        growth = it["mb"] / found["small"]["mb"]
        return [f"memory of {it['runs']:,} runs of two-cities against {found['small']['runs']:,}: {growth:.2f} times "
                f"({it['mb']:.0f} MB; {it['runs'] / it['seconds']:,.0f} runs a second; goal {GOAL_GROWTH}): "
                f"{verdict(growth <= GOAL_GROWTH)}"]  # fmt: skip
    if what == "dask":
        ratio = it["dask"] / it["threads"]
        return [f"Dask on two workers against two threads: {ratio:.2f} times ({it['threads']:.1f} s by threads, same "
                f"bytes: {it['same']}; goal {GOAL_DASK}): {verdict(ratio <= GOAL_DASK and it['same'])}"]  # fmt: skip
    if what == "rates":
        return [f"one worker, tables written: {it['ours']:.0f} runs a second; Mesa's batch_run on PartnershipModel: "
                f"{it['mesa']:.1f}; ratio {it['ours'] / it['mesa']:.0f}"]  # fmt: skip
    return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(MEASUREMENTS[given.measure]()))
    else:
        report(given.only)
