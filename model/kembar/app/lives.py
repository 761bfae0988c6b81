"""An agreement's life as dated events, from the same telling as `kembar why`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kembar.results import Results
from kembar.story import tell
from kembar.tables import make_tables
from kembar.world import RunRecord

SHOWN_SHARES: Final = 3
_KEPT: Final = ("date", "event", "cause", "city", "country", "other_country", "detail")
_ROW: Final = (
    *("register_status", "register_year", "signed", "stage_start", "stage_end", "how", "active_years"),
    *("spent_kusd_a", "spent_kusd_b", "points_a", "points_b", "trust"),
)


class Lives:
    """The lives of the agreements of one run."""

    def __init__(self, record: RunRecord) -> None:
        self._results = _InMemory(record)

    def names(self) -> list[str]:
        """The names of all agreements, in the order of their rows."""
        return [str(row["agreement"]) for row in self._results.kept["agreements"]]

    def tell(self, agreement: str) -> dict[str, Any]:
        """One agreement's events in order, its exchanges added up by year. Raises InputError for an unknown one."""
        told = tell(self._results, agreement.partition(" #")[0])
        rows = [row for row in self._results.kept["agreements"] if row["agreement"] == told["agreement"]]
        return {
            "agreement": told["agreement"],
            **{name: rows[0][name] for name in _ROW},
            "events": [_event(event) for event in told["events"] if event["event"] != "exchanged"],
            "exchanges": _by_year(told["events"]),
        }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    shares = event["shares"] or {}
    largest = sorted(shares.items(), key=lambda item: -item[1])[:SHOWN_SHARES]
    return {
        **{name: event[name] for name in _KEPT if event.get(name) is not None},
        "shares": {part: round(share, 3) for part, share in largest if share > 0},
    }


def _by_year(events: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for event in events:
        if event["event"] == "exchanged":
            year = found.setdefault(event["date"][:4], {"cities": 0, "citizens": 0})
            year[event["detail"]] += event["count"]
    return found


class _InMemory(Results):
    """A run's tables that were never written to a folder; their rows are made once."""

    def __init__(self, record: RunRecord) -> None:
        object.__setattr__(self, "folder", Path())
        object.__setattr__(self, "tables", make_tables(record))

    @cached_property
    def kept(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of agreements and events."""
        return {name: list(self.tables[name].to_pylist()) for name in ("agreements", "events")}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's rows as dictionaries."""
        return self.kept[table]
