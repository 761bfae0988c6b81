"""The lock file: exact, enough, the same for everybody, and silent about where packages come from."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
# The names are put together here so that this file does not contain what it looks for.
PACKAGE_HOSTS = tuple(f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "debian"))


def lock_lines() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def environment(python: str, platform: str = "linux") -> dict[str, str]:
    """What a Python would say of itself in the markers of the lock."""
    found = {key: str(value) for key, value in default_environment().items()}
    found["python_version"] = python
    found["python_full_version"] = f"{python}.0"
    found["sys_platform"] = platform
    return found


def pins(python: str, platform: str = "linux") -> dict[str, str]:
    """The one version of each package that the lock gives a Python; fails when there are two."""
    chosen: dict[str, str] = {}
    for line in lock_lines():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate(environment(python, platform)):
            continue
        name = canonicalize_name(requirement.name)
        assert name not in chosen, f"two versions of {name} for Python {python}"
        chosen[name] = str(requirement.specifier).removeprefix("==")
    return chosen


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = [Requirement(text) for text in (*project["dependencies"], *extras["dev"])]
    own = [item for item in found if item.name == project["name"]]  # the extras that developers need too
    found += [Requirement(text) for item in own for extra in sorted(item.extras) for text in extras[extra]]
    return [item for item in found if item.name != project["name"]]


def test_every_line_is_one_exact_version() -> None:
    inexact = [line for line in lock_lines() if not re.match(r"^[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*( ; .+)?$", line)]
    assert inexact == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_declared_packages_are_pinned_within_their_bounds(python: str, platform: str) -> None:
    chosen = pins(python, platform)
    missing = [item.name for item in declared() if canonicalize_name(item.name) not in chosen]
    assert missing == []
    outside = [str(item) for item in declared() if not item.specifier.contains(chosen[canonicalize_name(item.name)])]
    assert outside == []


def test_both_supported_mesa_lines_are_pinned() -> None:
    assert pins("3.11")["mesa"].startswith("3.3.")
    assert pins("3.12")["mesa"].startswith("3.5.")
    assert pins("3.13")["mesa"] == pins("3.12")["mesa"]


@pytest.mark.parametrize("package", ["numpy", "scipy", "numba", "llvmlite", "pandas", "pyarrow"])
def test_what_computes_results_is_the_same_on_every_python(package: str) -> None:
    assert len({pins(python)[package] for python in PYTHONS}) == 1


def test_no_file_names_where_packages_come_from() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says which files belong to the project")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listing.stdout.decode("utf-8").split("\0") if name and (ROOT / name).is_file()]
    assert "requirements.lock" in names
    naming = [
        f"{name}: {host}"
        for name in names
        for host in PACKAGE_HOSTS
        if host.encode("ascii") in (ROOT / name).read_bytes()
    ]
    assert naming == []


def test_lock_names_no_address_and_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    addresses = ("://", "--index", "--extra-index", "--find-links", "--trusted-host")
    assert [word for word in addresses if word in text] == []
