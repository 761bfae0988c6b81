"""`kembar validate`: runs of every arm, every statistic, every verdict, and a folder that shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from kembar.errors import InputError, Problem, shown_path
from kembar.evidence.arms import ARMS, FORECAST, HINDCAST, tally_runs
from kembar.evidence.claims import signs
from kembar.evidence.declaration import patterns, targets
from kembar.evidence.register import active_rows, letters_and_signings, score_all
from kembar.evidence.registry import STATISTICS
from kembar.evidence.scorecard import REDUCED_RUNS, RUNS, Scorecard, find_pattern, find_target
from kembar.evidence.signs import run_signs
from kembar.evidence.statistics import Estimate, Floats, estimate
from kembar.evidence.view import View

FIGURES: Final = "figures"
TARGETS_FIGURE: Final = "targets"
SIGNS_FIGURE: Final = "signs"
CARD: Final = "scorecard.json"
ACTIVE_ROWS: Final = "active_rows"
LETTERS: Final = "letters"
TOLD_WORLDS: Final = 20  # of the claims' worlds between two notices

_EXTRA: Final[dict[str, dict[str, Callable[[View], Floats]]]] = {
    HINDCAST: {ACTIVE_ROWS: active_rows},
    FORECAST: {LETTERS: letters_and_signings},
}


def _silent(_: str) -> None:
    return None


def measure(runs: int, told: Callable[[str], None] = _silent) -> tuple[dict[str, Estimate], dict[str, Floats]]:
    """Every statistic over so many runs of each arm, and what the scores need of them."""
    tallies: dict[str, dict[str, Floats]] = {name: {} for name in STATISTICS}
    extra: dict[str, Floats] = {}
    for place, arm in enumerate(ARMS, 1):
        told(f"{place} of {len(ARMS)}: {runs} runs of {arm.replace('_', ' ')}")
        for name, found in tally_runs(arm, STATISTICS, runs, _EXTRA.get(arm, {})).items():
            if name in tallies:
                tallies[name][arm] = found
            else:
                extra[name] = found
    return {name: estimate(item, tallies[name]) for name, item in STATISTICS.items()}, extra


def validate(
    *,
    reduced: bool = False,
    out: str | Path | None = None,
    lang: str = "en",
    told: Callable[[str], None] = _silent,
) -> Scorecard:
    """Judge every pattern, target, claim and score; with `out` also write the page, the figures and the numbers there.

    `reduced` takes a few runs instead of the 200 that the criteria ask for: it shows that everything works, and its
    verdicts are weak. Raises InputError for an unknown language or the folder of something else, and StorageError when
    the disk does not play along.
    """
    from kembar.language import check_language

    check_language(lang)
    if out is not None:
        _refuse_foreign_folder(Path(out))
    runs = REDUCED_RUNS if reduced else RUNS
    estimates, extra = measure(runs, told)
    table = ARMS[HINDCAST].build().agreements_table
    card = Scorecard(
        runs=runs,
        is_reduced=reduced,
        patterns=tuple(find_pattern(item, estimates, f"{FIGURES}/{item.key}.svg") for item in patterns()),
        targets=tuple(find_target(item, estimates, f"{FIGURES}/{TARGETS_FIGURE}.svg") for item in targets()),
        signs=run_signs(signs(), runs, _told_of_worlds(runs, told)),
        scores=score_all(table, extra[ACTIVE_ROWS], extra[LETTERS]),
        folder=None if out is None else str(out),
    )
    if out is not None:
        told("drawing the figures")
        write(card, {name: item.by_run for name, item in estimates.items()}, Path(out), lang)
    return card


def _told_of_worlds(runs: int, told: Callable[[str], None]) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if done % TOLD_WORLDS == 0 or done == total:
            told(f"claims and signs: {done} of {total} worlds, {runs} runs each")

    return tell


def _refuse_foreign_folder(folder: Path) -> None:
    """A scorecard takes the place of an older one, never of anything else."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CARD).is_file():
        why = f"it holds no {CARD}, and a scorecard takes the place of a whole folder; name a new one"
        raise InputError(Problem("is another folder's place", shown_path(folder), key="--out", why=why))
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem("is a file", shown_path(folder), key="--out", why="a scorecard is a folder"))


def write(card: Scorecard, by_run: dict[str, Floats], folder: Path, lang: str) -> None:
    """The page, the figures and the numbers, whole or not at all."""
    from kembar.evidence.drawing import draw_pattern, draw_signs, draw_targets
    from kembar.evidence.page import PAGE, make_page
    from kembar.language import messages
    from kembar.results import new_folder

    words = messages(lang)
    with new_folder(folder) as draft:
        figures = draft / FIGURES
        figures.mkdir()
        for pattern in card.patterns:
            draw_pattern(pattern, by_run, words, figures)
        draw_targets(card.targets, words, figures, TARGETS_FIGURE)
        draw_signs(card.signs, words, figures, SIGNS_FIGURE)
        numbers = {**card.as_json(), "by_run": {name: _finite(values) for name, values in by_run.items()}}
        (draft / CARD).write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (draft / PAGE).write_text(make_page(card, words, lang), encoding="utf-8")


def _finite(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
