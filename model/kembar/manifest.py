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
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kembar import __version__
from kembar.compilation import is_interpreted, rule_hash
from kembar.errors import shown_path

if TYPE_CHECKING:
    from kembar.inputs import Inputs
    from kembar.scenario.records import Policy, Scenario

FORMAT = 3  # of the folder: raised when tables or the manifest change so that older results cannot be read
LIBRARIES = (
    *("numpy", "numba", "llvmlite", "scipy", "pyarrow", "pandas", "pydantic", "lifelines", "SALib", "matplotlib"),
    "mesa",
)
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


class ChangeRecord(Part):
    """One change that a policy makes, at the strength at which the runs had it."""

    parameter: str
    target: str
    from_quarter: int = Field(description="First quarter of the change, counted from the first of year 0.")
    until_quarter: int | None = Field(description="First quarter after it; none when it holds to the end.")
    value: float | tuple[float, ...]


class PolicyRecord(SourceFile):
    """A policy and the levers it moved, so that results tell of it when its file is gone or changed."""

    changes: tuple[ChangeRecord, ...]


class Rules(Part):
    """The rules in force: the user's file, if any, and the hash over all rules."""

    file: str | None
    hash: str


class Provenance(Part):
    """What every results folder records of how it was made."""

    program: Literal["kembar"] = "kembar"
    format: int = Field(description="Version of the form of the folder.")
    complete: bool = Field(description="Whether all runs asked for are in the tables.")
    version: str = Field(description="Version of the program.")
    input_hash: str = Field(description="SHA-256 over all inputs and rules, without seed or number of replicates.")
    seed: int
    rules: Rules
    tables: dict[str, str] = Field(description="SHA-256 of every table's file; empty while a study is unfinished.")
    command: tuple[str, ...]
    folder: str
    made: str = Field(description="Time of completion, or of the last writing, UTC, ISO 8601.")
    duration_seconds: float
    compiled: bool = Field(description="False when the rules ran interpreted.")
    host: str
    platform: str
    python: str
    libraries: dict[str, str]


class Manifest(Provenance):
    """The whole record of how the folder of a single run was made."""

    kind: Literal["run"]
    years: int
    scenario: SourceFile
    policies: tuple[PolicyRecord, ...]
    sets: dict[str, float | tuple[float, ...]] = Field(description="Levers set for all cities from the start.")
    parameters_hash: str
    data_hash: str = Field(description="SHA-256 over the cities, agreements, countries and elections of the world.")


class ArmRecord(Part):
    """One arm of a study: its name (empty for the baseline), its heading, its policies."""

    name: str
    title: str
    policies: tuple[PolicyRecord, ...]


class FactorRecord(Part):
    """One factor of a study's design."""

    name: str
    parameter: str
    title: str
    unit: str
    kind: str
    scale: str
    levels: tuple[float, ...] = Field(description="Levels of a full design; empty for a range.")
    range: tuple[float, float]


class StudyManifest(Provenance):
    """The whole record of how the folder of a study was made."""

    kind: Literal["study"]
    name: str
    path: str | None = Field(description="The study's file; none for a comparison asked for on the command line.")
    form: dict[str, Any] = Field(description="The study as its file says it, with all defaults filled in.")
    scenarios: tuple[SourceFile, ...]
    start_years: tuple[int, ...]
    years: tuple[int, ...]
    arms: tuple[ArmRecord, ...]
    factors: tuple[FactorRecord, ...]
    points: int
    replicates: int
    runs: int
    failed_runs: int
    computed_runs: int = Field(description="Runs computed by the last call; the others were there before it.")
    chunk: int = Field(description="Runs of a chunk.")
    precision_reached: bool | None
    data_hashes: tuple[str, ...]


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
        kind="run",
        complete=True,
        input_hash=input_hash(inputs, rules_file),
        seed=seed,
        years=inputs.years,
        scenario=source_file(scenario),
        policies=tuple(policy_record(policy) for policy in inputs.policies),
        sets=dict(inputs.sets),
        parameters_hash=inputs.parameters.hash,
        data_hash=data_hash(scenario),
        tables=tables,
        **circumstances(rules_file, folder, seconds),
    )


def source_file(item: Scenario | Policy) -> SourceFile:
    """The record of a scenario or policy."""
    return SourceFile(name=item.name, title=item.title, path=shown_path(item.path) if item.path else "", hash=item.hash)


def policy_record(policy: Policy) -> PolicyRecord:
    """The record of a policy with what it changes."""
    changes = tuple(
        ChangeRecord(**{name: getattr(change, name) for name in ChangeRecord.model_fields}) for change in policy.changes
    )
    return PolicyRecord(**source_file(policy).model_dump(), changes=changes)


def circumstances(rules_file: Path | None, folder: Path, seconds: float) -> dict[str, Any]:
    """What a manifest records of the program and the machine."""
    return {
        "format": FORMAT,
        "version": __version__,
        "rules": Rules(file=shown_path(rules_file) if rules_file else None, hash=rule_hash(rules_file)),
        "command": (Path(sys.argv[0]).name, *sys.argv[1:]),  # where the program lies is nobody's business
        "folder": shown_path(folder),
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "duration_seconds": round(seconds, 3),
        "compiled": not is_interpreted(),
        "host": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "libraries": _versions(),
    }


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
    either: Any = TypeAdapter(Annotated[Manifest | StudyManifest, Field(discriminator="kind")])
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **either.json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
