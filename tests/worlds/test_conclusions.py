"""`kembar conclude` from end to end, over a few draws and one other structure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kembar.conclusions.declaration import FUNDING, SHIPPED, statements
from kembar.language import messages
from kembar.study_results import read_study


@pytest.mark.slow
def test_reduced_form_judges_every_statement_from_its_studies(tmp_path: Path) -> None:
    folder = tmp_path / "conclusions"
    command = [sys.executable, "-m", "kembar", "conclude", "--reduced", "--out", str(folder)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, encoding="utf-8")
    said = json.loads(done.stdout)
    assert [item["id"] for item in said["statements"]] == [item.key for item in statements()]
    assert said["draws"] == 4
    assert said["runs"] == 2 * 8 * (8 + 13), "two structures, eight replicates of eight cells and thirteen arms"
    first = said["statements"][0]
    runs = read_study(folder / f"{FUNDING}-{SHIPPED}").runs.set_index(["point", "replicate"])[first["outcome"]]
    points = read_study(folder / f"{FUNDING}-{SHIPPED}").points
    cells = {point: dict(zip(part["factor"], part["value"], strict=True)) for point, part in points.groupby("point")}
    little, more = (
        next(point for point, cell in cells.items() if cell == {"funding_share": share, "commitment_floor": 0.0})
        for share in (0.00001, 0.00003)
    )
    effects = runs.loc[more] - runs.loc[little]
    assert first["tested"][0]["mean"] == pytest.approx(effects.mean())
    again = subprocess.run([*command, "--lang", "id"], capture_output=True, text=True, check=True, encoding="utf-8")
    assert "is already complete" in again.stderr
    assert messages("id").text("conclusions.statement.money_below_threshold") in again.stdout
