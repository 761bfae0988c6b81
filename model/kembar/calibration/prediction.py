"""Posterior predictive checks: new runs with the posterior's draws, compared with every target, fitted or not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from kembar.analysis.abc import Floats
from kembar.evidence.by_run import NO_VALUE, statistics_in_run, statistics_of_runs
from kembar.experiment.factors import value_at
from kembar.experiment.luck import run_seed
from kembar.inputs import lay_out
from kembar.parameters import declaration
from kembar.parameters.posterior import PosteriorSample
from kembar.scenario.reader import load_scenario
from kembar.world import Workspace, run_world

LUCK_GROUP: Final = 1_000_003  # beyond the groups of any design, so that no run repeats the luck of the reference table


def predict(sample: PosteriorSample, seed: int, workers: int) -> dict[str, Floats]:
    """Every target's statistic in one new run of its world for each draw, (draws,)."""
    layouts = {world: lay_out(load_scenario(world)) for world in sorted(set(statistics_of_runs().values()))}
    kept = threading.local()

    def one(draw: int) -> dict[str, float]:
        if not hasattr(kept, "workspace"):
            kept.workspace = Workspace()
        parameters = {key: value_at(declaration(key), value) for key, value in sample.at(draw).items()}
        found = dict.fromkeys(statistics_of_runs(), NO_VALUE)
        for layout in layouts.values():
            record = run_world(
                layout.inputs(parameters=parameters), run_seed(seed, LUCK_GROUP, draw), keep_exchanges=True,
                city_years=False, workspace=kept.workspace,
            )  # fmt: skip
            found.update({name: value for name, value in statistics_in_run(record).items() if np.isfinite(value)})
        return found

    with ThreadPoolExecutor(workers) as pool:
        rows = list(pool.map(one, range(sample.draws)))
    return {name: np.array([row[name] for row in rows]) for name in statistics_of_runs()}
