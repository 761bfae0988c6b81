"""Studies made by hand: a manifest and tables small enough to know every number of what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from kembar.experiment.chunk import packed
from kembar.manifest import (
    FORMAT,
    ArmRecord,
    ChangeRecord,
    FactorRecord,
    PolicyRecord,
    Rules,
    SourceFile,
    StudyManifest,
)
from kembar.study_results import StudyResults

OUTCOMES = ["active_years_per_agreement", "benefit_points_per_agreement", "total_cost_kusd"]
BASE = (5.0, 6.0, 7.0)
HELPED = (6.0, 8.0, 8.0)  # differences 1, 2 and 1
COSTS = {"spent_kusd": 100.0, "external_share": 0.0, "staff_fte_years": 10.0, "active_agreement_years": 50.0}


@dataclass
class HandMade(StudyResults):
    """Results whose tables are frames; `done` of two chunks are there when it is unfinished."""

    made: dict[str, pd.DataFrame] = field(default_factory=dict)

    def arrow(self, table: str, columns: list[str] | None = None) -> Any:
        frame = self.made[table]
        return pa.Table.from_pandas(frame[columns] if columns else frame, preserve_index=False)


def source(name: str, title: str | None = None) -> SourceFile:
    return SourceFile(name=name, title=title or name.capitalize(), path="", hash="0" * 64)


def policy(name: str, title: str | None = None, **levers: float) -> PolicyRecord:
    """The record of a policy that sets levers for all cities."""
    changes = tuple(
        ChangeRecord(parameter=key, target="all", from_quarter=8104, until_quarter=None, value=value)
        for key, value in levers.items()
    )
    return PolicyRecord(**source(name, title).model_dump(), changes=changes)


def run(run_id: int, policies: str, replicate: int, **values: float) -> dict[str, Any]:
    """One row of `runs`; outcomes that are not given have plain values."""
    plain = dict.fromkeys(OUTCOMES, 10.0) | COSTS
    identity = {"run_id": run_id, "scenario": "hand", "point": 0, "policies": policies, "replicate": replicate}
    return identity | {"seed": 100 + replicate, "start_year": 2026, "years": 10} | plain | values


def study(
    folder: Path,
    runs: list[dict[str, Any]],
    *,
    arms: dict[str, str] | None = None,
    factors: tuple[FactorRecord, ...] = (),
    points: list[dict[str, Any]] | None = None,
    kind: str = "full",
    complete: bool = True,
    title: str = "By hand",
    tables: dict[str, pd.DataFrame] | None = None,
    precision: dict[str, Any] | None = None,
    failed: int = 0,
) -> HandMade:
    """Results in a folder: `arms` gives the heading of each policy by name."""
    extra = tables or {}
    form = {
        "title": title, "question": "Does it help?", "outcomes": OUTCOMES, "tables": ["runs", *extra], "events": False,
        "precision": precision, "replicates": None if precision else 3, "sets": {},
        "design": {"kind": kind, "levels": 4, "second_order": False},
    }  # fmt: skip
    named = [ArmRecord(name="", title="", policies=())]
    for name, heading in (arms or {}).items():
        parts = tuple(policy(part, heading if "+" not in name else None) for part in name.split("+"))
        named.append(ArmRecord(name=name, title=heading, policies=parts))
    replicates = max(row["replicate"] for row in runs) + 1
    manifest = StudyManifest(
        kind="study", format=FORMAT, complete=complete, version="0.1.0", input_hash="a" * 64, seed=1,
        rules=Rules(file=None, hash="b" * 64), tables={}, command=("kembar", "study", "hand"), folder="results/hand",
        made="2026-01-01T00:00:00+00:00", duration_seconds=1.0, compiled=True, host="host", platform="platform",
        python="3.11", libraries={"numpy": "2"}, name="hand", path=None, form=form,
        scenarios=(source("hand", "A world"),),
        start_years=(2026,), years=(10,), arms=tuple(named), factors=factors, points=len(points or [0]),
        replicates=replicates, runs=len(runs), failed_runs=failed, computed_runs=len(runs),
        chunk=-(-len(runs) // 2), precision_reached=None, data_hashes=("c" * 64,),
    )  # fmt: skip
    if not complete:
        (folder / "chunks").mkdir(parents=True)
        (folder / "chunks" / "0.zip").write_bytes(packed({}, {}))
    design = pd.DataFrame(points or [{"point": 0, "scenario": "hand", "luck": 0, "factor": "", "value": 0.0}])
    failures = pd.DataFrame({"run_id": range(failed), "message": ["it broke"] * failed})
    made = {"runs": pd.DataFrame(runs), "points": design, "failures": failures, **extra}
    return HandMade(folder, manifest, made=made)


def factor(name: str, *levels: float) -> FactorRecord:
    return FactorRecord(name=name, parameter=name, title=name, unit="1", kind="lever", scale="linear",
                        levels=levels, range=(min(levels), max(levels)))  # fmt: skip


def grid_points(first: FactorRecord, second: FactorRecord) -> list[dict[str, Any]]:
    """The long table of points of a grid, the first factor slowest."""
    rows = []
    for place, (one, other) in enumerate((a, b) for a in first.levels for b in second.levels):
        for named, value in ((first, one), (second, other)):
            rows.append({"point": place, "scenario": "hand", "luck": 0, "factor": named.name, "value": value})
    return rows


def two_arms(folder: Path, *, complete: bool = True, title: str = "By hand", heading: str = "Helping hand") -> HandMade:
    """Three pairs of runs of a baseline and a policy."""
    runs = []
    for replicate, (before, after) in enumerate(zip(BASE, HELPED, strict=True)):
        runs.append(run(2 * replicate, "", replicate, active_years_per_agreement=before))
        cost = {
            "spent_kusd": 100.0 + 20.0 * replicate,
            "total_cost_kusd": 30.0,
            "active_agreement_years": 52.0 + replicate,
        }
        runs.append(run(2 * replicate + 1, "help", replicate, active_years_per_agreement=after, **cost))
    return study(folder, runs, arms={"help": heading}, complete=complete, title=title)
