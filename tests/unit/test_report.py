"""The report page: answer first, self-contained, escaped, marked when unfinished, in both languages."""

import base64
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from kembar import batches
from kembar.cli import main
from kembar.errors import InputError
from kembar.findings import find
from kembar.reporting import write_report
from study_by_hand import HandMade, factor, run, study, two_arms

STUDY = """
title = "Two policies in two cities"
question = "Do they help?"
about = "A small study for tests."
scenarios = ["two-cities"]
policies = ["matching-fund", "dedicated-secretariat", "matching-fund+dedicated-secretariat"]
replicates = 6
years = 8
"""
CHARTS = ("effects", "cost", "active", "survival", "incidence", "hazard", "benefits-by-sector", "concentration")


def page_of(results: HandMade, lang: str = "en") -> str:
    return write_report(results, find(results), lang).read_text(encoding="utf-8")


def visible(page: str) -> str:
    """The page without its pictures."""
    return re.sub(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+", "", page)


def test_the_answer_stands_before_everything_else(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path))
    places = [
        page.index(text) for text in ("Does it help?", "With helping hand", "<figure>", "<table>", "How it was made")
    ]
    assert places == sorted(places)


def test_the_page_asks_no_network_for_anything(tmp_path: Path) -> None:
    page = visible(page_of(two_arms(tmp_path)))
    assert "http:" not in page.replace("http-equiv", "")
    assert "https:" not in page
    assert re.findall(r"<(?:script|link|iframe|object)\b", page) == []
    assert re.findall(r'(?:src|href)="(?!")[^"]+"', page) == []
    assert "default-src 'none'" in page


def test_pictures_are_whole_svg_images_with_words_for_those_who_do_not_see_them(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path))
    pictures = re.findall(r'<img src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)" alt="([^"]+)"', page)
    assert len(pictures) == page.count("<img ") == 2
    for content, words in pictures:
        assert b"</svg>" in base64.b64decode(content)
        assert len(words) > 40


def test_names_from_files_are_escaped(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path, title='<script>alert("1")</script> & Co', heading="<b>Help</b>"))
    assert "<script>" not in page
    assert "<b>Help</b>" not in page
    assert "&lt;script&gt;" in page
    assert "&amp; Co" in page


def test_an_unfinished_study_marks_page_figures_and_tables(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path, complete=False))
    assert page.count("[Unfinished: 1 of 2 parts done.]") >= 2  # above the answer, and in it
    svg = (tmp_path / "figures" / "effects-unfinished.svg").read_text()
    assert "[Unfinished: 1 of 2 parts done.]" in svg
    assert (tmp_path / "tables" / "effects-unfinished.csv").is_file()
    assert not list((tmp_path / "tables").glob("*[!d].csv"))


def test_a_finished_study_has_plain_names_and_no_mark(tmp_path: Path) -> None:
    assert "nfinished" not in visible(page_of(two_arms(tmp_path)))
    assert (tmp_path / "figures" / "effects.png").is_file()
    table = pd.read_csv(tmp_path / "tables" / "effects.csv")
    assert table.loc[0, "effect"] == pytest.approx(4.0 / 3.0)
    assert table.loc[0, ["scenario", "policies", "outcome"]].tolist() == ["hand", "help", "active_years_per_agreement"]


def test_what_an_unfinished_study_left_goes_when_it_is_finished(tmp_path: Path) -> None:
    page_of(two_arms(tmp_path, complete=False))
    page_of(two_arms(tmp_path))
    names = {path.name for part in ("figures", "tables") for path in (tmp_path / part).iterdir()}
    assert "effects.csv" in names
    assert not [name for name in names if "unfinished" in name]


def test_failed_runs_are_told_at_the_top(tmp_path: Path) -> None:
    results = two_arms(tmp_path)
    results.manifest = results.manifest.model_copy(update={"failed_runs": 2})
    assert "2 of 6 runs failed and are in no number on this page" in page_of(results)


def test_every_kind_of_band_is_named(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path))
    assert "Confidence in a mean" in page
    assert "Spread of single runs: 90% of the single futures" in page
    assert "never the spread of single futures" in page


def test_the_page_says_how_to_repeat_it(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path))
    assert "kembar study hand\nkembar report results/hand" in page
    assert "a" * 64 in page


def test_a_number_that_the_model_no_longer_has_is_shown_by_its_key(tmp_path: Path) -> None:
    results = two_arms(tmp_path)
    results.manifest.form["sets"] = {"bygone_lever": 0.5, "monitoring": 1.0}
    page = visible(page_of(results))
    assert [text for text in re.split(r"\s*<[^>]+>\s*", page[page.index("bygone_lever") :]) if text][:3] == [
        *("bygone_lever", "0.5", "not declared in this version"),
    ]
    assert "Monitoring" in page


def test_the_page_says_what_too_few_runs_did_not_tell(tmp_path: Path) -> None:
    points = [{"point": p, "scenario": "hand", "luck": p, "factor": "noise", "value": p / 3} for p in range(4)]
    runs = [run(p, "", 0, active_years_per_agreement=float("nan")) | {"point": p} for p in range(4)]
    results = study(tmp_path, runs, factors=(factor("noise", 0.0, 1.0),), points=points, kind="morris")
    assert "Too few trajectories have all their runs" in visible(page_of(results))


def test_the_page_in_indonesian(tmp_path: Path) -> None:
    page = page_of(two_arms(tmp_path), "id")
    assert '<html lang="id">' in page
    for words in ("Jawaban", "Asumsi tempat jawaban bergantung", "Arti pita dan kisaran", "tanpa kebijakan", "kisaran"):
        assert words in page
    assert "The answer" not in page


@pytest.mark.slow
def test_a_real_study_gets_every_figure_and_table_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(STUDY)
    results = batches.study(file, out=tmp_path / "small", workers=1)
    page = batches.report(results.folder).read_text(encoding="utf-8")
    assert "Do they help?" in page
    assert {f"{name}.png" for name in CHARTS} <= {path.name for path in (results.folder / "figures").iterdir()}
    tables = {path.stem for path in (results.folder / "tables").glob("*.csv")}
    assert {"outcomes", "effects", "costs", "benefits", "concentration", "active", "survival", "hazard"} <= tables
    assert main(["report", str(results.folder), "--lang", "id", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["manifest"]["path"].endswith("report.html")
    assert "Jawaban" in (results.folder / "report.html").read_text(encoding="utf-8")
    found = find(results)
    assert [policy.name for policy in found.policies] == [
        *("matching-fund", "dedicated-secretariat", "matching-fund+dedicated-secretariat"),
    ]
    assert found.policies[2].synergy is not None
    assert found.policies[0].fates is not None
    assert str(found.policies[0].fates.reason) == "at least 100 pairs are needed and there are 6"
    effect = found.policies[0].effects[0]
    runs = results.runs.set_index(["policies", "replicate"])["active_years_per_agreement"]
    gap = (runs.loc["matching-fund"] - runs.loc[""]).mean()
    assert effect.difference.mean == pytest.approx(gap)


def test_an_unknown_language_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown language 'fr'"):
        batches.report(tmp_path / "nothing", "fr")
