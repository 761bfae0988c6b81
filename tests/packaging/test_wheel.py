"""The wheel works alone: installed into an empty environment and run from `/`, with no checkout in sight."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel; the libraries are lent by the present one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    base = {"base": str(folder), "platbase": str(folder)}
    paths = {key: sysconfig.get_path(key, scheme="venv", vars=base) for key in ("purelib", "scripts")}
    python = Path(paths["scripts"]) / ("python.exe" if os.name == "nt" else "python")
    installed = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0, installed.stderr
    # A path file is read after the environment's own packages, so the lent folder cannot hide the wheel.
    Path(paths["purelib"], "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(paths["scripts"])


def run_from_root(program: list[str]) -> subprocess.CompletedProcess[str]:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        program, cwd=Path(ROOT.anchor), env=variables, capture_output=True, text=True, encoding="utf-8", check=False
    )


def shipped(folder: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["scenarios", "experiments"])
def test_wheel_holds_every_file_of(folder: str, wheel: Path) -> None:
    inside = {name.removeprefix("kembar/_data/") for name in zipfile.ZipFile(wheel).namelist()}
    wanted = shipped(folder)
    assert wanted
    assert wanted - inside == set()


def test_wheel_holds_every_module_and_parameter_and_nothing_beside_the_package(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "model"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "kembar").rglob("*")
        if path.suffix in {".py", ".toml", ".json"} and "__pycache__" not in path.parts
    }
    assert "kembar/cli.py" in wanted or "kembar/cli/__init__.py" in wanted
    assert wanted - inside == set()
    assert {name.split("/")[0].split("-")[0] for name in inside} == {"kembar"}


def test_wheel_carries_the_licences(wheel: Path) -> None:
    names = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/licenses/" in name}
    assert {"LICENSE", "DATA-LICENSES.md"} <= names


def test_installed_package_is_the_one_of_the_wheel(scripts: Path) -> None:
    found = run_from_root([str(scripts / "python"), "-c", "import kembar; print(kembar.__file__)"])
    assert found.returncode == 0, found.stderr
    assert ROOT not in Path(found.stdout.strip()).resolve().parents
    assert scripts.parent.resolve() in Path(found.stdout.strip()).resolve().parents


def test_installed_command_lists_every_shipped_scenario_from_the_root_folder(scripts: Path) -> None:
    listed = run_from_root([str(scripts / "kembar"), "list", "scenarios", "--json"])
    assert listed.returncode == 0, listed.stderr
    names = {entry["name"] for entry in json.loads(listed.stdout)}
    assert names == {path.stem for path in (ROOT / "scenarios").glob("*.toml")}
    assert "indonesia" in names


def test_installed_command_reports_a_mistake_with_exit_code_2_and_empty_output(scripts: Path) -> None:
    refused = run_from_root([str(scripts / "kembar"), "run", "indonesa", "--json"])
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("error: ")
    assert "indonesia" in refused.stderr
