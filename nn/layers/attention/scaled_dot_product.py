"""Scaled dot-product attention: softmax(q kᵀ · scale + mask) v, batched, for given heads or for a packed projection.

    E = exp(q kᵀ · scale + mask)         Z = Σ_j E_ij         y = (E v) / Z

The matrix of scores is by far the largest array here, so the code passes over it as rarely as possible. It is computed
once, becomes E in place, and is never divided by Z: the division is done on E v, which is only as wide as a head (Dao
et al. 2022, arXiv:2205.14135, section 3.1). The sum in the gradient of softmax is computed at that width too:
Σ_j P_ij dP_ij = Σ_d g_id y_id (appendix B.2 of the paper). With P = E / Z and g' = g / Z

    dv = Eᵀ g'        dS = E ∘ (g' vᵀ - Σ_d g'_d y_d)        dq = scale · dS k        dk = scale · dSᵀ q
    dmask = dS

A boolean mask is True where a query may attend to a key; a floating mask is added to the scores. A query that may
attend to no key gets the result 0 and no gradient. PyTorch's formula is 0/0 there, so one such row of padding makes
every parameter nan.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.options import check_flag
from autograd.random import generator
from nn.layers.activation.softmax import softmax_op
from nn.layers.dropout import check_p, keep_mask
from nn.layers.inputs import as_values, cast_to, of_kind

# Scores from -20 to 20 need no shift by their maximum: their exponentials, and the quotients of these, are far from
# overflow and underflow in float32. One minimum and maximum over all scores are several times as fast as a maximum of
# each row.
_UNSHIFTED_BOUND = 20.0


def _exponentials(scores: Any, attn_mask: Any) -> tuple[Any, Any]:
    """(E, 1 / Z), with E in the memory of the scores. Masked elements of E are 0. A fully masked row has 1 / Z = 0."""
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
        and np.maximum.reduce(flat) <= _UNSHIFTED_BOUND
        and np.minimum.reduce(flat) >= -_UNSHIFTED_BOUND
    ):
        np.exp(scores, out=scores)
        if allowed is not None:
            scores *= allowed
    else:
        if allowed is not None:
            np.copyto(scores, -np.inf, where=~allowed)
        top = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf)
        top[top == -np.inf] = 0
        with np.errstate(over="ignore"):  # in float16 the difference may be -inf, whose exponential is 0
            scores -= top
        np.exp(scores, out=scores)
    total = np.matmul(scores, np.ones((scores.shape[-1], 1), scores.dtype))  # the sum of each row, by BLAS
    if attn_mask is None and scores.size:
        return scores, np.divide(1, total, out=total)
    return scores, np.divide(1, total, out=np.zeros_like(total), where=total != 0)


def _attend(
    query: Any, key: Any, value: Any, attn_mask: Any, scale: float, noise: Any, out: Any = None
) -> tuple[Any, Any]:
    """(y, (E, 1 / Z, y)). If `out` is given, y is written there."""
    scores = np.matmul(query * scale, key.swapaxes(-1, -2))  # (…, L, D) (…, D, S) -> (…, L, S)
    e, inverse = _exponentials(scores, attn_mask)
    y = np.matmul(e if noise is None else e * noise, value, out=out)  # (…, L, S) (…, S, D) -> (…, L, D)
    y *= inverse
    return y, (e, inverse, y)


def _attend_gradients(
    g: Any,
    values: Any,
    query: Any,
    key: Any,
    value: Any,
    scale: float,
    noise: Any,
    outs: tuple[Any, Any, Any] = (None, None, None),
) -> tuple[Any, Any, Any, Any]:
    """(dq, dk, dv, dS). If `outs` are given, the first three are written there."""
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


# The weights P = E / Z alone
def _attention_weights(query: Any, key: Any, attn_mask: Any = None, *, scale: float) -> Any:
    e, inverse = _exponentials(np.matmul(query * scale, key.swapaxes(-1, -2)), attn_mask)
    e *= inverse
    return e


def _attention_weights_joint(
    g: Any, out: Any, query: Any, key: Any, attn_mask: Any = None, *, scale: float
) -> tuple[Any, ...]:
    ds = g * out
    ds -= out * np.add.reduce(ds, axis=-1, keepdims=True)
    return scale * np.matmul(ds, key), scale * np.matmul(ds.swapaxes(-1, -2), query), ds


def _attention_weights_composite(query: Any, key: Any, attn_mask: Any = None, *, scale: float) -> Any:
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * scale
    if attn_mask is None:
        return softmax_op(scores)
    scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype.kind == "b" else scores + attn_mask
    all_masked = np.all(np.equal(scores, -np.inf), axis=-1, keepdims=True)
    return np.where(all_masked, 0, softmax_op(np.where(all_masked, 0, scores)))


attention_weights_op = define(
    _attention_weights,
    joint=_attention_weights_joint,
    keeps="in out",
    composite=_attention_weights_composite,
    name="attention_weights",
    label="scale·dS·key, scale·dSᵀ·query, Σ(dS); dS = out ⊙ (g - Σ(g ⊙ out))",
)


# Attention of given heads
def _attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> tuple[Any, Any]:
    return _attend(query, key, value, attn_mask, scale, noise)


def _attention_joint(
    g: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> tuple[Any, ...]:
    return _attend_gradients(g, out.values, query, key, value, scale, noise)


def _attention_composite(
    query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
) -> Any:
    weights = _attention_weights_composite(query, key, attn_mask, scale=scale)
    return np.matmul(weights if noise is None else weights * noise, value)


def _attention_jvps() -> Any:
    """With P = E / Z: dy = dP v + P dv, dP = P ∘ (dS - Σ_j P dS), and so dP v = (P ∘ dS) v - y Σ_j P dS."""

    def tangent(ds: Any, out: Any, value: Any, noise: Any) -> Any:
        e, inverse, y = out.values
        weighted = e * ds
        total = np.add.reduce(weighted, axis=-1, keepdims=True)
        return (np.matmul(weighted if noise is None else weighted * noise, value) - total * y) * inverse

    def by_query(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return tangent(np.matmul(t * scale, key.swapaxes(-1, -2)), out, value, noise)

    def by_key(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return tangent(np.matmul(query * scale, t.swapaxes(-1, -2)), out, value, noise)

    def by_value(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        e, inverse, _ = out.values
        return np.matmul(e if noise is None else e * noise, t) * inverse

    def by_mask(
        t: Any, out: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, *, scale: float, noise: Any = None
    ) -> Any:
        return tangent(t, out, value, noise)

    return by_query, by_key, by_value, by_mask


def _label(scale: float, noise: Any = None) -> str:
    noisy = "" if noise is None else " ⊙ noise"
    return (
        f"scale·dS·key, scale·dSᵀ·query, (P{noisy})ᵀ·g, Σ(dS); dS = P ⊙ (dP - Σ(dP ⊙ P)), dP = (g·valueᵀ){noisy}, "
        "P = softmax(scale·query·keyᵀ + attn_mask)"
    )


attention_op = define(
    _attention,
    joint=_attention_joint,
    keeps="in",
    saves=True,
    composite=_attention_composite,
    name="attention",
    jvp=_attention_jvps(),
    label=_label,
)


# Attention of the heads of a packed projection: one node instead of ten. The gradients of q, k and v are written
# directly into the gradient of the projection.
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
    out = np.empty_like(packed[..., : packed.shape[-1] // 3])  # with the memory order of packed
    _, values = _attend(query, key, value, attn_mask, scale, noise, _heads(out, heads, 1)[0])
    return out, values


def _packed_attention_joint(
    g: Any, out: Any, packed: Any, attn_mask: Any = None, *, heads: int, scale: float, noise: Any = None
) -> tuple[Any, ...]:
    query, key, value = _heads(packed, heads, 3)
    d = np.empty_like(packed)  # with the memory order of packed, so that its heads are views too
    *_, ds = _attend_gradients(
        _heads(g, heads, 1)[0], out.values, query, key, value, scale, noise, tuple(_heads(d, heads, 3))
    )
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
    label="as attention, of each head",
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
    """For each query, the mean of the values, weighted by how well their keys match the query.

        y = softmax(q kᵀ · scale + mask) v

    Shape:     query (*, L, E), key (*, S, E), value (*, S, Ev) -> (*, L, Ev); the leading axes are broadcast
    Args:      attn_mask: broadcast to (*, L, S). A boolean mask is True where a query may attend to a key (in
               MultiheadAttention True means the opposite, as in PyTorch). A floating mask is added to the scores and
               may be learned.
               dropout_p: the probability of setting a weight to 0; the others are divided by 1 - p. It always applies:
               the function does not know whether it is used in training.
               is_causal: query i attends only to keys 0 … i; not together with attn_mask.
               scale: default 1 / √E.
               rng: source of the dropout mask.
    Numerics:  large scores are shifted before the exponential. A query that may attend to no key gets the result 0 and
               no gradient; PyTorch's formula gives 0/0 = nan.
    Raises:    ShapeError if the shapes do not fit, DTypeError for a mask of integers.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, eq. 1; the gradient as in Dao et al. 2022, arXiv:2205.14135.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> q = k = np.zeros((3, 2))  # all keys match equally well
        >>> F.scaled_dot_product_attention(q, k, np.array([[0.0], [1.0], [5.0]]), is_causal=True).ravel()
        array([0. , 0.5, 2. ])
    """
    check_flag("scaled_dot_product_attention: is_causal", is_causal)
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
        attn_mask = like(np.tri(*shape[-2:], dtype=bool), raw(query))
    rest = () if attn_mask is None else (converted_mask(attn_mask, query, shape),)
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else float(scale)  # E = 0: all keys match equally
    return attention_op(query, key, value, *rest, scale=scale, noise=dropout_noise(dropout_p, shape, query, rng))


def dropout_noise(p: float, shape: tuple[int, ...], query: Any, rng: np.random.Generator | None) -> Any:
    """The factors of dropout: 0 with probability p, else 1 / (1 - p); of query's kind and dtype. None if p is 0."""
    p = check_p(p)
    if p == 0:
        return None
    kept = keep_mask(shape, 1 - p, generator(rng)) if p < 1 else np.zeros(shape, bool)
    return like(np.multiply(kept, 1 / (1 - p) if p < 1 else 0, dtype=query.dtype), raw(query))


def _scores_shape(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> tuple[int, ...]:
    """The shape (*, L, S) of the scores, after a check that the shapes fit."""
    try:
        if min(len(query), len(key), len(value)) < 2 or query[-1] != key[-1] or key[-2] != value[-2]:
            raise ValueError
        batch = np.broadcast_shapes(query[:-2], key[:-2])
        np.broadcast_shapes(batch, value[:-2])
    except ValueError:
        raise ShapeError(
            f"attention expects query (*, L, E), key (*, S, E) and value (*, S, Ev), one E and one S; got {query}, "
            f"{key} and {value}."
        ) from None
    return (*batch, query[-2], key[-2])


def converted_mask(mask: Any, query: Any, shape: tuple[int, ...]) -> Any:
    """The mask as booleans or as floats in query's dtype, after a check that it broadcasts to `shape`; a copy."""
    dtype = query.dtype
    mask = as_values(of_kind(mask, query))
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
    return raw(mask).astype(bool if mask.dtype.kind == "b" else dtype)
