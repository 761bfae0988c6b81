"""The scorecard as a page that opens from its folder: the verdict first, then patterns, targets, claims, scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kembar.evidence.claims import SIGN, Settings
from kembar.evidence.questions import CLAIMS_OF, NEVER, PATTERNS_OF, judge_questions
from kembar.evidence.scorecard import Measured, Score, Scorecard
from kembar.evidence.signs import SignFound
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
        questions=question_rows(card, words),
        part=lambda found: number_of(found, words),
        bounds=lambda found: bounds_of(found, words),
        score=lambda found: score_row(found, words),
        signs=[sign_row(found, words) for found in card.signs],
        signs_summary=signs_summary(card, words),
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


def question_rows(card: Scorecard, words: Messages) -> list[dict[str, str]]:
    """Every question with whether it may be asked, and what that rests on."""
    return [
        {
            "use": words.text(f"evidence.use.{use.replace(' ', '_')}"),
            "question": words.text(f"evidence.question.{question}"),
            "rests_on": words.text("evidence.never") if question in NEVER else _rests_on(question),
        }
        for question, use in judge_questions(card).items()
    ]


def _rests_on(question: str) -> str:
    return ", ".join((*PATTERNS_OF[question], *CLAIMS_OF.get(question, ())))


def signs_summary(card: Scorecard, words: Messages) -> str:
    """How many claims and signs hold."""
    return words.text(
        "evidence.signs_summary",
        signs=words.number(len(card.signs)),
        holding=words.number(sum(found.holds for found in card.signs)),
        runs=words.number(card.runs),
    )


def sign_row(found: SignFound, words: Messages) -> dict[str, str]:
    """A claim or sign in words: who claims what, the change, the outcome, and what was found."""
    from kembar.findings.names import outcome_title

    sign = found.sign
    least = sign.least if sign.direction == "up" else -sign.least
    low, high = (words.significant(edge, signed=True) for edge in found.interval)
    return {
        "key": sign.key,
        "claim": words.text("evidence.sign_of_charter") if sign.claim == SIGN else sign.claim,
        "about": words.text(f"claims.sign.{sign.key}"),
        "change": _change(found, words),
        "outcome": outcome_title(sign.outcome, words) + ("" if sign.unit == "1" else f" [{sign.unit}]"),
        "before": words.significant(found.baseline),
        "effect": words.text("evidence.number", value=words.significant(found.effect, signed=True), low=low, high=high),
        "least": words.significant(least, signed=True),
        "pairs": words.number(found.pairs),
        "verdict": words.text(f"evidence.sign_verdict.{found.verdict.replace(' ', '_')}"),
    }


def _change(found: SignFound, words: Messages) -> str:
    """What a row changes, parameters by their keys, which are what a reader can set."""

    def shown(settings: Settings) -> str:
        return ", ".join(f"{name} = {value:g}" for name, value in settings.items())

    sign = found.sign
    parts = {name: shown(settings) for name, settings in sign.changes.items()}
    parts["after"] = ", ".join(part for part in (parts.get("after", ""), *sign.policies) if part)
    parts = {name: part or words.text("evidence.measure.shipped") for name, part in parts.items()}
    most = "" if sign.most is None else words.percent(sign.most)
    return words.text(f"evidence.measure.{sign.measure}", most=most, **parts)


def number_of(found: Measured, words: Messages) -> str:
    if found.value is None or found.interval is None:
        return words.text("evidence.verdict.not_enough_data")
    low, high = (words.significant(edge) for edge in found.interval)
    return words.text("evidence.number", value=words.significant(found.value), low=low, high=high)


def bounds_of(found: Measured, words: Messages) -> str:
    """The bounds of a criterion or the range of a target."""
    low = UNBOUNDED if found.low_bound is None else words.significant(found.low_bound)
    high = UNBOUNDED if found.high_bound is None else words.significant(found.high_bound)
    return words.text("evidence.range", low=low, high=high)


def score_row(found: Score, words: Messages) -> dict[str, Any]:
    """A score in words: the model's loss, the benchmarks', and the difference."""

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
