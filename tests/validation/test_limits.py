"""Limits of the model whose answers are known in closed form, and that each check can fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kembar.verification import chains
from kembar.verification.limit import FALSE_ALARM
from kembar.verification.limits import LIMITS

pytestmark = pytest.mark.validation


@pytest.mark.parametrize("name", LIMITS)
def test_known_answer_is_found(name: str) -> None:
    """Where luck is left, a right answer fails with a probability of FALSE_ALARM."""
    limit = LIMITS[name]()
    assert limit.key == name
    assert limit.holds, (limit.statistic, limit.p, limit.reasons)
    assert (limit.p is None) != (limit.tolerance is None)


def test_another_hazard_is_told_from_the_one_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of lifetimes has the power to see a rate that is a third larger than the law says."""
    made = chains.world_of

    def faster(inputs, seed, numbers):  # type: ignore[no-untyped-def]
        return made(inputs, seed, {**numbers, "break_rate": 0.8})

    monkeypatch.setattr(chains, "world_of", faster)
    assert not chains.geometric_life(0.6).holds


def test_a_limit_fails_by_p_by_tolerance_and_by_a_reason() -> None:
    limit = LIMITS["staff"]()
    assert limit.tolerance is not None
    assert not replace(limit, statistic=2.0 * limit.tolerance).holds
    assert not replace(limit, reasons=("nothing ran",)).holds
    assert not replace(limit, p=FALSE_ALARM / 2.0).holds
    assert replace(limit, p=0.5).holds
