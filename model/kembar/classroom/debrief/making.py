"""The numbers of a debrief, all from runs.

With the luck of the class: what happened, and what would have happened had a team decided nothing while the others
decided as they did. Over other lucks, paired: the same difference with its interval, and each single decision replaced
by what the model would have done. The intervals of the decisions hold together (Bonferroni over all decisions looked
at), so that "this one mattered" is as rarely wrong for a team of many decisions as for one of few.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kembar.analysis.estimates import LEVEL, Estimate, mean_estimate
from kembar.classroom.comparison import COUNTED, compare_choices
from kembar.classroom.debrief.choices import Choice, baseline_of, choices_of, nothing, own_value, without
from kembar.classroom.debrief.futures import MAIN, OUTCOMES, Futures, Values, outcomes_of
from kembar.classroom.decision import Decision
from kembar.classroom.game import Game
from kembar.classroom.play import Played, play
from kembar.classroom.plays import GROUP, PLAYED, Snapshot
from kembar.classroom.settings import settings
from kembar.classroom.told import active_of, left_kusd, points_of, rounded, tell_team, years_of
from kembar.experiment.luck import run_seed
from kembar.records import QUARTERS_PER_YEAR
from kembar.world import Workspace

Log = Mapping[int, list[Decision]]


def make_debrief(taken: Snapshot, told: Callable[[int, int], None]) -> dict[str, Any]:
    """The debrief of a session as JSON: `teams` in order and what it rests on.

    `told` hears how many of how many futures are computed; what it raises ends the work.
    """
    count = settings().debrief.lucks
    seeds = [run_seed(taken.seed, GROUP, PLAYED + 1 + place) for place in range(count)]
    teams = [(game, team) for game in taken.games for team in sorted(game.cities)]
    chosen = {team: choices_of(game, team, taken.log[team]) for game, team in teams}
    total = count * sum(len(choices) + 2 for choices in chosen.values())
    counted = itertools.count(1)

    def tick() -> None:
        told(next(counted), total)

    futures = Futures(seeds, taken.played, tick)
    try:
        found = [_team(game, team, chosen[team], taken, futures) for game, team in sorted(teams, key=lambda at: at[1])]
    finally:
        futures.close()
    scenario = taken.games[0].layout.scenario
    return {
        **{"world": scenario.title, "name": scenario.name, "start_year": scenario.start_year},
        **{"rounds": taken.played, "lucks": count},
        **{"seed": taken.seed, "level": LEVEL, "spread": settings().debrief.spread},
        "mode": "shared" if len(taken.games[0].cities) > 1 else "parallel",
        "idr_per_usd": taken.games[0].own.parameters.number("idr_per_usd"),
        "shocks": [
            {"kind": shock.kind, "where": list(shock.where), "severity": shock.severity,
             "first": shock.from_round, "until": shock.until_round}
            for shock in taken.games[0].shocks if shock.from_round <= taken.played
        ],
        "comparison": _comparison(taken, teams),
        "teams": found,
    }  # fmt: skip


def _comparison(taken: Snapshot, teams: Sequence[tuple[Game, int]]) -> list[dict[str, Any]]:
    """What held in the last year, and which teams ever touched it."""
    last = {team: taken.log[team][-1] for _, team in teams}
    quarter = (taken.played - 1) * QUARTERS_PER_YEAR
    own = {
        team: {key: own_value(game.own, game.row(team), key, quarter) for key in settings().lever_keys}
        for game, team in teams
    }
    rows = compare_choices(last, own)
    for row in rows:
        row["is_lever"] = row["field"] not in COUNTED
        row["touched"] = [team for _, team in teams if any(_touches(item, row["field"]) for item in taken.log[team])]
    return rows


def _touches(decision: Decision, field: str) -> bool:
    return bool(getattr(decision, field)) if field in COUNTED else field in decision.levers


def _team(game: Game, team: int, choices: Sequence[Choice], taken: Snapshot, futures: Futures) -> dict[str, Any]:
    log = {number: taken.log[number] for number in game.cities}
    base = {**log, team: nothing(log[team])}
    actual = futures.outcomes(game, log, team)
    plain = futures.outcomes(game, base, team)
    seed = run_seed(taken.seed, GROUP, PLAYED)
    here, there = (
        play(game, one, seed, taken.played, keep_exchanges=True, workspace=Workspace()) for one in (log, base)
    )
    return {
        **{"team": team, "city": game.cities[team]},
        "played": _told(here, team, log[team]),
        "baseline": _told(there, team, base[team]),
        "fates": _fates(here, there, team),
        "effects": {name: _estimate(_effect(actual, plain, name)) for name in OUTCOMES},
        "spread": {"played": _spread(actual), "baseline": _spread(plain)},
        "luck_share": _luck_share(actual),
        "choices": _judged(game, team, choices, log, actual, futures),
    }


def _column(values: Values, name: str) -> Values:
    return values[:, OUTCOMES.index(name)]


def _effect(actual: Values, other: Values, name: str, level: float = LEVEL) -> Estimate:
    """The mean difference over pairs of futures with the same luck."""
    one, two = _column(actual, name), _column(other, name)
    return mean_estimate(one - two, level, float(max(np.abs(one).max(), np.abs(two).max())))


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"mean": found.mean, "low": found.low, "high": found.high, "clear": found.is_clear}


def _spread(values: Values) -> dict[str, list[float]]:
    edge = (1.0 - settings().debrief.spread) / 2.0
    return {name: np.quantile(_column(values, name), [edge, 0.5, 1.0 - edge]).tolist() for name in OUTCOMES}


def _luck_share(values: Values) -> dict[str, float]:
    """The spread that luck alone makes under the same decisions, as the standard deviation over futures."""
    return {name: float(_column(values, name).std(ddof=1)) for name in OUTCOMES}


def _judged(
    game: Game, team: int, choices: Sequence[Choice], log: Log, actual: Values, futures: Futures
) -> list[dict[str, Any]]:
    """Every decision with what it did to the points, those with the largest effect first."""
    level = 1.0 - (1.0 - LEVEL) / max(1, len(choices))
    found = []
    for choice, own in zip(choices, baseline_of(choices, game, team), strict=True):
        other = futures.outcomes(game, {**log, team: without(log[team], choice)}, team)
        found.append(
            {
                **{"kind": choice.kind, "key": choice.key, "first": choice.first, "until": choice.until},
                **{"value": choice.value, "instead_of": own},
                **_estimate(_effect(actual, other, MAIN, level)),
            }
        )
    return sorted(found, key=lambda item: -abs(item["mean"] or 0.0))


def _told(played: Played, team: int, decisions: Sequence[Decision]) -> dict[str, Any]:
    """What happened to a team's city with the luck of the class."""
    told = tell_team(played, team, decisions[-1])
    years = years_of(played, team)
    return {
        **dict(zip(OUTCOMES, outcomes_of(played, team), strict=True)),
        "active": active_of(played, team)[-1],
        "series": {
            "points": [rounded(value) for value in points_of(years)],
            "active": active_of(played, team),
            "granted_kusd": [rounded(value) for value in years["appropriated_kusd"]],
            "spent_kusd": [rounded(value) for value in years["spent_kusd"]],
            "left_kusd": [rounded(value) for value in left_kusd(years)],
            "commitment": [rounded(value) for value in years["commitment"]],
        },
        "partners": told["partners"],
        "events": told["events"],
        "talks": told["talks"],
    }


def _fates(here: Played, there: Played, team: int) -> dict[str, list[str]]:
    """Agreements active at the end in one of two worlds alone."""

    def active(played: Played) -> set[str]:
        return {item["agreement"] for item in tell_team(played, team, Decision())["partners"]
                if item["stage"] == "active"}  # fmt: skip

    mine, other = active(here), active(there)
    return {"saved": sorted(mine - other), "lost": sorted(other - mine)}
