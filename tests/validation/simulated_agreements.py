"""The table of agreements of simulated runs, as far as the analysis of longevity reads it.

It is made here from the runs' records, so that the tests of the analysis do not rest on the writing of results.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from kembar import records
from kembar.compilation import kernel
from kembar.inputs import Inputs, build
from kembar.scenario.reader import load_policy, load_scenario
from kembar.stages import first_rest_quarters
from kembar.world import RunRecord, make_world, run_world

WORKERS = 2
SIDES = ("a", "b")


def simulate_agreements(world: str, runs: int, policies: Sequence[str] = (), first_run: int = 0) -> pd.DataFrame:
    """The agreements of so many runs with the seeds 0, 1, ...; run ids begin at `first_run`."""
    inputs = build(load_scenario(world), [load_policy(name) for name in policies])
    with ThreadPoolExecutor(WORKERS) as pool:
        tables = list(pool.map(lambda seed: _agreements(inputs, seed, first_run + seed), range(runs)))
    return pd.concat(tables, ignore_index=True)


def _agreements(inputs: Inputs, seed: int, run_id: int) -> pd.DataFrame:
    record = run_world(inputs, seed, city_years=False)
    agreements, horizon = record.agreements, inputs.years * records.QUARTERS_PER_YEAR
    talks = (records.EXPLORING, records.LETTER, records.STALLED, records.SCHEDULED)
    is_signed = ~np.isin(agreements["stage"], talks) & (agreements["signed_quarter"] != records.NEVER)
    lives = is_signed & (agreements["entry_quarter"] != records.NEVER)
    first, came = first_rest_quarters(agreements, horizon)
    seen = lives & (first >= agreements["entry_quarter"])
    end = np.where(agreements["ended_quarter"] == records.NEVER, horizon, agreements["ended_quarter"])
    words = np.array(["censored", "dormancy", "end"], object)
    parts = np.array([*records.PARTS, None], object)
    population = record.cities["log_population"]
    return pd.DataFrame(
        {
            "run_id": run_id,
            "start": _years(agreements["entry_quarter"] - agreements["signed_quarter"], seen),
            "stop": _years(first - agreements["signed_quarter"], seen),
            "event": np.where(seen, words[came], None),
            "cause": np.where(seen & (came > 0), parts[_first_causes(record)], None),
            "life_start": _years(agreements["entry_quarter"] - agreements["signed_quarter"], lives),
            "life_stop": _years(end - agreements["signed_quarter"], lives),
            "how": [records.ENDINGS[how] or None for how in agreements["how"].tolist()],
            "active_years": agreements["active_quarters"] / records.QUARTERS_PER_YEAR,
            "revivals": agreements["revival_count"],
            "distance_km": agreements["distance_km"],
            "size_gap": np.abs(population[agreements["a"]] - population[agreements["b"]]),
            **_entries(record, inputs, seed, lives),
        }
    )


def _years(quarters: Any, is_known: Any) -> Any:
    return np.where(is_known, quarters / records.QUARTERS_PER_YEAR, np.nan)


def _first_causes(record: RunRecord) -> Any:
    """Place among the parts of the largest part of each agreement's first decline; the last place when it has none."""
    found = np.full(len(record.agreements), records.PART_COUNT)
    declined = np.isin(record.events["kind"], (records.WENT_DORMANT, records.AGREEMENT_ENDED))
    for event in record.events[declined & (record.events["split_row"] >= 0)][::-1]:
        found[event["subject"]] = record.splits[event["split_row"]].argmax()
    return found


def _entries(record: RunRecord, inputs: Inputs, seed: int, lives: Any) -> dict[str, Any]:
    """Commitment, staff and money of both sides at entry: from the drawn start, or from the event of signing."""
    begun = make_world(inputs, seed, city_years=False)
    kernel().simulate(begun, 0, 0)  # draws the start and no quarter
    agreements, columns = record.agreements, {}
    at_start = lives & (agreements["entry_quarter"] == 0)
    signings = record.events[record.events["kind"] == records.SIGNED]
    for place, side in enumerate(SIDES):
        cities = begun.cities[agreements[side]]
        portfolio = np.maximum(1.0, cities["open_count"] + cities["background"])
        at_the_start = (cities["commitment"], cities["staff"] / portfolio, cities["appropriated_kusd"] / portfolio)
        for name, start, signing in zip(
            ("commitment", "staff", "money_kusd"), at_the_start, (place, 2 + place, 4 + place), strict=True
        ):
            column = np.where(at_start, start, np.nan)
            column[signings["subject"]] = signings["values"][:, signing]
            columns[f"entry_{name}_{side}"] = column
    return columns
