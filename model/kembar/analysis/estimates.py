"""Numbers and what they rest on: a mean over runs with Student's interval, a share with Wilson's, or why there is none.

The unit of replication is the run (or the pair of runs); values that a run does not have are NaN, are left out and
are counted. Nothing here is ever NaN: a number that does not exist is None and stands beside its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr, stdtrit

from kembar.language import Messages, messages

Floats = npt.NDArray[np.float64]

LEVEL: Final = 0.95  # of confidence, unless another is asked for
ROUNDING: Final = 1e-12  # a spread below this part of the numbers' size is rounding error
LEAST_VALUES: Final = 2  # that show a spread


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number is missing or odd: the message `findings.reason.KEY` and the counts and names in it.

    >>> print(Reason("few_pairs", (("needed", 100), ("pairs", 40))))
    at least 100 pairs are needed and there are 40
    """

    key: str
    values: tuple[tuple[str, int | str], ...] = ()

    def told(self, language: Messages) -> str:
        """The reason in a language."""
        shown = {name: language.number(value) if isinstance(value, int) else value for name, value in self.values}
        return language.text(f"findings.reason.{self.key}", **shown)

    def __str__(self) -> str:
        return self.told(messages("en"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that may not exist, and then the reason why."""

    value: float | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over runs, or a share of runs, with its confidence interval.

    `runs` counts the values used, `left_out` the runs without a value; `degrees` are the degrees of freedom of
    Student's interval, None where the interval is another one. `reason` says why there is no mean or no interval, or
    why the interval has no width.
    """

    mean: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    level: float
    runs: int
    left_out: int = 0
    degrees: int | None = None
    reason: Reason | None = None

    @property
    def is_clear(self) -> bool:
        """Whether there is an interval and it excludes zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)

    @property
    def has_width(self) -> bool:
        """Whether there is an interval and it is wider than one number."""
        return self.low is not None and self.high is not None and self.high > self.low

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width, None without an interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2.0


def missing(reason: Reason, level: float = LEVEL, runs: int = 0, left_out: int = 0) -> Estimate:
    """An estimate that does not exist."""
    return Estimate(None, None, None, None, level, runs, left_out, reason=reason)


def student_quantile(level: float, degrees: Any) -> Any:
    """How many standard errors a two-sided interval of Student's t reaches to either side.

    >>> round(float(student_quantile(0.95, 49)), 3)
    2.01
    """
    return stdtrit(degrees, 0.5 + level / 2.0)


@dataclass(frozen=True, slots=True)
class Moments:
    """Counts, means and sample variances of columns; NaN where a column has too few values (for use inside only)."""

    counts: npt.NDArray[np.int64]
    means: Floats
    variances: Floats


def moments(values: Floats, sizes: Floats | None = None) -> Moments:
    """Moments of the columns of `values` (runs, columns), values that are not finite left out.

    `sizes` (columns) is the size of the numbers that the values were made from, when that is larger than the values
    themselves: a spread, and then a mean, below ROUNDING times it is rounding error and becomes zero.
    """
    is_known = np.isfinite(values)
    counts = is_known.sum(axis=0)
    known = np.where(is_known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = known.sum(axis=0) / counts
        deviations = np.where(is_known, values - means, 0.0)
        means += deviations.sum(axis=0) / counts  # the second pass takes off what the first one rounded
        deviations = np.where(is_known, values - means, 0.0)
        variances = (deviations**2).sum(axis=0) / (counts - 1.0)
    largest = np.abs(known).max(axis=0, initial=0.0)
    smallest_spread = ROUNDING * (largest if sizes is None else np.maximum(largest, sizes))
    is_still = variances <= smallest_spread**2
    variances = np.where(counts < LEAST_VALUES, np.nan, np.where(is_still, 0.0, variances))
    means = np.where(is_still & (np.abs(means) <= smallest_spread), 0.0, means)
    return Moments(counts, means, variances)


def mean_estimates(values: Floats, level: float = LEVEL, sizes: Floats | None = None) -> tuple[Estimate, ...]:
    """The mean of each column of `values` (runs, columns) with Student's interval; `sizes` as in `moments`."""
    found = moments(values, sizes)
    errors = np.sqrt(found.variances / np.maximum(found.counts, 1))
    columns = zip(found.counts.tolist(), found.means.tolist(), errors.tolist(), strict=True)
    return tuple(
        student_estimate(mean, error, count - 1, level, count, len(values) - count) for count, mean, error in columns
    )


def student_estimate(
    mean: float, standard_error: float, degrees: int, level: float, runs: int, left_out: int
) -> Estimate:
    """Student's interval around the mean of `runs` values, whose standard error was estimated with so many degrees."""
    if runs == 0:
        return missing(Reason("no_value"), level, 0, left_out)
    if runs < LEAST_VALUES:
        return Estimate(mean, None, None, None, level, runs, left_out, reason=Reason("one_value"))
    reach = float(student_quantile(level, degrees)) * standard_error
    reason = Reason("no_spread", (("runs", runs),)) if standard_error == 0.0 else None
    return Estimate(mean, mean - reach, mean + reach, standard_error, level, runs, left_out, degrees, reason)


def mean_estimate(values: Sequence[float] | Floats, level: float = LEVEL, size: float = 0.0) -> Estimate:
    """The mean of the values of runs with Student's interval.

    >>> found = mean_estimate([1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 3), round(found.high, 3), found.runs
    (2.0, -0.484, 4.484, 3)
    """
    column = np.asarray(values, np.float64).reshape(-1, 1)
    return mean_estimates(column, level, np.array([size]))[0]


def p_value(estimate: Estimate) -> float | None:
    """Chance of a mean as far from zero when the true mean is zero (Student, two-sided); None without his interval."""
    if estimate.mean is None or estimate.standard_error is None or estimate.degrees is None:
        return None
    if estimate.standard_error == 0.0:
        return 1.0 if estimate.mean == 0.0 else 0.0
    return float(2.0 * stdtr(estimate.degrees, -abs(estimate.mean) / estimate.standard_error))


def share_intervals(counts: Any, runs: int, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's interval of shares `counts / runs`: lower and upper ends, within 0 and 1.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.

    >>> low, high = share_intervals([0, 50], 100)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.404], [0.037, 0.596])
    """
    share = np.asarray(counts, np.float64) / runs
    z = float(ndtri(0.5 + level / 2.0))
    middle = (share + z * z / (2.0 * runs)) / (1.0 + z * z / runs)
    reach = z / (1.0 + z * z / runs) * np.sqrt(share * (1.0 - share) / runs + z * z / (4.0 * runs * runs))
    return np.where(share == 0.0, 0.0, middle - reach), np.where(share == 1.0, 1.0, middle + reach)
