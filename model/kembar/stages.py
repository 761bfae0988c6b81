"""Stages of agreements read from a finished run: at its start, at its end, and how long the first active spell was."""

from __future__ import annotations

from typing import Any

import numpy as np

from kembar import records

NOT_BEGUN = "not_begun"  # a pair whose talks open later in the run, or a recorded signing after its horizon


def was_signed_before(agreements: Any) -> Any:
    """Which agreements were signed before the run's first quarter."""
    signed = agreements["signed_quarter"]
    talks = (agreements["stage"] == records.SCHEDULED) | (agreements["follows_record"] == 1)
    return (signed != records.NEVER) & (signed < 0) & ~talks


def stages_at_start(agreements: Any) -> list[str]:
    """The stage of every agreement in the moment before the first quarter."""
    return stage_names(stage_codes_at_start(agreements))


def stage_codes_at_start(agreements: Any) -> Any:
    """The same as numbers of stages; SCHEDULED for talks that had not begun."""
    before = was_signed_before(agreements)
    dormant = (agreements["first_dormant_quarter"] < 0) & (agreements["first_dormant_quarter"] != records.NEVER)
    opened = (agreements["opened_quarter"] < 0) & (agreements["opened_quarter"] != records.NEVER)
    letter = (agreements["letter_quarter"] < 0) & (agreements["letter_quarter"] != records.NEVER)
    stalled = agreements["status"] == records.STATUS_STALLED
    scheduled = agreements["stage"] == records.SCHEDULED
    return np.select(
        [before & dormant, before, scheduled | ~opened, stalled, letter],
        [records.DORMANT, records.ACTIVE, records.SCHEDULED, records.STALLED, records.LETTER],
        records.EXPLORING,
    )


def stage_names(stages: Any) -> list[str]:
    """Stages as words."""
    words = (*records.STAGES, NOT_BEGUN)
    return [words[stage] for stage in stages]


def first_rest_quarters(agreements: Any, horizon: int) -> tuple[Any, Any]:
    """The quarter of each signed agreement's first dormancy or end, the horizon when neither came, and which came.

    The second array is 1 for a dormancy, 2 for an end without one, 0 for neither.
    """
    dormant = np.where(
        agreements["first_dormant_quarter"] == records.NEVER, horizon, agreements["first_dormant_quarter"]
    )
    ended = np.where(agreements["ended_quarter"] == records.NEVER, horizon, agreements["ended_quarter"])
    first = np.minimum(np.minimum(dormant, ended), horizon)
    came = np.where(dormant <= np.minimum(ended, horizon - 1), 1, np.where(ended < horizon, 2, 0))
    return first, came


def years_to_first_rest(agreements: Any, horizon: int) -> tuple[Any, Any]:
    """Years from entry into the run to the first dormancy or end, cut at the horizon; and which were then active."""
    entry = agreements["entry_quarter"]
    first, _ = first_rest_quarters(agreements, horizon)
    seen = (entry != records.NEVER) & (first >= entry)
    years = np.where(seen, first - entry, 0) / records.QUARTERS_PER_YEAR
    return years, seen
