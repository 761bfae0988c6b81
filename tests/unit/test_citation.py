"""How to cite: one set of facts in every form."""

from __future__ import annotations

import json

import pytest

import kembar
from kembar import citation, cli


def test_every_form_names_title_version_and_licence() -> None:
    for text in (citation.reference(), citation.bibtex(), citation.cff()):
        assert citation.TITLE in text
        assert kembar.__version__ in text
        assert citation.LICENSE in text


def test_command_prints_the_reference_and_bibtex(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cite"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(citation.reference())
    assert "@software{kembar," in said
    assert "DATA-LICENSES.md" in said


def test_command_prints_one_json_value(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["cite", "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    assert {"title", "authors", "version", "license", "reference", "bibtex", "cff"} <= set(found)
