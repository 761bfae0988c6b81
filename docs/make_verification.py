"""Writes docs/verification.md and docs/levers.md with their figures: runs every check of kembar.verification.

    make verification

Some minutes on two processors. No number on the pages is typed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kembar.verification.drawing import draw_levers, draw_limits
from kembar.verification.extremes import Ends, Extreme, Refusal, check_all, ends_of_levers, refusal, shown
from kembar.verification.limit import FALSE_ALARM, Limit
from kembar.verification.limits import LIMITS
from kembar.verification.sweeps import DRAWN, LARGE, OUTCOMES, PAIRS, STEPS, Step, Sweep, sweeps

DOCS: Final = Path(__file__).parent
PICTURE: Final = "pictures/verification-limits.png"
ODDS: Final = 1 / FALSE_ALARM
GENERATED: Final = "<!-- Written by `make verification`; edit docs/make_verification.py and kembar.verification. -->"
HEAD: Final = f"""\
# Verification
{GENERATED}

Does the program do what the [description of the model](odd.md) says? (Whether the model is *right* is another
question: [scorecard.md](scorecard.md).) Every check on this page stands once, in `model/kembar/verification/`; the
tests call the same functions (`tests/validation/test_limits.py`, `test_extremes.py`), so each of them can fail there.
Besides, the tests in `tests/property` and `tests/worlds` check what must hold in every quarter of worlds drawn at
random: money, staff time and books, bounds, stages, exact causes, the order of rows, another city, an inert policy,
threads, compiled against interpreted.

## Limits with known answers

Worlds in which the answer can be written down. The p value of a right answer lies below {FALSE_ALARM:g} once in
{ODDS:,.0f} times, and such a value fails the check; where nothing is left to luck, the largest error must stay within
the tolerance.

![Known answers as lines, runs as points]({PICTURE})

| limit | what must be | test | found | p or tolerance | runs | observations | holds |
|---|---|---|---|---|---|---|---|
"""
EXTREMES: Final = """\

## Extreme conditions

What must happen where a lever, a number, an event or a size is at its end. Worlds: `indonesia`, or the one that a row
needs; each run stands beside the usual run of the same luck. Found: the mean over runs (least to greatest), and the
condition must hold in **each** of them.

| condition | what must be | what was | runs | holds |
|---|---|---|---|---|
"""
LEVERS: Final = """\

## Every lever alone

[levers.md](levers.md): each lever from the least to the greatest value of its range, its response drawn
([levers.svg](levers.svg)).
"""
LEVERS_HEAD: Final = f"""\
# Levers, each swept alone
{GENERATED}

Every lever from the least to the greatest value of its range in {STEPS} steps, all else as shipped, over {PAIRS}
pairs of runs of `indonesia` under common luck against the least value. Effects are those of the greatest value, in
percent of the outcome at the least, with the 95 % interval over runs. *Dead*: no interval leaves zero. *Turning*:
active years have an inner value clear of both ends. *Large*: an outcome changes more than
{LARGE:g}-fold.

![Change of active years per agreement along each lever](levers.svg)

| lever | from | to | active years per agreement | signings | benefits | money spent | remark |
|---|---|---|---|---|---|---|---|
"""
LEVERS_NOTES: Final = """\

## What was looked at

- **Dead or nearly so.** `national_calendar` bunches the changes of heads in common years and leaves their number as
  it is: neither lives nor ends follow, at the shipped values. `notice_years` only delays the few ends by notice.
- **Turning.** `digital_share` has its best value within the range, as the sources claim (S08).
- **Flat beyond a point.** `portfolio_cap`, `term_limit`, `funding_share` and `staff_factor` do all they do in the
  first step: beyond it a cap or a limit no longer binds, and money and staff suffice (S04, S05).
- **Down where one may expect up.** `search_effort`, `legal_clarity`, `decentralisation` and slower `approval_years`
  move the number of agreements and the life of each listed one in opposite directions, because staff are shared
  (S12). A longer term (`agreement_years`) gives fewer occasions to renew.
- **Large.** Ends of ranges, not policies: no staff, no money, or heads who all care fully. None explodes without
  bound: the [extreme conditions](verification.md#extreme-conditions) hold at both ends of every lever.
"""


def verdict(holds: bool) -> str:
    return "yes" if holds else "**no**"


def limit_row(limit: Limit) -> str:
    edge = f"p = {limit.p:.3g}" if limit.p is not None else f"at most {limit.tolerance:g}"
    said = f" ({'; '.join(limit.reasons)})" if limit.reasons else ""
    return (f"| {limit.title} | {limit.must} | {limit.test} | {limit.statistic:.3g} | {edge} | {limit.runs} "
            f"| {limit.observations} | {verdict(limit.holds)}{said} |")  # fmt: skip


def extreme_row(extreme: Extreme) -> str:
    was = "; ".join(f"{name}: {shown(values)}" for name, values in extreme.values.items())
    runs = len(next(iter(extreme.values.values())))
    return f"| {extreme.condition.name} | {extreme.condition.must} | {was} | {runs} | {verdict(extreme.holds)} |"


def refusal_row(found: Refusal) -> str:
    said = "taken" if found.said is None else f"“{found.said}”"
    must = "refused, with the range that is allowed"
    return f"| a population of {found.population} | {must} | {said} | 0 | {verdict(found.holds)} |"


def ends_row(found: Ends) -> str:
    must = "shares within 0 to 1, stages that exist, finite numbers, no more spent than can be"
    was = "; ".join(found.faults) or "nothing out of bounds"
    return f"| both ends of every lever | {must} | {was} | {found.runs} | {verdict(found.holds)} |"


def percent(step: Step, base: float) -> str:
    if base <= 0.0:
        return f"{step.effect:+.3g} (from 0)"
    mean, low, high = (100.0 * value / base for value in (step.effect, step.low, step.high))
    return f"{mean:+.0f} ({low:+.0f} to {high:+.0f})"


def lever_row(found: Sweep) -> str:
    remarks = [*(["**dead**"] if found.is_dead else []), *(["turning"] if found.is_turning else [])]
    remarks += [f"large on `{name}`" for name in found.large_on]
    low, high = found.lever.range
    effects = " | ".join(percent(found.steps[name][-1], found.baselines[name]) for name in OUTCOMES)
    return f"| `{found.lever.key}` | {low:g} | {high:g} | {effects} | {', '.join(remarks)} |"


def summary(limits: Sequence[Limit], rows: Sequence[bool]) -> str:
    held, all_rows = sum(limit.holds for limit in limits), len(limits)
    return f"**{held} of {all_rows} limits and {sum(rows)} of {len(rows)} extreme conditions hold.**\n\n"


def main() -> None:
    """Run all checks; write the pages and the figures."""
    limits = []
    for name, check in LIMITS.items():
        print(f"limit {name}", file=sys.stderr)
        limits.append(check())
    extremes, refused, ends = check_all(), refusal(), ends_of_levers()
    held = [*(extreme.holds for extreme in extremes), refused.holds, ends.holds]
    rows = [*map(extreme_row, extremes), refusal_row(refused), ends_row(ends)]
    head, marker, rest = HEAD.partition("## Limits")
    page = head + summary(limits, held) + marker + rest + "\n".join(map(limit_row, limits)) + "\n"
    page += EXTREMES + "\n".join(rows) + "\n" + LEVERS
    draw_limits(limits, DOCS / PICTURE)
    (DOCS / "verification.md").write_text(page, encoding="utf-8")
    found = list(sweeps(lambda text: print(text, file=sys.stderr)))
    draw_levers(found, DOCS / "levers.svg")
    assert OUTCOMES[0] == DRAWN
    table = "\n".join(map(lever_row, found))
    (DOCS / "levers.md").write_text(f"{LEVERS_HEAD}{table}\n{LEVERS_NOTES}", encoding="utf-8")


if __name__ == "__main__":
    main()
