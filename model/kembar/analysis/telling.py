"""Estimates of change as words and numbers of a language, with no more digits than they deserve.

The digits follow the interval: its half width is shown with one significant digit, or two when it begins with 1 or 2.
Rounding never changes what is claimed: an interval that excludes zero shows no zero, neither at an end nor as its mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kembar.analysis.estimates import Estimate
from kembar.language import Messages

# What an estimate says, and the last part of the key of the message that tells it.
UP: Final = "up"
DOWN: Final = "down"
UNCLEAR: Final = "unclear"  # the interval includes zero
SAME: Final = "same"  # no difference in any pair
MISSING: Final = "missing"  # there is no interval

MOST_DIGITS: Final = 6
PLAIN_DIGITS: Final = 3  # significant ones, of a number without an interval that has a width
_GIVEN_DIGITS: Final = 6  # significant ones of a number that somebody chose: more are rounding error
_SHOWS_ONE: Final = 0.5  # of the last decimal: rounds to something
_TWO_DIGITS_BELOW: Final = 3.0  # a half width that begins with less than this is shown with two digits
# Outcomes without a unit that are no share of anything.
INDICES: Final = frozenset(
    {
        *("benefit_gini", "income_gap", "mean_trust_of_active", "effort_reciprocity", "gini_per_head"),
        *("concentration_by_benefits", "concentration_by_size", "concentration_by_income"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """What an estimate says: its kind, and the numbers as text without a sign.

    Of UP and DOWN: `size` of the change, and `low` and `high` from the smaller to the larger. Of UNCLEAR: how far below
    zero (`low`) and above it (`high`) the truth is likely to lie. `digits` are the decimals used.
    """

    kind: str
    size: str = ""
    low: str = ""
    high: str = ""
    digits: int = 0
    has_width: bool = True


def digits_of(half_width: float) -> int:
    """Decimals that an interval of this half width deserves.

    >>> [digits_of(half) for half in (31.0, 5.0, 1.4, 0.5, 0.021)]
    [0, 0, 1, 1, 3]
    """
    exponent = math.floor(math.log10(half_width))
    begins_low = half_width / 10.0**exponent < _TWO_DIGITS_BELOW
    return min(MOST_DIGITS, max(0, int(begins_low) - exponent))


def told_change(estimate: Estimate, language: Messages, scale: float = 1.0, digits: int | None = None) -> Change:
    """What the estimate times `scale` says; `digits` in the place of the decimals that its interval deserves.

    >>> from kembar.language import messages
    >>> change = told_change(Estimate(-14.2, -17.1, -11.4, 1.4, 0.95, 200), messages("en"), digits=0)
    >>> change.kind, change.size, change.low, change.high
    ('down', '14', '11', '17')
    """
    if estimate.mean is None or estimate.low is None or estimate.high is None:
        return Change(MISSING)
    mean, low, high = (scale * value for value in (estimate.mean, estimate.low, estimate.high))
    if not estimate.has_width:
        places = _decimals(mean, PLAIN_DIGITS)
        size = language.number(abs(mean), places)
        kind = SAME if mean == 0.0 else UP if mean > 0.0 else DOWN
        return Change(kind, size, size, size, places, has_width=False)
    deserved = digits_of((high - low) / 2.0)
    places = deserved if digits is None else digits
    if low <= 0.0 <= high:
        if max(-low, high) * 10.0**places < _SHOWS_ONE:
            places = deserved  # or both ends would be shown as zero
        below, above = language.number(-low, places), language.number(high, places)
        return Change(UNCLEAR, "", below, above, places)
    ends = sorted((abs(low), abs(high)))
    size, nearer, farther = (_not_zero(value, places, language) for value in (abs(mean), *ends))
    return Change(UP if low > 0.0 else DOWN, size, nearer, farther, places)


def _not_zero(value: float, digits: int, language: Messages) -> str:
    """A number above zero, with more digits where it would be shown as zero."""
    text = language.number(value, digits)
    return text if any(figure in text for figure in "123456789") else language.significant(value, 1)


def is_share(outcome: str, unit: str) -> bool:
    """Whether an outcome is told in percent, and its changes in percentage points."""
    return unit == "1" and outcome not in INDICES


def with_unit(number: str, outcome: str, unit: str, language: Messages) -> str:
    """The size of a change with its unit in words.

    >>> from kembar.language import messages
    >>> with_unit("5.1", "active_share", "1", messages("en")), with_unit("0.04", "benefit_gini", "1", messages("en"))
    ('5.1 percentage points', '0.04')
    """
    if unit == "1":
        unit = "percentage_points" if is_share(outcome, unit) else "index"
    single = f"findings.unit_of_one.{unit}"
    key = single if number == language.number(1.0) and language.has(single) else f"findings.unit.{unit}"
    return language.text(key, number=number)


def told_range(change: Change, estimate: Estimate, language: Messages) -> str:
    """The likely range in brackets; where all pairs agree, that they do."""
    if change.has_width:
        return language.text("findings.range.likely", low=change.low, high=change.high)
    return language.text("findings.range.same", pairs=language.number(estimate.runs))


def as_given(value: float, language: Messages) -> str:
    """A number that somebody chose, with the decimals that it was given with.

    >>> from kembar.language import messages
    >>> as_given(0.00015, messages("id")), as_given(2.0, messages("en")), as_given(100 * 0.07, messages("en"))
    ('0,00015', '2', '7')
    """
    return language.number(value, _decimals(value, _GIVEN_DIGITS))


def _decimals(value: float, significant: int) -> int:
    """Decimals that a number needs to show so many significant digits, zeros at its end left out."""
    return max(0, -int(Decimal(f"{value:.{significant}g}").normalize().as_tuple().exponent))


def capitalised(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
