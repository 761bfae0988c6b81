"""The description of the model and the model name the same things, in both directions."""

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import kembar
from kembar import records
from kembar.compilation import kernel
from kembar.parameters import SECTORS, declarations
from kembar.randomness import STREAMS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(kembar.__file__).parent
PAGE = ROOT / "docs" / "odd.md"
README = ROOT / "model" / "README.md"

# The rows of the first column of each of these tables are exactly the fields of a record, in its order.
TABLES_OF_RECORDS = {
    "COUNTRY": ("2.1", "variable"),
    "CITY": ("2.2", "variable"),
    "AGREEMENT": ("2.3", "variable"),
    "SURROUNDINGS": ("2.4", "variable"),
    "SCHEDULED_EVENT": ("2.5", "field", "kind"),
    "CHANGE": ("2.5", "field", "quarter"),
    "EVENT": ("7.14", "field"),
    "SERIES": ("7.12", "column", "exploring"),
    "CITY_YEAR": ("7.12", "column", "appropriated_kusd"),
}
# Every parameter and stream of a rule's file is named in the sections that describe the file.
SECTIONS_OF_RULES = {
    "surroundings": ("7.1",),
    "elections": ("7.2",),
    "budgets": ("7.3",),
    "staffing": ("7.4",),
    "search": ("7.5",),
    "pairing": ("7.5.1",),
    "negotiation": ("7.6",),
    "allocation": ("7.7",),
    "exchange": ("7.8",),
    "benefits": ("7.9",),
    "evaluation": ("7.10",),
    "lifecycle": ("7.11",),
    "recording": ("7.12",),
    "decline": ("7.13",),
    "beginning": ("5",),
    "numbers": ("7.0",),
    "ordering": ("7.0", "7.5"),
}
# Names in backticks that are none of the model's own.
OTHER_NAMES = {
    "archipelago",  # the generated world's scenario
    "assumption",  # a basis of parameters
    "from",  # keys of scenario files
    "until",
    "not_begun",  # how tables show a recorded signing before its talks
}
NAME = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9]+)*")


@cache
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@cache
def sections() -> dict[str, str]:
    """Text by number of the heading, the text of its subsections included."""
    found: dict[str, list[str]] = {}
    open_sections: list[tuple[int, str]] = []
    for line in page().splitlines():
        heading = re.match(r"(#{2,4}) (\d+(?:\.\d+)*[a-z]?) ", line)
        if heading or line.startswith("## "):
            depth = len(heading.group(1)) if heading else 2
            open_sections = [(level, number) for level, number in open_sections if level < depth]
            if heading:
                open_sections.append((depth, heading.group(2)))
        for _, number in open_sections:
            found.setdefault(number, []).append(line)
    return {number: "\n".join(lines) for number, lines in found.items()}


def names_in(text: str) -> set[str]:
    """Whole names in backticks; headings and tables included."""
    return {word for word in re.findall(r"`([^`\n]+)`", text) if NAME.fullmatch(word)}


def tables_in(text: str) -> list[list[list[str]]]:
    """Tables as rows of cells, the header first."""
    found: list[list[list[str]]] = []
    is_inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            is_inside = False
            continue
        if not is_inside:
            found.append([])
            is_inside = True
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not set("".join(cells)) <= set("- "):
            found[-1].append(cells)
    return found


def paragraph(section: str, start: str) -> str:
    """The paragraph that begins with these words."""
    return next(text for text in sections()[section].split("\n\n") if text.startswith(start))


def first_column(section: str, heading: str, first: str | None = None) -> list[str]:
    """First cells of the table whose first column has that heading (and whose first row has that name)."""
    for header, *rows in tables_in(sections()[section]):
        cells = [row[0].strip("`") for row in rows]
        if header[0] == heading and first in (None, cells[0]):
            return cells
    raise AssertionError(f"section {section} has no table of '{heading}'")


def processes() -> list[str]:
    """The functions that the quarter calls, in order."""
    tree = ast.parse((PACKAGE / "simulation.py").read_text(encoding="utf-8"))
    step = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "step")
    calls = [call for node in step.body for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [call.func.id for call in calls if isinstance(call.func, ast.Name)]


def dtypes() -> dict[str, np.dtype[np.void]]:
    return {name: value for name, value in vars(records).items() if isinstance(value, np.dtype) and value.names}


def parameter_keys() -> set[str]:
    return {item.key for item in declarations()}


def rule_files() -> list[str]:
    return sorted(path.stem for path in (PACKAGE / "rules").glob("*.py") if path.stem != "__init__")


def parameters_read_in(file: str) -> set[str]:
    """Parameters and levers that a rule's file takes from the records it is given."""
    tree = ast.parse((PACKAGE / "rules" / f"{file}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner == "p" or "levers" in owner or owner.startswith("world.parameters"):
                found.add(node.attr)
    return found & parameter_keys()


def streams_drawn_in(file: str) -> set[str]:
    """Names of the streams that a rule's file imports."""
    tree = ast.parse((PACKAGE / "rules" / f"{file}.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "kembar.randomness"
        for alias in node.names
    }
    return {stream for stream in STREAMS if stream.replace(".", "_", 1).upper() in imported}


def known_names() -> set[str]:
    known = set(OTHER_NAMES) | set(SECTORS) | set(processes()) | parameter_keys() | set(STREAMS)
    known |= set(records.STAGES) | set(records.ENDINGS) | set(records.EVENT_KINDS) | set(records.STATUSES)
    known |= set(records.SURROUNDING_KINDS) | set(records.PARTS) | set(records.SIDE_FACTORS)
    known |= set(records.World._fields)
    for dtype in dtypes().values():
        known |= set(dtype.names or ())
    return known


def test_the_parsing_of_the_quarter_finds_thirteen_calls() -> None:
    assert len(processes()) == 13


def test_schedule_lists_the_calls_of_the_quarter_in_order() -> None:
    rows = next(table for table in tables_in(sections()["3"]) if table[0][1] == "process")[1:]
    assert [row[1].strip("`") for row in rows] == processes()


def test_each_process_has_its_submodel_in_order() -> None:
    headings = re.findall(r"^### 7\.\d+[a-z]? .*\(`(\w+)`\)$", page(), flags=re.MULTILINE)
    assert headings == processes()


@pytest.mark.parametrize("name", sorted(dtypes()))
def test_state_variables_are_those_of_the_record(name: str) -> None:
    assert name in TABLES_OF_RECORDS, f"docs/odd.md has no table for the record {name}"
    assert first_column(*TABLES_OF_RECORDS[name]) == list(dtypes()[name].names or ())


def test_arrays_of_a_run_are_those_of_the_world() -> None:
    assert first_column("2.5", "array") == list(records.World._fields)


def test_state_variables_have_meaning_unit_and_range() -> None:
    for section in ("2.1", "2.2", "2.3", "2.4"):
        table = next(table for table in tables_in(sections()[section]) if table[0][0] == "variable")
        assert table[0] == ["variable", "meaning", "unit", "range"]
        assert all(len(row) == 4 and all(row) for row in table[1:])


def test_stages_are_those_of_the_model() -> None:
    named = first_column("2.3", "stage")
    assert sorted(named) == sorted(records.STAGES)


def test_endings_are_those_of_the_model() -> None:
    text = paragraph("2.3", "**How** an agreement ended")
    assert names_in(text) == set(records.ENDINGS) - {""}


def test_statuses_are_those_of_the_model() -> None:
    text = paragraph("2.3", "**Status** in the register")
    assert names_in(text) == set(records.STATUSES)


def test_sectors_stand_in_their_order() -> None:
    assert re.findall(r"`(\w+)`", paragraph("2", "**The eight sectors**")) == list(SECTORS)


def test_event_kinds_are_those_of_the_log() -> None:
    assert first_column("7.14", "kind") == list(records.EVENT_KINDS)


def test_scheduled_kinds_stand_in_their_order() -> None:
    row = next(line for line in sections()["2.5"].splitlines() if line.startswith("| `kind`"))
    assert re.findall(r"`(\w+)`", row)[1:] == list(records.SURROUNDING_KINDS)


def test_factors_of_readiness_are_those_of_the_history() -> None:
    assert sorted(first_column("7.8", "factor", "money")) == sorted(records.SIDE_FACTORS)
    assert first_column("7.8", "factor", "trust") == list(records.SHARED_FACTORS)


def test_parts_of_a_split_stand_in_their_order() -> None:
    text = paragraph("7.13", "The 20 parts in order")
    assert re.findall(r"`(\w+)`", text) == list(records.PARTS)


def test_streams_are_those_of_the_model_with_their_numbers() -> None:
    rows = next(table for table in tables_in(sections()["7.0"]) if table[0][0] == "stream")[1:]
    assert {row[0].strip("`"): int(row[1]) for row in rows} == STREAMS


def test_every_parameter_is_named() -> None:
    assert parameter_keys() - names_in(page()) == set()


def test_every_name_in_the_description_exists() -> None:
    assert names_in(page()) - known_names() == set()


def test_allowed_names_are_used_and_are_not_the_models_own() -> None:
    assert names_in(page()) >= OTHER_NAMES
    assert not OTHER_NAMES & (parameter_keys() | set(processes()) | set(STREAMS))


@pytest.mark.parametrize("file", rule_files())
def test_submodel_names_the_parameters_and_streams_of_its_rules(file: str) -> None:
    text = "\n".join(sections()[number] for number in SECTIONS_OF_RULES[file])
    missing = (parameters_read_in(file) | streams_drawn_in(file)) - names_in(text)
    assert missing == set(), f"rules/{file}.py uses what section {SECTIONS_OF_RULES[file]} does not name"


def test_reading_of_rules_finds_their_parameters_and_streams() -> None:
    assert parameters_read_in("budgets") >= {"funding_share", "wish_base", "resilience_buffer"}
    assert streams_drawn_in("elections") == {"city.candidacy", "city.departure", "city.election", "city.leader"}


def test_claims_and_patterns_are_complete() -> None:
    assert first_column("1.3", "claim") == [f"S{number:02d}" for number in range(1, 28)]
    assert first_column("1.2", "id") == [f"P{number:02d}" for number in range(1, 17)]


def test_names_stand_on_one_line_with_even_backticks() -> None:
    """A name broken over two lines would escape every test above."""
    broken = [line for line in page().splitlines() if line.count("`") % 2]
    assert broken == []


def test_readme_of_the_model_lists_the_calls_of_the_quarter_with_their_files() -> None:
    header, *rows = next(table for table in tables_in(README.read_text(encoding="utf-8")) if table[0][1] == "process")
    assert header == ["order", "process", "file in `kembar/`", "what it does"]
    assert [row[1].strip("`") for row in rows] == processes()
    for _, name, file, _ in rows:
        source = (PACKAGE / file.strip("`")).read_text(encoding="utf-8")
        assert f"def {name.strip('`')}(world: World" in source


def test_readme_of_the_model_names_every_file_of_rules() -> None:
    named = set(re.findall(r"`rules/(\w+)\.py`", README.read_text(encoding="utf-8")))
    assert named == set(rule_files())


def test_example_of_a_replaced_rule_works(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert block is not None
    file = tmp_path / "mine.py"
    file.write_text(block.group(1), encoding="utf-8")
    assert kernel(file, interpreted=True).rules["leader_factor"](0.5, 0.0, None) == 0.25


def test_calendar_entries_stand_in_the_description() -> None:
    row = next(line for line in sections()["2.5"].splitlines() if line.startswith("| `calendar`"))
    entries = (records.NO_CHANGE, records.ELECTION, records.CARETAKER, records.OWN_TERM)
    assert [int(number) for number in re.findall(r"\b(\d) [a-z]", row)] == list(entries)


def test_the_description_gives_no_values_that_a_parameter_may_move_on_from() -> None:
    """Values stand in the generated page of parameters; here only the history of changes names any."""
    text = "\n".join(sections()[number] for number in ("3", "5", "7"))
    for item in declarations():
        assert not re.search(rf"`{item.key}` ?(?:=|is) ?\d", text), f"a value of {item.key}"
