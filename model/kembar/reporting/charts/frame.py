"""The frame that all figures of a report share: heading, what they rest on, the mark of an unfinished study."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from kembar.analysis.telling import is_share
from kembar.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SETTINGS, SKY
from kembar.findings.answer import unfinished
from kembar.findings.names import arm_title, outcome_title, outcome_unit
from kembar.findings.phrases import unit_word
from kembar.language import Messages

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings

MOST_CURVES: Final = 4  # policies beside the baseline in one chart of curves
WIDTH: Final = 9.0  # inches
LABEL_WIDTH: Final = 34  # letters of a label before it is broken
HEADING_WIDTH: Final = 84
NOTE_WIDTH: Final = 108
COLOURS: Final = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
DASHES: Final[Any] = ("dashed", "dashdot", (0, (1, 1)), (0, (5, 1, 1, 1)), "solid", "dashed")
PERCENT: Final = 100.0


@dataclass(frozen=True)
class Chart:
    """A figure of a report: its file's name, the drawing, the caption below it, and what it shows in words."""

    name: str
    figure: Figure
    caption: str


@dataclass(frozen=True)
class Style:
    """How an arm is drawn everywhere in a report."""

    label: str
    colour: str
    line: Any


class Canvas:
    """Makes figures of one world in one language."""

    def __init__(self, found: Findings, world: WorldFindings, language: Messages) -> None:
        self.found, self.world, self.language = found, world, language
        self.titles = {policy.name: arm_title(policy.titles, language) for policy in world.policies}
        self.titles[""] = language.text("report.word.baseline")

    def text(self, key: str, **values: object) -> str:
        """A message of the figures."""
        return self.language.text(f"report.figure.{key}", **values)

    def new(
        self, heading: str, rows: int = 1, columns: int = 1, *, height: float = 4.6, **options: Any
    ) -> tuple[Figure, Any]:
        """A figure with its heading; its lowest line says what it rests on, and that it is unfinished."""
        matplotlib.rcParams.update(SETTINGS)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots(rows, columns, **options)
        figure.suptitle(textwrap.fill(heading, HEADING_WIDTH), x=0.01, ha="left", fontweight="bold", fontsize=12)
        figure.supxlabel(textwrap.fill(self.foot(), NOTE_WIDTH), x=0.01, ha="left", fontsize=8.5, color="#444444")
        return figure, axes

    def foot(self) -> str:
        """What the figures of this world rest on."""
        manifest = self.found.manifest
        runs = self.language.text(
            "report.figure.foot",
            world=self.world.title,
            first=str(self.world.start_year),
            last=str(self.world.horizon_year),
            runs=self.language.number(manifest.replicates),
        )
        parts = [runs if self.found.city is None else f"{self.found.city}: {runs}"]
        if not self.found.is_complete:
            parts.insert(0, unfinished(self.found, self.language))
        return " ".join(parts)

    def styles(self, arms: Sequence[str]) -> dict[str, Style]:
        """The look of the baseline and of some policies."""
        styles = {"": Style(self.titles[""], BLACK, "solid")}
        for place, arm in enumerate(one for one in arms if one):
            styles[arm] = Style(self.titles[arm], COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)])
        return styles

    def chosen(self) -> list[str]:
        """The policies that charts of curves show: those with the largest effect, at most MOST_CURVES."""
        return [rank.policy for rank in self.world.ranks[:MOST_CURVES]]

    def choice_note(self) -> str:
        """That a chart does not show all policies, or nothing."""
        total = len(self.world.policies)
        if total <= MOST_CURVES:
            return ""
        shown = self.language.number(MOST_CURVES)
        return " " + self.text("chosen", shown=shown, total=self.language.number(total))

    def numbers(self, axis: Any, scale: float = 1.0, *, percent: bool = False) -> None:
        """Write the numbers of an axis in the reader's format."""

        def write(value: float, _: object) -> str:
            scaled = scale * value
            ticks = axis.get_majorticklocs()
            step = scale * abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
            digits = next((count for count in range(6) if step * 10**count >= 0.999), 6)
            whole = next(
                (count for count in range(digits, 7) if abs(step * 10**count - round(step * 10**count)) < 1e-6), digits
            )
            return self.language.number(scaled, whole) + ("%" if percent else "")

        axis.set_major_formatter(FuncFormatter(write))

    def scale_of(self, outcome: str) -> float:
        """By how much an outcome's numbers are multiplied to be shown."""
        return PERCENT if is_share(outcome, outcome_unit(outcome)) else 1.0

    def axis_title(self, outcome: str, width: int = LABEL_WIDTH) -> str:
        """An outcome with its unit."""
        unit = outcome_unit(outcome)
        word = (
            self.language.text("report.unit.points_of_percent")
            if is_share(outcome, unit)
            else unit_word(unit, self.language)
        )
        title = outcome_title(outcome, self.language)
        return textwrap.fill(f"{title} ({word})" if word else title, width)


def wrapped(text: str, width: int = LABEL_WIDTH) -> str:
    """A label broken into lines."""
    return textwrap.fill(text, width)


__all__ = ["BLACK", "BLUE", "GREY", "Canvas", "Chart", "Style", "wrapped"]
