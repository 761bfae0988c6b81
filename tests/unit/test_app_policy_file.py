"""A variant of the page is a policy file: the same checks, and a text that the reader of files accepts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.app.description import as_variant
from kembar.app.policy_file import write_policy
from kembar.app.requests import MOST_CHANGES, VARIANT_NAMES, read_variant, read_variants
from kembar.errors import InputError
from kembar.scenario.files import check_file
from kembar.scenario.reader import available_policies, load_policy

CHANGE = {"parameter": "funding_share", "target": "all", "from": "2027", "value": 0.0003, "because": "asked"}
VARIANT = {"title": "More money", "about": "Twice the share.", "change": [CHANGE], "event": []}


@pytest.mark.parametrize("name", [policy.name for policy in available_policies()])
def test_every_ready_policy_survives_the_page_and_the_file(name: str, tmp_path: Path) -> None:
    policy = load_policy(name)
    path = tmp_path / "again.toml"
    path.write_text(write_policy(read_variant(as_variant(policy))), encoding="utf-8")
    assert check_file(path) == ("policy", ())
    again = load_policy(path)

    def content(item: object) -> list[object]:
        return [getattr(item, name) for name in item.__dataclass_fields__ if name not in ("file", "line")]  # type: ignore[attr-defined]

    assert list(map(content, again.changes)) == list(map(content, policy.changes))
    assert list(map(content, again.events)) == list(map(content, policy.events))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_title_can_be_written(title: str) -> None:
    text = write_policy(read_variant({**VARIANT, "title": title}))
    assert tomllib.loads(text)["title"] == title


def test_variants_are_named_in_order() -> None:
    assert [policy.name for policy in read_variants([VARIANT] * 3)] == list(VARIANT_NAMES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameter": "fundingshare"}, "unknown parameter; did you mean funding_share?"),
        ({"parameter": "idr_per_usd"}, "is not a lever"),
        ({"value": 5}, "5 is outside its range; it may lie from 0 to 0.006"),
        ({"value": None}, "None is not a number"),
        ({"from": "soon"}, "'soon' is not a time"),
        ({"until": "2026"}, "2026Q1 is not after from, 2027Q1"),
        ({"form": 1}, "unknown key"),
    ],
)
def test_a_bad_setting_is_refused_in_the_words_of_files(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_variant({**VARIANT, "change": [{**CHANGE, **change}]}, "B")
    assert words in str(caught.value)
    assert "variant B" in str(caught.value)


def test_two_settings_of_one_lever_at_one_time_are_refused() -> None:
    with pytest.raises(InputError, match="two changes of funding_share overlap"):
        read_variant({**VARIANT, "change": [CHANGE, {**CHANGE, "from": "2030"}]})


def test_more_settings_than_levers_could_need_are_refused() -> None:
    with pytest.raises(InputError, match=f"the most are {MOST_CHANGES}"):
        read_variant({**VARIANT, "change": [CHANGE] * (MOST_CHANGES + 1)})
