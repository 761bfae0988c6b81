"""Errors are an interface: what is wrong, where, why, and the nearest valid choice, in one plain line each."""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Letters that Unicode does not split into a base letter and an accent.
_UNSPLIT_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)


def folded(text: str) -> str:
    """The text without accents and capitals, for comparing names.

    >>> folded("Łódź") == folded("lodz")
    True
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.translate(_UNSPLIT_LETTERS).split())


def escaped(text: str) -> str:
    """The text on one line: control and invisible formatting characters shown as escapes.

    >>> escaped("a" + chr(27) + "b")
    'a\\\\x1bb'
    """
    return "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else ascii(letter)[1:-1]
        for letter in text
    )


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice whose spelling is nearest to `name`, or None when nothing is near.

    >>> nearest("fundingshare", ["funding_share", "term_limit"])
    'funding_share'
    """
    by_folded: dict[str, str] = {}
    for choice in choices:
        by_folded.setdefault(folded(choice), choice)
    wanted = folded(name)
    if wanted in by_folded:
        return by_folded[wanted]
    matches = difflib.get_close_matches(wanted, by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def shown_path(path: Path | str) -> str:
    """A file's name as a reader would type it: relative to the current folder when it lies inside it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive on Windows
        return str(path)
    return str(path) if relative.startswith("..") else relative


@dataclass(frozen=True)
class Problem:
    """One mistake: what is wrong, and as much of where, why and the likely intention as is known."""

    what: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    why: str | None = None
    suggestion: str | None = None

    def format(self, word: str = "error") -> str:
        """The one line shown to the user; `word` says how bad it is: error or warning.

        >>> Problem("unknown key", file="a.toml", line=3, key="form", suggestion="from").format()
        'error: a.toml:3: form: unknown key; did you mean from?'
        """
        parts = [f"{word}: "]
        if self.file is not None:
            parts.append(escaped(self.file) + (f":{self.line}" if self.line is not None else "") + ": ")
        if self.key is not None:
            parts.append(escaped(self.key) + ": ")
        parts.append(escaped(self.what))
        if self.why is not None:
            parts.append("; " + escaped(self.why))
        if self.suggestion is not None:
            parts.append(f"; did you mean {escaped(self.suggestion)}?")
        return "".join(parts)


def _as_problems(problems: Problem | Iterable[Problem]) -> tuple[Problem, ...]:
    return (problems,) if isinstance(problems, Problem) else tuple(problems)


class KembarError(Exception):
    """What a user can cause or meet; `problems` are its lines and `exit_code` the command's answer."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = _as_problems(problems)
        super().__init__(self.problems)  # the only argument, so that the error survives the way between workers

    def __str__(self) -> str:
        return "\n".join(problem.format() for problem in self.problems)


class InputError(KembarError):
    """Bad input: a scenario, policy, parameter, table or argument that cannot be used. Exit code 2."""


class StorageError(KembarError):
    """Disk, scheduler or damaged results. Exit code 3."""

    exit_code = 3
