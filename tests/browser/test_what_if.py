"""What if, as a reader uses it: every number on the page is the model's."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kembar import batches
from kembar.app.effects import mean_interval
from kembar.experiment.luck import run_seed
from kembar.inputs import build
from kembar.language import Messages, messages
from kembar.measurement import measure
from kembar.parameters import declaration
from kembar.records import ACTIVE
from kembar.scenario.files import check_file
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Change, Policy
from kembar.scenario.times import parse_quarter
from kembar.world import RunRecord, run_world

PAIRS = 20
SEED = 1
OUTCOME = "active_years_per_agreement"
WORLD = load_scenario("indonesia")


def runs(policies: Sequence[Policy] = (), pairs: int = PAIRS, seed: int = SEED) -> list[RunRecord]:
    """The runs that stand behind the page, made here without the app."""
    inputs = build(WORLD, policies)
    return [run_world(inputs, run_seed(seed, 0, place), city_years=False) for place in range(pairs)]


def values(records: Sequence[RunRecord], outcome: str = OUTCOME) -> np.ndarray:
    return np.array([measure(record)[outcome].value for record in records], float)


def effect_words(policies: Sequence[Policy], language: Messages, unit: str = "years") -> str:
    found = mean_interval(values(runs(policies)) - values(runs()))
    assert found.mean is not None and found.low is not None and found.high is not None
    decimals = max(0, 1 - math.floor(math.log10((found.high - found.low) / 2)))
    effect, low, high = (language.number(part, decimals, signed=True) for part in (found.mean, found.low, found.high))
    return f"{effect} {language.text(f'app.unit.{unit}')} [{low}; {high}]"


def set_pairs(page: Any, pairs: int = PAIRS) -> None:
    page.click(".options > summary")
    page.select_option('[name="pairs"]', str(pairs))


def wait_for_answer(page: Any, pairs: int = PAIRS) -> None:
    page.wait_for_selector(f'[data-pairs="{pairs}"]')


def cell(page: Any, kind: str, letter: str, outcome: str = OUTCOME) -> str:
    return str(page.text_content(f'[data-outcome="{outcome}"] [data-{kind}="{letter}"]'))


def policy_of(key: str, value: float, target: str = "all", start: object = 2027, until: object = None) -> Policy:
    change = Change(key, target, parse_quarter(start), parse_quarter(until) if until else None, value, "test")
    return Policy("test", "test", "test", (), (change,), (), "", "")


@pytest.mark.parametrize("code", ["en", "id"])
def test_a_ready_policy_shows_its_effect(open_page: Callable[..., Any], address: str, code: str) -> None:
    language = messages(code)
    page = open_page(f"{address}?lang={code}")
    set_pairs(page)
    page.select_option("#policy", "citizen-committees")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page)
    policy = load_policy("citizen-committees")
    assert cell(page, "effect", "A") == effect_words([policy], language)
    baseline = values(runs()).mean()
    assert cell(page, "side", "baseline") == f"{language.significant(baseline)} {language.text('app.unit.years')}"
    sides = [
        np.mean([100 * (run.agreements["stage"][: len(WORLD.agreements)] == ACTIVE).mean() for run in side])
        for side in (runs(), runs([policy]))
    ]
    main = page.text_content('[data-sentence="baseline"]')
    assert f" {language.number(sides[0], 1)} " in main and "2055" in main
    assert f": {language.number(sides[1], 1)}." in page.text_content('[data-sentence="A"]')
    assert language.text("app.many_futures") in page.text_content(".caution")
    assert language.text("app.figure.active_note") in page.text_content('[data-figure="active"]')


def test_a_lever_moves_by_keyboard_alone(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.focus('[data-lever="funding_share"]')
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page)
    assert page.get_attribute('[data-lever="funding_share"]', "aria-valuetext") == "0.03%"
    assert page.evaluate("document.activeElement.dataset.lever") == "funding_share"
    assert cell(page, "effect", "A") == effect_words([policy_of("funding_share", 0.0003)], messages("en"))


def test_a_lever_for_one_country_and_some_years(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.select_option(".scope select >> nth=0", "JP")
    page.select_option(".scope select >> nth=1", "2030Q1")
    page.select_option(".scope select >> nth=2", "2040Q1")
    page.click('[data-group="society"] > summary')
    page.focus('[data-lever="citizen_committee"]')
    page.keyboard.press("PageUp")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page)
    assert "Citizen committee: 10% · Japan · from 2030 until before 2040" in page.text_content(".settings")
    policy = policy_of("citizen_committee", 0.1, "JP", 2030, 2040)
    assert cell(page, "effect", "A") == effect_words([policy], messages("en"))


def test_an_event_happens_to_both_languages_numbers(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.click('[data-group="events"] > summary')
    page.click(".event-form button")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page)
    event = replace(load_policy("travel-stop-2030").events[0], severity=0.5)
    assert (event.from_quarter, event.until_quarter) == (parse_quarter(2030), parse_quarter(2032))
    policy = replace(load_policy("travel-stop-2030"), events=(event,))
    assert cell(page, "effect", "A") == effect_words([policy], messages("en"))


def test_three_variants_stand_side_by_side(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    names = ("matching-fund", "citizen-committees", "portfolio-cap")
    for place, name in enumerate(names):
        if place:
            page.click("text=+ Add a variant")
        page.select_option("#policy", name)
    page.wait_for_selector('[data-sentence="C"]')
    wait_for_answer(page)
    for letter, name in zip("ABC", names, strict=True):
        assert cell(page, "effect", letter) == effect_words([load_policy(name)], messages("en"))
    assert page.locator("text=+ Add a variant").count() == 0


def test_undo_redo_reset_and_link(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.select_option("#policy", "matching-fund")
    page.select_option("#policy", "citizen-committees")
    page.click("text=Undo")
    assert page.input_value("#policy") == "matching-fund"
    page.click("text=Redo")
    assert page.input_value("#policy") == "citizen-committees"
    page.wait_for_selector('[data-sentence="A"]')
    page.click("text=Copy link")
    page.wait_for_selector("text=Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    other = open_page(link)
    wait_for_answer(other)
    assert other.input_value("#policy") == "citizen-committees"
    assert cell(other, "effect", "A") == effect_words([load_policy("citizen-committees")], messages("en"))
    page.click("text=Reset all")
    page.wait_for_selector('[data-sentence="A"]', state="detached")
    assert page.input_value("#policy") == ""


def test_a_broken_link_is_no_harm(open_page: Callable[..., Any], address: str) -> None:
    import base64
    import json

    variant = {"policy": "<b>", "change": [None, {"parameter": "x"}, 3], "event": "none"}
    state = {
        "seed": -4,
        "pairs": 1e9,
        "view": "nowhere",
        "variants": [variant, 7],
        "language": "<img src=x>",
        "active": 9,
    }
    letters = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    for link in (letters, "%%%", "AAAA"):
        page = open_page(f"{address}#s={link}")
        page.wait_for_selector("[data-pairs]")
        assert page.locator("img").count() == 0
        page.context.close()


def test_the_policy_file_gives_the_same_numbers(open_page: Callable[..., Any], address: str, tmp_path: Path) -> None:
    page = open_page(address)
    set_pairs(page)
    page.focus('[data-lever="cofunding_rate"]')
    page.keyboard.press("PageUp")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page)
    with page.expect_download() as saved:
        page.select_option("#download", "policy")
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    assert check_file(path) == ("policy", ())
    policy = load_policy(path)
    assert policy.changes[0].value == pytest.approx(0.2)
    assert declaration("cofunding_rate").value == 0
    assert cell(page, "effect", "A") == effect_words([policy], messages("en"))


def test_a_figure_saves_its_numbers_and_its_picture(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    wait_for_answer(page)
    figure = page.locator('[data-figure="active"]')
    with page.expect_download() as saved:
        figure.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8-sig"))))
    series = np.mean([run.series["active"] for run in runs()], axis=0)
    assert [row[0] for row in rows[1:]] == [str(year) for year in range(2026, 2056)]
    assert [float(row[1]) for row in rows[1:]] == pytest.approx(series.tolist())
    with page.expect_download() as saved:
        figure.get_by_role("button", name="PNG").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")


def test_another_seed_is_another_luck(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.fill('[name="seed"]', "77")
    page.press('[name="seed"]', "Enter")
    expected = f"{messages('en').significant(values(runs(seed=77)).mean())} years"
    place = f'[data-outcome="{OUTCOME}"] [data-side="baseline"]'
    is_there = "([place, words]) => document.querySelector(place)?.textContent === words"
    page.wait_for_function(is_there, arg=[place, expected])


@pytest.mark.parametrize("code", ["en", "id"])
def test_uncertain_numbers_are_drawn_from_the_posterior(
    open_page: Callable[..., Any], address: str, tmp_path: Path, code: str
) -> None:
    language = messages(code)
    page = open_page(address)
    page.select_option("#language", code)
    set_pairs(page)
    assert page.is_hidden("[data-drawn]")
    page.select_option('[name="uncertainties"]', "posterior")
    drawn: Any = {"runs": PAIRS, "uncertainties": "posterior", "out": tmp_path / "drawn"}
    found = batches.compare("indonesia", ["matching-fund"], **drawn).results.runs
    mean = found[found["policies"] == ""][OUTCOME].mean()
    expected = f"{language.significant(mean)} {language.text('app.unit.years')}"
    place = f'[data-outcome="{OUTCOME}"] [data-side="baseline"]'
    is_there = "([place, words]) => document.querySelector(place)?.textContent === words"
    page.wait_for_function(is_there, arg=[place, expected])
    assert page.text_content("[data-drawn]") == language.text("app.drawn_note")
    assert page.is_visible("[data-drawn]")
    page.reload()
    page.wait_for_function(is_there, arg=[place, expected])  # the address remembers the choice
    page.click(".options > summary")
    assert page.input_value('[name="uncertainties"]') == "posterior"


def test_saved_agreements_have_two_lives(open_page: Callable[..., Any], address: str) -> None:
    pairs = 100
    page = open_page(address)
    set_pairs(page, pairs)
    page.select_option("#policy", "citizen-committees")
    page.wait_for_selector('[data-sentence="A"]')
    wait_for_answer(page, pairs)
    first = page.locator(".fate ol li").first
    name = first.locator("button").text_content()
    row = [f"{item.city_a} - {item.city_b}" for item in build(WORLD).agreements_table].index(name)
    policy = load_policy("citizen-committees")
    sides = [
        [run.agreements[row]["stage"] == ACTIVE for run in side] for side in (runs(pairs=pairs), runs([policy], pairs))
    ]
    saved = [with_it and not without for without, with_it in zip(*sides, strict=True)]
    assert f"saved in {messages('en').percent(np.mean(saved))} of the futures" in first.text_content()
    first.locator("button").click()
    page.wait_for_selector("dialog .twins section")
    without, with_it = (page.locator("dialog section").nth(place).text_content() for place in (0, 1))
    assert "At the end it is active" not in without and "At the end it is active" in with_it
    seed = run_seed(SEED, 0, saved.index(True))
    assert page.text_content("dialog code") == f"kembar run indonesia --seed {seed} --policy citizen-committees"
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_a_refused_setting_is_told_on_the_page(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(address)
    set_pairs(page)
    page.select_option("#policy", "matching-fund")
    page.select_option(".scope select >> nth=1", "2030Q1")
    page.focus('[data-lever="cofunding_rate"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".error")
    assert "two changes of cofunding_rate overlap" in page.text_content(".error")
    page.evaluate("window.errors = 0")
    page.click("text=Undo")
    page.wait_for_selector(".error", state="detached")
