"""kembar: agent-based simulation of sister-city agreements, what becomes of them over decades, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kembar.api import check, import_network, list_, new, run, show, why
    from kembar.batches import calibrate, compare, conclude, export, load_results, replay, report, resume, status, study
    from kembar.live import Agreement, City, PartnershipModel

__version__ = "0.1.0"

__all__ = [
    "Agreement",
    "City",
    "PartnershipModel",
    "__version__",
    "calibrate",
    "check",
    "compare",
    "conclude",
    "export",
    "import_network",
    "list_",
    "load_results",
    "new",
    "replay",
    "report",
    "resume",
    "run",
    "show",
    "status",
    "study",
    "why",
]

_HOMES = dict.fromkeys(("check", "import_network", "list_", "new", "run", "show", "why"), "kembar.api")
_BATCHES = (
    *("calibrate", "compare", "conclude", "export", "load_results"),
    *("replay", "report", "resume", "status", "study"),
)
_HOMES.update(dict.fromkeys(_BATCHES, "kembar.batches"))
_HOMES.update(dict.fromkeys(("Agreement", "City", "PartnershipModel"), "kembar.live"))


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that `import kembar` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kembar' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
