"""The folder of a study: chunks while it runs, tables when it is done, and one writer at a time.

A chunk is written whole or not at all (temporary file, flush to the disk, rename). When the last one is there, the
tables are written chunk by chunk into Parquet, each chunk a row group, and the manifest last of all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.errors import Problem, StorageError, shown_path
from kembar.experiment.chunk import kept_tables, unpacked
from kembar.experiment.plan import Plan
from kembar.experiment.study import Study
from kembar.schemas import FAILURES, POINTS, Table, arrow_schema
from kembar.tables import Coded, arrow_table, spelled_out
from kembar.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

CHUNKS: Final = "chunks"
LOCK: Final = ".lock"
_POINT_ROWS: Final = 200_000  # of the table of points that are laid out at a time
_PARQUET: Final = {"compression": "snappy", "write_statistics": False}


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place whole or not at all. Raises StorageError, and leaves nothing half written when stopped."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(path), why=error.strerror or str(error))) from None
    finally:  # after an error or an interruption; when all went well there is no such file any more
        with suppress(OSError):
            part.unlink()


class Store:
    """The chunks and tables of one study in one folder."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.folder = folder
        self.study = study

    @property
    def chunks(self) -> Path:
        """Where chunks lie while the study runs."""
        return self.folder / CHUNKS

    def path(self, chunk: int) -> Path:
        """The file of a chunk."""
        return self.chunks / f"{chunk:06d}.zip"

    def open(self) -> None:
        """Make room for chunks."""
        try:
            self.chunks.mkdir(parents=True, exist_ok=True)
            for left in self.chunks.glob(".*.part"):  # of a process that was killed while writing
                left.unlink()
        except OSError as error:
            why = error.strerror or str(error)
            raise StorageError(Problem("cannot be written", shown_path(self.folder), why=why)) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone. Raises StorageError when another one holds it."""
        path = self.folder / LOCK
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            why = error.strerror or str(error)
            raise StorageError(Problem("cannot be written", shown_path(self.folder), why=why)) from None
        try:
            if not _take(handle):
                why = "wait for it, or look at it with: kembar status " + shown_path(self.folder)
                raise StorageError(Problem("another process runs this study", shown_path(self.folder), why=why))
            yield
        finally:
            os.close(handle)  # the lock goes with it; the file stays, or two could hold a lock of the same name

    def has(self, chunk: int, plan: Plan) -> bool:
        """Whether a chunk is there, whole, and of just these runs."""
        path = self.path(chunk)
        if not path.exists():
            return False
        try:
            _, said = self.read(chunk)
        except StorageError:
            return False
        return (said["first"], said["last"]) == plan.span(chunk)

    def write(self, chunk: int, content: bytes) -> None:
        """Put a chunk in place."""
        write_whole(self.path(chunk), content)

    def read(self, chunk: int) -> tuple[dict[str, pa.Table], dict[str, Any]]:
        """The tables of a chunk and what it says of itself. Raises StorageError when it is damaged or of others."""
        path = self.path(chunk)
        try:
            made, said = unpacked(path.read_bytes())
        except OSError as error:
            raise StorageError(Problem("cannot be read", shown_path(path), why=error.strerror)) from None
        except ValueError as error:
            raise StorageError(Problem("is damaged", shown_path(path), why=str(error) or None)) from None
        if said.get("identity") != self.study.identity:
            raise StorageError(Problem("is a chunk of another study", shown_path(path)))
        return made, said

    def done(self, plan: Plan) -> list[int]:
        """The chunks that are there and whole."""
        return [chunk for chunk in range(plan.chunks) if self.has(chunk, plan)]

    def write_tables(self, plan: Plan) -> tuple[dict[str, str], int]:
        """The tables of all chunks, in order; gives the SHA-256 of every file, and how many runs failed.

        Raises StorageError; the chunks are kept then.
        """
        import pyarrow as pa
        import pyarrow.parquet as parquet

        kept = kept_tables(self.study)
        parts = {table.name: self.folder / f".{table.file}.part" for table in (*kept, POINTS)}
        failed = 0
        try:
            writers = {table.name: _writer(parquet, parts[table.name], table) for table in kept}
            try:
                for chunk in range(plan.chunks):
                    made, _ = self.read(chunk)
                    failed += made[FAILURES.name].num_rows
                    for table in kept:
                        rows = spelled_out(made[table.name])
                        if rows.num_rows:
                            writers[table.name].write_table(rows, row_group_size=rows.num_rows)
            finally:
                for writer in writers.values():
                    writer.close()
            writer = _writer(parquet, parts[POINTS.name], POINTS)
            try:
                for rows in points_tables(self.study):
                    writer.write_table(rows, row_group_size=rows.num_rows)
            finally:
                writer.close()
            hashes = {}
            for table in (*kept, POINTS):
                hashes[table.file] = _digest_and_flush(parts[table.name])
            for table in (*kept, POINTS):
                os.replace(parts[table.name], self.folder / table.file)
        except OSError as error:
            why = error.strerror or str(error)
            kept_chunks = f"{why}; all {counted(plan.chunks, 'chunk')} are kept, the same command goes on"
            raise StorageError(Problem("cannot be written", shown_path(self.folder), why=kept_chunks)) from None
        finally:
            for part in parts.values():
                with suppress(OSError):
                    part.unlink()
        pa.default_memory_pool().release_unused()  # what Arrow kept of the chunks would stand beside the analysis
        return hashes, failed

    def drop_chunks(self) -> None:
        """Remove the chunks, when the tables are in place."""
        shutil.rmtree(self.chunks, ignore_errors=True)

    def unpack_tables(self) -> None:
        """Lay the tables of a finished study out as chunks again, so that more replicates can be added."""
        import pyarrow.parquet as parquet

        from kembar.experiment.chunk import packed

        self.open()
        size = self.study.chunk
        found: dict[int, dict[str, pa.Table]] = {}
        last = 0
        kept = kept_tables(self.study)
        for table in kept:
            file = parquet.ParquetFile(self.folder / table.file)
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group)
                numbers = rows.column("run_id")
                found.setdefault(numbers[0].as_py() // size, {})[table.name] = rows
                last = max(last, numbers[-1].as_py() + 1)
        for chunk, tables in sorted(found.items()):
            whole = {table.name: tables.get(table.name, arrow_schema(table).empty_table()) for table in kept}
            first = chunk * size
            said = {"identity": self.study.identity, "first": first, "last": min(first + size, last)}
            self.write(chunk, packed(whole, said))


def _writer(parquet: Any, path: Path, table: Table) -> Any:
    import pyarrow as pa

    schema = arrow_schema(table)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    return parquet.ParquetWriter(path, schema, use_dictionary=texts or False, **_PARQUET)


def _digest_and_flush(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb+") as file:
        while block := file.read(1 << 20):
            digest.update(block)
        os.fsync(file.fileno())
    return digest.hexdigest()


def points_tables(study: Study) -> Iterator[pa.Table]:
    """The factors of every design point, in parts of so many points that a large design takes no more memory."""
    names = [factor.name for factor in study.factors] or [""]
    width = len(names)
    rows = len(study.design.values)
    values = study.design.values if study.factors else np.full((rows, 1), np.nan)
    worlds = [scenario.name for scenario in study.scenarios]
    step = max(1, _POINT_ROWS // width)
    for world in range(len(worlds)):
        for first in range(0, rows, step):
            last = min(rows, first + step)
            numbers = np.repeat(np.arange(first, last), width)
            yield spelled_out(arrow_table(
                POINTS,
                {
                    "point": world * rows + numbers,
                    "scenario": Coded(np.full(len(numbers), world), worlds),
                    "luck": study.design.group[numbers],
                    "factor": Coded(np.tile(np.arange(width), last - first), names),
                    "value": values[first:last].ravel(),
                },
            ))  # fmt: skip


def points_table(study: Study) -> pa.Table:
    """The factors of every design point."""
    import pyarrow as pa

    return pa.concat_tables(points_tables(study))


def is_running(folder: Path) -> bool:
    """Whether a process holds a study's folder just now."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _take(handle)
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    """Take the lock of an open file; false when another process has it."""
    if os.name == "nt":  # pragma: no cover - Windows only
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
