"""The commands that serve a page in the browser: the app, and Mesa's own view."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kembar import api
from kembar.web.limits import LARGEST_PORT, LARGEST_SEED


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("app")(_serve)
    app.command("mesa-view")(_mesa_view)


def _serve(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")] = "indonesia",
    port: Annotated[int | None, typer.Option(help="Port on this machine; 0 takes a free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    lang: Annotated[str, typer.Option(help="Language of the page: en or id.")] = "en",
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seed of the pairs' luck.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.")] = False,
) -> None:
    """Ask "what if" in the browser: levers, maps and assumptions, served on this machine alone."""

    def told(address: str) -> None:
        print(address, flush=True)
        if not quiet:
            print("the app is at the address above; Ctrl+C ends it", file=sys.stderr, flush=True)

    api.app(world, port=port, lang=lang, seed=seed, browser=browser, told=told)


def _mesa_view(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")] = "indonesia",
    port: Annotated[int | None, typer.Option(min=1, max=LARGEST_PORT, help="Port on this machine.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Step a world in Mesa's own view (needs the extra mesa-viz)."""
    code = api.mesa_view(world, port=port, browser=browser)
    if code:
        raise typer.Exit(code)
