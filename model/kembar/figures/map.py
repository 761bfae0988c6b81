"""A map of the signed agreements by their stage at the end of the run, as great circles over a land outline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kembar.figures.style import BLACK, LAND, STAGE_COLOURS, STAGE_LINES, new_figure, say_instead
from kembar.results import Results

Tie = tuple[str, str]
Place = tuple[float, float]
POINTS_OF_ARC: Final = 48
SEAMS: Final = range(-180, 180, 10)  # where a map may be cut
MANY: Final = 1000  # above this number of agreements lines are thin and pale
SOUTH, NORTH = -60.0, 84.0


def draw_map(results: Results) -> Figure:
    """The map; ended agreements lie under dormant ones, and active ones on top."""
    figure, axes = new_figure(results, "Agreements by their stage at the end of the run", size=(11.0, 5.5))
    places = _places(results)
    rows = list(zip(*results.columns("agreements", "city_a", "city_b", "stage_end"), strict=True))
    ties = {stage: [(a, b) for a, b, end in rows if end == stage] for stage in ("ended", "dormant", "active")}
    if not any(ties.values()) or not places:
        say_instead(axes, "No agreement was ever signed")
        return figure
    draw_ties(axes, ties, places)
    return figure


def draw_ties(axes: Any, ties: dict[str, list[Tie]], places: Mapping[str, Place]) -> None:
    """Agreements by stage as great circles over the land, the first stage at the bottom; there must be any.

    `ties` holds the pairs of cities of each stage, `places` longitude and latitude [degrees] of each city.
    """
    total = sum(map(len, ties.values()))
    arcs = {stage: _arcs(pairs, places) for stage, pairs in ties.items()}
    centre = _centre(np.concatenate([arc for arc in arcs.values() if len(arc)]))
    _draw_land(axes, centre)
    thin = total > MANY
    for order, (stage, lines) in enumerate(arcs.items()):
        pieces = [piece for line in lines for piece in _unwrapped(line, centre)]
        style: Any = STAGE_LINES[stage]
        axes.add_collection(
            LineCollection(
                pieces,
                colors=STAGE_COLOURS[stage],
                linestyles=style,
                linewidths=0.3 if thin else 1.6 if stage == "active" else 1.1,
                alpha=0.3 if thin else 0.9,
                zorder=2 + order,
            )
        )
    ends = sorted({city for pairs in ties.values() for pair in pairs for city in pair})
    dots = np.array([places[city] for city in ends])
    axes.scatter(_around(dots[:, 0], centre), dots[:, 1], s=1 if thin else 9, color=BLACK, linewidths=0, zorder=6)
    handles = [_key(stage, len(pairs)) for stage, pairs in reversed(ties.items())]
    axes.legend(handles=handles, loc="upper center", ncols=len(handles), bbox_to_anchor=(0.5, 0.0))
    axes.set_xlim(centre - 180, centre + 180)
    axes.set_ylim(SOUTH, NORTH)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _key(stage: str, count: int) -> Line2D:
    """The legend's line of a stage."""
    style: Any = STAGE_LINES[stage]
    return Line2D([], [], color=STAGE_COLOURS[stage], linestyle=style, linewidth=2, label=f"{stage} ({count})")


def _places(results: Results) -> dict[str, Place]:
    names = ("city", "longitude", "latitude")
    return {
        city: (longitude, latitude)
        for city, longitude, latitude in zip(*results.columns("cities", *names), strict=True)
    }


def _arcs(pairs: list[Tie], places: Mapping[str, Place]) -> Any:
    """Great circles as (ties, points, longitude and latitude) [degrees]."""
    if not pairs:
        return np.zeros((0, POINTS_OF_ARC, 2))
    ends = np.radians([[places[a], places[b]] for a, b in pairs])
    longitude, latitude = ends[:, :, 0], ends[:, :, 1]
    vectors = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=-1
    )
    cosine = np.clip((vectors[:, 0] * vectors[:, 1]).sum(axis=-1), -1.0, 1.0)
    angle = np.maximum(np.arccos(cosine), 1e-9)[:, None]
    along = np.linspace(0.0, 1.0, POINTS_OF_ARC)[None, :]
    weight_a, weight_b = np.sin((1 - along) * angle) / np.sin(angle), np.sin(along * angle) / np.sin(angle)
    points = weight_a[..., None] * vectors[:, None, 0] + weight_b[..., None] * vectors[:, None, 1]
    norm = np.linalg.norm(points, axis=-1)
    found_longitude = np.degrees(np.arctan2(points[..., 1], points[..., 0]))
    found_latitude = np.degrees(np.arcsin(np.clip(points[..., 2] / norm, -1.0, 1.0)))
    return np.stack([found_longitude, found_latitude], axis=-1)


def _around(longitude: Any, centre: float) -> Any:
    """Longitudes within half a turn of the centre."""
    return (np.asarray(longitude) - centre + 180.0) % 360.0 - 180.0 + centre


def _centre(arcs: Any) -> float:
    """The middle of the map whose edges cut the fewest agreements."""

    def cuts(seam: int) -> int:
        shown = _around(arcs[:, :, 0], seam + 180.0)
        return int((np.abs(np.diff(shown, axis=1)) > 180.0).any(axis=1).sum())

    return min(SEAMS, key=lambda seam: (cuts(seam), abs(seam + 180))) + 180.0


def _unwrapped(line: Any, centre: float) -> list[Any]:
    """A line cut where it leaves the map on one edge and comes in on the other."""
    shown = np.column_stack([_around(line[:, 0], centre), line[:, 1]])
    breaks = np.flatnonzero(np.abs(np.diff(shown[:, 0])) > 180.0) + 1
    return [piece for piece in np.split(shown, breaks) if len(piece) > 1]


def _draw_land(axes: Any, centre: float) -> None:
    outline = json.loads(files("kembar.figures").joinpath("land_outline.json").read_text(encoding="utf-8"))
    rings = [np.asarray(ring) for ring in outline["rings"]]
    # The outline is cut at the antimeridian; drawn once on each side it fills a map with any middle.
    shifted = [ring + np.array([turn, 0.0]) for turn in (-360.0, 0.0, 360.0) for ring in rings]
    visible = [ring for ring in shifted if ring[:, 0].max() >= centre - 180 and ring[:, 0].min() <= centre + 180]
    axes.add_collection(PolyCollection(visible, facecolors=LAND, edgecolors=LAND, linewidths=0.4, zorder=1))
