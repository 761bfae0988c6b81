"""The reference study that visitors can read without running anything is the one that its command makes today."""

import re
from pathlib import Path

from kembar.experiment.study import load_study
from kembar.study_results import read_study

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"
COMMAND = "kembar study demo --replicates 10 --out results/reference"
LARGEST_BYTES = 8_000_000


def test_the_reference_is_of_the_present_model_and_complete() -> None:
    results = read_study(REFERENCE)
    assert results.is_complete
    assert results.manifest.input_hash == load_study("demo").identity, f"make it again with: {COMMAND} --force"
    assert results.manifest.replicates == 10
    assert len(results.runs) == results.manifest.runs == 40


def test_the_reference_is_small_and_its_command_is_told() -> None:
    assert sum(path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file()) < LARGEST_BYTES
    assert COMMAND in (ROOT / "results" / "README.md").read_text(encoding="utf-8")
    assert (REFERENCE / "report.html").is_file()


def test_the_reference_names_no_folder_of_the_machine_it_was_made_on() -> None:
    for path in (*REFERENCE.glob("*.json"), *REFERENCE.glob("*.html"), *REFERENCE.rglob("*.csv")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|home|root|tmp|Users)/", text), path.name
