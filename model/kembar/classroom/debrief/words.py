"""The debrief's words: decisions, values, events and effects in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kembar.analysis.telling import digits_of
from kembar.classroom.debrief.choices import LEVER, PRIORITY
from kembar.language import Messages, number_marks
from kembar.parameters import declaration
from kembar.wording import factor_and_side

_SHARE_LIMIT: Final = 1.0
_OF_COUNTRIES: Final = ("fiscal_crisis_began", "disaster_struck")
_SHOWN_EVENTS: Final = frozenset(
    (
        *("talks_opened", "letter_signed", "talks_stalled", "talks_resumed", "signed", "went_dormant", "revived"),
        *("renewed", "left_on_paper", "gave_notice", "ended", "frozen", "thawed", "leader_changed", "caretaker_came"),
        *("leader_returned", "staff_rotated", "portfolio_reviewed", "city_merged", "relations_changed"),
        *(*_OF_COUNTRIES, "travel_stopped"),
    )
)


class Words:
    """Tells a debrief in one language."""

    def __init__(self, language: Messages, start_year: int) -> None:
        self.language, self.start_year = language, start_year

    def text(self, key: str, **values: object) -> str:
        """A message of the debrief."""
        return self.language.text(f"class_debrief.{key}", **values)

    def year(self, number: int) -> str:
        """The calendar year of a round."""
        return str(self.start_year + number - 1)

    def number(self, value: float | None, *, signed: bool = False) -> str:
        """A number with at most three significant digits, without zeros that say nothing."""
        if value is None:
            return "–"
        text = self.language.significant(value, signed=signed)
        _, mark = number_marks(self.language.language)
        return text.rstrip("0").rstrip(mark) if mark in text else text

    def world(self, name: str, title: str) -> str:
        """The title of a world, in this language when it is one of the shipped ones."""
        key = f"terms.world.{name.replace('-', '_')}.title"
        return self.language.text(key) if self.language.has(key) else title

    def signed(self, item: Mapping[str, Any], name: str = "mean") -> str:
        """A difference, or an end of its interval, with the decimals that the interval deserves."""
        value, low, high = item[name], item["low"], item["high"]
        if value is None:
            return "–"
        if low is None or high is None or low == high:
            return self.number(value, signed=True)
        return self.language.number(value, digits_of((high - low) / 2.0), signed=True)

    def interval(self, item: Mapping[str, Any]) -> str:
        """An interval of a difference."""
        return self.text("interval", low=self.signed(item, "low"), high=self.signed(item, "high"))

    def lever_value(self, key: str, value: float | None) -> str:
        """A lever's value as people write it: a share in percent, everything else with its unit."""
        if value is None:
            return self.text("model")
        declared = declaration(key)
        if declared.unit == "1" and declared.range[1] <= _SHARE_LIMIT:
            return self.number(100.0 * value) + "%"
        if declared.unit == "1":
            return self.number(value)
        shown = self.number(value)
        return shown if declared.unit == "count" else f"{shown} {self.language.text(f'app.unit.{declared.unit}')}"

    def field(self, key: str) -> str:
        """What can be decided: a lever, or priorities, proposals and answers."""
        lever = f"terms.lever.{key}.title"
        return self.language.text(lever) if self.language.has(lever) else self.text(f"field.{key}")

    def choice(self, item: Mapping[str, Any]) -> str:
        """A decision by its name."""
        if item["kind"] == LEVER:
            return self.field(item["key"])
        if item["kind"] == PRIORITY:
            return self.text("priority", partner=item["key"], value=self.text(item["value"]))
        return self.text(item["kind"], partner=item["key"])

    def choice_row(self, item: Mapping[str, Any]) -> dict[str, str]:
        """A decision with its times and values."""
        is_lever = item["kind"] == LEVER
        return {
            "name": self.choice(item),
            "first": self.year(item["first"]),
            "until": self.text("to_the_end") if item["until"] is None else self.year(item["until"]),
            "value": self.lever_value(item["key"], item["value"]) if is_lever else self.text(item["value"]),
            "instead_of": self.lever_value(item["key"], item["instead_of"]) if is_lever else self.text("model"),
            "effect": self.signed(item),
            "interval": self.interval(item),
        }

    def cause(self, part: str, share: float, mine: str | None) -> str:
        """A cause with its share, on our side or the partner's."""
        factor, side = factor_and_side(part)
        name = self.language.text(f"terms.cause.{factor}")
        whose = "both" if side is None else "own" if side == mine else "partner"
        return self.text(f"of_{whose}", factor=name, share=self.language.percent(share))

    def cause_name(self, part: str, mine: str) -> str:
        """A cause without its share."""
        factor, side = factor_and_side(part)
        whose = "" if side is None else self.text("side_own" if side == mine else "side_partner")
        return self.language.text(f"terms.cause.{factor}") + (f", {whose}" if whose else "")

    def event(self, item: Mapping[str, Any]) -> dict[str, str] | None:
        """An event as date, what happened, with whom, and why; None for one that is not shown."""
        kind = item["event"]
        if kind not in _SHOWN_EVENTS:
            return None
        detail = item["detail"] or ""
        if kind == "ended" and detail:
            detail = self.language.text(f"terms.ending.{detail}")
        if kind == "relations_changed":
            detail = self.language.text(f"app.relation.{detail}")
            place = f"{item['country']} – {item['other_country']}"
        else:
            place = item["city"] or item["country"] or ""
        told = self.language.text(f"app.life_event.{kind}", place=place, detail=detail).strip()
        causes = [self.cause(part, share, item["mine"]) for part, share in item["shares"].items() if share > 0.0]
        year, _, quarter = item["date"].partition("Q")
        when = self.language.text("app.quarter", year=year, quarter=quarter)
        return {"date": when, "partner": item["partner"] or "", "told": told, "causes": "; ".join(causes)}
