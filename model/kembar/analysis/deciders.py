"""Evidence that would change the answer most: which uncertain parameters decide the ranking of policies.

From a sample of worlds in which all parameters vary together (a Latin hypercube), three numbers for each parameter:

- `share`: share of the variance of the difference between the best and the next policy that the parameter makes by
  itself. The difference is averaged in equal bins of the parameter; the variance between bins, corrected for what
  chance alone puts there (epsilon squared), is its first-order share. Luck left in the difference is part of the whole.
- `changes`: share of the worlds, at least, whose best policy changes when the parameter moves from its lowest to its
  highest third. How often each policy is best is compared between the thirds; however the worlds are matched, at
  least this share must change (total variation distance).
- `worth`: what knowing the third in which the parameter lies would gain, in the outcome's unit, when the policy may be
  chosen for each third instead of once for all (expected value of partial perfect information).

For `changes` and `worth` one half of the points chooses (the policies whose share grows, the best policy of each third
and of all) and the other half values, both ways, so that choosing the luckiest does not inflate them. They may be
slightly negative where there is nothing to find.

**Noise.** All outcomes are permuted together over the points, which breaks every link to the parameters and nothing
else. Each number is measured in deviations of its permuted self, and the largest of a parameter is compared with the
largest of all parameters in each permutation (Westfall & Young), so that the chance of any false name in a list is one
less the level. There are two lists: a parameter may be named as deciding when `changes` or `worth` is clear
(`is_clear`), and as moving the lead of the best policy when `share` is (`moves_lead`); a parameter can move the lead
much and yet decide nothing.

The best policy is the one with the best mean over all points, the next is the second. Intervals: the estimate, and
Student's quantile times its deviation over resamples of points.
Sources: Strong, Oakley & Brennan (2014) Medical Decision Making 34, 311-326; Plischke, Borgonovo & Smith (2013) European
Journal of Operational Research 226, 536-550; Westfall & Young (1993) Resampling-Based Multiple Testing.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.analysis.blocks import complete_points
from kembar.analysis.estimates import LEVEL
from kembar.analysis.luck import LuckShare, measure_luck
from kembar.analysis.redrawing import RESAMPLES, SEED, Floats, Ranged, resampled_weights
from kembar.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

THIRDS: Final = 3
MOST_BINS: Final = 10  # of a parameter for its share of the variance
LEAST_IN_BIN: Final = 10  # points, or a bin's mean says little
LEAST_POINTS: Final = 2 * THIRDS * LEAST_IN_BIN  # so that each half of the points has enough in each third


@dataclass(frozen=True, slots=True)
class Decider:
    """What one parameter has to say about which policy is best; `worth` and `difference_*` in the outcome's unit.

    `best_low` and `best_high` are the policies with the best mean in the parameter's lowest and highest third,
    `difference_low` and `difference_high` the best policy of all less the next one there (positive: better).
    """

    parameter: str
    share: Ranged
    changes: Ranged
    worth: Ranged
    p_answer: float
    is_clear: bool
    p_lead: float
    moves_lead: bool
    best_low: str
    best_high: str
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True)
class Deciders:
    """Parameters ranked by what they decide: those that are clear first, then by `worth`, then by `share`.

    `luck` is the share of luck in the difference between the best and the next policy.
    """

    best: str
    next: str
    ranked: tuple[Decider, ...]
    luck: LuckShare
    points: int
    dropped_points: int
    replicates: int
    level: float

    @property
    def clear(self) -> tuple[Decider, ...]:
        """The parameters that may be named as deciding."""
        return tuple(found for found in self.ranked if found.is_clear)

    def table(self) -> pd.DataFrame:
        """One row for each parameter, in order of rank."""
        import pandas as pd

        rows = []
        for found in self.ranked:
            row: dict[str, Any] = {"parameter": found.parameter, "best": self.best, "next": self.next}
            for name in ("share", "changes", "worth"):
                number: Ranged = getattr(found, name)
                row |= {name: number.value, f"{name}_low": number.low, f"{name}_high": number.high}
            rest = ("p_answer", "is_clear", "p_lead", "moves_lead")
            thirds = ("best_low", "best_high", "difference_low", "difference_high")
            rows.append(row | {name: getattr(found, name) for name in (*rest, *thirds)})
        return pd.DataFrame(rows)


def find_deciders(
    parameters: Sequence[str],
    points: Floats,
    policies: Sequence[str],
    outcome: Floats,
    *,
    is_more_better: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Deciders:
    """Which of the parameters (points, parameters) decide between policies, from (policies, points, replicates).

    Only the order of a parameter's values counts. The points are a sample (a Latin hypercube) in which each has
    luck of its own and policies have the same luck. Points where any run lacks a value are dropped and counted. Raises
    InputError when too few are left, or when a parameter does not vary.
    """
    from scipy.special import stdtrit

    kept, is_complete = complete_points(policies, outcome)
    count, replicates = kept.shape[1:]
    if count < LEAST_POINTS:
        why = f"{LEAST_POINTS} points are needed, {LEAST_IN_BIN} in each third of each half of them"
        raise InputError(Problem(f"{count} points are too few to tell what decides", why=why))
    gains = kept if is_more_better else -kept
    means = gains.mean(axis=2).T
    order = np.argsort(-means.mean(axis=0), kind="stable")
    best, following = int(order[0]), int(order[1])
    shuffle = np.random.default_rng([SEED, 1])  # apart from the luck of resampling
    mixed = shuffle.permutation(count)  # so that the halves are drawn at random
    means = means[mixed]
    worlds = _sort_worlds(parameters, points[is_complete][mixed])
    alike = np.ones(count)
    found = _numbers(worlds, alike, means, best, following)
    null = np.array([_numbers(worlds, alike, shuffle.permutation(means), best, following) for _ in range(resamples)])
    weights = count * resampled_weights(count, resamples)
    deviation = np.array([_numbers(worlds, drawn, means, best, following) for drawn in weights]).std(axis=0, ddof=1)
    reach = float(stdtrit(count - 1, 0.5 + level / 2.0)) * deviation
    p_lead, p_answer = _p_values(found[:1], null[:, :1]), _p_values(found[1:], null[:, 1:])
    thirds = _means(worlds.in_thirds, alike, means)
    deciders = []
    for place, parameter in enumerate(parameters):
        low, high = thirds[place, 0], thirds[place, THIRDS - 1]
        share, changes, worth = (
            Ranged(number, number - half, number + half)
            for number, half in zip(found[:, place].tolist(), reach[:, place].tolist(), strict=True)
        )
        deciders.append(
            Decider(
                parameter=parameter,
                share=share,
                changes=changes,
                worth=worth,
                p_answer=float(p_answer[place]),
                is_clear=bool(p_answer[place] <= 1.0 - level),
                p_lead=float(p_lead[place]),
                moves_lead=bool(p_lead[place] <= 1.0 - level),
                best_low=policies[int(low.argmax())],
                best_high=policies[int(high.argmax())],
                difference_low=float(low[best] - low[following]),
                difference_high=float(high[best] - high[following]),
            )
        )
    difference = gains[best] - gains[following]
    return Deciders(
        best=policies[best],
        next=policies[following],
        ranked=tuple(sorted(deciders, key=lambda item: (not item.is_clear, -item.worth.value, -item.share.value))),
        luck=measure_luck(difference, np.arange(count), level),
        points=count,
        dropped_points=int((~is_complete).sum()),
        replicates=replicates,
        level=level,
    )


@dataclass(frozen=True, slots=True)
class _Worlds:
    """Which points lie in which bin and third of each parameter, as zeros and ones (parameters, parts, points)."""

    in_bins: Floats
    in_thirds: Floats


def _sort_worlds(parameters: Sequence[str], points: Floats) -> _Worlds:
    from scipy.stats import rankdata

    still = [name for name, column in zip(parameters, points.T, strict=True) if np.ptp(column) == 0.0]
    if still:
        raise InputError(Problem("does not vary over the points", key=name) for name in still)
    count = len(points)
    places = (rankdata(points, axis=0).T - 0.5) / count  # equal values stay together
    bins = max(THIRDS, min(MOST_BINS, count // LEAST_IN_BIN))
    thirds = np.floor(places * THIRDS)
    # Few or uneven levels may leave the outer thirds empty: then the lowest and the highest level stand for them.
    thirds[thirds == thirds.min(axis=1, keepdims=True)] = 0.0
    thirds[thirds == thirds.max(axis=1, keepdims=True)] = THIRDS - 1.0
    return _Worlds(_members(np.floor(places * bins), bins), _members(thirds, THIRDS))


def _members(parts: Floats, count: int) -> Floats:
    return np.asarray(parts[:, None, :] == np.arange(count)[:, None], np.float64)


def _means(members: Floats, weights: Floats, values: Floats) -> Floats:
    """Weighted means (parameters, parts, columns) of `values` (points, columns), zero where no point lies."""
    parameters, parts, points = members.shape
    flat = members.reshape(-1, points)
    size = flat @ weights
    sums = flat @ (weights[:, None] * values)
    means = np.divide(sums, size[:, None], out=np.zeros_like(sums), where=size[:, None] > 0.0)
    return means.reshape(parameters, parts, -1)


def _numbers(worlds: _Worlds, weights: Floats, means: Floats, best: int, following: int) -> Floats:
    """Share, changes and worth (3, parameters) of weighted points from the policies' means (points, policies)."""
    is_best = means == means.max(axis=1, keepdims=True)
    columns = np.hstack([means, is_best / is_best.sum(axis=1, keepdims=True)])
    halves = []
    for start in (0, 1):
        part, drawn = worlds.in_thirds[:, :, start::2], weights[start::2]
        inside = part @ drawn  # points in each third
        found = _means(part, drawn, columns[start::2])
        everywhere = int((drawn @ means[start::2]).argmax())
        halves.append((found[:, :, : means.shape[1]], found[:, :, means.shape[1] :], inside / drawn.sum(), everywhere))
    ways = [(halves[0], halves[1]), (halves[1], halves[0])]
    share = _explained(worlds.in_bins, weights, means[:, best] - means[:, following])
    changes = [_moved(choosing[1], valuing[1]) for choosing, valuing in ways]
    worth = [_gained(choosing[0], choosing[3], valuing[0], valuing[2]) for choosing, valuing in ways]
    return np.stack([share, np.mean(changes, axis=0), np.mean(worth, axis=0)])


def _explained(members: Floats, weights: Floats, difference: Floats) -> Floats:
    """Epsilon squared of the difference between bins, of each parameter."""
    count = weights.sum()
    centred = difference - weights @ difference / count
    total = weights @ centred**2
    size = members @ weights
    between = (size * _means(members, weights, centred[:, None])[:, :, 0] ** 2).sum(axis=1)
    if total <= 0.0:
        return np.zeros(len(members))
    bins = (size > 0.0).sum(axis=1)
    return np.asarray(1.0 - (1.0 - between / total) * (count - 1.0) / (count - bins))


def _moved(choosing: Floats, valuing: Floats) -> Floats:
    """Growth, from the lowest to the highest third, of the share of points where the policies chosen are best."""
    grows = choosing[:, -1] > choosing[:, 0]
    return np.asarray(((valuing[:, -1] - valuing[:, 0]) * grows).sum(axis=1))


def _gained(choosing: Floats, everywhere: int, valuing: Floats, sizes: Floats) -> Floats:
    """Mean gain of the policy chosen for each third over the one chosen for all."""
    chosen = np.take_along_axis(valuing, choosing.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    return np.asarray(((chosen - valuing[:, :, everywhere]) * sizes).sum(axis=1))


def _p_values(found: Floats, null: Floats) -> Floats:
    """Chance of as large a number anywhere if no parameter decided anything, of each parameter."""
    middle, deviation = null.mean(axis=0), null.std(axis=0, ddof=1)

    def largest(numbers: Floats) -> Floats:
        away = np.divide(numbers - middle, deviation, out=np.zeros_like(numbers), where=deviation > 0.0)
        return np.asarray(away.max(axis=-2))

    highest = largest(null).max(axis=1)  # over all parameters
    reached = (highest[:, None] >= largest(found)).sum(axis=0)
    return np.asarray((1.0 + reached) / (1.0 + len(null)))
