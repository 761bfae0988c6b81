"""Every claim of the source texts and every sign of the charter, tested on pairs of runs under common luck.

A row holds when its 95 % interval over runs excludes zero on the claimed side and the mean effect is at least the
one that matters. At 200 pairs a true effect of zero passes with a chance of 2.5 % a row. In the reduced form
(`KEMBAR_REDUCED=1`) there are too few pairs to exclude zero, and only the direction of the mean is tested.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

import paired

pytestmark = [pytest.mark.validation, pytest.mark.slow]

REDUCED = os.environ.get("KEMBAR_REDUCED") == "1"
PAIRS = 60 if REDUCED else 200
SOURCE_CLAIMS = {f"S{number:02d}" for number in range(2, 27)}
TESTED_AS_REPRESENTATION = {"S18"}  # with S01 and S27: entities of the model, not effects


def named(row: dict[str, Any]) -> str:
    """The row's identifier in pytest's output."""
    return str(row["id"])


def test_every_claim_has_a_row() -> None:
    rows = {row["claim"] for row in paired.claims()}
    assert rows - {"sign"} == SOURCE_CLAIMS - TESTED_AS_REPRESENTATION


@pytest.mark.parametrize("row", paired.claims(), ids=named)
def test_claim_holds(row: dict[str, Any]) -> None:
    effect = paired.effect_of(row, PAIRS)
    if REDUCED:
        assert effect.mean * (1 if row["direction"] == "up" else -1) > 0, (row["about"], effect)
    else:
        assert paired.holds(row, effect), (row["about"], effect)


@pytest.mark.parametrize("row", paired.signs("interaction"), ids=named)
def test_two_changes_do_more_than_their_sum(row: dict[str, Any]) -> None:
    effect = paired.joint_effect(row, PAIRS)
    assert (effect.mean if REDUCED else effect.low) > 0.0, (row["about"], effect)
    assert effect.mean >= row["least"], (row["about"], effect)


@pytest.mark.parametrize("row", paired.signs("small"), ids=named)
def test_change_does_little(row: dict[str, Any]) -> None:
    effect = paired.excess_of_small(row, PAIRS)
    assert (effect.mean if REDUCED else effect.high) < 0.0, (row["about"], effect)


@pytest.mark.parametrize("row", paired.signs("group"), ids=named)
def test_one_group_gains_relatively_more(row: dict[str, Any]) -> None:
    effect = paired.group_effect(row, PAIRS)
    assert (effect.mean if REDUCED else effect.low) > 0.0, (row["about"], effect)
    # The reduced form tells the direction only: a difference of two groups needs more pairs to have a size.
    assert REDUCED or effect.mean >= row["least"], (row["about"], effect)
