"""Every statistic of the evidence by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kembar.evidence import benefits, heads, lives, money, network, shocks, talks
from kembar.evidence.statistics import Statistic

STATISTICS: Final[Mapping[str, Statistic]] = {
    **lives.STATISTICS,
    **heads.STATISTICS,
    **money.STATISTICS,
    **network.STATISTICS,
    **benefits.STATISTICS,
    **shocks.STATISTICS,
    **talks.STATISTICS,
}
