"""The hazard model: it finds effects that are there, says what it used, and refuses in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drawn_agreements import draw_agreements, table_of
from kembar.analysis.hazard_model import COVARIATE_NAMES, HazardModel, HazardRatio, hazard_model, policy_ratio
from kembar.errors import InputError

FLAT = {"luck": [0.04] * 40}


def with_covariates(frame: pd.DataFrame, generator: np.random.Generator, **given: Any) -> pd.DataFrame:
    """The table with every column that the model takes; those not given are drawn and have no effect."""
    count = len(frame)
    columns: dict[str, Any] = {}
    for side in "ab":
        columns[f"entry_money_kusd_{side}"] = generator.lognormal(2.0, 1.0, count)
        columns[f"entry_commitment_{side}"] = generator.random(count)
        columns[f"entry_staff_{side}"] = generator.gamma(2.0, 0.2, count)
    columns |= {"distance_km": generator.uniform(100.0, 15000.0, count), "size_gap": generator.gamma(2.0, 0.5, count)}
    return frame.assign(**columns | given)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The hazard falls by exp(-0.5) for a unit of the logarithm of money and rises by exp(0.3) for a thousand km."""
    generator = np.random.default_rng(17)
    drawn = draw_agreements(
        generator, 60, 40, FLAT, old_share=0.3, effects={"money": -0.5, "far": 0.3}
    )  # fmt: skip
    money = np.expm1(3.0 + drawn["money"])
    return with_covariates(
        drawn,
        generator,
        entry_money_kusd_a=money,
        entry_money_kusd_b=money + 5.0,
        distance_km=5000 + 1000 * drawn["far"],
    )


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> HazardModel:
    return hazard_model(frame)


def found(model: HazardModel, name: str) -> HazardRatio:
    return next(item for item in model.ratios if item.name == name)


def holds(item: HazardRatio, ratio: float) -> bool:
    assert item.ratio.low is not None and item.ratio.high is not None
    return item.ratio.low < ratio < item.ratio.high


def test_effects_that_are_there_are_found(model: HazardModel) -> None:
    """Five intervals of 95 %: one of them misses in a fifth of all draws, with this seed none does."""
    assert [item.name for item in model.ratios] == list(COVARIATE_NAMES)
    assert holds(found(model, "funding"), np.exp(-0.5)) and not holds(found(model, "funding"), 1.0)
    assert holds(found(model, "distance"), np.exp(0.3)) and not holds(found(model, "distance"), 1.0)
    for name in ("commitment", "staff", "size_gap"):
        assert holds(found(model, name), 1.0)
    assert all(item.is_proportional for item in model.ratios)
    assert (model.runs, model.runs_used, model.clusters, model.reason, model.left_out) == (60, 60, 60, None, ())


def test_a_ratio_per_spread_is_that_of_one_standard_deviation(model: HazardModel) -> None:
    item = found(model, "distance")
    assert item.spread == pytest.approx(1.0, abs=0.1)
    assert item.unit == "1000 km"
    assert item.ratio.value == pytest.approx(np.exp(item.coefficient))
    assert item.ratio_per_spread.value == pytest.approx(np.exp(item.coefficient * item.spread))
    table = model.table()
    assert table["covariate"].tolist() == list(COVARIATE_NAMES)
    assert table["ratio_low"].tolist() == [item.ratio.low for item in model.ratios]


def test_the_weaker_side_counts(frame: pd.DataFrame, model: HazardModel) -> None:
    swapped = frame.rename(
        columns={"entry_money_kusd_a": "entry_money_kusd_b", "entry_money_kusd_b": "entry_money_kusd_a"}
    )
    richer = frame.assign(entry_money_kusd_b=frame["entry_money_kusd_b"] * 10.0)
    for table in (swapped, richer):
        assert found(hazard_model(table), "funding") == found(model, "funding")


def test_the_same_table_gives_the_same_bytes(frame: pd.DataFrame, model: HazardModel) -> None:
    assert hazard_model(frame) == model


def test_an_effect_that_fades_with_age_is_not_proportional() -> None:
    generator = np.random.default_rng(4)
    early = draw_agreements(generator, 80, 50, {"luck": [0.06] * 12}, effects={"x": 0.8})
    late = draw_agreements(generator, 80, 50, {"luck": [0.06] * 24}, effects={"x": -0.4})
    late = late[late["stop"] > 3.0].assign(start=3.0)
    both = with_covariates(pd.concat([early, late]), generator)
    item = found(hazard_model(both.assign(size_gap=both["x"])), "size_gap")
    # The strata keep both sorts apart, and only the late ones are old at entry.
    assert not item.is_proportional
    assert item.change_per_decade.high is not None and item.change_per_decade.high < 1.0


def test_late_entrants_with_another_hazard_do_not_bend_the_ratio() -> None:
    """Late entrants have three times the hazard and a covariate that is larger by 2; it has no effect in either."""
    generator = np.random.default_rng(6)
    young = draw_agreements(generator, 60, 20, {"luck": [0.02] * 40}, effects={"x": 0.0})
    old = draw_agreements(generator, 60, 60, {"luck": [0.06] * 40}, old_share=1.0, effects={"x": 0.0})
    both = with_covariates(pd.concat([young, old.assign(x=old["x"] + 2.0)]), generator)
    assert holds(found(hazard_model(both.assign(size_gap=both["x"])), "size_gap"), 1.0)


def test_a_large_table_is_fitted_on_evenly_spaced_runs_and_says_so(frame: pd.DataFrame) -> None:
    part = hazard_model(frame, largest_fit=len(frame) // 2 + 1)
    assert (part.runs, part.runs_used, part.clusters) == (60, 30, 30)
    half = frame[frame["run_id"] % 2 == 0]
    assert (part.spells, part.events) == (len(half), int((half["event"] != "censored").sum()))
    assert part.ratios == hazard_model(half).ratios


def test_a_covariate_that_does_not_vary_is_left_out_with_the_reason(frame: pd.DataFrame) -> None:
    still = hazard_model(frame.assign(distance_km=1234.5))
    assert [(name, str(reason)) for name, reason in still.left_out] == [
        ("distance", "it is the same for all agreements")
    ]
    assert [item.name for item in still.ratios] == ["funding", "commitment", "staff", "size_gap"]
    copied = hazard_model(frame.assign(size_gap=7.0 - frame["distance_km"] / 500.0))
    assert [(name, str(reason)) for name, reason in copied.left_out] == [
        ("size_gap", "it follows from the other covariates")
    ]


def only(frame: pd.DataFrame, runs: Sequence[int] | None = None, **columns: Any) -> str:
    model = hazard_model(frame.assign(**columns), runs)
    assert model.ratios == ()
    assert model.table().empty
    return str(model.reason)


def test_refusals_say_why(frame: pd.DataFrame) -> None:
    assert only(frame, range(12)) == "an interval needs at least 20 runs and there are 12"
    assert only(frame, event="censored") == "5 covariates need at least 50 events and there are 0"
    still = {name: 1.0 for name in frame if name.startswith("entry_")} | {"distance_km": 1.0, "size_gap": 0.0}
    assert only(frame, **still) == "no covariate varies"
    assert (
        only(with_covariates(table_of([(0, None, None, None, None)]), np.random.default_rng(1)))
        == "no agreement was at risk"
    )


def test_a_covariate_that_tells_all_events_apart_is_refused(frame: pd.DataFrame) -> None:
    """Whoever has it rests first of all: the likelihood has no summit."""
    ordered = frame.assign(start=0.0, size_gap=-frame["stop"], event="dormancy", cause="luck")
    model = hazard_model(ordered, covariates=["size_gap"])
    assert str(model.reason) == "the fit did not settle: a covariate may tell nearly all events apart"


def test_damaged_or_unknown_columns_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError) as caught:
        hazard_model(frame.drop(columns="entry_staff_b"))
    assert (
        str(caught.value)
        == "error: entry_staff_b: no such column in the table of agreements; did you mean entry_staff_a?"
    )
    with pytest.raises(InputError) as caught:
        hazard_model(frame.assign(size_gap=np.where(frame.index < 3, np.nan, 1.0)))
    assert str(caught.value) == (
        "error: size_gap: the table of agreements is damaged: empty cells; 3 agreements that were at risk have none"
    )
    with pytest.raises(InputError) as caught:
        hazard_model(frame, covariates=["fundings"])
    assert str(caught.value) == "error: unknown covariate 'fundings'; did you mean funding?"
    with pytest.raises(InputError, match=r"level: 1\.5 cannot be used"):
        hazard_model(frame, level=1.5)


def arms(baseline: float, policy: float, *, pairs: int, spread: float) -> pd.DataFrame:
    """Two arms whose pairs of runs share their frailty and their draws."""
    before, after = (
        draw_agreements(np.random.default_rng(9), pairs, 30, {"luck": [chance] * 40}, spread=spread)
        for chance in (baseline, policy)
    )
    return pd.concat([before, after.assign(run_id=after["run_id"] + 1000)])


def test_a_policy_that_halves_the_hazard_has_a_ratio_of_a_half() -> None:
    table = arms(0.06, 1.0 - (1.0 - 0.06) ** 0.5, pairs=80, spread=0.0)
    model = policy_ratio(table, range(80), range(1000, 1080))
    item = model.ratios[0]
    assert (item.name, model.runs, model.runs_used, model.clusters) == ("policy", 160, 160, 80)
    assert holds(item, 0.5)
    assert item.ratio.high is not None and item.ratio.high < 0.6


def test_pairs_under_common_luck_are_the_clusters() -> None:
    """What pairs of runs share drops out of their difference: taken as runs of their own, the error would be larger."""
    table = arms(0.06, 0.05, pairs=60, spread=0.5)
    paired = policy_ratio(table, range(60), range(1000, 1060)).ratios[0]
    crossed = policy_ratio(table, range(60), [1000 + (run + 1) % 60 for run in range(60)]).ratios[0]
    assert paired.coefficient == pytest.approx(crossed.coefficient)
    assert paired.standard_error < 0.6 * crossed.standard_error


def test_runs_that_do_not_pair_are_refused() -> None:
    table = arms(0.06, 0.05, pairs=25, spread=0.0)
    with pytest.raises(InputError) as caught:
        policy_ratio(table, range(25), range(1000, 1024))
    assert str(caught.value) == "error: runs: 25 runs of the baseline and 24 of the policy are no pairs"
