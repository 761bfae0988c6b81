"""Mesa's own view of the live model, for modellers: a map of agreements, their stages over time, and Mesa's controls.

It needs the extra `mesa-viz`. `kembar mesa-view` has Solara serve `kembar.mesa_page`, which is this view of a world.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from typing import Any, Final

from kembar.errors import InputError, Problem
from kembar.figures.map import draw_ties
from kembar.figures.style import STAGE_COLOURS, say_instead
from kembar.live import PartnershipModel
from kembar.scenario.reader import available_policies

WORLD_VARIABLE: Final = "KEMBAR_MESA_WORLD"  # how the server's process hears which world to show
SHOWN_STAGES: Final = ("ended", "dormant", "active")  # from the bottom of the map to its top
NO_POLICY: Final = "none"
USUAL_PORT: Final = 8766
LARGEST_SEED: Final = 1000  # of the slider
SIZE: Final = (9.0, 4.6)  # of the map [inches]
PACKAGE: Final = "solara"
SERVED: Final = "kembar.mesa_page"


class ViewedModel(PartnershipModel):
    """The live model with the parameters of the view, which stands still at its horizon instead of refusing."""

    def __init__(self, scenario: str = "indonesia", policy: str = NO_POLICY, *, rng: int = 1) -> None:
        super().__init__(scenario, () if policy == NO_POLICY else (policy,), rng=rng)

    def _step_within_horizon(self) -> None:
        if self.quarter < self.quarters:
            super()._step_within_horizon()


def draw_world(model: PartnershipModel) -> Any:
    """A figure of the signed agreements on a map, by their stage now."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_title(f"{model.date}: one possible future, not a forecast", loc="left")
    ties: dict[str, list[tuple[str, str]]] = {stage: [] for stage in SHOWN_STAGES}
    for agreement in model.agreements:
        if agreement.stage_name in ties:
            ties[agreement.stage_name].append((agreement.city_a.name, agreement.city_b.name))
    if any(ties.values()):
        draw_ties(axes, ties, {city.name: (city.longitude, city.latitude) for city in model.cities})
    else:
        say_instead(axes, "No agreement is signed yet")
    return figure


def make_page(world: str = "indonesia", model: ViewedModel | None = None) -> Any:
    """The page that Solara renders, for a model or a fresh one. Raises InputError when the extra is not installed."""
    solara = _packages()
    from mesa.visualization import SolaraViz, make_plot_component
    from mesa.visualization.utils import update_counter

    def world_map(model: PartnershipModel) -> None:
        update_counter.get()  # drawn anew after every step
        solara.FigureMatplotlib(draw_world(model), format="png")

    stages = {stage: STAGE_COLOURS[stage] for stage in reversed(SHOWN_STAGES)}
    policies = [NO_POLICY, *(policy.name for policy in available_policies())]
    return SolaraViz(
        model or ViewedModel(world),
        components=[(solara.component(world_map), 0), make_plot_component(stages, backend="matplotlib")],
        model_params={
            "scenario": world,
            "policy": {"type": "Select", "value": NO_POLICY, "values": policies, "label": "Policy"},
            "rng": {"type": "SliderInt", "value": 1, "min": 0, "max": LARGEST_SEED, "step": 1, "label": "Seed"},
        },
        name=f"kembar: {world}",
    )


def _packages() -> Any:
    """The package behind Mesa's view. Raises InputError when the extra is not installed."""
    try:
        found = importlib.import_module(PACKAGE)
        importlib.import_module("mesa.visualization")
    except ImportError as error:
        why = f"{error.name or PACKAGE} is missing; pip install 'kembar[mesa-viz]' brings it"
        raise InputError(Problem("Mesa's view is not installed", why=why)) from None
    return found


def serve(world: str, *, port: int, browser: bool) -> int:
    """Serve the view on this machine until it is interrupted; returns the server's exit code.

    Raises InputError when the extra is not installed or there is no such world.
    """
    from kembar.scenario.reader import load_scenario

    _packages()
    load_scenario(world)
    options = [] if browser else ["--no-open"]
    command = [sys.executable, "-m", PACKAGE, "run", SERVED, "--host", "127.0.0.1", "--port", str(port), "--production"]
    return subprocess.run([*command, *options], env={**os.environ, WORLD_VARIABLE: world}, check=False).returncode
