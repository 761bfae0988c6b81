"""What a table leaves blank: each value is filled in by a stated rule and marked.

Population: `exp(centre + z * imputed_population_spread)` with `centre = (n ln m + ln M) / (n + 1)`, where m is the
median and n the number of the recorded populations of the country's cities in the table, and M is
`imputed_population_median`. Budget: population x income per head x `municipal_budget_share` (a rupiah budget is only
converted, at `idr_per_usd`). Time zone: the nearest whole hour of the longitude. Election wave: one of the country's
waves that hold elections, in proportion to the cities of the table that have each. Draws are keyed by the city, and
inline cities count in no median, so that adding one changes nobody else's values.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from kembar.errors import Problem
from kembar.scenario.records import City, Country, city_key
from kembar.scenario.tables import Row

ImputedValue = tuple[str, str, str, object, str]
MOST_DEVIATIONS = 2.0  # a keyed draw stays within so many standard deviations


def keyed_uniform(key: str, column: str) -> float:
    """A number above 0 and below 1 that depends on nothing but the city's key and the column.

    >>> keyed_uniform("Siak (ID)", "population") == keyed_uniform("Siak (ID)", "population")
    True
    """
    digest = hashlib.sha256(f"{key}|{column}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") + 0.5) / 2**64


@dataclass(frozen=True)
class ImputationNumbers:
    """The parameters of the rules."""

    idr_per_usd: float
    municipal_budget_share: float
    population_median: float  # [persons]
    population_spread: float  # standard deviation of the natural logarithm


class Imputation:
    """The rules over one world's cities; medians and proportions are those of the rows of its table."""

    def __init__(
        self,
        table_rows: Sequence[Row],
        countries: Mapping[str, Country],
        waves: Mapping[str, tuple[tuple[int, str], ...]],
        numbers: ImputationNumbers,
    ) -> None:
        self.countries = countries
        self.numbers = numbers
        self.imputed: list[ImputedValue] = []
        self.problems: list[Problem] = []
        populations: dict[str, list[float]] = {}
        self.wave_counts: dict[str, Counter[str]] = {}
        voting = {wave for wave, turns in waves.items() if any(kind == "election" for _, kind in turns)}
        for row in table_rows:
            if row["population"] is not None:
                populations.setdefault(row["country"], []).append(row["population"])
            if row["election_wave"] in voting:
                self.wave_counts.setdefault(row["country"], Counter())[row["election_wave"]] += 1
        log_median = math.log(numbers.population_median)
        self.unknown_centre = log_median
        self.centres = {
            country: (len(values) * math.log(median(values)) + log_median) / (len(values) + 1)
            for country, values in populations.items()
        }

    def _mark(self, key: str, column: str, value: object, rule: str) -> None:
        self.imputed.append(("cities", key, column, value, rule))

    def _population(self, key: str, country: str) -> float:
        normal = NormalDist().inv_cdf(keyed_uniform(key, "population"))
        held = min(max(normal, -MOST_DEVIATIONS), MOST_DEVIATIONS)
        centre = self.centres.get(country, self.unknown_centre)
        population = float(max(1, round(math.exp(centre + held * self.numbers.population_spread))))
        self._mark(key, "population", population, "keyed log-normal draw around the country's median")
        return population

    def _budget(self, row: Row, key: str, population: float) -> float:
        if row["budget_idr_billion"] is not None:
            return float(row["budget_idr_billion"] * 1e6 / self.numbers.idr_per_usd)  # a billion rupiah in kusd
        income = self.countries[row["country"]].income_usd
        if income is None:
            self.problems.append(
                row.problem("budget_kusd", "is missing", f"it cannot be imputed, {row['country']} has no income_usd")
            )
            return math.nan
        budget = population * income / 1000 * self.numbers.municipal_budget_share
        self._mark(key, "budget_kusd", budget, "population x income per head x municipal_budget_share")
        return budget

    def _wave(self, key: str, country: str) -> str | None:
        counts = self.wave_counts.get(country)
        if not counts:
            return None
        reached, drawn = 0, keyed_uniform(key, "election_wave") * counts.total()
        for wave in sorted(counts):
            reached += counts[wave]
            if drawn < reached:
                break
        self._mark(key, "election_wave", wave, "keyed draw over the country's waves")
        return wave

    def city(self, row: Row) -> City:
        """The city of a row, every blank filled in that a rule covers."""
        country = row["country"]
        key = city_key(row["name"], country)
        before = len(self.imputed)
        if row["budget_kusd"] is not None and row["budget_idr_billion"] is not None:
            why = "budget_kusd is given as well"
            self.problems.append(row.problem("budget_idr_billion", "only one budget may be given", why))
        population, budget, offset = row["population"], row["budget_kusd"], row["utc_offset_hours"]
        if population is None:
            population = self._population(key, country)
        if budget is None:
            budget = self._budget(row, key, population)
        if offset is None:
            offset = float(round(row["longitude"] / 15))
            self._mark(key, "utc_offset_hours", offset, "nearest hour of the longitude")
        wave = row["election_wave"] or self._wave(key, country)
        return City(
            key=key,
            name=row["name"],
            country=country,
            latitude=row["latitude"],
            longitude=row["longitude"],
            population=population,
            budget_kusd=budget,
            utc_offset_hours=offset,
            election_wave=wave,
            open_to_search=row["search"],
            commitment=row["commitment"],
            institutionalisation=row["institutionalisation"],
            civic=row["civic"],
            business=row["business"],
            imputed=frozenset(column for _, _, column, _, _ in self.imputed[before:]),
            source=row["source"],
        )
