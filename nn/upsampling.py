"""Upsample: resize images."""

from __future__ import annotations

from typing import Any

from nn import functional as F
from nn.core.module import Module
from nn.functional.upsampling import check_mode


class Upsample(Module):
    """Resize images, to a size or by a factor: see `functional.interpolate`.

    Shape:     input (N, C, *S) with one, two or three axes S -> (N, C, *P), with P = size or ⌊S·scale_factor⌋
    Args:      size, scale_factor: one of them, a number or one for each axis.
               mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic" or "trilinear".
               align_corners: whether the first and last pixels keep their place (not with the modes nearest).
               recompute_scale_factor: measure by the ratio of the sizes where ⌊S·scale_factor⌋ has made it another one.
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
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        first = f"scale_factor={self.scale_factor}" if self.size is None else f"size={self.size}"
        return f"{first}, mode={self.mode!r}"
