"""The debrief's figures, each as an image that stands inside the page."""

from __future__ import annotations

import base64
import io
import textwrap
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kembar.classroom.debrief.words import Words
from kembar.figures.style import BLACK, BLUE, GREY, ORANGE, RED, SETTINGS

WIDTH: Final = 9.0  # inches
_HEIGHT: Final = 3.4
_ROW: Final = 0.34  # inches of a decision
_LABEL: Final = 46  # letters of a label before it is broken
_drawing = threading.Lock()  # the library's settings are one for all threads


def _figure(height: float) -> tuple[Figure, Any]:
    matplotlib.rcParams.update(SETTINGS)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _image(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "kembar"})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _numbers(axis: Any, words: Words) -> None:
    def write(value: float, _: object) -> str:
        ticks = axis.get_majorticklocs()
        step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
        digits = next((count for count in range(6) if abs(step * 10**count - round(step * 10**count)) < 1e-6), 6)
        return words.language.number(value, digits)

    axis.set_major_formatter(FuncFormatter(write))


def draw_years(words: Words, years: Sequence[int], here: Sequence[float], there: Sequence[float]) -> str:
    """One value of each year, with the team's decisions and without them."""
    with _drawing:
        figure, axes = _figure(_HEIGHT)
        axes.plot(years, there, color=GREY, linestyle="dashed", marker="o", label=words.text("without"))
        axes.plot(years, here, color=BLUE, marker="o", label=words.text("with"))
        _finish(axes, words)
        return _image(figure)


def draw_money(words: Words, years: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """Money granted and spent in each year; what was granted and not spent as bars."""
    with _drawing:
        figure, axes = _figure(_HEIGHT)
        axes.bar(years, series["left_kusd"], color=ORANGE, hatch="///", edgecolor="white", label=words.text("left"))
        granted = {"color": BLACK, "linestyle": "dashed", "marker": "s"}
        axes.plot(years, series["granted_kusd"], label=words.text("granted"), **granted)
        axes.plot(years, series["spent_kusd"], color=BLUE, marker="o", label=words.text("spent"))
        _finish(axes, words)
        return _image(figure)


def _finish(axes: Any, words: Words) -> None:
    axes.set_xlabel(words.text("years_axis"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0.0)
    _numbers(axes.yaxis, words)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_intervals(words: Words, labels: Sequence[str], items: Sequence[Mapping[str, Any]], title: str) -> str:
    """Differences with their intervals, one under another; those that exclude zero stand out."""
    with _drawing:
        figure, axes = _figure(1.3 + _ROW * max(1, len(items)))
        for place, item in enumerate(items):
            colour = RED if item["clear"] else GREY
            axes.plot([item["low"], item["high"]], [place, place], color=colour, linewidth=2.5)
            axes.plot([item["mean"]], [place], marker="D" if item["clear"] else "o", color=colour)
        axes.axvline(0.0, color=BLACK, linewidth=1)
        axes.set_yticks(range(len(items)), [textwrap.fill(label, _LABEL) for label in labels])
        axes.invert_yaxis()
        axes.set_xlabel(title)
        _numbers(axes.xaxis, words)
        return _image(figure)
