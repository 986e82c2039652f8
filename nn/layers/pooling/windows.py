"""The windows of max and average pooling."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from nn.layers.images import check_fit, per_axis
from nn.layers.kernels.patches import Sliding


def _check_padding(kernel: tuple[int, ...], padding: tuple[int, ...]) -> None:
    """Refuse a border so wide that a window would be in it entirely."""
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ArgumentError(
            f"padding may be at most half of kernel_size {kernel}, or a window would see nothing; got {padding}."
        )


def sliding_windows(axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Sliding:
    """The windows that these options describe, checked. A stride of None means kernel_size."""
    kernel = per_axis("kernel_size", kernel_size, axes, 1)
    step = kernel if stride is None else per_axis("stride", stride, axes, 1)
    border = per_axis("padding", padding, axes)
    _check_padding(kernel, border)
    return Sliding(kernel, step, tuple([(p, p) for p in border]), per_axis("dilation", dilation, axes, 1))


def places_of_windows(sliding: Sliding, size: tuple[int, ...], ceil_mode: bool, who: str) -> tuple[int, ...]:
    """The number of windows along each axis; with ceil_mode all that begin in the image or in the border before it."""
    places = sliding.places(size)
    if ceil_mode:
        padding, stride = [before for before, _ in sliding.padding], sliding.stride
        longer = sliding._replace(padding=tuple([(p, p + step - 1) for p, step in zip(padding, stride, strict=True)]))
        begin = [(s + p - 1) // step + 1 for s, p, step in zip(size, padding, stride, strict=True)]
        places = tuple([min(fit, most) for fit, most in zip(longer.places(size), begin, strict=True)])
    check_fit(places, size, f"{sliding.kernel} with dilation {sliding.dilation}", who)
    return places
