"""The hazard over age and its peaks: rates by hand, peaks that are there, and none where the hazard is flat."""

import numpy as np
import pytest

from drawn_agreements import HAND_WORKED, draw_agreements, table_of
from kembar.analysis.hazard import HazardByAge, hazard_by_age
from kembar.analysis.resampling import resample_runs
from kembar.analysis.risk_table import LEAST_RUNS, at_risk_table
from kembar.errors import InputError

YEAR = 4  # quarters


def hazard_of(chances: list[float], *, runs: int = 150, each: int = 20, seed: int = 1) -> HazardByAge:
    """The hazard of drawn agreements whose chance of resting in a quarter is given by year of age."""
    quarterly = [chance for chance in chances for _ in range(YEAR)]
    frame = draw_agreements(np.random.default_rng(seed), runs, each, {"luck": quarterly})
    return hazard_by_age(resample_runs(at_risk_table(frame, "why"), seed=3))


def test_a_rate_is_events_by_years_at_risk() -> None:
    found = hazard_by_age(resample_runs(at_risk_table(table_of(HAND_WORKED), "why"), seed=1), bin_years=0.5)
    assert found.from_years.tolist() == [0.0, 0.5, 1.0]
    assert found.to_years.tolist() == [0.5, 1.0, 1.5]
    assert found.events.tolist() == [0, 3, 2]
    assert found.exposure_years.tolist() == [(4 + 5) / 4, (6 + 3) / 4, (3 + 1) / 4]
    assert found.rate == pytest.approx([0.0, 3 / (9 / 4), 2.0])
    assert np.isnan(found.low).all()
    assert found.highest is None
    assert str(found.reason) == "an interval needs at least 20 runs and there are 2"


def test_a_hump_stands_out_from_the_valleys_around_it() -> None:
    found = hazard_of([0.02, 0.05, 0.08, 0.05, 0.03, 0.02])
    assert found.highest is not None
    assert (found.highest.from_years, found.highest.to_years) == (2.0, 3.0)
    assert found.highest.stands_out
    assert found.peaks == (found.highest,)
    rise, fall, before, after = (
        found.highest.rise, found.highest.fall, found.highest.above_before, found.highest.above_after
    )  # fmt: skip
    assert rise is not None and fall is not None and before is not None and after is not None
    assert rise.value == pytest.approx(found.rate[2] - found.rate[0])
    assert fall.value == pytest.approx(found.rate[2] - found.rate[5])
    assert min(before.low or 0.0, after.low or 0.0) > 0.0  # it can be told from both neighbouring bins
    assert before.value == pytest.approx(found.rate[2] - found.rate[1])
    assert after.value == pytest.approx(found.rate[2] - found.rate[3])
    assert (found.low <= found.rate).all() and (found.rate <= found.high).all()


def test_a_second_peak_is_measured_from_the_valley_before_the_higher_one() -> None:
    found = hazard_of([0.01, 0.10, 0.03, 0.03, 0.06, 0.02])
    assert [peak.from_years for peak in found.peaks] == [1.0, 4.0]
    second = found.peaks[1]
    valley = min(found.rate[2], found.rate[3])
    assert second.rise is not None and second.rise.value == pytest.approx(found.rate[4] - valley)


def test_a_broad_hump_stands_out_though_it_is_not_sharp() -> None:
    found = hazard_of([0.02, 0.055, 0.057, 0.055, 0.02, 0.02], runs=60, each=12)
    assert found.highest is not None
    assert found.highest.stands_out
    before, after = found.highest.above_before, found.highest.above_after
    assert before is not None and after is not None
    assert min(before.low or 0.0, after.low or 0.0) <= 0.0


def test_a_flat_hazard_has_no_peak_that_stands_out() -> None:
    found = hazard_of([0.05] * 8)
    assert found.peaks == ()
    assert found.highest is not None
    assert not found.highest.stands_out


def test_a_falling_hazard_has_no_rise() -> None:
    found = hazard_of([0.12, 0.08, 0.05, 0.03])
    assert found.highest is not None
    assert (found.highest.from_years, found.highest.rise, found.highest.above_before) == (0.0, None, None)
    assert found.peaks == ()


def test_a_handful_at_a_great_age_is_no_peak() -> None:
    """One agreement of every tenth run reaches an age at which it soon rests."""
    frame = draw_agreements(np.random.default_rng(5), 150, 20, {"luck": [0.08] * 16})
    rare = table_of([(run, 40, 40 + run % 3, "dormancy", "luck") for run in range(0, 150, 10)])
    both = frame.merge(rare, how="outer")
    found = hazard_by_age(resample_runs(at_risk_table(both, "why"), seed=3))
    oldest = int(np.flatnonzero(found.from_years == 10.0)[0])
    assert found.rate[oldest] > found.rate[:4].max()
    assert found.runs_at_risk[oldest] < LEAST_RUNS
    assert np.isnan(found.low[oldest])
    assert found.highest is not None and found.highest.to_years <= 4.0


def test_too_few_ages_have_no_peak() -> None:
    found = hazard_of([0.05, 0.05])
    assert found.highest is None
    assert str(found.reason) == "a peak needs at least 3 ages and 2 are known well enough"
    empty = hazard_by_age(resample_runs(at_risk_table(table_of([(0, None, None, None, None)]), "why"), seed=1))
    assert empty.table().empty
    assert str(empty.reason) == "no agreement was at risk"


def test_a_bin_is_a_whole_number_of_quarters() -> None:
    found = resample_runs(at_risk_table(table_of(HAND_WORKED), "why"), seed=1)
    with pytest.raises(InputError) as caught:
        hazard_by_age(found, bin_years=0.3)
    assert str(caught.value) == (
        "error: bin_years: 0.3 years cannot be used; a bin of age is a whole number of quarters, as 1 or 0.5"
    )
