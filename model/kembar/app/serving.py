"""Starting the app on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kembar.scenario.records import Scenario
from kembar.web.listening import LOOPBACK, listen, serve_until_interrupted

USUAL_PORT: Final = 8765


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
    from kembar.app.server import make_app

    with listen(port) as ear:
        port = ear.getsockname()[1]
        app = make_app(scenario, port=port, language=language, seed=seed)
        address = f"http://{LOOPBACK}:{port}/"
        serve_until_interrupted(app, ear, ready=lambda: told(address), page=address if browser else None)
