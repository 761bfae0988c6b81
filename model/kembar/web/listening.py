"""Listening: a socket, the server on it, and the browser."""

from __future__ import annotations

import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from typing import Any, Final

from kembar.errors import InputError, Problem, StorageError
from kembar.web.limits import LARGEST_PORT

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_NAMES: Final = (LOOPBACK, "localhost")
MOST_CONNECTIONS: Final = 200
LARGEST_HEADERS: Final = 16_384  # [bytes]
QUIET_SECONDS: Final = 5  # after which an idle connection is closed


def listen(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket at one address, of this machine alone unless told otherwise; port 0 takes a free one.

    Raises InputError for a port that there is not, StorageError for one that cannot be used.
    """
    if not 0 <= port <= LARGEST_PORT:
        raise InputError(Problem(f"{port} is no port", key="--port", why=f"ports are 1 to {LARGEST_PORT}, 0 for any"))
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        why = f"{(error.strerror or str(error)).lower()}; --port 0 takes a free one"
        what = f"port {port} cannot be used" + ("" if host == LOOPBACK else f" at {host}")
        raise StorageError(Problem(what, key="--port", why=why)) from None
    return found


def serve_until_interrupted(
    app: Any, ear: socket.socket, *, ready: Callable[[], None], page: str | None, most: int = MOST_CONNECTIONS
) -> None:
    """Serve an ASGI application until it is interrupted; `ready` is called once it answers, then `page` is opened.

    `app.state.end()` is called first when it closes: streams would go on until they are cut off, and each would be
    told as a mistake of the program. `most` bounds the connections at one time.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()
            if page is not None:
                threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.end()
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await super().shutdown(sockets)

    Server(
        uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="on",
            ws="none",
            timeout_keep_alive=QUIET_SECONDS,
            timeout_graceful_shutdown=1,
            limit_concurrency=most,
            h11_max_incomplete_event_size=LARGEST_HEADERS,
            http="h11",
        )
    ).run(sockets=[ear])
