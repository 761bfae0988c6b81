"""The public functions, one for each command of the same name: all that the command line can do, for a notebook.

`list` and `class` have a trailing underscore (`list_`, `class_`) and `import` is `import_network`, because Python keeps
those words.
Mistakes raise `kembar.errors.InputError`, a disk that does not play along `kembar.errors.StorageError`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kembar.errors import InputError, Problem, shown_path

if TYPE_CHECKING:
    from kembar.evidence.scorecard import Scorecard
    from kembar.inputs import Inputs
    from kembar.results import Results
    from kembar.scenario.network_import import ImportReport
    from kembar.world import RunRecord

Told = Callable[[str], None]


_NO_NUMBER = "a rule of this file made a number that is none"
_TELLING = re.compile(
    r"NameError|Unknown attribute|no attribute|No implementation|NRT|[Cc]annot|[Uu]nsupported|[Nn]ot supported"
)


def _silent(_: object) -> None:
    return None


def run(
    world: str | Path = "indonesia",
    policies: Sequence[str | Path] = (),
    sets: Mapping[str, float] | None = None,
    *,
    seed: int = 1,
    years: int | None = None,
    out: str | Path | None = None,
    rules: str | Path | None = None,
    city: str | None = None,
    force: bool = False,
    figures: bool = True,
    told: Told = _silent,
    finished: Callable[[Results], None] = _silent,
) -> Results:
    """Run a world once and write its results folder; the same inputs find their own folder again.

    `told` hears what is being done, `finished` gets the results before the figures are drawn. `city` is only looked up
    (see `find_city`), so that a wrong name is told before the run.
    """
    from kembar.batch import key_of
    from kembar.compilation import kernel
    from kembar.inputs import build
    from kembar.manifest import input_hash
    from kembar.results import default_folder
    from kembar.scenario.idle import idle_lines
    from kembar.scenario.reader import load_policy, load_scenario

    scenario = load_scenario(world)
    inputs = build(scenario, [load_policy(name) for name in policies], dict(sets or {}), years=years)
    for problem in idle_lines(scenario, inputs.policies, years, sets):
        told(problem.format("warning"))
    if city is not None:
        find_city(inputs, city)
    rules_file = Path(rules) if rules is not None else None
    if rules_file is not None:
        _read_check(rules_file)
    from kembar.single import is_here_already, write_run

    identity = input_hash(inputs, rules_file)
    folder = Path(out) if out is not None else default_folder(inputs, seed, identity)
    before = is_here_already(folder, identity, seed, force)
    if before is not None:
        told(f"{shown_path(folder)} is already complete")
        finished(before)
        if figures:
            _draw_missing(before, told)
        return before
    began = time.perf_counter()
    _announce_compilation(rules_file, told)
    kernel(rules_file)
    record = _run(inputs, seed, rules_file)
    results = write_run(inputs, record, key_of(record), folder, rules_file, force=force, began=began)
    finished(results)
    if figures:
        _draw_missing(results, told)
    return results


def _announce_compilation(rules_file: Path | None, told: Told) -> None:
    from kembar.compilation import needs_compilation

    if needs_compilation(rules_file):
        what = f"the rules with {shown_path(rules_file)} in their place" if rules_file else "the rules"
        told(f"compiling {what} (about half a minute, only once)")


def _run(inputs: Inputs, seed: int, rules_file: Path | None) -> RunRecord:
    from kembar.world import run_world

    if rules_file is None:
        return run_world(inputs, seed, keep_exchanges=True)
    try:
        record = run_world(inputs, seed, keep_exchanges=True, rules_file=rules_file)
    except InputError:
        raise
    except Exception as error:  # whatever a user's rule does wrong is the user's to mend
        line, why = _reason_of_stop(str(error), rules_file)
        why = f"{type(error).__name__}: {why}"
        what = "a rule of this file cannot be compiled or run"
        raise InputError(Problem(what, shown_path(rules_file), line=line, why=why)) from error
    _refuse_numbers_that_are_none(record, rules_file)
    return record


def _reason_of_stop(message: str, rules_file: Path) -> tuple[int | None, str]:
    """The line of the rules file and the sentence that say most of a compiler's long message."""
    found = re.findall(r'File "([^"]+)", line (\d+)', message)
    lines = [int(number) for name, number in found if Path(name).name == rules_file.name]
    telling = [line.strip() for line in message.splitlines() if _TELLING.search(line)]
    rest = [line.strip() for line in message.splitlines() if line.strip()]
    return (lines[-1] if lines else None), (telling or rest or ["no message"])[0]


def _refuse_numbers_that_are_none(record: RunRecord, rules_file: Path) -> None:
    import numpy as np

    for table, array in (("series", record.series), ("agreements", record.agreements), ("cities", record.cities)):
        for name in array.dtype.names or ():
            if array.dtype[name].base.kind == "f" and not np.isfinite(array[name]).all():
                why = f"after the run `{name}` of the {table} holds a value that is not finite"
                raise InputError(Problem(_NO_NUMBER, shown_path(rules_file), why=why))
    if not np.isfinite(record.splits).all():
        why = "the causes of a decline hold a value that is not finite"
        raise InputError(Problem(_NO_NUMBER, shown_path(rules_file), why=why))


def _read_check(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(Problem("the rules file cannot be read", shown_path(path), why=why)) from None


def _draw_missing(results: Results, told: Told) -> None:
    """Figures for a folder that was made without them."""
    from kembar.results import FIGURES, new_folder

    if not (results.folder / FIGURES).exists():
        with new_folder(results.folder / FIGURES) as draft:
            from kembar.figures import draw_figures

            told("drawing the figures")
            draw_figures(results, draft)


def find_city(inputs: Inputs, city: str) -> str:
    """The key of a city of a world. Raises InputError with the nearest name."""
    from kembar.scenario.targets import find_city as place_of

    return inputs.city_keys[place_of(inputs.scenario, city, file="--city")]


def why(folder: str | Path, pair: str, *, run: int | None = None, policy: str | None = None) -> dict[str, Any]:
    """One agreement's life in a run of a folder; with `policy` its twin's beside it: same luck, with the policy.

    In a study's folder `run` chooses the run, the first one unless told otherwise.
    """
    from kembar.twin import tell_why

    return tell_why(Path(folder), pair, run, policy)


def list_(kind: str) -> list[dict[str, Any]]:
    """What there is of a kind: scenarios, policies, parameters, studies or outcomes."""
    from kembar.catalogue import entries

    return entries(kind)


def show(name: str) -> dict[str, Any]:
    """All that is known of one scenario, policy, parameter, study or outcome."""
    from kembar.catalogue import entry

    return entry(name)


def check(files: Sequence[str | Path], world: str | Path | None = None) -> dict[str, list[dict[str, Any]]]:
    """Whether scenario, policy, parameter and table files are sound, with every mistake as one line.

    With a `world`, whether it knows the targets of policies, and which of their lines do nothing in it.
    """
    from kembar.scenario.files import check_file, check_policy_in
    from kembar.scenario.reader import load_scenario

    scenario = load_scenario(world) if world is not None else None
    found = []
    for file in files:
        kind, problems = check_file(file)
        idle: tuple[Problem, ...] = ()
        if scenario is not None and kind == "policy" and not problems:
            problems, idle = check_policy_in(scenario, file)
        errors = [problem.format() for problem in problems]
        warnings = [problem.format("warning") for problem in idle]
        found.append(
            {"file": shown_path(file), "kind": kind, "ok": not errors, "errors": errors, "warnings": warnings}
        )
    return {"files": found}


def new(kind: str, name: str, folder: str | Path = ".") -> Path:
    """Write a commented, valid template of a scenario or policy; never over a file that exists."""
    from kembar.templates import write_template

    return write_template(kind, name, Path(folder))


def import_network(
    nodes: str | Path, edges: str | Path, out: str | Path = "network", *, force: bool = False
) -> ImportReport:
    """Make a scenario of a network: a table of nodes and a table of edges."""
    from kembar.scenario.network_import import import_network as make

    return make(nodes, edges, out, force)


def app(
    world: str | Path = "indonesia",
    *,
    port: int | None = None,
    lang: str = "en",
    seed: int = 1,
    browser: bool = True,
    told: Told = _silent,
) -> None:
    """Serve the app for a world on this machine until it is interrupted; `told` hears its address."""
    from kembar.app.serving import USUAL_PORT, serve
    from kembar.language import check_language
    from kembar.scenario.reader import load_scenario

    check_language(lang)
    scenario = load_scenario(world)
    serve(scenario, port=USUAL_PORT if port is None else port, language=lang, seed=seed, browser=browser, told=told)


def class_(
    world: str | Path = "indonesia",
    *,
    rounds: int | None = None,
    mode: str | None = None,
    port: int | None = None,
    lan: bool = False,
    address: str | None = None,
    store: str | Path | None = None,
    lang: str = "en",
    seed: int | None = None,
    browser: bool = True,
    told: Callable[[dict[str, Any]], None] = _silent,
) -> None:
    """Serve a class of mayors until it is interrupted; a store that exists is taken up where it was.

    `told` hears the addresses of console and students, the code and the rows of the QR code. With `lan` it listens at
    one address of the local network (`address`, or the one by which the machine would leave).
    """
    from kembar.classroom.serving import USUAL_PORT, USUAL_STORE, serve
    from kembar.language import check_language
    from kembar.scenario.reader import load_scenario

    check_language(lang)
    serve(
        load_scenario(world), Path(USUAL_STORE if store is None else store), rounds=rounds, mode=mode,
        port=USUAL_PORT if port is None else port, lan=lan, address=address, language=lang, seed=seed,
        browser=browser, told=told,
    )  # fmt: skip


def delete_class(store: str | Path | None = None) -> Path:
    """Delete the store of a class with all student data; gives back its path. Raises InputError or StorageError."""
    from kembar.classroom.serving import USUAL_STORE
    from kembar.classroom.store import delete_store

    path = Path(USUAL_STORE if store is None else store)
    delete_store(path)
    return path


def validate(
    *, reduced: bool = False, out: str | Path | None = None, lang: str = "en", told: Told = _silent
) -> Scorecard:
    """Judge the model against its patterns, targets and the dated record; see `kembar.evidence.validate`."""
    from kembar.evidence.validate import validate as judge

    return judge(reduced=reduced, out=out, lang=lang, told=told)


def mesa_view(world: str | Path = "indonesia", *, port: int | None = None, browser: bool = True) -> int:
    """Serve Mesa's own view of a world until it is interrupted; returns the exit code of its server.

    Raises InputError when the extra `mesa-viz` is not installed.
    """
    from kembar.mesa_view import USUAL_PORT, serve

    return serve(str(world), port=USUAL_PORT if port is None else port, browser=browser)
