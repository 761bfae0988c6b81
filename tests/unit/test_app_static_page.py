"""The page without a server: one sound file with the numbers of the engine, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from kembar.app.bundle import bundle
from kembar.app.engine import Engine
from kembar.app.files import read_page_files
from kembar.app.lives import Lives
from kembar.app.replay import city_life, watch
from kembar.app.static_page import MOST_POINTS, LeverGrid, static_page
from kembar.errors import InputError
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.measurement import measure
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Change, Policy
from kembar.scenario.times import quarter_index
from kembar.world import run_world

PAIRS = 3
LARGEST_BYTES = 3_000_000  # of a page with three policies
GRID = LeverGrid({"citizen_committee": (0.0, 1.0), "funding_share": (0.00015, 0.0003, 0.0006)})


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_scenario("two-cities"))


def embedded(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="embedded">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def test_a_grid_is_every_combination_last_lever_fastest() -> None:
    found = [{change.parameter: change.value for change in policy.changes} for policy in GRID.policies(2026)]
    assert found == [
        {},
        {"funding_share": 0.0003},
        {"funding_share": 0.0006},
        {"citizen_committee": 1.0},
        {"citizen_committee": 1.0, "funding_share": 0.0003},
        {"citizen_committee": 1.0, "funding_share": 0.0006},
    ]


def test_a_grid_of_values_that_may_not_be_is_refused() -> None:
    with pytest.raises(InputError, match="funding_share: 2 is outside its range"):
        LeverGrid({"funding_share": (2,)}).policies(2026)
    with pytest.raises(InputError, match=f"a page holds 1 to {MOST_POINTS}"):
        LeverGrid({"citizen_committee": [place / 300 for place in range(300)]}).policies(2026)


def test_the_numbers_are_the_engines(engine: Engine) -> None:
    content = embedded(static_page(engine, grid=GRID, seed=4, pairs=PAIRS))
    assert (content["seed"], content["pairs"], len(content["points"])) == (4, PAIRS, 6)
    for policy, point in zip(GRID.policies(2026), content["points"], strict=True):
        expected = engine.answer_of(engine.ask(4, [policy]), PAIRS)["variants"][0]
        for name, told in point["answer"]["effects"].items():
            whole = [expected["effects"][name][key] for key in ("effect", "low", "high")]
            assert [number is None for number in told] == [number is None for number in whole], name
            assert [number or 0.0 for number in told] == pytest.approx([number or 0.0 for number in whole], rel=1e-4)


def test_the_numbers_of_every_grid_point_are_those_of_runs_made_apart(engine: Engine) -> None:
    content = embedded(static_page(engine, grid=GRID, seed=4, pairs=PAIRS))
    name = "active_years_per_agreement"
    seeds = [run_seed(4, 0, replicate) for replicate in range(PAIRS)]

    def mean_of(sets: dict[str, float]) -> float:
        changed = [Change(key, "all", quarter_index(2027), None, value, "a test") for key, value in sets.items()]
        policy = Policy("apart", "apart", "", (), tuple(changed), (), "", repr(sorted(sets.items())))
        inputs = build(engine.scenario, [policy])
        return float(np.mean([measure(run_world(inputs, seed))[name].value for seed in seeds]))

    base, effects = mean_of({}), []
    for policy, point in zip(GRID.policies(2026), content["points"], strict=True):
        expected = mean_of({change.parameter: float(change.value) for change in policy.changes}) - base
        effects.append(expected)
        assert point["answer"]["effects"][name][0] == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert len({round(effect, 9) for effect in effects}) > 1  # points that were all alike would prove nothing


def test_policies_stand_side_by_side_with_their_first_future(engine: Engine) -> None:
    content = embedded(static_page(engine, [load_policy("citizen-committees")], seed=4, pairs=PAIRS))
    assert content["grid"] is None
    assert [world and world["title"] for world in content["worlds"]] == [None, "Citizen committees"]
    assert set(content["cities"][0]) == {"Lindau am Meer (DE)", "Sagara (ID)"}


def test_worlds_after_the_first_hold_what_differs_and_nothing_is_lost(engine: Engine) -> None:
    policy = load_policy("citizen-committees")
    content = embedded(static_page(engine, [policy], seed=4, pairs=PAIRS))
    watched = watch(engine.ask(4, [policy]).sides[-1], run_seed(4, 0, 0))
    lives = Lives(watched.record)

    def whole(part: str, name: str) -> dict[str, Any]:
        first, second = content[part]
        assert all(first.get(name, {}).get(key) != value for key, value in second.get(name, {}).items())
        return {**first.get(name, {}), **second.get(name, {})}

    for item in content["replays"][1]["agreements"]:
        told, expected = whole("lives", item["name"]), lives.tell(item["name"])
        assert told.keys() == expected.keys()
        assert (told["events"], told["exchanges"]) == (expected["events"], expected["exchanges"])
        assert told["points_a"] == pytest.approx(expected["points_a"], rel=1e-4)
    for row, name in enumerate(watched.record.inputs.city_keys):
        told, expected = whole("cities", name), city_life(watched, row)
        assert told.keys() == expected.keys()
        for key in ("commitment", "spent_kusd", "next_election"):
            assert told[key] == pytest.approx(expected[key], rel=1e-4)


def test_three_policies_make_a_page_to_send_by_post() -> None:
    policies = [load_policy(name) for name in ("matching-fund", "citizen-committees", "digital-first")]
    page = static_page(Engine(load_scenario("indonesia")), policies, pairs=1)
    # Shares of pairs are told from 100 pairs on; their room is that of ten names and numbers of each policy.
    assert len(page.encode()) + len(policies) * 10 * 100 < LARGEST_BYTES


def test_both_languages_are_inside(engine: Engine) -> None:
    content = embedded(static_page(engine, pairs=PAIRS, language="id"))
    assert content["world"]["language"] == "id"
    texts = {code: spoken["texts"]["app.view.explore"] for code, spoken in content["languages"].items()}
    assert texts == {"en": "Explore", "id": "Jelajahi"}


def test_nothing_is_loaded_from_elsewhere(engine: Engine) -> None:
    page = static_page(engine, pairs=PAIRS)
    outside = page.replace(re.findall(r'id="embedded">(.*?)</script>', page, re.DOTALL)[0], "")
    assert not re.search(r"""(src|href)=["'](?!data:)[^"'#]*//""", outside)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None and policy[1].startswith("default-src 'none'") and "unsafe" not in policy[1]
    for tag, kind in (("style", "style-src"), ('script type="module"', "script-src")):
        inner = re.search(rf"<{tag}>(.*?)</{tag.split()[0]}>", page, re.DOTALL)
        assert inner is not None
        digest = b64encode(sha256(inner[1].encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy[1]


def test_no_text_of_a_world_becomes_markup() -> None:
    from dataclasses import replace

    title = '</script><img src=x onerror="alert(1)"> & <b>'
    page = static_page(Engine(replace(load_scenario("two-cities"), title=title)), pairs=PAIRS)
    assert "<img" not in page
    assert embedded(page)["world"]["title"] == title


def test_a_bundle_holds_every_module_once_after_those_it_needs() -> None:
    script = bundle(read_page_files())
    names = re.findall(r"^// ([\w-]+\.js)$", script, re.MULTILINE)
    assert sorted(names) == sorted(name for name in read_page_files() if name.endswith(".js"))
    assert names.index("dom.js") < names.index("levers.js") < names.index("main.js")
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)


def test_a_bundle_refuses_two_declarations_of_one_name() -> None:
    files = {
        "main.js": 'import { a } from "./a.js";\nconst SIZE = 1;\n',
        "a.js": "const SIZE = 2;\nexport const a = 1;\n",
    }
    with pytest.raises(ValueError, match=r"a\.js and main\.js both declare SIZE"):
        bundle(files)


def test_a_bundle_refuses_an_import_of_everything() -> None:
    with pytest.raises(ValueError, match="an import that is not by name"):
        bundle({"main.js": 'import * as all from "./a.js";\n'})
