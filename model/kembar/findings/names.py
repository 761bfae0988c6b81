"""What outcomes, policies, parameters, causes and cities are called, by one lookup for both languages.

The words are those of the catalogue `terms`. A parameter that has none there is called what it is declared as, in
English, and a policy of the reader's own what its file says, in every language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kembar.errors import InputError
from kembar.findings.city_outcomes import CITY_OUTCOMES
from kembar.language import Messages, messages
from kembar.outcomes import BY_NAME
from kembar.parameters import declaration

if TYPE_CHECKING:
    from kembar.findings.policies import PolicyFindings


def term(kind: str, name: str, language: Messages) -> str | None:
    """The word of the catalogue for a thing of a kind, None when it has none."""
    key = f"terms.{kind}.{name.replace('-', '_')}"
    return next((language.text(form) for form in (key, f"{key}.title") if language.has(form)), None)


def outcome_title(name: str, language: Messages) -> str:
    """An outcome's name, as a heading."""
    found = language.text(f"terms.outcome.{name}.title")
    return found[:1].upper() + found[1:]


def outcome_unit(name: str) -> str:
    """An outcome's unit, also of those of one city."""
    return BY_NAME[name].unit if name in BY_NAME else CITY_OUTCOMES[name]


def arm_title(titles: Sequence[tuple[str, str]], language: Messages) -> str:
    """The name of an arm made of policies, each given by its name and the heading of its file."""
    if not titles:
        return language.text("report.word.baseline")
    return " + ".join(_policy_title(policy, title, language) for policy, title in titles)


def _policy_title(name: str, title: str, language: Messages) -> str:
    """A shipped policy in the reader's language; one of the reader's own, even of the same name, as its file says."""
    is_shipped = term("policy", name, messages("en")) == title
    return (is_shipped and term("policy", name, language)) or title


def parameter_title(key: str, language: Messages, title: str | None = None) -> str:
    """A parameter's name; of a factor with a target, `parameter@target`, the target in brackets."""
    parameter, _, target = key.partition("@")
    found = term("lever", parameter, language) or term("uncertainty", parameter, language) or title
    if found is None:
        try:
            found = declaration(parameter).title
        except InputError:
            found = parameter
    return f"{found} ({target})" if target else found


def cause_title(name: str, language: Messages) -> str:
    """Why an agreement went to rest."""
    return language.text(f"terms.cause.{name}")


def ending_title(name: str, language: Messages) -> str:
    """How an agreement ended."""
    return language.text(f"terms.ending.{name}")


def sector_title(name: str, language: Messages) -> str:
    """A sector of benefits."""
    return language.text(f"terms.sector.{name}")


# Outcomes that a policy's own cost belongs to, and misses where the model does not contain it.
COST_OUTCOMES: Final = frozenset(
    {
        *("spent_kusd", "total_cost_kusd", "cost_kusd_per_active_agreement_year"),
        *("total_cost_kusd_per_active_agreement_year", "benefit_points_per_kusd"),
    }
)


def outcome_of(policy: PolicyFindings, outcome: str, language: Messages) -> str:
    """An outcome's heading beside a policy's effect on it; says so where the policy's own cost is missing in it."""
    title = outcome_title(outcome, language)
    if outcome in COST_OUTCOMES and not policy.cost.cost.is_in_model:
        return language.text("report.answer.without_own_cost", outcome=title)
    return title
