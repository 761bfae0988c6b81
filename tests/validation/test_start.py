"""The start of a run is no shock: the hidden state is drawn so that the active share moves gently at first."""

from __future__ import annotations

import numpy as np
import pytest

from kembar import records
from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.world import run_world

pytestmark = [pytest.mark.validation]

RUNS = 60
MOST_PER_YEAR = 0.05


def test_active_share_does_not_jump_in_the_first_three_years() -> None:
    inputs = build(load_scenario("indonesia"))
    shares = []
    for seed in range(1, RUNS + 1):
        series = run_world(inputs, seed, city_years=False).series[:4]
        signed = series["active"] + series["dormant"] + series["ended"]
        shares.append(series["active"] / signed)
    means = np.array(shares).mean(axis=0)
    assert np.abs(np.diff(means)).max() <= MOST_PER_YEAR, means


def test_share_active_at_the_start_is_the_one_declared() -> None:
    inputs = build(load_scenario("indonesia"), parameters={"initial_status_odds": 0.0})
    shares = []
    for seed in range(1, RUNS + 1):
        run = run_world(inputs, seed, city_years=False)
        drawn = run.agreements[np.isin(run.agreements["status"], (0, 1, 2))]
        asleep = (drawn["first_dormant_quarter"] < 0) & (drawn["first_dormant_quarter"] != records.NEVER)
        shares.append(1.0 - np.mean(asleep))
    expected = inputs.parameters.number("initial_active_share")
    error = np.std(shares) / np.sqrt(RUNS)
    assert abs(np.mean(shares) - expected) < 4.0 * error  # false alarm: 6 in 100,000
