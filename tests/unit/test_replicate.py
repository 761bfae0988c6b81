"""What `make replicate` calls the same: every line on one platform, numbers within a tolerance on another."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = """# Findings

## Crises
- Down by 1.04 years (likely range 0.98 to 1.11).

| policy | cost |
| --- | --- |
| a | 4.31e+04 (4.29e+04 to 4.33e+04) |

## What matters
- Of 197 numbers one decides.

Computed with numpy 2.4.0 on Linux x86_64.
"""


@pytest.fixture
def replicate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    import replicate as module

    return module


def changed(replicate: ModuleType, old: str, new: str, *, exact: bool) -> list[tuple[str, str]]:
    assert old in PAGE
    found = replicate.differences(PAGE, PAGE.replace(old, new), exact=exact)
    return [(item.section, item.computed) for item in found]


def test_the_same_page_has_no_difference(replicate: ModuleType) -> None:
    assert list(replicate.differences(PAGE, PAGE, exact=True)) == []


def test_on_one_platform_the_last_digit_counts(replicate: ModuleType) -> None:
    line = "- Down by 1.05 years (likely range 0.98 to 1.11)."
    assert changed(replicate, "1.04", "1.05", exact=True) == [("Crises", line)]


def test_on_another_platform_a_small_difference_passes_and_a_large_one_does_not(replicate: ModuleType) -> None:
    assert changed(replicate, "1.04", "1.05", exact=False) == []
    assert changed(replicate, "4.31e+04", "4.38e+04", exact=False) == []
    assert len(changed(replicate, "1.04", "1.09", exact=False)) == 1
    assert len(changed(replicate, "4.31e+04", "4.51e+04", exact=False)) == 1


@pytest.mark.parametrize(
    ("old", "new"), [("Down by", "Up by"), ("| a |", "| b |"), ("- Of 197 numbers one decides.", "")]
)
def test_other_words_and_missing_lines_always_count(replicate: ModuleType, old: str, new: str) -> None:
    assert len(changed(replicate, old, new, exact=False)) == 1


def test_a_section_that_the_page_lacks_counts_and_one_that_was_not_computed_does_not(replicate: ModuleType) -> None:
    computed = PAGE.replace("## Crises", "## Floods")
    assert {item.section for item in replicate.differences(PAGE, computed, exact=False)} == {"Floods"}


def test_the_platform_is_no_number_of_the_page(replicate: ModuleType) -> None:
    assert changed(replicate, "2.4.0", "2.5.1", exact=True) == []


def test_an_unknown_study_is_told(replicate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert replicate.main(["crises"]) == 2
    assert "error: unknown study 'crises'; the page has conclusions, funding-and-commitment" in capsys.readouterr().err


def test_the_page_says_what_it_was_computed_with(replicate: ModuleType) -> None:
    import make_findings

    assert make_findings.computed_with().startswith("Computed with numpy ")
    assert sys.modules["make_findings"].PAGE == DOCS / "findings.md"


def test_names_of_a_section_lead_to_what_is_behind_them(replicate: ModuleType) -> None:
    import make_findings

    form = {"scenarios": ["indonesia"], "factor": [{"parameter": "funding_share"}], "uncertainties": ["weakness"]}
    said = make_findings.behind("crisis", form)
    assert "[experiments/crisis.toml](../experiments/crisis.toml)" in said
    assert "[scenarios/indonesia.toml](../scenarios/indonesia.toml)" in said
    assert "[`funding_share`](parameters.md#funding_share), [`weakness`](parameters.md#weakness)" in said


@pytest.mark.parametrize(
    ("computed", "code", "said"),
    [(PAGE, 0, "all are the same"), (PAGE.replace("1.04", "1.1"), 1, "lines that differ: 1")],
)
def test_what_differs_is_printed_and_exits_1(
    replicate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    computed: str, code: int, said: str,
) -> None:  # fmt: skip
    page = tmp_path / "findings.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(replicate.make_findings, "PAGE", page)
    monkeypatch.setattr(replicate.make_findings, "page", lambda folder, only: computed)
    monkeypatch.setattr(replicate.make_findings, "computed_with", lambda: "Computed with numpy 2.4.0 on Linux x86_64.")
    assert replicate.main([]) == code
    told = capsys.readouterr().out
    assert said in told
    assert ("computed:  - Down by 1.1 years" in told) == bool(code)
