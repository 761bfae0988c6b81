"""The scorecard as plain lines for a terminal."""

from __future__ import annotations

from kembar.evidence.page import number_of, sign_row, signs_summary, summary_of
from kembar.evidence.questions import judge_questions
from kembar.evidence.scorecard import Scorecard
from kembar.language import messages


def as_text(card: Scorecard, lang: str) -> str:
    """Patterns with verdict and numbers, claims that do not hold, then the questions, in one language."""
    words = messages(lang)
    lines = [summary_of(card, words), ""]
    for pattern in card.patterns:
        verdict = words.text(f"evidence.verdict.{pattern.verdict.replace(' ', '_')}")
        shown = "; ".join(number_of(part, words) for part in pattern.parts)
        lines.append(f"{pattern.id}  {verdict:<16} {words.text(f'evidence.pattern.{pattern.id}')}: {shown}")
    lines += ["", signs_summary(card, words)]
    for found in card.signs:
        if not found.holds:
            row = sign_row(found, words)
            lines.append(f"{row['claim']:<4} {row['verdict']:<16} {row['about']}: {row['effect']}")
    lines += ["", words.text("evidence.questions")]
    for question, use in judge_questions(card).items():
        said = words.text(f"evidence.use.{use.replace(' ', '_')}")
        lines.append(f"  {said:<16} {words.text(f'evidence.question.{question}')}")
    return "\n".join(lines)
