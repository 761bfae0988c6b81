"""What there is to choose from, and all that is known of each: scenarios, policies, parameters, studies, outcomes."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, nearest, shown_path
from kembar.locations import experiments_folder, is_path, names_in

KINDS: Final = ("scenarios", "policies", "parameters", "studies", "outcomes")


def entries(kind: str) -> list[dict[str, Any]]:
    """One object with at least `name` and `title` for each thing of a kind. Raises InputError for an unknown kind."""
    if kind == "parameters":
        return _parameters()
    if kind == "outcomes":
        from kembar.outcomes import OUTCOMES

        return [asdict(outcome) for outcome in OUTCOMES]
    if kind == "studies":
        return _studies()
    if kind in ("scenarios", "policies"):
        from kembar.scenario.reader import available_policies, available_scenarios

        listed = available_scenarios() if kind == "scenarios" else available_policies()
        return [{"name": item.name, "title": item.title, "about": item.about} for item in listed]
    why = f"kinds are {', '.join(KINDS)}"
    raise InputError(Problem(f"unknown kind '{kind}'", why=why, suggestion=nearest(kind, KINDS)))


def entry(name: str) -> dict[str, Any]:
    """Everything known of one thing, whatever its kind. Raises InputError with the nearest name when there is none."""
    if is_path(name):
        from kembar.scenario.files import kind_of

        path = Path(name)
        kind = kind_of(path) if path.is_file() else "scenario"
        return {"policy": _policy, "study": _study}.get(kind, _scenario)(name)
    known = {kind: [item["name"] for item in entries(kind)] for kind in KINDS}
    makers = {"scenarios": _scenario, "policies": _policy, "parameters": _parameter, "studies": _study}
    for kind, names in known.items():
        if name in names:
            make = makers.get(kind)
            return (
                make(name) if make else {"kind": kind, **next(item for item in entries(kind) if item["name"] == name)}
            )
    close = nearest(name, [name for names in known.values() for name in names])
    why = None if close else f"`kembar list KIND` names what there is; kinds are {', '.join(KINDS)}"
    raise InputError(Problem(f"unknown name '{name}'", why=why, suggestion=close))


def _parameters() -> list[dict[str, Any]]:
    from kembar.parameters import declarations

    return [
        {
            **{"name": item.key, "title": item.title, "about": item.about, "unit": item.unit, "kind": item.kind},
            **{"value": _value(item.value), "range": list(item.range), "scale": item.scale},
            **{"basis": item.basis, "source": list(item.source), "claims": list(item.claims)},
        }
        for item in declarations()
    ]


def _value(value: float | tuple[float, ...]) -> float | dict[str, float]:
    from kembar.parameters import SECTORS

    return dict(zip(SECTORS, value, strict=True)) if isinstance(value, tuple) else value


def _parameter(name: str) -> dict[str, Any]:
    from kembar.parameters import UNITS, references

    found = next(item for item in _parameters() if item["name"] == name)
    cited = [asdict(references()[key]) for key in found["source"] if key in references()]
    return {**found, "unit_in_words": UNITS[found["unit"]], "references": cited}


def _studies() -> list[dict[str, Any]]:
    found = []
    for name in names_in(experiments_folder()):
        path = experiments_folder() / f"{name}.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError):  # a broken file is listed too
            data = {}
        found.append({"name": name, "title": str(data.get("title", "")), "about": str(data.get("about", ""))})
    return found


def _change(change: Any) -> dict[str, Any]:
    from kembar.scenario.times import format_quarter

    until = change.until_quarter
    return {
        **{"parameter": change.parameter, "target": change.target, "from": format_quarter(change.from_quarter)},
        "until": None if until is None else format_quarter(until),
        **{"value": change.value, "because": change.because},
    }


def _event(event: Any) -> dict[str, Any]:
    from kembar.scenario.times import format_quarter

    return {
        **{
            "kind": event.kind,
            "from": format_quarter(event.from_quarter),
            "until": format_quarter(event.until_quarter),
        },
        **{"severity": event.severity, "where": list(event.where), "because": event.because},
    }


def _scenario(name: str) -> dict[str, Any]:
    from kembar.scenario.reader import load_scenario

    found = load_scenario(name)
    statuses: dict[str, int] = {}
    for agreement in found.agreements:
        statuses[agreement.status] = statuses.get(agreement.status, 0) + 1
    return {
        **{"kind": "scenarios", "name": found.name, "title": found.title, "about": found.about},
        **{"start": found.kind, "start_year": found.start_year, "years": found.years},
        **{"focal_countries": list(found.focal_countries), "cities": len(found.cities)},
        "countries": len({city.country for city in found.cities}),
        "agreements": len(found.agreements),
        "agreements_by_status": dict(sorted(statuses.items())),
        "agreements_without_year": sum(agreement.signed_year is None for agreement in found.agreements),
        "imputed_values": len(found.imputed),
        "groups": {group: list(members) for group, members in found.groups.items()},
        "parameters": dict(found.parameters),
        "changes": [_change(change) for change in found.changes],
        "events": [_event(event) for event in found.events],
        "manifest": {"path": shown_path(found.path), "hash": found.hash},
    }


def _policy(name: str) -> dict[str, Any]:
    from kembar.scenario.reader import load_policy

    found = load_policy(name)
    return {
        **{"kind": "policies", "name": found.name, "title": found.title, "about": found.about},
        "claims": list(found.claims),
        "changes": [_change(change) for change in found.changes],
        "events": [_event(event) for event in found.events],
        "manifest": {"path": shown_path(found.path), "hash": found.hash},
    }


def _study(name: str) -> dict[str, Any]:
    from kembar.experiment.plan import Plan
    from kembar.experiment.session import form_as_data
    from kembar.experiment.study import load_study

    found = load_study(name)
    content = form_as_data(found.form)
    replicates = found.form.replicates
    return {
        **{"kind": "studies", "name": found.name, **content},
        **{"points": found.points, "arms": len(found.arms), "factors": len(found.factors)},
        "runs": Plan(found, replicates).runs if replicates else None,
        "manifest": {"path": shown_path(found.path) if found.path else None, "hash": found.identity},
    }
