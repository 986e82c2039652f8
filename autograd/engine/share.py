"""What a rule may return in place of a cotangent: a part, which the sweep puts beside, or adds to, what came before."""

from __future__ import annotations

from heapq import heappush
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.graph import Node
from autograd.engine.kinds import copied
from autograd.recorder import Stand

ndarray = np.ndarray


def _references_to_a_local() -> int:
    """What getrefcount says of an array that one local name holds: 2 until Python 3.13, fewer from 3.14 on."""
    array = np.empty(0)
    return getrefcount(array)


ALONE = _references_to_a_local()


class Share(NamedTuple):
    """The cotangent of one output of an operation with several; or of the elements that an index selects.

    place   the number of the output; or an index of integers and slices
    g       the cotangent there
    shape   None; or the shape of the whole cotangent, which is zero elsewhere
    """

    place: Any
    g: Any
    shape: tuple[int, ...] | None = None

    def whole(self) -> Any:
        """The cotangent of the array that the index selects from."""
        shape: Any = self.shape
        made = np.zeros_like(self.g, shape=shape) if isinstance(self.g, Stand) else np.zeros(shape, self.g.dtype)
        made[self.place] = self.g
        return made


def receive(
    parent: Any, share: Share, waiting: dict[int, Any], heap: list[int], leaves: dict[Any, Any], owned: set[Any]
) -> None:
    """Add a share to what its parent, a Node or a leaf, has received."""
    of_node = type(parent) is Node
    key = -parent.number if of_node else parent
    held: Any = None
    if not of_node:
        held = leaves.get(key)
        leaves[key] = None  # so that `held` alone refers to it, if no one else sees it
    elif key in waiting:
        held = waiting[key][1]
        waiting[key] = (parent, None)
    else:
        heappush(heap, key)
    if share.shape is None:
        held = held or {}
        held[share.place] = held[share.place] + share.g if share.place in held else share.g
    elif held is None:
        held = share.whole()
        owned.add(key)
    elif type(held) is ndarray or isinstance(held, Stand):
        ours = key in owned or type(held) is ndarray and held.base is None and getrefcount(held) == ALONE
        held = held if ours and held.flags.writeable else copied(held)
        part = held[share.place]
        if isinstance(part, ndarray):
            np.add(part, share.g, out=part)
        else:
            held[share.place] = part + share.g
        owned.add(key)
    else:
        held = held + share.whole()
    if of_node:
        waiting[key] = (parent, held)
    else:
        leaves[key] = held
