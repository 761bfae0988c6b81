"""The table of claims and signs: read with checks; and what a row's runs are made into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kembar.errors import InputError
from kembar.evidence.claims import CLAIMS, SIGN, World, read_signs, signs
from kembar.evidence.signs import GROUPS, find_sign
from kembar.language import LANGUAGES, messages

OUTCOME = "active_years_per_agreement"
ROW = """
[a_row]
claim = "S02"
measure = "effect"
outcome = "active_years_per_agreement"
direction = "up"
least = 0.3
before = { monitoring = 0 }
after = { monitoring = 1 }
"""
BESIDE = """
[a_row]
claim = "sign"
measure = "beside"
outcome = "active_years_per_agreement"
direction = "down"
least = 0
before = {}
after = { monitoring = 1 }
beside_before = {}
beside_after = { staff_factor = 2 }
most = 0.5
"""


def read(tmp_path: Path, text: str = ROW) -> tuple:
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return read_signs(path)


def test_every_claim_of_the_texts_has_a_row_and_every_row_has_words() -> None:
    assert {sign.claim for sign in signs()} == {*CLAIMS, SIGN}
    for language in LANGUAGES:
        words = messages(language)
        assert {f"claims.sign.{sign.key}" for sign in signs()} == {key for key in words.texts if "claims.sign." in key}


def test_a_world_laid_over_another_keeps_what_it_does_not_set(tmp_path: Path) -> None:
    (sign,) = read(tmp_path)
    assert sign.worlds == {"before": World((("monitoring", 0),)), "after": World((("monitoring", 1),))}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"effect"', '"efect"', "a_row.measure: unknown measure 'efect'; did you mean effect?"),
        ('"up"', '"upwards"', "a_row.direction: unknown direction 'upwards'"),
        ('"S02"', '"S18"', "a_row.claim: unknown claim 'S18'"),
        ("years_per_agreement", "years_per_agrement", "did you mean active_years_per_agreement?"),
        ("least = 0.3", "least = -1", "a_row.least: -1 is not a finite number from 0 on"),
        ("least = 0.3\n", "", "a_row: missing key least"),
        ("monitoring = 1", "monitorin = 1", "a_row.after: unknown parameter 'monitorin'; did you mean monitoring?"),
        ("after = { monitoring = 1 }", "", "a_row: changes nothing; a row that changes nothing cannot fail"),
        ("after =", "first = {}\nafter =", "a_row.first: unknown key; a row of 'effect' has"),
    ],
)
def test_a_slip_in_a_row_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in ROW
    with pytest.raises(InputError) as caught:
        read(tmp_path, ROW.replace(old, new))
    assert said in str(caught.value)
    assert "claims.toml:" in str(caught.value)


@pytest.mark.parametrize(
    ("shift", "direction", "verdict"),
    [
        (1.0, "up", "holds"),
        (1.0, "down", "reversed"),
        (0.2, "up", "too small"),
        (-0.2, "down", "too small"),
        (0.0, "up", "no effect shown"),
        (-1.0, "down", "holds"),
    ],
)
def test_verdict_of_a_row(tmp_path: Path, shift: float, direction: str, verdict: str) -> None:
    (sign,) = read(tmp_path, ROW.replace('"up"', f'"{direction}"'))
    before = np.array([4.0, 5.0, 6.0, 7.0])
    after = before + shift + np.array([0.05, -0.05, 0.05, -0.05])
    found = find_sign(sign, {"before": {OUTCOME: before}, "after": {OUTCOME: after}})
    assert found.verdict == verdict
    assert found.holds == (verdict == "holds")
    assert found.baseline == 5.5
    assert found.effect == pytest.approx(shift)


def test_a_small_effect_is_one_below_a_share_of_the_other(tmp_path: Path) -> None:
    (sign,) = read(tmp_path, BESIDE)
    base, luck = np.full(3, 4.0), np.array([0.01, 0.0, -0.01])
    values = {"before": base, "after": base - 0.4 + luck, "beside_before": base, "beside_after": base + 2.0}
    found = find_sign(sign, {part: {OUTCOME: series} for part, series in values.items()})
    assert found.effect == pytest.approx(0.4 - 0.5 * 2.0)  # the size counts, whatever its sign
    assert found.holds
    values["after"] = base + 1.5 + luck
    assert find_sign(sign, {part: {OUTCOME: series} for part, series in values.items()}).verdict == "reversed"


def test_groups_are_compared_by_relative_gains(tmp_path: Path) -> None:
    (sign,) = read(tmp_path, ROW.replace('"effect"', '"far_and_poor"'))
    far, near = GROUPS
    luck = np.array([0.01, 0.0, -0.01])
    before = {OUTCOME: np.ones(3), far: np.full(3, 2.0), near: np.full(3, 8.0)}
    after = {OUTCOME: np.ones(3), far: np.full(3, 3.0) + luck, near: np.full(3, 10.0)}
    found = find_sign(sign, {"before": before, "after": after})
    assert found.effect == pytest.approx(0.5 - 0.25)
    assert sign.unit == "1"
