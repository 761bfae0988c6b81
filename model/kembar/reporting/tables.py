"""The tables of a report page, in words and numbers of its language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kembar.analysis.telling import as_given
from kembar.findings.names import arm_title, outcome_of, outcome_title, outcome_unit, parameter_title
from kembar.findings.phrases import level_of, mean_of, unit_word
from kembar.language import Messages
from kembar.reporting.charts.designs import MOST_FACTORS

if TYPE_CHECKING:
    from kembar.findings.designs import DesignFindings
    from kembar.findings.findings import Findings, WorldFindings
    from kembar.findings.policies import PolicyFindings

MOST_NAMES: Final = 10  # agreements told by name on each side


@dataclass(frozen=True)
class PageTable:
    """A table of the page: its caption, its headings, its rows (the first cell names the row), and a note below."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def page_tables(found: Findings, world: WorldFindings, language: Messages) -> list[PageTable]:
    """The tables of one world."""
    tables = list(_outcomes(world, language))
    tables += [_effects(policy, found, language) for policy in world.policies]
    if world.policies:
        tables.append(_costs(world, language))
    for policy in world.policies:
        tables += list(_fates(policy, language))
    if world.design is not None:
        tables += list(_of_design(found, world.design, language))
    return tables


def _outcomes(world: WorldFindings, language: Messages) -> Iterator[PageTable]:
    rows = []
    for one in world.spreads:
        if one.arm:
            continue
        unit = outcome_unit(one.outcome)
        half = one.mean.half_width
        ends = [level_of(end, one.outcome, unit, language, half) for end in (one.low, one.high)]
        spread = language.text("report.word.from_to", low=ends[0], high=ends[1])
        cells = (outcome_title(one.outcome, language), unit_word(unit, language, one.outcome))
        rows.append((*cells, mean_of(one.mean, one.outcome, unit, language), spread))
    if rows:
        headings = tuple(
            language.text(f"report.word.{key}") for key in ("outcome", "unit", "mean_confidence", "spread")
        )
        key = "baseline" if world.design is None else "over_points"
        yield PageTable(language.text(f"report.table.{key}"), headings, tuple(rows))


def _effects(policy: PolicyFindings, found: Findings, language: Messages) -> PageTable:
    rows = []
    for one in policy.effects:
        half = one.difference.half_width
        cells = [level_of(value, one.outcome, one.unit, language, half) for value in (one.baseline, one.policy)]
        saved = one.variance_reduction.value
        rows.append(
            (
                outcome_of(policy, one.outcome, language),
                unit_word(one.unit, language, one.outcome, has_changes=True),
                *cells,
                mean_of(one.difference, one.outcome, one.unit, language, is_change=True),
                language.number(one.difference.runs),
                language.text("report.word.none") if saved is None else language.percent(saved),
            )
        )
    keys = ("outcome", "unit", "baseline_column", "with_policy", "effect", "pairs", "luck_saved")
    title = arm_title(policy.titles, language)
    return PageTable(
        language.text("report.table.effects", policy=title),
        tuple(language.text(f"report.word.{key}") for key in keys),
        tuple(rows),
        language.text("report.table.effects_note", level=language.percent(found.level)),
    )


def _costs(world: WorldFindings, language: Messages) -> PageTable:
    by_name = {policy.name: policy for policy in world.policies}
    rows = []
    for standing in world.standings:
        policy = by_name[standing.policy]
        cost = policy.cost.cost
        nothing = language.text("report.word.none")
        has_price = standing.place is not None
        rows.append(
            (
                arm_title(policy.titles, language),
                nothing if standing.place is None else language.number(standing.place),
                mean_of(cost.active_years.difference, "active_agreement_years", "years", language),
                mean_of(cost.spent.difference, "spent_kusd", "kusd/year", language),
                mean_of(cost.held_staff.difference, "held_fte", "fte", language),
                mean_of(cost.kusd_per_active_year_gained, "price", "kusd", language) if has_price else nothing,
                mean_of(policy.cost.with_staff, "price", "kusd", language) if has_price else nothing,
                "" if standing.reason is None else standing.reason.told(language),
            )
        )
    keys = ("policy", "place", "gained", "spent", "posts", "price_money", "price_whole", "remark")
    return PageTable(
        language.text("report.table.costs"), tuple(language.text(f"report.column.{key}") for key in keys), tuple(rows),
        language.text("report.table.costs_note"),
    )  # fmt: skip


def _fates(policy: PolicyFindings, language: Messages) -> Iterator[PageTable]:
    if policy.fates is None:
        return
    title = arm_title(policy.titles, language)
    for kind, group in (("saved", policy.fates.saved), ("lost", policy.fates.lost)):
        rows = tuple(
            (one.agreement, language.percent(one.active_without), language.percent(one.active_with),
             language.percent(one.saved.mean or 0.0), language.percent(one.lost.mean or 0.0))
            for one in group[:MOST_NAMES]
        )  # fmt: skip
        if rows:
            keys = ("agreement", "active_without", "active_with", "saved", "lost")
            count = language.number(len(group))
            yield PageTable(
                language.text(f"report.table.{kind}", policy=title, count=count, shown=language.number(len(rows))),
                tuple(language.text(f"report.column.{key}") for key in keys),
                rows,
                language.text("findings.fates.no_forecast", pairs=language.number(policy.fates.pairs)),
            )


def _of_design(found: Findings, design: DesignFindings, language: Messages) -> Iterator[PageTable]:
    unit = outcome_unit(found.outcome)
    screening, indices = design.screening(found.outcome), design.indices_of(found.outcome)
    if screening is not None:
        rows: list[tuple[str, ...]] = []
        for place in np.argsort(-screening.mu_star.value, kind="stable")[:MOST_FACTORS]:
            luck = screening.mu_star_of_luck
            numbers = [
                level_of(float(side[place]), found.outcome, unit, language)
                for side in (screening.mu_star.value, screening.mu.value, screening.sigma)
            ]
            shown = (
                language.text("report.word.none")
                if luck is None
                else level_of(float(luck[place]), found.outcome, unit, language)
            )
            rows.append((parameter_title(screening.factors[place], language), *numbers, shown))
        keys: tuple[str, ...] = ("factor", "mu_star", "mu", "sigma", "of_luck")
        yield PageTable(
            language.text("report.table.screening", outcome=outcome_title(found.outcome, language)),
            tuple(language.text(f"report.column.{key}") for key in keys), tuple(rows),
            language.text("report.table.screening_note", trajectories=language.number(screening.trajectories)),
        )  # fmt: skip
    if indices is not None and not indices.is_constant:
        order = np.argsort(-indices.total.value, kind="stable")[:MOST_FACTORS]
        shares = [
            (
                parameter_title(indices.factors[place], language),
                *(
                    language.text("report.change.mean", mean=language.percent(float(one.value[place])),
                                  low=language.percent(float(one.low[place])),
                                  high=language.percent(float(one.high[place])))
                    for one in (indices.first, indices.total)
                ),
            )
            for place in order
        ]  # fmt: skip
        keys = ("factor", "first", "total")
        yield PageTable(
            language.text("report.table.indices", outcome=outcome_title(found.outcome, language)),
            tuple(language.text(f"report.column.{key}") for key in keys), tuple(shares),
        )  # fmt: skip
    for response in design.responses:
        if response.outcome == found.outcome:
            levels = [
                (
                    as_given(level, language),
                    mean_of(mean, found.outcome, unit, language),
                    mean_of(effect, found.outcome, unit, language, is_change=True),
                )
                for level, mean, effect in zip(response.levels, response.means, response.effects, strict=True)
            ]
            keys = ("level", "mean", "against_lowest")
            yield PageTable(
                language.text("report.table.response", factor=parameter_title(response.factor, language),
                              outcome=outcome_title(found.outcome, language)),
                tuple(language.text(f"report.column.{key}") for key in keys), tuple(levels),
            )  # fmt: skip
