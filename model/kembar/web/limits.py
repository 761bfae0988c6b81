"""The largest numbers that the app takes: apart from what serves it, because the command line tells them before that is
loaded."""

from __future__ import annotations

from typing import Final

LARGEST_PORT: Final = 65_535
LARGEST_SEED: Final = 2**53 - 1  # the largest whole number that a browser holds exactly
