"""Benefits, who has them and how budgets were used, against hand calculations on a world of six cities."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import trapezoid

from kembar.analysis import concentration
from kembar.analysis.fairness import CityRuns, Fairness, city_runs, find_fairness
from kembar.analysis.paired import Effect
from kembar.errors import InputError
from kembar.network_outcomes import concentration as concentration_of_run
from kembar.records import SECTORS

CITIES = ("a", "b", "c", "d", "e", "f")
POPULATION = np.array([1e5, 2e5, 3e5, 4e5, 5e5, 25e5])
INCOME = np.array([0.9, 4.9, 4.9, 4.9, 20.0, 60.0])
RUNS = 40


def frame(first_run: int, gain: float, seed: int) -> pd.DataFrame:
    """Six cities in 40 runs, rows in no order; `gain` is added to the tangible points of the two smallest cities."""
    rng = np.random.default_rng(seed)
    runs, place = np.repeat(np.arange(RUNS), 6), np.tile(np.arange(6), RUNS)
    table = pd.DataFrame(
        {
            "run_id": first_run + runs,
            "city": np.array(CITIES)[place],
            "country": "XX",
            "population": POPULATION[place],
            "income_kusd": INCOME[place],
            "appropriated_kusd": 100.0,
            "executable_kusd": 60.0,
            "spent_kusd": 50.0 + rng.random(len(runs)),
            "external_kusd": 10.0,
            "active": 1.0 + place,
            "tangible_points": rng.gamma(2.0, size=len(runs)) + np.where(place < 2, gain, 0.0),
            "intangible_points": rng.gamma(2.0, size=len(runs)),
            "public_points": rng.random(len(runs)),
        }
    )
    for number, sector in enumerate(SECTORS):
        table[f"points_{sector}"] = number + rng.random(len(runs))
    return table.sample(frac=1.0, random_state=seed)


@pytest.fixture(scope="module")
def both() -> tuple[CityRuns, CityRuns]:
    return city_runs(frame(0, 0.0, 1), range(RUNS)), city_runs(frame(1000, 0.5, 1), range(1000, 1000 + RUNS))


@pytest.fixture(scope="module")
def found(both: tuple[CityRuns, CityRuns]) -> Fairness:
    return find_fairness(*both)


def named(effects: tuple[Effect, ...], name: str) -> Effect:
    return next(effect for effect in effects if effect.outcome == name)


def test_rows_are_arranged_by_run_and_city_whatever_their_order(both: tuple[CityRuns, CityRuns]) -> None:
    side = both[0]
    assert side.cities == CITIES
    assert side.population.tolist() == POPULATION.tolist()
    assert side.income_kusd.tolist() == INCOME.tolist()
    table = frame(0, 0.0, 1).set_index(["run_id", "city"])
    assert side.values["spent_kusd"][7, 2] == table.loc[(7, "c"), "spent_kusd"]
    turned = city_runs(frame(0, 0.0, 1), [3, 0])
    assert turned.points[0].tolist() == side.points[3].tolist()


def test_benefits_are_paired_sums_over_cities(both: tuple[CityRuns, CityRuns], found: Fairness) -> None:
    gained = named(found.benefits, "benefit_points")
    assert gained.difference.mean == pytest.approx(1.0)  # two cities with half a point each, the same luck
    assert not gained.difference.has_width
    before, after = both
    per_head = named(found.benefits, "benefit_points_per_head")
    assert per_head.difference.mean == pytest.approx(1.0 / 40.0)  # four million inhabitants
    money = named(found.benefits, "benefit_points_per_kusd")
    ratios = [side.points.sum(axis=1) / side.values["spent_kusd"].sum(axis=1) for side in (before, after)]
    interval = stats.ttest_rel(ratios[1], ratios[0]).confidence_interval(0.95)
    assert (money.difference.low, money.difference.high) == pytest.approx((interval.low, interval.high))
    share = named(found.benefits, "tangible_share")
    tangible = [side.values["tangible_points"].sum(axis=1) / side.points.sum(axis=1) for side in (before, after)]
    assert share.difference.mean == pytest.approx((tangible[1] - tangible[0]).mean())


def test_every_sector_has_its_effect(found: Fairness) -> None:
    for number, sector in enumerate(SECTORS):
        effect = named(found.benefits, f"points_{sector}")
        assert effect.baseline == pytest.approx(6 * (number + 0.5), abs=0.5)
        assert effect.difference.mean == 0.0


def test_groups_by_size_and_income_tell_who_gains(found: Fairness) -> None:
    sizes = {(group.kind, group.name): (group.cities, group.inhabitants) for group in found.groups}
    assert sizes == {
        ("size", "small"): (2, 3e5),
        ("size", "medium"): (2, 7e5),
        ("size", "large"): (2, 30e5),
        ("income", "low"): (1, 1e5),
        ("income", "upper_middle"): (3, 9e5),
        ("income", "high"): (2, 30e5),
    }
    gains = {group.name: named(group.effects, "points_per_city").difference.mean for group in found.groups}
    assert gains == pytest.approx(
        {"small": 0.5, "medium": 0.0, "large": 0.0, "low": 0.5, "upper_middle": 1.0 / 6.0, "high": 0.0}
    )
    shares = [named(group.effects, "share_of_benefits") for group in found.groups if group.kind == "size"]
    assert sum(effect.baseline for effect in shares) == pytest.approx(1.0)
    assert sum(effect.difference.mean for effect in shares) == pytest.approx(0.0, abs=1e-12)
    assert [effect.difference.is_clear and effect.difference.mean > 0 for effect in shares] == [True, False, False]
    active = [named(group.effects, "active_per_city").baseline for group in found.groups if group.kind == "size"]
    assert active == [1.5, 3.5, 5.5]


def test_country_at_the_end_of_an_income_group_belongs_below_it() -> None:
    table = frame(0, 0.0, 1)
    incomes = dict(zip(CITIES, (1.145, 1.146, 4.515, 4.516, 14.005, 14.006), strict=True))
    table["income_kusd"] = table["city"].map(incomes)
    side = city_runs(table, range(RUNS))
    groups = [group for group in find_fairness(side, side).groups if group.kind == "income"]
    assert [(group.name, group.cities) for group in groups] == [
        ("low", 1), ("lower_middle", 2), ("upper_middle", 2), ("high", 1),
    ]  # fmt: skip


def test_budgets_against_execution(found: Fairness) -> None:
    assert named(found.execution, "appropriated_kusd").baseline == 600.0
    assert named(found.execution, "executable_share").baseline == pytest.approx(0.6)
    own = named(found.execution, "own_spent_kusd").baseline
    assert own == pytest.approx(6 * (50.5 - 10.0), abs=1.0)
    assert named(found.execution, "execution_share").baseline == pytest.approx(own / 600.0)


def test_curves_are_means_of_the_runs_curves(both: tuple[CityRuns, CityRuns], found: Fairness) -> None:
    lorenz, by_size, _ = found.curves
    assert [curve.order for curve in found.curves] == ["benefits", "size", "income"]
    assert lorenz.at == pytest.approx([place / 10 for place in range(11)])
    ends = [(curve.baseline[0].mean, curve.baseline[-1].mean) for curve in found.curves]
    assert ends == [(0.0, 1.0)] * 3
    half = [np.sort(run)[:3].sum() / run.sum() for run in both[0].points]
    assert lorenz.baseline[5].mean == pytest.approx(np.mean(half))
    smaller = [side.points[:, :3].sum(axis=1) / side.points.sum(axis=1) for side in both]
    assert by_size.difference[5].mean == pytest.approx((smaller[1] - smaller[0]).mean())
    assert by_size.difference[5].low > 0.0


def test_concentration_agrees_with_the_outcome_of_a_run(both: tuple[CityRuns, CityRuns], found: Fairness) -> None:
    points = both[0].points
    expected = [concentration_of_run(run, POPULATION)[1] for run in points]
    np.testing.assert_allclose(concentration.index(points, None), expected)
    assert named(found.concentration, "concentration_by_benefits").baseline == pytest.approx(np.mean(expected))


def test_concentration_of_simple_distributions() -> None:
    one_has_all, equal = np.array([[0.0, 0.0, 0.0, 0.0, 9.0]]), np.ones((1, 5))
    order = np.arange(5.0)
    assert concentration.index(one_has_all, None)[0] == pytest.approx(0.8)  # (n - 1) / n
    assert concentration.index(one_has_all, order)[0] == pytest.approx(0.8)
    assert concentration.index(one_has_all, -order)[0] == pytest.approx(-0.8)
    assert concentration.index(equal, None)[0] == pytest.approx(0.0)
    assert concentration.top_share(one_has_all, order)[0] == pytest.approx(1.0)
    assert concentration.top_share(equal, order)[0] == pytest.approx(0.2)


def test_index_is_one_less_twice_the_area_under_the_curve() -> None:
    values = np.random.default_rng(3).gamma(1.0, size=(5, 8))
    at = np.linspace(0.0, 1.0, 9)
    for order in (None, np.array([3.0, 1.0, 2.0, 8.0, 5.0, 6.0, 7.0, 4.0])):
        area = trapezoid(concentration.curve(values, order, at), at, axis=1)
        np.testing.assert_allclose(concentration.index(values, order), 1.0 - 2.0 * area)


def test_cities_that_the_order_does_not_tell_apart_count_alike() -> None:
    values = np.array([[1.0, 5.0, 0.0, 2.0]])
    order = np.array([2.0, 1.0, 1.0, 1.0])
    for columns in ([0, 1, 2, 3], [2, 0, 3, 1]):
        assert concentration.index(values[:, columns], order[columns])[0] == pytest.approx(
            concentration.index(np.array([[7.0, 7.0, 7.0, 3.0]]), np.arange(4.0))[0]
        )


def test_gini_per_head_counts_inhabitants() -> None:
    # as if every inhabitant were a city of her own: 1 with 3 points, 2 with 1 each
    cities, people = np.array([[3.0, 2.0]]), np.array([1.0, 2.0])
    single = concentration.index(np.array([[3.0, 1.0, 1.0]]), None)
    np.testing.assert_allclose(concentration.gini_per_head(cities, people), single)
    assert concentration.gini_per_head(np.array([[1.0, 2.0]]), people)[0] == pytest.approx(0.0)


def test_run_without_benefits_has_no_spread_to_tell_and_is_left_out() -> None:
    table = frame(0, 0.0, 1)
    table.loc[table["run_id"] == 4, ["tangible_points", "intangible_points"]] = 0.0
    side = city_runs(table, range(RUNS))
    effect = named(find_fairness(side, side).concentration, "concentration_by_size")
    assert (effect.difference.runs, effect.difference.left_out) == (RUNS - 1, 1)


def test_city_that_is_missing_or_there_twice_is_refused() -> None:
    table = frame(0, 0.0, 1)
    is_odd = (table["run_id"] == 2) & (table["city"] == "c")
    with pytest.raises(InputError) as caught:
        city_runs(table[~is_odd], range(RUNS))
    assert str(caught.value) == (
        "error: 0 rows for city 'c' in run 2 in the table of cities; every run has every city once"
    )  # fmt: skip
    with pytest.raises(InputError, match="2 rows for city 'c' in run 2"):
        city_runs(pd.concat([table, table[is_odd]]), range(RUNS))
    with pytest.raises(InputError, match="no row in the table of cities"):
        city_runs(table, [777])


def test_sides_of_different_worlds_are_refused(both: tuple[CityRuns, CityRuns]) -> None:
    table = frame(0, 0.0, 1)
    other = city_runs(table[table["city"] != "f"], range(RUNS))
    with pytest.raises(InputError, match="city 'f' is on one side only; both sides of a pair are the same world"):
        find_fairness(both[0], other)
