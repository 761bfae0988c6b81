"""Attributes of live cities and agreements: each reads and writes one number of the state, through one door.

A value is checked when it is written: finite, whole where whole numbers stand, shares within 0-1, levers within their
declared range. What ties records together (rows, keys, the stage with its events) can be read but not written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kembar.errors import InputError, Problem, nearest
from kembar.parameters import check_value

if TYPE_CHECKING:
    from kembar.live import PartnershipModel

_SHARES: Final = frozenset(
    (
        "business",
        "business_base",
        "capability",
        "civic",
        "civic_base",
        "commitment",
        "crisis",
        "culture",
        "digital",
        "disaster",
        "distance",
        "embeddedness",
        "exchange_size",
        "experience",
        "external_share",
        "fit",
        "focus",
        "goodwill",
        "hours_apart",
        "in_force",
        "institution_base",
        "institutionalisation",
        "language",
        "leader_level",
        "merged",
        "ownership",
        "priority",
        "prior_contact",
        "programme_coverage",
        "review",
        "support",
        "travel",
        "trust",
    )
)
_SUM_TO_ONE: Final = frozenset(("focus", "priority"))
_ROUNDING: Final = 1e-9
_SIGNED: Final = frozenset(("latitude", "longitude", "utc_offset_hours", "value", "value_sum", "satisfaction_sum"))
_HELD: Final = {
    "stage": "a stage moves only by the rules, with its event; change what moves it, such as trust or levers",
    "log_population": "it follows population",
}
_TIES: Final = frozenset(
    (
        "a",
        "b",
        "cause",
        "country",
        "first_agreement",
        "follows_record",
        "generation",
        "how",
        "key",
        "next",
        "register_row",
        "split_row",
        "status",
        "wave",
    )
)
_MESA_OWN: Final = frozenset(("model", "unique_id", "pos"))


class Live:
    """Something of a live model whose attributes stand in one row of one of its arrays.

    An unknown name, read or written, is an AttributeError that names the nearest one.
    """

    model: PartnershipModel
    _row: int

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_unknown(self, name))

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _MESA_OWN or name.startswith("_") or hasattr(type(self), name)):
            raise AttributeError(_unknown(self, name))
        super().__setattr__(name, value)


def _unknown(owner: Live, name: str) -> str:
    kind = type(owner).__name__
    close = nearest(name, [known for known in dir(type(owner)) if not known.startswith("_")])
    return f"{kind} has no '{name}'" + (f"; did you mean {close}?" if close else "")


class StateValue:
    """A field of a record as an attribute; eight sectors or two sides are a NumPy view of the state."""

    def __init__(self, array: str, name: str) -> None:
        self.array = array
        self.name = name

    def __get__(self, owner: Live | None, kind: type[Live] | None = None) -> Any:
        if owner is None:
            return self
        value = self._column(owner)[owner._row]
        return value if value.ndim else value.item()

    def __set__(self, owner: Live, value: object) -> None:
        if self.name in _HELD or self.name in _TIES:
            why = _HELD.get(self.name, "it ties the record to others")
            raise AttributeError(f"{self.name} of {owner!r} can only be read; {why}")
        column = self._column(owner)
        column[owner._row] = self._checked(owner, value, column.dtype, column.shape[1:])
        if self.name == "population":
            owner.model.world.cities["log_population"][owner._row] = np.log(max(column[owner._row], 1.0))

    def _column(self, owner: Live) -> npt.NDArray[Any]:
        column: npt.NDArray[Any] = getattr(owner.model.world, self.array)[self.name]
        return column

    def _checked(self, owner: Live, value: object, dtype: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        try:
            numbers = np.asarray(value, np.float64)
        except (TypeError, ValueError):
            raise self._refusal(owner, f"must be a number, not {value!r}") from None
        if numbers.shape not in ((), shape):
            wanted = f"{shape[0]} numbers, or one for all" if shape else "one number"
            raise self._refusal(owner, f"must be {wanted}, not {np.size(numbers)}")
        if not np.isfinite(numbers).all():
            raise self._refusal(owner, "must be finite")
        if dtype.kind in "iu" and (numbers != np.floor(numbers)).any():
            raise self._refusal(owner, f"must be a whole number, not {value!r}")
        lowest, highest = self._bounds(dtype)
        if (numbers < lowest).any() or (numbers > highest).any():
            wanted = f"within {lowest:g} and {highest:g}" if highest < np.inf else f"{lowest:g} or more"
            raise self._refusal(owner, f"must be {wanted}, not {value!r}")
        if self.name in _SUM_TO_ONE and abs(np.broadcast_to(numbers, shape).sum() - 1.0) > _ROUNDING:
            raise self._refusal(owner, "must sum to 1", "they are shares over the sectors")
        return numbers.astype(dtype)

    def _bounds(self, dtype: np.dtype[Any]) -> tuple[float, float]:
        if self.name in _SHARES or self.name.startswith("is_"):
            return 0.0, 1.0
        if self.name == "satisfaction":
            return -1.0, 1.0
        if self.name in _SIGNED or dtype.kind in "iu":
            return -np.inf, np.inf
        return 0.0, np.inf

    def _refusal(self, owner: Live, what: str, why: str | None = None) -> InputError:
        return InputError(Problem(what, str(owner), key=self.name, why=why))


class LeverValue(StateValue):
    """A lever of one city; it holds until a policy's next change of it falls due."""

    def __init__(self, name: str) -> None:
        super().__init__("levers", name)

    def __set__(self, owner: Live, value: object) -> None:
        number = value.item() if isinstance(value, np.generic) else value
        problems = check_value(self.name, number, ("lever",), str(owner))
        if problems:
            raise InputError(problems)
        self._column(owner)[owner._row] = number


def give_values(kind: type[Live], array: str, names: tuple[str, ...]) -> None:
    """Give a class an attribute for each field of its record."""
    for name in names:
        setattr(kind, name, StateValue(array, name))


def give_levers(kind: type[Live], names: tuple[str, ...]) -> None:
    """Give a class an attribute for each lever."""
    for name in names:
        setattr(kind, name, LeverValue(name))
