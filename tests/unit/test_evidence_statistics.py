"""Statistics over runs, verdicts, views of a run and scores, against hand calculations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kembar import records
from kembar.evidence.arms import ARMS, FORECAST, FORMATION, HINDCAST, tally_runs
from kembar.evidence.declaration import Part, patterns
from kembar.evidence.money import STATISTICS as MONEY
from kembar.evidence.register import (
    Event,
    Outcome,
    age_alone,
    constant_hazard,
    letter_outcomes,
    read_events,
    score,
    stage_outcomes,
)
from kembar.evidence.registry import STATISTICS
from kembar.evidence.statistics import Estimate, Statistic, estimate, judge, judge_all, median_place, ratio
from kembar.evidence.view import View, within
from kembar.world import run_world

RATIO = Statistic("1", ("only",), lambda view: np.zeros(2), lambda s: ratio(s[..., 0], s[..., 1]), lambda s: s[..., 1])


def found(value: float, low: float, high: float, count: float = 100) -> Estimate:
    return Estimate(value, low, high, count, 200, np.array([value]))


@pytest.mark.parametrize(
    ("low", "high", "interval", "verdict"),
    [
        (1.0, None, (1.0, 1.2), "reproduced"),
        (1.0, None, (0.9, 1.2), "partly"),
        (1.0, None, (0.8, 0.99), "not"),
        (None, 1.0, (0.8, 1.0), "reproduced"),
        (0.1, 0.2, (0.05, 0.3), "partly"),
        (0.1, 0.2, (0.3, 0.4), "not"),
    ],
)
def test_verdict_is_where_the_interval_lies(
    low: float | None, high: float | None, interval: tuple[float, float], verdict: str
) -> None:
    part = Part("public_share", "1", low, high, "indonesia")
    assert judge(part, found(sum(interval) / 2, *interval)) == verdict
    assert judge(part, found(sum(interval) / 2, *interval, count=19)) == "not enough data"


def test_criterion_is_as_good_as_its_worst_part() -> None:
    assert judge_all(["reproduced", "partly"]) == "partly"
    assert judge_all(["partly", "not enough data"]) == "not enough data"
    assert judge_all(["not", "not enough data", "reproduced"]) == "not"
    assert judge_all(["reproduced", "reproduced"]) == "reproduced"


def test_ratio_of_sums_and_its_interval() -> None:
    """Runs of unlike size: the ratio of sums is 0.25 and not the mean of ratios; the interval holds it."""
    above = np.array([1.0, 0.0, 10.0, 9.0] * 25)
    below = np.array([2.0, 1.0, 40.0, 37.0] * 25)
    result = estimate(RATIO, {"only": np.column_stack([above, below])})
    assert result.value == pytest.approx(20.0 / 80.0)
    assert result.low is not None and result.high is not None
    assert 0.22 < result.low < 0.25 < result.high < 0.28
    assert result.by_run[:2].tolist() == [0.5, 0.0]
    assert result.count == 80 * 25


def test_nothing_to_divide_by_is_no_number() -> None:
    result = estimate(RATIO, {"only": np.zeros((50, 2))})
    assert (result.value, result.low, result.high) == (None, None, None)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    """300 repeats of 40 runs: coverage of a 95 % interval; four standard errors below, a chance of about 1e-4."""
    random = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        sizes = random.poisson(20.0, 40).astype(float)
        result = estimate(RATIO, {"only": np.column_stack([random.binomial(sizes.astype(int), 0.3), sizes])})
        held += result.low is not None and result.high is not None and result.low <= 0.3 <= result.high
    assert held / 300 > 0.94 - 4.0 * math.sqrt(0.95 * 0.05 / 300)


def test_median_of_a_histogram() -> None:
    assert median_place(np.array([[0.0, 3.0, 1.0, 2.0], [1.0, 0.0, 0.0, 4.0]])).tolist() == [1.0, 3.0]
    assert np.isnan(median_place(np.zeros(3)))


def test_within_marks_the_span_from_a_mark_on() -> None:
    marks = np.zeros(7, bool)
    marks[[1, 5]] = True
    assert within(marks, 3).tolist() == [False, True, True, True, False, True, True]


@pytest.fixture(scope="module")
def view() -> View:
    return View(run_world(ARMS[HINDCAST].build(), 7, keep_exchanges=True, city_years=False))


def test_active_time_of_the_view_is_that_of_the_run(view: View) -> None:
    """The kernel counts the quarter of a signing, the view does not."""
    mine = view.active.sum(axis=1)
    begun = np.zeros(len(mine))
    np.add.at(begun, view.of_kind(records.SIGNED)["subject"], 1)
    assert (mine + begun).tolist() == view.agreements["active_quarters"].tolist()


def test_dormancies_and_exchanges_of_the_view_are_those_of_the_series(view: View) -> None:
    assert view.went_dormant.sum() == view.series["dormancies"].sum()
    assert view.renewed.sum() == view.series["renewals"].sum()
    assert view.city_exchanges.sum() == view.series["city_exchanges"].sum()
    assert view.citizen_exchanges.sum() == view.series["citizen_exchanges"].sum()
    assert not (view.went_dormant & ~view.active).any()


def test_sleeps_are_told_apart_by_how_they_stop(view: View) -> None:
    subjects, lengths, revived = view.sleeps
    assert len(subjects) == view.series["dormancies"].sum()
    assert revived.sum() <= view.series["revivals"].sum()  # some sleepers slept before the run
    assert (lengths >= 0).all()


def test_carriers_are_those_whose_faded_embeddedness_passes_the_mass(view: View) -> None:
    horizon = np.full(len(view.agreements), view.quarters)
    mass = view.record.inputs.parameters.number("carrier_mass")
    alive = np.isin(view.agreements["stage"], (records.ACTIVE, records.DORMANT))
    now = view.agreements["embeddedness"]
    clear = alive & (np.abs(now - mass) > 0.06)  # one exchange and a year of fading apart
    assert clear.sum() > 50
    assert (view.has_carriers(horizon)[clear] == (now >= mass)[clear]).mean() > 0.95


def test_arms_share_one_world_until_they_are_cut() -> None:
    runs = tally_runs(FORECAST, {"activity_rate": MONEY["activity_rate"]}, 2, {})
    again = tally_runs(FORECAST, {"activity_rate": MONEY["activity_rate"]}, 1, {})
    assert runs["activity_rate"][0].tolist() == again["activity_rate"][0].tolist()
    assert runs["activity_rate"][0].tolist() != runs["activity_rate"][1].tolist()


def test_formation_is_the_archipelago_without_its_agreements() -> None:
    one, other = ARMS["archipelago"].build(), ARMS[FORMATION].build()
    assert one.city_keys == other.city_keys
    assert len(other.agreements_table) == 0 < len(one.agreements_table)


def test_every_statistic_names_known_arms_of_its_world() -> None:
    worlds = {arm: str(made.world) for arm, made in ARMS.items()}
    for pattern in patterns():
        for part in pattern.parts:
            for arm in STATISTICS[part.statistic].arms:
                assert worlds[arm] == part.world or (arm == FORMATION and part.world == "archipelago"), part


def test_no_common_partner_is_possible_where_one_side_is_always_indonesian() -> None:
    """Why the first part of P10 is measured in the archipelago."""
    record = run_world(ARMS[FORECAST].build(), 3, city_years=False)
    assert len(record.agreements) > 150
    assert not record.agreements["common_partners"].any()


def events(*rows: tuple[str, float, str, float | None]) -> list[Event]:
    return [Event(frozenset((f"{name} (ID)", "B (NL)")), year, kind, term) for name, year, kind, term in rows]


def test_letters_are_followed_for_as_long_as_asked() -> None:
    dated = events(
        ("A", 2000.0, "loi", None), ("A", 2001.5, "signed", None),
        ("C", 2010.0, "loi", None),
        ("D", 2025.5, "loi", None),  # too young to tell
    )  # fmt: skip
    assert [item.happened for item in letter_outcomes(dated, (0.1, 0.4, 0.7), 2.0)] == [True, False]
    assert [item.happened for item in letter_outcomes(dated, (0.1, 0.4, 0.7), 1.0)] == [False, False]
    assert {item.chance for item in letter_outcomes(dated, (0.1, 0.4, 0.7), 5.0)} == {0.7}


class Row:
    """A row of the register as the scores need it."""

    def __init__(self, city: str) -> None:
        self.city_a, self.city_b = "B (NL)", f"{city} (ID)"


def test_only_a_told_stage_is_an_outcome() -> None:
    dated = events(
        ("A", 2001.0, "signed", None), ("A", 2023.0, "renewed", 5.0),  # its term runs: active
        ("C", 2002.0, "signed", None), ("C", 2024.0, "dormant_reported", None),
        ("D", 2010.0, "signed", None),  # nothing tells what became of it
        ("E", 2020.0, "signed", 8.0),  # in no register
    )  # fmt: skip
    table: list[Any] = [Row("A"), Row("C"), Row("D")]
    result = stage_outcomes(dated, table, np.array([0.8, 0.3, 0.5]))
    assert [(item.happened, item.age_years, item.chance) for item in result] == [(True, 25.0, 0.8), (False, 24.0, 0.3)]


def test_benchmarks_know_hazard_and_age_only() -> None:
    others = [Outcome(True, 10.0, 0.0)] * 3 + [Outcome(False, 10.0, 0.0)]
    assert constant_hazard(others, 10.0, lasts=True) == pytest.approx(0.75, abs=0.02)
    assert constant_hazard(others, 20.0, lasts=True) == pytest.approx(0.5625, abs=0.03)
    assert constant_hazard(others, 10.0, lasts=False) == pytest.approx(0.75, abs=0.02)
    assert age_alone(others, 10.0, lasts=True) == pytest.approx(4.0 / 6.0)


def test_score_against_a_hand_calculation_and_too_few_outcomes() -> None:
    few = [Outcome(True, 5.0, 0.9), Outcome(False, 5.0, 0.2)]
    result = score("some", "brier", few, lasts=True)
    assert result.model == pytest.approx((0.01 + 0.04) / 2)
    assert (result.verdict, result.reason) == ("not enough data", "fewer than 20 outcomes")
    assert score("some", "log", few, lasts=True).model == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)
    sharp = [Outcome(place % 2 == 0, 5.0, 0.95 if place % 2 == 0 else 0.05) for place in range(40)]
    assert score("some", "brier", sharp, lasts=True).verdict == "reproduced"
    wrong = [Outcome(not item.happened, 5.0, item.chance) for item in sharp]
    assert score("some", "brier", wrong, lasts=True).verdict == "not"


def test_shipped_events_are_read_in_order() -> None:
    shipped = read_events()
    assert len(shipped) == 80
    assert [item.year for item in shipped] == sorted(item.year for item in shipped)
    assert len({item.pair for item in shipped}) == 48
