"""One agreement's life in sentences, with dates and causes, told from the tables of a results folder only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from kembar.errors import InputError, Problem, folded, nearest
from kembar.records import PARTS
from kembar.results import Results
from kembar.tables import NEW_STATUS
from kembar.wording import ENDINGS, ONE_FUTURE, STAGES, counted, joined, money, name_of, percent, told_cause, told_date

DASH: Final = re.compile(r"\s+[-–—]\s+|[-–—]")
SHOWN_PARTS: Final = 3
_DECLINES = ("went_dormant", "ended")


@dataclass(frozen=True)
class Life:
    """An agreement's rows (one for each generation) and the events that belong to it, in order."""

    rows: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]

    @property
    def cities(self) -> tuple[str, str]:
        """Keys of the two cities."""
        return self.rows[0]["city_a"], self.rows[0]["city_b"]


def tell(results: Results, pair: str) -> dict[str, Any]:
    """The agreement, its events, its life in facts and in sentences. Raises InputError for an unknown pair."""
    life = _life(results, *find_pair(results, pair))
    return {
        "agreement": life.rows[0]["agreement"],
        "events": [_event_object(event) for event in life.events],
        "sentences": _sentences(results, life),
        "life": _facts(life),
    }


def _facts(life: Life) -> dict[str, Any]:
    """What can be set beside a twin's life, over all agreements of the pair."""
    rows = [row for row in life.rows if row["signed"] is not None] or life.rows
    dormant = [row["first_dormant"] for row in rows if row["first_dormant"] is not None]
    return {
        "stage_end": rows[-1]["stage_end"],
        "active_years": sum(row["active_years"] for row in rows),
        "first_dormant": min(dormant, default=None),
        "ended": rows[-1]["ended"],
        "revivals": sum(row["revivals"] for row in rows),
        "renewals": sum(row["renewals"] for row in rows),
        "exchanges": sum(row["city_exchanges"] + row["citizen_exchanges"] for row in rows),
        "benefit_points": sum(row["points_a"] + row["points_b"] for row in rows),
        "spent_kusd": sum(row["spent_kusd_a"] + row["spent_kusd_b"] for row in rows),
    }


def find_pair(results: Results, text: str) -> tuple[str, str]:
    """Keys of the two cities of `A - B`, in either order, accents and capitals aside. Raises InputError."""
    pairs = sorted(set(zip(*results.columns("agreements", "city_a", "city_b"), strict=True)))
    if not pairs:
        raise InputError(Problem(f"unknown agreement '{text}'", why="this run has no agreements"))
    wanted = [(text[: dash.start()], text[dash.end() :]) for dash in DASH.finditer(text)]
    if not wanted:
        raise InputError(Problem(f"'{text}' is not an agreement", why='write both cities, as in "Surabaya - Busan"'))
    found = [pair for pair in pairs if any(_is_pair(pair, one, other) for one, other in wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        why = "write one of " + ", ".join(" - ".join(pair) for pair in found)
        raise InputError(Problem(f"agreement '{text}' is not unique", why=why))
    raise InputError(_unknown(text, pairs, wanted))


def _matches(key: str, text: str) -> bool:
    return folded(text) in (folded(key), folded(name_of(key)))


def _is_pair(pair: tuple[str, str], one: str, other: str) -> bool:
    return any(_matches(pair[first], one) and _matches(pair[1 - first], other) for first in (0, 1))


def _unknown(text: str, pairs: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> Problem:
    written = {}
    for a, b in pairs:
        for one, other in ((a, b), (b, a)):
            written[f"{name_of(one)} - {name_of(other)}"] = f"{name_of(one)} - {name_of(other)}"
    for one, other in wanted:
        for known, missing in ((one, other), (other, one)):
            partners = sorted({pair[1 - side] for pair in pairs for side in (0, 1) if _matches(pair[side], known)})
            if partners:
                close = nearest(missing, [*partners, *(name_of(partner) for partner in partners)])
                why = f"{known.strip()} has agreements with {', '.join(name_of(partner) for partner in partners)}"
                return Problem(
                    f"unknown agreement '{text}'", why=why, suggestion=f"{known.strip()} - {close}" if close else None
                )
    return Problem(f"unknown agreement '{text}'", suggestion=nearest(text, written))


def _life(results: Results, a: str, b: str) -> Life:
    rows = [row for row in results.rows("agreements") if (row["city_a"], row["city_b"]) == (a, b)]
    rows.sort(key=lambda row: row["generation"])
    names = {row["agreement"] for row in rows}
    events = results.rows("events")
    own = [event for event in events if event["agreement"] in names]
    span = results.run["parameter.dormancy_span_years"]
    declines = [_instant(event["date"]) for event in own if event["event"] in _DECLINES]
    countries = {a[-3:-1], b[-3:-1]}
    around = []
    for event in events:
        date = _instant(event["date"])
        is_near = event["agreement"] is None and any(0 <= decline - date <= span for decline in declines)
        if is_near and _touches(event, {a, b}, countries):
            around.append(event)
    return Life(tuple(rows), tuple(sorted((*own, *around), key=lambda event: event["sequence"])))


def _touches(event: dict[str, Any], cities: set[str], countries: set[str]) -> bool:
    if event["city"] is not None:
        return event["city"] in cities
    if event["other_country"] is not None:
        return {event["country"], event["other_country"]} == countries
    return event["country"] in countries or event["event"] == "travel_stopped"


def _instant(date: str) -> float:
    year, _, quarter = date.partition("Q")
    return int(year) + (int(quarter) - 1) / len("1234")


def shares_of(event: dict[str, Any]) -> dict[str, float] | None:
    """Each part's share of an event's shortfall, largest first; None when it has none."""
    parts = {part: event[f"shortfall_{part}"] for part in PARTS}
    total = sum(value for value in parts.values() if value is not None)
    if parts["luck"] is None or total <= 0:
        return None
    return {part: value / total for part, value in sorted(parts.items(), key=lambda item: -item[1]) if value}


def _event_object(event: dict[str, Any]) -> dict[str, Any]:
    found = {name: event[name] for name in ("date", "event", "cause")}
    found["shares"] = shares_of(event)
    if found["shares"] is None:
        found["reason"] = "no decline stands behind this event"
    found.update(
        {
            name: event[name]
            for name in ("city", "country", "other_country", "detail", "count")
            if event[name] is not None
        }
    )
    return found


def _sentences(results: Results, life: Life) -> list[str]:
    run = results.run
    found = []
    for row in life.rows:
        found += _beginning(row, run)
        found += _course(row, life, run)
        found.append(_end(row, run))
    found.append(f"This is {ONE_FUTURE}: another seed gives this pair another life.")
    return found


def _beginning(row: dict[str, Any], run: dict[str, Any]) -> list[str]:
    pair = f"{row['city_a']} and {row['city_b']}"
    start = f"At the start of {run['start_year']}"
    if row["stage_start"] == "not_begun":
        again = " again" if row["generation"] > 1 else ""
        return [] if row["opened"] is None else [f"{pair} opened talks{again} in {told_date(row['opened'])}."]
    if row["stage_start"] in ("exploring", "letter_of_intent", "stalled"):
        return [f"{start} {pair} were {STAGES[row['stage_start']]}, as the register tells."]
    year = row["signed"][:4]
    known = f"{pair} signed in {year}." if row["register_year"] else (
        f"{pair} signed at a date that is not recorded; this run drew {year}."
    )  # fmt: skip
    state = "active" if row["stage_start"] == "active" else f"dormant, since {told_date(row['first_dormant'])}"
    drawn = (
        ""
        if row["register_status"] in ("dormant", "lapsed")
        else " (drawn: being listed proves a signature, not activity)"
    )
    status = f" The register has it as {row['register_status']}." if row["register_status"] != NEW_STATUS else ""
    return [known + status, f"{start} it was {state}{drawn}."]


def _course(row: dict[str, Any], life: Life, run: dict[str, Any]) -> list[str]:
    found: list[str] = []
    held = {"cities": 0, "citizens": 0}
    around: list[dict[str, Any]] = []
    events = [event for event in life.events if event["agreement"] in (None, row["agreement"])]
    for place, event in enumerate(events):
        kind = event["event"]
        if event["agreement"] is None:
            around.append(event)
        elif kind == "exchanged":
            held[event["detail"]] += event["count"]
        elif kind == "talks_opened" and row["stage_start"] == "not_begun":
            continue  # told at the beginning
        else:
            if kind in _DECLINES:
                found += _held(held)
            follower = events[place + 1] if place + 1 < len(events) else None
            if not (
                kind == "fell_quiet"
                and follower
                and (follower["event"], follower["date"]) == ("went_dormant", event["date"])
            ):
                found.append(_told(event, life))
            if kind in _DECLINES:
                found += _surroundings(around, event, run)
    return found + _held(held)


def _held(held: dict[str, int]) -> list[str]:
    """What was held since the last decline; the count begins anew."""
    words = [
        f"{counted(held['cities'], 'exchange')} of the cities" if held["cities"] else "",
        f"{counted(held['citizens'], 'exchange')} of citizens and firms" if held["citizens"] else "",
    ]
    held.update(cities=0, citizens=0)
    shown = [word for word in words if word]
    return [f"There were {joined(shown)}."] if shown else []


def _surroundings(around: list[dict[str, Any]], decline: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """What happened around the two cities in the silent span before a decline, told once."""
    span = run["parameter.dormancy_span_years"]
    words = []
    for event in around:
        if not 0 <= _instant(decline["date"]) - _instant(event["date"]) <= span:
            continue
        name, when = name_of(event["city"] or ""), f"({event['date']})"
        countries = f"{event['country']} and {event['other_country']}"
        told = {
            "leader_changed": f"a new head came in {name} {when}",
            "caretaker_came": f"an acting head came in {name} {when}",
            "staff_rotated": f"staff were moved in {name} {when}",
            "city_merged": f"{name} was merged {when}",
            "portfolio_reviewed": f"{name} reviewed its agreements {when}",
            "fiscal_crisis_began": f"a fiscal crisis began in {event['country']} {when}",
            "disaster_struck": f"a disaster struck {event['country']} {when}",
            "relations_changed": f"relations of {countries} became {event['detail']} {when}",
            "travel_stopped": f"travel stopped {when}",
        }.get(event["event"])
        if told:
            words.append(told)
    around.clear()
    return [f"In the {span:g} years before, {joined(words)}."] if words else []


def _told(event: dict[str, Any], life: Life) -> str:
    a, b = (name_of(key) for key in life.cities)
    when = f"In {told_date(event['date'])}"
    kind = event["event"]
    if kind == "went_dormant":
        return f"{when} it went dormant. {_causes(event, a, b)}"
    if kind == "ended":
        by = f" ({name_of(event['city'])})" if event["city"] else ""
        behind = f" {_causes(event, a, b)}" if event["cause"] else ""
        return f"{when} it ended: {ENDINGS[event['detail']]}{by}.{behind}"
    side = name_of(event["city"] or "")
    return {
        "talks_opened": f"{when} talks were opened.",
        "letter_signed": f"{when} a letter of intent was signed.",
        "talks_stalled": f"{when} talks stalled.",
        "talks_resumed": f"{when} talks were taken up again.",
        "signed": f"{when} the agreement was signed.",
        "fell_quiet": f"{when} it fell quiet: a whole span without an exchange, though some were still to be expected.",
        "revived": f"{when} it woke and became active again.",
        "renewed": f"{when} its term was renewed.",
        "left_on_paper": f"{when} its term ran out; nobody renewed it and nobody ended it, so it was left on paper.",
        "gave_notice": f"{when} {side} gave notice.",
        "frozen": f"{when} it was suspended, because relations of the two countries froze.",
        "thawed": f"{when} the suspension ended.",
    }[kind]


def _causes(event: dict[str, Any], a: str, b: str) -> str:
    shares = shares_of(event)
    if shares is None:
        return f"The main cause was {told_cause(event['cause'], a, b)}."
    total = sum(event[f"shortfall_{part}"] for part in PARTS)
    (first, share), *others = list(shares.items())[:SHOWN_PARTS]
    text = f"The main cause was {told_cause(first, a, b)} ({percent(share)} of a shortfall of {total:.1f} exchanges)"
    more = [f"{told_cause(part, a, b)} ({percent(value)})" for part, value in others if value > 0]
    return text + (f"; then {joined(more)}" if more else "") + "."


def _end(row: dict[str, Any], run: dict[str, Any]) -> str:
    last = run["start_year"] + run["years"] - 1
    city, citizen = row["city_exchanges"], row["citizen_exchanges"]
    if row["stage_end"] == "not_begun":
        return f"Its talks had not been opened by the end of {last}."
    paper = ", left on paper" if row["stage_end"] in ("active", "dormant") and not row["in_force"] else ""
    state = f"At the end of {last} it is {STAGES[row['stage_end']]}{paper}."
    if row["signed"] is None:
        return state
    spent = money(row["spent_kusd_a"] + row["spent_kusd_b"], run["parameter.idr_per_usd"])
    return (
        f"{state} In the run it was active for {row['active_years']:.4g} years, held {counted(city, 'exchange')} of "
        f"the cities and {citizen:,.0f} of citizens and firms, cost both sides {spent} and yielded "
        f"{row['points_a'] + row['points_b']:.1f} benefit points."
    )
