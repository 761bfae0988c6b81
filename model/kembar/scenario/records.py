"""What a scenario and a policy hold once read: plain frozen records, sorted by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kembar.errors import folded


@dataclass(frozen=True, slots=True)
class Country:
    """A country as the model sees it."""

    code: str  # ISO 3166 alpha-2; synthetic countries have a digit as second sign
    name: str
    continent: str
    population: float | None
    income_usd: float | None  # gross domestic product per head [US dollars]
    income_year: int | None
    languages: tuple[tuple[str, float], ...]  # language and share of the population that uses it (0-1)
    fiscal_quarter: int  # first quarter of the fiscal year, 1-4
    decentralisation: float  # 0-1
    imputed: frozenset[str] = frozenset()
    source: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """A city; `imputed` names the columns that a rule filled in. None means drawn in every run."""

    key: str  # "Surabaya (ID)"
    name: str
    country: str
    latitude: float
    longitude: float
    population: float
    budget_kusd: float
    utc_offset_hours: float
    election_wave: str | None
    open_to_search: bool
    commitment: float | None
    institutionalisation: float | None
    civic: float | None
    business: float | None
    imputed: frozenset[str] = frozenset()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A recorded agreement between two cities, side a the one whose key sorts first."""

    city_a: str
    city_b: str
    signed_year: int | None  # None: drawn in every run
    status: str
    term_years: float | None  # None: the lever's value
    source: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a lever from a quarter until before another (None: to the end)."""

    parameter: str
    target: str
    from_quarter: int
    until_quarter: int | None
    value: float | tuple[float, ...]
    because: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One scheduled event: a travel stop, a fiscal crisis, a freeze between two countries or a disaster."""

    kind: str
    from_quarter: int
    until_quarter: int
    severity: float
    where: tuple[str, ...]
    because: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Policy:
    """A named set of changes and events laid over a world."""

    name: str
    title: str
    about: str
    claims: tuple[str, ...]
    changes: tuple[Change, ...]
    events: tuple[Event, ...]
    path: str
    hash: str


@dataclass(frozen=True)
class Scenario:
    """A world to start from. `hash` is over all it holds but the place of its files."""

    name: str
    title: str
    about: str
    path: str
    start_year: int
    years: int
    kind: str  # register | hindcast | synthetic
    focal_countries: tuple[str, ...]
    countries: Mapping[str, Country]
    cities: tuple[City, ...]
    agreements: tuple[Agreement, ...]
    waves: Mapping[str, tuple[tuple[int, str], ...]]
    groups: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, float | tuple[float, ...]]
    changes: tuple[Change, ...]
    events: tuple[Event, ...]
    imputed: tuple[tuple[str, str, str, object, str], ...]  # table, row, column, value, rule
    hash: str = field(default="")

    @cached_property
    def city_index(self) -> dict[str, int]:
        """The position of every city by key."""
        return {city.key: index for index, city in enumerate(self.cities)}

    @cached_property
    def cities_by_name(self) -> dict[str, tuple[int, ...]]:
        """The positions of the cities by folded name and by folded key."""
        found: dict[str, list[int]] = {}
        for index, city in enumerate(self.cities):
            for text in {folded(city.name), folded(city.key)}:
                found.setdefault(text, []).append(index)
        return {text: tuple(indices) for text, indices in found.items()}

    @cached_property
    def cities_by_country(self) -> dict[str, tuple[int, ...]]:
        """The positions of the cities of every country that has any."""
        found: dict[str, list[int]] = {}
        for index, city in enumerate(self.cities):
            found.setdefault(city.country, []).append(index)
        return {code: tuple(indices) for code, indices in found.items()}


def city_key(name: str, country: str) -> str:
    """The key of a city.

    >>> city_key("Surabaya", "ID")
    'Surabaya (ID)'
    """
    return f"{name} ({country})"
