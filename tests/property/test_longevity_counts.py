"""What holds for every table of agreements: counts, Kaplan-Meier's curve and cumulative incidence.

Small tables are drawn with massive ties, delayed entry, gaps and every sort of event.
"""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.exceptions import StatError

from drawn_agreements import table_of
from kembar.analysis.incidence import cumulative_incidence
from kembar.analysis.resampling import resample_runs
from kembar.analysis.risk_table import CENSORED, at_risk_table, read_spells
from kembar.analysis.survival import survival_curve, surviving

Spell = tuple[int, int, int, str, str]  # run, quarter of entry, quarters to the event, event, cause

spell = st.tuples(
    st.integers(0, 3), st.integers(0, 9), st.integers(0, 12),
    st.sampled_from(["censored", "dormancy", "end"]), st.sampled_from(["luck", "money_a", "money_b", "freeze"]),
)  # fmt: skip


@given(st.lists(spell, min_size=1, max_size=30))
@settings(deadline=None)
def test_counts_give_the_curve_of_lifelines_on_the_agreements_themselves(rows: list[Spell]) -> None:
    frame = table_of([(run, start, start + lasts, event, cause) for run, start, lasts, event, cause in rows])
    curve = survival_curve(resample_runs(at_risk_table(frame, "why"), seed=1))
    spells = read_spells(frame, "why")
    inside = spells.entry_quarters < round(curve.until_years * 4)
    if not inside.any():
        assert len(curve.survival) == 0
        return
    fitter = KaplanMeierFitter()
    try:
        fitter.fit(
            spells.exit_quarters[inside], spells.event[inside] != CENSORED, entry=spells.entry_quarters[inside],
            timeline=np.round(curve.ages_years * 4),
        )  # fmt: skip
    except StatError:  # it refuses a risk set that is empty for a moment
        return
    theirs = fitter.survival_function_.to_numpy()[:, 0]
    assert np.abs(curve.survival - theirs).max() <= 1e-12
    assert np.abs(surviving(curve.at_risk, curve.events) - theirs).max() <= 1e-12


@given(st.lists(spell, min_size=1, max_size=30))
@settings(deadline=None)
def test_counts_are_those_of_a_look_at_every_agreement(rows: list[Spell]) -> None:
    table = at_risk_table(table_of([(r, start, start + lasts, event, c) for r, start, lasts, event, c in rows]), "why")
    for place, run in enumerate(table.runs):
        for age in range(table.ages):
            seen = [
                (event, start + lasts)
                for mine, start, lasts, event, _ in rows
                if mine == run
                and (start <= age <= start + lasts if event != "censored" else start <= age < start + lasts)
            ]
            assert table.at_risk[place, age] == len(seen)
            assert table.events[place, age] == sum(event != "censored" and stop == age for event, stop in seen)


@given(st.lists(spell, min_size=1, max_size=30))
@settings(deadline=None)
def test_incidences_and_survival_add_up_to_one(rows: list[Spell]) -> None:
    frame = table_of([(run, start, start + lasts, event, cause) for run, start, lasts, event, cause in rows])
    resampled = resample_runs(at_risk_table(frame, "why"), seed=1)
    found = cumulative_incidence(resampled)
    assert np.abs(found.incidence.sum(axis=0) + found.survival - 1.0).max(initial=0.0) <= 1e-12
    assert np.abs(found.survival - survival_curve(resampled).survival).max(initial=0.0) <= 1e-12
    assert (np.diff(found.incidence, axis=1) >= 0.0).all()
    by_event = cumulative_incidence(resample_runs(at_risk_table(frame, "event"), seed=1))
    assert np.abs(found.incidence.sum(axis=0) - by_event.incidence.sum(axis=0)).max(initial=0.0) <= 1e-12


@given(st.lists(spell, min_size=2, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_tied_rows_changes_no_byte(rows: list[Spell], random: Random) -> None:
    frame = table_of([(run, start, start + lasts, event, cause) for run, start, lasts, event, cause in rows])
    order = list(range(len(frame)))
    random.shuffle(order)
    one, other = (
        cumulative_incidence(resample_runs(at_risk_table(table, "why"), seed=1)) for table in (frame, frame.iloc[order])
    )
    assert one.incidence.tobytes() == other.incidence.tobytes()
