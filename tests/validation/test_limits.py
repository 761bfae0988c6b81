"""Limits of the model whose answers are known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from kembar import records
from kembar.compilation import kernel
from kembar.inputs import Inputs, build
from kembar.scenario.reader import load_scenario
from kembar.world import make_world

pytestmark = pytest.mark.validation

HEAD = """
title = "Many pairs"
about = "Towns of two countries, each with a partner in the other, for limits with known answers."
start_year = 2026
years = {years}
kind = "register"
focal_countries = []
"""
CITY = """
[[city]]
name = "{name}"
country = "{country}"
latitude = {latitude}
longitude = 20.0
population = 300000
budget_kusd = 200000
utc_offset_hours = 1
search = "no"
"""
AGREEMENT = """
[[agreement]]
city = "{one}"
partner = "{other}"
signed_year = 2016
status = "active"
term_years = 5
"""
FREEZE = """
[[event]]
kind = "freeze"
where = ["DE", "PL"]
from = 2026
until = {until}
severity = 1.0
because = "the limit of a constant hazard"
"""
# Ways to end, each with the number that switches it off.
NO_ENDS = {"review_cut": 0.0, "merger_rate": 0.0, "lapse_share": 0.0, "notice_rate": 0.0, "break_rate": 0.0}
NO_BARRIERS = {
    name: 0.0
    for name in (
        "language_barrier", "culture_barrier", "distance_barrier", "time_zone_barrier", "missed_schedules",
        "digital_fatigue",
    )
}  # fmt: skip
# What the chain does not need is left out, because these rules run uncompiled.
CHAIN = """
from kembar.randomness import AGREEMENT_REVIVAL, uniform


def elections(world, quarter):
    return


def staffing(world, quarter):
    return


def partner_search(world, quarter):
    return


def allocation(world):
    return


def exchange(world, quarter):
    return


def benefits(world, quarter):
    return


def evaluation(world):
    return


def recording(world, quarter):
    return


def fall_asleep(world, row, quarter):
    agreement = world.agreements[row]
    if uniform(world.seed, AGREEMENT_REVIVAL, agreement.key, quarter, 7) < {sleeps}:
        agreement.stage = 3


def wake_up(world, row, quarter):
    agreement = world.agreements[row]
    if uniform(world.seed, AGREEMENT_REVIVAL, agreement.key, quarter, 7) < {wakes}:
        agreement.stage = 2
"""
Pairs = Callable[..., Inputs]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Makes a world of separate pairs of towns."""
    folder = tmp_path_factory.mktemp("limits")

    def make(count: int, years: int, *, frozen: bool = False) -> Inputs:
        text = HEAD.format(years=years)
        for number in range(count):
            for country, latitude in (("DE", 50.0), ("PL", 52.0)):
                text += CITY.format(name=f"Town {number}", country=country, latitude=latitude)
            text += AGREEMENT.format(one=f"Town {number} (DE)", other=f"Town {number} (PL)")
        if frozen:
            text += FREEZE.format(until=2026 + years)
        path: Path = folder / f"pairs-{count}-{years}-{frozen}.toml"
        path.write_text(text, encoding="utf-8")
        return build(load_scenario(path))

    return make


def with_numbers(world: records.World, numbers: Mapping[str, float]) -> records.World:
    """The world with some of its parameters changed, in or out of their declared ranges."""
    parameters = world.parameters.copy().view(np.recarray)
    for name, value in numbers.items():
        parameters[name] = value
    return world._replace(parameters=parameters)


@pytest.mark.parametrize("rate", [0.15, 0.6])
def test_constant_hazard_gives_geometric_lifetimes(pairs: Pairs, rate: float) -> None:
    """8 runs of 100 agreements under a break rate: fails by chance with a probability below 2e-4 for each rate."""
    inputs = pairs(100, 30, frozen=True)
    quarters = inputs.years * records.QUARTERS_PER_YEAR
    lifetimes: list[int] = []
    for seed in range(8):
        world = with_numbers(make_world(inputs, seed), {**NO_ENDS, "break_rate": rate, "flexibility_effect": 0.0})
        assert kernel().simulate(world, 0, quarters)
        agreements = world.agreements[: world.counters[records.AGREEMENT_ROWS]]
        ended = agreements.ended_quarter
        assert np.all(agreements.how[ended >= 0] == records.BREAK)
        lifetimes.extend(int(quarter) + 1 if quarter >= 0 else quarters + 1 for quarter in ended)
    hazard = 1.0 - math.exp(-rate / records.QUARTERS_PER_YEAR)
    edges = sorted({int(stats.geom.ppf(share, hazard)) for share in np.linspace(0.0, 0.9, 10)} | {0})
    edges = [edge for edge in edges if edge <= quarters]
    counts = np.histogram(lifetimes, bins=[*(edge + 0.5 for edge in edges), np.inf])[0]
    shares = np.diff([*stats.geom.cdf(edges, hazard), 1.0])
    assert counts.sum() == len(lifetimes)
    assert stats.chisquare(counts, shares * len(lifetimes)).pvalue > 1e-4
    if rate > 0.5:  # hardly anything is cut off at the horizon
        mean, spread = 1.0 / hazard, math.sqrt(1.0 - hazard) / hazard
        assert abs(np.mean(lifetimes) - mean) < 4.5 * spread / math.sqrt(len(lifetimes))


def held(numbers: Mapping[str, float], levers: Mapping[str, float]) -> tuple[float, float]:
    """City and citizen exchanges of a run of the archipelago."""
    inputs = build(load_scenario("archipelago"), sets=dict(levers), years=12)
    world = with_numbers(make_world(inputs, 1, room=4), numbers)
    assert kernel().simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR)
    return float(world.series.city_exchanges.sum()), float(world.series.citizen_exchanges.sum())


def test_no_money_and_no_carriers_give_no_exchanges() -> None:
    assert held({"carrier_rate": 0.0}, {"funding_share": 0.0}) == (0.0, 0.0)


def test_money_or_carriers_alone_give_their_own_exchanges() -> None:
    official, carried = held({}, {"funding_share": 0.0})
    assert official == 0.0
    assert carried > 0.0
    official, carried = held({"carrier_rate": 0.0}, {})
    assert official > 0.0
    assert carried == 0.0


def test_no_staff_gives_no_official_exchanges() -> None:
    official, carried = held({}, {"staff_factor": 0.0})
    assert official == 0.0
    assert carried > 0.0


def test_equal_cities_without_barriers_have_equal_benefits(pairs: Pairs) -> None:
    """Twins with one luck: every number of one side is that of the other, to the last bit."""
    inputs = pairs(1, 20)
    exchanges = 0
    for seed in range(10):
        world = with_numbers(make_world(inputs, seed), NO_BARRIERS)
        kernel().simulate(world, 0, 0)  # draws the start and no quarter
        one, other = world.cities
        agreement = world.agreements[0]
        for name in world.cities.dtype.names:
            other[name] = one[name]
        agreement.language, agreement.culture = 1.0, 0.0
        for name in ("fit", "goodwill", "ownership", "expectation", "seen"):
            agreement[name][1] = agreement[name][0]
        agreement.stage, agreement.active_since_quarter, agreement.last_exchange_quarter = records.ACTIVE, 0, 0
        for quarter in range(inputs.years * records.QUARTERS_PER_YEAR):
            assert kernel().simulate(world, quarter, quarter + 1)
            if agreement.stage == records.ACTIVE and agreement.active_since_quarter <= quarter:
                column = world.history[0, quarter % world.history.shape[1]]
                assert column[records.SHARED_COLUMN + 1] == 1.0
        for name in ("points", "spent_kusd", "satisfaction", "goodwill", "ownership", "value"):
            assert agreement[name][0] == agreement[name][1], name
        assert world.cities[0].tobytes() == world.cities[1].tobytes()
        exchanges += agreement.city_exchanges + agreement.citizen_exchanges
    assert exchanges > 20


def test_cities_that_differ_only_by_luck_have_equal_benefits_on_average(pairs: Pairs) -> None:
    """10 runs of 100 like pairs in two countries made alike: the t-test fails by chance with 1e-5."""
    inputs = pairs(100, 20)
    differences: list[float] = []
    for seed in range(10):
        world = with_numbers(make_world(inputs, seed), NO_BARRIERS)
        world.cities["country"] = 0
        assert kernel().simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR)
        points = world.agreements.points[: world.counters[records.AGREEMENT_ROWS]]
        differences.append(float(np.mean(points[:, 0] - points[:, 1])))
    assert np.ptp(differences) > 0.0
    assert stats.ttest_1samp(differences, 0.0).pvalue > 1e-5


@pytest.mark.parametrize(("sleeps", "wakes"), [(0.1, 0.3), (0.3, 0.15)])
def test_two_state_chain_gives_its_stationary_share(pairs: Pairs, tmp_path: Path, sleeps: float, wakes: float) -> None:
    """150 agreements after 25 quarters of mixing; five standard errors, a chance below 1e-6 of a false alarm."""
    rules_file = tmp_path / "chain.py"
    rules_file.write_text(CHAIN.format(sleeps=sleeps, wakes=wakes), encoding="utf-8")
    inputs = pairs(150, 8)
    world = with_numbers(make_world(inputs, 3), NO_ENDS)
    quarters = 25
    assert kernel(rules_file, interpreted=True).simulate(world, 0, quarters)
    stages = world.agreements.stage[: world.counters[records.AGREEMENT_ROWS]]
    assert set(stages.tolist()) == {records.ACTIVE, records.DORMANT}
    share = float(np.mean(stages == records.ACTIVE))
    expected = wakes / (sleeps + wakes)
    assert (1.0 - sleeps - wakes) ** quarters < 1e-4  # the start is forgotten
    assert abs(share - expected) < 5.0 * math.sqrt(expected * (1.0 - expected) / len(stages))


def test_constant_revival_gives_geometric_sleep(pairs: Pairs) -> None:
    """Committed heads and no ties: revival at one rate, the waiting times of 400 sleepers within 1e-4 of chance."""
    inputs = pairs(100, 25)
    numbers: dict[str, Any] = {**NO_ENDS, "revival_rate": 0.5, "revival_citizens": 0.0, "revival_solidarity": 0.0}
    numbers |= {"travel_formation_loss": 0.0, "strain_rate": 0.0, "initial_active_share": 1e-9}
    waits: list[int] = []
    for seed in range(4):
        world = with_numbers(make_world(inputs, seed), numbers)
        world.levers["commitment_floor"] = 1.0
        world.cities["commitment"] = 1.0
        slept = np.zeros(len(world.agreements), bool)
        kernel().simulate(world, 0, 0)
        rows = world.counters[records.AGREEMENT_ROWS]
        slept[:rows] = world.agreements.stage[:rows] == records.DORMANT
        first = np.full(len(slept), inputs.years * records.QUARTERS_PER_YEAR)
        for quarter in range(inputs.years * records.QUARTERS_PER_YEAR):
            assert kernel().simulate(world, quarter, quarter + 1)
            woken = slept & (world.agreements.stage == records.ACTIVE)
            first[woken] = np.minimum(first[woken], quarter)
        waits.extend((first[slept] + 1).tolist())
    assert len(waits) > 350
    chance = 1.0 - math.exp(-0.5 / records.QUARTERS_PER_YEAR)
    edges = [0, 2, 4, 6, 9, 12, 17, 25]
    counts = np.histogram(waits, bins=[*(edge + 0.5 for edge in edges), np.inf])[0]
    shares = np.diff([*stats.geom.cdf(edges, chance), 1.0])
    assert stats.chisquare(counts, shares * len(waits)).pvalue > 1e-4


def test_mean_commitment_of_a_city_is_that_of_a_drawn_head(pairs: Pairs) -> None:
    """Without institutions, ties to benefits or caretakers, the head of one city is a draw like any other.

    The mean of Kumaraswamy's distribution with shapes 1 and q is 1 / (1 + q). 8 runs of 200 cities after 20 years: five
    standard errors, a chance below 1e-6 of a false alarm.
    """
    inputs = pairs(100, 20)
    shape = inputs.parameters.number("commitment_shape_high")
    assert inputs.parameters.number("commitment_shape_low") == 1.0
    numbers = {"hidden_spread": 0.0, "institution_mean": 0.0, "institution_satisfaction": 0.0, "satisfaction_gain": 0.0}
    found: list[float] = []
    for seed in range(8):
        world = with_numbers(make_world(inputs, seed), {**numbers, "win_support": 0.0})
        assert kernel().simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR)
        found.extend(world.cities.commitment.tolist())
    spread = float(np.std(found)) / math.sqrt(len(found))
    assert abs(np.mean(found) - 1.0 / (1.0 + shape)) < 5.0 * spread
    assert stats.kstest(found, lambda x: 1.0 - (1.0 - np.asarray(x)) ** shape).pvalue > 1e-4


def test_staff_of_a_city_settle_where_departures_and_refilling_balance(pairs: Pairs) -> None:
    """The fixed point of one quarter: what stays, and the share of the gap to the target that is refilled."""
    inputs = pairs(5, 60)
    world = with_numbers(make_world(inputs, 2), {"rotation_chance": 0.0})
    assert kernel().simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR)
    number = inputs.parameters.number
    leaves = 1.0 - math.exp(-number("staff_departure_rate") / records.QUARTERS_PER_YEAR)
    filled = 1.0 - math.exp(-number("refill_rate") / records.QUARTERS_PER_YEAR)
    target = number("staff_reference_fte") * world.cities.staff_scale
    expected = target * filled / (1.0 - (1.0 - leaves) * (1.0 - filled))
    assert np.allclose(world.cities.staff, expected, rtol=1e-6)


def test_money_without_heads_who_care_is_hardly_spent(pairs: Pairs) -> None:
    """Execution against the closed form of absorption: no commitment leaves the base, whatever is granted."""
    inputs = pairs(20, 12)
    numbers = {"commitment_shape_high": 1e9, "satisfaction_gain": 0.0, "hidden_spread": 0.0, **NO_ENDS}
    world = with_numbers(make_world(inputs, 4), numbers)
    assert kernel().simulate(world, 0, inputs.years * records.QUARTERS_PER_YEAR)
    base = inputs.parameters.number("absorption_base_kusd")
    paid = world.agreements.spent_kusd[: world.counters[records.AGREEMENT_ROWS]]
    assert 0.0 < paid.max() <= base * inputs.years * (1.0 + 1e-4)
