"""The findings as plain tables (pandas), written as CSV beside the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kembar.analysis.deciders import Deciders
from kembar.analysis.estimates import Estimate
from kembar.analysis.satisficing import satisficing_table
from kembar.analysis.tornado import rank_effects, tornado_table

if TYPE_CHECKING:
    import pandas as pd

    from kembar.findings.designs import DesignFindings
    from kembar.findings.findings import Findings, WorldFindings


def finding_tables(found: Findings) -> dict[str, pd.DataFrame]:
    """Every table of the findings by its name; the worlds of a study stand below one another."""
    parts: dict[str, list[Any]] = {}
    for world in found.worlds:
        for name, table in _of_world(world).items():
            if len(table):
                table.insert(0, "scenario", world.name)
                parts.setdefault(name, []).append(table)
    return {name: _stacked(tables) for name, tables in parts.items()}


def _ends(estimate: Estimate, name: str) -> dict[str, Any]:
    return {name: estimate.mean, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _price(estimate: Estimate, name: str, is_in_model: bool) -> dict[str, Any]:
    """A price, or empty cells where the model does not contain what the policy itself costs."""
    found = _ends(estimate, name)
    return found if is_in_model else dict.fromkeys(found)


def _of_world(world: WorldFindings) -> dict[str, pd.DataFrame]:
    import pandas as pd

    found = {
        "outcomes": pd.DataFrame(
            [
                {"policies": one.arm, "outcome": one.outcome, **_ends(one.mean, "mean"), "spread_low": one.low,
                 "spread_high": one.high, "runs": one.mean.runs}
                for one in world.spreads
            ]
        ),
        "effects": pd.DataFrame([_effect(policy.name, one) for policy in world.policies for one in policy.effects]),
        "costs": pd.DataFrame([_cost(world, policy.name) for policy in world.policies]),
        "fates": pd.DataFrame(
            [
                {"policies": policy.name, "agreement": fate.agreement, "active_without": fate.active_without,
                 "active_with": fate.active_with, **_ends(fate.saved, "saved"), **_ends(fate.lost, "lost"),
                 "p_value": fate.p_value}
                for policy in world.policies if policy.fates is not None for fate in policy.fates.agreements
            ]
        ),
        "benefits": _fair(world, "benefits"),
        "execution": _fair(world, "execution"),
        "concentration": _fair(world, "concentration"),
        "groups": pd.DataFrame(
            [
                {"kind": group.kind, "group": group.name, "cities": group.cities, **_effect(policy.name, effect)}
                for policy in world.policies if policy.fairness is not None
                for group in policy.fairness.groups for effect in group.effects
            ]
        ),
        "active": _stacked([_band(band) for band in world.bands]),
    }  # fmt: skip
    if world.longevity is not None:
        lives = world.longevity
        found |= {
            "survival": lives.why.curve.table(),
            "incidence_why": lives.why.incidence.table(),
            "incidence_how": lives.how.incidence.table(),
            "hazard": lives.hazard.table(),
            "hazard_model": lives.model.table(),
        }
        effects = [(policy.name, policy.longevity) for policy in world.policies if policy.longevity is not None]
        gaps = [one.why.table().assign(policies=name) for name, one in effects]
        found["survival_difference"] = _stacked(gaps)
        for kind in ("why", "how"):
            changes = [getattr(one, f"{kind}_incidence").table().assign(policies=name) for name, one in effects]
            found[f"incidence_{kind}_difference"] = _stacked(changes)
    if world.design is not None:
        found |= _of_design(world.design)
    return found


def _effect(policy: str, effect: Any) -> dict[str, Any]:
    return {
        "policies": policy,
        "outcome": effect.outcome,
        "unit": effect.unit,
        "baseline": effect.baseline,
        "policy": effect.policy,
        **_ends(effect.difference, "effect"),
        "level": effect.difference.level,
        "pairs": effect.difference.runs,
        "variance_reduction": effect.variance_reduction.value,
        "reason": "" if effect.difference.reason is None else str(effect.difference.reason),
    }


def _cost(world: WorldFindings, name: str) -> dict[str, Any]:
    policy = next(one for one in world.policies if one.name == name)
    standing = next(one for one in world.standings if one.policy == name)
    cost = policy.cost.cost
    return {
        "policies": name,
        **_ends(cost.spent.difference, "kusd_a_year"),
        **_ends(cost.external.difference, "external_kusd_a_year"),
        **_ends(cost.held_staff.difference, "posts_held_fte"),
        **_ends(cost.active_years.difference, "active_agreement_years"),
        **_price(cost.kusd_per_active_year_gained, "kusd_per_year_gained", cost.is_in_model),
        **_price(policy.cost.with_staff, "kusd_per_year_gained_with_posts", cost.is_in_model),
        "is_in_model": cost.is_in_model,
        "standing": standing.standing,
        "place": standing.place,
    }


def _fair(world: WorldFindings, part: str) -> pd.DataFrame:
    import pandas as pd

    rows = [
        _effect(policy.name, effect)
        for policy in world.policies
        if policy.fairness is not None
        for effect in getattr(policy.fairness, part)
    ]
    return pd.DataFrame(rows)


def _band(band: Any) -> pd.DataFrame:
    import pandas as pd

    columns = ("mean", "low", "high", "spread_low", "spread_high")
    return pd.DataFrame({"policies": band.arm, "year": band.years, **{name: getattr(band, name) for name in columns}})


def _of_design(design: DesignFindings) -> dict[str, pd.DataFrame]:
    import pandas as pd

    found = {
        "luck": _named([(outcome, one.table()) for outcome, one in design.luck]),
        "responses": pd.DataFrame(
            [
                {"factor": one.factor, "outcome": one.outcome, "level": level, **_ends(mean, "mean"),
                 **_ends(effect, "effect")}
                for one in design.responses
                for level, mean, effect in zip(one.levels, one.means, one.effects, strict=True)
            ]
        ),
        "surface": pd.DataFrame([row for surface in design.surfaces for row in _cells(surface)]),
        "points": pd.DataFrame(
            [
                {"point": one.point, **dict(zip(design.factors, one.values, strict=True)), "policies": one.arm,
                 "outcome": one.outcome, **_ends(one.mean, "mean"),
                 **(_ends(one.difference, "effect") if one.difference is not None else {})}
                for one in design.at_points
            ]
        ),
        "screening": _named([(outcome, one.table()) for outcome, one in design.screenings]),
        "tornado": _named([(outcome, tornado_table(rank_effects(one))) for outcome, one in design.screenings]),
        "variance_shares": _named([(outcome, one.table()) for outcome, one in design.indices]),
        "variance_pairs": _named([(outcome, one.pairs_table()) for outcome, one in design.indices]),
        "satisficing": satisficing_table(design.satisficing),
    }  # fmt: skip
    if design.regrets is not None:
        found["regret"] = design.regrets.table()
    if isinstance(design.deciders, Deciders):
        found["deciders"] = design.deciders.table()
    return found


def _stacked(tables: list[Any]) -> pd.DataFrame:
    """Tables below one another; a column that one of them leaves empty keeps the kind that the others have."""
    import pandas as pd

    return pd.DataFrame([row for table in tables for row in table.to_dict("records")])


def _named(parts: list[tuple[str, Any]]) -> pd.DataFrame:
    tables = []
    for outcome, table in parts:
        table.insert(0, "outcome", outcome)
        tables.append(table)
    return _stacked(tables)


def _cells(surface: Any) -> list[dict[str, Any]]:
    grid = surface.grid
    rows = []
    for row, column in np.ndindex(len(grid.levels[0]), len(grid.levels[1])):
        beyond = grid.beyond_sum[row - 1][column - 1] if row and column else None
        rows.append(
            {
                "first": grid.factors[0], "first_level": grid.levels[0][row],
                "second": grid.factors[1], "second_level": grid.levels[1][column], "outcome": surface.outcome,
                **_ends(grid.surface[row][column], "mean"), **_ends(grid.effects[row][column], "effect"),
                **(_ends(beyond, "beyond_sum") if beyond is not None else {}),
            }
        )  # fmt: skip
    return rows
