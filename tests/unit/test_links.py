"""Every link of a page of the project leads to a file that is there, and to a heading or place in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for folder in (
        ROOT,
        *(ROOT / name for name in ("docs", "model", "scenarios", "experiments", "results", "benchmarks")),
    )
    for path in folder.glob("*.md")
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def slug(heading: str) -> str:
    """A heading's place as web pages of repositories name it.

    >>> slug("7.7 Allocation (`allocation`)")
    '77-allocation-allocation'
    """
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def places(path: Path) -> frozenset[str]:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,6} (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return frozenset({*map(slug, headings), *re.findall(r'<a id="([^"]+)">', text)})


def links(text: str) -> list[str]:
    """Where the links of a page lead, without those in code and those to other hosts."""
    found = [
        "".join(match) for match in _LINK.findall(_CODE.sub(lambda code: code[0] if "](" in code[0] else "", text))
    ]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def broken(page: Path) -> list[str]:
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        target, _, place = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        is_missing = not path.exists()
        if is_missing or (place and path.suffix == ".md" and place not in places(path)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A head (`x`)\n[good](#a-head-x) [bad](#b) [gone](gone.md) [else](https://example.org/x)\n", "utf-8"
    )
    assert broken(page) == ["#b", "gone.md"]


@pytest.mark.parametrize(("name", "items"), [("trace.md", 8), ("stress-abs.md", 23)])
def test_every_item_of_a_guideline_has_a_row_with_a_link(name: str, items: int) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == items
    assert all(links(row.rpartition(" | ")[0] + row) for row in rows)
    assert len(re.findall(r"^\|-", text, flags=re.MULTILINE)) == 1  # one table
