"""Conclusions under uncertainty: what counts as holding, what the statements compare, what the structures change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kembar.compilation import kernel
from kembar.conclusions.conclude import refuse_foreign_folder
from kembar.conclusions.declaration import (
    SHIPPED,
    STRUCTURES,
    STUDIES,
    Statement,
    read_statements,
    rules_of,
    statements,
)
from kembar.conclusions.judging import Assessed, Judged, summarise
from kembar.errors import InputError
from kembar.experiment.study import load_study
from kembar.language import messages


def test_share_is_of_draws_and_not_of_luck() -> None:
    """Draws that all hold by a little, under luck ten times as large as the differences between them."""
    random = np.random.default_rng(1)
    by_draw = 1.0 + 0.3 * random.standard_normal(200)
    total = np.concatenate([by_draw, by_draw]) + 3.0 * random.standard_normal(400)
    found = summarise(total, 200)
    assert found.luck > 0.95
    assert found.mean == pytest.approx(1.0, abs=0.35)
    assert found.share > 0.95, "half of the single runs are below zero, but that is luck"
    assert (total > 0.0).mean() < 0.75


def test_without_luck_every_draw_counts_as_it_is() -> None:
    by_draw = np.linspace(-1.0, 3.0, 101)
    found = summarise(np.tile(by_draw, 3), 101)
    assert found.luck == pytest.approx(0.0, abs=1e-12)
    assert found.share == pytest.approx((by_draw > 0.0).mean())
    assert found.quantiles == pytest.approx((-0.8, 1.0, 2.8))


def test_draws_without_two_lucks_are_refused() -> None:
    with pytest.raises(InputError, match="30 replicates do not give each of 20 draws two lucks or more alike; take a "
                                         "multiple of 20, at least 40"):  # fmt: skip
        summarise(np.zeros(30), 20)


def judged_with(*shares: float) -> Judged:
    names = (SHIPPED, "one", "two")
    statement = Statement("x", "crisis", STUDIES[0], "active_agreements", ())
    made = [Assessed(name, share, 0.0, (0.0, 0.0, 0.0), 0.0, 10) for name, share in zip(names, shares, strict=True)]
    return Judged(statement, tuple(made))


def test_marks() -> None:
    assert judged_with(0.95, 0.9, 1.0).mark == "robust"
    assert judged_with(0.95, 0.5, 1.0).mark == "conditional"
    assert judged_with(0.95, 0.5, 1.0).fails_under == ("one",)
    assert judged_with(0.85, 1.0, 1.0).mark == "open"


@pytest.mark.parametrize("statement", statements(), ids=lambda item: item.key)
def test_every_statement_finds_its_cells_and_arms_and_is_told(statement: Statement) -> None:
    study = load_study(statement.study)
    names = [factor.name for factor in study.factors]
    cells = [dict(zip(names, row, strict=True)) for row in study.design.values.tolist()]
    arms = {arm.name for arm in study.arms}
    for term in statement.terms:
        assert term.arm in arms
        assert sum(all(cell[name] == value for name, value in term.cell.items()) for cell in cells) == 1
    load_study(statement.finding)
    for language in ("en", "id"):
        words = messages(language)
        assert words.text(f"conclusions.statement.{statement.key}")
        assert words.text(f"conclusions.settle.{statement.key}")


@pytest.mark.parametrize("name", STUDIES)
def test_every_draw_of_the_sample_gets_as_many_lucks(name: str) -> None:
    study = load_study(name)
    assert study.posterior is not None
    assert study.form.replicates == 2 * study.posterior.draws


def test_mistakes_in_statements_are_told(tmp_path: Path) -> None:
    path = tmp_path / "statements.toml"
    path.write_text(
        '[one]\nfinding = "crisis"\nstudy = "conclusions-fundig"\noutcome = "active_agreements"\n'
        'sum = [{ weight = 1, arm = "a" }, { weight = -2, arm = "" }]\n[two]\nfinding = "crisis"\n'
        '[three]\nfinding = "crisis"\nstudy = "conclusions-funding"\noutcome = "active_agreements"\n'
        "sum = [{ weight = 1 }]\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_statements(path)
    said = "\n".join(problem.format() for problem in caught.value.problems)
    assert "unknown study 'conclusions-fundig'; did you mean conclusions-funding?" in said
    assert "the weights add up to -1; it compares means, so its weights cancel" in said
    assert "statements.toml:6: two: must have the keys finding, study, outcome, sum and no others" in said
    assert "must have a weight, and an arm or a cell" in said


def rule(structure: str, name: str) -> Any:
    return kernel(rules_of(structure), interpreted=True).rules[name]


def test_structures_do_what_they_say(parameters: Any) -> None:
    assert rule("substitutes", "weaker_governs")(0.2, 0.6, 2.5) == pytest.approx(0.4)
    assert rule("weakest_link", "weaker_governs")(0.2, 0.6, 2.5) == 0.2
    assert 0.2 < rule(SHIPPED, "weaker_governs")(0.2, 0.6, 2.5) < 0.4
    assert rule("redrawn_commitment", "inherited_share")(None, None, parameters) == 0.0
    assert rule("inherited_commitment", "inherited_share")(None, None, parameters) == 0.9
    need = float(parameters.money_threshold_kusd)
    for structure in (SHIPPED, "smooth_money", "sharp_money"):
        factor = rule(structure, "money_factor")
        assert factor(need, 0.0, 0.0, parameters) == pytest.approx(0.5)
        assert factor(0.0, 0.0, 0.0, parameters) == 0.0
    half = [rule(name, "money_factor")(0.5 * need, 0.0, 0.0, parameters) for name in
            ("sharp_money", SHIPPED, "smooth_money")]  # fmt: skip
    assert half == sorted(half)
    assert half[0] < 0.01 < 0.19 < half[1] < 0.21 < 0.3 < half[2]


def test_every_structure_has_its_rules_and_its_name() -> None:
    for structure in STRUCTURES:
        path = rules_of(structure)
        assert path is not None
        assert path.is_file()
        for language in ("en", "id"):
            assert messages(language).text(f"conclusions.structure.{structure}")


def test_conclusions_take_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--out: is a file; conclusions are a folder"):
        refuse_foreign_folder(tmp_path / "file")
    with pytest.raises(InputError, match="--out: holds something else; conclusions go into a folder of their own"):
        refuse_foreign_folder(tmp_path)
    (tmp_path / "own" / f"{STUDIES[0]}-{SHIPPED}").mkdir(parents=True)
    (tmp_path / "own" / "conclusions.json").write_text("{}")
    refuse_foreign_folder(tmp_path / "own")
    refuse_foreign_folder(tmp_path / "new")
