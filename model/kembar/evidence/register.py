"""Scores of the model against dated events of Indonesian pairs: the way from letter to agreement, the stage of 2026.

Signings are input to the hindcast and are never scored. Scored are, for letters of intent with a date, whether the
agreement was signed within some years of the letter (against runs of `indonesia`, where talks take their own course),
and, for agreements with a date, whether they were active at the start of 2026 (against the hindcast). Two benchmarks
know less than the model: a constant hazard, and age alone; both are fitted to the other outcomes, never to the one
scored.

The register remembers what lived. Letters and agreements that came to nothing are rarely dated, and of those asleep
few are reported, so these outcomes are no sample, and a good score would not be proof.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kembar import records
from kembar.evidence.scorecard import Score
from kembar.evidence.statistics import LEAST_OBSERVATIONS, LEVEL, RESAMPLES, RESAMPLING_SEED, Floats, Verdict
from kembar.evidence.view import PER_YEAR, View

TABLE: Final = Path(__file__).with_name("lifecycle_events.csv")
COUNTRY: Final = "ID"
END_YEAR: Final = 2026.0  # start of this year: the end of the hindcast
USUAL_TERM_YEARS: Final = 5.0  # of an agreement whose term no text tells: that of Yogyakarta and Kyoto
LETTER_YEARS: Final = (1.0, 2.0, 5.0)  # within which a letter may have become an agreement
ASLEEP_EVENTS: Final = ("expired", "lapsed_reported", "inactive_reported", "dormant_reported")
ALIVE_EVENTS: Final = ("signed", "renewed", "revived", "resumed")
LEAST_CHANCE: Final = 0.01  # forecasts are kept this far from 0 and 1, or one surprise would cost everything
HAZARDS: Final = np.geomspace(0.002, 5.0, 200)  # tried for the constant hazard [1/year]


@dataclass(frozen=True)
class Event:
    """One dated event of a pair."""

    pair: frozenset[str]
    year: float
    kind: str
    term_years: float | None


@dataclass(frozen=True)
class Outcome:
    """Something that happened or did not, at an age, with the model's chance of it."""

    happened: bool
    age_years: float
    chance: float


def year_of(date: str) -> float:
    """A date as a year with its fraction; what is not told is taken as the middle.

    >>> year_of("1996"), round(year_of("2007-08"), 3), round(year_of("2024-11-22"), 3)
    (1996.5, 2007.625, 2024.894)
    """
    year, month, day = (*(int(part) for part in date.split("-")), None, None)[:3]
    assert year is not None
    if month is None:
        return year + 0.5
    return year + (month - 1 + (0.5 if day is None else (day - 1) / 30.4)) / 12.0


def read_events() -> tuple[Event, ...]:
    """The dated events of the shipped table, in order of time."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Event(
                frozenset(
                    (f"{row['local_government']} ({COUNTRY})", f"{row['partner']} ({row['partner_country_iso2']})")
                ),
                year_of(row["date"]),
                row["event"],
                float(row["term_years"]) if row["term_years"] else None,
            )
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda event: event.year))


def active_rows(view: View) -> Floats:
    """Which rows of the register were active at the horizon."""
    found = np.zeros(len(view.record.inputs.agreements_table))
    listed = view.agreements[view.agreements["register_row"] >= 0]
    found[listed["register_row"]] = listed["stage"] == records.ACTIVE
    return found


def letters_and_signings(view: View) -> Floats:
    """Letters with the longest span still to run, then how many of them were signed within each span."""
    letters = view.of_kind(records.LETTER_SIGNED)
    longest = int(max(LETTER_YEARS) * PER_YEAR)
    letters = letters[letters["quarter"] + longest <= view.quarters]
    signed = view.agreements["signed_quarter"][letters["subject"]]
    was_signed = view.is_signed[letters["subject"]]
    waits = np.where(was_signed, signed - letters["quarter"], longest + 1)
    return np.array([len(letters), *((waits <= years * PER_YEAR).sum() for years in LETTER_YEARS)], dtype=np.float64)


def letter_outcomes(events: Sequence[Event], chances: Sequence[float], years: float) -> list[Outcome]:
    """One outcome for each pair: whether its first letter was followed by an agreement within the years.

    Letters too young to tell are left out.
    """
    found = []
    for pair in dict.fromkeys(event.pair for event in events):
        mine = [event for event in events if event.pair == pair]
        letters = [event.year for event in mine if event.kind == "loi"]
        if not letters or letters[0] + years > END_YEAR:
            continue
        after = [event.year - letters[0] for event in mine if event.kind == "signed" and event.year >= letters[0]]
        happened = bool(after) and after[0] <= years
        found.append(Outcome(happened, years, chances[LETTER_YEARS.index(years)]))
    return found


def stage_outcomes(events: Sequence[Event], table: Sequence[Any], active: Floats) -> list[Outcome]:
    """Whether dated agreements were active at the start of 2026, where an event tells it, with their age."""
    rows = {frozenset((item.city_a, item.city_b)): row for row, item in enumerate(table)}
    found = []
    for pair in dict.fromkeys(event.pair for event in events):
        mine = [event for event in events if event.pair == pair]
        signed = [event.year for event in mine if event.kind == "signed"]
        telling = [event for event in mine if event.kind in (*ALIVE_EVENTS, *ASLEEP_EVENTS)]
        if not signed or pair not in rows:
            continue
        last = telling[-1]
        if last.kind in ALIVE_EVENTS and last.year + (last.term_years or USUAL_TERM_YEARS) < END_YEAR:
            continue  # nothing tells what became of it
        found.append(Outcome(last.kind in ALIVE_EVENTS, END_YEAR - signed[0], float(active[rows[pair]])))
    return found


def constant_hazard(others: Sequence[Outcome], age_years: float, lasts: bool) -> float:
    """Chance by a constant hazard fitted to the others: of lasting to the age, or of the event before it."""
    ages = np.array([item.age_years for item in others])
    happened = np.array([item.happened for item in others])
    kept = np.exp(-np.outer(HAZARDS, ages))
    chance = np.clip(kept if lasts else 1.0 - kept, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
    fit = np.where(happened, np.log(chance), np.log(1.0 - chance)).sum(axis=1)
    left = math.exp(-float(HAZARDS[int(fit.argmax())]) * age_years)
    return left if lasts else 1.0 - left


def age_alone(others: Sequence[Outcome], age_years: float, lasts: bool) -> float:
    """Share of the others of the same half by age to which it happened, with one added on each side."""
    middle = float(np.median([item.age_years for item in others]))
    same = [item for item in others if (item.age_years > middle) == (age_years > middle)]
    return (sum(item.happened for item in same) + 1.0) / (len(same) + 2.0)


BENCHMARKS: Final[dict[str, Callable[[Sequence[Outcome], float, bool], float]]] = {
    "constant_hazard": constant_hazard,
    "age_alone": age_alone,
}


def brier(chance: Floats, happened: Floats) -> Floats:
    """Squared error of each forecast."""
    loss: Floats = (chance - happened) ** 2
    return loss


def logarithmic(chance: Floats, happened: Floats) -> Floats:
    """Surprise at each outcome [nats]."""
    return -np.log(np.where(happened > 0.5, chance, 1.0 - chance))


RULES: Final = {"brier": brier, "log": logarithmic}


def score(name: str, rule: str, outcomes: Sequence[Outcome], *, lasts: bool) -> Score:
    """The model's mean loss and the benchmarks'; the interval is that of the difference to the better one."""
    count = len(outcomes)
    if count < 2:
        return Score(name, count, None, dict.fromkeys(BENCHMARKS), None, "not enough data", "fewer than two outcomes")
    happened = np.array([float(item.happened) for item in outcomes])
    chances = {"model": np.array([item.chance for item in outcomes])}
    for benchmark, forecast in BENCHMARKS.items():
        chances[benchmark] = np.array(
            [
                forecast([*outcomes[:place], *outcomes[place + 1 :]], item.age_years, lasts)
                for place, item in enumerate(outcomes)
            ]
        )
    losses = {
        key: RULES[rule](np.clip(chance, LEAST_CHANCE, 1.0 - LEAST_CHANCE), happened) for key, chance in chances.items()
    }
    means = {key: float(loss.mean()) for key, loss in losses.items()}
    better = min(BENCHMARKS, key=means.__getitem__)
    difference = losses["model"] - losses[better]
    draws = np.random.default_rng(RESAMPLING_SEED).integers(count, size=(RESAMPLES, count))
    low, high = np.quantile(difference[draws].mean(axis=1), [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    verdict: Verdict = "reproduced" if high < 0.0 else "not" if low > 0.0 else "partly"
    reason = None
    if count < LEAST_OBSERVATIONS:
        verdict, reason = "not enough data", f"fewer than {LEAST_OBSERVATIONS} outcomes"
    return Score(
        name, count, means["model"], {key: means[key] for key in BENCHMARKS}, (float(low), float(high)), verdict, reason
    )


def score_all(table: Sequence[Any], active: Floats, letters: Floats) -> tuple[Score, ...]:
    """Every score; `active` and `letters` are what the runs tallied, (runs, width)."""
    events = read_events()
    sums = letters.sum(axis=0)
    chances = (sums[1:] / max(sums[0], 1.0)).tolist()
    found = []
    for rule in RULES:
        for years in LETTER_YEARS:
            outcomes = letter_outcomes(events, chances, years)
            found.append(score(f"letter_to_signature_{years:g}_years_{rule}", rule, outcomes, lasts=False))
        found.append(score(f"stage_2026_{rule}", rule, stage_outcomes(events, table, active.mean(axis=0)), lasts=True))
    return tuple(found)
