"""Designs: from factors and a few words to the points of an experiment. A pure function, the same for the same seed.

| kind | points | points that share luck | which points stay when it grows |
|---|---|---|---|
| `full` | every combination of the levels, the first factor slowest | all | all, when the first factor gets levels at its end |
| `latin_hypercube` | `points`, each factor's range cut into as many parts, one point in each | none | all, when `points` is doubled once or more |
| `sobol` | `base` rows of Saltelli's scheme: A, each A with one factor of B, (each B with one of A,) B | those of one row | all, when `base` grows |
| `morris` | `trajectories`, in which one factor after another moves by one jump | those of one trajectory | all, when `trajectories` grow |
| `table` | the rows given | all | all, when rows are added at the end |

A Latin hypercube of any larger size cannot keep its points: two of three points may lie in the same quarter. One of
twice the size can (each part is cut in two and holds one old point), so it is built from an odd number of points by
doubling; 25, 50, 100 and 200 points share their first ones.

Points of one group share the luck of each replicate (`kembar.experiment.luck`). What is compared is then compared
under the same luck: the corners of a grid, the steps of a trajectory, the rows of a Saltelli block. Groups differ in
luck, so that resampling trajectories or base rows in the analysis carries the luck along.
Sources: McKay et al. (1979) Technometrics 21, 239-245; Sallaberry et al. (2008) Reliability Engineering & System
Safety 93, 1047-1059 (doubling); Saltelli et al. (2010) Computer Physics Communications 181, 259-270; Morris (1991)
Technometrics 33, 161-174; Campolongo et al. (2007) Environmental Modelling & Software 22, 1509-1518.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kembar.errors import InputError, Problem, nearest
from kembar.experiment.factors import Factor, Floats, factor_of, fault_of_value, problems_of, value_at, values_at

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "DesignTable", "Factor", "factor_of", "make_design", "value_at"]

# Kinds of design and the settings that each needs; those of OPTIONAL have a usual value.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "full": (),
    "latin_hypercube": ("points",),
    "sobol": ("base",),
    "morris": ("trajectories",),
    "table": ("rows",),
}
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {"sobol": ("second_order",), "morris": ("levels",)}
MORRIS_LEVELS: Final = 4  # of each factor in a Morris design, unless another even number is asked for
LEAST: Final[Mapping[str, int]] = {"points": 2, "base": 2, "trajectories": 2, "levels": 2}
LEAST_LEVELS: Final = 2  # of a factor in a full design
MOST_POINTS: Final = 100_000  # of one design; beyond it a slip of the pen is likelier than a wish


@dataclass(frozen=True)
class DesignTable:
    """The points of a design: the value of each factor, and the group of points whose luck each point shares."""

    kind: str
    names: tuple[str, ...]
    values: Floats  # (points, factors)
    group: npt.NDArray[np.int64]  # (points,)

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.values)

    def table(self) -> pd.DataFrame:
        """The design as a long table: point, group, factor, value."""
        import pandas as pd

        count = len(self.names)
        return pd.DataFrame(
            {
                "point": np.repeat(np.arange(self.points), count),
                "group": np.repeat(self.group, count),
                "factor": np.tile(np.array(self.names, object), self.points),
                "value": self.values.ravel(),
            }
        )


def make_design(
    kind: str,
    factors: Sequence[Factor],
    seed: int = 1,
    *,
    points: int | None = None,
    base: int | None = None,
    second_order: bool | None = None,
    trajectories: int | None = None,
    levels: int | None = None,
    rows: Mapping[str, Sequence[float]] | None = None,
    most_points: int = MOST_POINTS,
) -> DesignTable:
    """The points of a design of one of KINDS over `factors`, with the settings of that kind.

    `rows` are the columns of a table by the factor's name. Factors that have levels take only these.
    Raises InputError with every problem found.

    >>> grid = make_design("full", [Factor("a", 0, 1, levels=(0.0, 1.0)), Factor("b", 0, 9, levels=(3.0, 5.0))])
    >>> grid.values.tolist()
    [[0.0, 3.0], [0.0, 5.0], [1.0, 3.0], [1.0, 5.0]]
    """
    given: dict[str, Any] = {
        "points": points,
        "base": base,
        "second_order": second_order,
        "trajectories": trajectories,
        "levels": levels,
        "rows": rows,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    problems = [*_problems_of_settings(kind, settings, seed), *problems_of(factors)]
    if not problems:
        problems = _problems_of_fit(kind, factors, settings, most_points)
    if problems:
        raise InputError(problems)
    if kind == "full":
        return _table(kind, factors, _combinations(factors))
    if kind == "table":
        assert rows is not None
        return _table(kind, factors, np.column_stack([np.asarray(rows[item.name], np.float64) for item in factors]))
    if kind == "latin_hypercube":
        places = _latin_hypercube(settings["points"], len(factors), seed)
    elif kind == "sobol":
        places = _sobol(settings["base"], len(factors), seed, bool(second_order))
    else:
        places = _morris(settings["trajectories"], len(factors), seed, settings.get("levels", MORRIS_LEVELS))
    values = np.column_stack([values_at(item, places[:, column]) for column, item in enumerate(factors)])
    return _table(kind, factors, values, _block_size(kind, len(factors), settings))


def _table(kind: str, factors: Sequence[Factor], values: Floats, block_size: int | None = None) -> DesignTable:
    count = len(values)
    group = np.zeros(count, np.int64) if block_size is None else np.arange(count) // block_size
    return DesignTable(kind, tuple(factor.name for factor in factors), np.ascontiguousarray(values), group)


def _block_size(kind: str, factors: int, settings: Mapping[str, Any]) -> int:
    """Points that share their luck."""
    if kind == "sobol":
        return 2 * factors + 2 if settings.get("second_order") else factors + 2
    return factors + 1 if kind == "morris" else 1


def _problems_of_settings(kind: str, settings: Mapping[str, Any], seed: int) -> list[Problem]:
    if kind not in KINDS:
        why = f"known are {', '.join(KINDS)}"
        return [Problem(f"unknown design '{kind}'", key="design", why=why, suggestion=nearest(kind, KINDS))]
    found = []
    if not _is_whole(seed) or seed < 0:
        found.append(Problem(f"{seed!r} is not a whole number from 0 on", key="seed"))
    allowed = (*KINDS[kind], *OPTIONAL.get(kind, ()))
    for name in KINDS[kind]:
        if name not in settings:
            found.append(Problem("is missing", key=name, why=f"the design {kind} needs it"))
    for name, value in settings.items():
        if name not in allowed:
            takes = f"the design {kind} takes {' and '.join(allowed)}" if allowed else f"the design {kind} takes none"
            found.append(Problem(f"is no setting of the design {kind}", key=name, why=takes))
        elif name in LEAST and (not _is_whole(value) or value < LEAST[name]):
            found.append(Problem(f"{value!r} is not a whole number from {LEAST[name]} on", key=name))
        elif name == "base" and value & (value - 1):
            below = 1 << (value.bit_length() - 1)
            why = "only then does the Sobol sequence fill the space evenly"
            what = f"{value} is not a power of two; the nearest are {below} and {2 * below}"
            found.append(Problem(what, key=name, why=why))
        elif name == "levels" and value % 2:
            why = "a jump of Morris goes over half of the levels"
            found.append(Problem(f"{value} is not an even number", key=name, why=why))
    return found


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _problems_of_fit(
    kind: str, factors: Sequence[Factor], settings: Mapping[str, Any], most_points: int
) -> list[Problem]:
    if kind == "table":
        return _problems_of_rows(factors, settings["rows"], most_points)
    if kind == "full":
        why = "a full design combines the levels of its factors"
        few = [factor for factor in factors if len(factor.levels) < LEAST_LEVELS]
        if few:
            what = f"it takes {LEAST_LEVELS} levels or more, here are"
            return [Problem(f"{what} {len(factor.levels)}", key=factor.name, why=why) for factor in few]
        count = math.prod(len(factor.levels) for factor in factors)
    else:
        count = settings[KINDS[kind][0]] * _block_size(kind, len(factors), settings)
    return _too_many(count, most_points)


def _too_many(count: int, most: int) -> list[Problem]:
    return [] if count <= most else [Problem(f"the design has {count:,} points", why=f"{most:,} are the most")]


def _problems_of_rows(
    factors: Sequence[Factor], rows: Mapping[str, Sequence[float]], most_points: int
) -> list[Problem]:
    names = [factor.name for factor in factors]
    unknown = [name for name in rows if name not in names]
    missing = [name for name in names if name not in rows]
    found = [Problem("is a column but no factor", key=n, suggestion=nearest(n, missing or names)) for n in unknown]
    found += [Problem("the table has no such column", key=name, why="every factor needs one") for name in missing]
    if found:
        return found
    counts = {len(rows[name]) for name in names}
    if len(counts) > 1:
        lengths = ", ".join(f"{name} {len(rows[name])}" for name in names)
        return [Problem("the columns of the table differ in length", key="rows", why=lengths)]
    if counts == {0}:
        return [Problem("the table has no row", key="rows")]
    for factor in factors:
        for number, value in enumerate(rows[factor.name], start=1):
            plain = value.item() if isinstance(value, np.generic) else value
            fault = fault_of_value(factor, plain)
            if fault is not None:
                found.append(Problem(f"row {number}: {fault[0]}", key=factor.name, why=fault[1]))
                break  # one message for a column that is wrong all through
    return found or _too_many(counts.pop(), most_points)


def _combinations(factors: Sequence[Factor]) -> Floats:
    grids = np.meshgrid(*(np.array(factor.levels, np.float64) for factor in factors), indexing="ij")
    return np.column_stack([grid.ravel() for grid in grids])


def _latin_hypercube(points: int, factors: int, seed: int) -> Floats:
    """Places (points, factors): a Latin hypercube of an odd number of points, doubled."""
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    doublings = (points & -points).bit_length() - 1
    places: Floats = qmc.LatinHypercube(factors, seed=rng).random(points >> doublings)
    for _ in range(doublings):
        places = np.vstack([places, _other_half(places, rng)])
    return places


def _other_half(places: Floats, rng: np.random.Generator) -> Floats:
    """As many points again: with the given ones, one in each of twice as many parts of every factor's range."""
    parts = 2 * len(places)
    added = np.empty_like(places)
    for column in range(places.shape[1]):
        is_empty = np.ones(parts, bool)
        is_empty[np.minimum((places[:, column] * parts).astype(np.int64), parts - 1)] = False
        chosen = rng.permutation(np.flatnonzero(is_empty))[: len(places)]  # more are empty if a point lies on an edge
        added[:, column] = (chosen + rng.random(len(places))) / parts
    return added


def _problem(factors: int) -> dict[str, Any]:
    """The unit cube, as SALib wants it described."""
    return {"num_vars": factors, "names": [str(number) for number in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def _sobol(base: int, factors: int, seed: int, second_order: bool) -> Floats:
    from SALib.sample import sobol

    places: Floats = sobol.sample(_problem(factors), base, calc_second_order=second_order, seed=seed)
    return places


def _morris(trajectories: int, factors: int, seed: int, levels: int) -> Floats:
    from SALib.sample import morris

    places = morris.sample(_problem(factors), trajectories, num_levels=levels, seed=seed)
    grid: Floats = np.rint(places * (levels - 1)) / (levels - 1)  # sums of thirds miss the level by a last bit
    return grid
