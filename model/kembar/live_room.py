"""One quarter that is done whole or not at all, in a world that makes room for itself.

A batch run that outgrows its buffers is repeated from the start. A live model cannot be: somebody may have changed it
on the way. So the state before the quarter is kept, and a quarter that ran out of room is repeated from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kembar.records import World
from kembar.world import GROWING, LASTING, WRITTEN


def advance(world: World, quarter: int, simulate: Callable[[World, int, int], bool]) -> World:
    """Run one quarter in place; the world given back is another one only when buffers had to grow."""
    kept = copied(world)
    try:
        while not simulate(world, quarter, quarter + 1):
            world = _roomier(world, kept)
            kept = copied(world)
    except BaseException:
        _restore(world, kept)
        raise
    return world


def copied(world: World) -> World:
    """A world with its own copy of everything that a quarter writes."""
    fresh = {name: getattr(world, name).copy() for name in WRITTEN}
    levers = np.asarray(fresh["levers"])
    values = levers.view(np.float64).reshape(world.lever_values.shape)
    return world._replace(**fresh, lever_values=values)


def _restore(world: World, kept: World) -> None:
    for name in WRITTEN:
        np.copyto(getattr(world, name), getattr(kept, name))


def _roomier(world: World, kept: World) -> World:
    """The world as it was kept, with twice the room; what does not grow stays where it is, so that views of it hold."""
    for name in LASTING:
        np.copyto(getattr(world, name), getattr(kept, name))
    return world._replace(**{name: _doubled(getattr(kept, name)) for name in GROWING})


def _doubled(array: Any) -> Any:
    room = np.zeros((2 * max(len(array), 1), *array.shape[1:]), array.dtype)
    room[: len(array)] = array
    return room.view(type(array))
