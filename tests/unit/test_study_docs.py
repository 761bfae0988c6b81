"""The pages on studies name just the keys that study files have, and show commands and files that work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from kembar.api import check
from kembar.cli import app
from kembar.experiment.design import KINDS, Factor, make_design
from kembar.experiment.form import CalibrationForm, CombinationForm, DesignForm, FactorForm, PrecisionForm, StudyForm
from kembar.experiment.study import load_study
from kembar.locations import experiments_folder, find_file, is_path, policies_folder, scenarios_folder
from kembar.outcomes import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
KEYS = ROOT / "experiments" / "README.md"
PAGES = ("README.md", "experiments/README.md", "results/README.md", "scenarios/README.md", "docs/studies.md")
FORMS = {
    "## Keys of a study": StudyForm,
    "### `[[factor]]`": FactorForm,
    "### `[design]`": DesignForm,
    "### `[precision]`": PrecisionForm,
    "### `[[combination]]`": CombinationForm,
    "### `[calibration]`": CalibrationForm,
}


def section(heading: str) -> str:
    """The text below a heading, down to the next one."""
    text = KEYS.read_text(encoding="utf-8")
    return re.split(r"^#+ ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows_of(heading: str, first: str) -> list[list[str]]:
    """The rows of the table below a heading whose first column has the heading `first`."""
    tables = re.findall(r"(?:^\|.*\n)+", section(heading), flags=re.MULTILINE)
    for table in tables:
        header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
        if header[0] == first:
            return rows
    raise AssertionError(f"no table of '{first}' below {heading}")


@pytest.mark.parametrize("heading", FORMS)
def test_keys_of_the_page_are_those_of_study_files(heading: str) -> None:
    fields = [field.alias or name for name, field in FORMS[heading].model_fields.items()]
    rows = rows_of(heading, "key")
    assert sorted(row[0].strip("`") for row in rows) == sorted(fields)
    assert all(len(row) == 2 and row[1] for row in rows)


def test_every_part_of_a_study_file_has_its_table() -> None:
    assert set(FORMS.values()) == {StudyForm, *StudyForm.parts.values()}


def test_designs_of_the_page_are_those_there_are_with_their_sizes() -> None:
    rows = {row[0].strip("`"): row for row in rows_of("### `[design]`", "kind")}
    assert set(rows) == set(KINDS)
    factors = [Factor(name, 0, 1) for name in "abc"]
    assert make_design("sobol", factors, base=4).points == 4 * (3 + 2)
    assert make_design("sobol", factors, base=4, second_order=True).points == 4 * (2 * 3 + 2)
    assert make_design("morris", factors, trajectories=5).points == 5 * (3 + 1)
    assert rows["sobol"][1] == "`base` × (*k* + 2), with `second_order` `base` × (2*k* + 2)"
    assert rows["morris"][1] == "`trajectories` × (*k* + 1)"


def examples(page: str) -> list[str]:
    """The TOML files that a page shows."""
    return re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_study_shown_is_sound_and_has_the_runs_that_the_page_counts(tmp_path: Path) -> None:
    (example,) = examples("experiments/README.md")
    path = tmp_path / "shown.toml"
    path.write_text(example, encoding="utf-8")
    study = load_study(path)
    assert study.form.replicates is not None
    runs = study.points * len(study.arms) * study.form.replicates
    assert f"3 × 2 points × 3 arms (the baseline and two policies) × 50 replicates = {runs} runs" in KEYS.read_text()


def test_the_policy_shown_is_sound_and_reaches_its_city(tmp_path: Path) -> None:
    from kembar.inputs import build
    from kembar.scenario.reader import load_policy, load_scenario

    (example,) = examples("docs/studies.md")
    path = tmp_path / "our-fund.toml"
    path.write_text(example, encoding="utf-8")
    (found,) = check([path])["files"]
    assert (found["kind"], found["errors"]) == ("policy", [])
    inputs = build(load_scenario("indonesia"), [load_policy(path)])
    assert len(inputs.arrays["changes"]) == 3  # two levers set, one of them set back


def commands(page: str) -> list[str]:
    """Commands of kembar in the code blocks and between the backticks of a page, without their comments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    inline = re.findall(r"`([^`]+)`", outside)
    found = [re.match(r"(?:\S*[/\\])?kembar ([a-z].*)", line.split("  #")[0].strip()) for line in [*lines, *inline]]
    return [match.group(1) for match in found if match]


SHOWN = [(page, line) for page in PAGES for line in commands(page)]


def test_the_pages_show_every_command_on_many_runs() -> None:
    named = {shlex.split(line)[0] for page, line in SHOWN if page != "README.md"}
    wanted = {"compare", "study", "status", "resume", "replay", "report", "export", "why", "new", "check", "list"}
    assert wanted <= named


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_shown_is_one_that_the_program_takes(page: str, line: str) -> None:
    given = parsed(shlex.split(line))
    places: list[tuple[str, Path, str]] = []
    for key, value in given.items():
        for word in value if isinstance(value, list | tuple) else [value]:
            if word is None:
                continue
            if key in ("policy", "policies"):
                places += [(part, policies_folder(), "policy") for part in word.split("+")]
            if key == "world":
                places.append((word, scenarios_folder(), "scenario"))
            if key == "name" and line.startswith("study "):
                places.append((word, experiments_folder(), "study"))
            if key == "outcome":
                assert word in BY_NAME
    for word, folder, what in places:
        if not is_path(word) and word not in OWN:
            find_file(word, folder, what)  # raises for a name that is not shipped


OWN = {"my-city"}  # a name that the page tells the reader to give


def parsed(words: list[str]) -> dict[str, Any]:
    """The parameters of a command line, checked and converted, without carrying it out."""
    group: Any = typer.main.get_command(app)
    context = group.make_context("kembar", [words[0]], resilient_parsing=True)
    name, command, _ = group.resolve_command(context, words)
    values: dict[str, Any] = command.make_context(name, words[1:], parent=context).params
    return values


def test_a_flag_that_does_not_exist_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["compare", "indonesia", "matching-fund", "--run", "3", "--presision", "5%"])
