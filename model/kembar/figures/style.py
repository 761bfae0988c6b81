"""How figures look: a palette that colour-blind readers can tell apart, line styles and hatches, one frame."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, Final

import matplotlib
from matplotlib.figure import Figure

from kembar.results import Results
from kembar.wording import ONE_FUTURE

# Okabe and Ito's palette.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    *("#000000", "#E69F00", "#56B4E9", "#009E73"),
    *("#F0E442", "#0072B2", "#D55E00", "#CC79A7"),
)
GREY: Final = "#8C8C8C"
LAND: Final = "#E8E6E1"
STAGE_COLOURS: Final = {"active": GREEN, "dormant": ORANGE, "ended": GREY, "in talks": BLUE}
STAGE_LINES: Final = {"active": "solid", "dormant": "dashed", "ended": "dotted"}
STAGE_HATCHES: Final = {"active": "", "dormant": "///", "ended": "..."}
SECTOR_COLOURS: Final = (BLUE, SKY, RED, ORANGE, GREEN, YELLOW, PURPLE, GREY)
SECTOR_HATCHES: Final = ("", "", "", "", "///", "///", "///", "///")
SETTINGS: Final[Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "kembar",  # the same figure is the same file
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in somebody's title is a dollar sign
    "legend.frameon": False,
}
DOTS_PER_INCH: Final = 150
TITLE_WIDTH: Final = 90


def new_figure(
    results: Results, heading: str, *, rows: int = 1, size: tuple[float, float] = (10.0, 5.6)
) -> tuple[Figure, Any]:
    """A figure with its heading, the world and seed it comes from, and the reminder of what it is."""
    matplotlib.rcParams.update(SETTINGS)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True)
    manifest = results.manifest
    world = "; ".join((manifest.scenario.title, *(policy.title for policy in manifest.policies)))
    if manifest.sets:
        world += "; " + ", ".join(f"{key} = {value}" for key, value in manifest.sets.items())
    below = textwrap.fill(f"{world} (seed {manifest.seed}): {ONE_FUTURE}", TITLE_WIDTH)
    figure.suptitle(heading, x=0.01, ha="left", fontweight="bold")
    first = axes if rows == 1 else axes[0]
    first.set_title(below, loc="left", fontsize=10, color="#444444")
    return figure, axes


def saved(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Save a figure as PNG and SVG, without date, so that the same figure is the same file."""
    files = [folder / f"{name}.png", folder / f"{name}.svg"]
    figure.savefig(files[0], dpi=DOTS_PER_INCH, metadata={"Software": None})
    figure.savefig(files[1], metadata={"Date": None, "Creator": "kembar"})
    return files


def say_instead(axes: Any, text: str) -> None:
    """A sentence in the place of a figure that has nothing to show."""
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
