"""What is told of a comparison, word for word in both languages, and that nothing is overclaimed."""

import numpy as np
import pandas as pd

from kembar.analysis import sentences, telling
from kembar.analysis.cost import Cost, Resources, find_cost, rank_costs
from kembar.analysis.cost_sentences import tell_ranking
from kembar.analysis.estimates import Estimate, Quantity, Reason, missing
from kembar.analysis.fairness import city_runs, find_fairness
from kembar.analysis.fates import Fate, Fates
from kembar.analysis.interaction import Grid, JointEffect, Synergy
from kembar.analysis.multiplicity import Comparisons, Rank
from kembar.analysis.paired import Effect
from kembar.analysis.precision import Precise, PrecisionRule
from kembar.findings.costs import PolicyCost
from kembar.findings.policies import PolicyFindings
from kembar.findings.telling import cost_sentences
from kembar.language import Messages, messages
from kembar.outcomes import OUTCOMES
from kembar.records import SECTORS

EN, ID = messages("en"), messages("id")


def estimate(mean: float, low: float, high: float, runs: int = 200, left_out: int = 0) -> Estimate:
    return Estimate(mean, low, high, 1.0, 0.95, runs, left_out, runs - 1)


STILL = Estimate(0.0, 0.0, 0.0, 0.0, 0.95, 200, 0, 199, Reason("no_spread", (("runs", 200),)))


def effect(difference: Estimate, outcome: str = "active_years_per_agreement", unit: str = "years") -> Effect:
    return Effect(outcome, unit, 6.946, 7.878, difference, Quantity(0.1), Quantity(0.95), Quantity(3900.0))


def fates(
    more: Estimate, saved: tuple[Fate, ...] = (), lost: tuple[Fate, ...] = (), reason: Reason | None = None
) -> Fates:
    return Fates(200, 0.95, 25.0, 39.0, more, (), saved, lost, reason)


def fate(name: str, saved: float, lost: float) -> Fate:
    return Fate(name, 0.4, 0.6, estimate(saved, saved - 0.05, saved + 0.05), estimate(lost, 0.0, lost + 0.05), 0.001)


def test_every_outcome_has_its_name_and_every_unit_its_words() -> None:
    for outcome in OUTCOMES:
        name = sentences.outcome_name(outcome.name, EN)
        assert telling.capitalised(name) == outcome.title
        for language in (EN, ID):
            assert telling.with_unit("3", outcome.name, outcome.unit, language).startswith("3")


def test_effects_are_told_with_range_and_both_sides() -> None:
    found = effect(estimate(0.932, 0.898, 0.966))
    assert sentences.tell_effect(found, EN) == (
        "Active years per agreement: up by 0.93 years (likely range 0.90 to 0.97), from 6.95 to 7.88."
    )
    assert sentences.tell_effect(found, ID) == (
        "Tahun aktif per kerja sama: naik 0,93 tahun (kisaran kemungkinan 0,90 sampai 0,97), dari 6,95 menjadi 7,88."
    )
    falls = effect(estimate(-0.932, -0.966, -0.898))
    assert sentences.tell_effect(falls, EN, "in Bandung") == (
        "In Bandung: down by 0.93 years (likely range 0.90 to 0.97), from 6.95 to 7.88."
    )


def test_shares_are_told_in_percentage_points_and_indices_are_not() -> None:
    share = Effect("active_share", "1", 0.25, 0.32, estimate(0.07, 0.06, 0.08), Quantity(0), Quantity(0), Quantity(0))
    assert sentences.tell_effect(share, EN) == (
        "Share active: up by 7.0 percentage points (likely range 6.0 to 8.0), from 25.0% to 32.0%."
    )
    assert sentences.tell_effect(share, ID) == (
        "Bagian yang aktif: naik 7,0 poin persentase (kisaran kemungkinan 6,0 sampai 8,0), dari 25,0% menjadi 32,0%."
    )
    gini = Effect("benefit_gini", "1", 0.5, 0.6, estimate(0.1, 0.05, 0.15), Quantity(0), Quantity(0), Quantity(0))
    assert sentences.tell_effect(gini, EN) == (
        "Inequality of benefits: up by 0.10 (likely range 0.05 to 0.15), from 0.50 to 0.60."
    )


def test_interval_that_includes_zero_is_no_clear_difference() -> None:
    for low, high in ((-0.11, 0.32), (0.0, 0.32), (-0.11, 0.0)):
        found = effect(estimate((low + high) / 2.0, low, high))
        assert "no clear difference" in sentences.tell_effect(found, EN)
        assert "tidak ada perbedaan yang jelas" in sentences.tell_effect(found, ID)
    assert sentences.tell_effect(effect(estimate(0.1, -0.11, 0.32)), EN) == (
        "Active years per agreement: no clear difference; likely between 0.11 years less and 0.32 years more than 6.95."
    )


def test_rounding_does_not_make_a_clear_effect_zero() -> None:
    tiny = effect(estimate(2.0, 0.004, 3.996))
    assert "(likely range 0.004 to 4.0)" in sentences.tell_effect(tiny, EN)
    tiny = effect(estimate(-2.0, -3.996, -0.004))
    assert "down by 2.0 years (likely range 0.004 to 4.0)" in sentences.tell_effect(tiny, EN)
    told = sentences.tell_fates(fates(estimate(0.4, 0.02, 0.8)), 2055, EN)[0]
    assert told == "Of 100 agreements on the register, 0.4 more are active at the end of 2055 (likely range 0.02 to 1)."


def test_effects_without_spread_and_without_an_answer_are_facts() -> None:
    assert sentences.tell_effect(effect(STILL), EN) == (
        "Active years per agreement: no difference in any of 200 pairs of runs."
    )
    assert sentences.tell_effect(effect(STILL), ID) == (
        "Tahun aktif per kerja sama: tidak ada perbedaan dalam satu pun dari 200 pasang simulasi."
    )
    constant = effect(Estimate(-0.5, -0.5, -0.5, 0.0, 0.95, 200, 0, 199))
    assert sentences.tell_effect(constant, EN) == (
        "Active years per agreement: down by 0.5 years (the same in all 200 pairs of runs), from 6.9 to 7.9."
    )
    none = effect(missing(Reason("one_value")))
    assert sentences.tell_effect(none, EN) == (
        "Active years per agreement: cannot be told, because a single run shows no spread."
    )


def test_single_units_are_singular() -> None:
    assert telling.with_unit("1", "active_years_per_agreement", "years", EN) == "1 year"
    assert telling.with_unit("1.0", "active_years_per_agreement", "years", EN) == "1.0 years"
    assert telling.with_unit("1", "letters", "count", EN) == "1"


def test_natural_frequencies_with_their_range() -> None:
    told = fates(estimate(14.2, 11.4, 17.1))
    assert sentences.tell_fates(told, 2055, EN)[0] == (
        "Of 100 agreements on the register, 14 more are active at the end of 2055 (likely range 11 to 17)."
    )
    assert sentences.tell_fates(told, 2055, ID)[0] == (
        "Dari 100 kerja sama yang terdaftar, yang aktif pada akhir 2055 bertambah 14 "
        "(kisaran kemungkinan 11 sampai 17)."
    )
    fewer = fates(estimate(-1.2, -2.3, -0.6))
    assert sentences.tell_fates(fewer, 2055, EN)[0] == (
        "Of 100 agreements on the register, 1 fewer is active at the end of 2055 (likely range 1 to 2)."
    )
    assert sentences.tell_fates(fates(estimate(1.0, -2.3, 4.4)), 2055, EN)[0] == (
        "Of 100 agreements on the register, about as many are active at the end of 2055 "
        "with the policy as without it: no clear difference "
        "(likely between 2 fewer and 4 more)."
    )
    assert sentences.tell_fates(fates(estimate(0.1, -0.2, 0.4)), 2055, EN)[0].endswith(
        "(likely between 0.2 fewer and 0.4 more)."
    )
    assert sentences.tell_fates(fates(STILL), 2055, EN)[0] == (
        "Of 100 agreements on the register, exactly as many are active at the end of 2055 "
        "with the policy as without it, in all 200 pairs of runs."
    )


def test_saved_and_lost_agreements_are_named_and_no_forecast() -> None:
    found = fates(estimate(14.2, 11.4, 17.1), (fate("A (ID) - B (JP)", 0.31, 0.02), fate("A (ID) - C (CN)", 0.2, 0.03)))
    assert sentences.tell_fates(found, 2055, EN)[1:] == [
        "Clearly saved more often than lost: 2. Most of all: A (ID) - B (JP) (31% of pairs, the reverse in 2%); "
        "A (ID) - C (CN) (20% of pairs, the reverse in 3%).",
        "With 200 pairs, no single agreement is clearly lost more often than saved.",
        "These are shares of 200 possible futures, and no forecast for any pair of cities.",
    ]
    assert sentences.tell_fates(found, 2055, ID)[2:] == [
        "Dengan 200 pasang, tidak ada satu kerja sama pun yang jelas lebih sering hilang daripada terselamatkan.",
        "Ini adalah bagian dari 200 masa depan yang mungkin, dan bukan ramalan untuk pasangan kota mana pun.",
    ]
    many = fates(STILL, lost=tuple(fate(f"A - {letter}", 0.01, 0.3) for letter in "BCDEFGH"))
    told = sentences.tell_fates(many, 2055, EN)[2]
    assert told.startswith("Clearly lost more often than saved: 7. Most of all: A - B (30% of pairs, the reverse in")
    assert "A - F" in told and "A - G" not in told


def test_too_few_pairs_name_nobody() -> None:
    few = fates(estimate(14.2, 11.4, 17.1), reason=Reason("few_pairs", (("needed", 100), ("pairs", 40))))
    assert sentences.tell_fates(few, 2055, EN)[1:] == [
        "Agreements are not told by name, because at least 100 pairs are needed and there are 40."
    ]


def test_likely_range_is_named_for_what_it_is() -> None:
    assert sentences.tell_range(effect(estimate(1.0, 0.5, 1.5, left_out=3)), EN) == (
        "The likely range is the 95% interval of the mean over 200 pairs of runs, each pair with the same luck; single "
        "futures differ more than that. Left out, because one side has no value: 3."
    )
    assert sentences.tell_range(effect(estimate(1.0, 0.5, 1.5)), ID) == (
        "Kisaran kemungkinan adalah selang kepercayaan 95% dari rata-rata 200 pasang simulasi, setiap pasang dengan "
        "keberuntungan yang sama; masa depan satu per satu lebih beragam daripada itu."
    )


def luck(reduction: Quantity, runs: Quantity) -> str:
    found = effect(estimate(1.0, 0.5, 1.5))
    return sentences.tell_luck(Effect("letters", "count", 1.0, 2.0, found.difference, Quantity(0), reduction, runs), EN)


def test_worth_of_common_luck_is_told_as_measured() -> None:
    assert luck(Quantity(0.959), Quantity(4878.0)) == (
        "The same luck on both sides took away 96% of the variance: without it, 4,878 runs of each side instead of 200 "
        "would have been needed for as narrow a range."
    )
    assert luck(Quantity(-0.3), Quantity(154.0)) == (
        "The same luck on both sides was worth nothing here: 154 runs of each side with luck of their own would have "
        "done as well as these 200 pairs."
    )
    assert luck(Quantity(0.9963), Quantity(9e4)).startswith("The same luck on both sides took away 99.6% of the")
    assert luck(Quantity(1.0), Quantity(None, Reason("no_runs_enough"))) == (
        "The same luck on both sides took away all variance: the two sides differ by the same amount in all 200 pairs."
    )
    assert luck(Quantity(None, Reason("no_luck")), Quantity(None, Reason("no_luck"))) == (
        "What the same luck was worth cannot be told, because neither side differs from run to run."
    )


def test_comparisons_are_counted_aloud() -> None:
    found = Comparisons(24, 0.95, 1.2, (("a", "one"),) * 5, (("a", "one"),) * 3)
    assert sentences.tell_comparisons(found, EN) == (
        "Compared with zero: 24 differences, of which 5 are clear by themselves. If no policy did anything, about 1.2 "
        "would be so by chance. With allowance for their number, 3 stay clear."
    )
    assert "sekitar 1,2 akan tampak jelas secara kebetulan" in sentences.tell_comparisons(found, ID)


def test_ranks_are_told_as_far_as_they_are_sure() -> None:
    ranks = [Rank("sponsors", STILL, 1, 1), Rank("autonomy", STILL, 2, 3)]
    assert sentences.tell_ranks(ranks, "active_share", EN) == (
        "By share active, best first: sponsors (place 1); autonomy (place 2 to 3)."
    )
    assert sentences.tell_ranks(ranks, "active_share", ID) == (
        "Menurut bagian yang aktif, dari yang terbaik: sponsors (peringkat 1); autonomy (peringkat 2 sampai 3)."
    )


def test_precision_is_told_as_asked_for() -> None:
    rule = PrecisionRule(0.025, 1000)
    reached = Precise(estimate(1.0, 0.9, 1.1), 0.2, True, None)
    assert sentences.tell_precision(reached, rule, "letters", EN) == (
        "The precision asked for, 2.5% of the baseline, is reached for letters of intent with 200 pairs of runs."
    )
    missed = Precise(estimate(1.0, 0.5, 1.5), 0.2, False, Reason("most_pairs", (("pairs", 200),)))
    assert sentences.tell_precision(missed, PrecisionRule(0.1, 1000), "letters", EN) == (
        "The precision asked for, 10% of the baseline, is not reached for letters of intent with 200 pairs of runs: "
        "no more than 200 pairs were allowed."
    )
    assert sentences.tell_precision(reached, rule, "letters", ID) == (
        "Ketelitian yang diminta, 2,5% dari keadaan dasar, tercapai untuk pernyataan kehendak kerja sama (LoI) dengan "
        "200 pasang simulasi."
    )


def synergy(beyond: Estimate, language: str = "en") -> str:
    found = Synergy(STILL, STILL, STILL, beyond)
    names = ("sponsors", "autonomy")
    return sentences.tell_synergy(found, names, "active_years_per_agreement", "years", messages(language))


def test_synergy_is_told_only_where_it_is_clear() -> None:
    assert synergy(estimate(0.4, 0.2, 0.6)) == (
        "Together, sponsors and autonomy bring 0.40 years more than the sum of what each brings alone "
        "(likely range 0.20 to 0.60); measured by active years per agreement."
    )
    assert synergy(estimate(-0.4, -0.6, -0.2), "id") == (
        "Bersama-sama, sponsors dan autonomy memberi 0,40 tahun lebih sedikit daripada jumlah pengaruh masing-masing "
        "(kisaran kemungkinan 0,20 sampai 0,60); diukur dengan tahun aktif per kerja sama."
    )
    assert synergy(estimate(0.1, -0.1, 0.3)) == (
        "Together, sponsors and autonomy do not clearly bring another amount than the sum of what each brings alone "
        "(likely between 0.10 years less and 0.30 years more); measured by active years per agreement."
    )
    assert synergy(missing(Reason("one_value"))) == (
        "What sponsors and autonomy bring together, measured by active years per agreement, cannot be told, because "
        "a single run shows no spread."
    )


def grid(low: Estimate, high: Estimate, gap: Estimate) -> Grid:
    parts = (JointEffect((0.00005, 0.0003), (0.0, 0.3), low), JointEffect((0.0003, 0.001), (0.3, 0.6), high))
    return Grid(("funding share", "campaign"), ((), ()), (), (), (), (), *parts, gap, 4)


def test_interaction_is_told_at_low_and_at_high_levels() -> None:
    found = grid(estimate(0.04, 0.02, 0.06), estimate(0.0, -0.01, 0.01), estimate(0.04, 0.02, 0.06))
    assert sentences.tell_interaction(found, "active_share", "1", EN) == [
        "When funding share goes from 0.00005 to 0.0003 and campaign from 0 to 0.3, both together bring 4.0 percentage "
        "points more than the sum of the two alone (likely range 2.0 to 6.0); measured by share active.",
        "When funding share goes from 0.0003 to 0.001 and campaign from 0.3 to 0.6, both together do not clearly bring "
        "another amount than the sum of the two alone (likely between 1.0 percentage points less and 1.0 percentage "
        "points more); measured by share active.",
        "funding share and campaign strengthen each other more at low levels than at high ones.",
    ]
    told = sentences.tell_interaction(found, "active_share", "1", ID)
    assert told[0].startswith("Bila funding share naik dari 0,00005 ke 0,0003 dan campaign dari 0 ke 0,3, keduanya")
    unclear = grid(STILL, missing(Reason("two_levels")), missing(Reason("two_levels")))
    assert sentences.tell_interaction(unclear, "active_share", "1", EN)[1].endswith(
        "cannot be told, because a lower and an upper part need three levels of a factor."
    )


RUNS = 40
LUCK = np.random.default_rng(3).normal(0.0, 1.0, (5, RUNS))
BASELINE = Resources(*(100.0 + LUCK), years=30.0)


def policy(spent: float, years: float) -> Resources:
    return Resources(
        BASELINE.spent_kusd + spent + LUCK[1],
        BASELINE.external_kusd,
        BASELINE.used_fte_years,
        BASELINE.held_fte_years + 30.0,
        BASELINE.active_agreement_years + years + LUCK[2],
        years=30.0,
    )


def told_of_cost(cost: Cost, language: Messages) -> list[str]:
    """The sentences on a policy of which only the cost is known, posts at a price of 20 thousand dollars a year."""
    with_posts = find_cost(cost.policy, BASELINE, policy(60.0, 20.0), kusd_per_fte_year=20.0)
    found = PolicyCost(cost, with_posts.kusd_per_active_year_gained, 20.0)
    nothing = dict.fromkeys(("precision", "fates", "longevity", "fairness", "synergy"))
    findings = PolicyFindings(cost.policy, "", (), (), (), cost=found, horizon_year=2056, **nothing)
    return cost_sentences(findings, language)


def test_costs_are_told_with_money_posts_and_the_price_of_a_gain() -> None:
    told = told_of_cost(find_cost("sponsors", BASELINE, policy(60.0, 20.0)), EN)
    assert told == [
        "Money spent in a year: up by 1.995 thousand US dollars a year (likely range 1.984 to 2.006).",
        "Of it, paid by others than the cities: no change in any run.",
        "Posts held: up by 1 full-time post (the same in all 40 pairs of runs).",
        "Each active agreement-year gained costs 2.98 (2.92 to 3.04) thousand US dollars in money, and 32.8 (32.3 to "
        "33.4) when the posts are counted at what they cost in each country.",
    ]
    saving = told_of_cost(find_cost("thrift", BASELINE, policy(-60.0, 20.0)), ID)
    assert saving[0].startswith("Uang yang dibelanjakan dalam setahun: turun 2,005 ribu dolar AS per tahun ")
    assert saving[3].startswith("Setiap tahun kerja sama aktif yang diperoleh berbiaya −2,99 (−3,05 sampai −2,94) ribu")


def test_gain_that_is_none_has_no_price() -> None:
    idle = told_of_cost(find_cost("idle", BASELINE, policy(60.0, 0.0)), EN)
    assert idle[3:] == ["No active agreement-year is clearly gained, so there is no price of one."]
    harm = told_of_cost(find_cost("harm", BASELINE, policy(60.0, -20.0)), EN)
    assert harm[3:] == ["The policy costs active agreement-years, so there is no price of a year gained."]
    campaign = told_of_cost(find_cost("campaign", BASELINE, policy(0.0, 20.0), is_in_model=False), EN)
    assert campaign[3:] == ["What the policy itself costs is not in the model, so no price of what it brings is told."]


def test_ranking_names_those_without_a_place() -> None:
    found = [
        find_cost("sponsors", BASELINE, policy(60.0, 20.0)),
        find_cost("thrift", BASELINE, policy(-60.0, 20.0)),
        find_cost("campaign", BASELINE, policy(0.0, 20.0), is_in_model=False),
    ]
    told = tell_ranking(rank_costs(found), EN)
    assert told[0].startswith(
        "By money for each active agreement-year gained, cheapest first (this is money only, and posts stand apart): "
        "thrift (gains years and saves "
    )
    assert "; sponsors (" in told[0]
    assert told[1:] == [
        "thrift also takes 1 full-time post (the same in all 40 pairs of runs), which this order leaves out.",
        "sponsors also takes 1 full-time post (the same in all 40 pairs of runs), which this order leaves out.",
        "campaign has no place among them, because what it costs is not in the model.",
    ]
    priced = [find_cost("sponsors", BASELINE, policy(60.0, 20.0), kusd_per_fte_year=20.0)]
    assert len(tell_ranking(rank_costs(priced), EN)) == 1
    assert "(posts are counted in it)" in tell_ranking(rank_costs(priced), EN)[0]
    assert tell_ranking(rank_costs(found[2:]), ID) == [
        "campaign tidak mendapat peringkat, karena biayanya tidak ada dalam model."
    ]


def city_frame(gain: float) -> pd.DataFrame:
    """Six cities in 30 runs; `gain` is added to the tangible points of each."""
    rng = np.random.default_rng(1)
    place = np.tile(np.arange(6), 30)
    points = ("tangible_points", "intangible_points", "public_points", *(f"points_{name}" for name in SECTORS))
    return pd.DataFrame(
        {
            "run_id": np.repeat(np.arange(30), 6),
            "city": np.array(list("abcdef"))[place],
            "population": 1e5 * (1.0 + place),
            "income_kusd": np.where(place < 3, 4.9, 30.0),
            **{"appropriated_kusd": 9.0, "executable_kusd": 8.0, "spent_kusd": 7.0, "external_kusd": 1.0},
            "active": 2.0,
            **{name: rng.gamma(2.0, size=180) + gain * (name == "tangible_points") for name in points},
        }
    )


def test_fairness_is_told_for_each_group() -> None:
    before = city_runs(city_frame(0.0), range(30))
    after = city_runs(city_frame(0.5), range(30))
    told = sentences.tell_fairness(find_fairness(before, after), EN)
    assert told[0].startswith("Benefits: up by 3 benefit points (the same in all 30 pairs of runs)")
    assert any(line.startswith("The smallest third of the cities, benefits per city: up by 0.5 ben") for line in told)
    assert any(line.startswith("Cities of high-income countries, benefits per city: up by") for line in told)
    assert told[-1] == "Budget executed: no difference in any of 30 pairs of runs."
    assert len(sentences.tell_fairness(find_fairness(before, after), ID)) == len(told)
