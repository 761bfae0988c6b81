"""Writes docs/scorecard.md and docs/claims.md with their figures: judges the model as `kembar validate` does.

    make scorecard

A few minutes on two processors. No number on the pages is typed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from kembar import api
from kembar.evidence.page import (
    bounds_of,
    number_of,
    question_rows,
    score_row,
    sign_row,
    signs_summary,
    summary_of,
)
from kembar.evidence.scorecard import Scorecard
from kembar.evidence.validate import FIGURES, SIGNS_FIGURE, TARGETS_FIGURE
from kembar.language import Messages, messages

DOCS: Final = Path(__file__).parent
FOLDER: Final = DOCS.parent / "results" / "validation"
PICTURES: Final = {TARGETS_FIGURE: "scorecard-targets.png", SIGNS_FIGURE: "claims.png"}
GENERATED: Final = "<!-- Written by `make scorecard`; edit docs/make_scorecard.py and kembar.evidence. -->"
HEAD: Final = f"""\
# Scorecard
{GENERATED}

How the model is judged, by `kembar validate`, whose page has the figure behind every verdict. Criteria:
`model/kembar/evidence/patterns.toml`, ranges: `targets.toml` beside it. What was changed with a pattern in view:
[odd.md](odd.md#9-history-of-changes). Whether the program does what the model says: [verification.md](verification.md).
What calibration left of the uncertain numbers: [calibration.md](calibration.md).
"""
CLAIMS: Final = f"""\
# Claims and signs
{GENERATED}

Each claim of the project's source texts (S02 to S26 but S18) and each sign of the model's charter has a row or several:
a change, one outcome named before it was tested, a direction, and the least effect that matters. S01, S18 and S27 are
represented by the model's entities and data and have no effect to test. The rows stand in
`model/kembar/evidence/claims.toml`; a key in a row leads to [parameters.md](parameters.md). `kembar compare indonesia
POLICY --runs 200` repeats a row that starts as shipped and lays one policy over it, to the last digit.
"""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of a page."""
    cells = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells] + [""]


def scorecard(card: Scorecard, words: Messages) -> list[str]:
    """The lines of docs/scorecard.md."""

    def text(key: str) -> str:
        return words.text(f"evidence.{key}")

    def verdict(name: str) -> str:
        return text(f"verdict.{name.replace(' ', '_')}")

    lines = [HEAD, f"{summary_of(card, words)} {signs_summary(card, words)} ([claims.md](claims.md))", ""]
    lines += [f"## {text('questions')}", ""]
    lines += table(
        [text("question_head"), text("use_head"), text("rests_on")],
        [[row["question"], row["use"], row["rests_on"]] for row in question_rows(card, words)],
    )
    lines += [text("questions_note"), "", f"## {text('patterns')}", "", text("patterns_note"), ""]
    rows = []
    for pattern in card.patterns:
        found = "; ".join(f"{text(f'statistic.{part.statistic}')}: {number_of(part, words)}, "
                          f"in {bounds_of(part, words)}" for part in pattern.parts)  # fmt: skip
        revised = "yes" if pattern.revised else ""
        rows.append([f'<a id="{pattern.id.lower()}"></a>{pattern.id}', text(f"pattern.{pattern.id}"), pattern.criterion,
                     found, verdict(pattern.verdict), revised])  # fmt: skip
    heads = ["", "Pattern", "Criterion", "Found, and bounds", text("verdict_head"), "Changed with it known"]
    lines += table(heads, rows)
    for pattern in card.patterns:
        if pattern.verdict != "reproduced":
            key = f"miss.{pattern.id}"
            why = text(key) if words.has(f"evidence.{key}") else text("miss.open")
            lines += [f"**{pattern.id}, {verdict(pattern.verdict)}.** {why}", ""]
    lines += [f"## {text('targets')}", "", text("targets_note"), ""]
    lines += table(
        [text(f"{name}_head") for name in ("target", "role", "found", "range", "verdict", "source")],
        [
            [
                text(f"target.{target.id}"),
                text(f"role.{target.role}"),
                number_of(target.found, words) if target.found else f"{text('no_quantity')}: {target.reason}",
                bounds_of(target.found, words) if target.found else "",
                verdict(target.verdict),
                ", ".join(f"[{name}](parameters.md#ref-{name})" for name in target.source) + f" [{target.mark}]",
            ]
            for target in card.targets
        ],
    )
    lines += [f"![{text('target_scale')}](pictures/{PICTURES[TARGETS_FIGURE]})", ""]
    lines += [f"## {text('scores')}", "", text("scores_note"), ""]
    names = ["score_head", "outcomes_head", "model_head", "constant_hazard", "age_alone", "difference_head"]
    scores = [score_row(found, words) for found in card.scores]
    lines += table(
        [text(name) for name in (*names, "verdict_head")],
        [
            [row["name"], row["outcomes"], row["model"], *row["benchmarks"], row["interval"], row["verdict"]]
            for row in scores
        ],
    )
    return [*lines, text("one_future")]


def claims(card: Scorecard, words: Messages) -> list[str]:
    """The lines of docs/claims.md."""

    def text(key: str) -> str:
        return words.text(f"evidence.{key}")

    heads = ["sign_of", "sign_head", "change_head", "outcome_head", "before_head", "effect_head", "least_head"]
    rows = [sign_row(found, words) for found in card.signs]
    keys = ("claim", "about", "change", "outcome", "before", "effect", "least", "pairs", "verdict")
    return [
        CLAIMS,
        f"**{signs_summary(card, words)}** {text('signs_note')}",
        "",
        f"![{text('signs')}](pictures/{PICTURES[SIGNS_FIGURE]})",
        "",
        *table(
            [*(text(name) for name in heads), text("pairs_head"), text("verdict_head")],
            [[row[key] for key in keys] for row in rows],
        )[:-1],
    ]


def main() -> None:
    """Judge the model; write the pages and the figures."""
    card = api.validate(out=FOLDER, told=lambda said: print(said, file=sys.stderr))
    words = messages("en")
    for name, picture in PICTURES.items():
        shutil.copyfile(FOLDER / FIGURES / f"{name}.png", DOCS / "pictures" / picture)
    (DOCS / "scorecard.md").write_text("\n".join(scorecard(card, words)) + "\n", encoding="utf-8")
    (DOCS / "claims.md").write_text("\n".join(claims(card, words)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
