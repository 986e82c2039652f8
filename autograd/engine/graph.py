"""One recorded operation, and the walk over those that came before it.

A Tensor points at the Node that made it, a Node at the Nodes that made its inputs: never back. No cycle forms,
so a graph's memory goes the moment the last name for it goes, without the garbage collector.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from operator import attrgetter
from threading import Lock
from typing import Any

clock = itertools.count(1)  # numbers operations and writes in the order they happen; next() on it is atomic
last_write = 0  # the number of the last write in place: what an older operation read may have changed
_one_at_a_time = Lock()


def write_now() -> int:
    """The number of a write in place that is about to happen."""
    global last_write
    with _one_at_a_time:
        last_write = next(clock)
        return last_write


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

    primitive: Any
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
        return self.primitive.name  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Node {self.primitive.name} #{self.number}>"


def ancestors(*roots: Any) -> Iterator[Any]:
    """Yield the roots (Nodes or leaf Tensors) and all they were computed from, each once, newest first."""
    nodes = oldest_first(roots)[::-1]
    found = [*nodes, *roots, *[parent for node in nodes for parent in node.parents if type(parent) is not Node]]
    yield from (item for item in dict.fromkeys(found) if item is not None)


def oldest_first(ends: Sequence[Any]) -> list[Node]:
    """The Nodes among these, and all that they were computed from, each once.

    Iterative: a chain of a million operations is walked without recursion.
    """
    stack = [end for end in ends if type(end) is Node]
    seen = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("number"))
