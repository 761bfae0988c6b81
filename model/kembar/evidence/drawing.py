"""The figure behind each verdict, drawn from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kembar.evidence.scorecard import Measured, PatternFound, TargetFound
from kembar.evidence.signs import SignFound
from kembar.evidence.statistics import Floats
from kembar.figures.style import BLACK, BLUE, GREEN, ORANGE, SETTINGS, saved, say_instead
from kembar.language import Messages

BARS: Final = 25
ROW_HEIGHT: Final = 2.1  # [inches] of one part
SCALE: Final = (-1.5, 2.5)  # of the targets, in widths of their ranges
STRAIGHT: Final = 1.0  # [%] of the outcome before, up to which the scale of effects is linear; beyond, logarithmic
VIEW_QUANTILES: Final = (0.01, 0.99)  # of the runs' values that the axis must show


def draw_pattern(found: PatternFound, by_run: Mapping[str, Floats], words: Messages, folder: Path) -> None:
    """The values of single runs, the interval of the mean, and the bounds, one row for each part."""
    matplotlib.rcParams.update(SETTINGS)
    figure = Figure(figsize=(9.0, 1.0 + ROW_HEIGHT * len(found.parts)), layout="constrained")
    rows = np.atleast_1d(figure.subplots(len(found.parts), 1))
    title = words.text(f"evidence.pattern.{found.id}")
    figure.suptitle(f"{found.id}  {title}: {words.text(_verdict_key(found.verdict))}", x=0.01, ha="left", weight="bold")
    for axes, part in zip(rows, found.parts, strict=True):
        _draw_part(axes, part, by_run[part.statistic], words)
    handles, labels = rows[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower left", ncols=len(labels), fontsize=9)
    saved(figure, folder, found.id)


def _verdict_key(verdict: str) -> str:
    return f"evidence.verdict.{verdict.replace(' ', '_')}"


def _draw_part(axes: Any, part: Measured, by_run: Floats, words: Messages) -> None:
    axes.set_xlabel(f"{words.text(f'evidence.statistic.{part.statistic}')} [{part.unit}]", fontsize=9)
    axes.set_ylabel(words.text("evidence.runs"), fontsize=9)
    values = by_run[np.isfinite(by_run)]
    if part.value is None or part.interval is None or not len(values):
        say_instead(axes, words.text("evidence.verdict.not_enough_data"))
        return
    shown = [*np.quantile(values, VIEW_QUANTILES), *part.interval]
    shown += [bound for bound in (part.low_bound, part.high_bound) if bound is not None]
    margin = 0.06 * (max(shown) - min(shown) or abs(shown[0]) or 1.0)
    left, right = min(shown) - margin, max(shown) + margin
    low = left if part.low_bound is None else part.low_bound
    high = right if part.high_bound is None else part.high_bound
    axes.axvspan(low, high, color=GREEN, alpha=0.15, label=words.text("evidence.bounds"))
    axes.hist(np.clip(values, left, right), bins=BARS, range=(left, right), color=BLUE, alpha=0.55,
              label=words.text("evidence.single_runs"))  # fmt: skip
    axes.axvspan(*part.interval, color=ORANGE, alpha=0.6, label=words.text("evidence.interval"))
    axes.axvline(part.value, color=BLACK, linewidth=1.5, label=words.text("evidence.over_all"))
    axes.set_xlim(left, right)


def draw_targets(targets: Sequence[TargetFound], words: Messages, folder: Path, name: str) -> None:
    """Every target on one scale: 0 is the lower end of its range, 1 the upper one."""
    matplotlib.rcParams.update(SETTINGS)
    drawn = [(target, target.found) for target in targets if target.found and target.found.interval]
    figure = Figure(figsize=(9.0, 1.4 + 0.32 * len(drawn)), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(words.text("evidence.targets"), x=0.01, ha="left", weight="bold")
    axes.axvspan(0.0, 1.0, color=GREEN, alpha=0.15)
    for place, (target, found) in enumerate(drawn):
        assert found.low_bound is not None and found.high_bound is not None and found.interval is not None
        scale = found.high_bound - found.low_bound
        low, high = ((edge - found.low_bound) / scale for edge in found.interval)
        colour = ORANGE if target.role == "calibrate" else BLUE
        middle = (low + high) / 2.0
        axes.plot([low, high], [place, place], color=colour, linewidth=5, solid_capstyle="butt")
        if SCALE[0] < middle < SCALE[1]:
            axes.plot([middle], [place], "|", color=BLACK, markersize=9)
        else:  # beyond the edge: an arrow there, so that no miss is out of sight
            axes.plot([min(max(middle, SCALE[0]), SCALE[1])], [place], "<" if middle <= SCALE[0] else ">",
                      color=colour, markersize=9, clip_on=False)  # fmt: skip
    axes.set_yticks(range(len(drawn)), [words.text(f"evidence.target.{target.id}") for target, _ in drawn], fontsize=8)
    axes.set_xlim(*SCALE)
    axes.set_xlabel(words.text("evidence.target_scale"), fontsize=9)
    axes.invert_yaxis()
    saved(figure, folder, name)


def draw_signs(signs: Sequence[SignFound], words: Messages, folder: Path, name: str) -> None:
    """Every claim and sign in percent of its outcome before the change; the claimed side is the right one."""
    matplotlib.rcParams.update(SETTINGS)
    figure = Figure(figsize=(11.0, 1.4 + 0.22 * len(signs)), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(words.text("evidence.signs"), x=0.01, ha="left", weight="bold")
    axes.axvline(0.0, color=BLACK, linewidth=1.0)
    for place, found in enumerate(signs):
        turned = 1.0 if found.sign.direction == "up" else -1.0
        is_relative = found.sign.measure == "far_and_poor"
        scale = 100.0 * turned / (1.0 if is_relative else found.baseline)
        colour = BLUE if found.holds else ORANGE
        axes.plot([scale * edge for edge in found.interval], [place, place], color=colour, linewidth=5,
                  solid_capstyle="butt")  # fmt: skip
        axes.plot([scale * found.effect], [place], "|", color=BLACK, markersize=7)
        if found.sign.least:
            axes.plot([abs(scale) * found.sign.least], [place], "D", color=BLACK, markersize=2.5)
    axes.set_xscale("symlog", linthresh=STRAIGHT)
    ticks = (-10.0, -1.0, 0.0, 1.0, 10.0, 100.0)
    axes.set_xticks(ticks, [words.number(tick) for tick in ticks])
    axes.set_yticks(range(len(signs)), [words.text(f"claims.sign.{found.sign.key}") for found in signs], fontsize=6.5)
    axes.set_ylim(len(signs) - 0.4, -0.6)
    figure.supxlabel(words.text("evidence.sign_scale"), fontsize=9)
    axes.grid(axis="x", alpha=0.3)
    saved(figure, folder, name)
