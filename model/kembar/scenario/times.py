"""Quarters as text and as numbers, counted from the first quarter of year 0: year * 4 + quarter - 1."""

from __future__ import annotations

import re

FIRST_YEAR, LAST_YEAR = 1900, 2200

_QUARTER = re.compile(r"(\d{4})(?:Q([1-4]))?")


def quarter_index(year: int, quarter: int = 1) -> int:
    """The number of a quarter.

    >>> quarter_index(2027, 3)
    8110
    """
    return year * 4 + quarter - 1


def format_quarter(index: int) -> str:
    """The text of a quarter.

    >>> format_quarter(8110)
    '2027Q3'
    """
    return f"{index // 4}Q{index % 4 + 1}"


def parse_quarter(value: object) -> int:
    """The number of a quarter written as 2027, "2027" or "2027Q3"; a bare year is its first quarter.

    Raises ValueError with a sentence for the user.

    >>> format_quarter(parse_quarter(2027))
    '2027Q1'
    """
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    match = _QUARTER.fullmatch(text)
    if match is None:
        raise ValueError(f"'{value}' is not a time, write 2027 or \"2027Q3\"")
    year = int(match[1])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"year {year} is outside {FIRST_YEAR} to {LAST_YEAR}")
    return quarter_index(year, int(match[2] or 1))
