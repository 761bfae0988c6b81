"""The version stands once, in the package; everything else that names it agrees."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import kembar

ROOT = Path(__file__).resolve().parents[2]


def test_project_takes_its_version_from_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert "version" in project["project"]["dynamic"]
    shown = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == kembar.__version__


def test_citation_names_the_version_of_the_package() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = re.findall(r"^version: (\S+)$", citation, flags=re.MULTILINE)
    assert found == [kembar.__version__]


def test_changelog_has_an_entry_for_the_version_of_the_package() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert any(kembar.__version__ in heading for heading in headings)
