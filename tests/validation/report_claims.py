"""Writes docs/claims.md: every claim and sign with its effect over pairs of runs, as the tests find it.

Run it as `python tests/validation/report_claims.py` from the root of the checkout; it takes some minutes.
"""

from __future__ import annotations

from pathlib import Path

import paired

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"
PAIRS = 200
HEAD = f"""# Claims and signs

Each claim of the project's source texts (S02 to S26 but S18) and each sign of the model's charter has a row or
several: a change, one outcome named before it was tested, a direction, and the least effect that matters. Effects are
means over {PAIRS} pairs of runs of `indonesia` under common luck, at the shipped values but for what `before` of a row
sets, with the 95 % interval over runs. They show what the model says, not what was observed: the values behind them
are partly assumptions ([parameters](parameters.md)). S01, S18 and S27 are represented by the model's entities and data
and have no effect to test.

Made by `python tests/validation/report_claims.py`; the rows stand in `tests/validation/claims.toml`.

| claim | what is claimed | outcome | without | effect (95 % interval) | least | holds |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Run every row and write the page."""
    lines = []
    for row in paired.claims():
        effect = paired.effect_of(row, PAIRS)
        verdict = "yes" if paired.holds(row, effect) else "**no**"
        sign = "" if row["direction"] == "up" else "-"
        lines.append(
            f"| {row['claim']} | {row['about']} | `{row['outcome']}` | {effect.baseline:.3g} "
            f"| {effect.mean:+.3g} ({effect.low:+.3g} to {effect.high:+.3g}) | {sign}{row['least']} | {verdict} |"
        )
    page = HEAD + "\n".join(lines) + "\n\n## Joint, small and relative effects\n\n"
    page += "| sign | measured | 95 % interval | holds when |\n|---|---|---|---|\n"
    for kind, measure, condition in (
        ("interaction", paired.joint_effect, "above zero"),
        ("small", paired.excess_of_small, "below zero"),
        ("group", paired.group_effect, "above zero"),
    ):
        for row in paired.signs(kind):
            effect = measure(row, PAIRS)
            page += f"| {row['about']} | {effect.mean:+.3g} | {effect.low:+.3g} to {effect.high:+.3g} | {condition} |\n"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
