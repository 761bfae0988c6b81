"""What was found about a policy, as plain sentences in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kembar.analysis.sentences import tell_effect, tell_fairness, tell_fates, tell_luck, tell_range, tell_synergy
from kembar.findings.names import arm_title, outcome_of, outcome_unit
from kembar.findings.phrases import change, mean_of
from kembar.language import Messages, messages

if TYPE_CHECKING:
    from kembar.analysis.delayed_entry import DelayedEntry
    from kembar.findings.policies import PolicyFindings


def policy_sentences(policy: PolicyFindings, lang: str) -> list[str]:
    """Effects, lives, cost, fates, synergy and fairness of one policy."""
    language = messages(lang)
    found = [tell_effect(effect, language, outcome_of(policy, effect.outcome, language)) for effect in policy.effects]
    if policy.fates is not None:
        found += tell_fates(policy.fates, policy.horizon_year, language)
    found += cost_sentences(policy, language)
    if policy.synergy is not None:
        outcome = policy.effects[0].outcome
        names = {one: _part_title(policy, one, language) for one in (policy.synergy.first, policy.synergy.second)}
        pair = (names[policy.synergy.first], names[policy.synergy.second])
        found.append(tell_synergy(policy.synergy.synergy, pair, outcome, outcome_unit(outcome), language))
    ratio = hazard_sentence(policy, language)
    if ratio is not None:
        found.append(ratio)
    if policy.fairness is not None:
        found += tell_fairness(policy.fairness, language)
    first = policy.effects[0]
    return [*found, tell_range(first, language), tell_luck(first, language)]


def _part_title(policy: PolicyFindings, part: str, language: Messages) -> str:
    titles = [(name, title) for name, title in policy.titles if name == part] or [(part, part)]
    return arm_title(titles, language)


def cost_sentences(policy: PolicyFindings, language: Messages) -> list[str]:
    """Money and posts a year, and the price of an active agreement-year gained, money alone and with posts."""
    cost = policy.cost.cost
    found = []
    for key, effect in (("spent", cost.spent), ("external", cost.external), ("held_staff", cost.held_staff)):
        text = change(effect.difference, effect.outcome, effect.unit, language)
        found.append(language.text("report.cost.line", what=language.text(f"report.cost.{key}"), change=text))
    if not cost.is_in_model:
        found.append(language.text("findings.cost.not_in_model"))
    gain = cost.active_years.difference
    if not gain.is_clear:
        found.append(language.text("report.cost.no_gain"))
    elif (gain.mean or 0.0) < 0.0:
        found.append(language.text("findings.gain.lost"))
    elif cost.is_in_model:
        money, whole = cost.kusd_per_active_year_gained, policy.cost.with_staff
        if money.mean is not None and whole.mean is not None:
            values = {
                "money": mean_of(money, "price", "kusd", language),
                "whole": mean_of(whole, "price", "kusd", language),
            }
            found.append(language.text("report.cost.price", **values))
    return found


def hazard_sentence(policy: PolicyFindings, language: Messages) -> str | None:
    """The hazard ratio of the policy for the first active spell."""
    if policy.longevity is None or not policy.longevity.ratio.ratios:
        return None
    ratio = policy.longevity.ratio.ratios[0].ratio
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return None
    return language.text(
        "report.lives.policy_ratio",
        ratio=language.number(ratio.value, 2), low=language.number(ratio.low, 2), high=language.number(ratio.high, 2),
    )  # fmt: skip


def late_entry_sentence(found: DelayedEntry, language: Messages) -> str:
    """Whether one curve answers for agreements old at the start, too; empty where there is no interval."""
    ratio, low, high = found.ratio.value, found.ratio.low, found.ratio.high
    if ratio is None or low is None or high is None:
        return ""
    return language.text(
        "report.lives.late_alike" if found.fare_alike else "report.lives.late_unlike",
        ratio=language.number(ratio, 2), low=language.number(low, 2), high=language.number(high, 2),
    )  # fmt: skip
