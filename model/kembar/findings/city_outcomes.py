"""What a study means for one city: outcomes of its own agreements, benefits and money in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

    from kembar.study_results import StudyResults

CITY_OUTCOMES: Final = {  # with their units
    "active_years_per_agreement": "years",
    "active_agreements": "count",
    "active_agreement_years": "years",
    "benefit_points": "points",
    "public_benefit_share": "1",
    "spent_kusd": "kusd",
    "execution_share": "1",
    "staff_fte_years": "fte-years",
    "total_cost_kusd": "kusd",
    "total_cost_kusd_per_active_agreement_year": "kusd/year",
}
NEEDED_TABLES: Final = ("agreements", "cities")
_NEW: Final = "new"
_AGREEMENTS: Final = (
    "run_id",
    "agreement",
    "register_status",
    "city_a",
    "city_b",
    "stage_end",
    "active_years",
    "signed",
)
_CITIES: Final = (
    *("run_id", "city", "income_kusd", "tangible_points", "intangible_points", "public_points", "spent_kusd"),
    *("external_kusd", "appropriated_kusd", "used_fte", "staff_fte"),
)


def city_runs_table(results: StudyResults, runs: pd.DataFrame, city: str) -> pd.DataFrame:
    """The table of runs with the outcomes of one city in the place of the world's.

    Raises InputError when the study has no such city, or kept no table that tells of single cities.
    """
    for table in NEEDED_TABLES:
        results.frame(table, ("run_id",))  # raises when the study did not keep it
    places = results.frame("cities", _CITIES)
    own = places[places["city"] == city].set_index("run_id")
    if own.empty:
        raise InputError(
            Problem(f"unknown city '{city}'", key="--city", suggestion=nearest(city, sorted(set(places["city"]))))
        )
    ties = results.frame("agreements", _AGREEMENTS)
    ties = ties[(ties["city_a"] == city) | (ties["city_b"] == city)]
    rows = own.reindex(runs["run_id"])
    years = runs["years"].to_numpy(np.float64)
    active_years = _summed(ties, "active_years", runs)
    felt = (rows["tangible_points"] + rows["intangible_points"]).to_numpy()
    spent, external, granted = (rows[f"{name}_kusd"].to_numpy() for name in ("spent", "external", "appropriated"))
    staff = rows["used_fte"].to_numpy() * years
    cost = spent + staff * rows["income_kusd"].to_numpy() * runs["parameter.staff_cost_incomes"].to_numpy()
    return runs.assign(
        active_years_per_agreement=_per_agreement(ties, runs),
        active_agreements=_summed(ties.assign(one=(ties["stage_end"] == "active").astype(float)), "one", runs),
        active_agreement_years=active_years,
        benefit_points=felt,
        public_benefit_share=_ratio(rows["public_points"].to_numpy(), felt),
        spent_kusd=spent,
        execution_share=_ratio(spent - external, granted),
        external_share=_ratio(external, spent),
        staff_fte_years=staff,
        total_cost_kusd=cost,
        total_cost_kusd_per_active_agreement_year=_ratio(cost, active_years),
    )


def _per_agreement(ties: pd.DataFrame, runs: pd.DataFrame) -> Any:
    """Mean active years of the city's listed agreements or, where it has none, of those signed in the run."""
    listed = ties[ties["register_status"] != _NEW]
    used = listed if len(listed) else ties[ties["signed"].notna()]
    return used.groupby("run_id")["active_years"].mean().reindex(runs["run_id"]).to_numpy()


def _summed(ties: pd.DataFrame, column: str, runs: pd.DataFrame) -> Any:
    return ties.groupby("run_id")[column].sum().reindex(runs["run_id"], fill_value=0.0).to_numpy()


def _ratio(parts: Any, wholes: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wholes > 0.0, parts / wholes, np.nan)
