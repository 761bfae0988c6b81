"""The page without a server, opened from the disk."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kembar.app.engine import Engine
from kembar.app.static_page import MOST_POINTS, LeverGrid, static_page, write_static_page
from kembar.language import messages
from kembar.parameters import declaration
from kembar.records import STAGES
from kembar.scenario.reader import load_policy, load_scenario

PAIRS = 4
LARGEST_BYTES = 3_000_000  # of a page with a grid of 200 points
OUTCOME = "active_years_per_agreement"
GRID = LeverGrid({"citizen_committee": (0.0, 0.5, 1.0), "funding_share": (0.00015, 0.0003)})


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_scenario("indonesia"))


def effect_words(effect: dict[str, Any], code: str) -> str:
    """The effect in years with as many decimals as show half its interval's width with two digits."""
    language = messages(code)
    decimals = max(0, 1 - math.floor(math.log10((effect["high"] - effect["low"]) / 2)))
    middle, low, high = (language.number(effect[name], decimals, signed=True) for name in ("effect", "low", "high"))
    return f"{middle} {language.text('app.unit.years')} [{low}; {high}]"


def check_that_every_effect_lies_in_its_interval(page: Any) -> None:
    """Every effect of the table with an interval, as printed in English: in it, and with the decimals of its ends."""
    told = page.locator("[data-effect]").all_text_contents()
    found = [re.findall(r"[+\u2212]?\d[\d,]*(?:\.\d+)?", words) for words in told if "[" in words]
    assert len(found) > 10
    for words in found:
        effect, low, high = (float(part.replace("\u2212", "-").replace(",", "")) for part in words)
        assert low <= effect <= high, words
        assert len({len(part.partition(".")[2]) for part in words}) == 1, words


def test_a_grid_answers_without_a_server(open_page: Callable[..., Any], engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "grid.html"
    write_static_page(static_page(engine, grid=GRID, seed=2, pairs=PAIRS, language="id"), path)
    page = open_page(path.as_uri())
    page.wait_for_selector('[data-sentence="baseline"]')
    policies = GRID.policies(engine.scenario.start_year)
    for first, second in ((1, 0), (2, 1)):
        for key, place in (("citizen_committee", first), ("funding_share", second)):
            page.eval_on_selector(
                f'[data-lever="{key}"]',
                "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
                place,
            )
        expected = engine.answer_of(engine.ask(2, [policies[2 * first + second]]), PAIRS)["variants"][0]["effects"]
        shown = page.text_content(f'[data-outcome="{OUTCOME}"] [data-effect="A"]')
        assert shown == effect_words(expected[OUTCOME], "id")
    page.select_option("#language", "en")
    page.wait_for_selector("text=Computed settings")
    assert Axe().run(page).violations_count == 0


def test_policies_and_their_futures_are_inside(open_page: Callable[..., Any], engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "two.html"
    names = ("matching-fund", "citizen-committees")
    policies = [load_policy(name) for name in names]
    write_static_page(static_page(engine, policies, seed=2, pairs=PAIRS), path)
    page = open_page(path.as_uri())
    page.wait_for_selector('[data-sentence="B"]')
    for letter, policy in zip("AB", policies, strict=True):
        expected = engine.answer_of(engine.ask(2, [policy]), PAIRS)["variants"][0]["effects"][OUTCOME]
        assert page.text_content(f'[data-outcome="{OUTCOME}"] [data-effect="{letter}"]') == effect_words(expected, "en")
    check_that_every_effect_lies_in_its_interval(page)
    page.select_option("#language", "id")
    page.wait_for_selector("text=Komite warga")
    page.click("nav button >> nth=1")
    page.select_option("#run", "2")
    page.wait_for_selector("[data-stage]")
    page.select_option("#city", label="Surabaya (ID)")
    page.wait_for_selector("[data-fact]")
    page.select_option("#agreement", label="Busan (KR) - Surabaya (ID)")
    page.wait_for_selector(".detail .future")
    assert page.locator("[data-stage]").count() == len(STAGES)


@pytest.mark.slow
def test_a_grid_of_200_points_is_small(engine: Engine) -> None:
    levers = {"citizen_committee": 5, "funding_share": 5, "digital_share": 4, "institutional_by_law": 2}
    values = {}
    for key, count in levers.items():
        low, high = declaration(key).range
        values[key] = [low + (high - low) * place / count for place in range(count)]
    grid = LeverGrid(values)
    assert len(grid.policies(2026)) == MOST_POINTS
    page = static_page(engine, grid=grid, pairs=2)
    # Shares of pairs are told from 100 pairs on; their room is that of ten names and numbers at every point.
    fates = MOST_POINTS * 10 * max(len(name) + 40 for name in engine.agreement_names)
    assert len(page.encode()) + fates < LARGEST_BYTES
