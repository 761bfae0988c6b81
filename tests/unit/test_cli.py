"""The command line: what goes to which stream, exit codes, and the words of its errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kembar import __version__
from kembar.cli import main

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("run", "two-cities", "--years", "2")


@pytest.fixture
def kembar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary):
    """Runs a command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def in_process(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, with rules that run interpreted: a two-year run is faster than compiling."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "model"), "NUMBA_DISABLE_JIT": "1", **variables}
    return subprocess.run([sys.executable, "-m", "kembar", *words], cwd=folder, env=environment, capture_output=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "error: unknown command 'rnu'; this version has run, list, show,"),
        (["run", "--polcy", "x"], "error: --polcy: no such option; did you mean --policy?"),
        (["list", "policies", "-x"], "error: -x: no such option; there are --json, --quiet, --help"),
        (["run", "--seed", "abc"], "error: --seed: 'abc' is not a number; it takes a whole number from 0 to 9223372"),
        (["run", "--years", "0"], "error: --years: 0 is out of range; it takes a whole number from 1 to 200; did you "),
        (["run", "--years=201"], "it takes a whole number from 1 to 200; did you mean 200?"),
        (["run", "--years", "1.6"], "error: --years: 1.6 is not a whole number; it takes a whole number from 1 to"),
        (["run", "--years"], "error: --years: has no value; it takes a whole number from 1 to 200"),
        (["run", "--city"], "error: --city: has no value; write --city CITY"),
        (["run", "--json=3"], "error: --json: takes no value; write --json by itself"),
        (["run", "two-cities", "jsn"], "error: unexpected argument 'jsn'; run takes WORLD; did you mean --json?"),
        (["replay", "nowhere", "first"], "error: RUN: 'first' is not a number; it takes a whole number"),
        (["compare", "two-cities", "austerity", "--runs=abc"], "--runs: 'abc' is not a number; it takes a whole"),
        (["compare", "two-cities", "x", "--equal-cost=nan"], "'nan' is not a number; it takes a number from 0 on"),
        (["run", "indonesa"], "error: unknown scenario 'indonesa'; did you mean indonesia?"),
        (["run", "--set", "search_efort=2"], "--set: search_efort: unknown parameter; did you mean search_effort?"),
        (["run", "two-cities", "--set", "search_effort"], "error: --set: 'search_effort' is not KEY=VALUE"),
        (["run", "--set", "search_effort=1", "--set", "search_effort=2"], "--set: search_effort: is set twice"),
        (["run", "two-cities", "--city", "Segara"], "error: --city: unknown city 'Segara'; did you mean Sagara"),
        (["run", "two-cities", "--policy", "no-such-policy"], "error: unknown policy 'no-such-policy'"),
        (["run", "two-cities", "--rules", "none.py"], "error: none.py: the rules file cannot be read"),
        (["list", "parameter"], "did you mean parameters?"),
        (["show", "search_efort"], "error: unknown name 'search_efort'; did you mean search_effort?"),
        (["why"], "error: DIR: is missing"),
        (["why", "nowhere", "A - B"], "error: nowhere: no such folder"),
        (["new", "polcy", "mine"], "error: unknown kind 'polcy'; there are scenario, policy, study; did you mean "),
        (["new", "policy", "My Policy"], "error: 'My Policy' is no name for a policy"),
        (["import", "nodes.csv", "edges.csv"], "error: nodes.csv: "),
    ],
)  # fmt: skip
def test_mistake_is_one_plain_line_with_exit_code_2_and_nothing_written(kembar, tmp_path, words, message) -> None:
    code, out, err = kembar(*words)
    assert code == 2
    assert out == ""
    assert message in err
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["scenarios", "policies", "parameters", "studies", "outcomes"])
def test_list_gives_an_array_of_named_things(kembar, kind: str) -> None:
    code, out, err = kembar("list", kind, "--json")
    entries = json.loads(out)
    assert (code, err) == (0, "")
    assert all({"name", "title"} <= set(entry) for entry in entries)
    assert [entry["name"] for entry in entries] == list(dict.fromkeys(entry["name"] for entry in entries))
    if kind == "parameters":
        assert all({"unit", "kind", "value", "range", "basis", "source"} <= set(entry) for entry in entries)
    if kind != "studies" and kind != "policies":
        assert entries


@pytest.mark.parametrize("name", ["search_effort", "two-cities", "active_share"])
def test_show_gives_one_object(kembar, name: str) -> None:
    code, out, _ = kembar("show", name, "--json")
    assert code == 0
    assert json.loads(out)["name"] == name


def test_show_follows_a_source_to_its_reference(kembar) -> None:
    shown = json.loads(kembar("show", "funding_share", "--json")[1])
    assert [reference["key"] for reference in shown["references"]] == shown["source"]
    assert all(reference["title"] for reference in shown["references"])


def test_templates_are_valid_and_never_overwrite(kembar, tmp_path: Path) -> None:
    for kind in ("scenario", "policy", "study"):
        code, _, _ = kembar("new", kind, f"my-{kind}")
        assert code == 0
        code, out, err = kembar("check", f"my-{kind}.toml", "--json")
        assert (code, json.loads(out)["files"][0]["errors"], err) == (0, [], "")
        (tmp_path / f"my-{kind}.toml").write_text("mine")
        code, _, err = kembar("new", kind, f"my-{kind}")
        assert code == 2
        assert err == f"error: my-{kind}.toml: exists already; nothing is overwritten\n"
        assert (tmp_path / f"my-{kind}.toml").read_text() == "mine"


def test_check_tells_every_file_and_fails_when_one_is_wrong(kembar, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('title = "A"\nabout = "B"\nyeers = 3\n')
    code, out, err = kembar("check", "wrong.toml", str(ROOT / "scenarios" / "two-cities.toml"), "--json")
    files = json.loads(out)["files"]
    assert code == 2
    assert [item["ok"] for item in files] == [False, True]
    assert files[0]["errors"] == err.splitlines()
    code, out, _ = kembar("check", "wrong.toml")
    assert (code, out) == (2, "")


def test_version_is_printed(kembar) -> None:
    assert kembar("--version") == (0, f"kembar {__version__}\n", "")


def test_start_up_loads_nothing_heavy() -> None:
    program = (
        "import sys; from kembar.cli import main; main(['list', 'parameters']); "
        "print([n for n in ('numba', 'pandas', 'pyarrow', 'matplotlib', 'scipy', 'mesa') if n in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "model")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_run_prints_one_json_value_and_finds_its_folder_again(tmp_path: Path) -> None:
    first = in_process(tmp_path, *SMALL, "--json", "--set", "search_effort=0.5", "--seed", "5")
    assert first.returncode == 0, first.stderr.decode()
    shown = json.loads(first.stdout)
    wanted = {"scenario", "policies", "seed", "years", "cities", "agreements", "outcomes", "causes", "manifest"}
    assert set(shown) == wanted
    assert (shown["scenario"], shown["seed"], shown["years"], shown["cities"]) == ("two-cities", 5, 2, 2)
    assert all({"value", "unit"} <= set(outcome) for outcome in shown["outcomes"].values())
    assert all(outcome["value"] is not None or outcome["reason"] for outcome in shown["outcomes"].values())
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name == f"two-cities-s5-{shown['manifest']['input_hash'][:8]}"
    assert not (folder / "figures").exists()
    again = in_process(tmp_path, *SMALL, "--json", "--set", "search_effort=0.5", "--seed", "5")
    assert again.returncode == 0
    assert b"is already complete" in again.stderr
    assert json.loads(again.stdout) == shown


def test_run_summarises_before_it_draws_and_refuses_other_inputs(tmp_path: Path) -> None:
    done = in_process(tmp_path, *SMALL, "--out", "out", "--city", "sagara", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode("ascii")
    assert "Two cities: 2026 to 2027, seed 1" in text
    assert "Sagara (ID): " in text
    assert b"drawing the figures" in done.stderr
    names = {"stages", "survival", "benefits-by-sector", "map", "budget"}
    files = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert files == {f"{name}.{form}" for name in names for form in ("png", "svg")}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    other = in_process(tmp_path, *SMALL, "--out", "out", "--seed", "2")
    assert (other.returncode, other.stdout) == (2, b"")
    assert other.stderr == b"error: out: holds results of other inputs; --force replaces it\n"
    told = in_process(tmp_path, "why", "out", "sagara - lindau am meer", "--json")
    assert json.loads(told.stdout)["agreement"] == "Lindau am Meer (DE) - Sagara (ID)"


def test_own_rule_changes_the_run_and_is_named_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def planned_budget(city, levers):\n    return 0.0\n")
    done = in_process(tmp_path, *SMALL, "--json", "--rules", "mine.py", "--out", "out")
    assert done.returncode == 0, done.stderr.decode()
    shown = json.loads(done.stdout)
    assert shown["manifest"]["rules"]["file"] == "mine.py"
    assert shown["outcomes"]["appropriated_kusd"]["value"] == 0.0
    plain = json.loads(in_process(tmp_path, *SMALL, "--json", "--out", "plain").stdout)
    assert plain["outcomes"]["appropriated_kusd"]["value"] > 0.0
    assert plain["manifest"]["rules"]["hash"] != shown["manifest"]["rules"]["hash"]


def test_rule_that_stops_the_run_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def planned_budget(city, levers):\n    raise ValueError('no')\n")
    done = in_process(tmp_path, *SMALL, "--rules", "mine.py", "--out", "out", "--quiet")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: mine.py: a rule of this file cannot be compiled or run; ValueError: no\n"
    assert not (tmp_path / "out").exists()


def test_interruption_ends_with_130_and_leaves_nothing(kembar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kembar.api._run", interrupted)
    monkeypatch.setattr("kembar.api._announce_compilation", lambda *_: None)
    monkeypatch.setattr("kembar.compilation.kernel", lambda *_: None)
    code, out, err = kembar(*SMALL, "--out", "out")
    assert (code, out) == (130, "")
    assert err.startswith("interrupted: ")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_is_exit_code_3(kembar, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, out, err = kembar(*SMALL, "--out", "file/out")
    assert (code, out) == (3, "")
    assert "cannot be written" in err


LATE = """
title = "Late"
about = "A policy that begins after the run, and one that changes nothing."

[[change]]
parameter = "cofunding_rate"
target = "all"
from = 2060
value = 1
because = "a test"

[[change]]
parameter = "monitoring"
target = "all"
from = 2027
value = 0
because = "a test"

[[change]]
parameter = "ring_fence"
target = "Sagara"
from = 2027
value = 0.5
because = "a test"
"""


def test_lines_of_a_policy_that_do_nothing_are_warned_about(kembar, tmp_path) -> None:
    (tmp_path / "late.toml").write_text(LATE, encoding="utf-8")
    warnings = [
        "warning: late.toml:5: cofunding_rate: does nothing in two-cities; it begins in 2060Q1 and the run is from "
        "2026Q1 until 2056Q1",
        "warning: late.toml:12: monitoring: does nothing in two-cities; what it reaches (all) has that value already",
    ]
    assert kembar("check", "late.toml") == (0, "late.toml: policy, sound\n", "")
    code, out, err = kembar("check", "late.toml", "--world", "two-cities")
    assert (code, out, err.splitlines()) == (0, "late.toml: policy, sound\n", warnings)
    (found,) = json.loads(kembar("check", "late.toml", "--world", "two-cities", "--json")[1])["files"]
    assert (found["ok"], found["errors"], found["warnings"]) == (True, [], warnings)
    code, _, err = kembar(*SMALL, "--policy", "./late.toml", "--json")
    assert (code, err.splitlines()[:2]) == (0, [warnings[0].replace("2056Q1", "2028Q1"), warnings[1]])
    (tmp_path / "other.toml").write_text(LATE.replace("Sagara", "Sagarra"), encoding="utf-8")
    assert kembar("check", "other.toml")[0] == 0
    code, out, err = kembar("check", "other.toml", "--world", "two-cities")
    assert (code, out) == (2, "")
    assert "other.toml:19: target: unknown target 'Sagarra'; it is no city, group or country of this world" in err
    assert "did you mean Sagara" in err
