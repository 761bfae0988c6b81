"""Files of posterior draws: what is written is read, and every mistake in one is told with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kembar.errors import InputError
from kembar.parameters import uncertainties
from kembar.parameters.posterior import read_posterior, shipped_posterior, written_posterior


def told(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_posterior(path)
    return [problem.format() for problem in caught.value.problems]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    names = ["rate_most", "sector_reach", "goodwill_gain"]
    values = np.array([[12.3456789, 0.25, 0.3], [39.9999999, 1.0, 0.333333333]])
    path = tmp_path / "posterior.csv"
    path.write_text(written_posterior(names, values), encoding="utf-8")
    found = read_posterior(path)
    assert found.names == tuple(names)
    assert found.values == pytest.approx(values, rel=1e-5)
    assert found.at(0) == found.at(2), "more replicates than draws begin again"
    assert found.at(0) != found.at(1)
    assert written_posterior(found.names, found.values) == path.read_text(encoding="utf-8")


def test_rounding_leaves_no_number_outside_its_range() -> None:
    text = written_posterior(["rate_most"], np.array([[40.0 - 1e-12], [10.0 + 1e-12]]))
    assert [float(line) for line in text.splitlines()[1:]] == [40.0, 10.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate_mst\n12\n", "posterior.csv:1: unknown uncertainty 'rate_mst'; columns are named as uncertain numbers; "
                           "did you mean rate_most?"),
        ("rate_most,rate_most\n12,12\n", "posterior.csv:1: column 'rate_most' stands twice"),
        ("rate_most\n", "posterior.csv:1: has no draw; every row below the names is one"),
        ("", "posterior.csv: is empty"),
        ("rate_most\n12\nmany\n", "posterior.csv:3: rate_most: 'many' is not a number"),
        ("rate_most\n12,13\n", "posterior.csv:2: has 2 cells, not 1"),
        ("rate_most\n99\n", "posterior.csv:2: rate_most: 99"),
        ("sector_reach\n1.5\n", "posterior.csv:2: sector_reach: 1.5 is outside 0 to 1; a position from 0 (lowest)"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "posterior.csv"
    path.write_text(text, encoding="utf-8")
    problems = told(path)
    assert len(problems) == 1
    assert said in problems[0]


def test_shipped_sample_has_every_uncertain_number() -> None:
    found = shipped_posterior()
    assert set(found.names) == {item.key for item in uncertainties()}
    assert found.draws == 256
    assert np.isfinite(found.values).all()
    assert len({tuple(row) for row in found.values.tolist()}) > 200, "draws that repeat say less than they seem to"
