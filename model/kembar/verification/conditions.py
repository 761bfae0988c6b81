"""The extreme conditions as data: what is changed, what is looked at, and what must hold of it in every run."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kembar.locations import scenarios_folder
from kembar.measurement import measure
from kembar.verification.worlds import NO_BARRIERS

if TYPE_CHECKING:
    from kembar.world import RunRecord

Values = Sequence[float]
Numbers = Mapping[str, float]

USUAL: Final = "indonesia"
TOWNS: Final = "towns"  # two usual towns with one agreement
SEEDS: Final = tuple(range(1, 6))
LATE: Final = 10  # years after which what was appropriated before is gone

_STOP: Final = """
title = "Nobody travels any more"
about = "An extreme condition."
claims = ["S08"]

[[event]]
kind = "travel_stop"
from = 2026
until = 2056
severity = 1.0
where = ["all"]
because = "an extreme condition"
"""
_ALONE: Final = """
title = "One city"
about = "An extreme condition."
start_year = 2026
years = 30
kind = "register"
focal_countries = []
"""
_TOWN: Final = """
[[city]]
name = "{name}"
country = "{country}"
latitude = {latitude}
longitude = 20.0
population = {population}
budget_kusd = 200000
utc_offset_hours = 1
search = "{search}"
"""
_TIE: Final = """
[[agreement]]
city = "Town 0 (DE)"
partner = "Town 0 (PL)"
signed_year = 2016
status = "active"
term_years = 5
"""


@dataclass(frozen=True)
class Condition:
    """What is changed and what must come of it.

    `measured` takes the run and the usual one of the same luck and gives the numbers that are shown and judged.
    `numbers` may lie outside the declared ranges.
    """

    name: str
    must: str
    measured: Callable[[RunRecord, RunRecord], Numbers]
    holds: Callable[[Numbers], bool]
    levers: Numbers = field(default_factory=dict)
    numbers: Numbers = field(default_factory=dict)
    policy: str | None = None
    world: str = USUAL
    text: str | None = None  # a world of its own

    @property
    def beside(self) -> str:
        """The usual world that it is compared with."""
        return self.world if self.text is None else TOWNS


def _total(*names: str) -> Callable[[RunRecord, RunRecord], Numbers]:
    return lambda run, usual: {name.replace("_", " "): float(run.series[name].sum()) for name in names}


def _relative(*names: str) -> Callable[[RunRecord, RunRecord], Numbers]:
    """Totals as a share of the usual ones."""
    return lambda run, usual: {f"{name.replace('_', ' ')}, share of usual": _ratio(run, usual, name) for name in names}


def _ratio(run: RunRecord, usual: RunRecord, name: str) -> float:
    return float(run.series[name].sum()) / max(float(usual.series[name].sum()), 1e-12)


def _outcome(run: RunRecord, name: str) -> float:
    found = measure(run)[name].value
    return 0.0 if found is None else found


def _outcome_ratio(run: RunRecord, usual: RunRecord, name: str) -> float:
    return _outcome(run, name) / _outcome(usual, name)


def _freeze_of_everything() -> str:
    """Relations of Indonesia with every country of its partners frozen, and of those with each other."""
    with (scenarios_folder() / "tables" / "indonesia" / "cities.csv").open(encoding="utf-8", newline="") as file:
        countries = sorted({row["country"] for row in csv.DictReader(file)})
    text = 'title = "Everything freezes"\nabout = "An extreme condition."\nclaims = ["S16"]\n'
    for country in countries:
        if country != "ID":
            text += (
                f'\n[[event]]\nkind = "freeze"\nwhere = ["ID", "{country}"]\nfrom = 2026\nuntil = 2056\n'
                'severity = 1.0\nbecause = "an extreme condition"\n'
            )
    return text


def _towns(population: int) -> str:
    places = (("DE", 50.0), ("PL", 52.0))
    return _ALONE + "".join(
        _TOWN.format(name="Town 0", country=country, latitude=latitude, population=population, search="no")
        for country, latitude in places
    ) + _TIE  # fmt: skip


YEARS: Final = "active years per agreement"
SHARE_OF_YEARS: Final = f"{YEARS}, share of usual"

CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition(
        "no money planned", "official exchange dies with the last appropriation; citizens go on",
        lambda run, usual: {
            f"official exchanges after year {LATE}": float(run.series["city_exchanges"][LATE:].sum()),
            "citizens' exchanges": float(run.series["citizen_exchanges"].sum()),
        },
        lambda was: was[f"official exchanges after year {LATE}"] == 0.0 < was["citizens' exchanges"],
        {"funding_share": 0.0},
    ),
    Condition(
        "no money and no carriers", "no exchange at all",
        _total("city_exchanges", "citizen_exchanges"), lambda was: sum(was.values()) == 0.0,
        {"funding_share": 0.0}, {"carrier_rate": 0.0}, world="archipelago",
    ),
    Condition(
        "no carriers", "cities exchange, citizens do not",
        _total("city_exchanges", "citizen_exchanges"),
        lambda was: was["city exchanges"] > 0.0 == was["citizen exchanges"],
        {}, {"carrier_rate": 0.0}, world="archipelago",
    ),
    Condition(
        "no staff", "no official exchange, no search; citizens go on",
        _total("city_exchanges", "talks_opened", "citizen_exchanges"),
        lambda was: was["city exchanges"] == was["talks opened"] == 0.0 < was["citizen exchanges"],
        {"staff_factor": 0.0}, {"hidden_spread": 0.1},
    ),
    Condition(
        "no commitment", "money lies unspent, few exchange, agreements die sooner",
        lambda run, usual: {
            "execution": _outcome(run, "execution_share"), **_relative("city_exchanges")(run, usual),
            SHARE_OF_YEARS: _outcome_ratio(run, usual, "active_years_per_agreement"),
        },
        lambda was: max(was["execution"], was["city exchanges, share of usual"]) < 0.5 and was[SHARE_OF_YEARS] < 0.8,
        {}, {"commitment_shape_high": 1e9, "satisfaction_gain": 0.0, "hidden_spread": 0.0},
    ),
    Condition(
        "heads who all care fully", "nearly all money is spent and agreements live more than twice as long",
        lambda run, usual: {
            "execution": _outcome(run, "execution_share"),
            SHARE_OF_YEARS: _outcome_ratio(run, usual, "active_years_per_agreement"),
        },
        lambda was: was["execution"] > 0.8 and was[SHARE_OF_YEARS] > 2.0,
        {"commitment_floor": 1.0},
    ),
    Condition(
        "no barriers", "more exchange, longer lives",
        lambda run, usual: {
            **_relative("city_exchanges")(run, usual),
            SHARE_OF_YEARS: _outcome_ratio(run, usual, "active_years_per_agreement"),
        },
        lambda was: was["city exchanges, share of usual"] > 1.2 and was[SHARE_OF_YEARS] > 1.1,
        {}, NO_BARRIERS,
    ),
    Condition(
        "nobody travels, nothing is digital", "no exchange at all, hardly a signing",
        lambda run, usual: {
            **_total("city_exchanges", "citizen_exchanges")(run, usual), **_relative("signed")(run, usual)
        },
        lambda was: (
            was["city exchanges"] + was["citizen exchanges"] == 0.0 and was["signed, share of usual"] <= 0.05
        ),
        {"digital_share": 0.0}, policy=_STOP,
    ),
    Condition(
        "nobody travels, all is digital", "contact goes on, less than half as much",
        _relative("city_exchanges"), lambda was: 0.0 < was["city exchanges, share of usual"] < 0.5,
        {"digital_share": 1.0}, policy=_STOP,
    ),
    Condition(
        "relations with every country freeze", "no official exchange, nothing is signed",
        _total("city_exchanges", "signed"), lambda was: sum(was.values()) == 0.0,
        policy=_freeze_of_everything(),
    ),
    Condition(
        "nobody searches", "no talks open",
        _total("talks_opened"), lambda was: was["talks opened"] == 0.0, {"search_effort": 0.0},
    ),
    Condition(
        "no room in any portfolio", "nothing is signed or revived",
        _total("signed", "revivals"), lambda was: sum(was.values()) == 0.0, {"portfolio_cap": 0.0},
    ),
    Condition(
        "a huge portfolio", "more than twice the signings, each listed agreement lives shorter",
        lambda run, usual: {
            **_relative("signed")(run, usual),
            SHARE_OF_YEARS: _outcome_ratio(run, usual, "active_years_per_agreement"),
        },
        lambda was: was["signed, share of usual"] > 2.0 and was[SHARE_OF_YEARS] < 1.0,
        {"search_effort": 3.0, "portfolio_cap": 99.0, "legal_clarity": 1.0, "decentralisation": 1.0},
    ),
    Condition(
        "one city", "nothing is signed, exchanged or spent",
        _total("talks_opened", "signed", "city_exchanges", "citizen_exchanges", "spent_kusd"),
        lambda was: sum(was.values()) == 0.0,
        text=_ALONE + _TOWN.format(name="Alone", country="DE", latitude=50.0, population=300_000, search="yes"),
    ),
    Condition(
        "two towns of one inhabitant", "they may meet, and gain next to nothing",
        lambda run, usual: {
            "exchanges": float(run.series["city_exchanges"].sum() + run.series["citizen_exchanges"].sum()),
            "points": float(run.agreements["points"].sum()),
        },
        lambda was: 0.0 <= was["points"] < 0.1 * (1.0 + was["exchanges"]),
        text=_towns(1),
    ),
    Condition(
        "two towns of a thousand million", "they gain more, far less than in proportion to the 3333 times more people",
        lambda run, usual: {
            "points of an exchange, times the usual": _points_of_exchange(run) / _points_of_exchange(usual)
        },
        lambda was: 1.0 < was["points of an exchange, times the usual"] < 333.0,
        text=_towns(1_000_000_000),
    ),
    Condition(
        "terms of one year", "far more renewals",
        _relative("renewals"), lambda was: was["renewals, share of usual"] > 2.0, {"agreement_years": 1.0},
    ),
    Condition(
        "heads elected every year", "far more changes, shorter lives",
        lambda run, usual: {
            **_relative("leader_changes")(run, usual),
            SHARE_OF_YEARS: _outcome_ratio(run, usual, "active_years_per_agreement"),
        },
        lambda was: was["leader changes, share of usual"] > 2.0 and was[SHARE_OF_YEARS] < 1.0,
        {"term_years": 1.0, "national_calendar": 0.0},
    ),
    Condition(
        "long terms without limit", "fewer changes of head",
        _relative("leader_changes"), lambda was: was["leader changes, share of usual"] < 1.0,
        {"term_limit": 20.0, "national_calendar": 0.0, "term_years": 10.0},
    ),
    Condition(
        "twenty times the money", "more is granted, up to what lives, and nothing explodes",
        _relative("appropriated_kusd"), lambda was: 1.0 < was["appropriated kusd, share of usual"] < 3.0,
        {"funding_share": 0.003},
    ),
    Condition(
        "approval takes five years", "signings fall",
        _relative("signed"), lambda was: was["signed, share of usual"] < 0.8, {"approval_years": 5.0},
    ),
)  # fmt: skip


def _points_of_exchange(run: RunRecord) -> float:
    exchanges = float(run.series["city_exchanges"].sum() + run.series["citizen_exchanges"].sum())
    return float(run.agreements["points"].sum()) / max(exchanges, 1.0)
