"""Lifecycle against hand calculations: stocks, reviews, terms, falling asleep and waking up."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from kembar import records

Rules = Mapping[str, Callable[..., Any]]
Make = Callable[..., Any]


@pytest.fixture
def awake(two_towns: Any) -> Any:
    """The world of two towns with its agreement active, unfrozen, in force, and nobody reviewing."""
    agreement = two_towns.agreements[0]
    agreement.stage, agreement.in_force, agreement.is_frozen = records.ACTIVE, 1, 0
    agreement.notice_quarter, agreement.term_end_quarter = records.NEVER, 10**6
    agreement.first_dormant_quarter = agreement.dormant_quarter = records.NEVER
    agreement.satisfaction[:] = 0.0
    agreement.last_exchange_quarter = agreement.active_since_quarter = 0
    two_towns.relation[:] = records.NORMAL
    for city in two_towns.cities:
        city.review, city.merged, city.commitment = 0.0, 0, 0.5
    return two_towns


def test_trust_grows_with_exchanges_less_with_digital_ones_and_fades(
    rules: Rules, new_agreement: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.trust_growth, parameters.trust_fading = 0.1, 0.4
    parameters.digital_distrust, parameters.vouching = 0.5, 0.5
    levers = (new_levers(), new_levers())
    fading = 0.9
    met = new_agreement(trust=0.4)
    rules["warm"](met, 2, *levers, parameters)
    assert met.trust == pytest.approx((0.4 + 0.6 * 0.2) * fading)
    digital = new_agreement(trust=0.4, digital=1.0)
    rules["warm"](digital, 2, *levers, parameters)
    assert digital.trust == pytest.approx((0.4 + 0.6 * 0.1) * fading)
    vouched = new_agreement(trust=0.4, common_partners=1.0)
    rules["warm"](vouched, 0, *levers, parameters)
    assert vouched.trust == pytest.approx(0.4 * (1.0 - 0.1 * (1.0 - 0.5 * (1.0 - math.exp(-1.0)))))


def test_trust_never_leaves_its_bounds(rules: Rules, new_agreement: Make, new_levers: Make, parameters: Any) -> None:
    agreement = new_agreement(trust=0.99)
    rules["warm"](agreement, 1000, new_levers(), new_levers(), parameters)
    assert 0.0 <= agreement.trust <= 1.0


def test_committees_and_breadth_embed_an_agreement(
    rules: Rules, new_agreement: Make, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.embedding, parameters.committee_embedding, parameters.committee_keeping = 0.1, 1.0, 0.5
    parameters.narrow_carriers, parameters.breadth_reference, parameters.embeddedness_fading = 0.5, 4.0, 0.4
    cities = (new_city(programme_coverage=1.0), new_city(programme_coverage=0.5))
    plain = new_agreement(embeddedness=0.2, focus_breadth=2.0)
    rules["embed"](plain, 1, *cities, new_levers(), new_levers(), parameters)
    assert plain.embeddedness == pytest.approx((0.2 + 0.8 * 0.1 * 0.75) * 0.9)
    committee = (new_levers(citizen_committee=1.0), new_levers(citizen_committee=1.0))
    carried = new_agreement(embeddedness=0.2, focus_breadth=4.0)
    rules["embed"](carried, 1, *cities, *committee, parameters)
    assert carried.embeddedness == pytest.approx((0.2 + 0.8 * 0.175) * (1.0 - 0.1 * (1.0 - 0.5 * 0.75)))


def test_review_comes_by_routine_under_a_new_head_and_in_a_crisis(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.routine_review_rate, parameters.new_head_review_rate, parameters.crisis_review_rate = 0.2, 0.03, 0.1
    rate = rules["review_rate"]
    settled = new_city(changed_quarter=records.NEVER)
    assert rate(settled, new_levers(), 0.0, 8, parameters) == 0.0
    assert rate(settled, new_levers(portfolio_review=0.5), 0.0, 8, parameters) == pytest.approx(0.1)
    fresh = new_city(changed_quarter=5)
    assert rate(fresh, new_levers(), 0.0, 8, parameters) == pytest.approx(0.03)
    assert rate(fresh, new_levers(), 0.0, 9, parameters) == 0.0
    assert rate(fresh, new_levers(portfolio_review=1.0), 0.2, 8, parameters) == pytest.approx(0.33)


def test_city_without_agreements_reviews_nothing(rules: Rules, awake: Any) -> None:
    awake.parameters[0].crisis_review_rate = 1e9
    city = awake.cities[0]
    city.crisis = 0.5
    city.active_count = city.dormant_count = 0
    rules["hold_reviews"](awake, 0, 4)
    assert city.review == 0.0
    city.active_count = 1
    rules["hold_reviews"](awake, 0, 4)
    assert city.review == awake.parameters[0].review_cut


def test_review_ends_a_dormant_agreement_and_spares_a_satisfying_one(rules: Rules, awake: Any) -> None:
    agreement = awake.agreements[0]
    awake.cities[0].review = 1.0
    agreement.satisfaction[:] = 0.3
    assert not rules["ends"](awake, 0, 6)
    agreement.stage = records.DORMANT
    assert rules["ends"](awake, 0, 6)
    assert (agreement.stage, agreement.how, agreement.ended_quarter) == (records.ENDED, records.REVIEW, 6)


def test_end_in_a_merger_is_told_apart_from_a_review(rules: Rules, awake: Any) -> None:
    awake.agreements[0].stage = records.DORMANT
    awake.cities[1].review, awake.cities[1].merged = 1.0, 1
    assert rules["ends"](awake, 0, 6)
    assert awake.agreements[0].how == records.MERGER


def test_ended_agreement_has_no_money_time_or_rates(rules: Rules, awake: Any) -> None:
    agreement = awake.agreements[0]
    agreement.money_kusd[:] = agreement.time_fte[:] = agreement.purse_kusd[:] = 1.0
    agreement.rate_city = agreement.rate_citizen = 2.0
    agreement.stage = records.DORMANT
    rules["end"](awake, 0, 3, records.LAPSE, records.NO_SIDE)
    for name in ("money_kusd", "time_fte", "purse_kusd", "rate_city", "rate_citizen", "in_force"):
        assert not np.any(agreement[name]), name
    assert awake.series[0].lapses == 1.0


def test_satisfied_or_committed_side_gives_no_notice(rules: Rules, parameters: Any) -> None:
    parameters.notice_rate = 0.1
    assert rules["notice_rate"](0.4, 0.0, parameters) == 0.0
    assert rules["notice_rate"](-0.5, 1.0, parameters) == 0.0
    assert rules["notice_rate"](-0.5, 0.2, parameters) == pytest.approx(0.04)


def test_notice_ends_the_agreement_after_its_period(rules: Rules, awake: Any) -> None:
    awake.parameters[0].notice_rate = 1e9
    for levers in awake.levers:
        levers.notice_years = 0.75
    agreement = awake.agreements[0]
    agreement.satisfaction[1] = -1.0
    rules["give_notice"](awake, 0, 8)
    assert agreement.notice_quarter == 11
    assert not rules["ends"](awake, 0, 10)
    assert rules["ends"](awake, 0, 11)
    assert agreement.how == records.NOTICE


def test_break_needs_a_freeze(rules: Rules, awake: Any) -> None:
    awake.parameters[0].break_rate = 1e9
    assert not rules["ends"](awake, 0, 5)
    awake.agreements[0].is_frozen = 1
    assert rules["ends"](awake, 0, 5)
    assert awake.agreements[0].how == records.BREAK


def test_freeze_is_marked_and_lifted(rules: Rules, awake: Any) -> None:
    agreement = awake.agreements[0]
    awake.relation[:] = records.FROZEN
    rules["mark_freeze"](awake, 0, 2)
    assert agreement.is_frozen == 1
    awake.relation[:] = records.STRAINED
    rules["mark_freeze"](awake, 0, 3)
    assert agreement.is_frozen == 0
    kinds = [event.kind for event in awake.events[: awake.counters[records.EVENT_ROWS]]]
    assert kinds == [records.AGREEMENT_FROZEN, records.AGREEMENT_THAWED]


def test_renewal_score_adds_trust_commitment_and_automatic_renewal(
    rules: Rules, new_agreement: Make, parameters: Any
) -> None:
    parameters.renewal_score, parameters.renewal_trust, parameters.renewal_commitment = -1.5, 2.0, 1.0
    parameters.renewal_automatic, parameters.renewal_dormant = 2.5, 3.0
    active = new_agreement(stage=records.ACTIVE, trust=0.5)
    assert rules["renewal_score"](active, 0.4, 0.0, parameters) == pytest.approx(-0.1)
    dormant = new_agreement(stage=records.DORMANT, trust=0.5)
    assert rules["renewal_score"](dormant, 0.4, 1.0, parameters) == pytest.approx(-0.6)


@pytest.mark.parametrize(
    ("score", "lapse", "fate"), [(50.0, 0.0, "renewed"), (-50.0, 1.0, "lapsed"), (-50.0, 0.0, "left")]
)
def test_end_of_a_term_renews_lapses_or_leaves_on_paper(
    rules: Rules, awake: Any, score: float, lapse: float, fate: str
) -> None:
    p = awake.parameters[0]
    p.renewal_score, p.lapse_share, p.active_cut = score, lapse, 1.0
    agreement = awake.agreements[0]
    agreement.term_end_quarter = 7
    agreement.ownership[:] = 0.5
    p.paper_ownership = 0.6
    assert rules["end_term"](awake, 0, 7) == (fate == "lapsed")
    if fate == "renewed":
        assert (agreement.renewal_count, agreement.in_force) == (1, 1)
        assert agreement.ownership == pytest.approx([1.0, 1.0])
        assert agreement.term_end_quarter > 7
    elif fate == "lapsed":
        assert (agreement.stage, agreement.how) == (records.ENDED, records.LAPSE)
    else:
        assert (agreement.stage, agreement.in_force) == (records.ACTIVE, 0)
        assert agreement.ownership == pytest.approx([0.3, 0.3])
        assert agreement.term_end_quarter > 7


def test_silence_alone_makes_quiet_and_only_a_low_rate_makes_dormant(rules: Rules, awake: Any) -> None:
    agreement = awake.agreements[0]
    span = awake.history.shape[1]
    awake.parameters[0].dormancy_rate = 0.3
    agreement.last_exchange_quarter = 1
    awake.history[0, :, :] = 0.5
    agreement.rate_city, agreement.rate_citizen = 0.2, 0.2
    rules["fall_asleep"](awake, 0, span)
    assert (agreement.stage, agreement.is_quiet) == (records.ACTIVE, 0)
    rules["fall_asleep"](awake, 0, span + 1)
    assert (agreement.stage, agreement.is_quiet) == (records.ACTIVE, 1)
    agreement.rate_citizen = 0.0  # what the silent span saw does not count, what is expected now does
    rules["fall_asleep"](awake, 0, span + 2)
    assert agreement.stage == records.DORMANT
    assert agreement.first_dormant_quarter == agreement.dormant_quarter == span + 2
    assert agreement.cause >= 0
    assert not agreement.money_kusd.any()


def test_revival_needs_both_heads_and_no_freeze(rules: Rules, awake: Any) -> None:
    p = awake.parameters[0]
    p.revival_rate, p.revival_citizens, p.revival_solidarity, p.travel_formation_loss = 0.4, 2.0, 3.0, 1.0
    agreement = awake.agreements[0]
    agreement.embeddedness, agreement.recent_citizen = 0.2, 0.3
    rate = rules["revival_rate"]
    assert rate(awake, agreement, p) == pytest.approx(0.4 * 0.25 * 2.0)
    awake.cities[1].disaster = 0.5
    assert rate(awake, agreement, p) == pytest.approx(0.4 * 0.25 * 2.0 * 2.5)
    awake.cities[0].travel = 1.0
    assert rate(awake, agreement, p) == 0.0
    awake.cities[0].travel = 0.0
    awake.cities[0].commitment = 0.0
    assert rate(awake, agreement, p) == 0.0
    awake.cities[0].commitment = 0.5
    agreement.is_frozen = 1
    assert rate(awake, agreement, p) == 0.0


def test_full_portfolio_revives_nothing(rules: Rules, awake: Any) -> None:
    awake.levers[0].portfolio_cap = 2.0
    awake.cities[0].active_count = 2
    assert rules["revival_rate"](awake, awake.agreements[0], awake.parameters[0]) == 0.0


def test_revival_is_a_fresh_start_in_force(rules: Rules, awake: Any) -> None:
    p = awake.parameters[0]
    p.revival_rate, p.renewal_goodwill = 1e9, 0.5
    agreement = awake.agreements[0]
    agreement.stage, agreement.in_force = records.DORMANT, 0
    agreement.satisfaction[:] = -0.7
    agreement.goodwill[:] = (0.1, 0.9)
    rules["wake_up"](awake, 0, 12)
    assert (agreement.stage, agreement.in_force, agreement.revival_count) == (records.ACTIVE, 1, 1)
    assert agreement.active_since_quarter == 13
    assert agreement.goodwill == pytest.approx([0.5, 0.9])
    assert agreement.satisfaction == pytest.approx([0.0, 0.0])


def test_goodwill_halves_over_its_half_life(rules: Rules, awake: Any) -> None:
    p = awake.parameters[0]
    p.goodwill_half_life_years = 2.0
    p.merger_rate = p.notice_rate = p.new_head_review_rate = p.crisis_review_rate = p.routine_review_rate = 0.0
    agreement = awake.agreements[0]
    agreement.goodwill[:] = 1.0
    agreement.city_count = 1
    for quarter in range(1, 9):
        rules["lifecycle"](awake, quarter)
    assert agreement.goodwill == pytest.approx([0.5, 0.5])


def test_ownership_falls_with_the_head_and_is_won_back_by_exchanges(rules: Rules, awake: Any) -> None:
    p = awake.parameters[0]
    p.ownership_kept, p.ownership_regained = 0.2, 0.25
    for city in awake.cities:
        city.institutionalisation, city.changed_quarter = 0.0, records.NEVER
    agreement = awake.agreements[0]
    agreement.ownership[:] = 1.0
    agreement.city_count = agreement.citizen_count = 0
    awake.cities[1].changed_quarter = 5
    rules["age"](awake, 0, 5, 1.0, 0.1)
    assert agreement.ownership == pytest.approx([1.0, 0.2])
    agreement.city_count = 2
    rules["age"](awake, 0, 6, 1.0, 0.1)
    assert agreement.ownership == pytest.approx([1.0, 0.6])
    assert agreement.last_exchange_quarter == 6
