"""What the recurrent layers share: one loop backwards for all arguments, and the layout that their loops work in.

T steps, B sequences, I inputs, H units, G gates · H. Outside, an array is (T, B, ·) in the order of time; inside, it is
(T, ·, B) in the order of the loop, which `reverse` turns: a gate of one step is then one piece of memory, and NumPy goes
through it in one run. The input's part of all gates is one matrix product before the loop over time, and each gradient
of a weight is one after it; only the product with the state is left to the loop.

Weights and gates are in PyTorch's order: i, f, g, o and r, z, n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Tape:
    """What a layer keeps for the sweep, and what its loop backwards found for the cotangent it was last asked about.

    Both go with the graph: after the sweep, unless it is retained.
    """

    __slots__ = ("found", "kept")

    def __init__(self, *kept: Any) -> None:
        self.kept = kept
        self.found: tuple[Any, tuple[Callable[[], Any], ...]] | None = None


def on_demand(loop: Callable[..., tuple[Callable[[], Any], ...]], arguments: int) -> list[Callable[..., Any]]:
    """One VJP an argument from one loop backwards, which is run once for all of them.

    It returns a function an argument: that of an input which is mere data is never called, and its product not computed.
    """

    def rule(i: int) -> Callable[..., Any]:
        def vjp(g: Any, out: Any, *args: Any, **params: Any) -> Any:
            tape = out.values
            found = tape.found
            if found is None or found[0] is not g:
                found = tape.found = (g, loop(g, tape.kept, *args, **params))
            return found[1][i]()

        return vjp

    return [rule(i) for i in range(arguments)]


def transposed(x: Any) -> Any:
    """A copy in memory of its own, also where the transpose of a row is a column of the same memory."""
    return np.array(x.T, order="C")


# Into the layout of the loop and out of it
def rows(x: Any) -> Any:
    """(T, B, I) -> (T·B, I)."""
    return x.reshape(-1, x.shape[-1])


def projected(x: Any, weight: Any, bias: Any, reverse: bool) -> Any:
    """W x + b of every step, in the order of the loop: (T, B, I) -> (T, G, B)."""
    steps, batch, _ = x.shape
    product = np.matmul(rows(x), weight.T).reshape(steps, batch, len(weight))
    out = np.empty((steps, len(weight), batch), product.dtype)
    product = turned(product, reverse)
    if bias is None:
        np.copyto(out, product)
    else:
        np.add(product, bias[:, None], out=out)
    return out


def turned(x: Any, reverse: bool) -> Any:
    """Between (T, B, H), in the order of time, and (T, H, B), in the order of the loop: a view, either way."""
    x = np.swapaxes(x, 1, 2)
    return x[::-1] if reverse else x


def columns(x: Any) -> Any:
    """(T, G, B) -> (G, T·B), a copy: the layout in which a gradient of a weight is one product."""
    return np.swapaxes(x, 0, 1).reshape(x.shape[1], -1)


def room_for_states(steps: int, first: Any) -> Any:
    """Room for the state before and after every step, with the first one in its place: (B, H) -> (T + 1, H, B)."""
    batch, size = first.shape
    out = np.empty((steps + 1, size, batch), first.dtype)
    out[0] = first.T
    return out


def results(states: Any, reverse: bool) -> tuple[Any, Any]:
    """(the states in the order of time, the last of the loop): (T + 1, H, B) -> (T, B, H), (B, H)."""
    return np.array(turned(states[1:], reverse), order="C"), transposed(states[-1])


def weight_gradients(
    d: Any, d_hidden: Any, x: Any, states: Any, w_ih: Any, reverse: bool
) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """(dx, dw_ih, dw_hh, db_ih, db_hh) on demand, from the cotangents of the two parts of the gates, both (T, G, B)."""
    d = columns(d)  # (G, T·B), the columns in the order of the loop
    d_hidden = d if d_hidden is None else columns(d_hidden)
    steps, batch, _ = x.shape

    def dx() -> Any:
        product = np.matmul(d.T, w_ih).reshape(x.shape)
        return product[::-1] if reverse else product

    ones = np.ones(steps * batch, d.dtype)  # a sum of rows that BLAS does
    return (
        dx,
        lambda: np.matmul(d, rows(x[::-1] if reverse else x)),
        lambda: np.matmul(d_hidden, columns(states[:-1]).T),
        lambda: np.matmul(d, ones),
        lambda: np.matmul(d_hidden, ones),
    )


def sigmoid_of_negated(x: Any) -> None:
    """x becomes 1 / (1 + exp(x)): the weights of the gates that this is for were negated, which spares a pass a step."""
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def over_time(step: Callable[..., Any], x: Any, *state: Any, reverse: bool) -> tuple[Any, ...]:
    """The composites' loop: step(x_t, *state) -> the next state, whose first part is the output."""
    outputs = []
    for t in range(len(x))[:: -1 if reverse else 1]:
        state = step(x[t], *state)
        outputs.append(state[0])
    return (np.stack(outputs[:: -1 if reverse else 1]), *state)


def affine(x: Any, weight: Any, bias: Any) -> Any:
    y = np.matmul(x, np.transpose(weight))
    return y if bias is None else y + bias


# Long short-term memory
def for_loop(weight: Any) -> Any:
    """The rows of a weight or bias in the order i, f, o, g of the loop, and those of σ negated."""
    i, f, g, o = weight.reshape(4, -1, *weight.shape[1:])
    return np.concatenate([-i, -f, -o, g])


def sigmoid_in_place(x: Any) -> None:
    """x becomes 1 / (1 + exp(-x)); where exp overflows (the caller has silenced that) the quotient is 0."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def gates(x: Any, count: int) -> tuple[Any, ...]:
    """The equal parts of the last axis, as views."""
    size = x.shape[-1] // count
    return tuple([x[..., k * size : (k + 1) * size] for k in range(count)])
