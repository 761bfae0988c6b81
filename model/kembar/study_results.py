"""The results of a study: how they were made, and their tables as pandas frames.

An unfinished study can be read too: its tables hold the chunks that are done, and everything made of them says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kembar.errors import InputError, Problem, StorageError, nearest, shown_path
from kembar.locations import experiments_folder, find_file
from kembar.manifest import StudyManifest
from kembar.results import check_table, read_any_manifest
from kembar.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from kembar.experiment.store import Store
    from kembar.experiment.study import Study

TABLES: Final = ("runs", "agreements", "cities", "series", "evidence", "points", "failures", "events")


@dataclass
class StudyResults:
    """A study's folder; tables are read when first asked for."""

    folder: Path
    manifest: StudyManifest
    _frames: dict[tuple[str, tuple[str, ...]], pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether all runs asked for are in the tables."""
        return self.manifest.complete

    @property
    def notice(self) -> str | None:
        """What must be said of everything made from an unfinished study; None when it is finished."""
        if self.is_complete:
            return None
        done, (_, total) = len(self.readable_chunks), self.chunks
        damaged = self.chunks[0] - done
        more = f", {counted(damaged, 'damaged one')} left out" if damaged else ""
        return f"unfinished: {done} of {counted(total, 'chunk')} done{more}"

    @cached_property
    def readable_chunks(self) -> tuple[Path, ...]:
        """The chunks of an unfinished study that can be read; a damaged one counts as not done."""
        from kembar.experiment.chunk import unpacked

        found = []
        for path in sorted((self.folder / "chunks").glob("[0-9]*.zip")):
            try:
                unpacked(path.read_bytes())
            except (OSError, ValueError):
                continue
            found.append(path)
        return tuple(found)

    @property
    def chunks(self) -> tuple[int, int]:
        """Chunks done and chunks in all."""
        plan = self.plan_chunks
        if self.is_complete:
            return plan, plan
        return len(list((self.folder / "chunks").glob("[0-9]*.zip"))), plan

    @property
    def plan_chunks(self) -> int:
        """Chunks of the whole study."""
        return -(-self.manifest.runs // self.manifest.chunk)

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run."""
        return self.frame("runs")

    @property
    def agreements(self) -> pd.DataFrame:
        """One row per agreement and run."""
        return self.frame("agreements")

    @property
    def cities(self) -> pd.DataFrame:
        """One row per city and run."""
        return self.frame("cities")

    @property
    def series(self) -> pd.DataFrame:
        """One row per year and run."""
        return self.frame("series")

    @property
    def points(self) -> pd.DataFrame:
        """One row per factor and design point."""
        return self.frame("points")

    @property
    def failures(self) -> pd.DataFrame:
        """One row per run that failed."""
        return self.frame("failures")

    @property
    def kept(self) -> tuple[str, ...]:
        """The tables that the study kept."""
        form = self.manifest.form
        if form.get("calibration"):
            return ("evidence", "points", "failures")
        return (*form["tables"], *(("events",) if form["events"] else ()), "points", "failures")

    def has(self, table: str) -> bool:
        """Whether the study kept a table."""
        return table in self.kept

    def frame(self, table: str, columns: Sequence[str] = ()) -> pd.DataFrame:
        """A table, or some of its columns; values that do not exist are NaN or None.

        Raises InputError for a table that the study did not keep, StorageError when the folder is damaged.
        """
        if table not in TABLES:
            raise InputError(Problem(f"unknown table '{table}'", suggestion=nearest(table, TABLES)))
        if not self.has(table):
            why = f"it kept {', '.join(self.kept)}"
            if "evidence" in self.kept:
                why += "; it is a calibration, whose answer comes from `kembar calibrate`"
            raise InputError(Problem(f"the study kept no table '{table}'", shown_path(self.folder), why=why))
        place = (table, tuple(columns))
        if place not in self._frames:
            self._frames[place] = self._read(table, list(columns) or None)
        return self._frames[place]

    def arrow(self, table: str, columns: list[str] | None = None) -> Any:
        """A table as Arrow holds it, with units in its schema."""
        import pyarrow.parquet as parquet

        if self.is_complete:
            path = self.folder / f"{table}.parquet"
            check_table(path, self.manifest.tables)
            try:
                return parquet.ParquetFile(path).read(columns=columns)
            except (OSError, ValueError) as error:
                raise StorageError(Problem("is damaged", shown_path(path), why=str(error).splitlines()[0])) from None
        return self._from_chunks(table, columns)

    def _read(self, table: str, columns: list[str] | None) -> pd.DataFrame:
        frame: pd.DataFrame = self.arrow(table, columns).to_pandas()
        return frame

    def _from_chunks(self, table: str, columns: list[str] | None) -> Any:
        import pyarrow as pa

        from kembar.experiment.chunk import unpacked
        from kembar.experiment.store import points_table
        from kembar.tables import spelled_out

        if table == "points":
            made = points_table(self.study())
            return made.select(columns) if columns else made
        parts = [spelled_out(unpacked(path.read_bytes())[0][table]) for path in self.readable_chunks]
        if not parts:
            why = "no chunk of it is done; run it again"
            raise InputError(Problem("holds no results yet", shown_path(self.folder), why=why))
        joined = pa.concat_tables(parts)
        return joined.select(columns) if columns else joined

    def study(self) -> Study:
        """The study itself, to run or repeat runs of it.

        Raises InputError when its worlds, policies or rules have changed since, or the program has.
        """
        from kembar.experiment.form import StudyForm
        from kembar.experiment.study import resolve_study

        form = StudyForm.model_validate_json(_json(self.manifest.form))
        path = find_file(self.manifest.path, experiments_folder(), "study") if self.manifest.path else None
        rules = Path(self.manifest.rules.file) if self.manifest.rules.file else None
        study = resolve_study(form, self.manifest.name, None, rules, path)
        if study.identity != self.manifest.input_hash:
            why = "worlds, policies, rules or the program have changed since; make the study anew to go on"
            raise InputError(Problem("was made from other inputs", shown_path(self.folder), why=why))
        return study

    def store(self) -> Store:
        """The folder's chunks."""
        from kembar.experiment.store import Store

        return Store(self.folder, self.study())


def _json(content: Any) -> str:
    import json

    return json.dumps(content)


def read_study(folder: Path) -> StudyResults:
    """A study's folder. Raises InputError when it is none, StorageError when its manifest is damaged."""
    manifest = read_any_manifest(folder)
    if not isinstance(manifest, StudyManifest):
        why = "it holds a single run; studies are made by `kembar study` and `kembar compare`"
        raise InputError(Problem("is no study", shown_path(folder), why=why))
    return StudyResults(folder, manifest)
