"""The tables of a results folder: every column with its type, unit and meaning, declared once.

From here come the Parquet schemas, the checks of what is read back, and the data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from kembar.batch import LEVELS, MEANS, city_columns
from kembar.outcomes import OUTCOMES
from kembar.records import CITY_YEAR, EVENT_VALUES, PARTS, SECTORS, SERIES

if TYPE_CHECKING:
    import pyarrow as pa

TEXT, WHOLE, NUMBER, CLAIM = "text", "whole", "number", "claim"  # a claim is true or false


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type (TEXT, WHOLE, NUMBER or CLAIM), its unit and what it means."""

    name: str
    type: str
    unit: str
    about: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name and file, what a row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """The file's name in a results folder."""
        return f"{self.name}.parquet"


RUN = Column("run_id", WHOLE, "1", "Number of the run, from 0; the same in every table.")
_DATE = "as year and quarter, 2027Q3; empty when it has not happened"

_SERIES_ABOUT: Final = {
    "exploring": ("count", "Agreements in first talks at the end of the year."),
    "letter_of_intent": ("count", "Agreements with a letter of intent at the end of the year."),
    "active": ("count", "Active agreements at the end of the year."),
    "dormant": ("count", "Dormant agreements at the end of the year."),
    "stalled": ("count", "Stalled talks at the end of the year."),
    "ended": ("count", "Agreements ended by the end of the year."),
    "frozen": ("count", "Agreements suspended by frozen relations at the end of the year."),
    "in_force": ("count", "Active and dormant agreements whose term runs at the end of the year."),
    "talks_opened": ("count", "Talks opened in the year."),
    "letters": ("count", "Letters of intent signed in the year."),
    "signed": ("count", "Agreements signed in the year."),
    "dormancies": ("count", "Agreements that went dormant in the year."),
    "revivals": ("count", "Dormant agreements that became active again in the year."),
    "renewals": ("count", "Terms renewed in the year."),
    "lapses": ("count", "Agreements that ended with their term in the year."),
    "notices": ("count", "Agreements that ended by notice in the year."),
    "reviews": ("count", "Agreements that a review of the portfolio ended in the year."),
    "mergers": ("count", "Agreements that ended when a city merged in the year."),
    "breaks": ("count", "Agreements that a break in relations ended in the year."),
    "city_exchanges": ("exchanges/year", "Exchanges held by the cities in the year."),
    "citizen_exchanges": ("exchanges/year", "Exchanges carried by citizens and firms in the year."),
    "appropriated_kusd": (
        "kusd/year",
        "Money that councils granted for the agreements that this world contains; mean over the year's quarters.",
    ),
    "executable_kusd": ("kusd/year", "Of it, money that offices could turn into work; mean over the year's quarters."),
    "spent_kusd": ("kusd/year", "Money spent in the year."),
    "external_kusd": ("kusd/year", "Part of the money spent that others than the city paid."),
    "staff_fte": ("fte", "Staff held for the agreements that this world contains; mean over the year."),
    "used_fte": ("fte", "Staff time used for partnerships; mean over the year."),
    "tangible_points": ("points/year", "Tangible benefits felt in the year."),
    "intangible_points": ("points/year", "Intangible benefits felt in the year."),
    "public_points": ("points/year", "Benefits felt by the wide public in the year."),
    "leader_changes": ("count", "Changes of the head of a city in the year."),
    "commitment": ("1", "Commitment of the head (0-1) at the end of the year."),
    "satisfaction": ("1", "Mean satisfaction (-1 to 1) of cities with active agreements at the end of the year."),
    "experience": ("1", "Experience of the staff (0-1) at the end of the year."),
    "institutionalisation": ("1", "Institutionalisation (0-1) at the end of the year."),
    "support": ("1", "Public support (0-1) at the end of the year."),
    "exchanges": ("exchanges/year", "Exchanges in the year, of both kinds."),
}
_EVENT_ABOUT: Final = {
    "commitment": ("1", "Commitment (0-1) of the head of side {}."),
    "staff": ("fte", "Staff of side {}."),
    "money": ("kusd/year", "Money that side {} planned for the agreement."),
    "satisfaction": ("1", "Satisfaction (-1 to 1) of side {}."),
    "trust": ("1", "Trust (0-1)."),
    "embeddedness": ("1", "People-to-people ties (0-1)."),
}


def _yearly(names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(name, NUMBER, *_SERIES_ABOUT[name]) for name in names)


def _names(dtype: object) -> tuple[str, ...]:
    return tuple(getattr(dtype, "names", None) or ())


def _event_columns() -> tuple[Column, ...]:
    found = []
    for name in EVENT_VALUES:
        stem, _, side = name.rpartition("_")
        unit, about = _EVENT_ABOUT[stem or name]
        found.append(Column(name, NUMBER, unit, about.format(side)))
    return tuple(found)


def _sides(name: str, unit: str, about: str) -> tuple[Column, ...]:
    return tuple(Column(f"{name}_{side}", NUMBER, unit, about.format(side)) for side in ("a", "b"))


def _whole_run() -> tuple[Column, ...]:
    """The columns of a city over a whole run: sums, but means and last levels where a sum means nothing."""
    found = []
    for name in city_columns():
        stem = "points_" if name.startswith("points_") else name
        unit, about = ("points", f"Benefits felt in {name.removeprefix('points_')}.")
        if stem != "points_":
            unit, about = _SERIES_ABOUT[name]
        if name in MEANS:
            about = about.replace("at the end of the year", "").rstrip(" .") + "; mean over the run."
        elif name in LEVELS:
            about = about.replace("at the end of the year", "at the horizon")
        else:
            unit = unit.removesuffix("/year")
            about = about.replace("in the year", "in the run").replace("; mean over the year's quarters", ", added up")
        found.append(Column(name, NUMBER, unit, about))
    return tuple(found)


AGREEMENTS: Final = Table(
    "agreements",
    "one agreement of one run: its life, and its first active spell as a row of survival analysis (start, stop, event, "
    "cause, entry)",
    (
        RUN,
        Column(
            "agreement", TEXT, "1", "Keys of both cities, `A (CC) - B (CC)`; a later agreement of the pair adds ` #2`."
        ),
        Column("city_a", TEXT, "1", "Key of side a, the city whose key sorts first."),
        Column("city_b", TEXT, "1", "Key of side b."),
        Column("generation", WHOLE, "1", "1 for the first agreement of the pair, 2 for the next."),
        Column("register_status", TEXT, "1", "Status in the scenario's table, `new` when formed in the run."),
        Column("register_year", WHOLE, "1", "Recorded year of signing; empty when the table has none."),
        Column("stage_start", TEXT, "1", "Stage before the first quarter; `not_begun` when talks open later."),
        Column("stage_end", TEXT, "1", "Stage at the horizon; `not_begun` when talks never opened."),
        Column("in_force", CLAIM, "1", "Whether its term runs at the horizon."),
        Column("frozen", CLAIM, "1", "Whether frozen relations suspend it at the horizon."),
        *(
            Column(name, TEXT, "1", f"Quarter of {what} {_DATE}.")
            for name, what in (
                ("opened", "the opening of talks"),
                ("letter", "the letter of intent"),
                ("signed", "signing"),
                ("first_dormant", "the first dormancy"),
                ("last_dormant", "the latest dormancy"),
                ("last_exchange", "the last exchange"),
                ("ended", "the end"),
            )
        ),
        Column("entry", TEXT, "1", f"Quarter in which the run could first see it as signed {_DATE}."),
        Column("start", NUMBER, "years", "Years from signing to entry: the spell is seen from here (left truncation)."),
        Column(
            "stop",
            NUMBER,
            "years",
            "Years from signing to the event or, without one, to the horizon. The quarter of an event is lived "
            "through: whoever reads it as (start, stop] adds 0.25 where `event` is not `censored`.",
        ),
        Column(
            "event",
            TEXT,
            "1",
            "What ended the first active spell: `dormancy`, `end`, or `censored`; empty, with start and stop, when it "
            "was not active at entry.",
        ),
        Column(
            "cause",
            TEXT,
            "1",
            "Why: largest part of the shortfall behind `event`; the parts are those of `events`. Empty when censored.",
        ),
        Column("life_start", NUMBER, "years", "Years from signing to entry; empty when it was never signed."),
        Column("life_stop", NUMBER, "years", "Years from signing to its end or, without one, to the horizon."),
        Column("last_cause", TEXT, "1", "Largest part of the latest decline's shortfall."),
        Column("how", TEXT, "1", "How it ended: lapse, notice, review, merger or break; empty when it lives on."),
        Column("active_years", NUMBER, "years", "Active time in the run."),
        Column("renewals", WHOLE, "count", "Terms renewed in the run."),
        Column("revivals", WHOLE, "count", "Times it woke from dormancy in the run."),
        Column("city_exchanges", WHOLE, "exchanges", "Exchanges held by the cities in the run."),
        Column("citizen_exchanges", WHOLE, "exchanges", "Exchanges carried by citizens and firms in the run."),
        *_sides("spent_kusd", "kusd", "Money that side {} spent on it in the run."),
        *_sides("points", "points", "Benefits yielded to side {} in the run."),
        Column("tangible_points", NUMBER, "points", "Tangible part of both sides' benefits."),
        Column("public_points", NUMBER, "points", "Part of both sides' benefits that reaches the wide public."),
        Column("early_economic_points", NUMBER, "points", "Trade and tourism benefits of years 1-10 of the agreement."),
        Column("early_exchanges", NUMBER, "exchanges", "Exchanges of years 1-10 of the agreement."),
        Column("late_economic_points", NUMBER, "points", "Trade and tourism benefits of years 11-20."),
        Column("late_exchanges", NUMBER, "exchanges", "Exchanges of years 11-20."),
        Column("trust", NUMBER, "1", "Trust (0-1) at the horizon or end."),
        Column("embeddedness", NUMBER, "1", "People-to-people ties (0-1) at the horizon or end."),
        *_sides("satisfaction", "1", "Satisfaction (-1 to 1) of side {} at the horizon or end."),
        *_sides("entry_commitment", "1", "Commitment (0-1) of the head of side {} in the quarter of entry."),
        *_sides("entry_staff", "fte/agreement", "Staff of side {} for each of its open agreements at entry."),
        *_sides(
            "entry_money_kusd", "kusd/year", "Money side {} appropriated for each of its open agreements at entry."
        ),
        Column("language", NUMBER, "1", "Closeness of language (0-1)."),
        Column("culture", NUMBER, "1", "Distance of culture (0-1)."),
        Column("distance_km", NUMBER, "km", "Great-circle distance."),
        Column("size_gap", NUMBER, "1", "Absolute difference of the logarithms of the two populations."),
        *(Column(f"focus_{sector}", NUMBER, "1", f"Share of its focus on {sector} (0-1).") for sector in SECTORS),
    ),
)
_WHICH_CITY: Final = (
    RUN,
    Column("city", TEXT, "1", "Key of the city."),
    Column("country", TEXT, "1", "Code of its country."),
)
_WHERE: Final = (
    Column("population", NUMBER, "persons", "Inhabitants."),
    Column("latitude", NUMBER, "degrees", "Latitude, north positive."),
    Column("longitude", NUMBER, "degrees", "Longitude, east positive."),
)
CITIES: Final = Table(
    "cities",
    "one city in one run, over all its years",
    (
        *_WHICH_CITY,
        *_WHERE,
        Column("income_kusd", NUMBER, "kusd/year", "Income per head of its country."),
        *_whole_run(),
    ),
)
CITY_YEARS: Final = Table(
    "city_years",
    "one city in one year of one run",
    (
        *_WHICH_CITY,
        Column("year", WHOLE, "1", "Calendar year."),
        *_WHERE,
        *_yearly(tuple(name for name in _names(CITY_YEAR) if name != "sector_points")),
        *(Column(f"points_{s}", NUMBER, "points/year", f"Benefits felt in {s} in the year.") for s in SECTORS),
    ),
)
SERIES_TABLE: Final = Table(
    "series",
    "one year of one run, summed over the world",
    (RUN, Column("year", WHOLE, "1", "Calendar year."), *_yearly(_names(SERIES))),
)
EVENTS: Final = Table(
    "events",
    "one event of one run, in order",
    (
        RUN,
        Column("sequence", WHOLE, "1", "Place in the order of events, from 0."),
        Column("date", TEXT, "1", "Year and quarter, 2027Q3."),
        Column("event", TEXT, "1", "Kind of event."),
        Column("agreement", TEXT, "1", "Agreement it happened to, as in `agreements`; else empty."),
        Column("city", TEXT, "1", "City it happened to, or the side of the agreement that acted; else empty."),
        Column("country", TEXT, "1", "Country it happened to; of a pair of countries the first."),
        Column("other_country", TEXT, "1", "Second country of a pair."),
        Column(
            "detail",
            TEXT,
            "1",
            "How an agreement ended; the new relation of two countries; whether a head left by `election` or "
            "`departure`; whether `cities` or `citizens` held an exchange.",
        ),
        Column("count", WHOLE, "exchanges", "Number of exchanges held in the quarter."),
        Column("cause", TEXT, "1", "Largest part of the shortfall behind a dormancy, an end or a revival."),
        *_event_columns(),
        *(
            Column(
                f"shortfall_{part}",
                NUMBER,
                "exchanges",
                f"Part of the shortfall of exchanges over the silent span that is due to {part} (signed).",
            )
            for part in PARTS
        ),
    ),
)
FAILURES: Final = Table(
    "failures",
    "one run that failed",
    (
        RUN,
        Column("stage", TEXT, "1", "What was being done."),
        Column("message", TEXT, "1", "What went wrong."),
        Column("seed", WHOLE, "1", "Seed with which the run can be replayed."),
    ),
)


POINTS: Final = Table(
    "points",
    "one factor of one design point of a study",
    (
        Column("point", WHOLE, "1", "Number of the design point, from 0."),
        Column("scenario", TEXT, "1", "Name of its world."),
        Column("luck", WHOLE, "1", "Points with the same number share their luck in each replicate."),
        Column("factor", TEXT, "1", "Name of the factor; empty when the design has none."),
        Column("value", NUMBER, "1", "Its value, in the unit of the parameter it sets."),
    ),
)


@cache
def runs_table() -> Table:
    """The table of runs: identity, outcomes, and every parameter (read from the declarations)."""
    from kembar.parameters import declarations

    parameters = []
    for declared in declarations():
        names = [f".{sector}" for sector in SECTORS] if declared.is_by_sector else [""]
        for suffix in names:
            about = f"{declared.title}{suffix.replace('.', ', ')} ({declared.kind}"
            about += ", before any change)." if declared.kind == "lever" else ")."
            parameters.append(Column(f"parameter.{declared.key}{suffix}", NUMBER, declared.unit, about))
    return Table(
        "runs",
        "one run",
        (
            RUN,
            Column("scenario", TEXT, "1", "Name of the world."),
            Column("point", WHOLE, "1", "Number of the design point, from 0; its factors are in `points`."),
            Column("policies", TEXT, "1", "Names of the policies, joined by `+`; empty without any."),
            Column("replicate", WHOLE, "1", "Number of the repetition, from 0."),
            Column("seed", WHOLE, "1", "Seed of the run's luck; runs that differ in policies alone share it."),
            Column("start_year", WHOLE, "1", "Calendar year of the first quarter."),
            Column("years", WHOLE, "years", "Length of the run."),
            *(Column(outcome.name, NUMBER, outcome.unit, outcome.about) for outcome in OUTCOMES),
            Column("reasons", TEXT, "1", "Why outcomes are empty: `name: reason`, separated by `; `."),
            *parameters,
        ),
    )


@cache
def evidence_table() -> Table:
    """The table of a calibration: the statistics of the evidence in every run (read from the targets)."""
    from kembar.evidence.by_run import targets_of_runs

    columns = {
        target.part.statistic: Column(target.part.statistic, NUMBER, target.part.unit, target.about)
        for target in targets_of_runs()
    }
    where = "one run of a calibration; a statistic that belongs to another world, or has no value, is empty"
    return Table("evidence", where, (RUN, *columns.values()))


def tables(kind: str = "run") -> tuple[Table, ...]:
    """The tables of a results folder, of a single run or of a study."""
    common = (runs_table(), AGREEMENTS, CITIES, SERIES_TABLE, FAILURES)
    return (*common, CITY_YEARS, EVENTS) if kind == "run" else (*common, evidence_table(), POINTS)


@cache
def arrow_schema(table: Table) -> pa.Schema:
    """The Parquet schema, units and meanings in the fields' metadata."""
    import pyarrow as pa

    types = {TEXT: pa.string(), WHOLE: pa.int64(), NUMBER: pa.float64(), CLAIM: pa.bool_()}
    return pa.schema(
        [
            pa.field(column.name, types[column.type], metadata={"unit": column.unit, "about": column.about})
            for column in table.columns
        ],
        metadata={"table": table.name, "row": table.row},
    )
