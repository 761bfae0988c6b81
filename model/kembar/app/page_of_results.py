"""The static page of a results folder: its policies side by side, or its grid of levers as sliders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from kembar.app.engine import Engine
from kembar.app.static_page import LeverGrid, static_page
from kembar.errors import InputError, Problem, shown_path
from kembar.experiment.study import Arm, Study
from kembar.manifest import Manifest, StudyManifest
from kembar.parameters.values import hash_of
from kembar.results import read_any_manifest
from kembar.scenario.reader import load_policy, load_scenario
from kembar.scenario.records import Policy
from kembar.scenario.times import format_quarter, quarter_index
from kembar.study_results import StudyResults

MOST_PAIRS: Final = 200  # of a page; more would narrow bands that are drawn a few pixels wide
PAIRS_OF_A_RUN: Final = 100  # when the folder holds a single run
MOST_POLICIES: Final = 3  # side by side


def page_of(folder: Path, language: str) -> str:
    """The page's HTML. Raises InputError when a page cannot show what the folder holds."""
    manifest = read_any_manifest(folder)
    if isinstance(manifest, StudyManifest):
        return _of_study(folder, StudyResults(folder, manifest).study(), manifest.replicates, language)
    return _of_run(folder, manifest, language)


def _of_run(folder: Path, manifest: Manifest, language: str) -> str:
    if manifest.sets or manifest.rules.file:
        raise InputError(_unshown(folder, "its run has settings or rules of its own; a page shows policies"))
    scenario = replace(load_scenario(Path(manifest.scenario.path)), years=manifest.years)
    policies = [load_policy(Path(policy.path)) for policy in manifest.policies]
    shown = [_joined(Arm("+".join(policy.name for policy in policies), tuple(policies)))] if policies else []
    return static_page(Engine(scenario), shown, seed=manifest.seed, pairs=PAIRS_OF_A_RUN, language=language)


def _of_study(folder: Path, study: Study, replicates: int, language: str) -> str:
    if len(study.scenarios) > 1 or study.form.sets or study.rules_file:
        raise InputError(_unshown(folder, "a page shows one world, without settings or rules of its own"))
    arms = study.arms[1:]
    if study.factors and arms:
        raise InputError(_unshown(folder, "a page shows policies or a grid of levers, not both at once"))
    scenario = replace(study.scenarios[0], years=study.layouts[0].years)
    pairs = min(replicates, MOST_PAIRS)
    told: Any = {"seed": study.seed, "pairs": pairs, "language": language, "posterior": study.posterior}
    if study.factors:
        grid = _grid(folder, study)
        return static_page(Engine(scenario), grid=grid, **told)
    if len(arms) > MOST_POLICIES:
        why = f"a page shows {MOST_POLICIES} policies side by side, and it has {len(arms)}"
        raise InputError(_unshown(folder, why))
    policies = [_joined(arm) for arm in arms]
    return static_page(Engine(scenario), policies, **told)


def _grid(folder: Path, study: Study) -> LeverGrid:
    first = study.factors[0]
    alike = all((item.target, item.from_quarter) == (first.target, first.from_quarter) for item in study.factors)
    lasting = all(item.is_lever and item.until_quarter is None for item in study.factors)
    is_grid = study.design.kind == "full" and lasting
    if not (alike and is_grid):
        why = "a page shows a full grid of levers, all for one target and from one date on"
        raise InputError(_unshown(folder, why))
    start = quarter_index(study.scenarios[0].start_year) if first.from_quarter is None else first.from_quarter
    levels = {item.parameter: item.factor.levels for item in study.factors}
    return LeverGrid(levels, first.target, format_quarter(start))


def _joined(arm: Arm) -> Policy:
    """The policies of an arm as one."""
    if len(arm.policies) == 1:
        return arm.policies[0]
    parts: Sequence[Policy] = arm.policies
    return Policy(
        name=arm.name,
        title=" + ".join(policy.title for policy in parts),
        about=" ".join(policy.about for policy in parts),
        claims=tuple(sorted({claim for policy in parts for claim in policy.claims})),
        changes=tuple(change for policy in parts for change in policy.changes),
        events=tuple(event for policy in parts for event in policy.events),
        path="",
        hash=hash_of([policy.hash for policy in parts]),
    )


def _unshown(folder: Path, why: str) -> Problem:
    return Problem("cannot be shown as a page", shown_path(folder), why=why)
