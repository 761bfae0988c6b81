"""The live face: a Mesa model that steps the same compiled quarter as a batch run.

A `City` or an `Agreement` is a `mesa.Agent` whose attributes read and write its record in the state, so Mesa's
`AgentSet` and `DataCollector` see live values, and a change made between two steps is what the next quarter finds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from kembar import records
from kembar.errors import InputError, Problem, shown_path
from kembar.inputs import build, lever_dtype
from kembar.live_room import advance, copied
from kembar.live_values import Live, give_levers, give_values
from kembar.records import World
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.targets import find_city
from kembar.scenario.times import format_quarter
from kembar.stages import stage_names
from kembar.world import RunRecord, make_world, record_of


class City(Live, mesa.Agent):  # type: ignore[misc]
    """A city: its record's fields, its levers, and its agreements."""

    def __init__(self, model: PartnershipModel, row: int) -> None:
        self._row = row
        mesa.Agent.__init__(self, model)

    @property
    def row(self) -> int:
        """Row of its record."""
        return self._row

    @property
    def name(self) -> str:
        """Name with country code, as in `Surabaya (ID)`."""
        key: str = self.model.inputs.city_keys[self._row]
        return key

    @property
    def country_code(self) -> str:
        """ISO code of its country."""
        code: str = self.model.inputs.country_codes[self.country]
        return code

    @property
    def levers(self) -> Levers:
        """The levers in force in this city."""
        return Levers(self)

    @property
    def agreements(self) -> list[Agreement]:
        """Its agreements, those that ended included, in order of their rows."""
        return [item for item in self.model.all_agreements if self._row in (item.a, item.b)]

    def __repr__(self) -> str:
        return f"<City {self.name}>"

    def __str__(self) -> str:
        return self.name


class Levers(Live):
    """The levers of one city."""

    def __init__(self, city: City) -> None:
        self.model = city.model
        self._row = city.row
        self._name = city.name

    def __repr__(self) -> str:
        return f"<Levers of {self._name}>"

    def __str__(self) -> str:
        return self._name


class Agreement(Live, mesa.Agent):  # type: ignore[misc]
    """An agreement: its record's fields, its stage as a word, and its two cities. It stays when it has ended."""

    def __init__(self, model: PartnershipModel, row: int) -> None:
        self._row = row
        mesa.Agent.__init__(self, model)

    @property
    def row(self) -> int:
        """Row of its record."""
        return self._row

    @property
    def name(self) -> str:
        """Both cities, as in `Busan (KR) - Surabaya (ID)`; a later agreement of the same pair adds its number."""
        later = f" #{self.generation}" if self.generation > 1 else ""
        return f"{self.city_a.name} - {self.city_b.name}{later}"

    @property
    def stage_name(self) -> str:
        """Its stage as a word, as in the tables."""
        return stage_names([self.stage])[0]

    @property
    def city_a(self) -> City:
        """The city of side a (index 0 of values with two sides)."""
        city: City = self.model.all_cities[self.a]
        return city

    @property
    def city_b(self) -> City:
        """The city of side b (index 1 of values with two sides)."""
        city: City = self.model.all_cities[self.b]
        return city

    def __repr__(self) -> str:
        return f"<Agreement {self.name}, {self.stage_name}>"

    def __str__(self) -> str:
        return self.name


give_values(City, "cities", records.CITY.names or ())
give_levers(City, lever_dtype().names or ())
give_levers(Levers, lever_dtype().names or ())
give_values(Agreement, "agreements", records.AGREEMENT.names or ())


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


class PartnershipModel(mesa.Model):  # type: ignore[misc]  # Mesa tells no types
    """A world of cities and agreements that is stepped quarter by quarter.

    `scenario` and `policies` are names or paths, `sets` levers for all cities, `parameters` constants or uncertainties,
    `years` another horizon, `rules` a file with rules of one's own, `rng` the seed (None draws one; see `model.seed`).
    `datacollector` takes the place of the model's own, which notes date, stages and active share. `told` hears when
    rules must be compiled. Raises InputError with every problem found.
    """

    def __init__(
        self,
        scenario: str | Path = "indonesia",
        policies: str | Path | Sequence[str | Path] = (),
        *,
        sets: Mapping[str, float] | None = None,
        parameters: Mapping[str, float] | None = None,
        years: int | None = None,
        rules: str | Path | None = None,
        rng: int | None = 1,
        keep_exchanges: bool = False,
        datacollector: mesa.DataCollector | None = None,
        told: Callable[[str], None] = _tell,
    ) -> None:
        from kembar.compilation import kernel, mark_compiled, needs_compilation

        names = (policies,) if isinstance(policies, str | Path) else policies
        self.inputs = build(
            load_scenario(scenario), [load_policy(name) for name in names], sets, parameters, years=years
        )
        self.seed = _seed(rng)
        super().__init__(rng=self.seed)
        rules_file = None if rules is None else Path(rules)
        if needs_compilation(rules_file):
            what = f"the rules with {shown_path(rules_file)} in their place" if rules_file else "the rules"
            told(f"compiling {what} (about half a minute, only once)")
        self._simulate: Callable[[World, int, int], bool] = kernel(rules_file).simulate
        self.world: World = make_world(self.inputs, self.seed, keep_exchanges=keep_exchanges)
        self.quarter = 0
        self._simulate(self.world, 0, 0)
        mark_compiled(rules_file)
        self.all_cities = [City(self, row) for row in range(len(self.world.cities))]
        self.all_agreements: list[Agreement] = []
        self._meet_new_agreements()
        self.datacollector = datacollector or mesa.DataCollector(model_reporters=_reporters())
        self.datacollector.collect(self)
        # Mesa puts its own step, which keeps the time and then calls ours, in the place of `step`. In newer versions an
        # error raised inside it ends Mesa's schedule, and later steps would do nothing and say nothing.
        self._step_of_mesa: Callable[[], None] = self.step
        self.__dict__["step"] = self._step_within_horizon

    def step(self) -> None:
        """One quarter. Raises InputError past the horizon."""
        self._refuse_past_horizon()
        self.world = advance(self.world, self.quarter, self._simulate)
        self.quarter += 1
        self._meet_new_agreements()
        self.running = self.quarter < self.quarters
        self.datacollector.collect(self)

    def _step_within_horizon(self) -> None:
        self._refuse_past_horizon()
        self._step_of_mesa()

    def _refuse_past_horizon(self) -> None:
        if self.quarter >= self.quarters:
            what = f"the run has come to its horizon, the end of {self.inputs.start_year + self.inputs.years - 1}"
            why = "a longer one needs a model made with more years"
            raise InputError(Problem(what, key="step", why=why))

    def _meet_new_agreements(self) -> None:
        for row in range(len(self.all_agreements), int(self.world.counters[records.AGREEMENT_ROWS])):
            self.all_agreements.append(Agreement(self, row))

    @property
    def quarters(self) -> int:
        """Quarters from the start to the horizon."""
        return self.inputs.years * records.QUARTERS_PER_YEAR

    @property
    def date(self) -> str:
        """The quarter that begins now, as in `2026Q1`."""
        return format_quarter(self.inputs.start_year * records.QUARTERS_PER_YEAR + self.quarter)

    @property
    def cities(self) -> Any:
        """All cities, a mesa AgentSet."""
        return self.agents.select(agent_type=City)

    @property
    def agreements(self) -> Any:
        """All agreements, those that ended included, a mesa AgentSet."""
        return self.agents.select(agent_type=Agreement)

    @property
    def stages(self) -> dict[str, int]:
        """How many agreements are in each stage now."""
        now = self.world.agreements["stage"][: len(self.all_agreements)]
        return {name: int((now == stage).sum()) for stage, name in enumerate(records.STAGES)}

    @property
    def active_share(self) -> float:
        """Share of all agreements ever signed that is active now; NaN when none was."""
        count = self.stages
        signed = count["active"] + count["dormant"] + count["ended"]
        return count["active"] / signed if signed else float("nan")

    def city(self, name: str) -> City:
        """The city of that name; the country code, accents and capitals may be left out. Raises InputError."""
        return self.all_cities[find_city(self.inputs.scenario, name)]

    def agreement(self, one: str, other: str) -> Agreement:
        """The latest agreement of two cities, in either order. Raises InputError."""
        pair = {self.city(one).row, self.city(other).row}
        found = [item for item in self.all_agreements if {item.a, item.b} == pair]
        if not found:
            raise InputError(Problem(f"no agreement between {self.city(one)} and {self.city(other)}"))
        return found[-1]

    def record(self) -> RunRecord:
        """What has happened so far, as a batch run gives it; its outcomes count over the whole horizon."""
        return record_of(self.inputs, self.seed, copied(self.world))


def _seed(rng: object) -> int:
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise InputError(Problem(f"must be a whole number from 0 on, or None, not {rng!r}", key="rng"))
    return int(rng)


def _reporters() -> dict[str, Any]:
    def counter(stage: str) -> Callable[[PartnershipModel], int]:
        return lambda model: model.stages[stage]

    return {"date": "date", **{stage: counter(stage) for stage in records.STAGES}, "active_share": "active_share"}
