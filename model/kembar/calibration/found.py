"""What a calibration finds, as plain data: for the page, for `--json`, and for the documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

TargetUse = Literal["used", "met by every draw", "not run", "validate"]


@dataclass(frozen=True)
class TargetChecked:
    """One target: how often draws from the ranges meet it, and how often draws from the posterior do in new runs."""

    id: str
    role: str
    use: TargetUse
    range: tuple[float, float]
    unit: str
    prior_within: float | None
    posterior_within: float
    prior_median: float | None
    posterior_median: float


@dataclass(frozen=True)
class NumberTold:
    """One uncertain number: its range, what is left of it, and what the evidence says of it."""

    key: str
    unit: str
    range: tuple[float, float]
    declared: float
    interval: tuple[float, float]  # 90 % of the posterior
    median: float
    narrowed: float  # share of the prior's deviation that is gone; below 0 where the posterior is wider
    gap: float  # largest difference of the two distribution functions
    is_told: bool  # whether the posterior differs from the prior beyond chance


@dataclass(frozen=True)
class CoverageFound:
    """How often intervals of one level hold the number that made the data."""

    level: float
    of_told: float | None  # over the numbers that the evidence tells something about
    of_all: float
    chance: tuple[float, float]  # within which 95 % of such shares lie when the coverage of told numbers is nominal


@dataclass(frozen=True)
class Calibrated:
    """Everything that a calibration found."""

    study: str
    draws: int  # from the ranges
    runs: int
    failed_runs: int
    usable: int  # draws whose runs gave every statistic in use
    accepted: int
    effective: float  # draws of equal weight that say as much
    held_out: int
    posterior_draws: int
    targets: tuple[TargetChecked, ...]
    numbers: tuple[NumberTold, ...]
    coverage: tuple[CoverageFound, ...]
    misfits: tuple[str, ...]  # told numbers whose ranks among held-out draws are not even
    is_nominal: bool
    input_hash: str
    folder: str | None = None

    @property
    def told(self) -> tuple[NumberTold, ...]:
        """The numbers that the evidence says something about, the most certain ones first."""
        return tuple(sorted((item for item in self.numbers if item.is_told), key=lambda item: -item.gap))

    def as_json(self) -> dict[str, Any]:
        """The form that `--json` prints; the path stands under `manifest`."""
        content: Mapping[str, Any] = asdict(self)
        return {key: value for key, value in content.items() if key != "folder"} | {"manifest": {"folder": self.folder}}
