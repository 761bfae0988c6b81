"""For which questions the model may be used: each hangs on patterns, and on whether it was changed to show them."""

from __future__ import annotations

from typing import Final, Literal

from kembar.evidence.scorecard import Scorecard

Use = Literal["yes", "with care", "no"]

# A question and the patterns that the model must show before it may be asked.
PATTERNS_OF: Final = {
    "decline": ("P03", "P05", "P06"),
    "money": ("P07", "P08"),
    "citizens": ("P04", "P13"),
    "shocks": ("P14", "P15"),
    "gains": ("P11", "P12"),
    "partners": ("P09", "P10"),
    "talks": ("P16",),
    "endings": ("P02",),
    "sleep": ("P01",),
}
NEVER: Final = ("pair", "levels", "value")  # what no pattern could allow: see the messages


def judge_questions(card: Scorecard) -> dict[str, Use]:
    """Yes when every pattern is reproduced by the model as first built, no when one is missed, else with care."""
    found: dict[str, Use] = {}
    by_id = {pattern.id: pattern for pattern in card.patterns}
    for question, needed in PATTERNS_OF.items():
        patterns = [by_id[name] for name in needed]
        if any(pattern.verdict in ("not", "not enough data") for pattern in patterns):
            found[question] = "no"
        elif any(pattern.verdict == "partly" or pattern.revised for pattern in patterns):
            found[question] = "with care"
        else:
            found[question] = "yes"
    return {**found, **dict.fromkeys(NEVER, "no")}
