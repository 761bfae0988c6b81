"""Values of parameters: the one door where a new value is checked, and the frozen, hashed set of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kembar.errors import InputError, Problem, nearest
from kembar.parameters.declaration import (
    SECTORS,
    Declaration,
    Value,
    declaration,
    declarations,
    fault_of_number,
)

KIND_RULES = {
    "constant": "a constant, only a scenario's [parameters] sets it",
    "uncertainty": "an uncertainty, a scenario's [parameters] or a study's sample sets it",
    "lever": "a lever, a [[change]] sets it",
}


def check_value(
    key: str, value: object, kinds: Iterable[str] = (), file: str | None = None, line: int | None = None
) -> tuple[Problem, ...]:
    """The problems of giving a parameter a value; empty when it may have it.

    `kinds` are the kinds of parameter allowed here, e.g. ("lever",) for a policy; none given means all.
    A parameter with one value for each sector takes a table of sectors, eight numbers, or one number for all eight.
    """
    allowed = tuple(kinds)
    try:
        declared = declaration(key)
    except InputError:
        known = [known.key for known in declarations() if not allowed or known.kind in allowed]
        close = nearest(key, known) or nearest(key, [known.key for known in declarations()])
        return (Problem("unknown parameter", file, line, key, suggestion=close),)
    if allowed and declared.kind not in allowed:
        what = f"is not a {' or '.join(allowed)}"
        return (Problem(what, file, line, key, why=f"it is {KIND_RULES[declared.kind]}"),)
    faults: list[tuple[str, str | None, str | None]] = []
    for sector, number in _numbers(declared, value, faults):
        fault = fault_of_number(number, declared.range, declared.scale)
        if fault:
            faults.append((fault[0] if sector is None else f"{sector}: {fault[0]}", fault[1], None))
    return tuple(Problem(what, file, line, key, why, suggestion) for what, why, suggestion in faults)


def _numbers(
    declared: Declaration, value: object, faults: list[tuple[str, str | None, str | None]]
) -> Iterator[tuple[str | None, object]]:
    """The single numbers of a value, with their sector."""
    if not isinstance(value, Mapping | list | tuple):
        yield None, value
    elif not declared.is_by_sector:
        faults.append(("must be one number", "it has no sectors", None))
    elif isinstance(value, Mapping):
        for sector, number in value.items():
            if sector in SECTORS:
                yield sector, number
            else:
                faults.append((f"unknown sector '{sector}'", None, nearest(str(sector), SECTORS)))
    elif len(value) != len(SECTORS):
        faults.append((f"must have {len(SECTORS)} numbers, not {len(value)}", "one for each sector", None))
    else:
        yield from zip(SECTORS, value, strict=True)


def as_value(key: str, value: object) -> Value:
    """A checked value in the form the model uses: a float, or one float for each sector.

    Sectors that a table leaves out keep their declared value. Raises InputError when the value may not stand.
    """
    problems = check_value(key, value)
    if problems:
        raise InputError(problems)
    declared = declaration(key)
    if isinstance(declared.value, tuple):
        if isinstance(value, Mapping):
            return tuple(float(value.get(sector, old)) for sector, old in zip(SECTORS, declared.value, strict=True))
        if isinstance(value, list | tuple):
            return tuple(float(number) for number in value)
        return (float(value),) * len(SECTORS)  # type: ignore[arg-type]
    return float(value)  # type: ignore[arg-type]


def parse_value(text: str) -> object:
    """A value from the command line: a number, else the text itself, which `check_value` then refuses by name.

    >>> parse_value("0.5"), parse_value("half")
    (0.5, 'half')
    """
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class ResolvedParameters:
    """The value of every parameter for one run, with a hash that names the whole set."""

    values: Mapping[str, Value]
    hash: str

    def __getitem__(self, key: str) -> Value:
        return self.values[key]

    def number(self, key: str) -> float:
        """The value of a parameter that has no sectors."""
        value = self.values[key]
        if isinstance(value, tuple):
            raise TypeError(f"{key} has one value for each sector")
        return value


class _FrozenValues(dict[str, Value]):
    """A dictionary that refuses changes and, unlike a mapping proxy, travels to workers."""

    def _refuse(self, *_: object, **__: object) -> None:
        raise TypeError("a resolved set of parameters is frozen, resolve another one")

    __setitem__ = __delitem__ = _refuse
    clear = pop = popitem = setdefault = update = __ior__ = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[dict[str, Value]]]:
        return _FrozenValues, (dict(self),)


def default_values() -> dict[str, Value]:
    """The declared value of every parameter."""
    return {declared.key: declared.value for declared in declarations()}


def hash_of(content: object) -> str:
    """The sha256 of a value's canonical JSON."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def resolve(overrides: Mapping[str, object] | None = None) -> ResolvedParameters:
    """All parameters at their declared values but for `overrides`. Raises InputError for those that may not stand."""
    values = default_values()
    problems: list[Problem] = []
    for key, value in (overrides or {}).items():
        found = check_value(key, value)
        problems.extend(found)
        if not found:
            values[key] = as_value(key, value)
    if problems:
        raise InputError(problems)
    return ResolvedParameters(_FrozenValues(values), hash_of(values))
