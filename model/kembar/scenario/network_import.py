"""Making a scenario of any network of cities: a table of nodes and a table of edges.

nodes: id, name, country_iso2, lat, lon, population, and optionally timezone and match (a note on how the place was
found); edges: a, b (ids of nodes). Other columns are passed over. What cannot be simulated is dropped and counted,
never silently.
"""

from __future__ import annotations

import csv
import datetime
import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from kembar.errors import InputError, Problem, StorageError, nearest, shown_path
from kembar.locations import scenarios_folder
from kembar.scenario.assembly import read_countries
from kembar.scenario.reader import COUNTRIES_TABLE
from kembar.scenario.records import Country, city_key
from kembar.scenario.tables import TABLES, read_lines

NODE_COLUMNS = ("id", "name", "country_iso2", "lat", "lon", "population")
EDGE_COLUMNS = ("a", "b")
MISPLACED_NOTE = re.compile(r"country_mismatch|misplaced|another country", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True)
class ImportReport:
    """What became of a network's nodes and edges. Every node and edge is in exactly one count."""

    scenario: Path
    nodes: int
    cities: int
    misplaced_nodes: int  # impossible coordinates, or known to lie in another country
    nodes_of_unknown_country: int
    nodes_without_name: int
    edges: int
    agreements: int
    domestic_edges: int  # both cities in one country: not an international agreement
    duplicate_edges: int
    self_edges: int
    edges_of_dropped_nodes: int
    populations_missing: int  # imputed when the scenario is read
    renamed_cities: int  # names that stood twice in a country
    most_used_countries: tuple[tuple[str, int], ...]

    def counts(self) -> dict[str, int]:
        """All counts by name."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


def _columns(path: Path, required: tuple[str, ...]) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """The rows below the header, and the position of each column."""
    lines = read_lines(path)
    header = [cell.strip() for cell in lines[0][1]]
    missing = [name for name in required if name not in header]
    if missing:
        file = shown_path(path)
        why = f"the columns are {', '.join(header)}"
        others = [name for name in header if name not in required]
        raise InputError(Problem("missing column", file, 1, name, why, nearest(name, others)) for name in missing)
    width = len(header)
    for line, cells in lines[1:]:
        if len(cells) != width:
            what = f"has {len(cells)} cells, not {width}"
            raise InputError(Problem(what, shown_path(path), line, why="a text with a comma needs quotes"))
    return lines[1:], {name: position for position, name in enumerate(header)}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@cache
def _offset_hours(timezone: str) -> str:
    """The standard time of a named zone [hours], blank when the zone is not known on this machine."""
    from zoneinfo import ZoneInfo

    try:
        zone = ZoneInfo(timezone)
        # Standard time is the lesser of the offsets of both half-years, in either hemisphere.
        moments = (datetime.datetime(2025, month, 1, tzinfo=zone) for month in (1, 7))
        offset = min(moment.utcoffset() or datetime.timedelta() for moment in moments)
    except (KeyError, ValueError, OSError):
        return ""
    return f"{offset.total_seconds() / 3600:g}"


def _is_misplaced(latitude: float, longitude: float, note: str) -> bool:
    return abs(latitude) > 90 or abs(longitude) > 180 or MISPLACED_NOTE.search(note) is not None


class _Nodes:
    """The nodes of a network, sorted into cities and those that cannot be simulated."""

    def __init__(self, path: Path, countries: Mapping[str, Country]) -> None:
        rows, at = _columns(path, NODE_COLUMNS)
        self.key_of: dict[str, str | None] = {}  # node id to city key, None when dropped
        self.rows: list[tuple[str, ...]] = []
        self.total = len(rows)
        self.misplaced = self.unknown_country = self.nameless = self.renamed = self.unpopulated = 0
        taken: set[str] = set()
        zone_at, note_at = at.get("timezone"), at.get("match")
        for line, cells in rows:
            node = cells[at["id"]].strip()
            if not node or node in self.key_of:
                what = f"node id '{node}' stands twice" if node else "node id is missing"
                raise InputError(Problem(what, shown_path(path), line, "id"))
            self.key_of[node] = None
            latitude, longitude = _number(cells[at["lat"]]), _number(cells[at["lon"]])
            country, name = cells[at["country_iso2"]].strip(), CONTROL.sub(" ", cells[at["name"]]).strip()
            note = cells[note_at] if note_at is not None else ""
            if latitude is None or longitude is None or _is_misplaced(latitude, longitude, note):
                self.misplaced += 1
            elif country not in countries:
                self.unknown_country += 1
            elif not name:
                self.nameless += 1
            else:
                unique, number = name, 1
                while city_key(unique, country) in taken:
                    number += 1
                    unique = f"{name} #{number}"
                self.renamed += number > 1
                taken.add(city_key(unique, country))
                self.key_of[node] = city_key(unique, country)
                population = _number(cells[at["population"]])
                is_known = population is not None and population >= 1
                self.unpopulated += not is_known
                offset = _offset_hours(cells[zone_at].strip()) if zone_at is not None and cells[zone_at].strip() else ""
                shown = f"{population:.0f}" if is_known else ""
                self.rows.append((unique, country, f"{latitude:g}", f"{longitude:g}", shown, offset, path.name))


def _import_edges(path: Path, key_of: Mapping[str, str | None]) -> tuple[list[tuple[str, str]], dict[str, int]]:
    rows, at = _columns(path, EDGE_COLUMNS)
    counts = dict.fromkeys(("edges", "domestic_edges", "duplicate_edges", "self_edges", "edges_of_dropped_nodes"), 0)
    counts["edges"] = len(rows)
    pairs: set[tuple[str, str]] = set()
    for line, cells in rows:
        ends = cells[at["a"]].strip(), cells[at["b"]].strip()
        for column, node in zip(EDGE_COLUMNS, ends, strict=True):
            if node not in key_of:
                raise InputError(
                    Problem(f"unknown node '{node}'", shown_path(path), line, column, "no node has that id")
                )
        one, other = key_of[ends[0]], key_of[ends[1]]
        if ends[0] == ends[1]:
            counts["self_edges"] += 1
        elif one is None or other is None:
            counts["edges_of_dropped_nodes"] += 1
        elif one[-3:] == other[-3:]:  # the country's code ends the key
            counts["domestic_edges"] += 1
        elif (min(one, other), max(one, other)) in pairs:
            counts["duplicate_edges"] += 1
        else:
            pairs.add((min(one, other), max(one, other)))
    return sorted(pairs), counts


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(part, path)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def import_network(
    nodes_csv: str | Path, edges_csv: str | Path, out_dir: str | Path, force: bool = False
) -> ImportReport:
    """Write a scenario made of a network, `out_dir/NAME.toml` with NAME that of the folder, and its tables.

    Ties within one country, ties listed twice, ties of a city with itself and nodes that lie where they cannot be are
    dropped and counted. Raises InputError for tables that cannot be used or a folder that holds a scenario already
    (unless `force`), and StorageError when nothing can be written.
    """
    nodes_path, edges_path, folder = Path(nodes_csv), Path(edges_csv), Path(out_dir)
    name = folder.resolve().name
    scenario = folder / f"{name}.toml"
    if scenario.exists() and not force:
        raise InputError(Problem("exists already", shown_path(scenario), why="--force replaces it"))
    countries = read_countries(scenarios_folder() / COUNTRIES_TABLE)
    nodes = _Nodes(nodes_path, countries)
    pairs, counts = _import_edges(edges_path, nodes.key_of)
    if not nodes.rows:
        raise InputError(
            Problem("no node can be used", shown_path(nodes_path), why=f"{nodes.total} nodes were dropped")
        )
    uses: dict[str, int] = {}
    for pair in pairs:
        for key in pair:
            uses[key[-3:-1]] = uses.get(key[-3:-1], 0) + 1
    report = ImportReport(
        scenario=scenario,
        nodes=nodes.total,
        cities=len(nodes.rows),
        misplaced_nodes=nodes.misplaced,
        nodes_of_unknown_country=nodes.unknown_country,
        nodes_without_name=nodes.nameless,
        agreements=len(pairs),
        populations_missing=nodes.unpopulated,
        renamed_cities=nodes.renamed,
        most_used_countries=tuple(sorted(uses.items(), key=lambda item: (-item[1], item[0]))[:10]),
        **counts,
    )
    about = (
        f"Made from {nodes_path.name} and {edges_path.name}: "
        f"{report.cities} cities and {report.agreements} agreements. "
        f"Dropped: {report.domestic_edges} ties within a country, {report.misplaced_nodes} misplaced nodes, "
        f"{report.edges_of_dropped_nodes} ties of dropped nodes, "
        f"{report.duplicate_edges + report.self_edges} repeated ties or ties of a city with itself. "
        "No signing years are known."
    )
    text = (
        f"title = {_quoted('Imported network ' + name)}\nabout = {_quoted(about)}\nstart_year = 2026\nyears = 30\n"
        'kind = "register"\nfocal_countries = []\n\n[tables]\ncities = "tables/cities.csv"\n'
        'agreements = "tables/agreements.csv"\n'
    )
    tables = folder / "tables"
    city_columns = ("name", "country", "latitude", "longitude", "population", "utc_offset_hours", "source")
    assert set(city_columns) <= {column.name for column in TABLES["cities"]}
    try:
        tables.mkdir(parents=True, exist_ok=True)
        _write(tables / "cities.csv", city_columns, sorted(nodes.rows))
        rows: list[tuple[str, ...]] = [(one, other, "listed", edges_path.name) for one, other in pairs]
        _write(tables / "agreements.csv", ("city", "partner", "status", "source"), rows)
        part = scenario.with_name(scenario.name + ".part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, scenario)
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(folder), why=error.strerror or str(error))) from None
    return report
