"""The commands on many runs: they parse, call the public function of the same name, and print."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kembar import batches
from kembar.cli_parts import Json, Quiet, Rules, Seed, Sets, emit, notice, read_sets
from kembar.errors import InputError, Problem, shown_path
from kembar.wording import counted

if TYPE_CHECKING:
    from kembar.experiment.runner import Progress
    from kembar.study_results import StudyResults

SOME_FAILED: Final = 1

Workers = Annotated[int | None, typer.Option(min=1, help="Threads; as many as processors unless told otherwise.")]
Address = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786.")]
Out = Annotated[Path | None, typer.Option(help="Results folder.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a results folder of other inputs.")]
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A results folder.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the report: en or id.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (compare, study, calibrate, conclude, status, resume, replay, report, export):
        app.command()(command)


def compare(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")],
    policies: Annotated[list[str], typer.Argument(metavar="POLICY...", help="Policies: names or paths; A+B together.")],
    runs: Annotated[int | None, typer.Option(min=1, help="Pairs of runs; 100 unless told otherwise.")] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="P", help="Stop when half the interval is this part of the baseline: 10%.")
    ] = None,
    max_runs: Annotated[int | None, typer.Option(min=2, help="Most pairs for --precision.")] = None,
    outcome: Annotated[
        str, typer.Option(help="Outcome that --precision and rankings are about.")
    ] = "active_years_per_agreement",
    set_: Sets = None,
    city: Annotated[str | None, typer.Option(help="Answer for the agreements of this city.")] = None,
    equal_cost: Annotated[
        float | None, typer.Option(metavar="KUSD", min=0, help="Scale every policy to this yearly cost [kusd].")
    ] = None,
    in_pairs: Annotated[bool, typer.Option("--in-pairs", help="Every two of the policies together, too.")] = False,
    years: Annotated[int | None, typer.Option(min=1, max=200, help="Length of the runs [years].")] = None,
    seed: Seed = 1,
    workers: Workers = None,
    scheduler: Address = None,
    out: Out = None,
    rules: Rules = None,
    uncertainties: Annotated[
        str, typer.Option(help="posterior, or a file of posterior draws: every pair takes another one.")
    ] = "none",
    force: Force = False,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare policies with the baseline under the same luck."""
    from kembar.language import check_language

    check_language(lang)
    share = read_share(precision, "--precision") if precision is not None else None
    with shown_progress(quiet) as progress:
        found = batches.compare(
            world, policies, runs=runs, precision=share, max_runs=max_runs, outcome=outcome,
            sets=read_sets(set_ or ()), city=city, equal_cost_kusd=equal_cost, in_pairs=in_pairs, years=years,
            seed=seed, workers=workers, scheduler=scheduler, out=out, rules=rules,
            uncertainties=uncertainties, force=force, told=notice(quiet), progress=progress,
        )  # fmt: skip
    if as_json:
        emit(found.as_json())
    else:
        path = found.write_report(lang)
        if quiet:
            print(shown_path(found.results.folder))
        else:
            print(found.describe(lang))
            print(f"\nReport: {shown_path(path)}")
    _end(found.results)


def read_share(text: str, key: str) -> float:
    """A share written as 10% or 0.1. Raises InputError."""
    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number) / (100.0 if text.strip().endswith("%") else 1.0)
    except ValueError:
        value = float("nan")
    if not 0.0 < value <= 10.0:
        raise InputError(Problem(f"'{text}' is no precision", key=key, why="write it as 10% or 0.1"))
    return value


def study(
    name: Annotated[str, typer.Argument(help="A study: its name, or a path to its file.")],
    replicates: Annotated[int | None, typer.Option(min=1, help="Repetitions of each point and policy.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the runs and time a short trial.")] = False,
    keep: Annotated[str | None, typer.Option(metavar="events", help="Keep every event of every run too.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the file's.")] = None,
    workers: Workers = None,
    scheduler: Address = None,
    out: Out = None,
    rules: Rules = None,
    force: Force = False,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a study, or go on with it, and write its report."""
    from kembar.language import check_language

    check_language(lang)
    if keep not in (None, "events"):
        raise InputError(Problem(f"'{keep}' cannot be kept", key="--keep", why="write --keep events"))
    found = batches.load(name, replicates=replicates, seed=seed, rules=rules, events=keep is not None)
    if dry_run:
        _forecast(found, workers, as_json)
        return
    batches.refuse_calibration(found)
    with shown_progress(quiet) as progress:
        results = batches.run_study(
            found, workers=workers, scheduler=scheduler, out=out, force=force, told=notice(quiet), progress=progress
        )
    _show(results, lang, as_json, quiet)


def calibrate(
    name: Annotated[str, typer.Argument(help="A calibration study: its name, or a path to its file.")] = "calibration",
    reduced: Annotated[bool, typer.Option("--reduced", help="A few draws only; shows that everything works.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the file's.")] = None,
    workers: Workers = None,
    scheduler: Address = None,
    out: Out = None,
    force: Force = False,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare draws of the uncertain numbers with the evidence: a posterior sample, and how far to trust it."""
    from kembar.calibration.page import PAGE, as_text

    with shown_progress(quiet) as progress:
        found = batches.calibrate(
            name, reduced=reduced, seed=seed, workers=workers, scheduler=scheduler, out=out, force=force, lang=lang,
            told=notice(quiet), progress=progress,
        )  # fmt: skip
    assert found.folder is not None
    folder = Path(found.folder)
    if as_json:
        emit(found.as_json())
    elif quiet:
        print(shown_path(folder))
    else:
        print(as_text(found, lang))
        print(f"\n{shown_path(folder / PAGE)}")


def conclude(
    reduced: Annotated[bool, typer.Option("--reduced", help="A few draws only; shows that everything works.")] = False,
    workers: Workers = None,
    scheduler: Address = None,
    out: Out = None,
    force: Force = False,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Test which statements of the findings hold whatever the uncertain numbers and structures are."""
    from kembar.conclusions.telling import as_text
    from kembar.language import check_language

    check_language(lang)
    with shown_progress(quiet) as progress:
        found = batches.conclude(
            reduced=reduced, workers=workers, scheduler=scheduler, out=out, force=force, told=notice(quiet),
            progress=progress,
        )  # fmt: skip
    assert found.folder is not None
    if as_json:
        emit(found.as_json())
    elif quiet:
        print(shown_path(Path(found.folder)))
    else:
        print(as_text(found, lang))


def _forecast(found: Any, workers: int | None, as_json: bool) -> None:
    told = batches.forecast(found, workers)
    if as_json:
        emit(
            {
                "study": found.name,
                "runs": told.runs,
                "replicates": told.replicates,
                "points": told.points,
                "policies": told.arms,
                "is_least": told.is_least,
                "manifest": {"runs_per_second": told.runs_per_second, "seconds": told.seconds},
            }
        )
        return
    least = "at least " if told.is_least else ""
    print(
        f"{found.name}: {least}{counted(told.runs, 'run')} ({counted(told.points, 'point')}, "
        f"{counted(told.arms, 'arm')} with the baseline, {counted(told.replicates, 'replicate')})"
    )
    print(f"about {told.runs_per_second:.0f} runs a second here: {least}{told_seconds(told.seconds)}")


def told_seconds(seconds: float) -> str:
    """A time span in words.

    >>> told_seconds(42), told_seconds(4000)
    ('42 seconds', '67 minutes')
    """
    if seconds < 120:
        return counted(round(seconds), "second")
    return counted(round(seconds / 60), "minute") if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def status(folder: Directory, as_json: Json = False, quiet: Quiet = False) -> None:
    """Tell how far a study is."""
    found = batches.status(folder)
    if as_json:
        emit(found.as_json())
        return
    end = "; complete" if found.complete else ""
    print(f"{found.chunks_done} of {counted(found.chunks_total, 'chunk')} done{end}")
    if found.rate is not None and found.seconds_left is not None:
        print(f"about {found.rate:.0f} runs a second; {told_seconds(found.seconds_left)} left at this rate")
    if not found.complete and not found.is_running:
        print(f"no process runs it now; go on with: kembar resume {shown_path(folder)}")


def resume(
    folder: Directory,
    workers: Workers = None,
    scheduler: Address = None,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with an interrupted study."""
    with shown_progress(quiet) as progress:
        results = batches.resume(
            folder, workers=workers, scheduler=scheduler, told=notice(quiet), progress=progress
        )  # fmt: skip
    _show(results, lang, as_json, quiet)


def replay(
    folder: Directory,
    run: Annotated[int, typer.Argument(metavar="RUN", help="Number of the run.")],
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Repeat one run of a study, with its full event log."""
    results = batches.replay(folder, run, out=out, force=force, told=notice(quiet))
    if as_json:
        from kembar.summary import report as told

        emit(told(results))
    else:
        path = shown_path(results.folder)
        print(path if quiet else f'Run {run} is in {path}\nWhy an agreement ended: kembar why {path} "A - B"')


def report(folder: Directory, lang: Language = "en", as_json: Json = False, quiet: Quiet = False) -> None:
    """Write the report of a study again, in English or Indonesian."""
    from kembar.language import check_language

    check_language(lang)
    path = batches.report(folder, lang=lang)
    if as_json:
        emit({"manifest": {"path": shown_path(path)}})
    else:
        print(shown_path(path))


def export(
    folder: Directory,
    form: Annotated[str | None, typer.Option("--format", help="csv or xlsx")] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One page with its runs inside, for opening without a server.")
    ] = None,
    out: Out = None,
    lang: Language = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the tables of a results folder as CSV or a workbook, or what it holds as a page without a server."""
    if (form is None) == (page is None):
        what = "is missing" if form is None else "stands beside --page"
        raise InputError(Problem(what, key="--format", why="write --format csv, --format xlsx, or --page FILE"))
    if page is not None:
        found = [batches.export_page(folder, page, lang=lang)]
    else:
        found = batches.export(folder, form or "", out)
    paths = [shown_path(path) for path in found]
    if as_json:
        emit({"manifest": {"paths": paths}})
    else:
        print(os.linesep.join(paths))


def _show(results: StudyResults, lang: str, as_json: bool, quiet: bool) -> None:
    from kembar.findings import find

    found = find(results)
    if as_json:
        emit(found.as_json())
    else:
        path = batches.report(results.folder, lang=lang)
        if quiet:
            print(shown_path(results.folder))
        else:
            print(found.describe(lang))
            print(f"\nReport: {shown_path(path)}")
    _end(results)


def _end(results: StudyResults) -> None:
    """Tell of runs that failed, with the way to look at one."""
    failed = results.manifest.failed_runs
    if failed:
        first = results.failures.iloc[0]
        print(
            f"{counted(failed, 'run')} of {results.manifest.runs:,} failed, the first with: {first['message']} "
            f"(kembar replay {shown_path(results.folder)} {first['run_id']})",
            file=sys.stderr,
        )
        raise typer.Exit(SOME_FAILED)


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error with rate and time left, on a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("runs"),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("running", total=None, rate="")

        def show(now: Any) -> None:
            speed = bar.tasks[task].speed
            rate = f"{speed:.0f} a second" if speed else ""
            bar.update(task, completed=now.runs_done, total=now.runs_total, rate=rate)

        yield show
