"""Agreements that a policy saves and loses, by name, and how many of 100 more are active at the horizon.

In one pair of runs an agreement is *saved* when it is active at the horizon with the policy and not without it, and
*lost* in the reverse case; its shares are counted over pairs, the unit of replication. Both can be large at once, when
the policy only reshuffles luck, so an agreement is named as saved (or lost) only when that is clearly the more frequent
of the two: by McNemar's exact test, with Holm's allowance for the number of agreements.
McNemar, Q. (1947), Psychometrika 12, 153-157.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from kembar.analysis.estimates import LEVEL, Estimate, Reason, mean_estimate, missing, share_intervals
from kembar.analysis.multiplicity import holm
from kembar.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

Claims = npt.NDArray[np.bool_]

LEAST_PAIRS: Final = 100  # below which a share by name is not told
OF_SO_MANY: Final = 100.0  # natural frequencies: of 100 agreements
ACTIVE: Final = "active"
NEW_STATUS: Final = "new"  # register status of agreements formed in a run
_EVEN: Final = 0.5  # chance that a pair in which the fates differ is a saved one, if the policy does nothing


@dataclass(frozen=True, slots=True)
class Fate:
    """One listed agreement: shares of pairs (0-1) in which it is active at the horizon, saved and lost.

    `p_value` is that of saved and lost being equally frequent, adjusted for the number of agreements.
    """

    agreement: str
    active_without: float
    active_with: float
    saved: Estimate
    lost: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class Fates:
    """The fates of all listed agreements.

    `more_of_100` says how many of 100 listed agreements more are active at the horizon, from `active_of_100` without
    the policy to `active_of_100_with`; its interval is over pairs. `saved` and `lost` are the agreements for which one
    of the two is clearly more frequent, most frequent first; `agreements` are all of them in the order given. `reason`
    says why no agreement is told by name.
    """

    pairs: int
    level: float
    active_of_100: float | None
    active_of_100_with: float | None
    more_of_100: Estimate
    agreements: tuple[Fate, ...]
    saved: tuple[Fate, ...]
    lost: tuple[Fate, ...]
    reason: Reason | None


def find_fates(without: Claims, with_policy: Claims, names: Sequence[str], level: float = LEVEL) -> Fates:
    """Fates from two arrays (pairs, agreements) that tell which agreement is active at the horizon of each run.

    Row i of both has the same luck; `names` are those of the columns. By name from LEAST_PAIRS pairs on.
    """
    before, after = np.asarray(without, bool), np.asarray(with_policy, bool)
    if before.shape != after.shape or before.ndim != 2 or before.shape[1] != len(names):
        raise ValueError(f"{len(names)} names, and arrays of shapes {before.shape} and {after.shape}")
    pairs = len(before)
    if len(names) == 0 or pairs == 0:
        reason = Reason("no_listed_agreement" if len(names) == 0 else "no_value")
        return Fates(pairs, level, None, None, missing(reason, level), (), (), (), reason)
    shares_before, shares_after = before.mean(axis=1), after.mean(axis=1)
    unnamed = Fates(
        pairs=pairs,
        level=level,
        active_of_100=float(OF_SO_MANY * shares_before.mean()),
        active_of_100_with=float(OF_SO_MANY * shares_after.mean()),
        more_of_100=_possible(
            mean_estimate(OF_SO_MANY * (shares_after - shares_before), level, OF_SO_MANY),
            float(OF_SO_MANY * shares_before.mean()),
        ),
        agreements=(),
        saved=(),
        lost=(),
        reason=Reason("few_pairs", (("needed", LEAST_PAIRS), ("pairs", pairs))),
    )
    if pairs < LEAST_PAIRS:
        return unnamed
    fates = _by_name(before, after, names, level)
    clear = [fate for fate in fates if fate.p_value <= 1.0 - level]
    return replace(
        unnamed,
        agreements=fates,
        saved=tuple(sorted((fate for fate in clear if _gain(fate) > 0), key=lambda fate: -_gain(fate))),
        lost=tuple(sorted((fate for fate in clear if _gain(fate) < 0), key=_gain)),
        reason=None,
    )


def _possible(more: Estimate, active_of_100: float) -> Estimate:
    """The interval cut to what can be: no more can fall asleep than are active, no more wake than sleep."""
    if more.low is None or more.high is None:
        return more
    return replace(more, low=max(more.low, -active_of_100), high=min(more.high, OF_SO_MANY - active_of_100))


def _by_name(before: Claims, after: Claims, names: Sequence[str], level: float) -> tuple[Fate, ...]:
    pairs = len(before)
    saved, lost = (after & ~before).sum(axis=0), (before & ~after).sum(axis=0)
    # Chance of a split at least as uneven, on either side; the two sides overlap when it is even.
    p_values = holm(np.minimum(1.0, 2.0 * bdtr(np.minimum(saved, lost), saved + lost, _EVEN)))
    estimates = [_shares(counts, pairs, level) for counts in (saved, lost)]
    shares = [side.mean(axis=0).tolist() for side in (before, after)]
    return tuple(Fate(*row) for row in zip(names, *shares, *estimates, p_values.tolist(), strict=True))


def _shares(counts: npt.NDArray[np.int64], pairs: int, level: float) -> list[Estimate]:
    low, high = share_intervals(counts, pairs, level)
    rows = zip((counts / pairs).tolist(), low.tolist(), high.tolist(), strict=True)
    return [Estimate(share, lower, upper, None, level, pairs) for share, lower, upper in rows]


def _gain(fate: Fate) -> float:
    return fate.active_with - fate.active_without


def activity_at_horizon(agreements: pd.DataFrame, run_ids: Iterable[int]) -> tuple[Claims, tuple[str, ...]]:
    """Which listed agreement is active at the horizon of which run: an array (runs, agreements) and their names.

    `agreements` is the table of that name; only agreements of the register count, not those formed in a run. Raises
    InputError when a listed agreement is missing in one of the runs.
    """
    import pandas as pd

    ids = pd.Index(run_ids)
    listed = agreements.loc[(agreements["register_status"] != NEW_STATUS) & agreements["run_id"].isin(ids)]
    rows = ids.get_indexer(pd.Index(listed["run_id"]))
    columns, names = pd.factorize(listed["agreement"], sort=True)
    is_active = np.zeros((len(ids), len(names)), bool)
    is_there = np.zeros_like(is_active)
    is_there[rows, columns] = True
    is_active[rows, columns] = (listed["stage_end"] == ACTIVE).to_numpy()
    if not is_there.all():
        row, column = np.argwhere(~is_there)[0]
        raise InputError(
            Problem(f"agreement '{names[column]}' is missing in run {ids[row]}", why="every run has the same register")
        )
    return is_active, tuple(map(str, names))
