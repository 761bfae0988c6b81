"""Starting the app: a socket on this machine, the server, and the browser."""

from __future__ import annotations

import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from typing import Final

from kembar.app.limits import LARGEST_PORT
from kembar.errors import InputError, Problem, StorageError
from kembar.scenario.records import Scenario

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8765
MOST_CONNECTIONS: Final = 200
LARGEST_HEADERS: Final = 16_384  # [bytes]
QUIET_SECONDS: Final = 5  # after which an idle connection is closed


def listen(port: int) -> socket.socket:
    """A socket on this machine alone; port 0 takes a free one. Raises InputError or StorageError."""
    if not 0 <= port <= LARGEST_PORT:
        raise InputError(Problem(f"{port} is no port", key="--port", why=f"ports are 1 to {LARGEST_PORT}, 0 for any"))
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except OSError as error:
        found.close()
        why = f"{(error.strerror or str(error)).lower()}; --port 0 takes a free one"
        raise StorageError(Problem(f"port {port} cannot be used", key="--port", why=why)) from None
    return found


def serve(
    scenario: Scenario,
    *,
    port: int = USUAL_PORT,
    language: str = "en",
    seed: int = 1,
    browser: bool = True,
    told: Callable[[str], None],
) -> None:
    """Serve the app until it is interrupted; `told` hears the address once it answers.

    Raises InputError for a port or language that there is not, StorageError for a port in use.
    """
    import uvicorn

    from kembar.app.server import make_app

    with listen(port) as ear:
        port = ear.getsockname()[1]
        app = make_app(scenario, port=port, language=language, seed=seed)
        address = f"http://{HOST}:{port}/"

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                told(address)
                if browser:
                    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                # Streams would go on until they are cut off, and each would be told as a mistake of the program.
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
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=LARGEST_HEADERS,
                http="h11",
            )
        ).run(sockets=[ear])
