"""The runs behind the teaching kit: every number of its pages, as plain values by name.

Each part is a function without arguments, so that the parts can be made side by side. What is asked (which world, which
policies, how many pairs, which seed) stands in the constants here and nowhere else; the pages print them from here too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.app.engine import GROUP, Engine
from kembar.app.lives import Lives
from kembar.app.replay import watch
from kembar.experiment.luck import run_seed
from kembar.inputs import Inputs, build
from kembar.parameters import declarations
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Policy, Scenario
from kembar.stages import stage_codes_at_start
from kembar.world import run_world
from teaching_assignment import assignment
from teaching_classroom import classroom

FILES: Final = Path(__file__).parent / "teaching" / "files"
WORLD: Final = "indonesia"
SEED: Final = 1  # of the app and the commands when none is given
LESSON_POLICIES: Final = ("citizen-committees", "dedicated-secretariat", "matching-fund")
LESSON_PAIRS: Final = 200  # the app's own number
LESSON_OUTCOMES: Final = (
    "active_years_per_agreement",
    "exchanges_per_active_agreement_year",
    "benefit_points",
    "public_benefit_share",
    "execution_share",
    "spent_kusd",
)
FUTURES: Final = 4  # possible futures that the lesson looks at
PAIR: Final = "Busan (KR) - Surabaya (ID)"
DOUBTED: Final = "carrier_rate"  # the assumption that the lesson moves to its low end
DOUBT_PAIRS: Final = 50  # the app's own number for each value of an assumption
MOST_SHOWN_CAUSES: Final = 4
LEAST_FALL: Final = 0.05  # of a head's commitment from one year's end to the next, to be spoken of


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
        "causes": [
            {"name": name, "count": count, "share": count / total} for name, count in causes[:MOST_SHOWN_CAUSES]
        ],
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


def mesa() -> dict[str, Any]:
    """What the Mesa exercise shows before a rule is replaced, and the heads' commitment that its solution needs."""
    student = _student()
    lives = student.first_years(SEED)
    falls = [(before, after) for before, after in pairwise(lives) if before["lindau"] - after["lindau"] > LEAST_FALL]
    before, after = falls[0]
    asleep = next(row["year"] for row in lives if row["stage"] == "dormant")
    return {
        "seed": SEED,
        "seeds": student.SEEDS,
        "cut": student.CUT,
        "lives": lives,
        "fall": {"year": after["year"], "before": before["lindau"], "after": after["lindau"], "dormant": asleep},
        "commitment": student.mean_commitment(),
    }


def mesa_rule(file: str) -> dict[str, Any]:
    """The exercise's comparison with one rule replaced, as the student's own command prints it."""
    student = _student()
    found: dict[str, Any] = student.compare(FILES / file)
    return {**found, "printed": "\n".join(line.rstrip() for line in student.table(found))}


def _student() -> Any:
    """The file that the student runs."""
    if str(FILES) not in sys.path:
        sys.path.insert(0, str(FILES))
    return import_module("try_a_rule")


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
    "mesa_average": partial(mesa_rule, "both_sides_count.py"),
    "mesa_any": partial(mesa_rule, "any_head.py"),
    "mesa_keen": partial(mesa_rule, "keen_head.py"),
    "lesson": lesson,
    "classroom": classroom,
    "mesa": mesa,
    "model": model,
    "assignment": assignment,
}
