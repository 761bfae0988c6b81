"""A synthetic world: invented countries and cities, and a start network like the published ones.

Countries cluster on a few continents, cities around their country's middle. City populations are log-normal, the
cities of the countries fall off by rank as in Zipf's law, and neighbouring countries share the language of their
family. The start network gives every city a wished degree, half of them 1, and matches wishes at random with a pull
towards like size, like degree and nearness; two cities of one country are never matched. What comes out agrees with
the published statistics of sister-city networks in degree, size effect, likeness of partners, clustering and length
of ties, which a test checks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from kembar.parameters import ResolvedParameters
from kembar.scenario.records import Agreement, City, Country, city_key
from kembar.scenario.syllables import make_names
from kembar.scenario.tables import CONTINENTS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

EARTH_RADIUS_KM = 6371.0
HIGHEST_LATITUDE = 65.0  # few people live nearer to the poles [degrees]
SOURCE = "invented"


@dataclass(frozen=True)
class Archipelago:
    """A generated world."""

    countries: dict[str, Country]
    cities: tuple[City, ...]
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True)
class _Places:
    """Where the cities lie, by country number."""

    country: Integers
    latitude: Floats  # [degrees]
    longitude: Floats  # [degrees]

    def vectors(self) -> Floats:
        """The positions as unit vectors, for distances."""
        latitude, longitude = np.radians(self.latitude), np.radians(self.longitude)
        flat = np.cos(latitude)
        return np.column_stack((flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)))


def _scattered(
    random: np.random.Generator, latitude: Floats, longitude: Floats, spread_km: float
) -> tuple[Floats, Floats]:
    """Points scattered around others, rounded to what a map shows."""
    degrees = math.degrees(spread_km / EARTH_RADIUS_KM)
    north = latitude + degrees * random.standard_normal(len(latitude))
    north = np.clip(north, -HIGHEST_LATITUDE, HIGHEST_LATITUDE)
    east = longitude + degrees * random.standard_normal(len(longitude)) / np.cos(np.radians(north))
    return np.round(north, 4), np.round((east + 180) % 360 - 180, 4)


def _place_cities(
    random: np.random.Generator, cities: int, continent: Integers, numbers: ResolvedParameters
) -> _Places:
    """Continents evenly over the globe, countries around them, cities around the countries."""
    continents = int(continent.max()) + 1
    middle_latitude = np.degrees(np.arcsin(random.uniform(-0.7, 0.8, continents)))
    middle_longitude = (np.arange(continents) + random.uniform(0, 1)) * 360 / continents - 180
    latitude, longitude = _scattered(
        random, middle_latitude[continent], middle_longitude[continent], numbers.number("synthetic_continent_spread")
    )
    countries = len(continent)
    weights = (1.0 + np.arange(countries)) ** -numbers.number("synthetic_country_rank_exponent")
    weights = random.permutation(weights / weights.sum())
    # One city in every country first, so that none is empty as long as there are cities for all.
    country = np.arange(cities) % countries
    country[countries:] = random.choice(countries, size=max(0, cities - countries), p=weights)
    country = np.sort(country)
    spread = numbers.number("synthetic_country_spread")
    north, east = _scattered(random, latitude[country], longitude[country], spread)
    return _Places(country, north, east)


def _wished_degrees(random: np.random.Generator, size: Floats, mean: float, numbers: ResolvedParameters) -> Integers:
    """A wished degree for every city: a log-normal rank with median 1 rounded up, so that half of them wish one.

    `size` is the standardised logarithm of population; the spread is the one that gives the mean. Ranks instead of
    draws keep a single lucky hub from governing the statistics of a small world.
    """
    correlation = numbers.number("synthetic_degree_size_correlation")
    largest = min(
        numbers.number("synthetic_largest_degree"),
        max(2.0, numbers.number("synthetic_largest_degree_share") * len(size)),
    )
    standing = correlation * size + math.sqrt(1 - correlation**2) * random.standard_normal(len(size))
    quantile = NormalDist().inv_cdf
    by_rank = np.array([quantile((rank + 0.5) / len(size)) for rank in range(len(size))])
    ranked = np.empty(len(size))
    ranked[np.argsort(standing)] = by_rank

    def degrees(spread: float) -> Floats:
        rounded: Floats = np.clip(np.ceil(np.exp(spread * ranked)), 1, largest)
        return rounded

    low, high = 0.0, 8.0
    for _ in range(50):
        middle = (low + high) / 2
        if degrees(middle).mean() < mean:
            low = middle
        else:
            high = middle
    return degrees(low).astype(np.int64)


class _Matching:
    """Matches the wished ends of ties, one city at a time, with the best of a few candidates drawn at random."""

    def __init__(
        self,
        random: np.random.Generator,
        places: _Places,
        log_population: Floats,
        wished: Integers,
        numbers: ResolvedParameters,
    ) -> None:
        self.random = random
        self.country = places.country
        self.vectors = places.vectors()
        self.log_population = log_population
        self.log_wished = np.log(wished)
        self.wished = wished
        self.partners: list[set[int]] = [set() for _ in range(len(wished))]
        self.candidates = int(numbers.number("synthetic_candidates"))
        self.pull_size = numbers.number("synthetic_pull_of_like_size")
        self.pull_degree = numbers.number("synthetic_pull_of_like_degree")
        self.pull_near = numbers.number("synthetic_pull_of_nearness")
        self.near_km = numbers.number("synthetic_near")

    def _best(self, city: int, drawn: Integers) -> int | None:
        """The candidate with the greatest pull, its luck included."""
        drawn = drawn[self.country[drawn] != self.country[city]]
        partners = self.partners[city]
        drawn = np.array([other for other in dict.fromkeys(drawn.tolist()) if other not in partners], dtype=np.int64)
        if not len(drawn):
            return None
        cosine = np.clip(self.vectors[drawn] @ self.vectors[city], -1.0, 1.0)
        distance = EARTH_RADIUS_KM * np.arccos(cosine)
        pull = -self.pull_size * np.abs(self.log_population[drawn] - self.log_population[city])
        pull -= self.pull_degree * np.abs(self.log_wished[drawn] - self.log_wished[city])
        pull -= self.pull_near * np.log1p(distance / self.near_km)
        return int(drawn[np.argmax(pull + self.random.gumbel(size=len(drawn)))])

    def run(self) -> list[tuple[int, int]]:
        """All ties, as pairs of city numbers."""
        ends = self.random.permutation(np.repeat(np.arange(len(self.wished)), self.wished))
        count = len(ends)
        place: dict[int, list[int]] = {}  # where the ends of each city lie in the shrinking list
        for position, city in enumerate(ends.tolist()):
            place.setdefault(city, []).append(position)
        ties: list[tuple[int, int]] = []

        def remove(city: int) -> None:
            nonlocal count
            position = place[city].pop()
            count -= 1
            moved = int(ends[count])
            if position != count:
                ends[position] = moved
                place[moved].remove(count)
                place[moved].append(position)

        # The most wanted first: they need many partners and would find only small ones left.
        for city in np.lexsort((self.random.random(len(self.wished)), -self.wished)).tolist():
            while place[city]:
                remove(city)
                if not count:
                    break
                drawn = ends[self.random.integers(0, count, size=self.candidates)]
                other = self._best(city, drawn)
                if other is None:
                    continue  # an end without a match is dropped
                remove(other)
                self._tie(city, other, ties)
        for city, partners in enumerate(self.partners):
            if not partners:  # every city of the published networks has a tie
                other = self._best(city, self.random.integers(0, len(self.wished), size=self.candidates))
                if other is not None:
                    self._tie(city, other, ties)
        return ties

    def _tie(self, one: int, other: int, ties: list[tuple[int, int]]) -> None:
        self.partners[one].add(other)
        self.partners[other].add(one)
        ties.append((one, other))


def _make_countries(
    random: np.random.Generator, number: int, continent: Integers, start_year: int, numbers: ResolvedParameters
) -> list[Country]:
    incomes = (
        numbers.number("synthetic_income_median")
        * 1000
        * np.exp(numbers.number("synthetic_income_spread") * random.standard_normal(number))
    )
    family_size = int(numbers.number("synthetic_countries_per_language_family"))
    own, family = (
        1 - numbers.number("synthetic_family_language_share"),
        numbers.number("synthetic_family_language_share"),
    )
    common = numbers.number("synthetic_common_language_share")
    found = []
    for index, name in enumerate(make_names(random, number, syllables=2, ending="nia")):
        code = f"{chr(ord('A') + index // 10)}{index % 10}"
        # Countries stand in the order of their continents, so a family is a run of neighbours.
        languages = [("common", common), (f"own-{code}", own), (f"family-{index // family_size + 1}", family)]
        found.append(
            Country(
                code=code,
                name=name,
                continent=CONTINENTS[continent[index] % len(CONTINENTS)],
                population=None,
                income_usd=float(round(incomes[index])),
                income_year=start_year,
                languages=tuple(sorted((language, share) for language, share in languages if share > 0)),
                fiscal_quarter=1,
                decentralisation=numbers.number("synthetic_decentralisation"),
                source=SOURCE,
            )
        )
    return found


def generate(
    cities: int,
    countries: int,
    seed: int,
    mean_degree: float | None,
    start: str,
    start_year: int,
    parameters: ResolvedParameters,
) -> Archipelago:
    """A world of that size; the same numbers and seed give the same world.

    `mean_degree` None takes the parameter's. `start` is "network" or "empty" (no agreements). Raises ValueError when
    there are more countries than cities.
    """
    if countries > cities:
        raise ValueError("each country needs a city")
    random = np.random.default_rng(seed)
    continents = min(countries, int(parameters.number("synthetic_continents")))
    continent = np.arange(countries) * continents // countries
    nations = _make_countries(random, countries, continent, start_year, parameters)
    places = _place_cities(random, cities, continent, parameters)
    size = random.standard_normal(cities)
    spread = parameters.number("synthetic_population_spread")
    population = np.maximum(np.round(parameters.number("synthetic_population_median") * np.exp(spread * size)), 1.0)
    made = []
    for index, name in enumerate(make_names(random, cities, syllables=3)):
        nation = nations[places.country[index]]
        income = nation.income_usd or 0.0
        made.append(
            City(
                key=city_key(name, nation.code),
                name=name,
                country=nation.code,
                latitude=float(places.latitude[index]),
                longitude=float(places.longitude[index]),
                population=float(population[index]),
                budget_kusd=float(population[index]) * income / 1000 * parameters.number("municipal_budget_share"),
                utc_offset_hours=float(round(float(places.longitude[index]) / 15)),
                election_wave=None,
                open_to_search=True,
                commitment=None,
                institutionalisation=None,
                civic=None,
                business=None,
                imputed=frozenset({"budget_kusd"}),  # so that a sampled share of budgets reaches invented cities too
                source=SOURCE,
            )
        )
    agreements: list[Agreement] = []
    if start == "network" and countries > 1:
        mean = parameters.number("synthetic_mean_degree") if mean_degree is None else mean_degree
        wished = _wished_degrees(random, size, mean, parameters)
        oldest = parameters.number("synthetic_oldest_agreement")
        for one, other in _Matching(random, places, np.log(population), wished, parameters).run():
            first, second = sorted((made[one].key, made[other].key))
            year = start_year - int(random.integers(0, int(oldest), endpoint=True))
            agreements.append(Agreement(first, second, year, "listed", None, SOURCE))
    return Archipelago(
        countries={nation.code: nation for nation in nations},
        cities=tuple(sorted(made, key=lambda city: city.key)),
        agreements=tuple(sorted(agreements, key=lambda agreement: (agreement.city_a, agreement.city_b))),
    )
