"""The printed pages of the teaching kit: legible, narrow enough for a phone, and the model on one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from kembar.language import LANGUAGES

TEACHING = Path(__file__).parents[2] / "docs" / "teaching"
PAGES = sorted(path for language in LANGUAGES for path in (TEACHING / language).glob("*.html"))

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_page_is_accessible_and_fits_a_phone(chromium: Browser, path: Path) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    try:
        page.goto(path.as_uri())
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_model_on_one_page_is_one_page(chromium: Browser, language: str) -> None:
    page = chromium.new_page()
    try:
        page.goto((TEACHING / language / "model.html").as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    finally:
        page.close()
