"""Everything found about one policy of a world: effects, precision, cost, fates, longevity, fairness, synergy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kembar.analysis.estimates import LEVEL
from kembar.analysis.fairness import CityRuns, Fairness, city_runs, find_fairness
from kembar.analysis.fates import Fates, activity_at_horizon, find_fates
from kembar.analysis.interaction import Synergy, find_synergy
from kembar.analysis.paired import BASELINE, Effect, paired_effects
from kembar.analysis.precision import Precise, PrecisionRule, precise_differences
from kembar.findings.costs import PolicyCost, find_policy_cost, has_priced_means
from kembar.findings.names import outcome_unit

if TYPE_CHECKING:
    from kembar.analysis.longevity import LongevityEffect
    from kembar.findings.lives import Lives
    from kembar.findings.world import WorldRuns
    from kembar.manifest import ArmRecord, PolicyRecord


@dataclass(frozen=True, slots=True)
class PairSynergy:
    """What two policies do together beyond the sum, on the main outcome; `first` and `second` are their arms."""

    first: str
    second: str
    synergy: Synergy


@dataclass(frozen=True, slots=True)
class PolicyFindings:
    """What one policy (or several together) does in one world; None where the study does not tell it.

    `titles` are the names and headings of its policies, `sources` the policies as the runs had them.
    """

    name: str
    title: str
    titles: tuple[tuple[str, str], ...]
    sources: tuple[PolicyRecord, ...]
    effects: tuple[Effect, ...]
    precision: Precise | None
    cost: PolicyCost
    fates: Fates | None
    longevity: LongevityEffect | None
    fairness: Fairness | None
    synergy: PairSynergy | None
    horizon_year: int

    def effect(self, outcome: str) -> Effect:
        """The effect on one outcome."""
        return next(effect for effect in self.effects if effect.outcome == outcome)

    def sentences(self, lang: str = "en") -> list[str]:
        """What was found about it, in plain sentences."""
        from kembar.findings.telling import policy_sentences

        return policy_sentences(self, lang)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a world's policies are judged by, beside the runs: lives of agreements and cities, None where not kept."""

    lives: Any
    longevity: Lives | None
    cities: Any
    outcomes: tuple[str, ...]
    main: str
    rule: PrecisionRule | None
    rule_outcome: str | None
    level: float = LEVEL


def find_policy(
    world: WorldRuns, arm: ArmRecord, evidence: Evidence, baseline_cities: CityRuns | None
) -> PolicyFindings:
    """The findings on one arm of a world."""
    pairs = world.pairs(arm.name, evidence.outcomes)
    units = {name: outcome_unit(name) for name in evidence.outcomes}
    return PolicyFindings(
        name=arm.name,
        title=arm.title,
        titles=tuple((policy.name, policy.title) for policy in arm.policies),
        sources=arm.policies,
        effects=paired_effects(pairs.baseline, pairs.policy, evidence.outcomes, units, evidence.level),
        precision=_precision(world, arm.name, evidence),
        cost=find_policy_cost(world, arm, has_priced_means(arm), evidence.level),
        fates=_fates(world, arm.name, evidence),
        longevity=_longevity(world, arm.name, evidence),
        fairness=_fairness(world, arm.name, evidence, baseline_cities),
        synergy=_synergy(world, arm.name, evidence),
        horizon_year=world.horizon_year,
    )


def _precision(world: WorldRuns, arm: str, evidence: Evidence) -> Precise | None:
    if evidence.rule is None or evidence.rule_outcome is None:
        return None
    pairs = world.pairs(arm, (evidence.rule_outcome,))
    found = precise_differences(pairs.policy - pairs.baseline, pairs.baseline[:, 0], evidence.rule)
    return found[0]


def _fates(world: WorldRuns, arm: str, evidence: Evidence) -> Fates | None:
    if evidence.lives is None or not world.is_single_point:
        return None
    ids = world.pair_ids(arm)
    sides = [activity_at_horizon(evidence.lives, chosen) for chosen in ids]
    return find_fates(sides[0][0], sides[1][0], sides[0][1], evidence.level)


def _longevity(world: WorldRuns, arm: str, evidence: Evidence) -> LongevityEffect | None:
    if evidence.longevity is None or not world.is_single_point:
        return None
    return evidence.longevity.effect(arm)


def _fairness(world: WorldRuns, arm: str, evidence: Evidence, baseline: CityRuns | None) -> Fairness | None:
    if evidence.cities is None or not world.is_single_point:
        return None
    before, after = world.pair_ids(arm)
    is_whole = baseline is not None and len(before) == len(world.arm_runs(BASELINE))
    one = baseline if is_whole and baseline is not None else city_runs(evidence.cities, before)
    return find_fairness(one, city_runs(evidence.cities, after), evidence.level)


def _synergy(world: WorldRuns, arm: str, evidence: Evidence) -> PairSynergy | None:
    """Of an arm A+B whose parts are arms too."""
    parts = arm.split("+")
    names = {known.name for known in world.policies}
    if len(parts) != 2 or not names.issuperset(parts):
        return None
    values = [_by_unit(world, name, evidence.main) for name in (BASELINE, *parts, arm)]
    shared = set.intersection(*(set(one) for one in values))
    columns = [np.array([one[unit] for unit in sorted(shared)]) for one in values]
    neither, first, second, both = columns
    return PairSynergy(parts[0], parts[1], find_synergy(neither, first, second, both, evidence.level))


def _by_unit(world: WorldRuns, arm: str, outcome: str) -> dict[int, float]:
    own = world.arm_runs(arm)
    units = world.unit_of(own["point"].to_numpy(), own["replicate"].to_numpy())
    return dict(zip(np.unique(units).tolist(), world.arm_values(arm, outcome).tolist(), strict=True))


def find_policies(world: WorldRuns, evidence: Evidence) -> tuple[PolicyFindings, ...]:
    """The findings on every policy of a world, in the order of the study."""
    baseline = None
    if evidence.cities is not None and world.is_single_point and world.policies:
        baseline = city_runs(evidence.cities, world.arm_runs(BASELINE)["run_id"])
    return tuple(find_policy(world, arm, evidence, baseline) for arm in world.policies)


def differences(world: WorldRuns, arms: Sequence[str], outcome: str) -> dict[str, Any]:
    """Paired differences of each arm, with a row for every unit that all of them have."""
    found = {}
    for arm in arms:
        base, other = (_by_unit(world, name, outcome) for name in (BASELINE, arm))
        found[arm] = {unit: other[unit] - base[unit] for unit in base if unit in other}
    shared = sorted(set.intersection(*(set(one) for one in found.values()))) if found else []
    return {arm: np.array([one[unit] for unit in shared]) for arm, one in found.items()}
