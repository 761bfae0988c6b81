"""All limits with known answers, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from kembar.verification import balances, chains
from kembar.verification.limit import Limit

LIMITS: Final[Mapping[str, Callable[[], Limit]]] = {
    "two_state_chain_0.1_0.3": partial(chains.two_state_chain, 0.1, 0.3),
    "two_state_chain_0.3_0.15": partial(chains.two_state_chain, 0.3, 0.15),
    "geometric_life_0.15": partial(chains.geometric_life, 0.15),
    "geometric_life_0.6": partial(chains.geometric_life, 0.6),
    "geometric_sleep": chains.geometric_sleep,
    "money": balances.money_conserved,
    "staff_time": balances.staff_time_conserved,
    "symmetric_pair": balances.symmetric_pair,
    "alike_on_average": balances.alike_on_average,
    "commitment": balances.commitment_of_a_city,
    "staff": balances.staff_of_a_city,
    "absorption": balances.money_of_a_cool_city,
}
