"""MultiheadAttention: attention in several subspaces at once, with the projections around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter, blank
from nn.layers.dropout import check_p
from nn.layers.linear import Linear


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
        return F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
            need_weights, attn_mask, self.in_proj_weight is None, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal, batch_first=self.batch_first, rng=self.rng,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"
