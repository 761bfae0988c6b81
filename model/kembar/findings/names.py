"""What outcomes, policies, parameters, causes and cities are called, by one lookup for both languages.

A word of the catalogue `terms` comes first, then the shorter names of the analyses, then the English declaration: a
policy of the reader's own is called what its file says in every language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kembar.errors import InputError
from kembar.findings.city_outcomes import CITY_OUTCOMES
from kembar.language import Messages, messages
from kembar.outcomes import BY_NAME
from kembar.parameters import declaration
from kembar.wording import ENDINGS, FACTORS

if TYPE_CHECKING:
    from kembar.findings.policies import PolicyFindings

_TITLE_KEYS: Final = ("{}", "{}.title", "{}.name")


def term(kind: str, name: str, language: Messages) -> str | None:
    """The word of the catalogue for a thing of a kind, None when it has none."""
    for form in _TITLE_KEYS:
        key = "terms." + form.format(f"{kind}.{name.replace('-', '_')}")
        if language.has(key):
            return language.text(key)
    return None


def outcome_title(name: str, language: Messages) -> str:
    """An outcome's name, as a heading."""
    found = term("outcome", name, language)
    if found is None and language.has(f"findings.outcome.{name}"):
        found = language.text(f"findings.outcome.{name}")
    if found is None:
        found = BY_NAME[name].title if name in BY_NAME else name.replace("_", " ")
    return found[:1].upper() + found[1:]


def outcome_unit(name: str) -> str:
    """An outcome's unit, also of those of one city."""
    return BY_NAME[name].unit if name in BY_NAME else CITY_OUTCOMES[name]


def arm_title(name: str, titles: Sequence[tuple[str, str]], language: Messages) -> str:
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
    own = f"report.why.{name}"
    return term("cause", name, language) or (language.text(own) if language.has(own) else FACTORS.get(name, name))


def ending_title(name: str, language: Messages) -> str:
    """How an agreement ended."""
    own = f"report.how.{name}"
    return term("ending", name, language) or (language.text(own) if language.has(own) else ENDINGS.get(name, name))


def sector_title(name: str, language: Messages) -> str:
    """A sector of benefits."""
    found = term("sector", name, language)
    if found:
        return found
    return language.text(f"report.sector.{name}")


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
