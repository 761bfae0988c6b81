"""Surroundings, pairing and partner search against hand calculations."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar import records

Rules = Mapping[str, Callable[..., Any]]
Make = Callable[..., Any]


def test_relations_move_one_step_a_year(rules: Rules, parameters: Any) -> None:
    parameters.strain_rate = parameters.freeze_rate = parameters.thaw_rate = 0.5
    parameters.citizen_thaw = 0.0
    step = rules["next_relation"]
    moves = {
        before: {step(before, 0.0, draw, parameters) for draw in np.linspace(0.0, 0.999, 200)} for before in range(3)
    }
    assert moves == {
        records.NORMAL: {records.NORMAL, records.STRAINED},
        records.STRAINED: {records.NORMAL, records.STRAINED, records.FROZEN},
        records.FROZEN: {records.STRAINED, records.FROZEN},
    }


def test_citizens_ties_prevent_strain_and_speed_the_thaw(rules: Rules, parameters: Any) -> None:
    parameters.strain_rate, parameters.thaw_rate, parameters.citizen_thaw = 0.2, 0.2, 0.5
    step = rules["next_relation"]
    draw = 1.0 - math.exp(-0.2) - 0.01
    assert step(records.NORMAL, 0.0, draw, parameters) == records.STRAINED
    assert step(records.NORMAL, 4.0, draw, parameters) == records.NORMAL
    later = 1.0 - math.exp(-0.2) + 0.1
    assert step(records.FROZEN, 0.0, later, parameters) == records.FROZEN
    assert step(records.FROZEN, 4.0, later, parameters) == records.STRAINED


def test_taste_drifts_towards_practical_work(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.sector_drift = 0.02
    p.sector_practicality[:] = (1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5)
    around = two_towns.surroundings[0]
    rules["drift_tastes"](around, 80, p)
    assert around.taste[:3] == pytest.approx([math.exp(0.4), math.exp(-0.4), 1.0])
    assert around.taste[7] == pytest.approx(math.exp(0.2))


def test_scheduled_events_reach_their_place_and_their_time(rules: Rules, two_towns: Any) -> None:
    events = np.zeros(3, records.SCHEDULED_EVENT).view(np.recarray)
    events[0] = (records.TRAVEL_STOP, 2, 4, 0.9, records.EVERYWHERE, -1, -1)
    events[1] = (records.FISCAL_CRISIS, 2, 4, 0.5, records.IN_CITY, 1, -1)
    events[2] = (records.FREEZE, 2, 4, 1.0, records.IN_COUNTRY, 0, 1)
    world = two_towns._replace(scheduled=events)
    for quarter, is_on in ((1, False), (2, True), (3, True), (4, False)):
        rules["apply_scheduled"](world, quarter)
        assert [city.travel for city in world.cities] == ([0.9, 0.9] if is_on else [0.0, 0.0])
        assert [city.crisis for city in world.cities] == ([0.0, 0.5] if is_on else [0.0, 0.0])
        assert rules["relation_between"](world, 0, 1) == (records.FROZEN if is_on else records.NORMAL)
        assert rules["relation_between"](world, 1, 0) == (records.FROZEN if is_on else records.NORMAL)


def test_levers_change_when_their_quarter_comes(rules: Rules, two_towns: Any) -> None:
    names = two_towns.levers.dtype.names
    changes = np.zeros(2, records.CHANGE).view(np.recarray)
    changes[0] = (3, 1, names.index("monitoring"), 0.7)
    changes[1] = (5, 1, names.index("monitoring"), 0.1)
    world = two_towns._replace(changes=changes)
    seen = []
    for quarter in range(2, 7):
        rules["apply_changes"](world, quarter)
        seen.append((world.levers[0].monitoring, world.levers[1].monitoring))
    assert seen == [(0.0, 0.0), (0.0, 0.7), (0.0, 0.7), (0.0, 0.1), (0.0, 0.1)]


def test_distances_are_those_of_the_globe(rules: Rules, new_city: Make, parameters: Any) -> None:
    equator = new_city(latitude=0.0, longitude=0.0)
    kilometres = rules["great_circle_km"]
    assert kilometres(equator, new_city(latitude=1.0)) == pytest.approx(111.195, abs=0.001)
    assert kilometres(equator, new_city(longitude=180.0)) == pytest.approx(math.pi * 6371.0088)
    jakarta, tokyo = new_city(latitude=-6.2, longitude=106.82), new_city(latitude=35.68, longitude=139.69)
    assert kilometres(jakarta, tokyo) == pytest.approx(5780.0, rel=0.01)
    assert kilometres(jakarta, tokyo) == pytest.approx(kilometres(tokyo, jakarta))
    assert rules["distance_share"](0.0, parameters) == 0.0
    assert rules["distance_share"](math.pi * 6371.0088, parameters) == pytest.approx(1.0)


@given(
    latitudes=st.tuples(st.floats(-90, 90), st.floats(-90, 90)),
    longitudes=st.tuples(st.floats(-180, 180), st.floats(-180, 180)),
)
def test_no_distance_is_beyond_half_the_globe(
    rules: Rules, new_city: Make, latitudes: tuple[float, float], longitudes: tuple[float, float]
) -> None:
    one, two = (new_city(latitude=lat, longitude=lon) for lat, lon in zip(latitudes, longitudes, strict=True))
    assert 0.0 <= rules["great_circle_km"](one, two) <= math.pi * 6371.0088 * (1.0 + 1e-12)


def test_partner_complements_where_priorities_lie(rules: Rules, new_city: Make, two_towns: Any) -> None:
    around = two_towns.surroundings[0]
    around.taste[:] = 1.0
    city, partner = new_city(), new_city()
    city.priority[:2] = (0.75, 0.25)
    partner.capability[:2] = (0.8, 0.4)
    assert rules["complement"](city, partner, around) == pytest.approx(0.7)
    around.taste[1] = 3.0
    assert rules["complement"](city, partner, around) == pytest.approx(0.6)


def test_pair_signs_again_as_the_next_generation_with_luck_of_its_own(rules: Rules, two_towns: Any) -> None:
    two_towns.agreements[0].stage = records.ENDED
    assert rules["may_pair"](two_towns, 0, 1)
    row = rules["open_talks"](two_towns, 0, 1, 20)
    again = two_towns.agreements[row]
    assert (row, again.generation, again.stage, again.opened_quarter) == (1, 2, records.EXPLORING, 20)
    assert again.key != two_towns.agreements[0].key
    assert again.signed_quarter == again.ended_quarter == records.NEVER
    assert rules["latest_agreement"](two_towns, 0, 1) == rules["latest_agreement"](two_towns, 1, 0) == 1
    assert not rules["may_pair"](two_towns, 0, 1)


def test_frozen_relations_and_one_country_forbid_a_pair(rules: Rules, two_towns: Any) -> None:
    two_towns.agreements[0].stage = records.ENDED
    two_towns.relation[:] = records.FROZEN
    assert not rules["may_pair"](two_towns, 0, 1)
    two_towns.relation[:] = records.NORMAL
    two_towns.cities[1].country = two_towns.cities[0].country
    assert not rules["may_pair"](two_towns, 0, 1)


def test_world_in_focus_needs_one_focal_side(rules: Rules, two_towns: Any) -> None:
    two_towns.agreements[0].stage = records.ENDED
    for city in two_towns.cities:
        city.is_focal = 0
    assert not rules["may_pair"](two_towns, 0, 1)
    two_towns.cities[1].is_focal = 1
    assert rules["may_pair"](two_towns, 0, 1)


def test_room_for_a_partner_ends_at_the_cap_and_shrinks_with_load(
    rules: Rules, new_city: Make, new_levers: Make, parameters: Any
) -> None:
    parameters.comfortable_fte = 0.2
    levers = new_levers(portfolio_cap=3.0)
    room = rules["room_share"]
    assert room(new_city(staff=1.0, open_count=2, load=2.0, background=3.0), levers, parameters) == pytest.approx(
        math.exp(-1.0)
    )
    assert room(new_city(staff=1.0, open_count=3), levers, parameters) == 0.0
    assert room(new_city(staff=0.0), levers, parameters) == 0.0


def test_best_offer_is_the_highest_and_the_first_by_key_among_equals(rules: Rules, two_towns: Any) -> None:
    world = two_towns._replace(offers=np.array([-1, 4, 5, 6]), offer_scores=np.array([9.0, 1.0, 2.0, 2.0]))
    searching = np.array([1, 2, 3])
    assert rules["best_offer"](world, searching) == 2
    world.offers[2] = -1
    assert rules["best_offer"](world, searching) == 3
    world.offers[:] = -1
    assert rules["best_offer"](world, searching) == -1


def test_city_without_commitment_or_in_a_full_travel_stop_does_not_search(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.search_rate, p.travel_formation_loss = 1e9, 1.0
    city = two_towns.cities[0]
    city.commitment, city.staff = 0.5, 5.0
    assert rules["searches"](two_towns, 0, 1)
    city.travel = 1.0
    assert not rules["searches"](two_towns, 0, 1)
    city.travel, city.commitment = 0.0, 0.0
    assert not rules["searches"](two_towns, 0, 1)


def test_assessment_narrows_the_error_of_judgement(rules: Rules, two_towns: Any) -> None:
    p = two_towns.parameters[0]
    p.judgement_error, p.assessment_precision = 0.5, 0.8
    mark = rules["mark_partners"](two_towns, 0)
    truth = rules["worth"](two_towns, 0, 1, mark)
    blind = rules["judged_worth"](two_towns, 0, 1, 3, mark) - truth
    two_towns.levers[0].partner_assessment = 1.0
    assert rules["judged_worth"](two_towns, 0, 1, 3, mark) - truth == pytest.approx(0.2 * blind)


def test_ring_leaves_closed_cities_out_and_keeps_the_others_places(rules: Rules, two_towns: Any) -> None:
    rules["draw_ring"](two_towns, 0)
    places = dict(zip(two_towns.ring_order.tolist(), two_towns.ring.tolist(), strict=True))
    assert sorted(places) == [0, 1]
    assert max(places.values()) < 1.0
    two_towns.cities[0].is_open_to_search = 0
    rules["draw_ring"](two_towns, 0)
    assert two_towns.ring_order[0] == 1
    assert two_towns.ring[0] == places[1]
    assert two_towns.ring[1] >= 1.0


@given(places=st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 2.0]) | st.floats(0.0, 1.0), max_size=40))
def test_places_are_sorted_and_equal_ones_stay_in_order_of_rows(rules: Rules, places: list[float]) -> None:
    ring, rows = np.array(places), np.arange(len(places))
    rules["sort_places"](ring, rows)
    expected = np.argsort(places, kind="stable")
    assert np.array_equal(rows, expected)
    assert np.array_equal(ring, np.array(places)[expected])
    for bound in (0.0, 0.1, 0.3, 2.0):
        assert rules["first_place_from"](ring, bound) == np.searchsorted(ring, bound)


def test_common_partners_are_counted_once_and_without_ended_agreements(rules: Rules) -> None:
    """Every pair of a synthetic world against a count with sets."""
    from kembar.inputs import build
    from kembar.scenario.reader import load_scenario
    from kembar.world import make_world

    world = make_world(build(load_scenario("archipelago")), 1)
    rules["begin"](world)
    known = world.agreements[: world.counters[records.AGREEMENT_ROWS]]
    known.stage[::3] = records.ENDED
    partners: dict[int, set[int]] = {row: set() for row in range(len(world.cities))}
    for agreement in known[known.stage != records.ENDED]:
        partners[int(agreement.a)].add(int(agreement.b))
        partners[int(agreement.b)].add(int(agreement.a))
    found = set()
    for row in range(0, len(world.cities), 7):
        mark = rules["mark_partners"](world, row)
        for other in range(len(world.cities)):
            if other != row:
                count = rules["count_marked"](world, other, mark)
                assert count == len(partners[row] & partners[other])
                found.add(count)
    assert len(found) > 1
