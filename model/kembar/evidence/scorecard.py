"""What `kembar validate` finds: every pattern, target, claim and score with its verdict and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from kembar.evidence.declaration import NO_STATISTIC, Part, Pattern, Target
from kembar.evidence.signs import SignFound
from kembar.evidence.statistics import Estimate, Verdict, judge, judge_all

RUNS: Final = 200  # of every world, as the criteria ask
REDUCED_RUNS: Final = 12


@dataclass(frozen=True)
class Measured:
    """One part of a criterion, or one target: the number, its interval, and its verdict."""

    statistic: str
    unit: str
    world: str
    low_bound: float | None
    high_bound: float | None
    value: float | None
    interval: tuple[float, float] | None
    count: int
    verdict: Verdict


@dataclass(frozen=True)
class PatternFound:
    """A pattern with its verdict."""

    id: str
    verdict: Verdict
    criterion: str
    parts: tuple[Measured, ...]
    figure: str
    revised: str | None  # what was changed in the model with this pattern's value known, None when nothing was
    source: tuple[str, ...]

    @property
    def deciding(self) -> Measured:
        """The part that the verdict hangs on, the first one among equals."""
        return next(part for part in self.parts if part.verdict == self.verdict)


@dataclass(frozen=True)
class TargetFound:
    """A target with its verdict; `reason` says why one without a number has none."""

    id: str
    role: str
    mark: str
    about: str
    found: Measured | None
    verdict: Verdict
    reason: str | None
    figure: str | None
    source: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """A forecast of dated outcomes scored against a simple benchmark; lower is better."""

    id: str
    outcomes: int
    model: float | None
    benchmarks: Mapping[str, float | None]
    interval: tuple[float, float] | None  # of the difference to the better benchmark
    verdict: Verdict
    reason: str | None


@dataclass(frozen=True)
class Scorecard:
    """All that was found, with the number of runs that it rests on."""

    runs: int
    is_reduced: bool
    patterns: tuple[PatternFound, ...]
    targets: tuple[TargetFound, ...]
    signs: tuple[SignFound, ...]
    scores: tuple[Score, ...]
    folder: str | None = field(default=None, compare=False)

    def count(self, verdict: Verdict) -> int:
        """How many patterns got a verdict."""
        return sum(pattern.verdict == verdict for pattern in self.patterns)

    def as_json(self) -> dict[str, Any]:
        """The form that `--json` prints; the path stands under `manifest`."""
        patterns = [
            {
                "id": pattern.id,
                "verdict": pattern.verdict,
                "criterion": pattern.criterion,
                "value": pattern.deciding.value,
                "interval": pattern.deciding.interval,
                "figure": pattern.figure,
                "revised": pattern.revised,
                "parts": [asdict(part) for part in pattern.parts],
            }
            for pattern in self.patterns
        ]
        return {
            "runs": self.runs,
            "reduced": self.is_reduced,
            "patterns": patterns,
            "targets": [asdict(target) for target in self.targets],
            "signs": [sign.as_json() for sign in self.signs],
            "scores": [asdict(score) for score in self.scores],
            "manifest": {"folder": self.folder},
        }


def measure_part(part: Part, found: Estimate) -> Measured:
    """One part's number beside its bounds."""
    interval = None if found.low is None or found.high is None else (found.low, found.high)
    verdict = judge(part, found)
    return Measured(
        part.statistic, part.unit, part.world, part.low, part.high, found.value, interval, int(found.count), verdict
    )


def find_pattern(pattern: Pattern, estimates: Mapping[str, Estimate], figure: str) -> PatternFound:
    """The verdict on a pattern."""
    parts = tuple(measure_part(part, estimates[part.statistic]) for part in pattern.parts)
    verdict = judge_all([part.verdict for part in parts])
    return PatternFound(pattern.key, verdict, pattern.criterion, parts, figure, pattern.revised, pattern.source)


def find_target(target: Target, estimates: Mapping[str, Estimate], figure: str) -> TargetFound:
    """The verdict on a target."""
    if target.part.statistic == NO_STATISTIC:
        return TargetFound(
            target.key, target.role, target.mark, target.about, None, "not enough data", target.reason, None,
            target.source,
        )  # fmt: skip
    found = measure_part(target.part, estimates[target.part.statistic])
    return TargetFound(
        target.key, target.role, target.mark, target.about, found, found.verdict, None, figure, target.source
    )
