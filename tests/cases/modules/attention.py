"""MultiheadAttention, the Transformer and its parts, and PositionalEncoding."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import nn
from tests.cases.case import constant
from tests.cases.modules.case import ModuleCase

F64: dict[str, Any] = {"dtype": np.float64}
CAUSAL = ~np.tri(3, dtype=bool)
PADDING = np.array([[False, False, True], [False, True, True]])


def constants(options: dict[str, Any]) -> dict[str, Any]:
    """The options, with the arrays among them in the kind of array that the row runs on."""
    return {name: constant(value) if isinstance(value, np.ndarray) else value for name, value in options.items()}


def sequence(*shape: int) -> Any:
    return lambda rng: (rng.normal(size=shape),)


class SelfAttention(nn.Module):
    """MultiheadAttention as a module of one argument: one input is query, key and value; the masks are fixed."""

    def __init__(self, attention: nn.Module, options: dict[str, Any]) -> None:
        self.attention = attention
        self.options = options

    def forward(self, x: Any) -> Any:
        return self.attention(x, x, x, **constants(self.options))


def peer_of_one_input(torch: Any, options: dict[str, Any], **sizes: Any) -> Any:
    class Peer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = torch.nn.MultiheadAttention(4, 2, **sizes)

        def forward(self, x: Any) -> Any:
            return self.attention(x, x, x, **{name: as_given(value, x.dtype) for name, value in options.items()})

    def as_given(value: Any, dtype: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        return torch.as_tensor(value, dtype=torch.bool if value.dtype == bool else dtype)

    return Peer()


def of_one_input(label: str, options: dict[str, Any], order: int = 1, **sizes: Any) -> ModuleCase:
    return ModuleCase(
        SelfAttention,
        lambda rng: SelfAttention(nn.MultiheadAttention(4, 2, **sizes, **F64, rng=rng), options),
        sequence(2, 3, 4) if sizes.get("batch_first") else sequence(3, 2, 4),
        lambda torch: peer_of_one_input(torch, options, **sizes),
        label=label,
        order=order,
    )


def three(*shapes: tuple[int, ...]) -> Any:
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


def attention(label: str, inputs: Any, order: int = 1, **sizes: Any) -> ModuleCase:
    return ModuleCase(
        nn.MultiheadAttention,
        lambda rng: nn.MultiheadAttention(4, 2, **sizes, **F64, rng=rng),
        inputs,
        lambda torch: torch.nn.MultiheadAttention(4, 2, **sizes),
        label=label,
        order=order,
    )


def layer(order: int = 1, **options: Any) -> ModuleCase:
    sizes: dict[str, Any] = {
        "d_model": 4,
        "nhead": 2,
        "dim_feedforward": 6,
        "dropout": 0.0,
        "activation": "gelu",
    } | options
    return ModuleCase(
        nn.TransformerEncoderLayer,
        lambda rng: nn.TransformerEncoderLayer(**sizes, **F64, rng=rng),
        sequence(2, 3, 4),
        lambda torch: torch.nn.TransformerEncoderLayer(**sizes),
        label=" ".join(f"{name}={value}" for name, value in options.items()),
        order=order,
    )


class Masked(nn.Module):
    """A module called with fixed masks."""

    def __init__(self, module: nn.Module, masks: dict[str, Any]) -> None:
        self.module = module
        self.masks = masks

    def forward(self, *inputs: Any) -> Any:
        return self.module(*inputs, **constants(self.masks))


def with_masks(cls: type, make: Any, inputs: Any, peer: Any, masks: Any, label: str, order: int = 1) -> ModuleCase:
    """A row for a module, called with these masks if there are any."""
    if not masks:
        return ModuleCase(cls, make, inputs, peer, label=label, order=order)
    return ModuleCase(
        Masked,
        lambda rng: Masked(make(rng), masks),
        inputs,
        lambda torch: masked_peer(torch, peer(torch), masks),
        label=" ".join([cls.__name__, *masks, label]),
        order=order,
    )


def masked_peer(torch: Any, module: Any, masks: dict[str, Any]) -> Any:
    class Peer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *inputs: Any) -> Any:
            given = {
                name: torch.as_tensor(value, dtype=torch.bool if value.dtype == bool else inputs[0].dtype)
                if isinstance(value, np.ndarray)
                else value
                for name, value in masks.items()
            }
            return self.module(*inputs, **given)

    return Peer()


SMALL: dict[str, Any] = {"dim_feedforward": 6, "dropout": 0.0, "activation": "gelu"}


def words_of(options: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in options.items())


def decoding(masks: Any = None, inputs: Any = None, order: int = 1, **options: Any) -> ModuleCase:
    """A decoder layer for three positions of a batch of two, and a memory of five; or for other inputs."""
    sizes = {"d_model": 4, "nhead": 2} | SMALL | options
    return with_masks(
        nn.TransformerDecoderLayer,
        lambda rng: nn.TransformerDecoderLayer(**sizes, **F64, rng=rng),
        inputs or three((3, 2, 4), (5, 2, 4)),
        lambda torch: torch.nn.TransformerDecoderLayer(**sizes),
        masks, words_of(options), order,
    )  # fmt: skip


def decoder(masks: Any = None, **options: Any) -> ModuleCase:
    sizes = {"d_model": 4, "nhead": 2} | SMALL | options
    return with_masks(
        nn.TransformerDecoder,
        lambda rng: nn.TransformerDecoder(
            nn.TransformerDecoderLayer(**sizes, **F64, rng=rng), 2, nn.LayerNorm(4, **F64)
        ),
        three((3, 2, 4), (5, 2, 4)),
        lambda torch: torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(**sizes), 2, torch.nn.LayerNorm(4)),
        masks, words_of(options),
    )  # fmt: skip


def torch_transformer(torch: Any, sizes: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="enable_nested_tensor is True")
        return torch.nn.Transformer(**sizes)


def transformer(masks: Any = None, inputs: Any = None, **options: Any) -> ModuleCase:
    """Of a sequence of five and one of three, in a batch of two."""
    sizes = {"d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1} | SMALL | options
    return with_masks(
        nn.Transformer,
        lambda rng: nn.Transformer(**sizes, **F64, rng=rng),
        inputs or three((5, 2, 4), (3, 2, 4)),
        lambda torch: torch_transformer(torch, sizes),
        masks, words_of(options),
    )  # fmt: skip


TGT_MASKS = {"tgt_mask": CAUSAL, "tgt_key_padding_mask": PADDING}
MEMORY_MASKS = {"memory_mask": np.arange(15).reshape(3, 5) % 4 == 3, "memory_key_padding_mask": np.eye(2, 5, 1) > 0}
MODULES = [
    attention("", three((3, 2, 4), (5, 2, 4), (5, 2, 4)), order=2),
    attention("batch_first", three((2, 3, 4), (2, 5, 4), (2, 5, 4)), batch_first=True),
    attention("unbatched", three((3, 4), (5, 4), (5, 4))),
    attention("without bias", three((3, 2, 4), (5, 2, 4), (5, 2, 4)), bias=False),
    attention("kdim vdim", three((3, 2, 4), (5, 2, 3), (5, 2, 6)), kdim=3, vdim=6),
    attention("kdim unbatched without bias", three((3, 4), (5, 3), (5, 4)), kdim=3, bias=False),
    attention(
        "add_bias_kv add_zero_attn", three((3, 2, 4), (5, 2, 4), (5, 2, 4)), add_bias_kv=True, add_zero_attn=True
    ),
    attention("add_bias_kv unbatched", three((3, 4), (5, 4), (5, 4)), add_bias_kv=True),
    of_one_input("with weights", {}),
    of_one_input("weights of each head", {"average_attn_weights": False}, batch_first=True),
    of_one_input("without weights", {"need_weights": False}, order=2),
    of_one_input("without weights, batch_first", {"need_weights": False}, batch_first=True),
    of_one_input("causal mask", {"attn_mask": CAUSAL, "need_weights": False}),
    of_one_input("causal hint", {"attn_mask": CAUSAL, "is_causal": True, "need_weights": False}),
    of_one_input("causal mask, with weights", {"attn_mask": CAUSAL}),
    of_one_input("floating mask", {"attn_mask": np.linspace(-1, 1, 9).reshape(3, 3), "need_weights": False}),
    of_one_input("mask a head", {"attn_mask": np.arange(36).reshape(4, 3, 3) % 4 == 1, "need_weights": False}),
    of_one_input("key padding", {"key_padding_mask": PADDING, "need_weights": False}),
    of_one_input(
        "both masks, appended keys",
        {"attn_mask": CAUSAL, "key_padding_mask": PADDING},
        add_bias_kv=True, add_zero_attn=True,
    ),
    of_one_input(
        "floating padding",
        {"key_padding_mask": np.array([[0.0, 0.5, -1.0], [0.0, 1.0, -np.inf]]), "need_weights": False},
    ),
    layer(),
    layer(norm_first=True, order=2),
    layer(batch_first=True, activation="relu"),
    layer(bias=False, layer_norm_eps=1e-3),
    ModuleCase(
        nn.TransformerEncoder,
        lambda rng: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 6, 0.0, "gelu", norm_first=True, **F64, rng=rng), 2, nn.LayerNorm(4, **F64)
        ),
        sequence(3, 2, 4),
        lambda torch: torch.nn.TransformerEncoder(
            torch.nn.TransformerEncoderLayer(4, 2, 6, 0.0, "gelu", norm_first=True), 2, torch.nn.LayerNorm(4),
            enable_nested_tensor=False,
        ),
        order=1,
    ),
    decoding(),
    decoding(order=2, norm_first=True),
    decoding(batch_first=True, activation="relu", inputs=three((2, 3, 4), (2, 5, 4))),
    decoding(inputs=three((3, 4), (5, 4))),
    decoding(bias=False, layer_norm_eps=1e-3),
    decoding(TGT_MASKS | MEMORY_MASKS),
    decoding(TGT_MASKS | MEMORY_MASKS, norm_first=True),
    decoding({"tgt_mask": CAUSAL, "tgt_is_causal": True}),
    decoding({"tgt_mask": np.linspace(-1, 1, 9).reshape(3, 3), "memory_mask": np.linspace(-1, 1, 15).reshape(3, 5)}),
    decoding(MEMORY_MASKS | {"memory_mask": np.arange(60).reshape(4, 3, 5) % 4 == 1}),
    decoder(),
    decoder(TGT_MASKS | MEMORY_MASKS, norm_first=True),
    transformer(),
    transformer(norm_first=True),
    transformer(num_decoder_layers=2),
    transformer(batch_first=True, activation="relu", inputs=three((2, 5, 4), (2, 3, 4))),
    transformer(inputs=three((5, 4), (3, 4))),
    transformer(bias=False, layer_norm_eps=1e-3, num_encoder_layers=2),
    transformer(
        TGT_MASKS | MEMORY_MASKS
        | {"src_mask": np.arange(25).reshape(5, 5) % 4 == 3, "src_key_padding_mask": np.eye(2, 5, 1) > 0}
    ),
    transformer(
        {"src_mask": ~np.tri(5, dtype=bool), "src_is_causal": True, "tgt_mask": CAUSAL, "tgt_is_causal": True}
    ),
    ModuleCase(nn.PositionalEncoding, lambda rng: nn.PositionalEncoding(4, 0.0, 8, **F64), sequence(3, 2, 4)),
    ModuleCase(
        nn.PositionalEncoding, lambda rng: nn.PositionalEncoding(5, 0.0, 8, True, **F64), sequence(2, 3, 5),
        label="batch_first, odd width",
    ),
]  # fmt: skip
