"""Upsample and interpolate: images are resized, by the nearest pixel, linearly or cubically."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.images import as_images, per_axis
from nn.layers.inputs import as_values
from nn.layers.kernels.resampling import Plan, resample_op, terms_of

# mode -> the number of axes it needs (None: any)
MODES = {"nearest": None, "nearest-exact": None, "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


@lru_cache(maxsize=512)
def interpolation(size: int, places: int, mode: str, scale: float | None, align_corners: bool) -> Plan:
    """Interpolate along an axis: "nearest", "nearest-exact", "linear" or "cubic" (Keys 1981, a = -0.75, as in PyTorch).

    Args:  scale: the factor between the grids; None means places / size.
           align_corners: whether the first and last elements of both grids coincide.
    """
    o = np.arange(places)
    meaning = (mode, align_corners, scale)
    if places == size and mode == "linear":  # whatever the factor, as in PyTorch
        return Plan(size, places, terms_of(o, o, o * 0), meaning=meaning)
    step = 1 / scale if scale else size / places
    if mode.startswith("nearest"):
        # in float32, as PyTorch: it decides where o · step is close to a whole number
        number, by, half = o.astype(np.float32), np.float32(step), np.float32(0.5)
        at = number * by if mode == "nearest" else np.maximum((number + half) * by - half, 0) + half
        ins = np.minimum(np.floor(at).astype(int), size - 1)
        return Plan(size, places, terms_of(o, ins, o * 0), meaning=meaning)
    if align_corners:
        at = o * ((size - 1) / (places - 1) if places > 1 else 0.0)
    else:
        at = (o + 0.5) * step - 0.5
    if mode == "linear":
        at = np.maximum(at, 0)
    low = np.floor(at).astype(int)
    if mode == "linear":
        low = np.minimum(low, size - 1)
    t = at - low
    weights = (1 - t, t) if mode == "linear" else (_keys_far(1 + t), _keys_near(t), _keys_near(1 - t), _keys_far(2 - t))
    first = low if mode == "linear" else low - 1
    taps = np.repeat(np.arange(len(weights)), places)
    outs = np.tile(o, len(weights))
    ins = np.clip(np.tile(first, len(weights)) + taps, 0, size - 1)
    weight = np.concatenate(weights)
    used = weight != 0
    return Plan(size, places, terms_of(outs[used], ins[used], taps[used], weight[used]), meaning=meaning)


def _keys_near(t: Any, a: float = -0.75) -> Any:
    return ((a + 2) * t - (a + 3)) * t * t + 1


def _keys_far(t: Any, a: float = -0.75) -> Any:
    return ((t - 5) * t + 8) * t * a - 4 * a


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:
    """Resize images, to a size or by a factor.

    Pixel p of the result lies at (p + ½)/scale - ½ in the input, or with align_corners at p·(H - 1)/(P - 1). "nearest"
    takes the pixel at ⌊p/scale⌋, "nearest-exact" the one whose centre is nearest. "linear", "bilinear" and "trilinear"
    interpolate linearly between two neighbours along each axis in turn, "bicubic" cubically between four.

    Shape:     input (N, C, *S) with one, two or three axes S -> (N, C, *P), with P = size or ⌊S·scale_factor⌋
    Args:      input: floating, or a picture of bytes (uint8), which stays one.
               size, scale_factor: one of them, a number or one for each axis.
               align_corners: whether the first and last pixels keep their place (not with the modes nearest).
               recompute_scale_factor: use the ratio of the sizes, which rounding to ⌊S·scale_factor⌋ may have changed.
    Source:    the cubic: Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -0.75.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.interpolate(np.array([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
        array([[[0., 1., 3., 4.]]])
    """
    if align_corners is not None:
        check_flag("interpolate: align_corners", align_corners)
    if recompute_scale_factor is not None:
        check_flag("interpolate: recompute_scale_factor", recompute_scale_factor)
    check_mode(size, scale_factor, mode, align_corners)
    ndim = as_values(input).ndim
    wanted = MODES[mode]
    axes = wanted if wanted is not None else min(max(ndim - 2, 1), 3)
    if ndim != axes + 2:
        shape = (
            "(N, C, *S), S of one to three axes" if wanted is None else f"(N, C, {', '.join(['D', 'H', 'W'][-axes:])})"
        )
        remedy = " Add an axis for the batch: x[None]; result[0] takes it away." if ndim == axes + 1 else ""
        raise ShapeError(
            f"interpolate with mode={mode!r} expects input of shape {shape}; got {as_values(input).shape}.{remedy}"
        )
    x, _ = as_images(input, axes, "interpolate", integers=("uint8",))
    old = x.shape[2:]
    scales: list[float | None] = [None] * axes
    if size is not None:
        new = per_axis("size", size, axes, 1)
    else:
        factors = _factors(scale_factor, axes)
        new = tuple([math.floor(s * f) for s, f in zip(old, factors, strict=True)])
        if min(new) < 1:
            raise ArgumentError(f"scale_factor {scale_factor!r} leaves nothing of input of size {old}.")
        if not recompute_scale_factor:
            scales = list(factors)
    kind = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    each = zip(old, new, scales, strict=True)
    plans = tuple([interpolation(s, p, kind, scale, bool(align_corners)) for s, p, scale in each])
    return _resampled_bytes(x, plans) if x.dtype == np.uint8 else resample_op(x, plans=plans)


def _resampled_bytes(x: Any, plans: tuple[Plan, ...]) -> Any:
    """Pictures of bytes, without a gradient: rounded after each axis, of which the last is the first, as in PyTorch."""
    y = x.astype(np.float64)
    for axis in reversed(range(len(plans))):
        only = [interpolation(size, size, "linear", None, False) for size in y.shape[2:]]
        only[axis] = plans[axis]
        y = np.clip(np.floor(resample_op(y, plans=tuple(only)) + 0.5), 0, 255)
    return y.astype(np.uint8)


def check_mode(size: Any, scale_factor: Any, mode: str, align_corners: bool | None) -> None:
    """Refuse options that do not fit together."""
    if mode not in MODES:
        raise ArgumentError(f"mode must be one of {', '.join(map(repr, MODES))}; got {mode!r}.")
    if (size is None) == (scale_factor is None):
        raise ArgumentError(f"give either size or scale_factor; got size={size!r} and scale_factor={scale_factor!r}.")
    if align_corners is not None and mode.startswith("nearest"):
        raise ArgumentError(f"align_corners has no meaning with mode={mode!r}; leave it out. Got {align_corners!r}.")


def _factors(scale_factor: Any, axes: int) -> tuple[float, ...]:
    given = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * axes
    if len(given) != axes or any(
        isinstance(f, bool) or not isinstance(f, (int, float, np.number)) or not f > 0 for f in given
    ):
        raise ArgumentError(
            f"scale_factor must be a positive number, or {axes} of them, one for each axis; got {scale_factor!r}."
        )
    return tuple([float(f) for f in given])


class Upsample(Module):
    """Resize images, to a size or by a factor: see `functional.interpolate`.

    Shape:     input (N, C, *S) with one, two or three axes S -> (N, C, *P), with P = size or ⌊S·scale_factor⌋
    Args:      size, scale_factor: one of them, a number or one for each axis.
               mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic" or "trilinear".
               align_corners: whether the first and last pixels keep their place (not with the modes nearest).
               recompute_scale_factor: use the ratio of the sizes, which rounding to ⌊S·scale_factor⌋ may have changed.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    the cubic: Keys 1981, "Cubic convolution interpolation for digital image processing".
    Example:
        >>> import numpy as np, nn
        >>> nn.Upsample(scale_factor=2)(np.array([[[[1.0, 2.0]]]]))
        array([[[[1., 1., 2., 2.],
                 [1., 1., 2., 2.]]]])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        check_mode(size, scale_factor, mode, align_corners)
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        first = f"scale_factor={self.scale_factor}" if self.size is None else f"size={self.size}"
        return f"{first}, mode={self.mode!r}"
