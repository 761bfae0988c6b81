"""Templates of one's own scenario or policy: valid as they are, commented for editing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from kembar.errors import InputError, Problem, StorageError, nearest, shown_path

KINDS: Final = ("scenario", "policy")
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


def write_template(kind: str, name: str, folder: Path) -> Path:
    """Write `NAME.toml`. Raises InputError for a wrong kind, a wrong name or a file that exists."""
    if kind not in KINDS:
        raise InputError(
            Problem(f"unknown kind '{kind}'", why=f"there are {' and '.join(KINDS)}", suggestion=nearest(kind, KINDS))
        )
    stem = name.removesuffix(".toml")
    if not _NAME.fullmatch(stem):
        why = "names are small letters, digits and hyphens, as in my-city"
        raise InputError(Problem(f"'{name}' is no name for a {kind}", why=why))
    path = folder / f"{stem}.toml"
    text = (_SCENARIO if kind == "scenario" else _POLICY).format(name=stem)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(Problem("exists already", shown_path(path), why="nothing is overwritten")) from None
    except OSError as error:
        raise StorageError(Problem("cannot be written", shown_path(path), why=error.strerror or str(error))) from None
    return path
