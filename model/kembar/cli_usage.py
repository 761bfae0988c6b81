"""Mistakes in a command's words, told as every other mistake: what is wrong, where, why, and the nearest valid choice.

The library behind the command line raises them in its own words, which differ between its versions. So what an option
takes is read from its declaration, and of the library's words only the value given is used.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import typer

from kembar.errors import Problem, nearest

_VALUE = re.compile(r"'?(.*?)'? is not ")
_EXTRA = re.compile(r"extra arguments?(?:\(s\))? \((.*)\)")


@dataclass(frozen=True)
class _Number:
    """What an option takes that takes a number."""

    is_whole: bool
    low: float | None
    high: float | None

    def words(self) -> str:
        kind = "a whole number" if self.is_whole else "a number"
        if self.low is not None and self.high is not None:
            return f"{kind} from {self.low} to {self.high}"
        if self.low is not None:
            return f"{kind} from {self.low} on"
        return kind if self.high is None else f"{kind} up to {self.high}"

    def nearest_to(self, text: str) -> str | None:
        """The valid number nearest to a text that is some number."""
        try:
            number: float = round(float(text)) if self.is_whole else float(text)
        except (ValueError, OverflowError):
            return None
        bounded = max(number, number if self.low is None else self.low)
        bounded = min(bounded, bounded if self.high is None else self.high)
        return None if bounded != bounded else str(bounded)


def usage_problem(error: Any, app: typer.Typer, words: Sequence[str]) -> Problem:
    """The problem that an error of the library behind the command line tells of, in the words of a command."""
    command = _command_of(error, app, words)
    kind = type(error).__name__
    parameter = getattr(error, "param", None)
    if kind == "NoSuchOption":
        return _unknown_option(error, command)
    if kind == "MissingParameter" and parameter is not None:
        return Problem("is missing", key=parameter.metavar or parameter.name, why=parameter.help)
    if kind == "BadParameter" and parameter is not None:
        return _bad_value(error, parameter, command)
    if kind == "BadOptionUsage":
        return _bad_option(error, command)
    message = error.format_message()
    extra = _EXTRA.search(message)
    if extra is not None:
        return _extra_arguments(extra[1], command)
    return Problem(_sentence(message))


def _command_of(error: Any, app: typer.Typer, words: Sequence[str]) -> Any:
    """The command that the words are of; the program itself when they name none."""
    if error.ctx is not None:
        return error.ctx.command
    program: Any = typer.main.get_command(app)
    return program.commands.get(next((word for word in words if not word.startswith("-")), ""), program)


def _sentence(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


def _options(command: Any) -> list[str]:
    """The options of the command, in their long form."""
    found = (max(one.opts, key=len) for one in command.params if one.param_type_name == "option")
    return [*found, "--help"]


def _unknown_option(error: Any, command: Any) -> Problem:
    options = _options(command)
    close = nearest(error.option_name, options)
    why = None if close else f"there are {', '.join(options)}"
    return Problem("no such option", key=error.option_name, why=why, suggestion=close)


def _bad_value(error: Any, parameter: Any, command: Any) -> Problem:
    key = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.name.upper()
    number, value = _number_of(parameter, command), _value_of(error)
    if number is None or value is None:
        return Problem(_sentence(error.message), key=key)
    close = number.nearest_to(value)
    if close is None:
        what = f"'{value}' is not a number"
    elif number.is_whole and re.fullmatch(r"\s*[-+]?\d+\s*", value) is None:
        what = f"{value} is not a whole number"
    else:
        what = f"{value} is out of range"
    return Problem(what, key=key, why=f"it takes {number.words()}", suggestion=close)


def _bad_option(error: Any, command: Any) -> Problem:
    key = error.option_name
    parameter = next((one for one in command.params if key in one.opts), None)
    if parameter is None or getattr(parameter, "is_flag", False):
        return Problem("takes no value", key=key, why=f"write {key} by itself")
    number = _number_of(parameter, command)
    why = f"it takes {number.words()}" if number else f"write {key} {parameter.metavar or parameter.name.upper()}"
    return Problem("has no value", key=key, why=why)


def _extra_arguments(given: str, command: Any) -> Problem:
    taken = [one.metavar or one.name.upper() for one in command.params if one.param_type_name == "argument"]
    close = nearest(f"--{given}", _options(command))
    why = f"{command.name} takes {' '.join(taken)}" if taken else f"{command.name} takes options only"
    return Problem(f"unexpected argument '{given}'", why=why, suggestion=close)


def _number_of(parameter: Any, command: Any) -> _Number | None:
    """What a parameter's declaration says of the number that it takes; None when it takes something else."""
    callback = inspect.unwrap(command.callback)
    hint, *about = get_args(get_type_hints(callback, include_extras=True)[parameter.name]) or (None,)
    kinds = {hint, *get_args(hint)} & {int, float}
    if len(kinds) != 1:
        return None
    bounds = [(getattr(one, "min", None), getattr(one, "max", None)) for one in about]
    low, high = next((pair for pair in bounds if pair != (None, None)), (None, None))
    return _Number(kinds == {int}, low, high)


def _value_of(error: Any) -> str | None:
    """The value that was given, from the error behind this one or from its words."""
    errors: Sequence[dict[str, Any]] = error.__cause__.errors() if hasattr(error.__cause__, "errors") else ()
    if errors:
        return str(errors[0]["input"])
    told = _VALUE.match(error.message)
    return told[1] if told else None
