"""Figures of factors: surfaces, responses, screening, variance shares, regret and deciders."""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar.analysis.telling import as_given
from kembar.analysis.tornado import rank_effects
from kembar.figures.style import BLACK, BLUE, GREY, ORANGE, SKY
from kembar.findings.designs import DesignFindings, Surface
from kembar.findings.names import outcome_title, parameter_title
from kembar.findings.phrases import level_of
from kembar.reporting.charts.frame import COLOURS, DASHES, Canvas, Chart, wrapped

MOST_FACTORS: Final = 15  # bars in a chart, and rows of the table with the same numbers
BENEFITS: Final = ("benefit_points_per_agreement", "benefit_points")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")


def draw_surface(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """The mean of the main outcome over two factors."""
    surface = design.surface(canvas.found.outcome)
    return None if surface is None else _surface(canvas, surface, "surface")


def draw_benefit_surface(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """The mean benefits over two factors."""
    for outcome in BENEFITS:
        surface = design.surface(outcome)
        if surface is not None and outcome != canvas.found.outcome:
            return _surface(canvas, surface, "surface-benefits")
    return None


def _surface(canvas: Canvas, surface: Surface, name: str) -> Chart:
    """An outcome over two factors as a map with numbers, and the same as lines."""
    grid, scale = surface.grid, canvas.scale_of(surface.outcome)
    means = np.array(
        [[scale * (cell.mean if cell.mean is not None else np.nan) for cell in row] for row in grid.surface]
    )
    names = [parameter_title(factor, canvas.language) for factor in grid.factors]
    ticks = [[as_given(level, canvas.language) for level in side] for side in grid.levels]
    figure, (left, right) = canvas.new(
        canvas.text("surface", outcome=outcome_title(surface.outcome, canvas.language)), 1, 2, height=5.2
    )
    left.imshow(means.T, origin="lower", cmap="cividis", aspect="auto")
    left.grid(visible=False)
    middle = (np.nanmin(means) + np.nanmax(means)) / 2.0
    for row, line in enumerate(grid.surface):
        for column, cell in enumerate(line):
            text = level_of(cell.mean, surface.outcome, surface.unit, canvas.language, cell.half_width)
            colour = "white" if means[row, column] < middle else "black"
            left.text(row, column, text, ha="center", va="center", color=colour, fontsize=10)
    left.set_xticks(range(len(ticks[0])), ticks[0])
    left.set_yticks(range(len(ticks[1])), ticks[1])
    left.set_xlabel(wrapped(names[0], 40))
    left.set_ylabel(wrapped(names[1], 30))
    places = np.arange(len(ticks[0]))
    for column, label in enumerate(ticks[1]):
        cells = [row[column] for row in grid.surface]
        middles = [scale * (cell.mean if cell.mean is not None else np.nan) for cell in cells]
        reach = [scale * (cell.half_width or 0.0) for cell in cells]
        right.errorbar(places, middles, yerr=reach, color=COLOURS[column % len(COLOURS)],
                       linestyle=DASHES[column % len(DASHES)],
                       marker=_MARKERS[column % len(_MARKERS)], capsize=3, label=label)  # fmt: skip
    right.set_xticks(places, ticks[0])
    right.set_xlabel(wrapped(names[0], 40))
    right.set_ylabel(canvas.axis_title(surface.outcome))
    canvas.numbers(right.yaxis)
    right.legend(title=names[1], fontsize=9, title_fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4)
    return Chart(name, figure, canvas.text("surface_caption", level=canvas.language.percent(canvas.found.level)))


def draw_responses(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """The outcome over the levels of each factor, the others averaged out."""
    responses = [one for one in design.responses if one.outcome == canvas.found.outcome][:6]
    if not responses or len(responses) == 2:  # two factors have their surface
        return None
    columns = min(3, len(responses))
    rows = -(-len(responses) // columns)
    figure, axes = canvas.new(
        canvas.text("responses"), rows, columns, height=1.4 + 2.9 * rows, sharey=True, squeeze=False
    )
    scale = canvas.scale_of(canvas.found.outcome)
    for axis in axes.ravel()[len(responses) :]:
        axis.set_visible(False)
    for axis, response in zip(axes.ravel(), responses, strict=False):
        places = np.arange(len(response.levels))
        means = [scale * (one.mean if one.mean is not None else np.nan) for one in response.means]
        reach = [scale * (one.half_width or 0.0) for one in response.means]
        axis.errorbar(places, means, yerr=reach, color=BLUE, marker="o", capsize=3)
        axis.set_xticks(places, [as_given(level, canvas.language) for level in response.levels])
        axis.set_xlabel(wrapped(parameter_title(response.factor, canvas.language), 36))
        canvas.numbers(axis.yaxis)
    axes[0][0].set_ylabel(canvas.axis_title(canvas.found.outcome))
    return Chart(
        "responses", figure, canvas.text("responses_caption", level=canvas.language.percent(canvas.found.level))
    )


def draw_screening(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """Importance of each factor with what luck alone would show, and the tornado of directions beside it."""
    screening = design.screening(canvas.found.outcome)
    if screening is None:
        return None
    order = np.argsort(-screening.mu_star.value, kind="stable")[:MOST_FACTORS][::-1]
    scale = canvas.scale_of(canvas.found.outcome)
    figure, (left, right) = canvas.new(canvas.text("screening"), 1, 2, height=2.1 + 0.36 * len(order), sharey=True)
    rows = np.arange(len(order))
    star = screening.mu_star
    left.barh(rows, scale * star.value[order], color=SKY, height=0.66, label=canvas.text("mu_star"))
    left.hlines(rows, scale * star.low[order], scale * star.high[order], color=BLACK, linewidth=1.6)
    if screening.mu_star_of_luck is not None:
        left.scatter(scale * screening.mu_star_of_luck[order], rows, marker="|", s=220, color=ORANGE, linewidth=2.4,
                     zorder=4,
                     label=canvas.text("of_luck"))  # fmt: skip
    left.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0 + 1.0 / (2.0 + len(order))), ncols=2, fontsize=8.5)
    left.set_yticks(rows, [wrapped(parameter_title(screening.factors[place], canvas.language), 30) for place in order])
    left.set_xlabel(
        wrapped(canvas.text("mu_star_x", outcome=canvas.axis_title(canvas.found.outcome).replace("\n", " ")), 44)
    )
    bars = {bar.factor: bar for bar in rank_effects(screening)}
    for row, place in zip(rows, order, strict=True):
        bar = bars[screening.factors[place]]
        colour = BLUE if bar.is_clear else GREY
        right.barh(
            row, scale * bar.effect, color=colour, height=0.66, hatch="" if bar.is_clear else "///", edgecolor="white"
        )
        right.hlines(row, scale * bar.low, scale * bar.high, color=BLACK, linewidth=1.6)
    right.axvline(0.0, color=BLACK, linewidth=1)
    right.set_xlabel(wrapped(canvas.text("tornado_x"), 44))
    for axis in (left, right):
        canvas.numbers(axis.xaxis)
        axis.grid(axis="y", visible=False)
    shown = canvas.language.number(len(order))
    total = canvas.language.number(len(screening.factors))
    level = canvas.language.percent(canvas.found.level)
    return Chart("screening", figure, canvas.text("screening_caption", shown=shown, total=total, level=level))


def draw_indices(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """Shares of the variance: by itself and with all interplay."""
    indices = design.indices_of(canvas.found.outcome)
    if indices is None or indices.is_constant:
        return None
    order = np.argsort(-indices.total.value, kind="stable")[:MOST_FACTORS][::-1]
    rows = np.arange(len(order))
    figure, axes = canvas.new(canvas.text("indices"), height=1.8 + 0.42 * len(order))
    for shift, numbers, colour, marker, key in (
        (0.14, indices.first, SKY, "s", "first"),
        (-0.14, indices.total, BLUE, "o", "total"),
    ):
        axes.hlines(rows + shift, 100 * numbers.low[order], 100 * numbers.high[order], color=colour, linewidth=2.2)
        axes.plot(100 * numbers.value[order], rows + shift, marker, color=colour, label=canvas.text(key))
    axes.axvline(0.0, color=BLACK, linewidth=1)
    axes.set_yticks(rows, [wrapped(parameter_title(indices.factors[place], canvas.language), 34) for place in order])
    axes.set_xlabel(canvas.text("indices_x"))
    canvas.numbers(axes.xaxis, percent=True)
    axes.legend(loc="lower right", fontsize=9)
    return Chart(
        "variance-shares", figure, canvas.text("indices_caption", level=canvas.language.percent(canvas.found.level))
    )


def draw_regret(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """Regret of every policy: its mean and what nine of ten worlds do not exceed."""
    if design.regrets is None:
        return None
    found = sorted(design.regrets.policies, key=lambda one: -one.quantile.value)
    rows = np.arange(len(found))
    scale = canvas.scale_of(canvas.found.outcome)
    figure, axes = canvas.new(canvas.text("regret"), height=1.9 + 0.44 * len(found))
    for shift, key, colour, marker in ((0.13, "mean", SKY, "s"), (-0.13, "quantile", BLUE, "o")):
        measures = [getattr(one, key) for one in found]
        for row, measure in zip(rows, measures, strict=True):
            if measure.low is not None and measure.high is not None:
                axes.hlines(
                    row + shift,
                    scale * max(0.0, measure.low),
                    scale * max(0.0, measure.high),
                    color=colour,
                    linewidth=2.2,
                )
        axes.plot(
            [scale * max(0.0, measure.value) for measure in measures],
            rows + shift,
            marker,
            color=colour,
            label=canvas.text(f"regret_{key}"),
        )
    axes.axvline(0.0, color=BLACK, linewidth=1)
    axes.set_yticks(rows, [wrapped(canvas.titles[one.policy], 34) for one in found])
    axes.set_xlabel(canvas.axis_title(canvas.found.outcome))
    canvas.numbers(axes.xaxis)
    axes.legend(loc="best", fontsize=9)
    return Chart("regret", figure, canvas.text("regret_caption", level=canvas.language.percent(canvas.found.level)))


def draw_deciders(canvas: Canvas, design: DesignFindings) -> Chart | None:
    """What knowing an uncertain number would be worth for the choice of a policy."""
    if design.deciders is None:
        return None
    found = design.deciders.ranked[:MOST_FACTORS][::-1]
    rows = np.arange(len(found))
    scale = canvas.scale_of(canvas.found.outcome)
    figure, axes = canvas.new(canvas.text("deciders"), height=1.8 + 0.38 * len(found))
    for row, one in zip(rows, found, strict=True):
        colour = BLUE if one.is_clear else GREY
        axes.hlines(row, scale * one.worth.low, scale * one.worth.high, color=colour, linewidth=2.2)
        axes.plot(scale * one.worth.value, row, "o", color=colour, markerfacecolor=colour if one.is_clear else "white")
    axes.axvline(0.0, color=BLACK, linewidth=1)
    axes.set_yticks(rows, [wrapped(parameter_title(one.parameter, canvas.language), 34) for one in found])
    axes.set_xlabel(
        wrapped(canvas.text("deciders_x", outcome=canvas.axis_title(canvas.found.outcome).replace("\n", " ")), 60)
    )
    canvas.numbers(axes.xaxis)
    return Chart("deciders", figure, canvas.text("deciders_caption"))
