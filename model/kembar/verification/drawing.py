"""Figures of the verification: known answers beside what was found, and every lever's response."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib
from matplotlib.figure import Figure

from kembar.figures.style import BLUE, GREEN, ORANGE, SETTINGS
from kembar.verification.limit import Limit
from kembar.verification.sweeps import DRAWN, Sweep

LIMITS_ACROSS: Final = 3
LEVERS_ACROSS: Final = 5
DOTS: Final = 110  # of a picture


def draw_limits(limits: Sequence[Limit], path: Path) -> None:
    """One panel for each limit: the known answer as a line, what was found as points."""
    matplotlib.rcParams.update(SETTINGS)
    rows = -(-len(limits) // LIMITS_ACROSS)
    figure = Figure(figsize=(4.6 * LIMITS_ACROSS, 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, LIMITS_ACROSS).reshape(-1)
    for axes, limit in zip(panels, limits, strict=False):
        picture = limit.picture
        if picture.band is not None:
            axes.fill_between(picture.expected[0], *picture.band, color=GREEN, alpha=0.2, linewidth=0,
                              label="95 % range of luck")  # fmt: skip
        axes.plot(*picture.found, "o", color=BLUE, markersize=2.6, alpha=0.6, label="runs", rasterized=True)
        axes.plot(*picture.expected, color=ORANGE, linewidth=1.6, label=picture.expected_label)
        axes.set_title(limit.title, fontsize=8.5, wrap=True)
        axes.set_xlabel(picture.x_label, fontsize=8)
        axes.set_ylabel(picture.y_label, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.legend(fontsize=7)
    for axes in panels[len(limits) :]:
        axes.set_axis_off()
    figure.savefig(path, dpi=DOTS, metadata={"Software": None})


def draw_levers(found: Sequence[Sweep], path: Path) -> None:
    """The change of active years along each lever, with its interval."""
    matplotlib.rcParams.update(SETTINGS)
    rows = -(-len(found) // LEVERS_ACROSS)
    figure = Figure(figsize=(3.0 * LEVERS_ACROSS, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, LEVERS_ACROSS).reshape(-1)
    for axes, sweep in zip(panels, found, strict=False):
        steps = sweep.steps[DRAWN]
        values = [step.value for step in steps]
        axes.fill_between(values, [step.low for step in steps], [step.high for step in steps], color=BLUE, alpha=0.3)
        axes.plot(values, [step.effect for step in steps], color=BLUE)
        axes.set_title(sweep.lever.key, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    figure.suptitle("Change of active years per agreement from the least value of each lever (mean and 95 % interval)")
    figure.savefig(path, metadata={"Date": None, "Creator": "kembar"})
