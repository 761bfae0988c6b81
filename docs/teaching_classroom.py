"""What a class may expect of its 90 minutes: its cities as they are, and what plain strategies and shocks bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.app.engine import GROUP
from kembar.app.requests import read_variant
from kembar.experiment.luck import run_seed
from kembar.inputs import Inputs, build
from kembar.scenario.reader import load_scenario
from kembar.stages import stage_codes_at_start
from kembar.world import RunRecord, run_world

WORLD: Final = "indonesia"
SEED: Final = 1
TEAMS: Final = (
    "Surabaya",
    "Bandung",
    "Yogyakarta",
    "Semarang",
    "Makassar",
    "Medan",
    "Padang",
    "Banda Aceh",
    "Denpasar",
)
ROUNDS: Final = 12  # years of the session
RUNS: Final = 60
NORMAL_95: Final = 1.96
TENTH: Final = 0.1
FIRST_CHOICE: Final = 2027  # the second round: in the first one teams look
SHOCK_ROUND: Final = 8
SHOCK_YEARS: Final = 2
MEASURES: Final = ("active", "points", "spent_kusd", "granted_kusd", "exchanges")
# What every team does in each plain strategy, from the second round to the end.
STRATEGIES: Final[Mapping[str, Mapping[str, float]]] = {
    "money": {"funding_share": 0.0003},
    "partners": {"search_effort": 3.0},
    "staff": {"staff_factor": 2.0},
    "citizens": {"citizen_committee": 1.0},
    "clauses": {"action_plan": 1.0, "institutional_by_law": 1.0},
}
# What the facilitator may do to all, and how hard.
SHOCKS: Final[Mapping[str, tuple[list[str], float]]] = {"travel_stop": (["all"], 0.9), "fiscal_crisis": (["ID"], 0.3)}


def classroom() -> dict[str, Any]:
    """The cities of the role cards, the calendar of the session, and the facilitator's tables."""
    baseline = build(load_scenario(WORLD), years=ROUNDS)
    rows = [baseline.city_keys.index(f"{name} (ID)") for name in TEAMS]
    as_it_is = _runs(baseline)
    measured = _measured(as_it_is, rows)
    first_year = baseline.start_year
    return {
        "rounds": ROUNDS,
        "runs": RUNS,
        "start_year": first_year,
        "last_year": first_year + ROUNDS - 1,
        "first_choice": FIRST_CHOICE - first_year + 1,
        **_calendar(baseline, rows),
        "cities": [_city(baseline, as_it_is, row) for row in rows],
        "luck": _luck(measured),
        "as_it_is": dict(zip(MEASURES, measured.mean(axis=(0, 1)).tolist(), strict=True)),
        "strategies": [
            {"name": name, "levers": dict(levers), **_effects(_with({"change": _changes(levers)}), measured, rows)}
            for name, levers in STRATEGIES.items()
        ],
        "shock": {"round": SHOCK_ROUND, "years": SHOCK_YEARS, "year": first_year + SHOCK_ROUND - 1},
        "shocks": [
            {
                "kind": kind,
                "severity": severity,
                **_effects(_with({"event": [_event(kind, first_year)]}), measured, rows),
            }
            for kind, (_, severity) in SHOCKS.items()
        ],
    }


def _luck(as_it_is: Any) -> dict[str, Any]:
    """How far single teams differ by luck alone: active agreements at the end, of the city with most of them."""
    active = as_it_is[:, :, MEASURES.index("active")]
    largest = int(active.mean(axis=0).argmax())
    low, high = np.quantile(active[:, largest], (TENTH, 1 - TENTH))
    spread = (active - active.mean(axis=0)).std()
    return {"city": TEAMS[largest], "low": float(low), "high": float(high), "spread": float(spread)}


def _with(content: dict[str, Any]) -> Inputs:
    policy = read_variant({"title": "class", "about": "What all teams do or meet.", "claims": [], **content})
    return build(load_scenario(WORLD), [policy], years=ROUNDS)


def _changes(levers: Mapping[str, float]) -> list[dict[str, Any]]:
    return [
        {"parameter": lever, "target": f"{city} (ID)", "from": FIRST_CHOICE, "value": value, "because": "all teams"}
        for lever, value in levers.items()
        for city in TEAMS
    ]


def _event(kind: str, first_year: int) -> dict[str, Any]:
    where, severity = SHOCKS[kind]
    begin = first_year + SHOCK_ROUND - 1
    lasting = {"from": begin, "until": begin + SHOCK_YEARS}
    return {"kind": kind, "severity": severity, "where": where, **lasting, "because": "by the facilitator"}


def _runs(inputs: Inputs) -> list[RunRecord]:
    return [run_world(inputs, run_seed(SEED, GROUP, replicate)) for replicate in range(RUNS)]


def _agreements_of(record: RunRecord, row: int) -> Any:
    agreements = record.agreements
    return agreements[(agreements["a"] == row) | (agreements["b"] == row)]


def _measured(runs: Sequence[RunRecord], rows: Sequence[int]) -> Any:
    """(runs, cities, measures): active agreements at the end; benefit points, money and exchanges of the session."""
    found = np.zeros((len(runs), len(rows), len(MEASURES)))
    for place, record in enumerate(runs):
        for column, row in enumerate(rows):
            total = record.city_totals[row]
            active = np.count_nonzero(_agreements_of(record, row)["stage"] == records.ACTIVE)
            points = total["tangible_points"] + total["intangible_points"]
            found[place, column] = active, points, total["spent_kusd"], total["appropriated_kusd"], total["exchanges"]
    return found


def _effects(inputs: Inputs, as_it_is: Any, rows: Sequence[int]) -> dict[str, Any]:
    """Paired differences of a team's means over runs that share their luck, with 95 % intervals."""
    difference = (_measured(_runs(inputs), rows) - as_it_is).mean(axis=1)
    mean = difference.mean(axis=0)
    half = NORMAL_95 * difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    return {
        name: {
            "effect": float(mean[place]),
            "low": float(mean[place] - half[place]),
            "high": float(mean[place] + half[place]),
        }
        for place, name in enumerate(MEASURES)
    }


def _calendar(inputs: Inputs, rows: Sequence[int]) -> dict[str, Any]:
    """Rounds in which acting heads come and in which heads are elected, as the national calendar has them."""
    waves = {int(inputs.arrays["cities"]["wave"][row]) for row in rows}
    quarters = ROUNDS * records.QUARTERS_PER_YEAR
    calendars = [inputs.arrays["calendar"][wave][:quarters] for wave in waves]
    return {
        "acting": _rounds(calendars, records.CARETAKER),
        "elections": _rounds(calendars, records.ELECTION),
    }


def _rounds(calendars: Sequence[Any], kind: int) -> list[int]:
    quarters = {int(quarter) for calendar in calendars for quarter in np.flatnonzero(calendar == kind)}
    return sorted({quarter // records.QUARTERS_PER_YEAR + 1 for quarter in quarters})


def _city(inputs: Inputs, runs: Sequence[RunRecord], row: int) -> dict[str, Any]:
    key = inputs.city_keys[row]
    city = inputs.scenario.cities[row]
    listed = [item for item in inputs.agreements_table if key in (item.city_a, item.city_b)]
    awake = [np.count_nonzero(stage_codes_at_start(_agreements_of(run, row)) == records.ACTIVE) for run in runs]
    end = [np.count_nonzero(_agreements_of(run, row)["stage"] == records.ACTIVE) for run in runs]
    spent, granted = (sum(run.city_totals[row][name] for run in runs) for name in ("spent_kusd", "appropriated_kusd"))
    return {
        "name": city.name,
        "population": city.population,
        "budget_kusd": float(inputs.arrays["cities"]["fiscal_kusd"][row]),
        "is_budget_imputed": "budget_kusd" in city.imputed,
        "partners": [item.city_b if item.city_a == key else item.city_a for item in listed],
        "statuses": dict(Counter(item.status for item in listed)),
        "awake_at_start": float(np.mean(awake)),
        "active_at_end": float(np.mean(end)),
        "changes_of_head": float(np.mean([_changes_of_head(run, row) for run in runs])),
        "granted_kusd_year": float(granted / RUNS / ROUNDS),
        "spent_of_granted": float(spent / granted),
    }


def _changes_of_head(run: RunRecord, row: int) -> int:
    """New heads and acting heads in a run."""
    kinds = (records.LEADER_CHANGED, records.CARETAKER_CAME)
    return int(np.count_nonzero(np.isin(run.events["kind"], kinds) & (run.events["subject"] == row)))
