"""The languages in which results are told: one catalogue of messages, numbers in the reader's format.

The messages stand in `LANGUAGE/AREA.toml`; a message's key is `AREA.KEY` (tables inside a file add a part:
`AREA.TABLE.KEY`). Every language has the same keys with the same placeholders, which a test checks.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, nearest

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
_MARKS: Final = {"en": (",", "."), "id": (".", ",")}  # of thousands, of decimals
MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Messages:
    """The messages of one language, and its way of writing numbers."""

    language: str
    texts: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """A message with its placeholders filled in. A number must come as text, written by `number` or `percent`.

        Raises KeyError for an unknown message: that is a mistake of the program, not of a user.
        """
        return self.texts[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a message."""
        return key in self.texts

    def number(self, value: float, digits: int = 0, *, signed: bool = False) -> str:
        """A number with a fixed count of decimals.

        >>> messages("en").number(-1234.5, 1), messages("id").number(1234.5, 1, signed=True)
        ('−1,234.5', '+1.234,5')
        """
        thousands, decimals = _MARKS[self.language]
        text = f"{abs(value):,.{digits}f}"
        is_zero = not any(digit in text for digit in "123456789")
        text = text.translate(str.maketrans(",.", thousands + decimals))
        sign = "" if is_zero else MINUS if value < 0 else "+" if signed else ""
        return sign + text

    def significant(self, value: float, digits: int = 3, *, signed: bool = False) -> str:
        """A number with about so many significant digits.

        >>> messages("en").significant(0.012345), messages("en").significant(1234.5)
        ('0.0123', '1,234')
        """
        if value == 0:
            return self.number(0.0)
        exponent = int(f"{abs(value):e}".partition("e")[2])
        return self.number(value, max(0, digits - 1 - exponent), signed=signed)

    def percent(self, share: float, digits: int = 0, *, signed: bool = False) -> str:
        """A share in percent.

        >>> messages("en").percent(0.256), messages("id").percent(0.256)
        ('26%', '26%')
        """
        return self.number(100.0 * share, digits, signed=signed) + "%"


def check_language(language: str, key: str = "--lang") -> str:
    """The language's code. Raises InputError with the nearest one when there is none; `key` is where it was asked."""
    if language in LANGUAGES:
        return language
    known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
    raise InputError(
        Problem(f"unknown language '{language}'", key=key, why=f"there are {known}",
                suggestion=nearest(language, LANGUAGES))
    )  # fmt: skip


def number_marks(language: str) -> tuple[str, str]:
    """The marks of thousands and of decimals in a language.

    >>> number_marks("id")
    ('.', ',')
    """
    return _MARKS[check_language(language)]


@cache
def messages(language: str) -> Messages:
    """The catalogue of a language. Raises InputError when there is no such language."""
    check_language(language)
    texts: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.toml")):
        texts.update(_flat(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))))
    return Messages(language, texts)


def _flat(prefix: str, content: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in content.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            found.update(_flat(name, value))
        else:
            found[name] = str(value)
    return found


def placeholders(text: str) -> frozenset[str]:
    """The names that a message needs filled in.

    >>> sorted(placeholders("of {total} agreements, {more} more"))
    ['more', 'total']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
