"""Designs: from factors to points, which points share their luck, which stay when a design grows, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kembar.errors import InputError
from kembar.experiment.design import KINDS, MOST_POINTS, Factor, factor_of, make_design, value_at
from kembar.experiment.factors import values_at
from kembar.parameters import as_value, declaration, declarations, uncertainties

UNIT = Factor("x", 0.0, 1.0)
THREE = (Factor("a", 0.0, 1.0), Factor("b", 0.1, 10.0, "log"), Factor("c", 1, 5, "integer"))


def words_of(*arguments: Any, **settings: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        make_design(*arguments, **settings)
    return [problem.format() for problem in caught.value.problems]


def test_full_design_has_every_combination_with_the_first_factor_slowest() -> None:
    a, b = Factor("a", 0, 1, levels=(0.0, 0.5, 1.0)), Factor("b", 1, 100, "log", levels=(100.0, 1.0))
    made = make_design("full", [a, b])
    assert made.names == ("a", "b")
    assert made.values.tolist() == [[0, 100], [0, 1], [0.5, 100], [0.5, 1], [1, 100], [1, 1]]
    assert made.group.tolist() == [0] * 6


def test_full_design_keeps_its_points_when_the_first_factor_gets_levels() -> None:
    b = Factor("b", 0, 1, levels=(0.0, 1.0))
    small = make_design("full", [Factor("a", 0, 3, levels=(0.0, 1.0)), b])
    large = make_design("full", [Factor("a", 0, 3, levels=(0.0, 1.0, 3.0)), b])
    assert large.values[: small.points].tolist() == small.values.tolist()


def test_table_takes_its_rows_as_they_stand() -> None:
    made = make_design("table", THREE, rows={"b": [0.1, 2.0], "a": [1, 0], "c": np.array([5, 1])})
    assert made.values.tolist() == [[1.0, 0.1, 5.0], [0.0, 2.0, 1.0]]
    assert made.group.tolist() == [0, 0]


def test_long_table_of_a_design_has_a_row_for_each_point_and_factor() -> None:
    made = make_design("morris", [UNIT, Factor("y", 0.0, 1.0)], 5, trajectories=2)
    table = made.table()
    assert table.columns.tolist() == ["point", "group", "factor", "value"]
    wide = table.pivot(index="point", columns="factor", values="value")[["x", "y"]]
    assert wide.to_numpy().tobytes() == made.values.tobytes()
    assert table.groupby("point")["group"].first().tolist() == made.group.tolist()


def test_latin_hypercube_has_one_point_in_each_part_and_its_own_luck_at_each() -> None:
    made = make_design("latin_hypercube", [UNIT, Factor("y", 0.0, 1.0)], 5, points=12)
    parts = np.sort((made.values * 12).astype(int), axis=0)
    assert (parts == np.arange(12)[:, None]).all()
    assert made.group.tolist() == list(range(12))


def test_latin_hypercube_that_is_not_doubled_keeps_other_points() -> None:
    # Where the property cannot hold: the first points of a hypercube of 12 are none of 10.
    ten = make_design("latin_hypercube", [UNIT], 5, points=10).values
    twelve = make_design("latin_hypercube", [UNIT], 5, points=12).values
    assert (twelve[:10] != ten).any()
    kept = np.sort((twelve[:10] * 10).astype(int), axis=0)
    assert (kept != np.arange(10)[:, None]).any()


def test_sobol_design_is_the_scheme_of_saltelli() -> None:
    factors = [Factor(name, 0.0, 1.0) for name in "abc"]
    made = make_design("sobol", factors, 3, base=8)
    blocks = made.values.reshape(8, 5, 3)
    a, b = blocks[:, 0], blocks[:, -1]
    for factor in range(3):
        mixed = blocks[:, 1 + factor]
        assert (mixed[:, factor] == b[:, factor]).all()
        assert (np.delete(mixed, factor, 1) == np.delete(a, factor, 1)).all()
    assert made.group.tolist() == np.repeat(np.arange(8), 5).tolist()
    assert make_design("sobol", factors, 3, base=8, second_order=True).points == 8 * 8


def test_morris_trajectory_moves_each_factor_once_by_one_jump() -> None:
    factors = [Factor(name, 0.0, 1.0) for name in "abcd"]
    made = make_design("morris", factors, 3, trajectories=6)
    paths = made.values.reshape(6, 5, 4)
    steps = np.diff(paths, axis=1)
    assert (np.count_nonzero(steps, axis=2) == 1).all()
    assert (np.count_nonzero(steps, axis=1) == 1).all()
    assert np.abs(steps[steps != 0]) == pytest.approx(2 / 3)  # 4 levels: a jump over two of three ways
    assert set(np.unique(made.values)) == {0.0, 1 / 3, 2 / 3, 1.0}
    assert made.group.tolist() == np.repeat(np.arange(6), 5).tolist()


@pytest.mark.parametrize(
    ("kind", "small", "large"),
    [
        ("sobol", {"base": 4}, {"base": 16}),
        ("sobol", {"base": 4, "second_order": True}, {"base": 8, "second_order": True}),
        ("morris", {"trajectories": 3}, {"trajectories": 7}),
        ("latin_hypercube", {"points": 9}, {"points": 36}),
    ],
)
def test_growing_a_design_keeps_its_first_points(kind: str, small: dict[str, int], large: dict[str, int]) -> None:
    first, grown = make_design(kind, THREE, 11, **small), make_design(kind, THREE, 11, **large)
    assert grown.points > first.points
    assert grown.values[: first.points].tobytes() == first.values.tobytes()
    assert grown.group[: first.points].tolist() == first.group.tolist()


@pytest.mark.parametrize(
    ("kind", "setting"), [("sobol", {"base": 8}), ("morris", {"trajectories": 5}), ("latin_hypercube", {"points": 20})]
)
def test_same_seed_same_bytes_and_another_seed_others(kind: str, setting: dict[str, int]) -> None:
    one, again, other = (make_design(kind, THREE, seed, **setting).values for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes() != other.tobytes()


def test_seed_may_be_as_large_as_the_command_line_takes_and_zero() -> None:
    for seed in (0, 2**63 - 1):
        for kind, setting in (("sobol", "base"), ("morris", "trajectories"), ("latin_hypercube", "points")):
            assert make_design(kind, THREE, seed, **{setting: 4}).points >= 4


def test_scales_of_a_factor() -> None:
    quarters = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert values_at(Factor("a", -1.0, 3.0), quarters).tolist() == [-1.0, 0.0, 1.0, 2.0, 3.0]
    found = values_at(Factor("a", 0.01, 100.0, "log"), quarters)
    assert found == pytest.approx([0.01, 0.1, 1.0, 10.0, 100.0], rel=1e-12)
    assert (found[0], found[-1]) == (0.01, 100.0)
    assert values_at(Factor("a", 0, 2, levels=(2.0, 0.0)), quarters).tolist() == [2.0, 2.0, 0.0, 0.0, 0.0]


def test_whole_numbers_are_equally_likely_at_the_ends() -> None:
    made = make_design("latin_hypercube", [Factor("a", 0, 3, "integer")], 1, points=400)
    assert np.unique(made.values, return_counts=True)[1].tolist() == [100] * 4


def test_values_on_a_log_scale_hide_the_last_bits_of_libraries() -> None:
    places = np.linspace(0.0, 1.0, 1001)
    factor = Factor("a", 0.003, 0.7, "log")
    shaken = np.nextafter(places, 1.0)
    assert (values_at(factor, places) == values_at(factor, shaken)).mean() > 0.99


def test_every_declared_parameter_is_a_factor_whose_values_the_model_takes() -> None:
    for declared in declarations():
        factor = factor_of(declared)
        for value in values_at(factor, np.array([0.0, 0.21, 0.5, 0.83, 1.0])).tolist():
            as_value(declared.key, value_at(declared, value))  # raises when it may not stand


def test_position_of_sectors_is_as_declared_in_the_middle_and_piecewise_even() -> None:
    declared = declaration("sector_market")
    low, high = declared.range
    assert value_at(declared, 0.5) == declared.value
    assert value_at(declared, 0.0) == (low,) * 8
    assert value_at(declared, 1.0) == (high,) * 8
    assert value_at(declared, 0.25)[:2] == pytest.approx((0.45, 0.45))  # type: ignore[index]
    assert value_at(declared, 0.75)[2] == pytest.approx(0.7)  # type: ignore[index]  # half-way from 0.4 to 1
    with pytest.raises(InputError, match=r"sector_market: 1\.2 is outside its range; it may lie from 0 to 1"):
        value_at(declared, 1.2)


def test_all_uncertainties_fit_in_one_design() -> None:
    factors = [factor_of(declared) for declared in uncertainties()]
    made = make_design("morris", factors, 1, trajectories=2)
    assert made.points == 2 * (len(factors) + 1)


def test_settings_that_do_not_fit_are_refused_with_words() -> None:
    assert words_of("latin_hypercub", THREE) == [
        "error: design: unknown design 'latin_hypercub'; known are full, latin_hypercube, sobol, morris, table; "
        "did you mean latin_hypercube?"
    ]
    assert words_of("sobol", THREE) == ["error: base: is missing; the design sobol needs it"]
    assert words_of("sobol", THREE, base=100) == [
        "error: base: 100 is not a power of two; the nearest are 64 and 128; "
        "only then does the Sobol sequence fill the space evenly"
    ]
    assert words_of("sobol", THREE, base=8, points=9) == [
        "error: points: is no setting of the design sobol; the design sobol takes base and second_order"
    ]
    assert words_of("morris", THREE, trajectories=4, levels=5) == [
        "error: levels: 5 is not an even number; a jump of Morris goes over half of the levels"
    ]
    assert words_of("morris", THREE, trajectories=1) == ["error: trajectories: 1 is not a whole number from 2 on"]
    assert words_of("latin_hypercube", THREE, points=2.5) == ["error: points: 2.5 is not a whole number from 2 on"]
    assert words_of("latin_hypercube", THREE, -1, points=2) == ["error: seed: -1 is not a whole number from 0 on"]
    assert words_of("full", THREE, points=2)[0].endswith("the design full takes none")


def test_too_few_levels_and_too_many_points_are_refused_with_words() -> None:
    few = [Factor("a", 0, 1, levels=(0.0, 1.0)), Factor("b", 0, 1, levels=(0.5,))]
    assert words_of("full", few) == [
        "error: b: it takes 2 levels or more, here are 1; a full design combines the levels of its factors"
    ]
    wide = [Factor(f"f{number}", 0, 9, levels=tuple(map(float, range(10)))) for number in range(6)]
    assert words_of("full", wide) == [f"error: the design has 1,000,000 points; {MOST_POINTS:,} are the most"]
    assert words_of("sobol", THREE, base=4096, most_points=20_479)[0].startswith("error: the design has 20,480 points")
    assert make_design("sobol", THREE, base=4096, most_points=20_480).points == 20_480


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (Factor("a", 0.0, 1.0, "log"), "a: its range begins at 0; a log scale begins above 0"),
        (Factor("a", 1.0, 1.0), "a: its range 1 to 1 is empty; the least value comes first"),
        (Factor("a", 0.0, float("inf")), "a: its range must have two finite ends"),
        (Factor("a", 0.5, 3, "integer"), "a: its range must have whole numbers as ends; its scale is integer"),
        (Factor("a", 0.0, 1.0, "logg"), "a: unknown scale 'logg'; known are linear, log, integer; did you mean log?"),
        (Factor("a", 0.0, 1.0, levels=(0.5, 0.5)), "a: has a level twice"),
        (Factor("a", 0.0, 1.0, levels=(0.5, 2.0)), "a: level 2.0 is outside its range; it may lie from 0 to 1"),
        (Factor("a", 0, 3, "integer", levels=(1.5,)), "a: level 1.5 is not a whole number"),
    ],
)
def test_factor_that_cannot_be_is_refused_with_words(factor: Factor, words: str) -> None:
    assert words_of("latin_hypercube", [factor], points=4) == [f"error: {words}"]


def test_no_factor_and_the_same_factor_twice_are_refused() -> None:
    for kind, needed in KINDS.items():
        settings = {name: {} if name == "rows" else 4 for name in needed}
        assert words_of(kind, [], **settings) == ["error: there is no factor; a design varies at least one"]
    assert words_of("latin_hypercube", [UNIT, UNIT], points=4) == ["error: x: is a factor twice"]


def test_rows_that_do_not_fit_are_refused_with_words() -> None:
    def rows(**columns: list[Any]) -> list[str]:
        return words_of("table", THREE, rows=columns)

    assert rows(a=[1], b=[1], d=[2]) == [
        "error: d: is a column but no factor",
        "error: c: the table has no such column; every factor needs one",
    ]
    assert rows(a=[0], b=[1], cc=[2])[0] == "error: cc: is a column but no factor; did you mean c?"
    assert rows(a=[1], b=[1, 2], c=[2]) == ["error: rows: the columns of the table differ in length; a 1, b 2, c 1"]
    assert rows(a=[], b=[], c=[]) == ["error: rows: the table has no row"]
    assert rows(a=[0, 2], b=["x", 1], c=[1, 2.5]) == [
        "error: a: row 2: 2 is outside its range; it may lie from 0 to 1",
        "error: b: row 1: 'x' is not a number",
        "error: c: row 2: 2.5 is not a whole number",
    ]
    levelled = [Factor("a", 0, 1, levels=(0.0, 1.0))]
    assert words_of("table", levelled, rows={"a": [0.5]}) == [
        "error: a: row 1: 0.5 is none of its levels; they are 0, 1"
    ]
