"""`kembar export`, and results read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kembar
from kembar.errors import InputError, StorageError
from kembar.results import Results
from kembar.study_results import StudyResults
from small_study import Command, stop_at_first_chunk


def test_results_of_a_run_and_of_a_study_are_told_apart(finished: Path, tmp_path: Path) -> None:
    study = kembar.load_results(finished)
    assert isinstance(study, StudyResults)
    assert (len(study.runs), len(study.failures), study.is_complete, study.notice) == (12, 0, True, None)
    run = kembar.run("two-cities", years=1, out=tmp_path / "run", figures=False)
    assert isinstance(kembar.load_results(run.folder), Results)
    with pytest.raises(InputError, match="is no study; it holds a single run"):
        kembar.status(run.folder)
    with pytest.raises(InputError, match=r"nothing: no such folder"):
        kembar.load_results(tmp_path / "nothing")
    (run.folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match=r"manifest.json: is damaged"):
        kembar.load_results(run.folder)


def test_export_as_csv_gives_back_the_tables(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("export", finished, "--format", "csv", "--out", "csv", "--json")
    paths = json.loads(out)["manifest"]["paths"]
    assert (code, paths) == (0, [f"csv/{name}.csv" for name in ("runs", "agreements", "cities", "series", "points")])
    results = kembar.load_results(finished)
    for path in paths:
        table = results.frame(Path(path).stem)
        read = pd.read_csv(path, keep_default_na=False, na_values={c: [""] for c in table.select_dtypes("number")})
        numbers = list(table.select_dtypes("number").columns)
        np.testing.assert_allclose(read[numbers].to_numpy(float), table[numbers].to_numpy(float), rtol=1e-12)
        assert list(read.columns) == list(table.columns)


def test_export_as_workbook_has_a_sheet_for_each_table(command: Command, finished: Path, tmp_path: Path) -> None:
    code, out, _ = command("export", finished, "--format", "xlsx", "--out", "all.xlsx")
    assert (code, out) == (0, "all.xlsx\n")
    sheets = pd.read_excel("all.xlsx", sheet_name=None)
    assert list(sheets) == ["runs", "agreements", "cities", "series", "points"]
    runs = kembar.load_results(finished).runs
    assert sheets["runs"]["total_cost_kusd"].tolist() == pytest.approx(runs["total_cost_kusd"].tolist(), rel=1e-12)


def test_export_of_an_unfinished_study_says_so_in_every_name(command: Command, tmp_path: Path) -> None:
    stop_at_first_chunk("small.toml", tmp_path / "half")
    for form, expected in (("csv", "half/csv/runs-unfinished.csv"), ("xlsx", "half/half-unfinished.xlsx")):
        code, out, _ = command("export", "half", "--format", form)
        assert (code, out.splitlines()[0]) == (0, expected)
        assert all("-unfinished." in line for line in out.splitlines())


def test_export_of_a_single_run_has_its_tables(command: Command, tmp_path: Path) -> None:
    run = kembar.run("two-cities", years=2, out=tmp_path / "run", figures=False)
    code, out, _ = command("export", "run", "--format", "csv")
    assert code == 0
    assert set(out.split()) == {f"run/csv/{name}.csv" for name, table in run.tables.items() if table.num_rows}
