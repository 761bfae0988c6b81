"""The answers of sampled designs: what matters, how much is luck, and which policy is never far from the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.estimates import Estimate
from kembar.analysis.luck import LuckShare
from kembar.analysis.telling import capitalised
from kembar.analysis.tornado import Bar, rank_effects
from kembar.findings.names import arm_title, outcome_unit
from kembar.findings.phrases import change, level_of, listed, mean_of, outcome_inside, parameter_inside
from kembar.language import Messages

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings

SHOWN: Final = 3  # factors named in an answer


def screening_answer(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """Which factors move the outcome more than luck does, in which direction, and the share of luck."""
    design = world.design
    screening = design.screening(found.outcome) if design else None
    if design is None or screening is None:
        return
    unit = outcome_unit(found.outcome)
    order = np.argsort(-screening.mu_star.value, kind="stable")[:SHOWN]
    names = [parameter_inside(screening.factors[place], language) for place in order]
    sizes = [level_of(float(screening.mu_star.value[place]), found.outcome, unit, language) for place in order]
    shown = [language.text("report.answer.sized", name=one, size=size) for one, size in zip(names, sizes, strict=True)]
    values = {"outcome": outcome_inside(found.outcome, language), "count": language.number(len(screening.factors))}
    if screening.mu_star_of_luck is None:
        yield language.text("report.answer.screening_plain", names=listed(shown, language), **values)
    else:
        beyond = int((screening.mu_star.low > screening.mu_star_of_luck).sum())
        yield language.text(
            "report.answer.screening", names=listed(shown, language), beyond=language.number(beyond), **values
        )
    bars = rank_effects(screening)
    clear = [bar for bar in bars if bar.is_clear][:SHOWN]
    told = [
        language.text(
            "report.answer.named",
            name=parameter_inside(bar.factor, language),
            change=change(as_estimate(bar, screening.level, screening.trajectories), found.outcome, unit, language),
        )
        for bar in clear
    ]
    if told:
        yield language.text("report.answer.directions", changes="; ".join(told))
    else:
        yield language.text("report.answer.no_direction", outcome=values["outcome"])
    yield luck_sentence(dict(design.luck)[found.outcome], found.outcome, language)


def as_estimate(bar: Bar, level: float, runs: int) -> Estimate:
    """A bar of a tornado as an estimate."""
    return Estimate(bar.effect, bar.low, bar.high, None, level, runs)


def luck_sentence(luck: LuckShare, outcome: str, language: Messages) -> str:
    """The share of the variance that is luck."""
    name = outcome_inside(outcome, language)
    if luck.single is None:
        return language.text(f"report.luck.{luck.reason}", outcome=name)
    key = "share_between" if luck.single_low is not None else "share"
    values = {} if luck.single_low is None or luck.single_high is None else {
        "low": language.percent(luck.single_low), "high": language.percent(luck.single_high),
    }  # fmt: skip
    return language.text(
        f"report.luck.{key}",
        outcome=name,
        share=language.percent(luck.single),
        replicates=language.number(luck.replicates),
        left=language.percent(luck.left_in_means or 0.0),
        **values,
    )


def indices_answer(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """Which factors make the variance, how much is interplay, and how much is luck."""
    design = world.design
    indices = design.indices_of(found.outcome) if design else None
    if design is None or indices is None:
        return
    name = outcome_inside(found.outcome, language)
    if indices.is_constant:
        yield language.text("report.luck.no_variance", outcome=name)
        return
    order = np.argsort(-indices.total.value, kind="stable")[:SHOWN]
    shown = [
        language.text(
            "report.answer.shared",
            name=parameter_inside(indices.factors[place], language),
            share=language.percent(max(0.0, float(indices.total.value[place]))),
            low=language.percent(max(0.0, float(indices.total.low[place]))),
            high=language.percent(min(1.0, float(indices.total.high[place]))),
        )
        for place in order
    ]
    yield language.text("report.answer.variance", outcome=name, names="; ".join(shown))
    alone = float(np.clip(indices.first.value, 0.0, None).sum())
    yield language.text("report.answer.alone_share", share=language.percent(min(1.0, alone)), outcome=name)
    yield luck_sentence(indices.luck, found.outcome, language)


def regret_answer(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """Which policy is never far from the best, where policies help, and what decides between them."""
    design = world.design
    if design is None or design.regrets is None:
        return
    regrets = design.regrets
    titles = {arm.name: arm_title(arm.titles, language) for arm in world.policies}
    titles[""] = language.text("report.word.baseline")
    unit = outcome_unit(found.outcome)
    least = regrets.least()
    yield language.text(
        "report.answer.regret",
        policy=capitalised(titles[least.policy]),
        outcome=outcome_inside(found.outcome, language),
        quantile=level_of(max(0.0, least.quantile.value), found.outcome, unit, language),
        unit=language.text(f"report.unit.{unit}") if language.has(f"report.unit.{unit}") else unit,
        points=language.number(regrets.points),
        share=language.percent(least.share_best),
    )
    helped = sorted(design.satisficing, key=lambda one: -one.share)[:SHOWN]
    shown = [
        language.text("report.answer.helped", policy=titles[one.policy], share=language.percent(one.share),
                      low=language.percent(one.low), high=language.percent(one.high))
        for one in helped
    ]  # fmt: skip
    if shown:
        yield language.text("report.answer.satisficing", policies="; ".join(shown))
    deciders = design.deciders
    if deciders is None:
        yield language.text("report.answer.deciders_untold")
    elif not deciders.clear:
        yield language.text("report.answer.deciders_none", points=language.number(deciders.points))
    else:
        names = [parameter_inside(one.parameter, language) for one in deciders.clear[:SHOWN]]
        yield language.text("report.answer.deciders", names=listed(names, language), best=titles[deciders.best],
                            next=titles[deciders.next])  # fmt: skip


def gap_sentences(world: WorldFindings, language: Messages) -> list[str]:
    """Which analyses the complete runs did not allow, one sentence for each analysis."""
    gaps = world.design.gaps if world.design else ()
    outcomes: dict[str, list[str]] = {}
    for gap in gaps:
        outcomes.setdefault(gap.analysis, []).append(outcome_inside(gap.outcome, language))
    return [language.text(f"report.gap.{one}", outcomes=listed(names, language)) for one, names in outcomes.items()]


def sampled_answer(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """How far the outcomes of the points lie apart, and how much of that is luck."""
    design = world.design
    if design is None:
        return
    yield from levels_of(world, found.outcomes[: SHOWN - 1], language)
    yield luck_sentence(dict(design.luck)[found.outcome], found.outcome, language)


def levels_of(world: WorldFindings, outcomes: Sequence[str], language: Messages) -> Iterator[str]:
    """The mean of each outcome without any policy, and how far single runs lie apart."""
    arm = world.spreads[0].arm if world.spreads else ""
    for outcome in outcomes:
        spread = world.spread(arm, outcome)
        if spread is None or spread.mean.mean is None:
            continue
        unit = outcome_unit(outcome)
        yield language.text(
            "report.answer.level",
            outcome=capitalised(outcome_inside(outcome, language)),
            mean=mean_of(spread.mean, outcome, unit, language),
            low=level_of(spread.low, outcome, unit, language),
            high=level_of(spread.high, outcome, unit, language),
        )
