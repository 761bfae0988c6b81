"""What the pages are told: the student's state, the console's, and the world of both. Nothing is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kembar.classroom.comparison import compare_choices
from kembar.classroom.decision import NOTHING
from kembar.classroom.facts import ENDED, LOBBY, Seat
from kembar.classroom.game import Shock
from kembar.classroom.plays import Plays
from kembar.classroom.proposals import waiting
from kembar.classroom.session import Session
from kembar.classroom.settings import settings
from kembar.parameters import declaration
from kembar.records import SECTORS, STAGES
from kembar.scenario.schema import EVENT_KINDS


def world_view(session: Session) -> dict[str, Any]:
    """The world, and everything to choose from."""
    scenario, facts, chosen = session.scenario, session.facts, settings()
    countries = sorted({city.country for city in scenario.cities})
    return {
        **{"title": scenario.title, "about": scenario.about, "name": scenario.name},
        **{"start_year": scenario.start_year, "rounds": facts.rounds, "mode": facts.mode, "language": facts.language},
        "setup": facts.setup,
        "groups": list(chosen.levers),
        "levers": [_lever(key, group) for group, keys in chosen.levers.items() for key in keys],
        "priorities": list(chosen.preferences),
        "most_proposals": chosen.bounds.most_proposals,
        "bounds": chosen.bounds.model_dump(),
        "cities": [
            {
                **{"key": city.key, "name": city.name, "country": city.country, "population": city.population},
                **{"longitude": round(city.longitude, 3), "latitude": round(city.latitude, 3)},
            }
            for city in scenario.cities
        ],
        "countries": {code: scenario.countries[code].name for code in countries},
        **{"sectors": list(SECTORS), "stages": list(STAGES), "event_kinds": list(EVENT_KINDS)},
        "idr_per_usd": scenario.parameters.get("idr_per_usd", declaration("idr_per_usd").value),
    }


def _lever(key: str, group: str) -> dict[str, Any]:
    item = declaration(key)
    return {
        **{"key": key, "group": group, "unit": item.unit, "range": list(item.range), "scale": item.scale},
        "value": item.value,
    }


def _common(session: Session, plays: Plays) -> dict[str, Any]:
    facts = session.facts
    results = plays.results
    start = session.scenario.start_year
    return {
        **{"now": session.clock(), "setup": facts.setup, "phase": facts.phase, "round": facts.round},
        **{"rounds": facts.rounds, "year": start + max(0, facts.round - 1), "mode": facts.mode},
        "played": 0 if results is None else results.played,
        "computing": plays.is_computing(session),
        **{"deadline": facts.deadline, "left": facts.left, "late": session.is_late},
        **{"spotlight": facts.spotlight, "shown": _shown(session, plays)},
        "shocks": [_shock(shock, start) for shock in session.shocks.values()],
    }


def _shock(shock: Shock, start: int) -> dict[str, Any]:
    return {
        **{"number": shock.number, "kind": shock.kind, "where": list(shock.where), "severity": shock.severity},
        **{"from_round": shock.from_round, "until_round": shock.until_round},
        **{"from_year": start + shock.from_round - 1, "until_year": start + shock.until_round - 1},
    }


def _shown(session: Session, plays: Plays) -> dict[str, Any] | None:
    """What the spotlight shows, over the years played."""
    spotlight, results = session.facts.spotlight, plays.results
    if spotlight is None or results is None:
        return None
    chart, team = spotlight["chart"], spotlight["team"]
    teams = list(session.teams) if team is None else [team]
    if chart == "choices":
        return {"chart": chart, "rows": choices(session, plays, results.played)}
    if chart == "events":
        events = {one: results.teams[one]["results"]["events"] for one in teams if one in results.teams}
        return {"chart": chart, "teams": [{"team": one, "city": session.city(one), "events": found}
                                          for one, found in events.items()]}  # fmt: skip
    name = "spent_kusd" if chart == "money" else chart
    return {
        "chart": chart,
        "teams": [
            {"team": one, "city": session.city(one), "values": results.series[name][one - 1]}
            for one in teams
            if one <= len(results.series[name])
        ],
    }


def choices(session: Session, plays: Plays, number: int) -> list[dict[str, Any]]:
    """The class's choices in a round; none before the first."""
    if number < 1:
        return []
    known = {} if plays.results is None else plays.results.teams
    in_force: Mapping[int, Mapping[str, float]] = {team: found["in_force"] for team, found in known.items()}
    return compare_choices({team: session.decision(team, number) for team in session.teams}, in_force)


def student_view(session: Session, plays: Plays, seat: Seat, debrief: Any) -> dict[str, Any]:
    """Everything that a student sees."""
    team, number = seat.team, session.facts.round
    results = plays.results
    own = {} if results is None else results.teams.get(team, {})
    entry = session.latest.get((team, number))
    is_over = session.facts.phase in (LOBBY, ENDED)
    writer = None if entry is None else session.seats.get(entry.seat)
    asked: list[int] = []
    if results is not None and not is_over and results.played == number - 1:
        played = results.plays[team]
        asked = waiting(played.talks, played.game, team, number)
    return {
        "version": session.version(team),
        **_common(session, plays),
        "me": {
            **{"seat": seat.seat, "pseudonym": seat.pseudonym, "team": team, "city": session.city(team)},
            "last_seq": seat.last_seq,
        },
        "members": [item.pseudonym for item in session.members(team)],
        "teams": [{"team": one, "city": session.city(one)} for one in session.teams],
        "decision": (NOTHING if number == 0 else session.decision(team, number)).plain(),
        "saved": None if entry is None else {
            **{"seat": entry.seat, "pseudonym": None if writer is None else writer.pseudonym},
            **{"seq": entry.seq, "number": entry.number},
        },
        "in_force": own.get("in_force", {}),
        "asked": [{"team": one, "city": session.city(one), "round": number - 1} for one in asked],
        "results": own.get("results"),
        "debrief": debrief,
    }  # fmt: skip


def console_view(session: Session, plays: Plays, join: Mapping[str, Any], debrief: Any) -> dict[str, Any]:
    """Everything that the teacher sees."""
    facts, results, now = session.facts, plays.results, session.clock()
    known = {} if results is None else results.teams

    def total(name: str, team: int) -> float:
        return 0.0 if results is None or team > len(results.series[name]) else sum(results.series[name][team - 1])

    return {
        "version": session.version(None),
        **_common(session, plays),
        **{"seconds": facts.seconds, "seed": facts.seed, "world": facts.world, "language": facts.language},
        "join": dict(join),
        "teams": [
            {
                "team": team,
                "city": session.city(team),
                "members": [
                    {
                        **{"seat": seat.seat, "pseudonym": seat.pseudonym},
                        "seen": None if seat.seen_at is None else round(max(0.0, now - seat.seen_at), 1),
                    }
                    for seat in session.members(team)
                ],
                "saved": (team, facts.round) in session.latest,
                "active": results.series["active"][team - 1][-1]
                if results is not None and results.played and team in known else None,
                "points": total("points", team),
                "spent_kusd": total("spent_kusd", team),
                "new_head": bool(known.get(team, {}).get("results", {}).get("new_head")),
            }
            for team in session.teams
        ],
        "series": {} if results is None else dict(results.series),
        "choices": [] if facts.phase in (LOBBY, ENDED) else choices(session, plays, facts.round),
        "choices_before": choices(session, plays, session.played),
        "failure": None if plays.failure is None else f"{type(plays.failure).__name__}: {plays.failure}",
        "debrief": debrief,
    }  # fmt: skip
