"""An agreement's life in the app is the one that `kembar why` tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from kembar import api
from kembar.app.lives import Lives
from kembar.errors import InputError
from kembar.inputs import build
from kembar.scenario.reader import load_scenario
from kembar.world import run_world

TIE = "Busan (KR) - Surabaya (ID)"


@pytest.fixture(scope="module")
def lives() -> Lives:
    return Lives(run_world(build(load_scenario("indonesia")), 5, keep_exchanges=True))


def test_a_life_has_the_events_that_why_tells(lives: Lives, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    api.run("indonesia", seed=5, out=folder, figures=False)
    for name in (TIE, "Bandung (ID) - Braunschweig (DE)", "Jakarta (ID) - Jeddah (SA)"):
        told = api.why(folder, name)["events"]
        life = lives.tell(name)
        kept = [event for event in told if event["event"] != "exchanged"]
        assert [(event["date"], event["event"]) for event in life["events"]] == [
            (event["date"], event["event"]) for event in kept
        ]
        held = sum(event["count"] for event in told if event["event"] == "exchanged")
        assert sum(sum(year.values()) for year in life["exchanges"].values()) == held


def test_shares_are_the_largest_and_add_up_to_no_more_than_all(lives: Lives) -> None:
    events = [event for name in lives.names() for event in lives.tell(name)["events"]]
    shares = [event["shares"] for event in events if event["shares"]]
    assert len(shares) > 50
    for found in shares:
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert len(found) <= 3


def test_an_unknown_agreement_names_the_nearest(lives: Lives) -> None:
    with pytest.raises(InputError, match=r"unknown agreement 'Busan - Surabayo'; .* did you mean Busan - Surabaya"):
        lives.tell("Busan - Surabayo")
