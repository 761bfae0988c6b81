"""A rule that reads past the end of an array is caught when bounds are checked, even with a warm compile cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import kembar

# The place read lies outside the row but inside the array's memory: harmless, and unseen without the check.
OVERRUN = """
def begin(world):
    world.counters[0] = world.counters[0]


def step(world, quarter):
    world.series[0].spent_kusd += world.history[0, {quarter}, 0]
"""
RUN = """
import sys
from pathlib import Path

from kembar.scenario.reader import load_scenario
from kembar.inputs import build
from kembar.world import run_world

run_world(build(load_scenario("two-cities"), years=1), 1, rules_file=Path(sys.argv[1]))
print("no error")
"""


def run(rules_file: Path, cache: Path, flag: str) -> subprocess.CompletedProcess[str]:
    """A run in a fresh process that compiles with or without the check."""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    environment |= {
        "KEMBAR_CACHE_DIR": str(cache),
        "NUMBA_BOUNDSCHECK": flag,
        "PYTHONPATH": str(Path(kembar.__file__).parents[1]),
    }
    return subprocess.run(
        [sys.executable, "-c", RUN, str(rules_file)], capture_output=True, text=True, env=environment, check=False
    )


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A rules file that reads one place past the end of the silent span."""
    path = tmp_path / "overrun.py"
    path.write_text(OVERRUN.format(quarter="world.history.shape[1]"), encoding="utf-8")
    return path


def test_planted_overrun_is_caught_where_the_cache_is_warm_without_the_check(planted: Path, tmp_path: Path) -> None:
    unchecked = run(planted, tmp_path / "cache", "0")
    assert unchecked.stdout == "no error\n", unchecked.stderr
    kernels = tmp_path / "cache" / "kernels"
    warm = {folder.name for folder in kernels.iterdir()}
    checked = run(planted, tmp_path / "cache", "1")
    assert checked.returncode == 1
    assert "IndexError" in checked.stderr
    assert {folder.name for folder in kernels.iterdir()} > warm


def test_same_rule_within_its_bounds_passes_the_check(tmp_path: Path) -> None:
    sound = tmp_path / "sound.py"
    sound.write_text(OVERRUN.format(quarter="world.history.shape[1] - 1"), encoding="utf-8")
    checked = run(sound, tmp_path / "cache", "1")
    assert checked.stdout == "no error\n", checked.stderr
