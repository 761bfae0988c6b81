"""What holds in every quarter of every run: money, staff, books, bounds, stages, counts and splits.

Small synthetic worlds are drawn with random levers, parameters and policies within their declared ranges and stepped
quarter by quarter through the compiled rules.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kembar import records
from kembar.compilation import kernel
from kembar.inputs import Inputs, build
from kembar.parameters import Declaration, declarations
from kembar.scenario.reader import available_policies, load_policy, load_scenario
from kembar.verification.balances import sum_by_city
from kembar.world import make_world

Rules = Mapping[str, Callable[..., Any]]

WORLD = """
title = "A drawn archipelago"
about = "A small synthetic world for a test of what always holds."
start_year = 2026
years = {years}
kind = "synthetic"
focal_countries = []

[synthetic]
cities = {cities}
countries = {countries}
seed = {seed}
mean_degree = 2.9
start = "{start}"
"""

# Quarterly values that stay within 0 and 1.
CITY_SHARES = (
    "capability", "priority", "commitment", "leader_level", "experience", "external_share", "programme_coverage",
    "institutionalisation", "civic", "business", "support",
)  # fmt: skip
AGREEMENT_SHARES = (
    "language", "culture", "distance", "hours_apart", "fit", "focus", "trust", "embeddedness", "goodwill", "ownership",
    "exchange_size", "digital",
)  # fmt: skip
FLAGS = ("is_frozen", "in_force", "is_quiet", "follows_record")
# What a stage may be a quarter later; within one quarter two arrows can follow one another.
ARROWS = {
    records.EXPLORING: {records.LETTER, records.STALLED},
    records.LETTER: {records.ACTIVE, records.STALLED},
    records.STALLED: {records.EXPLORING},
    records.ACTIVE: {records.DORMANT, records.ENDED},
    records.DORMANT: {records.ACTIVE, records.ENDED},
    records.ENDED: set(),
}
OF_THIS_QUARTER = ("city_count", "citizen_count", "next")  # set anew each quarter; chains of the two cities
EPSILON = 1e-9


class Case(NamedTuple):
    """A world to run and the luck to run it with."""

    text: str
    policy: str | None
    levers: dict[str, float]
    parameters: dict[str, float]
    seed: int


def _within(item: Declaration, share: float) -> float:
    low, high = item.range
    value = min(high, max(low, low + share * (high - low)))
    return float(round(value)) if item.scale == "integer" else value


def _chosen(items: list[Declaration]) -> st.SearchStrategy[dict[str, float]]:
    shares = st.dictionaries(st.sampled_from(items), st.floats(0.0, 1.0), max_size=12)
    return shares.map(lambda drawn: {item.key: _within(item, share) for item, share in drawn.items()})


LEVERS = sorted((d for d in declarations() if d.kind == "lever"), key=lambda item: item.key)
NUMBERS = sorted(
    (d for d in declarations() if d.kind != "lever" and not d.is_by_sector and not d.key.startswith("synthetic_")),
    key=lambda item: item.key,
)

worlds = st.builds(
    WORLD.format,
    years=st.integers(3, 12),
    cities=st.integers(3, 24),
    countries=st.integers(2, 3),
    seed=st.integers(0, 10**6),
    start=st.sampled_from(["network", "network", "empty"]),
)
# A drawn world has none of the real countries and cities that some policies name.
policies = st.sampled_from(
    [
        policy.name
        for policy in (load_policy(listed.name) for listed in available_policies())
        if all(change.target == "all" for change in policy.changes)
        and all(set(event.where) <= {"all"} for event in policy.events)
    ]
)
cases = st.one_of(
    st.builds(Case, worlds, st.none(), _chosen(LEVERS), _chosen(NUMBERS), st.integers(0, 2**31)),
    st.builds(Case, worlds, policies, st.just({}), _chosen(NUMBERS), st.integers(0, 2**31)),
)
# The worlds are small as drawn; shrinking one that fails would take minutes.
some = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Inputs]:
    """Makes the inputs of a case."""
    folder = tmp_path_factory.mktemp("worlds")
    numbers = itertools.count()

    def make(case: Case) -> Inputs:
        path: Path = folder / f"world-{next(numbers)}.toml"
        path.write_text(case.text, encoding="utf-8")
        laid_over = [] if case.policy is None else [load_policy(case.policy)]
        try:
            return build(load_scenario(path), laid_over, case.levers, case.parameters)
        finally:
            path.unlink()

    return make


def quarters(inputs: Inputs, seed: int) -> Iterator[tuple[int, Any, Any, Any]]:
    """Step through a run: the quarter, the world after it, and the cities and agreements before it."""
    world = make_world(inputs, seed, room=8)
    simulate = kernel().simulate
    for quarter in range(inputs.years * records.QUARTERS_PER_YEAR):
        cities, agreements = world.cities.copy(), world.agreements.copy()
        assert simulate(world, quarter, quarter + 1), "more room is needed for this test"
        yield quarter, world, cities, agreements


@some
@given(case=cases)
def test_no_city_spends_more_than_it_has(built: Callable[[Case], Inputs], case: Case) -> None:
    inputs = built(case)
    limit = inputs.parameters.number("quarter_spending_limit") / records.QUARTERS_PER_YEAR
    for _, world, _, before in quarters(inputs, case.seed):
        cities = world.cities
        assert np.all(cities.spent_kusd <= cities.executable_kusd * (1.0 + EPSILON))
        most = cities.executable_kusd * limit + cities.upkeep_kusd  # what is left at the end of the year knows no limit
        assert np.all(cities.spending_kusd <= most * (1.0 + EPSILON))
        assert np.all(cities.spending_kusd >= 0.0)
        for_exchanges = sum_by_city(world, world.agreements.spent_kusd - before.spent_kusd)
        assert np.all(for_exchanges <= (cities.available_kusd + cities.upkeep_kusd) * (1.0 + EPSILON) + EPSILON)


@some
@given(case=cases)
def test_no_city_uses_more_staff_than_it_holds(built: Callable[[Case], Inputs], case: Case) -> None:
    for _, world, _, _ in quarters(built(case), case.seed):
        given_out = sum_by_city(world, world.agreements.time_fte)
        assert np.all(given_out >= 0.0)
        assert np.all(given_out + world.cities.coordination_fte <= world.cities.staff * (1.0 + EPSILON))
        assert np.all(world.cities.free_fte >= 0.0)


@some
@given(case=cases)
def test_books_balance(rules: Rules, built: Callable[[Case], Inputs], case: Case) -> None:
    """Exchanges and programmes of every city and quarter sum to its spending, and the years and the run to the same."""
    inputs = built(case)
    whole = 0.0
    programmes = 0.0
    world: Any = None
    for _, world, _, before in quarters(inputs, case.seed):
        paid = np.array(
            [
                rules["programme_cost"](city, levers, world.parameters[0]) * city.programme_coverage
                for city, levers in zip(world.cities, world.levers, strict=True)
            ]
        )
        for_exchanges = sum_by_city(world, world.agreements.spent_kusd - before.spent_kusd)
        assert paid + for_exchanges == pytest.approx(world.cities.spending_kusd, rel=1e-9, abs=1e-9)
        whole += world.cities.spending_kusd.sum()
        programmes += paid.sum()
    assert world.agreements.spent_kusd.sum() + programmes == pytest.approx(whole, rel=1e-9, abs=1e-9)
    assert world.city_years.spent_kusd.sum() == pytest.approx(whole, rel=1e-9, abs=1e-9)
    assert world.series.spent_kusd.sum() == pytest.approx(whole, rel=1e-9, abs=1e-9)
    assert world.series.external_kusd.sum() <= whole * (1.0 + EPSILON)


@some
@given(case=cases)
def test_shares_stay_shares_and_satisfaction_within_its_bounds(built: Callable[[Case], Inputs], case: Case) -> None:
    for _, world, _, _ in quarters(built(case), case.seed):
        known = world.agreements[: world.counters[records.AGREEMENT_ROWS]]
        for table, names in ((world.cities, CITY_SHARES), (known, AGREEMENT_SHARES)):
            for name in names:
                assert np.all((table[name] >= 0.0) & (table[name] <= 1.0 + EPSILON)), name
        assert world.cities.priority.sum(axis=1) == pytest.approx(1.0)
        signed = known[np.isin(known.stage, (records.ACTIVE, records.DORMANT))]
        assert signed.focus.sum(axis=1) == pytest.approx(np.ones(len(signed)))
        assert np.all(np.abs(known.satisfaction) <= 1.0 + EPSILON)
        for name in FLAGS:
            assert np.all(np.isin(known[name], (0, 1))), name


@some
@given(case=cases)
def test_no_number_is_lost_or_negative(built: Callable[[Case], Inputs], case: Case) -> None:
    """No NaN or infinity anywhere; what is an amount stays at or above zero."""
    world: Any = None
    for _, world, _, _ in quarters(built(case), case.seed):
        for table in (world.cities, world.agreements, world.countries):
            for name in table.dtype.names:
                if table.dtype[name].base.kind == "f":
                    assert np.all(np.isfinite(table[name])), name
        for name in ("staff", "appropriated_kusd", "executable_kusd", "arriving_tangible", "pending_tangible"):
            assert np.all(world.cities[name] >= 0.0), name
        for name in ("rate_city", "rate_citizen", "money_kusd", "time_fte", "purse_kusd", "spent_kusd", "points"):
            assert np.all(world.agreements[name] >= 0.0), name
    for table in (world.series, world.city_years):
        for name in table.dtype.names:
            assert np.all(np.isfinite(table[name])), name
            assert name == "satisfaction" or np.all(table[name] >= 0.0), name


def allowed_within_a_quarter(before: int) -> set[int]:
    """Stages that one or two arrows reach: talks are moved first, the life of what is signed later in the quarter."""
    reached = {before} | ARROWS[before]
    return reached | (ARROWS[records.ACTIVE] if records.ACTIVE in reached and before == records.LETTER else set())


@some
@given(case=cases)
def test_stages_move_only_along_the_arrows(built: Callable[[Case], Inputs], case: Case) -> None:
    rows = 0
    for _, world, _, before in quarters(built(case), case.seed):
        for row in range(rows):
            assert world.agreements[row].stage in allowed_within_a_quarter(int(before[row].stage))
        started = world.agreements.stage[rows : world.counters[records.AGREEMENT_ROWS]] if rows else []
        # talks opened this quarter may move once, in the negotiation of the same quarter
        assert set(started) <= {records.EXPLORING, records.LETTER, records.STALLED}
        rows = world.counters[records.AGREEMENT_ROWS]


@some
@given(case=cases)
def test_ended_agreement_never_spends_and_never_changes(built: Callable[[Case], Inputs], case: Case) -> None:
    names = [name for name in records.AGREEMENT.names or () if name not in OF_THIS_QUARTER]
    for quarter, world, _, before in quarters(built(case), case.seed):
        was_ended = (before.stage == records.ENDED) & (before.ended_quarter < quarter)
        for name in names:
            assert np.array_equal(world.agreements[name][was_ended], before[name][was_ended]), name
        for name in ("city_count", "citizen_count"):
            assert not world.agreements[name][was_ended].any(), name


@some
@given(case=cases)
def test_counts_are_whole_and_agree_with_one_another(built: Callable[[Case], Inputs], case: Case) -> None:
    held = {"city_exchanges": 0, "citizen_exchanges": 0}
    world: Any = None
    for _, world, _, before in quarters(built(case), case.seed):
        agreements = world.agreements
        for total, count in (("city_exchanges", "city_count"), ("citizen_exchanges", "citizen_count")):
            assert np.all(agreements[count] >= 0)
            is_alive = np.isin(before.stage, (records.ACTIVE, records.DORMANT)) | (agreements[count] > 0)
            grown = agreements[total] - before[total]
            assert np.array_equal(grown[is_alive], agreements[count][is_alive])
            held[total] += int(agreements[count].sum())
    series = world.series
    for total in held:
        assert series[total].sum() == held[total]
    for name in (*records.STAGES, "signed", "dormancies", "revivals", "renewals", "leader_changes", "talks_opened"):
        assert np.array_equal(series[name], np.floor(series[name])), name
    stocks = sum(series[stage][-1] for stage in records.STAGES)
    assert stocks == world.counters[records.AGREEMENT_ROWS]
    endings = sum(series[name].sum() for name in ("lapses", "notices", "reviews", "mergers", "breaks"))
    assert endings == series["ended"][-1]


@some
@given(case=cases)
def test_every_split_sums_to_its_shortfall(rules: Rules, built: Callable[[Case], Inputs], case: Case) -> None:
    """The parts of each decline against the shortfall counted anew from the history."""
    splits = 0
    for quarter, world, _, before in quarters(built(case), case.seed):
        rows = world.agreements.split_row
        for row in np.flatnonzero((rows != before.split_row) & (rows >= 0)):
            agreement = world.agreements[row]
            p = world.parameters[0]
            span = world.history.shape[1]
            tracked = rules["tracked_quarters"](agreement, quarter, span)
            factors = np.zeros(records.RATE_COLUMN)
            rules["write_reference"](agreement, p, factors)
            side = records.SIDE_FACTOR_COUNT
            ready = [np.prod(factors[:side]), np.prod(factors[side : 2 * side])]
            most = p.rate_most * rules["weaker_governs"](*ready, p.weakness) * np.prod(factors[2 * side :])
            columns = [world.history[row, (quarter - back) % span] for back in range(tracked)]
            held = sum(column[records.COUNT_COLUMN] for column in columns)
            parts = world.splits[agreement.split_row]
            shortfall = (most + p.reference_carriers) * tracked / records.QUARTERS_PER_YEAR - held
            assert abs(parts.sum() - shortfall) < 1e-9
            assert agreement.cause == np.argmax(parts)
            splits += 1
    assert splits == world.counters[records.SPLIT_ROWS]
