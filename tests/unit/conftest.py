"""A run made by hand, small enough to know every number of it; and a small study, and commands run beside its file."""

import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kembar import batches, records
from kembar.cli import main
from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.study_results import StudyResults
from kembar.world import RunRecord
from small_study import STUDY, Command

WORLD = """
title = "Three towns"
about = "A world made by hand."
start_year = 2026
years = 5
kind = "register"
focal_countries = []

[[city]]
name = "Ayu"
country = "ID"
latitude = -7.0
longitude = 110.0
population = 1000000

[[city]]
name = "Łódka"
country = "PL"
latitude = 52.0
longitude = 19.0
population = 400000

[[city]]
name = "Zuid"
country = "NL"
latitude = 52.0
longitude = 5.0
population = 100000

[[agreement]]
city = "Ayu (ID)"
partner = "Zuid (NL)"
signed_year = 2016
status = "active"

[[agreement]]
city = "Ayu (ID)"
partner = "Łódka (PL)"
status = "listed"
"""


@dataclass(frozen=True)
class HandMade:
    """The record and the world's file it belongs to."""

    record: RunRecord
    path: Path


def _agreement(array: np.ndarray, row: int, **values: object) -> None:
    for name in array.dtype.names or ():
        if name.endswith("_quarter"):
            array[row][name] = records.NEVER
    array[row]["cause"] = array[row]["first_cause"] = array[row]["split_row"] = records.NO_CAUSE
    array[row]["register_row"] = -1
    array[row]["status"] = records.STATUS_NEW
    array[row]["generation"] = 1
    for name, value in values.items():
        array[row][name] = value


def _added_up(city_years: np.ndarray) -> np.ndarray:
    totals = np.zeros(city_years.shape[1], records.CITY_YEAR)
    for name in totals.dtype.names or ():
        totals[name] = city_years[name].sum(axis=0)
    return totals


@pytest.fixture
def hand_made(tmp_path: Path) -> HandMade:
    """Five years, three cities (rows: Ayu 0, Zuid 1, Łódka 2), four agreements.

    0: Ayu - Zuid, active at the start, dormant in quarter 6 by the leader of side b, reviewed away in quarter 12.
    1: Ayu - Łódka, dormant at the start, revived in quarter 8, active to the horizon.
    2: Zuid - Łódka, talks in quarter 1, signed in quarter 4, active to the horizon.
    3: Ayu - Zuid again, talks in quarter 16, stalled.
    """
    path = tmp_path / "three-towns.toml"
    path.write_text(WORLD, encoding="utf-8")
    inputs = build(load_scenario(path))
    assert inputs.city_keys == ("Ayu (ID)", "Zuid (NL)", "Łódka (PL)")
    agreements = np.zeros(4, records.AGREEMENT)
    _agreement(
        agreements, 0, a=0, b=1, stage=records.ENDED, status=records.STATUS_CONFIRMED, register_row=0,
        signed_quarter=-38, entry_quarter=0, first_dormant_quarter=6, dormant_quarter=6, ended_quarter=12,
        how=records.REVIEW, cause=records.SIDE_PART + records.SIDE_FACTOR_COUNT + records.LEADER, split_row=0,
        first_cause=records.SIDE_PART + records.SIDE_FACTOR_COUNT + records.LEADER,
        active_quarters=6, city_exchanges=3, citizen_exchanges=1, spent_kusd=(30.0, 10.0), points=(2.0, 1.0),
        tangible_points=1.0, public_points=0.5,
    )  # fmt: skip
    _agreement(
        agreements, 1, a=0, b=2, stage=records.ACTIVE, status=records.STATUS_LISTED, register_row=1, in_force=1,
        signed_quarter=-80, entry_quarter=0, first_dormant_quarter=-20, dormant_quarter=-20, active_quarters=12,
        revival_count=1, city_exchanges=4, spent_kusd=(20.0, 20.0), points=(1.0, 1.0), trust=0.4,
    )  # fmt: skip
    _agreement(
        agreements, 2, a=1, b=2, stage=records.ACTIVE, opened_quarter=1, letter_quarter=2, signed_quarter=4,
        entry_quarter=4, active_quarters=16, citizen_exchanges=2, trust=0.8, in_force=0,
    )  # fmt: skip
    _agreement(agreements, 3, a=0, b=1, generation=2, stage=records.STALLED, opened_quarter=16)
    splits = np.zeros((1, records.PART_COUNT))
    splits[0, records.SIDE_PART + records.SIDE_FACTOR_COUNT + records.LEADER] = 3.0
    splits[0, records.CARRIER_PART] = 2.0
    splits[0, records.LUCK_PART] = -1.0
    happened = [
        (3, records.EXCHANGED, 0, records.NO_SIDE, 3, -1),
        (4, records.SIGNED, 2, records.NO_SIDE, 0, -1),
        (5, records.LEADER_CHANGED, 1, records.NO_SIDE, 0, -1),
        (6, records.WENT_DORMANT, 0, records.NO_SIDE, int(agreements[0]["cause"]), 0),
        (8, records.REVIVED, 1, records.NO_SIDE, 0, -1),
        (12, records.AGREEMENT_ENDED, 0, 0, records.REVIEW, 0),
        (16, records.TALKS_OPENED, 3, records.NO_SIDE, 0, -1),
        (18, records.TALKS_STALLED, 3, records.NO_SIDE, 0, -1),
        (19, records.RELATIONS_CHANGED, 0, 1, records.STRAINED, -1),
    ]
    events = np.zeros(len(happened), records.EVENT)
    for row, values in enumerate(happened):
        for name, value in zip(("quarter", "kind", "subject", "other", "detail", "split_row"), values, strict=True):
            events[row][name] = value
    series = np.zeros(5, records.SERIES)
    series["active"], series["dormant"], series["ended"] = [2, 1, 2, 2, 2], [1, 2, 1, 0, 0], [0, 0, 0, 1, 1]
    series["spent_kusd"], series["appropriated_kusd"], series["external_kusd"] = 20.0, 40.0, 4.0
    series["city_exchanges"][0], series["citizen_exchanges"][1] = 7.0, 3.0
    series["signed"][1], series["dormancies"][1], series["revivals"][2], series["reviews"][3] = 1.0, 1.0, 1.0, 1.0
    series["tangible_points"] = series["intangible_points"] = 0.5
    series["staff_fte"], series["used_fte"] = 2.0, 1.7
    city_years = np.zeros((5, 3), records.CITY_YEAR)
    city_years["sector_points"][:, :, 0] = 1.0
    city_years["spent_kusd"] = 4.0
    record = RunRecord(
        inputs=inputs,
        seed=3,
        agreements=agreements,
        cities=inputs.arrays["cities"],
        countries=inputs.arrays["countries"],
        levers=inputs.arrays["levers"],
        series=series,
        city_years=city_years,
        city_totals=_added_up(city_years),
        events=events,
        splits=splits,
    )
    return HandMade(record, path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small study, finished; beside it its file."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY, encoding="utf-8")
    batches.study(folder / "small.toml", out=folder / "out")
    return folder / "out"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> Command:
    """Runs a command in a folder with the study's file; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(STUDY, encoding="utf-8")

    def call(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def plain_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings that only tell of which study they are: what they find is tested where they are made."""

    class Findings:
        def __init__(self, results: StudyResults) -> None:
            self.results = results

        def as_json(self) -> dict[str, Any]:
            return {"study": self.results.manifest.name, "runs": self.results.manifest.runs}

    module = types.ModuleType("kembar.findings")
    module.find = lambda results, **_: Findings(results)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kembar.findings", module)
