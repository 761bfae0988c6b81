"""The folder of a single run: whether it is there already, and writing it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kembar.errors import InputError, Problem, StorageError, shown_path
from kembar.manifest import input_hash, make_manifest
from kembar.results import Results, is_complete_already, new_folder, read_results, write_manifest, write_tables

if TYPE_CHECKING:
    from kembar.batch import RunKey
    from kembar.inputs import Inputs
    from kembar.world import RunRecord


def is_here_already(folder: Path, identity: str, seed: int, force: bool) -> Results | None:
    """The results when the folder holds this very run; None when it may be written.

    Raises InputError when it holds something else, StorageError when it cannot be written.
    """
    _refuse_folder_in_use(folder)
    if is_complete_already(folder, identity, seed, force):
        return read_results(folder)
    _refuse_unwritable(folder)
    return None


def write_run(
    inputs: Inputs,
    record: RunRecord,
    key: RunKey,
    folder: Path,
    rules_file: Path | None,
    *,
    force: bool = False,
    began: float | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Results:
    """Write the tables and the manifest of a run; a folder that holds this very run is left as it is."""
    from kembar.tables import make_tables

    identity = input_hash(inputs, rules_file)
    before = is_here_already(folder, identity, record.seed, force)
    if before is not None:
        told(f"{shown_path(folder)} is already complete")
        return before
    start = time.perf_counter() if began is None else began
    with new_folder(folder) as draft:
        made = make_tables(record, key)
        hashes = write_tables(draft, made)
        seconds = time.perf_counter() - start
        manifest = make_manifest(inputs, record.seed, rules_file, folder=folder, tables=hashes, seconds=seconds)
        write_manifest(draft, manifest)
        is_complete_already(folder, identity, record.seed, force)  # somebody else may have written there meanwhile
    return Results(folder, manifest, made)


def _refuse_unwritable(folder: Path) -> None:
    """Tell of a folder that cannot be made before the run, not after it."""
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        why = "is not a folder" if not parent.is_dir() else "may not be written"
        raise StorageError(Problem("cannot be written", shown_path(folder), why=f"{shown_path(parent)} {why}"))


def _refuse_folder_in_use(folder: Path) -> None:
    here = Path.cwd()
    if folder.absolute() == here or folder.resolve() in (here, *here.parents):
        why = "results take the place of a whole folder, and this one is in use; name a new one"
        raise InputError(Problem("is the current folder or one above it", file=str(folder), key="--out", why=why))
