"""Plays two cities many times, with the model's rules or with a rule of yours.

    python try_a_rule.py                     the model as it is
    python try_a_rule.py both_sides_count.py one rule replaced
"""

import sys

import numpy as np

from kembar import PartnershipModel

SEEDS = 60
CUT = 0.2  # what is left of Sagara's money and posts when its council cuts


def play(seed, rules=None, cut=False):
    """One possible future: exchanges of the two cities, and the years in which their agreement was active."""
    model = PartnershipModel("two-cities", rules=rules, rng=seed)
    if cut:
        sagara = model.city("Sagara")
        sagara.levers.funding_share = CUT * sagara.levers.funding_share
        sagara.levers.staff_factor = CUT * sagara.levers.staff_factor
    active_quarters = 0
    while model.running:
        model.step()
        active_quarters += model.stages["active"]
    exchanges = sum(agreement.city_exchanges for agreement in model.agreements)
    return exchanges, active_quarters / 4


def compare(rules=None, seeds=SEEDS):
    """Means over the seeds without and with the cut, and the loss with its 95 % interval over pairs of one seed."""
    whole = np.array([play(seed, rules) for seed in range(1, seeds + 1)], float)
    cut = np.array([play(seed, rules, cut=True) for seed in range(1, seeds + 1)], float)
    loss = whole - cut
    half = 1.96 * loss.std(axis=0, ddof=1) / np.sqrt(seeds)
    found = {}
    for place, name in enumerate(("exchanges", "active_years")):
        mean = whole[:, place].mean()
        found[name] = {
            "whole": float(mean),
            "cut": float(cut[:, place].mean()),
            "loss": float(loss[:, place].mean()),
            "half": float(half[place]),
            "share": float(loss[:, place].mean() / mean),
        }
    return found


def first_years(seed, years=10):
    """The state as each of the first years ends, for a look before anything is changed."""
    model = PartnershipModel("two-cities", rng=seed)
    rows = []
    for year in range(years):
        for _ in range(4):
            model.step()
        sagara, lindau = model.city("Sagara"), model.city("Lindau am Meer")
        (agreement,) = list(model.agreements)
        rows.append(
            {
                "year": 2026 + year,
                "stage": agreement.stage_name,
                "trust": float(agreement.trust),
                "sagara": float(sagara.commitment),
                "lindau": float(lindau.commitment),
                "exchanges": int(agreement.city_exchanges),
            }
        )
    return rows


if __name__ == "__main__":
    for name, row in compare(sys.argv[1] if len(sys.argv) > 1 else None).items():
        words = "{whole:.1f}, with the cut {cut:.1f}: {loss:.1f} fewer (give or take {half:.1f}), or {percent:.0f} %"
        print(f"{name}:", words.format(**row, percent=100 * row["share"]))
