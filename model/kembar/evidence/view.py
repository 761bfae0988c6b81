"""One finished run as the evidence looks at it: who was active when, which spells of sleep, who carried what."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kembar import records

if TYPE_CHECKING:
    from kembar.world import RunRecord

PER_YEAR = records.QUARTERS_PER_YEAR
_TALKING = (records.EXPLORING, records.LETTER, records.STALLED, records.SCHEDULED)
_HEAD_EVENTS = (records.LEADER_CHANGED, records.CARETAKER_CAME)


class View:
    """A run's record with what several statistics need of it, worked out once."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self.agreements: Any = record.agreements
        self.cities: Any = record.cities
        self.events: Any = record.events
        self.series: Any = record.series
        self.quarters = record.inputs.years * PER_YEAR
        self.start_year = record.inputs.start_year

    def quarter_of(self, year: int) -> int:
        """First quarter of a calendar year, counted from the start of the run."""
        return (year - self.start_year) * PER_YEAR

    def of_kind(self, kind: int) -> Any:
        """The events of one kind, in order of time."""
        return self.events[self.events["kind"] == kind]

    @cached_property
    def is_signed(self) -> npt.NDArray[np.bool_]:
        """Which agreements were signed before the horizon."""
        was_signed: npt.NDArray[np.bool_] = self.agreements["signed_quarter"] != records.NEVER
        return was_signed & ~np.isin(self.agreements["stage"], _TALKING)

    @cached_property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """Which agreements were signed in the run."""
        found: npt.NDArray[np.bool_] = self.is_signed & (self.agreements["signed_quarter"] >= 0)
        return found

    @cached_property
    def ended_quarter(self) -> npt.NDArray[np.int64]:
        """The quarter of the end, the horizon for those that did not end."""
        ended: npt.NDArray[np.int64] = self.agreements["ended_quarter"]
        return np.where(ended == records.NEVER, self.quarters, ended)

    @cached_property
    def active(self) -> npt.NDArray[np.bool_]:
        """Whether each agreement was active in each quarter, (agreements, quarters).

        The quarter of a signing or revival does not count, that of a dormancy or an end does: it was active until then.
        """
        steps = np.zeros((len(self.agreements), self.quarters + 1))
        asleep = self.agreements["first_dormant_quarter"]
        before = self.is_signed & (self.agreements["signed_quarter"] < 0)
        steps[before & ((asleep >= 0) | (asleep == records.NEVER)), 0] = 1.0
        for kind, step in ((records.SIGNED, 1.0), (records.REVIVED, 1.0), (records.WENT_DORMANT, -1.0)):
            events = self.of_kind(kind)
            np.add.at(steps, (events["subject"], events["quarter"] + 1), step)
        active: npt.NDArray[np.bool_] = steps[:, :-1].cumsum(axis=1) > 0.5
        return active & (np.arange(self.quarters)[None, :] <= self.ended_quarter[:, None])

    @cached_property
    def went_dormant(self) -> npt.NDArray[np.bool_]:
        """Whether each agreement fell asleep in each quarter, (agreements, quarters)."""
        return self._marks(self.of_kind(records.WENT_DORMANT), len(self.agreements))

    @cached_property
    def renewed(self) -> npt.NDArray[np.bool_]:
        """Whether each agreement was renewed in each quarter, (agreements, quarters)."""
        return self._marks(self.of_kind(records.RENEWED), len(self.agreements))

    @cached_property
    def head_changed(self) -> npt.NDArray[np.bool_]:
        """Whether each city got another head in each quarter, caretakers included, (cities, quarters)."""
        events = self.events[np.isin(self.events["kind"], _HEAD_EVENTS)]
        return self._marks(events, len(self.cities))

    def _marks(self, events: Any, rows: int) -> npt.NDArray[np.bool_]:
        marks = np.zeros((rows, self.quarters), bool)
        marks[events["subject"], events["quarter"]] = True
        return marks

    @cached_property
    def city_exchanges(self) -> npt.NDArray[np.float64]:
        """Exchanges of the cities, (agreements, quarters)."""
        return self._exchanges(records.NO_SIDE)

    @cached_property
    def citizen_exchanges(self) -> npt.NDArray[np.float64]:
        """Exchanges carried by citizens and firms, (agreements, quarters)."""
        return self._exchanges(0)

    def _exchanges(self, stream: int) -> npt.NDArray[np.float64]:
        events = self.of_kind(records.EXCHANGED)
        mine = events[events["other"] == stream]
        found = np.zeros((len(self.agreements), self.quarters))
        np.add.at(found, (mine["subject"], mine["quarter"]), mine["detail"])
        return found

    def has_carriers(self, quarters: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether enough people carried each agreement by themselves at a quarter of its own, (agreements,).

        Enough is the critical mass of embeddedness. What the latest event before the quarter saw of it has faded since;
        every exchange is an event, so nothing was won meanwhile.
        """
        number = self.record.inputs.parameters.number
        fading, mass = number("embeddedness_fading"), number("carrier_mass")
        place = records.EVENT_VALUES.index("embeddedness")
        of_agreement = self.events[self.events["kind"] < records.LEADER_CHANGED]
        seen = of_agreement[of_agreement["quarter"] < quarters[of_agreement["subject"]]]
        latest = np.full(len(self.agreements), -1)
        np.maximum.at(latest, seen["subject"], np.arange(len(seen)))
        found = np.zeros(len(self.agreements), bool)
        known = np.flatnonzero(latest >= 0)
        events = seen[latest[known]]
        years = (quarters[known] - events["quarter"]) / PER_YEAR
        found[known] = events["values"][:, place] * np.exp(-fading * years) >= mass
        return found

    @cached_property
    def sleeps(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Spells of sleep that began in the run: agreement, length in quarters, whether a revival ended it."""
        kinds = (records.WENT_DORMANT, records.REVIVED, records.AGREEMENT_ENDED)
        events = self.events[np.isin(self.events["kind"], kinds)]
        events = events[np.lexsort((np.arange(len(events)), events["subject"]))]
        begins = np.flatnonzero(events["kind"] == records.WENT_DORMANT)
        following = np.minimum(begins + 1, max(len(events) - 1, 0))
        is_followed = (following > begins) & (events["subject"][following] == events["subject"][begins])
        stops = np.where(is_followed, events["quarter"][following], self.quarters)
        revived = is_followed & (events["kind"][following] == records.REVIVED)
        return events["subject"][begins], stops - events["quarter"][begins], revived


def within(marks: npt.NDArray[np.bool_], span: int) -> npt.NDArray[np.bool_]:
    """Whether a mark stands in each quarter or in the `span` - 1 before it, along the last axis.

    >>> within(np.array([[True, False, False, False]]), 2).tolist()
    [[True, True, False, False]]
    """
    sums = np.cumsum(marks, axis=-1)
    earlier = np.zeros_like(sums)
    earlier[..., span:] = sums[..., :-span]
    found: npt.NDArray[np.bool_] = sums > earlier
    return found
