"""About thirty readable numbers of one seeded run of each shipped world.

Run as a program (`make golden`) this writes `numbers.toml` anew; whoever does so tells the reader of results in the
changelog what moved and why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kembar import records
from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.world import RunRecord, run_world

WORLDS = ("two-cities", "archipelago", "indonesia", "indonesia-hindcast")
SEED = 20260101
FILE = Path(__file__).parent / "numbers.toml"
HEAD = """\
# One run of each shipped world with seed {seed}. Whole numbers must be met exactly, the others to nine digits.
# Written by `make golden`; a change belongs into CHANGELOG.md.
"""
_COUNTED = (
    "talks_opened", "letters", "signed", "dormancies", "revivals", "renewals", "lapses", "notices", "reviews",
    "mergers", "breaks", "leader_changes", "city_exchanges", "citizen_exchanges",
)  # fmt: skip
_SUMMED = ("appropriated_kusd", "spent_kusd", "external_kusd", "tangible_points", "intangible_points", "public_points")


def numbers_of(record: RunRecord) -> dict[str, int | float]:
    """Counts and amounts of a run, by name."""
    agreements, series = record.agreements, record.series
    signed = agreements[np.isin(agreements["stage"], (records.ACTIVE, records.DORMANT))]
    found: dict[str, int | float] = {
        "cities": len(record.cities),
        "agreements": len(agreements),
        **{f"{stage}_at_end": int(series[stage][-1]) for stage in records.STAGES},
        **{name: int(series[name].sum()) for name in _COUNTED},
        "events": len(record.events),
        "active_quarters": int(agreements["active_quarters"].sum()),
        **{name: float(series[name].sum()) for name in _SUMMED},
        "staff_fte": float(series["staff_fte"].mean()),
        "commitment_at_end": float(record.cities["commitment"].mean()),
        "trust_at_end": float(signed["trust"].mean()) if len(signed) else 0.0,
    }
    return found


def run_all() -> dict[str, dict[str, int | float]]:
    """The numbers of every world."""
    return {name: numbers_of(run_world(build(load_scenario(name)), SEED)) for name in WORLDS}


def as_toml(worlds: dict[str, dict[str, Any]]) -> str:
    """The numbers as a TOML file; floats as Python writes them, which gives the same number back."""
    parts = [HEAD.format(seed=SEED)]
    for name, numbers in worlds.items():
        parts.append("\n".join([f"[{name}]", *(f"{key} = {value!r}" for key, value in numbers.items())]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(as_toml(run_all()), encoding="utf-8", newline="\n")
    print(f"wrote {FILE.name}; say in CHANGELOG.md what moved and why")
