"""Writes the teaching kit, docs/teaching/: makes its runs, then fills the texts of both languages with their numbers.

    make teaching
    make teaching ARGUMENTS=--texts      the texts alone, with the numbers made before

No result on a page is typed. The texts stand in docs/teaching/source/LANGUAGE/*.md (Jinja templates); the numbers come
from teaching_runs.py, once for both languages, and are kept in source/numbers.json; the words of the app, of levers,
policies and outcomes come from the program's own catalogue. Each page is written as Markdown and as an HTML file that
prints.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import sys
from collections.abc import Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import jinja2
from markdown_it import MarkdownIt

from kembar.language import LANGUAGES, Messages, messages
from teaching_runs import FILES, PARTS

TEACHING: Final = Path(__file__).parent / "teaching"
SOURCE: Final = TEACHING / "source"
STYLE: Final = SOURCE / "print.css"
NUMBERS: Final = SOURCE / "numbers.json"
DIGITS: Final = 10  # significant, of the numbers kept: more than any page shows, fewer than machines differ in
PAGES: Final = (
    "README",
    "lesson",
    "class-session",
    "role-cards",
    "debrief",
    "assignment",
    "answer-key",
    "model",
    "mesa-exercise",
)
CARDS: Final = "role-cards"  # each second heading begins a card to be cut out
PROCESSES: Final = 2
SIDES: Final = "ab"  # of an agreement, as causes name them


def make_numbers(parts: Collection[str] = tuple(PARTS)) -> dict[str, Any]:
    """The numbers of some parts of the kit, as they are kept. The parts are made side by side."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawning) as pool:
        made = {name: pool.submit(PARTS[name]) for name in parts}
        return {name: kept(future.result()) for name, future in made.items()}


def kept(value: Any) -> Any:
    """A result as JSON has it, its fractions with so many digits.

    >>> kept({"a": (1, 0.12345678901234)})
    {'a': [1, 0.123456789]}
    """
    if isinstance(value, Mapping):
        return {str(key): kept(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kept(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def read_numbers() -> dict[str, Any]:
    """The numbers kept by the latest making."""
    found: dict[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    return found


def pages(found: Mapping[str, Any]) -> dict[str, str]:
    """Path below docs/teaching and content of every page."""
    written = {}
    for language in LANGUAGES:
        environment = _environment(language)
        for page in PAGES:
            text = environment.get_template(f"{page}.md").render(**found)
            written[f"{language}/{page}.md"] = text.rstrip() + "\n"
            if page != "README":
                written[f"{language}/{page}.html"] = printed(text, page, language)
    return written


def _environment(language: str) -> jinja2.Environment:
    words = messages(language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SOURCE / language),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown; the printed page is escaped where it is made
    )
    environment.filters.update(
        number=words.number,
        signed=lambda value, digits=0: words.number(value, digits, signed=True),
        percent=words.percent,
        signed_percent=lambda value, digits=0: words.percent(value, digits, signed=True),
        significant=words.significant,
        million=lambda value, digits=1: words.number(value / 1e6, digits),
        short=_short,
    )
    environment.globals.update(
        t=words.text,
        lever=lambda key: words.text(f"terms.lever.{key}.title"),
        policy=lambda name: words.text(f"terms.policy.{name.replace('-', '_')}.title"),
        outcome=lambda name: words.text(f"terms.outcome.{name}.title"),
        assumed=lambda key: words.text(f"terms.uncertainty.{key}"),
        quarter=lambda date: words.text("app.quarter", year=date[:4], quarter=date[5:]),
        happened=partial(_happened, words),
        largest_cause=partial(_largest_cause, words),
        file=lambda name: (FILES / name).read_text(encoding="utf-8").rstrip(),
    )
    return environment


def _happened(words: Messages, event: Mapping[str, Any], pair: str) -> str:
    """An event in the words of the app's own timeline."""
    place = _short(event.get("city", ""))
    detail = words.text(f"terms.ending.{event['detail']}") if event["event"] == "ended" else ""
    told = words.text(f"app.life_event.{event['event']}", place=place, detail=detail)
    causes = [f"{_cause(words, part, pair)} {words.percent(share)}" for part, share in event["shares"].items()]
    return f"{told} {words.text('app.life.because', causes=', '.join(causes))}" if causes else told


def _largest_cause(words: Messages, events: list[dict[str, Any]], pair: str) -> str:
    """The main cause of the first dormancy of a life, to begin a sentence."""
    asleep = next(event for event in events if event["event"] == "went_dormant")
    cause = _cause(words, asleep["cause"], pair)
    return cause[0].upper() + cause[1:]


def _cause(words: Messages, part: str, pair: str) -> str:
    """A part of a decline with the city whose side it is on."""
    factor, _, side = part.rpartition("_")
    if side not in SIDES:
        return words.text(f"terms.cause.{part}")
    return f"{words.text(f'terms.cause.{factor}')} ({_short(pair.split(' - ')[SIDES.index(side)])})"


def _short(key: str) -> str:
    """A city without its country code."""
    return key.rsplit(" (", 1)[0]


def printed(text: str, page: str, language: str) -> str:
    """A page as one HTML file that needs nothing else and prints on A4."""
    body = MarkdownIt("commonmark").enable("table").render(text)
    body = re.sub(r'href="([a-z-]+)\.md"', r'href="\1.html"', body)
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    assert title is not None
    if page == CARDS:
        head, *cards = re.split(r"(?=<h2>)", body)
        body = (
            head
            + '<div class="cards">'
            + "".join(f'<section class="card">{card}</section>' for card in cards)
            + "</div>"
        )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title.group(1)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f'<body class="{page}">\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the teaching kit anew.")
    parser.add_argument("--texts", action="store_true", help="fill the texts with the numbers made before")
    if not parser.parse_args().texts:
        NUMBERS.write_text(json.dumps(make_numbers(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written = pages(read_numbers())
    for old in (path for language in LANGUAGES for path in (TEACHING / language).glob("*")):
        if f"{old.parent.name}/{old.name}" not in written:
            old.unlink()
    for name, text in written.items():
        path = TEACHING / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"written: {TEACHING}", file=sys.stderr)


if __name__ == "__main__":
    main()
