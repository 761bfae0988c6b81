"""What a team is told of its city: its years, its partners, what happened, and what came of its proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.batch import key_of
from kembar.classroom.decision import Decision
from kembar.classroom.play import Played
from kembar.classroom.settings import settings
from kembar.story import shares_of
from kembar.tables import agreement_name, event_table
from kembar.world import RunRecord

SERIES: Final = tuple(name for name in records.CITY_YEAR.names or () if name != "sector_points")
_DIGITS: Final = 4  # significant, of the numbers shown
_SHOWN_SHARES: Final = 3
_PER_YEAR: Final = records.QUARTERS_PER_YEAR
_HEADS: Final = ("leader_changed", "caretaker_came")
_OF_PARTNERS: Final = (*_HEADS, "staff_rotated", "portfolio_reviewed", "city_merged")
_LIVE: Final = (records.EXPLORING, records.LETTER, records.ACTIVE, records.DORMANT, records.STALLED)


def rounded(value: float) -> float:
    """A number as a page shows it, with a few significant digits."""
    return float(f"{float(value):.{_DIGITS}g}")


def left_kusd(years: Any) -> Any:
    """Money granted and not spent [kusd] in each year: what others pay is spent, but not of the city's own."""
    return np.maximum(0.0, years["appropriated_kusd"] - (years["spent_kusd"] - years["external_kusd"]))


def years_of(played: Played, team: int) -> records.Array:
    """The years of a team's city, (rounds,) of CITY_YEAR."""
    return played.record.city_years[: played.rounds, played.game.row(team)]


def points_of(years: Any) -> Any:
    """Benefit points that a city felt in each year."""
    return years["tangible_points"] + years["intangible_points"]


def active_of(played: Played, team: int) -> list[int]:
    """How many of a team's agreements are active at the end of each year."""
    found: list[int] = played.active[1:, played.teams.index(team)].tolist()
    return found


def tell_team(played: Played, team: int, decision: Decision) -> dict[str, Any]:
    """All that a team knows of the years played, as JSON; `decision` is the one of the last year."""
    years = years_of(played, team)
    start = played.record.inputs.start_year
    found = [] if played.rounds == 0 else _events(played, team)
    last = f"{start + played.rounds - 1}"
    mine = played.game.cities[team]
    return {
        "years": [start + place for place in range(played.rounds)],
        "series": {
            **{name: [rounded(value) for value in years[name]] for name in SERIES},
            "active": active_of(played, team),
        },
        "left_kusd": [rounded(value) for value in left_kusd(years)],
        "city": _city(played, team),
        "partners": _partners(played, team, decision),
        "events": found,
        "talks": [
            {"round": talk.round, "partner": talk.partner if talk.team == team else played.game.cities[talk.team],
             "own": talk.team == team, "answer": talk.answer}
            for talk in played.talks
            if team == talk.team or talk.partner == mine
        ],
        "new_head": any(
            event["event"] in _HEADS and event["city"] == mine and event["date"].startswith(last) for event in found
        ),
    }  # fmt: skip


def in_force(played: Played, team: int) -> dict[str, float]:
    """The levers of a mayor as they hold in the city at the end of the last year played."""
    levers = played.levers[-1][played.teams.index(team)]
    return {key: rounded(levers[key]) for key in settings().lever_keys}


def _time(quarter: int, start_year: int) -> float | None:
    return None if quarter <= records.NEVER else start_year + quarter / _PER_YEAR


def _city(played: Played, team: int) -> dict[str, Any]:
    place = played.teams.index(team)
    city = played.cities[-1][place]
    start = played.record.inputs.start_year
    shares = ("commitment", "experience", "institutionalisation", "support", "crisis", "travel", "disaster")
    return {
        **{name: rounded(city[name]) for name in shares},
        "staff_fte": rounded(city["staff"]),
        "terms_served": int(city["terms_served"]),
        "caretaker": bool(city["is_caretaker"]),
        "head_since": start + int(city["inaugurated_quarter"]) / _PER_YEAR,
        "next_election": _time(played.elections[place], start),
    }


def _own(record: RunRecord, row: int) -> list[tuple[int, int]]:
    """A city's agreements, those that have begun, as (row, side)."""
    return [
        (place, side)
        for place, agreement in enumerate(record.agreements)
        for side, name in enumerate("ab")
        if agreement[name] == row and agreement["stage"] != records.SCHEDULED
    ]


def _name(record: RunRecord, place: int) -> str:
    agreement, keys = record.agreements[place], record.inputs.city_keys
    return agreement_name(keys[agreement["a"]], keys[agreement["b"]], int(agreement["generation"]))


def _partners(played: Played, team: int, decision: Decision) -> list[dict[str, Any]]:
    record, start = played.record, played.record.inputs.start_year
    found = []
    for place, side in _own(record, played.game.row(team)):
        item = record.agreements[place]
        partner = record.inputs.city_keys[item["b" if side == 0 else "a"]]
        stage, cause = int(item["stage"]), int(item["cause"])
        signed = stage in (records.ACTIVE, records.DORMANT, records.ENDED)
        found.append(
            {
                "agreement": _name(record, place),
                "partner": partner,
                "side": "ab"[side],
                "stage": records.STAGES[stage],
                "frozen": bool(item["is_frozen"]),
                "in_force": bool(item["in_force"]),
                "signed": _time(item["signed_quarter"], start) if signed else None,
                "term_end": _time(item["term_end_quarter"], start) if signed else None,
                "last_exchange": _time(item["last_exchange_quarter"], start),
                "trust": rounded(item["trust"]),
                "satisfaction": rounded(item["satisfaction"][side]),
                "money_kusd": rounded(item["money_kusd"][side]) if stage == records.ACTIVE else 0.0,
                "staff_fte": rounded(item["time_fte"][side]) if stage == records.ACTIVE else 0.0,
                "exchanges": int(item["city_exchanges"]) + int(item["citizen_exchanges"]),
                "points": rounded(item["points"][side]),
                "spent_kusd": rounded(item["spent_kusd"][side]),
                "priority": decision.priorities.get(partner, "normal"),
                "cause": None if cause == records.NO_CAUSE else records.PARTS[cause],
                "generation": int(item["generation"]),
            }
        )
    return found


def _events(played: Played, team: int) -> list[dict[str, Any]]:
    """The events of a city's agreements, of itself and its partners' heads and offices, and around them, in order."""
    record, row = played.record, played.game.row(team)
    own = _own(record, row)
    sides = {_name(record, place): "ab"[side] for place, side in own}
    mine = record.inputs.city_keys[row]
    live = {place for place, _ in own if record.agreements[place]["stage"] in _LIVE}
    partners = {record.inputs.city_keys[record.agreements[place]["b" if side == 0 else "a"]]
                for place, side in own if place in live}  # fmt: skip
    country = mine[-3:-1]
    countries = {partner[-3:-1] for partner in partners}
    found = []
    for event in event_table(key_of(record), record).to_pylist():
        if not _touches(event, sides, mine, partners, country, countries):
            continue
        shares = shares_of(event) or {}
        found.append(
            {
                "round": int(event["date"][:4]) - record.inputs.start_year + 1,
                **{key: event[key] for key in ("date", "event", "agreement", "city", "country", "other_country")},
                "partner": _partner(event["agreement"], mine),
                "detail": event["detail"],
                "cause": event["cause"],
                "shares": {part: rounded(share) for part, share in list(shares.items())[:_SHOWN_SHARES]},
                "mine": sides.get(event["agreement"]),
            }
        )
    return found


def _partner(agreement: str | None, mine: str) -> str | None:
    if agreement is None:
        return None
    one, _, other = agreement.partition(" #")[0].partition(" - ")
    return other if one == mine else one


def _touches(
    event: Mapping[str, Any], sides: Mapping[str, str], mine: str, partners: set[str], country: str, around: set[str]
) -> bool:
    if event["event"] == "exchanged":
        return False
    if event["agreement"] is not None:
        return event["agreement"] in sides
    if event["city"] is not None:
        return event["city"] == mine or (event["city"] in partners and event["event"] in _OF_PARTNERS)
    if event["other_country"] is not None:
        pair = {event["country"], event["other_country"]}
        return country in pair and bool(pair & around)
    return event["country"] == country or event["event"] == "travel_stopped"
