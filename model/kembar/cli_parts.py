"""What all commands share: the flags, the streams, and how settings are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kembar import api
from kembar.errors import InputError, Problem

LARGEST_SEED: Final = 2**63 - 1

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON value.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A lever, for all cities.")]
Rules = Annotated[Path | None, typer.Option(metavar="FILE.py", help="Your own functions in place of rules.")]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seed of the luck.")]


def emit(value: object) -> None:
    """One JSON value in UTF-8, whatever the terminal's encoding."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def writes_unicode() -> bool:
    return (sys.stdout.encoding or "").casefold().replace("-", "") == "utf8"


def notice(quiet: bool) -> api.Told:
    def told(text: str) -> None:
        if not quiet:
            print(text, file=sys.stderr, flush=True)

    return told


def read_sets(given: Sequence[str]) -> dict[str, Any]:
    from kembar.parameters import parse_value

    found: dict[str, Any] = {}
    problems = []
    for text in given:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key or not value:
            problems.append(Problem(f"'{text}' is not KEY=VALUE", file="--set", why="write --set funding_share=0.0002"))
        elif key in found:
            problems.append(Problem("is set twice", file="--set", key=key))
        found[key] = parse_value(value)
    if problems:
        raise InputError(problems)
    return found
