"""Benefits and who has them: by sector and kind, for the money, over cities by size and income, and what was executed.

Every number is first made for each run from its cities, then compared in pairs under common luck, so intervals are over
runs. The tables of cities cover the whole world, with the cities that never had an agreement: who is left out counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from kembar.analysis import concentration
from kembar.analysis.estimates import LEVEL, Estimate, Floats, mean_estimates
from kembar.analysis.paired import Effect, paired_effects
from kembar.errors import InputError, Problem
from kembar.records import SECTORS

if TYPE_CHECKING:
    import pandas as pd

PEOPLE: Final = 1e5  # benefits per head are told per so many inhabitants
SIZE_GROUPS: Final = ("small", "medium", "large")  # thirds of the cities by inhabitants
# Upper ends of income per head [kusd] of the World Bank's groups for its fiscal year 2025 (national income of 2023:
# 1,145, 4,515 and 14,005 US dollars). The tables hold product per head, so a country near an end may lie in another
# group than in the Bank's own list.
INCOME_GROUPS: Final = ("low", "lower_middle", "upper_middle", "high")
INCOME_ENDS_KUSD: Final = (1.145, 4.515, 14.005)
ORDERS: Final = ("benefits", "size", "income")  # of cities in a curve
_COLUMNS: Final = (
    *("appropriated_kusd", "executable_kusd", "spent_kusd", "external_kusd", "active"),
    *("tangible_points", "intangible_points", "public_points"),
    *(f"points_{sector}" for sector in SECTORS),
)

Measures = dict[str, tuple[str, Floats]]  # unit and values (runs) by name
Members = npt.NDArray[np.bool_]  # which of the cities belong to a group


@dataclass(frozen=True, slots=True)
class CityRuns:
    """The cities of some runs: what they are (cities), and sums over each run as arrays (runs, cities)."""

    cities: tuple[str, ...]
    population: Floats
    income_kusd: Floats
    values: Mapping[str, Floats]

    @property
    def points(self) -> Floats:
        """Benefits felt [points]."""
        return self.values["tangible_points"] + self.values["intangible_points"]


def city_runs(frame: pd.DataFrame, run_ids: Iterable[int]) -> CityRuns:
    """The rows of a table of cities (one row per city and run) for some runs, in the order of `run_ids`.

    Raises InputError when a city is missing in a run or is there twice.
    """
    import pandas as pd

    ids = pd.Index(run_ids)
    found = ids.get_indexer(pd.Index(frame["run_id"]))
    frame, rows = frame.loc[found >= 0], found[found >= 0]
    columns, cities = pd.factorize(frame["city"], sort=True)
    place = rows * len(cities) + columns
    counts = np.bincount(place, minlength=len(ids) * len(cities))
    if len(counts) == 0 or (counts != 1).any():
        odd = int((counts != 1).argmax()) if len(counts) else 0
        run = f" in run {ids[odd // len(cities)]}" if len(counts) else ""
        what = f"{counts[odd]} rows for city '{cities[odd % len(cities)]}'{run}" if len(counts) else "no row"
        raise InputError(Problem(f"{what} in the table of cities", why="every run has every city once"))

    def arranged(name: str) -> Floats:
        values = np.empty(len(place))
        values[place] = frame[name].to_numpy(np.float64)
        return values.reshape(len(ids), len(cities))

    return CityRuns(
        cities=tuple(map(str, cities)),
        population=arranged("population")[0],
        income_kusd=arranged("income_kusd")[0],
        values={name: arranged(name) for name in _COLUMNS},
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Cities of a size or an income group: how many they are, their inhabitants, and what the policy does to them."""

    kind: str  # "size" or "income"
    name: str  # one of SIZE_GROUPS or INCOME_GROUPS
    cities: int
    inhabitants: float
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares of the benefits (0-1) that the first `at` (0-1) of the cities have, in an order of ORDERS.

    `difference` is the policy's curve less the baseline's, in pairs; the other two are means over runs.
    """

    order: str
    at: tuple[float, ...]
    baseline: tuple[Estimate, ...]
    policy: tuple[Estimate, ...]
    difference: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Fairness:
    """What a policy does to benefits, their spread, the use of budgets, and to each group of cities."""

    benefits: tuple[Effect, ...]
    execution: tuple[Effect, ...]
    concentration: tuple[Effect, ...]
    curves: tuple[Curve, ...]
    groups: tuple[Group, ...]


def find_fairness(baseline: CityRuns, policy: CityRuns, level: float = LEVEL) -> Fairness:
    """The fairness of a policy from the cities of paired runs: row i of both has the same luck."""
    if baseline.cities != policy.cities:
        odd = sorted(set(baseline.cities) ^ set(policy.cities))[0]
        raise InputError(Problem(f"city '{odd}' is on one side only", why="both sides of a pair are the same world"))
    everyone = np.ones(len(baseline.cities), bool)

    def effects(measure: Callable[[CityRuns], Measures]) -> tuple[Effect, ...]:
        before, after = measure(baseline), measure(policy)
        sides = [np.column_stack([values for _, values in side.values()]) for side in (before, after)]
        units = {name: unit for name, (unit, _) in before.items()}
        return paired_effects(sides[0], sides[1], tuple(before), units, level)

    return Fairness(
        benefits=effects(_benefits),
        execution=effects(partial(_execution, members=everyone)),
        concentration=effects(_concentration),
        curves=tuple(_curve(baseline, policy, order, level) for order in ORDERS),
        groups=tuple(
            Group(
                kind=kind,
                name=name,
                cities=int(members.sum()),
                inhabitants=float(baseline.population[members].sum()),
                effects=effects(partial(_of_group, members=members)),
            )
            for kind, name, members in _groups(baseline)
        ),
    )


def _ratio(parts: Floats, wholes: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wholes > 0.0, parts / wholes, np.nan)


def _benefits(side: CityRuns) -> Measures:
    sums = {name: values.sum(axis=1) for name, values in side.values.items()}
    points = side.points.sum(axis=1)
    kinds = ("tangible_points", "intangible_points", "public_points", *(f"points_{sector}" for sector in SECTORS))
    return {
        "benefit_points": ("points", points),
        **{name: ("points", sums[name]) for name in kinds},
        "tangible_share": ("1", _ratio(sums["tangible_points"], points)),
        "public_benefit_share": ("1", _ratio(sums["public_points"], points)),
        "benefit_points_per_kusd": ("points/kusd", _ratio(points, sums["spent_kusd"])),
        "benefit_points_per_head": ("points/100,000 inhabitants", PEOPLE * points / side.population.sum()),
    }


def _execution(side: CityRuns, members: Members) -> Measures:
    """Money granted, executable and really spent, without what others than the city paid."""
    granted, executable, spent, external = (
        side.values[name][:, members].sum(axis=1)
        for name in ("appropriated_kusd", "executable_kusd", "spent_kusd", "external_kusd")
    )
    own = spent - external
    return {
        "appropriated_kusd": ("kusd", granted),
        "executable_kusd": ("kusd", executable),
        "own_spent_kusd": ("kusd", own),
        "executable_share": ("1", _ratio(executable, granted)),
        "execution_share": ("1", _ratio(own, granted)),
    }


def _order(side: CityRuns, order: str) -> Floats | None:
    return {"benefits": None, "size": side.population, "income": side.income_kusd}[order]


def _concentration(side: CityRuns) -> Measures:
    found: Measures = {}
    for name in ORDERS:
        order = _order(side, name)
        found[f"concentration_by_{name}"] = ("1", concentration.index(side.points, order))
        found[f"top_fifth_by_{name}"] = ("1", concentration.top_share(side.points, order))
    found["gini_per_head"] = ("1", concentration.gini_per_head(side.points, side.population))
    return found


def _curve(baseline: CityRuns, policy: CityRuns, order: str, level: float) -> Curve:
    at = np.linspace(0.0, 1.0, concentration.CURVE_POINTS)
    before, after = (concentration.curve(side.points, _order(side, order), at) for side in (baseline, policy))
    return Curve(
        order=order,
        at=tuple(at.tolist()),
        baseline=mean_estimates(before, level),
        policy=mean_estimates(after, level),
        difference=mean_estimates(after - before, level, np.ones(len(at))),
    )


def _groups(side: CityRuns) -> list[tuple[str, str, Members]]:
    """Kind, name and members of every group that has any."""
    by_size = np.argsort(side.population, kind="stable")
    third = np.empty(len(by_size), np.int64)
    third[by_size] = np.arange(len(by_size)) * len(SIZE_GROUPS) // len(by_size)
    income = np.searchsorted(INCOME_ENDS_KUSD, side.income_kusd)  # a country at an end belongs below it
    found = [("size", name, third == place) for place, name in enumerate(SIZE_GROUPS)]
    found += [("income", name, income == place) for place, name in enumerate(INCOME_GROUPS)]
    return [(kind, name, members) for kind, name, members in found if members.any()]


def _of_group(side: CityRuns, members: Members) -> Measures:
    count = float(members.sum())
    points = side.points[:, members].sum(axis=1)
    return {
        "points_per_city": ("points/city", points / count),
        "share_of_benefits": ("1", _ratio(points, side.points.sum(axis=1))),
        "public_points_per_city": ("points/city", side.values["public_points"][:, members].sum(axis=1) / count),
        "active_per_city": ("agreements/city", side.values["active"][:, members].sum(axis=1) / count),
        "spent_kusd_per_city": ("kusd/city", side.values["spent_kusd"][:, members].sum(axis=1) / count),
        "execution_share": _execution(side, members)["execution_share"],
    }
