"""One run of a study again, with everything that a single run keeps: every event and every year."""

from __future__ import annotations

from pathlib import Path

from kembar.batch import RunKey
from kembar.errors import InputError, Problem
from kembar.experiment.plan import run_of
from kembar.experiment.study import Arm, Study
from kembar.inputs import Inputs
from kembar.study_results import read_study
from kembar.wording import counted
from kembar.world import RunRecord, run_world


def find_run(folder: Path, run_id: int) -> tuple[Study, RunKey, Arm]:
    """A run of the study in a folder. Raises InputError when there is none of that number, or the inputs changed."""
    results = read_study(folder)
    if not 0 <= run_id < results.manifest.runs:
        why = f"this study has {counted(results.manifest.runs, 'run')}, numbered from 0"
        raise InputError(Problem(f"no run {run_id}", key="--run", why=why))
    study = results.study()
    key, arm = run_of(study, run_id)
    return study, key, arm


def repeat(study: Study, key: RunKey, arm: Arm) -> tuple[Inputs, RunRecord]:
    """The run's inputs and what happened in it, the same to the last bit."""
    inputs = study.inputs(key.point, arm, key.replicate)
    record = run_world(inputs, key.seed, keep_exchanges=True, rules_file=study.rules_file)
    return inputs, record
