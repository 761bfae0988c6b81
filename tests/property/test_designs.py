"""What holds for every design: bounds, even parts, kept points, luck shared in blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.experiment.design import Factor, make_design

SEEDS = st.integers(0, 2**63 - 1)
FEW = settings(max_examples=60, deadline=None)


@st.composite
def factors(draw: st.DrawFn) -> list[Factor]:
    """One to five factors on any scale, some with levels."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        scale = draw(st.sampled_from(("linear", "log", "integer")))
        if scale == "integer":
            low = draw(st.integers(-5, 5))
            high = low + draw(st.integers(1, 9))
            levels = tuple(float(value) for value in range(low, high + 1)) if draw(st.booleans()) else ()
            found.append(Factor(f"f{number}", float(low), float(high), scale, levels))
            continue
        low_end = draw(st.floats(1e-6, 10.0)) if scale == "log" else draw(st.floats(-10.0, 10.0))
        found.append(Factor(f"f{number}", low_end, low_end + draw(st.floats(1e-3, 100.0)), scale))
    return found


@FEW
@given(factors(), SEEDS, st.integers(2, 60))
def test_latin_hypercube_stays_in_range_and_is_even_in_every_factor(made: list[Factor], seed: int, points: int) -> None:
    found = make_design("latin_hypercube", made, seed, points=points)
    for column, factor in zip(found.values.T, made, strict=True):
        assert factor.low <= column.min() and column.max() <= factor.high
        if factor.scale == "integer":
            count = factor.high - factor.low + 1
            _, counts = np.unique(column, return_counts=True)
            assert counts.max() - points / count < 2.0  # a part is cut at no more than two edges
        else:
            ends = np.array([factor.low, factor.high])
            low, high = np.log(ends) if factor.scale == "log" else ends
            place = ((np.log(column) if factor.scale == "log" else column) - low) / (high - low)
            rank = np.argsort(np.argsort(place))
            assert (np.abs(place - (rank + 0.5) / points) <= 0.5 / points + 1e-6).all()


@FEW
@given(factors(), SEEDS, st.integers(2, 15), st.integers(1, 3))
def test_latin_hypercube_keeps_its_points_when_doubled(made: list[Factor], seed: int, points: int, times: int) -> None:
    first = make_design("latin_hypercube", made, seed, points=points)
    grown = make_design("latin_hypercube", made, seed, points=points << times)
    assert grown.values[:points].tobytes() == first.values.tobytes()


@FEW
@given(factors(), SEEDS, st.integers(2, 6), st.sampled_from((2, 4, 6, 8)))
def test_morris_and_sobol_blocks_stay_in_range_and_share_their_luck(
    made: list[Factor], seed: int, trajectories: int, levels: int
) -> None:
    paths = make_design("morris", made, seed, trajectories=trajectories, levels=levels)
    blocks = make_design("sobol", made, seed, base=4)
    for found, size in ((paths, len(made) + 1), (blocks, len(made) + 2)):
        assert found.group.tolist() == (np.arange(found.points) // size).tolist()
        for column, factor in zip(found.values.T, made, strict=True):
            assert factor.low <= column.min() and column.max() <= factor.high
