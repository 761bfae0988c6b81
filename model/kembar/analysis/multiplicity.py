"""Many policies and outcomes at once: how many comparisons there are, and what stands after allowing for them.

Each interval holds its level by itself. Among many, some exclude zero by chance alone, so beside the intervals as they
are stand the number of comparisons, the false alarms to expect, and the effects that stay clear by Holm's procedure,
which makes any false alarm among all of them as rare as one interval's.
Holm, S. (1979), Scandinavian Journal of Statistics 6(2), 65-70.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, Floats, mean_estimate, mean_estimates, p_value
from kembar.analysis.paired import Effect


@dataclass(frozen=True, slots=True)
class Comparisons:
    """How many effects with an interval were compared with zero, and which are clear.

    `false_alarms` is the number of intervals expected to exclude zero if no policy did anything; `clear` and
    `clear_together` name (policy, outcome), the latter by Holm's procedure over all comparisons.
    """

    count: int
    level: float
    false_alarms: float
    clear: tuple[tuple[str, str], ...]
    clear_together: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rank:
    """A policy's place: its effect on the outcome ranked, and the best and worst rank that the runs allow (1 is best).

    The ranges of all policies hold together at `effect.level`.
    """

    policy: str
    effect: Estimate
    best: int
    worst: int


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's adjusted p-values, in the order given.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    weights = np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(weights * values[order]))
    return adjusted


def count_comparisons(effects: Mapping[str, Sequence[Effect]], level: float = LEVEL) -> Comparisons:
    """The comparisons among the effects of policies (by name) on outcomes; effects without an interval do not count."""
    named = [((policy, effect.outcome), effect.difference) for policy, found in effects.items() for effect in found]
    tested = [(name, estimate, p) for name, estimate in named if (p := p_value(estimate)) is not None]
    adjusted = holm([p for _, _, p in tested])
    return Comparisons(
        count=len(tested),
        level=level,
        false_alarms=len(tested) * (1.0 - level),
        clear=tuple(name for name, estimate, _ in tested if estimate.is_clear),
        clear_together=tuple(
            name for (name, _, _), p in zip(tested, adjusted.tolist(), strict=True) if p <= 1.0 - level
        ),
    )


def rank_policies(
    differences: Mapping[str, Floats], level: float = LEVEL, *, is_more_better: bool = True
) -> tuple[Rank, ...]:
    """Policies by their effect on one outcome, best first, with the ranks that the runs allow.

    `differences` holds for each policy its paired differences from the baseline, rows of all policies with the same
    luck. Two policies are told apart when the interval of their paired difference excludes zero at Bonferroni's level
    over all pairs of policies; a policy's rank lies between the number of those clearly better and of those clearly
    worse. A policy without any value comes last and may have any rank.
    """
    if not differences:
        return ()
    names = list(differences)
    sign = 1.0 if is_more_better else -1.0
    rivals = list(itertools.combinations(range(len(names)), 2))
    strict_level = 1.0 - (1.0 - level) / max(1, len(rivals))
    columns = sign * np.column_stack([np.asarray(differences[name], np.float64) for name in names])
    size = np.abs(np.where(np.isfinite(columns), columns, 0.0)).max(axis=0, initial=0.0)
    better, worse = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    if rivals:
        one, other = np.array(rivals).T
        gaps = mean_estimates(
            columns[:, one] - columns[:, other], strict_level, np.maximum(size[one], size[other])
        )  # fmt: skip
        for (first, second), gap in zip(rivals, gaps, strict=True):
            if gap.is_clear and gap.mean is not None:
                ahead, behind = (first, second) if gap.mean > 0.0 else (second, first)
                better[behind] += 1
                worse[ahead] += 1
    effects = [mean_estimate(sign * columns[:, place], level) for place in range(len(names))]
    ranks = [
        Rank(name, effect, int(better[place]) + 1, len(names) - int(worse[place]))
        for place, (name, effect) in enumerate(zip(names, effects, strict=True))
    ]
    return tuple(sorted(ranks, key=lambda rank: _place(rank, sign)))


def _place(rank: Rank, sign: float) -> tuple[bool, float, str]:
    mean = rank.effect.mean
    return (mean is None, 0.0 if mean is None else -sign * mean, rank.policy)
