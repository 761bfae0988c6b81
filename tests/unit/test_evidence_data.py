"""Targets and patterns are data: read with checks, each with its source, and each in a role that does not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from kembar.errors import InputError
from kembar.evidence.declaration import ROLES, patterns, read_patterns, read_targets, targets
from kembar.evidence.registry import STATISTICS

WHAT_TO_DO = (
    "A role is fixed before anything is fitted. If you fitted something to a `validate` target, it can no longer test "
    "the model: say so in docs/odd.md, section 9, and in CHANGELOG.md, and only then change this table."
)
CALIBRATE = {
    *("active_share_2013", "dropped_at_review", "head_returned", "caretaker_years", "staff_shock", "activity_rate"),
    *("spend_per_side", "staff_per_side", "delegation_cost", "grant_per_event", "network_domestic", "net_growth"),
    *("term_years", "low_contact_yield"),
}
VALIDATE = {
    *("awake_share_well_funded", "active_share_of_all_ties", "alive_share", "zombie_share", "dead_share"),
    *("cities_with_none_left", "early_dormancies", "sleep_years", "hazard_peak_age", "hazard_falls_after_peak"),
    *("volunteers", "export_gain", "network_mean_degree", "network_assortativity", "network_single_partner"),
    *("network_partner_size", "network_elasticity", "time_to_sign"),
    *(f"P{number:02d}" for number in range(1, 17)),
}
# Bounds of the patterns as they were written before any fitting: (statistic, low, high).
CRITERIA = {
    "P01": [("dormancies_per_ending", 2.0, None), ("median_sleep_years", 8.0, None)],
    "P02": [("dispersion_of_endings", 1.5, None)],
    "P03": [("dormant_by_year_five", 0.1, None), ("active_after_forty_years", 0.05, None)],
    "P04": [("carrier_odds_of_survivors", 2.0, None), ("renewal_odds_of_survivors", 2.0, None)],
    "P05": [("hazard_after_change", 1.5, None)],
    "P06": [("one_sided_loss", 0.7, None)],
    "P07": [("gain_below_threshold", 3.0, None)],
    "P08": [("execution_of_the_cool", None, 0.5), ("execution_of_the_committed", 0.8, None)],
    "P09": [
        ("degree_elasticity", 0.1, 0.35),
        ("degree_assortativity", 0.1, None),
        ("network_clustering", None, 0.2),
        ("partner_size_correlation", 0.3, None),
    ],
    "P10": [("hazard_with_common_partner", None, 0.9), ("hazard_with_prior_contact", None, 1.0)],
    "P11": [("benefits_of_the_largest", 0.4, None), ("public_share", None, 0.5)],
    "P12": [("early_to_late_yield", 1.3, None)],
    "P13": [("left_where_carriers_live", 0.3, None), ("left_without_carriers", None, 0.1)],
    "P14": [("crisis_revival", 2.0, None)],
    "P15": [("signings_in_travel_stop", None, 0.1), ("contact_in_travel_stop", 0.001, None)],
    "P16": [("talks_per_active", 1.0, 2.0)],
}
TARGET = """
[some_share]
about = "A share."
statistic = "public_share"
unit = "1"
range = [0.1, 0.2]
world = "indonesia"
role = "validate"
mark = "R"
source = ["gray-2018"]
"""
PATTERN = """
[P01]
criterion = "F: a share at least 0.1"
world = "indonesia"
role = "validate"
mark = "R"
source = ["gray-2018"]
part = [{ statistic = "public_share", unit = "1", low = 0.1 }]
"""


def test_no_role_changes_unnoticed() -> None:
    roles = {item.key: item.role for item in (*targets(), *patterns())}
    assert roles == {**dict.fromkeys(CALIBRATE, "calibrate"), **dict.fromkeys(VALIDATE, "validate")}, WHAT_TO_DO
    assert set(roles.values()) == set(ROLES)


def test_no_criterion_changes_unnoticed() -> None:
    found = {item.key: [(part.statistic, part.low, part.high) for part in item.parts] for item in patterns()}
    assert found == CRITERIA, "A criterion changes only with a reason in docs/odd.md, section 9, never after its value"


def test_criteria_stand_as_in_the_description_of_the_model() -> None:
    """The description says `change of head` for `leader's change`; bounds and words are else the same."""
    page = (Path(__file__).parents[2] / "docs" / "odd.md").read_text(encoding="utf-8")
    for pattern in patterns():
        row = next(line for line in page.splitlines() if line.startswith(f"| {pattern.key} |"))
        for bound in (bound for part in pattern.parts for bound in (part.low, part.high) if bound):
            shown = f"{100 * bound:g} %" if f"{100 * bound:g} %" in row else f"{bound:g}"
            said = "> 0" if bound < 0.01 else "raises survival" if bound == 1.0 and pattern.key == "P10" else shown
            assert said in row, (pattern.key, bound)


def test_every_statistic_is_used_and_every_unit_agrees() -> None:
    parts = [item.part for item in targets()] + [part for item in patterns() for part in item.parts]
    used = {part.statistic for part in parts} - {"none"}
    assert used == set(STATISTICS)
    for part in parts:
        if part.statistic != "none":
            assert part.unit == STATISTICS[part.statistic].unit, part.statistic


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('role = "validate"', 'role = "fit"'), 8, "some_share.role: unknown role 'fit'"),
        (('role = "validate"\n', ""), 2, "some_share: missing key role"),
        (('mark = "R"', 'mark = "U"'), 9, "some_share.mark: unknown mark 'U'"),
        (("gray-2018", "grey-2018"), 10, "unknown reference 'grey-2018'"),
        (("gray-2018", "grey-2018"), 10, "did you mean gray-2018?"),
        (('["gray-2018"]', "[]"), 10, "a target without a source is an opinion"),
        (("[0.1, 0.2]", "[0.2, 0.1]"), 6, "0.2 to 0.1 is empty; the least value comes first"),
        (("[0.1, 0.2]", "[0.1, nan]"), 6, "nan is not a finite number"),
        (("[0.1, 0.2]", "0.1"), 6, "must be a list of two finite numbers"),
        (("public_share", "public_shares"), 4, "did you mean public_share?"),
        (("public_share", "none"), 2, "a reason stands with the statistic 'none', and only there"),
        (('"indonesia"', '"indonesa"'), 7, "did you mean indonesia?"),
        (('unit = "1"', 'unit = "share"'), 5, "some_share.unit: unknown unit 'share'"),
        (("about =", "abut ="), 3, "some_share.abut: unknown key; did you mean about?"),
    ],
)
def test_mistake_in_a_target_is_told_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    path = tmp_path / "targets.toml"
    path.write_text(TARGET.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_targets(path, STATISTICS)
    assert len(caught.value.problems) == 1
    said = caught.value.problems[0].format()
    assert f"targets.toml:{line}: " in said
    assert words in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((", low = 0.1", ""), "has no bound; a criterion that nothing can miss tests nothing"),
        (("low = 0.1", "low = 0.1, high = 0.05"), "0.1 to 0.05 is empty"),
        (("low = 0.1", 'low = "much"'), "'much' is not a finite number"),
        (("low = 0.1", "lower = 0.1"), "did you mean low?"),
        (('part = [{ statistic = "public_share", unit = "1", low = 0.1 }]', "part = []"), "at least one part"),
        (("low = 0.1", 'low = 0.1, world = "mars"'), "unknown world 'mars'"),
    ],
)
def test_mistake_in_a_pattern_is_told(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "patterns.toml"
    path.write_text(PATTERN.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_patterns(path, STATISTICS)
    assert words in str(caught.value)


def test_sound_files_are_read(tmp_path: Path) -> None:
    for text, read in ((TARGET, read_targets), (PATTERN, read_patterns)):
        path = tmp_path / "sound.toml"
        path.write_text(text, encoding="utf-8")
        assert len(read(path, STATISTICS)) == 1
