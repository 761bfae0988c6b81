"""What heads do to agreements: P05, and the targets on elections, caretakers and rotated staff."""

from __future__ import annotations

from typing import Final

import numpy as np

from kembar import records
from kembar.evidence.arms import FORECAST, HINDCAST
from kembar.evidence.statistics import Floats, Statistic, ratio
from kembar.evidence.view import PER_YEAR, View, within

AFTER_YEARS: Final = 2  # after a change of head of either side
BY_ELECTION: Final = 0  # detail of a change of head: 1 is an early departure
ELECTION_YEARS: Final = (2015, 2018)  # first, and first one after
CARETAKER_YEARS: Final = (2022, 2026)


def _hazards_by_change(view: View) -> Floats:
    """Dormancies and active quarters: soon after a change of either head, and else."""
    span = AFTER_YEARS * PER_YEAR
    recent = within(view.head_changed, span)
    after = (recent[view.agreements["a"]] | recent[view.agreements["b"]])[:, span:]
    active, fell = view.active[:, span:], view.went_dormant[:, span:]
    soon, else_ = active & after, active & ~after
    return np.array([(soon & fell).sum(), soon.sum(), (else_ & fell).sum(), else_.sum()], dtype=np.float64)


def _hazard_ratio(sums: Floats) -> Floats:
    return ratio(ratio(sums[..., 0], sums[..., 1]), ratio(sums[..., 2], sums[..., 3]))


def _elections(view: View) -> Floats:
    first, last = (view.quarter_of(year) for year in ELECTION_YEARS)
    counts = []
    for kind in (records.LEADER_RETURNED, records.LEADER_CHANGED):
        events = view.of_kind(kind)
        wanted = (events["quarter"] >= first) & (events["quarter"] < last) & (events["detail"] == BY_ELECTION)
        counts.append(float((wanted & (view.cities["wave"][events["subject"]] >= 0)).sum()))
    return np.array([counts[0], sum(counts)])


def _caretakers(view: View) -> Floats:
    """Quarters under caretakers who came in the years named, and how many came."""
    first, last = (view.quarter_of(year) for year in CARETAKER_YEARS)
    came = view.of_kind(records.CARETAKER_CAME)
    came = came[(came["quarter"] >= first) & (came["quarter"] < last)]
    seats = view.of_kind(records.LEADER_CHANGED)
    total = count = 0
    for city, quarter in zip(came["subject"], came["quarter"], strict=True):
        following = seats["quarter"][(seats["subject"] == city) & (seats["quarter"] > quarter)]
        if len(following):
            total += int(following[0] - quarter)
            count += 1
    return np.array([total, count], dtype=np.float64)


def _rotations(view: View) -> Floats:
    lost = view.record.inputs.parameters.number("rotation_staff_loss")
    delay = int(view.record.inputs.parameters.number("rotation_delay_years") * PER_YEAR)
    changes = view.of_kind(records.LEADER_CHANGED)
    due = (changes["quarter"] + delay < view.quarters).sum()
    return np.array([lost * len(view.of_kind(records.STAFF_ROTATED)), due], dtype=np.float64)


STATISTICS: Final = {
    "hazard_after_change": Statistic(
        "1", (FORECAST,), _hazards_by_change, _hazard_ratio, lambda sums: np.minimum(sums[..., 0], sums[..., 2])
    ),
    "head_returned": Statistic(
        "1", (HINDCAST,), _elections, lambda sums: ratio(sums[..., 0], sums[..., 1]), lambda sums: sums[..., 1]
    ),
    "caretaker_years": Statistic(
        "years",
        (HINDCAST,),
        _caretakers,
        lambda sums: ratio(sums[..., 0], sums[..., 1]) / PER_YEAR,
        lambda sums: sums[..., 1],
    ),
    "staff_shock": Statistic(
        "1", (FORECAST,), _rotations, lambda sums: ratio(sums[..., 0], sums[..., 1]), lambda sums: sums[..., 1]
    ),
}
