"""Parameters are declared once, checked at one door, and frozen with a hash."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from kembar.errors import InputError
from kembar.evidence.declaration import patterns, targets
from kembar.parameters import (
    SECTORS,
    UNITS,
    Declaration,
    as_value,
    check_value,
    constants,
    declaration,
    declarations,
    levers,
    parse_value,
    read_declarations,
    references,
    resolve,
    uncertainties,
)
from kembar.records import SECTORS as SECTORS_OF_RECORDS


def test_every_shipped_declaration_reads() -> None:
    found = declarations()
    assert len({declared.key for declared in found}) == len(found) >= 80
    assert len(levers()) + len(uncertainties()) + len(constants()) == len(found)
    assert {declared.unit for declared in found} <= set(UNITS)


def test_every_default_lies_in_its_range() -> None:
    for declared in declarations():
        numbers = declared.value if isinstance(declared.value, tuple) else (declared.value,)
        assert len(numbers) in (1, len(SECTORS))
        assert all(declared.range[0] <= number <= declared.range[1] for number in numbers), declared.key


def test_every_reference_is_used_and_can_be_followed() -> None:
    used = {name for item in (*declarations(), *targets(), *patterns()) for name in item.source}
    assert set(references()) <= used
    assert all(reference.title for reference in references().values())


def test_declarations_stand_in_order_of_files() -> None:
    files = [declared.file for declared in declarations()]
    assert files == sorted(files)


def test_sectors_agree_with_the_records() -> None:
    assert SECTORS == SECTORS_OF_RECORDS


def test_funding_share_is_a_lever_with_its_citation() -> None:
    found = declaration("funding_share")
    assert isinstance(found, Declaration)
    assert (found.kind, found.unit) == ("lever", "1")
    with pytest.raises(InputError, match=r"unknown parameter 'funding_shar'; did you mean funding_share\?"):
        declaration("funding_shar")


def test_kinds_decide_where_a_parameter_may_be_set() -> None:
    assert check_value("funding_share", 0.001, ("lever",)) == ()
    problem = check_value("idr_per_usd", 15000, ("lever",), "a.toml", 3)[0]
    assert problem.format().startswith("error: a.toml:3: idr_per_usd: is not a lever; it is a constant")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "nan is not a finite number"),
        (float("inf"), "inf is not a finite number"),
        (10**400, "is not a finite number"),
        ("0.1", "'0.1' is not a number"),
        (True, "True is not a number"),
        (None, "None is not a number"),
        (-0.5, "is outside its range; it may lie from"),
        ([0.1], "must be one number"),
        ({"trade": 0.1}, "must be one number"),
    ],
)
def test_wrong_value_is_refused(value: object, words: str) -> None:
    problems = check_value("funding_share", value)
    assert len(problems) == 1
    assert words in problems[0].format()


LEVER_FILE = """
[fund]
title = "Fund"
about = "Money for partnerships."
unit = "1"
kind = "{kind}"
value = 0
range = [0, 1]
scale = "linear"
basis = "assumption"
source = ["assumption"]
claims = []
{charged}
"""


@pytest.mark.parametrize(
    ("kind", "charged", "words"),
    [
        ("lever", 'charged = "yes"', "fund.charged: must be true or false; it says whether a rule charges"),
        ("constant", "charged = true", "fund.charged: unknown key"),
    ],
)
def test_a_lever_says_whether_its_own_cost_is_charged_and_nothing_else_does(
    tmp_path: Path, kind: str, charged: str, words: str
) -> None:
    path = tmp_path / "lever.toml"
    path.write_text(LEVER_FILE.format(kind=kind, charged=charged), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_declarations(path, ())
    assert words in str(caught.value)
    path.write_text(LEVER_FILE.format(kind="lever", charged="charged = false"), encoding="utf-8")
    assert read_declarations(path, ())[0].charged is False


def test_whole_numbers_are_kept_whole() -> None:
    assert "is not a whole number" in check_value("term_limit", 1.5)[0].format()
    assert as_value("term_limit", 1) == 1.0


SECTOR_FILE = """
[weight]
title = "Weight"
about = "A weight for each sector."
unit = "1"
kind = "uncertainty"
value = {trade = 0.1, tourism = 0.2, culture = 0.3, education = 0.4, environment = 0.5, services = 0.6, resilience = 0.7, technology = 0.8}
range = [0, 1]
scale = "linear"
basis = "assumption"
source = ["assumption"]
claims = []
"""  # noqa: E501


def test_a_value_for_each_sector_is_read_in_the_fixed_order(tmp_path: Path) -> None:
    path = tmp_path / "sectors.toml"
    path.write_text(SECTOR_FILE, encoding="utf-8")
    (found,) = read_declarations(path, ())
    assert found.value == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    assert found.is_by_sector


def test_a_sector_parameter_takes_one_number_some_sectors_or_eight() -> None:
    by_sector = next((declared for declared in declarations() if declared.is_by_sector), None)
    assert by_sector is not None
    assert isinstance(by_sector.value, tuple)
    low, high = by_sector.range
    middle = low + (high - low) / 2 if by_sector.scale != "integer" else low
    assert as_value(by_sector.key, middle) == (middle,) * 8
    assert as_value(by_sector.key, {"culture": middle}) == (*by_sector.value[:2], middle, *by_sector.value[3:])
    assert as_value(by_sector.key, [middle] * 8) == (middle,) * 8
    assert "must have 8 numbers, not 3" in check_value(by_sector.key, [middle] * 3)[0].format()
    wrong = check_value(by_sector.key, {"cultur": middle})[0]
    assert wrong.suggestion == "culture"


def test_resolving_hashes_the_whole_set() -> None:
    plain = resolve()
    assert plain.hash == resolve({}).hash
    assert plain.values.keys() == {declared.key for declared in declarations()}
    same = resolve({"funding_share": plain["funding_share"]})
    other = resolve({"funding_share": 0.005})
    assert same.hash == plain.hash != other.hash
    assert other.number("funding_share") == 0.005
    assert len(plain.hash) == 64


def test_a_resolved_set_is_frozen_and_travels() -> None:
    found = resolve({"funding_share": 0.005})
    with pytest.raises(TypeError, match="frozen"):
        found.values["funding_share"] = 1.0  # type: ignore[index]
    with pytest.raises(TypeError, match="frozen"):
        found.values.update({})  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(found)) == found


def test_resolving_tells_of_every_wrong_override() -> None:
    with pytest.raises(InputError) as caught:
        resolve({"funding_share": 5, "nonsense_key": 1})
    assert len(caught.value.problems) == 2


def test_text_from_the_command_line_becomes_a_number_where_it_is_one() -> None:
    assert parse_value("3") == 3
    assert parse_value("1e-3") == 0.001
    assert parse_value("many") == "many"
