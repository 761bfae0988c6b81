"""Reading the project's claims and signs: what is changed, which outcome it must move, which way, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from kembar.errors import InputError, Problem, nearest
from kembar.outcomes import BY_NAME
from kembar.parameters import declarations
from kembar.parameters.declaration import as_number
from kembar.scenario.toml_file import TomlFile, read_toml

Measure = Literal["effect", "joint", "beside", "far_and_poor"]
Direction = Literal["up", "down"]
Settings = Mapping[str, float]

SIGN: Final = "sign"  # a claim of the model's charter rather than of a source text
CLAIMS: Final = tuple(f"S{number:02d}" for number in range(2, 27) if number != 18)  # the others are entities and data
RELATIVE_UNIT: Final = "1"

_TIMES: Final = "times"
_COMMON: Final = ("claim", "measure", "outcome", "direction", "least", "before")
_CHANGES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {  # what each measure needs, and may have
    "effect": ((), ("after", "policies")),
    "joint": (("first", "second"), ()),
    "beside": (("after", "beside_before", "beside_after", "most"), ()),
    "far_and_poor": (("after",), ()),
}


@dataclass(frozen=True)
class World:
    """The Indonesian world with levers and numbers set, and policies laid over it."""

    settings: tuple[tuple[str, float], ...]
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sign:
    """One row: the change and what it must do. `least` is in the outcome's unit, a relative effect in parts of 1."""

    key: str
    claim: str
    measure: Measure
    outcome: str
    direction: Direction
    least: float
    changes: Mapping[str, Settings]
    policies: tuple[str, ...]
    most: float | None  # share of the effect beside it below which an effect is small
    times: int = 1  # the usual number of pairs

    @property
    def unit(self) -> str:
        """The unit of what is measured."""
        return RELATIVE_UNIT if self.measure == "far_and_poor" else BY_NAME[self.outcome].unit

    @property
    def worlds(self) -> dict[str, World]:
        """The worlds that are compared, by their part in the comparison."""
        before = self.changes["before"]
        if self.measure == "joint":
            first, second = self.changes["first"], self.changes["second"]
            return {
                "before": _world(before),
                "first": _world(before, first),
                "second": _world(before, second),
                "both": _world(before, first, second),
            }
        found = {
            "before": _world(before),
            "after": _world(before, self.changes.get("after", {}), policies=self.policies),
        }
        if self.measure == "beside":
            beside = self.changes["beside_before"]
            found["beside_before"] = _world(beside)
            found["beside_after"] = _world(beside, self.changes["beside_after"])
        return found


def _world(*layers: Settings, policies: tuple[str, ...] = ()) -> World:
    settings = {name: value for layer in layers for name, value in layer.items()}
    return World(tuple(sorted(settings.items())), policies)


@cache
def signs() -> tuple[Sign, ...]:
    """The shipped claims and signs."""
    return read_signs(Path(__file__).with_name("claims.toml"))


def read_signs(path: Path) -> tuple[Sign, ...]:
    """The rows of a file. Raises InputError with all its problems."""
    toml = read_toml(path)
    problems: list[Problem] = []
    found = [_sign(key, entry, toml, problems) for key, entry in toml.data.items()]
    if problems:
        raise InputError(problems)
    return tuple(sign for sign in found if sign)


def _sign(key: str, entry: Any, toml: TomlFile, problems: list[Problem]) -> Sign | None:
    before = len(problems)

    def choice(name: str, known: tuple[str, ...]) -> None:
        value = entry.get(name)
        if value not in known:
            close = nearest(str(value), known)
            why = None if close else f"known are {', '.join(known)}"
            problems.append(toml.problem((key, name), f"unknown {name} '{value}'", why, close))

    if not isinstance(entry, Mapping):
        problems.append(toml.problem((key,), "must be a table", f"its keys are {', '.join(_COMMON)}"))
        return None
    choice("measure", tuple(_CHANGES))
    if len(problems) > before:
        return None
    needed, possible = _CHANGES[entry["measure"]]
    missing = [name for name in (*_COMMON, *needed) if name not in entry]
    unknown = [name for name in entry if name not in (*_COMMON, _TIMES, *needed, *possible)]
    if missing:
        problems.append(toml.problem((key,), f"missing key {', '.join(missing)}"))
    for name in unknown:
        why = f"a row of '{entry['measure']}' has {', '.join((*_COMMON, *needed, *possible))}"
        problems.append(toml.problem((key, name), "unknown key", why))
    if entry["measure"] == "effect" and not any(entry.get(name) for name in possible):
        problems.append(toml.problem((key,), "changes nothing", "a row that changes nothing cannot fail"))
    if len(problems) > before:
        return None
    choice("claim", (*CLAIMS, SIGN))
    choice("outcome", tuple(BY_NAME))
    choice("direction", ("up", "down"))
    sizes = {name: as_number(entry[name]) for name in ("least", "most") if name in entry}
    for name, size in sizes.items():
        if size is None or size < 0.0:
            problems.append(toml.problem((key, name), f"{entry[name]!r} is not a finite number from 0 on"))
    times = entry.get(_TIMES, 1)
    if not isinstance(times, int) or times < 1:
        problems.append(toml.problem((key, _TIMES), f"{times!r} is not a whole number from 1 on"))
    known = tuple(item.key for item in declarations())
    changes = {name: entry[name] for name in ("before", *needed, "after") if name in entry and name != "most"}
    for name, settings in changes.items():
        for parameter in settings:
            if parameter not in known:
                what = f"unknown parameter '{parameter}'"
                problems.append(toml.problem((key, name), what, suggestion=nearest(parameter, known)))
    if len(problems) > before:
        return None
    return Sign(
        key, entry["claim"], entry["measure"], entry["outcome"], entry["direction"], float(entry["least"]),
        changes, tuple(entry.get("policies", ())), sizes.get("most"), times,
    )  # fmt: skip
