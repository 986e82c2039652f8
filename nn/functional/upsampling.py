"""Resizing images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from autograd.ops.fused.resampling import interpolation
from nn.functional.common import as_values
from nn.functional.images import as_images, per_axis

MODES = {"nearest": None, "nearest-exact": None, "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}  # -> axes


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
    takes the pixel at ⌊p/scale⌋, "nearest-exact" the one whose centre is nearest; "linear", "bilinear" and
    "trilinear" draw lines between neighbours along each axis in turn, "bicubic" cubic curves through four.

    Shape:     input (N, C, *S) with one, two or three axes S -> (N, C, *P), with P = size or ⌊S·scale_factor⌋
    Args:      size, scale_factor: one of them, a number or one for each axis.
               align_corners: whether the first and last pixels keep their place (modes other than nearest only).
               recompute_scale_factor: measure by the ratio of the sizes where ⌊S·scale_factor⌋ has made it another one.
    Source:    the cubic: Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -0.75.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.interpolate(np.array([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
        array([[[0., 1., 3., 4.]]])
    """
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
    x, _ = as_images(input, axes, "interpolate")
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
    return fused.resample(
        x, plans=tuple([interpolation(s, p, kind, scale, bool(align_corners)) for s, p, scale in each])
    )


def check_mode(size: Any, scale_factor: Any, mode: str, align_corners: bool | None) -> None:
    """Refuse what does not go together."""
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
