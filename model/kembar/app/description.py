"""What the page must know of a world before any run: its places, levers, policies, outcomes and assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from kembar import __version__
from kembar.app.engine import Engine
from kembar.app.facts import ENDINGS, FACTORS
from kembar.app.requests import MOST_PAIRS, MOST_VARIANTS
from kembar.errors import InputError
from kembar.language import LANGUAGES, messages, number_marks
from kembar.outcomes import OUTCOMES
from kembar.parameters import Declaration, declarations, levers, references
from kembar.records import SECTORS, STAGES
from kembar.scenario.changes import resolve_changes, resolve_events
from kembar.scenario.reader import available_policies, load_policy
from kembar.scenario.records import Policy, Scenario
from kembar.scenario.schema import EVENT_KINDS
from kembar.scenario.times import format_quarter

# Levers as people think of them; a lever that is missing here is refused by a test.
LEVER_GROUPS: Final = {
    "money": (
        *("funding_share", "cofunding_rate", "foreign_grant_kusd", "ring_fence", "sponsor_programme"),
        "knowledge_share",
    ),
    "people": (
        *("staff_factor", "dedicated_secretariat", "staff_training", "handover_records", "capacity_building"),
        *("coordination_routine", "monitoring", "language_training", "intercultural_training"),
    ),
    "politics": (
        *("commitment_floor", "commitment_campaign", "institutional_by_law", "cross_party_committee"),
        *("term_limit", "term_years", "national_calendar", "decentralisation"),
    ),
    "clauses": (
        *("action_plan", "agreement_years", "automatic_renewal", "notice_years", "flexibility_clause"),
        *("focus_breadth", "partner_assessment", "approval_years", "legal_clarity"),
        *("search_effort", "portfolio_cap", "portfolio_review"),
    ),
    "digital": ("digital_share",),
    "society": ("citizen_committee", "civic_programme", "business_programme"),
}


def describe_world(engine: Engine) -> dict[str, Any]:
    """The world, its levers and everything to choose from, as one JSON object."""
    scenario = engine.scenario
    countries = sorted({city.country for city in scenario.cities})
    return {
        "version": __version__,
        "name": scenario.name,
        "title": scenario.title,
        "about": scenario.about,
        "start_year": scenario.start_year,
        "years": scenario.years,
        "cities": [city.key for city in scenario.cities],
        "countries": {code: scenario.countries[code].name for code in countries},
        "register": len(engine.agreement_names),
        "idr_per_usd": engine.baseline.parameters.number("idr_per_usd"),
        "most_pairs": MOST_PAIRS,
        "most_variants": MOST_VARIANTS,
        "groups": {group: [_lever(key) for key in keys] for group, keys in LEVER_GROUPS.items()},
        "event_kinds": list(EVENT_KINDS),
        "policies": _policies(scenario),
        "outcomes": {outcome.name: outcome.unit for outcome in OUTCOMES},
        "sectors": list(SECTORS),
        "stages": list(STAGES),
        "factors": list(FACTORS),
        "endings": list(ENDINGS),
    }


def _lever(key: str) -> dict[str, Any]:
    return _parameter(next(item for item in levers() if item.key == key))


def _parameter(item: Declaration) -> dict[str, Any]:
    return {
        **{"key": item.key, "unit": item.unit, "value": item.value, "range": list(item.range), "scale": item.scale},
        **{"basis": item.basis, "source": list(item.source), "claims": list(item.claims)},
    }


def _policies(scenario: Scenario) -> list[dict[str, Any]]:
    """The ready policies that reach somebody in this world."""
    found = []
    for listed in available_policies():
        policy = load_policy(listed.name)
        try:
            resolve_changes(scenario, [policy])
            resolve_events(scenario, [policy])
        except InputError:
            continue
        found.append({"name": policy.name, **as_variant(policy)})
    return found


def as_variant(policy: Policy) -> dict[str, Any]:
    """A policy as the page holds it: the content of its file."""

    def times(item: Any) -> dict[str, str]:
        until = {} if item.until_quarter is None else {"until": format_quarter(item.until_quarter)}
        return {"from": format_quarter(item.from_quarter), **until}

    return {
        "title": policy.title,
        "about": policy.about,
        "change": [
            {
                **{"parameter": item.parameter, "target": item.target, **times(item)},
                **{"value": item.value, "because": item.because},
            }
            for item in policy.changes
        ],
        "event": [
            {
                **{"kind": item.kind, **times(item), "severity": item.severity},
                **{"where": list(item.where), "because": item.because},
            }
            for item in policy.events
        ],
    }


def describe_assumptions(scenario: Scenario) -> dict[str, Any]:
    """The evidence ledger: every uncertainty with its value in this world, and the references behind them."""
    found = []
    for item in declarations():
        if item.kind == "uncertainty":
            value = scenario.parameters.get(item.key, item.value)
            found.append({**_parameter(item), "title": item.title, "about": item.about, "value": value})
    return {"parameters": found, "references": {key: asdict(item) for key, item in references().items()}}


def describe_language(language: str, areas: Sequence[str] = ("app.", "terms.")) -> dict[str, Any]:
    """The messages of some areas in a language, and its way of writing numbers."""
    catalogue = messages(language)
    thousands, decimals = number_marks(language)
    return {
        "language": language,
        "languages": dict(LANGUAGES),
        "thousands": thousands,
        "decimals": decimals,
        "texts": {key: text for key, text in catalogue.texts.items() if key.startswith(tuple(areas))},
    }
