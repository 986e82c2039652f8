"""The encoder of the Transformer: self-attention and a feed-forward network, with residual connections."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.core.checks import check_size
from nn.core.containers import ModuleList
from nn.core.module import Module
from nn.layers.activation.gelu import gelu
from nn.layers.activation.relu import relu
from nn.layers.attention.multi_head import MultiheadAttention
from nn.layers.dropout import Dropout
from nn.layers.inputs import cast_to
from nn.layers.linear import Linear
from nn.layers.normalization.layer_norm import LayerNorm


class TransformerEncoderLayer(Module):
    """Self-attention, then a feed-forward network at each position, both with a residual connection.

        post-norm (default):   z = norm1(x + attention(x))        y = norm2(z + network(z))
        pre-norm (norm_first): z = x + attention(norm1(x))        y = z + network(norm2(z))
        network(z) = linear2(activation(linear1(z)))

    with dropout after the attention, after the activation, after the network, and on the weights of the attention.
    Pre-norm trains without warm-up of the learning rate, even with many layers (Xiong et al. 2020).

    Shape:     src (T, N, d_model), with batch_first (N, T, d_model), without a batch (T, d_model) -> the same shape
    Args:      nhead: the number of heads of the attention.
               dim_feedforward: the width between the two layers of the network.
               activation: "relu", "gelu", or a function of one argument.
               layer_norm_eps: added to the variances.
               bias: whether the linear maps and the norms have one.
               dtype: of the parameters (default float32).
               rng: source of the initial values and of the dropout masks.
    Masks:     those of MultiheadAttention, where True blocks: src_mask is its attn_mask, src_key_padding_mask its
               key_padding_mask.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.1; pre-norm: Xiong et al. 2020, arXiv:2002.04745,
               figure 1.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
        >>> layer(np.ones((3, 5, 8)), is_causal=True).shape
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
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)
        self.activation = activation_function(activation)

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        x = cast_to(src, self.linear1.weight, "TransformerEncoderLayer")
        masks = (src_mask, src_key_padding_mask, is_causal)
        if self.norm_first:
            x = x + self._attention(self.norm1(x), *masks)
            return x + self._network(self.norm2(x))
        x = self.norm1(x + self._attention(x, *masks))
        return self.norm2(x + self._network(x))

    def _attention(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        y, _ = self.self_attn(x, x, x, padding, need_weights=False, attn_mask=mask, is_causal=is_causal)
        return self.dropout1(y)

    def _network(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """A sequence of encoder layers.

        y = norm(layer_n(… layer_1(src)))

    Shape:     that of the layer
    Args:      encoder_layer: copied num_layers times, so all layers start with the same values, as in PyTorch. For
               different values, `encoder.apply` an initialiser of `nn.init`.
               norm: a module for the result. Pre-norm layers need one, nn.LayerNorm(d_model), because they do not
               normalise their last sum.
               enable_nested_tensor, mask_check: PyTorch's options for its fast inference; they have no effect here.
    Masks:     those of the layer: `mask` is its src_mask. is_causal=None means False.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16, batch_first=True, norm_first=True)
        >>> encoder = nn.TransformerEncoder(layer, num_layers=3, norm=nn.LayerNorm(8))
        >>> encoder(np.ones((2, 5, 8))).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        self.layers = copies("encoder_layer", encoder_layer, num_layers)
        self.num_layers = num_layers
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        self.norm = norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)


def copies(what: str, layer: Any, num_layers: int) -> ModuleList:
    """As many copies of a layer; all draw from the generators that the layer draws from."""
    if not isinstance(layer, Module):
        kind = "TransformerEncoderLayer" if what == "encoder_layer" else "TransformerDecoderLayer"
        raise ArgumentError(f"{what} must be a module, such as nn.{kind}(…); got {layer!r}.")
    check_size("num_layers", num_layers)
    generators = {id(rng): rng for m in layer.modules() if (rng := vars(m).get("rng")) is not None}
    return ModuleList([copy.deepcopy(layer, dict(generators)) for _ in range(num_layers)])  # the memo: not copied


def activation_function(activation: Any) -> Callable[[Any], Any]:
    """The function that a layer's `activation` means."""
    if isinstance(activation, str):
        activation = {"relu": relu, "gelu": gelu}.get(activation, activation)
    if not callable(activation):
        raise ArgumentError(f"activation must be 'relu', 'gelu' or a function; got {activation!r}.")
    return activation  # type: ignore[no-any-return]
