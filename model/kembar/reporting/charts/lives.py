"""Figures of lives: survival, what ends them, hazard over age, what goes with it, and activity over the years."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kembar.analysis.incidence import Incidence
from kembar.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW
from kembar.findings.bands import SPREAD
from kembar.findings.names import cause_title, ending_title
from kembar.findings.telling import late_entry_sentence
from kembar.reporting.charts.frame import Canvas, Chart, wrapped

CAUSE_COLOURS: Final = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY)
HATCHES: Final = ("", "//", "", "..", "", "xx", "", "\\\\")
MOST_CAUSES: Final = 7  # shown by name; the rest is one
MOST_AGE: Final = 60.0  # years of age that charts show


def draw_survival(canvas: Canvas) -> Chart | None:
    """The share still active without a break by age, and what the policies change, with confidence in both."""
    lives = canvas.world.longevity
    if lives is None or not len(lives.why.curve.ages_years):
        return None
    by_name = {policy.name: policy for policy in canvas.world.policies if policy.longevity is not None}
    chosen = [name for name in canvas.chosen() if name in by_name]
    styles = canvas.styles(chosen)
    curve = lives.why.curve
    rows = 2 if chosen else 1
    figure, axes = canvas.new(
        canvas.text("survival"), rows, 1, height=3.4 + 2.4 * (rows - 1) + 0.6, sharex=True, squeeze=False
    )
    upper = axes[0][0]
    ages = np.concatenate([[curve.from_years], curve.ages_years])
    upper.fill_between(curve.ages_years, 100 * curve.low, 100 * curve.high, step="pre", color=BLACK, alpha=0.18,
                       linewidth=0,
                       label=canvas.text("confidence", level=canvas.language.percent(canvas.found.level)))  # fmt: skip
    upper.step(
        ages,
        100 * np.concatenate([[1.0], curve.survival]),
        where="post",
        color=BLACK,
        linewidth=1.9,
        label=styles[""].label,
    )
    for name in chosen:
        effect = by_name[name].longevity
        assert effect is not None
        style = styles[name]
        upper.step(
            effect.why.ages_years,
            100 * effect.why.policy,
            where="post",
            color=style.colour,
            linestyle=style.line,
            linewidth=1.9,
            label=style.label,
        )
    upper.set_ylim(0, 102)
    upper.set_ylabel(canvas.text("survival_y"))
    canvas.numbers(upper.yaxis, percent=True)
    upper.legend(loc="upper right", fontsize=9)
    if chosen:
        lower = axes[1][0]
        for name in chosen:
            effect = by_name[name].longevity
            assert effect is not None
            style, gap = styles[name], effect.why
            lower.fill_between(
                gap.ages_years, 100 * gap.low, 100 * gap.high, step="pre", color=style.colour, alpha=0.18, linewidth=0
            )
            lower.step(
                gap.ages_years,
                100 * gap.difference,
                where="post",
                color=style.colour,
                linestyle=style.line,
                linewidth=1.9,
            )
        lower.axhline(0.0, color=BLACK, linewidth=1)
        lower.set_ylabel(wrapped(canvas.text("survival_gap"), 26))
        canvas.numbers(lower.yaxis)
    bottom = axes[-1][0]
    bottom.set_xlim(0, min(MOST_AGE, curve.until_years))
    bottom.set_xlabel(canvas.text("age"))
    level = canvas.language.percent(canvas.found.level)
    return Chart("survival", figure, canvas.text("survival_caption", level=level) + canvas.choice_note())


def draw_incidence(canvas: Canvas) -> Chart | None:
    """By which age how many agreements have come to rest, by why and by how, as stacked areas."""
    lives = canvas.world.longevity
    if lives is None or not len(lives.why.incidence.ages_years):
        return None
    figure, axes = canvas.new(canvas.text("incidence"), 1, 2, height=6.2, sharey=True)
    _stack(canvas, axes[0], lives.why.incidence, cause_title, canvas.text("incidence_why"))
    _stack(canvas, axes[1], lives.how.incidence, ending_title, canvas.text("incidence_how"))
    axes[0].set_ylabel(canvas.text("incidence_y"))
    return Chart("incidence", figure, canvas.text("incidence_caption"))


def _stack(canvas: Canvas, axis: Any, found: Incidence, title_of: Any, heading: str) -> None:
    axis.set_title(heading, fontsize=10, loc="left")
    axis.set_xlabel(canvas.text("age"))
    axis.set_ylim(0, 100)
    canvas.numbers(axis.yaxis, percent=True)
    if not found.occurring:
        axis.text(0.5, 0.5, canvas.text("nothing"), transform=axis.transAxes, ha="center")
        return
    shown, rest = found.occurring[:MOST_CAUSES], found.occurring[MOST_CAUSES:]
    place = {name: row for row, name in enumerate(found.event_names)}
    heights = [100 * found.incidence[place[name]] for name in shown]
    labels = [title_of(name, canvas.language) for name in shown]
    if rest:
        heights.append(100 * found.incidence[[place[name] for name in rest]].sum(axis=0))
        labels.append(canvas.text("rest"))
    ages = np.concatenate([[found.from_years], found.ages_years])
    areas = [np.concatenate([[0.0], one]) for one in heights]
    drawn = axis.stackplot(ages, areas, labels=[wrapped(one, 44) for one in labels],
                           colors=CAUSE_COLOURS[: len(heights)], edgecolor="white", linewidth=0.3)  # fmt: skip
    for area, hatch in zip(drawn, HATCHES, strict=False):
        area.set_hatch(hatch)
    axis.set_xlim(0, min(MOST_AGE, float(ages[-1])))
    handles, names = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], names[::-1], fontsize=8.5, loc="upper left", bbox_to_anchor=(0.0, -0.15), ncols=1)


def draw_hazard(canvas: Canvas) -> Chart | None:
    """Events for each hundred agreement-years at risk, by age, with confidence, and the peaks that stand out."""
    lives = canvas.world.longevity
    if lives is None or not len(lives.hazard.rate):
        return None
    figure, axes = canvas.new(canvas.text("hazard"), height=4.4)
    groups = (
        (lives.hazard_since_signing, ORANGE, "dashed", "since_signing"),
        (lives.hazard, BLUE, "solid", "all_ages"),
    )
    for hazard, colour, line, key in groups:
        middle = (hazard.from_years + hazard.to_years) / 2.0
        known = np.isfinite(hazard.low) & (middle <= MOST_AGE)
        if not known.any():
            known = np.isfinite(hazard.rate) & (middle <= MOST_AGE)
        axes.fill_between(
            middle[known], 100 * hazard.low[known], 100 * hazard.high[known], color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(
            middle[known], 100 * hazard.rate[known], color=colour, linestyle=line, linewidth=1.8, label=canvas.text(key)
        )
    for peak in lives.hazard.peaks:
        if peak.rate.value is not None and peak.from_years <= MOST_AGE:
            axes.plot((peak.from_years + peak.to_years) / 2.0, 100 * peak.rate.value, "v", color=BLACK, markersize=8)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel(canvas.text("age"))
    axes.set_ylabel(wrapped(canvas.text("hazard_y"), 34))
    canvas.numbers(axes.yaxis)
    axes.legend(loc="upper right", fontsize=9)
    key = "hazard_peaks" if lives.hazard.peaks else "hazard_no_peak"
    level = canvas.language.percent(canvas.found.level)
    late = late_entry_sentence(lives.delayed_entry, canvas.language)
    caption = (canvas.text("hazard_caption", level=level), canvas.text(key), late)
    return Chart("hazard", figure, " ".join(filter(None, caption)))


def draw_ratios(canvas: Canvas) -> Chart | None:
    """Hazard ratios of what an agreement has at its entry, for one standard deviation more."""
    lives = canvas.world.longevity
    if lives is None or not lives.model.ratios:
        return None
    ratios = lives.model.ratios[::-1]
    figure, axes = canvas.new(canvas.text("ratios"), height=1.9 + 0.42 * len(ratios))
    for row, ratio in enumerate(ratios):
        one = ratio.ratio_per_spread
        if one.value is None or one.low is None or one.high is None:
            continue
        is_clear = not one.low <= 1.0 <= one.high
        colour = BLUE if is_clear else GREY
        axes.plot([one.low, one.high], [row, row], color=colour, linewidth=2.4)
        axes.plot(one.value, row, "o", color=colour, markerfacecolor=colour if is_clear else "white", markersize=7)
    axes.axvline(1.0, color=BLACK, linewidth=1)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    ticks = [
        tick
        for tick in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2.0, 3.0, 5.0)
        if low <= tick <= high
    ]
    axes.set_xticks(ticks, [canvas.language.number(tick, 1) for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(ratios)), [wrapped(canvas.text(f"covariate_{ratio.name}"), 34) for ratio in ratios])
    axes.set_ylim(-0.6, len(ratios) - 0.4)
    axes.set_xlabel(canvas.text("ratios_x"))
    return Chart(
        "hazard-ratios", figure, canvas.text("ratios_caption", level=canvas.language.percent(canvas.found.level))
    )


def draw_active(canvas: Canvas) -> Chart | None:
    """Active agreements over the years: the spread of single runs, and the confidence in the mean of each arm."""
    bands = {band.arm: band for band in canvas.world.bands}
    if "" not in bands:
        return None
    chosen = [name for name in canvas.chosen() if name in bands]
    styles = canvas.styles(chosen)
    figure, axes = canvas.new(canvas.text("active"), height=4.8)
    base = bands[""]
    years = np.array(base.years) + 1  # the state at a year's end stands at the next one's beginning
    axes.fill_between(years, base.spread_low, base.spread_high, color=GREY, alpha=0.25, linewidth=0,
                      label=canvas.text("spread", share=canvas.language.percent(SPREAD)))  # fmt: skip
    for name in ["", *chosen]:
        band, style = bands[name], styles[name]
        axes.fill_between(np.array(band.years) + 1, band.low, band.high, color=style.colour, alpha=0.35, linewidth=0)
        axes.plot(
            np.array(band.years) + 1,
            band.mean,
            color=style.colour,
            linestyle=style.line,
            linewidth=1.9,
            label=style.label,
        )
    axes.set_ylim(bottom=0)
    axes.set_xlim(years[0], max(years[-1], years[0] + 1))
    axes.set_ylabel(canvas.text("active_y"))
    axes.set_xlabel(canvas.text("year"))
    canvas.numbers(axes.yaxis)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=9)
    level = canvas.language.percent(canvas.found.level)
    share = canvas.language.percent(SPREAD)
    return Chart("active", figure, canvas.text("active_caption", level=level, share=share) + canvas.choice_note())
