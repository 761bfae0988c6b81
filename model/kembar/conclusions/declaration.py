"""Reading the statements that are put to the test, and the structures that they are tested under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, nearest
from kembar.outcomes import BY_NAME
from kembar.parameters.declaration import as_number
from kembar.scenario.toml_file import TomlFile, read_toml

FUNDING: Final = "conclusions-funding"
POLICIES: Final = "conclusions-policies"
STUDIES: Final = (FUNDING, POLICIES)
SHIPPED: Final = "shipped"  # the model's own rules
STRUCTURES: Final = (
    "substitutes",
    "weakest_link",
    "rising_hazard",
    "redrawn_commitment",
    "inherited_commitment",
    "smooth_money",
    "sharp_money",
)
_KEYS: Final = ("finding", "study", "outcome", "sum")


@dataclass(frozen=True)
class Term:
    """One mean of a statement's sum: of an arm at the only point, or of the baseline in a cell of a grid."""

    weight: float
    arm: str
    cell: Mapping[str, float]


@dataclass(frozen=True)
class Statement:
    """Something that the findings say, as a sum that is above zero where it holds."""

    key: str
    finding: str
    study: str
    outcome: str
    terms: tuple[Term, ...]


def rules_of(structure: str) -> Path | None:
    """The rules file of a structure; None for the model's own rules."""
    return None if structure == SHIPPED else Path(__file__).parent / "structures" / f"{structure}.py"


@cache
def statements() -> tuple[Statement, ...]:
    """The shipped statements."""
    return read_statements(Path(__file__).with_name("statements.toml"))


def read_statements(path: Path) -> tuple[Statement, ...]:
    """The statements of a file. Raises InputError with all its problems."""
    toml = read_toml(path)
    problems: list[Problem] = []
    found = [_statement(key, entry, toml, problems) for key, entry in toml.data.items()]
    if problems:
        raise InputError(problems)
    return tuple(item for item in found if item)


def _statement(key: str, entry: Any, toml: TomlFile, problems: list[Problem]) -> Statement | None:
    before = len(problems)
    if not isinstance(entry, Mapping) or set(entry) != set(_KEYS):
        problems.append(toml.problem((key,), f"must have the keys {', '.join(_KEYS)} and no others"))
        return None
    for name, known in (("study", STUDIES), ("outcome", tuple(BY_NAME))):
        if entry[name] not in known:
            what = f"unknown {name} '{entry[name]}'"
            problems.append(toml.problem((key, name), what, suggestion=nearest(str(entry[name]), known)))
    terms = [_term((key, "sum", place), item, toml, problems) for place, item in enumerate(entry["sum"])]
    weights = sum(term.weight for term in terms if term)
    if not terms or abs(weights) > 1e-9:
        why = "it compares means, so its weights cancel"
        problems.append(toml.problem((key, "sum"), f"the weights add up to {weights:g}", why))
    if len(problems) > before:
        return None
    kept = tuple(term for term in terms if term)
    return Statement(key, str(entry["finding"]), entry["study"], entry["outcome"], kept)


def _term(place: tuple[Any, ...], item: Any, toml: TomlFile, problems: list[Problem]) -> Term | None:
    weight = as_number(item.get("weight")) if isinstance(item, Mapping) else None
    if weight is None or set(item) not in ({"weight", "arm"}, {"weight", "cell"}):
        problems.append(toml.problem(place, "must have a weight, and an arm or a cell"))
        return None
    cell = {name: float(value) for name, value in item.get("cell", {}).items()}
    return Term(weight, str(item.get("arm", "")), cell)
