"""Turns: work is cut into pairs of runs, and every question takes its turn, so that none waits for another's end."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from kembar.web.refusals import RefusalError

MOST_AT_WORK: Final = 6  # questions that run or wait at the same time
MOST_THREADS: Final = 2
MOST_PAGES: Final = 64  # open pages whose last move is remembered

Result = TypeVar("Result")


@dataclass
class Question:
    """A question of a page that streams its answer until it is ended."""

    page: str
    move: int
    is_ended: bool = False


class Turns:
    """Threads that compute one pair after another, in the order in which questions ask for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), "kembar-app")
        self._turn = asyncio.Semaphore(min(MOST_THREADS, os.cpu_count() or 1))
        self._moves: OrderedDict[str, int] = OrderedDict()
        self._open: dict[str, Question] = {}
        self._at_work = 0
        self._is_over = False

    async def take(self, work: Callable[[], Result]) -> Result:
        """Do a small piece of work in a thread when its turn comes."""
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def once(self, work: Callable[[], Result]) -> Result:
        """Do a whole piece of work. Raises RefusalError when too many questions wait already."""
        self.enter()
        try:
            return await self.take(work)
        finally:
            self.leave()

    def enter(self) -> None:
        """Count a question in. Raises RefusalError when there are too many, or the app is being closed."""
        if self._is_over:
            raise RefusalError(503, "the app is being closed")
        if self._at_work >= MOST_AT_WORK:
            raise RefusalError(503, f"too many questions at once; {MOST_AT_WORK} are being answered")
        self._at_work += 1

    def leave(self) -> None:
        """Count a question out."""
        self._at_work -= 1

    def open(self, page: str, move: int) -> Question:
        """A page's new question, which ends its older one. Raises RefusalError when it is late or one too many."""
        if move <= self._moves.get(page, -1):
            raise RefusalError(409, f"move {move} comes after move {self._moves[page]} of the same page")
        older = self._open.get(page)
        if older is not None:
            self.close(older)
        self.enter()
        self._moves[page] = move
        self._moves.move_to_end(page)
        while len(self._moves) > MOST_PAGES:
            self._moves.popitem(last=False)
        question = Question(page, move)
        self._open[page] = question
        return question

    def close(self, question: Question) -> None:
        """End a question; it computes nothing more."""
        if not question.is_ended:
            question.is_ended = True
            self.leave()
            if self._open.get(question.page) is question:
                del self._open[question.page]

    def end(self) -> None:
        """End every open question and take no new ones."""
        self._is_over = True
        for question in list(self._open.values()):
            self.close(question)

    def shut(self) -> None:
        """Wait for nothing: threads end after the pair at hand."""
        self._threads.shutdown(wait=False, cancel_futures=True)
