"""Starting the app from the command line: what is told when it cannot start, and that it listens here alone."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

from kembar.cli import main
from kembar.errors import InputError, StorageError
from kembar.web.listening import LOOPBACK, listen


def test_it_listens_on_this_machine_alone() -> None:
    with listen(0) as ear:
        host, port = ear.getsockname()
        assert (host, port > 0) == ("127.0.0.1", True)


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StorageError, match=f"--port: port {port} cannot be used; .*; --port 0 takes a free one"):
            listen(port)


def test_a_number_that_is_no_port_is_told() -> None:
    with pytest.raises(InputError, match="70000 is no port; ports are 1 to 65535, 0 for any"):
        listen(70000)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["app", "indonesai"], "error: unknown scenario 'indonesai'; did you mean indonesia?"),
        (["app", "two-cities", "--lang", "ide"], "error: --lang: unknown language 'ide'"),
        (["app", "two-cities", "--port", "70000"], "error: --port: 70000 is no port"),
        (["app", "two-cities", "--seed", "-1"], "error: --seed: "),
    ],
)
def test_a_mistake_ends_the_command_at_once(words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--no-browser"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(error)


def test_an_interruption_ends_an_open_answer_without_a_traceback(hearing_sigint: Callable[[], None]) -> None:
    command = [sys.executable, "-m", "kembar", "app", "indonesia", "--port", "0", "--no-browser"]
    app = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hearing_sigint
    )
    try:
        assert app.stdout is not None
        address = app.stdout.readline().strip()
        asked = {"page": "a1", "move": 0, "seed": 1, "pairs": 400, "variants": [], "parameters": {}}
        with httpx.stream("POST", f"{address}api/what-if", json=asked, timeout=60) as answer:
            lines = answer.iter_lines()
            next(lines)
            app.send_signal(signal.SIGINT)
            rest = list(lines)
        _, err = app.communicate(timeout=60)
    finally:
        app.kill()
    assert "ended" in rest[-1]  # the last of 400 pairs was not waited for
    assert "Traceback" not in err and err.splitlines()[-1].startswith("interrupted: ")
