"""The page's own files, read once: no request ever reaches the file system."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PAGE_FOLDER: Final = Path(__file__).parent / "page"
LAND: Final = Path(__file__).parents[1] / "figures" / "land_outline.json"
KINDS: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def read_page_files(folder: Path = PAGE_FOLDER) -> dict[str, str]:
    """A page's files by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix in KINDS}


def land_outline() -> str:
    """The outline of the land, as JSON."""
    return LAND.read_text(encoding="utf-8")
