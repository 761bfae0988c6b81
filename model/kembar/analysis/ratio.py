"""The ratio of two means over the same runs, with Fieller's interval.

For means x and y with variances v_x, v_y and covariance c the interval holds the ratios r for which x - r·y does not
differ from zero: (x - r·y)² <= t² (v_x - 2 r c + r² v_y). It is finite only when y itself differs from zero; otherwise
every bound one could print would be wrong, and there is none.
Fieller, E. C. (1954), Journal of the Royal Statistical Society B 16(2), 175-185.
"""

from __future__ import annotations

import math

import numpy as np

from kembar.analysis.estimates import (
    LEAST_VALUES,
    LEVEL,
    ROUNDING,
    Estimate,
    Floats,
    Reason,
    missing,
    student_quantile,
)


def ratio_of_means(
    above: Floats, below: Floats, level: float = LEVEL, sizes: tuple[float, float] = (0.0, 0.0)
) -> Estimate:
    """Mean of `above` over mean of `below`, both with one value for each run; runs without either are left out.

    `sizes` are those of the numbers from which the two were made, as in `estimates.moments`.

    >>> found = ratio_of_means(np.array([2.0, 4.0, 6.0, 8.0]), np.array([1.0, 2.1, 2.9, 4.0]))
    >>> round(found.mean, 2), round(found.low, 2), round(found.high, 2)
    (2.0, 1.75, 2.12)
    """
    pairs = np.column_stack([np.asarray(above, np.float64), np.asarray(below, np.float64)])
    known = pairs[np.isfinite(pairs).all(axis=1)]
    runs, left_out = len(known), len(pairs) - len(known)
    if runs < LEAST_VALUES:
        return missing(Reason("one_value" if runs else "no_value"), level, runs, left_out)
    x, y = known.mean(axis=0).tolist()
    (v_x, c), (_, v_y) = (np.cov(known, rowvar=False) / runs).tolist()
    smallest = [ROUNDING * max(size, float(np.abs(known[:, place]).max())) for place, size in enumerate(sizes)]
    v_x, v_y = (0.0 if v <= (noise**2) / runs else v for v, noise in zip((v_x, v_y), smallest, strict=True))
    t = float(student_quantile(level, runs - 1))
    a, b, rest = y * y - t * t * v_y, x * y - t * t * c, x * x - t * t * v_x
    if abs(y) <= smallest[1] or a <= 0.0:
        return missing(Reason("no_finite_interval"), level, runs, left_out)
    reach = math.sqrt(max(0.0, b * b - a * rest))
    reason = Reason("no_spread", (("runs", runs),)) if v_x == 0.0 and v_y == 0.0 else None
    return Estimate(x / y, (b - reach) / a, (b + reach) / a, None, level, runs, left_out, reason=reason)
