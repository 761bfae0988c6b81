"""The set-up of `.venv`: what makes it stale, what an interruption leaves, what is said when a Python will not do."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment() -> ModuleType:
    specification = importlib.util.spec_from_file_location("environment", ROOT / "setup" / "environment.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def project(environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of its own, in which the steps of the set-up are written down instead of carried out."""
    (tmp_path / "requirements.lock").write_text("numpy==1\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(environment, "PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(environment, "is_alive", lambda python: python.exists())
    return tmp_path


@pytest.fixture
def steps(environment: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps carried out so far: `venv`, `packages`, `project`."""
    done: list[str] = []

    def note(command: list[object]) -> int:
        words = [str(word) for word in command]
        if "venv" in words:
            done.append("venv")
            python = environment.script_path(project / ".venv", "python")
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        else:
            done.append("packages" if "--requirement" in words else "project")
        return 0

    monkeypatch.setattr(environment, "run", note)
    return done


def test_missing_environment_is_made_and_then_left_alone(environment: ModuleType, steps: list[str]) -> None:
    environment.prepare()
    assert steps == ["venv", "packages", "project"]
    environment.prepare()
    assert steps == ["venv", "packages", "project"]


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_input_updates_the_packages(
    name: str, environment: ModuleType, project: Path, steps: list[str]
) -> None:
    environment.prepare()
    steps.clear()
    (project / name).write_text("changed\n", encoding="utf-8")
    environment.prepare()
    assert steps == ["packages", "project"]


def test_other_python_makes_the_environment_anew(
    environment: ModuleType, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.prepare()
    steps.clear()
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    environment.prepare()
    assert steps == ["venv", "packages", "project"]


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_set_up_that_stops_half_way_is_made_anew(
    fails_at: int, environment: ModuleType, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = environment.run
    calls = 0

    def stop_once(command: list[object]) -> int:
        nonlocal calls
        calls += 1
        return environment.INTERRUPTED if calls == fails_at else int(whole(command))

    monkeypatch.setattr(environment, "run", stop_once)
    with pytest.raises(KeyboardInterrupt):
        environment.prepare()
    steps.clear()
    environment.prepare()
    assert steps == ["venv", "packages", "project"]


def test_update_that_stops_half_way_is_made_anew(
    environment: ModuleType, project: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.prepare()
    whole = environment.run
    (project / "requirements.lock").write_text("numpy==2\n", encoding="utf-8")
    monkeypatch.setattr(environment, "run", lambda command: 1)
    with pytest.raises(environment.SetupError, match=r"packages named in requirements\.lock could not be installed"):
        environment.prepare()
    steps.clear()
    monkeypatch.setattr(environment, "run", whole)
    environment.prepare()
    assert steps == ["venv", "packages", "project"]


def test_old_python_is_told_what_is_needed(environment: ModuleType) -> None:
    reason = environment.reason_unsuitable((3, 10, 13), True)
    assert reason.startswith("Python 3.11 or newer is needed and this is Python 3.10.13")
    assert "PYTHON=" in reason


def test_python_without_ensurepip_is_told_which_package_to_install(environment: ModuleType) -> None:
    reason = environment.reason_unsuitable((3, 11, 2), False)
    assert "its module `ensurepip` is missing" in reason
    assert "apt install python3-venv" in reason


def test_suitable_python_gets_no_reason(environment: ModuleType) -> None:
    assert environment.reason_unsuitable((3, 11, 0), True) == ""


def test_unknown_command_lists_the_commands_and_exits_with_2() -> None:
    told = subprocess.run(
        [sys.executable, "setup/environment.py", "dmo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert re.search(r"^\s+demo\s+Run a small study", told.stdout, re.MULTILINE)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_names_what_is_missing_when_there_is_no_python(tmp_path: Path) -> None:
    make = shutil.which("make")
    told = subprocess.run(
        [str(make), "test"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert "no Python found: install Python 3.11 or newer" in told.stderr
