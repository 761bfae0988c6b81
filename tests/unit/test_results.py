"""A results folder: whole or not there, the same bytes for the same run, and never over something else."""

import json
import re
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from kembar import documentation
from kembar.errors import InputError, StorageError
from kembar.manifest import input_hash, make_manifest, schema_text
from kembar.results import (
    Results,
    default_folder,
    is_complete_already,
    new_folder,
    read_results,
    write_manifest,
    write_tables,
)
from kembar.schemas import TEXT, arrow_schema, tables
from kembar.tables import make_tables

ROOT = Path(__file__).resolve().parents[2]


def write(hand_made, folder: Path) -> Results:
    record = hand_made.record
    made = make_tables(record)
    with new_folder(folder) as draft:
        hashes = write_tables(draft, made)
        manifest = make_manifest(record.inputs, record.seed, None, folder=folder, tables=hashes, seconds=0.5)
        write_manifest(draft, manifest)
    return Results(folder, manifest, made)


def test_folder_is_read_back_as_it_was_written(hand_made, tmp_path: Path) -> None:
    written = write(hand_made, tmp_path / "out")
    read = read_results(tmp_path / "out")
    assert read.manifest == written.manifest
    for name, table in written.tables.items():
        assert read.tables[name].equals(table), name


def test_tables_are_pandas_frames_with_missing_cells(hand_made, tmp_path: Path) -> None:
    results = write(hand_made, tmp_path / "out")
    frame = results.frame("agreements")
    assert frame["agreement"].tolist() == results.columns("agreements", "agreement")[0]
    assert frame["how"].isna().tolist() == [value is None for value in results.columns("agreements", "how")[0]]
    with pytest.raises(InputError, match="unknown table 'agreement'; did you mean agreements"):
        results.frame("agreement")


def test_same_run_gives_the_same_bytes(hand_made, tmp_path: Path) -> None:
    first, second = write(hand_made, tmp_path / "one"), write(hand_made, tmp_path / "two")
    assert first.manifest.tables == second.manifest.tables
    for name in first.manifest.tables:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_every_column_has_a_unit_and_a_meaning_in_its_file(hand_made, tmp_path: Path) -> None:
    write(hand_made, tmp_path / "out")
    for table in tables("run"):
        schema = parquet.read_schema(tmp_path / "out" / table.file)
        assert schema.names == [column.name for column in table.columns]
        assert len(set(schema.names)) == len(schema.names)
        for field, column in zip(schema, table.columns, strict=True):
            assert field.metadata[b"unit"].decode() == column.unit != ""
            assert field.metadata[b"about"].decode() == column.about != ""


def test_failures_are_empty_but_have_their_columns(hand_made) -> None:
    made = make_tables(hand_made.record)
    assert made["failures"].num_rows == 0
    assert made["failures"].column_names == ["run_id", "stage", "message", "seed"]


def test_agreements_are_rows_of_survival_analysis(hand_made) -> None:
    rows = make_tables(hand_made.record)["agreements"].to_pylist()
    spells = [(row["start"], row["stop"], row["event"], row["entry"]) for row in rows]
    assert spells[0] == (9.5, 11.0, "dormancy", "2026Q1")
    assert spells[1] == (None, None, None, "2026Q1")  # asleep when the run began
    assert spells[2] == (0.0, 4.0, "censored", "2027Q1")
    assert spells[3] == (None, None, None, None)
    assert [row["cause"] for row in rows] == ["leader_b", None, None, None]
    assert next((row["life_start"], row["life_stop"], row["how"]) for row in rows) == (9.5, 12.5, "review")
    assert [row["agreement"] for row in rows][3] == "Ayu (ID) - Zuid (NL) #2"


def test_events_name_who_what_and_why(hand_made) -> None:
    rows = make_tables(hand_made.record)["events"].to_pylist()
    by_kind = {row["event"]: row for row in rows}
    dormant = by_kind["went_dormant"]
    assert (dormant["date"], dormant["agreement"], dormant["cause"]) == ("2027Q3", "Ayu (ID) - Zuid (NL)", "leader_b")
    assert sum(value for name, value in dormant.items() if name.startswith("shortfall_")) == pytest.approx(4.0)
    assert (by_kind["ended"]["detail"], by_kind["ended"]["city"]) == ("review", "Ayu (ID)")
    assert (by_kind["leader_changed"]["city"], by_kind["leader_changed"]["agreement"]) == ("Zuid (NL)", None)
    assert by_kind["relations_changed"]["detail"] == "strained"
    assert by_kind["leader_changed"]["trust"] is None


def test_outcome_without_value_is_an_empty_cell_with_its_reason(hand_made) -> None:
    record = hand_made.record
    record.series["spent_kusd"] = 0.0
    (row,) = make_tables(record)["runs"].to_pylist()
    assert row["benefit_points_per_kusd"] is None
    assert "benefit_points_per_kusd: no money was spent" in row["reasons"].split("; ")


def test_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out") as draft:
        (draft / "half").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_interruption_keeps_the_folder_that_was_to_be_replaced(hand_made, tmp_path: Path) -> None:
    write(hand_made, tmp_path / "out")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out"):
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert read_results(tmp_path / "out").manifest.seed == 3


def test_folder_of_the_same_inputs_is_complete_and_of_others_is_refused(hand_made, tmp_path: Path) -> None:
    folder, inputs = tmp_path / "out", hand_made.record.inputs
    identity = input_hash(inputs, None)
    assert not is_complete_already(folder, identity, 3, force=False)
    write(hand_made, folder)
    assert is_complete_already(folder, identity, 3, force=False)
    with pytest.raises(InputError, match="holds results of other inputs; --force replaces it"):
        is_complete_already(folder, identity, 4, force=False)
    with pytest.raises(InputError, match="holds results of other inputs"):
        is_complete_already(folder, "0" * 64, 3, force=False)
    assert not is_complete_already(folder, identity, 4, force=True)


def test_folder_of_something_else_is_never_touched_not_even_by_force(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    with pytest.raises(InputError, match="holds files that are no results of kembar; nothing in it is touched"):
        is_complete_already(tmp_path / "letters", "0" * 64, 1, force=True)


def test_default_folder_names_world_seed_and_inputs(hand_made) -> None:
    folder = default_folder(hand_made.record.inputs, 3, "0123456789abcdef")
    assert folder == Path("results") / "three-towns-s3-01234567"


def test_damaged_table_is_told_and_not_read(hand_made, tmp_path: Path) -> None:
    write(hand_made, tmp_path / "out")
    file = tmp_path / "out" / "events.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(
        StorageError, match=r"events.parquet: is damaged; its content is not what manifest.json recorded"
    ):
        read_results(tmp_path / "out")
    file.unlink()
    with pytest.raises(StorageError, match=r"events.parquet: cannot be read"):
        read_results(tmp_path / "out")


def test_damaged_manifest_is_told_with_its_key(hand_made, tmp_path: Path) -> None:
    write(hand_made, tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "seed": "three"}), encoding="utf-8")
    with pytest.raises(StorageError, match=r"manifest.json: seed: is damaged"):
        read_results(tmp_path / "out")
    path.write_text(json.dumps({**content, "format": 99}), encoding="utf-8")
    with pytest.raises(StorageError, match="was made by another version of kembar"):
        read_results(tmp_path / "out")


def test_missing_folder_names_the_nearest(hand_made, tmp_path: Path) -> None:
    write(hand_made, tmp_path / "demo")
    with pytest.raises(InputError, match=r"no such folder; did you mean .*demo\?"):
        read_results(tmp_path / "demos")


def test_published_schema_is_that_of_the_manifest_and_pages_are_current() -> None:
    schema = json.loads(schema_text())
    assert {part["$ref"].rpartition("/")[2] for part in schema["oneOf"]} == {"Manifest", "StudyManifest"}
    assert schema["$defs"]["Manifest"]["properties"]["input_hash"]["description"]
    assert documentation.outdated(ROOT) == [], "run `python -m kembar.documentation`"


def test_text_columns_hold_no_numbers_and_units_are_declared() -> None:
    extra = {"degrees", "points/year", "points/kusd", "fte-years"}
    from kembar.parameters import UNITS

    for table in (*tables("run"), *tables("study")):
        for column in table.columns:
            assert column.unit in UNITS or column.unit in extra, column.name
            assert not (column.type == TEXT and column.unit != "1"), column.name
        assert re.fullmatch(r"[a-z_]+", table.name)
        assert arrow_schema(table).metadata[b"row"].decode() == table.row
