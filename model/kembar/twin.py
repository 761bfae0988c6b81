"""The counterfactual twin of an agreement: the same pair of cities under the same luck, with and without a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kembar.batch import RunKey, joined_names
from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.manifest import Manifest, StudyManifest, input_hash, make_manifest
from kembar.results import Results, read_any_manifest, read_results
from kembar.story import tell
from kembar.wording import STAGES, joined, told_date

if TYPE_CHECKING:
    from kembar.experiment.study import Arm, Study
    from kembar.inputs import Inputs

WITHOUT = "without"


def tell_why(folder: Path, pair: str, run: int | None, policy: str | None) -> dict[str, Any]:
    """One agreement's life in a run of a folder, and beside it, when asked for, its twin's under a policy.

    Raises InputError for an unknown agreement, run or policy, and when the folder's inputs have changed since.
    """
    manifest = read_any_manifest(folder)
    if isinstance(manifest, StudyManifest):
        return _of_study(folder, pair, run, policy)
    results = read_results(folder)
    _refuse_other_run(results, run)
    story = tell(results, pair)
    if policy is None:
        return {**story, "twin": None, "reason": "no policy was named with --policy"}
    inputs, rules = _inputs_of(manifest, folder)
    other = _with(inputs, policy)
    twin = _lived(other, key_of_run(results, other), rules, folder)
    return _beside(story, tell(twin, _name_of(story)), policy)


def _refuse_other_run(results: Results, run: int | None) -> None:
    number = results.run["run_id"]
    if run not in (None, number):
        raise InputError(Problem(f"no run {run}", key="--run", why=f"this folder holds run {number} only"))


def key_of_run(results: Results, inputs: Inputs) -> RunKey:
    """The key of the twin of the only run in a folder."""
    row = results.run
    return RunKey(row["run_id"], row["point"], joined_names(inputs), row["replicate"], row["seed"])


def _inputs_of(manifest: Manifest, folder: Path) -> tuple[Inputs, Path | None]:
    """The inputs of the run in a folder, as they were. Raises InputError when they have changed since."""
    from kembar.inputs import build
    from kembar.scenario.reader import load_policy, load_scenario

    rules = Path(manifest.rules.file) if manifest.rules.file else None
    if any(not policy.path for policy in manifest.policies):
        why = "a run repeated from a design with factors has none; ask for the twin in the study itself, with --run"
        raise InputError(Problem("no twin can be made", shown_path(folder), why=why))
    inputs = build(
        load_scenario(Path(manifest.scenario.path)),
        [load_policy(Path(policy.path)) for policy in manifest.policies],
        {key: value for key, value in manifest.sets.items() if not isinstance(value, tuple)},
        years=manifest.years,
    )
    if input_hash(inputs, rules) != manifest.input_hash:
        why = "its world, policies or rules, or the program, have changed since; run it again"
        raise InputError(Problem("was made from other inputs", shown_path(folder), why=why))
    return inputs, rules


def _with(inputs: Inputs, policy: str) -> Inputs:
    from kembar.inputs import build
    from kembar.scenario.reader import load_policy

    found = load_policy(policy)
    if found.hash in (known.hash for known in inputs.policies):
        why = "the run has it already; its twin is the run without it: ask in a run of the baseline"
        raise InputError(Problem(f"'{found.name}' makes no twin", key="--policy", why=why))
    return build(inputs.scenario, [*inputs.policies, found], dict(inputs.sets), years=inputs.years)


def _of_study(folder: Path, pair: str, run: int | None, policy: str | None) -> dict[str, Any]:
    from kembar.experiment.replay import find_run

    study, key, arm = find_run(folder, run if run is not None else 0)
    story = tell(_repeated(study, key, arm, folder), pair)
    told = {**story, "run": key.run_id, "policies": arm.word}
    if policy is None:
        return {**told, "twin": None, "reason": "no policy was named with --policy"}
    other = _arm(study, policy)
    twin = _repeated(study, replace(key, policies=other.name), other, folder)
    return _beside(told, tell(twin, _name_of(story)), other.word)


def _arm(study: Study, name: str) -> Arm:
    from kembar.experiment.study import BASELINE_WORD, Arm
    from kembar.scenario.reader import load_policy

    for arm in study.arms:
        if name in (arm.name, arm.word) or (name == BASELINE_WORD and not arm.name):
            return arm
    try:
        found = load_policy(name)
    except InputError as error:
        words = [arm.word for arm in study.arms]
        problem = error.problems[0]
        close = nearest(name, words) or problem.suggestion
        raise InputError(replace(problem, why=f"the study has {joined(words)}", suggestion=close)) from None
    return Arm(found.name, (found,))


def _repeated(study: Study, key: RunKey, arm: Arm, folder: Path) -> Results:
    return _lived(study.inputs(key.point, arm, key.replicate), key, study.rules_file, folder)


def _lived(inputs: Inputs, key: RunKey, rules: Path | None, folder: Path) -> Results:
    """A run's results in memory."""
    from kembar.tables import make_tables
    from kembar.world import run_world

    record = run_world(inputs, key.seed, keep_exchanges=True, rules_file=rules)
    manifest = make_manifest(inputs, key.seed, rules, folder=folder, tables={}, seconds=0.0)
    return Results(folder, manifest, make_tables(record, key))


def _name_of(story: dict[str, Any]) -> str:
    return str(story["agreement"])


def _beside(story: dict[str, Any], twin: dict[str, Any], policy: str) -> dict[str, Any]:
    sides = [story["life"], twin["life"]]
    return {
        **story,
        "twin": {
            "policy": policy,
            "events": twin["events"],
            "sentences": twin["sentences"],
            "life": twin["life"],
            "differences": _differences(*sides),
            "sentence": _sentence(sides[0], sides[1], policy),
        },
    }


def _differences(without: dict[str, Any], with_policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Each fact of the two lives side by side."""
    return [{"what": what, WITHOUT: without[what], "with": with_policy[what]} for what in without]


def _sentence(without: dict[str, Any], with_policy: dict[str, Any], policy: str) -> str:
    gain = with_policy["active_years"] - without["active_years"]
    ends = [STAGES.get(side["stage_end"], "not begun") for side in (without, with_policy)]
    if without == with_policy:
        return f"Under the same luck {policy} changed nothing in this agreement's life."
    years = "as long" if gain == 0 else f"{abs(gain):.4g} years {'longer' if gain > 0 else 'shorter'}"
    end = f"{ends[1]} at the end in both" if ends[0] == ends[1] else f"{ends[1]} at the end instead of {ends[0]}"
    return f"Under the same luck, with {policy} it was active {years}, and {end}.{_rest(without, with_policy)}"


def _rest(without: dict[str, Any], with_policy: dict[str, Any]) -> str:
    """A sentence on the first dormancy of both, when they differ.

    >>> _rest({"first_dormant": "2030Q2"}, {"first_dormant": None})
    ' It never fell dormant; without the policy it did in the second quarter of 2030.'
    """
    before, after = (side["first_dormant"] for side in (without, with_policy))
    if before == after:
        return ""
    if after is None:
        return f" It never fell dormant; without the policy it did in {told_date(before)}."
    if before is None:
        return f" It fell dormant in {told_date(after)}; without the policy it never did."
    return f" It first fell dormant in {told_date(after)} instead of in {told_date(before)}."


def side_by_side(story: dict[str, Any], width: int) -> list[str]:
    """The two lives as lines of two columns, each `width` letters wide."""
    import textwrap

    twin = story["twin"]
    columns: Sequence[Sequence[str]] = (
        [f"Without {twin['policy']}", *story["sentences"]],
        [f"With {twin['policy']}", *twin["sentences"]],
    )
    wrapped = [[line for text in column for line in [*textwrap.wrap(text, width), ""]] for column in columns]
    rows = max(map(len, wrapped))
    left, right = (column + [""] * (rows - len(column)) for column in wrapped)
    lines = [f"{one:<{width}}  {other}".rstrip() for one, other in zip(left, right, strict=True)]
    return [*lines, twin["sentence"]]
