"""Plain sentences from the results of a comparison, in the reader's language.

Nothing is overclaimed: a change whose interval includes zero is told as no clear difference, with what is still
possible; a result that does not exist is told with the reason. Names of policies, factors and agreements are the
caller's; all other words come from the messages `findings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kembar.analysis.estimates import Estimate
from kembar.analysis.fairness import Fairness, Group
from kembar.analysis.fates import Fate, Fates
from kembar.analysis.interaction import Grid, JointEffect, Synergy
from kembar.analysis.multiplicity import Comparisons, Rank
from kembar.analysis.paired import Effect
from kembar.analysis.precision import Precise, PrecisionRule
from kembar.analysis.telling import (
    MISSING,
    as_given,
    capitalised,
    is_share,
    told_change,
    told_range,
    with_unit,
)
from kembar.language import Messages

SHOWN_NAMES: Final = 5  # agreements told by name
_PERCENT: Final = 100.0
_EXECUTION: Final = ("appropriated_kusd", "own_spent_kusd", "execution_share")
_SPREAD: Final = ("top_fifth_by_size", "concentration_by_benefits")
_OF_GROUP: Final = "points_per_city"


def tell_effect(effect: Effect, language: Messages, label: str | None = None) -> str:
    """What the policy does to one outcome; `label` takes the place of the outcome's name."""
    name = capitalised(label or outcome_name(effect.outcome, language))
    has_percent = is_share(effect.outcome, effect.unit)
    change = told_change(effect.difference, language, _PERCENT if has_percent else 1.0)
    if change.kind == MISSING or effect.baseline is None or effect.policy is None:
        return language.text("findings.effect.missing", outcome=name, reason=told_reason(effect.difference, language))
    write = language.percent if has_percent else language.number
    return language.text(
        f"findings.effect.{change.kind}",
        outcome=name,
        effect=with_unit(change.size, effect.outcome, effect.unit, language),
        range=told_range(change, effect.difference, language),
        down=with_unit(change.low, effect.outcome, effect.unit, language),
        up=with_unit(change.high, effect.outcome, effect.unit, language),
        baseline=write(effect.baseline, change.digits),
        policy=write(effect.policy, change.digits),
        pairs=language.number(effect.difference.runs),
    )


def outcome_name(outcome: str, language: Messages) -> str:
    """An outcome's name in a language, to stand inside a sentence."""
    return language.text(f"findings.outcome.{outcome}")


def told_reason(estimate: Estimate, language: Messages) -> str:
    """Why an estimate has no interval."""
    return estimate.reason.told(language) if estimate.reason else ""


def tell_range(effect: Effect, language: Messages) -> str:
    """What "likely range" means: how sure the mean is, not how much single futures differ."""
    change = effect.difference
    values = {"level": language.percent(change.level), "pairs": language.number(change.runs)}
    left_out = language.text("findings.range.left_out", count=language.number(change.left_out))
    return language.text("findings.range.about", **values) + (f" {left_out}" if change.left_out else "")


def tell_luck(effect: Effect, language: Messages) -> str:
    """What the same luck on both sides was worth, as measured on these runs."""
    reduction, runs, pairs = effect.variance_reduction, effect.independent_runs, effect.difference.runs
    if reduction.value is None:
        reason = reduction.reason.told(language) if reduction.reason else ""
        return language.text("findings.luck.missing", reason=reason)
    if runs.value is None:
        return language.text("findings.luck.whole", pairs=language.number(pairs))
    key = "worth" if runs.value > pairs else "nothing"
    share = language.percent(max(0.0, reduction.value), 1 if reduction.value > 0.99 else 0)
    return language.text(
        f"findings.luck.{key}", reduction=share, runs=language.number(runs.value), pairs=language.number(pairs)
    )


def tell_fates(fates: Fates, year: int, language: Messages) -> list[str]:
    """How many of 100 agreements more are active in `year`, and which ones are saved and lost."""
    change = told_change(fates.more_of_100, language, digits=0)
    if change.kind == MISSING:
        return [language.text("findings.of_100.missing", reason=told_reason(fates.more_of_100, language))]
    key = f"findings.of_100.{change.kind}"
    single = f"findings.of_100.one_{change.kind}"
    found = [
        language.text(
            single if change.size == language.number(1.0) and language.has(single) else key,
            count=change.size,
            range=told_range(change, fates.more_of_100, language),
            down=change.low,
            up=change.high,
            year=str(year),
            pairs=language.number(fates.pairs),
        )
    ]
    if fates.reason is not None:
        return [*found, language.text("findings.fates.unnamed", reason=fates.reason.told(language))]
    for kind, group in (("saved", fates.saved), ("lost", fates.lost)):
        found.append(_named(kind, group, fates.pairs, language))
    return [*found, language.text("findings.fates.no_forecast", pairs=language.number(fates.pairs))]


def _named(kind: str, fates: Sequence[Fate], pairs: int, language: Messages) -> str:
    if not fates:
        return language.text(f"findings.fates.none_{kind}", pairs=language.number(pairs))
    names = [
        language.text(
            "findings.fates.one",
            agreement=fate.agreement,
            share=language.percent(_share(fate, kind)),
            reverse=language.percent(_share(fate, "lost" if kind == "saved" else "saved")),
        )
        for fate in fates[:SHOWN_NAMES]
    ]
    return language.text(f"findings.fates.{kind}", count=language.number(len(fates)), names="; ".join(names))


def _share(fate: Fate, kind: str) -> float:
    return (fate.saved if kind == "saved" else fate.lost).mean or 0.0


def tell_comparisons(comparisons: Comparisons, language: Messages) -> str:
    """How many comparisons there are, how many would look clear by chance, and how many stay clear together."""
    return language.text(
        "findings.comparisons.about",
        count=language.number(comparisons.count),
        alarms=language.number(comparisons.false_alarms, 1),
        clear=language.number(len(comparisons.clear)),
        together=language.number(len(comparisons.clear_together)),
    )


def tell_ranks(ranks: Sequence[Rank], outcome: str, language: Messages) -> str:
    """The policies in the order of their effect on an outcome, each with the places that the runs allow."""
    shown = [
        language.text(
            "findings.ranks.sure" if rank.best == rank.worst else "findings.ranks.between",
            policy=rank.policy,
            best=language.number(rank.best),
            worst=language.number(rank.worst),
        )
        for rank in ranks
    ]
    return language.text("findings.ranks.about", outcome=outcome_name(outcome, language), policies="; ".join(shown))


def tell_precision(precise: Precise, rule: PrecisionRule, outcome: str, language: Messages) -> str:
    """Whether the precision asked for was reached, with how many pairs, or why not."""
    values = {
        "outcome": outcome_name(outcome, language),
        "precision": as_given(_PERCENT * rule.share, language) + "%",
        "pairs": language.number(precise.difference.runs),
    }
    if precise.precision_reached:
        return language.text("findings.precision.reached", **values)
    reason = precise.reason.told(language) if precise.reason else ""
    return language.text("findings.precision.missed", reason=reason, **values)


def tell_synergy(synergy: Synergy, policies: tuple[str, str], outcome: str, unit: str, language: Messages) -> str:
    """Whether two policies do more together than the sum of what each does alone."""
    return _beyond_sum("synergy", synergy.beyond_sum, outcome, unit, language, first=policies[0], second=policies[1])


def tell_interaction(grid: Grid, outcome: str, unit: str, language: Messages) -> list[str]:
    """Whether raising both factors does more than the sum, at low levels, at high ones, and where more."""
    found = [_joint(grid, part, outcome, unit, language) for part in (grid.at_low_levels, grid.at_high_levels)]
    gap = told_change(grid.low_less_high, language)
    if gap.kind != MISSING:
        found.append(
            language.text(f"findings.low_or_high.{gap.kind}", first=grid.factors[0], second=grid.factors[1])
        )  # fmt: skip
    return found


def _joint(grid: Grid, part: JointEffect, outcome: str, unit: str, language: Messages) -> str:
    names = ("first_from", "first_to", "second_from", "second_to")
    numbers = [as_given(end, language) for end in (*part.first, *part.second)]
    return _beyond_sum(
        "joint",
        part.beyond_sum,
        outcome,
        unit,
        language,
        first=grid.factors[0],
        second=grid.factors[1],
        **dict(zip(names, numbers, strict=True)),
    )


def _beyond_sum(area: str, estimate: Estimate, outcome: str, unit: str, language: Messages, **values: str) -> str:
    change = told_change(estimate, language, _PERCENT if is_share(outcome, unit) else 1.0)
    if change.kind == MISSING:
        why = {"outcome": outcome_name(outcome, language), "reason": told_reason(estimate, language)}
        return language.text(f"findings.{area}.missing", **why, **values)
    return language.text(
        f"findings.{area}.{change.kind}",
        outcome=outcome_name(outcome, language),
        effect=with_unit(change.size, outcome, unit, language),
        range=told_range(change, estimate, language),
        down=with_unit(change.low, outcome, unit, language),
        up=with_unit(change.high, outcome, unit, language),
        pairs=language.number(estimate.runs),
        **values,
    )


def tell_fairness(fairness: Fairness, language: Messages) -> list[str]:
    """Benefits and their public part, who gains by size and income, the spread over cities, and the use of budgets."""
    benefits = {effect.outcome: effect for effect in fairness.benefits}
    execution = {effect.outcome: effect for effect in fairness.execution}
    spread = {effect.outcome: effect for effect in fairness.concentration}
    # Felt by cities, where the outcome of the same name is of benefits yielded: two numbers, so two names.
    felt = language.text("findings.fairness.felt_public")
    found = [tell_effect(benefits["benefit_points"], language)]
    found.append(tell_effect(benefits["public_benefit_share"], language, felt))
    found += [_of_group(group, language) for group in fairness.groups]
    found += [tell_effect(spread[name], language) for name in _SPREAD]
    return found + [tell_effect(execution[name], language) for name in _EXECUTION]


def _of_group(group: Group, language: Messages) -> str:
    effect = next(item for item in group.effects if item.outcome == _OF_GROUP)
    label = language.text(
        "findings.group.label",
        group=language.text(f"findings.group.{group.kind}.{group.name}"),
        outcome=outcome_name(_OF_GROUP, language),
    )
    return tell_effect(effect, language, label)
