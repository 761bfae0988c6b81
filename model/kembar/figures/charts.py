"""Stages over time, survival, benefits by sector, and budget with its execution."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kembar.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SECTOR_COLOURS,
    SECTOR_HATCHES,
    STAGE_COLOURS,
    STAGE_HATCHES,
    new_figure,
    say_instead,
)
from kembar.records import SECTORS
from kembar.results import Results
from kembar.tables import count_stages

TALKS = ("exploring", "letter_of_intent")


def draw_stages(results: Results) -> Figure:
    """Signed agreements by stage as stacked areas, and those still in talks as a line."""
    figure, axes = new_figure(results, "Agreements by stage over time")
    names = ("active", "dormant", "ended")
    years, *columns = results.columns("series", "year", *names, *TALKS)
    begin = count_stages(results.columns("agreements", "stage_start")[0])
    # The state before the first quarter stands at the first year's beginning, a year's end at the next one's.
    instants = [years[0], *(year + 1 for year in years)]
    heights = [[begin[name], *column] for name, column in zip((*names, *TALKS), columns, strict=True)]
    if max(map(sum, zip(*heights, strict=True))) == 0:
        say_instead(axes, "No agreement and no talks in any year")
        return figure
    areas = axes.stackplot(
        instants,
        heights[:3],
        labels=names,
        colors=[STAGE_COLOURS[name] for name in names],
        edgecolor="white",
        linewidth=0.3,
    )
    for area, name in zip(areas, names, strict=True):
        area.set_hatch(STAGE_HATCHES[name])
    talks = np.sum(heights[3:], axis=0)
    axes.plot(
        instants, talks, color=STAGE_COLOURS["in talks"], linestyle="dashdot", linewidth=2, label="in talks, not signed"
    )
    axes.set_xlim(instants[0], instants[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("start of the year")
    axes.set_ylabel("agreements")
    _whole_years(axes)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _whole_years(axes: Any) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_survival(results: Results) -> Figure:
    """Share of agreements that have not yet fallen dormant or ended (product-limit estimate)."""
    from scipy import stats

    figure, axes = new_figure(results, "How long agreements stay active without a break")
    names = ("stage_start", "start", "stop", "event")
    rows = [row for row in zip(*results.columns("agreements", *names), strict=True) if row[1] is not None]
    groups = (
        ("active at the start, years since the start", [row for row in rows if row[0] == "active"], BLUE, "solid"),
        (
            "signed in the run, years since signing",
            [row for row in rows if row[0] not in ("active", "dormant")],
            ORANGE,
            "dashed",
        ),
    )
    drawn = False
    for label, members, colour, line in groups:
        if not members:
            continue
        drawn = True
        # Both clocks start when the run first sees the agreement active, so only the horizon censors.
        seen = [(row[2] - row[1], row[3] == "censored") for row in members]
        data = stats.CensoredData.right_censored([years for years, _ in seen], [censored for _, censored in seen])
        curve = stats.ecdf(data).sf
        times = [0.0, *curve.quantiles, max(years for years, _ in seen)]
        left = [1.0, *curve.probabilities, curve.probabilities[-1]]
        axes.step(
            times,
            left,
            where="post",
            color=colour,
            linestyle=line,
            linewidth=2.2,
            label=f"{label} (n = {len(members)})",
        )
        still = [(years, float(curve.evaluate(years))) for years, censored in seen if censored]
        if still:
            axes.plot(*zip(*still, strict=True), "|", color=colour, markersize=9)
    if not drawn:
        say_instead(axes, "No agreement was active at the start or signed in the run")
        return figure
    axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0)
    axes.set_xlabel("years; a small upright stroke is an agreement still active at the end of the run")
    axes.set_ylabel("share not yet dormant or ended")
    axes.legend(loc="upper right")
    return figure


def draw_benefits(results: Results) -> Figure:
    """Benefits felt in each year, by sector, as stacked bars."""
    figure, axes = new_figure(results, "Benefits felt by the cities, by sector")
    years, *columns = results.columns("city_years", "year", *(f"points_{sector}" for sector in SECTORS))
    calendar = np.unique(years)
    if not len(calendar):
        say_instead(axes, "The run kept no yearly record of its cities")
        return figure
    foot = np.zeros(len(calendar))
    for sector, values, colour, hatch in zip(SECTORS, columns, SECTOR_COLOURS, SECTOR_HATCHES, strict=True):
        heights = np.bincount(np.asarray(years) - calendar[0], weights=values, minlength=len(calendar))
        axes.bar(
            calendar,
            heights,
            bottom=foot,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
            width=0.9,
            label=sector,
        )
        foot += heights
    axes.set_ylabel("benefit points a year\n(1 point: one well-run exchange\nbetween fully complementary partners)")
    axes.set_xlabel("year")
    axes.grid(axis="x", visible=False)
    axes.set_xlim(calendar[0] - 0.6, calendar[-1] + 0.6)
    _whole_years(axes)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def draw_budget(results: Results) -> Figure:
    """Money granted, executable and spent, and the share of what was granted that was spent."""
    figure, (upper, lower) = new_figure(
        results, "Money for partnerships and how much of it is really spent", rows=2, size=(10.0, 7.0)
    )
    names = ("appropriated_kusd", "executable_kusd", "spent_kusd", "external_kusd")
    years, *columns = results.columns("series", "year", *names)
    granted, executable, spent, external = (np.asarray(column) for column in columns)
    lines = (
        (granted, "granted by councils", BLACK, "solid"),
        (executable, "that offices could turn into work", BLUE, "dashed"),
        (spent, "spent", GREEN, "solid"),
        (external, "of it paid by others", PURPLE, "dotted"),
    )
    for values, label, colour, line in lines:
        upper.plot(years, values, color=colour, linestyle=line, linewidth=2, label=label)
    upper.set_ylabel("thousand US dollars of 2025\na year")
    upper.set_ylim(bottom=0)
    upper.ticklabel_format(axis="y", style="plain")
    rate = results.run["parameter.idr_per_usd"]
    # A thousand dollars are rate thousand rupiah; the axis counts thousand million rupiah.
    rupiah = upper.secondary_yaxis(
        "right", functions=(lambda kusd: kusd * rate / 1e6, lambda billion: billion * 1e6 / rate)
    )
    rupiah.set_ylabel("billion rupiah a year")
    upper.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=4, columnspacing=1.2)
    share = np.divide(spent - external, granted, out=np.full(len(granted), np.nan), where=granted > 0)
    lower.plot(years, 100 * share, color=GREEN, linewidth=2)
    lower.set_ylim(bottom=0)
    lower.set_ylabel("% of the money granted\nthat was spent")
    lower.set_xlabel("year")
    lower.set_xlim(years[0], max(years[-1], years[0] + 1))
    _whole_years(lower)
    return figure
