"""The commands that serve a page in the browser: the app, a class, and Mesa's own view."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from kembar import api
from kembar.cli_parts import writes_unicode
from kembar.errors import shown_path
from kembar.web.limits import LARGEST_PORT, LARGEST_SEED


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("app")(_serve)
    app.command("class")(_class)
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


def _class(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")] = "indonesia",
    rounds: Annotated[int | None, typer.Option(help="Years to play, of a new class (10 unless told).")] = None,
    mode: Annotated[
        str | None, typer.Option(help="parallel: each team in a world of its own; shared: all in one.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    lan: Annotated[bool, typer.Option("--lan", help="Listen on the local network, for the students' phones.")] = False,
    address: Annotated[str | None, typer.Option(help="With --lan: which of this machine's addresses.")] = None,
    store: Annotated[str | None, typer.Option(help="The class's file; one that exists is taken up again.")] = None,
    lang: Annotated[str, typer.Option(help="Language to begin with: en or id.")] = "en",
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_SEED, help="Seed of the luck, of a new class (1 unless told).")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the console in the browser.")] = True,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the class's file with all student data.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notices.")] = False,
) -> None:
    """A class of mayors: a console for the teacher, pages for students, and a debrief."""
    if delete:
        path = api.delete_class(store)
        if not quiet:
            print(f"{shown_path(path)} and all student data in it are deleted", file=sys.stderr)
        return

    def told(facts: dict[str, Any]) -> None:
        print(f"console  {facts['console']}")
        print(f"students {facts['students']}", flush=True)
        if quiet:
            return
        begun = "" if facts["phase"] == "lobby" else f", taken up in round {facts['round']}"
        print(f"code {facts['code']}; kept in {facts['store']}{begun}; Ctrl+C ends it", file=sys.stderr)
        if facts["lan"]:
            where = "it is open to everybody in the local network who has the code"
            print(where, file=sys.stderr)
            if writes_unicode():
                from kembar.classroom.serving import qr_lines

                print("\n".join(qr_lines(facts["qr"])))
        sys.stdout.flush()

    api.class_(
        world, rounds=rounds, mode=mode, port=port, lan=lan, address=address, store=store, lang=lang, seed=seed,
        browser=browser, told=told,
    )  # fmt: skip


def _mesa_view(
    world: Annotated[str, typer.Argument(help="A world: its name, or a path to its file.")] = "indonesia",
    port: Annotated[int | None, typer.Option(min=1, max=LARGEST_PORT, help="Port on this machine.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Step a world in Mesa's own view (needs the extra mesa-viz)."""
    code = api.mesa_view(world, port=port, browser=browser)
    if code:
        raise typer.Exit(code)
