"""Plays two cities many times, with the model's rules and with one of yours in their place, under the same luck.

python try_a_rule.py both_sides_count.py
"""

import sys

import numpy as np

from kembar import PartnershipModel

SEEDS = 50
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


def compare(rules, seeds=SEEDS):
    """Means over the seeds, without and with the cut; differences have a 95 % interval, over pairs of one seed."""
    found = {}
    plays = {}
    for name, file in (("model", None), ("rule", rules)):
        whole = np.array([play(seed, file) for seed in range(1, seeds + 1)], float)
        cut = np.array([play(seed, file, cut=True) for seed in range(1, seeds + 1)], float)
        plays[name] = whole
        found[name] = {
            "exchanges": whole[:, 0].mean().item(),
            "exchanges_cut": cut[:, 0].mean().item(),
            "lost": 1 - cut[:, 0].mean().item() / whole[:, 0].mean().item(),
            "active_years": whole[:, 1].mean().item(),
            "active_years_cut": cut[:, 1].mean().item(),
        }
    more = plays["rule"][:, 0] - plays["model"][:, 0]
    half = 1.96 * more.std(ddof=1).item() / seeds**0.5
    found["more_exchanges"] = {
        "mean": more.mean().item(),
        "low": more.mean().item() - half,
        "high": more.mean().item() + half,
    }
    return found


def first_years(seed, years=10):
    """The state as each of the first years ends, for a look before anything is changed."""
    model = PartnershipModel("two-cities", rng=seed)
    rows = []
    for _ in range(years):
        year = int(model.date[:4])
        for _ in range(4):
            model.step()
        sagara, lindau = model.city("Sagara"), model.city("Lindau am Meer")
        (agreement,) = list(model.agreements)
        rows.append(
            {
                "year": year,
                "stage": agreement.stage_name,
                "trust": float(agreement.trust),
                "sagara": float(sagara.commitment),
                "lindau": float(lindau.commitment),
                "exchanges": int(agreement.city_exchanges),
            }
        )
    return rows


def mean_commitment(seeds=SEEDS):
    """Commitment of the heads of both cities, 0 to 1: the mean over all quarters and seeds."""
    found = []
    for seed in range(1, seeds + 1):
        model = PartnershipModel("two-cities", rng=seed)
        cities = [model.city("Sagara"), model.city("Lindau am Meer")]
        while model.running:
            model.step()
            found.extend(city.commitment for city in cities)
    return float(np.mean(found))


def table(found):
    """The comparison as lines of text."""
    yield f"{'':40}{'the model':>10}{'your rule':>11}"
    for words, key, percent in (
        ("exchanges in the whole run", "exchanges", False),
        ("exchanges when Sagara cuts", "exchanges_cut", False),
        ("lost by the cut [%]", "lost", True),
        ("active years", "active_years", False),
        ("active years when Sagara cuts", "active_years_cut", False),
    ):
        numbers = (100 * found[side][key] if percent else found[side][key] for side in ("model", "rule"))
        yield f"{words:40}" + "".join(f"{number:>10.1f} " for number in numbers)
    yield "Your rule brings {mean:+.1f} exchanges (95 % interval {low:+.1f} to {high:+.1f}).".format(
        **found["more_exchanges"]
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python try_a_rule.py RULES.py")
    print("\n".join(line.rstrip() for line in table(compare(sys.argv[1]))))
