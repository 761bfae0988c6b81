"""Figures of policies: effects, cost against gain, benefits by sector, concentration."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kembar.analysis.fairness import Curve
from kembar.analysis.paired import Effect
from kembar.figures.style import BLACK, BLUE, GREY, ORANGE
from kembar.findings.names import sector_title
from kembar.records import SECTORS
from kembar.reporting.charts.frame import Canvas, Chart, wrapped

PANELS: Final = ("benefit_points_per_agreement", "benefit_points", "total_cost_kusd")  # beside the main outcome
_MOST_PANELS: Final = 3
_POINTS_OF_LINE: Final = 11.0


def draw_effects(canvas: Canvas) -> Chart | None:
    """Effect of every policy on the main outcome, on benefits and on cost: dots with intervals."""
    world, main = canvas.world, canvas.found.outcome
    if not world.policies:
        return None
    known = [effect.outcome for effect in world.policies[0].effects]
    outcomes = [main, *(name for name in PANELS if name in known and name != main)][:_MOST_PANELS]
    by_name = {policy.name: policy for policy in world.policies}
    order = [rank.policy for rank in world.ranks][::-1]
    height = 1.9 + 0.42 * len(order)
    figure, axes = canvas.new(canvas.text("effects"), 1, len(outcomes), height=height, sharey=True, squeeze=False)
    for axis, outcome in zip(axes[0], outcomes, strict=True):
        scale = canvas.scale_of(outcome)
        for row, name in enumerate(order):
            _dot(axis, by_name[name].effect(outcome), row, scale)
        axis.axvline(0.0, color=BLACK, linewidth=1)
        axis.set_xlabel(canvas.axis_title(outcome, 22))
        canvas.numbers(axis.xaxis)
    axes[0][0].set_yticks(range(len(order)), [wrapped(canvas.titles[name], 26) for name in order])
    axes[0][0].set_ylim(-0.6, len(order) - 0.4)
    return Chart("effects", figure, canvas.text("effects_caption", level=canvas.language.percent(canvas.found.level)))


def _dot(axis: Any, effect: Effect, row: int, scale: float) -> None:
    estimate = effect.difference
    if estimate.mean is None:
        return
    colour = BLUE if estimate.is_clear else GREY
    marker = "o" if estimate.is_clear else "D"
    if estimate.low is not None and estimate.high is not None:
        axis.plot([scale * estimate.low, scale * estimate.high], [row, row], color=colour, linewidth=2.4)
    face = colour if estimate.is_clear else "white"
    axis.plot(scale * estimate.mean, row, marker=marker, color=colour, markerfacecolor=face, markersize=7)


def draw_cost(canvas: Canvas) -> Chart | None:
    """The cost-effectiveness plane: extra cost against active agreement-years gained, each with its interval."""
    world = canvas.world
    if not world.policies:
        return None
    figure, axes = canvas.new(canvas.text("cost"), height=5.0)
    drawn = False
    places = []
    for policy in world.policies:
        gain = policy.cost.cost.active_years.difference
        cost = next((one.difference for one in policy.effects if one.outcome == "total_cost_kusd"), None)
        if cost is None or gain.mean is None or cost.mean is None:
            continue
        drawn = True
        known = policy.cost.cost.is_in_model
        colour, marker = (BLUE, "o") if known else (ORANGE, "s")
        reach = [[gain.half_width or 0.0], [cost.half_width or 0.0]]
        axes.errorbar(gain.mean, cost.mean, xerr=reach[0], yerr=reach[1], color=colour, marker=marker, markersize=7,
                      linestyle="none", markerfacecolor=colour if known else "white")  # fmt: skip
        places.append((gain.mean, cost.mean, canvas.titles[policy.name]))
    if not drawn:
        return None
    axes.axhline(0.0, color=BLACK, linewidth=1)
    axes.axvline(0.0, color=BLACK, linewidth=1)
    axes.margins(0.16, 0.12)
    _write_names(axes, places)
    axes.set_xlabel(canvas.text("cost_x"))
    axes.set_ylabel(wrapped(canvas.text("cost_y"), 40))
    canvas.numbers(axes.xaxis)
    canvas.numbers(axes.yaxis)
    for colour, marker, key in ((BLUE, "o", "priced"), (ORANGE, "s", "unpriced")):
        face = colour if key == "priced" else "white"
        axes.plot([], [], color=colour, marker=marker, markerfacecolor=face, linestyle="none", label=canvas.text(key))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=2, fontsize=9)
    return Chart("cost", figure, canvas.text("cost_caption", level=canvas.language.percent(canvas.found.level)))


def _write_names(axes: Any, places: list[tuple[float, float, str]]) -> None:
    """Names beside the dots, on the side with more room, raised where dots lie close to one another."""
    low, high = axes.get_ylim()
    middle = float(np.mean(axes.get_xlim()))
    lines = 26.0  # of names that would fill the height of the chart
    taken: list[tuple[bool, float]] = []
    for x, y, name in sorted(places, key=lambda place: place[1]):
        is_left = x < middle
        line = (y - low) / (high - low) * lines
        place = line
        while any(side == is_left and abs(place - other) < 1.0 for side, other in taken):
            place += 0.25
        taken.append((is_left, place))
        shift = (place - line + 0.7) * _POINTS_OF_LINE
        axes.annotate(name, (x, y), xytext=(7 if is_left else -7, shift), textcoords="offset points", fontsize=9,
                      ha="left" if is_left else "right", va="center", annotation_clip=False)  # fmt: skip


def draw_sectors(canvas: Canvas) -> Chart | None:
    """Benefits by sector: mean benefit points of a run, baseline and policies."""
    by_name = {policy.name: policy for policy in canvas.world.policies}
    chosen = [name for name in canvas.chosen() if by_name[name].fairness is not None]
    if not chosen:
        return None
    styles = canvas.styles(chosen)
    figure, axes = canvas.new(canvas.text("sectors"), height=5.2)
    rows = np.arange(len(SECTORS))[::-1]
    step = 0.8 / (len(chosen) + 1)
    for place, name in enumerate(["", *chosen]):
        source = by_name[name or chosen[0]].fairness
        assert source is not None
        effects = {effect.outcome: effect for effect in source.benefits}
        values = [effects[f"points_{sector}"] for sector in SECTORS]
        widths = [(one.baseline if name == "" else one.policy) or 0.0 for one in values]
        style = styles[name]
        axes.barh(rows - place * step + 0.3, widths, height=step * 0.9, color=style.colour, label=style.label,
                  hatch=("", "//", "..", "xx", "\\\\")[place % 5], edgecolor="white", linewidth=0.3)  # fmt: skip
    axes.set_yticks(rows, [sector_title(sector, canvas.language) for sector in SECTORS])
    axes.set_xlabel(canvas.text("sectors_x"))
    axes.grid(axis="y", visible=False)
    canvas.numbers(axes.xaxis)
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncols=3, fontsize=9)
    return Chart("benefits-by-sector", figure, canvas.text("sectors_caption") + canvas.choice_note())


def draw_concentration(canvas: Canvas) -> Chart | None:
    """Share of the benefits that the cities have, from the smallest to the largest."""
    by_name = {policy.name: policy for policy in canvas.world.policies}
    chosen = [name for name in canvas.chosen() if by_name[name].fairness is not None]
    if not chosen:
        return None
    figure, axes = canvas.new(canvas.text("concentration"), 1, 2, height=4.6, sharey=True)
    figure.set_layout_engine("constrained", wspace=0.08)
    styles = canvas.styles(chosen)
    for axis, order in zip(axes, ("size", "income"), strict=True):
        axis.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="dotted", label=canvas.text("equal"))
        for name in ["", *chosen]:
            curve = _curve(by_name[name or chosen[0]], order)
            means = curve.baseline if name == "" else curve.policy
            shares = [100.0 * (one.mean if one.mean is not None else np.nan) for one in means]
            style = styles[name]
            axis.plot(
                100.0 * np.array(curve.at),
                shares,
                color=style.colour,
                linestyle=style.line,
                linewidth=1.8,
                label=style.label,
            )
        axis.set_xlabel(wrapped(canvas.text(f"concentration_{order}"), 44))
        axis.set_xlim(0, 100)
        axis.set_ylim(0, 100)
        for side in (axis.xaxis, axis.yaxis):
            canvas.numbers(side, percent=True)
    axes[0].set_ylabel(canvas.text("concentration_y"))
    axes[0].legend(loc="upper left", fontsize=9)
    return Chart("concentration", figure, canvas.text("concentration_caption") + canvas.choice_note())


def _curve(policy: Any, order: str) -> Curve:
    found: Curve = next(curve for curve in policy.fairness.curves if curve.order == order)
    return found
