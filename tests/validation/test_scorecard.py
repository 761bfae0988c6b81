"""`kembar validate`: everything is judged, written and told, in both languages.

The criteria ask for 200 runs. In the reduced form (`KEMBAR_REDUCED=1`, as all checks together are run) there are a
dozen, whose intervals are wide: a pattern that the model shows may be reproduced only partly, but one that it does not
show still fails, and every statistic still has to be a number with its interval. Without the variable,
`make test ARGUMENTS=tests/validation` asks for the verdicts themselves.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from kembar import cli
from kembar.errors import InputError
from kembar.evidence.declaration import patterns, targets
from kembar.evidence.questions import NEVER, PATTERNS_OF, judge_questions
from kembar.evidence.scorecard import Scorecard
from kembar.evidence.validate import CARD, validate
from kembar.language import messages

pytestmark = [pytest.mark.validation, pytest.mark.slow]

FULL = os.environ.get("KEMBAR_REDUCED") != "1"
LEAST_REPRODUCED = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("validation") / "card"


@pytest.fixture(scope="module")
def card(folder: Path) -> Scorecard:
    return validate(reduced=not FULL, out=folder, lang="id")


def test_none_is_hidden(card: Scorecard) -> None:
    assert [pattern.id for pattern in card.patterns] == [item.key for item in patterns()]
    assert [target.id for target in card.targets] == [item.key for item in targets()]
    assert card.is_reduced or card.runs >= 200


def test_at_least_twelve_patterns_are_reproduced(card: Scorecard) -> None:
    found = card.count("reproduced") + (0 if FULL else card.count("partly"))
    assert found >= LEAST_REPRODUCED, [(item.id, item.verdict) for item in card.patterns]


def test_every_statistic_is_a_number_and_every_verdict_follows_from_it(card: Scorecard) -> None:
    measured = [part for pattern in card.patterns for part in pattern.parts]
    measured += [target.found for target in card.targets if target.found is not None]
    for part in measured:
        assert part.value is not None and math.isfinite(part.value), part
        assert part.interval is not None and part.interval[0] <= part.interval[1], part
        low, high = part.interval
        least = -math.inf if part.low_bound is None else part.low_bound
        most = math.inf if part.high_bound is None else part.high_bound
        expected = "reproduced" if least <= low and high <= most else "not" if high < least or low > most else "partly"
        assert part.verdict == expected, part
    order = ("not", "partly", "reproduced")
    for pattern in card.patterns:
        assert order.index(pattern.verdict) == min(order.index(part.verdict) for part in pattern.parts), pattern.id


def test_page_figures_and_numbers_are_written(card: Scorecard, folder: Path) -> None:
    page = (folder / "scorecard.html").read_text(encoding="utf-8")
    words = messages("id")
    for pattern in card.patterns:
        assert f'id="{pattern.id}"' in page
        assert (folder / pattern.figure).stat().st_size > 5000
        assert (folder / "figures" / f"{pattern.id}.png").is_file()
    assert words.text("evidence.questions") in page
    numbers = json.loads((folder / CARD).read_text(encoding="utf-8"))
    assert len(numbers["by_run"]["public_share"]) == card.runs
    assert numbers["patterns"][0]["id"] == "P01"


def test_json_has_the_form_of_the_contract(card: Scorecard) -> None:
    found = json.loads(json.dumps(card.as_json(), allow_nan=False))
    for pattern in found["patterns"]:
        assert {"id", "verdict", "criterion", "value", "interval", "figure"} <= set(pattern)
        assert pattern["verdict"] in ("reproduced", "partly", "not", "not enough data")
    assert {"patterns", "targets", "scores", "manifest"} <= set(found)


def test_few_dated_outcomes_are_not_enough(card: Scorecard) -> None:
    assert len(card.scores) == 8
    few = [score for score in card.scores if score.outcomes < 20]
    assert few
    assert {score.verdict for score in few} == {"not enough data"}


def test_every_question_rests_on_patterns_or_is_never_answered(card: Scorecard) -> None:
    answers = judge_questions(card)
    assert set(answers) == {*PATTERNS_OF, *NEVER}
    assert {name for needed in PATTERNS_OF.values() for name in needed} == {item.key for item in patterns()}
    assert all(answers[question] == "no" for question in NEVER)
    for pattern in card.patterns:
        if pattern.verdict in ("not", "not enough data"):
            assert all(answers[name] == "no" for name, needed in PATTERNS_OF.items() if pattern.id in needed)


def test_another_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(InputError, match=r"--out: is another folder's place"):
        validate(reduced=True, out=tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_unknown_language_is_told_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--reduced", "--lang", "in"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "unknown language 'in'" in said.err
