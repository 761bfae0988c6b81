"""All figures of a report, in the order in which it shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kembar.language import Messages
from kembar.reporting.charts.designs import (
    draw_benefit_surface,
    draw_deciders,
    draw_indices,
    draw_regret,
    draw_responses,
    draw_screening,
    draw_surface,
)
from kembar.reporting.charts.frame import Canvas, Chart
from kembar.reporting.charts.lives import (
    draw_active,
    draw_hazard,
    draw_incidence,
    draw_ratios,
    draw_survival,
)
from kembar.reporting.charts.policies import draw_concentration, draw_cost, draw_effects, draw_sectors

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings

_OF_DESIGN = (
    draw_surface,
    draw_benefit_surface,
    draw_responses,
    draw_screening,
    draw_indices,
    draw_regret,
    draw_deciders,
)
_OF_WORLD = (
    *(draw_effects, draw_cost, draw_active, draw_survival, draw_incidence, draw_hazard, draw_ratios),
    *(draw_sectors, draw_concentration),
)


def draw_charts(found: Findings, world: WorldFindings, language: Messages) -> list[Chart]:
    """The figures that a world's findings have."""
    canvas = Canvas(found, world, language)
    charts = [draw(canvas, world.design) for draw in _OF_DESIGN] if world.design is not None else []
    charts += [draw(canvas) for draw in _OF_WORLD]
    return [chart for chart in charts if chart is not None]


__all__ = ["Chart", "draw_charts"]
