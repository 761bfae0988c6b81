"""Posterior samples of the uncertain numbers: what a calibration leaves of their ranges, as equally likely draws.

A sample is a CSV file with one draw a row and one uncertainty a column. A number with a value for each sector stands
as its position (0 at the lower end, 0.5 as declared, 1 at the upper end). What has no column stays as declared.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.parameters.declaration import uncertainties
from kembar.parameters.values import check_value

POSTERIOR: Final = "posterior"  # how a study names the shipped sample
SHIPPED: Final = Path(__file__).with_name("posterior.csv")
DIGITS: Final = 6  # significant ones that a sample keeps


@dataclass(frozen=True)
class PosteriorSample:
    """Equally likely draws of uncertain numbers."""

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]  # (draws, names)
    hash: str  # SHA-256 of names and values
    path: Path

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.values)

    def draw_of(self, replicate: int) -> int:
        """The draw that a replicate takes; more replicates than draws begin again with the first one."""
        return replicate % self.draws

    def at(self, replicate: int) -> dict[str, float]:
        """The numbers of a replicate by name."""
        return dict(zip(self.names, self.values[self.draw_of(replicate)].tolist(), strict=True))


@cache
def shipped_posterior() -> PosteriorSample:
    """The sample that comes with the package."""
    return read_posterior(SHIPPED)


def read_posterior(path: Path) -> PosteriorSample:
    """A sample from its file. Raises InputError with the line of every mistake."""
    from kembar.scenario.text_file import read_text

    name = shown_path(path)
    lines = [row for row in csv.reader(read_text(path).splitlines()) if any(cell.strip() for cell in row)]
    header = [cell.strip() for cell in lines[0]] if lines else []
    problems = _problems_of_header(header, name)
    if len(lines) < 2:
        problems.append(Problem("has no draw", name, 1, why="every row below the names is one"))
    if problems:
        raise InputError(problems)
    rows: list[list[float]] = []
    for line, cells in enumerate(lines[1:], start=2):
        rows.append(_row(header, cells, name, line, problems))
    if problems:
        raise InputError(problems)
    values = np.array(rows, np.float64)
    return PosteriorSample(tuple(header), values, _hash_of(header, values), path)


def _problems_of_header(header: Sequence[str], name: str) -> list[Problem]:
    known = {item.key for item in uncertainties()}
    why = "columns are named as uncertain numbers"
    found = [
        Problem(f"unknown uncertainty '{cell}'", name, 1, why=why, suggestion=nearest(cell, known))
        for cell in header
        if cell not in known
    ]
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    return found + [Problem(f"column '{cell}' stands twice", name, 1) for cell in twice]


def _row(header: Sequence[str], cells: Sequence[str], name: str, line: int, problems: list[Problem]) -> list[float]:
    if len(cells) != len(header):
        problems.append(Problem(f"has {len(cells)} cells, not {len(header)}", name, line))
        return []
    by_sector = {item.key for item in uncertainties() if item.is_by_sector}
    row = []
    for key, text in zip(header, cells, strict=True):
        try:
            row.append(float(text))
        except ValueError:
            problems.append(Problem(f"'{text.strip()}' is not a number", name, line, key))
            continue
        if key in by_sector:
            if not 0.0 <= row[-1] <= 1.0:
                why = "a position from 0 (lowest) over 0.5 (as declared) to 1 (highest) moves all eight sectors"
                problems.append(Problem(f"{text.strip()} is outside 0 to 1", name, line, key, why))
        else:
            problems.extend(check_value(key, row[-1], ("uncertainty",), name, line))
    return row


def written_posterior(names: Sequence[str], values: npt.NDArray[np.float64]) -> str:
    """The text of a sample's file, values (draws, names) rounded so that they stay within their ranges."""
    ranges = {item.key: (0.0, 1.0) if item.is_by_sector else item.range for item in uncertainties()}
    lines = [",".join(names)]
    for row in values:
        lines.append(",".join(_rounded(value, *ranges[name]) for name, value in zip(names, row.tolist(), strict=True)))
    return "\n".join(lines) + "\n"


def _rounded(value: float, low: float, high: float) -> str:
    text = f"{value:.{DIGITS}g}"
    return text if low <= float(text) <= high else repr(min(max(value, float(low)), float(high)))


def _hash_of(names: Sequence[str], values: npt.NDArray[np.float64]) -> str:
    return hashlib.sha256("\n".join(names).encode() + values.tobytes()).hexdigest()
