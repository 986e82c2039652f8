"""The names of PyTorch's torch.nn.utils.rnn: sequences of different lengths as one padded array, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import zeros
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.recorder import numbers
from nn.layers.inputs import as_values
from nn.layers.recurrent.lengths import PackedSequence, sorting

__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "unpad_sequence",
]  # fmt: skip


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences of different lengths as one array, padded to the longest; gradients flow to each.

    Shape:     sequences (T_i, *) -> (T, B, *), or (B, T, *) with batch_first; T is the largest T_i
    Args:      padding_side: "right" pads behind the sequence, "left" before it.
    Raises:    ShapeError if the sequences do not fit together.
    Example:
        >>> import numpy as np, nn
        >>> nn.utils.rnn.pad_sequence([np.array([1, 2, 3]), np.array([4])], batch_first=True)
        array([[1, 2, 3],
               [4, 0, 0]])
    """
    if padding_side not in ("right", "left"):
        raise ArgumentError(f"pad_sequence takes padding_side 'right' or 'left'; got {padding_side!r}.")
    arrays = [as_values(x) for x in sequences]
    if not arrays or any(x.ndim == 0 for x in arrays) or len({x.shape[1:] for x in arrays}) > 1:
        shapes = ", ".join(str(x.shape) for x in arrays) or "none"
        raise ShapeError(f"pad_sequence expects sequences (T, *), equal but for their lengths; got {shapes}.")
    longest = max(map(len, arrays))
    padded = []
    for x in arrays:
        border = zeros((longest - len(x), *x.shape[1:]), x.dtype, raw(x)) + np.asarray(padding_value).astype(x.dtype)
        padded.append(np.concatenate([x, border] if padding_side == "right" else [border, x]))
    return np.stack(padded, axis=0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences in a padded array: the opposite of `pad_sequence`."""
    x = as_values(padded_sequences)
    x = x if batch_first else np.swapaxes(x, 0, 1)
    return [x[i, : int(n)] for i, n in enumerate(numbers(raw(lengths)))]


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """A padded array and the lengths of its sequences, for a recurrent layer; the same as its `lengths=`.

    Args:      enforce_sorted: refuse lengths that do not descend, as PyTorch does.
    """
    x = as_values(input)
    x = np.swapaxes(x, 0, 1) if batch_first else x
    order = sorting("pack_padded_sequence", lengths, *x.shape[:2])
    if enforce_sorted and order.order is not None:
        raise ArgumentError(
            "pack_padded_sequence expects lengths that descend; got others. Give enforce_sorted=False: they are sorted "
            "inside, and results come back as the sequences were given."
        )
    lengths = numbers(raw(lengths))
    return PackedSequence(x[: lengths.max()], lengths)


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences of different lengths for a recurrent layer."""
    lengths = np.array([len(x) for x in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """(the padded array, the lengths) of what a recurrent layer gave.

    Args:      total_length: pad to this many steps instead of the longest sequence.
    """
    x, lengths = sequence
    steps = len(x) if total_length is None else total_length
    if steps < len(x):
        raise ArgumentError(f"pad_packed_sequence: total_length must be at least {len(x)}; got {total_length}.")
    if steps > len(x):
        x = np.concatenate([x, zeros((steps - len(x), *x.shape[1:]), x.dtype, raw(x))])
    if padding_value:
        inside = np.arange(steps)[:, None] < lengths  # (T, B)
        x = np.where(inside.reshape(*inside.shape, *[1] * (x.ndim - 2)), x, np.asarray(padding_value, x.dtype))
    return (np.swapaxes(x, 0, 1) if batch_first else x), lengths
