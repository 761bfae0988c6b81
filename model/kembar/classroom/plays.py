"""The years played, computed beside the server by replay of the log, and published whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from kembar.classroom.decision import NOTHING, Decision
from kembar.classroom.play import Game, Played, play
from kembar.classroom.session import Session
from kembar.classroom.told import active_of, in_force, left_kusd, points_of, rounded, tell_team, years_of
from kembar.experiment.luck import run_seed
from kembar.inputs import lay_out
from kembar.world import Workspace

GROUP = 0  # of luck, as in `kembar compare`
PLAYED = 0  # the replicate that the class plays; the debrief looks at those that follow


@dataclass(frozen=True)
class Snapshot:
    """What a session's results follow from, taken at one moment."""

    setup: int
    played: int
    games: tuple[Game, ...]
    log: Mapping[int, list[Decision]]
    seed: int

    def key(self) -> tuple[Any, ...]:
        """What tells two snapshots apart."""
        decisions = tuple((team, tuple(item.model_dump_json() for item in log)) for team, log in self.log.items())
        return self.setup, self.played, tuple(game.shocks for game in self.games), decisions, self.seed


def snapshot(session: Session) -> Snapshot:
    """The session's games and log as they are now."""
    facts = session.facts
    layout = lay_out(session.scenario, facts.rounds)
    shocks = tuple(session.shocks.values())
    cities = {team: session.city(team) for team in session.teams}
    together = [cities] if facts.mode == "shared" else [{team: city} for team, city in cities.items()]
    return Snapshot(
        setup=facts.setup,
        played=session.played,
        games=tuple(Game(layout, teams, shocks) for teams in together),
        log={team: session.log(team, session.played) for team in session.teams},
        seed=facts.seed,
    )


@dataclass(frozen=True)
class Results:
    """What everybody is told of the years played."""

    setup: int
    played: int
    teams: Mapping[int, dict[str, Any]]  # `results` and `in_force` of each team
    series: Mapping[str, list[list[float]]]  # a list of years for each team, in order
    plays: Mapping[int, Played]


def compute(taken: Snapshot) -> Results:
    """Play every game of a snapshot."""
    teams: dict[int, dict[str, Any]] = {}
    plays: dict[int, Played] = {}
    seed = run_seed(taken.seed, GROUP, PLAYED)
    for game in taken.games:
        log = {team: taken.log[team] for team in game.cities}
        # Every game has arrays of its own: they are kept as long as the results.
        played = play(game, log, seed, taken.played, keep_exchanges=True, workspace=Workspace())
        for team in game.cities:
            last = log[team][-1] if log[team] else NOTHING
            teams[team] = {"results": tell_team(played, team, last), "in_force": in_force(played, team)}
            plays[team] = played
    years = {team: years_of(plays[team], team) for team in sorted(plays)}
    series = {
        "active": [active_of(plays[team], team) for team in years],
        "points": [[rounded(value) for value in points_of(item)] for item in years.values()],
        "spent_kusd": [[rounded(value) for value in item["spent_kusd"]] for item in years.values()],
        "left_kusd": [[rounded(value) for value in left_kusd(item)] for item in years.values()],
    }
    return Results(taken.setup, taken.played, teams, series, plays)


class Plays:
    """Computes a session's results one after another in a thread of its own; `published` is called in that thread."""

    def __init__(self, published: Callable[[], None]) -> None:
        self._published = published
        self._thread = ThreadPoolExecutor(1, "kembar-class")
        self._wanted: Snapshot | None = None
        self._lock = threading.Lock()
        self.results: Results | None = None
        self.failure: BaseException | None = None

    def want(self, taken: Snapshot) -> None:
        """Compute the results of a snapshot, unless a newer one comes in the meantime."""
        with self._lock:
            self._wanted = taken
        self._thread.submit(self._compute)

    def _compute(self) -> None:
        with self._lock:
            taken, self._wanted = self._wanted, None
        if taken is None:
            return
        try:
            self.results, self.failure = compute(taken), None
        except Exception as error:  # told to the console; a class must not hang on a silent thread
            self.failure = error
        self._published()

    def is_computing(self, session: Session) -> bool:
        """Whether the results of the years played are still to come."""
        found = self.results
        return found is None or (found.setup, found.played) != (session.facts.setup, session.played)

    def shut(self) -> None:
        """Take no more; the play at hand is finished."""
        self._thread.shutdown(wait=False, cancel_futures=True)
