"""One agreement's life in sentences, and how it is found."""

from pathlib import Path

import pytest

from kembar.errors import InputError
from kembar.manifest import make_manifest
from kembar.results import Results
from kembar.story import find_pair, tell
from kembar.summary import causes, describe, report
from kembar.tables import make_tables


@pytest.fixture
def results(hand_made) -> Results:
    record = hand_made.record
    made = make_tables(record)
    manifest = make_manifest(record.inputs, record.seed, None, folder=Path("out"), tables={}, seconds=0.0)
    return Results(Path("out"), manifest, made)


@pytest.mark.parametrize(
    "text", ["Ayu - Lodka", "Łódka - Ayu", "LODKA (pl) – ayu", "Ayu-Łódka", "  ayu (ID) - łódka (PL) "]
)
def test_pair_is_found_in_either_order_without_accents(results: Results, text: str) -> None:
    assert find_pair(results, text) == ("Ayu (ID)", "Łódka (PL)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ayu - Zuud", r"unknown agreement 'Ayu - Zuud'; Ayu has agreements with Zuid, Łódka; did you mean Ayu - Zuid"),
        ("Ayo - Zuit", r"unknown agreement 'Ayo - Zuit'; did you mean Ayu - Zuid\?"),
        ("Ayu", r"'Ayu' is not an agreement; write both cities"),
    ],
)
def test_unknown_pair_names_the_nearest(results: Results, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_pair(results, text)


def test_life_is_told_with_dates_causes_and_shares(results: Results) -> None:
    told = tell(results, "Zuid - Ayu")
    assert told["agreement"] == "Ayu (ID) - Zuid (NL)"
    text = "\n".join(told["sentences"])
    assert "Ayu (ID) and Zuid (NL) signed in 2016. The register has it as active." in text
    assert "At the start of 2026 it was active (drawn" in text
    assert "There were 3 exchanges of the cities." in text
    assert (
        "In the third quarter of 2027 it went dormant. The main cause was a head who did not back it in Zuid "
        "(75 % of a shortfall of 4.0 exchanges); then too few exchanges by citizens and firms (50 %)." in text
    )
    assert "a new head came in Zuid (2027Q2)" in text
    assert "In the first quarter of 2029 it ended: a review of the portfolio ended it (Ayu)." in text
    assert "opened talks again in the first quarter of 2030" in text
    assert told["sentences"][-1].startswith("This is one possible future, not a forecast")
    order = [text.index(word) for word in ("signed in 2016", "went dormant", "it ended", "opened talks again")]
    assert order == sorted(order)


def test_events_carry_date_cause_and_shares_that_sum_to_one(results: Results) -> None:
    events = tell(results, "Ayu - Zuid")["events"]
    assert all({"date", "event", "cause", "shares"} <= set(event) for event in events)
    dormant = next(event for event in events if event["event"] == "went_dormant")
    assert dormant["shares"] == {"leader_b": 0.75, "carriers": 0.5, "luck": -0.25}
    without = next(event for event in events if event["event"] == "exchanged")
    assert without["shares"] is None
    assert without["reason"]


def test_year_that_no_register_tells_is_said_to_be_drawn(results: Results) -> None:
    first = tell(results, "Ayu - Łódka")["sentences"][0]
    assert first.startswith("Ayu (ID) and Łódka (PL) signed at a date that is not recorded; this run drew 2006.")


def test_life_tells_facts_that_a_twin_can_be_set_beside(results: Results) -> None:
    life = tell(results, "Ayu - Zuid")["life"]
    assert life["active_years"] == 1.5
    assert (life["first_dormant"], life["ended"], life["stage_end"]) == ("2027Q3", "2029Q1", "ended")
    assert (life["exchanges"], life["benefit_points"], life["spent_kusd"]) == (4, 3.0, 40.0)


def test_report_counts_stages_and_causes(results: Results) -> None:
    shown = report(results)
    assert shown["agreements"]["start"]["active"] == 1
    assert shown["agreements"]["start"]["dormant"] == 1
    assert shown["agreements"]["end"] == {
        "exploring": 0, "letter_of_intent": 0, "active": 2, "dormant": 0, "stalled": 1, "ended": 1,
    }  # fmt: skip
    assert causes(results) == {"dormancy": {"leader": 1}, "ending": {"review": 1}}
    assert shown["cities"] == 3
    assert shown["outcomes"]["active_share"] == {"value": pytest.approx(2 / 3), "unit": "1"}


def test_summary_is_plain_and_says_what_it_is(results: Results) -> None:
    text = describe(results, "Zuid (NL)")
    assert "Three towns: 2026 to 2030, seed 3" in text
    assert "1 of 2 agreements (50 %) at the start → 2 of 3 ever signed (67 %) at the end" in text
    assert "the head's backing (1)" in text
    assert "US$ 100 thousand (Rp 1.63 billion) spent, 40 % of what councils granted" in text
    assert "one possible future, not a forecast. Run with other seeds" in text
    assert "Zuid (NL): 1 active and 0 dormant agreements at the start" in text
    assert "Its head changed 1 time." in text


def test_chart_has_a_column_for_every_year_and_letters_where_blocks_cannot_be_written(results: Results) -> None:
    chart = [line for line in describe(results).splitlines() if "|" in line]
    assert chart[-1] == "0 |" + "█" * 10
    assert chart[0].endswith("▒▒▒▒▒▒░░░░"[:6] + "░░░░")
    plain = describe(results, plain_letters=True)
    assert plain.isascii()
    assert "#" * 10 in plain
