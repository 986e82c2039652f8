"""Recurrent layers over sequences of different lengths: no step of the padding is computed.

With the batch sorted by length, the longest first, the sequences that are still running are the first ones. Between two
lengths their number is constant, so that a layer runs there as usual, over a part of the steps and of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.kinds import zeros
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.recorder import numbers


class PackedSequence(NamedTuple):
    """Sequences of different lengths, as `nn.utils.rnn.pack_padded_sequence` makes it, for recurrent layers.

    Args:      padded: (T, B, *), zeros after each sequence's end in what a layer gives.
               lengths: (B,), of each sequence.
    """

    padded: Any
    lengths: Any


class Sorting(NamedTuple):
    """The batch sorted by length: the lengths in this order, the order, and its inverse (None: it is sorted)."""

    lengths: np.ndarray
    order: np.ndarray | None
    back: np.ndarray | None

    def into(self, x: Any, axis: int) -> Any:
        """x with its batch in the order of lengths."""
        return x if self.order is None else np.take(x, self.order, axis=axis)

    def out_of(self, x: Any, axis: int) -> Any:
        """x with its batch as it came."""
        return x if self.back is None else np.take(x, self.back, axis=axis)


def sorting(who: str, lengths: Any, steps: int, batch: int) -> Sorting:
    """The sorting of a batch by these lengths, checked."""
    values = numbers(raw(lengths))
    if values.shape != (batch,) or values.dtype.kind not in "iu" or values.min() < 1 or values.max() > steps:
        raise ArgumentError(
            f"{who} takes lengths as {batch} integers, one a sequence of the batch, in 1 … {steps}, the steps of the "
            f"padded input; got {lengths!r:.80}."
        )
    order = np.argsort(-values.astype(np.int64), kind="stable")
    if (order == np.arange(batch)).all():
        return Sorting(values, None, None)
    return Sorting(values[order], order, np.argsort(order))


def over_lengths(
    layer: Callable[..., Any], lengths: np.ndarray, x: Any, states: Sequence[Any], params: Sequence[Any], reverse: bool
) -> tuple[Any, ...]:
    """(output, *last states) of one layer in one direction.

    Shape:     x (T, B, I), sorted lengths (B,), each state (B, H) -> output (T, B, H), states (B, H);
               the output is zero in the padding
    """
    ends = np.unique(lengths).tolist()
    stretches = [(start, end, int((lengths > start).sum())) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    run = _backwards if reverse else _forwards
    outputs, last = run(layer, stretches, x, states, params)
    if ends[-1] < len(x):
        outputs.append(zeros((len(x) - ends[-1], *outputs[0].shape[1:]), outputs[0].dtype, raw(outputs[0])))
    return (np.concatenate(outputs), *last)


def _forwards(layer: Any, stretches: Any, x: Any, states: Any, params: Any) -> tuple[list[Any], list[Any]]:
    """Sequences that have ended keep their state, and leave."""
    current = list(states)
    outputs: list[Any] = []
    ended: list[list[Any]] = [[] for _ in states]
    for start, end, active in stretches:
        for parts, state in zip(ended, current, strict=True):
            parts.insert(0, state[active:])
        out, *current = layer(x[start:end, :active], *[state[:active] for state in current], *params, reverse=False)
        outputs.append(_with_padding(out, x.shape[1]))
    return outputs, [np.concatenate([state, *parts]) for state, parts in zip(current, ended, strict=True)]


def _backwards(layer: Any, stretches: Any, x: Any, states: Any, params: Any) -> tuple[list[Any], list[Any]]:
    """Sequences join at their end, each with its initial state."""
    current = [state[:0] for state in states]
    outputs: list[Any] = []
    for start, end, active in reversed(stretches):
        joined = [np.concatenate([now, first[len(now) : active]]) for now, first in zip(current, states, strict=True)]
        out, *current = layer(x[start:end, :active], *joined, *params, reverse=True)
        outputs.insert(0, _with_padding(out, x.shape[1]))
    return outputs, current


def _with_padding(out: Any, batch: int) -> Any:
    """(T, active, H) -> (T, B, H), with zeros for the sequences that have ended."""
    steps, active, size = out.shape
    if active == batch:
        return out
    return np.concatenate([out, zeros((steps, batch - active, size), out.dtype, raw(out))], axis=1)
