"""Parts of sentences: a change in words, a number with its unit, names in a row."""

from __future__ import annotations

from collections.abc import Sequence

from kembar.analysis.estimates import Estimate
from kembar.analysis.telling import MISSING, digits_of, is_share, told_change, told_range, with_unit
from kembar.findings.names import outcome_title, parameter_title
from kembar.language import Messages

PERCENT = 100.0
PLAIN_DIGITS = 3  # significant ones, of a number without an interval


def change(estimate: Estimate, outcome: str, unit: str, language: Messages) -> str:
    """A change as part of a sentence: `up by 1.1 years (likely range 0.9 to 1.3)`."""
    told = told_change(estimate, language, PERCENT if is_share(outcome, unit) else 1.0)
    if told.kind == MISSING:
        reason = estimate.reason.told(language) if estimate.reason else ""
        return language.text("report.change.missing", reason=reason)
    return language.text(
        f"report.change.{told.kind}",
        size=with_unit(told.size, outcome, unit, language),
        range=told_range(told, estimate, language),
        down=with_unit(told.low, outcome, unit, language),
        up=with_unit(told.high, outcome, unit, language),
    )


def level_of(
    value: float | None, outcome: str, unit: str, language: Messages, half_width: float | None = None,
    *, is_change: bool = False,
) -> str:  # fmt: skip
    """A mean, with the decimals that its interval deserves when there is one; a change of a share is in points."""
    if value is None:
        return language.text("report.word.none")
    scale = PERCENT if is_share(outcome, unit) else 1.0
    if half_width:
        text = language.number(scale * value, digits_of(scale * half_width))
        if is_change and value != 0.0 and not any(figure in text for figure in "123456789"):
            text = language.significant(scale * value, 1)  # an end that is not zero is not shown as zero
    else:
        text = language.significant(scale * value, PLAIN_DIGITS)
    return text + "%" if is_share(outcome, unit) and not is_change else text


def mean_of(estimate: Estimate, outcome: str, unit: str, language: Messages, *, is_change: bool = False) -> str:
    """A mean with its interval: `13.2 (13.0 to 13.4)`."""
    middle = level_of(estimate.mean, outcome, unit, language, estimate.half_width, is_change=is_change)
    if estimate.low is None or estimate.high is None or not estimate.has_width:
        return middle
    ends = [
        level_of(end, outcome, unit, language, estimate.half_width, is_change=is_change)
        for end in (estimate.low, estimate.high)
    ]
    return language.text("report.change.mean", mean=middle, low=ends[0], high=ends[1])


def listed(parts: Sequence[str], language: Messages) -> str:
    """Parts as a list in a sentence."""
    if len(parts) <= 1:
        return "".join(parts)
    return language.text("report.word.list", first=", ".join(parts[:-1]), last=parts[-1])


def inside(text: str) -> str:
    """A heading as it stands inside a sentence: without its capital, unless it is an abbreviation."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def outcome_inside(name: str, language: Messages) -> str:
    """An outcome's name inside a sentence."""
    return inside(outcome_title(name, language))


def parameter_inside(key: str, language: Messages) -> str:
    """A parameter's name inside a sentence."""
    return inside(parameter_title(key, language))


def unit_word(unit: str, language: Messages, outcome: str = "", *, has_changes: bool = False) -> str:
    """A unit as a heading shows it; of a share, in percent."""
    if outcome and is_share(outcome, unit):
        return language.text("report.unit.percent") if has_changes else "%"
    key = f"report.unit.{unit}"
    return language.text(key) if language.has(key) else unit
