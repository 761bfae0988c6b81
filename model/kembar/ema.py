"""EMA workbench drives kembar: a world as one of its models, for its samplers, searches and pictures.

kembar's uncertainties and levers become the workbench's, kembar's policies the categories of one lever, kembar's
outcomes scalars: means over replicates whose seeds are the same for every policy and every point, so that all is
compared under common luck. What cannot be computed raises, with its reason; the workbench stops then. It never gets a
number that is none, nor the result of another experiment.

Needs the extra `ema`. Importing this module without the workbench raises InputError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kembar.batch import Gatherer, RunKey
from kembar.errors import InputError, Problem, nearest
from kembar.experiment.factors import DECLARED_POSITION, factor_of, value_at
from kembar.experiment.form import MAIN_OUTCOMES, StudyForm
from kembar.experiment.luck import run_seed
from kembar.experiment.study import BASELINE_WORD, Arm, Study, resolve_study
from kembar.measurement import measure_batch
from kembar.parameters import Declaration, Value, declaration
from kembar.parameters import levers as all_levers
from kembar.parameters import uncertainties as all_uncertainties
from kembar.world import run_world

try:
    from ema_workbench import (
        CategoricalParameter,
        Constant,
        IntegerParameter,
        Model,
        RealParameter,
        ScalarOutcome,
    )
except ImportError:
    _WHY = 'it is installed with: pip install "kembar[ema]"'
    raise InputError(Problem("needs EMA workbench", key="kembar.ema", why=_WHY)) from None

try:
    from ema_workbench import Sample  # from 3.0 on
except ImportError:
    from ema_workbench import Policy as Sample

POLICY: Final = "kembar_policy"  # the lever whose categories are policies; `policy` is taken by the workbench itself
REPLICATES: Final = "replicates"
SEED: Final = "seed"
ALL: Final = "all"
ROUNDING: Final = 1e-9  # of a bound: as far as the workbench's own arithmetic may miss it

Names = str | Sequence[str]  # "all", "none" or keys, as in a study file


@dataclass(frozen=True)
class Experiment:
    """What one experiment of the workbench computes; it can be sent to other processes."""

    study: Study
    outcomes: tuple[str, ...]
    uncertainties: tuple[str, ...]
    levers: tuple[str, ...]

    def __call__(self, **given: Any) -> dict[str, float]:
        """The mean of every outcome over the replicates.

        Raises InputError for an unknown name, a value outside its range, levers and policies that contradict one
        another, and an outcome that has no value in some run.
        """
        self._refuse_unknown(given)
        arm = self._arms[given.get(POLICY, BASELINE_WORD)]
        sets = {key: float(_value(declaration(key), given[key])) for key in self.levers if key in given}  # type: ignore[arg-type]
        parameters = {key: _value(declaration(key), given[key]) for key in self.uncertainties if key in given}
        inputs = self.study.layouts[0].inputs(arm.policies, sets, parameters)
        gatherer = Gatherer()
        for replicate in range(int(given[REPLICATES])):
            seed = run_seed(int(given[SEED]), 0, replicate)
            record = run_world(inputs, seed, city_years=False)
            gatherer.add(RunKey(replicate, 0, arm.name, replicate, seed), record)
        measured = measure_batch(gatherer.batch())
        for name in self.outcomes:
            _refuse_missing(name, measured[name].reasons)
        return {name: float(measured[name].values.mean()) for name in self.outcomes}

    @cached_property
    def _arms(self) -> Mapping[str, Arm]:
        return {arm.word: arm for arm in self.study.arms}

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        known = (*self.uncertainties, *self.levers, POLICY, REPLICATES, SEED)
        problems = [
            Problem("is no uncertainty, lever or constant of this model", key=key, suggestion=nearest(key, known))
            for key in given
            if key not in known
        ]
        word = given.get(POLICY, BASELINE_WORD)
        if word not in self._arms:
            why = f"this model has {', '.join(self._arms)}"
            problems.append(
                Problem(f"unknown policy '{word}'", key=POLICY, why=why, suggestion=nearest(word, self._arms))
            )
        if problems:
            raise InputError(problems)


def _value(declared: Declaration, number: float) -> Value:
    """The parameter's value; bounds that the workbench's arithmetic missed by its last bits are put right."""
    factor = factor_of(declared)
    for bound in (factor.low, factor.high):
        if abs(number - bound) <= ROUNDING * abs(bound):
            number = bound
    return value_at(declared, number)


def _refuse_missing(name: str, reasons: Sequence[str | None]) -> None:
    missing = [reason for reason in reasons if reason is not None]
    if missing:
        what = f"has no value in {len(missing)} of {len(reasons)} runs"
        why = f"{missing[0]}; name outcomes that always have one"
        raise InputError(Problem(what, key=name, why=why))


class KembarModel(Model):  # type: ignore[misc]
    """The workbench's model of a world."""

    def initialized(self, policy: Any) -> bool:
        """Never: the workbench would keep the levers of another policy that has the same name."""
        return False

    def kembar_policies(self) -> list[Any]:
        """The baseline and every policy as the workbench's policies, all other levers at their declared values."""
        declared = {key: float(declaration(key).value) for key in self.function.levers}  # type: ignore[arg-type]
        words = [arm.word for arm in self.function.study.arms]
        return [Sample(word, **declared, **({POLICY: word} if len(words) > 1 else {})) for word in words]


def ema_model(
    world: str | Path = "indonesia",
    *,
    policies: Sequence[str] = (),
    levers: Names = "none",
    uncertainties: Names = "all",
    outcomes: Sequence[str] = MAIN_OUTCOMES,
    years: int | None = None,
    replicates: int = 1,
    seed: int = 1,
) -> KembarModel:
    """A world as a model of EMA workbench.

    `policies` are names, paths or `A + B`, as in a study; with the baseline they are the categories of the lever
    `kembar_policy`, and `model.kembar_policies()` gives them as the workbench's policies. `levers` hold for all cities
    from the first quarter on. `levers` and `uncertainties` are "all", "none" or keys; those on a log scale are spread
    evenly in their logarithm, one with a value for each sector is a position from 0 (lowest) over 0.5 (as declared) to
    1 (highest). The constants `replicates` and `seed` may be changed on the model. Raises InputError.

    >>> model = ema_model("two-cities", uncertainties=["rate_most"], policies=["matching-fund"], replicates=2)
    >>> model.levers["kembar_policy"].categories["matching-fund"].value
    'matching-fund'
    >>> float(model.uncertainties["rate_most"].lower_bound)
    10.0
    """
    if replicates < 1:
        raise InputError(Problem(f"{replicates} is too few", key=REPLICATES, why="at least 1 is needed"))
    chosen_levers = _chosen(levers, [item.key for item in all_levers()], "levers")
    chosen_uncertainties = _chosen(uncertainties, [item.key for item in all_uncertainties()], "uncertainties")
    form = StudyForm(
        title="EMA workbench", question="Asked by EMA workbench.", about="A model of EMA workbench.",
        scenarios=[str(world)], policies=[str(policy) for policy in policies], outcomes=list(outcomes),
        sets={key: float(declaration(key).value) for key in chosen_levers},  # type: ignore[arg-type]
        replicates=replicates, years=years, seed=seed,
    )  # fmt: skip
    study = resolve_study(form, "ema", None)  # checks all names, and that no policy sets a lever of these
    model = KembarModel(
        _model_name(study.scenarios[0].name),
        function=Experiment(study, tuple(dict.fromkeys(outcomes)), chosen_uncertainties, chosen_levers),
    )
    model.uncertainties = [_parameter(declaration(key)) for key in chosen_uncertainties]
    model.levers = [_parameter(declaration(key)) for key in chosen_levers]
    if len(study.arms) > 1:
        words = [arm.word for arm in study.arms]
        model.levers.extend(CategoricalParameter(POLICY, words, default=BASELINE_WORD))
    model.outcomes = [ScalarOutcome(name) for name in dict.fromkeys(outcomes)]
    model.constants = [Constant(REPLICATES, replicates), Constant(SEED, seed)]
    return model


def _model_name(world: str) -> str:
    """Of letters and digits and beginning with a letter, as the workbench wants it.

    >>> _model_name("indonesia-hindcast"), _model_name("3-towns")
    ('indonesiahindcast', 'world3towns')
    """
    plain = "".join(filter(str.isalnum, world))
    return plain if plain.isidentifier() else f"world{plain}"


def _chosen(names: Names, known: Sequence[str], key: str) -> tuple[str, ...]:
    if names in (ALL, "none"):
        return tuple(known) if names == ALL else ()
    if isinstance(names, str):
        why = 'write "all", "none" or a list of keys'
        raise InputError(Problem(f"'{names}' is no list", key=key, why=why, suggestion=nearest(names, (ALL, "none"))))
    problems = [
        Problem(f"unknown name '{name}'", key=key, suggestion=nearest(name, known))
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def _parameter(declared: Declaration) -> Any:
    """The workbench's parameter over a parameter's declared range."""
    factor = factor_of(declared)
    default = DECLARED_POSITION if declared.is_by_sector else declared.value
    if factor.scale == "integer":
        return IntegerParameter(factor.name, int(factor.low), int(factor.high), default=default)
    if factor.scale == "log":
        from scipy import stats

        even_in_logarithm = stats.loguniform(factor.low, factor.high)
        return RealParameter.from_dist(factor.name, even_in_logarithm, default=default)
    return RealParameter(factor.name, factor.low, factor.high, default=default)
