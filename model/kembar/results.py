"""A results folder: its name, writing it whole or not at all, and reading it back.

Everything is written into a hidden folder beside the target and renamed at the end, so that an interruption leaves
nothing half written.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kembar.errors import InputError, Problem, StorageError, nearest, shown_path
from kembar.manifest import FORMAT, Manifest, StudyManifest
from kembar.schemas import tables

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from kembar.inputs import Inputs

MANIFEST = "manifest.json"
FIGURES = "figures"
ROOT = Path("results")
_OVERWRITE = "--force replaces it"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Results:
    """The tables of a results folder and how they were made."""

    folder: Path
    manifest: Manifest
    tables: Mapping[str, pa.Table]

    def columns(self, table: str, *names: str) -> list[list[Any]]:
        """Columns of a table as lists; empty cells are None."""
        return [self.tables[table].column(name).to_pylist() for name in names]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's rows as dictionaries."""
        return list(self.tables[table].to_pylist())

    def frame(self, table: str) -> pd.DataFrame:
        """A table as a pandas frame. Raises InputError for an unknown one."""
        if table not in self.tables:
            raise InputError(Problem(f"unknown table '{table}'", suggestion=nearest(table, self.tables)))
        found: pd.DataFrame = self.tables[table].to_pandas()
        return found

    @property
    def run(self) -> dict[str, Any]:
        """The single row of `runs`."""
        return dict(self.tables["runs"].slice(0, 1).to_pylist()[0])


def default_folder(inputs: Inputs, seed: int, identity: str) -> Path:
    """`results/<world>[+policy…]-s<seed>-<first 8 of the input hash>`."""
    name = "+".join((inputs.scenario.name, *(policy.name for policy in inputs.policies)))
    return ROOT / f"{name}-s{seed}-{identity[:8]}"


def is_complete_already(folder: Path, identity: str, seed: int, force: bool) -> bool:
    """Whether a folder holds this very run; false when it may be written.

    Raises InputError when it holds something else and `force` does not allow to replace it.
    """
    name = shown_path(folder)
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise InputError(Problem("is a file, not a folder", file=name, why="choose another name with --out"))
    if not any(folder.iterdir()):
        return False
    if not (folder / MANIFEST).is_file():
        why = "nothing in it is touched; choose another name with --out"
        raise InputError(Problem("holds files that are no results of kembar", file=name, why=why))
    if force:
        return False
    try:
        manifest = read_any_manifest(folder)
    except StorageError as error:
        problem = error.problems[0]
        raise InputError(Problem(problem.what, problem.file, why=_OVERWRITE)) from None
    if not isinstance(manifest, Manifest) or (manifest.input_hash, manifest.seed) != (identity, seed):
        raise InputError(Problem("holds results of other inputs", file=name, why=_OVERWRITE))
    return True


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A hidden folder that takes the target's place when the block ends well, and is removed otherwise.

    Raises StorageError when the disk does not play along.
    """
    target = target.resolve() if target.is_symlink() else target.absolute()
    draft = target.with_name(f".{target.name}.part-{os.getpid()}")
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield draft
        if target.exists():
            os.replace(target, old)
        try:
            os.replace(draft, target)
        except BaseException:
            if old.exists() and not target.exists():
                os.replace(old, target)
            raise
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(target), why=error.strerror or str(error))) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_tables(folder: Path, made: Mapping[str, pa.Table]) -> dict[str, str]:
    """Write the tables; returns the SHA-256 of each file. The same tables give the same bytes."""
    import pyarrow.parquet as parquet

    hashes = {}
    for table in tables("run"):
        path = folder / table.file
        parquet.write_table(made[table.name], path, compression="zstd")
        hashes[table.file] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, last of all, and make sure that it is on the disk."""
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a single run's folder. Raises InputError when it is none, StorageError when it is damaged."""
    manifest = read_any_manifest(folder)
    if not isinstance(manifest, Manifest):
        why = "it holds many runs; `kembar report` tells of them, `kembar replay` repeats one"
        raise InputError(Problem("is a study, not a single run", shown_path(folder), why=why))
    return manifest


def read_any_manifest(folder: Path) -> Manifest | StudyManifest:
    """The manifest of a results folder. Raises InputError when it is none, StorageError when it is damaged."""
    from pydantic import ValidationError

    path = folder / MANIFEST
    if not folder.is_dir():
        places = sorted(folder.parent.iterdir()) if folder.parent.is_dir() else []
        choices = [place.name for place in places if (place / MANIFEST).is_file()]
        close = nearest(folder.name, choices)
        raise InputError(
            Problem(
                "no such folder", shown_path(folder), suggestion=shown_path(folder.parent / close) if close else None
            )
        )
    if not path.is_file():
        raise InputError(Problem("is no results folder", shown_path(folder), why=f"it has no {MANIFEST}"))
    try:
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and content.get("format", FORMAT) != FORMAT:
            why = f"this program reads form {FORMAT}, the folder has form {content['format']}; make it again"
            raise StorageError(Problem("was made by another version of kembar", shown_path(path), why=why))
        kind = StudyManifest if isinstance(content, dict) and content.get("kind") == "study" else Manifest
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StorageError(Problem("is damaged", shown_path(path), key=place or None, why=first["msg"])) from None
    except ValueError as error:
        raise StorageError(Problem("is damaged", shown_path(path), why=str(error))) from None
    except OSError as error:
        raise StorageError(Problem("cannot be read", shown_path(path), why=error.strerror)) from None


def read_results(folder: Path) -> Results:
    """The whole folder. Raises InputError when it is none, StorageError when a table is missing or damaged."""
    manifest = read_manifest(folder)
    found = {table.name: _read_table(folder / table.file, manifest) for table in tables("run")}
    return Results(folder, manifest, found)


def check_table(path: Path, hashes: Mapping[str, str]) -> None:
    """Refuse a table that is not what the manifest recorded. Raises StorageError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise StorageError(Problem("cannot be read", shown_path(path), why=error.strerror)) from None
    if digest.hexdigest() != hashes.get(path.name):
        why = f"its content is not what {MANIFEST} recorded"
        raise StorageError(Problem("is damaged", shown_path(path), why=why))


def _read_table(path: Path, manifest: Manifest) -> pa.Table:
    import pyarrow.parquet as parquet

    check_table(path, manifest.tables)
    # The reader of single files: the one for data sets loads pandas, which nothing here needs.
    return parquet.ParquetFile(path).read()
