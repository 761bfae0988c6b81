"""Why a number of an analysis is missing: a message of the catalogue and what fills it in."""

from __future__ import annotations

from dataclasses import dataclass

from kembar.language import Messages, messages


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no number: the message `longevity.reason.KEY` and the numbers and names in it.

    >>> print(Reason("few_runs", (("needed", 20), ("runs", 3))))
    an interval needs at least 20 runs and there are 3
    """

    key: str
    values: tuple[tuple[str, float | str], ...] = ()

    def told(self, language: Messages) -> str:
        """The reason in a language."""
        shown = {name: value if isinstance(value, str) else _written(value, language) for name, value in self.values}
        return language.text(f"longevity.reason.{self.key}", **shown)

    def __str__(self) -> str:
        return self.told(messages("en"))


def _written(value: float, language: Messages) -> str:
    return language.number(value) if float(value).is_integer() else language.significant(value)
