"""The analysis of longevity on simulated runs of Indonesia: the ages are those that the model lived through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from drawn_agreements import QUARTER_YEARS
from kembar.analysis.hazard_model import COVARIATE_NAMES
from kembar.analysis.longevity import HORIZONS_YEARS, Longevity, analyse_longevity, compare_longevity
from kembar.analysis.resampling import resample_runs
from kembar.analysis.risk_table import CENSORED, at_risk_table, read_spells
from kembar.analysis.survival import published, surviving
from simulated_agreements import simulate_agreements

pytestmark = pytest.mark.validation

RUNS = 60


@pytest.fixture(scope="module")
def agreements() -> pd.DataFrame:
    """60 runs without and 60 with a matching fund, pairs under common luck."""
    policy = simulate_agreements("indonesia", RUNS, ["matching-fund"], first_run=RUNS)
    return pd.concat([simulate_agreements("indonesia", RUNS), policy], ignore_index=True)


@pytest.fixture(scope="module")
def found(agreements: pd.DataFrame) -> Longevity:
    return analyse_longevity(agreements, range(RUNS), seed=1)


def test_time_at_risk_is_the_active_time_that_the_model_counted(agreements: pd.DataFrame) -> None:
    """Of agreements that never woke from a dormancy: the model adds up their active quarters by itself."""
    spells = read_spells(agreements, "event")
    chosen = agreements.iloc[spells.row]
    at_risk_years = (spells.exit_quarters - spells.entry_quarters) * QUARTER_YEARS
    never_woke = np.asarray(chosen["revivals"] == 0)
    assert never_woke.sum() > 3000
    assert (spells.event[never_woke] != CENSORED).any() and (spells.event[never_woke] == CENSORED).any()
    assert np.array_equal(at_risk_years[never_woke], chosen["active_years"][never_woke])
    assert (at_risk_years[~never_woke] <= chosen["active_years"][~never_woke]).all()


def test_counts_give_the_curve_of_lifelines_on_the_agreements_themselves(agreements: pd.DataFrame) -> None:
    spells, table = read_spells(agreements, "why"), at_risk_table(agreements, "why")
    at_risk, events = table.at_risk.sum(axis=0), table.events.sum(axis=0)
    assert table.support == slice(0, table.ages)
    fitter = KaplanMeierFitter().fit(
        spells.exit_quarters,
        spells.event != CENSORED,
        entry=spells.entry_quarters,
        timeline=np.arange(1, table.ages + 1),
    )
    theirs = fitter.survival_function_.to_numpy()[:, 0]
    assert np.abs(published(at_risk, events) - theirs).max() <= 1e-12
    assert np.abs(surviving(at_risk, events) - theirs).max() <= 1e-12


def test_every_agreement_is_in_one_place(found: Longevity, agreements: pd.DataFrame) -> None:
    mine = agreements[agreements["run_id"] < RUNS]
    assert found.why.curve.spells + found.why.curve.left_out == len(mine)
    assert found.why.incidence.events.sum() == mine["event"].isin(["dormancy", "end"]).sum()
    assert found.how.incidence.events.sum() == mine["how"].notna().sum()
    for item in (found.why, found.how):
        left = item.incidence.incidence.sum(axis=0) + item.incidence.survival
        assert np.abs(left - 1.0).max() <= 1e-12
        assert np.abs(item.incidence.survival - item.curve.survival).max() <= 1e-12


def test_agreements_followed_since_signing_are_part_of_all(found: Longevity) -> None:
    everything, part = found.hazard, found.hazard_since_signing
    assert part.from_years[0] == everything.from_years[0] == 0.0
    assert (part.events <= everything.events[: len(part.events)]).all()
    assert (part.exposure_years <= everything.exposure_years[: len(part.events)]).all()
    assert part.to_years[-1] <= 30.0 < everything.to_years[-1]
    assert found.delayed_entry.events + part.events.sum() <= everything.events.sum()
    assert found.delayed_entry.ratio.low is not None and found.delayed_entry.ratio.low > 0.0


def test_nothing_is_missing_from_the_whole_analysis(found: Longevity) -> None:
    assert [item.name for item in found.model.ratios] == list(COVARIATE_NAMES)
    assert (found.model.runs, found.model.clusters, found.model.reason) == (RUNS, RUNS, None)
    assert [item.horizon_years for item in found.why.restricted_means] == list(HORIZONS_YEARS)
    for item in (*found.why.restricted_means, *found.how.restricted_means):
        assert item.years.low is not None and item.years.value is not None and item.years.high is not None
        assert item.years.low < item.years.value < item.years.high <= item.horizon_years
    assert found.hazard_since_signing.highest is not None
    assert found.why.median.years.value is not None


def test_the_same_seed_repeats_the_analysis_byte_for_byte(found: Longevity, agreements: pd.DataFrame) -> None:
    again = analyse_longevity(agreements.iloc[::-1], range(RUNS), seed=1)
    for one, other in ((found.why, again.why), (found.how, again.how)):
        assert one.curve.low.tobytes() == other.curve.low.tobytes()
        assert one.incidence.high.tobytes() == other.incidence.high.tobytes()
        assert one.restricted_means == other.restricted_means


def test_a_policy_is_compared_over_pairs(agreements: pd.DataFrame) -> None:
    effect = compare_longevity(agreements, range(RUNS), range(RUNS, 2 * RUNS), seed=1)
    gain = effect.why.restricted_means[0].years
    assert gain.value is not None and gain.low is not None and gain.high is not None
    assert gain.low < gain.value < gain.high
    lost = effect.why_incidence.difference.sum(axis=0)
    assert lost == pytest.approx(-effect.why.difference, abs=1e-12)
    ratio = effect.ratio.ratios[0].ratio
    assert ratio.value is not None and ratio.low is not None and ratio.high is not None
    assert ratio.low < ratio.value < ratio.high
    assert (ratio.value < 1.0) == (gain.value > 0.0)
    before, after = (
        surviving(drawn.at_risk, drawn.events)[39]
        for drawn in (
            resample_runs(at_risk_table(agreements, "why", range(RUNS)), seed=1),
            resample_runs(at_risk_table(agreements, "why", range(RUNS, 2 * RUNS)), seed=2),
        )
    )
    apart = np.quantile(after - before, 0.975) - np.quantile(after - before, 0.025)
    assert effect.why.high[39] - effect.why.low[39] < apart
