"""The shipped policies: they load, touch every lever and event, and say what they mean."""

from __future__ import annotations

import pytest

from kembar.evidence.declaration import patterns, targets
from kembar.parameters import declaration, declarations, levers, references
from kembar.scenario.changes import resolve_changes, resolve_events
from kembar.scenario.reader import available_policies, load_policy, load_scenario
from kembar.scenario.records import Change, Policy, Scenario
from kembar.scenario.schema import EVENT_KINDS
from kembar.scenario.times import format_quarter

NAMES = tuple(listing.name for listing in available_policies())
PROMISED = (
    *("matching-fund", "ring-fenced-fund", "dedicated-secretariat", "institutional-by-law", "citizen-committees"),
    *("digital-first", "niche-focus", "assessment-first", "portfolio-review", "austerity", "leader-turnover"),
    "travel-stop-2030",
)
NEED_INDONESIA = {"austerity", "disaster-2030", "freeze-2030"}  # every other policy works in any world


@pytest.fixture(scope="module")
def policies() -> dict[str, Policy]:
    return {name: load_policy(name) for name in NAMES}


@pytest.fixture(scope="module")
def indonesia() -> Scenario:
    return load_scenario("indonesia")


def changes_of(policies: dict[str, Policy], name: str) -> dict[str, Change]:
    return {change.parameter: change for change in policies[name].changes}


def test_promised_policies_are_there() -> None:
    assert set(PROMISED) <= set(NAMES)
    assert len(NAMES) >= 20


def test_policies_touch_every_lever_and_every_event(policies: dict[str, Policy]) -> None:
    touched = {change.parameter for policy in policies.values() for change in policy.changes}
    assert touched == {lever.key for lever in levers()}
    assert {event.kind for policy in policies.values() for event in policy.events} == set(EVENT_KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_policy_does_something_and_says_why(policies: dict[str, Policy], name: str) -> None:
    policy = policies[name]
    assert policy.changes or policy.events
    assert policy.claims
    reasons = [change.because for change in policy.changes] + [event.because for event in policy.events]
    assert all(reason.endswith(".") for reason in reasons)
    for change in policy.changes:
        assert change.value != declaration(change.parameter).value
    assert policy.about.count(". ") == 1, "what is done and by whom; what it costs"


def test_titles_are_unique(policies: dict[str, Policy]) -> None:
    assert len({policy.title for policy in policies.values()}) == len(policies)


@pytest.mark.parametrize("name", NAMES)
def test_policy_reaches_cities_of_indonesia(policies: dict[str, Policy], indonesia: Scenario, name: str) -> None:
    policy = policies[name]
    last = (indonesia.start_year + indonesia.years) * 4
    placed = resolve_changes(indonesia, [policy])
    assert {change.lever for change in placed} == {change.parameter for change in policy.changes}
    assert all(change.from_quarter < last for change in placed)
    assert all(event.city_indices and event.until_quarter < last for event in resolve_events(indonesia, [policy]))


@pytest.mark.parametrize("world", ["two-cities", "archipelago"])
def test_policy_suits_every_world_with_its_targets(policies: dict[str, Policy], world: str) -> None:
    scenario = load_scenario(world)
    for name in sorted(set(NAMES) - NEED_INDONESIA):
        assert resolve_changes(scenario, [policies[name]]) or resolve_events(scenario, [policies[name]])


def test_only_policies_about_indonesia_name_a_place(policies: dict[str, Policy]) -> None:
    placed = {change.target for policy in policies.values() for change in policy.changes}
    assert placed == {"all", "ID"}
    named = {
        name
        for name, policy in policies.items()
        if {change.target for change in policy.changes} | {place for event in policy.events for place in event.where}
        != {"all"}
    }
    assert named == NEED_INDONESIA


def test_doubling_doubles_and_austerity_cuts(policies: dict[str, Policy]) -> None:
    for name, lever in (("doubled-funding", "funding_share"), ("doubled-staff", "staff_factor")):
        usual = declaration(lever).value
        assert isinstance(usual, float)
        assert changes_of(policies, name)[lever].value == pytest.approx(2 * usual)
        assert changes_of(policies, "austerity")[lever].value <= usual / 2  # type: ignore[operator]


def test_turnover_sets_three_levers_that_belong_together(policies: dict[str, Policy]) -> None:
    values = {key: change.value for key, change in changes_of(policies, "leader-turnover").items()}
    assert values == {"national_calendar": 0, "term_years": 3, "term_limit": 1}


def test_travel_stop_holds_for_two_years(policies: dict[str, Policy]) -> None:
    (event,) = policies["travel-stop-2030"].events
    assert (format_quarter(event.from_quarter), format_quarter(event.until_quarter)) == ("2030Q1", "2032Q1")
    assert event.severity == declaration("travel_stop_severity").value


def test_freeze_pairs_indonesia_with_its_commonest_partner(policies: dict[str, Policy], indonesia: Scenario) -> None:
    (event,) = policies["freeze-2030"].events
    pairs = [{row.city_a[-3:-1], row.city_b[-3:-1]} for row in indonesia.agreements]
    partners = [code for pair in pairs for code in pair if code != "ID"]
    (commonest,) = set(event.where) - {"ID"}
    assert all(partners.count(commonest) > partners.count(code) for code in set(partners) - {commonest})


def test_every_reference_is_used_and_every_source_has_one() -> None:
    used = {source for item in (*declarations(), *targets(), *patterns()) for source in item.source} - {"assumption"}
    assert set(references()) == used


def test_every_reference_can_be_followed_or_says_why_not() -> None:
    for reference in references().values():
        assert reference.title and reference.authors and reference.year
        marks = [mark for mark in ("Read", "Calculated", "Known, not verified") if mark in reference.note]
        assert marks, reference.key
        if not reference.url:
            assert "not re-read" in reference.note or "without addresses" in reference.note, reference.key
        else:
            assert reference.url.startswith(("http://", "https://")) and " " not in reference.url
