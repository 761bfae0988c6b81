"""The reference pages that are written from data: every parameter, every outcome, every column of every table."""

from __future__ import annotations

from collections.abc import Iterable

from kembar.outcomes import OUTCOMES
from kembar.parameters import UNITS, Declaration, declarations, references
from kembar.schemas import POINTS, Table, evidence_table, tables

GENERATED = "<!-- Written by `python -m kembar.documentation`; edit the sources, not this page. -->"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _anchor(name: str) -> str:
    """A place that other pages can link to."""
    return f'<a id="{name}"></a>'


def _rows(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return [*lines, *("| " + " | ".join(map(_cell, row)) + " |" for row in rows)]


def data_dictionary() -> str:
    """The page on what a results folder holds."""
    lines = [
        "# Data dictionary",
        GENERATED,
        "",
        "Tables are Parquet files; the unit and meaning of every column stand in the file's schema too. An empty cell",
        "is a value that does not exist. `run_id` joins the tables. Units: "
        + "; ".join(f"`{k}` {v}" for k, v in UNITS.items())
        + ".",
        "",
        "A share of a shortfall: over the silent span before a decline, the exchanges that a well-kept agreement of",
        "the pair would have held but this one did not are divided exactly into signed parts (`shortfall_…`).",
        "",
    ]
    for table in (*tables("run"), evidence_table(), POINTS):
        lines += _table(table)
    lines += ["## Outcomes", "", "What a run came to; the columns of `runs` and the keys of `kembar run --json`.", ""]
    lines += _rows(
        ("name", "unit", "meaning"),
        ((f"{_anchor(f'outcome-{item.name}')}`{item.name}`", f"`{item.unit}`", item.about) for item in OUTCOMES),
    )
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    outcomes = {outcome.name for outcome in OUTCOMES}
    shown = [
        column for column in table.columns if not column.name.startswith("parameter.") and column.name not in outcomes
    ]
    lines = [f"## {table.file}", "", f"One row is {table.row}.", ""]
    lines += _rows(
        ("column", "type", "unit", "meaning"),
        ((f"`{column.name}`", column.type, f"`{column.unit}`", column.about) for column in shown),
    )
    if len(shown) < len(table.columns):
        lines += ["", "Then one column for every outcome (below) and, as `parameter.KEY` or `parameter.KEY.SECTOR`,",
                  "for every parameter ([parameters.md](parameters.md))."]  # fmt: skip
    return [*lines, ""]


def parameters_page() -> str:
    """The page on every parameter and the references behind them."""
    lines = [
        "# Parameters",
        GENERATED,
        "",
        "Every number of the model, declared once in `model/kembar/parameters/`. A **lever** may be changed by",
        "a policy, an **uncertainty** is sampled by a study, a **constant** only a scenario sets. `assumption` says",
        "plainly that no evidence stands behind a value; `calibrated` that it was set by hand so that the model comes",
        "near published figures, which is no estimate.",
        "",
    ]
    by_file: dict[str, list[Declaration]] = {}
    for declared in declarations():
        by_file.setdefault(declared.file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml"), []).append(
            declared
        )
    for name, group in by_file.items():
        lines += [f"## {name.capitalize()}", ""]
        header = ("key", "meaning", "unit", "kind", "value", "range", "basis", "source", "claims")
        lines += [*_rows(header, map(_parameter, group)), ""]
    lines += ["## References", ""]
    for key, reference in references().items():
        authors = f"{reference.authors}, " if reference.authors else ""
        year = f" ({reference.year})" if reference.year else ""
        link = f" <{reference.url}>" if reference.url else ""
        told = f"{authors}{reference.title}{year}.{link} {reference.note}"
        lines.append(f"- {_anchor(f'ref-{key}')}`{key}`: {told}".rstrip())
    return "\n".join(lines) + "\n"


def _sources(declared: Declaration) -> str:
    return ", ".join(f"[{name}](#ref-{name})" if name in references() else name for name in declared.source)


def _parameter(declared: Declaration) -> tuple[object, ...]:
    value = (
        ", ".join(f"{number:g}" for number in declared.value)
        if isinstance(declared.value, tuple)
        else f"{declared.value:g}"
    )
    low, high = declared.range
    return (
        f"{_anchor(declared.key)}`{declared.key}`",
        *(f"{declared.title}. {declared.about}", f"`{declared.unit}`", declared.kind, value),
        *(f"{low:g} to {high:g}", declared.basis, _sources(declared), ", ".join(declared.claims)),
    )
