"""An agreement's life as dated events, from the same telling as `kembar why`."""

from __future__ import annotations

from typing import Any, Final

from kembar.results import Results
from kembar.story import tell
from kembar.tables import make_tables
from kembar.world import RunRecord

Rows = list[dict[str, Any]]
SHOWN_SHARES: Final = 3
_KEPT: Final = ("date", "event", "cause", "city", "country", "other_country", "detail")
_ROW: Final = (
    *("register_status", "register_year", "signed", "stage_start", "stage_end", "how", "active_years"),
    *("spent_kusd_a", "spent_kusd_b", "points_a", "points_b", "trust"),
)


class Lives:
    """The lives of the agreements of one run."""

    def __init__(self, record: RunRecord) -> None:
        tables = make_tables(record)
        self._run = tables["runs"].to_pylist()[0]
        self._agreements: Rows = tables["agreements"].to_pylist()
        self._around: Rows = []  # events of cities, countries and all
        self._own: dict[str, Rows] = {}  # events of each agreement
        for event in tables["events"].to_pylist():
            name = event["agreement"]
            (self._around if name is None else self._own.setdefault(name, [])).append(event)

    def names(self) -> list[str]:
        """The names of all agreements, in the order of their rows."""
        return [str(row["agreement"]) for row in self._agreements]

    def tell(self, agreement: str) -> dict[str, Any]:
        """One agreement's events in order, its exchanges added up by year. Raises InputError for an unknown one."""
        pair = agreement.partition(" #")[0]
        rows = [row for row in self._agreements if f"{row['city_a']} - {row['city_b']}" == pair]
        events = [event for row in rows for event in self._own.get(row["agreement"], [])]
        # Only what can belong to the pair: the telling looks through all that it is given.
        told = tell(_InMemory(self._run, rows or self._agreements, [*self._around, *events]), pair)
        first = next(row for row in self._agreements if row["agreement"] == told["agreement"])
        return {
            "agreement": told["agreement"],
            **{name: first[name] for name in _ROW},
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
    """Rows of a run's tables that were never written to a folder."""

    def __init__(self, run: dict[str, Any], agreements: Rows, events: Rows) -> None:
        object.__setattr__(self, "_run", run)
        object.__setattr__(self, "_kept", {"agreements": agreements, "events": events})

    @property
    def run(self) -> dict[str, Any]:
        """The row of `runs`."""
        found: dict[str, Any] = self.__dict__["_run"]
        return found

    def rows(self, table: str) -> Rows:
        """A table's rows as dictionaries."""
        found: Rows = self.__dict__["_kept"][table]
        return found

    def columns(self, table: str, *names: str) -> list[list[Any]]:
        """Columns of a table as lists."""
        return [[row[name] for row in self.rows(table)] for name in names]
