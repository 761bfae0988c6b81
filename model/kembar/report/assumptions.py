"""The assumptions that an answer hangs on: uncertain numbers that move it, or else the levers that the study pulls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.errors import InputError
from kembar.findings.names import parameter_title
from kembar.language import Messages
from kembar.parameters import Declaration, declaration

if TYPE_CHECKING:
    from kembar.findings.findings import Findings

SHOWN: Final = 10  # uncertain numbers named, most important first
BASES: Final = ("assumption", "transferred", "calibrated", "measured")  # the weakest first


@dataclass(frozen=True)
class Assumption:
    """One number that the answer hangs on, as a reader sees it."""

    title: str
    about: str
    value: str
    basis: str
    is_assumption: bool
    sources: str


def hangs_on_uncertainties(found: Findings) -> bool:
    """Whether the study itself tells which uncertain numbers matter."""
    return any(_important(found))


def find_assumptions(found: Findings, language: Messages) -> list[Assumption]:
    """The numbers that the answer hangs on: by their importance where the study measured it, else the levers."""
    keys = _important(found) or _levers(found)
    rows = []
    for key in keys:
        try:
            rows.append((key, declaration(key.partition("@")[0])))
        except InputError:
            continue
    return [_shown(key, declared, language) for key, declared in rows]


def _important(found: Findings) -> list[str]:
    """Uncertain parameters in the order of what they do to the main outcome, or to the choice of a policy."""
    for world in found.worlds:
        design = world.design
        if design is None:
            continue
        screening, indices = design.screening(found.outcome), design.indices_of(found.outcome)
        if screening is not None:
            order = np.argsort(-screening.mu_star.value, kind="stable")
            return _uncertain([screening.factors[place] for place in order])
        if indices is not None and not indices.is_constant:
            order = np.argsort(-indices.total.value, kind="stable")
            return _uncertain([indices.factors[place] for place in order])
        if design.deciders is not None:
            return _uncertain([one.parameter for one in design.deciders.ranked])
    return []


def _uncertain(names: list[str]) -> list[str]:
    return names[:SHOWN]


def _levers(found: Findings) -> list[str]:
    keys = [factor.name for factor in found.manifest.factors] + list(found.manifest.form["sets"])
    for world in found.worlds:
        for policy in world.policies:
            keys += [change.parameter for source in policy.sources for change in source.changes]
    return list(dict.fromkeys(keys))


def _shown(key: str, declared: Declaration, language: Messages) -> Assumption:
    value = declared.value
    numbers = value if isinstance(value, tuple) else (value,)
    shown = " / ".join(language.significant(float(number)) for number in dict.fromkeys(numbers))
    sources = ", ".join(source for source in declared.source if source != "assumption")
    return Assumption(
        title=parameter_title(key, language),
        about=declared.about,
        value=shown,
        basis=language.text(f"report.basis.{declared.basis}"),
        is_assumption=declared.basis == BASES[0],
        sources=sources,
    )
