"""A class for tests: its server as a process of its own, and clients that behave as browsers in a classroom do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PATIENCE_SECONDS = 60.0
WORLD = """
title = "A small archipelago"
about = "Some invented cities, for tests of a class."
start_year = 2026
years = 30
kind = "synthetic"
focal_countries = []

[synthetic]
cities = {cities}
countries = {countries}
seed = 3
start = "network"
"""


def write_world(folder: Path, cities: int = 16, countries: int = 4) -> Path:
    """A small invented world."""
    path = folder / "small.toml"
    path.write_text(WORLD.format(cities=cities, countries=countries), encoding="utf-8")
    return path


@dataclass
class ClassServer:
    """`kembar class` as a process, which may be killed and started again."""

    world: Path | str
    store: Path
    words: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    console_token: str = ""
    code: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, at the same port as before, and wait until it answers."""
        command = [sys.executable, "-m", "kembar", "class", str(self.world), "--no-browser", "--store", str(self.store)]
        command += ["--port", str(self.port), *self.words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline(), self.process.stdout.readline()]
        if not lines[1]:
            assert self.process.stderr is not None
            raise AssertionError(f"the class did not start: {self.process.stderr.read()}")
        console, students = (line.split()[-1] for line in lines)
        self.host, _, port = console.partition("//")[2].partition("/console")[0].partition(":")
        self.port = int(port)
        self.console_token = console.partition("token=")[2]
        self.code = students.partition("code=")[2]

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    def kill(self) -> None:
        """End it without any warning (SIGKILL where there is such a thing)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class Counts:
    """What clients did and what they were told, over all of them."""

    posts: int = 0
    repeats: int = 0
    reloads: int = 0
    lost: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    slowest_seconds: float = 0.0
    slowest_of: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, path: str, seconds: float) -> None:
        """Remember how long an answer took."""
        with self.lock:
            route = path.partition("?")[0]
            self.slowest_seconds = max(self.slowest_seconds, seconds)
            self.slowest_of[route] = max(self.slowest_of.get(route, 0.0), seconds)


def new_browser() -> httpx.Client:
    """A client for plain HTTP: certificates, which take long to load, are not needed."""
    return httpx.Client(timeout=PATIENCE_SECONDS, verify=False, trust_env=False)


class Client:
    """A browser: it keeps a token, and asks again when no answer comes."""

    def __init__(self, server: ClassServer, counts: Counts, token: str = "") -> None:
        self.server, self.counts, self.token = server, counts, token
        self.http = new_browser()

    def reload(self) -> None:
        """Forget everything but the token, as a page that is loaded again."""
        self.http.close()
        self.http = new_browser()

    def ask(self, path: str, body: Any = None, *, raw: bytes | None = None) -> tuple[int, Any]:
        """The status and the answer; asked again, with the same words, until there is one."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            began = time.monotonic()
            try:
                url = f"{self.server.address}{path}"
                if body is None and raw is None:
                    response = self.http.get(url, headers=headers)
                else:
                    content = json.dumps(body).encode() if raw is None else raw
                    response = self.http.post(
                        url, content=content, headers={**headers, "content-type": "application/json"}
                    )
            except httpx.TransportError:
                assert time.monotonic() < end, f"no answer to {path}"
                with self.counts.lock:
                    self.counts.lost += 1
                self.reload()
                time.sleep(0.2)
                continue
            self.counts.note(path, time.monotonic() - began)
            return response.status_code, response.json()


def wait_for(client: Client, path: str, is_so: Any) -> Any:
    """The state once it is as wished."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        status, state = client.ask(path)
        assert status == 200, state
        if is_so(state):
            return state
        assert time.monotonic() < end, state
        time.sleep(0.05)
