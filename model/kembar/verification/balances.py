"""Limits of balance: money and staff time are conserved, equal partners gain alike, one city comes to rest."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from scipy import stats

from kembar import records
from kembar.compilation import kernel
from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.verification.limit import Limit, Picture
from kembar.verification.worlds import (
    NO_BARRIERS,
    NO_ENDS,
    PER_YEAR,
    agreements_of,
    pairs,
    run_through,
    stepped,
    world_of,
)

EPSILON: Final = 1e-9  # relative error that rounding may leave
SHOWN_POINTS: Final = 1500
_RUNS_OF_REGISTER: Final = 4


def sum_by_city(world: Any, values: Any) -> Any:
    """A field of the two sides, (agreements, 2), summed over each city's agreements, (cities,)."""
    rows = world.counters[records.AGREEMENT_ROWS]
    total = np.zeros(len(world.cities))
    for side, name in enumerate(("a", "b")):
        np.add.at(total, world.agreements[name][:rows], values[:rows, side])
    return total


def money_conserved() -> Limit:
    """No city of the register spends more in a year than it has, and what agreements took is what cities gave."""
    inputs = build(load_scenario("indonesia"))
    held, spent = [], []
    gap = 0.0
    for seed in range(1, _RUNS_OF_REGISTER + 1):
        world = world_of(inputs, seed)
        before = world.agreements.spent_kusd.copy()
        for quarter in stepped(world, inputs.years * PER_YEAR):
            cities = world.cities
            for_exchanges = sum_by_city(world, world.agreements.spent_kusd - before)
            before = world.agreements.spent_kusd.copy()
            # Without programmes, which this world does not have, exchanges and upkeep are all that costs.
            difference = np.abs(for_exchanges - cities.spending_kusd).max() / max(1.0, cities.spending_kusd.max())
            gap = max(gap, float(difference))
            if quarter % PER_YEAR == PER_YEAR - 1:
                held.extend(cities.executable_kusd.tolist())
                spent.extend(cities.spent_kusd.tolist())
        total = float(world.series.spent_kusd.sum())
        gap = max(gap, abs(float(agreements_of(world).spent_kusd.sum()) - total) / total)
    have, paid = np.array(held), np.array(spent)
    excess = float(((paid - have) / np.maximum(have, 1.0)).max())
    return Limit(
        "money", "Money is conserved",
        "no city spends more a year than it can; what agreements took, each quarter and in all, is what cities spent",
        "largest relative excess or gap", max(excess, gap), _RUNS_OF_REGISTER, len(have),
        _below(have, paid, "kusd that a city can spend in a year", "kusd spent"), tolerance=EPSILON,
    )  # fmt: skip


def staff_time_conserved() -> Limit:
    """No city of the register uses more staff time in a quarter than it holds."""
    inputs = build(load_scenario("indonesia"))
    held, used = [], []
    for seed in range(1, _RUNS_OF_REGISTER + 1):
        world = world_of(inputs, seed)
        for _ in stepped(world, inputs.years * PER_YEAR):
            held.extend(world.cities.staff.tolist())
            used.extend((sum_by_city(world, world.agreements.time_fte) + world.cities.coordination_fte).tolist())
    have, given = np.array(held), np.array(used)
    excess = float(((given - have) / np.maximum(have, EPSILON)).max())
    return Limit(
        "staff_time", "Staff time is conserved", "no city uses more staff time in a quarter than it holds",
        "largest relative excess", excess, _RUNS_OF_REGISTER, len(have),
        _below(have, given, "staff held [fte]", "staff used [fte]"), tolerance=EPSILON,
    )  # fmt: skip


def _below(have: Any, used: Any, x_label: str, y_label: str) -> Picture:
    """Points that must lie on or below the diagonal; of many, every so many-th."""
    step = max(1, len(have) // SHOWN_POINTS)
    line = np.array([0.0, float(np.quantile(have, 0.99))])
    shown = have[::step] <= line[1]
    return Picture(x_label, y_label, (line, line), (have[::step][shown], used[::step][shown]), "the most there is")


def symmetric_pair() -> Limit:
    """Twins with one luck: every number of one side is that of the other, to the last bit."""
    inputs, runs = pairs(1, 20), 20
    reasons: set[str] = set()
    points = []
    largest = 0.0
    exchanges = 0
    for seed in range(runs):
        world = world_of(inputs, seed, NO_BARRIERS)
        kernel().simulate(world, 0, 0)  # draws the start and no quarter
        one, other = world.cities
        agreement = world.agreements[0]
        for name in world.cities.dtype.names:
            other[name] = one[name]
        agreement.language, agreement.culture = 1.0, 0.0
        for name in ("fit", "goodwill", "ownership", "expectation", "seen"):
            agreement[name][1] = agreement[name][0]
        agreement.stage, agreement.active_since_quarter, agreement.last_exchange_quarter = records.ACTIVE, 0, 0
        for quarter in stepped(world, inputs.years * PER_YEAR):
            if agreement.stage == records.ACTIVE and agreement.active_since_quarter <= quarter:
                column = world.history[0, quarter % world.history.shape[1]]
                if column[records.SHARED_COLUMN + 1] != 1.0:
                    reasons.add("a barrier is left")
        for name in ("points", "spent_kusd", "satisfaction", "goodwill", "ownership", "value"):
            largest = max(largest, abs(float(agreement[name][0] - agreement[name][1])))
        if world.cities[0].tobytes() != world.cities[1].tobytes():
            reasons.add("the cities differ")
        points.append(agreement.points.tolist())
        exchanges += int(agreement.city_exchanges + agreement.citizen_exchanges)
    if exchanges <= 20:
        reasons.add(f"only {exchanges} exchanges")
    sides = np.array(points)
    line = np.array([0.0, float(sides.max())])
    return Limit(
        "symmetric_pair", "Equal partners without barriers gain the same",
        "benefits, money, satisfaction, goodwill and ownership of both sides are the same to the last bit",
        "largest difference", largest, runs, exchanges,
        Picture("points of one side", "points of the other", (line, line), (sides[:, 0], sides[:, 1]), "the same"),
        tolerance=0.0, reasons=tuple(sorted(reasons)),
    )  # fmt: skip


def alike_on_average() -> Limit:
    """Cities that differ only by luck have equal benefits on average."""
    inputs, runs = pairs(100, 20), 10
    sides = []
    for seed in range(runs):
        world = world_of(inputs, seed, NO_BARRIERS)
        world.cities["country"] = 0
        run_through(world, inputs.years * PER_YEAR)
        sides.append(agreements_of(world).points.mean(axis=0))
    both = np.array(sides)
    found = stats.ttest_1samp(both[:, 0] - both[:, 1], 0.0)
    line = np.array([float(both.min()), float(both.max())])
    return Limit(
        "alike_on_average", "Cities that differ only by luck gain the same on average",
        "the mean difference of benefits between the two sides of 100 like pairs is zero",
        "t of the difference by run", float(found.statistic), runs, 100 * runs,
        Picture("mean points of one side", "of the other", (line, line), (both[:, 0], both[:, 1]), "the same"),
        p=float(found.pvalue), reasons=() if np.ptp(both[:, 0] - both[:, 1]) > 0.0 else ("there is no luck",),
    )  # fmt: skip


def commitment_of_a_city() -> Limit:
    """Mean field of one city: without institutions, benefits or caretakers its head is a draw like any other."""
    inputs, runs = pairs(100, 20), 20
    shape = inputs.parameters.number("commitment_shape_high")
    numbers = {"hidden_spread": 0.0, "institution_mean": 0.0, "institution_satisfaction": 0.0, "satisfaction_gain": 0.0}
    found: list[float] = []
    for seed in range(runs):
        world = world_of(inputs, seed, {**numbers, "win_support": 0.0})
        run_through(world, inputs.years * PER_YEAR)
        found.extend(world.cities.commitment.tolist())
    test = stats.kstest(found, lambda x: 1.0 - (1.0 - np.asarray(x)) ** shape)
    grid = np.linspace(0.0, 1.0, 101)
    seen = np.searchsorted(np.sort(found), grid, side="right") / len(found)
    is_plain = inputs.parameters.number("commitment_shape_low") == 1.0
    return Limit(
        "commitment", "Mean field of one city: commitment of its head",
        f"Kumaraswamy's law with shapes 1 and {shape:g}: the mean is 1 / (1 + {shape:g}) = {1.0 / (1.0 + shape):.4g}",
        f"Kolmogorov's D (mean found {np.mean(found):.4g})", float(test.statistic), runs, len(found),
        Picture("commitment", "share of heads below", (grid, 1.0 - (1.0 - grid) ** shape), (grid, seen)),
        p=float(test.pvalue), reasons=() if is_plain else ("the shipped law has another form",),
    )  # fmt: skip


def staff_of_a_city() -> Limit:
    """Mean field of one city: staff settle where departures and refilling balance."""
    inputs, years = pairs(5, 60), 60
    world = world_of(inputs, 2, {"rotation_chance": 0.0})
    number = inputs.parameters.number
    leaves = 1.0 - math.exp(-number("staff_departure_rate") / PER_YEAR)
    filled = 1.0 - math.exp(-number("refill_rate") / PER_YEAR)
    kernel().simulate(world, 0, 0)
    target = number("staff_reference_fte") * world.cities.staff_scale.copy()
    rest = filled / (1.0 - (1.0 - leaves) * (1.0 - filled))
    shares = [float((world.cities.staff / target)[0])]
    for _ in stepped(world, years * PER_YEAR):
        shares.append(float((world.cities.staff / target)[0]))
    error = float(np.abs(world.cities.staff / (target * rest) - 1.0).max())
    steps = np.arange(len(shares), dtype=float)[:41]
    expected = rest + (shares[0] - rest) * ((1.0 - leaves) * (1.0 - filled)) ** steps
    return Limit(
        "staff", "Mean field of one city: staff",
        f"staff come to {rest:.4g} of the target, where what leaves a quarter ({leaves:.3g}) and the share of the gap "
        f"refilled ({filled:.3g}) balance",
        "largest relative error after 60 years", error, 1, len(world.cities),
        Picture("quarters", "staff as a share of the target", (steps, expected), (steps, np.array(shares[:41]))),
        tolerance=1e-6,
    )  # fmt: skip


def money_of_a_cool_city() -> Limit:
    """Mean field of one city: without commitment the base of absorption bounds what is spent."""
    inputs = pairs(20, 12)
    numbers = {"commitment_shape_high": 1e9, "satisfaction_gain": 0.0, "hidden_spread": 0.0, **NO_ENDS}
    base = inputs.parameters.number("absorption_base_kusd")
    runs, paid = 10, []
    for seed in range(runs):
        world = world_of(inputs, seed, numbers)
        run_through(world, inputs.years * PER_YEAR)
        paid.extend((agreements_of(world).spent_kusd / inputs.years).reshape(-1).tolist())
    spent = np.sort(np.array(paid))
    ranks = (np.arange(len(spent)) + 1.0) / len(spent)
    line = (np.array([base, base]), np.array([0.0, 1.0]))
    return Limit(
        "absorption", "Mean field of one city: money without heads who care",
        f"a side spends something and at most the base of absorption, {base:g} kusd a year",
        "largest spending over the base, less 1", float(spent.max() / base - 1.0), runs, len(spent),
        Picture("kusd of a side and year", "share of sides below", line, (spent, ranks), "the most there is"),
        tolerance=1e-4, reasons=() if spent.max() > 0.0 else ("nothing was spent",),
    )  # fmt: skip
