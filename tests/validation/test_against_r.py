"""Survival, incidence and the hazard model against R's package `survival`, an independent program.

The tables are drawn ones with massive ties, delayed entry and several causes, and that of simulated runs of Indonesia.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from drawn_agreements import draw_agreements
from kembar.analysis.hazard_model import COVARIATE_NAMES, DECADE_YEARS, HazardModel, hazard_model
from kembar.analysis.incidence import cumulative_incidence
from kembar.analysis.resampling import resample_runs
from kembar.analysis.risk_table import CENSORED, LEAST_RUNS, at_risk_table, read_spells
from kembar.analysis.survival import survival_curve
from simulated_agreements import simulate_agreements

pytestmark = [pytest.mark.validation, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("against_r.R")
RUNS = 30 if os.environ.get("KEMBAR_REDUCED") == "1" else 60
CAUSES = {"luck": [0.01] * 80, "money_a": [0.02] * 40 + [0.005] * 40, "freeze": [0.004] * 20 + [0.012] * 60}


@dataclass(frozen=True)
class Answers:
    """A table of agreements, and what R found for it."""

    frame: pd.DataFrame
    curve: pd.DataFrame
    incidence: pd.DataFrame
    cox: pd.DataFrame
    slopes: pd.DataFrame
    model: HazardModel


def rscript() -> str:
    """R, or a skip that says aloud what is not being checked; no skip where all checks must run."""
    found = shutil.which("Rscript")
    has_survival = (
        found and subprocess.run([found, "--vanilla", "-e", "library(survival)"], capture_output=True).returncode == 0
    )
    if found and has_survival:
        return found
    lack = "R's package survival" if found else "R"
    message = f"{lack} is missing, so nothing here compares the survival analysis with an independent program"
    if os.environ.get("CI"):
        pytest.fail(f"{message}; install r-base-core and r-cran-survival")
    pytest.skip(f"NOT CHECKED: {message}; install r-base-core and r-cran-survival")


def drawn() -> pd.DataFrame:
    """Some 35 agreements in each run, with common frailties, a third old at entry, with effects of two covariates."""
    generator = np.random.default_rng(31)
    frame = draw_agreements(generator, RUNS, 40, CAUSES, spread=0.3, old_share=0.3, effects={"money": -0.4, "gap": 0.2})
    count = len(frame)
    sides = {
        f"entry_{name}_{side}": generator.gamma(2.0, 0.3, count) for name in ("commitment", "staff") for side in "ab"
    }
    money = np.expm1(3.0 + frame["money"])
    return frame.assign(
        **sides, entry_money_kusd_a=money, entry_money_kusd_b=2.0 * money, size_gap=np.exp(frame["gap"]),
        distance_km=generator.uniform(50.0, 15000.0, count),
    )  # fmt: skip


@pytest.fixture(scope="module", params=["drawn", "indonesia"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    program = rscript()
    frame = drawn() if request.param == "drawn" else simulate_agreements("indonesia", RUNS)
    folder = tmp_path_factory.mktemp("r")
    spells = read_spells(frame, "why")
    chosen = frame.iloc[spells.row]
    names = [*spells.event_names, ""]
    smaller: dict[str, Any] = {
        name: chosen[[f"entry_{name}_a", f"entry_{name}_b"]].min(axis=1)
        for name in ("commitment", "staff", "money_kusd")
    }
    columns = {
        "funding": np.log1p(smaller["money_kusd"]), "commitment": smaller["commitment"], "staff": smaller["staff"],
        "distance": chosen["distance_km"] / 1000.0, "size_gap": chosen["size_gap"],
    }  # fmt: skip
    table = pd.DataFrame(
        {
            "entry": spells.entry_quarters,
            "exit": spells.exit_quarters,
            "event": (spells.event != CENSORED).astype(int),
            "cause": [names[place] for place in spells.event.tolist()],
            "run": spells.run,
            "old": (spells.entry_quarters > 0).astype(int),
            **{name: np.asarray(columns[name]) for name in COVARIATE_NAMES},
        }
    )
    table.to_csv(folder / "spells.csv", index=False, float_format="%.17g")
    subprocess.run([program, "--vanilla", str(SCRIPT), str(folder)], check=True, capture_output=True, text=True)
    found = [
        pd.read_csv(folder / f"{name}.csv", float_precision="round_trip")
        for name in ("curve", "incidence", "cox", "slopes")
    ]
    return Answers(frame, *found, hazard_model(frame))


def test_counts_and_curve_are_those_of_survfit(answers: Answers) -> None:
    table = at_risk_table(answers.frame, "why")
    curve = survival_curve(resample_runs(table, seed=1))
    assert curve.from_years == 0.0 and curve.events_outside == 0
    place = np.asarray(answers.curve["age"]).astype(int) - 1
    assert np.array_equal(curve.at_risk[place], answers.curve["at_risk"])
    assert np.array_equal(curve.events[place], answers.curve["events"])
    assert curve.events.sum() == answers.curve["events"].sum() > 10 * RUNS
    assert np.abs(curve.survival[place] - answers.curve["survival"]).max() < 1e-12


def test_incidences_are_those_of_survfit_with_several_states(answers: Answers) -> None:
    found = cumulative_incidence(resample_runs(at_risk_table(answers.frame, "why"), seed=1))
    place = np.asarray(answers.incidence["age"]).astype(int) - 1
    causes = [name for name in answers.incidence if name not in ("age", "active")]
    assert set(causes) == set(found.occurring) and len(causes) >= 3
    for cause in causes:
        mine = found.incidence[found.event_names.index(cause)][place]
        assert np.abs(mine - answers.incidence[cause]).max() < 1e-12, cause
    assert np.abs(found.survival[place] - answers.incidence["active"]).max() < 1e-12


def test_coefficients_and_robust_errors_are_those_of_coxph_with_the_run_as_the_cluster(answers: Answers) -> None:
    assert [item.name for item in answers.model.ratios] == answers.cox["covariate"].tolist()
    assert answers.model.clusters == RUNS > LEAST_RUNS
    for item, theirs in zip(answers.model.ratios, answers.cox.itertuples(), strict=True):
        assert item.coefficient == pytest.approx(theirs.coefficient, rel=1e-8, abs=1e-10), item.name
        assert item.standard_error == pytest.approx(theirs.robust, rel=1e-8), item.name
        assert abs(theirs.robust / theirs.naive - 1.0) > 1e-3, "the robust error is not the naive one"


def test_slopes_over_age_are_one_score_step_of_coxph_with_growing_covariates(answers: Answers) -> None:
    for item, theirs in zip(answers.model.ratios, answers.slopes.itertuples(), strict=True):
        change = item.change_per_decade
        assert change.value is not None and change.high is not None
        assert np.log(change.value) == pytest.approx(DECADE_YEARS * theirs.slope, rel=1e-6, abs=1e-9), item.name
        reach = student.ppf(0.975, RUNS - 1) * DECADE_YEARS * theirs.error
        assert np.log(change.high / change.value) == pytest.approx(reach, rel=1e-6), item.name
