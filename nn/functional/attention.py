"""Attention, for given heads and with the projections around it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused
from autograd.random import generator
from nn.layers.dropout import check_p, keep_mask
from nn.layers.inputs import as_values, cast_to
from nn.layers.linear import linear


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
    return fused.attention(query, key, value, *rest, scale=scale, noise=_noise(dropout_p, shape, query.dtype, rng))


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    *,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    batch_first: bool = False,
    rng: np.random.Generator | None = None,
) -> tuple[Any, Any]:
    """What `nn.MultiheadAttention` computes: see there for formula, shapes and masks.

    Args:      as PyTorch's function, but for static_k and static_v, so that what follows them is given by name;
               batch_first and rng are ours.
    Returns:   (result, weights); the weights are None unless need_weights.
    """
    who = "MultiheadAttention"
    weight = q_proj_weight if use_separate_proj_weight else in_proj_weight
    alone = query is key and key is value
    query = cast_to(query, weight, who)
    key, value = (query, query) if alone else (cast_to(key, weight, who), cast_to(value, weight, who))
    if use_separate_proj_weight:
        dims = (embed_dim_to_check, k_proj_weight.shape[1], v_proj_weight.shape[1])
    else:
        dims = (embed_dim_to_check,) * 3
    _check_multi_head(query, key, value, dims, num_heads, 0 if batch_first else 1)
    swapped = query.ndim == 3 and not batch_first
    if use_separate_proj_weight or not alone:
        apart = (
            [q_proj_weight, k_proj_weight, v_proj_weight] if use_separate_proj_weight else np.split(in_proj_weight, 3)
        )
        biases = [None] * 3 if in_proj_bias is None else np.split(in_proj_bias, 3)
        projected = [linear(x, w, b) for x, w, b in zip((query, key, value), apart, biases, strict=True)]
    else:
        projected = [linear(query, in_proj_weight, in_proj_bias)]  # (…, T, 3 · E)
    if swapped:  # (T, N, E) -> (N, T, E), a view
        query, key, *projected = (np.swapaxes(x, 0, 1) for x in (query, key, *projected))
    extra = (bias_k is not None) + bool(add_zero_attn)
    shape = (*query.shape[:-2], num_heads, query.shape[-2], key.shape[-2])
    mask = _merged_mask(attn_mask, key_padding_mask, is_causal, query.dtype, shape, extra)
    rest = () if mask is None else (mask,)
    noise = _noise(dropout_p if training else 0.0, (*shape[:-1], shape[-1] + extra), query.dtype, rng)
    scale = 1 / math.sqrt(embed_dim_to_check // num_heads)
    weights = None
    if len(projected) == 1 and not extra and not need_weights:
        y = fused.packed_attention(projected[0], *rest, heads=num_heads, scale=scale, noise=noise)  # (…, T, E)
        y = np.swapaxes(y, 0, 1) if swapped else y
    else:
        q, k, v = projected if len(projected) == 3 else np.split(projected[0], 3, axis=-1)
        if bias_k is not None:
            k, v = _appended(k, bias_k), _appended(v, bias_v)
        if add_zero_attn:
            nothing = np.zeros((1, 1, embed_dim_to_check), query.dtype)
            k, v = _appended(k, nothing), _appended(v, nothing)
        q, k, v = (_split_heads(x, num_heads) for x in (q, k, v))  # (N, T, E) -> (N, H, T, D)
        if need_weights:
            weights = fused.attention_weights(q, k, *rest, scale=scale)
            weights = weights if noise is None else weights * noise
            y = np.matmul(weights, v)
            weights = np.mean(weights, axis=-3) if average_attn_weights else weights
        else:
            y = fused.attention(q, k, v, *rest, scale=scale, noise=noise)
        y = np.transpose(y, (2, 0, 1, 3)) if swapped else np.swapaxes(y, -2, -3)
        y = np.reshape(y, (*y.shape[:-2], embed_dim_to_check))  # (N, L, H, D) -> (N, L, E)
    return linear(y, out_proj_weight, out_proj_bias), weights


def _split_heads(x: Any, heads: int) -> Any:
    """(…, T, E) -> (…, H, T, D)."""
    return np.swapaxes(np.reshape(x, (*x.shape[:-1], heads, x.shape[-1] // heads)), -2, -3)


def _appended(x: Any, row: Any) -> Any:
    """x (…, T, E) with one more row (1, 1, E) at the end of the sequence."""
    row = np.broadcast_to(row, (*x.shape[:-2], 1, x.shape[-1])) if x.ndim == 3 else np.reshape(row, (1, -1))
    return np.concatenate([x, row], axis=-2)


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


def _check_multi_head(query: Any, key: Any, value: Any, dims: tuple[int, ...], heads: int, batch: int) -> None:
    embed_dim, kdim, vdim = dims
    shapes = [x.shape for x in (query, key, value)]
    fits = (
        {len(s) for s in shapes} in ({2}, {3})
        and [s[-1] for s in shapes] == [embed_dim, kdim, vdim]
        and shapes[1][:-1] == shapes[2][:-1]
    )
    if not fits or query.ndim == 3 and query.shape[batch] != key.shape[batch]:
        order = "N, …" if batch == 0 else "…, N"
        raise ShapeError(
            f"MultiheadAttention expects query ({order}, {embed_dim}), key ({order}, {kdim}) and value ({order}, {vdim}), or all three "
            f"without the batch N; key and value of one length; got {', '.join(map(str, shapes))}."
        )
    if embed_dim % heads:
        raise ArgumentError(f"embed_dim must be divisible by num_heads; got {embed_dim} and {heads}.")


def _merged_mask(
    attn_mask: Any, key_padding_mask: Any, is_causal: bool, dtype: Any, shape: tuple[int, ...], extra: int
) -> Any:
    """MultiheadAttention's two masks, where True blocks, as one for the primitive, where True allows.

    Args:  shape: (N, H, L, S) or (H, L, S).
           extra: how many keys are appended to the S, which every query may see.
    """
    *batch, heads, queries, keys = shape
    masks = []
    if attn_mask is None and is_causal:
        attn_mask = ~np.tri(queries, keys, dtype=bool)
    if attn_mask is not None:
        attn_mask = as_values(attn_mask)
        full = (*batch[:1], heads, queries, keys)
        if attn_mask.ndim == 3 and attn_mask.shape == (math.prod(full[:-2]), queries, keys):
            attn_mask = np.reshape(attn_mask, full)
        elif attn_mask.shape != (queries, keys):
            raise ShapeError(
                f"attn_mask must have shape {(queries, keys)} or {(math.prod(full[:-2]), queries, keys)}; got {attn_mask.shape}."
            )
        masks.append(_mask_for(attn_mask, dtype, shape))
    if key_padding_mask is not None:
        key_padding_mask = as_values(key_padding_mask)
        if key_padding_mask.shape != (*batch, keys):
            raise ShapeError(
                f"key_padding_mask must have shape {(*batch, keys)}, a mark for every key; got {key_padding_mask.shape}."
            )
        masks.append(_mask_for(np.reshape(key_padding_mask, (*batch, 1, 1, keys)), dtype, shape))
    if not masks:
        return None
    if all(mask.dtype.kind == "b" for mask in masks):
        merged = ~np.logical_or.reduce(np.broadcast_arrays(*masks)) if len(masks) > 1 else ~masks[0]
    else:
        merged = sum(
            np.where(mask, dtype.type(-np.inf), dtype.type(0)) if mask.dtype.kind == "b" else mask for mask in masks
        )
    if extra:
        seen = np.full((*merged.shape[:-1], extra), merged.dtype.kind == "b", merged.dtype)
        merged = np.concatenate([merged, seen], axis=-1)
    return merged
