"""For which questions the model may be used: each hangs on patterns and claims, and on changes made to show them."""

from __future__ import annotations

from typing import Final, Literal

from kembar.evidence.claims import CLAIMS
from kembar.evidence.scorecard import Scorecard

Use = Literal["yes", "with care", "no"]

# A question, the patterns that the model must show before it may be asked, and the claims that should hold.
PATTERNS_OF: Final = {
    "policies": ("P05", "P06", "P07", "P08", "P13"),
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
CLAIMS_OF: Final = {
    "policies": CLAIMS,
    "decline": ("S02", "S03", "S13"),
    "money": ("S04",),
    "citizens": ("S10", "S11", "S26"),
    "shocks": ("S08", "S16", "S25"),
    "gains": ("S19", "S20", "S21", "S22"),
    "partners": ("S14", "S23", "S24"),
    "talks": ("S05", "S06"),
}
NEVER: Final = ("pair", "levels", "value")  # what no pattern could allow: see the messages


def judge_questions(card: Scorecard) -> dict[str, Use]:
    """Yes when every pattern is reproduced by the model as first built and every claim holds, no when a pattern is
    missed, else with care."""
    found: dict[str, Use] = {}
    by_id = {pattern.id: pattern for pattern in card.patterns}
    failing = {sign.sign.claim for sign in card.signs if not sign.holds}
    for question, needed in PATTERNS_OF.items():
        patterns = [by_id[name] for name in needed]
        is_changed = any(pattern.verdict == "partly" or pattern.revised for pattern in patterns)
        if any(pattern.verdict in ("not", "not enough data") for pattern in patterns):
            found[question] = "no"
        elif is_changed or failing & set(CLAIMS_OF.get(question, ())):
            found[question] = "with care"
        else:
            found[question] = "yes"
    return {**found, **dict.fromkeys(NEVER, "no")}
