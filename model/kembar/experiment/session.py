"""A study in its folder: begun, taken up again, made larger, finished; and never by two processes at a time."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, StorageError, shown_path
from kembar.experiment.form import StudyForm
from kembar.experiment.plan import Plan
from kembar.experiment.runner import Progress, Ran, check_runs, run_study
from kembar.experiment.schedulers import Scheduler
from kembar.experiment.store import CHUNKS, LOCK, Store, write_whole
from kembar.experiment.study import Study
from kembar.locations import experiments_folder
from kembar.manifest import (
    ArmRecord,
    FactorRecord,
    StudyManifest,
    circumstances,
    data_hash,
    policy_record,
    source_file,
)
from kembar.results import MANIFEST, ROOT, read_any_manifest
from kembar.study_results import StudyResults, read_study

Told = Callable[[str], None]

_LONGEST_NAME: Final = 80  # of a results folder; many policies are told by their number


def default_folder(study: Study, name: str | None = None) -> Path:
    """`results/<name>-s<seed>-<first 8 of the input hash>`."""
    return ROOT / f"{name or study.name}-s{study.seed}-{study.identity[:8]}"


def comparison_name(world: str, policies: Sequence[str]) -> str:
    """The name of a comparison: its world and policies, or their number when that grows too long.

    >>> comparison_name("indonesia", ["matching-fund"])
    'indonesia+matching-fund'
    """
    name = "+".join((world, *policies))
    return name if len(name) <= _LONGEST_NAME else f"{world}+{len(policies)}-policies"


def run_in_folder(
    study: Study,
    folder: Path,
    scheduler: Scheduler,
    *,
    force: bool = False,
    told: Told = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> StudyResults:
    """Run a study in a folder: from the start, or on from where it stopped, or with more replicates than before.

    Raises InputError when the folder holds something else, StorageError when the disk or the cluster does not play
    along, StoppedError or KeyboardInterrupt when interrupted. Complete chunks are kept in every case.
    """
    check_runs(study)
    began = time.perf_counter()
    before = _open(study, folder, force)
    if before is not None and before.complete and before.replicates >= _wanted(study, before):
        wanted = _wanted(study, before)
        has_more = before.replicates > wanted
        more = f" with {before.replicates} replicates, more than the {wanted} asked for" if has_more else ""
        told(f"{shown_path(folder)} is already complete{more}")
        return read_study(folder)
    store = Store(folder, study)
    store.open()
    with store.locked():
        if before is not None and before.complete:
            told(f"{shown_path(folder)} has {before.replicates} replicates; adding more")
            store.unpack_tables()
        elif before is not None:
            told(f"going on with {shown_path(folder)}")

        def begun(plan: Plan) -> None:
            _write_manifest(study, folder, plan, None, 0.0)

        ran = run_study(study, folder, scheduler, told=told, progress=progress, begun=begun)
        _write_manifest(study, folder, ran.plan, ran, time.perf_counter() - began)
        store.drop_chunks()
    return read_study(folder)


def _wanted(study: Study, before: StudyManifest) -> int:
    """Replicates that are enough: those asked for, or, for the same precision as before, those it took."""
    if study.form.replicates is not None:
        return study.form.replicates
    return before.replicates if study.form.model_dump(mode="json")["precision"] == before.form["precision"] else 10**12


def _open(study: Study, folder: Path, force: bool) -> StudyManifest | None:
    """What the folder holds of this very study, or None when it is new."""
    name = shown_path(folder)
    if folder.absolute() == Path.cwd() or folder.resolve() in Path.cwd().parents:
        why = "results take a whole folder, and this one is in use; name a new one"
        raise InputError(Problem("is the current folder or one above it", file=str(folder), key="--out", why=why))
    if not folder.exists():
        _refuse_unwritable(folder)
        return None
    if not folder.is_dir():
        raise InputError(Problem("is a file, not a folder", file=name, why="choose another name with --out"))
    content = [path for path in folder.iterdir() if path.name != LOCK]
    if not content:
        return None
    if not (folder / MANIFEST).is_file():
        if {path.name for path in content} <= {CHUNKS}:
            return None  # killed before its first manifest was written
        why = "nothing in it is touched; choose another name with --out"
        raise InputError(Problem("holds files that are no results of kembar", file=name, why=why))
    if force:
        with Store(folder, study).locked():
            _remove(folder)
        return None
    try:
        manifest = read_any_manifest(folder)
    except StorageError as error:
        problem = error.problems[0]
        raise InputError(Problem(problem.what, problem.file, why="--force replaces it")) from None
    if not isinstance(manifest, StudyManifest) or manifest.input_hash != study.identity:
        raise InputError(Problem("holds results of other inputs", file=name, why="--force replaces it"))
    return manifest


def _refuse_unwritable(folder: Path) -> None:
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        why = f"{shown_path(parent)} {'may not be written' if parent.is_dir() else 'is not a folder'}"
        raise StorageError(Problem("cannot be written", shown_path(folder), why=why))


def _remove(folder: Path) -> None:
    """Take other results away; the manifest last, so that a killed process leaves no mixture that looks whole."""
    try:
        for path in sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
    except OSError as error:
        raise StorageError(Problem("cannot be replaced", shown_path(folder), why=error.strerror)) from None


def _write_manifest(study: Study, folder: Path, plan: Plan, ran: Ran | None, seconds: float) -> None:
    manifest = StudyManifest(
        kind="study",
        complete=ran is not None,
        input_hash=study.identity,
        seed=study.seed,
        tables=ran.tables if ran else {},
        name=study.name,
        path=_recorded_path(study.path),
        form=form_as_data(study.form),
        scenarios=tuple(source_file(scenario) for scenario in study.scenarios),
        start_years=tuple(scenario.start_year for scenario in study.scenarios),
        years=tuple(study.form.years or scenario.years for scenario in study.scenarios),
        arms=tuple(
            ArmRecord(
                name=arm.name,
                title=" + ".join(policy.title for policy in arm.policies),
                policies=tuple(policy_record(policy) for policy in arm.policies),
            )
            for arm in study.arms
        ),
        factors=tuple(
            FactorRecord(
                name=factor.name,
                parameter=factor.parameter,
                title=factor.declaration.title,
                unit=factor.declaration.unit,
                kind=factor.declaration.kind,
                scale=factor.declaration.scale,
                levels=factor.factor.levels,
                range=(factor.factor.low, factor.factor.high),
            )
            for factor in study.factors
        ),
        points=study.points,
        replicates=plan.replicates,
        runs=plan.runs,
        failed_runs=ran.failed_runs if ran else 0,
        computed_runs=ran.computed_runs if ran else 0,
        chunk=study.chunk,
        precision_reached=ran.precision_reached if ran else None,
        data_hashes=tuple(data_hash(scenario) for scenario in study.scenarios),
        **circumstances(study.rules_file, folder, seconds),
    )
    write_whole(folder / MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode())


def _recorded_path(path: Path | None) -> str | None:
    """A shipped study's name, the whole path of one's own, so that it can be gone on with from any folder."""
    if path is None:
        return None
    is_shipped = path.resolve().parent == experiments_folder().resolve()
    return path.stem if is_shipped else os.path.abspath(path)


def form_as_data(form: StudyForm) -> dict[str, Any]:
    """A form as plain data that can be read back."""
    content: dict[str, Any] = json.loads(form.model_dump_json(by_alias=True))
    return content
