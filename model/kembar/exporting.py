"""The tables of a results folder in other forms: CSV files, or one workbook with a sheet for each table.

Tables of an unfinished study say so in the name of every file.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, StorageError, shown_path
from kembar.results import Results
from kembar.study_results import TABLES, StudyResults

_MOST_ROWS: Final = 1_048_576  # of a sheet, its header included
UNFINISHED: Final = "-unfinished"


def _tables(results: Results | StudyResults) -> dict[str, Any]:
    """Every table with any row, as a pandas frame."""
    if isinstance(results, Results):
        return {name: table.to_pandas() for name, table in results.tables.items() if table.num_rows}
    frames = {name: results.frame(name) for name in TABLES if results.has(name)}
    return {name: frame for name, frame in frames.items() if len(frame)}


def _mark(results: Results | StudyResults) -> str:
    return UNFINISHED if isinstance(results, StudyResults) and not results.is_complete else ""


def write_csv(results: Results | StudyResults, folder: Path | None) -> list[Path]:
    """One file for each table, UTF-8 with a header line, into the results folder unless told otherwise."""
    from kembar.experiment.store import write_whole

    target = folder or results.folder / "csv"
    _make(target)
    found = []
    for name, frame in _tables(results).items():
        path = target / f"{name}{_mark(results)}.csv"
        buffer = io.StringIO()
        frame.to_csv(buffer, index=False)
        write_whole(path, buffer.getvalue().encode())
        found.append(path)
    return found


def write_xlsx(results: Results | StudyResults, file: Path | None) -> list[Path]:
    """One workbook. Raises InputError when a table has more rows than a sheet takes."""
    import pandas as pd

    from kembar.experiment.store import write_whole

    tables = _tables(results)
    for name, frame in tables.items():
        if len(frame) >= _MOST_ROWS:
            what = f"{name} has {len(frame):,} rows, more than a sheet takes ({_MOST_ROWS - 1:,})"
            raise InputError(Problem(what, shown_path(results.folder), why="use --format csv"))
    path = file or results.folder / f"{results.folder.name}{_mark(results)}.xlsx"
    _make(path.parent)
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as workbook:
        for name, frame in tables.items():
            frame.to_excel(workbook, sheet_name=name, index=False)
    write_whole(path, buffer.getvalue())
    return [path]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(folder), why=error.strerror or str(error))) from None
