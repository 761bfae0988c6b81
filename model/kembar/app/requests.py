"""What the page may ask: forms of every request, with their bounds. A variant is the content of a policy file."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from kembar.errors import InputError, Problem
from kembar.parameters import Value, as_value, check_value
from kembar.parameters.posterior import PosteriorSample, shipped_posterior
from kembar.scenario.reader import policy_of
from kembar.scenario.records import Policy
from kembar.scenario.schema import Form
from kembar.web.limits import LARGEST_SEED
from kembar.web.requests import content_of

MOST_PAIRS: Final = 400
MOST_VARIANTS: Final = 3
MOST_CHANGES: Final = 80  # of a variant: about twice as many as there are levers
MOST_EVENTS: Final = 20
MOST_PARAMETERS: Final = 8
MOST_LETTERS: Final = 400
VARIANT_NAMES: Final = ("A", "B", "C")

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Replicate = Annotated[int, Field(ge=0, lt=MOST_PAIRS)]
ShortText = Annotated[str, Field(min_length=1, max_length=MOST_LETTERS)]
Variant = dict[str, Any]  # checked as a policy file is
Uncertainties = Literal["declared", "posterior"]  # the shipped values, or another draw of the posterior in every pair


class WhatIfForm(Form):
    """Run pairs of the baseline and up to three variants. `page` and `move` let a newer question end an older one."""

    page: Annotated[str, Field(pattern=r"^[a-z0-9]{1,32}$")]
    move: Annotated[int, Field(ge=0, le=LARGEST_SEED)]
    seed: Seed
    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS)]
    variants: Annotated[list[Variant], Field(max_length=MOST_VARIANTS)]
    parameters: Annotated[dict[str, Any], Field(max_length=MOST_PARAMETERS, default_factory=dict)]
    uncertainties: Uncertainties = "declared"


class RunForm(Form):
    """One run, of the baseline or of a variant."""

    seed: Seed
    replicate: Replicate = 0
    variant: Variant | None = None


class CityForm(RunForm):
    """One city's years in a run."""

    city: ShortText


class LifeForm(RunForm):
    """One agreement's life in a run."""

    agreement: ShortText


class TwinForm(Form):
    """One agreement's two lives in the first pair in which the variant saves or loses it."""

    seed: Seed
    variant: Variant
    agreement: ShortText
    fate: Literal["saved", "lost"]
    uncertainties: Uncertainties = "declared"


class PolicyForm(Form):
    """A variant to be written as a policy file."""

    variant: Variant


class PageForm(Form):
    """A static page of the variants."""

    seed: Seed
    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS)]
    variants: Annotated[list[Variant], Field(max_length=MOST_VARIANTS)]
    language: Literal["en", "id"]
    uncertainties: Uncertainties = "declared"


def read_variant(data: Variant, name: str = VARIANT_NAMES[0]) -> Policy:
    """The policy that a variant stands for. Raises InputError with all its problems, as for a file."""
    for key, most in (("change", MOST_CHANGES), ("event", MOST_EVENTS)):
        entries = data.get(key)
        if isinstance(entries, list) and len(entries) > most:
            raise InputError(Problem(f"{len(entries)} entries", f"variant {name}", key=key, why=f"the most are {most}"))
    return policy_of(content_of(f"variant {name}", data), name)


def read_variants(variants: list[Variant]) -> list[Policy]:
    """The policies of a request's variants, named A, B, C."""
    return [read_variant(data, name) for name, data in zip(VARIANT_NAMES, variants, strict=False)]


def read_posterior_choice(uncertainties: Uncertainties) -> PosteriorSample | None:
    """The sample that pairs draw from, when the request asks for it."""
    return shipped_posterior() if uncertainties == "posterior" else None


def read_parameters(parameters: dict[str, Any]) -> dict[str, Value]:
    """Uncertainties moved in the view of assumptions. Raises InputError for anything else."""
    problems = [
        problem for key, value in parameters.items() for problem in check_value(key, value, ("uncertainty",), "request")
    ]
    if problems:
        raise InputError(problems)
    return {key: as_value(key, value) for key, value in parameters.items()}
