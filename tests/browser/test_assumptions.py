"""Assumptions: the whole ledger, and what a moved assumption does to the conclusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kembar.app.effects import mean_interval
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.language import messages
from kembar.measurement import measure
from kembar.parameters import declaration, uncertainties
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import run_world

PAIRS = 50  # of the page for each value that is tried
KEY = "dormancy_rate"
OUTCOME = "active_years_per_agreement"


def effect(value: float | None) -> Any:
    parameters = {} if value is None else {KEY: value}
    sides = [
        build(load_scenario("indonesia"), policies, parameters=parameters)
        for policies in ([], [load_policy("citizen-committees")])
    ]
    runs = [[run_world(side, run_seed(1, 0, place)) for place in range(PAIRS)] for side in sides]
    before, after = (np.array([measure(record)[OUTCOME].value for record in side], float) for side in runs)
    return mean_interval(after - before)


@pytest.mark.parametrize("code", ["en", "id"])
def test_the_ledger_names_every_uncertainty_in_the_readers_language(
    open_page: Callable[..., Any], address: str, code: str
) -> None:
    page = open_page(f"{address}?lang={code}")
    page.click("nav button >> nth=2")
    page.wait_for_selector("[data-parameter]")
    shown = page.eval_on_selector_all("[data-parameter]", "rows => rows.map(({dataset}) => dataset.parameter)")
    assert shown == [item.key for item in uncertainties()]
    row = page.text_content(f'[data-parameter="{KEY}"]')
    language, item = messages(code), declaration(KEY)
    assert language.text(f"terms.uncertainty.{KEY}") in row
    assert f"{language.significant(item.range[0])} – {language.significant(item.range[1])}" in row
    assert language.text(f"app.basis.{item.basis}") in row


def test_the_ledger_is_searched(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    page.click("nav button >> nth=2")
    page.wait_for_selector("[data-parameter]")
    page.fill("input[type=search]", "dormancy")
    keys = page.eval_on_selector_all("[data-parameter]", "rows => rows.map(({dataset}) => dataset.parameter)")
    assert keys == [
        item.key for item in uncertainties() if "dormancy" in f"{item.key} {item.title} {item.about}".lower()
    ]
    assert KEY in keys


def test_a_moved_assumption_is_run(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    page.select_option("#policy", "citizen-committees")
    page.wait_for_selector('[data-sentence="A"]')
    page.click("nav button >> nth=2")
    page.click(f'[data-parameter="{KEY}"] button')
    page.wait_for_selector("[data-verdict]")
    page.click("text=High end")
    page.wait_for_function("() => document.querySelectorAll('[data-figure=assumption] circle').length === 2")
    language = messages("en")
    for place, value in enumerate((None, declaration(KEY).range[1])):
        found = effect(value)
        assert found.mean is not None and found.low is not None and found.high is not None
        words = [language.significant(number, 2, signed=True) for number in (found.mean, found.low, found.high)]
        told = f"{words[0]} [{words[1]}; {words[2]}]"
        assert told in page.locator('[data-figure="assumption"] svg').inner_html(), place
    first, moved = effect(None), effect(declaration(KEY).range[1])
    assert first.low > 0
    expected = "stands" if moved.low > 0 else "turns" if moved.high < 0 else "fades"
    assert language.text(f"app.verdict.{expected}") in page.text_content('[data-verdict="A"]')


def test_without_a_variant_there_is_nothing_to_test(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    page.click("nav button >> nth=2")
    page.click(f'[data-parameter="{KEY}"] button')
    assert messages("en").text("app.test_needs_variant") in page.text_content(".test")
