"""The answer: three sentences with numbers, chosen by what kind of question the study asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from kembar.analysis.estimates import Estimate
from kembar.analysis.interaction import JointEffect
from kembar.analysis.sentences import tell_fates, tell_interaction
from kembar.analysis.telling import as_given, capitalised
from kembar.findings.answer_sampled import indices_answer, levels_of, regret_answer, sampled_answer, screening_answer
from kembar.findings.designs import LOWER_IS_BETTER, Surface
from kembar.findings.names import arm_title, outcome_unit
from kembar.findings.phrases import change, inside, level_of, mean_of, outcome_inside, parameter_inside
from kembar.language import Messages, messages

if TYPE_CHECKING:
    from kembar.findings.findings import Findings, WorldFindings
    from kembar.findings.policies import PolicyFindings

SENTENCES: Final = 3
_BENEFITS: Final = ("benefit_points_per_agreement", "benefit_points")


def answer(found: Findings, lang: str) -> list[str]:
    """Three sentences that answer the study's question."""
    language = messages(lang)
    if len(found.worlds) == 1:
        told = list(_of_world(found, found.worlds[0], language))[:SENTENCES]
    else:
        told = list(_of_worlds(found, language))[:SENTENCES]
    if found.city is not None and told:
        told[0] = language.text("report.answer.of_city", city=found.city, sentence=told[0])
    if not found.is_complete:
        mark = unfinished(found, language)
        told = [f"{mark} {told[0]}" if told else mark, *told[1:]]
    return told


def _of_worlds(found: Findings, language: Messages) -> Iterator[str]:
    """The first sentence of every world, then their second ones, and so on."""
    each = [list(_of_world(found, world, language)) for world in found.worlds]
    for place in range(SENTENCES):
        for world, sentences in zip(found.worlds, each, strict=True):
            if place < len(sentences):
                yield language.text("report.answer.in_world", world=world.title, sentence=sentences[place])


def unfinished(found: Findings, language: Messages) -> str:
    """The mark of an unfinished study."""
    return language.text("report.unfinished", done=language.number(found.done), total=language.number(found.total))


def _of_world(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    design = world.design
    if design is not None and design.regrets is not None:
        yield from regret_answer(found, world, language)
    elif _protections(found, world):
        yield from _protection(found, world, language)
    elif world.policies:
        yield from _policies(found, world, language)
        if design is not None:
            yield from _grid(found, world, language)
    elif design is None:
        yield from levels_of(world, found.outcomes[:SENTENCES], language)  # its world is described
    elif design.screening(found.outcome) is not None:
        yield from screening_answer(found, world, language)
    elif design.indices_of(found.outcome) is not None:
        yield from indices_answer(found, world, language)
    elif design.kind == "full":
        yield from _grid(found, world, language)
    else:
        yield from sampled_answer(found, world, language)


def _protections(found: Findings, world: WorldFindings) -> list[tuple[PolicyFindings, str, str]]:
    """The arms in which something harmful and something else hold together: the arm, the harm, and what may protect."""
    sign = -1.0 if found.outcome in LOWER_IS_BETTER else 1.0
    effects = {policy.name: policy.effect(found.outcome).difference for policy in world.policies}
    pairs = []
    for policy in world.policies:
        if policy.synergy is None:
            continue
        parts = (policy.synergy.first, policy.synergy.second)
        harmful = [part for part in parts if part in effects and _is_gain(effects[part], -sign)]
        if harmful:  # where both do harm, the one that is named first is what the other may protect from
            pairs.append((policy, harmful[0], parts[1 - parts.index(harmful[0])]))
    return pairs


def _protection(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """What each harm costs, what takes some of it away, and what the protectors do by themselves."""
    by_name = {policy.name: policy for policy in world.policies}
    pairs = _protections(found, world)
    unit = outcome_unit(found.outcome)

    def named(name: str, estimate: Estimate) -> str:
        told = change(estimate, found.outcome, unit, language)
        return language.text("report.answer.named", name=name, change=told)

    def of(names: list[str]) -> str:
        found_names = [name for name in dict.fromkeys(names) if name in by_name]
        return "; ".join(
            named(inside(title_of(by_name[name], language)), by_name[name].effect(found.outcome).difference)
            for name in found_names
        )

    outcome = outcome_inside(found.outcome, language)
    yield language.text("report.answer.harm", outcome=outcome, changes=of([harm for _, harm, _ in pairs]))
    together = [
        named(inside(title_of(policy, language)), policy.synergy.synergy.beyond_sum)
        for policy, _, _ in pairs
        if policy.synergy is not None
    ]
    yield language.text("report.answer.protection", changes="; ".join(together))
    yield language.text("report.answer.protectors", changes=of([other for _, _, other in pairs]))


def title_of(policy: PolicyFindings, language: Messages) -> str:
    """A policy's name in a language."""
    return arm_title(policy.titles, language)


def _policies(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    by_name = {policy.name: policy for policy in world.policies}
    best = by_name[world.ranks[0].policy]
    effect = best.effect(found.outcome)
    values = {
        "policy": inside(title_of(best, language)),
        "outcome": outcome_inside(found.outcome, language),
        "change": change(effect.difference, found.outcome, effect.unit, language),
        "baseline": level_of(effect.baseline, found.outcome, effect.unit, language, effect.difference.half_width),
        "mean": level_of(effect.policy, found.outcome, effect.unit, language, effect.difference.half_width),
        "pairs": language.number(effect.difference.runs),
    }
    sign = -1.0 if found.outcome in LOWER_IS_BETTER else 1.0
    helping = [p for p in world.policies if _is_gain(p.effect(found.outcome).difference, sign)]
    if len(world.policies) == 1:
        yield capitalised(language.text("report.answer.one_policy", **values))
    else:
        count = {"count": language.number(len(world.policies)), "clear": language.number(len(helping))}
        key = "best_policy" if best in helping else "no_policy"
        sentence = language.text(f"report.answer.{key}", **values, **count)
        over_all = max(world.policies, key=lambda policy: policy.cost.cost.active_years.difference.mean or 0.0)
        if best in helping and over_all is not best and found.outcome == "active_years_per_agreement":
            policy = inside(title_of(over_all, language))
            sentence = language.text("report.answer.best_over_all", sentence=sentence.removesuffix("."), policy=policy)
        yield sentence
    yield _frequency_and_cost(best, language)
    if len(world.policies) > 1:
        yield _cheapest(world, by_name, language)
    else:
        yield _benefit(best, language)


def _is_gain(estimate: Estimate, sign: float) -> bool:
    return estimate.is_clear and sign * (estimate.mean or 0.0) > 0.0


def _frequency_and_cost(policy: PolicyFindings, language: Messages) -> str:
    price = _price(policy, language)
    if policy.fates is None:
        return capitalised(price)
    first = tell_fates(policy.fates, policy.horizon_year, language)[0].removesuffix(".")
    return language.text("report.answer.with_cost", first=first, cost=price)


def _price(policy: PolicyFindings, language: Messages) -> str:
    spent = change(policy.cost.cost.spent.difference, "spent_kusd", "kusd/year", language)
    ratio = policy.cost.with_staff
    gain = policy.cost.cost.active_years.difference
    if not policy.cost.cost.is_in_model:
        return language.text("report.answer.cost_unpriced", spent=spent)
    if ratio.mean is None or not gain.is_clear or (gain.mean or 0.0) <= 0.0:
        return language.text("report.answer.cost_only", spent=spent)
    return language.text("report.answer.cost", spent=spent, price=mean_of(ratio, "price", "kusd", language))


def _cheapest(world: WorldFindings, by_name: dict[str, PolicyFindings], language: Messages) -> str:
    placed = [item for item in world.standings if item.place is not None]
    if not placed:
        return language.text("report.answer.none_placed")
    first = placed[0]
    values = {
        "policy": inside(title_of(by_name[first.policy], language)),
        "price": mean_of(first.cost.kusd_per_active_year_gained, "price", "kusd", language),
    }
    unpriced = sum(1 for item in world.standings if item.standing == "unpriced")
    sentence = capitalised(language.text(f"report.answer.cheapest_{first.standing}", **values))
    if unpriced:
        key = "beside_one_unpriced" if unpriced == 1 else "beside_unpriced"
        sentence = language.text(
            f"report.answer.{key}", sentence=sentence.removesuffix("."), count=language.number(unpriced)
        )
    return sentence


def _benefit(policy: PolicyFindings, language: Messages) -> str:
    known = {effect.outcome: effect for effect in policy.effects}
    name = next((one for one in _BENEFITS if one in known), policy.effects[-1].outcome)
    effect = known[name]
    text = change(effect.difference, name, effect.unit, language)
    return language.text("report.answer.benefit", outcome=capitalised(outcome_inside(name, language)), change=text)


def _grid(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    design = world.design
    if design is None:
        return
    surface = design.surface(found.outcome)
    if surface is not None and len(design.factors) == len(surface.grid.factors):
        yield from _surface(surface, language)
        return
    responses = [one for one in design.responses if one.outcome == found.outcome]
    responses.sort(key=lambda one: -abs(one.effects[-1].mean or 0.0))
    for response in responses[:SENTENCES]:
        last = response.effects[-1]
        yield language.text(
            "report.answer.response",
            factor=capitalised(parameter_inside(response.factor, language)),
            low=as_given(response.levels[0], language),
            high=as_given(response.levels[-1], language),
            outcome=outcome_inside(found.outcome, language),
            change=change(last, found.outcome, response.unit, language),
            first=level_of(response.means[0].mean, found.outcome, response.unit, language, last.half_width),
            last=level_of(response.means[-1].mean, found.outcome, response.unit, language, last.half_width),
        )
    if len(responses) == 1:
        yield from _one_factor(found, world, language)


def _one_factor(found: Findings, world: WorldFindings, language: Messages) -> Iterator[str]:
    """Where most of the change happens, and what it means for benefits."""
    design = world.design
    if design is None:
        return
    factor = design.factors[0]
    main = design.response(factor, found.outcome)
    if main is not None and len(main.levels) > 2:
        sign = -1.0 if found.outcome in LOWER_IS_BETTER else 1.0
        best = max(range(len(main.levels)), key=lambda row: sign * (main.means[row].mean or 0.0))
        yield language.text(
            "report.answer.best_level",
            factor=parameter_inside(factor, language),
            level=as_given(main.levels[best], language),
            outcome=outcome_inside(found.outcome, language),
            mean=mean_of(main.means[best], found.outcome, main.unit, language),
        )
    for name in _BENEFITS:
        response = design.response(factor, name)
        if response is not None:
            text = change(response.effects[-1], name, response.unit, language)
            outcome = capitalised(outcome_inside(name, language))
            yield language.text("report.answer.benefit_of_factor", outcome=outcome, change=text)
            return


def _surface(surface: Surface, language: Messages) -> Iterator[str]:
    grid, name, unit = surface.grid, surface.outcome, surface.unit
    titles = tuple(parameter_inside(factor, language) for factor in grid.factors)
    ends = [(as_given(side[0], language), as_given(side[-1], language)) for side in grid.levels]
    whole = grid.effects[-1][-1]
    values = {"first": titles[0], "second": titles[1], "outcome": outcome_inside(name, language)}
    yield language.text(
        "report.answer.both",
        **values,
        first_from=ends[0][0], first_to=ends[0][1], second_from=ends[1][0], second_to=ends[1][1],
        change=change(whole, name, unit, language),
        low=level_of(grid.surface[0][0].mean, name, unit, language, whole.half_width),
        high=level_of(grid.surface[-1][-1].mean, name, unit, language, whole.half_width),
    )  # fmt: skip
    yield language.text(
        "report.answer.alone",
        **values,
        change_first=change(grid.effects[-1][0], name, unit, language),
        change_second=change(grid.effects[0][-1], name, unit, language),
    )
    yield whole_interaction(surface, language)


def whole_interaction(surface: Surface, language: Messages) -> str:
    """Whether both factors over their whole ranges do more than the sum."""
    grid = surface.grid
    ends = [(side[0], side[-1]) for side in grid.levels]
    joint = JointEffect(ends[0], ends[1], grid.beyond_sum[-1][-1])
    titled = replace(
        grid,
        factors=(parameter_inside(grid.factors[0], language), parameter_inside(grid.factors[1], language)),
        at_low_levels=joint,
    )
    return tell_interaction(titled, surface.outcome, surface.unit, language)[0]
