"""The runs behind the teaching kit: every number of its pages, as plain values by name.

Each part is a function without arguments, so that the parts can be made side by side. What is asked (which world, which
policies, how many pairs, which seed) stands in the constants here and nowhere else; the pages print them from here too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.app.answers import answer
from kembar.app.engine import GROUP, Engine
from kembar.app.lives import Lives
from kembar.app.replay import watch
from kembar.app.requests import read_variant
from kembar.experiment.luck import run_seed
from kembar.inputs import Inputs, build
from kembar.parameters import declarations
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Policy, Scenario
from kembar.stages import stage_codes_at_start
from kembar.world import RunRecord, run_world
from teaching_assignment import assignment

FILES: Final = Path(__file__).parent / "teaching" / "files"
WORLD: Final = "indonesia"
SEED: Final = 1  # of the app and the commands when none is given
LESSON_POLICIES: Final = ("citizen-committees", "dedicated-secretariat", "matching-fund")
LESSON_PAIRS: Final = 200  # the app's own number
LESSON_OUTCOMES: Final = (
    "active_years_per_agreement",
    "active_agreements",
    "benefit_points",
    "public_benefit_share",
    "spent_kusd",
)
FUTURES: Final = 4  # possible futures that the lesson looks at
PAIR: Final = "Busan (KR) - Surabaya (ID)"
DOUBTED: Final = "carrier_rate"  # the assumption that the lesson moves to its low end
DOUBT_PAIRS: Final = 50  # the app's own number for each value of an assumption
TEAMS: Final = ("Surabaya", "Bandung", "Yogyakarta", "Semarang", "Makassar", "Medan", "Padang", "Banda Aceh", "Denpasar")
ROUNDS: Final = 12  # years of the class session
SESSION_RUNS: Final = 60
MOST_SHOWN_CAUSES: Final = 4
MESA_SEEDS: Final = 60
# What every team does in each pure strategy of the facilitator's table, from the second round on.
STRATEGIES: Final[Mapping[str, Mapping[str, float]]] = {
    "money": {"funding_share": 0.0003},
    "partners": {"search_effort": 3.0},
    "staff": {"staff_factor": 2.0},
    "citizens": {"citizen_committee": 1.0},
    "clauses": {"action_plan": 1.0, "institutional_by_law": 1.0},
}


def lesson() -> dict[str, Any]:
    """What the app shows in the 45-minute lesson."""
    engine = Engine(load_scenario(WORLD))
    policies = [load_policy(name) for name in LESSON_POLICIES]
    first = _answer(engine, policies, LESSON_PAIRS)
    declaration = _declarations()[DOUBTED]
    low = _answer(engine, policies, DOUBT_PAIRS, {DOUBTED: declaration.range[0]})
    assumed = _answer(engine, policies, DOUBT_PAIRS)
    causes = sorted(first["baseline"]["causes"].items(), key=lambda item: -item[1])
    total = sum(count for _, count in causes)
    active = [first["baseline"]["stages"]["active"]["mean"][place] for place in (0, -1)]
    return {
        "policies": list(LESSON_POLICIES),
        "pairs": first["pairs"],
        "seed": SEED,
        "last_year": engine.baseline.start_year + engine.baseline.years - 1,
        "listed": len(engine.agreement_names),
        "of_hundred": first["baseline"]["of_hundred"],
        "active": {"first": active[0], "last": active[1]},
        "dormancies": total,
        "causes": [{"name": name, "count": count, "share": count / total} for name, count in causes[:MOST_SHOWN_CAUSES]],
        "endings": sum(first["baseline"]["endings"].values()),
        "execution": first["baseline"]["outcomes"]["execution_share"]["mean"],
        "signed": first["baseline"]["outcomes"]["signed_agreements"]["mean"],
        "variants": [_variant(found, first["baseline"]) for found in first["variants"]],
        "doubt": {
            "parameter": DOUBTED,
            "value": declaration.value,
            "low": declaration.range[0],
            "high": declaration.range[1],
            "basis": declaration.basis,
            "pairs": DOUBT_PAIRS,
            "assumed": [_effect(found) for found in assumed["variants"]],
            "moved": [_effect(found) for found in low["variants"]],
        },
        "pair": PAIR,
        "futures": [_future(engine.baseline, replicate) for replicate in range(FUTURES)],
        "awake_at_start": _share_awake(engine),
    }


def _answer(
    engine: Engine, policies: Sequence[Policy], pairs: int, parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    question = engine.ask(SEED, policies, parameters)
    return engine.answer_of(question, pairs)


def _variant(found: dict[str, Any], baseline: dict[str, Any]) -> dict[str, Any]:
    fates = found["fates"]
    effects = {name: found["effects"][name] for name in LESSON_OUTCOMES}
    return {
        "of_hundred": found["of_hundred"]["mean"],
        "effect_of_hundred": found["effect_of_hundred"],
        "saved": fates["saved_of_hundred"],
        "lost": fates["lost_of_hundred"],
        "effects": effects,
        "percent": {name: effects[name]["effect"] / baseline["outcomes"][name]["mean"] for name in LESSON_OUTCOMES},
    }


def _effect(found: dict[str, Any]) -> dict[str, Any]:
    effect: dict[str, Any] = found["effects"]["active_years_per_agreement"]
    return effect


def _future(inputs: Inputs, replicate: int) -> dict[str, Any]:
    """One agreement's life in a possible future, as the app tells it; the app counts futures from 1."""
    watched = watch(inputs, run_seed(SEED, GROUP, replicate))
    told = Lives(watched.record).tell(PAIR)
    exchanges = told["exchanges"].values()
    return {
        "number": replicate + 1,
        "stage_start": told["stage_start"],
        "stage_end": told["stage_end"],
        "active_years": told["active_years"],
        "cities": sum(year["cities"] for year in exchanges),
        "citizens": sum(year["citizens"] for year in exchanges),
        "events": told["events"],
        "map": [dict(zip(records.STAGES, _counted(column), strict=True)) for column in watched.stages[[0, -1]]],
    }


def _counted(stages: Any) -> list[int]:
    """How many agreements are in each stage, in the order of the stages."""
    found: list[int] = np.bincount(stages[stages >= 0], minlength=len(records.STAGES)).tolist()
    return found


def _share_awake(engine: Engine) -> float:
    """In what share of the futures the pair is active when the first quarter begins."""
    row = engine.agreement_names.index(PAIR)
    short = build(engine.scenario, years=1)
    active = [
        stage_codes_at_start(run_world(short, run_seed(SEED, GROUP, replicate)).agreements)[row] == records.ACTIVE
        for replicate in range(LESSON_PAIRS)
    ]
    return float(np.mean(active))


def classroom() -> dict[str, Any]:
    """What a class may expect: its cities as they are, and what pure strategies of all teams bring in the session."""
    scenario = load_scenario(WORLD)
    baseline = build(scenario, years=ROUNDS)
    rows = [baseline.city_keys.index(f"{name} (ID)") for name in TEAMS]
    sides = {"": _session_runs(baseline)}
    for name, levers in STRATEGIES.items():
        sides[name] = _session_runs(build(scenario, [_strategy(name, levers)], years=ROUNDS))
    played = {name: np.array([_played(record, rows) for record in runs]) for name, runs in sides.items()}
    return {
        "rounds": ROUNDS,
        "start_year": baseline.start_year,
        "last_year": baseline.start_year + ROUNDS - 1,
        "runs": SESSION_RUNS,
        "cities": [_city(baseline, sides[""], row) for row in rows],
        "strategies": [
            {"name": name, "levers": dict(STRATEGIES.get(name, {})), **_summary(runs, played[""])}
            for name, runs in played.items()
        ],
    }


def _strategy(name: str, levers: Mapping[str, float]) -> Policy:
    because = "played by every team"
    changes = [
        {"parameter": lever, "target": f"{city} (ID)", "from": 2027, "value": value, "because": because}
        for lever, value in levers.items()
        for city in TEAMS
    ]
    return read_variant({"title": name, "about": because, "claims": [], "change": changes})


def _session_runs(inputs: Inputs) -> list[RunRecord]:
    return [run_world(inputs, run_seed(SEED, GROUP, replicate)) for replicate in range(SESSION_RUNS)]


def _agreements_of(record: RunRecord, row: int) -> Any:
    agreements = record.agreements
    return agreements[(agreements["a"] == row) | (agreements["b"] == row)]


def _played(record: RunRecord, rows: Sequence[int]) -> list[list[float]]:
    """By city: active agreements at the end, benefit points, money spent and granted [kusd], exchanges."""
    found = []
    for row in rows:
        mine = _agreements_of(record, row)
        total = record.city_totals[row]
        points = total["tangible_points"] + total["intangible_points"]
        active = np.count_nonzero(mine["stage"] == records.ACTIVE)
        found.append([active, points, total["spent_kusd"], total["appropriated_kusd"], total["exchanges"]])
    return found


def _summary(runs: Any, baseline: Any) -> dict[str, Any]:
    """Means of a team over runs and cities, and the paired effects with their 95 % intervals over runs."""
    of_run, of_baseline = runs.mean(axis=1), baseline.mean(axis=1)
    names = ("active", "points", "spent_kusd", "granted_kusd", "exchanges")
    means = dict(zip(names, of_run.mean(axis=0).tolist(), strict=True))
    difference = of_run - of_baseline
    half = 1.96 * difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    effects = {
        name: {"effect": float(difference[:, place].mean()), "half": float(half[place])}
        for place, name in enumerate(names)
    }
    return {"means": means, "effects": effects}


def _city(inputs: Inputs, runs: Sequence[RunRecord], row: int) -> dict[str, Any]:
    key = inputs.city_keys[row]
    listed = [item for item in inputs.agreements_table if key in (item.city_a, item.city_b)]
    awake = [np.count_nonzero(stage_codes_at_start(_agreements_of(run, row)) == records.ACTIVE) for run in runs]
    end = [np.count_nonzero(_agreements_of(run, row)["stage"] == records.ACTIVE) for run in runs]
    changes = [_changes_of_head(run, row) for run in runs]
    totals = np.array([[run.city_totals[row][name] for name in ("spent_kusd", "appropriated_kusd")] for run in runs])
    city = inputs.scenario.cities[row]
    return {
        "name": city.name,
        "population": city.population,
        "budget_kusd": float(inputs.arrays["cities"]["fiscal_kusd"][row]),
        "is_budget_imputed": "budget_kusd" in city.imputed,
        "partners": [item.city_b if item.city_a == key else item.city_a for item in listed],
        "statuses": dict(Counter(item.status for item in listed)),
        "awake_at_start": float(np.mean(awake)),
        "active_at_end": float(np.mean(end)),
        "changes_of_head": float(np.mean(changes)),
        "granted_kusd_year": float(totals[:, 1].mean() / ROUNDS),
        "spent_of_granted": float(totals[:, 0].sum() / totals[:, 1].sum()),
    }


def _changes_of_head(run: RunRecord, row: int) -> int:
    kinds = (records.LEADER_CHANGED, records.CARETAKER_CAME)
    return int(np.count_nonzero(np.isin(run.events["kind"], kinds) & (run.events["subject"] == row)))


def mesa() -> dict[str, Any]:
    """The Mesa exercise, with the file that the student runs and the rules that take the model's place."""
    sys.path.insert(0, str(FILES))
    import try_a_rule

    rules = {"": None, "average": FILES / "both_sides_count.py", "head": FILES / "any_head.py"}
    found = {name: try_a_rule.compare(file, MESA_SEEDS) for name, file in rules.items()}
    return {"seeds": MESA_SEEDS, "cut": try_a_rule.CUT, "rules": found, "lives": try_a_rule.first_years(SEED)}


def model() -> dict[str, Any]:
    """The model in counts: its numbers by the evidence behind them, and the world it starts from."""
    declared = declarations()
    levers = [item for item in declared if item.kind == "lever"]
    others = [item for item in declared if item.kind != "lever"]
    scenario: Scenario = load_scenario(WORLD)
    inputs = build(scenario)
    return {
        "levers": len(levers),
        "numbers": len(others),
        "bases": dict(Counter(item.basis for item in others)),
        "cities": len(scenario.cities),
        "local": sum(city.country == "ID" for city in scenario.cities),
        "listed": len(inputs.agreements_table),
        "years": inputs.years,
        "start_year": inputs.start_year,
        "last_year": inputs.start_year + inputs.years - 1,
        "sectors": len(records.SECTORS),
    }


def _declarations() -> dict[str, Any]:
    return {item.key: item for item in declarations()}


PARTS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "mesa": mesa,
    "lesson": lesson,
    "classroom": classroom,
    "model": model,
    "assignment": assignment,
}
