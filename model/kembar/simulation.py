"""The quarter on one screen, and a whole run.

`simulate` never returns to Python before the end asked for and holds no global state: it may run in many threads.
"""

from kembar.compilation import rule
from kembar.records import BEGUN, OVERFLOWED, QUARTERS_PER_YEAR, World
from kembar.rules.allocation import allocation, keep_up
from kembar.rules.beginning import begin
from kembar.rules.benefits import benefits
from kembar.rules.budgets import budgets
from kembar.rules.elections import elections
from kembar.rules.evaluation import evaluation
from kembar.rules.exchange import exchange
from kembar.rules.lifecycle import lifecycle
from kembar.rules.negotiation import negotiation
from kembar.rules.recording import recording
from kembar.rules.search import partner_search
from kembar.rules.staffing import staffing
from kembar.rules.surroundings import surroundings


@rule
def step(world: World, quarter: int) -> None:
    """One quarter, in order."""
    quarter_of_year = quarter % QUARTERS_PER_YEAR
    surroundings(world, quarter, quarter_of_year)
    elections(world, quarter)
    budgets(world, quarter, quarter_of_year)
    staffing(world, quarter)
    partner_search(world, quarter)
    negotiation(world, quarter)
    allocation(world)
    exchange(world, quarter)
    spend(world, quarter_of_year)
    benefits(world, quarter)
    evaluation(world)
    lifecycle(world, quarter)
    recording(world, quarter)


@rule
def spend(world: World, quarter_of_year: int) -> None:
    """Book what the quarter's programmes, exchanges and, at the end of a fiscal year, upkeep cost."""
    keep_up(world, quarter_of_year)
    for row in range(len(world.cities)):
        city = world.cities[row]
        city.spent_kusd += city.spending_kusd


@rule
def simulate(world: World, first_quarter: int, end_quarter: int) -> bool:
    """Run from a quarter to before another; from quarter 0 the start is drawn first, unless it has been drawn before.

    False when a buffer was too small and the run must be repeated with more room.
    """
    if first_quarter == 0 and world.counters[BEGUN] == 0:
        world.counters[BEGUN] = 1
        begin(world)
    for quarter in range(first_quarter, end_quarter):
        step(world, quarter)
        if world.counters[OVERFLOWED] == 1:
            return False
    return True
