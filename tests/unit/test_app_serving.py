"""Starting the app from the command line: what is told when it cannot start, and that it listens here alone."""

from __future__ import annotations

import socket

import pytest

from kembar.app.serving import HOST, listen
from kembar.cli import main
from kembar.errors import InputError, StorageError


def test_it_listens_on_this_machine_alone() -> None:
    with listen(0) as ear:
        host, port = ear.getsockname()
        assert (host, port > 0) == ("127.0.0.1", True)


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
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
