"""The worlds that the evidence is taken from: the three shipped ones and those changed to ask a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.evidence.statistics import Floats, Statistic
from kembar.evidence.view import View
from kembar.experiment.luck import run_seed

if TYPE_CHECKING:
    from kembar.inputs import Inputs

HINDCAST: Final = "hindcast"
FORECAST: Final = "forecast"
ARCHIPELAGO: Final = "archipelago"
FORMATION: Final = "formation"
CUT_AT_HOME: Final = "cut_at_home"
CUT_ABROAD: Final = "cut_abroad"
CUT_ON_BOTH_SIDES: Final = "cut_on_both_sides"
COUNCIL_CUT: Final = "council_cut"
LITTLE_MONEY: Final = "little_money"
LITTLE_MONEY_DOUBLED: Final = "little_money_doubled"
MUCH_MONEY: Final = "much_money"
MUCH_MONEY_DOUBLED: Final = "much_money_doubled"
DISASTER: Final = "disaster"
TRAVEL_STOP: Final = "travel_stop"

SHOCK_YEAR: Final = 2030  # in which the scheduled disaster, travel stop and council cut begin
SHOCK_END_YEAR: Final = 2032  # first year after the disaster and the travel stop
SEED: Final = 1
WORKERS: Final = 2
_WORLDS = Path(__file__).with_name("worlds")


@dataclass(frozen=True)
class Arm:
    """One world in which runs are made; all arms use the same seeds, so that they can be compared run by run."""

    world: str | Path
    policies: tuple[str | Path, ...] = ()
    levers: Mapping[str, float] = field(default_factory=dict)
    has_city_years: bool = False

    def build(self) -> Inputs:
        """The arm's inputs."""
        from kembar.inputs import build
        from kembar.scenario.reader import load_policy, load_scenario

        return build(load_scenario(self.world), [load_policy(name) for name in self.policies], dict(self.levers))


def _own(name: str) -> Path:
    return _WORLDS / f"{name}.toml"


ARMS: Final[Mapping[str, Arm]] = {
    HINDCAST: Arm("indonesia-hindcast"),
    FORECAST: Arm("indonesia", has_city_years=True),
    ARCHIPELAGO: Arm("archipelago"),
    FORMATION: Arm("formation"),
    CUT_AT_HOME: Arm("indonesia", ("austerity",)),
    CUT_ABROAD: Arm("indonesia", (_own("austerity-abroad"),)),
    CUT_ON_BOTH_SIDES: Arm("indonesia", (_own("austerity-everywhere"),)),
    COUNCIL_CUT: Arm("indonesia", (_own("council-cut"),)),
    # Two steps of money: well below the threshold and well above it, as in the rows on money of the table of claims.
    LITTLE_MONEY: Arm("indonesia", levers={"funding_share": 0.00001}),
    LITTLE_MONEY_DOUBLED: Arm("indonesia", levers={"funding_share": 0.00002}),
    MUCH_MONEY: Arm("indonesia", levers={"funding_share": 0.0003}),
    MUCH_MONEY_DOUBLED: Arm("indonesia", levers={"funding_share": 0.0006}),
    DISASTER: Arm("indonesia", ("disaster-2030",)),
    TRAVEL_STOP: Arm("indonesia", ("travel-stop-2030",)),
}


def tally_runs(
    arm: str, statistics: Mapping[str, Statistic], runs: int, extra: Mapping[str, Callable[[View], Floats]]
) -> dict[str, Floats]:
    """What every run of an arm adds to each statistic that uses it, and to each `extra` tally: (runs, width)."""
    from kembar.world import run_world

    made = ARMS[arm]
    inputs = made.build()
    wanted = {name: item.tally for name, item in statistics.items() if arm in item.arms} | dict(extra)

    def one(replicate: int) -> dict[str, Floats]:
        seed = run_seed(SEED, 0, replicate)
        view = View(run_world(inputs, seed, keep_exchanges=True, city_years=made.has_city_years))
        return {name: np.asarray(tally(view), dtype=np.float64) for name, tally in wanted.items()}

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(one, range(runs)))
    return {name: np.array([row[name] for row in found]) for name in wanted}
