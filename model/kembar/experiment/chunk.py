"""One chunk of a study: a pure function of the study and the numbers of its runs.

Whoever computes it, a thread here or a worker elsewhere, the bytes are the same.
"""

from __future__ import annotations

import io
import json
import math
import threading
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.batch import Gatherer, RunKey
from kembar.errors import KembarError
from kembar.experiment.plan import run_of
from kembar.experiment.study import Arm, Study
from kembar.inputs import Inputs
from kembar.schemas import EVENTS, FAILURES, Table, arrow_schema, evidence_table, tables
from kembar.tables import arrow_table, batch_tables, event_table, spelled_out
from kembar.world import RunRecord, Workspace, run_world

if TYPE_CHECKING:
    import pyarrow as pa

_CONTENT: Final = "chunk.json"
_MOST_INPUTS: Final = 256  # kept by a thread; a study of more points makes some anew
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)  # so that the same chunk has the same bytes on any day
NOT_FINITE: Final = "a number that is not finite came out of the run"


class StoppedError(Exception):
    """The study was asked to stop."""


class _Memory(threading.local):
    """What a thread keeps from chunk to chunk."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.gatherers: dict[int, Gatherer] = {}
        self.inputs: dict[tuple[str, int, str, int], Inputs] = {}


_memory = _Memory()


def kept_tables(study: Study) -> tuple[Table, ...]:
    """The tables with a row for every run that a study keeps, and that of failures."""
    of_runs = (evidence_table().name,) if study.is_calibration else study.form.tables
    chosen = {FAILURES.name, *of_runs}
    kept = [table for table in tables("study") if table.name in chosen]
    return (*kept, EVENTS) if study.form.events else tuple(kept)


def compute_chunk(
    study: Study, first: int, last: int, is_stopped: Callable[[], bool] = lambda: False
) -> dict[str, pa.Table]:
    """The tables of the runs from `first` to before `last`, in the order of their numbers.

    A run that fails is a row of `failures` and nowhere else. Raises StoppedError when asked to stop.
    """
    import pyarrow as pa

    from kembar.evidence.by_run import statistics_in_run

    failures: list[dict[str, Any]] = []
    compared: list[dict[str, float]] = []
    made: dict[str, list[pa.Table]] = {table.name: [] for table in kept_tables(study)}
    for world in range(len(study.scenarios)):
        _memory.gatherers.setdefault(world, Gatherer())
    for run_id in range(first, last):
        if is_stopped():
            for gatherer in _memory.gatherers.values():
                gatherer.clear()
            raise StoppedError
        key, arm = run_of(study, run_id)
        stage = "inputs"
        try:
            inputs = _inputs(study, key, arm)
            stage = "run"
            record = run_world(
                inputs, key.seed, keep_exchanges=study.form.events or study.is_calibration, city_years=False,
                rules_file=study.rules_file, workspace=_memory.workspace,
            )  # fmt: skip
            _refuse_what_is_no_number(record)
            if study.is_calibration:
                stage = "evidence"
                compared.append({"run_id": run_id, **statistics_in_run(record)})
                continue
        except Exception as error:  # whatever goes wrong in one run must not take the others with it
            failures.append({"run_id": run_id, "stage": stage, "message": _told(error), "seed": key.seed})
            continue
        _memory.gatherers[study.place(key.point)[0]].add(key, record)
        if study.form.events:
            made[EVENTS.name].append(event_table(key, record))
    for world in range(len(study.scenarios)):
        gatherer = _memory.gatherers[world]
        if len(gatherer):
            for name, table in batch_tables(gatherer.batch(), study.form.tables).items():
                made[name].append(table)
    made[FAILURES.name].append(_rows(FAILURES, failures))
    if study.is_calibration:
        made[evidence_table().name].append(_rows(evidence_table(), compared))
    return {table.name: _in_order(pa, table, made[table.name]) for table in kept_tables(study)}


def _rows(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    names = [column.name for column in table.columns]
    return arrow_table(table, {name: [_or_none(row[name]) for row in rows] for name in names} if rows else {})


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _in_order(pa: Any, table: Table, parts: list[pa.Table]) -> pa.Table:
    if not parts:
        return arrow_schema(table).empty_table()
    if len(parts) == 1:
        return parts[0]
    joined = pa.concat_tables([spelled_out(part) for part in parts])
    order = np.argsort(joined.column("run_id").to_numpy(), kind="stable")
    return joined.take(order).combine_chunks()


def _inputs(study: Study, key: RunKey, arm: Arm) -> Inputs:
    draw = 0 if study.posterior is None else study.posterior.draw_of(key.replicate)
    place = (study.identity, key.point, arm.name, draw)
    kept = _memory.inputs
    if place not in kept:
        if len(kept) >= _MOST_INPUTS:
            kept.clear()
        kept[place] = study.inputs(key.point, arm, draw)
    return kept[place]


def _refuse_what_is_no_number(record: RunRecord) -> None:
    """A rule of a user's own may divide by zero; what comes of it must not pass for a result."""
    for array in (record.series, record.city_totals):
        if not np.isfinite(np.asarray(array).view(np.float64)).all():
            raise FloatingPointError(NOT_FINITE)
    agreements = record.agreements
    for name in ("points", "spent_kusd", "trust"):
        if not np.isfinite(agreements[name]).all():
            raise FloatingPointError(NOT_FINITE)


def _told(error: Exception) -> str:
    if isinstance(error, KembarError):
        return "; ".join(problem.format().removeprefix("error: ") for problem in error.problems)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def packed(made: Mapping[str, pa.Table], content: Mapping[str, Any]) -> bytes:
    """A chunk's tables as one archive, whose checksums tell a damaged one."""
    import pyarrow as pa

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_CONTENT, _NO_DATE), json.dumps(content, sort_keys=True))
        for name, table in made.items():
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            archive.writestr(zipfile.ZipInfo(f"{name}.arrows", _NO_DATE), memoryview(sink.getvalue()))
    return bytes(buffer.getbuffer())


def unpacked(content: bytes) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """The tables of an archive and what it says of itself. Raises ValueError when it is damaged."""
    import pyarrow as pa

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            said = json.loads(archive.read(_CONTENT))
            made = {}
            for name in archive.namelist():
                if name != _CONTENT:
                    made[name.removesuffix(".arrows")] = pa.ipc.open_stream(archive.read(name)).read_all()
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, pa.ArrowInvalid, json.JSONDecodeError) as error:
        raise ValueError(str(error)) from error
    return made, said
