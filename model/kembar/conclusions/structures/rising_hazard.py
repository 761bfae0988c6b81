"""Partnerships wear out: contact builds neither trust nor ties among people, and what there was at signing fades."""

from kembar.records import QUARTERS_PER_YEAR, Record
from kembar.rules.numbers import bounded


def warm(agreement: Record, held: int, levers_a: Record, levers_b: Record, p: Record) -> None:
    """Trust only fades, exchanges or not."""
    agreement.trust = bounded(agreement.trust * (1.0 - p.trust_fading / QUARTERS_PER_YEAR))


def embed(
    agreement: Record, held: int, city_a: Record, city_b: Record, levers_a: Record, levers_b: Record, p: Record
) -> None:
    """People-to-people ties only fade, whatever committees do."""
    agreement.embeddedness = bounded(agreement.embeddedness * (1.0 - p.embeddedness_fading / QUARTERS_PER_YEAR))
