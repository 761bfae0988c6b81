"""One seeded run of each shipped world against the numbers written down."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

_FOLDER = Path(__file__).parent


def _load_refresh() -> ModuleType:
    specification = importlib.util.spec_from_file_location("golden_refresh", _FOLDER / "refresh.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


REFRESH = _load_refresh()
WRITTEN = tomllib.loads(REFRESH.FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", REFRESH.WORLDS)
def test_run_gives_the_numbers_written_down(name: str) -> None:
    """When a change of the model is meant: `make golden`, and a line in the changelog."""
    run = REFRESH.run_world(REFRESH.build(REFRESH.load_scenario(name)), REFRESH.SEED)
    found = REFRESH.numbers_of(run)
    written = WRITTEN[name]
    moved = {
        key: (written.get(key), found.get(key))
        for key in {*written, *found}
        if found.get(key) != (pytest.approx(written[key], rel=1e-9) if _is_amount(written, key) else written.get(key))
    }
    assert moved == {}, "name: (written, found)"


def _is_amount(written: dict[str, int | float], key: str) -> bool:
    return isinstance(written.get(key), float)


def test_every_shipped_world_is_written_down() -> None:
    assert set(WRITTEN) == set(REFRESH.WORLDS)


def test_numbers_survive_the_way_through_the_file() -> None:
    assert REFRESH.as_toml(WRITTEN) == REFRESH.FILE.read_text(encoding="utf-8")
