"""What is said of a lever's response: dead, turning, large."""

from __future__ import annotations

import pytest

from kembar.parameters import levers
from kembar.verification.sweeps import DRAWN, OUTCOMES, Step, Sweep


def made(effects: list[float], half: float, base: float = 10.0) -> Sweep:
    steps = tuple(Step(float(place), effect, effect - half, effect + half) for place, effect in enumerate(effects))
    return Sweep(levers()[0], {DRAWN: steps}, {DRAWN: base})


@pytest.mark.parametrize(
    ("effects", "half", "is_dead", "is_turning", "is_large"),
    [
        ([0.0, 0.1, -0.1], 0.5, True, False, False),
        ([0.0, 2.0, 3.0], 0.5, False, False, False),
        ([0.0, 3.0, 1.0], 0.5, False, True, False),
        ([0.0, 3.0, 1.0], 1.5, False, False, False),  # the intervals of peak and end overlap
        ([0.0, -3.0, 1.0], 0.5, False, True, False),
        ([0.0, 10.0, 25.0], 0.5, False, False, True),
        ([0.0, -4.0, -8.0], 0.5, False, False, True),
    ],
)
def test_remarks(effects: list[float], half: float, is_dead: bool, is_turning: bool, is_large: bool) -> None:
    found = made(effects, half)
    assert (found.is_dead, found.is_turning, bool(found.large_on)) == (is_dead, is_turning, is_large)


def test_nothing_is_large_on_an_outcome_that_was_nothing() -> None:
    assert made([0.0, 5.0], 0.1, base=0.0).large_on == ()


def test_outcomes_are_known() -> None:
    from kembar.outcomes import BY_NAME

    assert set(OUTCOMES) <= set(BY_NAME)
