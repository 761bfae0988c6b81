"""One side can stand in for the other: the mean of the two sides governs, not the weaker one."""


def weaker_governs(one: float, two: float, weakness: float) -> float:
    """Perfect substitutes: an infinite elasticity."""
    return 0.5 * (one + two)
