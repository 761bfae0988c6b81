"""Where compiled code is kept, and a user's rules in the place of the model's."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import pytest

from kembar.compilation import cache_folder, kernel, mark_compiled, needs_compilation, rule_hash
from kembar.errors import InputError
from kembar.inputs import build
from kembar.records import QUARTERS_PER_YEAR
from kembar.scenario.reader import load_scenario
from kembar.world import make_world, run_world

DEAF_HEADS = """
def leader_factor(commitment, plan, p):
    return 0.0
"""
# Replacing these two leaves nothing else to compile.
COUNTING = """
def begin(world):
    world.surroundings[0].travel_severity = _double(2.0)


def _double(value):
    return 2.0 * value


def step(world, quarter):
    world.series[quarter // 4].signed += world.surroundings[0].travel_severity
"""


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    """A place for a user's rules."""
    return tmp_path / "mine.py"


def refusal(path: Path, source: str) -> str:
    """What a user is told about a rules file."""
    path.write_text(source, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        kernel(path, interpreted=True)
    return str(caught.value)


def test_replaced_rule_changes_the_run_and_the_hash(rules_file: Path) -> None:
    rules_file.write_text(DEAF_HEADS, encoding="utf-8")
    inputs = build(load_scenario("two-cities"), sets={"commitment_floor": 0.9, "funding_share": 0.002})
    held = []
    for simulation in (kernel(interpreted=True), kernel(rules_file, interpreted=True)):
        worlds = [make_world(inputs, seed) for seed in range(3)]
        assert all(simulation.simulate(world, 0, 10 * QUARTERS_PER_YEAR) for world in worlds)
        held.append(sum(world.series.city_exchanges.sum() for world in worlds))
    assert held[0] > 10.0
    assert held[1] == 0.0
    assert rule_hash(rules_file) != rule_hash()


def test_replaced_rules_are_compiled_and_may_call_one_another(rules_file: Path) -> None:
    rules_file.write_text(COUNTING, encoding="utf-8")
    inputs = build(load_scenario("two-cities"), years=2)
    record = run_world(inputs, 1, rules_file=rules_file)
    assert record.series["signed"].tolist() == [16.0, 16.0]
    assert not needs_compilation(rules_file)


def test_users_rules_leave_the_models_own_untouched(rules_file: Path) -> None:
    inputs = build(load_scenario("two-cities"), years=3)
    before = run_world(inputs, 2)
    modules = {name: module for name, module in sys.modules.items() if name.startswith("kembar")}
    rules_file.write_text(COUNTING.replace("2.0", "3.0"), encoding="utf-8")
    run_world(inputs, 2, rules_file=rules_file)
    assert {name: sys.modules.get(name) for name in modules} == modules
    assert run_world(inputs, 2).series.tobytes() == before.series.tobytes()
    assert kernel() is sys.modules["kembar.simulation"]


def test_broken_rules_file_leaves_the_models_own_untouched(rules_file: Path) -> None:
    before = kernel()
    refusal(rules_file, "def moneyfactor(money_kusd, digital, knowledge, p):\n    return 1.0\n")
    assert kernel() is before
    assert sys.modules["kembar.simulation"] is before


def test_hash_of_rules_follows_the_users_file(rules_file: Path) -> None:
    hashes = {rule_hash()}
    for source in (DEAF_HEADS, DEAF_HEADS.replace("0.0", "0.1"), COUNTING):
        rules_file.write_text(source, encoding="utf-8")
        hashes.add(rule_hash(rules_file))
    assert len(hashes) == 4


def test_edited_rules_file_is_loaded_anew(rules_file: Path, parameters: Any) -> None:
    for value in (0.25, 0.75):
        rules_file.write_text(DEAF_HEADS.replace("0.0", str(value)), encoding="utf-8")
        assert kernel(rules_file, interpreted=True).rules["leader_factor"](1.0, 0.0, parameters) == value


def test_unknown_rule_is_named_with_the_nearest(rules_file: Path) -> None:
    told = refusal(
        rules_file,
        "def _own(x):\n    return x\n\n\ndef moneyfactor(money_kusd, digital, knowledge, p):\n    return 1.0\n",
    )
    assert told.startswith("error: ")
    assert f"{rules_file}:5: moneyfactor: this function has the name of no rule" in told
    assert told.endswith("did you mean money_factor?")
    assert "begin the names of your other functions with _" in told


def test_rule_with_other_arguments_is_refused(rules_file: Path) -> None:
    told = refusal(rules_file, "def trust_factor(trust):\n    return 1.0\n")
    assert f"{rules_file}:1: trust_factor: the rule takes (trust); the model calls it with (trust, p)" in told


def test_rules_file_that_is_no_python_is_refused_with_its_line(rules_file: Path) -> None:
    told = refusal(rules_file, "def trust_factor(trust, p):\n    return 1.0 +\n")
    assert f"{rules_file}:2: the rules file is not Python; " in told


def test_rules_file_that_stops_is_refused_with_its_line(rules_file: Path) -> None:
    told = refusal(rules_file, "one = 1\nzero = one / 0\n")
    assert f"{rules_file}:2: the rules file stopped with an error; ZeroDivisionError" in told


def test_rules_file_without_functions_is_refused(rules_file: Path) -> None:
    assert "no function in this file" in refusal(rules_file, "rate = 1.0\n")


def test_missing_rules_file_is_refused(rules_file: Path) -> None:
    with pytest.raises(InputError, match="the rules file cannot be read; No such file"):
        kernel(rules_file)


def test_cache_folder_is_named_by_everything_that_goes_into_the_code(
    rules_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEMBAR_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("NUMBA_BOUNDSCHECK", raising=False)
    rules_file.write_text(DEAF_HEADS, encoding="utf-8")
    folders = [cache_folder(), cache_folder(rules_file)]
    rules_file.write_text(COUNTING, encoding="utf-8")
    folders.append(cache_folder(rules_file))
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    folders.append(cache_folder())
    monkeypatch.delenv("NUMBA_BOUNDSCHECK")
    version = importlib.metadata.version
    for package in ("numba", "llvmlite", "numpy"):
        with monkeypatch.context() as patched:
            patched.setattr(
                importlib.metadata,
                "version",
                lambda name, changed=package: "0.0" if name == changed else version(name),
            )
            folders.append(cache_folder())
    with monkeypatch.context() as patched:
        patched.setattr("platform.python_version", lambda: "3.99.0")
        folders.append(cache_folder())
    assert len(set(folders)) == len(folders)
    assert all(folder.parent == tmp_path / "kernels" for folder in folders)
    assert cache_folder() == folders[0]


def test_cache_folder_moves_with_the_source_of_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kembar import compilation

    package = Path(compilation.__file__).parent
    copy = tmp_path / "kembar"
    (copy / "rules").mkdir(parents=True)
    for path in [*package.glob("*.py"), *(package / "rules").glob("*.py")]:
        (copy / path.relative_to(package)).write_bytes(path.read_bytes())
    whole = rule_hash()
    monkeypatch.setattr(compilation, "_PACKAGE", copy)
    assert rule_hash() == whole
    changed = copy / "rules" / "staffing.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# a word\n", encoding="utf-8")
    assert rule_hash() != whole


def test_first_run_of_a_rule_set_needs_compilation_once(
    rules_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEMBAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    rules_file.write_text(DEAF_HEADS.replace("0.0", "0.123"), encoding="utf-8")
    assert needs_compilation(rules_file)
    mark_compiled(rules_file)
    assert not needs_compilation(rules_file)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "yes")
    assert needs_compilation(rules_file)


def test_interpreted_rules_are_plain_functions(rules: dict[str, Any]) -> None:
    import inspect

    assert {"simulate", "step", "begin", "philox", "money_factor", "split_shortfall"} <= set(rules)
    assert all(inspect.isfunction(function) for function in rules.values())
