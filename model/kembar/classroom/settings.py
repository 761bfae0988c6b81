"""The settings of classes, read once from `settings.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from kembar.scenario.schema import Form


class Bounds(Form):
    """The bounds of a session."""

    most_rounds: int
    usual_rounds: int
    most_teams: int
    usual_teams: int
    most_seats: int
    most_proposals: int
    least_seconds: int
    most_seconds: int
    most_shock_years: int
    longest_pseudonym: int
    offered_names: int
    wrong_codes_a_minute: int
    wrong_codes_of_all_a_minute: int


class DebriefSettings(Form):
    """How a debrief is made."""

    lucks: int = Field(ge=50)
    spread: float = Field(gt=0, lt=1)


class Names(Form):
    """Words of which a language's pseudonyms are made."""

    order: str
    adjectives: list[str]
    animals: list[str]

    def all(self) -> list[str]:
        """Every name."""
        return [self.order.format(adjective=one, animal=other) for one in self.adjectives for other in self.animals]


class Settings(Form):
    """All settings."""

    levers: dict[str, list[str]]
    preferences: dict[str, float]
    bounds: Bounds
    debrief: DebriefSettings
    names: dict[str, Names]

    @property
    def lever_keys(self) -> tuple[str, ...]:
        """The levers of a mayor."""
        return tuple(key for keys in self.levers.values() for key in keys)


@cache
def settings() -> Settings:
    """The settings of classes."""
    content: dict[str, Any] = tomllib.loads(Path(__file__).with_name("settings.toml").read_text(encoding="utf-8"))
    return Settings.model_validate(content)
