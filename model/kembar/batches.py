"""The public functions on many runs: studies and comparisons, from their files to their results.

Beside `kembar.api`, which holds those on single runs; `kembar` offers both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kembar.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from kembar.calibration.found import Calibrated
    from kembar.comparison import Comparison
    from kembar.conclusions.conclude import Conclusions
    from kembar.experiment.runner import Progress
    from kembar.experiment.schedulers import Scheduler
    from kembar.experiment.status import Status
    from kembar.experiment.study import Study
    from kembar.results import Results
    from kembar.study_results import StudyResults

Told = Callable[[str], None]
FORMATS: Final = ("csv", "xlsx")


def _silent(_: object) -> None:
    return None


@dataclass(frozen=True)
class Forecast:
    """What a study would take: its runs, and the time expected from a short trial."""

    runs: int
    replicates: int
    points: int
    arms: int
    runs_per_second: float
    seconds: float
    is_least: bool  # a study that stops at a precision: it takes this many runs or more


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scheduler_of(workers: int | None, address: str | None) -> Scheduler:
    """Threads, as many as there are processors unless `workers` says otherwise, or the cluster at an address."""
    from kembar.experiment.schedulers import Cluster, Threads

    if address is not None:
        if workers is not None:
            why = "a cluster brings its own workers"
            raise InputError(Problem("does not go with --workers", key="--scheduler", why=why))
        return Cluster(address)
    return Threads(workers or processors())


def study(
    name: str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    rules: str | Path | None = None,
    events: bool = False,
    force: bool = False,
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> StudyResults:
    """Run a study, or go on with it: the same command after any interruption ends with the same bytes.

    `replicates` and `seed` take the place of the file's; `events` keeps every event of every run. Raises InputError
    for a bad study or a folder of other results, StorageError when the disk or the cluster does not play along.
    """
    found = load(name, replicates=replicates, seed=seed, rules=rules, events=events)
    refuse_calibration(found)
    return run_study(found, workers=workers, scheduler=scheduler, out=out, force=force, told=told, progress=progress)


def calibrate(
    name: str | Path = "calibration",
    *,
    reduced: bool = False,
    seed: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    force: bool = False,
    lang: str = "en",
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> Calibrated:
    """Run a calibration, or go on with it, and give what the evidence leaves of the uncertain numbers.

    The folder gets the posterior sample (`posterior.csv`), which a study takes as its `uncertainties`, a page, figures
    and all numbers. `reduced` takes so few draws that it shows only that everything works. Raises InputError for a
    study that calibrates nothing, StorageError when the disk or the cluster does not play along.
    """
    from kembar.calibration.calibrate import calibrate as judge
    from kembar.calibration.calibrate import reduced as reduced_form
    from kembar.calibration.calibrate import require_calibration
    from kembar.language import check_language

    check_language(lang)
    found = load(name, seed=seed)
    require_calibration(found)
    if reduced:
        found = reduced_form(found)
    results = run_study(found, workers=workers, scheduler=scheduler, out=out, force=force, told=told, progress=progress)
    return judge(results, found, workers=workers or processors(), lang=lang, told=told)


def conclude(
    *,
    reduced: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    force: bool = False,
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> Conclusions:
    """Put the statements of the findings to the test over the posterior and over other structures of the model.

    `reduced` takes a few draws and one other structure: it shows only that everything works. Raises InputError for
    folders of other results, StorageError when the disk or the cluster does not play along.
    """
    from kembar.conclusions.conclude import conclude as judge
    from kembar.conclusions.conclude import reduced_study
    from kembar.conclusions.declaration import STRUCTURES
    from kembar.results import ROOT

    folder = Path(out) if out is not None else ROOT / ("conclusions-reduced" if reduced else "conclusions")

    def loaded(name: str, rules: Path | None) -> Study:
        found = load(name, rules=rules)
        return reduced_study(found, folder) if reduced else found

    def run(found: Study, where: Path) -> StudyResults:
        return run_study(
            found, workers=workers, scheduler=scheduler, out=where, force=force, told=told, progress=progress
        )

    return judge(run, loaded, folder, STRUCTURES[:1] if reduced else STRUCTURES, told)


def load(
    name: str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    rules: str | Path | None = None,
    events: bool = False,
) -> Study:
    """A study with everything that it names found and checked. Raises InputError."""
    from kembar.experiment.study import load_study

    _refuse_below_one(replicates, "--replicates")
    overrides = {"replicates": replicates, "seed": seed, "events": events or None}
    return load_study(name, overrides, rules=Path(rules) if rules is not None else None)


def refuse_calibration(found: Study) -> None:
    """A calibration keeps no table that a study's report is made from. Raises InputError."""
    if found.is_calibration:
        why = f"its answer is a posterior sample; run it with: kembar calibrate {found.name}"
        raise InputError(Problem("is a calibration", found.name, key="[calibration]", why=why))


def _refuse_below_one(number: int | None, key: str) -> None:
    if number is not None and number < 1:
        raise InputError(Problem(f"{number} is too few", key=key, why="at least 1 is needed"))


def run_study(
    found: Study,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    name: str | None = None,
    force: bool = False,
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> StudyResults:
    """Run a study that is loaded already."""
    from kembar.compilation import needs_compilation
    from kembar.experiment.session import default_folder, run_in_folder

    _refuse_below_one(workers, "--workers")
    if needs_compilation(found.rules_file):
        told("compiling the rules (about half a minute, only once)")
    folder = Path(out) if out is not None else default_folder(found, name)
    chosen = scheduler_of(workers, scheduler)
    for line in found.warnings():
        told(line)
    return run_in_folder(found, folder, chosen, force=force, told=told, progress=progress)


def forecast(found: Study, workers: int | None = None) -> Forecast:
    """How many runs a study has, and about how long they take, from a short trial."""
    from kembar.analysis.precision import PrecisionRule
    from kembar.experiment.plan import Plan
    from kembar.experiment.runner import measure_speed

    wanted = found.form.precision
    rule = PrecisionRule(wanted.relative, wanted.most_replicates) if wanted else None
    replicates = rule.first_stage if rule else found.form.replicates or 0
    runs = Plan(found, replicates).runs
    rate = measure_speed(found) * (workers or processors())
    return Forecast(runs, replicates, found.points, len(found.arms), rate, runs / rate, found.form.replicates is None)


def compare(
    world: str | Path,
    policies: str | Path | Sequence[str | Path],
    *,
    runs: int | None = None,
    precision: float | None = None,
    max_runs: int | None = None,
    outcome: str = "active_years_per_agreement",
    sets: Mapping[str, float] | None = None,
    city: str | None = None,
    equal_cost_kusd: float | None = None,
    in_pairs: bool = False,
    years: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    rules: str | Path | None = None,
    uncertainties: str = "none",
    force: bool = False,
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> Comparison:
    """Policies against the baseline under common luck: effects with intervals, costs, agreements saved and lost.

    `runs` pairs, or as many as the `precision` of the effect on `outcome` needs (0.1: half the interval's width is a
    tenth of the baseline's mean), but never more than `max_runs`. `sets` are levers of both sides. `city` answers for
    one city. `equal_cost_kusd` scales every policy to that yearly cost. `in_pairs` adds every two policies together.
    `uncertainties` is "posterior", or a file of posterior draws, when every pair shall take another one of them.
    """
    from kembar.comparison import comparison_study, summarise
    from kembar.experiment.session import comparison_name

    if runs is not None and precision is not None:
        raise InputError(Problem("stands beside --precision", key="--runs", why="give one or the other"))
    _refuse_below_one(runs, "--runs")
    chosen = [policies] if isinstance(policies, str | Path) else policies
    found, notes = comparison_study(
        world, chosen, runs=runs if precision is None else None, precision=precision, max_runs=max_runs,
        outcome=outcome, sets=dict(sets or {}), equal_cost_kusd=equal_cost_kusd, in_pairs=in_pairs, years=years,
        seed=seed, rules=Path(rules) if rules is not None else None, uncertainties=uncertainties,
        told=told,
    )  # fmt: skip
    if city is not None:
        from kembar.scenario.targets import find_city

        city = found.scenarios[0].cities[find_city(found.scenarios[0], city, file="--city")].key
    name = comparison_name(found.scenarios[0].name, [arm.name for arm in found.arms[1:]])
    results = run_study(
        found, workers=workers, scheduler=scheduler, out=out, name=name, force=force, told=told, progress=progress,
    )  # fmt: skip
    return summarise(results, city=city, outcome=outcome, notes=notes)


def load_results(folder: str | Path) -> Results | StudyResults:
    """The results in a folder: of a study (`StudyResults`) or of a single run (`Results`).

    Raises InputError when there are none, StorageError when they are damaged.
    """
    from kembar.manifest import StudyManifest
    from kembar.results import read_any_manifest, read_results
    from kembar.study_results import StudyResults as Many

    path = Path(folder)
    manifest = read_any_manifest(path)
    return Many(path, manifest) if isinstance(manifest, StudyManifest) else read_results(path)


def status(folder: str | Path) -> Status:
    """How far the study in a folder is. Raises InputError when it holds none."""
    from kembar.experiment.status import status_of

    return status_of(Path(folder))


def resume(
    folder: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    told: Told = _silent,
    progress: Callable[[Progress], None] = _silent,
) -> StudyResults:
    """Go on with the study in a folder, as it was begun."""
    from kembar.study_results import read_study

    found = read_study(Path(folder)).study()
    return run_study(found, workers=workers, scheduler=scheduler, out=folder, told=told, progress=progress)


def replay(
    folder: str | Path, run: int, *, out: str | Path | None = None, force: bool = False, told: Told = _silent
) -> Results:
    """Repeat one run of a study, with every event and every year, in a folder of its own."""
    from kembar.experiment.replay import find_run, repeat
    from kembar.single import write_run

    found, key, arm = find_run(Path(folder), run)
    target = Path(out) if out is not None else Path(folder).with_name(f"{Path(folder).name}-run{run}")
    inputs, record = repeat(found, key, arm)
    return write_run(inputs, record, key, target, found.rules_file, force=force, told=told)


def report(folder: str | Path, lang: str = "en") -> Path:
    """Write the report of the study in a folder again: a page, figures and tables. Returns the page.

    Raises InputError when the folder holds no study, or for an unknown language.
    """
    from kembar.findings import find
    from kembar.language import check_language
    from kembar.reporting import write_report
    from kembar.study_results import read_study

    check_language(lang)
    results = read_study(Path(folder))
    return write_report(results, find(results), lang)


def export(folder: str | Path, form: str, out: str | Path | None = None) -> list[Path]:
    """The tables of a results folder as CSV files or one Excel workbook. Raises InputError for another form."""
    from kembar.exporting import write_csv, write_xlsx

    path = Path(out) if out is not None else None
    if form not in FORMATS:
        why = f"there are {' and '.join(FORMATS)}; the tables themselves are Parquet"
        close = nearest(form, FORMATS)
        raise InputError(Problem(f"unknown format '{form}'", key="--format", why=why, suggestion=close))
    results = load_results(folder)
    write = write_csv if form == "csv" else write_xlsx
    return write(results, path)


def export_page(folder: str | Path, file: str | Path, *, lang: str = "en") -> Path:
    """The policies or the grid of levers of a results folder as one page that needs no server and no network.

    Raises InputError when a page cannot show what the folder holds, StorageError when it cannot be written.
    """
    from kembar.app.page_of_results import page_of
    from kembar.experiment.store import write_whole
    from kembar.language import check_language

    check_language(lang)
    path = Path(file)
    if path.is_dir():
        why = "name a file, as in --page out.html"
        raise InputError(Problem("is a folder, not a file", file=str(file), key="--page", why=why))
    write_whole(path, page_of(Path(folder), lang).encode())
    return path


__all__ = [
    "Forecast",
    "calibrate",
    "compare",
    "conclude",
    "export",
    "export_page",
    "forecast",
    "load_results",
    "replay",
    "report",
    "resume",
    "status",
    "study",
]
