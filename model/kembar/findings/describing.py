"""The findings on one page of a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from kembar.analysis.cost_sentences import tell_ranking
from kembar.analysis.sentences import tell_comparisons, tell_precision, tell_ranks
from kembar.findings.names import arm_title, outcome_of, outcome_title, outcome_unit
from kembar.findings.phrases import change, mean_of, unit_word
from kembar.language import Messages, messages

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings
    from kembar.findings.policies import PolicyFindings

WIDTH: Final = 100


def describe(found: Findings, lang: str) -> str:
    """Question, answer, and a short table for each world."""
    language = messages(lang)
    lines = [found.manifest.form["title"], ""]
    lines += _wrapped(found.manifest.form["question"])
    lines.append("")
    for sentence in found.answer(lang):
        lines += _wrapped(sentence, "  ")
    for world in found.worlds:
        lines += ["", *_world(found, world, language)]
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _world(found: Findings, world: WorldFindings, language: Messages) -> list[str]:
    lines = _wrapped(
        language.text("report.text.world", world=world.title, first=str(world.start_year), last=str(world.horizon_year))
    )
    baseline = [spread for spread in world.spreads if spread.arm == ""]
    for spread in baseline:
        unit = outcome_unit(spread.outcome)
        shown = mean_of(spread.mean, spread.outcome, unit, language)
        lines.append(
            f"  {outcome_title(spread.outcome, language)} [{unit_word(unit, language, spread.outcome)}]: {shown}"
        )
    for policy in world.policies:
        lines += ["", *_policy(found, policy, language)]
    if len(world.policies) > 1:
        titles = {arm.name: arm_title(arm.titles, language) for arm in world.policies}
        lines.append("")
        lines += _wrapped(tell_ranks(titled(world.ranks, titles), found.outcome, language))
        for sentence in tell_ranking(titled(world.standings, titles), language):
            lines += _wrapped(sentence)
        if world.comparisons is not None:
            lines += _wrapped(tell_comparisons(world.comparisons, language))
    return lines


def titled(items: tuple, titles: dict[str, str]) -> list:  # type: ignore[type-arg]
    """Ranks or standings with the policies' titles in the place of their names."""
    from dataclasses import replace

    return [replace(item, policy=titles[item.policy]) for item in items]


def _policy(found: Findings, policy: PolicyFindings, language: Messages) -> list[str]:
    lines = [arm_title(policy.titles, language)]
    for effect in policy.effects:
        text = change(effect.difference, effect.outcome, effect.unit, language)
        lines += _wrapped(f"{outcome_of(policy, effect.outcome, language)}: {text}", "  ")
    if policy.precision is not None and found.rule is not None:
        name = found.manifest.form["precision"]["outcome"]
        lines += _wrapped(tell_precision(policy.precision, found.rule, name, language), "  ")
    return lines
