"""Findings from studies made by hand: numbers, words in both languages, marks and the JSON contract."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kembar.errors import InputError
from kembar.findings import Findings, find
from kembar.findings.answer_sampled import gap_sentences
from kembar.findings.costs import has_priced_means
from kembar.findings.tables import finding_tables
from kembar.language import messages
from kembar.manifest import ArmRecord
from study_by_hand import HandMade, factor, grid_points, policy, run, study, two_arms


def test_the_effect_is_the_mean_difference_with_students_interval(tmp_path: Path) -> None:
    effect = find(two_arms(tmp_path)).policies[0].effect("active_years_per_agreement")
    assert effect.baseline == pytest.approx(6.0)
    assert effect.policy == pytest.approx(22.0 / 3.0)
    assert effect.difference.mean == pytest.approx(4.0 / 3.0)
    reach = stats.t.ppf(0.975, 2) * math.sqrt((1.0 / 3.0) / 3.0)
    assert effect.difference.low == pytest.approx(4.0 / 3.0 - reach)
    assert effect.difference.runs == 3


def test_money_is_told_for_a_year_and_the_price_counts_posts(tmp_path: Path) -> None:
    cost = find(two_arms(tmp_path)).policies[0].cost
    assert cost.cost.spent.difference.mean == pytest.approx(2.0)  # 0, 20 and 40 over ten years
    assert cost.cost.active_years.difference.mean == pytest.approx(3.0)
    assert cost.with_staff.mean == pytest.approx(20.0 / 3.0)
    assert cost.cost.kusd_per_active_year_gained.mean == pytest.approx(20.0 / 3.0)


def test_held_posts_that_no_table_tells_have_a_reason_and_no_number(tmp_path: Path) -> None:
    held = find(two_arms(tmp_path)).policies[0].cost.cost.held_staff.difference
    assert held.mean is None
    assert str(held.reason) == "no run has a value"


def test_the_answer_has_three_sentences_with_the_numbers(tmp_path: Path) -> None:
    first, second, third = find(two_arms(tmp_path)).answer()
    assert first.startswith("With helping hand, active years per agreement: no clear change")
    assert "from 6.0 to 7.3, in 3 pairs of runs under the same luck." in first
    assert second.startswith("Money spent in a year: no clear change")
    assert third.startswith("Benefits per agreement: no change in any run")


def test_the_answer_in_indonesian(tmp_path: Path) -> None:
    first, _, third = find(two_arms(tmp_path)).answer("id")
    assert first.startswith("Dengan helping hand, tahun aktif per kerja sama: tidak ada perubahan yang jelas")
    assert third == "Manfaat per kerja sama: tidak berubah dalam satu simulasi pun."


def test_of_several_policies_the_best_and_the_number_that_help_are_named(tmp_path: Path) -> None:
    runs = []
    for replicate in range(8):
        level = 5.0 + 0.1 * replicate
        for place, (name, gain) in enumerate((("", 0.0), ("much", 2.0), ("little", 1.0), ("nothing", 0.0))):
            wobble = 0.01 * ((replicate + place) % 3)
            runs.append(run(4 * replicate + place, name, replicate, active_years_per_agreement=level + gain + wobble))
    found = find(study(tmp_path, runs, arms={"much": "Much", "little": "Little", "nothing": "Nothing"}))
    assert [rank.policy for rank in found.worlds[0].ranks] == ["much", "little", "nothing"]
    first = found.answer()[0]
    assert first.startswith("Of 3 policies, much does most for active years per agreement: up by 2.0")
    assert first.endswith("2 of the 3 clearly help.")
    assert found.worlds[0].comparisons is not None
    assert ("much", "active_years_per_agreement") in found.worlds[0].comparisons.clear_together


def test_an_unfinished_study_says_so_everywhere(tmp_path: Path) -> None:
    found = find(two_arms(tmp_path, complete=False))
    mark = "[Unfinished: 1 of 2 parts done.]"
    assert found.answer()[0].startswith(mark)
    assert found.answer("id")[0].startswith("[Belum selesai: 1 dari 2 bagian sudah dihitung.]")
    assert mark in found.describe()
    told = found.as_json()
    assert told["complete"] is False
    assert told["notice"] == "unfinished: 1 of 2 chunks done"
    assert found.comparison_json()["complete"] is False


def test_a_finished_study_has_no_mark(tmp_path: Path) -> None:
    found = find(two_arms(tmp_path))
    assert found.notice is None
    assert "nfinished" not in found.describe() + json.dumps(found.as_json())


def test_json_holds_the_keys_of_the_contract_and_no_nan(tmp_path: Path) -> None:
    found = find(two_arms(tmp_path))
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert {"study", "complete", "runs", "failures", "answer", "manifest"} <= set(told)
    assert (told["study"], told["runs"], told["failures"], len(told["answer"])) == ("hand", 6, 0, 3)
    compared = json.loads(json.dumps(found.comparison_json(), allow_nan=False))
    assert {"scenario", "baseline", "policies", "manifest"} <= set(compared)
    policy = compared["policies"][0]
    assert {"name", "effects", "cost", "saved", "lost", "sentences"} <= set(policy)
    effect = policy["effects"][0]
    assert {
        *("outcome", "unit", "baseline", "policy", "effect", "interval", "level", "pairs", "variance_reduction"),
        "precision_reached",
    } <= set(effect)
    assert effect["precision_reached"] is None
    assert effect["reason"] == "no precision was asked for"
    assert policy["saved"] is None
    assert policy["reason"] == "the study does not tell of single agreements"


def test_an_outcome_without_a_value_is_null_with_a_reason(tmp_path: Path) -> None:
    results = two_arms(tmp_path)
    results.made["runs"]["benefit_points_per_agreement"] = math.nan
    told = json.loads(json.dumps(find(results).comparison_json(), allow_nan=False))
    effect = told["policies"][0]["effects"][1]
    assert effect["effect"] is None
    assert effect["interval"] is None
    assert effect["reason"].startswith("no run has a value")


def test_the_precision_asked_for_is_told_with_its_outcome(tmp_path: Path) -> None:
    results = two_arms(tmp_path)
    wanted = {"outcome": "active_years_per_agreement", "relative": 0.9, "most_replicates": 3}
    found = find(study(tmp_path, results.made["runs"].to_dict("records"), arms={"help": "Help"}, precision=wanted))
    effects = found.comparison_json()["policies"][0]["effects"]
    assert effects[0]["precision_reached"] is True
    assert effects[1]["precision_reached"] is None
    assert "the precision asked for is of another outcome" in effects[1]["reason"]


def a_grid(folder: Path) -> Findings:
    """Means 1, 2, 3 and 6: together 2 more than the sum of 1 and 2."""
    one, other = factor("funding_share", 0.0, 0.001), factor("commitment_campaign", 0.0, 0.5)
    means = (1.0, 2.0, 3.0, 6.0)
    runs = []
    for replicate in range(4):
        for point, mean in enumerate(means):
            luck = 0.5 * replicate
            row = run(
                len(runs), "", replicate, active_years_per_agreement=mean + luck + 0.01 * ((point + replicate) % 2)
            )
            runs.append(row | {"point": point})
    return find(study(folder, runs, factors=(one, other), points=grid_points(one, other)))


def test_a_grid_tells_both_factors_each_alone_and_what_is_beyond_the_sum(tmp_path: Path) -> None:
    found = a_grid(tmp_path)
    design = found.worlds[0].design
    assert design is not None
    surface = design.surface("active_years_per_agreement")
    assert surface is not None
    assert surface.grid.beyond_sum[0][0].mean == pytest.approx(2.0, abs=0.02)
    response = design.response("funding_share", "active_years_per_agreement")
    assert response is not None
    assert response.effects[1].mean == pytest.approx(3.0, abs=0.02)  # (3 - 1 + 6 - 2) / 2
    both, alone, beyond = found.answer()
    assert both.startswith("Raising funding share from 0 to 0.001 and commitment campaign from 0 to 0.5 together")
    assert "Alone, with the other at its lowest level" in alone
    assert "both together bring" in beyond
    assert "more than the sum of the two alone" in beyond


def test_runs_of_one_sampled_point_are_one_unit(tmp_path: Path) -> None:
    """Replicates of a point share its parameters: four runs at two points are two independent numbers."""
    sampled = factor("noise", 0.0, 1.0).model_copy(update={"kind": "uncertainty"})
    points = [
        {"point": place, "scenario": "hand", "luck": place, "factor": "noise", "value": float(place)}
        for place in range(2)
    ]
    runs = []
    for replicate in range(2):
        for point in range(2):
            for name, gain in (("", 0.0), ("help", 1.0 + point)):
                row = run(len(runs), name, replicate, active_years_per_agreement=float(point) + gain)
                runs.append(row | {"point": point, "seed": 10 * point + replicate})
    results = study(tmp_path, runs, arms={"help": "Help"}, factors=(sampled,), points=points, kind="latin_hypercube")
    effect = find(results).policies[0].effects[0]
    assert effect.difference.runs == 2
    assert effect.difference.mean == pytest.approx(1.5)


def test_regret_answers_a_study_of_policies_over_sampled_worlds(tmp_path: Path) -> None:
    sampled = factor("noise", 0.0, 1.0)
    points = [{"point": p, "scenario": "hand", "luck": p, "factor": "noise", "value": p / 11} for p in range(12)]
    runs = []
    for replicate in range(2):
        for point in range(12):
            for name, gain in (("", 0.0), ("good", 2.0), ("mixed", 3.0 if point < 3 else -1.0)):
                row = run(len(runs), name, replicate, active_years_per_agreement=5.0 + gain + 0.01 * replicate)
                runs.append(row | {"point": point, "seed": 100 * point + replicate})
    arms = {"good": "Good", "mixed": "Mixed"}
    found = find(study(tmp_path, runs, arms=arms, factors=(sampled,), points=points, kind="latin_hypercube"))
    first, second, third = found.answer()
    assert first.startswith("Good is never far from the best: in nine of ten of 12 sampled worlds")
    assert "at most 0 years below" not in first  # in a quarter of the worlds the mixed one is better by 1
    assert "Good in 100%" in second
    assert third.startswith("There are too few sampled worlds")


def sampled_study(folder: Path, kind: str, values: list[float], missing: set[int]) -> HandMade:
    """Points of an uncertain number, a baseline and a policy at each; at some the outcome is unknown."""
    points = [
        {"point": place, "scenario": "hand", "luck": place, "factor": "noise", "value": value}
        for place, value in enumerate(values)
    ]
    runs = []
    for point in range(len(values)):
        for name in ("", "help"):
            years = math.nan if point in missing else float(point)
            runs.append(run(len(runs), name, 0, active_years_per_agreement=years) | {"point": point, "seed": point})
    return study(folder, runs, arms={"help": "Help"}, factors=(factor("noise", 0.0, 1.0),), points=points, kind=kind)


def test_what_too_few_complete_points_do_not_tell_is_said_in_both_languages_and_in_json(tmp_path: Path) -> None:
    found = find(sampled_study(tmp_path, "latin_hypercube", [0.1, 0.4, 0.6, 0.9], {0, 2, 3}))
    design = found.worlds[0].design
    assert design is not None and design.regrets is None and design.satisficing == ()
    told = found.as_json()["worlds"][0]["design"]["gaps"]
    assert [(gap["analysis"], gap["outcome"]) for gap in told] == [
        (analysis, "active_years_per_agreement") for analysis in ("regret", "satisficing", "deciders")
    ]
    assert told[0]["reason"].startswith("1 of 4 points are complete; 2 are needed")
    sentences = gap_sentences(found.worlds[0], messages("en"))
    assert sentences[0].startswith("Too few sampled worlds have all their runs to tell how far each policy is from")
    assert all("active years per agreement" in sentence for sentence in sentences)
    other = gap_sentences(found.worlds[0], messages("id"))
    assert other[0].startswith("Terlalu sedikit dunia sampel") and len(other) == len(sentences) == 3


def test_a_screening_that_lacks_trajectories_is_a_gap_of_that_outcome_alone(tmp_path: Path) -> None:
    found = find(sampled_study(tmp_path, "morris", [0.0, 2 / 3, 1 / 3, 1.0], {0}))
    assert [(gap.analysis, gap.outcome) for gap in found.worlds[0].design.gaps] == [
        ("morris", "active_years_per_agreement")
    ]
    assert found.worlds[0].design.screening("total_cost_kusd") is not None
    assert gap_sentences(found.worlds[0], messages("en")) == [
        "Too few trajectories have all their runs to tell which uncertain numbers move active years per agreement."
    ]


def test_second_order_shares_that_were_asked_for_are_a_table(tmp_path: Path) -> None:
    base = np.random.default_rng(1).random((8, 4))
    mixed = [row for one in base for row in saltelli_rows(one)]
    points, runs = [], []
    for place, row in enumerate(mixed):
        points += [
            {"point": place, "scenario": "hand", "luck": place // 6, "factor": name, "value": value}
            for name, value in zip(("a", "b"), row, strict=True)
        ]
        runs.append(run(place, "", 0, active_years_per_agreement=row[0] * row[1]) | {"point": place})
    factors = (factor("a", 0.0, 1.0), factor("b", 0.0, 1.0))
    results = study(tmp_path, runs, factors=factors, points=points, kind="sobol")
    results.manifest.form["design"]["second_order"] = True
    table = finding_tables(find(results))["variance_pairs"]
    assert table.loc[0, ["outcome", "factor", "other"]].tolist() == ["active_years_per_agreement", "a", "b"]


def saltelli_rows(one: Sequence[float]) -> list[tuple[float, float]]:
    """The rows of two factors of one base row: A, A with each of B, B with each of A, B."""
    a, b, c, d = one
    return [(a, b), (c, b), (a, d), (a, d), (c, b), (c, d)]


def of_one_city(folder: Path) -> HandMade:
    runs = [run(i, "help" if i % 2 else "", i // 2) | {"parameter.staff_cost_incomes": 2.0} for i in range(4)]
    ties, places = [], []
    for number in range(4):
        is_helped = number % 2 == 1
        for name, city, years in (("Ayu - Zuid", "Ayu", 4.0 + 2.0 * is_helped), ("Bo - Zuid", "Bo", 1.0)):
            ties.append(
                {"run_id": number, "agreement": name, "register_status": "active", "city_a": city, "city_b": "Zuid",
                 "stage_end": "active" if is_helped else "dormant", "active_years": years, "signed": None,
                 "start": 1.0, "stop": 1.0 + years, "event": "censored" if is_helped else "dormancy",
                 "cause": None if is_helped else "luck", "life_start": 1.0, "life_stop": 11.0, "how": None,
                 **{f"entry_{what}_{side}": 1.0 for what in ("commitment", "staff", "money_kusd") for side in "ab"},
                 "distance_km": 10.0, "size_gap": 0.1}
            )  # fmt: skip
        for city in ("Ayu", "Bo", "Zuid"):
            places.append(
                {"run_id": number, "city": city, "income_kusd": 5.0, "tangible_points": 1.0 + is_helped,
                 "intangible_points": 1.0, "public_points": 0.5, "spent_kusd": 10.0 + 5.0 * is_helped,
                 "external_kusd": 0.0, "appropriated_kusd": 20.0, "used_fte": 0.5, "staff_fte": 1.0}
            )  # fmt: skip
    tables = {"agreements": pd.DataFrame(ties), "cities": pd.DataFrame(places)}
    return study(folder, runs, arms={"help": "Help"}, tables=tables)


def test_a_city_is_judged_by_its_own_agreements_benefits_and_money(tmp_path: Path) -> None:
    found = find(of_one_city(tmp_path), city="Ayu")
    effects = {effect.outcome: effect for effect in found.policies[0].effects}
    assert effects["active_years_per_agreement"].baseline == 4.0
    assert effects["active_years_per_agreement"].difference.mean == pytest.approx(2.0)
    assert effects["active_agreements"].difference.mean == pytest.approx(1.0)
    assert effects["benefit_points"].difference.mean == pytest.approx(1.0)
    assert effects["spent_kusd"].difference.mean == pytest.approx(5.0)
    # Half a post for ten years at twice an income of 5 thousand: 50 on both sides.
    assert effects["total_cost_kusd"].baseline == pytest.approx(60.0)
    assert found.answer()[0].startswith("For Ayu: With help")
    assert found.as_json()["city"] == "Ayu"


def test_an_unknown_city_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find(of_one_city(tmp_path), city="Ayo")
    assert str(caught.value) == "error: --city: unknown city 'Ayo'; did you mean Ayu?"


def test_an_unknown_outcome_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown outcome 'active_shares'; did you mean active_share"):
        find(two_arms(tmp_path), outcome="active_shares")


def test_a_campaign_has_no_price_and_a_fund_has() -> None:
    campaign, fund = policy("campaign", commitment_campaign=0.5), policy("fund", cofunding_rate=1.0)
    arms = {
        "campaign": (campaign,),
        "fund": (fund,),
        "both": (fund, campaign),
        "": (),
        "old": (policy("old", bygone=1.0),),
    }
    priced = {name: has_priced_means(ArmRecord(name=name, title="", policies=parts)) for name, parts in arms.items()}
    assert priced == {"campaign": False, "fund": True, "both": False, "": True, "old": False}


def test_parts_of_a_combination_give_its_synergy(tmp_path: Path) -> None:
    runs = []
    for replicate in range(3):
        for name, gain in (("", 0.0), ("one", 1.0), ("two", 2.0), ("one+two", 5.0)):
            runs.append(run(len(runs), name, replicate, active_years_per_agreement=5.0 + gain + 0.5 * replicate))
    found = find(study(tmp_path, runs, arms={"one": "One", "two": "Two", "one+two": "One and two"}))
    synergy = found.policies[2].synergy
    assert synergy is not None
    assert synergy.synergy.beyond_sum.mean == pytest.approx(2.0)
    assert any("more than the sum of what each brings alone" in sentence for sentence in found.policies[2].sentences())


def test_two_worlds_are_answered_in_turn_with_three_sentences(tmp_path: Path) -> None:
    results = two_arms(tmp_path)
    again = results.made["runs"].assign(scenario="other", run_id=results.made["runs"]["run_id"] + 6, point=1)
    again["active_years_per_agreement"] += 1.0 * (again["policies"] == "help")
    results.made["runs"] = pd.concat([results.made["runs"], again], ignore_index=True)
    point = results.made["points"].assign(point=1, scenario="other")
    results.made["points"] = pd.concat([results.made["points"], point], ignore_index=True)
    other = results.manifest.scenarios[0].model_copy(update={"name": "other", "title": "Other world"})
    change = {"scenarios": (*results.manifest.scenarios, other), "start_years": (2026, 2026), "years": (10, 10)}
    results.manifest = results.manifest.model_copy(update=change)
    found = find(results)
    assert [len(world.policies) for world in found.worlds] == [1, 1]
    first, second, third = found.answer()
    assert first.startswith("A world: With helping hand, active years per agreement: no clear change")
    assert second.startswith("Other world: With helping hand, active years per agreement: up by 2.3 years")
    assert third.startswith("A world: Money spent in a year")
