"""A page that needs no server: one file with runs computed before, for opening from a disk or sending by post."""

from __future__ import annotations

import hashlib
import itertools
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kembar.app.bundle import bundle
from kembar.app.description import as_variant, describe_assumptions, describe_language, describe_world
from kembar.app.engine import GROUP, Engine
from kembar.app.files import land_outline, read_page_files
from kembar.app.lives import Lives
from kembar.app.replay import city_life, replay_of, watch
from kembar.errors import InputError, Problem
from kembar.experiment.luck import run_seed
from kembar.language import LANGUAGES, check_language, messages
from kembar.parameters import check_value, declaration
from kembar.parameters.posterior import PosteriorSample
from kembar.parameters.values import hash_of
from kembar.scenario.records import Change, Policy
from kembar.scenario.times import parse_quarter

DIGITS: Final = 5  # significant, of the numbers embedded
MOST_POINTS: Final = 200
MOST_REPLAYS: Final = 4  # the baseline's run and three more
SHOWN_FATES: Final = 5
POINTS_DECIMALS: Final = 4  # of a city's benefit points a year, which its chart shows with two digits


@dataclass(frozen=True)
class LeverGrid:
    """Levers with the values that a reader may choose, for a target from a time on; the first value is the start."""

    levers: Mapping[str, Sequence[float]]
    target: str = "all"
    start: str = ""  # as 2027Q1; empty: the year after the world's first

    def policies(self, start_year: int) -> list[Policy]:
        """A policy for every point of the grid, the last lever running fastest.

        Raises InputError for a value that a lever may not have, or for too many points.
        """
        problems = [
            problem
            for key, values in self.levers.items()
            for value in values
            for problem in check_value(key, value, ("lever",), "grid")
        ]
        if problems:
            raise InputError(problems)
        points = list(itertools.product(*self.levers.values()))
        if not 1 <= len(points) <= MOST_POINTS:
            raise InputError(Problem(f"{len(points)} points", "grid", why=f"a page holds 1 to {MOST_POINTS}"))
        since = parse_quarter(self.start or start_year + 1)
        found = []
        for place, values in enumerate(points):
            changes = tuple(
                Change(key, self.target, since, None, float(value), "point of a grid", file="grid")
                for key, value in zip(self.levers, values, strict=True)
                if value != declaration(key).value
            )
            name = f"point-{place}"
            # The hash tells points apart wherever runs are kept by their inputs.
            told = [[change.parameter, change.target, change.from_quarter, change.value] for change in changes]
            found.append(Policy(name, name, "point of a grid", (), changes, (), "grid", hash_of(told)))
        return found


def static_page(
    engine: Engine,
    policies: Sequence[Policy] = (),
    *,
    grid: LeverGrid | None = None,
    seed: int = 1,
    pairs: int = 200,
    language: str = "en",
    posterior: PosteriorSample | None = None,
) -> str:
    """The HTML of a page that shows policies side by side, or a grid of levers, against the world as it is.

    The numbers are those of `kembar compare` with the same seed and pairs. Raises InputError for an unknown language, a
    grid that is none, or a policy that does not fit the world.
    """
    check_language(language)
    start_year = engine.scenario.start_year
    shown = grid.policies(start_year) if grid else list(policies)
    baseline: dict[str, Any] = engine.answer_of(engine.ask(seed, [], posterior=posterior), pairs)["baseline"]
    points = []
    for policy in shown:
        answer = engine.answer_of(engine.ask(seed, [policy], posterior=posterior), pairs)["variants"][0]
        points.append({"variant": as_variant(policy), "answer": _lean(answer)})
    watched = [None] if grid else [None, *shown][:MOST_REPLAYS]
    content = {
        "world": describe_world(engine) | {"language": language, "seed": seed},
        "languages": {code: describe_language(code) for code in LANGUAGES},
        "assumptions": describe_assumptions(engine.scenario),
        "land": json.loads(land_outline()),
        "seed": seed,
        "pairs": pairs,
        "uncertainties": "posterior" if posterior else "declared",
        "baseline": _lean(baseline),
        "points": points,
        "grid": _described(grid) if grid else None,
        "worlds": [as_variant(policy) if policy else None for policy in watched],
        **_runs(engine, watched, seed, posterior),
    }
    return _html(content, language, engine.scenario.title)


def _described(grid: LeverGrid) -> dict[str, Any]:
    def start(key: str, values: Sequence[float]) -> int:
        usual = declaration(key).value
        return list(values).index(usual) if usual in values else 0  # type: ignore[arg-type]

    return {
        "levers": [
            {"key": key, "values": list(values), "start": start(key, values)} for key, values in grid.levers.items()
        ]
    }


def _lean(side: dict[str, Any]) -> dict[str, Any]:
    """A side without what the static page does not show."""
    lean = {**side, "stages": {"active": side["stages"]["active"]}}
    lean["money"] = {whose: [sum(years)] for whose, years in side["money"].items()}
    for group, kept in (("outcomes", ("mean", "low", "high")), ("effects", ("effect", "low", "high"))):
        if group in side:
            lean[group] = {name: [found[key] for key in kept] for name, found in side[group].items()}
    if side.get("fates"):
        fates = side["fates"]
        lean["fates"] = {**fates, **{fate: fates[fate][:SHOWN_FATES] for fate in ("saved", "lost")}}
    return lean


def _runs(
    engine: Engine, watched: Sequence[Policy | None], seed: int, posterior: PosteriorSample | None
) -> dict[str, list[Any]]:
    """The first future of each world: its replay, the years of its cities and the lives of its agreements.

    Cities and lives of the worlds after the first hold only what differs from the first.
    """
    replays, cities, lives = [], [], []
    for policy in watched:
        question = engine.ask(seed, [policy] if policy else [], posterior=posterior)
        inputs = question.inputs(len(question.sides) - 1, 0)
        run = watch(inputs, run_seed(seed, GROUP, 0))
        told = Lives(run.record)
        replay = replay_of(run)
        replays.append(replay)
        linked = sorted({item[side] for item in replay["agreements"] for side in ("a", "b")})
        cities.append(_rounded({inputs.city_keys[row]: _coarse(city_life(run, row)) for row in linked}))
        names = [item["name"] for item in replay["agreements"]]
        lives.append(_rounded({name: told.tell(name) for name in names}))
    return {"replays": replays, "cities": _apart(cities), "lives": _apart(lives)}


def _coarse(city: dict[str, Any]) -> dict[str, Any]:
    sectors = {
        sector: [round(points, POINTS_DECIMALS) for points in years] for sector, years in city["sectors"].items()
    }
    return {**city, "sectors": sectors}


def _apart(worlds: list[dict[str, dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
    """The first world whole, of the others what is not the same in the first."""
    first, *others = worlds
    found = [first]
    for other in others:
        differing = {
            name: {key: value for key, value in item.items() if key not in known or known[key] != value}
            for name, item in other.items()
            for known in (first.get(name, {}),)
        }
        found.append({name: item for name, item in differing.items() if item})
    return found


def _rounded(value: Any) -> Any:
    """The value with numbers of so many significant digits."""
    if isinstance(value, float):
        short = float(f"{value:.{DIGITS}g}")
        return int(short) if short.is_integer() else short
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _html(content: dict[str, Any], language: str, title: str) -> str:
    """The file: style, data and script inside, and a policy that lets nothing else in."""
    files = read_page_files()
    data = json.dumps(_rounded(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    script, style = f"\n{bundle(files)}", f"\n{files['style.css']}"
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:"
    heading = title.replace("&", "&amp;").replace("<", "&lt;")
    noscript = messages(language).text("app.noscript")
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>kembar: {heading}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<div id="page"></div>\n<noscript>{noscript}</noscript>\n'
        f'<script type="application/json" id="embedded">{data}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def write_static_page(page: str, path: Path) -> None:
    """Write the page to a file."""
    path.write_text(page, encoding="utf-8", newline="\n")
