"""Who computes the chunks: threads of this process, or the workers of a Dask cluster. The chunks are the same.

A scheduler takes numbers of chunks and gives back their bytes as they are done, in any order, and never holds more of
them than there are workers to keep busy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Final, Protocol

from kembar.errors import InputError, Problem, StorageError
from kembar.experiment.chunk import StoppedError, compute_chunk, packed
from kembar.experiment.study import Study

Span = tuple[int, int]
Done = tuple[int, bytes]
_AHEAD: Final = 2  # chunks in hand for each worker of a cluster: one at work, one waiting
_CONNECT_SECONDS: Final = 20


class Scheduler(Protocol):
    """Computes chunks."""

    def run(self, study: Study, spans: Sequence[tuple[int, Span]]) -> Iterator[Done]:
        """The bytes of every chunk, with its number, as they are done."""

    def stop(self) -> None:
        """Give up what is under way, as soon as the runs in hand are done."""


def chunk_bytes(study: Study, span: Span, is_stopped: Callable[[], bool] = lambda: False) -> bytes:
    """The bytes of a chunk's file."""
    first, last = span
    made = compute_chunk(study, first, last, is_stopped)
    return packed(made, {"identity": study.identity, "first": first, "last": last})


class Threads:
    """Threads of this process; the compiled quarter lets them run side by side."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._stopped = threading.Event()

    def run(self, study: Study, spans: Sequence[tuple[int, Span]]) -> Iterator[Done]:
        """The bytes of every chunk, with its number, as they are done."""
        waiting = iter(spans)
        stopped = self._stopped = threading.Event()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="kembar") as pool:
            running: dict[Future[bytes], int] = {}

            def begin() -> None:
                for number, span in waiting:
                    running[pool.submit(chunk_bytes, study, span, stopped.is_set)] = number
                    return

            try:
                for _ in range(self.workers):
                    begin()
                while running:
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        number = running.pop(future)
                        content = future.result()
                        begin()
                        yield number, content
            finally:
                stopped.set()  # after an error or an interruption the others end with their present run

    def stop(self) -> None:
        """Give up what is under way, as soon as the runs in hand are done."""
        self._stopped.set()


class Cluster:
    """The workers of a Dask cluster at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = _connect(address)

    def run(self, study: Study, spans: Sequence[tuple[int, Span]]) -> Iterator[Done]:
        """The bytes of every chunk, with its number, as they are done."""
        from distributed import as_completed
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        rules = study.rules_file.read_bytes() if study.rules_file else None
        try:
            shared = self._client.scatter((study, rules), broadcast=True, hash=False)
            waiting = iter(spans)
            numbers: dict[str, int] = {}
            done = as_completed(loop=self._client.loop)

            def begin() -> None:
                for number, span in waiting:
                    future = self._client.submit(_remote_chunk, shared, span, pure=False)
                    numbers[future.key] = number
                    done.add(future)
                    return

            for _ in range(_AHEAD * max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))):
                begin()
            for future in done:
                content = future.result()
                number = numbers.pop(future.key)
                future.release()
                begin()
                yield number, content
        except KilledWorker as error:
            why = "the same chunk ended several workers; is their memory large enough?"
            raise StorageError(Problem("workers were lost", self.address, why=why)) from error
        except (CommClosedError, FutureCancelledError, TimeoutError, OSError) as error:
            why = "the chunks that were done are kept; the same command goes on, with or without a scheduler"
            raise StorageError(Problem("the scheduler was lost", self.address, why=why)) from error
        finally:
            self._client.close(timeout=1)

    def stop(self) -> None:
        """Give up what is under way."""
        self._client.close(timeout=1)


_shared_rules: dict[bytes, Path] = {}


def _remote_chunk(shared: tuple[Study, bytes | None], span: Span) -> bytes:
    """What a worker of the cluster does; the user's rules arrive with the study."""
    import tempfile
    from dataclasses import replace

    study, rules = shared
    if rules is not None and study.rules_file is not None:
        if rules not in _shared_rules:
            folder = Path(tempfile.mkdtemp(prefix="kembar-rules-"))
            _shared_rules[rules] = folder / study.rules_file.name
            _shared_rules[rules].write_bytes(rules)
        study = replace(study, rules_file=_shared_rules[rules])
    return chunk_bytes(study, span)


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        why = 'it is installed with: pip install "kembar[cluster]"'
        raise InputError(Problem("needs Dask", key="--scheduler", why=why)) from None
    try:
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        why = str(error).splitlines()[0] if str(error) else "nobody answers"
        raise StorageError(Problem("no scheduler answers", address, why=why)) from None


__all__ = ["Cluster", "Scheduler", "StoppedError", "Threads", "chunk_bytes"]
