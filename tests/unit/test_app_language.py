"""The app's words: every message that the page asks for exists, and shared terms say what the declarations say."""

from __future__ import annotations

import re

import pytest

from kembar.app.description import LEVER_GROUPS, describe_assumptions, describe_language
from kembar.app.engine import Engine
from kembar.app.facts import ENDINGS, FACTORS
from kembar.app.files import read_page_files
from kembar.inputs import STATUS_CODES as STATUSES
from kembar.language import LANGUAGES, messages, placeholders
from kembar.outcomes import OUTCOMES
from kembar.parameters import BASES, UNITS, levers, uncertainties
from kembar.records import EVENT_KINDS, SECTORS, STAGES
from kembar.scenario.reader import available_policies, available_scenarios, load_scenario
from kembar.scenario.schema import EVENT_KINDS as SCHEDULED_KINDS
from kembar.wording import FACTORS as FACTORS_IN_WORDS

SCRIPTS = {name: text for name, text in read_page_files().items() if name.endswith(".js")}
_CALL = re.compile(r"""\btext\((["`])(?P<key>[\w.${}\[\] -]+?)\1(?P<rest>,\s*\{[^}]*\})?""")


def calls() -> list[tuple[str, str]]:
    return [(name, found["key"]) for name, text in SCRIPTS.items() for found in _CALL.finditer(text)]


def test_the_search_for_messages_finds_them() -> None:
    assert len(calls()) > 150
    assert ("results.js", "app.figure.active") in calls()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_page_exists(language: str) -> None:
    texts = describe_language(language)["texts"]
    missing = []
    for script, key in calls():
        pattern = "[^.]+".join(map(re.escape, re.split(r"\$\{[^}]+\}", key)))  # a part that varies
        if not any(re.fullmatch(pattern, known) for known in texts):
            missing.append((script, key))
    assert missing == []


def test_every_message_of_the_app_is_used() -> None:
    source = "".join(SCRIPTS.values())

    def is_used(key: str) -> bool:
        parts = re.split(r"(?<=[._])", key)  # "app.", "in_", "share_", ...: a template may end after any of them
        heads = ["".join(parts[:count]) for count in range(1, len(parts))]
        return f'"{key}"' in source or any(f"`{head}${{" in source for head in heads)

    own = [key for key in messages("en").texts if key.startswith("app.") and key != "app.noscript"]
    unused = [key for key in own if not is_used(key)]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("app.group", [*LEVER_GROUPS, "events"]),
        ("app.basis", BASES),
        ("app.basis_about", BASES),
        ("app.stage", STAGES),
        ("app.event_kind", SCHEDULED_KINDS),
        ("app.life_event", [kind for kind in EVENT_KINDS if kind != "exchanged"]),
        ("app.status", [*STATUSES, "new"]),
        ("app.relation", ["normal", "strained", "frozen"]),
        ("app.unit", [re.sub(r"[^a-z]", "_", unit) for unit in UNITS if unit != "1"]),
        ("app.unit", [re.sub(r"[^a-z]", "_", outcome.unit) for outcome in OUTCOMES if outcome.unit != "1"]),
        ("terms.stage", STAGES),
        ("terms.cause", FACTORS),
        ("terms.ending", ENDINGS),
        ("terms.sector", SECTORS),
        ("terms.uncertainty", [item.key for item in uncertainties()]),
    ],
)
def test_everything_has_a_name(language: str, table: str, names: list[str]) -> None:
    texts = messages(language).texts
    assert [name for name in names if f"{table}.{name}" not in texts] == []


def declared() -> dict[str, tuple[str, str]]:
    """Title and meaning of everything that is declared elsewhere, by the table of its messages."""
    found = {f"lever.{item.key}": (item.title, item.about) for item in levers()}
    found |= {f"outcome.{item.name}": (item.title, item.about) for item in OUTCOMES}
    for kind, listed in (("policy", available_policies()), ("world", available_scenarios())):
        found |= {f"{kind}.{item.name.replace('-', '_')}": (item.title, item.about) for item in listed}
    return found


def test_english_terms_are_those_of_the_declarations() -> None:
    texts = messages("en").texts
    told = {key: (texts.get(f"terms.{key}.title"), texts.get(f"terms.{key}.about")) for key in declared()}
    assert told == declared()
    assert {name: texts[f"terms.cause.{name}"] for name in FACTORS} == FACTORS_IN_WORDS
    titles = {item.key: item.title for item in uncertainties()}
    assert {key: texts[f"terms.uncertainty.{key}"] for key in titles} == titles


def test_no_term_outlives_its_declaration() -> None:
    kinds = ("lever", "outcome", "policy", "world")
    keys = {key.removeprefix("terms.").rpartition(".")[0] for key in messages("id").texts if key.startswith("terms.")}
    assert {key for key in keys if key.partition(".")[0] in kinds} == set(declared())


def test_indonesian_terms_are_translated() -> None:
    english, indonesian = messages("en").texts, messages("id").texts
    same = [key for key in declared() if english[f"terms.{key}.about"] == indonesian[f"terms.{key}.about"]]
    assert same == []


def test_every_lever_has_its_group() -> None:
    grouped = [key for keys in LEVER_GROUPS.values() for key in keys]
    assert sorted(grouped) == sorted(item.key for item in levers())


def test_placeholders_of_the_page_are_filled() -> None:
    texts = messages("en").texts
    for script, source in SCRIPTS.items():
        for found in re.finditer(r'\btext\("(?P<key>app\.[\w.-]+)"\)', source):
            assert placeholders(texts[found["key"]]) == frozenset(), f"{script}: {found['key']} needs values"


def test_the_ledger_holds_every_uncertainty_once() -> None:
    ledger = describe_assumptions(load_scenario("two-cities"))
    assert [item["key"] for item in ledger["parameters"]] == [item.key for item in uncertainties()]
    cited = {key for item in ledger["parameters"] for key in item["source"]} - {"assumption"}
    assert cited <= set(ledger["references"])


def test_agreements_are_named_as_in_the_tables() -> None:
    engine = Engine(load_scenario("two-cities"))
    assert engine.agreement_names == ("Lindau am Meer (DE) - Sagara (ID)",)
