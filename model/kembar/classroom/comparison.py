"""The class's choices side by side: least, middle, most, and who touched what."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any, Final

from kembar.classroom.decision import Decision
from kembar.classroom.settings import settings
from kembar.parameters import declaration

COUNTED: Final = ("priorities", "proposals", "answers")  # of these the number of entries is compared


def compare_choices(
    decisions: Mapping[int, Decision], in_force: Mapping[int, Mapping[str, float]]
) -> list[dict[str, Any]]:
    """A row for each thing that can be decided; a team that has not touched a lever has the value in force there.

    `decisions` and `in_force` [unit of each lever] are those of every team.
    """
    rows = []
    for key in settings().lever_keys:
        declared = declaration(key)
        values = {
            team: decision.levers.get(key, in_force.get(team, {}).get(key, declared.value))
            for team, decision in decisions.items()
        }
        touched = [team for team, decision in decisions.items() if key in decision.levers]
        rows.append(_row(key, declared.unit, touched, values))
    for name in COUNTED:
        counts = {team: len(getattr(decision, name)) for team, decision in decisions.items()}
        rows.append(_row(name, "count", [team for team, count in counts.items() if count], counts))
    return rows


def _row(field: str, unit: str, touched: list[int], values: Mapping[int, Any]) -> dict[str, Any]:
    found = list(values.values())
    return {
        "field": field,
        "unit": unit,
        "touched": touched,
        **{"min": min(found), "median": median(found), "max": max(found)},
        "values": [{"team": team, "value": value} for team, value in values.items()],
    }
