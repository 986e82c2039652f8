"""Multi-head attention: attention in several subspaces at once, with the projections before and after it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import like, ones, zeros
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.attention.scaled_dot_product import (
    attention_op,
    attention_weights_op,
    converted_mask,
    dropout_noise,
    packed_attention_op,
)
from nn.layers.dropout import check_p
from nn.layers.inputs import as_values, cast_to, of_kind
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
    """The computation of `nn.MultiheadAttention`; see there for the formula, shapes and masks.

    Args:      those of PyTorch's function without static_k and static_v, so the arguments that follow these are
               keyword-only. batch_first and rng are additions.
    Returns:   (result, weights); the weights are None unless need_weights.
    """
    check_flag("multi_head_attention_forward: add_zero_attn", add_zero_attn)
    check_flag("multi_head_attention_forward: training", training)
    check_flag("multi_head_attention_forward: need_weights", need_weights)
    check_flag("multi_head_attention_forward: use_separate_proj_weight", use_separate_proj_weight)
    check_flag("multi_head_attention_forward: average_attn_weights", average_attn_weights)
    check_flag("multi_head_attention_forward: is_causal", is_causal)
    check_flag("multi_head_attention_forward: batch_first", batch_first)
    who = "MultiheadAttention"
    weight = q_proj_weight if use_separate_proj_weight else in_proj_weight
    one_input = query is key and key is value
    query = cast_to(query, weight, who)
    key, value = (query, query) if one_input else (cast_to(key, weight, who), cast_to(value, weight, who))
    separate = [q_proj_weight, k_proj_weight, v_proj_weight] if use_separate_proj_weight else None
    widths = [embed_dim_to_check] * 3 if separate is None else [embed_dim_to_check, *(w.shape[1] for w in separate[1:])]
    _check_inputs(query, key, value, widths, num_heads, 0 if batch_first else 1)
    projected = _projected(query, key, value, in_proj_weight, in_proj_bias, separate)
    swapped = query.ndim == 3 and not batch_first
    if swapped:  # (T, N, E) -> (N, T, E), a view
        query, key, *projected = (np.swapaxes(x, 0, 1) for x in (query, key, *projected))
    extra = (bias_k is not None) + bool(add_zero_attn)
    shape = (*query.shape[:-2], num_heads, query.shape[-2], key.shape[-2])
    mask = _merged_mask(attn_mask, key_padding_mask, is_causal, query, shape, extra)
    rest = () if mask is None else (mask,)
    noise = dropout_noise(dropout_p if training else 0.0, (*shape[:-1], shape[-1] + extra), query, rng)
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
            nothing = zeros((1, 1, embed_dim_to_check), query.dtype, raw(query))
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


def _projected(query: Any, key: Any, value: Any, weight: Any, bias: Any, separate: list[Any] | None) -> list[Any]:
    """[q, k, v]; or, if the three inputs are one and so are the weights, one array of all three, (…, T, 3 · E)."""
    if separate is None and query is key and key is value:
        return [linear(query, weight, bias)]
    weights = np.split(weight, 3) if separate is None else separate
    biases = [None] * 3 if bias is None else np.split(bias, 3)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True)]


def _split_heads(x: Any, heads: int) -> Any:
    """(…, T, E) -> (…, H, T, D)."""
    return np.swapaxes(np.reshape(x, (*x.shape[:-1], heads, x.shape[-1] // heads)), -2, -3)


def _appended(x: Any, row: Any) -> Any:
    """x (…, T, E) with the row (1, 1, E) appended to the sequence."""
    row = np.broadcast_to(row, (*x.shape[:-2], 1, x.shape[-1])) if x.ndim == 3 else np.reshape(row, (1, -1))
    return np.concatenate([x, row], axis=-2)


def _check_inputs(query: Any, key: Any, value: Any, widths: list[int], heads: int, batch: int) -> None:
    """Check the shapes; `widths` are those of query, key and value, `batch` is the axis of the batch."""
    embed_dim, kdim, vdim = widths
    shapes = [x.shape for x in (query, key, value)]
    fits = (
        {len(s) for s in shapes} in ({2}, {3})
        and [s[-1] for s in shapes] == [embed_dim, kdim, vdim]
        and shapes[1][:-1] == shapes[2][:-1]
    )
    if not fits or query.ndim == 3 and query.shape[batch] != key.shape[batch]:
        order = "N, …" if batch == 0 else "…, N"
        raise ShapeError(
            f"MultiheadAttention expects query ({order}, {embed_dim}), key ({order}, {kdim}) and value "
            f"({order}, {vdim}), or all three without the batch N; key and value of one length; "
            f"got {', '.join(map(str, shapes))}."
        )
    _check_heads(embed_dim, heads)


def _check_heads(embed_dim: int, heads: int) -> None:
    if embed_dim % heads:
        raise ArgumentError(f"embed_dim must be divisible by num_heads; got {embed_dim} and {heads}.")


def _merged_mask(
    attn_mask: Any, key_padding_mask: Any, is_causal: bool, query: Any, shape: tuple[int, ...], extra: int
) -> Any:
    """One mask for the primitive, where True allows, from MultiheadAttention's two masks, where True blocks.

    Args:  shape: (N, H, L, S) or (H, L, S).
           extra: how many keys are appended to the S; every query may attend to them.
    """
    *batch, heads, queries, keys = shape
    dtype = query.dtype
    masks = []
    if attn_mask is None and is_causal:
        attn_mask = like(~np.tri(queries, keys, dtype=bool), raw(query))
    if attn_mask is not None:
        attn_mask = as_values(of_kind(attn_mask, query))
        full = (*batch[:1], heads, queries, keys)
        if attn_mask.ndim == 3 and attn_mask.shape == (math.prod(full[:-2]), queries, keys):
            attn_mask = np.reshape(attn_mask, full)
        elif attn_mask.shape != (queries, keys):
            raise ShapeError(
                f"attn_mask must have shape {(queries, keys)} or {(math.prod(full[:-2]), queries, keys)}; "
                f"got {attn_mask.shape}."
            )
        masks.append(converted_mask(attn_mask, query, shape))
    if key_padding_mask is not None:
        key_padding_mask = as_values(of_kind(key_padding_mask, query))
        if key_padding_mask.shape != (*batch, keys):
            raise ShapeError(
                f"key_padding_mask must have shape {(*batch, keys)}, a mark for every key; "
                f"got {key_padding_mask.shape}."
            )
        masks.append(converted_mask(np.reshape(key_padding_mask, (*batch, 1, 1, keys)), query, shape))
    if not masks:
        return None
    if all(mask.dtype.kind == "b" for mask in masks):
        merged = ~(masks[0] | masks[1]) if len(masks) > 1 else ~masks[0]
    else:
        merged = sum(
            np.where(mask, dtype.type(-np.inf), dtype.type(0)) if mask.dtype.kind == "b" else mask for mask in masks
        )
    if extra:
        make = ones if merged.dtype.kind == "b" else zeros
        allowed = make((*merged.shape[:-1], extra), merged.dtype, raw(query))
        merged = np.concatenate([merged, allowed], axis=-1)
    return merged


class MultiheadAttention(Module):
    """Attention in num_heads subspaces at once.

        y = [head_1 … head_H] Woᵀ + bo        head_h = softmax(q_h k_hᵀ / √D) v_h        D = embed_dim / num_heads
        q = query Wqᵀ + bq                    k = key Wkᵀ + bk                           v = value Wvᵀ + bv

    where q_h is the h-th block of D columns of q. Wq, Wk, Wv are stacked in `in_proj_weight`, or separate in
    `q_proj_weight`, `k_proj_weight`, `v_proj_weight` if kdim or vdim is not embed_dim.

    Shape:     query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim)
               -> (L, N, embed_dim), and weights (N, L, S);
               with batch_first (N, L, embed_dim) …; without a batch (L, embed_dim) … and weights (L, S)
    Args:      dropout: the probability, in training, of setting an attention weight to 0.
               bias: whether there are bq, bk, bv and bo.
               add_bias_kv: append a learned key and value, `bias_k` and `bias_v`, to the sequences.
               add_zero_attn: append a key and value of zeros, so that a query can attend to nothing.
               kdim, vdim: the features of key and value; default embed_dim.
               batch_first: the batch is the first axis.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values and of the dropout masks. As in PyTorch, Wq, Wk, Wv are xavier_uniform_
               (drawn as one matrix if they are stacked), Wo is uniform in ±1/√embed_dim, the biases are 0, and bias_k
               and bias_v are xavier_normal_.
    Masks:     as in PyTorch, True *blocks*, the opposite of `F.scaled_dot_product_attention`; a floating mask is added.
               attn_mask: (L, S), or (N·num_heads, L, S) with one mask for each sequence and head.
               key_padding_mask: (N, S), or (S,) without a batch.
               is_causal: query i attends only to keys 0 … i. If an attn_mask is given, is_causal has no effect.
    Returns:   (y, weights). The weights are the mean over the heads; with average_attn_weights=False they are
               (N, num_heads, L, S). With need_weights=False they are None; this is much faster, because everything
               between the projections is then one operation.
    Numerics:  a query that may attend to no key gets weights 0 (PyTorch: nan), so y is bo there.
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

    takes_complex = False

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
        _check_heads(embed_dim, num_heads)
        self.kdim = embed_dim if kdim is None else check_size("kdim", kdim)
        self.vdim = embed_dim if vdim is None else check_size("vdim", vdim)
        self.head_dim = embed_dim // num_heads
        self.dropout = check_p(dropout)
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.rng = rng
        stacked = self.kdim == self.vdim == embed_dim
        self.q_proj_weight = None if stacked else blank((embed_dim, embed_dim), dtype, "q_proj_weight")
        self.k_proj_weight = None if stacked else blank((embed_dim, self.kdim), dtype, "k_proj_weight")
        self.v_proj_weight = None if stacked else blank((embed_dim, self.vdim), dtype, "v_proj_weight")
        self.in_proj_weight = blank((3 * embed_dim, embed_dim), dtype, "in_proj_weight") if stacked else None
        self.in_proj_bias = blank(3 * embed_dim, dtype, "in_proj_bias") if bias else None
        # reset_parameters draws the initial values of out_proj again; this generator leaves `rng` untouched.
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=np.random.default_rng(0))
        self.bias_k = blank((1, 1, embed_dim), dtype, "bias_k") if add_bias_kv else None
        self.bias_v = blank((1, 1, embed_dim), dtype, "bias_v") if add_bias_kv else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw new initial values, as the constructor does."""
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
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            self.training,
            key_padding_mask,
            need_weights,
            attn_mask,
            self.in_proj_weight is None,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            batch_first=self.batch_first,
            rng=self.rng,
        )

    def extra_repr(self) -> str:
        return (
            f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}, "
            f"batch_first={self.batch_first}"
        )
