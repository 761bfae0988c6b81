"""EMA workbench really drives kembar, its numbers are kembar's own, and what fails stops it."""

import importlib
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kembar.errors import InputError
from kembar.experiment.luck import run_seed
from kembar.experiment.schedulers import Threads
from kembar.experiment.session import run_in_folder
from kembar.experiment.study import load_study

if "CI" not in os.environ:
    pytest.importorskip("ema_workbench", reason="EMA workbench is not installed")

OUTCOMES = ("active_years_per_agreement", "total_cost_kusd")
UNCERTAIN = ("rate_most", "sector_reach")
YEARS, REPLICATES, SEED = 8, 3, 5


def point(name: str, **values):
    """A scenario or a policy of the workbench, whose class moved between its versions."""
    import ema_workbench

    return getattr(ema_workbench, "Sample" if hasattr(ema_workbench, "Sample") else "Policy")(name, **values)


def small_model(**more):
    from kembar.ema import ema_model

    settings = dict(
        policies=["matching-fund", "citizen-committees"], levers=["staff_factor"], uncertainties=UNCERTAIN,
        outcomes=OUTCOMES, years=YEARS, replicates=REPLICATES, seed=SEED,
    )  # fmt: skip
    return ema_model("two-cities", **{**settings, **more})


def performed(model, scenarios, policies):
    from ema_workbench import SequentialEvaluator

    with SequentialEvaluator(model) as evaluator:
        return evaluator.perform_experiments(scenarios=scenarios, policies=policies)


def own_numbers(folder: Path, experiments: pd.DataFrame) -> pd.DataFrame:
    """The same points and policies as a study of kembar; means over replicates, in the order of the experiments."""
    points = experiments[[*UNCERTAIN, "staff_factor"]].astype(float).drop_duplicates()
    points.to_csv(folder / "points.csv", index=False, float_format="%.17g")
    factors = "".join(f'[[factor]]\nparameter = "{name}"\n' for name in points.columns)
    study = f"""
title = "The same"
question = "Are the numbers the same?"
about = "A test."
scenarios = ["two-cities"]
policies = ["matching-fund", "citizen-committees"]
replicates = {REPLICATES}
years = {YEARS}
seed = {SEED}
[design]
kind = "table"
file = "points.csv"
{factors}"""
    path = folder / "same.toml"
    path.write_text(study, encoding="utf-8")
    runs = run_in_folder(load_study(path), folder / "out", Threads(2)).runs
    means = runs.groupby(["point", "policies"])[list(OUTCOMES)].agg(lambda values: np.mean(values.to_numpy()))
    rows = []
    for _, experiment in experiments.iterrows():
        is_same = (points == experiment[list(points.columns)].astype(float).to_numpy()).all(axis=1).to_numpy()
        word = experiment["kembar_policy"]
        rows.append(means.loc[(int(np.flatnonzero(is_same)[0]), "" if word == "baseline" else word)])
    return pd.DataFrame(rows).reset_index(drop=True)


def test_numbers_of_the_workbench_are_those_of_a_study(tmp_path: Path) -> None:
    model = small_model()
    experiments, outcomes = performed(model, 4, model.kembar_policies())
    assert len(experiments) == 4 * 3
    assert set(experiments["policy"]) == {"baseline", "matching-fund", "citizen-committees"}
    own = own_numbers(tmp_path, experiments)
    for name in OUTCOMES:
        assert outcomes[name].tolist() == own[name].tolist()
    assert own["total_cost_kusd"].nunique() == 12  # no experiment got the numbers of another


def test_sampled_levers_and_policies_are_used(tmp_path: Path) -> None:
    experiments, outcomes = performed(small_model(), 2, 6)
    assert len(experiments) == 12
    assert experiments["staff_factor"].nunique() == 6
    assert set(experiments["kembar_policy"]) == {"baseline", "matching-fund", "citizen-committees"}
    own = own_numbers(tmp_path, experiments)
    for name in OUTCOMES:
        assert outcomes[name].tolist() == own[name].tolist()


def test_baseline_at_declared_numbers_is_a_plain_run() -> None:
    import kembar

    model = small_model(levers="none", uncertainties="none", replicates=1, policies=[])
    assert [len(model.uncertainties), len(model.levers)] == [0, 0]
    outcomes = model.function(replicates=1, seed=SEED)
    from kembar.inputs import build
    from kembar.measurement import measure
    from kembar.scenario.reader import load_scenario
    from kembar.world import run_world

    assert kembar.__version__
    record = run_world(build(load_scenario("two-cities"), years=YEARS), run_seed(SEED, 0, 0))
    assert outcomes == {name: measure(record)[name].value for name in OUTCOMES}


def test_policies_of_one_name_never_share_their_levers() -> None:
    model = small_model(uncertainties="none")
    results = [
        performed(model, 0, [point("mine", staff_factor=1.0, kembar_policy=word)])[1]["total_cost_kusd"][0]
        for word in ("baseline", "matching-fund")
    ]
    expected = [
        model.function(replicates=REPLICATES, seed=SEED, staff_factor=1.0, kembar_policy=word)["total_cost_kusd"]
        for word in ("baseline", "matching-fund")
    ]
    assert results == expected
    assert results[0] != results[1]


def test_constants_may_be_changed_on_the_model() -> None:
    from ema_workbench import Constant

    model = small_model(uncertainties="none")
    model.constants = [Constant("replicates", 1), Constant("seed", SEED)]
    _, outcomes = performed(model, 0, model.kembar_policies()[:1])
    once = model.function(replicates=1, seed=SEED, staff_factor=1.0)
    assert outcomes["total_cost_kusd"].tolist() == [once["total_cost_kusd"]]
    assert once != model.function(replicates=REPLICATES, seed=SEED, staff_factor=1.0)


def test_a_missing_outcome_stops_the_workbench_with_its_reason() -> None:
    from ema_workbench import EMAError

    model = small_model(outcomes=["pipeline_conversion"], years=1)
    words = "pipeline_conversion: has no value in 2 of 3 runs; no talks were opened in the run"
    with pytest.raises(EMAError, match=words):
        performed(model, 2, model.kembar_policies()[:1])


def test_a_value_outside_its_range_stops_the_workbench() -> None:
    from ema_workbench import EMAError

    model = small_model()
    far = point("far", rate_most=1000.0, sector_reach=0.5)
    with pytest.raises(EMAError, match=r"rate_most: 1000.0 is outside"):
        performed(model, [far], model.kembar_policies()[:1])


def test_bounds_missed_by_the_last_bits_are_the_bounds() -> None:
    model = small_model()
    fixed = dict(replicates=1, seed=SEED, staff_factor=1.0, sector_reach=0.5)
    assert model.function(rate_most=40.000000000000007, **fixed) == model.function(rate_most=40.0, **fixed)


def test_parameters_have_the_declared_ranges_and_scales() -> None:
    from ema_workbench import IntegerParameter

    from kembar.parameters import levers, uncertainties

    model = small_model(levers="none", uncertainties="all")
    assert [item.name for item in model.uncertainties] == [item.key for item in uncertainties()]
    for item in uncertainties():
        found = model.uncertainties[item.key]
        low, high = (0.0, 1.0) if item.is_by_sector else item.range
        assert (found.lower_bound, found.upper_bound) == (pytest.approx(low), pytest.approx(high)), item.key
        assert isinstance(found, IntegerParameter) == (item.scale == "integer" and not item.is_by_sector)
        if item.scale == "log" and not item.is_by_sector:
            assert found.dist.ppf(0.5) == pytest.approx((low * high) ** 0.5)
    model = small_model(levers="all", policies=[])
    assert [item.name for item in model.levers] == [item.key for item in levers()]


def test_a_model_travels_to_other_processes() -> None:
    function = pickle.loads(pickle.dumps(small_model())).function
    fixed = dict(replicates=1, seed=SEED, staff_factor=1.0, sector_reach=0.5, rate_most=20.0)
    assert function(**fixed) == small_model().function(**fixed)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levers": ["staff_facto"]}, "levers: unknown name 'staff_facto'; did you mean staff_factor?"),
        ({"levers": "al"}, "levers: 'al' is no list; write \"all\", \"none\" or a list of keys; did you mean all?"),
        ({"uncertainties": ["staff_factor"]}, "uncertainties: unknown name 'staff_factor'"),
        ({"outcomes": ["activeyears"]}, "unknown outcome 'activeyears'"),
        ({"policies": ["matching-fnd"]}, "unknown policy 'matching-fnd'; did you mean matching-fund?"),
        ({"replicates": 0}, "replicates: 0 is too few; at least 1 is needed"),
        ({"levers": ["cofunding_rate"]}, "cofunding_rate: "),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_any_experiment(settings, message) -> None:
    with pytest.raises(InputError) as caught:
        small_model(**settings)
    assert message in str(caught.value)


def test_unknown_names_in_an_experiment_are_told() -> None:
    with pytest.raises(InputError) as caught:
        small_model().function(replicates=1, seed=1, staff_facto=2.0, kembar_policy="matching")
    assert str(caught.value).splitlines() == [
        "error: staff_facto: is no uncertainty, lever or constant of this model; did you mean staff_factor?",
        "error: kembar_policy: unknown policy 'matching'; this model has baseline, matching-fund, citizen-committees; "
        "did you mean matching-fund?",
    ]


def test_without_the_workbench_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    monkeypatch.delitem(sys.modules, "kembar.ema", raising=False)
    with pytest.raises(InputError) as caught:
        importlib.import_module("kembar.ema")
    assert str(caught.value) == (
        'error: kembar.ema: needs EMA workbench; it is installed with: pip install "kembar[ema]"'
    )
