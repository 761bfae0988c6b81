"""The markers of the test suite."""

import pytest

MARKERS = {
    "slow": "takes more than a few seconds; does less when the environment variable KEMBAR_REDUCED is 1",
    "validation": "compares the model with published evidence over many runs",
    "packaging": "builds the wheel or makes an environment",
    "browser": "drives a web browser",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
