"""Attention in several subspaces at once, with the projections around it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.attention.scaled_dot_product import (
    _mask_for,
    _noise,
    attention_op,
    attention_weights_op,
    packed_attention_op,
)
from nn.layers.dropout import check_p
from nn.layers.inputs import as_values, cast_to
from nn.layers.linear import Linear, linear


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
        y = packed_attention_op(projected[0], *rest, heads=num_heads, scale=scale, noise=noise)  # (…, T, E)
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
            weights = attention_weights_op(q, k, *rest, scale=scale)
            weights = weights if noise is None else weights * noise
            y = np.matmul(weights, v)
            weights = np.mean(weights, axis=-3) if average_attn_weights else weights
        else:
            y = attention_op(q, k, v, *rest, scale=scale, noise=noise)
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


class MultiheadAttention(Module):
    """Attention in num_heads subspaces at once.

        y = [head_1 … head_H] Woᵀ + bo        head_h = softmax(q_h k_hᵀ / √D) v_h        D = embed_dim / num_heads
        q = query Wqᵀ + bq                    k = key Wkᵀ + bk                           v = value Wvᵀ + bv

    where q_h is the h-th run of D columns of q. Wq, Wk, Wv stand below each other in `in_proj_weight`, or apart in
    `q_proj_weight`, `k_proj_weight`, `v_proj_weight` if kdim or vdim is not embed_dim.

    Shape:     query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> (L, N, embed_dim), and weights (N, L, S);
               with batch_first (N, L, embed_dim) …; without a batch (L, embed_dim) … and weights (L, S)
    Args:      dropout: the share of weights that are set to 0 in training.
               bias: whether there are bq, bk, bv and bo.
               add_bias_kv: a learned key and value, `bias_k` and `bias_v`, at the end of the sequences.
               add_zero_attn: a key and value of zeros at the end, to look at nothing.
               kdim, vdim: the features of key and value; default embed_dim.
               batch_first: the batch is the first axis.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from, and what is dropped in training. As in PyTorch: Wq, Wk, Wv xavier_uniform_
               (together, or each where they are apart), Wo uniform in ±1/√embed_dim, biases 0, bias_k and bias_v xavier_normal_.
    Masks:     as in PyTorch, True *blocks*, the opposite of `F.scaled_dot_product_attention`; a floating mask is added.
               attn_mask: (L, S), or one a batch and head, (N·num_heads, L, S).
               key_padding_mask: (N, S), or (S,) without a batch.
               is_causal: query i looks at keys 0 … i only. With an attn_mask it is a mere hint, and the mask is what counts.
    Returns:   (y, weights). The weights are the mean over the heads, with average_attn_weights=False (N, num_heads, L, S),
               with need_weights=False None: much faster, because everything between the projections is then one operation.
    Numerics:  a query that is blocked from everything gets weights 0 (PyTorch: nan), so y is bo there.
    Raises:    ShapeError if the shapes do not fit.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2.
    Example:
        >>> import numpy as np, nn
        >>> attention = nn.MultiheadAttention(8, num_heads=2, batch_first=True)
        >>> x = np.ones((3, 5, 8))
        >>> y, weights = attention(x, x, x, is_causal=True)
        >>> y.shape, weights.shape
        ((3, 5, 8), (3, 5, 5))
        >>> bool((weights[0, 0].numpy() == [1, 0, 0, 0, 0]).all())
        True
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.embed_dim = check_size("embed_dim", embed_dim)
        self.num_heads = check_size("num_heads", num_heads)
        if embed_dim % num_heads:
            raise ArgumentError(f"embed_dim must be divisible by num_heads; got {embed_dim} and {num_heads}.")
        self.kdim = embed_dim if kdim is None else check_size("kdim", kdim)
        self.vdim = embed_dim if vdim is None else check_size("vdim", vdim)
        self.head_dim = embed_dim // num_heads
        self.dropout = check_p(dropout)
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.rng = rng
        together = self.kdim == self.vdim == embed_dim
        self.q_proj_weight = None if together else blank((embed_dim, embed_dim), dtype, "q_proj_weight")
        self.k_proj_weight = None if together else blank((embed_dim, self.kdim), dtype, "k_proj_weight")
        self.v_proj_weight = None if together else blank((embed_dim, self.vdim), dtype, "v_proj_weight")
        self.in_proj_weight = blank((3 * embed_dim, embed_dim), dtype, "in_proj_weight") if together else None
        self.in_proj_bias = blank(3 * embed_dim, dtype, "in_proj_bias") if bias else None
        self.out_proj = Linear(
            embed_dim, embed_dim, bias, dtype=dtype, rng=np.random.default_rng(0)
        )  # drawn anew in a moment
        self.bias_k = blank((1, 1, embed_dim), dtype, "bias_k") if add_bias_kv else None
        self.bias_v = blank((1, 1, embed_dim), dtype, "bias_v") if add_bias_kv else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        for weight in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight, self.in_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight, rng=rng)
        self.out_proj.reset_parameters(rng)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row, rng=rng)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        return multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
            need_weights, attn_mask, self.in_proj_weight is None, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal, batch_first=self.batch_first, rng=self.rng,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"
