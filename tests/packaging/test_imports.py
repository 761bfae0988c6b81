"""What `import kembar` costs: heavy libraries load only when something needs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numba", "mesa", "matplotlib", "pandas")


@pytest.mark.parametrize("module", ["kembar", "kembar.cli"])
def test_import_loads_no_heavy_library(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "model")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout) == []


def test_heavy_libraries_are_installed_so_that_the_check_means_something() -> None:
    program = f"import {', '.join(HEAVY)}"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
