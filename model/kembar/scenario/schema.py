"""The form of scenario and policy files, and the translation of its breaches into messages for the reader.

Loaded only when a file is read, because the library behind it takes longer to load than a policy takes to read.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError
from pydantic_core import PydanticCustomError

from kembar.errors import InputError, Problem, nearest
from kembar.scenario.times import FIRST_YEAR, LAST_YEAR, format_quarter, parse_quarter
from kembar.scenario.toml_file import TomlFile, shown_key
from kembar.scenario.toml_lines import Place

EVENT_KINDS = ("travel_stop", "fiscal_crisis", "freeze", "disaster")
MOST_YEARS = 200
LONGEST_TITLE = 100  # letters; longer ones would not fit into a figure
MOST_SYNTHETIC_CITIES = 50_000
MOST_SYNTHETIC_COUNTRIES = 260  # as many codes as there are of a letter and a digit


def _time(value: object) -> int:
    try:
        return parse_quarter(value)
    except ValueError as error:
        raise PydanticCustomError("time", "{sentence}", {"sentence": str(error)}) from None


Time = Annotated[int, BeforeValidator(_time), PlainSerializer(format_quarter, when_used="json")]
Text = Annotated[str, Field(min_length=1)]
Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Entry = dict[str, Any]  # a row of a table, checked with the columns of that table


class Form(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True, populate_by_name=True)
    parts: ClassVar[dict[str, type[Form]]] = {}  # the form of each table or array of tables in it


class ChangeForm(Form):
    """One [[change]]."""

    parameter: Text
    target: Text
    from_: Time = Field(alias="from")
    until: Time | None = None
    value: Any  # checked against the lever's declaration
    because: Text


class EventForm(Form):
    """One [[event]]."""

    kind: Literal["travel_stop", "fiscal_crisis", "freeze", "disaster"]
    from_: Time = Field(alias="from")
    until: Time
    severity: Annotated[float, Field(ge=0, le=1)]
    where: Annotated[list[Text], Field(min_length=1)]
    because: Text


class TablesForm(Form):
    """[tables]: paths relative to the scenario's folder."""

    countries: Text | None = None
    cities: Text | None = None
    agreements: Text | None = None
    elections: Text | None = None
    elections_variant: Text | None = None


class SyntheticForm(Form):
    """[synthetic]: the size and seed of a generated world."""

    cities: Annotated[int, Field(ge=2, le=MOST_SYNTHETIC_CITIES)]
    countries: Annotated[int, Field(ge=1, le=MOST_SYNTHETIC_COUNTRIES)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    mean_degree: Annotated[float, Field(ge=1, le=20)] | None = None  # None: the parameter synthetic_mean_degree
    start: Literal["network", "empty"] = "network"


class ScenarioForm(Form):
    """A scenario file; what an extended scenario gives may be left out."""

    parts: ClassVar[dict[str, type[Form]]] = {
        "change": ChangeForm,
        "event": EventForm,
        "tables": TablesForm,
        "synthetic": SyntheticForm,
    }

    title: Title
    about: Text
    extends: Text | None = None
    start_year: Year | None = None
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    kind: Literal["register", "hindcast", "synthetic"] | None = None
    focal_countries: list[Text] | None = None
    tables: TablesForm = TablesForm()
    groups: dict[Text, Annotated[list[Text], Field(min_length=1)]] = {}
    parameters: dict[str, Any] = {}
    change: list[ChangeForm] = []
    event: list[EventForm] = []
    city: list[Entry] = []
    agreement: list[Entry] = []
    synthetic: SyntheticForm | None = None


class PolicyForm(Form):
    """A policy file."""

    parts: ClassVar[dict[str, type[Form]]] = {"change": ChangeForm, "event": EventForm}

    title: Title
    about: Text
    claims: list[Annotated[str, Field(pattern=r"^S\d\d$")]] = []
    change: list[ChangeForm] = []
    event: list[EventForm] = []


_TYPES = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be a finite number",
    "string_too_short": "must not be empty",
    "string_too_long": f"is too long: {LONGEST_TITLE} letters are the most",
    "too_short": "must not be empty",
}


def _known_keys(form: type[Form], place: Place) -> list[str]:
    part = form.parts.get(str(place[0])) if len(place) > 1 else None
    return [field.alias or name for name, field in (part or form).model_fields.items()]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'"


def _translated(toml: TomlFile, form: type[Form], error: Any) -> Problem:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "extra_forbidden":
        return toml.problem(place, "unknown key", suggestion=nearest(str(place[-1]), _known_keys(form, place)))
    if kind == "missing":
        what = "is missing"
        return Problem(what, toml.name, toml.line(place[:-1]) or 1, shown_key(place))
    if kind == "value_error":
        return toml.problem(place, str(context["error"]))
    if kind == "time":
        return toml.problem(place, str(context["sentence"]))
    if kind == "literal_error":
        expected = str(context["expected"]).replace(" or ", ", ").replace("'", "")
        close = nearest(str(value), expected.split(", "))
        return toml.problem(place, f"{_shown(value)} is not allowed", f"it is one of {expected}", close)
    if kind in ("greater_than_equal", "less_than_equal", "less_than", "greater_than"):
        sense, bound = next(iter(context.items()))
        words = {"ge": "the least is", "le": "the greatest is", "lt": "it lies below", "gt": "it lies above"}[sense]
        return toml.problem(place, f"{value} is outside its range", f"{words} {bound:g}")
    if kind == "string_pattern_mismatch":
        return toml.problem(place, f"{_shown(value)} is not a claim", "claims are written S01 to S99")
    told = _TYPES.get(kind)
    if told is None:
        return toml.problem(place, str(error["msg"]))
    return toml.problem(place, told if "empty" in told or "letters" in told else f"{told}, not {_shown(value)}")


FormOrPart = TypeVar("FormOrPart", bound=Form)


def read_form(toml: TomlFile, form: type[FormOrPart]) -> FormOrPart:
    """The file's content in its form. Raises InputError with all its problems."""
    try:
        return form.model_validate(toml.data)
    except ValidationError as error:
        problems = [_translated(toml, form, part) for part in error.errors(include_url=False)]
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0)) from None
