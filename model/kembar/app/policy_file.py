"""A policy as the text of a policy file, which `kembar check` accepts."""

from __future__ import annotations

import json
from typing import Any

from kembar.scenario.records import Change, Event, Policy
from kembar.scenario.times import format_quarter


def write_policy(policy: Policy) -> str:
    """The text of the file; reading it gives the same changes and events."""
    lines = [f"title = {_text(policy.title)}", f"about = {_text(policy.about)}"]
    if policy.claims:
        lines.append(f"claims = {_list(policy.claims)}")
    for change in policy.changes:
        lines += ["", *_change(change)]
    for event in policy.events:
        lines += ["", *_event(event)]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """A TOML string; it needs JSON's escapes and one more.

    >>> print(_text('a "b"'))
    "a \\"b\\""
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _times(item: Change | Event) -> list[str]:
    found = [f'from = "{format_quarter(item.from_quarter)}"']
    if item.until_quarter is not None:
        found.append(f'until = "{format_quarter(item.until_quarter)}"')
    return found


def _number(value: Any) -> str:
    return repr(float(value))


def _change(change: Change) -> list[str]:
    return [
        "[[change]]",
        f"parameter = {_text(change.parameter)}",
        f"target = {_text(change.target)}",
        *_times(change),
        f"value = {_number(change.value)}",
        f"because = {_text(change.because)}",
    ]


def _event(event: Event) -> list[str]:
    return [
        "[[event]]",
        f"kind = {_text(event.kind)}",
        *_times(event),
        f"severity = {_number(event.severity)}",
        f"where = {_list(event.where)}",
        f"because = {_text(event.because)}",
    ]
