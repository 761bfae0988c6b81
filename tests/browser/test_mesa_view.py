"""Mesa's own view in a browser: it is served, steps, and stands still at the horizon."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_MS = 60_000
QUARTERS = 4
WORLD = """
title = "One year"
about = "A world of one year."
start_year = 2026
years = 1
kind = "register"
focal_countries = []

[[city]]
name = "Sagara"
country = "ID"
latitude = -7.0
longitude = 110.0
population = 1000000

[[city]]
name = "Zuid"
country = "NL"
latitude = 52.0
longitude = 5.0
population = 100000

[[agreement]]
city = "Sagara (ID)"
partner = "Zuid (NL)"
signed_year = 2016
status = "active"
"""


@pytest.fixture(scope="module")
def solara() -> None:
    """What Mesa's page is made with. Without it the test is skipped, but never where the variable CI is set."""
    if importlib.util.find_spec("solara") is None:
        message = "MESA'S VIEW WAS NOT TESTED: the extra mesa-viz is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@pytest.fixture
def address(solara: None, tmp_path: Path) -> Iterator[str]:
    world = tmp_path / "one-year.toml"
    world.write_text(WORLD, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kembar", "mesa-view", str(world), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, start_new_session=True)
    yield f"http://127.0.0.1:{port}/"
    os.killpg(server.pid, signal.SIGTERM)  # the command and the server that it started
    server.wait(20)


def open_when_served(page: Any, address: str) -> None:
    for _ in range(PATIENCE_MS // 500):
        try:
            page.goto(address)
            return
        except Exception:  # not served yet
            page.wait_for_timeout(500)
    pytest.fail("Mesa's view was never served")


def test_it_steps_to_the_horizon_and_asks_no_other_host(chromium: Any, address: str) -> None:
    page = chromium.new_page()
    foreign: list[str] = []
    page.on(
        "request",
        lambda asked: asked.url.startswith((address, "ws://127.0.0.1", "data:", "blob:")) or foreign.append(asked.url),
    )
    open_when_served(page, address)
    step = page.locator("button", has_text="Step")
    step.wait_for(timeout=PATIENCE_MS)
    for quarter in range(1, QUARTERS + 1):
        assert step.is_enabled()
        step.click()
        page.wait_for_selector(f"text=Step: {quarter}", timeout=PATIENCE_MS)
    page.wait_for_timeout(500)
    assert step.is_disabled()
    assert page.locator("img").count() >= 2  # the map, and the stages over time
    page.close()
    assert foreign == []
