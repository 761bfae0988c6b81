"""Worlds that differ in one thing, and how two runs are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

TABLES = ("agreements", "cities", "countries", "series", "city_years", "events", "splits", "levers")
Digest = Callable[[Any], dict[str, bytes]]


@pytest.fixture(scope="session")
def digest() -> Digest:
    """The bytes of every table of a run."""

    def bytes_of(record: Any) -> dict[str, bytes]:
        return {name: np.ascontiguousarray(getattr(record, name)).tobytes() for name in TABLES}

    return bytes_of
