"""The seed of every run of an experiment."""

from __future__ import annotations

import numpy as np


def run_seed(seed: int, group: int, replicate: int) -> int:
    """The seed of a run, as `kembar run --seed` takes it.

    It depends on the experiment's `seed`, on the `replicate` and on a `group` of design points that share their luck,
    and on nothing else: policies never change it, so runs that differ in their policy alone are pairs under common
    luck; more replicates keep the seeds of the first ones.

    >>> run_seed(1, 0, 0) == run_seed(1, 0, 0) != run_seed(1, 0, 1)
    True
    """
    words = np.random.SeedSequence(seed, spawn_key=(group, replicate)).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))  # 63 bits: the largest seed that the command line takes
