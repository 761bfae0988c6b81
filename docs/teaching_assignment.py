"""The guided assignment: what a student's commands print, and how far a right answer may lie from the key.

Every student has another seed, so every student gets other numbers. A number from `STUDENT_PAIRS` pairs lies around the
model's mean with the standard error that the reference's interval tells; the tolerance is `SURE` times the standard
error of the difference between a student's number and the key's. A right answer then misses it about once in ten
thousand.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar.batches import compare
from kembar.comparison import Comparison

STUDENT_PAIRS: Final = 60
KEY_PAIRS: Final = 200
SEED: Final = 1
SURE: Final = 4.0
NORMAL_95: Final = 1.96
TOLERANCE_DIGITS: Final = 2
POLICIES: Final = ("citizen-committees", "dedicated-secretariat", "matching-fund")
CITY: Final = "Surabaya"
OWN_POLICY: Final = Path(__file__).parent / "teaching" / "files" / "our-committee.toml"
SINGLE_OUTCOMES: Final = ("active_agreements", "signed_agreements")
COMPARED: Final = ("active_years_per_agreement", "active_agreements", "public_benefit_share")


@dataclass(frozen=True)
class Estimate:
    """A number over pairs of runs and its standard error at that count of pairs."""

    value: float
    error: float


def all_cities(seed: int, pairs: int) -> dict[str, Estimate]:
    """What the second command of the assignment prints, and what the first one does for single futures."""
    with tempfile.TemporaryDirectory() as folder:
        found = _compared("indonesia", list(POLICIES), seed, pairs, Path(folder) / "all")
        return {**_effects(found, COMPARED), **_prices(found), **_single(found)}


def one_city(seed: int, pairs: int) -> dict[str, Estimate]:
    """What the third command prints: a committee in one city alone, and in all cities, for that city."""
    with tempfile.TemporaryDirectory() as folder:
        policies = [str(OWN_POLICY), POLICIES[0]]
        found = _compared("indonesia", policies, seed, pairs, Path(folder) / "city", city=CITY)
        return {f"city.{key}": value for key, value in _effects(found, COMPARED[:1]).items()}


def _compared(world: str, policies: list[str], seed: int, pairs: int, out: Path, city: str | None = None) -> Comparison:
    return compare(world, policies, runs=pairs, seed=seed, city=city, out=out, workers=1)


def _estimate(value: float, interval: tuple[float, float]) -> Estimate:
    return Estimate(value, (interval[1] - interval[0]) / (2 * NORMAL_95))


def _effects(found: Comparison, outcomes: tuple[str, ...]) -> dict[str, Estimate]:
    return {
        f"{policy['name']}.{effect['outcome']}": _estimate(effect["effect"], effect["interval"])
        for policy in found.as_json()["policies"]
        for effect in policy["effects"]
        if effect["outcome"] in outcomes
    }


def _prices(found: Comparison) -> dict[str, Estimate]:
    """Thousand dollars for each active agreement-year gained, posts counted."""
    prices = {
        policy["name"]: policy["cost"]["kusd_per_active_agreement_year_gained_with_posts"]
        for policy in found.as_json()["policies"]
    }
    return {f"{name}.price": _estimate(price["value"], price["interval"]) for name, price in prices.items()}


def _single(found: Comparison) -> dict[str, Estimate]:
    """Single futures of the world as it is: mean and standard deviation over runs."""
    runs = found.results.frame("runs")
    baseline = runs[runs["policies"] == ""]
    return {
        f"single.{name}": Estimate(float(baseline[name].mean()), float(baseline[name].std()))
        for name in SINGLE_OUTCOMES
    }


def assignment() -> dict[str, Any]:
    """The answer key: each value with the tolerance for a student's number, both rounded alike."""
    found = {**all_cities(SEED, KEY_PAIRS), **one_city(SEED, KEY_PAIRS)}
    answers = {name: _key(name, estimate) for name, estimate in found.items()}
    by_price = sorted(POLICIES, key=lambda name: found[f"{name}.price"].value)
    first, second = (answers[f"{name}.price"] for name in by_price[:2])
    return {
        "by_effect": sorted(POLICIES, key=lambda name: -found[f"{name}.{COMPARED[0]}"].value),
        "by_price": by_price,
        "prices_may_change_places": second["value"] - first["value"] < first["tolerance"] + second["tolerance"],
        "pairs": STUDENT_PAIRS,
        "key_pairs": KEY_PAIRS,
        "key_seed": SEED,
        "policies": list(POLICIES),
        "city": CITY,
        "answers": answers,
    }


def _key(name: str, estimate: Estimate) -> dict[str, float | int]:
    if name.startswith("single."):
        spread = SURE * estimate.error * math.sqrt(1 + 1 / KEY_PAIRS)
    else:
        one_run = estimate.error * math.sqrt(KEY_PAIRS)
        spread = SURE * one_run * math.sqrt(1 / STUDENT_PAIRS + 1 / KEY_PAIRS)
    scale = 100.0 if name.endswith("_share") else 1.0  # shares are printed in percentage points
    tolerance, digits = rounded_up(scale * spread)
    return {"value": scale * estimate.value, "tolerance": tolerance, "digits": digits, "scale": scale}


def rounded_up(tolerance: float) -> tuple[float, int]:
    """A tolerance rounded up to two significant digits, and the decimals that this leaves (none below zero).

    >>> rounded_up(0.1234), rounded_up(43.2)
    ((0.13, 2), (44.0, 0))
    """
    digits = max(0, TOLERANCE_DIGITS - 1 - math.floor(math.log10(tolerance)))
    return float(np.ceil(tolerance * 10**digits - 1e-9) / 10**digits), digits
