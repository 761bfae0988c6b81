"""Explore: the run on the map is the run of the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kembar.app.lives import Lives
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.language import messages
from kembar.records import ACTIVE, STAGES
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import RunRecord, run_world

WORLD = load_scenario("indonesia")
CITY = "Surabaya (ID)"
TIE = "Busan (KR) - Surabaya (ID)"


def run(replicate: int = 0, *policies: str) -> RunRecord:
    inputs = build(WORLD, [load_policy(name) for name in policies])
    return run_world(inputs, run_seed(1, 0, replicate), keep_exchanges=True)


def open_explore(open_page: Callable[..., Any], url: str) -> Any:
    page = open_page(url)
    page.click("nav button >> nth=1")
    page.wait_for_selector("[data-stage]")
    return page


def counts(page: Any) -> dict[str, int]:
    found = page.eval_on_selector_all(
        "[data-stage]", "items => items.map(({dataset}) => [dataset.stage, Number(dataset.count)])"
    )
    return dict(map(tuple, found))


def go_to(page: Any, quarter: int) -> None:
    page.eval_on_selector(
        ".player input",
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        quarter,
    )


def test_the_map_counts_the_stages_of_every_year(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    record = run()
    for year in (0, 9, 29):
        go_to(page, 4 * (year + 1))
        assert counts(page) == {stage: record.series[stage][year] for stage in STAGES}, year
    assert messages("en").text("app.one_future") in page.text_content(".explore")


def test_years_are_stepped_and_played(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    assert page.text_content(".time") == "Start of 2026"
    page.click("[aria-label='One year on']")
    assert page.text_content(".time") == "2026, quarter 4"
    page.click("text=Play")
    page.wait_for_function("() => document.querySelector('.time').textContent === '2027, quarter 2'")
    page.click("text=Pause")
    page.focus(".player input")
    page.keyboard.press("Home")
    assert page.text_content(".time") == "Start of 2026"


def test_another_future_and_another_variant(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    page.select_option("#policy", "citizen-committees")
    page.click("nav button >> nth=1")
    page.wait_for_selector("[data-stage]")
    page.select_option("#run", "A")
    page.select_option("#future", index=3)
    record = run(3, "citizen-committees")
    last = record.series[-1]
    page.wait_for_selector(f'[data-seed="{record.seed}"]')
    go_to(page, 120)
    assert counts(page) == {stage: last[stage] for stage in STAGES}


def test_a_variant_made_later_is_offered(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    page.click("nav button >> nth=0")
    page.select_option("#policy", "citizen-committees")
    page.click("nav button >> nth=1")
    page.wait_for_selector("#run option >> nth=1", state="attached")
    page.select_option("#run", "A")
    page.wait_for_function("() => document.querySelector('#run').value === 'A'")
    last = run(0, "citizen-committees").series[-1]
    is_final = "([active]) => document.querySelector('[data-stage=active]')?.dataset.count === String(active)"
    page.wait_for_selector("[data-stage]")
    page.focus(".player input")
    page.keyboard.press("End")
    page.wait_for_function(is_final, arg=[int(last["active"])])


@pytest.mark.parametrize("code", ["en", "id"])
def test_a_citys_years(open_page: Callable[..., Any], address: str, code: str) -> None:
    language = messages(code)
    page = open_explore(open_page, f"{address}?lang={code}")
    page.select_option("#city", label=CITY)
    page.wait_for_selector("[data-fact]")
    record = run()
    row = record.inputs.city_keys.index(CITY)
    for year in (0, 12, 29):
        go_to(page, 4 * (year + 1))
        mine = record.city_years[year, row]
        facts = {
            name: page.text_content(f'[data-fact="{name}"]')
            for name in ("time", "year", "active_count", "commitment", "experience")
        }
        when = language.text("app.end_of_quarter", year=2026 + year, quarter=4)
        assert facts["time"] == language.text("app.city.agreements", when=when)
        assert facts["year"] == language.text("app.city.year_end", year=2026 + year)
        assert facts["commitment"] == language.percent(float(f"{mine['commitment']:.3g}"))
        assert facts["experience"] == language.percent(float(f"{mine['experience']:.3g}"))
    linked = (record.agreements["a"] == row) | (record.agreements["b"] == row)
    active_at_the_end = (record.agreements["stage"][linked] == ACTIVE).sum()
    assert page.text_content('[data-fact="active_count"]') == str(active_at_the_end)
    assert page.locator('[data-figure="city-money"]').is_visible()
    for quarter in range(5, 9):  # within a year the counts are those of the list
        go_to(page, quarter)
        listed = page.locator(".partners li").all_text_contents()
        for stage in ("active", "dormant"):
            counted = sum(item.endswith(f" {language.text(f'app.stage.{stage}')}") for item in listed)
            assert page.text_content(f'[data-fact="{stage}_count"]') == str(counted), quarter
    partners = [name for name in Lives(record).names() if CITY in name]
    assert page.locator(".partners li").count() == len(partners)


def test_an_agreements_life_is_the_one_that_why_tells(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    page.select_option("#agreement", label=TIE)
    page.wait_for_selector(".timeline")
    life = Lives(run()).tell(TIE)
    shown = page.locator(".timeline li").all_text_contents()
    assert len(shown) == len(life["events"])
    for text, event in zip(shown, life["events"], strict=True):
        year, quarter = event["date"].split("Q")
        assert text.startswith(f"{year}, quarter {quarter} ")
    end = f"It was active for {messages('en').number(life['active_years'], 1)} years"
    assert end in page.text_content(".detail")


def test_a_click_on_the_map_chooses(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    page.dispatch_event(f'[data-city="{CITY}"]', "click")
    page.wait_for_selector("[data-fact]")
    assert page.text_content(".detail h2") == CITY
    page.dispatch_event(f'[data-tie="{TIE}"] .reach', "click")
    page.wait_for_selector(".timeline")
    assert page.text_content(".detail h2") == TIE


def test_the_network_shows_every_linked_city(open_page: Callable[..., Any], address: str) -> None:
    page = open_explore(open_page, address)
    page.select_option("#shape", "network")
    record = run()
    shown = record.agreements[: len(record.inputs.agreements_table)]
    page.wait_for_function("() => document.querySelectorAll('.picture [data-city]').length > 0")
    go_to(page, 4)
    assert page.locator(".picture [data-tie]").count() == sum(record.series[stage][0] for stage in STAGES)
    assert len(shown) > 100
