"""A study small enough for the tests of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kembar import batches

STUDY = """
title = "Small"
question = "Does a fund help two towns?"
about = "A study small enough for a test."
scenarios = ["two-cities"]
policies = ["matching-fund", "citizen-committees"]
replicates = 4
years = 12
chunk = 7
seed = 3
"""
PAIR = "Sagara - Lindau am Meer"
Command = Callable[..., tuple[int, str, str]]


def stop_at_first_chunk(file: str, folder: Path) -> None:
    """Interrupt a study when one chunk is there."""

    def stop(now: Any) -> None:
        if now.chunks_done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batches.study(file, out=folder, workers=1, progress=stop)
