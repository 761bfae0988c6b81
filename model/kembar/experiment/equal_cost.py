"""Policies at equal cost: each at the strength at which it costs a stated amount a year.

The cost of a policy is what it adds to money spent and staff time (valued by income) of all cities, against the
baseline under common luck, over a pilot of runs. It grows with the strength; the strength is found by bisection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from kembar.batch import BASELINE, Gatherer, RunKey
from kembar.errors import InputError
from kembar.experiment.form import CombinationForm
from kembar.experiment.luck import run_seed
from kembar.experiment.study import Arm, Study, at_strength
from kembar.inputs import Inputs
from kembar.measurement import measure_batch
from kembar.parameters import declaration
from kembar.scenario.reader import load_policy
from kembar.scenario.records import Policy
from kembar.world import run_world

COST: Final = "total_cost_kusd"
PILOT_PAIRS: Final = 60  # the strength is fitted on these; the comparison's own interval tells what it really costs
CLOSE: Final = 0.02  # of the cost asked for: nearer than a pilot can tell apart
MOST_STEPS: Final = 12
PILOT_GROUP: Final = 1_000_003  # of luck, so that the pilot shares none with the comparison itself
LEAST_COST: Final = 0.001  # [kusd/year] below which a policy costs nothing in the model


def at_equal_cost(
    study: Study, arms: Sequence[CombinationForm], cost_kusd: float, told: Callable[[str], None]
) -> tuple[list[CombinationForm], list[str]]:
    """The arms at the strengths that cost `cost_kusd` a year, and notes on those that cannot."""
    found, notes = [], []
    with ThreadPoolExecutor() as pool:

        def cost_of(policies: Sequence[Policy]) -> float:
            years = study.layouts[0].years
            sides = [study.inputs(0, Arm("equal cost", tuple(policies))), study.inputs(0, Arm(BASELINE, ()))]
            totals = [np.array(list(pool.map(lambda n, i=inputs: _total(i, study, n), range(PILOT_PAIRS))))
                      for inputs in sides]  # fmt: skip
            return float((totals[0] - totals[1]).mean() / years)

        for arm in arms:
            told(f"finding the strength at which {arm.name} costs {cost_kusd:g} kusd a year")
            policies = [load_policy(name) for name in arm.policies]
            strength, note = _strength(policies, cost_kusd, cost_of)
            found.append(arm.model_copy(update={"strength": strength}))
            notes.append(f"{arm.name}: {note}")
    return found, notes


def _total(inputs: Inputs, study: Study, replicate: int) -> float:
    seed = run_seed(study.seed, PILOT_GROUP, replicate)
    gatherer = Gatherer()
    gatherer.add(RunKey(seed=seed), run_world(inputs, seed, city_years=False, rules_file=study.rules_file))
    return float(measure_batch(gatherer.batch())[COST].values[0])


def _strength(
    policies: Sequence[Policy], wanted: float, cost_of: Callable[[Sequence[Policy]], float]
) -> tuple[float, str]:
    """The strength that costs what is wanted, and a sentence on it."""

    def cost(strength: float) -> float:
        return cost_of([at_strength(policy, strength) for policy in policies])

    strongest = _strongest(policies)
    if strongest == 0.0:
        return 1.0, "has no lever to scale, so it is compared as it is"
    try:
        most = cost(strongest)
    except InputError as error:
        return 1.0, f"cannot be scaled ({error.problems[0].what}), so it is compared as it is"
    if most <= LEAST_COST:
        kept = "so it is compared as it is"
        return 1.0, f"costs nothing or saves in the model (at most {_shown(most)} kusd a year), {kept}"
    if most < wanted:
        at_strongest = f"at its strongest ({strongest:.3g} times) it costs {_shown(most)} kusd a year"
        return strongest, f"cannot cost that much; {at_strongest}"
    low, high, reached = 0.0, strongest, most
    middle = strongest
    for _ in range(MOST_STEPS):
        middle = 0.5 * (low + high)
        reached = cost(middle)
        if abs(reached - wanted) <= CLOSE * wanted:
            break
        low, high = (middle, high) if reached < wanted else (low, middle)
    return middle, f"{middle:.3g} times its shipped strength, {_shown(reached)} kusd a year in the pilot"


def _shown(cost_kusd: float) -> str:
    """A cost with three digits, or whole thousand dollars.

    >>> _shown(0.5123), _shown(12345.6)
    ('0.512', '12,346')
    """
    return f"{cost_kusd:.3g}" if abs(cost_kusd) < 100 else f"{cost_kusd:,.0f}"


def _strongest(policies: Sequence[Policy]) -> float:
    """The strength from which no lever moves any further."""
    most = 0.0
    for policy in policies:
        for change in policy.changes:
            declared = declaration(change.parameter)
            start, end = float(declared.value), float(change.value)  # type: ignore[arg-type]
            if end != start:
                bound = declared.range[1] if end > start else declared.range[0]
                most = max(most, (bound - start) / (end - start))
    return most
