"""Dropout of elements or of channels, and the dropout that keeps mean and variance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from autograd.random import Drawing, generator
from autograd.recorder import whole
from nn.layers.activation.elu import SELU_ALPHA, SELU_SCALE
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_values, check_floating

Rng = np.random.Generator | None

_WORDS_OF_64_BITS = (np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)


def keep_mask(shape: tuple[int, ...], keep: float, rng: np.random.Generator) -> Any:
    """A boolean array, each element True with probability `keep`, independently.

    Numerics:  16 random bits for each element, so that one 64-bit number gives four: half the time of rng.random().
               `keep` is thereby rounded to a multiple of 1/65536; within 1/1024 of 0 or 1 a float32 is drawn instead.
    """
    if isinstance(rng, Drawing):  # which does not give its bits away
        return rng.random(shape, dtype=np.float32) < keep
    return _mask_of_bits(shape, keep, rng)


@whole
def _mask_of_bits(shape: tuple[int, ...], keep: float, rng: np.random.Generator) -> Any:
    if not 1 / 1024 < keep < 1023 / 1024:
        return rng.random(shape, dtype=np.float32) < keep
    size = 1
    for n in shape:
        size *= n
    source = rng.bit_generator
    if isinstance(source, _WORDS_OF_64_BITS):
        bits: Any = np.atleast_1d(source.random_raw((size + 3) // 4)).view(np.uint16)[:size].reshape(shape)
    else:
        bits = rng.integers(0, 65536, shape, dtype=np.uint16)
    return bits < round(keep * 65536)


def _dropout(x: Any, mask: Any, scale: float = 1.0) -> Any:
    if mask.size < x.size:  # of whole channels: the scale is cheaper to apply to the mask
        return x * (mask * x.dtype.type(scale))
    out = x * mask
    out *= scale
    return out


dropout_op: Primitive = define(
    _dropout,
    lambda g, out, x, mask, scale=1.0: dropout_op(g, mask, scale=scale),  # linear in x, and its own transpose
    None,
    keeps="mask",
    composite=lambda x, mask, scale=1.0: x * mask * scale,
    plain=True,
    complex="own rules",
    name="dropout",
    jvp="elementwise",
    label="g·mask·scale",
)


def check_p(p: Any) -> float:
    """The probability of dropping as a float, checked."""
    if isinstance(p, bool) or not isinstance(p, (int, float, np.integer, np.floating)) or not 0 <= p <= 1:
        raise ArgumentError(f"the dropout probability p must be a number from 0 to 1; got {p!r}.")
    return float(p)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Set each element to 0 with probability p, and divide the others by 1 - p.

        y = x · m / (1 - p),  m ~ Bernoulli(1 - p)

    Args:      training: if False, the input is returned as it is.
               rng: source of the mask.
    Gradient:  g · m / (1 - p), with the same mask.
    Source:    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", in the
               inverted form: the paper does not scale in training and multiplies by 1 - p in evaluation.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.dropout(np.ones(6), 0.5, rng=np.random.default_rng(3))
        array([0., 0., 2., 2., 0., 2.])
    """
    check_flag("dropout: training", training)
    check_flag("dropout: inplace", inplace)
    x = as_values(input)
    return _dropped(x, check_p(p), x.shape, rng) if training else x


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """`dropout` of whole channels: those of (N, C, L), or of (C, L) without a batch, are kept or set to 0 together.

    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """
    return _of_channels("dropout1d", input, (2, 3), p, training, inplace, rng)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """`dropout` of whole channels: those of (N, C, H, W) are kept or set to 0 together.

    Three axes are read as (N, C, L), as PyTorch does.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """
    return _of_channels("dropout2d", input, (3, 4), p, training, inplace, rng)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """`dropout` of whole channels: those of (N, C, D, H, W), or of (C, D, H, W) without a batch, together.

    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """
    return _of_channels("dropout3d", input, (4, 5), p, training, inplace, rng)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout that keeps mean 0 and variance 1, for SELU networks: dropped elements become -λα, where SELU saturates.

        y = a · (x · m - λα · (1 - m)) + b,   a = 1/√((1 - p)(1 + p λ²α²)),   b = a p λα

    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2; training=False by default, as in PyTorch.
    """
    check_flag("alpha_dropout: training", training)
    check_flag("alpha_dropout: inplace", inplace)
    x = as_values(input)
    return _alpha_dropped("alpha_dropout", x, x.shape, p, training, rng)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """`alpha_dropout` of whole channels: those of (N, C, *) are kept, or set to -λα, together.

    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2, and Tompson et al. 2015, arXiv:1411.4280.
    """
    check_flag("feature_alpha_dropout: training", training)
    check_flag("feature_alpha_dropout: inplace", inplace)
    x = as_values(input)
    if training and x.ndim < 2:
        raise ShapeError(f"feature_alpha_dropout expects input of shape (N, C, *); got {x.shape}.")
    shape = (*x.shape[:2], *[1] * (x.ndim - 2))
    return _alpha_dropped("feature_alpha_dropout", x, shape, p, training, rng)


def _alpha_dropped(who: str, x: Any, shape: tuple[int, ...], p: float, training: bool, rng: Rng) -> Any:
    """`alpha_dropout` with one decision for each element of `shape`, which broadcasts to that of x."""
    p = check_p(p)
    if not training or p == 0:
        return x
    check_floating(who, x)
    if p == 1:
        return dropout_op(x, like(np.zeros(shape, bool), raw(x)))
    saturated = -SELU_SCALE * SELU_ALPHA  # -λα: SELU's value at -∞
    a = 1 / math.sqrt((1 - p) * (1 + p * saturated**2))
    mask = like(keep_mask(shape, 1 - p, generator(rng)), raw(x))
    shift = np.where(mask, x.dtype.type(-a * p * saturated), x.dtype.type(a * (1 - p) * saturated))
    return dropout_op(x, mask, scale=a) + shift


def _of_channels(who: str, input: Any, dims: tuple[int, int], p: float, training: bool, inplace: bool, rng: Rng) -> Any:
    check_flag(f"{who}: training", training)
    check_flag(f"{who}: inplace", inplace)
    x = as_values(input)
    if x.ndim not in dims:
        raise ShapeError(f"{who} expects input of {dims[0]} or {dims[1]} dimensions; got shape {x.shape}.")
    p = check_p(p)
    if not training:
        return x
    lead = 2 if x.ndim == dims[1] or who == "dropout2d" else 1  # dropout2d reads three axes as (N, C, L)
    return _dropped(x, p, (*x.shape[:lead], *[1] * (x.ndim - lead)), rng)


def _dropped(x: Any, p: float, shape: tuple[int, ...], rng: Rng) -> Any:
    if p == 0:
        return x
    check_floating("dropout", x, complex=True)
    if p == 1:
        return dropout_op(x, like(np.zeros(shape, bool), raw(x)))
    return dropout_op(x, like(keep_mask(shape, 1 - p, generator(rng)), raw(x)), scale=1 / (1 - p))


class _Dropout(InplaceOption):
    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: np.random.Generator | None = None) -> None:
        super().__init__(inplace)
        self.p = check_p(p)
        self.rng = generator(rng) if rng is not None else None

    def _options(self) -> list[str]:
        return [f"p={self.p}"]


class Dropout(_Dropout):
    """In training mode, set elements to 0 with probability p and divide the others by 1 - p; in eval mode, do nothing.

        y = x · m / (1 - p),  m ~ Bernoulli(1 - p)

    This is "inverted" dropout. The other form does not scale in training and multiplies by 1 - p in evaluation. It
    computes the same up to a constant: what the next layer gets is (1 - p) times this, in both modes.

    Shape:     any -> the same
    Args:      p: the probability of dropping, 0 to 1.
               rng: source of the masks; None means the package's generator (autograd.seed).
    Source:    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Dropout(0.5, rng=np.random.default_rng(3))
        >>> layer(np.ones(6)), layer.eval()(np.ones(6))
        (array([0., 0., 2., 2., 0., 2.]), array([1., 1., 1., 1., 1., 1.]))
    """

    def forward(self, input: Any) -> Any:
        return dropout(input, self.p, self.training, rng=self.rng)


class Dropout1d(_Dropout):
    """Dropout of whole channels of sequences. Neighbours are so similar that dropping single elements hides little.

    Shape:     input (N, C, L) or (C, L) -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, input: Any) -> Any:
        return dropout1d(input, self.p, self.training, rng=self.rng)


class Dropout2d(_Dropout):
    """Dropout of whole channels of images: see `Dropout1d`.

    Shape:     input (N, C, H, W) -> the same; three axes are read as (N, C, L)
    Args:      p, rng: see `Dropout`.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, input: Any) -> Any:
        return dropout2d(input, self.p, self.training, rng=self.rng)


class Dropout3d(_Dropout):
    """Dropout of whole channels of volumes: see `Dropout1d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, input: Any) -> Any:
        return dropout3d(input, self.p, self.training, rng=self.rng)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels, which are kept, or set to SELU's value at -∞, together.

    Shape:     input (N, C, *) -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2, and Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, input: Any) -> Any:
        return feature_alpha_dropout(input, self.p, self.training, rng=self.rng)


class AlphaDropout(_Dropout):
    """Dropout for SELU networks: dropped elements become SELU's value at -∞, which keeps mean 0 and variance 1.

        y = a · (x · m - λα · (1 - m)) + b,   a = 1/√((1 - p)(1 + p λ²α²)),   b = a p λα

    Shape:     any -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2.
    Example:
        >>> import numpy as np, nn
        >>> y = nn.AlphaDropout(0.2, rng=np.random.default_rng(0))(np.random.default_rng(1).normal(size=100_000))
        >>> abs(float(y.mean())) < 0.02, abs(float(y.std()) - 1) < 0.02
        (True, True)
    """

    def forward(self, input: Any) -> Any:
        return alpha_dropout(input, self.p, self.training, rng=self.rng)
