"""`kembar conclude`: the studies behind the statements under every structure, and what holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kembar.conclusions.declaration import SHIPPED, STRUCTURES, STUDIES, Statement, rules_of, statements
from kembar.conclusions.judging import Assessed, Judged, assess, judge
from kembar.errors import InputError, Problem, shown_path
from kembar.experiment.store import write_whole
from kembar.parameters.posterior import written_posterior

if TYPE_CHECKING:
    from kembar.experiment.study import Study
    from kembar.study_results import StudyResults

NUMBERS: Final = "conclusions.json"
SAMPLE: Final = "posterior.csv"  # of the reduced form
REDUCED_DRAWS: Final = 4


@dataclass(frozen=True)
class Conclusions:
    """Every statement with its mark."""

    judged: tuple[Judged, ...]
    draws: int
    runs: int
    posterior: str  # hash of the sample
    folder: str | None = None

    @property
    def structures(self) -> tuple[str, ...]:
        """The structures that were tried, the model's own first."""
        return tuple(item.structure for item in self.judged[0].tested)

    def as_json(self) -> dict[str, Any]:
        """The form that `--json` prints; the path stands under `manifest`."""
        return {
            "statements": [
                {
                    "id": item.statement.key,
                    "finding": item.statement.finding,
                    "study": item.statement.study,
                    "outcome": item.statement.outcome,
                    "mark": item.mark,
                    "fails_under": item.fails_under,
                    "tested": [asdict(tested) for tested in item.tested],
                }
                for item in self.judged
            ],
            "draws": self.draws,
            "runs": self.runs,
            "posterior": self.posterior,
            "manifest": {"folder": self.folder},
        }


def conclude(
    run: Callable[[Study, Path], StudyResults],
    load: Callable[[str, Path | None], Study],
    folder: Path,
    structures: Sequence[str] = STRUCTURES,
    told: Callable[[str], None] = lambda _: None,
) -> Conclusions:
    """Run the studies under the model's rules and each of `structures` (`run` does one in a folder), and judge.

    Raises InputError for a sample that the studies' replicates do not cover twice, StorageError when the disk does
    not play along.
    """
    refuse_foreign_folder(folder)
    tested: dict[str, dict[str, Assessed]] = {}
    runs, draws, sample = 0, 0, ""
    for structure in (SHIPPED, *structures):
        tested[structure] = {}
        for name in STUDIES:
            study = load(name, rules_of(structure))
            assert study.posterior is not None
            draws, sample = study.posterior.draws, study.posterior.hash
            told(f"{name} under {structure.replace('_', ' ')}")
            results = run(study, folder / f"{name}-{structure.replace('_', '-')}")
            runs += results.manifest.runs
            for statement in _of(name):
                tested[structure][statement.key] = assess(statement, results, draws, structure)
    found = Conclusions(judge(tested, statements()), draws, runs, sample, str(folder))
    write_whole(folder / NUMBERS, (json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n").encode())
    return found


def refuse_foreign_folder(folder: Path) -> None:
    """Conclusions take a folder of their own. Raises InputError for a file, and for a folder of something else."""
    name = shown_path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem("is a file", name, key="--out", why="conclusions are a folder; name another one"))
    content = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    own = (NUMBERS, SAMPLE, *STUDIES)
    if any(not item.startswith(own) for item in content):
        why = "conclusions go into a folder of their own; name a new one"
        raise InputError(Problem("holds something else", name, key="--out", why=why))


def reduced_study(study: Study, folder: Path) -> Study:
    """The same study over the first few draws of its sample, which are written beside its results."""
    from kembar.experiment.study import resolve_study

    assert study.posterior is not None
    refuse_foreign_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SAMPLE
    few = study.posterior
    write_whole(path, written_posterior(few.names, few.values[:REDUCED_DRAWS]).encode())
    change = {"uncertainties": str(path.absolute()), "replicates": 2 * REDUCED_DRAWS}
    return resolve_study(study.form.model_copy(update=change), study.name, None, study.rules_file, study.path)


def _of(study: str) -> tuple[Statement, ...]:
    return tuple(item for item in statements() if item.study == study)
