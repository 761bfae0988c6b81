"""The command `kembar class`: what it prints, what it refuses, and whom it lets in."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from class_client import ClassServer
from kembar.classroom import serving
from kembar.classroom.serving import choose_address, own_addresses
from kembar.cli import main
from kembar.errors import InputError


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["indonesai"], "error: unknown scenario 'indonesai'; did you mean indonesia?"),
        (["two-cities", "--lang", "ide"], "error: --lang: unknown language 'ide'"),
        (["two-cities", "--port", "70000"], "error: --port: 70000 is no port"),
        (["two-cities", "--mode", "alone"], "error: --mode: there is no mode 'alone'"),
        (["two-cities", "--rounds", "31"], "error: --rounds: 31 rounds; a class plays 1 to 30"),
        (["two-cities", "--address", "192.168.1.5"], "error: --address: 192.168.1.5 is for the local network; without"),
        (["two-cities", "--lan", "--address", "example"], "error: --address: 'example' is no address"),
        (["--delete"], "error: {store}: --store: there is no such file"),
    ],
)
def test_a_mistake_ends_the_command_at_once(
    words: list[str], error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "class.sqlite"
    assert main(["class", *words, "--no-browser", "--store", str(store)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(error.format(store=store))


def test_a_class_listens_on_this_machine_alone_unless_told(tmp_path: Path) -> None:
    assert choose_address(False, None) == "127.0.0.1"
    server = ClassServer("two-cities", tmp_path / "class.sqlite")
    server.start()
    try:
        assert httpx.get(f"{server.address}/").status_code == 200
        foreign = httpx.get(f"{server.address}/", headers={"host": f"192.168.1.5:{server.port}"})
        assert foreign.status_code == 403
        for address in own_addresses():
            with socket.socket() as knock:
                knock.settimeout(2.0)
                assert knock.connect_ex((address, server.port)) != 0
    finally:
        server.kill()


def test_on_the_local_network_it_listens_at_the_chosen_address(tmp_path: Path) -> None:
    address = next(iter(own_addresses()), None)
    if address is None:
        pytest.skip("this machine has no address in a network")
    server = ClassServer("two-cities", tmp_path / "class.sqlite", ("--lan", "--address", address))
    server.start()
    try:
        assert server.host == address
        found = httpx.post(f"http://{address}:{server.port}/api/look", json={"code": server.code})
        assert found.json()["title"] == "Two cities"
        with socket.socket() as knock:
            knock.settimeout(2.0)
            assert knock.connect_ex(("127.0.0.1", server.port)) != 0
    finally:
        server.kill()


def test_without_a_network_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "own_addresses", lambda: [])
    with pytest.raises(
        InputError, match="no address in a local network; connect it to a network or switch its hotspot on"
    ):
        choose_address(True, None)


def test_the_class_is_deleted_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = ClassServer("two-cities", tmp_path / "class.sqlite")
    server.start()
    server.kill()
    assert server.store.exists()
    assert main(["class", "--delete", "--store", str(server.store)]) == 0
    assert "and all student data in it are deleted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
