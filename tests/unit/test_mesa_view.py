"""Mesa's view: the map shows the agreements of the model, and the model stands still at its horizon."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from kembar.errors import InputError
from kembar.mesa_view import ViewedModel, draw_world, make_page


@pytest.fixture(scope="module")
def model() -> ViewedModel:
    return ViewedModel("two-cities", "citizen-committees", rng=3)


def test_the_model_stands_still_at_its_horizon(model: ViewedModel) -> None:
    while model.running:
        model.step()
    stages = model.stages
    model.step()
    assert (model.quarter, model.running, model.stages) == (model.quarters, False, stages)


def legend(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_the_map_counts_the_stages() -> None:
    viewed = ViewedModel("indonesia")
    for _ in range(4):
        viewed.step()
    stages = viewed.stages
    assert legend(draw_world(viewed)) == [f"{stage} ({stages[stage]})" for stage in ("active", "dormant", "ended")]


def test_a_world_without_agreements_says_so() -> None:
    axes = draw_world(ViewedModel("two-cities")).axes[0]
    assert "No agreement is signed yet" in [text.get_text() for text in axes.texts]


def test_without_the_extra_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "solara", None)
    with pytest.raises(InputError, match=r"Mesa's view is not installed; .* pip install 'kembar\[mesa-viz\]'"):
        make_page("two-cities")
