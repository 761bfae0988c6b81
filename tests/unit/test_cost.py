"""What policies cost, for each active agreement-year gained, and their ranking, against hand calculations."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.analysis.cost import Cost, Resources, find_cost, rank_costs
from kembar.analysis.estimates import Reason
from kembar.analysis.ratio import ratio_of_means
from kembar.errors import InputError

RUNS = 60
RNG = np.random.default_rng(21)
BASELINE = Resources(
    spent_kusd=RNG.normal(3000.0, 300.0, RUNS),
    external_kusd=RNG.normal(600.0, 30.0, RUNS),
    used_fte_years=RNG.normal(90.0, 9.0, RUNS),
    held_fte_years=RNG.normal(300.0, 9.0, RUNS),
    active_agreement_years=RNG.normal(1000.0, 100.0, RUNS),
    years=30.0,
)


def changed(
    *, spent: float = 0.0, external: float = 0.0, posts: float = 0.0, years: float = 0.0, seed: int = 0
) -> Resources:
    """The baseline's runs with the same luck and so much more on average of each."""
    noise = np.random.default_rng(seed).normal(0.0, 1.0, (4, RUNS))
    return Resources(
        spent_kusd=BASELINE.spent_kusd + spent + 20.0 * noise[0],
        external_kusd=BASELINE.external_kusd + external,
        used_fte_years=BASELINE.used_fte_years + posts / 2.0 + noise[2],
        held_fte_years=BASELINE.held_fte_years + posts,
        active_agreement_years=BASELINE.active_agreement_years + years + 10.0 * noise[3],
        years=30.0,
    )


def test_costs_are_paired_differences_per_year() -> None:
    policy = changed(spent=600.0, external=150.0, posts=60.0, years=200.0)
    found = find_cost("sponsors", BASELINE, policy)
    assert found.spent.difference.mean == pytest.approx((policy.spent_kusd - BASELINE.spent_kusd).mean() / 30.0)
    assert found.external.difference.mean == pytest.approx(5.0)
    assert found.own.difference.mean == pytest.approx(found.spent.difference.mean - 5.0)
    assert found.held_staff.difference.mean == pytest.approx(2.0)
    assert found.used_staff.difference.mean == pytest.approx(1.0, abs=0.02)
    assert [effect.unit for effect in (found.spent, found.held_staff, found.active_years)] == [
        "kusd/year", "fte", "years",
    ]  # fmt: skip


def test_cost_of_a_gain_is_a_ratio_of_means_with_its_interval() -> None:
    policy = changed(spent=600.0, years=200.0)
    found = find_cost("sponsors", BASELINE, policy).kusd_per_active_year_gained
    money = policy.spent_kusd - BASELINE.spent_kusd
    years = policy.active_agreement_years - BASELINE.active_agreement_years
    assert found.mean == pytest.approx(money.mean() / years.mean())
    assert found == ratio_of_means(money, years)
    assert found.low < 3.0 < found.high


def test_price_of_posts_adds_to_the_money() -> None:
    policy = changed(spent=600.0, posts=60.0, years=200.0)
    money_only = find_cost("secretariat", BASELINE, policy)
    priced = find_cost("secretariat", BASELINE, policy, kusd_per_fte_year=10.0)
    gained = (policy.active_agreement_years - BASELINE.active_agreement_years).mean()
    extra = priced.kusd_per_active_year_gained.mean - money_only.kusd_per_active_year_gained.mean
    assert extra == pytest.approx(60.0 * 10.0 / gained)
    assert (money_only.kusd_per_fte_year, priced.kusd_per_fte_year) == (None, 10.0)


def test_gain_that_is_not_clear_has_no_finite_price() -> None:
    found = find_cost("idle", BASELINE, changed(spent=600.0, years=0.5))
    assert found.kusd_per_active_year_gained.mean is None
    assert found.kusd_per_active_year_gained.reason == Reason("no_finite_interval")


def test_inert_policy_costs_nothing() -> None:
    found = find_cost("inert", BASELINE, BASELINE)
    assert (found.spent.difference.mean, found.active_years.difference.mean) == (0.0, 0.0)
    assert found.kusd_per_active_year_gained.reason == Reason("no_finite_interval")


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        find_cost("sponsors", BASELINE, replace(BASELINE, years=20.0))
    assert str(caught.value) == (
        "error: the costs of 'sponsors' cannot be compared; one side ran 30 years and the other 20"
    )  # fmt: skip


def costs() -> list[Cost]:
    made = {
        "dear": changed(spent=900.0, years=100.0, seed=1),
        "cheap": changed(spent=200.0, years=200.0, seed=2),
        "harm": changed(spent=50.0, years=-100.0, seed=3),
        "idle": changed(spent=50.0, years=0.0, seed=4),
        "thrift": changed(spent=-300.0, years=50.0, seed=5),
        "thrift that gains more": changed(spent=-100.0, years=150.0, seed=6),
        "free": changed(spent=0.0, years=100.0, seed=8),
    }
    found = [find_cost(name, BASELINE, policy) for name, policy in made.items()]
    return [*found, find_cost("campaign", BASELINE, changed(spent=0.0, years=300.0, seed=7), is_in_model=False)]


def test_ranking_by_cost_for_each_year_gained() -> None:
    ranked = rank_costs(costs())
    assert [(item.place, item.policy, item.standing) for item in ranked] == [
        (1, "thrift that gains more", "saves"),
        (2, "thrift", "saves"),
        (3, "free", "gains"),
        (4, "cheap", "gains"),
        (5, "dear", "gains"),
        (None, "campaign", "unpriced"),
        (None, "idle", "unclear"),
        (None, "harm", "loses"),
    ]
    assert ranked == rank_costs(costs()[::-1])


def test_policies_without_a_place_have_a_reason() -> None:
    reasons = {item.policy: str(item.reason) for item in rank_costs(costs()) if item.place is None}
    assert reasons == {
        "campaign": "what it costs is not in the model",
        "idle": "it brings no clear gain of active time",
        "harm": "it loses active time",
    }
