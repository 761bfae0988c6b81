"""The scorecard as plain lines for a terminal."""

from __future__ import annotations

from kembar.evidence.page import number_of, summary_of
from kembar.evidence.questions import judge_questions
from kembar.evidence.scorecard import Scorecard
from kembar.language import messages


def as_text(card: Scorecard, lang: str) -> str:
    """Patterns with verdict and numbers, then the questions, in one language."""
    words = messages(lang)
    lines = [summary_of(card, words), ""]
    for pattern in card.patterns:
        verdict = words.text(f"evidence.verdict.{pattern.verdict.replace(' ', '_')}")
        shown = "; ".join(number_of(part, words) for part in pattern.parts)
        lines.append(f"{pattern.id}  {verdict:<16} {words.text(f'evidence.pattern.{pattern.id}')}: {shown}")
    lines += ["", words.text("evidence.questions")]
    for question, use in judge_questions(card).items():
        said = words.text(f"evidence.use.{use.replace(' ', '_')}")
        lines.append(f"  {said:<16} {words.text(f'evidence.question.{question}')}")
    return "\n".join(lines)
