"""Ordering in place: sorting and searching without asking for memory.

NumPy's own sort would do, but inside compiled code it allocates, and code that allocates counts references to every
array it touches, which took a third of the time of a run.
"""

from kembar.compilation import rule
from kembar.records import FloatArray, IntegerArray


@rule
def sort_places(places: FloatArray, rows: IntegerArray) -> None:
    """Heap sort of places, ascending, equal ones by row; the rows move along with their places."""
    count = len(places)
    for root in range(count // 2 - 1, -1, -1):
        sift_down(places, rows, root, count)
    for last in range(count - 1, 0, -1):
        swap(places, rows, 0, last)
        sift_down(places, rows, 0, last)


@rule
def sift_down(places: FloatArray, rows: IntegerArray, root: int, count: int) -> None:
    """Let an entry sink below the larger ones under it."""
    while 2 * root + 1 < count:
        child = 2 * root + 1
        if child + 1 < count and is_before(places, rows, child, child + 1):
            child += 1
        if not is_before(places, rows, root, child):
            return
        swap(places, rows, root, child)
        root = child


@rule
def is_before(places: FloatArray, rows: IntegerArray, one: int, other: int) -> bool:
    """Whether one entry comes before another."""
    if places[one] != places[other]:
        return bool(places[one] < places[other])
    return bool(rows[one] < rows[other])


@rule
def swap(places: FloatArray, rows: IntegerArray, one: int, other: int) -> None:
    """Exchange two entries."""
    place = places[one]
    places[one] = places[other]
    places[other] = place
    row = rows[one]
    rows[one] = rows[other]
    rows[other] = row


@rule
def first_place_from(places: FloatArray, bound: float) -> int:
    """Index of the first of the sorted places that is not below the bound."""
    low = 0
    high = len(places)
    while low < high:
        middle = (low + high) // 2
        if places[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low
