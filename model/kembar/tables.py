"""From a finished run to the tables of a results folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.batch import Batch, RunKey, batch_of, city_columns, incomes, key_of
from kembar.measurement import measure_batch
from kembar.schemas import (
    AGREEMENTS,
    CITIES,
    CITY_YEARS,
    EVENTS,
    FAILURES,
    SERIES_TABLE,
    Table,
    arrow_schema,
    runs_table,
)
from kembar.stages import NOT_BEGUN, first_rest_quarters, stage_codes_at_start

if TYPE_CHECKING:
    import pyarrow as pa

    from kembar.inputs import Inputs
    from kembar.world import RunRecord

NEW_STATUS = "new"
BATCH_TABLES = ("runs", "agreements", "cities", "series")
_RELATIONS = ("normal", "strained", "frozen")
_COUNTRY_EVENTS = (records.DISASTER_STRUCK, records.FISCAL_CRISIS_BEGAN)
_CITY_EVENTS = (
    records.LEADER_CHANGED,
    records.LEADER_RETURNED,
    records.CARETAKER_CAME,
    records.STAFF_ROTATED,
    records.PORTFOLIO_REVIEWED,
    records.CITY_MERGED,
)

Columns = Mapping[str, Sequence[Any] | Any]


def quarter_texts(quarters: Any, start_year: int) -> list[str | None]:
    """Quarters of a run as text; None for a date that has not happened.

    >>> quarter_texts([6, records.NEVER], 2026)
    ['2027Q3', None]
    """
    per_year = records.QUARTERS_PER_YEAR
    return [
        None if quarter <= records.NEVER else f"{start_year + quarter // per_year}Q{quarter % per_year + 1}"
        for quarter in (int(quarter) for quarter in quarters)
    ]


@lru_cache(maxsize=200_000)  # a study meets the same pairs in run after run
def agreement_name(city_a: str, city_b: str, generation: int) -> str:
    """The name of an agreement; a later one of the same pair adds its number.

    >>> agreement_name("Bandung (ID)", "Suwon (KR)", 2)
    'Bandung (ID) - Suwon (KR) #2'
    """
    return f"{city_a} - {city_b}" + (f" #{generation}" if generation > 1 else "")


def agreement_names(record: RunRecord) -> list[str]:
    """The names of a run's agreements, in its order."""
    keys = record.inputs.city_keys
    columns = (record.agreements[name].tolist() for name in ("a", "b", "generation"))
    return [agreement_name(keys[a], keys[b], generation) for a, b, generation in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts as places in a short list of them; -1 is an empty cell."""

    codes: npt.NDArray[np.int64]
    texts: Sequence[str]


def make_tables(record: RunRecord, key: RunKey | None = None) -> dict[str, pa.Table]:
    """All tables of a single run by name."""
    key = key or key_of(record)
    yearly = np.full(record.city_years.size, key.run_id)
    made = batch_tables(batch_of(record, key))
    return {
        **{name: spelled_out(table) for name, table in made.items()},
        FAILURES.name: arrow_table(FAILURES, {}),
        CITY_YEARS.name: spelled_out(arrow_table(CITY_YEARS, {"run_id": yearly, **_city_year_columns(record)})),
        EVENTS.name: event_table(key, record),
    }


def event_table(key: RunKey, record: RunRecord) -> pa.Table:
    """The events of one run."""
    return arrow_table(EVENTS, {"run_id": np.full(len(record.events), key.run_id), **_event_columns(record)})


def batch_tables(batch: Batch, names: Sequence[str] = BATCH_TABLES) -> dict[str, pa.Table]:
    """The tables that every run has, of all runs of a batch."""
    run_ids = np.array([key.run_id for key in batch.keys])
    makers: dict[str, tuple[Table, Any, Callable[[Batch], Columns]]] = {
        "runs": (runs_table(), run_ids, _run_columns),
        "agreements": (AGREEMENTS, run_ids[batch.run], _agreement_columns),
        "cities": (CITIES, np.repeat(run_ids, batch.city_totals.shape[1]), _city_columns),
        "series": (SERIES_TABLE, np.repeat(run_ids, batch.years), _series_columns),
    }
    found = {}
    for name in names:
        table, numbers, columns_of = makers[name]
        found[name] = arrow_table(table, {"run_id": numbers, **columns_of(batch)})
    return found


def arrow_table(table: Table, columns: Columns) -> pa.Table:
    """An Arrow table of the declared columns; no columns at all make an empty one.

    Coded columns stay places in a list of texts, which is smaller; `spelled_out` gives the declared schema.
    """
    import pyarrow as pa

    schema = arrow_schema(table)
    if not any(map(_length, columns.values())):
        return schema.empty_table()
    arrays = [_column(columns[field.name], field.type) for field in schema]
    fields = [field.with_type(array.type) for field, array in zip(schema, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=schema.metadata))


def spelled_out(table: pa.Table) -> pa.Table:
    """A table with every text written out, as its file has it."""
    import pyarrow as pa

    fields = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in table.schema
    ]  # fmt: skip
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def _length(values: Any) -> int:
    return len(values.codes) if isinstance(values, Coded) else len(values)


def _column(values: Any, kind: Any) -> Any:
    """One column; None and NaN are values that do not exist and leave as empty cells, never as numbers.

    The arrays are laid out here because the library's own way of making them loads pandas, which no run needs.
    """
    import pyarrow as pa

    if isinstance(values, Coded):
        return _decoded(values, kind)
    if isinstance(values, np.ndarray):
        empty = np.isnan(values) if values.dtype.kind == "f" else None
    else:
        empty = np.array([value is None for value in values], bool)
    validity = None
    if empty is not None and empty.any():
        validity = pa.py_buffer(np.packbits(~empty, bitorder="little").tobytes())
        values = np.where(empty, 0, values) if isinstance(values, np.ndarray) else values
    if pa.types.is_string(kind):
        texts = [b"" if value is None else value.encode() for value in values]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        return pa.Array.from_buffers(kind, len(texts), [validity, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    if pa.types.is_boolean(kind):
        content = np.packbits(np.asarray(values, bool), bitorder="little")
    else:
        known = values if isinstance(values, np.ndarray) else [0 if value is None else value for value in values]
        content = np.array(known, np.float64 if pa.types.is_floating(kind) else np.int64)
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(content.tobytes())])


def _decoded(values: Coded, kind: Any) -> Any:
    import pyarrow as pa

    codes = np.where(values.codes < 0, 0, values.codes).astype(np.int32)
    empty = values.codes < 0
    validity = pa.py_buffer(np.packbits(~empty, bitorder="little").tobytes()) if empty.any() else None
    places = pa.Array.from_buffers(pa.int32(), len(codes), [validity, pa.py_buffer(codes.tobytes())])
    texts = _column(list(values.texts) or [""], kind)
    return pa.DictionaryArray.from_arrays(places, texts)


def _run_columns(batch: Batch) -> Columns:
    measured = measure_batch(batch)
    reasons = [
        "; ".join(f"{name}: {column.reasons[run]}" for name, column in measured.items() if column.reasons[run])
        for run in range(batch.runs)
    ]
    columns: dict[str, Any] = {
        "scenario": [item.scenario.name for item in batch.inputs],
        "point": np.array([key.point for key in batch.keys]),
        "policies": [key.policies for key in batch.keys],
        "replicate": np.array([key.replicate for key in batch.keys]),
        "seed": np.array([key.seed for key in batch.keys]),
        "start_year": np.array([item.scenario.start_year for item in batch.inputs]),
        "years": np.array([item.years for item in batch.inputs]),
        "reasons": reasons,
    }
    columns.update({name: column.values for name, column in measured.items()})
    columns.update(_parameter_columns(batch))
    return columns


def _parameter_columns(batch: Batch) -> Columns:
    """Every parameter of every run, before any change of a lever."""
    columns: dict[str, Any] = {}
    distinct = {id(item): item for item in batch.inputs}  # most runs of a batch share their inputs
    rows = {key: _parameter_values(item) for key, item in distinct.items()}
    stacked = np.array([rows[id(item)] for item in batch.inputs])
    for place, name in enumerate(parameter_names()):
        columns[f"parameter.{name}"] = np.ascontiguousarray(stacked[:, place])
    return columns


@cache
def parameter_names() -> tuple[str, ...]:
    """The names of all parameters in the order of their declaration, those by sector spread out."""
    from kembar.parameters import declarations

    names: list[str] = []
    for declared in declarations():
        names += [f"{declared.key}.{s}" for s in records.SECTORS] if declared.is_by_sector else [declared.key]
    return tuple(names)


def _parameter_values(inputs: Inputs) -> list[float]:
    found: list[float] = []
    for value in inputs.parameters.values.values():
        found.extend(value) if isinstance(value, tuple) else found.append(value)
    return found


def _side_columns(agreements: Any, *names: str) -> dict[str, Any]:
    return {f"{name}_{side}": agreements[name][:, place] for name in names for place, side in enumerate("ab")}


def coded_quarters(quarters: npt.NDArray[np.int64], start_year: int) -> Coded:
    """Quarters of a run as text; an empty cell for a date that has not happened."""
    happened = quarters > records.NEVER
    if not happened.any():
        return Coded(np.full(len(quarters), -1), ())
    first, last = int(quarters[happened].min()), int(quarters[happened].max())
    texts = [text or "" for text in quarter_texts(range(first, last + 1), start_year)]
    return Coded(np.where(happened, quarters - first, -1), texts)


def _names_of(batch: Batch) -> Coded:
    """`A (CC) - B (CC)` of every agreement; a later one of the same pair adds its number."""
    agreements, keys = batch.agreements, batch.inputs[0].city_keys
    most = int(agreements["generation"].max(initial=1)) + 1
    codes = (agreements["a"] * len(keys) + agreements["b"]) * most + agreements["generation"]
    found, places = np.unique(codes, return_inverse=True)
    texts = []
    for code in found.tolist():
        pair, generation = divmod(code, most)
        a, b = divmod(pair, len(keys))
        texts.append(agreement_name(keys[a], keys[b], generation))
    return Coded(places.reshape(-1), texts)


def _agreement_columns(batch: Batch) -> Columns:
    agreements, inputs = batch.agreements, batch.inputs[0]
    start, horizon = inputs.scenario.start_year, batch.years * records.QUARTERS_PER_YEAR
    keys, listed = inputs.city_keys, inputs.agreements_table
    statuses = tuple(dict.fromkeys((NEW_STATUS, *(item.status for item in listed))))
    status_of = np.array([statuses.index(item.status) for item in listed] + [0])  # the last one: not in the register
    year_of = np.array([math.nan if item.signed_year is None else item.signed_year for item in listed] + [math.nan])
    row = agreements["register_row"]
    is_open = (agreements["stage"] == records.ACTIVE) | (agreements["stage"] == records.DORMANT)
    signed = _really_signed(agreements)
    dates = {
        "opened": agreements["opened_quarter"],
        "letter": agreements["letter_quarter"],
        "signed": signed,
        "first_dormant": agreements["first_dormant_quarter"],
        "last_dormant": agreements["dormant_quarter"],
        "last_exchange": agreements["last_exchange_quarter"],
        "ended": agreements["ended_quarter"],
        "entry": np.where(signed == records.NEVER, records.NEVER, agreements["entry_quarter"]),
    }
    population = batch.cities["log_population"]
    words = (*records.STAGES, NOT_BEGUN)
    return {
        "agreement": _names_of(batch),
        "city_a": Coded(agreements["a"], keys),
        "city_b": Coded(agreements["b"], keys),
        "generation": agreements["generation"],
        "register_status": Coded(status_of[row], statuses),
        "register_year": year_of[row],
        "stage_start": Coded(stage_codes_at_start(agreements), words),
        "stage_end": Coded(agreements["stage"], words),
        "in_force": (agreements["in_force"] == 1) & is_open,
        "frozen": agreements["is_frozen"] == 1,
        **{name: coded_quarters(quarters, start) for name, quarters in dates.items()},
        **_spell_columns(agreements, signed, horizon),
        "last_cause": Coded(agreements["cause"], records.PARTS),
        "how": Coded(np.where(agreements["how"] == records.NOT_ENDED, -1, agreements["how"]), records.ENDINGS),
        "active_years": agreements["active_quarters"] / records.QUARTERS_PER_YEAR,
        "renewals": agreements["renewal_count"],
        "revivals": agreements["revival_count"],
        **_side_columns(agreements, "spent_kusd", "points", "satisfaction"),
        **_side_columns(agreements, "entry_commitment", "entry_staff", "entry_money_kusd"),
        **{f"focus_{sector}": agreements["focus"][:, place] for place, sector in enumerate(records.SECTORS)},
        **{
            name: agreements[name]
            for name in (
                *("city_exchanges", "citizen_exchanges", "tangible_points", "public_points", "trust", "embeddedness"),
                *("early_economic_points", "early_exchanges", "late_economic_points", "late_exchanges"),
                *("language", "culture", "distance_km"),
            )
        },
        "size_gap": np.abs(population[agreements["a"]] - population[agreements["b"]]),
    }  # fmt: skip


def _really_signed(agreements: Any) -> Any:
    """Dates of signing; a recorded one that the run has not reached is none yet."""
    talks = np.isin(agreements["stage"], (records.EXPLORING, records.LETTER, records.STALLED, records.SCHEDULED))
    return np.where(talks, records.NEVER, agreements["signed_quarter"])


def _spell_columns(agreements: Any, signed: Any, horizon: int) -> Columns:
    """The first active spell and the whole life as rows of survival analysis."""
    entry = agreements["entry_quarter"]
    first, came = first_rest_quarters(agreements, horizon)
    lives = (signed != records.NEVER) & (entry != records.NEVER)
    seen = lives & (first >= entry)
    end = np.where(agreements["ended_quarter"] == records.NEVER, horizon, agreements["ended_quarter"])
    per_year = records.QUARTERS_PER_YEAR
    return {
        "start": np.where(seen, (entry - signed) / per_year, math.nan),
        "stop": np.where(seen, (first - signed) / per_year, math.nan),
        "event": Coded(np.where(seen, came, -1), ("censored", "dormancy", "end")),
        "cause": Coded(np.where(seen & (came > 0), agreements["first_cause"], -1), records.PARTS),
        "life_start": np.where(lives, (entry - signed) / per_year, math.nan),
        "life_stop": np.where(lives, (end - signed) / per_year, math.nan),
    }


def _city_columns(batch: Batch) -> Columns:
    runs, cities = batch.runs, batch.city_totals.shape[1]
    inputs, fixed = batch.inputs[0], batch.cities
    country = np.tile(fixed["country"], runs)
    return {
        "city": Coded(np.tile(np.arange(cities), runs), inputs.city_keys),
        "country": Coded(country, inputs.country_codes),
        **{name: np.tile(fixed[name], runs) for name in ("population", "latitude", "longitude")},
        "income_kusd": np.tile(incomes(inputs), runs),
        **{name: batch.city_totals[:, :, place].reshape(-1) for place, name in enumerate(city_columns())},
    }


def _series_columns(batch: Batch) -> Columns:
    start = batch.inputs[0].scenario.start_year
    series = batch.series
    return {
        "year": np.tile(np.arange(start, start + batch.years), batch.runs),
        **{name: series[name].reshape(-1) for name in series.dtype.names or ()},
    }


def _city_year_columns(record: RunRecord) -> Columns:
    inputs, yearly = record.inputs, record.city_years
    years, cities = yearly.shape
    if years == 0:
        return {}
    start = inputs.scenario.start_year
    columns: dict[str, Any] = {
        "city": Coded(np.tile(np.arange(cities), years), inputs.city_keys),
        "country": Coded(np.tile(record.cities["country"], years), inputs.country_codes),
        "year": np.repeat(np.arange(start, start + years), cities),
        **{name: np.tile(record.cities[name], years) for name in ("population", "latitude", "longitude")},
    }
    values = np.asarray(yearly).view(np.float64).reshape(years * cities, -1)
    columns.update({name: values[:, place] for place, name in enumerate(city_columns())})
    return columns


def _event_columns(record: RunRecord) -> Columns:
    events, inputs = record.events, record.inputs
    if len(events) == 0:
        return {}
    names, keys, codes = agreement_names(record), inputs.city_keys, inputs.country_codes
    kinds, subjects = events["kind"].tolist(), events["subject"].tolist()
    others, details, splits = (events[name].tolist() for name in ("other", "detail", "split_row"))
    of_agreement = [kind < records.LEADER_CHANGED for kind in kinds]
    sides = {0: record.agreements["a"].tolist(), 1: record.agreements["b"].tolist()}
    agreement: list[str | None] = []
    city: list[str | None] = []
    country: list[str | None] = []
    other_country: list[str | None] = []
    detail: list[str | None] = []
    count: list[int | None] = []
    for kind, subject, other, said, mine in zip(kinds, subjects, others, details, of_agreement, strict=True):
        agreement.append(names[subject] if mine else None)
        acted = mine and other in sides and kind != records.EXCHANGED
        city.append(keys[sides[other][subject]] if acted else keys[subject] if kind in _CITY_EVENTS else None)
        pair = kind == records.RELATIONS_CHANGED
        country.append(codes[subject] if pair or kind in _COUNTRY_EVENTS else None)
        other_country.append(codes[other] if pair else None)
        detail.append(_detail(kind, other, said))
        count.append(said if kind == records.EXCHANGED else None)
    parts = np.full((len(events), records.PART_COUNT), math.nan)
    has_split = events["split_row"] >= 0
    if has_split.any():
        parts[has_split] = record.splits[events["split_row"][has_split]]
    values = np.where(np.asarray(of_agreement)[:, None], events["values"], math.nan)
    return {
        "sequence": np.arange(len(events)),
        "date": quarter_texts(events["quarter"], inputs.scenario.start_year),
        "event": [records.EVENT_KINDS[kind] for kind in kinds],
        **{"agreement": agreement, "city": city, "country": country, "other_country": other_country},
        "detail": detail,
        "count": count,
        "cause": [_cause(parts[row]) if split >= 0 else None for row, split in enumerate(splits)],
        **{name: values[:, place] for place, name in enumerate(records.EVENT_VALUES)},
        **{f"shortfall_{part}": parts[:, place] for place, part in enumerate(records.PARTS)},
    }


def _cause(parts: Any) -> str:
    return records.PARTS[int(parts.argmax())]


def _detail(kind: int, other: int, detail: int) -> str | None:
    if kind == records.AGREEMENT_ENDED:
        return records.ENDINGS[detail]
    if kind == records.RELATIONS_CHANGED:
        return _RELATIONS[detail]
    if kind == records.LEADER_CHANGED:
        return "departure" if detail == 1 else "election"
    if kind == records.EXCHANGED:
        return "citizens" if other == 0 else "cities"
    return None


def causes_of(dormancies: Iterable[str]) -> dict[str, int]:
    """How often each factor was the cause; the two sides of a factor count together.

    >>> causes_of(["money_a", "luck", "money_b"])
    {'money': 2, 'luck': 1}
    """
    counts: dict[str, int] = {}
    for part in dormancies:
        factor = part[:-2] if part[-2:] in ("_a", "_b") else part
        counts[factor] = counts.get(factor, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def count_stages(stages: Iterable[str]) -> dict[str, int]:
    """Agreements by stage, all stages named; those that have not begun are not counted."""
    counts = dict.fromkeys(records.STAGES, 0)
    for stage in stages:
        if stage != NOT_BEGUN:
            counts[stage] += 1
    return counts
