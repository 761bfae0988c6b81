"""Agreements saved and lost, against hand counts and SciPy's exact test."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kembar.analysis.estimates import Reason
from kembar.analysis.fates import activity_at_horizon, find_fates
from kembar.analysis.multiplicity import holm
from kembar.errors import InputError

PAIRS = 200
NAMES = ("mostly saved", "never touched", "reshuffled", "mostly lost")


def sides() -> tuple[np.ndarray, np.ndarray]:
    """Pairs in which, of four agreements, (60, 2), (0, 0), (40, 38) and (3, 50) are saved and lost."""
    before, after = np.zeros((2, PAIRS, 4), bool)
    before[:, 1] = after[:, 1] = True
    for column, (saved, lost) in enumerate(((60, 2), (0, 0), (40, 38), (3, 50))):
        after[:saved, column] = True
        before[saved : saved + lost, column] = True
    return before, after


def test_saved_and_lost_are_shares_of_pairs() -> None:
    found = find_fates(*sides(), NAMES)
    assert [fate.agreement for fate in found.agreements] == list(NAMES)
    assert [fate.saved.mean for fate in found.agreements] == [0.3, 0.0, 0.2, 0.015]
    assert [fate.lost.mean for fate in found.agreements] == [0.01, 0.0, 0.19, 0.25]
    first = found.agreements[0]
    exact = stats.binomtest(60, PAIRS).proportion_ci(0.95, method="wilson")
    assert (first.saved.low, first.saved.high) == pytest.approx((exact.low, exact.high))
    assert (first.active_without, first.active_with) == (0.01, 0.3)


def test_only_a_clear_majority_of_one_fate_is_named() -> None:
    found = find_fates(*sides(), NAMES)
    assert [fate.agreement for fate in found.saved] == ["mostly saved"]
    assert [fate.agreement for fate in found.lost] == ["mostly lost"]
    exact = [stats.binomtest(saved, saved + lost).pvalue for saved, lost in ((60, 2), (40, 38), (3, 50))]
    expected = holm([exact[0], 1.0, exact[1], exact[2]])
    assert [fate.p_value for fate in found.agreements] == pytest.approx(expected.tolist())


def test_more_of_100_is_a_mean_over_pairs() -> None:
    before, after = sides()
    found = find_fates(before, after, NAMES)
    per_pair = 100.0 * (after.mean(axis=1) - before.mean(axis=1))
    interval = stats.ttest_1samp(per_pair, 0.0).confidence_interval(0.95)
    assert found.more_of_100.mean == pytest.approx(100.0 * (60 - 2 + 40 - 38 + 3 - 50) / (4 * PAIRS))
    assert (found.more_of_100.low, found.more_of_100.high) == pytest.approx((interval.low, interval.high))
    assert found.active_of_100_with - found.active_of_100 == pytest.approx(found.more_of_100.mean)


def test_fewer_than_100_pairs_name_no_agreement() -> None:
    before, after = sides()
    found = find_fates(before[:99], after[:99], NAMES)
    assert (found.agreements, found.saved, found.lost) == ((), (), ())
    assert str(found.reason) == "at least 100 pairs are needed and there are 99"
    assert found.more_of_100.low is not None
    assert find_fates(before[:100], after[:100], NAMES).reason is None


def test_no_agreement_and_no_pair_have_reasons() -> None:
    assert str(find_fates(np.zeros((200, 0), bool), np.zeros((200, 0), bool), ()).reason) == (
        "the register lists no agreement"
    )
    assert find_fates(np.zeros((0, 4), bool), np.zeros((0, 4), bool), NAMES).reason == Reason("no_value")


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"4 names, and arrays of shapes \(200, 4\) and \(199, 4\)"):
        find_fates(sides()[0], sides()[1][1:], NAMES)


def agreements() -> pd.DataFrame:
    rows = [
        (5, "B - C", "listed", "dormant"),
        (5, "A - B", "listed", "active"),
        (5, "A - D", "new", "active"),
        (3, "A - B", "listed", "ended"),
        (3, "B - C", "listed", "active"),
        (9, "A - B", "listed", "active"),
        (9, "B - C", "listed", "active"),
    ]
    return pd.DataFrame(rows, columns=["run_id", "agreement", "register_status", "stage_end"])


def test_activity_follows_the_runs_in_the_order_asked_for() -> None:
    active, names = activity_at_horizon(agreements(), [3, 5])
    assert names == ("A - B", "B - C")
    assert active.tolist() == [[False, True], [True, False]]
    assert activity_at_horizon(agreements(), [5, 3])[0].tolist() == [[True, False], [False, True]]


def test_listed_agreement_missing_in_a_run_is_told() -> None:
    with pytest.raises(InputError) as caught:
        activity_at_horizon(agreements().drop(index=4), [5, 3])
    assert str(caught.value) == "error: agreement 'B - C' is missing in run 3; every run has the same register"
