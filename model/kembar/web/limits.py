"""The largest numbers that served pages take: apart from what serves them, as the command line tells them before."""

from __future__ import annotations

from typing import Final

LARGEST_PORT: Final = 65_535
LARGEST_SEED: Final = 2**53 - 1  # the largest whole number that a browser holds exactly
