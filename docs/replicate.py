"""Computes every number of docs/findings.md anew in a fresh folder and compares it with the page.

    make replicate                                   the whole page: about half an hour on two processors
    make replicate ARGUMENTS="crisis what-matters"   some of its studies (`conclusions` is the first section)

On the platform that the page names at its end every line must be the same. On another, where the last bit of a
logarithm may fall otherwise and send a run another way, numbers may differ by SHARE of their size or LAST_DIGITS of
their last digit. What differs is printed; exit code 1 when anything does, 2 for an unknown study.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import make_findings

SHARE: Final = 0.02
LAST_DIGITS: Final = 2.0
_NUMBER: Final = re.compile(r"[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
_HEADING: Final = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True)
class Difference:
    """A line that came out otherwise."""

    section: str
    committed: str
    computed: str


def value_of(text: str) -> float:
    """A number as written on the page."""
    return float(text.replace(",", "").replace("−", "-"))


def step_of(text: str) -> float:
    """What one step of a number's last digit is worth.

    >>> step_of("1.25"), step_of("4.9e+04"), step_of("1,074")
    (0.01, 1000.0, 1.0)
    """
    digits, _, exponent = text.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def is_close(committed: str, computed: str) -> bool:
    """Whether two lines say the same in words, and nearly the same in numbers."""
    if _NUMBER.sub("#", committed) != _NUMBER.sub("#", computed):
        return False
    pairs = zip(_NUMBER.findall(committed), _NUMBER.findall(computed), strict=True)
    return all(
        abs(value_of(one) - value_of(other)) <= max(SHARE * abs(value_of(one)), LAST_DIGITS * step_of(one)) * (1 + 1e-9)
        for one, other in pairs
    )


def sections(page: str) -> dict[str, list[str]]:
    """The lines of a page below each of its headings."""
    parts = [part.split("\n") for part in _HEADING.split(page.partition(f"\n{make_findings.PLATFORM}")[0])[1:]]
    return {heading: [line for line in lines if line] for heading, *lines in parts}


def differences(committed: str, computed: str, *, exact: bool) -> Iterator[Difference]:
    """Lines of the computed page's sections that differ from the committed ones, line by line."""
    before = sections(committed)
    for heading, lines in sections(computed).items():
        old = before.get(heading, [])
        for place in range(max(len(old), len(lines))):
            one, other = (part[place] if place < len(part) else "" for part in (old, lines))
            if one != other and (exact or not is_close(one, other)):
                yield Difference(heading, one, other)


def main(arguments: Sequence[str]) -> int:
    """Compute, compare, tell."""
    known = (make_findings.CONCLUSIONS, *make_findings.STUDIES)
    for name in arguments:
        if name not in known:
            print(f"error: unknown study '{name}'; the page has {', '.join(known)}", file=sys.stderr)
            return 2
    committed = make_findings.PAGE.read_text(encoding="utf-8")
    exact = make_findings.computed_with() in committed
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kembar-replication-") as folder:
        computed = make_findings.page(Path(folder), arguments)
    found = list(differences(committed, computed, exact=exact))
    for item in found:
        print(f"{item.section}\n  committed: {item.committed}\n  computed:  {item.computed}")
    numbers = sum(len(_NUMBER.findall(line)) for lines in sections(computed).values() for line in lines)
    rule = "exactly" if exact else f"within {SHARE:.0%} or {LAST_DIGITS:g} of the last digit (another platform)"
    said = "all are the same" if not found else f"lines that differ: {len(found)}"
    minutes = (time.monotonic() - began) / 60.0
    print(f"{numbers} numbers computed anew in {minutes:.1f} minutes and compared {rule}: {said}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
