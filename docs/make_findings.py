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
from kembar.conclusions.telling import as_rows, summary_of
from kembar.evidence.declaration import patterns
from kembar.findings import find
from kembar.findings.tables import finding_tables
from kembar.language import messages

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
# Outcomes in the tables of the page, and the most rows of each table.
OUTCOMES: Final = ("active_years_per_agreement", "active_agreements", "benefit_points_per_agreement", "total_cost_kusd")
MOST_ROWS: Final = 40
MOST_NUMBERS: Final = 10  # uncertain numbers shown
HEAD: Final = """\
# Findings
<!-- Written by `make findings` from the studies named here; edit findings-notes.toml, not this page. -->

What the shipped studies answer, on the shipped values of the model. Every number comes from the command above it; the
same command gives the same numbers, and its `report.html` has the figures. Intervals are 95 % over runs under common
luck. They say how sure the model's mean is, not how much single futures differ, and nothing of how right the model is:
most values behind it are assumptions ([parameters.md](parameters.md)). All of it is many possible futures of a model,
and no forecast for any city.
"""


STRUCTURES_NOTE: Final = """\
The draws are those of the posterior sample ([calibration.md](calibration.md)): what the evidence leaves of all
uncertain numbers, which is most of their ranges. The other structures are rules that other builders might have chosen;
each is one file in `model/kembar/conclusions/structures/`, and `kembar study conclusions-funding --rules FILE` runs one
by hand. Sections below give the sizes at the shipped values; this table says which of their signs do not hang on these
values. What is not robust names the observation that would settle it."""


def conclusions() -> list[str]:
    """Which statements hold over the posterior and over other structures."""
    found = batches.conclude(told=lambda text: print(text, file=sys.stderr))
    words = messages("en")
    lines = [f"## {words.text('conclusions.title')}", "", "`kembar conclude`", ""]
    lines += [f"{summary_of(found, words)} {words.text('conclusions.rule')}", "", *STRUCTURES_NOTE.splitlines(), ""]
    return [*lines, *_markdown(*as_rows(found, "en")), ""]


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
    for table in (_effects(tables), _surface(tables), _responses(tables), _screening(tables), _regret(tables),
                  _deciders(tables)):  # fmt: skip
        if table is not None:
            lines += ["", *_markdown(*table)]
    return [*lines, ""]


Rows = tuple[list[str], list[list[str]]]


def _interval(row: Any, name: str) -> str:
    mean, low, high = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    return "" if mean != mean else f"{mean:.3g} ({low:.3g} to {high:.3g})"


def _effects(tables: dict[str, Any]) -> Rows | None:
    """Policies by their effect on the first outcome: effect and interval of each outcome."""
    if "effects" not in tables:
        return None
    frame = tables["effects"]
    shown = [outcome for outcome in OUTCOMES if outcome in set(frame["outcome"])]
    by_policy = {name: part.set_index("outcome") for name, part in frame.groupby("policies", sort=False)}
    order = sorted(by_policy, key=lambda name: -by_policy[name].loc[shown[0], "effect"])
    rows = [[name, *(_interval(by_policy[name].loc[one], "effect") for one in shown)] for name in order[:MOST_ROWS]]
    return ["policy", *(f"`{outcome}`" for outcome in shown)], rows


def _surface(tables: dict[str, Any]) -> Rows | None:
    """The first outcome over a grid of two factors."""
    if "surface" not in tables:
        return None
    frame = tables["surface"]
    frame = frame[frame["outcome"] == OUTCOMES[0]]
    columns = sorted(set(frame["second_level"]))
    rows = []
    for level, part in frame.groupby("first_level"):
        cells = part.set_index("second_level")
        rows.append([f"{level:g}", *(_interval(cells.loc[column], "mean") for column in columns)])
    first, second = frame.iloc[0][["first", "second"]]
    return [f"`{OUTCOMES[0]}`: `{first}` down, `{second}` across", *(f"{column:g}" for column in columns)], rows


def _responses(tables: dict[str, Any]) -> Rows | None:
    """Every outcome along one factor, where there is only one."""
    if "responses" not in tables or "surface" in tables:
        return None
    frame = tables["responses"]
    shown = [outcome for outcome in OUTCOMES if outcome in set(frame["outcome"])]
    rows = []
    for level, part in frame.groupby("level"):
        cells = part.set_index("outcome")
        rows.append([f"{level:g}", *(_interval(cells.loc[one], "mean") for one in shown)])
    return [f"`{frame.iloc[0]['factor']}`", *(f"`{outcome}`" for outcome in shown)], rows


def _screening(tables: dict[str, Any]) -> Rows | None:
    """The uncertain numbers that move the first outcome most."""
    if "screening" not in tables:
        return None
    frame = tables["screening"]
    frame = frame[frame["outcome"] == OUTCOMES[0]].sort_values("mu_star", ascending=False).head(MOST_NUMBERS)
    rows = [[f"`{row['factor']}`", _interval(row, "mu_star"), _interval(row, "mu"), f"{row['mu_star_of_luck']:.2g}"]
            for _, row in frame.iterrows()]  # fmt: skip
    columns = ["uncertain number", "mean size of its effect", "mean effect, low to high", "what luck alone would show"]
    return columns, rows


def _regret(tables: dict[str, Any]) -> Rows | None:
    """How far each policy falls behind the best one at a sampled point, and how often it is the best."""
    if "regret" not in tables:
        return None
    frame = tables["regret"].sort_values("mean")
    keys = ("mean", "quantile", "share_best")
    rows = [[row["policy"] or "baseline", *(_interval(row, key) for key in keys)] for _, row in frame.iterrows()]
    columns = ["policy", "mean regret", "regret in nine of ten worlds at most", "share of worlds in which it is best"]
    return columns, rows


def _deciders(tables: dict[str, Any]) -> Rows | None:
    """The uncertain numbers that decide between the two best policies."""
    if "deciders" not in tables:
        return None
    frame = tables["deciders"].head(MOST_NUMBERS // 2)
    rows = [[f"`{row['parameter']}`", row["best"], row["next"], _interval(row, "share"), f"{row['p_lead']:.2g}"]
            for _, row in frame.iterrows()]  # fmt: skip
    columns = ["uncertain number", "best policy", "next one", "share of their difference explained", "p, adjusted"]
    return columns, rows


def _markdown(columns: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (columns, ["---"] * len(columns), *rows)]


def main() -> None:
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    judged = patterns()
    counts = {"patterns": len(judged), "revised": sum(pattern.revised is not None for pattern in judged)}
    lines = [HEAD, *(f"{text}\n".format(**counts) for text in notes.get("general", {}).get("notes", ()))]
    lines += conclusions()
    for name in STUDIES:
        lines += section(name, notes)
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
