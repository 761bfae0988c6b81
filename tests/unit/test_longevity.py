"""The whole analysis of longevity, on tables large and small, and why it may lack numbers."""

import numpy as np
import pandas as pd
import pytest

from drawn_agreements import Row, draw_agreements, table_of, with_life
from kembar.analysis.longevity import Longevity, analyse_longevity, compare_longevity
from kembar.analysis.reasons import Reason
from kembar.analysis.resampling import Resampled
from kembar.analysis.risk_table import Kind
from kembar.errors import InputError
from kembar.language import LANGUAGES, messages

HAZARDS = {"luck": [0.02] * 60, "money_a": [0.02] * 60, "leader_b": [0.01] * 60}
ENTRIES = [f"entry_{name}_{side}" for name in ("money_kusd", "commitment", "staff") for side in "ab"]


def complete(frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    columns = {name: generator.random(len(frame)) for name in (*ENTRIES, "distance_km", "size_gap")}
    return with_life(frame, **columns)


@pytest.fixture(scope="module")
def agreements() -> pd.DataFrame:
    generator = np.random.default_rng(12)
    return complete(draw_agreements(generator, 40, 25, HAZARDS, spread=0.3, old_share=0.3), generator)


@pytest.fixture(scope="module")
def found(agreements: pd.DataFrame) -> Longevity:
    return analyse_longevity(agreements, seed=3, horizons_years=[5.0, 10.0])


def test_every_part_is_there_and_agrees_with_the_others(found: Longevity) -> None:
    assert set(found.why.incidence.occurring) == {"money", "luck", "leader"}
    assert found.how.incidence.occurring == ("lapse",)
    assert found.why.curve.survival.tolist() == found.how.curve.survival.tolist()
    assert found.hazard.events.sum() == found.why.curve.events.sum()
    assert found.delayed_entry.fare_alike is True
    assert len(found.model.ratios) == 5
    assert [item.horizon_years for item in found.why.restricted_means] == [5.0, 10.0]


def test_one_run_gives_numbers_without_intervals(agreements: pd.DataFrame) -> None:
    found = analyse_longevity(agreements, [7], seed=3, horizons_years=[5.0])
    mean = found.why.restricted_means[0].years
    assert mean.value is not None and mean.low is None
    for reason in (mean.reason, found.why.curve.reason, found.hazard.reason, found.model.reason):
        assert str(reason) == "an interval needs at least 20 runs and there are 1"
    assert found.delayed_entry.fare_alike is None


def test_a_world_of_one_old_agreement_is_analysed_from_its_age_on() -> None:
    rows: list[Row] = [(run, 40, 43 + run % 30, "dormancy", "luck") for run in range(30)]
    found = analyse_longevity(complete(table_of(rows), np.random.default_rng(1)), seed=3, horizons_years=[20.0])
    assert (found.why.curve.from_years, found.why.curve.survival[-1]) == (10.0, 0.0)
    assert found.why.restricted_means[0].years.value is not None
    assert str(found.hazard_since_signing.reason) == "no agreement was at risk"
    assert str(found.delayed_entry.ratio.reason) == "too few runs have agreements of both sorts at the same age"


def test_a_table_without_agreements_has_reasons_for_everything() -> None:
    rows: list[Row] = [(run, None, None, None, None) for run in range(30)]
    found = analyse_longevity(complete(table_of(rows), np.random.default_rng(1)), seed=3)
    for reason in (
        *(item.curve.reason for item in (found.why, found.how)),
        *(item.incidence.reason for item in (found.why, found.how)),
        *(mean.years.reason for mean in found.why.restricted_means),
        *(found.why.median.years.reason, found.hazard.reason, found.hazard_since_signing.reason, found.model.reason),
    ):
        assert str(reason) == "no agreement was at risk"
    assert found.why.incidence.table().empty


def test_a_policy_is_compared_with_the_baseline_pair_by_pair() -> None:
    before, after = (
        draw_agreements(np.random.default_rng(2), 40, 25, hazards, spread=0.3)
        for hazards in (HAZARDS, {**HAZARDS, "money_a": [0.005] * 60})
    )
    table = complete(pd.concat([before, after.assign(run_id=after["run_id"] + 40)]), np.random.default_rng(1))
    kept: dict[Kind, Resampled] = {}
    effect = compare_longevity(table, range(40), range(40, 80), seed=3, horizons_years=[10.0], baseline=kept)
    assert set(kept) == {"why", "how"}
    again = compare_longevity(table, range(40), range(40, 80), seed=3, horizons_years=[10.0], baseline=kept)
    assert again.why.restricted_means == effect.why.restricted_means
    gain = effect.why.restricted_means[0].years
    assert gain.low is not None and gain.low > 0.0
    money = effect.why_incidence.event_names.index("money")
    assert effect.why_incidence.high[money, 39] < 0.0
    assert effect.how_incidence.difference[0] == pytest.approx(-effect.how.difference)
    ratio = effect.ratio.ratios[0].ratio
    assert ratio.high is not None and ratio.high < 1.0
    with pytest.raises(InputError, match="different numbers of runs: 40 and 39"):
        compare_longevity(table, range(40), range(40, 79), seed=3)


def test_reasons_are_told_in_every_language() -> None:
    reason = Reason("horizon_not_seen", (("horizon", 30.0), ("until", 12.25)))
    assert str(reason) == "nothing is known up to 30 years of age: agreements were seen up to 12.25 years only"
    assert reason.told(messages("id")) == (
        "belum diketahui sampai umur 30 tahun: kerja sama hanya teramati sampai umur 12,25 tahun"
    )
    for language in LANGUAGES:
        assert messages(language).has("longevity.reason.few_runs")
