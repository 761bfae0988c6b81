"""What a study with factors shows: responses and interactions of a grid, screening or indices of a sampled design.

The analyses are of the baseline. Policies over sampled points are judged by their regret, by the share of the points at
which they do what they should, and by which uncertain numbers decide between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from kembar.analysis.deciders import Deciders, find_deciders
from kembar.analysis.estimates import LEVEL, Estimate, Floats, mean_estimates
from kembar.analysis.interaction import Grid, find_interaction
from kembar.analysis.luck import LuckShare, measure_luck
from kembar.analysis.morris import Screening, screen_factors
from kembar.analysis.paired import BASELINE
from kembar.analysis.regret import Regrets, measure_regret
from kembar.analysis.satisficing import Satisficing, measure_satisficing
from kembar.analysis.sobol import Indices, apportion_variance
from kembar.errors import InputError
from kembar.findings.names import outcome_unit

if TYPE_CHECKING:
    from kembar.findings.world import WorldRuns

_Found = TypeVar("_Found")

LOWER_IS_BETTER: Final = frozenset(
    {
        *("dormant_share", "ended_share", "dormancies", "endings", "freezes", "spent_kusd", "appropriated_kusd"),
        *("cost_kusd_per_active_agreement_year", "total_cost_kusd", "total_cost_kusd_per_active_agreement_year"),
        *("staff_fte_years", "benefit_concentration", "benefit_gini"),
    }
)
GRID_FACTORS: Final = 2  # whose interaction is shown as a surface
MOST_PAIRED_FACTORS: Final = 4  # of which every two are looked at together


@dataclass(frozen=True, slots=True)
class Response:
    """An outcome over the levels of one factor, averaged over the others; `effects` are paired, against the lowest."""

    factor: str
    outcome: str
    unit: str
    levels: tuple[float, ...]
    means: tuple[Estimate, ...]
    effects: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """An outcome over two factors."""

    outcome: str
    unit: str
    grid: Grid


@dataclass(frozen=True, slots=True)
class PointMean:
    """An outcome at one design point under one arm, and its paired difference from the baseline there."""

    point: int
    values: tuple[float, ...]
    arm: str
    outcome: str
    mean: Estimate
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class Gap:
    """An analysis of an outcome that the complete runs do not allow, and why."""

    analysis: str  # morris | sobol | regret | satisficing | deciders
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class DesignFindings:
    """What the design of one world shows; empty where an analysis does not belong to its kind or is among the gaps."""

    kind: str
    factors: tuple[str, ...]
    points: int
    luck: tuple[tuple[str, LuckShare], ...]
    responses: tuple[Response, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    at_points: tuple[PointMean, ...] = ()
    screenings: tuple[tuple[str, Screening], ...] = ()
    indices: tuple[tuple[str, Indices], ...] = ()
    regrets: Regrets | None = None
    satisficing: tuple[Satisficing, ...] = ()
    deciders: Deciders | None = None
    gaps: tuple[Gap, ...] = ()

    def screening(self, outcome: str) -> Screening | None:
        """The screening of one outcome."""
        return dict(self.screenings).get(outcome)

    def indices_of(self, outcome: str) -> Indices | None:
        """The variance shares of one outcome."""
        return dict(self.indices).get(outcome)

    def surface(self, outcome: str) -> Surface | None:
        """The first surface of one outcome."""
        return next((surface for surface in self.surfaces if surface.outcome == outcome), None)

    def response(self, factor: str, outcome: str) -> Response | None:
        """The response of one outcome to one factor."""
        for found in self.responses:
            if (found.factor, found.outcome) == (factor, outcome):
                return found
        return None


def find_design(
    world: WorldRuns, kind: str, levels: int, second_order: bool, outcomes: tuple[str, ...], main: str,
    level: float = LEVEL,
) -> DesignFindings | None:  # fmt: skip
    """The findings on the design of a world; None for a study without factors.

    `levels` are those of a Morris design, `second_order` is that of a Sobol design.
    """
    if not world.factors or world.is_single_point:
        return None
    arm = BASELINE if any(arm.name == BASELINE for arm in world.present_arms) else world.present_arms[0].name
    blocks = {outcome: world.block(arm, outcome) for outcome in outcomes}
    names = tuple(factor.name for factor in world.factors)
    gaps: list[Gap] = []

    def tried(analysis: str, find: Callable[[str], Any]) -> tuple[tuple[str, Any], ...]:
        found = ((outcome, _tried(analysis, outcome, partial(find, outcome), gaps)) for outcome in outcomes)
        return tuple((outcome, one) for outcome, one in found if one is not None)

    common: dict[str, Any] = {
        "kind": kind,
        "factors": names,
        "points": len(world.points),
        "luck": tuple((outcome, measure_luck(blocks[outcome], world.group, level)) for outcome in outcomes),
    }
    if kind == "full":
        return DesignFindings(
            **common,
            responses=_responses(world, blocks, level),
            surfaces=_surfaces(world, blocks, level),
            at_points=_at_points(world, main, level),
        )
    if kind == "table":
        return DesignFindings(**common, at_points=_at_points(world, main, level))
    screenings: tuple[tuple[str, Screening], ...] = ()
    indices: tuple[tuple[str, Indices], ...] = ()
    if kind == "morris":
        screenings = tried("morris", lambda one: screen_factors(names, world.values, blocks[one], levels, level))
    elif kind == "sobol":
        indices = tried(
            "sobol", lambda one: apportion_variance(names, blocks[one], second_order=second_order, level=level)
        )
    regrets, satisficing, deciders = _over_policies(world, kind, names, main, level, gaps)
    return DesignFindings(
        **common, screenings=screenings, indices=indices, regrets=regrets, satisficing=satisficing,
        deciders=deciders, gaps=tuple(gaps),
    )  # fmt: skip


def _shaped(world: WorldRuns, block: Floats) -> Floats:
    """An outcome (points, replicates) as (levels of the first factor, of the second, ..., replicates)."""
    return block.reshape(*(len(factor.levels) for factor in world.factors), block.shape[1])


def _over_others(shaped: Floats, kept: tuple[int, ...]) -> Floats:
    """Means over all factors but those kept; a replicate that lacks a point has none."""
    others = tuple(axis for axis in range(shaped.ndim - 1) if axis not in kept)
    return np.asarray(shaped.mean(axis=others))


def _responses(world: WorldRuns, blocks: dict[str, Floats], level: float) -> tuple[Response, ...]:
    found = []
    for place, factor in enumerate(world.factors):
        for outcome, block in blocks.items():
            values = _over_others(_shaped(world, block), (place,))
            size = np.full(len(values), float(np.nanmax(np.abs(values), initial=0.0)))
            found.append(
                Response(
                    factor=factor.name,
                    outcome=outcome,
                    unit=outcome_unit(outcome),
                    levels=factor.levels,
                    means=mean_estimates(values.T, level),
                    effects=mean_estimates((values - values[:1]).T, level, size),
                )
            )
    return tuple(found)


def _surfaces(world: WorldRuns, blocks: dict[str, Floats], level: float) -> tuple[Surface, ...]:
    """Every two factors with ascending levels, the others averaged out."""
    if not GRID_FACTORS <= len(world.factors) <= MOST_PAIRED_FACTORS:
        return ()
    found = []
    for one, other in itertools.combinations(range(len(world.factors)), 2):
        levels = (world.factors[one].levels, world.factors[other].levels)
        orders = [np.argsort(side, kind="stable") for side in levels]
        for outcome, block in blocks.items():
            values = _over_others(_shaped(world, block), (one, other))[orders[0]][:, orders[1]]
            names = (world.factors[one].name, world.factors[other].name)
            ascending = (sorted(levels[0]), sorted(levels[1]))
            found.append(Surface(outcome, outcome_unit(outcome), find_interaction(values, names, ascending, level)))
    return tuple(found)


def _at_points(world: WorldRuns, main: str, level: float) -> tuple[PointMean, ...]:
    found = []
    blocks = {arm.name: world.block(arm.name, main) for arm in world.present_arms}
    for arm, block in blocks.items():
        means = mean_estimates(block.T, level)
        base = blocks.get(BASELINE)
        has_pairs = base is not None and arm != BASELINE
        gaps = mean_estimates((block - base).T, level) if has_pairs and base is not None else (None,) * len(means)
        for row, (mean, gap) in enumerate(zip(means, gaps, strict=True)):
            found.append(PointMean(world.points[row], tuple(world.values[row].tolist()), arm, main, mean, gap))
    return tuple(found)


def _over_policies(
    world: WorldRuns, kind: str, names: tuple[str, ...], main: str, level: float, gaps: list[Gap]
) -> tuple[Regrets | None, tuple[Satisficing, ...], Deciders | None]:
    """Regret needs points with luck of their own; so do deciders, and as many points as thirds of halves need."""
    if kind != "latin_hypercube" or not world.policies:
        return None, (), None
    arms = [arm.name for arm in world.present_arms]
    outcome = np.stack([world.block(arm, main) for arm in arms])
    how: dict[str, Any] = {"is_more_better": main not in LOWER_IS_BETTER, "level": level}
    regrets = _tried("regret", main, lambda: measure_regret(arms, outcome, **how), gaps)
    satisficing = _tried("satisficing", main, lambda: measure_satisficing(arms, outcome, BASELINE, **how), gaps)
    deciders = _tried("deciders", main, lambda: find_deciders(names, world.values, arms, outcome, **how), gaps)
    return regrets, satisficing or (), deciders


def _tried(analysis: str, outcome: str, find: Callable[[], _Found], gaps: list[Gap]) -> _Found | None:
    """What an analysis finds, or None and a gap more."""
    try:
        return find()
    except InputError as error:
        reasons = ("; ".join(filter(None, (problem.key, problem.what, problem.why))) for problem in error.problems)
        gaps.append(Gap(analysis, outcome, ", ".join(reasons)))
        return None
