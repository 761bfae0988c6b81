"""Cumulative incidence against a table worked out by hand."""

import numpy as np
import pytest

from drawn_agreements import HAND_WORKED, draw_agreements, table_of
from kembar.analysis.incidence import cumulative_incidence, incidence_difference
from kembar.analysis.resampling import resample_runs
from kembar.analysis.risk_table import at_risk_table

HAZARDS = {"luck": [0.03] * 40, "money_a": [0.02] * 40, "money_b": [0.01] * 40}


def test_incidences_are_those_worked_out_by_hand() -> None:
    found = cumulative_incidence(resample_runs(at_risk_table(table_of(HAND_WORKED), "why"), seed=1))
    shares = dict(zip(found.event_names, found.incidence, strict=True))
    assert shares["money"] == pytest.approx([0, 0, 1 / 6, 1 / 6, 1 / 3, 1 / 3])
    assert shares["leader"] == pytest.approx([0, 0, 1 / 6, 1 / 6, 1 / 3, 1 / 3])
    assert shares["luck"] == pytest.approx([0, 0, 1 / 6, 1 / 6, 1 / 6, 1 / 6])
    assert shares["staff"].tolist() == [0.0] * 6
    assert found.survival == pytest.approx([1, 1, 1 / 2, 1 / 2, 1 / 6, 1 / 6])
    assert found.occurring == ("money", "leader", "luck")
    assert set(found.table()["event"]) == {"money", "leader", "luck"}
    assert found.table().shape == (18, 5)


def test_without_competition_the_incidence_is_what_does_not_survive() -> None:
    frame = draw_agreements(np.random.default_rng(1), 25, 10, {"luck": [0.05] * 30}, old_share=0.4)
    found = cumulative_incidence(resample_runs(at_risk_table(frame, "why"), seed=1))
    luck = found.event_names.index("luck")
    assert found.incidence[luck] == pytest.approx(1.0 - found.survival, abs=1e-14)
    known = np.isfinite(found.low[luck])
    assert known.any() and (found.low[luck] <= found.incidence[luck])[known].all()


def test_tied_causes_share_the_survival_at_the_beginning_of_their_quarter() -> None:
    rows = [(0, 0, 1, "dormancy", "luck"), (0, 0, 1, "dormancy", "freeze"), (0, 0, 2, "dormancy", "luck")]
    found = cumulative_incidence(resample_runs(at_risk_table(table_of(rows), "why"), seed=1))
    assert found.incidence[found.event_names.index("luck")] == pytest.approx([0, 1 / 3, 2 / 3])
    assert found.incidence[found.event_names.index("freeze")] == pytest.approx([0, 1 / 3, 1 / 3])
    assert found.survival.tolist()[-1] == 0.0


def test_a_policy_against_one_cause_lowers_its_incidence_and_raises_the_others() -> None:
    before = draw_agreements(np.random.default_rng(8), 60, 20, HAZARDS)
    after = draw_agreements(np.random.default_rng(8), 60, 20, {**HAZARDS, "luck": [0.001] * 40})
    tables = (resample_runs(at_risk_table(frame, "why"), seed=2) for frame in (before, after))
    found = incidence_difference(*tables)
    luck, money = (found.event_names.index(name) for name in ("luck", "money"))
    assert found.high[luck, 30] < 0.0 < found.low[money, 30]
    assert found.difference == pytest.approx(found.policy - found.baseline)
    assert set(found.table()["event"]) == {"luck", "money"}
