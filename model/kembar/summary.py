"""What a run came to, read from its tables: one object for programs, one page of plain English for a terminal."""

from __future__ import annotations

from typing import Any, Final

from kembar.outcomes import OUTCOMES
from kembar.results import Results
from kembar.tables import causes_of, count_stages
from kembar.wording import ENDINGS, FACTORS, ONE_FUTURE, counted, money, name_of, percent

CHART_ROWS: Final = 8
CHART_STAGES: Final = ("active", "dormant", "ended")
BLOCKS: Final = "█▒░"
LETTERS: Final = "#+."
MOST_COLUMNS: Final = 60
LABEL_WIDTH: Final = 12
SHOWN_CAUSES: Final = 4


def report(results: Results) -> dict[str, Any]:
    """The run as one object, with the keys of the outer contract."""
    run, manifest = results.run, results.manifest
    start, end = results.columns("agreements", "stage_start", "stage_end")
    reasons = dict(part.split(": ", 1) for part in run["reasons"].split("; ") if part)
    outcomes: dict[str, dict[str, Any]] = {}
    for outcome in OUTCOMES:
        outcomes[outcome.name] = {"value": run[outcome.name], "unit": outcome.unit}
        if outcome.name in reasons:
            outcomes[outcome.name]["reason"] = reasons[outcome.name]
    return {
        "scenario": manifest.scenario.name,
        "policies": [policy.name for policy in manifest.policies],
        "seed": manifest.seed,
        "years": manifest.years,
        "cities": len(set(results.columns("cities", "city")[0])),
        "agreements": {"start": count_stages(start), "end": count_stages(end)},
        "outcomes": outcomes,
        "causes": causes(results),
        "manifest": manifest.model_dump(mode="json"),
    }


def causes(results: Results) -> dict[str, dict[str, int]]:
    """Dormancies by their main factor and endings by how they came, most frequent first."""
    events, why, details = results.columns("events", "event", "cause", "detail")
    dormancies = [part for event, part in zip(events, why, strict=True) if event == "went_dormant" and part]
    endings = [how for event, how in zip(events, details, strict=True) if event == "ended"]
    counts = {how: endings.count(how) for how in ENDINGS if how in endings}
    return {"dormancy": causes_of(dormancies), "ending": dict(sorted(counts.items(), key=lambda item: -item[1]))}


def describe(results: Results, city: str | None = None, *, plain_letters: bool = False) -> str:
    """The page for a terminal; `city` is the key of a city to tell of, `plain_letters` avoids block characters."""
    run, manifest = results.run, results.manifest
    shown = report(results)
    first, last = run["start_year"], run["start_year"] + run["years"] - 1
    lines = [f"{manifest.scenario.title}: {first} to {last}, seed {manifest.seed}"]
    if manifest.policies:
        lines.append("with " + "; ".join(policy.title for policy in manifest.policies))
    if manifest.sets:
        lines.append("with " + ", ".join(f"{key} = {value}" for key, value in manifest.sets.items()))
    lines += ["", *_chart(results, LETTERS if plain_letters else BLOCKS), ""]
    lines += [f"{label:<{LABEL_WIDTH}}{text}" for label, text in _findings(results, run, shown)]
    if city is not None:
        lines += ["", _city_paragraph(results, city)]
    lines += ["", f"This is {ONE_FUTURE}. Run with other seeds to see the spread: --seed {manifest.seed + 1}"]
    text = "\n".join(lines)
    return text.replace("→", "->").replace("≥", ">=") if plain_letters else text


def _felt_share(results: Results, name: str) -> float | None:
    """Part of the benefits felt over the run."""
    part, *whole = results.columns("series", name, "tangible_points", "intangible_points")
    total = sum(map(sum, whole))
    return sum(part) / total if total > 0 else None


def _findings(results: Results, run: dict[str, Any], shown: dict[str, Any]) -> list[tuple[str, str]]:
    start, end = shown["agreements"]["start"], shown["agreements"]["end"]
    signed = {
        name: stages["active"] + stages["dormant"] + stages["ended"] for name, stages in shown["agreements"].items()
    }
    share_start = start["active"] / signed["start"] if signed["start"] else None
    rate = run["parameter.idr_per_usd"]
    found = [
        (
            "Active",
            f"{start['active']} of {signed['start']} agreements ({percent(share_start)}) at the start → "
            f"{end['active']} of {signed['end']} ever signed ({percent(run['active_share'])}) at the end",
        ),
        (
            "Course",
            f"{counted(run['signed_agreements'], 'agreement')} signed, {run['dormancies']:.0f} times one fell dormant, "
            f"{run['revivals']:.0f} times one woke, {run['renewals']:.0f} terms renewed, {run['endings']:.0f} ended",
        ),
    ]
    dormancy = [(FACTORS[factor], count) for factor, count in shown["causes"]["dormancy"].items()]
    ending = list(shown["causes"]["ending"].items())
    for label, counts in (("Why dormant", dormancy), ("How ended", ending)):
        more = sum(count for _, count in counts[SHOWN_CAUSES:])
        words = [f"{name} ({count})" for name, count in counts[:SHOWN_CAUSES]] + ([f"other ({more})"] if more else [])
        found.append((label, ", ".join(words) or "none"))
    pace = run["exchanges_per_active_agreement_year"]
    found += [
        (
            "Exchanges",
            f"{pace:.2g} a year for each active agreement, {percent(run['citizen_exchange_share'])} by citizens "
            "and firms"
            if pace
            else "none",
        ),
        (
            "Benefits",
            f"{run['benefit_points']:,.0f} points felt, {percent(_felt_share(results, 'public_points'))} of them "
            f"by the wide public; {percent(_felt_share(results, 'tangible_points'))} are tangible",
        ),
        (
            "Money",
            f"{money(run['spent_kusd'], rate)} spent, {percent(run['execution_share'])} of what councils granted; "
            "2025 dollars",
        ),
        (
            "Staff",
            f"{run['staff_fte_per_agreement']:.2g} full-time posts for each active agreement"
            if run["staff_fte_per_agreement"] is not None
            else "no agreement was ever active",
        ),
    ]
    return found


def _chart(results: Results, marks: str) -> list[str]:
    """Stages over time: one column a year (or every so many), stacked from active at the foot to ended at the top."""
    years, *stages = results.columns("series", "year", *CHART_STAGES)
    step = -(-len(years) // MOST_COLUMNS)
    chosen = list(range(step - 1, len(years), step))
    totals = [sum(stage[place] for stage in stages) for place in chosen]
    most = max(totals, default=0)
    if most == 0:
        return ["No agreement was signed in any year."]
    wide = 2 if len(chosen) * 2 <= MOST_COLUMNS else 1
    width = len(f"{most:.0f}")
    lines = ["Agreements by stage, at the end of each year" + (f" (every {step} years)" if step > 1 else "")]
    for level in range(CHART_ROWS, 0, -1):
        cells = ""
        for place in chosen:
            cells += _cell([stage[place] for stage in stages], (level - 0.5) * most / CHART_ROWS, marks) * wide
        label = f"{most:.0f}" if level == CHART_ROWS else "0" if level == 1 else ""
        lines.append(f"{label:>{width}} |{cells.rstrip()}")
    first, last = str(years[chosen[0]]), str(years[chosen[-1]])
    gap = len(chosen) * wide - len(first) - len(last)
    lines.append(" " * (width + 2) + (first + " " * gap + last if gap > 0 else first))
    lines.append(
        " " * (width + 2) + "   ".join(f"{mark} {stage}" for mark, stage in zip(marks, CHART_STAGES, strict=True))
    )
    return lines


def _cell(heights: list[float], level: float, marks: str) -> str:
    reached = 0.0
    for height, mark in zip(heights, marks, strict=True):
        reached += height
        if level < reached:
            return mark
    return " "


def _city_paragraph(results: Results, city: str) -> str:
    run = results.run
    own = [row for row in results.rows("agreements") if city in (row["city_a"], row["city_b"])]
    yearly = [row for row in results.rows("city_years") if row["city"] == city]
    places, kinds = results.columns("events", "city", "event")
    heads = sum(place == city and kind == "leader_changed" for place, kind in zip(places, kinds, strict=True))
    start, end = (count_stages(row[name] for row in own) for name in ("stage_start", "stage_end"))
    spent, points, public = (
        sum(row[name] for row in yearly) for name in ("spent_kusd", "tangible_points", "public_points")
    )
    points += sum(row["intangible_points"] for row in yearly)
    staff = sum(row["used_fte"] for row in yearly) / len(yearly)
    woken = [
        name_of(row["city_b"] if row["city_a"] == city else row["city_a"])
        for row in own
        if row["stage_end"] == "active"
    ]
    return (
        f"{city}: {start['active']} active and {start['dormant']} dormant agreements at the start; "
        f"{end['active']} active, {end['dormant']} dormant and {end['ended']} ended at the end"
        + (f" (active with {', '.join(woken)})" if woken else "")
        + f". It spent {money(spent, run['parameter.idr_per_usd'])}, used {staff:.2g} full-time posts on average, "
        f"and felt {counted(round(points), 'benefit point')}, {public:.0f} of them by the wide public. Its head "
        f"changed {counted(heads, 'time')}."
    )
