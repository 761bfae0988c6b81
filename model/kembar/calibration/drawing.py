"""The figures of a calibration: what is left of each range, whether the intervals hold, and what new runs show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kembar.figures.style import BLACK, BLUE, GREY, ORANGE, SETTINGS, saved, say_instead
from kembar.findings.names import parameter_title

if TYPE_CHECKING:
    from kembar.analysis.abc import Recovery
    from kembar.calibration.found import Calibrated
    from kembar.language import Messages

NUMBERS_FIGURE: Final = "numbers"
COVERAGE_FIGURE: Final = "coverage"
TARGETS_FIGURE: Final = "targets"
LEVELS_DRAWN: Final = np.linspace(0.05, 0.95, 19)
ROW: Final = 0.32  # [inches]


def draw_all(found: Calibrated, places: dict[str, tuple[float, ...]], recovery: Recovery, words: Messages,
             folder: Path) -> None:  # fmt: skip
    """All figures; `places` holds for each told number its 5, 50 and 95 % places and that of the declared value."""
    matplotlib.rcParams.update(SETTINGS)
    _draw_numbers(places, words, folder)
    _draw_coverage(found, recovery, words, folder)
    _draw_targets(found, words, folder)


def _draw_numbers(places: dict[str, tuple[float, ...]], words: Messages, folder: Path) -> None:
    figure = Figure(figsize=(9.0, 1.6 + ROW * max(2, len(places))), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(words.text("calibration.numbers"), x=0.01, ha="left", weight="bold")
    if not places:
        say_instead(axes, words.text("calibration.nothing_told"))
    for row, (low, middle, high, declared) in enumerate(places.values()):
        axes.plot([low, high], [row, row], color=BLUE, linewidth=5, solid_capstyle="butt",
                  label=None if row else words.text("calibration.posterior_interval"))  # fmt: skip
        axes.plot(middle, row, "|", color=BLACK, markersize=11, label=None if row else words.text("calibration.median"))
        axes.plot(declared, row, "D", color=ORANGE, markersize=6,
                  label=None if row else words.text("calibration.declared"))  # fmt: skip
    if places:
        axes.set_yticks(range(len(places)), [parameter_title(key, words) for key in places], fontsize=8)
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel(words.text("calibration.place"), fontsize=9)
        axes.invert_yaxis()
        figure.legend(loc="outside lower left", ncols=3, fontsize=9)
    saved(figure, folder, NUMBERS_FIGURE)


def _draw_coverage(found: Calibrated, recovery: Recovery, words: Messages, folder: Path) -> None:
    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(words.text("calibration.coverage"), x=0.01, ha="left", weight="bold")
    shares = np.array([recovery.coverage(level) for level in LEVELS_DRAWN])
    is_told = np.array([number.is_told for number in found.numbers])
    for place, column in enumerate(shares[:, is_told].T):
        label = None if place else words.text("calibration.told_number")
        axes.plot(LEVELS_DRAWN, column, color=BLUE, alpha=0.55, linewidth=1.0, label=label)
    axes.plot(LEVELS_DRAWN, shares.mean(axis=1), color=ORANGE, linestyle="dashed", linewidth=2.0,
              label=words.text("calibration.all_numbers"))  # fmt: skip
    axes.plot([0.0, 1.0], [0.0, 1.0], color=BLACK, linewidth=1.0, label=words.text("calibration.nominal_line"))
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), aspect="equal")
    axes.set_xlabel(words.text("calibration.level"))
    axes.set_ylabel(words.text("calibration.held"))
    axes.legend(loc="upper left", fontsize=9)
    saved(figure, folder, COVERAGE_FIGURE)


def _draw_targets(found: Calibrated, words: Messages, folder: Path) -> None:
    figure = Figure(figsize=(9.0, 1.6 + ROW * len(found.targets)), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(words.text("calibration.targets"), x=0.01, ha="left", weight="bold")
    labels: set[str] = set()
    for row, target in enumerate(found.targets):
        colour = ORANGE if target.role == "calibrate" else BLUE
        label = words.text(f"evidence.role.{target.role}")
        if target.prior_within is not None:
            axes.plot([target.prior_within, target.posterior_within], [row, row], color=colour, linewidth=1.5)
            axes.plot(target.prior_within, row, "o", color=GREY, markersize=5, markerfacecolor="white",
                      label=_once(labels, words.text("calibration.before")))  # fmt: skip
        axes.plot(target.posterior_within, row, "o" if target.role == "calibrate" else "s", color=colour, markersize=6,
                  label=_once(labels, label))  # fmt: skip
    axes.set_yticks(range(len(found.targets)), [words.text(f"evidence.target.{target.id}") for target in found.targets],
                    fontsize=8)  # fmt: skip
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel(words.text("calibration.within"), fontsize=9)
    axes.invert_yaxis()
    figure.legend(loc="outside lower left", ncols=3, fontsize=9)
    saved(figure, folder, TARGETS_FIGURE)


def _once(labels: set[str], label: str) -> str | None:
    """A label for the legend the first time, nothing after that."""
    if label in labels:
        return None
    labels.add(label)
    return label
