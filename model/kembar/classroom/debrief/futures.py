"""Many futures of a game: the same decisions under other lucks, each computed once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from kembar.classroom.decision import Decision
from kembar.classroom.game import Game
from kembar.classroom.play import Played, play
from kembar.classroom.told import active_of, left_kusd, points_of, years_of
from kembar.world import Workspace

OUTCOMES: Final = ("points", "active_years", "spent_kusd", "left_kusd")  # of one city over all years played
MAIN: Final = "points"  # by which decisions are judged
MOST_THREADS: Final = 2

Values = npt.NDArray[np.float64]
_Key = tuple[tuple[str, tuple[str, ...]], ...]


class StoppedError(Exception):
    """The server is being closed; what was being computed is given up."""


def outcomes_of(played: Played, team: int) -> list[float]:
    """The outcomes of a team's city over the years played: points, agreement-years, and money [kusd]."""
    years = years_of(played, team)
    return [
        float(points_of(years).sum()),
        float(sum(active_of(played, team))),
        float(years["spent_kusd"].sum()),
        float(left_kusd(years).sum()),
    ]


class Futures:
    """The outcomes of games over the same lucks; `told` hears after every future, and may stop it."""

    def __init__(self, seeds: Sequence[int], rounds: int, told: Callable[[], None]) -> None:
        self._seeds, self._rounds, self._told = tuple(seeds), rounds, told
        self._known: dict[_Key, Mapping[str, Values]] = {}
        self._workspaces = threading.local()
        self._threads = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), "kembar-debrief")

    @staticmethod
    def key(game: Game, log: Mapping[int, Sequence[Decision]]) -> _Key:
        """Games of equal keys have equal futures: what tells teams apart is their city and what they decided."""
        return tuple(
            (game.cities[team], tuple(decision.model_dump_json() for decision in log[team]))
            for team in sorted(game.cities)
        )

    def outcomes(self, game: Game, log: Mapping[int, Sequence[Decision]], team: int) -> Values:
        """The outcomes of a team's city, (futures, OUTCOMES)."""
        key = self.key(game, log)
        if key not in self._known:
            inputs = game.inputs(log)

            def one(seed: int) -> dict[str, list[float]]:
                workspace = self._workspaces.__dict__.setdefault("workspace", Workspace())
                played = play(game, log, seed, self._rounds, inputs=inputs, workspace=workspace)
                self._told()
                return {game.cities[number]: outcomes_of(played, number) for number in game.cities}

            rows = list(self._threads.map(one, self._seeds))
            self._known[key] = {city: np.array([row[city] for row in rows]) for city in rows[0]}
        else:
            for _ in self._seeds:
                self._told()
        return self._known[key][game.cities[team]]

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=True, cancel_futures=True)
