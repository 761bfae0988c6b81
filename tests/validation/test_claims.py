"""Every claim of the source texts and every sign of the charter, tested on pairs of runs under common luck.

The rows stand in `kembar/evidence/claims.toml` and are run as `kembar validate` runs them. At 200 pairs a true effect
of zero passes with a chance of 2.5 % a row. In the reduced form (`KEMBAR_REDUCED=1`) there are too few pairs to exclude
zero, and only the direction of the mean is tested.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from kembar import batches
from kembar.evidence.claims import CLAIMS, SIGN, signs
from kembar.evidence.signs import SignFound, run_signs

pytestmark = [pytest.mark.validation, pytest.mark.slow]

REDUCED = os.environ.get("KEMBAR_REDUCED") == "1"
PAIRS = 60 if REDUCED else 200


@cache
def found() -> dict[str, SignFound]:
    return {item.sign.key: item for item in run_signs(signs(), PAIRS)}


def test_every_claim_has_a_row() -> None:
    assert {row.claim for row in signs()} == {*CLAIMS, SIGN}


@pytest.mark.parametrize("key", [row.key for row in signs()])
def test_claim_holds(key: str) -> None:
    item = found()[key]
    if REDUCED:
        assert (item.effect > 0.0) == (item.sign.direction == "up"), item
    else:
        assert item.holds, item


def test_a_row_with_a_policy_is_what_compare_finds(tmp_path: Path) -> None:
    (row,) = (sign for sign in signs() if sign.key == "staff_sign")
    (expected,) = run_signs([row], 12)
    found = batches.compare("indonesia", list(row.policies), runs=12, out=tmp_path / "compared")
    (effect,) = (item for item in found.as_json()["policies"][0]["effects"] if item["outcome"] == row.outcome)
    assert effect["effect"] == pytest.approx(expected.effect, rel=1e-12)
    assert effect["interval"] == pytest.approx(list(expected.interval), rel=1e-9)
