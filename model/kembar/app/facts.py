"""What the app keeps of a run: a few arrays, small enough to hold hundreds of runs in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kembar import records
from kembar.measurement import measure
from kembar.outcomes import OUTCOMES
from kembar.stages import was_signed_before, years_to_first_rest
from kembar.world import RunRecord

SHOWN_STAGES: Final = ("active", "dormant", "ended")
ENDINGS: Final = records.ENDINGS[1:]
FACTORS: Final = (*records.PARTS[: records.SIDE_PART], *records.SIDE_FACTORS, *records.SHARED_FACTORS)
_FACTOR_OF_PART: Final = np.array([FACTORS.index(part.removesuffix("_a").removesuffix("_b")) for part in records.PARTS])

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run. NaN is an outcome without a value; ages are quarters since the agreement entered the run."""

    outcomes: Floats  # in the order of OUTCOMES
    stages: Floats  # (SHOWN_STAGES, years) agreements at the end of each year
    at_risk: Floats  # (quarters + 1,) agreements still active that had been followed to this age
    rested: Floats  # (quarters + 1,) of them, those that went dormant or ended at this age
    causes: Floats  # dormancies by main factor, in the order of FACTORS
    endings: Floats  # in the order of ENDINGS
    sectors: Floats  # [points] felt over the run
    money: Floats  # (2, years) [kusd] spent of the cities' own, and of others' money
    active_at_end: npt.NDArray[np.bool_]  # of the register's agreements


def facts_of(record: RunRecord) -> RunFacts:
    """The facts of a run that kept its cities' years."""
    agreements, series = record.agreements, record.series
    measured = measure(record)
    values = [measured[outcome.name].value for outcome in OUTCOMES]
    at_risk, rested = _survival(agreements, len(series) * records.QUARTERS_PER_YEAR)
    listed = agreements[: len(record.inputs.arrays["agreements"])]
    external = series["external_kusd"]
    return RunFacts(
        outcomes=np.array([math.nan if value is None else value for value in values]),
        stages=np.array([series[stage] for stage in SHOWN_STAGES]),
        at_risk=at_risk,
        rested=rested,
        causes=_causes(record),
        endings=np.array([np.count_nonzero(agreements["how"] == 1 + place) for place in range(len(ENDINGS))], float),
        sectors=record.city_totals["sector_points"].sum(axis=0),
        money=np.array([series["spent_kusd"] - external, external]),
        active_at_end=listed["stage"] == records.ACTIVE,
    )


def _causes(record: RunRecord) -> Floats:
    is_dormancy = (record.events["kind"] == records.WENT_DORMANT) & (record.events["split_row"] >= 0)
    rows = record.events["split_row"][is_dormancy]
    factors = _FACTOR_OF_PART[record.splits[rows].argmax(axis=1)] if len(rows) else []
    return np.bincount(factors, minlength=len(FACTORS)).astype(float)


def _survival(agreements: Any, horizon: int) -> tuple[Floats, Floats]:
    """At risk and at rest by age, of the agreements behind `restricted_mean_active_years`."""
    years, was_active = years_to_first_rest(agreements, horizon)
    before = was_signed_before(agreements)
    signed = (agreements["signed_quarter"] != records.NEVER) & (agreements["stage"] != records.SCHEDULED)
    at_start = before & was_active
    chosen = at_start if at_start.any() else signed & ~before & was_active
    ages = np.rint(years[chosen] * records.QUARTERS_PER_YEAR).astype(int)
    did_rest = agreements["entry_quarter"][chosen] + ages < horizon
    leaving = np.bincount(ages, minlength=horizon + 1).astype(float)
    rested = np.bincount(ages[did_rest], minlength=horizon + 1).astype(float)
    return leaving[::-1].cumsum()[::-1], rested
