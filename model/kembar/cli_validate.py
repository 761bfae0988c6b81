"""The command that judges the model against its patterns and targets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from kembar import api
from kembar.errors import shown_path


def register(app: typer.Typer, emit: Callable[[object], None], notice: Callable[[bool], api.Told]) -> None:
    """Add the command to the command line, with its ways of printing JSON and notices."""

    @app.command()
    def validate(
        reduced: Annotated[bool, typer.Option("--reduced", help="A few runs only; verdicts are weak.")] = False,
        out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results") / "validation",
        lang: Annotated[str, typer.Option(help="Language of the page: en or id.")] = "en",
        as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON value.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.")] = False,
    ) -> None:
        """Judge the model against the sixteen patterns, the targets and the dated record: a scorecard."""
        from kembar.evidence.printing import as_text

        card = api.validate(reduced=reduced, out=out, lang=lang, told=notice(quiet))
        if as_json:
            emit(card.as_json())
        elif quiet:
            print(shown_path(out))
        else:
            print(as_text(card, lang))
            print(f"\n{shown_path(out / 'scorecard.html')}")
