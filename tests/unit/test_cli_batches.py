"""What goes wrong with the commands on many runs: their words and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from small_study import PAIR, Command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("study nothing", "error: unknown study 'nothing'; there are calibration, conclusions-funding, "),
        ("study demmo", "error: unknown study 'demmo'; did you mean demo?"),
        ("study small.toml --keep all", "error: --keep: 'all' cannot be kept; write --keep events"),
        ("study small.toml --replicates 0", "error: --replicates: 0 is out of range; it takes a whole number from"),
        ("study small.toml --lang fr", "error: --lang: unknown language 'fr'; there are en (English), id (Bahasa"),
        (
            "study small.toml --workers 2 --scheduler tcp://127.0.0.1:9",
            "error: --scheduler: does not go with --workers; a cluster brings its own workers",
        ),
        ("compare two-cities", "error: POLICY...: is missing"),
        ("compare two-cities matching-fnd", "error: unknown policy 'matching-fnd'; did you mean matching-fund?"),
        (
            "compare two-cities matching-fund matching-fund",
            "error: POLICY: 'matching-fund' stands twice; policies are told apart by their names",
        ),
        ("compare two-cities matching-fund --city Segar", "error: --city: unknown city 'Segar'; did you mean Sagara"),
        (
            "compare two-cities matching-fund --outcome active_shar",
            "error: --outcome: unknown outcome 'active_shar'; did you mean active_share?",
        ),
        (
            "compare two-cities matching-fund --precision 10% --runs 5",
            "error: --runs: stands beside --precision; give one or the other",
        ),
        (
            "compare two-cities matching-fund --max-runs 50",
            "error: --max-runs: needs --precision; it bounds a comparison that stops at a precision; --runs says a",
        ),
        (
            "compare two-cities matching-fund --equal-cost 0",
            "error: --equal-cost: 0 is no cost; say how much a year, in thousand dollars",
        ),
        (
            "compare two-cities matching-fund --set funding_shar=1",
            "error: --set: funding_shar: unknown parameter; did you mean funding_share?",
        ),
        (
            "compare two-cities matching-fund --set cofunding_rate=2",
            "two changes of cofunding_rate overlap",
        ),
        ("status", "error: DIR: is missing"),
        ("status nowhere", "error: nowhere: no such folder"),
        ("resume nowhere", "error: nowhere: no such folder"),
        ("replay nowhere 1", "error: nowhere: no such folder"),
        ("export nowhere --format csv", "error: nowhere: no such folder"),
        ("export nowhere", "error: --format: is missing; write --format csv, --format xlsx, or --page FILE"),
    ],
)  # fmt: skip
def test_mistake_is_one_plain_line_with_exit_code_2(command: Command, tmp_path: Path, words: str, message: str) -> None:
    code, out, err = command(*words.split())
    assert (code, out) == (2, "")
    assert message in err
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("replay {} 12", "error: --run: no run 12; this study has 12 runs, numbered from 0"),
        ("why {} Sagara", "error: 'Sagara' is not an agreement; write both cities, as in \"Surabaya - Busan\""),
        ("export {} --format cvs", "error: --format: unknown format 'cvs'; there are csv and xlsx; "),
        ("study small.toml --seed 4 --out {}", "holds results of other inputs; --force replaces it"),
    ],
)
def test_mistake_in_a_finished_study_leaves_it_alone(
    command: Command, finished: Path, words: str, message: str
) -> None:
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    code, out, err = command(*[word.format(finished) for word in words.split()])
    assert (code, out) == (2, "")
    assert message in err
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


def test_twin_of_an_unknown_policy_names_those_of_the_study(command: Command, finished: Path) -> None:
    code, out, err = command("why", finished, PAIR, "--policy", "matching-fnd")
    assert (code, out) == (2, "")
    assert "the study has baseline, matching-fund and citizen-committees; did you mean matching-fund?" in err


def test_a_damaged_table_is_told_with_exit_code_3(command: Command, finished: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(finished, tmp_path / "damaged")
    path = tmp_path / "damaged" / "runs.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    code, out, err = command("export", "damaged", "--format", "csv")
    assert (code, out) == (3, "")
    assert "damaged/runs.parquet: is damaged; its content is not what manifest.json recorded" in err
