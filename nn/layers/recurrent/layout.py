"""The memory layout of the recurrent layers' loops over time, and the steps that these loops share.

Sizes: T steps, B sequences, I inputs, H units, and G = H times the number of gates.

The arguments and results of a layer have the shape (T, B, ·), in the order of time. Inside the loop an array has the
shape (T, ·, B), in the order of the loop: with `reverse` the last step comes first. In this layout each gate of a step
is contiguous in memory, so NumPy passes over it in one run. One matrix product before the loop computes the input's
part of all gates, and one matrix product after it computes each gradient of a weight. Only the products with the state
are computed inside the loop.

Weights and gates are in PyTorch's order: i, f, g, o and r, z, n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Tape:
    """What a layer keeps for its gradient (`kept`), and the gradients for the last cotangent (`found`).

    Both are freed with the graph: after the sweep, unless the graph is retained.
    """

    __slots__ = ("found", "kept")

    def __init__(self, *kept: Any) -> None:
        self.kept = kept
        self.found: tuple[Any, tuple[Callable[[], Any], ...]] | None = None


def vjps_of_loop(loop: Callable[..., tuple[Callable[[], Any], ...]], arguments: int) -> list[Callable[..., Any]]:
    """The VJPs of all arguments, one for each. They share one backward loop, which runs once for each cotangent.

    The loop returns one function for each argument, which computes its gradient. For an argument that needs no gradient
    the function is not called, and its matrix product is not computed.
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


def gradients_through_time(arguments: str) -> str:
    """The label of a layer's rules: which gradient goes back to each argument, over all steps."""
    return ", ".join([f"∂J/∂{name} through time" for name in arguments.split()])


def transposed_copy(x: Any) -> Any:
    """A transposed copy that never shares memory with x, as the transpose of a single row or column would."""
    return np.array(x.T, order="C")


# Into the layout of the loop and back
def _rows(x: Any) -> Any:
    """(T, B, I) -> (T·B, I)."""
    return x.reshape(-1, x.shape[-1])


def project_inputs(x: Any, weight: Any, bias: Any, reverse: bool) -> Any:
    """W x + b for every step, in the layout of the loop: (T, B, I) -> (T, G, B)."""
    steps, batch, _ = x.shape
    product = np.matmul(_rows(x), weight.T).reshape(steps, batch, len(weight))
    out = np.empty((steps, len(weight), batch), product.dtype)
    product = swap_layout(product, reverse)
    if bias is None:
        np.copyto(out, product)
    else:
        np.add(product, bias[:, None], out=out)
    return out


def swap_layout(x: Any, reverse: bool) -> Any:
    """From (T, B, H), in the order of time, to (T, H, B), in the order of the loop, or back: a view."""
    x = np.swapaxes(x, 1, 2)
    return x[::-1] if reverse else x


def columns(x: Any) -> Any:
    """(T, G, B) -> (G, T·B), a copy. In this layout the gradient of a weight is one matrix product."""
    return np.swapaxes(x, 0, 1).reshape(x.shape[1], -1)


def allocate_states(steps: int, first: Any) -> Any:
    """An array for the state before and after every step, with the first state filled in: (B, H) -> (T + 1, H, B)."""
    batch, size = first.shape
    out = np.empty((steps + 1, size, batch), first.dtype)
    out[0] = first.T
    return out


def output_and_last(states: Any, reverse: bool) -> tuple[Any, Any]:
    """(the states in the order of time, the last state of the loop): (T + 1, H, B) -> (T, B, H), (B, H)."""
    return np.array(swap_layout(states[1:], reverse), order="C"), transposed_copy(states[-1])


def weight_gradients(
    d: Any, d_hidden: Any, x: Any, states: Any, w_ih: Any, reverse: bool
) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """Functions that compute (dx, dw_ih, dw_hh, db_ih, db_hh).

    Args:  d: the cotangent of W_ih x + b_ih, (T, G, B).
           d_hidden: the cotangent of W_hh h + b_hh, (T, G, B); None if it equals d.
    """
    d = columns(d)  # (G, T·B), the columns in the order of the loop
    d_hidden = d if d_hidden is None else columns(d_hidden)
    steps, batch, _ = x.shape

    def dx() -> Any:
        product = np.matmul(d.T, w_ih).reshape(x.shape)
        return product[::-1] if reverse else product

    ones = np.ones(steps * batch, d.dtype)  # the product with ones is a sum of rows, computed by BLAS
    return (
        dx,
        lambda: np.matmul(d, _rows(x[::-1] if reverse else x)),
        lambda: np.matmul(d_hidden, columns(states[:-1]).T),
        lambda: np.matmul(d, ones),
        lambda: np.matmul(d_hidden, ones),
    )


# Gates
def split_gates(x: Any, count: int) -> tuple[Any, ...]:
    """The last axis in `count` equal parts, as views."""
    size = x.shape[-1] // count
    return tuple([x[..., k * size : (k + 1) * size] for k in range(count)])


def sigmoid_in_place(x: Any) -> None:
    """x becomes 1 / (1 + exp(-x)). Where exp overflows the quotient is 0; the caller silences the warning."""
    np.negative(x, out=x)
    sigmoid_of_negated(x)


def sigmoid_of_negated(x: Any) -> None:
    """x becomes 1 / (1 + exp(x)), which is σ(-x).

    The layers negate the weights of these gates once, before the loop. That saves one pass over memory in each step.
    """
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def over_time(step: Callable[..., Any], x: Any, *state: Any, reverse: bool) -> tuple[Any, ...]:
    """The loop of the composites: step(x_t, *state) returns the next state, whose first part is the output."""
    outputs = []
    for t in range(len(x))[:: -1 if reverse else 1]:
        state = step(x[t], *state)
        outputs.append(state[0])
    return (np.stack(outputs[:: -1 if reverse else 1]), *state)
