"""The live model is the batch run, stopped after every quarter: same numbers, and what is changed takes effect."""

import dataclasses
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import mesa
import numpy as np
import pytest

from kembar import records
from kembar.errors import InputError
from kembar.inputs import build
from kembar.live import Agreement, City, PartnershipModel
from kembar.live_room import GROWING, LASTING, advance, copied
from kembar.live_values import StateValue
from kembar.parameters import levers
from kembar.scenario.reader import load_policy, load_scenario
from kembar.world import RunRecord, make_world, run_world

PAGE = Path(__file__).parents[2] / "docs" / "mesa.md"
ARRAYS = [field.name for field in dataclasses.fields(RunRecord) if field.name not in ("inputs", "seed")]


def _finished(model: PartnershipModel) -> RunRecord:
    while model.running:
        model.step()
    return model.record()


def _assert_same(one: RunRecord, other: RunRecord) -> None:
    for name in ARRAYS:
        first, second = getattr(one, name), getattr(other, name)
        assert first.shape == second.shape, name
        assert first.tobytes() == second.tobytes(), name


@pytest.fixture
def indonesia() -> PartnershipModel:
    return PartnershipModel("indonesia", years=2, rng=5)


@pytest.fixture
def two_cities() -> PartnershipModel:
    return PartnershipModel("two-cities", years=3)


@pytest.mark.parametrize(
    ("world", "policies", "years", "seed"),
    [("two-cities", [], 30, 1), ("two-cities", ["matching-fund"], 30, 4), ("indonesia", ["travel-stop-2030"], 5, 2)],
)
def test_live_run_is_the_batch_run_to_the_last_bit(world: str, policies: list[str], years: int, seed: int) -> None:
    inputs = build(load_scenario(world), [load_policy(name) for name in policies], years=years)
    live = _finished(PartnershipModel(world, policies, years=years, rng=seed))
    assert live.seed == seed
    assert live.inputs.hash == inputs.hash
    _assert_same(live, run_world(inputs, seed))


def test_change_by_hand_is_the_change_by_policy() -> None:
    policy = load_policy("doubled-funding")
    (change,) = policy.changes
    by_policy = _finished(PartnershipModel("indonesia", "doubled-funding", years=3))
    model = PartnershipModel("indonesia", years=3)
    unchanged = _finished(PartnershipModel("indonesia", years=3))
    while model.date != "2027Q1":
        model.step()
    model.agents_by_type[City].set("funding_share", change.value)
    changed = _finished(model)
    _assert_same(changed, by_policy)
    assert changed.series["appropriated_kusd"][0] == unchanged.series["appropriated_kusd"][0]
    assert changed.series["appropriated_kusd"][2] > unchanged.series["appropriated_kusd"][2]


def test_start_is_drawn_once(two_cities: PartnershipModel) -> None:
    world = make_world(two_cities.inputs, 1)
    two_cities._simulate(world, 0, 0)
    before = copied(world)
    two_cities._simulate(world, 0, 0)
    for name in (*GROWING, *LASTING):
        assert getattr(world, name).tobytes() == getattr(before, name).tobytes(), name


def _leave_room_for_one(model: PartnershipModel) -> None:
    rows = len(model.all_agreements) + 1
    world = model.world
    model.world = world._replace(
        agreements=world.agreements[:rows].copy(),
        history=world.history[:rows].copy(),
        events=world.events[:1].copy(),
        splits=world.splits[:1].copy(),
    )


def test_nothing_is_lost_when_there_is_room_for_one() -> None:
    model = PartnershipModel("indonesia", years=5, rng=3)
    listed = len(model.all_agreements)
    _leave_room_for_one(model)
    capability = model.all_cities[0].capability
    record = _finished(model)
    assert len(record.agreements) > listed + 1, "the run was to outgrow its room"
    assert len(record.events) > 1 and len(record.splits) > 1
    _assert_same(record, run_world(build(load_scenario("indonesia"), years=5), 3))
    assert np.shares_memory(capability, model.all_cities[0].capability)


def test_quarter_writes_only_what_is_copied(indonesia: PartnershipModel) -> None:
    shared = [name for name in records.World._fields if name not in (*GROWING, *LASTING, "lever_values")]
    before = {name: getattr(indonesia.world, name).tobytes() for name in shared}
    _finished(indonesia)
    assert {name: getattr(indonesia.world, name).tobytes() for name in shared} == before


def test_copy_of_a_world_has_its_own_levers(two_cities: PartnershipModel) -> None:
    other = copied(two_cities.world)
    other.lever_values[0, :] = 0.25
    assert other.levers[0].funding_share == 0.25
    assert two_cities.world.levers[0].funding_share != 0.25


def test_quarter_that_stops_with_an_error_leaves_the_state_as_it_was(two_cities: PartnershipModel) -> None:
    before = copied(two_cities.world)

    def failing(world: records.World, first: int, end: int) -> bool:
        world.cities[0].commitment = 0.123
        world.counters[records.EVENT_ROWS] += 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        advance(two_cities.world, 0, failing)
    for name in (*GROWING, *LASTING):
        assert getattr(two_cities.world, name).tobytes() == getattr(before, name).tobytes(), name


def test_record_does_not_move_with_the_model(two_cities: PartnershipModel) -> None:
    record = two_cities.record()
    before = {name: getattr(record, name).tobytes() for name in ARRAYS}
    _finished(two_cities)
    assert {name: getattr(record, name).tobytes() for name in ARRAYS} == before


def test_attributes_read_and_write_the_state(indonesia: PartnershipModel) -> None:
    city = indonesia.city("surabaya")
    assert city.name == "Surabaya (ID)" and city.country_code == "ID"
    assert city.commitment == indonesia.world.cities[city.row].commitment
    city.commitment = 0.75
    assert indonesia.world.cities[city.row].commitment == 0.75
    city.capability[3] = 0.5
    assert indonesia.world.cities[city.row].capability[3] == 0.5
    city.capability = 0.25
    assert (indonesia.world.cities[city.row].capability == 0.25).all()
    city.levers.digital_share = 0.5
    assert city.digital_share == 0.5 == indonesia.world.levers[city.row].digital_share
    agreement = city.agreements[0]
    agreement.goodwill = [0.25, 0.5]
    assert indonesia.world.agreements[agreement.row].goodwill.tolist() == [0.25, 0.5]
    assert city in (agreement.city_a, agreement.city_b)
    assert indonesia.agreement(agreement.city_b.name, agreement.city_a.name).name.startswith(agreement.name[:20])


def test_population_takes_its_logarithm_along(two_cities: PartnershipModel) -> None:
    city = two_cities.all_cities[0]
    city.population = 1_000_000
    assert city.log_population == pytest.approx(np.log(1_000_000))


@pytest.mark.parametrize("kind", [City, Agreement])
def test_every_value_that_a_run_makes_may_be_written(kind: type) -> None:
    model = PartnershipModel("indonesia", years=4)
    _finished(model)
    before = copied(model.world)
    fields = [name for name, value in vars(kind).items() if isinstance(value, StateValue)]
    written = 0
    for agent in model.agents_by_type[kind]:
        for name in fields:
            if name in ("focus", "priority") and getattr(agent, name).sum() == 0.0:
                continue  # not chosen before an agreement is signed
            try:
                setattr(agent, name, getattr(agent, name))
                written += 1
            except AttributeError as error:
                assert "can only be read" in str(error)
    assert written > 20 * len(model.agents_by_type[kind])
    assert before.cities.tobytes() == model.world.cities.tobytes()
    assert before.agreements.tobytes() == model.world.agreements.tobytes()


def test_names_of_state_levers_and_mesa_do_not_collide() -> None:
    of_mesa = {*dir(mesa.Agent), "model", "unique_id", "pos"}
    cities = {*(records.CITY.names or ())}
    ours = {lever.key for lever in levers()}
    assert not of_mesa & (cities | ours | {*(records.AGREEMENT.names or ())})
    assert not cities & ours
    own = {"row", "name", "country_code", "levers", "agreements", "stage_name", "city_a", "city_b"}
    assert not own & (cities | ours | {*(records.AGREEMENT.names or ())})


UNKNOWN: list[tuple[Callable[[PartnershipModel], object], str]] = [
    (lambda model: model.all_cities[0].comitment, "City has no 'comitment'; did you mean commitment?"),
    (lambda model: setattr(model.all_cities[0], "fundingshare", 1.0), "City has no 'fundingshare'; did you mean fund"),
    (lambda model: model.all_agreements[0].trusts, "Agreement has no 'trusts'; did you mean trust?"),
    (lambda model: setattr(model.all_agreements[0], "funding_share", 1.0), "Agreement has no 'funding_share'"),
    (
        lambda model: setattr(model.all_cities[0].levers, "term_year", 4),
        "Levers has no 'term_year'; did you mean term_",
    ),
    (lambda model: setattr(model.all_agreements[0], "stage", 2), "can only be read; a stage moves only by the rules"),
    (lambda model: setattr(model.all_agreements[0], "a", 1), "can only be read; it ties the record to others"),
    (lambda model: setattr(model.all_cities[0], "name", "Elsewhere"), "name"),
]


@pytest.mark.parametrize(("use", "words"), UNKNOWN)
def test_unknown_and_held_names_are_told(
    two_cities: PartnershipModel, use: Callable[[PartnershipModel], object], words: str
) -> None:
    with pytest.raises(AttributeError, match=re.escape(words)):
        use(two_cities)


REFUSED = [
    ("commitment", 1.5, "commitment: must be within 0 and 1, not 1.5"),
    ("commitment", float("nan"), "commitment: must be finite"),
    ("commitment", "high", "commitment: must be a number, not 'high'"),
    ("staff", -1, "staff: must be 0 or more, not -1"),
    ("staff", [1.0, 2.0], "staff: must be one number, not 2"),
    ("terms_served", 1.5, "terms_served: must be a whole number, not 1.5"),
    ("capability", [0.5] * 7, "capability: must be 8 numbers, or one for all, not 7"),
    ("priority", 0.5, "priority: must sum to 1; they are shares over the sectors"),
    ("funding_share", 5.0, "funding_share: "),
    ("digital_share", "half", "digital_share: "),
]


@pytest.mark.parametrize(("name", "value", "words"), REFUSED)
def test_value_that_may_not_stand_is_refused(
    two_cities: PartnershipModel, name: str, value: object, words: str
) -> None:
    city = two_cities.city("Sagara")
    before = copied(two_cities.world)
    with pytest.raises(InputError, match=re.escape(f"error: Sagara (ID): {words}")):
        setattr(city, name, value)
    assert before.cities.tobytes() == two_cities.world.cities.tobytes()
    assert before.levers.tobytes() == two_cities.world.levers.tobytes()


def test_mesa_agent_sets_work_on_live_values(indonesia: PartnershipModel) -> None:
    cities = indonesia.agents_by_type[City]
    assert len(cities) == len(indonesia.inputs.city_keys)
    assert cities.agg("commitment", np.mean) == pytest.approx(indonesia.world.cities["commitment"].mean())
    dormant = indonesia.agreements.select(lambda agreement: agreement.stage_name == "dormant")
    assert 0 < len(dormant) == indonesia.stages["dormant"]

    def care(agreement: Agreement) -> None:
        agreement.trust = 0.875

    dormant.do(care)
    assert dormant.agg("trust", [min, max]) == [0.875, 0.875]
    assert (indonesia.world.agreements["trust"] == 0.875).sum() == len(dormant)


def test_agreements_formed_in_the_run_become_agents_and_ended_ones_stay() -> None:
    model = PartnershipModel("indonesia", years=5)
    listed = list(model.all_agreements)
    record = _finished(model)
    assert len(model.agents_by_type[Agreement]) == len(record.agreements) > len(listed)
    assert model.all_agreements[: len(listed)] == listed
    assert all(item.opened_quarter >= 0 for item in model.all_agreements[len(listed) :])
    ended = model.agreements.select(lambda agreement: agreement.stage_name == "ended")
    assert len(ended) == model.stages["ended"] == (record.agreements["stage"] == records.ENDED).sum() > 0
    assert len({item.name for item in model.all_agreements}) == len(model.all_agreements)


def test_active_share_is_the_outcome() -> None:
    from kembar.measurement import measure

    model = PartnershipModel("indonesia", years=3)
    record = _finished(model)
    assert model.active_share == measure(record)["active_share"].value


def test_data_collector_notes_every_quarter() -> None:
    collector = mesa.DataCollector(
        model_reporters={"active share": "active_share"},
        agenttype_reporters={City: {"money": "spent_kusd"}, Agreement: {"stage": "stage_name"}},
    )
    model = PartnershipModel("two-cities", years=2, datacollector=collector)
    _finished(model)
    assert len(collector.get_model_vars_dataframe()) == 9
    money = collector.get_agenttype_vars_dataframe(City)["money"]
    assert len(money) == 9 * 2
    assert money.loc[8].tolist() == [city.spent_kusd for city in model.all_cities]
    own = PartnershipModel("two-cities", years=2)
    _finished(own)
    frame = own.datacollector.get_model_vars_dataframe()
    assert frame["date"].tolist()[::4] == ["2026Q1", "2027Q1", "2028Q1"]
    assert frame["active"].iloc[-1] == own.stages["active"]


def test_step_past_the_horizon_is_an_error_every_time(two_cities: PartnershipModel) -> None:
    _finished(two_cities)
    assert not two_cities.running and two_cities.date == "2029Q1"
    for _ in range(2):
        with pytest.raises(InputError, match="the run has come to its horizon, the end of 2028; a longer one needs"):
            two_cities.step()


def test_mesa_runs_the_model_to_its_horizon(two_cities: PartnershipModel) -> None:
    two_cities.run_model()
    assert two_cities.quarter == two_cities.quarters == 12


def test_seed_is_a_whole_number_or_drawn() -> None:
    drawn = PartnershipModel("two-cities", years=1, rng=None)
    again = PartnershipModel("two-cities", years=1, rng=drawn.seed)
    _assert_same(drawn.record(), again.record())
    for wrong in (-1, 1.5, True, "one"):
        with pytest.raises(InputError, match="rng: must be a whole number from 0 on, or None, not"):
            PartnershipModel("two-cities", rng=wrong)


def test_unknown_city_and_pair_without_agreement_are_told(indonesia: PartnershipModel) -> None:
    with pytest.raises(InputError, match=r"unknown city 'Surabya'; did you mean Surabaya"):
        indonesia.city("Surabya")
    with pytest.raises(InputError, match=r"no agreement between Surabaya \(ID\) and Surabaya \(ID\)"):
        indonesia.agreement("Surabaya", "Surabaya")


def test_compilation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("kembar.compilation.needs_compilation", lambda rules_file: True)
    PartnershipModel("two-cities", years=1, told=told.append)
    assert told == ["compiling the rules (about half a minute, only once)"]


def test_unreadable_rules_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.py: the rules file cannot be read"):
        PartnershipModel("two-cities", rules=tmp_path / "missing.py")


OWN_RULE = """
def recording(world, quarter):
    world.series[quarter // 4].active = 17.0
"""
LIVE_RUN = """
import sys
from kembar import PartnershipModel

model = PartnershipModel("two-cities", years=1, rules=sys.argv[1])
model.run_model()
print(model.record().series["active"].tolist(), model.record().series["staff_fte"].tolist())
"""


def test_own_rules_take_the_place_of_the_models(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_RULE, encoding="utf-8")
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(PAGE.parents[1] / "model")}
    done = subprocess.run(
        [sys.executable, "-c", LIVE_RUN, str(tmp_path / "own.py")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["[17.0]", "[0.0]"]


def test_nothing_that_mesa_deprecates_is_used() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _finished(PartnershipModel("two-cities", years=1))


def test_page_on_the_live_model_runs() -> None:
    pieces = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(pieces) > 3
    exec(compile("\n".join(pieces), str(PAGE), "exec"), {"__name__": "page"})
