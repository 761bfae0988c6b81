"""Invented names, so that nobody takes a synthetic city for a real one."""

from __future__ import annotations

import numpy as np

_ONSETS = ("b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "y", "z", "sh", "tr")
_VOWELS = ("a", "e", "i", "o", "u")
_SYLLABLES = tuple(onset + vowel for onset in _ONSETS for vowel in _VOWELS)


def make_names(random: np.random.Generator, number: int, syllables: int, ending: str = "") -> list[str]:
    """So many different names of so many syllables."""
    drawn = random.choice(len(_SYLLABLES) ** syllables, size=number, replace=False)
    names = []
    for code in drawn.tolist():
        parts = []
        for _ in range(syllables):
            code, part = divmod(code, len(_SYLLABLES))
            parts.append(_SYLLABLES[part])
        names.append(("".join(parts) + ending).capitalize())
    return names
