"""The reverse sweep over Scalars: each is visited once, when all its children have been."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

_one_sweep = threading.RLock()  # the counts stand in the Scalars themselves, where two threads would mix them up


def sweep(roots: Sequence[Any], gradient: Any, step: Any = None) -> None:
    """One reverse sweep over Scalars, from the sum of the roots times `gradient`.

    Args:  step: None adds to the `.grad` of every Scalar, for plain floats. Otherwise an object with two methods:
           `arrived(scalar, g)` is told the complete gradient and returns it as it is to go on, `pass_on(scalar, g)`
           adds to the `_g` of the scalar's parents.
    """
    with _one_sweep:
        order: list[Any] = []
        try:
            _count_children(roots, order)
            _propagate(roots, gradient, step)
        except BaseException:
            for node in order:
                node._waits = 0
            raise


def _count_children(roots: Sequence[Any], order: list[Any]) -> None:
    """Append the roots and their ancestors to `order`, and leave in each how often it will hear from a child.

    To have been asked for counts like a child.
    """
    append = order.append
    for root in roots:
        if not root._waits:
            root._g = 0.0
            append(root)
        root._waits += 1
    for node in order:  # which grows meanwhile
        x = node._x
        if x is not None:
            if x._waits:
                x._waits += 1
            else:
                x._waits = 1
                x._g = 0.0
                append(x)
            y = node._y
            if y is not None:
                if y._waits:
                    y._waits += 1
                else:
                    y._waits = 1
                    y._g = 0.0
                    append(y)


def _propagate(roots: Sequence[Any], gradient: Any, step: Any) -> None:
    ready: list[Any] = []
    pop, push = ready.pop, ready.append
    for root in roots:
        root._g = root._g + gradient if root._g else gradient
        root._waits -= 1
        if not root._waits:
            push(root)
    while ready:
        node = pop()
        g = node._g
        if step is None:
            node.grad = g if node.grad is None else node.grad + g
        else:
            g = step.arrived(node, g)
        x = node._x
        if x is None:
            continue
        y = node._y
        if step is not None:
            step.pass_on(node, g)
        elif g:  # where nothing arrived nothing is passed on, not even through an infinite derivative
            x._g += node._dx * g
            if y is not None:
                y._g += node._dy * g
        waits = x._waits = x._waits - 1
        if not waits:
            push(x)
        if y is not None:
            waits = y._waits = y._waits - 1
            if not waits:
                push(y)
