"""Small forms that several rules share: bounded moves, saturation, Kumaraswamy draws, the logistic curve."""

import math

from kembar.compilation import rule


@rule
def bounded(value: float) -> float:
    """The value, kept within 0 and 1."""
    return min(1.0, max(0.0, value))


@rule
def chance(rate_per_year: float, years: float) -> float:
    """Probability that something with this yearly rate happens within the step.

    It is also the share of the way that a quantity goes in the step when it approaches a goal at this rate.
    """
    return -math.expm1(-max(0.0, rate_per_year) * years)


@rule
def kumaraswamy(draw: float, shape_low: float, shape_high: float) -> float:
    """Quantile of the Kumaraswamy distribution on 0-1 (Kumaraswamy 1980), a Beta with a closed inverse."""
    return math.pow(1.0 - math.pow(1.0 - draw, 1.0 / shape_high), 1.0 / shape_low)


@rule
def logistic(score: float) -> float:
    """Probability from log-odds."""
    if score >= 0.0:
        return 1.0 / (1.0 + math.exp(-score))
    growth = math.exp(score)
    return growth / (1.0 + growth)


@rule
def log_odds(probability: float) -> float:
    """Log-odds of a probability strictly within 0 and 1."""
    return math.log(probability / (1.0 - probability))
