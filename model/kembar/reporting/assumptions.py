"""The assumptions that an answer hangs on: uncertain numbers that move it, or else the levers that the study pulls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.telling import as_given
from kembar.errors import InputError
from kembar.experiment.form import SAMPLE_SUFFIX
from kembar.findings.names import parameter_title
from kembar.language import Messages
from kembar.parameters import Declaration, declaration
from kembar.parameters.posterior import POSTERIOR

if TYPE_CHECKING:
    from kembar.findings.findings import Findings

SHOWN: Final = 10  # uncertain numbers named, most important first
BASES: Final = ("assumption", "transferred", "calibrated", "measured")  # the weakest first


@dataclass(frozen=True)
class Assumption:
    """One number that the answer hangs on, as a reader sees it."""

    title: str
    value: str
    basis: str
    is_assumption: bool
    sources: str


def hangs_on_uncertainties(found: Findings) -> bool:
    """Whether the study itself tells which uncertain numbers matter."""
    return bool(_important(found))


def draws_from_posterior(found: Findings) -> bool:
    """Whether every replicate took another draw of a posterior sample."""
    chosen = found.manifest.form.get("uncertainties")
    return chosen == POSTERIOR or (isinstance(chosen, str) and chosen.endswith(SAMPLE_SUFFIX))


def find_assumptions(found: Findings, language: Messages) -> list[Assumption]:
    """The numbers that the answer hangs on: by their importance where the study measured it, else the levers."""
    important = _important(found)
    pulled = {} if important else _levers(found)
    keys = important or list(pulled)
    return [_shown(key, _declared(key), pulled.get(key, []), language) for key in keys]


def _declared(key: str) -> Declaration | None:
    """The declaration of a parameter, None when this version of the model has none of that name any more."""
    try:
        return declaration(key.partition("@")[0])
    except InputError:
        return None


def _important(found: Findings) -> list[str]:
    """Uncertain parameters in the order of what they do to the main outcome, or to the choice of a policy."""
    for world in found.worlds:
        design = world.design
        if design is None:
            continue
        screening, indices = design.screening(found.outcome), design.indices_of(found.outcome)
        if screening is not None:
            order = np.argsort(-screening.mu_star.value, kind="stable")
            return [screening.factors[place] for place in order[:SHOWN]]
        if indices is not None and not indices.is_constant:
            order = np.argsort(-indices.total.value, kind="stable")
            return [indices.factors[place] for place in order[:SHOWN]]
        if design.deciders is not None:
            return [one.parameter for one in design.deciders.ranked[:SHOWN]]
    return []


def _levers(found: Findings) -> dict[str, list[float]]:
    """Every lever that the study moves, with the values that it gets."""
    moved: dict[str, list[float]] = {}
    for factor in found.manifest.factors:
        moved.setdefault(factor.name, []).extend(factor.levels or factor.range)
    for key, value in found.manifest.form["sets"].items():
        moved.setdefault(key, []).append(value)
    for world in found.worlds:
        for policy in world.policies:
            for change in (change for source in policy.sources for change in source.changes):
                values = change.value if isinstance(change.value, tuple) else (change.value,)
                moved.setdefault(change.parameter, []).extend(float(value) for value in values)
    return moved


def _shown(key: str, declared: Declaration | None, moved: list[float], language: Messages) -> Assumption:
    to = " / ".join(as_given(float(number), language) for number in dict.fromkeys(moved))
    if declared is None:
        return Assumption(key, to, language.text("report.basis.undeclared"), False, "")
    value = declared.value
    numbers = value if isinstance(value, tuple) else (value,)
    shown = " / ".join(as_given(float(number), language) for number in dict.fromkeys(numbers))
    if moved:
        shown += f" → {to}"
    sources = ", ".join(source for source in declared.source if source != "assumption")
    return Assumption(
        title=parameter_title(key, language),
        value=shown,
        basis=language.text(f"report.basis.{declared.basis}"),
        is_assumption=declared.basis == BASES[0],
        sources=sources,
    )
