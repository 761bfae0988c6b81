"""The report of a study: one self-contained page, its figures as files, and the findings' tables as CSV."""

from __future__ import annotations

import base64
import io
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kembar.analysis.cost_sentences import tell_ranking
from kembar.analysis.sentences import tell_comparisons, tell_precision, tell_ranks
from kembar.errors import Problem, StorageError, shown_path
from kembar.figures.style import saved
from kembar.findings.answer import unfinished
from kembar.findings.answer_sampled import gap_sentences
from kembar.findings.bands import SPREAD
from kembar.findings.describing import titled
from kembar.findings.names import arm_title
from kembar.findings.tables import finding_tables
from kembar.language import Messages, messages
from kembar.reporting.assumptions import draws_from_posterior, find_assumptions, hangs_on_uncertainties
from kembar.reporting.charts import Chart, draw_charts
from kembar.reporting.tables import page_tables

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings
    from kembar.study_results import StudyResults

REPORT: Final = "report.html"
FIGURES: Final = "figures"
TABLES: Final = "tables"
UNFINISHED: Final = "-unfinished"  # in the name of every file made from an unfinished study
_HASH_SHOWN: Final = 16  # signs of a hash that a reader compares


def write_report(results: StudyResults, findings: Findings, lang: str = "en") -> Path:
    """Write `report.html` into the study's folder, figures into `figures` and tables into `tables` beside it.

    Raises InputError for an unknown language and StorageError when the folder cannot be written.
    """
    language = messages(lang)
    mark = "" if findings.is_complete else UNFINISHED
    folder = results.folder
    try:
        (folder / FIGURES).mkdir(exist_ok=True)
        (folder / TABLES).mkdir(exist_ok=True)
        if findings.is_complete:
            _remove_unfinished(folder)
        worlds = [_world(findings, world, language, folder / FIGURES, mark) for world in findings.worlds]
        _number(worlds, language)
        for name, table in finding_tables(findings).items():
            _write(folder / TABLES / f"{name}{mark}.csv", _csv(table))
        path = folder / REPORT
        _write(path, _page(findings, worlds, language).encode())
    except OSError as error:
        why = error.strerror or str(error)
        raise StorageError(Problem("cannot be written", shown_path(folder), why=why)) from None
    return path


def _remove_unfinished(folder: Path) -> None:
    """Take away what was made while the study was unfinished, now that there is better."""
    for part in (FIGURES, TABLES):
        for path in (folder / part).glob(f"*{UNFINISHED}.*"):
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    from kembar.experiment.store import write_whole

    write_whole(path, content)


def _csv(table: Any) -> bytes:
    buffer = io.StringIO()
    table.to_csv(buffer, index=False)
    return buffer.getvalue().encode()


def _world(found: Findings, world: WorldFindings, language: Messages, figures: Path, mark: str) -> dict[str, Any]:
    prefix = "" if len(found.worlds) == 1 else f"{world.name}-"
    charts = []
    for chart in draw_charts(found, world, language):
        _lay_out(chart)
        files = saved(chart.figure, figures, f"{prefix}{chart.name}{mark}")
        charts.append({"source": _inlined(files), "caption": chart.caption, "heading": _heading(chart), "number": ""})
    policies = [(arm_title(one.titles, language), one.sentences(language.language)) for one in world.policies]
    return {
        "title": world.title,
        "gaps": gap_sentences(world, language),
        "charts": charts,
        "tables": page_tables(found, world, language),
        "sentences": policies,
        "over_all": _over_all(found, world, language),
    }


def _lay_out(chart: Chart) -> None:
    """Find the places of everything once, not for each of the files."""
    engine = chart.figure.get_layout_engine()
    if engine is not None:
        engine.execute(chart.figure)
        chart.figure.set_layout_engine("none")


def _heading(chart: Chart) -> str:
    title = chart.figure.get_suptitle()
    return " ".join(title.split())


def _inlined(files: list[Path]) -> str:
    """The SVG as part of the page: as an image of its own, so that its names do not mix with those of others."""
    svg = next(path for path in files if path.suffix == ".svg")
    return "data:image/svg+xml;base64," + base64.b64encode(svg.read_bytes()).decode("ascii")


def _number(worlds: list[dict[str, Any]], language: Messages) -> None:
    number = 0
    for world in worlds:
        for chart in world["charts"]:
            number += 1
            chart["number"] = language.number(number)


def _over_all(found: Findings, world: WorldFindings, language: Messages) -> list[str]:
    titles = {policy.name: arm_title(policy.titles, language) for policy in world.policies}
    told = []
    if len(world.policies) > 1:
        told.append(tell_ranks(titled(world.ranks, titles), found.outcome, language))
        told += tell_ranking(titled(world.standings, titles), language)
    if world.comparisons is not None:
        told.append(tell_comparisons(world.comparisons, language))
    if found.rule is not None:
        outcome = found.manifest.form["precision"]["outcome"]
        told += [
            f"{titles[one.name]}: {tell_precision(one.precision, found.rule, outcome, language)}"
            for one in world.policies
            if one.precision is not None
        ]
    return told


def _page(found: Findings, worlds: list[dict[str, Any]], language: Messages) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("kembar.reporting", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    def text(key: str, **values: object) -> str:
        return language.text(f"report.{key}", **values)

    manifest = found.manifest
    failed = manifest.failed_runs
    note = "uncertainties" if hangs_on_uncertainties(found) else "drawn" if draws_from_posterior(found) else "levers"
    return environment.get_template("page.html").render(
        lang=language.language,
        t=text,
        title=_with_city(found, language),
        question=manifest.form["question"],
        unfinished=None if found.is_complete else unfinished(found, language),
        failures=text("page.failures", failed=language.number(failed), runs=language.number(manifest.runs))
        if failed
        else None,
        answer=found.answer(language.language),
        worlds=worlds,
        assumptions=find_assumptions(found, language),
        assumptions_note=text(f"page.assumptions_{note}"),
        level=language.percent(found.level),
        spread=language.percent(SPREAD),
        made=_made(found, language),
        commands=_commands(found),
    )


def _with_city(found: Findings, language: Messages) -> str:
    title = str(found.manifest.form["title"])
    return title if found.city is None else language.text("report.page.title_of_city", title=title, city=found.city)


def _made(found: Findings, language: Messages) -> list[tuple[str, str]]:
    """How the study was made, as names and values."""
    manifest = found.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    worlds = "; ".join(f"{source.title} ({source.name}, {source.hash[:_HASH_SHOWN]})" for source in manifest.scenarios)
    policies = "; ".join(
        f"{arm_title([(one.name, one.title) for one in arm.policies], language)} "
        f"({', '.join(f'{one.name} {one.hash[:_HASH_SHOWN]}' for one in arm.policies)})"
        for arm in manifest.arms
        if arm.policies
    )
    number = language.number
    rows = [
        ("worlds", worlds),
        ("policies", policies),
        ("design", manifest.form["design"]["kind"] if manifest.factors else ""),
        ("size", language.text("report.made.size_text", runs=number(manifest.runs), points=number(manifest.points),
                               arms=number(len(manifest.arms)), replicates=number(manifest.replicates))),
        ("seed", str(manifest.seed)),
        ("inputs", manifest.input_hash),
        ("rules", " ".join(filter(None, (manifest.rules.file, manifest.rules.hash)))),
        ("version", f"kembar {manifest.version}, Python {manifest.python}, {manifest.platform}"),
        ("libraries", libraries),
        ("made", f"{manifest.made} ({number(manifest.duration_seconds)} s)"),
        ("command", shlex.join(("kembar", *manifest.command[1:]))),
    ]  # fmt: skip
    return [(language.text(f"report.made.{key}"), value) for key, value in rows if value]


def _commands(found: Findings) -> str:
    """Command lines that make the study, its report and its tables again."""
    manifest = found.manifest
    made = shlex.join(("kembar", *manifest.command[1:]))
    if manifest.path is not None:
        made = f"kembar study {shlex.quote(manifest.path)} --seed {manifest.seed}"
        if manifest.form["replicates"] is not None:
            made += f" --replicates {manifest.replicates}"
    folder = shlex.quote(manifest.folder)
    lines = [made, f"kembar report {folder}", f"kembar replay {folder} 0", f"kembar export {folder} --format csv"]
    return "\n".join(lines)
