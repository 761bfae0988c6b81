"""Templates of one's own scenario, policy or study: valid as they are, commented for editing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from kembar.errors import InputError, Problem, StorageError, nearest, shown_path

KINDS: Final = ("scenario", "policy", "study")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")

_SCENARIO: Final = """\
# A world of your own: the Indonesian register with one more city and one more agreement.
# Edit the lines below; after every edit:  kembar check {name}.toml
# Run it:                                  kembar run ./{name}.toml --city "New Harbour"

title = "Indonesia with my city"
about = "The Indonesian register and one city more."
extends = "indonesia"             # overlay this world; what is not named here stays as it is there

[[city]]
name = "New Harbour"
country = "ID"                    # two-letter code of scenarios/tables/countries.csv
latitude = -6.73                  # degrees, south is negative
longitude = 108.55                # degrees, east is positive
population = 300000               # leave a key out, but not the position, and a stated rule fills it in
# budget_kusd = 90000             # yearly budget of the local government [thousand US dollars]
# utc_offset_hours = 7
# election_wave = "ID-2018"       # a wave of the elections table
# commitment = 0.5                # 0-1, the present head's; left out, it is drawn in every run

[[agreement]]
city = "New Harbour (ID)"         # a city's key is its name and its country's code
partner = "Busan (KR)"
signed_year = 2024
status = "active"                 # active, listed, renewed, former, lapsed, dormant, letter, exploratory, stalled
source = "made up"

# A lever from a date on (kembar list parameters names them):
# [[change]]
# parameter = "staff_training"
# target = "New Harbour (ID)"     # "all", a country code, a group, a city
# from = 2027
# until = 2032                    # exclusive; leave it out and the change stays
# value = 0.5
# because = "a training fund for one term"

# An event:
# [[event]]
# kind = "fiscal_crisis"          # travel_stop, fiscal_crisis, freeze, disaster
# from = 2030
# until = "2031Q3"
# severity = 0.3                  # 0-1
# where = ["ID"]                  # a freeze takes two country codes
# because = "a trial"
"""

_POLICY: Final = """\
# A policy of your own: who changes what, where, from when until when, and why.
# Edit the lines below; after every edit:  kembar check {name}.toml
# Try it:                                  kembar run indonesia --policy ./{name}.toml

title = "My policy"
about = "One sentence on what is done and by whom."
claims = []                       # claims of the project's sources that it tries, such as ["S10"]

[[change]]
parameter = "citizen_committee"   # a lever: kembar list parameters
target = "ID"                     # "all", a country code, a group of the world, a city such as "Surabaya (ID)"
from = 2027                       # its first quarter; or "2027Q3"
# until = 2040                    # exclusive; leave it out and the change stays
value = 1
because = "every Indonesian city sets up a committee of citizens for each agreement"

# Policies may bring events too:
# [[event]]
# kind = "fiscal_crisis"          # travel_stop, fiscal_crisis, freeze, disaster
# from = 2030
# until = 2032
# severity = 0.3                  # 0-1
# where = ["ID"]
# because = "a test of how the policy holds in bad years"
"""


_STUDY: Final = """\
# A study of your own: one question, the worlds and policies that answer it, and how often each is run.
# Edit the lines below; after every edit:  kembar check {name}.toml
# How long it will take:                   kembar study ./{name}.toml --dry-run
# Run it, or go on with it:                kembar study ./{name}.toml

title = "My study"
question = "Would citizen committees keep our agreements alive, or a dedicated secretariat?"
about = "One or two sentences on what is compared, for the report."
scenarios = ["indonesia"]         # worlds: kembar list scenarios, or a path to your own file
policies = [                      # each is compared with the baseline; "A + B" holds both together
    "citizen-committees",
    "dedicated-secretariat",
    # "./my-policy.toml",         # a path beside this file
]
replicates = 50                   # pairs of runs; or leave it out and write [precision] below
# years = 30                      # another horizon than the world's
# seed = 1
# outcomes = ["active_years_per_agreement", "benefit_points_per_agreement"]   # kembar list outcomes
# tables = ["runs"]               # keep less of every run: runs, agreements, cities, series

# As many pairs as a precision needs, in place of replicates:
# [precision]
# outcome = "active_years_per_agreement"
# relative = 0.05                 # half the interval's width, as a part of the baseline's mean
# most_replicates = 1000

# Numbers to vary, each a lever (kembar list parameters) or an uncertainty:
# [design]
# kind = "full"                   # full, latin_hypercube, sobol, morris, table
# [[factor]]
# parameter = "funding_share"
# target = "ID"                   # all, a country, a group, a city
# from = 2027
# levels = [0.0001, 0.0003]       # a full design; other designs take range = [least, greatest]

# All numbers that nobody knows well, sampled over their ranges:
# uncertainties = "all"           # with a design such as latin_hypercube, points = 200
"""


def write_template(kind: str, name: str, folder: Path) -> Path:
    """Write `NAME.toml`. Raises InputError for a wrong kind, a wrong name or a file that exists."""
    if kind not in KINDS:
        raise InputError(
            Problem(f"unknown kind '{kind}'", why=f"there are {', '.join(KINDS)}", suggestion=nearest(kind, KINDS))
        )
    stem = name.removesuffix(".toml")
    if not _NAME.fullmatch(stem):
        why = "names are small letters, digits and hyphens, as in my-city"
        raise InputError(Problem(f"'{name}' is no name for a {kind}", why=why))
    path = folder / f"{stem}.toml"
    text = {"scenario": _SCENARIO, "policy": _POLICY, "study": _STUDY}[kind].format(name=stem)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(Problem("exists already", shown_path(path), why="nothing is overwritten")) from None
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(path), why=error.strerror or str(error))) from None
    return path
