"""The figures of a results folder, each as PNG and SVG, drawn from its tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kembar.results import Results

FORMATS = ("png", "svg")


def draw_figures(results: Results, folder: Path, told: Callable[[str], None] = lambda name: None) -> list[Path]:
    """Draw every figure into a folder; `told` hears the name of each before it is drawn. Returns the files."""
    from kembar.figures.charts import draw_benefits, draw_budget, draw_stages, draw_survival
    from kembar.figures.map import draw_map
    from kembar.figures.style import saved

    drawings = {
        "stages": draw_stages,
        "survival": draw_survival,
        "benefits-by-sector": draw_benefits,
        "map": draw_map,
        "budget": draw_budget,
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, draw in drawings.items():
        told(name)
        files += saved(draw(results), folder, name)
    return files
