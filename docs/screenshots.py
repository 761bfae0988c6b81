"""Pictures of the app for the README and the guide: `python docs/screenshots.py`, with Chromium installed.

Each picture is taken from a fresh start of the app, so that it shows what a reader gets.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER: Final = Path(__file__).parent / "pictures"
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
DESKTOP: Final = (1280, 860)
PHONE: Final = (360, 740)
PATIENCE_MS: Final = 120_000
COLOURS: Final = 256  # of a picture, which keeps it small
ANSWERED: Final = '[data-pairs="200"]'


def choose(page: Any, *policies: str) -> None:
    """Variants A, B... with ready policies, and the whole answer."""
    for place, policy in enumerate(policies):
        if place:
            page.click(".tab.add")
        page.select_option("#policy", policy)
    page.wait_for_selector(f'[data-sentence="{"ABC"[len(policies) - 1]}"]')
    page.wait_for_selector(ANSWERED)


def what_if(page: Any) -> None:
    """Two policies beside the world as it is."""
    choose(page, "citizen-committees", "matching-fund")


def explore(page: Any) -> None:
    """A city in the tenth year of a possible future."""
    page.click("nav button >> nth=1")
    page.wait_for_selector("[data-stage]")
    page.select_option("#city", label="Surabaya (ID)")
    page.wait_for_selector("[data-fact]")
    for _ in range(10):
        page.click(".player button >> nth=2")


def assumptions(page: Any) -> None:
    """An assumption moved to the end of its range."""
    choose(page, "citizen-committees")
    page.click("nav button >> nth=2")
    page.click('[data-parameter="dormancy_rate"] button')
    page.wait_for_selector("[data-verdict]")
    page.click(".test .bar button >> nth=1")
    page.wait_for_function("() => document.querySelectorAll('[data-figure=assumption] circle').length === 2")


PICTURES: Final = (
    ("what-if", what_if, "en", DESKTOP),
    ("what-if-id", what_if, "id", DESKTOP),
    ("what-if-phone", what_if, "id", PHONE),
    ("explore", explore, "en", DESKTOP),
    ("explore-id", explore, "id", DESKTOP),
    ("assumptions", assumptions, "en", DESKTOP),
)


def small(picture: bytes) -> bytes:
    """The same picture with few colours."""
    out = io.BytesIO()
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    whole.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(out, "PNG", optimize=True)
    return out.getvalue()


def take() -> None:
    """Take every picture."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("error: no Chromium; install it, on Debian: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "kembar", "app", "indonesia", "--port", "0", "--no-browser", "--quiet"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with started as app, sync_playwright() as playwright:
        assert app.stdout is not None
        address = app.stdout.readline().strip()
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            for name, act, language, (width, height) in PICTURES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.set_default_timeout(PATIENCE_MS)
                page.goto(f"{address}?lang={language}")
                act(page)
                page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
                if width < height:
                    page.locator(".headline").scroll_into_view_if_needed()
                (FOLDER / f"{name}.png").write_bytes(small(page.screenshot()))
                page.close()
        finally:
            browser.close()
            app.terminate()


if __name__ == "__main__":
    take()
