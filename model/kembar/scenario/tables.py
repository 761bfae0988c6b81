"""Tables: the columns each may have, and reading their rows with line numbers and plain messages."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.scenario.text_file import read_text
from kembar.scenario.times import FIRST_YEAR, LAST_YEAR, parse_quarter

MOST_PROBLEMS = 30  # more of them help nobody
CONTINENTS = ("AF", "AS", "EU", "NA", "SA", "OC")
STATUSES = (
    *("active", "listed", "reported", "renewed", "friendship", "former"),
    *("lapsed", "dormant", "letter", "exploratory", "stalled", "told"),
)
UNSIMULATED_STATUS = "told"
WAVE_KINDS = ("election", "caretaker")
ALL_VARIANTS = "all"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COUNTRY_CODE = re.compile(r"[A-Z][A-Z0-9]")


class CellError(ValueError):
    """What is wrong with one cell, why, and the nearest valid choice."""

    def __init__(self, what: str, why: str | None = None, suggestion: str | None = None) -> None:
        super().__init__(what)
        self.what, self.why, self.suggestion = what, why, suggestion


@dataclass(frozen=True)
class Column:
    """One column: how its cells are read and whether they may be blank."""

    name: str
    read: Callable[[str], Any]
    is_required: bool = False
    blank: Any = None  # the value of a blank cell


@dataclass(frozen=True)
class Row:
    """One row: its values by column, and where it stands; a row written inline has a line for each key."""

    values: Mapping[str, Any]
    file: str
    line: int | None
    lines: Mapping[str, int | None] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def problem(self, column: str | None, what: str, why: str | None = None, suggestion: str | None = None) -> Problem:
        """A problem in this row."""
        line = self.lines.get(column, self.line) if column is not None else self.line
        return Problem(what, self.file, line, column, why, suggestion)


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of finite numbers within bounds."""

    def read(text: str) -> float:
        if not _NUMBER.fullmatch(text):
            if text.casefold().lstrip("+-") in ("nan", "inf", "infinity"):
                raise CellError(f"{text} is not a finite number")
            raise CellError(f"'{text}' is not a number", "write digits with a decimal point" if "," in text else None)
        value = float(text)
        if not math.isfinite(value):
            raise CellError(f"{text} is not a finite number")
        if not low <= value <= high:
            raise CellError(f"{text} is outside its range", f"it may lie from {low:.15g} to {high:.15g}")
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""
    read_number = number(low, high)

    def read(text: str) -> int:
        value = read_number(text)
        if value != int(value):
            raise CellError(f"{text} is not a whole number")
        return int(value)

    return read


def choice(*choices: str) -> Callable[[str], str]:
    """A reader of words from a closed list."""

    def read(text: str) -> str:
        if text not in choices:
            raise CellError(f"'{text}' is not allowed", f"it is one of {', '.join(choices)}", nearest(text, choices))
        return text

    return read


def yes_no(text: str) -> bool:
    """Read yes or no."""
    return choice("yes", "no")(text) == "yes"


def quarter(text: str) -> int:
    """Read a time as the number of its quarter."""
    try:
        return parse_quarter(text)
    except ValueError as error:
        raise CellError(str(error)) from None


def country_code(text: str) -> str:
    """Read a country's two-sign code."""
    if not _COUNTRY_CODE.fullmatch(text):
        raise CellError(f"'{text}' is not a country code", "two capitals, as in ID or DE")
    return text


def languages(text: str) -> tuple[tuple[str, float], ...]:
    """Read "id:0.94;jv:0.3"."""
    share = number(0, 1)
    found: dict[str, float] = {}
    for part in text.split(";"):
        name, colon, amount = part.strip().partition(":")
        if not colon or not name:
            raise CellError(f"'{part}' is not a language with its share", "write them as id:0.94;jv:0.3")
        found[name.strip()] = share(amount.strip())
    return tuple(sorted(found.items()))


def names(text: str) -> frozenset[str]:
    """Read names separated by semicolons."""
    return frozenset(part.strip() for part in text.split(";") if part.strip())


def city_name(text: str) -> str:
    """Read a city's name: any text in one line."""
    if any(ord(letter) < 32 or letter in "\x7f\u2028\u2029" for letter in text):
        raise CellError(f"'{text}' holds a control character")
    return text


_year = whole(FIRST_YEAR, LAST_YEAR)
_share = number(0, 1)

TABLES: dict[str, tuple[Column, ...]] = {
    "countries": (
        Column("code", country_code, True),
        Column("name", str, True),
        Column("continent", choice(*CONTINENTS), True),
        Column("population", number(0, 1e10)),
        Column("income_usd", number(1, 1e7)),
        Column("income_year", _year),
        Column("languages", languages, blank=()),
        Column("fiscal_quarter", whole(1, 4), True),
        Column("decentralisation", _share, True),
        Column("imputed", names, blank=frozenset()),
        Column("source", str, blank=""),
    ),
    "cities": (
        Column("name", city_name, True),
        Column("country", country_code, True),
        Column("latitude", number(-90, 90), True),
        Column("longitude", number(-180, 180), True),
        Column("population", number(1, 1e9)),
        Column("budget_kusd", number(1, 1e12)),
        Column("budget_idr_billion", number(0.001, 1e12)),
        Column("budget_year", _year),
        Column("utc_offset_hours", number(-12, 14)),
        Column("election_wave", str),
        Column("search", yes_no, blank=True),
        Column("commitment", _share),
        Column("institutionalisation", _share),
        Column("civic", _share),
        Column("business", _share),
        Column("source", str, blank=""),
    ),
    "agreements": (
        Column("city", city_name, True),
        Column("partner", city_name, True),
        Column("signed_year", _year),
        Column("status", choice(*STATUSES), True),
        Column("term_years", number(0.25, 200)),
        Column("source", str, blank=""),
        Column("confidence", str, blank=""),
        Column("note", str, blank=""),
        Column("because", str, blank=""),
    ),
    "elections": (
        Column("country", country_code, True),
        Column("wave", str, True),
        Column("variant", str, True),
        Column("quarter", quarter, True),
        Column("kind", choice(*WAVE_KINDS), True),
        Column("source", str, blank=""),
        Column("note", str, blank=""),
    ),
}


def read_cells(columns: Iterable[Column], cells: Mapping[str, str], row: Row, problems: list[Problem]) -> Row | None:
    """The row with its cells read; None, and problems added, when some may not stand."""
    values: dict[str, Any] = {}
    is_whole = True
    for column in columns:
        text = cells.get(column.name, "")
        if not text:
            values[column.name] = column.blank
            if column.is_required:
                is_whole = False
                problems.append(row.problem(column.name, "is missing"))
            continue
        try:
            values[column.name] = column.read(text)
        except CellError as error:
            is_whole = False
            problems.append(row.problem(column.name, error.what, error.why, error.suggestion))
    return Row(values, row.file, row.line, row.lines) if is_whole else None


def read_entry(
    table: str, entry: Mapping[str, Any], file: str, line_of: Callable[[str], int | None], problems: list[Problem]
) -> Row | None:
    """One row written inline in a scenario file; its keys are the columns of the table."""
    columns = TABLES[table]
    known = [column.name for column in columns]
    cells: dict[str, str] = {}
    before = len(problems)
    for key, value in entry.items():
        if key not in known:
            left = [name for name in known if name not in entry]
            problems.append(Problem("unknown key", file, line_of(key), key, suggestion=nearest(key, left)))
        elif not isinstance(value, str | int | float):
            problems.append(Problem("must be a text or a number", file, line_of(key), key))
        else:
            cells[key] = ("no", "yes")[value] if isinstance(value, bool) else str(value).strip()
    row = read_cells(columns, cells, Row({}, file, line_of(""), {key: line_of(key) for key in entry}), problems)
    return row if len(problems) == before else None


def _header(cells: list[str], columns: tuple[Column, ...], file: str) -> list[Problem]:
    known = [column.name for column in columns]
    problems = []
    for name in cells:
        if name not in known:
            left = [other for other in known if other not in cells]
            problems.append(Problem("unknown column", file, 1, name or "''", suggestion=nearest(name, left)))
        elif cells.count(name) > 1:
            problems.append(Problem("column stands twice", file, 1, name))
    for column in columns:
        if column.is_required and column.name not in cells:
            problems.append(Problem("missing column", file, 1, column.name))
    return list(dict.fromkeys(problems))


def read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file as texts, each with the line it starts on; blank lines are passed over."""
    file = shown_path(path)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    last = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((last + 1, cells))
            last = reader.line_num
    except csv.Error as error:
        raise InputError(Problem("is not a valid CSV table", file, last + 1, why=str(error))) from None
    return rows


def read_table(path: Path, table: str) -> list[Row]:
    """The rows of a table file. Raises InputError with all its problems, up to a readable number."""
    file = shown_path(path)
    columns = TABLES[table]
    lines = read_lines(path)
    header = [cell.strip() for cell in lines[0][1]]
    problems = _header(header, columns, file)
    if problems:
        raise InputError(problems)
    rows: list[Row] = []
    present = [column for column in columns if column.name in header]
    absent = {column.name: column.blank for column in columns if column.name not in header}
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            what = f"has {len(cells)} cells, not {len(header)}"
            problems.append(Problem(what, file, line, why="a text with a comma needs quotes"))
        else:
            stripped = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            row = read_cells(present, stripped, Row(absent, file, line), problems)
            if row is not None:
                rows.append(Row({**absent, **row.values}, file, line))
        if len(problems) >= MOST_PROBLEMS:
            problems.append(Problem("has more problems, the rest is not shown", file))
            break
    if problems:
        raise InputError(problems)
    return rows


def table_of(path: Path) -> str | None:
    """The kind of table that a CSV file's header belongs to, or None."""
    lines = read_lines(path)
    header = {cell.strip() for cell in lines[0][1]}
    overlap = {
        table: len(header & {column.name for column in columns if column.is_required})
        / sum(column.is_required for column in columns)
        for table, columns in TABLES.items()
    }
    best = max(overlap, key=lambda table: overlap[table])
    return best if overlap[best] > 0.5 else None
