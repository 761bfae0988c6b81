"""The page's modules as one script, for a page that is opened from a file, where browsers load no modules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

FIRST: Final = "main.js"
_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (?:\{ )?(?P<name>[\w$]+)", re.MULTILINE
)


def bundle(files: Mapping[str, str]) -> str:
    """One script of all modules that `main.js` needs, each after those it imports.

    Raises ValueError when two modules declare the same name, or a module imports in another way than by name: the
    script is one scope.
    """
    order: list[str] = []
    _visit(FIRST, files, order, ())
    owner: dict[str, str] = {}
    parts = []
    for name in order:
        for found in _DECLARED.finditer(files[name]):
            other = owner.setdefault(found["name"], name)
            if other != name:
                raise ValueError(f"{other} and {name} both declare {found['name']}")
        text = _EXPORT.sub("", _IMPORT.sub("", files[name]))
        if re.search(r"^import\b", text, re.MULTILINE):
            raise ValueError(f"{name} has an import that is not by name")
        parts.append(f"// {name}\n{text}")
    return "\n".join(parts)


def _visit(name: str, files: Mapping[str, str], order: list[str], above: tuple[str, ...]) -> None:
    if name in order or name in above:
        return
    for found in _IMPORT.finditer(files[name]):
        _visit(found["name"], files, order, (*above, name))
    order.append(name)
