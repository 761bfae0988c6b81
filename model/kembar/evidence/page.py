"""The scorecard as a page that opens from its folder: the verdict first, then patterns, targets and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kembar.evidence.questions import NEVER, PATTERNS_OF, judge_questions
from kembar.evidence.scorecard import Measured, Score, Scorecard
from kembar.evidence.statistics import WORST_FIRST
from kembar.language import Messages

PAGE: Final = "scorecard.html"
TEMPLATE: Final = "scorecard.html.jinja"
UNBOUNDED: Final = "…"


def make_page(card: Scorecard, words: Messages, lang: str) -> str:
    """The whole page in one language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(TEMPLATE).render(
        lang=lang,
        text=lambda key, **values: words.text(f"evidence.{key}", **values),
        verdict=lambda name: words.text(f"evidence.verdict.{name.replace(' ', '_')}"),
        card=card,
        summary=summary_of(card, words),
        questions=_questions(card, words),
        part=lambda found: number_of(found, words),
        bounds=lambda found: _bounds(found, words),
        score=lambda found: _score(found, words),
        has_miss=lambda key: words.has(f"evidence.miss.{key}"),
    )


def summary_of(card: Scorecard, words: Messages) -> str:
    counts = [
        words.text(f"evidence.count.{verdict.replace(' ', '_')}", count=words.number(card.count(verdict)))
        for verdict in reversed(WORST_FIRST)
        if card.count(verdict)
    ]
    revised = sum(pattern.revised is not None for pattern in card.patterns)
    return words.text(
        "evidence.summary",
        patterns=words.number(len(card.patterns)),
        counts=", ".join(counts),
        runs=words.number(card.runs),
        revised=words.number(revised),
    )


def _questions(card: Scorecard, words: Messages) -> list[dict[str, str]]:
    return [
        {
            "use": words.text(f"evidence.use.{use.replace(' ', '_')}"),
            "question": words.text(f"evidence.question.{question}"),
            "patterns": ", ".join(PATTERNS_OF.get(question, ()))
            or words.text("evidence.never" if question in NEVER else ""),
        }
        for question, use in judge_questions(card).items()
    ]


def number_of(found: Measured, words: Messages) -> str:
    if found.value is None or found.interval is None:
        return words.text("evidence.verdict.not_enough_data")
    low, high = (words.significant(edge) for edge in found.interval)
    return words.text("evidence.number", value=words.significant(found.value), low=low, high=high)


def _bounds(found: Measured, words: Messages) -> str:
    low = UNBOUNDED if found.low_bound is None else words.significant(found.low_bound)
    high = UNBOUNDED if found.high_bound is None else words.significant(found.high_bound)
    return words.text("evidence.range", low=low, high=high)


def _score(found: Score, words: Messages) -> dict[str, Any]:
    def shown(value: float | None) -> str:
        return UNBOUNDED if value is None else words.number(value, 3)

    interval = UNBOUNDED
    if found.interval is not None:
        interval = words.text(
            "evidence.range",
            low=words.number(found.interval[0], 3, signed=True),
            high=words.number(found.interval[1], 3, signed=True),
        )
    return {
        "name": words.text(f"evidence.score.{found.id}"),
        "outcomes": words.number(found.outcomes),
        "model": shown(found.model),
        "benchmarks": [shown(value) for value in found.benchmarks.values()],
        "interval": interval,
        "verdict": words.text(f"evidence.verdict.{found.verdict.replace(' ', '_')}"),
    }
