"""Writes docs/findings.md: runs every shipped study, or goes on with it, and takes the answers from its results.

    make findings

No number on the page is typed: sentences and tables come from the studies, notes beside them from findings-notes.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from kembar import batches
from kembar.findings import find
from kembar.findings.tables import finding_tables

DOCS: Final = Path(__file__).parent
NOTES: Final = DOCS / "findings-notes.toml"
PAGE: Final = DOCS / "findings.md"
STUDIES: Final = (
    "funding-and-commitment",
    "policy-portfolio",
    "turnover-and-institutions",
    "digital-and-distance",
    "portfolio-size",
    "crisis",
    "what-matters",
    "robust-policies",
)
SHOWN: Final = {"effects": 60, "joint_effects": 20, "responses": 40, "screening": 12, "regret": 12, "deciders": 10}
HEAD: Final = """\
# Findings
<!-- Written by `make findings` from the studies named here; edit findings-notes.toml, not this page. -->

What the shipped studies answer, on the shipped values of the model. Every number comes from the command above it; the
same command gives the same numbers, and its `report.html` has the figures. Intervals are 95 % over runs under common
luck. They say how sure the model's mean is, not how much single futures differ, and nothing of how right the model is:
most values behind it are assumptions ([parameters.md](parameters.md)). All of it is many possible futures of a model,
and no forecast for any city.
"""


def section(name: str, notes: dict[str, Any]) -> list[str]:
    """One study's part of the page."""
    results = batches.study(name, told=lambda text: print(f"{name}: {text}", file=sys.stderr))
    found = find(results)
    form = results.manifest.form
    lines = [f"## {form['title']}", "", f"*{form['question']}*", "", f"`kembar study {name}`", ""]
    lines += [f"- {sentence}" for sentence in found.answer("en")]
    for note in notes.get(name, {}).get("notes", ()):
        lines += ["", note]
    tables = finding_tables(found)
    for key, most in SHOWN.items():
        if key in tables and len(tables[key]):
            lines += ["", *_table(tables[key].head(most))]
    return [*lines, ""]


def _table(frame: Any) -> list[str]:
    shown = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    columns = [str(column).replace("_", " ") for column in frame.columns]
    rows = [columns, ["---"] * len(columns), *shown]
    return ["| " + " | ".join(row) + " |" for row in rows]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return "" if value is None else str(value).replace("|", "/")


def main() -> None:
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    lines = [HEAD, *(f"{text}\n" for text in notes.get("general", {}).get("notes", ()))]
    for name in STUDIES:
        lines += section(name, notes)
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
