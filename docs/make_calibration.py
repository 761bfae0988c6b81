"""Writes docs/calibration.md, its figures and the shipped posterior sample: runs the calibration, or goes on with it.

    make calibration

A hundred thousand runs, about twenty minutes on two processors; a killed one goes on where it stopped. No number on the
page is typed: all come from the folder of `kembar calibrate`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from kembar import batches
from kembar.calibration.calibrate import SAMPLE
from kembar.calibration.drawing import COVERAGE_FIGURE, NUMBERS_FIGURE, TARGETS_FIGURE
from kembar.calibration.found import Calibrated
from kembar.calibration.page import FIGURES, shown_unit, summary_of, verdict_of
from kembar.findings.names import parameter_title
from kembar.language import Messages, messages
from kembar.parameters.posterior import SHIPPED

DOCS: Final = Path(__file__).parent
PAGE: Final = DOCS / "calibration.md"
PICTURES: Final = DOCS / "pictures"
STUDY: Final = "calibration"
HALF: Final = 0.5
MISS: Final = (
    "Fewer than half of the runs come within the range, whatever the numbers: it is a question to the structure of the "
    "model or to the target, not to the model's values."
)
HEAD: Final = """\
# Calibration
<!-- Written by `make calibration` from the study experiments/calibration.toml; edit docs/make_calibration.py. -->

What the evidence leaves of the model's uncertain numbers, and whether that answer may be trusted.

`kembar calibrate {study}` makes everything on this page and the sample `posterior.csv`, which ships with the package:
a study with `uncertainties = "posterior"`, `kembar compare --uncertainties posterior`, and the app's options draw from
it.

**What was fitted and what was not.** The targets and their roles stood in `model/kembar/evidence/targets.toml` before
any fitting. Those to calibrate are used here; those to validate are only looked at afterwards. Shipped values are *not*
the posterior: they were set by hand (basis `calibrated`) or assumed, and the findings that use them say so. Signings
are input to the hindcast and are never scored.

"""
METHOD: Final = """\
## How it was done

1. **Draws.** A Latin hypercube of {draws} points over the declared ranges of all {numbers} uncertain numbers (log scale
   where a number is declared so). Nothing is fixed: what the evidence says nothing about keeps its range and widens
   every answer.
2. **Runs.** Every draw is run once in each world that a target to calibrate belongs to: the Indonesian hindcast, the
   Indonesian register, and a network that forms from nothing. One run is one world that might have been; its luck is
   part of what a target can tell.
3. **Error.** A target's range is read as the 95 % interval of an error. Each run's statistics get one such error, so
   that draws are compared with data as they would have been reported.
4. **Posterior.** The {accepted} nearest draws, in spreads of the statistics, with Epanechnikov weights, moved by a
   local linear regression on the logit of a number's place in its range. A number is moved only where an F test with
   Holm's correction finds slopes: otherwise the noise of two hundred slopes would shift as many posteriors.
5. **Coverage.** {held_out} draws of the same table are taken for the truth in turn, their reported statistics for the
   data. No new run is needed. Ranks of the truth among the posterior's draws must be even (Kolmogorov's test, Holm's
   correction over the told numbers).
6. **Prediction.** The {sample} draws of the sample are run anew, with new luck, and compared with every target.

Sources: Beaumont, Zhang and Balding (2002) *Genetics* 162, 2025-2035; Wilkinson (2013) *Statistical Applications in
Genetics and Molecular Biology* 12, 129-141; Prangle, Blum, Popovic and Sisson (2014) *Australian & New Zealand Journal
of Statistics* 56, 309-329. The code is `kembar.analysis.abc`: libraries for this method run a simulator themselves and
take no table.
"""


def write() -> None:
    """The sample, the figures and the page."""
    found = batches.calibrate(STUDY, told=lambda text: print(text, file=sys.stderr))
    assert found.folder is not None
    folder = Path(found.folder)
    shutil.copyfile(folder / SAMPLE, SHIPPED)
    for name in (NUMBERS_FIGURE, COVERAGE_FIGURE, TARGETS_FIGURE):
        shutil.copyfile(folder / FIGURES / f"{name}.png", PICTURES / f"calibration-{name}.png")
    PAGE.write_text("\n".join(page(found, messages("en"))) + "\n", encoding="utf-8")


def page(found: Calibrated, words: Messages) -> list[str]:
    """The lines of the page."""
    lines = [HEAD.format(study=STUDY) + f"{summary_of(found, words)} {verdict_of(found, words)}", ""]
    lines += [*_numbers(found, words), *_coverage(found, words), *_targets(found, words)]
    numbers = {
        "draws": words.number(found.draws),
        "numbers": words.number(len(found.numbers)),
        "accepted": words.number(found.accepted),
        "held_out": words.number(found.held_out),
        "sample": words.number(found.posterior_draws),
    }
    return [*lines, "", *METHOD.format(**numbers).rstrip("\n").split("\n")]


def _section(heading: str, figure: str, words: Messages) -> list[str]:
    name = words.text(f"calibration.{figure}")
    return [f"## {heading}", "", f"![{name}](pictures/calibration-{figure}.png)", ""]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _span(edges: tuple[float, float], words: Messages) -> str:
    return words.text("evidence.range", low=words.significant(edges[0]), high=words.significant(edges[1]))


def _numbers(found: Calibrated, words: Messages) -> list[str]:
    lines = _section("What is left of the ranges", NUMBERS_FIGURE, words)
    lines += _head("number", "range", "posterior (90 %)", "shipped value", "narrowed by")
    for item in found.told:
        name = f"{parameter_title(item.key, words)} (`{item.key}`)"
        unit = shown_unit(item.unit)
        shipped, narrowed = words.significant(item.declared), words.percent(item.narrowed)
        lines.append(_row(name, _span(item.range, words) + unit, _span(item.interval, words), shipped, narrowed))
    untold = [f"`{item.key}`" for item in found.numbers if not item.is_told]
    return [
        *lines,
        "",
        f"**The evidence says nothing about the other {len(untold)} numbers.** Their posterior is their range, and a "
        f"result that hangs on one of them rests on an assumption: {', '.join(untold)}.",
        "",
    ]


def _coverage(found: Calibrated, words: Messages) -> list[str]:
    lines = _section("Do the intervals hold?", COVERAGE_FIGURE, words)
    lines += _head("level", "told numbers", "all numbers", "chance for one number (95 %)")
    for level in found.coverage:
        told = "" if level.of_told is None else words.percent(level.of_told, 1)
        low, high = (words.percent(share, 1) for share in level.chance)
        lines.append(_row(words.percent(level.level), told, words.percent(level.of_all, 1), f"{low} to {high}"))
    return [*lines, ""]


def _targets(found: Calibrated, words: Messages) -> list[str]:
    lines = [*_section("What new runs show", TARGETS_FIGURE, words), words.text("calibration.targets_note"), ""]
    lines += _head("target", "use", "range", "runs within, before", "after", "median before", "after")
    for target in found.targets:
        lines.append(
            _row(
                words.text(f"evidence.target.{target.id}"),
                words.text(f"calibration.use.{target.use.replace(' ', '_')}"),
                _span(target.range, words) + shown_unit(target.unit),
                "" if target.prior_within is None else words.percent(target.prior_within),
                words.percent(target.posterior_within),
                "" if target.prior_median is None else words.significant(target.prior_median),
                words.significant(target.posterior_median),
            )
        )
    used = [target for target in found.targets if target.use == "used"]
    missed = [words.text(f"evidence.target.{target.id}") for target in used if target.posterior_within < HALF]
    if missed:
        lines += ["", f"**A miss that calibration cannot mend:** {', '.join(missed)}. {MISS}"]
    return lines


if __name__ == "__main__":
    write()
