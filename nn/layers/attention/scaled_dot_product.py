"""Scaled dot-product attention: softmax(q kᵀ · scale + mask) v, batched, for given heads or for a packed projection.

    E = exp(q kᵀ · scale + mask)         Z = Σ_j E_ij         y = (E v) / Z

The matrix of scores is by far the largest here, so it is gone through as rarely as can be: it is made once, becomes E in
place, and is never divided by Z; that division is done on what is as wide as a head (Dao et al. 2022, arXiv:2205.14135,
section 3.1). So is the sum in the gradient of softmax: Σ_j P_ij dP_ij = Σ_d g_id y_id (there appendix B.2). With g' = g / Z

    dv = Eᵀ g'        dS = E ∘ (g' vᵀ - Σ_d g'_d y_d)        dq = scale · dS k        dk = scale · dSᵀ q        dmask = dS

A mask of bool is True where a query may look; a floating one is added. A query that may look nowhere gets 0, and gives no
gradient: PyTorch's formula is 0/0 there, and one such row of padding makes every parameter nan.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.random import generator
from nn.layers.activation.softmax import softmax_op
from nn.layers.dropout import check_p, keep_mask
from nn.layers.inputs import as_values, cast_to

# Scores within these bounds need no shift by their maximum: their exponentials, and quotients of these, are far from the
# ends of float32. One look at the smallest and the largest of all is several times as quick as a maximum a row.
_BOUND = 20.0


def _exponentials(scores: Any, attn_mask: Any) -> tuple[Any, Any]:
    """(E, 1 / Z), E in the memory of the scores; what a mask hides is 0 in E, a row of nothing else has 1 / Z = 0."""
    allowed = None
    if attn_mask is not None:
        if attn_mask.dtype.kind == "b":
            allowed = attn_mask
        else:
            scores += attn_mask
    flat = scores.reshape(-1)
    if (
        flat.dtype.itemsize >= 4
        and flat.size
        and np.maximum.reduce(flat) <= _BOUND
        and np.minimum.reduce(flat) >= -_BOUND
    ):
        np.exp(scores, out=scores)
        if allowed is not None:
            scores *= allowed
    else:
        if allowed is not None:
            np.copyto(scores, -np.inf, where=~allowed)
        top = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf)
        top[top == -np.inf] = 0
        with np.errstate(over="ignore"):  # in float16 the distance may be infinite: its exponential is 0 either way
            scores -= top
        np.exp(scores, out=scores)
    total = np.matmul(scores, np.ones((scores.shape[-1], 1), scores.dtype))  # a sum of rows that BLAS does
    if attn_mask is None and scores.size:
        return scores, np.divide(1, total, out=total)
    return scores, np.divide(1, total, out=np.zeros_like(total), where=total != 0)


def _attend(
    query: Any, key: Any, value: Any, attn_mask: Any, scale: float, noise: Any, out: Any = None
) -> tuple[Any, Any]:
    """(y, (E, 1 / Z, y)), y in `out` if there is one."""
    scores = np.matmul(query * scale, key.swapaxes(-1, -2))  # (…, L, D) (…, D, S) -> (…, L, S)
    e, inverse = _exponentials(scores, attn_mask)
    y = np.matmul(e if noise is None else e * noise, value, out=out)  # (…, L, S) (…, S, D) -> (…, L, D)
    y *= inverse
    return y, (e, inverse, y)


def _unattend(
    g: Any,
    values: Any,
    query: Any,
    key: Any,
    value: Any,
    scale: float,
    noise: Any,
    outs: tuple[Any, Any, Any] = (None, None, None),
) -> tuple[Any, Any, Any, Any]:
    """(dq, dk, dv, dS), the first three in `outs` if there are any."""
    e, inverse, y = values
    g = g * inverse
    dv = np.matmul((e if noise is None else e * noise).swapaxes(-1, -2), g, out=outs[2])
    ds = np.matmul(g, value.swapaxes(-1, -2))
    if noise is not None:
        ds *= noise
    ds -= np.einsum("...d,...d->...", g, y)[..., None]
    ds *= e
    dq = np.matmul(ds, key, out=outs[0])
    dq *= scale
    dk = np.matmul(ds.swapaxes(-1, -2), query, out=outs[1])
    dk *= scale
    return dq, dk, dv, ds


# The weights alone
def _weights(query: Any, key: Any, attn_mask: Any = None, *, scale: float) -> Any:
    e, inverse = _exponentials(np.matmul(query * scale, key.swapaxes(-1, -2)), attn_mask)
    e *= inverse
    return e


def _weights_joint(g: Any, out: Any, query: Any, key: Any, attn_mask: Any = None, *, scale: float) -> tuple[Any, ...]:
    ds = g * out
    ds -= out * np.add.reduce(ds, axis=-1, keepdims=True)
    return scale * np.matmul(ds, key), scale * np.matmul(ds.swapaxes(-1, -2), query), ds


def _weights_composite(query: Any, key: Any, attn_mask: Any = None, *, scale: float) -> Any:
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * scale
    if attn_mask is None:
        return softmax_op(scores)
    scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype.kind == "b" else scores + attn_mask
    nowhere = np.all(np.equal(scores, -np.inf), axis=-1, keepdims=True)
    return np.where(nowhere, 0, softmax_op(np.where(nowhere, 0, scores)))


attention_weights_op = define(
    _weights,
    joint=_weights_joint,
    keeps="in out",
    composite=_weights_composite,
    name="attention_weights",
    label="P·(g - Σg·P)·k, …ᵀ·q",
)


# Given heads
def _attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> tuple[Any, Any]:
    return _attend(query, key, value, attn_mask, scale, noise)


def _attention_joint(
    g: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> tuple[Any, ...]:
    return _unattend(g, out.values, query, key, value, scale, noise)


def _attention_composite(
    query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> Any:
    weights = _weights_composite(query, key, attn_mask, scale=scale)
    return np.matmul(weights if noise is None else weights * noise, value)


def _attention_jvps() -> Any:
    """With P = E / Z: dy = dP v + P dv, dP = P ∘ (dS - Σ_j P dS), and so dP v = (P ∘ dS) v - y Σ_j P dS."""

    def moved(ds: Any, out: Any, value: Any, noise: Any) -> Any:
        e, inverse, y = out.values
        weighted = e * ds
        total = np.add.reduce(weighted, axis=-1, keepdims=True)
        return (np.matmul(weighted if noise is None else weighted * noise, value) - total * y) * inverse

    def by_query(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return moved(np.matmul(t * scale, key.swapaxes(-1, -2)), out, value, noise)

    def by_key(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return moved(np.matmul(query * scale, t.swapaxes(-1, -2)), out, value, noise)

    def by_value(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        e, inverse, _ = out.values
        return np.matmul(e if noise is None else e * noise, t) * inverse

    def by_mask(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return moved(t, out, value, noise)

    return by_query, by_key, by_value, by_mask


attention_op = define(
    _attention,
    joint=_attention_joint,
    keeps="in",
    saves=True,
    composite=_attention_composite,
    name="attention",
    jvp=_attention_jvps(),
    label="dS·k, dSᵀ·q, Pᵀ·g",
)


# The heads of a packed projection: one node instead of ten, and the three gradients written where they belong
def _heads(packed: Any, heads: int, parts: int) -> Any:
    """(…, T, parts · H · D) -> (parts, …, H, T, D), a view."""
    *batch, length, width = packed.shape
    split = np.reshape(packed, (*batch, length, parts, heads, width // (parts * heads)))
    n = len(batch)
    return np.transpose(split, (n + 1, *range(n), n + 2, n, n + 3))


def _packed_attention(
    packed: Any, attn_mask: Any = None, *, heads: int, scale: float, noise: Any = None
) -> tuple[Any, Any]:
    query, key, value = _heads(packed, heads, 3)
    out = np.empty_like(packed[..., : packed.shape[-1] // 3])  # in the order of its axes
    _, values = _attend(query, key, value, attn_mask, scale, noise, _heads(out, heads, 1)[0])
    return out, values


def _packed_attention_joint(
    g: Any, out: Any, packed: Any, attn_mask: Any = None, *, heads: int, scale: float, noise: Any = None
) -> tuple[Any, ...]:
    query, key, value = _heads(packed, heads, 3)
    d = np.empty_like(packed)  # also in its order of axes: with the time first the views of it stay views
    *_, ds = _unattend(_heads(g, heads, 1)[0], out.values, query, key, value, scale, noise, tuple(_heads(d, heads, 3)))
    return d, ds


def _packed_attention_composite(
    packed: Any, attn_mask: Any = None, *, heads: int, scale: float, noise: Any = None
) -> Any:
    query, key, value = _heads(packed, heads, 3)
    y = _attention_composite(query, key, value, attn_mask, scale=scale, noise=noise)  # (…, H, T, D)
    return np.reshape(np.swapaxes(y, -2, -3), (*packed.shape[:-1], packed.shape[-1] // 3))


packed_attention_op = define(
    _packed_attention,
    joint=_packed_attention_joint,
    keeps="in",
    saves=True,
    composite=_packed_attention_composite,
    name="packed_attention",
    label="[dS·k, dSᵀ·q, Pᵀ·g]",
)


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> Any:
    """For each query the mean of the values, weighted by how well their keys match it.

        y = softmax(q kᵀ · scale + mask) v

    Shape:     query (*, L, E), key (*, S, E), value (*, S, Ev) -> (*, L, Ev); the leading axes are broadcast
    Args:      attn_mask: broadcast to (*, L, S); of bool, True where a query may look (MultiheadAttention's masks mean the
               opposite, here as in PyTorch); a floating one is added, and may be learned.
               dropout_p: the share of weights set to 0, the others grow by 1 / (1 - p); in training and in use alike.
               is_causal: query i looks at keys 0 … i only; not together with attn_mask.
               scale: default 1 / √E.
               rng: where the dropped weights come from.
    Numerics:  shifted before the exponential where scores are large. A query that may look nowhere gets 0, and gives no
               gradient, where PyTorch's formula is 0/0 = nan.
    Raises:    ShapeError if the shapes do not fit, DTypeError for a mask of integers.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, eq. 1; the gradient as in Dao et al. 2022, arXiv:2205.14135.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> q = k = np.zeros((3, 2))  # every key matches as well as another
        >>> F.scaled_dot_product_attention(q, k, np.array([[0.0], [1.0], [5.0]]), is_causal=True).ravel()
        array([0. , 0.5, 2. ])
    """
    query = as_values(query)
    if query.dtype.kind != "f":
        raise DTypeError(f"attention takes floating queries; got {query.dtype}. Convert them: x.astype(np.float32).")
    key, value = cast_to(key, query, "attention"), cast_to(value, query, "attention")
    shape = _scores_shape(query.shape, key.shape, value.shape)
    if is_causal:
        if attn_mask is not None:
            raise ArgumentError(
                "give attn_mask or is_causal=True, not both; np.tri(L, S, dtype=bool) & mask is a mask for both."
            )
        attn_mask = np.tri(*shape[-2:], dtype=bool)
    rest = () if attn_mask is None else (_mask_for(attn_mask, query.dtype, shape),)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
    return attention_op(query, key, value, *rest, scale=scale, noise=_noise(dropout_p, shape, query.dtype, rng))


def _noise(p: float, shape: tuple[int, ...], dtype: Any, rng: np.random.Generator | None) -> Any:
    """What dropout multiplies by: 0 with probability p, else 1 / (1 - p); None where p is 0."""
    p = check_p(p)
    if p == 0:
        return None
    kept = keep_mask(shape, 1 - p, generator(rng)) if p < 1 else np.zeros(shape, bool)
    return np.multiply(kept, 1 / (1 - p) if p < 1 else 0, dtype=dtype)


def _scores_shape(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> tuple[int, ...]:
    """(*, L, S), from shapes that fit."""
    try:
        if min(len(query), len(key), len(value)) < 2 or query[-1] != key[-1] or key[-2] != value[-2]:
            raise ValueError
        batch = np.broadcast_shapes(query[:-2], key[:-2])
        np.broadcast_shapes(batch, value[:-2])
    except ValueError:
        raise ShapeError(
            f"attention expects query (*, L, E), key (*, S, E) and value (*, S, Ev), one E and one S; got {query}, {key} and {value}."
        ) from None
    return (*batch, query[-2], key[-2])


def _mask_for(mask: Any, dtype: Any, shape: tuple[int, ...]) -> Any:
    """A mask of bool, or floating of the computation's dtype, that fits the scores; a copy, if it is an array."""
    mask = as_values(mask)
    if mask.dtype.kind not in "bf":
        raise DTypeError(
            f"a mask is of bool, or floating and added to the scores; got {mask.dtype}. Convert it: mask.astype(bool)."
        )
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"a mask of shape {mask.shape} does not broadcast to the scores' {shape}.")
    if isinstance(mask, Tensor) and mask.dtype.kind == "f":
        return mask if mask.dtype == dtype else mask.astype(dtype)
    return np.array(getattr(mask, "_data", mask), None if mask.dtype.kind == "b" else dtype)
