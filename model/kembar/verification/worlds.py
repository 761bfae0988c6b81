"""Worlds made for checks: separate pairs of towns, and worlds with numbers moved out of their declared ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar import records
from kembar.compilation import kernel
from kembar.world import make_world

if TYPE_CHECKING:
    from kembar.inputs import Inputs

PER_YEAR: Final = records.QUARTERS_PER_YEAR
NO_ENDS: Final = dict.fromkeys(("review_cut", "merger_rate", "lapse_share", "notice_rate", "break_rate"), 0.0)
NO_BARRIERS: Final = dict.fromkeys(
    (
        *("language_barrier", "culture_barrier", "distance_barrier", "time_zone_barrier", "missed_schedules"),
        "digital_fatigue",
    ),
    0.0,
)
_HEAD: Final = """
title = "Many pairs"
about = "Towns of two countries, each with a partner in the other, for limits with known answers."
start_year = 2026
years = {years}
kind = "register"
focal_countries = []
"""
_CITY: Final = """
[[city]]
name = "{name}"
country = "{country}"
latitude = {latitude}
longitude = 20.0
population = {population}
budget_kusd = 200000
utc_offset_hours = 1
search = "no"
"""
_AGREEMENT: Final = """
[[agreement]]
city = "{name} (DE)"
partner = "{name} (PL)"
signed_year = 2016
status = "active"
term_years = 5
"""
_FREEZE: Final = """
[[event]]
kind = "freeze"
where = ["DE", "PL"]
from = 2026
until = {until}
severity = 1.0
because = "a limit"
"""


def pairs(count: int, years: int, *, frozen: bool = False, population: int = 300_000) -> Inputs:
    """A world of separate pairs of towns, closed to search; `frozen` suspends all of them for the whole run."""
    text = _HEAD.format(years=years)
    for number in range(count):
        name = f"Town {number}"
        for country, latitude in (("DE", 50.0), ("PL", 52.0)):
            text += _CITY.format(name=name, country=country, latitude=latitude, population=population)
        text += _AGREEMENT.format(name=name)
    return inputs_of(text + (_FREEZE.format(until=2026 + years) if frozen else ""))


def inputs_of(
    text: str,
    policy: str | None = None,
    levers: Mapping[str, float] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Inputs:
    """The inputs of a scenario written as text, with a policy written as text. Raises InputError for bad ones."""
    from kembar.inputs import build
    from kembar.scenario.reader import load_policy, load_scenario

    with TemporaryDirectory() as folder:
        world = Path(folder) / "made-for-a-check.toml"
        world.write_text(text, encoding="utf-8")
        laid_over = []
        if policy is not None:
            path = Path(folder) / "policy-of-a-check.toml"
            path.write_text(policy, encoding="utf-8")
            laid_over.append(load_policy(path))
        return build(load_scenario(world), laid_over, levers, numbers)


def world_of(inputs: Inputs, seed: int, numbers: Mapping[str, float] | None = None) -> Any:
    """The `World` of a run before its first quarter, some parameters changed, in or out of their declared ranges."""
    world = make_world(inputs, seed, room=4)
    parameters = world.parameters.copy().view(np.recarray)
    for name, value in (numbers or {}).items():
        parameters[name] = value
    return world._replace(parameters=parameters)


def run_through(world: records.World, quarters: int, first: int = 0) -> None:
    """Carry out quarters of a world in place. Raises RuntimeError when its room is too small."""
    if not kernel().simulate(world, first, quarters):
        raise RuntimeError("the world of a check ran out of room")


def stepped(world: records.World, quarters: int) -> Iterator[int]:
    """Carry out quarter after quarter, giving each after it is done; the start is drawn before the first."""
    kernel().simulate(world, 0, 0)
    for quarter in range(quarters):
        run_through(world, quarter + 1, quarter)
        yield quarter


def agreements_of(world: records.World) -> Any:
    """The agreements that there are."""
    return world.agreements[: world.counters[records.AGREEMENT_ROWS]]
