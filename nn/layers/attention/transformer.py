"""The Transformer: an encoder of one sequence, and a decoder that makes another of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import floating_dtype
from nn.layers.attention.transformer_decoder import TransformerDecoder, TransformerDecoderLayer
from nn.layers.attention.transformer_encoder import TransformerEncoder, TransformerEncoderLayer
from nn.layers.inputs import as_values
from nn.layers.normalization.layer_norm import LayerNorm


class Transformer(Module):
    """An encoder of src and a decoder of tgt that attends to what the encoder made.

        y = decoder(tgt, encoder(src))

    Embedding, positions (`PositionalEncoding`) and the last linear map are left to the model around it.

    Shape:     src (S, N, d_model), tgt (T, N, d_model), with batch_first (N, S, d_model) and (N, T, d_model), without a
               batch (S, d_model) and (T, d_model) -> the shape of tgt
    Args:      nhead: the number of heads of every attention.
               num_encoder_layers, num_decoder_layers: how many layers each has, with a norm after the last.
               dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: those of
               `TransformerEncoderLayer` and `TransformerDecoderLayer`.
               custom_encoder, custom_decoder: modules to take in their place.
               dtype: of the parameters (default float32).
               rng: source of the initial values and of the dropout masks. As in PyTorch all matrices are
               xavier_uniform_, also those of a custom encoder or decoder.
    Masks:     those of the layers, where True blocks: src_mask (S, S), tgt_mask (T, T), memory_mask (T, S);
               src_key_padding_mask and memory_key_padding_mask (N, S), tgt_key_padding_mask (N, T). src_is_causal,
               tgt_is_causal, memory_is_causal: a position attends only to itself and those before it; None means False.
    Raises:    ShapeError if the shapes do not fit.
    Source:    Vaswani et al. 2017, arXiv:1706.03762.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True)
        >>> model(np.ones((3, 7, 8)), np.ones((3, 5, 8)), tgt_is_causal=True).shape
        (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        if custom_encoder is None:
            layer: Module = TransformerEncoderLayer(*sizes, dtype=dtype, rng=rng)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        if custom_decoder is None:
            layer = TransformerDecoderLayer(*sizes, dtype=dtype, rng=rng)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm())
        self.encoder = custom_encoder
        self.decoder = custom_decoder
        self.d_model = check_size("d_model", d_model)
        self.nhead = check_size("nhead", nhead)
        self.batch_first = batch_first
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the matrices again, as the constructor does; vectors stay what they are."""
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p, rng=rng)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        src, tgt = as_values(src), as_values(tgt)
        self._check_inputs(src.shape, tgt.shape)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    def _check_inputs(self, src: tuple[int, ...], tgt: tuple[int, ...]) -> None:
        batch = 0 if self.batch_first else 1
        fits = len(src) == len(tgt) and len(src) in (2, 3) and src[-1] == tgt[-1] == self.d_model
        if not fits or len(src) == 3 and src[batch] != tgt[batch]:
            order = "(N, S, {0}) and tgt (N, T, {0})" if self.batch_first else "(S, N, {0}) and tgt (T, N, {0})"
            raise ShapeError(
                f"Transformer expects src {order.format(self.d_model)}, or both without the batch N; "
                f"got {src} and {tgt}."
            )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """The causal mask as an array: -inf above the diagonal, 0 elsewhere.

        `tgt_is_causal=True` does the same without it.

        Args:  sz: the length of the sequence.
               device: has no effect.
               dtype: of the mask; default float32, as in PyTorch.
        """
        size = check_size("sz", sz)
        return np.triu(np.full((size, size), -np.inf, floating_dtype(dtype)), 1)
