"""One recorded operation, and the walk over those that came before it.

A Tensor points at the Node that made it, a Node at the Nodes that made its inputs: never back. No cycle forms,
so a graph's memory goes the moment the last name for it goes, without the garbage collector.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from autograd.primitive import Primitive

_NOT_KEPT = (
    "a VJP reads the values of an array that its primitive did not keep, only the shape and dtype: "
    "name the argument in keeps=, or use keeps='in out' to keep everything."
)

ndarray = np.ndarray
clock = itertools.count(1)  # numbers operations and writes in the order they happen; next() on it is atomic


class Abstract:
    """An array known by its shape and dtype alone: what a node holds of a value that no rule will read."""

    __slots__ = ("dtype", "shape")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Abstract(shape={self.shape}, dtype={self.dtype})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError(_NOT_KEPT)

    def _not_kept(self, *_: Any) -> NoReturn:
        raise TypeError(_NOT_KEPT)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name!r}: {_NOT_KEPT}")

    # NumPy asks for __array__; Python's operators, with a Tensor or a number on the other side, for these
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _not_kept
    __matmul__ = __rmatmul__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __neg__ = __abs__ = __getitem__ = _not_kept
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __float__ = __int__ = _not_kept


class Saved(Abstract):
    """The result of an operation whose forward keeps values of its own for the sweep (`saves=True`)."""

    __slots__ = ("values",)

    values: Any


class SavedOutputs(tuple[Any, ...]):
    """The results of an operation with several, likewise."""

    values: Any


def abstract(a: Any) -> Any:
    """What a node holds of a value that no rule will read: shape and dtype of an array, a number as it is."""
    if type(a) is ndarray:
        return _abstract(a.shape, a.dtype)
    if hasattr(a, "shape") and not isinstance(a, (np.generic, np.dtype)):
        return _abstract(tuple(a.shape), a.dtype)
    return a


@lru_cache(maxsize=1024)  # the shapes of one step are those of the next
def _abstract(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Abstract:
    made = Abstract()
    made.shape = shape
    made.dtype = dtype
    return made


class Node:
    """One recorded operation.

    primitive   the operation, with its VJPs
    parents     for each argument the Node that made it, the leaf Tensor itself, or None for a constant
    args        the arguments as raw arrays (an Abstract where the VJPs do not read the values)
    out         the result, likewise
    params      the keyword arguments of the call
    number      when it was recorded: a parent's number is always smaller
    scope       the modules that were being called, outermost first
    written     when the result was last written in place (0: never)
    hooks       functions called with the cotangent of the result, or None
    source      the user's line that recorded it, and checks on what it keeps (under detect_anomaly only)
    """

    __slots__ = (
        "__weakref__", "args", "hooks", "number", "out", "params", "parents", "primitive", "scope", "source", "written",
    )  # fmt: skip

    primitive: Primitive
    parents: Sequence[Any]
    args: Sequence[Any] | None  # None once the sweep has freed it
    out: Any
    params: dict[str, Any] | None
    number: int
    scope: tuple[Any, ...]
    written: int
    hooks: dict[int, Any] | None
    source: Any

    @property
    def name(self) -> str:
        return self.primitive.name

    def __repr__(self) -> str:
        return f"<Node {self.primitive.name} #{self.number}>"


def ancestors(*roots: Any) -> Iterator[Any]:
    """Yield the roots (Nodes or leaf Tensors) and all they were computed from, each once, newest first.

    Iterative: a chain of a million operations is walked without recursion.
    """
    found = set()
    stack = [root for root in roots if root is not None]
    while stack:
        item = stack.pop()
        if item not in found:
            found.add(item)
            if isinstance(item, Node):
                stack.extend(parent for parent in item.parents if parent is not None and parent not in found)
    yield from sorted(found, key=lambda item: item.number if isinstance(item, Node) else 0, reverse=True)


def oldest_first(ends: Sequence[Any]) -> list[Node]:
    """The Nodes among these, and all that they were computed from, each once."""
    stack = [end for end in ends if type(end) is Node]
    seen = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("number"))
