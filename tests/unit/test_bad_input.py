"""Every mistake in an input gets one clear message: file, line, what, why and the nearest valid choice."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from kembar.errors import InputError, Problem, StorageError, nearest
from kembar.scenario.changes import resolve_changes, resolve_events
from kembar.scenario.files import check_file
from kembar.scenario.reader import load_policy, load_scenario

BROKEN = Path(__file__).parents[1] / "broken"
CASES: list[dict[str, Any]] = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))["case"]


def problems_of(case: dict[str, Any]) -> tuple[Problem, ...]:
    path = BROKEN / case["file"]
    kind, problems = check_file(path)
    if "world" not in case:
        return problems
    assert (kind, problems) == ("policy", ())  # by itself the policy is sound
    with pytest.raises(InputError) as caught:
        resolve_changes(load_scenario(case["world"]), [load_policy(path)])
    return caught.value.problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_broken_input_is_told_plainly(case: dict[str, Any]) -> None:
    problems = problems_of(case)
    lines = [problem.format() for problem in problems]
    assert len(lines) == 1, lines
    place = f"{case['file']}:{case['line']}: " if "line" in case else case.get("place", case["file"])
    assert lines[0].startswith("error: ")
    assert place in lines[0]
    for words in case["says"]:
        assert words in lines[0]
    assert lines[0].isprintable()


def test_every_broken_file_has_its_case() -> None:
    files = {path.name for path in BROKEN.iterdir() if path.is_file()} - {"expected.toml"}
    assert files == {case["file"] for case in CASES}
    assert len(CASES) == len(files)


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert "no such file" in check_file(tmp_path / "none.toml")[1][0].format()
    assert "is a folder" in check_file(tmp_path / "folder.toml")[1][0].format()
    with pytest.raises(InputError, match=r"no such scenario file"):
        load_scenario(tmp_path / "none.toml")


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown scenario 'indonesa'; did you mean indonesia\?"):
        load_scenario("indonesa")


def test_set_of_an_unknown_or_wrong_lever_is_refused() -> None:
    world = load_scenario("two-cities")
    with pytest.raises(
        InputError, match=r"error: --set: fundingshare: unknown parameter; did you mean funding_share\?"
    ):
        resolve_changes(world, sets={"fundingshare": 0.001})
    with pytest.raises(InputError, match=r"idr_per_usd: is not a lever"):
        resolve_changes(world, sets={"idr_per_usd": 15000})
    with pytest.raises(InputError, match=r"funding_share: 'much' is not a number"):
        resolve_changes(world, sets={"funding_share": "much"})


def test_set_against_a_policy_of_the_same_width_names_both(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "t"\nabout = "a"\n[[change]]\nparameter = "funding_share"\ntarget = "all"\nfrom = 2027\n'
        'value = 0.001\nbecause = "b"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        resolve_changes(load_scenario("two-cities"), [load_policy(path)], {"funding_share": 0.002})
    assert "two changes of funding_share overlap" in str(caught.value)
    assert "mine.toml:3" in str(caught.value)
    assert "--set" in str(caught.value)


def test_event_in_a_place_unknown_to_the_world_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stop.toml"
    path.write_text(
        'title = "t"\nabout = "a"\n[[event]]\nkind = "disaster"\nfrom = 2030\nuntil = 2031\nseverity = 0.5\n'
        'where = ["Sagarra"]\nbecause = "b"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"stop.toml:3: where: unknown target 'Sagarra'.*did you mean Sagara"):
        resolve_events(load_scenario("two-cities"), [load_policy(path)])


def test_many_problems_stop_at_a_readable_number(tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("name,country,latitude,longitude\n" + "X,ID,north,1\n" * 5000, encoding="utf-8")
    problems = check_file(path)[1]
    assert len(problems) == 31
    assert "the rest is not shown" in problems[-1].format()


def test_problem_leaves_out_what_does_not_apply() -> None:
    assert Problem("is wrong").format() == "error: is wrong"
    full = Problem("is wrong", "a.toml", 3, "key", "so it is", "other")
    assert full.format() == "error: a.toml:3: key: is wrong; so it is; did you mean other?"


def test_control_characters_never_reach_the_terminal() -> None:
    line = Problem("bad \x1b[31m\n name", file="a\rb", key="\u202ekey").format()
    assert line == "error: a\\rb: \\u202ekey: bad \\x1b[31m\\n name"


def test_nearest_ignores_accents_and_gives_up_on_the_far() -> None:
    assert nearest("Lodz", ["Łódź", "Lund"]) == "Łódź"
    assert nearest("xyzzy", ["Surabaya", "Busan"]) is None


def test_exit_codes_of_errors() -> None:
    assert InputError(Problem("a")).exit_code == 2
    assert StorageError(Problem("a")).exit_code == 3
