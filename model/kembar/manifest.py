"""How results were made: versions, hashes, platform and command, enough to make them again.

The form is published as a JSON Schema, `manifest-schema.json` in this package.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kembar import __version__
from kembar.compilation import is_interpreted, rule_hash
from kembar.errors import shown_path

if TYPE_CHECKING:
    from kembar.inputs import Inputs
    from kembar.scenario.records import Scenario

FORMAT = 2  # of the folder: raised when tables change so that older results cannot be read
LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "pyarrow", "pydantic", "matplotlib", "mesa")
SCHEMA_FILE = "manifest-schema.json"


class Part(BaseModel):
    """A part of the manifest; no key but those named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceFile(Part):
    """A scenario or policy: its name, heading, file, and the hash of what it says."""

    name: str
    title: str
    path: str
    hash: str


class Rules(Part):
    """The rules in force: the user's file, if any, and the hash over all rules."""

    file: str | None
    hash: str


class Manifest(Part):
    """The whole record of how a results folder was made."""

    program: Literal["kembar"] = "kembar"
    format: int = Field(description="Version of the form of the folder.")
    kind: Literal["run"]
    complete: bool = Field(description="Whether all runs asked for are in the tables.")
    version: str = Field(description="Version of the program.")
    input_hash: str = Field(description="SHA-256 over all inputs and rules, without the seed.")
    seed: int
    years: int
    scenario: SourceFile
    policies: tuple[SourceFile, ...]
    sets: dict[str, float | tuple[float, ...]] = Field(description="Levers set for all cities from the start.")
    parameters_hash: str
    rules: Rules
    data_hash: str = Field(description="SHA-256 over the cities, agreements, countries and elections of the world.")
    tables: dict[str, str] = Field(description="SHA-256 of every table's file.")
    command: tuple[str, ...]
    folder: str
    made: str = Field(description="Time of completion, UTC, ISO 8601.")
    duration_seconds: float
    compiled: bool = Field(description="False when the rules ran interpreted.")
    host: str
    platform: str
    python: str
    libraries: dict[str, str]


def input_hash(inputs: Inputs, rules_file: Path | None) -> str:
    """The hash that tells whether two runs have the same inputs, but for the seed."""
    text = json.dumps([FORMAT, inputs.hash, rule_hash(rules_file)])
    return hashlib.sha256(text.encode()).hexdigest()


def data_hash(scenario: Scenario) -> str:
    """The hash over the tables of a world as they were read."""
    digest = hashlib.sha256()
    groups: tuple[Any, ...] = (scenario.countries.values(), scenario.cities, scenario.agreements)
    for group in groups:
        for item in group:
            row = [getattr(item, name) for name in item.__slots__]
            digest.update(json.dumps(row, default=sorted).encode() + b"\n")
    digest.update(json.dumps(sorted(scenario.waves.items())).encode())
    return digest.hexdigest()


def make_manifest(
    inputs: Inputs, seed: int, rules_file: Path | None, *, folder: Path, tables: dict[str, str], seconds: float
) -> Manifest:
    """The manifest of a finished run."""
    scenario = inputs.scenario
    return Manifest(
        format=FORMAT,
        kind="run",
        complete=True,
        version=__version__,
        input_hash=input_hash(inputs, rules_file),
        seed=seed,
        years=inputs.years,
        scenario=SourceFile(
            name=scenario.name, title=scenario.title, path=shown_path(scenario.path), hash=scenario.hash
        ),
        policies=tuple(
            SourceFile(name=policy.name, title=policy.title, path=shown_path(policy.path), hash=policy.hash)
            for policy in inputs.policies
        ),
        sets=dict(inputs.sets),
        parameters_hash=inputs.parameters.hash,
        rules=Rules(file=shown_path(rules_file) if rules_file else None, hash=rule_hash(rules_file)),
        data_hash=data_hash(scenario),
        tables=tables,
        command=tuple(sys.argv),
        folder=shown_path(folder),
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        duration_seconds=round(seconds, 3),
        compiled=not is_interpreted(),
        host=platform.node(),
        platform=platform.platform(),
        python=platform.python_version(),
        libraries=_versions(),
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def schema_text() -> str:
    """The published JSON Schema of a manifest."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
