"""Findings as JSON values: numbers that do not exist are null and stand beside a reason, never NaN."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kembar.analysis.estimates import Estimate
from kembar.analysis.fates import Fate

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings
    from kembar.findings.policies import PolicyFindings

_WHY_NO_RULE = "no precision was asked for"
_WHY_OTHER = "the precision asked for is of another outcome"


def plain(value: Any) -> Any:
    """Any result of an analysis as JSON values; reasons become sentences, frames and arrays lists.

    >>> plain((1.0, float("nan"), np.array([2])))
    [1.0, None, [2]]
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    if type(value).__name__ == "Reason":
        return str(value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if dataclasses.is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


def study_json(found: Findings) -> dict[str, Any]:
    """The contract's keys of `kembar study --json`, and the details of every world."""
    manifest = found.manifest
    return {
        "study": manifest.name,
        "complete": found.is_complete,
        "notice": found.notice,
        "question": manifest.form["question"],
        "runs": manifest.runs,
        "failures": manifest.failed_runs,
        "answer": found.answer(),
        "outcome": found.outcome,
        "city": found.city,
        "worlds": [_world_json(found, world) for world in found.worlds],
        "manifest": manifest.model_dump(mode="json"),
    }


def comparison_json(found: Findings, lang: str) -> dict[str, Any]:
    """The contract's keys of `kembar compare --json`."""
    world = found.worlds[0]
    return {
        "scenario": world.name,
        "complete": found.is_complete,
        "notice": found.notice,
        "city": found.city,
        "answer": found.answer(lang),
        "baseline": _baseline(world),
        "policies": [_policy_json(found, policy, lang) for policy in world.policies],
        "comparisons": plain(world.comparisons),
        "manifest": found.manifest.model_dump(mode="json"),
    }


def _world_json(found: Findings, world: WorldFindings) -> dict[str, Any]:
    return {
        "scenario": world.name,
        "title": world.title,
        "start_year": world.start_year,
        "years": world.years,
        "baseline": _baseline(world),
        "policies": [_policy_json(found, policy, "en") for policy in world.policies],
        "comparisons": plain(world.comparisons),
        "ranks": plain(world.ranks),
        "cost_ranking": [
            {"policy": one.policy, "place": one.place, "standing": one.standing, "reason": plain(one.reason)}
            for one in world.standings
        ],
        "longevity": _longevity_json(world),
        "design": plain(world.design),
    }


def _baseline(world: WorldFindings) -> dict[str, Any]:
    return {
        spread.outcome: {"spread_low": plain(spread.low), "spread_high": plain(spread.high), **_estimate(spread.mean)}
        for spread in world.spreads
        if spread.arm == ""
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    has_ends = estimate.low is not None and estimate.high is not None
    found = {
        "value": plain(estimate.mean),
        "interval": [plain(estimate.low), plain(estimate.high)] if has_ends else None,
        "level": estimate.level,
        "runs": estimate.runs,
    }
    return found if estimate.reason is None else {**found, "reason": str(estimate.reason)}


def _policy_json(found: Findings, policy: PolicyFindings, lang: str) -> dict[str, Any]:
    cost = policy.cost
    shares = policy.fates
    why = None if shares is None else plain(shares.reason)
    told: dict[str, Any] = {
        "name": policy.name,
        "title": policy.title,
        "effects": [_effect_json(found, policy, place) for place in range(len(policy.effects))],
        "cost": {
            "kusd_a_year": _estimate(cost.cost.spent.difference),
            "own_kusd_a_year": _estimate(cost.cost.own.difference),
            "external_kusd_a_year": _estimate(cost.cost.external.difference),
            "posts_held_fte": _estimate(cost.cost.held_staff.difference),
            "posts_used_fte": _estimate(cost.cost.used_staff.difference),
            "kusd_per_active_agreement_year_gained": _estimate(cost.cost.kusd_per_active_year_gained),
            "kusd_per_active_agreement_year_gained_with_posts": _estimate(cost.with_staff),
            "is_in_model": cost.cost.is_in_model,
        },
        "saved": None if shares is None or why else [_fate(one, one.saved) for one in shares.saved],
        "lost": None if shares is None or why else [_fate(one, one.lost) for one in shares.lost],
        "of_100_agreements": None
        if shares is None
        else {
            **_estimate(shares.more_of_100),
            "active_without": plain(shares.active_of_100),
            "active_with": plain(shares.active_of_100_with),
        },
        "sentences": policy.sentences(lang),
    }
    if told["saved"] is None:
        told["reason"] = why or "the study does not tell of single agreements"
    if policy.synergy is not None:
        told["synergy"] = plain(policy.synergy)
    if policy.fairness is not None:
        told["benefits"] = [_plain_effect(one) for one in policy.fairness.benefits]
        told["concentration"] = [_plain_effect(one) for one in policy.fairness.concentration]
    if policy.longevity is not None:
        told["hazard_ratio"] = plain(policy.longevity.ratio)
    return told


def _effect_json(found: Findings, policy: PolicyFindings, place: int) -> dict[str, Any]:
    effect = policy.effects[place]
    told = _plain_effect(effect)
    reached, reason = None, _WHY_NO_RULE
    if found.rule is not None and policy.precision is not None:
        reason = _WHY_OTHER
        if effect.outcome == found.manifest.form["precision"]["outcome"]:
            reached = policy.precision.precision_reached
            reason = "" if policy.precision.reason is None else str(policy.precision.reason)
    told["precision_reached"] = reached
    if reason:
        told["reason"] = "; ".join(filter(None, (told.get("reason"), reason)))
    return told


def _plain_effect(effect: Any) -> dict[str, Any]:
    difference = effect.difference
    has_ends = difference.low is not None and difference.high is not None
    told: dict[str, Any] = {
        "outcome": effect.outcome,
        "unit": effect.unit,
        "baseline": plain(effect.baseline),
        "policy": plain(effect.policy),
        "effect": plain(difference.mean),
        "interval": [plain(difference.low), plain(difference.high)] if has_ends else None,
        "level": difference.level,
        "pairs": difference.runs,
        "variance_reduction": plain(effect.variance_reduction.value),
    }
    reason = difference.reason or effect.variance_reduction.reason
    return told if reason is None else {**told, "reason": str(reason)}


def _fate(fate: Fate, share: Estimate) -> dict[str, Any]:
    return {
        "agreement": fate.agreement,
        "share": plain(share.mean),
        "interval": [plain(share.low), plain(share.high)],
        "active_without": fate.active_without,
        "active_with": fate.active_with,
    }


def _longevity_json(world: WorldFindings) -> dict[str, Any] | None:
    if world.longevity is None:
        return None
    lives = world.longevity
    return {
        name: {"median": plain(part.median), "restricted_means": plain(part.restricted_means),
               "events": dict(zip(part.incidence.event_names, plain(part.incidence.events), strict=True))}
        for name, part in (("first_active_spell", lives.why), ("whole_life", lives.how))
    } | {"hazard_peaks": plain(lives.hazard.peaks), "model": plain(lives.model),
        "delayed_entry": {**plain(lives.delayed_entry), "fare_alike": lives.delayed_entry.fare_alike}}  # fmt: skip
