"""Below a threshold money does nothing, above it more does nothing more."""

from kembar.records import Record


def money_factor(money_kusd: float, digital: float, knowledge: float, p: Record) -> float:
    """A step that is almost sharp (Hill exponent 8 in the place of 2)."""
    need = p.money_threshold_kusd * (1.0 - p.digital_saving * digital) * (1.0 - knowledge * (1.0 - p.knowledge_cost))
    share = (money_kusd / need) ** 8 if need > 0.0 else 1.0
    return float(share / (1.0 + share)) if money_kusd > 0.0 else 0.0
