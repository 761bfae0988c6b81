"""One TOML file with its values and their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.scenario.text_file import read_text
from kembar.scenario.toml_lines import Place, find_lines, line_of

_POSITION = re.compile(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


@dataclass(frozen=True)
class TomlFile:
    """A TOML file that was read without error; the lines are found when first asked for."""

    path: Path
    text: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """The file's name as shown in messages."""
        return shown_path(self.path)

    @cached_property
    def lines(self) -> dict[Place, int]:
        """The line of every place."""
        return find_lines(self.text.replace("\r\n", "\n"))

    def line(self, place: Place) -> int | None:
        """The line of a place, or of the nearest table around it."""
        return line_of(self.lines, place)

    def problem(self, place: Place, what: str, why: str | None = None, suggestion: str | None = None) -> Problem:
        """A problem at a place; its key is the way there, with array entries counted from 1."""
        return Problem(what, self.name, self.line(place), shown_key(place), why, suggestion)

    def key_problems(
        self, place: Place, entry: Mapping[str, Any], required: Sequence[str], optional: Sequence[str] = ()
    ) -> list[Problem]:
        """Keys of a table that are unknown or missing; a slip of the pen, one of each, is one problem."""
        missing = [name for name in required if name not in entry]
        known = (*required, *optional)
        unknown = [name for name in entry if name not in known]
        meant = {name: nearest(name, missing or known) for name in unknown}
        found = [self.problem((*place, name), "unknown key", suggestion=meant[name]) for name in unknown]
        unmeant = [name for name in missing if name not in meant.values()]
        if unmeant:
            found.append(self.problem(place, f"missing key {', '.join(unmeant)}", "every key is required"))
        return found


def shown_key(place: Place) -> str | None:
    """The way to a value as text.

    >>> shown_key(("change", 1, "from"))
    'change[2].from'
    """
    shown = ""
    for part in place:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            shown += f".{part}" if shown else part
    return shown or None


def read_toml(path: Path) -> TomlFile:
    """Read a TOML file. Raises InputError with the line of a mistake in form."""
    text = read_text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _POSITION.fullmatch(str(error))
        what = match[1] if match else str(error)
        line = int(match[2]) if match and match[2] else text.count("\n") + 1
        raise InputError(
            Problem("is not valid TOML", shown_path(path), line, why=what[:1].lower() + what[1:])
        ) from None
    except RecursionError:
        raise InputError(Problem("is not valid TOML", shown_path(path), why="it is nested too deeply")) from None
    return TomlFile(path, text, data)
