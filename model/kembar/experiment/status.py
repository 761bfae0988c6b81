"""How far a study is, read from its folder alone: from another terminal, while it runs or after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kembar.experiment.store import CHUNKS, is_running
from kembar.study_results import read_study

_RECENT: Final = 20  # chunks whose times tell the present rate


@dataclass(frozen=True)
class Status:
    """Chunks done and in all, whether the tables are there, the rate, and the time that is left."""

    chunks_done: int
    chunks_total: int
    complete: bool
    rate: float | None  # runs a second of late; None when it cannot be told
    seconds_left: float | None
    is_running: bool = False  # whether a process holds the folder

    def as_json(self) -> dict[str, object]:
        """The keys of the outer contract, with the reason where a number is missing."""
        found: dict[str, object] = {
            "chunks_done": self.chunks_done,
            "chunks_total": self.chunks_total,
            "complete": self.complete,
            "rate": self.rate,
            "seconds_left": self.seconds_left,
        }
        if self.rate is None:
            found["reason"] = "the study is finished" if self.complete else "too few chunks are done to tell a rate"
        return found


def status_of(folder: Path) -> Status:
    """How far the study in a folder is. Raises InputError when it holds none."""
    results = read_study(folder)
    done, total = results.chunks
    if results.is_complete:
        return Status(done, total, True, None, 0.0)
    times = sorted(path.stat().st_mtime for path in (folder / CHUNKS).glob("[0-9]*.zip"))[-_RECENT:]
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    runs = is_running(folder)
    if span <= 0.0:
        return Status(done, total, False, None, None, runs)
    pace = (len(times) - 1) / span  # chunks a second
    return Status(done, total, False, pace * results.manifest.chunk, (total - done) / pace, runs)
