"""The card of the data that come with the program: what is in every table, what is missing, where it comes from."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kembar.locations import scenarios_folder

Row = Mapping[str, str]

GENERATED: Final = (
    "<!-- Written by `python -m kembar.documentation`; edit model/kembar/data_card.py and the tables. -->"
)
EVENTS_FILE: Final = Path(__file__).parent / "evidence" / "lifecycle_events.csv"
CONFIDENCE: Final = {
    "A": "own or partner government, embassy or official text read",
    "B": "news, blog or paper read",
    "C": "only in a list of February 2026",
    "D": "weak",
    "K": "year not verified",
}
DECADE: Final = 10
MOST_COUNTRIES: Final = 10

HEAD: Final = f"""\
# Data card
{GENERATED}

What the data are that come with kembar, how whole they are, and what they must not be taken for. Columns and every
rule of imputation: [scenarios/README.md](../scenarios/README.md). Licences and attributions:
[DATA-LICENSES.md](../DATA-LICENSES.md). What the *results* hold: [data-dictionary.md](data-dictionary.md).

## Purpose
To start the model from the real register of Indonesia's sister cities, and to judge it by dated events of real pairs.
They were compiled for this program from public sources, one source in each row; nobody was asked or observed.

## Tables
"""
TAIL: Final = """\
## What is missing, and what that does
- **Registers remember what lived.** A tie that came to nothing is seldom listed, and one that sleeps is seldom
  reported. The selection is not modelled. It makes the hindcast start from survivors, it is the likely cause of the
  missed part of P01 ([scorecard.md](scorecard.md#p01)), and it is why the scores of dated pairs would prove nothing
  even if they were good. Signings are input to the hindcast and never scored
  ([odd.md](odd.md#55-values-of-the-uncertain-numbers)).
- **Being listed proves a signature, not activity.** The hidden state of a listed agreement is drawn for each run
  ([odd.md](odd.md#53-drawn-for-each-run)).
- **Years are missing for more than half of the agreements**; they are drawn for each run from recorded years of like
  status, and results pool over these draws.
- **Other ties of the partners are not in the tables**; a background load stands for them
  ([odd.md](odd.md#77-allocation-allocation)).
- **Budgets** are known for few cities and imputed from population and income for the rest.
- **Incomes and populations** are of one year and do not change in a run.

## Fit for
Teaching; comparing policies over many runs of the model; testing other models of the same registers, with the
licences kept and the missing cells left missing.

## Not fit for
A ranking of cities, a statement that a named agreement is alive or dead, an inventory of agreements for legal use, or
a sample of the world's sister cities. A status is what a text said on the day it was read.

## People and places
The tables name local governments and countries. They hold no person: heads of cities are unnamed variables of the
model, drawn at random, and must not be read as real office holders. Labels of countries and territories are short
common names in one editable table and say nothing on the status of any place.

## Upkeep
A row is corrected by editing the table and its source; `kembar check` refuses rows that contradict each other, and a
change that moves results gets a line in [CHANGELOG.md](../CHANGELOG.md).
"""


def data_card() -> str:
    """The whole page."""
    folder = scenarios_folder() / "tables"
    cities, agreements = _read(folder / "indonesia" / "cities.csv"), _read(folder / "indonesia" / "agreements.csv")
    tables = {
        "scenarios/tables/indonesia/agreements.csv": agreements,
        "scenarios/tables/indonesia/cities.csv": cities,
        "scenarios/tables/indonesia/elections.csv": _read(folder / "indonesia" / "elections.csv"),
        "scenarios/tables/countries.csv": _read(folder / "countries.csv"),
        "model/kembar/evidence/lifecycle_events.csv": _read(EVENTS_FILE),
    }
    lines = [
        HEAD + "| table | rows | columns | filled in every row | with empty cells (share empty) |",
        "|---|---|---|---|---|",
    ]
    for name, rows in tables.items():
        empty = {column: _empty_share(rows, column) for column in rows[0]}
        whole = ", ".join(f"`{column}`" for column, share in empty.items() if share == 0.0)
        partly = ", ".join(f"`{column}` ({100 * share:.0f}%)" for column, share in empty.items() if share > 0.0)
        lines.append(f"| [{name}](../{name}) | {len(rows)} | {len(empty)} | {whole} | {partly} |")
    lines += [
        "",
        "An empty cell means unknown, or that a column does not apply; what is imputed is marked as such in a run.",
        "",
    ]
    lines += _composition(agreements, cities)
    return "\n".join([*lines, TAIL])


def _composition(agreements: Sequence[Row], cities: Sequence[Row]) -> list[str]:
    """What the Indonesian register is made of."""
    lines = ["## The register", ""]
    homes = {name for row in agreements for name in (row["city"], row["partner"]) if name.endswith(" (ID)")}
    partners = Counter(
        name.rpartition(" (")[2].rstrip(")")
        for row in agreements
        for name in (row["city"], row["partner"])
        if not name.endswith(" (ID)")
    )
    most = ", ".join(f"{code} ({count})" for code, count in partners.most_common(MOST_COUNTRIES))
    lines += [
        f"{len(agreements)} rows of {len(homes)} Indonesian local governments with partners in {len(partners)} "
        f"countries, most often {most}. The table of cities holds {len(cities)} local governments in "
        f"{len({row['country'] for row in cities})} countries.",
        "",
    ]
    years = [int(row["signed_year"]) for row in agreements if row["signed_year"]]
    decades = Counter(year // DECADE * DECADE for year in years)
    lines += [f"{len(years)} rows have a year, from {min(years)} to {max(years)}.", ""]
    lines += ["| signed | rows |", "|---|---|"]
    lines += [f"| {decade} to {decade + DECADE - 1} | {decades[decade]} |" for decade in sorted(decades)]
    lines += [f"| unknown | {len(agreements) - len(years)} |", ""]
    statuses = Counter(row["status"] for row in agreements)
    lines += ["| status | rows |", "|---|---|"]
    lines += [f"| `{status}` | {count} |" for status, count in statuses.most_common()]
    grades = Counter(row["confidence"] for row in agreements)
    unknown = sorted(set(grades) - set(CONFIDENCE))
    lines += ["", "| confidence | what was read | rows |", "|---|---|---|"]
    lines += [f"| {grade} | {CONFIDENCE[grade]} | {grades[grade]} |" for grade in CONFIDENCE if grades[grade]]
    lines += [f"| {grade or 'none'} | see the note of the row | {grades[grade]} |" for grade in unknown]
    return [*lines, ""]


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _empty_share(rows: Sequence[Row], column: str) -> float:
    return sum(not row[column].strip() for row in rows) / len(rows)
