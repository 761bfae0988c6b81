"""A calibration's runs beside the evidence, studies that draw from a posterior, and the whole command in small."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np
import pytest

import kembar
from kembar.calibration.found import Calibrated
from kembar.calibration.reference import read_reference
from kembar.errors import InputError
from kembar.evidence.by_run import statistics_in_run, statistics_of_runs
from kembar.experiment.plan import run_of
from kembar.experiment.study import load_study
from kembar.language import messages
from kembar.parameters.posterior import read_posterior, written_posterior
from kembar.study_results import read_study
from kembar.world import run_world

CALIBRATION = """
title = "A small calibration"
question = "Does everything work?"
about = "For tests."
scenarios = ["indonesia", "indonesia-hindcast"]
uncertainties = "all"
replicates = 1

[design]
kind = "latin_hypercube"
points = 130

[calibration]
accept = 60
draws = 20
held_out = 40
"""
DRAWN = """
title = "Under what is not known"
question = "Does it hold?"
about = "For tests."
scenarios = ["two-cities"]
policies = ["matching-fund"]
uncertainties = "{}"
replicates = {}
tables = ["runs"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calibration")


@pytest.fixture(scope="module")
def calibrated(folder: Path) -> Calibrated:
    (folder / "small.toml").write_text(CALIBRATION, encoding="utf-8")
    return kembar.calibrate(folder / "small.toml", out=folder / "out")


def test_evidence_of_a_run_is_that_of_the_run_made_alone(calibrated: Calibrated, folder: Path) -> None:
    study = load_study(folder / "small.toml")
    evidence = read_study(folder / "out").frame("evidence").set_index("run_id")
    assert len(evidence) == 260
    for run_id in (3, 200):
        key, arm = run_of(study, run_id)
        record = run_world(study.inputs(key.point, arm), key.seed, keep_exchanges=True)
        for name, value in statistics_in_run(record).items():
            assert np.isnan(evidence.loc[run_id, name]) if np.isnan(value) else evidence.loc[run_id, name] == value


def test_reference_lays_both_worlds_beside_the_same_draw(calibrated: Calibrated, folder: Path) -> None:
    study = load_study(folder / "small.toml")
    table = read_reference(read_study(folder / "out"), study)
    evidence = read_study(folder / "out").frame("evidence").set_index("run_id")
    assert table.draws == 130
    assert table.statistics["activity_rate"][7] == evidence.loc[7, "activity_rate"]
    assert table.statistics["head_returned"][7] == evidence.loc[137, "head_returned"]
    assert {target.key for target in table.without_runs} == {"network_domestic"}
    assert not {target.key for target in table.used} & {target.key for target in table.met_by_all}
    assert all(target.role == "calibrate" for target in (*table.used, *table.met_by_all))


def test_numbers_stand_in_the_folder_as_they_were_found(calibrated: Calibrated, folder: Path) -> None:
    said = json.loads((folder / "out" / "calibration.json").read_text(encoding="utf-8"))
    assert said["draws"] == 130
    assert said["runs"] == 260
    assert [target["id"] for target in said["targets"]] == [target.id for target in calibrated.targets]
    fitted = [target for target in calibrated.targets if target.use == "used"]
    assert fitted
    for target in calibrated.targets:
        assert 0.0 <= target.posterior_within <= 1.0
        is_here = statistics_of_runs()[_statistic(target.id)] in ("indonesia", "indonesia-hindcast")
        assert (target.prior_within is not None) == is_here
    page = (folder / "out" / "calibration.html").read_text(encoding="utf-8")
    assert "130 draws of 197 uncertain numbers, 260 runs" in page
    for name in ("numbers", "coverage", "targets"):
        assert (folder / "out" / "figures" / f"{name}.svg").is_file()


def _statistic(key: str) -> str:
    from kembar.evidence.declaration import targets

    return next(target.part.statistic for target in targets() if target.key == key)


def test_sample_lies_within_the_ranges_and_serves_a_study(calibrated: Calibrated, folder: Path, tmp_path: Path) -> None:
    sample = read_posterior(folder / "out" / "posterior.csv")
    assert sample.draws == 20
    file = tmp_path / "drawn.toml"
    file.write_text(DRAWN.format(folder / "out" / "posterior.csv", 22), encoding="utf-8")
    results = kembar.study(file, out=tmp_path / "out")
    for language in ("en", "id"):
        page = html.unescape(kembar.report(tmp_path / "out", lang=language).read_text(encoding="utf-8"))
        assert messages(language).text("report.page.assumptions_drawn") in page
    runs = results.runs.set_index(["policies", "replicate"])
    for replicate in (0, 1, 19, 20, 21):
        for policy in ("", "matching-fund"):
            row = runs.loc[(policy, replicate)]
            assert row["parameter.rate_most"] == sample.at(replicate)["rate_most"]
    assert runs.loc[("", 0), "parameter.rate_most"] == runs.loc[("", 20), "parameter.rate_most"]
    assert runs["parameter.rate_most"].nunique() > 5


def test_more_replicates_keep_the_draws_of_the_first_ones(tmp_path: Path) -> None:
    names = ["rate_most", "goodwill_gain"]
    (tmp_path / "posterior.csv").write_text(written_posterior(names, np.array([[12.0, 0.2], [30.0, 0.4], [20.0, 0.3]])))
    file = tmp_path / "drawn.toml"
    file.write_text(DRAWN.format("posterior.csv", 2), encoding="utf-8")
    few = kembar.study(file, out=tmp_path / "few").runs
    many = kembar.study(file, out=tmp_path / "many", replicates=5).runs
    assert few.equals(many[many["replicate"] < 2].reset_index(drop=True))
    assert many["parameter.rate_most"].tolist() == [12.0, 12.0, 30.0, 30.0, 20.0, 20.0, 12.0, 12.0, 30.0, 30.0]


def test_another_sample_is_another_study(tmp_path: Path) -> None:
    file = tmp_path / "drawn.toml"
    file.write_text(DRAWN.format("posterior.csv", 2), encoding="utf-8")
    identities = set()
    for value in (12.0, 13.0):
        (tmp_path / "posterior.csv").write_text(written_posterior(["rate_most"], np.array([[value]])))
        identities.add(load_study(file).identity)
    file.write_text(DRAWN.format("none", 2), encoding="utf-8")
    assert len(identities | {load_study(file).identity}) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"all"', '"none"'), 'has no draws to compare; it needs draws from the ranges: uncertainties = "all" or a '
                              "list, and a latin_hypercube design"),
        (('"all"', '"postrior"'), "unknown choice 'postrior'; did you mean posterior?"),
        (("replicates = 1", 'replicates = 1\npolicies = ["matching-fund"]'), "does not go with policies"),
        (("accept = 60", "accept = 100"), "accepts 100 draws; 90 draws are left beside those held out"),
    ],
)  # fmt: skip
def test_mistakes_in_a_calibration_are_told(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(CALIBRATION.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(file)
    assert any(said in problem.format() and "bad.toml:" in problem.format() for problem in caught.value.problems)


def test_a_study_is_no_calibration_nor_the_other_way_round() -> None:
    with pytest.raises(InputError, match=r"is no calibration; its file has no \[calibration\]"):
        kembar.calibrate("demo")
    with pytest.raises(InputError, match="run it with: kembar calibrate calibration"):
        kembar.study("calibration")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("posterio", "--uncertainties: unknown choice 'posterio'; "),
        ("all", "known are none, posterior, and a file of posterior draws (*.csv)"),
        ("nofile.csv", "--uncertainties: there is no file 'nofile.csv'"),
    ],
)
def test_a_comparison_names_the_choices_that_it_has(tmp_path: Path, chosen: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        kembar.compare("two-cities", ["matching-fund"], runs=2, uncertainties=chosen, out=tmp_path / "out")
    assert said in caught.value.problems[0].format()
