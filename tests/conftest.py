"""The markers of the test suite, and what the tests of rules share: the rules as plain Python and empty records."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

MARKERS = {
    "slow": "takes more than a few seconds; does less when the environment variable KEMBAR_REDUCED is 1",
    "validation": "compares the model with published evidence over many runs",
    "packaging": "builds the wheel or makes an environment",
    "browser": "drives a web browser",
}

Blank = Callable[..., Any]


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


class Rules(dict[str, Callable[..., Any]]):
    """Every rule by name; short in the report of a failed test."""

    def __repr__(self) -> str:
        return "Rules()"


@pytest.fixture
def hearing_sigint() -> Callable[[], None]:
    """For `preexec_fn`: a child of a job in the background would be deaf to SIGINT, as such a job is."""

    def listen() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return listen


@pytest.fixture(scope="session")
def rules() -> Rules:
    """Every rule by name, as plain Python."""
    from kembar.compilation import kernel

    return Rules(kernel(interpreted=True).rules)


@pytest.fixture(scope="session")
def shipped_parameters() -> np.ndarray:
    """The record of constants and uncertainties at their shipped values."""
    from kembar.inputs import build
    from kembar.scenario.reader import load_scenario

    return build(load_scenario("two-cities")).arrays["parameters"]


@pytest.fixture
def parameters(shipped_parameters: np.ndarray) -> Any:
    """A record of parameters that a test may write; a hand calculation sets the numbers it uses."""
    import numpy as np

    return shipped_parameters.copy().view(np.recarray)[0]


def _blank(dtype: Any) -> Blank:
    import numpy as np

    def make(**values: Any) -> Any:
        record = np.zeros(1, dtype).view(np.recarray)[0]
        for name, value in values.items():
            record[name] = value
        return record

    return make


@pytest.fixture(scope="session")
def new_city() -> Blank:
    """Makes a record of a city: zero but for the values given."""
    from kembar import records

    return _blank(records.CITY)


@pytest.fixture(scope="session")
def new_country() -> Blank:
    """Makes a record of a country: zero but for the values given."""
    from kembar import records

    return _blank(records.COUNTRY)


@pytest.fixture(scope="session")
def new_agreement() -> Blank:
    """Makes a record of an agreement: zero but for the values given, no preference but when given."""
    from kembar import records

    make = _blank(records.AGREEMENT)
    return lambda **values: make(**{"preference": 1.0, **values})


@pytest.fixture(scope="session")
def new_levers() -> Blank:
    """Makes a record of levers: zero but for the values given."""
    from kembar.inputs import lever_dtype

    return _blank(lever_dtype())


@pytest.fixture
def two_towns(rules: Mapping[str, Callable[..., Any]]) -> Any:
    """The shipped world of two cities with its agreement just signed, its parameters free to be written."""
    import numpy as np

    from kembar import records
    from kembar.inputs import build
    from kembar.scenario.reader import load_scenario
    from kembar.world import make_world

    world = make_world(build(load_scenario("two-cities")), 1)
    world = world._replace(parameters=world.parameters.copy().view(np.recarray))
    rules["begin"](world)
    rules["sign"](world, 0, 0)
    world.counters[records.EVENT_ROWS] = 0  # a test's own events come first
    return world
