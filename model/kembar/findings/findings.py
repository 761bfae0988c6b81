"""All that a study found, assembled from its tables: for each world its policies, its baseline and its design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kembar.analysis.cost import Standing, rank_costs
from kembar.analysis.estimates import LEVEL
from kembar.analysis.fairness import CityRuns, city_runs
from kembar.analysis.multiplicity import Comparisons, Rank, count_comparisons, rank_policies
from kembar.analysis.paired import BASELINE
from kembar.analysis.precision import PILOT_PAIRS, PrecisionRule
from kembar.errors import InputError, Problem, nearest
from kembar.findings.bands import Band, Spread, spreads, yearly_bands
from kembar.findings.city_outcomes import CITY_OUTCOMES, city_runs_table
from kembar.findings.costs import held_staff, ranked_with_staff
from kembar.findings.designs import LOWER_IS_BETTER, DesignFindings, find_design
from kembar.findings.loading import LIFE_COLUMNS, lean_frame, load_worlds
from kembar.findings.policies import Evidence, PolicyFindings, differences, find_policies
from kembar.findings.world import WorldRuns
from kembar.outcomes import BY_NAME
from kembar.records import SECTORS

if TYPE_CHECKING:
    from kembar.analysis.longevity import Longevity
    from kembar.manifest import StudyManifest
    from kembar.study_results import StudyResults

MAIN_OUTCOME = "active_years_per_agreement"
_FAIR_COLUMNS = (
    *("run_id", "city", "population", "income_kusd", "appropriated_kusd", "executable_kusd", "spent_kusd"),
    *("external_kusd", "active", "tangible_points", "intangible_points", "public_points"),
    *(f"points_{sector}" for sector in SECTORS),
)


@dataclass(frozen=True, slots=True)
class WorldFindings:
    """What a study found in one of its worlds; None where it does not tell it.

    `ranks` are the policies by their effect on the main outcome, `standings` by cost for each active year gained.
    """

    name: str
    title: str
    start_year: int
    years: int
    policies: tuple[PolicyFindings, ...]
    comparisons: Comparisons | None
    ranks: tuple[Rank, ...]
    standings: tuple[Standing, ...]
    spreads: tuple[Spread, ...]
    bands: tuple[Band, ...]
    longevity: Longevity | None
    cities: CityRuns | None
    design: DesignFindings | None

    @property
    def horizon_year(self) -> int:
        """The last year of the runs."""
        return self.start_year + self.years - 1

    def spread(self, arm: str, outcome: str) -> Spread | None:
        """The mean and spread of an outcome of an arm."""
        return next((one for one in self.spreads if (one.arm, one.outcome) == (arm, outcome)), None)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a study found. `done` and `total` are chunks of runs; they differ while it is unfinished."""

    manifest: StudyManifest
    outcome: str
    outcomes: tuple[str, ...]
    city: str | None
    level: float
    rule: PrecisionRule | None
    worlds: tuple[WorldFindings, ...]
    notice: str | None
    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether they rest on all runs asked for."""
        return self.notice is None

    @property
    def policies(self) -> tuple[PolicyFindings, ...]:
        """The policies of the first world."""
        return self.worlds[0].policies

    def answer(self, lang: str = "en") -> list[str]:
        """Three sentences that answer the study's question; the first one says so when the study is unfinished."""
        from kembar.findings.answer import answer

        return answer(self, lang)

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values, without NaN."""
        from kembar.findings.as_json import study_json

        return study_json(self)

    def comparison_json(self, lang: str = "en") -> dict[str, Any]:
        """The first world's policies against its baseline, as `kembar compare --json` tells them."""
        from kembar.findings.as_json import comparison_json

        return comparison_json(self, lang)

    def describe(self, lang: str = "en") -> str:
        """One page for a terminal."""
        from kembar.findings.describing import describe

        return describe(self, lang)


def find(
    results: StudyResults, *, city: str | None = None, outcome: str = MAIN_OUTCOME, level: float = LEVEL
) -> Findings:
    """The findings of a study, or of one city of its worlds.

    Raises InputError for an unknown outcome or city, or when the study kept no table that tells of single cities, and
    StorageError when its folder is damaged.
    """
    form = results.manifest.form
    outcomes = tuple(CITY_OUTCOMES) if city is not None else tuple(dict.fromkeys((outcome, *form["outcomes"])))
    known = CITY_OUTCOMES if city is not None else BY_NAME
    if outcome not in known:
        raise InputError(Problem(f"unknown outcome '{outcome}'", key="--outcome", suggestion=nearest(outcome, known)))
    runs = results.runs
    if city is not None:
        runs = city_runs_table(results, runs, city)
    runs = runs.assign(held_fte_years=held_staff(results, runs, city))
    rule, rule_outcome = _rule(form, level)
    worlds = load_worlds(results, runs)
    lives = _lives(results, worlds, city)
    cities = None
    if city is None and results.has("cities") and any(world.is_single_point for world in worlds):
        cities = lean_frame(results, "cities", _FAIR_COLUMNS)
    series = results.series if city is None and results.has("series") else None
    done, total = results.chunks
    rule_outcome = rule_outcome if rule_outcome in known else None

    def evidence(world: WorldRuns) -> Evidence:
        from kembar.findings.lives import Lives

        ids = world.runs["run_id"]
        own = [
            None if frame is None or len(worlds) == 1 else frame[frame["run_id"].isin(ids)] for frame in (lives, cities)
        ]
        one, other = (part if part is not None else whole for part, whole in zip(own, (lives, cities), strict=True))
        longevity = None if one is None else Lives(world, one, level)
        return Evidence(one, longevity, other, outcomes, outcome, rule, rule_outcome, level)

    return Findings(
        manifest=results.manifest,
        outcome=outcome,
        outcomes=outcomes,
        city=city,
        level=level,
        rule=rule,
        worlds=tuple(_world(world, evidence(world), form["design"], series) for world in worlds),
        notice=results.notice,
        done=done,
        total=total,
    )


def _rule(form: dict[str, Any], level: float) -> tuple[PrecisionRule | None, str | None]:
    wanted = form["precision"]
    if wanted is None:
        return None, None
    rule = PrecisionRule(wanted["relative"], wanted["most_replicates"], PILOT_PAIRS, level)
    return rule, wanted["outcome"]


def _lives(results: StudyResults, worlds: tuple[WorldRuns, ...], city: str | None) -> Any:
    if not results.has("agreements") or not any(world.is_single_point for world in worlds):
        return None
    columns = LIFE_COLUMNS if city is None else (*LIFE_COLUMNS, "city_a", "city_b")
    lives = lean_frame(results, "agreements", columns)
    if city is not None:
        lives = lives[(lives["city_a"] == city) | (lives["city_b"] == city)].reset_index(drop=True)
        lives["agreement"] = lives["agreement"].cat.remove_unused_categories()
    return lives


def _world(world: WorldRuns, evidence: Evidence, design: dict[str, Any], series: Any) -> WorldFindings:
    policies = find_policies(world, evidence)
    names = [policy.name for policy in policies]
    is_more_better = evidence.main not in LOWER_IS_BETTER
    ranked: tuple[Rank, ...] = ()
    effects = {one.name: one.effects for one in policies}
    if policies:
        gaps = differences(world, names, evidence.main)
        ranked = rank_policies(gaps, evidence.level, is_more_better=is_more_better)
    return WorldFindings(
        name=world.name,
        title=world.title,
        start_year=world.start_year,
        years=world.years,
        policies=policies,
        comparisons=count_comparisons(effects, evidence.level) if policies else None,
        ranks=ranked,
        standings=rank_costs([ranked_with_staff(one.cost) for one in policies]),
        spreads=spreads(world, evidence.outcomes, evidence.level),
        bands=yearly_bands(world, series, "active", evidence.level) if series is not None else (),
        longevity=_longevity(world, evidence),
        cities=_cities(world, evidence),
        design=find_design(
            world, design["kind"], design["levels"], design["second_order"], evidence.outcomes, evidence.main,
            evidence.level,
        ),
    )  # fmt: skip


def _longevity(world: WorldRuns, evidence: Evidence) -> Longevity | None:
    if evidence.lives is None or not world.is_single_point:
        return None
    from kembar.analysis.longevity import analyse_longevity
    from kembar.findings.lives import DRAW_SEED, DRAWS

    ids = world.arm_runs(world.present_arms[0].name)["run_id"].tolist()
    return analyse_longevity(evidence.lives, ids, seed=DRAW_SEED, draws=DRAWS, level=evidence.level)


def _cities(world: WorldRuns, evidence: Evidence) -> CityRuns | None:
    if evidence.cities is None or not world.is_single_point:
        return None
    own = world.arm_runs(BASELINE)
    return city_runs(evidence.cities, own["run_id"]) if len(own) else None
