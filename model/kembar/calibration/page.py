"""The page of a calibration, which opens from its folder, and its lines for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kembar.analysis.abc import Posterior, Recovery
from kembar.calibration.drawing import draw_all
from kembar.calibration.found import Calibrated, NumberTold
from kembar.experiment.store import write_whole
from kembar.findings.names import parameter_title
from kembar.language import Messages, messages

if TYPE_CHECKING:
    pass

PAGE: Final = "calibration.html"
TEMPLATE: Final = "calibration.html.jinja"
FIGURES: Final = "figures"
PLAIN: Final = "1"  # the unit of a number without one
LINES_SHOWN: Final = 12  # numbers on the terminal; the page has all


def write_page(found: Calibrated, posterior: Posterior, recovery: Recovery, folder: Path, lang: str) -> None:
    """The page and its figures. Raises StorageError when the disk does not play along."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    words = messages(lang)
    figures = folder / FIGURES
    figures.mkdir(exist_ok=True)
    draw_all(found, _places(found, posterior), recovery, words, figures)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template(TEMPLATE).render(
        lang=lang,
        text=lambda key, **values: words.text(f"calibration.{key}", **values),
        term=words.text,
        found=found,
        summary=summary_of(found, words),
        verdict=verdict_of(found, words),
        untold=_untold(found, words),
        unit=shown_unit,
        title=lambda key: parameter_title(key, words),
        number=words.significant,
        percent=lambda share: "" if share is None else words.percent(share),
        span=lambda low, high: words.text("evidence.range", low=words.significant(low), high=words.significant(high)),
    )
    write_whole(folder / PAGE, page.encode())


def _places(found: Calibrated, posterior: Posterior) -> dict[str, tuple[float, ...]]:
    """For each told number the places of its interval's ends and middle, and of its declared value."""
    from kembar.experiment.factors import DECLARED_POSITION, factor_of, places_of
    from kembar.parameters import declaration

    def place(key: str, value: float) -> float:
        import numpy as np

        declared = declaration(key)
        if declared.is_by_sector:
            return DECLARED_POSITION if value == DECLARED_POSITION else value
        return float(places_of(factor_of(declared), np.array([value]))[0])

    return {
        number.key: tuple(
            place(number.key, value)
            for value in (number.interval[0], number.median, number.interval[1], number.declared)
        )
        for number in found.told
    }


def summary_of(found: Calibrated, words: Messages) -> str:
    """What was done, in one sentence."""
    return words.text(
        "calibration.summary",
        runs=words.number(found.runs),
        draws=words.number(found.draws),
        numbers=words.number(len(found.numbers)),
        accepted=words.number(found.accepted),
        effective=words.number(found.effective),
        used=words.number(sum(target.use == "used" for target in found.targets)),
        told=words.number(len(found.told)),
    )


def verdict_of(found: Calibrated, words: Messages) -> str:
    """Whether the posterior may be trusted."""
    if not found.told:
        return words.text("calibration.nothing_told")
    if found.is_nominal:
        return words.text("calibration.nominal", held_out=words.number(found.held_out))
    names = ", ".join(parameter_title(key, words) for key in found.misfits)
    return words.text("calibration.not_nominal", held_out=words.number(found.held_out), names=names)


def _untold(found: Calibrated, words: Messages) -> str:
    return ", ".join(parameter_title(number.key, words) for number in found.numbers if not number.is_told)


def shown_unit(unit: str) -> str:
    """A unit after a number, with its space; nothing for plain numbers."""
    return "" if unit == PLAIN else f" {unit}"


def as_text(found: Calibrated, lang: str) -> str:
    """The findings as plain lines."""
    words = messages(lang)
    lines = [summary_of(found, words), verdict_of(found, words), ""]
    for level in found.coverage if found.told else ():
        lines.append(words.text("calibration.coverage_line", level=words.percent(level.level),
                                told="…" if level.of_told is None else words.percent(level.of_told, 1),
                                all=words.percent(level.of_all, 1)))  # fmt: skip
    if found.told:
        lines += ["", words.text("calibration.numbers")]
    lines += [f"  {_line(number, words)}" for number in found.told[:LINES_SHOWN]]
    return "\n".join(lines)


def _line(number: NumberTold, words: Messages) -> str:
    low, high = (words.significant(edge) for edge in number.interval)
    return words.text(
        "calibration.number_line",
        name=parameter_title(number.key, words),
        low=low,
        high=high,
        unit=shown_unit(number.unit),
        least=words.significant(number.range[0]),
        most=words.significant(number.range[1]),
    )
