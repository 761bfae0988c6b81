"""Conclusions in words: lines for a terminal and a table for a page, in either language."""

from __future__ import annotations

from typing import Final

from kembar.conclusions.conclude import Conclusions
from kembar.conclusions.judging import Judged
from kembar.language import Messages, messages

COLUMNS: Final = ("statement", "mark", "share", "spread", "fails", "settle")


def summary_of(found: Conclusions, words: Messages) -> str:
    """How many statements got which mark, over what."""
    counts = {mark: sum(item.mark == mark for item in found.judged) for mark in ("robust", "conditional", "open")}
    return words.text(
        "conclusions.summary",
        statements=words.number(len(found.judged)),
        draws=words.number(found.draws),
        structures=words.number(len(found.structures)),
        runs=words.number(found.runs),
        **{mark: words.number(count) for mark, count in counts.items()},
    )


def names_of(item: Judged, words: Messages) -> str:
    """The structures under which a statement does not hold."""
    if len(item.fails_under) == len(item.tested):
        return words.text("conclusions.all_structures")
    return ", ".join(words.text(f"conclusions.structure.{name}") for name in item.fails_under)


def as_text(found: Conclusions, lang: str) -> str:
    """Every statement on a line of its own, with its mark."""
    words = messages(lang)
    lines = [summary_of(found, words), words.text("conclusions.rule"), ""]
    for item in found.judged:
        names = names_of(item, words)
        lines.append(
            words.text(
                "conclusions.line",
                mark=words.text(f"conclusions.mark.{item.mark}"),
                statement=words.text(f"conclusions.statement.{item.statement.key}"),
                share=words.percent(item.tested[0].share),
                fails=words.text("conclusions.fails", names=names) if names else "",
            )
        )
    return "\n".join(lines)


def as_rows(found: Conclusions, lang: str) -> tuple[list[str], list[list[str]]]:
    """The heads and rows of a table; what would settle a statement stands only where it is not robust."""
    words = messages(lang)
    heads = [words.text(f"conclusions.{name}_head") for name in COLUMNS]
    rows = []
    for item in found.judged:
        own = item.tested[0]
        spread = ", ".join(words.significant(value, signed=True) for value in own.quantiles)
        is_settled = item.mark == "robust"
        rows.append(
            [
                words.text(f"conclusions.statement.{item.statement.key}"),
                words.text(f"conclusions.mark.{item.mark}"),
                words.percent(own.share),
                spread,
                names_of(item, words),
                "" if is_settled else words.text(f"conclusions.settle.{item.statement.key}"),
            ]
        )
    return heads, rows
