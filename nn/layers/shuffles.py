"""PixelShuffle, PixelUnshuffle and ChannelShuffle: the same elements in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn.core.checks import check_size
from nn.core.module import Module
from nn.layers.inputs import as_values


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Lay r² channels out as blocks of r by r pixels: learned upsampling by a convolution that comes before it.

        y[…, c, h·r + i, w·r + j] = x[…, c·r² + i·r + j, h, w]

    Shape:     input (*, C·r², H, W) -> (*, C, H·r, W·r) with r = upscale_factor
    Raises:    ShapeError for fewer than three axes, or channels that r² does not divide.
    Source:    Shi et al. 2016, arXiv:1609.05158, eq. 4.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.pixel_shuffle(np.arange(8).reshape(4, 1, 2), 2)
        array([[[0, 2, 1, 3],
                [4, 6, 5, 7]]])
    """
    x, r = as_values(input), check_size("upscale_factor", upscale_factor)
    if x.ndim < 3 or x.shape[-3] % r**2:
        raise ShapeError(
            f"pixel_shuffle with upscale_factor={r} expects input of shape (*, C·{r**2}, H, W); got {x.shape}."
        )
    *lead, channels, h, w = x.shape
    blocks = np.reshape(x, (*lead, channels // r**2, r, r, h, w))
    y = np.moveaxis(blocks, (-4, -3), (-3, -1))  # (*, C, H, r, W, r)
    return np.reshape(y, (*lead, channels // r**2, h * r, w * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Lay blocks of r by r pixels out as r² channels: the inverse of `pixel_shuffle`.

    Shape:     input (*, C, H·r, W·r) -> (*, C·r², H, W) with r = downscale_factor
    Raises:    ShapeError for fewer than three axes, or sizes that r does not divide.
    Source:    Shi et al. 2016, arXiv:1609.05158, eq. 4, backward.
    """
    x, r = as_values(input), check_size("downscale_factor", downscale_factor)
    if x.ndim < 3 or x.shape[-2] % r or x.shape[-1] % r:
        raise ShapeError(
            f"pixel_unshuffle with downscale_factor={r} expects input of shape (*, C, H·{r}, W·{r}); got {x.shape}."
        )
    *lead, channels, h, w = x.shape
    pixels = np.reshape(x, (*lead, channels, h // r, r, w // r, r))
    y = np.moveaxis(pixels, (-3, -1), (-4, -3))  # (*, C, r, r, H, W)
    return np.reshape(y, (*lead, channels * r**2, h // r, w // r))


def channel_shuffle(input: Any, groups: int) -> Any:
    """Deal the channels of each group out to all groups, so that the next grouped convolution sees every group.

        y[n, j·groups + i] = x[n, i·C/groups + j]

    Shape:     input (N, C, *) with at least one more axis -> the same
    Raises:    ShapeError for fewer than three axes, or channels that `groups` does not divide.
    Source:    Zhang et al. 2018, arXiv:1707.01083, section 3.1.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.channel_shuffle(np.arange(6).reshape(1, 6, 1), 2).ravel()
        array([0, 3, 1, 4, 2, 5])
    """
    x, groups = as_values(input), check_size("groups", groups)
    if x.ndim < 3 or x.shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle expects input of shape (N, C, *), of three axes or more, with C divisible by "
            f"groups={groups}; got {x.shape}."
        )
    n, channels, *size = x.shape
    return np.reshape(np.swapaxes(np.reshape(x, (n, groups, channels // groups, *size)), 1, 2), x.shape)


class PixelShuffle(Module):
    """Lay r² channels out as blocks of r by r pixels: learned upsampling by a convolution that comes before it.

        y[…, c, h·r + i, w·r + j] = x[…, c·r² + i·r + j, h, w]

    Shape:     input (*, C·r², H, W) -> (*, C, H·r, W·r) with r = upscale_factor
    Raises:    ShapeError for fewer than three axes, or channels that r² does not divide.
    Source:    Shi et al. 2016, arXiv:1609.05158, eq. 4.
    Example:
        >>> import numpy as np, nn
        >>> nn.PixelShuffle(3)(np.ones((1, 9, 4, 4))).shape
        (1, 1, 12, 12)
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = check_size("upscale_factor", upscale_factor)

    def forward(self, input: Any) -> Any:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Lay blocks of r by r pixels out as r² channels: the inverse of `PixelShuffle`.

    Shape:     input (*, C, H·r, W·r) -> (*, C·r², H, W) with r = downscale_factor
    Raises:    ShapeError for fewer than three axes, or sizes that r does not divide.
    Source:    Shi et al. 2016, arXiv:1609.05158, eq. 4, backward.
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = check_size("downscale_factor", downscale_factor)

    def forward(self, input: Any) -> Any:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Deal the channels of each group out to all groups, so that the next grouped convolution sees every group.

        y[n, j·groups + i] = x[n, i·C/groups + j]

    Shape:     input (N, C, *) with at least one more axis -> the same
    Raises:    ShapeError for fewer than three axes, or channels that `groups` does not divide.
    Source:    Zhang et al. 2018, arXiv:1707.01083, section 3.1.
    """

    def __init__(self, groups: int) -> None:
        self.groups = check_size("groups", groups)

    def forward(self, input: Any) -> Any:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
