"""What a team decides for one year: one form, checked against the world and the declarations of the levers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from kembar.classroom.settings import settings
from kembar.errors import InputError, Problem, nearest
from kembar.parameters import check_value
from kembar.scenario.records import Scenario
from kembar.scenario.schema import Form

NORMAL: Final = "normal"
YES: Final = "yes"
MOST_ENTRIES: Final = 400  # of a table in a request; no city has more partners
LONGEST_KEY: Final = 120
Key = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]
_TABLE: Final[Any] = Field(max_length=MOST_ENTRIES, default_factory=dict)


class Decision(Form):
    """The settings of a city in one year.

    `levers` [unit of each] are those that the team has set, all others follow the model; `priorities` of partners that
    are not named are normal. `proposals` and `answers` are made in this year alone.
    """

    levers: Annotated[dict[Key, float], _TABLE]
    priorities: Annotated[dict[Key, Literal["low", "normal", "high"]], _TABLE]
    proposals: Annotated[list[Key], Field(max_length=MOST_ENTRIES, default_factory=list)]
    answers: Annotated[dict[Key, Literal["yes", "no"]], _TABLE]

    def carried_over(self) -> Decision:
        """What still holds in the next year: all but what is asked and answered once."""
        return Decision(levers=self.levers, priorities=self.priorities)

    def plain(self) -> dict[str, Any]:
        """The decision as JSON, without what is normal anyway."""
        found = self.model_dump(mode="json")
        found["priorities"] = {key: told for key, told in found["priorities"].items() if told != NORMAL}
        return found


NOTHING: Final = Decision()  # the baseline: the city follows the model


def checked(decision: Decision, scenario: Scenario, city: str) -> Decision:
    """The decision without what is normal anyway. Raises InputError with everything that this city cannot decide."""
    problems: list[Problem] = []
    known = settings().lever_keys
    for key, value in decision.levers.items():
        if key not in known:
            what = "is not among the levers of a class"
            problems.append(Problem(what, "request", key=f"levers.{key}", suggestion=nearest(key, known)))
        else:
            problems += check_value(key, value, ("lever",), "request")
    named: Mapping[str, list[str]] = {
        "priorities": list(decision.priorities),
        "proposals": decision.proposals,
        "answers": list(decision.answers),
    }
    for table, keys in named.items():
        for key in keys:
            if key not in scenario.city_index:
                close = nearest(key, scenario.city_index)
                problems.append(Problem(f"unknown city '{key}'", "request", key=table, suggestion=close))
            elif key == city:
                problems.append(Problem(f"{key} is the own city", "request", key=table))
    if len(set(decision.proposals)) < len(decision.proposals):
        problems.append(Problem("a city is named twice", "request", key="proposals"))
    most = settings().bounds.most_proposals
    if len(decision.proposals) > most:
        what = f"{len(decision.proposals)} proposals"
        problems.append(Problem(what, "request", key="proposals", why=f"the most are {most} a year"))
    if problems:
        raise InputError(problems)
    return Decision.model_validate(decision.plain())
