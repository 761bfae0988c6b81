"""Only the weaker side counts: no strength of the other makes up for it."""


def weaker_governs(one: float, two: float, weakness: float) -> float:
    """Perfect complements: an elasticity of nil."""
    return min(one, two)
