"""A run watched quarter by quarter: what is told beforehand comes to pass."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kembar.app.replay import city_life, watch
from kembar.inputs import build
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Policy
from kembar.tables import make_tables


@pytest.mark.parametrize("policies", [(), (load_policy("no-term-limits"),)])
def test_the_election_told_is_the_one_that_is_held(policies: Sequence[Policy]) -> None:
    watched = watch(build(load_scenario("indonesia"), policies), 5)
    record = watched.record
    start, end = record.inputs.start_year, record.inputs.start_year + record.inputs.years
    held: dict[str, list[float]] = {name: [] for name in record.inputs.city_keys}
    for event in make_tables(record)["events"].to_pylist():
        if (event["event"], event["detail"]) in (("leader_returned", None), ("leader_changed", "election")):
            year, quarter = event["date"].split("Q")
            held[event["city"]].append(int(year) + (int(quarter) - 1) / 4)
    compared = none = 0
    for row, name in enumerate(record.inputs.city_keys):
        for place, told in enumerate(city_life(watched, row)["next_election"]):
            ahead = [date for date in held[name] if date >= start + place + 1]
            none += told is None
            compared += bool(ahead)
            if ahead:
                assert told == min(ahead), (name, start + place)
            else:
                assert told is None or told >= end, (name, start + place)
    assert compared > 1000 and none > 0
