"""A class in real browsers: one teacher and three students, two languages, from the lobby to the debriefs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kembar.language import messages

PHONE = (360, 740)
CITIES = ("Surabaya (ID)", "Brisbane (AU)", "Semarang (ID)")
ROUNDS = 3


@pytest.fixture
def session(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A running class: the console's address and the students'."""
    command = [sys.executable, "-m", "kembar", "class", "indonesia", "--port", "0", "--no-browser", "--seed", "3"]
    command += ["--rounds", str(ROUNDS), "--mode", "shared", "--store", str(tmp_path / "class.sqlite")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    console = students = None
    told = []
    while console is None or students is None:
        line = process.stdout.readline()
        assert line, f"the class did not tell its addresses: {told}"
        told.append(line)
        found = re.search(r"http://127\.0\.0\.1:\d+/(console)?#(token|code)=\S+", line)
        if found and found[2] == "token":
            console = found[0]
        elif found:
            students = found[0]
    yield console, students
    process.terminate()
    process.wait(20)


def no_barrier(page: Any) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"


def take_seat(page: Any, name: str, team: int, code: str) -> None:
    page.wait_for_selector("#pseudonym")
    if code != "en":
        page.evaluate("document.querySelector('#pseudonym').dataset.old = 1")
        page.select_option("#language", code)
        page.wait_for_selector("#pseudonym:not([data-old])")
    page.fill("#pseudonym", f"<b>{name}</b>")
    page.click("#take-seat")
    refused = messages(code).text("class.pseudonym_bad", longest="24")
    page.wait_for_function("words => document.querySelector('.join .error').textContent === words", arg=refused)
    page.fill("#pseudonym", name)
    page.select_option('[name="team"]', str(team))
    no_barrier(page)
    page.click("#take-seat")
    page.wait_for_selector("h1")
    page.wait_for_function("city => document.querySelector('h1')?.textContent.includes(city)", arg=CITIES[team - 1])


def save(page: Any, language: Any) -> None:
    page.click("#save")
    saved = language.text("class.saved")
    page.wait_for_function("words => document.querySelector('.saved')?.textContent === words", arg=saved)


def wait_for_round(page: Any, round_: int, language: Any) -> None:
    words = language.text("class.phase.open", round=str(round_), rounds=str(ROUNDS), year=str(2025 + round_))
    page.wait_for_function("words => document.querySelector('.phase')?.textContent.startsWith(words)", arg=words)


def next_round(teacher: Any) -> None:
    teacher.wait_for_selector("#next:not([disabled])")
    teacher.click("#next")


@pytest.mark.slow
def test_a_session_from_the_lobby_to_the_debriefs(
    session: tuple[str, str], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    console, students = session
    en, id_ = messages("en"), messages("id")
    teacher = open_page(console)
    teacher.wait_for_selector("#set-up")
    assert "token" not in teacher.url, "the token stays out of the address"
    for _ in range(2):
        if teacher.locator("[data-team] select, select[data-team]").count() < len(CITIES):
            teacher.click("#more-teams")
    for place, city in enumerate(CITIES, 1):
        teacher.select_option(f'select[data-team="{place}"]', city)
    teacher.fill('[name="rounds"]', str(ROUNDS))
    teacher.press('[name="rounds"]', "Tab")
    teacher.click("#set-up")
    in_row = "([team, words]) => document.querySelector(`tr[data-team=\"${team}\"]`)?.textContent.includes(words)"
    teacher.wait_for_function(in_row, arg=[3, "Semarang"])
    no_barrier(teacher)
    assert teacher.text_content("#session-code").replace("-", "") in students.replace("-", "")

    pupils = [open_page(students, *size) for size in ((1280, 900), PHONE, (1280, 900))]
    tongues = [en, id_, en]
    for team, (page, language, name) in enumerate(zip(pupils, tongues, ("Heron", "Kuning", "Otter"), strict=True), 1):
        take_seat(page, name, team, language.language)
    teacher.wait_for_function(in_row, arg=[2, "Kuning"])

    teacher.click("#start")
    for page, language in zip(pupils, tongues, strict=True):
        wait_for_round(page, 1, language)
        no_barrier(page)
    first, second, third = pupils

    # The first proposes an agreement to the second and founds a committee; the second moves the budget by keyboard.
    first.click('[data-group="people"] summary')
    first.focus('[name="citizen_committee"]')
    first.keyboard.press("End")
    first.click('[data-group="proposals"] summary')
    first.select_option('[name="proposal"]', CITIES[1])
    save(first, en)
    second.focus('[name="funding_share"]')
    for _ in range(5):
        second.keyboard.press("ArrowRight")
    shown = second.text_content('[data-lever="funding_share"] output')
    second.reload()
    wait_for_round(second, 1, id_)
    assert second.text_content('[data-lever="funding_share"] output') == shown, "a reload keeps what was not saved"
    save(second, id_)
    teacher.wait_for_selector('tr[data-team="1"] [data-saved="true"]')
    teacher.wait_for_selector('tr[data-team="2"] [data-saved="true"]')
    assert teacher.get_attribute('tr[data-team="3"] [data-saved]', "data-saved") == "false"
    teacher.wait_for_selector('tr[data-field="citizen_committee"]')
    assert teacher.text_content('tr[data-field="citizen_committee"] td:last-child') == "1"
    no_barrier(teacher)

    # The second is asked, agrees, and the talks begin; a shock is planned and shown to all.
    next_round(teacher)
    for page, language in zip(pupils, tongues, strict=True):
        wait_for_round(page, 2, language)
    second.wait_for_selector(f'[data-answer="{CITIES[0]}"]')
    second.select_option(f'[data-answer="{CITIES[0]}"]', "yes")
    save(second, id_)
    teacher.select_option('[name="kind"]', "travel_stop")
    teacher.click("#shock")
    third.wait_for_selector(".shocks li")
    assert third.text_content(".shocks li").startswith(en.text("app.event_kind.travel_stop"))
    teacher.select_option('[name="spotlight"]', "active")
    third.wait_for_selector('.spotlight figure svg[role="img"]')
    no_barrier(third)
    teacher.click("#pause")
    phase_has = "words => document.querySelector('.phase')?.textContent.includes(words)"
    first.wait_for_function(phase_has, arg="paused by the teacher")
    assert first.is_disabled("#save")
    teacher.click("#resume")
    next_round(teacher)
    for page, language in zip(pupils, tongues, strict=True):
        wait_for_round(page, 3, language)
    opened = id_.text("class.talk.opened", partner="Surabaya")
    second.wait_for_function("words => document.querySelector('.news')?.textContent.includes(words)", arg=opened)
    no_barrier(second)

    # The end: every team gets its debrief, in its own language, and the teacher that of the class.
    next_round(teacher)
    for page in pupils:
        page.wait_for_selector("#debrief")
    no_barrier(first)
    no_barrier(teacher)
    for page, language, city in ((first, en, CITIES[0]), (second, id_, CITIES[1])):
        with page.expect_download() as saved:
            page.click("#debrief")
        text = Path(saved.value.path()).read_text(encoding="utf-8")
        assert city in text
        assert f'lang="{language.language}"' in text
        assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text), "the debrief asks no other host"
    with teacher.expect_download() as saved:
        teacher.click("#debrief-class")
    assert all(city in Path(saved.value.path()).read_text(encoding="utf-8") for city in CITIES)

    # All data are deleted by one act.
    teacher.click(".ending summary")
    teacher.click("#delete")
    teacher.click("#confirm")
    gone = en.text("class.error.gone")
    teacher.wait_for_function("words => document.querySelector('main').textContent.includes(words)", arg=gone)
    third.wait_for_selector("#code")
    assert third.evaluate("localStorage.getItem('kembar-class-seat')") is None
