"""Attention and recurrent layers as ONNX's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.export.handlers import is_traced, name_of, operation, values_of
from nn.export.recording import Recording
from nn.export.shapes import unsqueezed
from nn.layers.attention.scaled_dot_product import attention_op, packed_attention_op
from nn.layers.recurrent.gru import gru_layer_op
from nn.layers.recurrent.lstm import lstm_layer_op
from nn.layers.recurrent.rnn import rnn_layer_op


def _takes_mask(g: Recording, mask: Any) -> bool:
    """Whether ONNX's Attention gives 0 for rows without a key, as ours does: with truths, or no row of -inf."""
    if mask is None or mask.dtype == bool:
        return True
    known = not is_traced(mask) or mask.name in g.constants
    return known and not bool(np.isneginf(values_of(mask)).all(-1).any())


def _mask_name(g: Recording, mask: Any, queries: int, keys: int) -> str:
    """The name of the mask with all queries and keys: onnxruntime broadcasts along the other axes only."""
    name = name_of(g, mask)
    if mask.shape[-2:] == (queries, keys):
        return name
    return g.add("Expand", name, g.ints([*mask.shape[:-2], queries, keys]))


@operation(attention_op)
def _attention(
    g: Recording, values: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float,
    noise: Any = None,
) -> Any:  # fmt: skip
    ndim = query.ndim
    batches = {x.shape[:-2] for x in (query, key, value)}
    if noise is not None or not 2 <= ndim <= 4 or len(batches) > 1 or not _takes_mask(g, attn_mask):
        return NotImplemented
    new = {2: [0, 1], 3: [1], 4: []}[ndim]  # (B, heads, L, E): without heads there is one
    names = [unsqueezed(g, name_of(g, x), new) if new else name_of(g, x) for x in (query, key, value)]
    if attn_mask is not None:
        mask = _mask_name(g, attn_mask, query.shape[-2], key.shape[-2])
        if new and attn_mask.ndim == 3:
            mask = unsqueezed(g, mask, [1])
        names.append(mask)
    name = g.add("Attention", *names, scale=float(scale))
    return g.add("Squeeze", name, g.ints(new)) if new else name


@operation(packed_attention_op)
def _packed_attention(
    g: Recording, values: Any, packed: Any, attn_mask: Any = None, *, heads: int, scale: float, noise: Any = None
) -> Any:
    if noise is not None or packed.ndim != 3 or not _takes_mask(g, attn_mask):
        return NotImplemented
    parts = g.add_several("Split", 3, name_of(g, packed), axis=-1, num_outputs=3)
    length = packed.shape[-2]
    mask = [] if attn_mask is None else [_mask_name(g, attn_mask, length, length)]
    return g.add("Attention", *parts, *mask, q_num_heads=heads, kv_num_heads=heads, scale=float(scale))


def _gates(g: Recording, weight: Any, order: tuple[int, ...]) -> str:
    """The name of a weight or bias with its gates in another order, and an axis for the direction in front."""
    name = name_of(g, weight)
    if len(order) > 1:
        parts = g.add_several("Split", len(order), name, axis=0, num_outputs=len(order))
        name = g.add("Concat", *[parts[i] for i in order], axis=0)
    return unsqueezed(g, name, [0])


def _layer(
    g: Recording, kind: str, order: tuple[int, ...], x: Any, states: Any, weights: Any, reverse: bool, **attributes: Any
) -> list[str]:
    """The names of (output, last states …) of one layer in one direction."""
    w_ih, w_hh, b_ih, b_hh = weights
    bias = "" if b_ih is None else g.add("Concat", _gates(g, b_ih, order), _gates(g, b_hh, order), axis=1)
    initial = [unsqueezed(g, name_of(g, state, x.dtype), [0]) for state in states]
    names = [name_of(g, x), _gates(g, w_ih, order), _gates(g, w_hh, order), bias, "", *initial]
    output, *last = g.add_several(
        kind, 1 + len(states), *names, hidden_size=w_hh.shape[1], direction="reverse" if reverse else "forward",
        **attributes,
    )  # fmt: skip
    return [g.add("Squeeze", output, g.ints([1])), *[g.add("Squeeze", name, g.ints([0])) for name in last]]


@operation(lstm_layer_op)
def _lstm(
    g: Recording, values: Any, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None,
    w_hr: Any = None, *, reverse: bool = False,
) -> Any:  # fmt: skip
    if w_hr is not None:
        return NotImplemented  # step by step: ONNX has no projection
    return _layer(g, "LSTM", (0, 3, 1, 2), x, (h0, c0), (w_ih, w_hh, b_ih, b_hh), reverse)  # i, f, g, o -> i, o, f, g


@operation(gru_layer_op)
def _gru(
    g: Recording, values: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None,
    *, reverse: bool = False,
) -> Any:  # fmt: skip
    weights = (w_ih, w_hh, b_ih, b_hh)
    return _layer(g, "GRU", (1, 0, 2), x, (h0,), weights, reverse, linear_before_reset=1)  # r, z, n -> z, r, n


@operation(rnn_layer_op)
def _rnn(
    g: Recording, values: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None,
    *, nonlinearity: str = "tanh", reverse: bool = False,
) -> Any:  # fmt: skip
    return _layer(g, "RNN", (0,), x, (h0,), (w_ih, w_hh, b_ih, b_hh), reverse, activations=[nonlinearity.capitalize()])
