"""How to cite the program: one set of facts for `kembar cite` and for CITATION.cff, which is written from here."""

from __future__ import annotations

import textwrap
from typing import Final

from kembar import __version__

TITLE: Final = "kembar: an agent-based simulation of sister-city agreements"
AUTHORS: Final = ("The kembar contributors",)
LICENSE: Final = "Apache-2.0"
KEYWORDS: Final = ("agent-based model", "sister cities", "city diplomacy", "Indonesia", "policy analysis")
MESSAGE: Final = "If you use kembar in teaching, policy work or research, please cite it as below."
ABSTRACT: Final = (
    "An agent-based model of sister-city agreements: how they are signed, worked, neglected, revived and ended, over "
    "decades, in eight sectors, with the causes of every decline and ending. It ships with the register of Indonesia's "
    "sister cities and with ready policies to compare."
)
DATA: Final = "The data have sources and licences of their own: DATA-LICENSES.md. Whoever passes them on names these."
REPEAT: Final = (
    "Name also the study file and the input hash of its manifest.json: with the version they repeat every number."
)
CFF_WIDTH: Final = 124


def reference() -> str:
    """The reference as a line of a bibliography.

    >>> print(reference().partition(" [")[0])
    The kembar contributors. kembar: an agent-based simulation of sister-city agreements, version 0.1.0
    """
    return f"{'; '.join(AUTHORS)}. {TITLE}, version {__version__} [computer program]. Licence {LICENSE}."


def bibtex() -> str:
    """The reference for BibTeX."""
    authors = " and ".join(f"{{{name}}}" for name in AUTHORS)
    fields = {"title": f"{{{TITLE}}}", "author": authors, "version": __version__, "note": f"Licence {LICENSE}"}
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join(["@software{kembar,", *lines, "}"])


def cff() -> str:
    """The content of CITATION.cff, in the Citation File Format 1.2.0."""
    wrapped = textwrap.wrap(ABSTRACT, CFF_WIDTH, break_on_hyphens=False)
    lines = [
        "cff-version: 1.2.0",
        f'message: "{MESSAGE}"',
        "type: software",
        f'title: "{TITLE}"',
        f"version: {__version__}",
        f"license: {LICENSE}",
        "authors:",
        *(f'  - name: "{name}"' for name in AUTHORS),
        "abstract: >-",
        *(f"  {line}" for line in wrapped),
        "keywords:",
        *(f"  - {word}" for word in KEYWORDS),
    ]
    return "\n".join(lines) + "\n"


def as_text() -> str:
    """What the command prints."""
    return "\n".join([reference(), "", bibtex(), "", DATA, REPEAT])


def as_json() -> dict[str, object]:
    """What the command prints with `--json`."""
    return {
        "title": TITLE,
        "authors": list(AUTHORS),
        "version": __version__,
        "license": LICENSE,
        "reference": reference(),
        "bibtex": bibtex(),
        "cff": cff(),
        "data": DATA,
    }
