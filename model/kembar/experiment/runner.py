"""Running a study: what is done already is kept, what is missing is computed, and the end is always the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar.analysis.precision import PrecisionRule, pairs_needed, precise_differences
from kembar.errors import StorageError, shown_path
from kembar.experiment.chunk import compute_chunk
from kembar.experiment.plan import Plan
from kembar.experiment.schedulers import Scheduler, StoppedError
from kembar.experiment.store import Store
from kembar.experiment.study import Study

_TRIAL_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Progress:
    """How far a study is."""

    runs_done: int
    runs_total: int
    chunks_done: int
    chunks_total: int


@dataclass(frozen=True)
class Ran:
    """What running a study came to."""

    plan: Plan
    tables: dict[str, str]  # SHA-256 of every file
    failed_runs: int
    computed_runs: int  # by this call; the others were there already
    precision_reached: bool | None


def run_study(
    study: Study,
    folder: Path,
    scheduler: Scheduler,
    *,
    told: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
    begun: Callable[[Plan], None] = lambda _: None,
) -> Ran:
    """Compute what is missing and write the tables. The folder must be locked by the caller.

    `begun` hears of every plan before its runs: one, or more and more replicates for a precision.
    Raises StoppedError or KeyboardInterrupt when stopped (what is done is kept), StorageError when the disk or the
    cluster does not play along.
    """
    store = Store(folder, study)
    store.open()
    computed = 0

    def complete(plan: Plan) -> None:
        nonlocal computed
        begun(plan)
        done = store.done(plan)
        for chunk in range(plan.chunks):
            if chunk not in done and store.path(chunk).exists() and not _is_short(store, chunk):
                told(f"{shown_path(store.path(chunk))} is damaged or of another study and will be computed again")
        missing = [(chunk, plan.span(chunk)) for chunk in range(plan.chunks) if chunk not in set(done)]
        runs = plan.runs - sum(last - first for _, (first, last) in missing)
        finished = len(done)
        progress(Progress(runs, plan.runs, finished, plan.chunks))
        if not missing:
            return
        for chunk, content in scheduler.run(study, missing):
            store.write(chunk, content)
            first, last = plan.span(chunk)
            runs += last - first
            computed += last - first
            finished += 1
            progress(Progress(runs, plan.runs, finished, plan.chunks))

    plan, reached = _grown(study, store, complete)
    hashes, failed = store.write_tables(plan)
    return Ran(plan, hashes, failed, computed, reached)


def _is_short(store: Store, chunk: int) -> bool:
    """Whether a chunk is sound but was written for fewer replicates."""
    try:
        store.read(chunk)
    except StorageError:
        return False
    return True


def _grown(study: Study, store: Store, complete: Callable[[Plan], None]) -> tuple[Plan, bool | None]:
    """Run as many replicates as asked for, or as a stated precision needs; and whether it was reached."""
    wanted = study.form.precision
    if wanted is None:
        assert study.form.replicates is not None
        plan = Plan(study, study.form.replicates)
        complete(plan)
        return plan, None
    rule = PrecisionRule(wanted.relative, wanted.most_replicates)
    replicates = rule.first_stage
    while True:
        plan = Plan(study, replicates)
        complete(plan)
        differences, baseline = paired_outcome(store, plan, wanted.outcome)
        needed = pairs_needed(differences, baseline, rule)
        if needed <= replicates:
            reached = precise_differences(differences, baseline, rule)
            return plan, all(found.precision_reached for found in reached)
        replicates = needed


def paired_outcome(store: Store, plan: Plan, outcome: str) -> tuple[Any, Any]:
    """One outcome of a study of one point: differences from the baseline (pairs, policies) and the baseline (pairs,).

    A study without policies has the baseline's own values in place of differences. NaN where a run has no value.
    """
    study = plan.study
    values = np.full((plan.replicates, len(study.arms)), np.nan)
    for chunk in range(plan.chunks):
        runs = store.read(chunk)[0]["runs"]
        values.reshape(-1)[runs.column("run_id").to_numpy()] = runs.column(outcome).to_numpy()
    if len(study.arms) == 1:
        return values, values[:, 0]
    return values[:, 1:] - values[:, :1], values[:, 0]


def measure_speed(study: Study, seconds: float = _TRIAL_SECONDS) -> float:
    """Runs a second of one worker, from a short trial over runs spread over the study. Raises what a run raises."""
    runs = Plan(study, 1).runs
    compute_chunk(study, 0, 1)  # compiled and laid out before the clock starts
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < seconds:
        number = (done * 7919) % max(1, runs)  # a prime, so that arms and points take turns
        compute_chunk(study, number, number + 1)
        done += 1
    return done / (time.perf_counter() - began)


def check_runs(study: Study) -> None:
    """Refuse rules that cannot be used before any run. Raises InputError."""
    from kembar.compilation import kernel

    kernel(study.rules_file)


__all__ = ["Progress", "Ran", "StoppedError", "check_runs", "measure_speed", "run_study"]
