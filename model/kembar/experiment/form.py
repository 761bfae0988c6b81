"""The form of a study file: the one schema behind files, `kembar compare` and the record in a manifest."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from kembar.scenario.schema import MOST_YEARS, Form, Text, Time, Title

MOST_RUNS: Final = 50_000_000
MOST_CHUNK: Final = 100_000
TABLES: Final = ("runs", "agreements", "cities", "series")  # what a study may keep of every run
SAMPLE_SUFFIX: Final = ".csv"  # of a file with a posterior sample
UNCERTAINTIES: Final = ("all", "none", "posterior")  # or a list of keys, or a file with a posterior sample
MAIN_OUTCOMES: Final = (
    "active_years_per_agreement",
    "active_agreements",
    "restricted_mean_active_years",
    "benefit_points_per_agreement",
    "public_benefit_share",
    "total_cost_kusd",
    "total_cost_kusd_per_active_agreement_year",
)

Count = Annotated[int, Field(ge=1, le=MOST_RUNS)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class FactorForm(Form):
    """One [[factor]]: a number that the design varies; a lever for a target from a date on, or an uncertainty."""

    parameter: Text
    target: Text = "all"
    from_: Time | None = Field(default=None, alias="from")
    until: Time | None = None
    levels: Annotated[list[float | int], Field(min_length=1)] | None = None
    range: Annotated[list[float | int], Field(min_length=2, max_length=2)] | None = None


class DesignForm(Form):
    """[design]: which combinations of factors are run."""

    kind: Literal["full", "latin_hypercube", "sobol", "morris", "table"] = "full"
    points: Annotated[int, Field(ge=1, le=1_000_000)] | None = None  # latin_hypercube
    base: Annotated[int, Field(ge=2, le=1_000_000)] | None = None  # sobol: rows of the base sample
    trajectories: Annotated[int, Field(ge=2, le=100_000)] | None = None  # morris
    levels: Annotated[int, Field(ge=2, le=100)] = 4  # morris
    second_order: bool = False  # sobol
    seed: Seed = 1
    file: Text | None = None  # table


class PrecisionForm(Form):
    """[precision]: replicates until half the width of the interval of every effect is small enough."""

    outcome: Text
    relative: Annotated[float, Field(gt=0, le=10)]  # of the baseline's mean
    most_replicates: Count


class CalibrationForm(Form):
    """[calibration]: compare every run with the evidence, and draw a posterior sample of the uncertainties."""

    accept: Annotated[int, Field(ge=50, le=1_000_000)]  # draws of the prior that lie nearest to what is known
    draws: Annotated[int, Field(ge=20, le=10_000)]  # of the posterior sample
    held_out: Annotated[int, Field(ge=20, le=100_000)]  # draws of the prior that serve as data of known origin


class CombinationForm(Form):
    """One [[combination]]: policies that hold together, each change at a multiple of its strength."""

    name: Text
    policies: Annotated[list[Text], Field(min_length=1)]
    strength: Annotated[float, Field(ge=0, le=1000)] = 1.0


class StudyForm(Form):
    """A study file."""

    parts: ClassVar[dict[str, type[Form]]] = {
        "factor": FactorForm,
        "design": DesignForm,
        "precision": PrecisionForm,
        "combination": CombinationForm,
        "calibration": CalibrationForm,
    }

    title: Title
    question: Text
    about: Text
    scenarios: Annotated[list[Text], Field(min_length=1)]
    policies: list[Text] = []
    combination: list[CombinationForm] = []
    sets: dict[str, float | int] = {}  # levers for all cities, in every arm
    factor: list[FactorForm] = []
    uncertainties: Text | Annotated[list[Text], Field(min_length=1)] = "none"  # see UNCERTAINTIES
    design: DesignForm = DesignForm()
    replicates: Count | None = None
    precision: PrecisionForm | None = None
    calibration: CalibrationForm | None = None
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    outcomes: Annotated[list[Text], Field(min_length=1)] = list(MAIN_OUTCOMES)
    tables: Annotated[list[Literal["runs", "agreements", "cities", "series"]], Field(min_length=1)] = list(TABLES)
    events: bool = False
    chunk: Annotated[int, Field(ge=1, le=MOST_CHUNK)] | None = None
    seed: Seed = 1
