"""The printable pages of a debrief: one for a team, one for the class, each a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from kembar import __version__
from kembar.classroom.debrief.charts import draw_intervals, draw_money, draw_years
from kembar.classroom.debrief.futures import MAIN, OUTCOMES
from kembar.classroom.debrief.words import Words
from kembar.language import messages

SHOWN_DECISIONS: Final = 12  # in the figure; the table has all
_STORY: Final = ("active", *OUTCOMES)


def team_page(found: Mapping[str, Any], team: int, language: str) -> str:
    """The HTML of a team's page. Raises InputError for a language that there is not."""
    words = Words(messages(language), found["start_year"])
    mine = next(item for item in found["teams"] if item["team"] == team)
    years = [found["start_year"] + place for place in range(found["rounds"])]
    here, there = mine["played"]["series"], mine["baseline"]["series"]
    judged = mine["choices"]
    shown = [item for item in judged if item["low"] is not None][:SHOWN_DECISIONS]
    events = [told for item in mine["played"]["events"] if (told := words.event(item)) is not None]
    figures = [
        (words.text("figure_active"), draw_years(words, years, here["active"], there["active"])),
        (words.text("figure_points"), draw_years(words, years, here["points"], there["points"])),
        (words.text("figure_money"), draw_money(words, years, here)),
    ]
    labels = [f"{row['name']}, {row['first']}" for row in map(words.choice_row, shown)]
    return _render(
        "team.html",
        words,
        found,
        title=words.text("title_team", team=team, city=mine["city"]),
        effect=_effect_sentence(words, mine["effects"][MAIN], found["lucks"]),
        choices=[words.choice_row(item) for item in sorted(judged, key=lambda item: (item["first"], item["key"]))],
        story=[_story_row(words, name, mine) for name in _STORY],
        fates=_fates(words, mine["fates"]),
        partners=[_partner_row(words, item) for item in mine["played"]["partners"]],
        figures=figures,
        events=events,
        talks=[
            (words.year(talk["round"]), words.text(f"talk.{talk['answer']}", partner=talk["partner"]))
            for talk in mine["played"]["talks"]
        ],
        luck=[_luck_row(words, name, mine) for name in OUTCOMES],
        mattered=[(words.choice_row(item), item["clear"]) for item in judged],
        verdict=_verdict(words, judged, found["lucks"]),
        mattered_note=words.text(
            "mattered_note", count=words.language.number(len(judged)), lucks=words.language.number(found["lucks"])
        ),
        intervals=draw_intervals(words, labels, shown, words.text("effect_points")) if shown else None,
    )


def class_page(found: Mapping[str, Any], language: str) -> str:
    """The HTML of the class's page. Raises InputError for a language that there is not."""
    words = Words(messages(language), found["start_year"])
    teams = found["teams"]
    standing = [(item, choice) for item in teams for choice in item["choices"] if choice["clear"]]
    standing.sort(key=lambda pair: -abs(pair[1]["mean"]))
    effects = [item["effects"][MAIN] for item in teams]
    labels = [words.text("title_team", team=item["team"], city=item["city"]) for item in teams]
    return _render(
        "class.html",
        words,
        found,
        title=words.text("title_class"),
        mode=words.text(found["mode"]),
        teams=[_team_row(words, item) for item in teams],
        spread=[_spread_row(words, name, teams) for name in _STORY],
        choices=[
            {
                "name": words.field(row["field"]),
                "touched": words.language.number(len(row["touched"])),
                **{name: words.lever_value(row["field"], row[name]) if row["is_lever"] else words.number(row[name])
                   for name in ("min", "median", "max")},
            }
            for row in found["comparison"]
        ],
        standing=[(item["team"], item["city"], words.choice_row(choice)) for item, choice in standing],
        intervals=draw_intervals(words, labels, effects, words.text("effect_points")),
        figure=words.text("figure_teams", lucks=words.language.number(found["lucks"])),
    )  # fmt: skip


def _render(template: str, words: Words, found: Mapping[str, Any], **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("kembar.classroom.debrief", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    number = words.language.number
    first, last = words.year(1), words.year(found["rounds"])
    title = words.world(found["name"], found["world"])
    return environment.get_template(template).render(
        t=words.text,
        lang=words.language.language,
        lucks=number(found["lucks"]),
        spread_share=words.language.percent(found["spread"]),
        world=words.text("world", world=title, first=first, last=last),
        made=words.text(
            "made_text", version=__version__, world=title, seed=str(found["seed"]),
            rounds=number(found["rounds"]), lucks=number(found["lucks"]),
        ),
        shocks=[_shock(words, item, found["rounds"]) for item in found["shocks"]],
        **values,
    )  # fmt: skip


def _shock(words: Words, item: Mapping[str, Any], rounds: int) -> str:
    where = ", ".join(words.text("everywhere") if place == "all" else place for place in item["where"])
    return words.text(
        "shock",
        kind=words.language.text(f"app.event_kind.{item['kind']}"),
        where=where,
        first=words.year(item["first"]),
        last=words.year(min(item["until"] - 1, rounds)),
        severity=words.language.percent(item["severity"]),
    )


def _effect_sentence(words: Words, effect: Mapping[str, Any], lucks: int) -> str:
    count = words.language.number(lucks)
    if effect["low"] == effect["high"] == 0.0:
        return words.text("effect_still", lucks=count)
    ends = {"low": words.signed(effect, "low"), "high": words.signed(effect, "high"), "lucks": count}
    if not effect["clear"]:
        return words.text("effect_none", **ends)
    size = words.signed({**effect, "mean": abs(effect["mean"])}).lstrip("+")
    return words.text("effect_up" if effect["mean"] > 0 else "effect_down", size=size, **ends)


def _story_row(words: Words, name: str, mine: Mapping[str, Any]) -> dict[str, str]:
    here, there = mine["played"][name], mine["baseline"][name]
    return {
        "name": words.text(f"outcome.{name}"),
        "here": words.number(here),
        "there": words.number(there),
        "difference": words.number(here - there, signed=True),
    }


def _fates(words: Words, fates: Mapping[str, Sequence[str]]) -> list[str]:
    told = [words.text(name, agreements="; ".join(fates[name])) for name in ("saved", "lost") if fates[name]]
    return told or [words.text("same_fates")]


def _partner_row(words: Words, item: Mapping[str, Any]) -> dict[str, str]:
    cause = "" if item["cause"] is None else words.cause_name(item["cause"], item["side"])
    return {
        "name": item["partner"],
        "stage": words.language.text(f"terms.stage.{item['stage']}"),
        "points": words.number(item["points"]),
        "spent": words.number(item["spent_kusd"]),
        "cause": cause,
    }


def _luck_row(words: Words, name: str, mine: Mapping[str, Any]) -> dict[str, Any]:
    effect = mine["effects"][name]
    low, middle, high = mine["spread"]["played"][name]
    return {
        "name": words.text(f"outcome.{name}"),
        "middle": words.number(middle),
        "band": words.text("interval", low=words.number(low), high=words.number(high)),
        "effect": words.signed(effect),
        "interval": words.interval(effect),
        "clear": words.text("clear_yes" if effect["clear"] else "clear_no"),
    }


def _verdict(words: Words, judged: Sequence[Mapping[str, Any]], lucks: int) -> str:
    if not judged:
        return words.text("mattered_nothing")
    stands = sum(item["clear"] for item in judged)
    count = words.language.number(len(judged))
    if stands:
        return words.text("mattered_some", stands=words.language.number(stands), count=count)
    return words.text("mattered_none", count=count, lucks=words.language.number(lucks))


def _team_row(words: Words, item: Mapping[str, Any]) -> dict[str, str]:
    effect = item["effects"][MAIN]
    return {
        **{"team": words.language.number(item["team"]), "city": item["city"]},
        "decisions": words.language.number(len(item["choices"])),
        **{name: words.number(item["played"][name]) for name in _STORY},
        "effect": words.signed(effect),
        "interval": words.interval(effect),
    }


def _spread_row(words: Words, name: str, teams: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    values = [item["played"][name] for item in teams]
    return {
        "name": words.text(f"outcome.{name}"),
        "min": words.number(min(values)),
        "median": words.number(median(values)),
        "max": words.number(max(values)),
    }
