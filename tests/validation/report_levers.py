"""Writes docs/levers.md and docs/levers.svg: every lever swept alone, with its response over pairs of runs.

Run it as `python tests/validation/report_levers.py` from the root of the checkout; it takes some minutes. A lever is
named *dead* when no interval of any outcome leaves zero between the ends of its sweep, *turning* when a response rises
and falls by more than its intervals, and *large* when an outcome grows or shrinks more than threefold.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import paired
from matplotlib.figure import Figure

from kembar.figures.style import BLUE, SETTINGS
from kembar.parameters import Declaration, levers

FOLDER = Path(__file__).parents[2] / "docs"
PAIRS = 40
STEPS = 5
LARGE = 3.0
OUTCOMES = ("active_years_per_agreement", "signed_agreements", "benefit_points", "spent_kusd")
DRAWN = OUTCOMES[0]
COLUMNS = 5
HEAD = f"""# Levers, each swept alone

Every lever from the least to the greatest value of its range in {STEPS} steps, all else as shipped, over {PAIRS} pairs
of runs of `indonesia` under common luck against the least value. Effects are those of the greatest value, in percent of
the outcome at the least, with the 95 % interval over runs. *Dead*: no interval leaves zero. *Turning*: active years
rise and fall, or fall and rise, by more than the intervals. *Large*: an outcome changes more than threefold.

Made by `python tests/validation/report_levers.py`; drawn in `levers.svg`.

| lever | from | to | active years per agreement | signings | benefits | money spent | remark |
|---|---|---|---|---|---|---|---|
"""


def sweep(item: Declaration) -> list[list[paired.Effect]]:
    """Effects of every step on every outcome, against the least value."""
    steps = np.linspace(*item.range, STEPS)
    if item.scale == "integer":
        steps = np.unique(np.round(steps))
    base = paired.outcomes_of(paired.arm({item.key: float(steps[0])}), 1, PAIRS)
    found = []
    for step in steps:
        runs = paired.outcomes_of(paired.arm({item.key: float(step)}), 1, PAIRS)
        row = []
        for name in OUTCOMES:
            before = np.array([run[name] for run in base])
            after = np.array([run[name] for run in runs])
            row.append(paired.interval(after - before, float(np.nanmean(before))))
        found.append(row)
    return found


def is_turning(effects: list[paired.Effect]) -> bool:
    """Whether the response leaves its straight way by more than its intervals."""
    means = [effect.mean for effect in effects]
    half = max((effect.high - effect.low) / 2.0 for effect in effects)
    top, bottom = int(np.argmax(means)), int(np.argmin(means))
    inner = {top, bottom} & set(range(1, len(means) - 1))
    ends = (means[0], means[-1])
    return any(min(abs(means[place] - end) for end in ends) > 2.0 * half for place in inner)


def remark(rows: list[list[paired.Effect]]) -> str:
    last = rows[-1]
    words = []
    if all(effect.low <= 0.0 <= effect.high for row in rows for effect in row):
        words.append("**dead**")
    if is_turning([row[0] for row in rows]):
        words.append("turning")
    for name, effect in zip(OUTCOMES, last, strict=True):
        after = effect.baseline + effect.mean
        if effect.baseline > 0.0 and not 1.0 / LARGE <= after / effect.baseline <= LARGE:
            words.append(f"large on `{name}`")
    return ", ".join(words)


def percent(effect: paired.Effect) -> str:
    if effect.baseline <= 0.0:
        return f"{effect.mean:+.3g} (from 0)"
    mean, low, high = (100.0 * value / effect.baseline for value in (effect.mean, effect.low, effect.high))
    return f"{mean:+.0f} ({low:+.0f} to {high:+.0f})"


def main() -> None:
    """Sweep every lever, write the table, draw the responses."""
    matplotlib.rcParams.update(SETTINGS)
    items = levers()
    rows = -(-len(items) // COLUMNS)
    figure = Figure(figsize=(3.0 * COLUMNS, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS).reshape(-1)
    lines = []
    for axes, item in zip(panels, items, strict=False):
        found = sweep(item)
        paired._results.clear()  # a sweep is never asked for again, and its runs would fill the memory
        low, high = item.range
        last = " | ".join(percent(effect) for effect in found[-1])
        lines.append(f"| `{item.key}` | {low:g} | {high:g} | {last} | {remark(found)} |")
        steps = np.linspace(low, high, len(found))
        drawn = [row[OUTCOMES.index(DRAWN)] for row in found]
        axes.fill_between(steps, [e.low for e in drawn], [e.high for e in drawn], color=BLUE, alpha=0.3)
        axes.plot(steps, [e.mean for e in drawn], color=BLUE)
        axes.set_title(item.key, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in panels[len(items) :]:
        axes.set_axis_off()
    figure.suptitle("Change of active years per agreement from the least value of each lever (mean and 95 % interval)")
    figure.savefig(FOLDER / "levers.svg", metadata={"Date": None, "Creator": "kembar"})
    (FOLDER / "levers.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
