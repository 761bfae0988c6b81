"""Every bit of money helps a bit: no threshold, only less and less gain."""

from kembar.records import Record


def money_factor(money_kusd: float, digital: float, knowledge: float, p: Record) -> float:
    """Saturating from the first coin on (Hill exponent 1 in the place of 2)."""
    need = p.money_threshold_kusd * (1.0 - p.digital_saving * digital) * (1.0 - knowledge * (1.0 - p.knowledge_cost))
    return float(money_kusd / (money_kusd + need)) if money_kusd > 0.0 else 0.0
