"""The command line: it parses, calls the public function of the same name, and prints.

Results go to standard output, everything else to standard error. Errors are plain lines; exit codes are
0 done, 1 some runs failed, 2 bad input, 3 disk or damaged results, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kembar import __version__, api, cli_app, cli_batches, cli_validate
from kembar.cli_parts import Json, Quiet, Rules, Seed, Sets, emit, notice, read_sets, writes_unicode
from kembar.cli_usage import usage_problem
from kembar.errors import InputError, KembarError, Problem, nearest, shown_path

if TYPE_CHECKING:
    from kembar.results import Results

INTERRUPTED: Final = 130
BAD_INPUT: Final = 2
DAMAGED: Final = 3
# The base classes of typer's errors: the library behind them moved between its versions.
USAGE_ERROR: Final[Any] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="kembar",
    help="Simulate sister-city agreements: what becomes of them over decades, and why.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


@app.command()
def run(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")] = "indonesia",
    policy: Annotated[list[str] | None, typer.Option(help="A policy: name or path; repeatable.")] = None,
    set_: Sets = None,
    city: Annotated[str | None, typer.Option(help="A city to tell of in the summary.")] = None,
    years: Annotated[int | None, typer.Option(min=1, max=200, help="Length of the run [years].")] = None,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(help="Results folder.")] = None,
    rules: Rules = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a results folder of other inputs.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a world once: a summary, tables and figures."""

    def finished(results: Results) -> None:
        from kembar.summary import describe

        if not quiet and not as_json:
            key = _city_key(results, city) if city else None
            print(describe(results, key, plain_letters=not writes_unicode()), flush=True)

    results = api.run(
        world, policy or (), read_sets(set_ or ()), seed=seed, years=years, out=out, rules=rules, city=city,
        force=force, figures=not as_json, told=notice(quiet), finished=finished,
    )  # fmt: skip
    folder = shown_path(results.folder)
    if as_json:
        from kembar.summary import report

        emit(report(results))
    elif quiet:
        print(folder)
    else:
        print(
            f"\nTables in {folder}, figures in {folder}{os.sep}figures\n"
            f'Why an agreement ended: kembar why {folder} "A - B"'
        )


def _city_key(results: Results, city: str) -> str:
    from kembar.scenario.reader import load_scenario
    from kembar.scenario.targets import find_city

    scenario = load_scenario(Path(results.manifest.scenario.path))
    return scenario.cities[find_city(scenario, city, file="--city")].key


@app.command("list")
def list_(kind: Annotated[str, typer.Argument(help="scenarios, policies, parameters, studies or outcomes")],
          as_json: Json = False, quiet: Quiet = False) -> None:  # fmt: skip
    """List what there is of a kind."""
    entries = api.list_(kind)
    if as_json:
        emit(entries)
        return
    if kind == "parameters":
        rows = [(item["name"], item["kind"], _shown_value(item), item["title"]) for item in entries]
    else:
        rows = [(item["name"], *([item["unit"]] if "unit" in item else []), item["title"]) for item in entries]
    _print_columns(rows)
    if not rows:
        notice(quiet)(f"there are no {kind}")


def _shown_value(item: dict[str, Any]) -> str:
    value = "by sector" if isinstance(item["value"], dict) else f"{item['value']:g}"
    return value if item["unit"] == "1" else f"{value} {item['unit']}"


def _print_columns(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


@app.command()
def show(name: Annotated[str, typer.Argument(help="A scenario, policy, parameter, study or outcome.")],
         as_json: Json = False, quiet: Quiet = False) -> None:  # fmt: skip
    """Show all that is known of one thing."""
    entry = api.show(name)
    if as_json:
        emit(entry)
    else:
        _print_entry(entry, 0)


def _print_entry(entry: dict[str, Any], depth: int) -> None:
    indent = "  " * depth
    for key, value in entry.items():
        if value is None or value == [] or value == {}:
            continue
        label = key.replace("_", " ")
        if isinstance(value, dict):
            print(f"{indent}{label}:")
            _print_entry(value, depth + 1)
        elif isinstance(value, list) and isinstance(value[0], dict):
            print(f"{indent}{label}:")
            for item in value:
                print(f"{indent}  - " + "; ".join(f"{k} {_shown(v)}" for k, v in item.items() if v not in (None, "")))
        else:
            print(f"{indent}{label}: {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Scenario, policy, study, parameter or table files.")],
          world: Annotated[str | None, typer.Option(help="A world that the policies are meant for.")] = None,
          as_json: Json = False, quiet: Quiet = False) -> None:  # fmt: skip
    """Check files and tell every mistake."""
    found = api.check(files, world)
    is_sound = all(item["ok"] for item in found["files"])
    if as_json:
        emit(found)
    for item in found["files"]:
        for line in (*item["errors"], *([] if quiet else item["warnings"])):
            print(line, file=sys.stderr)
        if is_sound and not as_json and not quiet:
            print(f"{item['file']}: {item['kind']}, sound")
    if not is_sound:
        raise typer.Exit(BAD_INPUT)


@app.command()
def why(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A results folder.")],
    pair: Annotated[str, typer.Argument(metavar='"A - B"', help="The two cities, in either order.")],
    run_id: Annotated[int | None, typer.Option("--run", help="Number of the run, in a study.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="Tell beside it the agreement's twin: same luck, with this policy.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell one agreement's life, with dates and causes, and its twin's."""
    told = api.why(folder, pair, run=run_id, policy=policy)
    if as_json:
        emit(told)
        return
    if told["twin"] is None:
        for sentence in told["sentences"]:
            print(sentence)
        return
    from kembar.twin import side_by_side

    for line in side_by_side(told, _column_width()):
        print(line)


def _column_width() -> int:
    """Width of each of two columns, for reading side by side on this terminal."""
    import shutil

    return max(30, min(70, (shutil.get_terminal_size((120, 24)).columns - 2) // 2))


cli_app.register(app)


@app.command()
def new(kind: Annotated[str, typer.Argument(help="scenario, policy or study")],
        name: Annotated[str, typer.Argument(help="Its name, such as my-city.")],
        out: Annotated[Path, typer.Option(help="Folder to write it in.")] = Path("."),
        as_json: Json = False, quiet: Quiet = False) -> None:  # fmt: skip
    """Write a commented template of a scenario, policy or study."""
    path = shown_path(api.new(kind, name, out))
    if as_json:
        emit({"kind": kind, "name": Path(path).stem, "manifest": {"path": path}})
    else:
        print(path if quiet else f"{path} is written; edit it, then: kembar check {path}")


@app.command("import")
def import_(
    nodes: Annotated[Path, typer.Argument(help="Table of cities: id, name, country_iso2, lat, lon, population.")],
    edges: Annotated[Path, typer.Argument(help="Table of agreements: a, b (ids of nodes).")],
    out: Annotated[Path, typer.Option(help="Folder of the new scenario.")] = Path("network"),
    force: Annotated[bool, typer.Option("--force", help="Replace a scenario made before.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a scenario of any network of cities."""
    report = api.import_network(nodes, edges, out, force=force)
    scenario = shown_path(report.scenario)
    if as_json:
        countries = dict(report.most_used_countries)
        emit(
            {
                "name": report.scenario.stem,
                **report.counts(),
                "most_used_countries": countries,
                "manifest": {"path": scenario},
            }
        )
    elif quiet:
        print(scenario)
    else:
        for count, number in report.counts().items():
            print(f"{count.replace('_', ' '):<28}{number:>8,}")
        print(f"\n{scenario} is written; run it: kembar run {scenario}")


cli_batches.register(app)
cli_validate.register(app, emit, notice)


@app.callback(invoke_without_command=True)
def _common(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(f"kembar {__version__}")
        raise typer.Exit


def _refuse_unknown_command(arguments: Sequence[str]) -> None:
    first = next((word for word in arguments if not word.startswith("-")), None)
    names = [
        command.name or (command.callback.__name__ if command.callback else "") for command in app.registered_commands
    ]
    if first is not None and first not in names:
        close = nearest(first, names)
        why = f"this version has {', '.join(names)}"
        raise InputError(Problem(f"unknown command '{first}'", why=why, suggestion=close))


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a city's name never stops a summary
    try:
        _refuse_unknown_command(words)
        code = app(words, prog_name="kembar", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # the library behind the command line has caught it already
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except KembarError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            return 0
        print(usage_problem(error, app, words).format(), file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted: nothing was left half written; the same command goes on or begins anew", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader went away, as in `kembar list parameters | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # standard output on a full disk
        print(f"error: standard output: cannot be written; {error.strerror or error}", file=sys.stderr)
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DAMAGED
