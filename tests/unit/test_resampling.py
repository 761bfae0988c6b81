"""Drawing runs again: exact counts, the same bytes from the same seed, and intervals only where there are runs."""

import numpy as np
import pandas as pd
import pytest

from drawn_agreements import draw_agreements
from kembar.analysis.resampling import Resampled, percentiles, resample_runs, run_weights
from kembar.analysis.risk_table import LEAST_RUNS, at_risk_table
from kembar.analysis.survival import survival_curve
from kembar.errors import InputError

HAZARDS = {"luck": [0.05] * 24, "leader_a": [0.03] * 24}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return draw_agreements(np.random.default_rng(11), 30, 12, HAZARDS, spread=0.4, old_share=0.3)


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> Resampled:
    return resample_runs(at_risk_table(frame, "why"), seed=5)


def test_a_draw_counts_what_the_runs_drawn_hold(frame: pd.DataFrame, found: Resampled) -> None:
    weights = next(run_weights(30, 1000, 5))
    for draw in (0, 999):
        copies = [
            frame[frame["run_id"] == run].assign(run_id=100 * run + copy)
            for run in range(30)
            for copy in range(int(weights[run, draw]))
        ]
        table = at_risk_table(pd.concat(copies), "why")
        assert np.array_equal(found.at_risk[: table.ages, draw], table.at_risk.sum(axis=0))
        assert np.array_equal(found.events_by_name[:, : table.ages, draw], table.events_by_name)


def test_every_draw_takes_as_many_runs_as_there_are() -> None:
    weights = next(run_weights(30, 1000, 5))
    assert weights.shape == (30, 1000)
    assert (weights.sum(axis=0) == 30).all()
    assert abs(weights.mean() - 1.0) < 1e-12
    assert abs(weights.var() - 29 / 30) < 0.05


def test_draws_do_not_depend_on_how_many_are_made_at_once() -> None:
    whole = next(run_weights(7, 50, 3))
    parts = np.concatenate(list(run_weights(7, 50, 3, cells_at_once=29)), axis=1)
    assert np.array_equal(whole, parts)


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_rows(frame: pd.DataFrame, found: Resampled) -> None:
    again = resample_runs(at_risk_table(frame.iloc[::-1], "why"), seed=5)
    for name in ("survival", "low", "high"):
        assert getattr(survival_curve(found), name).tobytes() == getattr(survival_curve(again), name).tobytes()
    other = resample_runs(at_risk_table(frame, "why"), seed=6)
    assert survival_curve(other).low.tobytes() != survival_curve(found).low.tobytes()


def test_the_interval_holds_the_curve_and_leaves_out_equal_shares(found: Resampled) -> None:
    curve = survival_curve(found)
    assert (curve.low <= curve.survival).all() and (curve.survival <= curve.high).all()
    assert (curve.low[3:20] < curve.high[3:20]).all()
    draws = np.cumprod(1.0 - found.events / found.at_risk, axis=0)[10]
    assert (draws < curve.low[10]).sum() <= 25 and (draws > curve.high[10]).sum() <= 25


def test_infinite_draws_are_in_order() -> None:
    draws = np.array([np.inf] * 40 + list(range(60)))
    low, high = percentiles(draws, 0.9)
    assert (float(low), float(high)) == (4.0, np.inf)


def test_too_few_runs_give_numbers_without_an_interval(frame: pd.DataFrame) -> None:
    few = resample_runs(at_risk_table(frame, "why", range(LEAST_RUNS - 1)), seed=5)
    curve = survival_curve(few)
    assert few.draws == 0
    assert str(curve.reason) == "an interval needs at least 20 runs and there are 19"
    assert np.isnan(curve.low).all() and np.isfinite(curve.survival).all()


def test_a_level_that_cannot_be_is_refused(found: Resampled) -> None:
    with pytest.raises(InputError) as caught:
        resample_runs(found.table, seed=1, level=95)
    assert str(caught.value) == "error: level: 95 cannot be used; a level lies between 0 and 1, as 0.95"
    with pytest.raises(InputError) as caught:
        resample_runs(found.table, seed=1, draws=38)
    assert str(caught.value) == "error: draws: 38 draws are too few; an interval of level 0.95 needs at least 39"
    assert resample_runs(found.table, seed=1, draws=39).draws == 39
