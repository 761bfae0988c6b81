"""How often somebody may try a wrong code: too seldom for guessing."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from kembar.classroom.settings import settings
from kembar.web.refusals import RefusalError

WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1024  # remembered; a class has some dozens


class WrongCodes:
    """Wrong codes of the last minute, by address and of all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def refuse_guessing(self, address: str) -> None:
        """Raises RefusalError while an address, or all together, have tried too many wrong codes."""
        bounds = settings().bounds
        now = self._clock()
        for times, most in (
            (self._times.get(address, deque()), bounds.wrong_codes_a_minute),
            (self._all, bounds.wrong_codes_of_all_a_minute),
        ):
            while times and times[0] <= now - WINDOW_SECONDS:
                times.popleft()
            if len(times) >= most:
                wait = int(times[0] + WINDOW_SECONDS - now) + 1
                reason = f"too many wrong codes; try again in {wait} seconds"
                raise RefusalError(429, reason, "slow_down", headers={"retry-after": str(wait)})

    def note(self, address: str) -> None:
        """Remember a wrong code."""
        now = self._clock()
        self._times.setdefault(address, deque()).append(now)
        self._times.move_to_end(address)
        self._all.append(now)
        while len(self._times) > MOST_ADDRESSES:
            self._times.popitem(last=False)
