"""Parameters are data: every number of the model is declared once in this folder's TOML files.

`declarations()` reads them, `check_value` is the one door for new values, `resolve` freezes a whole set with its hash.
"""

from __future__ import annotations

from kembar.parameters.declaration import (
    BASES,
    KINDS,
    SCALES,
    SECTORS,
    UNITS,
    Declaration,
    Reference,
    Value,
    constants,
    declaration,
    declarations,
    levers,
    read_declarations,
    read_references,
    references,
    uncertainties,
)
from kembar.parameters.values import ResolvedParameters, as_value, check_value, default_values, parse_value, resolve

__all__ = [
    "BASES",
    "KINDS",
    "SCALES",
    "SECTORS",
    "UNITS",
    "Declaration",
    "Reference",
    "ResolvedParameters",
    "Value",
    "as_value",
    "check_value",
    "constants",
    "declaration",
    "declarations",
    "default_values",
    "levers",
    "parse_value",
    "read_declarations",
    "read_references",
    "references",
    "resolve",
    "uncertainties",
]
