"""A real browser without a head, and the app as a reader starts it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 90_000  # the first run may have to compile the rules


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser. Without one the tests are skipped, but never where the environment variable CI is set."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        message = "NO CHROMIUM: the app was NOT tested in a browser; install it, on Debian: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """Starts the app on a world with `kembar app` and gives its address."""
    started: list[subprocess.Popen[str]] = []

    def start(world: str, *options: str) -> str:
        command = [sys.executable, "-m", "kembar", "app", world, "--port", "0", "--no-browser", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address), "the app did not tell its address"
        return address

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def address(serve: Callable[..., str]) -> str:
    """The app on the Indonesian world."""
    return serve("indonesia")


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page that fails the test when it meets an error or asks another host for anything."""
    trouble: list[str] = []
    contexts = []

    def watch(route: Any) -> None:
        trouble.append(f"asked another host: {route.request.url}")
        route.abort()

    def is_trouble(message: Any) -> bool:
        is_refusal = re.search(r"responded with a status of (400|409|410)", message.text)  # told to the reader
        return message.type == "error" and not is_refusal

    def open_(url: str, width: int = 1280, height: int = 900) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, permissions=["clipboard-read", "clipboard-write"]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        own = url.split("/")[2] if url.startswith("http") else None
        page.route(lambda asked: asked.startswith(("http", "ws")) and asked.split("/")[2] != own, watch)
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("console", lambda message: is_trouble(message) and trouble.append(f"console: {message.text}"))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert trouble == []
