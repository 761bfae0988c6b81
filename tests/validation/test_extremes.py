"""Extreme conditions: what must happen where a lever, a parameter or an event is at its end, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kembar import records
from kembar.inputs import build
from kembar.measurement import measure
from kembar.parameters import levers
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import RunRecord, run_world

pytestmark = [pytest.mark.validation]

SEEDS = (1, 2)
SPENDING_SLACK = 1.25
STOP = """
title = "Nobody travels any more"
about = "An extreme condition."
claims = ["S08"]

[[event]]
kind = "travel_stop"
from = 2026
until = 2056
severity = 1.0
where = ["all"]
because = "an extreme condition"
"""


@dataclass(frozen=True)
class Extreme:
    """A condition, and what must then hold of a run beside the usual one of the same seed."""

    name: str
    holds: Callable[[RunRecord, RunRecord], bool]
    levers: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    policy: str | None = None


def total(run: RunRecord, name: str) -> float:
    return float(run.series[name].sum())


def value(run: RunRecord, name: str) -> float:
    found = measure(run)[name].value
    assert found is not None
    return found


EXTREMES = (
    Extreme("nobody searches: no talks open", lambda run, usual: total(run, "talks_opened") == 0, {"search_effort": 0}),
    Extreme(
        "no room in any portfolio: nothing is signed or revived",
        lambda run, usual: total(run, "signed") == total(run, "revivals") == 0,
        {"portfolio_cap": 0},
    ),
    Extreme(
        "no staff: no official exchange, no search",
        lambda run, usual: total(run, "city_exchanges") == total(run, "talks_opened") == 0,
        {"staff_factor": 0},
        {"hidden_spread": 0.1},
    ),
    Extreme(
        "no money planned: official exchange dies with the last appropriation",
        lambda run, usual: run.series["city_exchanges"][10:].sum() == 0 and total(run, "citizen_exchanges") > 0,
        {"funding_share": 0},
    ),
    Extreme(
        "heads who all care fully: nearly all money is spent and agreements live",
        lambda run, usual: (
            value(run, "execution_share") > 0.8
            and value(run, "active_years_per_agreement") > 2 * value(usual, "active_years_per_agreement")
        ),
        {"commitment_floor": 1},
    ),
    Extreme(
        "nobody travels and nothing is digital: no exchange at all, hardly a signing",
        lambda run, usual: (
            total(run, "city_exchanges") + total(run, "citizen_exchanges") == 0
            and total(run, "signed") <= 0.05 * total(usual, "signed")
        ),
        {"digital_share": 0},
        policy=STOP,
    ),
    Extreme(
        "nobody travels and all is digital: contact goes on",
        lambda run, usual: total(run, "city_exchanges") > 0,
        {"digital_share": 1},
        policy=STOP,
    ),
    Extreme(
        "terms of one year: far more renewals",
        lambda run, usual: total(run, "renewals") > 2 * total(usual, "renewals"),
        {"agreement_years": 1},
    ),
    Extreme(
        "terms of heads of one year: far more changes, shorter lives",
        lambda run, usual: (
            total(run, "leader_changes") > 2 * total(usual, "leader_changes")
            and value(run, "active_years_per_agreement") < value(usual, "active_years_per_agreement")
        ),
        {"term_years": 1, "national_calendar": 0},
    ),
    Extreme(
        "no limit of terms and no calendar: fewer changes of head",
        lambda run, usual: total(run, "leader_changes") < total(usual, "leader_changes"),
        {"term_limit": 20, "national_calendar": 0, "term_years": 10},
    ),
    Extreme(
        "twenty times the money: more is granted up to what lives, and nothing explodes",
        lambda run, usual: (
            total(usual, "appropriated_kusd") < total(run, "appropriated_kusd") < 3 * total(usual, "appropriated_kusd")
        ),
        {"funding_share": 0.003},
    ),
    Extreme(
        "approval takes five years: signings fall",
        lambda run, usual: total(run, "signed") < 0.8 * total(usual, "signed"),
        {"approval_years": 5},
    ),
)


@cache
def usual(seed: int) -> RunRecord:
    return run_world(build(load_scenario("indonesia")), seed, city_years=False)


@pytest.mark.parametrize("extreme", EXTREMES, ids=lambda extreme: extreme.name)
def test_extreme_condition_has_its_consequence(extreme: Extreme, tmp_path: Path) -> None:
    policies: list[Any] = []
    if extreme.policy is not None:
        path = tmp_path / "extreme.toml"
        path.write_text(extreme.policy, encoding="utf-8")
        policies.append(load_policy(path))
    inputs = build(load_scenario("indonesia"), policies, extreme.levers, extreme.numbers)
    for seed in SEEDS:
        run = run_world(inputs, seed, city_years=False)
        assert extreme.holds(run, usual(seed)), extreme.name


@pytest.mark.parametrize("lever", [item.key for item in levers()])
def test_no_end_of_a_lever_breaks_a_run(lever: str) -> None:
    """Stages, stocks and books stay within their bounds at both ends of every lever."""
    bounds = next(item.range for item in levers() if item.key == lever)
    for end in bounds:
        run = run_world(build(load_scenario("indonesia"), (), {lever: end}), 1, city_years=False)
        for name in ("trust", "embeddedness", "goodwill", "ownership"):
            assert ((run.agreements[name] >= 0.0) & (run.agreements[name] <= 1.0)).all(), (lever, end, name)
        for name in run.series.dtype.names or ():
            assert np.isfinite(run.series[name]).all(), (lever, end, name)
        assert (run.agreements["stage"] <= records.SCHEDULED).all()
        # Spending is recorded whole, what can be spent for the visible part of a portfolio, quarter by quarter.
        assert total(run, "spent_kusd") <= total(run, "executable_kusd") * SPENDING_SLACK
