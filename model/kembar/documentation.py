"""Writes the generated pages: `python -m kembar.documentation`; with `--check` it only says which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from kembar.citation import cff
from kembar.data_card import data_card
from kembar.dictionary import data_dictionary, parameters_page
from kembar.manifest import SCHEMA_FILE, schema_text

_PACKAGE = Path(__file__).resolve().parent


def pages(root: Path) -> dict[Path, str]:
    """Every generated file of a checkout with what should stand in it."""
    return {
        root / "docs" / "parameters.md": parameters_page(),
        root / "docs" / "data-dictionary.md": data_dictionary(),
        root / "docs" / "data-card.md": data_card(),
        root / "CITATION.cff": cff(),
        _PACKAGE / SCHEMA_FILE: schema_text(),
    }


def outdated(root: Path) -> list[Path]:
    """The generated files whose content is not what it should be."""
    return [
        path for path, text in pages(root).items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Write what is out of date, or only name it."""
    root = _PACKAGE.parents[1]
    stale = outdated(root)
    for path in stale:
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages(root)[path], encoding="utf-8", newline="\n")
        print(("out of date: " if "--check" in arguments else "written: ") + str(path.relative_to(root)))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
