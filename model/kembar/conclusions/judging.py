"""What holds: the sum of each statement by draw of the uncertain numbers, and the share of draws in which it holds.

Every draw is run twice with different luck. What differs between two runs of one draw is luck; what is left of the
differences between draws is what is not known. The means of the draws are drawn together until they spread no more
than that (constrained empirical Bayes, Louis 1984, Journal of the American Statistical Association 79, 393-398), so
that luck makes no statement look shakier than it is; the share of them above zero is the share in which it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from kembar.conclusions.declaration import SHIPPED, Statement, Term
from kembar.errors import InputError, Problem

if TYPE_CHECKING:
    from kembar.study_results import StudyResults

Floats = npt.NDArray[np.float64]
Mark = Literal["robust", "conditional", "open"]

HOLDS: Final = 0.9  # of the draws: a statement holds under a structure when it does in so many
SPREAD: Final = (0.05, 0.5, 0.95)  # quantiles of the sum over draws that are told
SAME_LEVEL: Final = 1e-9  # relative difference of two numbers that name one level


@dataclass(frozen=True)
class Assessed:
    """A statement under one structure."""

    structure: str
    share: float  # of draws in which it holds
    mean: float  # of its sum, in the outcome's unit
    quantiles: tuple[float, float, float]  # of the sum over draws
    luck: float  # share of the variance of single runs' sums that is luck
    draws: int

    @property
    def holds(self) -> bool:
        """Whether it holds in so many draws that it counts as holding."""
        return self.share >= HOLDS


@dataclass(frozen=True)
class Judged:
    """A statement under the model's own rules and under every other structure."""

    statement: Statement
    tested: tuple[Assessed, ...]  # the model's own rules first

    @property
    def mark(self) -> Mark:
        """Robust: holds under all structures; conditional: under the model's own but not all; open: not even there."""
        if not self.tested[0].holds:
            return "open"
        return "robust" if all(item.holds for item in self.tested) else "conditional"

    @property
    def fails_under(self) -> tuple[str, ...]:
        """Structures under which it does not hold."""
        return tuple(item.structure for item in self.tested if not item.holds)


def assess(statement: Statement, results: StudyResults, draws: int, structure: str = SHIPPED) -> Assessed:
    """One statement over the draws of one study. Raises InputError when the study lacks a cell or an arm of it."""
    runs = results.frame("runs", ("point", "policies", "replicate", statement.outcome))
    total: Floats | None = None
    for term in statement.terms:
        chosen = runs[(runs["policies"] == term.arm) & (runs["point"] == _point(term, results))]
        values = chosen.sort_values("replicate")[statement.outcome].to_numpy(np.float64)
        if not len(values):
            why = f"it has {', '.join(sorted(set(runs['policies'])))}"
            raise InputError(Problem(f"the study has no runs of '{term.arm}'", key=statement.key, why=why))
        total = term.weight * values if total is None else total + term.weight * values
    assert total is not None
    return summarise(total, draws, structure)


def _point(term: Term, results: StudyResults) -> int:
    points = results.points
    for point in range(results.manifest.points):
        part = points[points["point"] == point]
        levels = dict(zip(part["factor"], part["value"], strict=True))
        if all(abs(levels.get(name, np.inf) - value) <= SAME_LEVEL * max(1e-12, abs(value))
               for name, value in term.cell.items()):  # fmt: skip
            return point
    raise InputError(Problem(f"the study has no cell {dict(term.cell)}"))


def summarise(total: Floats, draws: int, structure: str = SHIPPED) -> Assessed:
    """The share of draws above zero of a sum by replicate, of which replicate r took draw r modulo `draws`.

    `total` is (replicates,), a whole number of times `draws` long, at least twice. Raises InputError otherwise.
    """
    lucks = len(total) // draws
    if lucks < 2 or len(total) != lucks * draws:
        what = f"{len(total)} replicates do not give each of {draws} draws two lucks or more alike"
        raise InputError(Problem(what, key="replicates", why=f"take a multiple of {draws}, at least {2 * draws}"))
    by_draw = total.reshape(lucks, draws)
    means = by_draw.mean(axis=0)
    within = float(by_draw.var(axis=0, ddof=1).mean())
    seen = float(means.var(ddof=1))
    between = max(0.0, seen - within / lucks)
    centre = float(means.mean())
    drawn_in = centre + (means - centre) * (np.sqrt(between / seen) if seen > 0.0 else 0.0)
    low, middle, high = np.quantile(drawn_in, SPREAD)
    return Assessed(
        structure=structure,
        share=float((drawn_in > 0.0).mean()),
        mean=centre,
        quantiles=(float(low), float(middle), float(high)),
        luck=within / (within + between) if within + between > 0.0 else 0.0,
        draws=draws,
    )


def judge(tested: Mapping[str, Mapping[str, Assessed]], statements: tuple[Statement, ...]) -> tuple[Judged, ...]:
    """All statements, each with what was found under every structure: `tested` is by structure, then by statement."""
    return tuple(
        Judged(statement, tuple(by_statement[statement.key] for by_statement in tested.values()))
        for statement in statements
    )
