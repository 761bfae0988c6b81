"""`kembar calibrate`: run the study, draw the posterior, test it, and write sample, numbers, figures and page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from kembar.analysis.abc import LEVELS, Floats, Posterior, Recovery, posterior_of, recover
from kembar.analysis.multiplicity import holm
from kembar.calibration.found import Calibrated, CoverageFound, NumberTold, TargetChecked, TargetUse
from kembar.calibration.prediction import predict
from kembar.calibration.reference import ReferenceTable, read_reference, share_within
from kembar.errors import InputError, Problem
from kembar.evidence.by_run import targets_of_runs
from kembar.evidence.declaration import Target
from kembar.experiment.factors import DECLARED_POSITION, values_at
from kembar.experiment.store import write_whole
from kembar.parameters.posterior import PosteriorSample, read_posterior, written_posterior

if TYPE_CHECKING:
    from kembar.experiment.study import Study
    from kembar.study_results import StudyResults

Claims = npt.NDArray[np.bool_]

SAMPLE: Final = "posterior.csv"
NUMBERS: Final = "calibration.json"
SIGNIFICANCE: Final = 0.05
INTERVAL: Final = (0.05, 0.5, 0.95)  # quantiles of each posterior that are told


def reduced(study: Study) -> Study:
    """The same calibration with so few draws that it shows only that everything works."""
    from kembar.experiment.study import resolve_study

    assert study.form.calibration is not None
    design = study.form.design.model_copy(update={"points": 320})
    calibration = study.form.calibration.model_copy(update={"accept": 60, "draws": 20, "held_out": 40})
    form = study.form.model_copy(update={"design": design, "calibration": calibration})
    return resolve_study(form, study.name, None, study.rules_file, study.path)


def require_calibration(study: Study) -> None:
    """Refuse a study that calibrates nothing. Raises InputError."""
    if not study.is_calibration:
        why = "its file has no [calibration]; run it with `kembar study`, or take the study `calibration`"
        raise InputError(Problem("is no calibration", study.name, why=why))


def calibrate(
    results: StudyResults, study: Study, *, workers: int, lang: str, told: Callable[[str], None]
) -> Calibrated:
    """The posterior of a complete calibration, its tests, and the files in its folder.

    Raises InputError when the runs can calibrate nothing, StorageError when the disk does not play along.
    """
    from kembar.calibration.page import write_page

    wanted = study.form.calibration
    assert wanted is not None
    table = read_reference(results, study)
    places, reported = table.reported()
    _refuse_too_few(len(places), wanted.accept + wanted.held_out)
    told("drawing the posterior")
    posterior = posterior_of(places, reported, table.observed.values, wanted.accept)
    sample = _write_sample(posterior, study, wanted.draws, results.folder / SAMPLE)
    told(f"testing it on {wanted.held_out} draws of known origin")
    recovery = recover(places, reported, wanted.accept, wanted.held_out)
    told(f"running its {sample.draws} draws")
    predicted = predict(sample, study.seed, workers)
    numbers = _numbers(posterior, study)
    is_told = np.array([number.is_told for number in numbers])
    misfits = _misfits(recovery, is_told, table.names)
    found = Calibrated(
        study=study.name,
        draws=table.draws,
        runs=results.manifest.runs,
        failed_runs=results.manifest.failed_runs,
        usable=len(places),
        accepted=wanted.accept,
        effective=posterior.effective,
        held_out=wanted.held_out,
        posterior_draws=sample.draws,
        targets=tuple(_checked(target, table, predicted) for target in targets_of_runs()),
        numbers=numbers,
        coverage=_coverage(recovery, is_told),
        misfits=misfits,
        is_nominal=not misfits,
        input_hash=study.identity,
        folder=str(results.folder),
    )
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n"
    write_whole(results.folder / NUMBERS, text.encode())
    told("drawing the figures")
    write_page(found, posterior, recovery, results.folder, lang)
    return found


def _refuse_too_few(usable: int, needed: int) -> None:
    if usable < needed:
        what = f"only {usable} draws gave every statistic"
        why = f"{needed} are needed to accept and to hold out; raise points in [design]"
        raise InputError(Problem(what, key="[calibration]", why=why))


def _write_sample(posterior: Posterior, study: Study, draws: int, path: Path) -> PosteriorSample:
    """Equally likely draws as a file, read back, so that what is used is what is in the file."""
    places = posterior.places[posterior.sample(draws)]
    values = np.column_stack([values_at(item.factor, places[:, column]) for column, item in enumerate(study.factors)])
    write_whole(path, written_posterior([item.name for item in study.factors], values).encode())
    return read_posterior(path)


def _numbers(posterior: Posterior, study: Study) -> tuple[NumberTold, ...]:
    gaps, chances = posterior.distance_from_prior()
    is_told = holm(chances) <= SIGNIFICANCE
    flat = np.sqrt(1.0 / 12.0)  # standard deviation of a place under the prior
    found = []
    for column, item in enumerate(study.factors):
        low, middle, high = values_at(item.factor, _quantiles(posterior, column))
        value = item.declaration.value
        found.append(
            NumberTold(
                key=item.name,
                unit=item.declaration.unit,
                range=(item.factor.low, item.factor.high),
                declared=DECLARED_POSITION if isinstance(value, tuple) else float(value),
                interval=(float(low), float(high)),
                median=float(middle),
                narrowed=float(1.0 - posterior.deviations[column] / flat),
                gap=float(gaps[column]),
                is_told=bool(is_told[column]),
            )
        )
    return tuple(found)


def _quantiles(posterior: Posterior, column: int) -> Floats:
    order = np.argsort(posterior.places[:, column])
    reached = np.cumsum(posterior.weights[order])
    steps = np.searchsorted(reached, INTERVAL).clip(max=len(order) - 1)
    found: Floats = posterior.places[order[steps], column]
    return found


def _misfits(recovery: Recovery, is_told: Claims, names: Sequence[str]) -> tuple[str, ...]:
    """Told numbers for which even ranks are refuted, with Holm's correction over all of them."""
    if not is_told.any():
        return ()
    chances = holm(recovery.misfit()[is_told])
    told = [name for name, one in zip(names, is_told, strict=True) if one]
    return tuple(name for name, chance in zip(told, chances, strict=True) if chance <= SIGNIFICANCE)


def _coverage(recovery: Recovery, is_told: Claims) -> tuple[CoverageFound, ...]:
    """Coverage by level. The chance is that of single numbers' mean: held-out draws are the replicates, not numbers."""
    found = []
    held_out = len(recovery.ranks)
    for level in LEVELS:
        shares = recovery.coverage(level)
        low, high = stats.binom.interval(0.95, held_out, level)
        of_told = float(shares[is_told].mean()) if is_told.any() else None
        found.append(CoverageFound(level, of_told, float(shares.mean()), (low / held_out, high / held_out)))
    return tuple(found)


def _checked(target: Target, table: ReferenceTable, predicted: dict[str, Floats]) -> TargetChecked:
    name = target.part.statistic
    prior = table.statistics.get(name)
    new = predicted[name]
    assert target.part.low is not None and target.part.high is not None
    return TargetChecked(
        id=target.key,
        role=target.role,
        use=_use(target, table),
        range=(target.part.low, target.part.high),
        unit=target.part.unit,
        prior_within=None if prior is None else share_within(target, prior),
        posterior_within=share_within(target, new),
        prior_median=None if prior is None else float(np.nanmedian(prior)),
        posterior_median=float(np.nanmedian(new)),
    )


def _use(target: Target, table: ReferenceTable) -> TargetUse:
    if target.role == "validate":
        return "validate"
    if target in table.used:
        return "used"
    return "met by every draw" if target in table.met_by_all else "not run"
