"""Makes a session's debrief beside the server, once for each log, and keeps it whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kembar.classroom.debrief.futures import StoppedError
from kembar.classroom.debrief.making import make_debrief
from kembar.classroom.debrief.page import class_page, team_page
from kembar.classroom.plays import Snapshot


class Debriefs:
    """The debrief of one session: being made in a thread of its own, or ready.

    `published` hears when it is, `moved` at every hundredth of the way.
    """

    def __init__(self, published: Callable[[], None], moved: Callable[[], None]) -> None:
        self._published, self._moved = published, moved
        self._thread = ThreadPoolExecutor(1, "kembar-debriefs")
        self._lock = threading.Lock()
        self._key: str | None = None
        self._found: dict[str, Any] | None = None
        self._failure: str | None = None
        self._new: tuple[str, dict[str, Any]] | None = None
        self._is_stopped = False
        self._done = self._total = 0
        self._pages: dict[tuple[int | None, str], str] = {}

    def want(self, taken: Snapshot, known: Callable[[str], dict[str, Any] | None]) -> None:
        """Make the debrief of a session that is over, unless it is made, being made, or `known` by its hash."""
        with self._lock:
            if taken.hash == self._key:
                return
            self._key, self._found, self._failure = taken.hash, known(taken.hash), None
            self._pages.clear()
        if self._found is None:
            self._thread.submit(self._make, taken)

    def take_new(self) -> tuple[str, dict[str, Any]] | None:
        """A debrief that was just made, once, with the hash to keep it by."""
        with self._lock:
            found, self._new = self._new, None
            return found

    def _make(self, taken: Snapshot) -> None:
        try:
            found = make_debrief(taken, self._tell)
            with self._lock:
                self._found, self._new = found, (taken.hash, found)
        except StoppedError:
            return
        except Exception as error:  # told to the console; a thread that dies is silent
            self._failure = f"{type(error).__name__}: {error}"
        self._published()

    def _tell(self, done: int, total: int) -> None:
        if self._is_stopped:
            raise StoppedError
        before, self._done, self._total = self._done, done, total
        if total and int(100 * done / total) != int(100 * before / total):
            self._moved()

    def state(self) -> dict[str, Any]:
        """How far it is."""
        state = "failed" if self._failure else "making" if self._found is None else "ready"
        return {"state": state, "done": self._done, "total": self._total, "failure": self._failure}

    def page(self, team: int | None, language: str) -> str | None:
        """The page of a team, or of the class; None while it is not made."""
        if self._found is None:
            return None
        key = (team, language)
        if key not in self._pages:
            self._pages[key] = (
                class_page(self._found, language) if team is None else team_page(self._found, team, language)
            )
        return self._pages[key]

    def stop(self) -> None:
        """Give up what is being made."""
        self._is_stopped = True

    def forget(self) -> None:
        """Forget everything of a session that was deleted."""
        self.stop()
        self._found = self._key = None
        self._pages.clear()

    def shut(self) -> None:
        """Let the thread end."""
        self.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)
