"""From a finished run to the tables of a results folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kembar import records
from kembar.outcomes import Measured, measure
from kembar.schemas import AGREEMENTS, CITIES, EVENTS, FAILURES, SERIES_TABLE, Table, arrow_schema, runs_table
from kembar.stages import NOT_BEGUN, first_rest_quarters, stage_names, stages_at_start

if TYPE_CHECKING:
    import pyarrow as pa

    from kembar.world import RunRecord

RUN_ID = 0  # of a single run
NEW_STATUS = "new"
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


def agreement_names(record: RunRecord) -> list[str]:
    """`A (CC) - B (CC)` of every agreement; a later one of the same pair adds its number."""
    keys = record.inputs.city_keys
    names = []
    for a, b, generation in zip(*(record.agreements[name].tolist() for name in ("a", "b", "generation")), strict=True):
        names.append(f"{keys[a]} - {keys[b]}" + (f" #{generation}" if generation > 1 else ""))
    return names


def make_tables(record: RunRecord) -> dict[str, pa.Table]:
    """All tables of a run by name."""
    made: tuple[tuple[Table, Columns], ...] = (
        (runs_table(), _run_columns(record, measure(record))),
        (AGREEMENTS, _agreement_columns(record)),
        (CITIES, _city_columns(record)),
        (SERIES_TABLE, _series_columns(record)),
        (EVENTS, _event_columns(record)),
        (FAILURES, {}),
    )
    return {table.name: _arrow(table, columns) for table, columns in made}


def _arrow(table: Table, columns: Columns) -> pa.Table:
    import pyarrow as pa

    schema = arrow_schema(table)
    length = max((len(values) for values in columns.values()), default=0)
    arrays = []
    for field in schema:
        if field.name == "run_id":
            arrays.append(_column(np.full(length, RUN_ID), field.type))
        else:
            arrays.append(_column(columns[field.name] if columns else [], field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(values: Any, kind: Any) -> Any:
    """One column; None and NaN are values that do not exist and leave as empty cells, never as numbers.

    The arrays are laid out here because the library's own way of making them loads pandas, which no run needs.
    """
    import pyarrow as pa

    if isinstance(values, np.ndarray):
        empty = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    else:
        empty = np.array([value is None for value in values], bool)
    validity = pa.py_buffer(np.packbits(~empty, bitorder="little").tobytes()) if empty.any() else None
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


def _run_columns(record: RunRecord, measured: Mapping[str, Measured]) -> Columns:
    inputs = record.inputs
    columns: dict[str, list[Any]] = {
        "scenario": [inputs.scenario.name],
        "policies": ["+".join(policy.name for policy in inputs.policies)],
        "seed": [record.seed],
        "start_year": [inputs.scenario.start_year],
        "years": [inputs.years],
        "reasons": ["; ".join(f"{name}: {found.reason}" for name, found in measured.items() if found.reason)],
    }
    columns.update({name: [found.value] for name, found in measured.items()})
    for key, value in inputs.parameters.values.items():
        if isinstance(value, tuple):
            for sector, number in zip(records.SECTORS, value, strict=True):
                columns[f"parameter.{key}.{sector}"] = [number]
        else:
            columns[f"parameter.{key}"] = [value]
    return columns


def _side_columns(agreements: Any, *names: str) -> dict[str, Any]:
    return {f"{name}_{side}": agreements[name][:, place] for name in names for place, side in enumerate("ab")}


def _agreement_columns(record: RunRecord) -> Columns:
    agreements, inputs = record.agreements, record.inputs
    start = inputs.scenario.start_year
    keys, table = inputs.city_keys, inputs.agreements_table
    listed = [table[row] if row >= 0 else None for row in agreements["register_row"].tolist()]
    is_open = (agreements["stage"] == records.ACTIVE) | (agreements["stage"] == records.DORMANT)
    dates = {
        "opened": agreements["opened_quarter"],
        "letter": agreements["letter_quarter"],
        "signed": _really_signed(agreements),
        "first_dormant": agreements["first_dormant_quarter"],
        "last_dormant": agreements["dormant_quarter"],
        "last_exchange": agreements["last_exchange_quarter"],
        "ended": agreements["ended_quarter"],
        "entry": np.where(_really_signed(agreements) == records.NEVER, records.NEVER, agreements["entry_quarter"]),
    }
    return {
        "agreement": agreement_names(record),
        "city_a": [keys[row] for row in agreements["a"].tolist()],
        "city_b": [keys[row] for row in agreements["b"].tolist()],
        "generation": agreements["generation"],
        "register_status": [item.status if item else NEW_STATUS for item in listed],
        "register_year": [item.signed_year if item else None for item in listed],
        "stage_start": stages_at_start(agreements),
        "stage_end": stage_names(agreements["stage"]),
        "in_force": (agreements["in_force"] == 1) & is_open,
        "frozen": agreements["is_frozen"] == 1,
        **{name: quarter_texts(quarters, start) for name, quarters in dates.items()},
        **_spell_columns(agreements, inputs.years * records.QUARTERS_PER_YEAR),
        "cause": [records.PARTS[part] if part >= 0 else None for part in agreements["cause"].tolist()],
        "how": [records.ENDINGS[how] or None for how in agreements["how"].tolist()],
        "active_years": agreements["active_quarters"] / records.QUARTERS_PER_YEAR,
        "renewals": agreements["renewal_count"],
        "revivals": agreements["revival_count"],
        **_side_columns(agreements, "spent_kusd", "points", "satisfaction"),
        **{f"focus_{sector}": agreements["focus"][:, place] for place, sector in enumerate(records.SECTORS)},
        **{
            name: agreements[name]
            for name in (
                *("city_exchanges", "citizen_exchanges", "tangible_points", "public_points", "trust", "embeddedness"),
                *("early_economic_points", "early_exchanges", "late_economic_points", "late_exchanges"),
                *("language", "culture", "distance_km"),
            )
        },
    }  # fmt: skip


def _really_signed(agreements: Any) -> Any:
    """Dates of signing; a recorded one that the run has not reached is none yet."""
    talks = np.isin(agreements["stage"], (records.EXPLORING, records.LETTER, records.STALLED, records.SCHEDULED))
    return np.where(talks, records.NEVER, agreements["signed_quarter"])


def _spell_columns(agreements: Any, horizon: int) -> Columns:
    signed, entry = _really_signed(agreements), agreements["entry_quarter"]
    first, came = first_rest_quarters(agreements, horizon)
    seen = (signed != records.NEVER) & (entry != records.NEVER) & (first >= entry)
    per_year = records.QUARTERS_PER_YEAR
    words = ("censored", "dormancy", "end")
    return {
        "start": np.where(seen, (entry - signed) / per_year, math.nan),
        "stop": np.where(seen, (first - signed) / per_year, math.nan),
        "event": [words[kind] if is_seen else None for kind, is_seen in zip(came, seen, strict=True)],
    }


def _city_columns(record: RunRecord) -> Columns:
    inputs, yearly = record.inputs, record.city_years
    years, cities = yearly.shape
    if years == 0:
        return {}
    start = inputs.scenario.start_year
    columns: dict[str, Any] = {
        "city": list(inputs.city_keys) * years,
        "country": [inputs.country_codes[row] for row in record.cities["country"].tolist()] * years,
        "year": np.repeat(np.arange(start, start + years), cities),
        **{name: np.tile(record.cities[name], years) for name in ("population", "latitude", "longitude")},
    }
    for name in yearly.dtype.names or ():
        if name != "sector_points":
            columns[name] = yearly[name].reshape(-1)
    for place, sector in enumerate(records.SECTORS):
        columns[f"points_{sector}"] = yearly["sector_points"][:, :, place].reshape(-1)
    return columns


def _series_columns(record: RunRecord) -> Columns:
    start = record.inputs.scenario.start_year
    series = record.series
    return {"year": np.arange(start, start + len(series)), **{name: series[name] for name in series.dtype.names or ()}}


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
