"""The targets' statistics in single runs: what a calibration compares with the evidence, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.evidence.arms import ARMS
from kembar.evidence.declaration import NO_STATISTIC, Target, targets
from kembar.evidence.registry import STATISTICS
from kembar.evidence.view import View

if TYPE_CHECKING:
    from kembar.world import RunRecord

NO_VALUE: Final = float("nan")


@cache
def targets_of_runs() -> tuple[Target, ...]:
    """The targets whose statistic comes from runs of one shipped world without any policy, in their order."""
    return tuple(
        target
        for target in targets()
        if target.part.statistic != NO_STATISTIC and world_of(target.part.statistic) is not None
    )


def world_of(statistic: str) -> str | None:
    """The world whose runs give a statistic; None when it compares several worlds or needs a policy."""
    arms = STATISTICS[statistic].arms
    if len(arms) != 1:
        return None
    arm = ARMS[arms[0]]
    is_plain = isinstance(arm.world, str) and not arm.policies and not arm.levers
    return str(arm.world) if is_plain else None


@cache
def statistics_of_runs() -> Mapping[str, str]:
    """The statistics of those targets, each with the world whose runs give it."""
    found: dict[str, str] = {}
    for target in targets_of_runs():
        world = world_of(target.part.statistic)
        assert world is not None
        found[target.part.statistic] = world
    return found


def statistics_in_run(record: RunRecord) -> dict[str, float]:
    """Every statistic of one run that kept its exchanges; NaN where it belongs to another world or has no value."""
    world = record.inputs.scenario.name
    view = View(record)
    found = dict.fromkeys(statistics_of_runs(), NO_VALUE)
    for name, owner in statistics_of_runs().items():
        if owner == world:
            statistic = STATISTICS[name]
            found[name] = float(statistic.value(np.asarray(statistic.tally(view), np.float64)))
    return found
