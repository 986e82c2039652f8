"""The decoder of the Transformer: an encoder whose layers also attend to what another encoder made of its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nn.core.checks import check_size
from nn.core.module import Module
from nn.layers.attention.multi_head import MultiheadAttention
from nn.layers.attention.transformer_encoder import activation_function, copies
from nn.layers.dropout import Dropout
from nn.layers.inputs import cast_to
from nn.layers.linear import Linear
from nn.layers.normalization.layer_norm import LayerNorm


class TransformerDecoderLayer(Module):
    """Self-attention, attention to a memory, then a feed-forward network, each with a residual connection.

        post-norm (default):   z = norm1(x + self_attn(x))        pre-norm (norm_first): z = x + self_attn(norm1(x))
                               u = norm2(z + attention(z))                               u = z + attention(norm2(z))
                               y = norm3(u + network(u))                                 y = u + network(norm3(u))
        network(u) = linear2(activation(linear1(u)))              attention(z) = multihead_attn(z, memory, memory)

    with dropout after each of the three, after the activation, and on the weights of both attentions.

    Shape:     tgt (T, N, d_model), memory (S, N, d_model), with batch_first (N, T, d_model) and (N, S, d_model),
               without a batch (T, d_model) and (S, d_model) -> the shape of tgt
    Args:      nhead: the number of heads of both attentions.
               dim_feedforward: the width between the two layers of the network.
               activation: "relu", "gelu", or a function of one argument.
               layer_norm_eps: added to the variances.
               bias: whether the linear maps and the norms have one.
               dtype: of the parameters (default float32).
               rng: source of the initial values and of the dropout masks.
    Masks:     those of MultiheadAttention, where True blocks: tgt_mask (T, T) and memory_mask (T, S) are its attn_mask,
               tgt_key_padding_mask (N, T) and memory_key_padding_mask (N, S) its key_padding_mask. tgt_is_causal: a
               position attends only to itself and those before it; it needs no mask, as it does in PyTorch, and has no
               effect if there is one.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.1; pre-norm: Xiong et al. 2020, arXiv:2002.04745.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
        >>> layer(np.ones((3, 5, 8)), memory=np.ones((3, 7, 8)), tgt_is_causal=True).shape
        (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_size("dim_feedforward", dim_feedforward)
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng
        )
        self.multihead_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)
        self.dropout3 = Dropout(dropout, rng=rng)
        self.activation = activation_function(activation)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        x = cast_to(tgt, self.linear1.weight, "TransformerDecoderLayer")
        masks = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        memory_masks = (memory, memory_mask, memory_key_padding_mask, memory_is_causal)
        if self.norm_first:
            x = x + self._self_attention(self.norm1(x), *masks)
            x = x + self._attention(self.norm2(x), *memory_masks)
            return x + self._network(self.norm3(x))
        x = self.norm1(x + self._self_attention(x, *masks))
        x = self.norm2(x + self._attention(x, *memory_masks))
        return self.norm3(x + self._network(x))

    def _self_attention(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        y, _ = self.self_attn(x, x, x, padding, need_weights=False, attn_mask=mask, is_causal=is_causal)
        return self.dropout1(y)

    def _attention(self, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        y, _ = self.multihead_attn(x, memory, memory, padding, need_weights=False, attn_mask=mask, is_causal=is_causal)
        return self.dropout2(y)

    def _network(self, x: Any) -> Any:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoder(Module):
    """A sequence of decoder layers, all of which attend to the same memory.

        y = norm(layer_n(… layer_1(tgt, memory), memory))

    Shape:     that of the layer
    Args:      decoder_layer: copied num_layers times, so all layers start with the same values, as in PyTorch. For
               different values, `decoder.apply` an initialiser of `nn.init`.
               norm: a module for the result. Pre-norm layers need one, nn.LayerNorm(d_model), because they do not
               normalise their last sum.
    Masks:     those of the layer. tgt_is_causal=None means False.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16, batch_first=True, norm_first=True)
        >>> decoder = nn.TransformerDecoder(layer, num_layers=3, norm=nn.LayerNorm(8))
        >>> decoder(np.ones((2, 5, 8)), memory=np.ones((2, 7, 8))).shape
        (2, 5, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        self.layers = copies("decoder_layer", decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)
