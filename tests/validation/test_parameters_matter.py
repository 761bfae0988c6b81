"""No parameter is for show: moved over its range, each changes an outcome of a shipped scenario.

Programmes and clauses are switched half on, because what a programme is worth cannot matter where nobody runs it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from kembar.inputs import Inputs, build
from kembar.measurement import measure
from kembar.parameters import Declaration, declaration, declarations, levers
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import RunRecord, run_world

pytestmark = [pytest.mark.validation]

SEEDS = range(1, 9)
HALF_ON = {lever.key: 0.5 for lever in levers() if lever.value == 0.0 and lever.range == (0.0, 1.0)} | {
    "foreign_grant_kusd": 2.0,
    "cofunding_rate": 0.2,
    "commitment_floor": 0.05,
    "ring_fence": 0.2,
    "commitment_campaign": 0.05,
    "focus_breadth": 2.0,
}
# Worlds in the order in which they are tried: third cities that two partners share exist only where every two countries
# may sign, recorded signings only in the hindcast.
WORLDS = ("indonesia", "archipelago", "indonesia-hindcast")
POLICIES = ("travel-stop-2030", "fiscal-crisis-2030")
# Numbers that the loader uses, before there is a world: they must be given in the scenario's own file.
OF_THE_LOADER = ("imputed_population_median", "imputed_population_spread", "idr_per_usd", "municipal_budget_share")


def setting(item: Declaration, value: float) -> float | tuple[float, ...]:
    """A value for every sector where the parameter has one for each."""
    return (value,) * 8 if item.is_by_sector else value


def outcomes_differ(one: RunRecord, other: RunRecord) -> bool:
    """Whether two runs come to different outcomes, or to other causes of decline."""
    if measure(one) != measure(other):
        return True
    return sorted(one.agreements["cause"].tolist()) != sorted(other.agreements["cause"].tolist())


def world_with(world: str, item: Declaration, value: float, folder: Path) -> Inputs:
    """A busy world in which one parameter has the given value."""
    if item.key.startswith("synthetic") or item.key in OF_THE_LOADER:
        path = folder / f"{world}-{item.key}-{value}.toml"
        whole = int(value) if item.scale == "integer" else value
        path.write_text(
            f'extends = "{world}"\ntitle = "Moved"\nabout = "One number moved."\n[parameters]\n{item.key} = {whole}\n'
        )
        return build(load_scenario(str(path)))
    if item.kind == "lever":
        return build(load_scenario(world), policies(), {**HALF_ON, item.key: value})
    return build(load_scenario(world), policies(), HALF_ON, {item.key: setting(item, value)})


@cache
def policies() -> tuple[object, ...]:
    """Scheduled shocks, so that what happens in them matters."""
    return tuple(load_policy(name) for name in POLICIES)


@pytest.mark.parametrize("key", [item.key for item in declarations()])
def test_moving_a_parameter_over_its_range_changes_an_outcome(key: str, tmp_path: Path) -> None:
    item = declaration(key)
    for world in WORLDS:
        low, high = (world_with(world, item, value, tmp_path) for value in item.range)
        if any(outcomes_differ(run_world(low, seed), run_world(high, seed)) for seed in SEEDS):
            return
    pytest.fail(f"{key} from {item.range[0]} to {item.range[1]} moves nothing in any of {', '.join(WORLDS)}")
