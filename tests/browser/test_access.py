"""Every view for everybody: no violation that axe finds, no sideways scrolling on a phone, no markup from a world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

VIEWS = ("what-if", "explore", "assumptions")
SIZES = {"desktop": (1280, 900), "phone": (360, 740), "projector": (1920, 1080)}


def open_view(open_page: Callable[..., Any], url: str, view: str, size: tuple[int, int]) -> Any:
    page = open_page(url, *size)
    page.select_option("#policy", "citizen-committees")
    page.wait_for_selector('[data-sentence="A"]')
    if view == "what-if":
        page.wait_for_selector('[data-pairs="200"]')
        for group in page.locator("details.group > summary").all()[1:]:
            group.click()
        page.click(".outcomes summary")
    elif view == "explore":
        page.click("nav button >> nth=1")
        page.wait_for_selector("[data-stage]")
        page.select_option("#city", label="Surabaya (ID)")
        page.wait_for_selector("[data-fact]")
    else:
        page.click("nav button >> nth=2")
        page.click('[data-parameter="dormancy_rate"] button')
        page.wait_for_selector("[data-verdict]")
    return page


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_barrier(open_page: Callable[..., Any], address: str, view: str, size: str) -> None:
    language = "id" if size == "phone" else "en"
    page = open_view(open_page, f"{address}?lang={language}", view, SIZES[size])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.get_attribute("html", "lang") == language


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_scrolls_down_only(open_page: Callable[..., Any], address: str, view: str) -> None:
    page = open_view(open_page, address, view, SIZES["phone"])
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"][0]
    drawings = "[...document.querySelectorAll('svg')]"
    assert page.evaluate(f"{drawings}.filter((it) => it.getBoundingClientRect().right > innerWidth + 1).length") == 0


def test_every_control_is_reached_by_the_keyboard(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    page.wait_for_selector('[data-pairs="200"]')
    selector = "main button, main select, main input, main summary, header button, header select"
    controls = (
        f"[...document.querySelectorAll('{selector}')]"
        ".filter((it) => it.checkVisibility({visibilityProperty: true}) && !it.disabled)"
    )
    count = page.evaluate(f"{controls}.length")
    reached = set()
    for _ in range(count + 20):
        page.keyboard.press("Tab")
        place = page.evaluate(f"{controls}.indexOf(document.activeElement)")
        if place >= 0:
            reached.add(place)
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert set(range(count)) <= reached


def test_names_of_a_world_are_text_and_never_markup(
    open_page: Callable[..., Any], serve: Callable[..., str], tmp_path: Path
) -> None:
    evil = "<img src=x onerror=document.title=1>"
    world = tmp_path / "evil.toml"
    world.write_text(
        f'title = "{evil}"\nabout = "{evil}"\nstart_year = 2026\nyears = 5\nkind = "register"\nfocal_countries = []\n'
        f'[[city]]\nname = "{evil}"\ncountry = "ID"\nlatitude = -7.0\nlongitude = 110.0\npopulation = 1000000\n'
        '[[city]]\nname = "Zuid"\ncountry = "NL"\nlatitude = 52.0\nlongitude = 5.0\npopulation = 100000\n'
        f'[[agreement]]\ncity = "{evil} (ID)"\npartner = "Zuid (NL)"\nsigned_year = 2016\nstatus = "active"\n',
        encoding="utf-8",
    )
    page = open_page(serve(str(world)))
    page.wait_for_selector("[data-pairs]")
    assert evil in page.text_content("header")
    page.click("nav button >> nth=1")
    page.wait_for_selector("[data-stage]")
    page.select_option("#city", label=f"{evil} (ID)")
    page.wait_for_selector("[data-fact]")
    page.select_option("#agreement", index=1)
    page.wait_for_selector(".detail .future")
    assert page.locator("img").count() == 0
    assert evil in page.title()
