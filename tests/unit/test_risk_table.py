"""Counting who is at risk, on a table worked out by hand; and tables that cannot be."""

import math

import numpy as np
import pandas as pd
import pytest

from drawn_agreements import HAND_WORKED, table_of
from kembar.analysis.risk_table import EVENTS, Kind, at_risk_table, read_spells
from kembar.errors import InputError
from kembar.records import PARTS


def named(kind: Kind, *names: str) -> list[int]:
    return [EVENTS[kind].index(name) for name in names]


def test_an_agreement_is_at_risk_from_its_entry_through_the_quarter_of_its_event() -> None:
    table = at_risk_table(table_of(HAND_WORKED), "why")
    assert table.runs == (5, 9)
    assert table.at_risk.tolist() == [[4, 4, 4, 1, 1, 0], [0, 1, 2, 2, 2, 1]]
    assert table.events.tolist() == [[0, 0, 2, 0, 1, 0], [0, 0, 1, 0, 1, 0]]
    assert (table.spells, table.left_out) == (7, 2)
    assert (table.support, table.events_outside) == (slice(0, 6), 0)


def test_both_sides_of_a_factor_are_one_cause_and_an_end_counts_under_its_cause() -> None:
    table = at_risk_table(table_of(HAND_WORKED), "why")
    counts = table.events_by_name
    money, leader, luck = named("why", "money", "leader", "luck")
    assert counts[money].tolist() == [0, 0, 1, 0, 1, 0]
    assert counts[leader].tolist() == [0, 0, 1, 0, 1, 0]
    assert counts[luck].tolist() == [0, 0, 1, 0, 0, 0]
    assert counts.sum() == 5


def test_every_part_of_a_shortfall_is_a_cause() -> None:
    rows = [(0, 0, 3, "dormancy", part) for part in PARTS]
    counts = at_risk_table(table_of(rows), "why").events_by_name.sum(axis=1)
    assert counts.sum() == len(PARTS)
    assert dict(zip(EVENTS["why"], counts.tolist(), strict=True)) == {
        "luck": 1, "carriers": 1, "money": 2, "staff": 2, "experience": 2, "leader": 2, "ownership": 2, "goodwill": 2,
        "load": 2, "trust": 1, "barrier": 1, "travel": 1, "freeze": 1, "end": 0,
    }  # fmt: skip


def test_an_end_without_a_decline_is_an_event_of_its_own() -> None:
    table = at_risk_table(table_of([(0, 0, 3, "end", None), (0, 0, 3, "end", "freeze")]), "why")
    assert table.events_by_name[named("why", "end", "freeze")].sum(axis=1).tolist() == [1, 1]


def test_dormancy_and_end_are_told_apart_where_that_is_asked() -> None:
    table = at_risk_table(table_of(HAND_WORKED), "event")
    assert table.event_names == ("dormancy", "end")
    assert table.events_by_name.tolist() == [[0, 0, 3, 0, 1, 0], [0, 0, 0, 0, 1, 0]]


def test_a_whole_life_ends_by_its_form_and_goes_on_without_one() -> None:
    frame = pd.DataFrame(
        {
            "run_id": [0, 0, 0, 0],
            "life_start": [0.0, 2.5, 0.25, math.nan],
            "life_stop": [1.0, 3.0, 1.0, math.nan],
            "how": ["review", None, "break", None],
        }
    )
    table = at_risk_table(frame, "how")
    assert table.event_names == ("lapse", "notice", "review", "merger", "break")
    assert table.at_risk.tolist() == [[1, 2, 2, 2, 2, 0, 0, 0, 0, 0, 1, 1]]
    assert table.events_by_name[:, 4].tolist() == [0, 0, 1, 0, 1]
    assert (table.support, table.events_outside) == (slice(0, 5), 0)


def test_runs_come_in_the_order_given_and_count_without_any_agreement() -> None:
    table = at_risk_table(table_of(HAND_WORKED), "why", runs=[9, 7, 5])
    assert table.runs == (9, 7, 5)
    assert table.at_risk.tolist() == [[0, 1, 2, 2, 2, 1], [0, 0, 0, 0, 0, 0], [4, 4, 4, 1, 1, 0]]
    assert at_risk_table(table_of(HAND_WORKED), "why", runs=[5]).at_risk.tolist() == [[4, 4, 4, 1, 1]]


def test_agreements_followed_since_signing_can_be_taken_alone() -> None:
    frame = table_of(HAND_WORKED)
    assert at_risk_table(frame, "why", followed="since_signing").at_risk.sum(axis=0).tolist() == [4, 4, 4, 1, 1]
    assert at_risk_table(frame, "why", followed="already_old").at_risk.sum(axis=0).tolist() == [0, 1, 2, 2, 2, 1]


def test_words_may_be_categories_and_the_rows_in_any_order() -> None:
    frame = table_of(HAND_WORKED)
    coded = frame.astype({"event": "category", "cause": "category"}).iloc[::-1]
    for one, other in (("at_risk", "events"), ("events_by_name", "at_risk")):
        for name in (one, other):
            expected = getattr(at_risk_table(frame, "why"), name)
            assert np.array_equal(getattr(at_risk_table(coded, "why"), name), expected)


def test_a_table_without_any_spell_is_empty() -> None:
    table = at_risk_table(table_of([(3, None, None, None, None)]), "why")
    assert (table.ages, table.spells, table.left_out, table.support) == (0, 0, 1, slice(0, 0))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(0, 0.5, 3, "dormancy", "luck")], "'start' is no whole number of quarters in 1 rows"),
        ([(0, 4, 3, "dormancy", "luck")], "'stop' lies before 'start' in 1 rows"),
        ([(0, -4, 3, "dormancy", "luck")], "'start' is negative in 1 rows"),
        ([(0, 0, 3, None, None)], "'event' is empty beside a 'start' in 1 rows"),
        ([(0, 0, 3, "dormancy", None)], "'cause' is empty beside a dormancy in 1 rows"),
        ([(0, 0, 3, "dormency", "luck")], "event: unknown 'dormency'; the table of agreements does not know it; "
                                          "did you mean dormancy?"),
        ([(0, 0, 3, "dormancy", "lukc")], "cause: unknown 'lukc'; the table of agreements does not know it; "
                                           "did you mean luck?"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_refused(rows: list[tuple[int, float, float, str, str]], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_spells(table_of(rows), "why")
    assert words in str(caught.value)


def test_wrong_arguments_are_refused_with_the_nearest() -> None:
    frame = table_of(HAND_WORKED)
    with pytest.raises(InputError) as caught:
        at_risk_table(frame.rename(columns={"cause": "causes"}), "why")
    assert str(caught.value) == "error: cause: no such column in the table of agreements; did you mean causes?"
    with pytest.raises(InputError) as caught:
        at_risk_table(frame, "hows")  # type: ignore[arg-type]
    assert str(caught.value) == "error: unknown kind 'hows'; there are why, event, how; did you mean how?"
    with pytest.raises(InputError) as caught:
        at_risk_table(frame, "why", runs=[5, 9, 5])
    assert str(caught.value) == "error: runs: run 5 is named twice; each run counts once"
