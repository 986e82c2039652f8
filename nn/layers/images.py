"""The arguments of convolution, pooling and upsampling: a value for each axis, images with or without a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.layers.inputs import as_values, check_floating

Size = int | Sequence[int]

AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def per_axis(what: str, value: Any, axes: int, least: int = 0) -> tuple[int, ...]:
    """An integer for each axis, from one for all or a sequence of them."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) == 1:
        given *= axes
    if len(given) != axes or any(
        isinstance(v, bool) or not isinstance(v, (int, np.integer)) or v < least for v in given
    ):
        kind = "a positive integer" if least else "an integer of 0 or more"
        each = "" if axes == 1 else f", or {axes} of them, one for each axis"
        raise ArgumentError(f"{what} must be {kind}{each}; got {value!r}.")
    return tuple([int(v) for v in given])


def as_images(
    x: Any, axes: int, who: str, channels: int | None = None, *, integers: tuple[str, ...] = (), complex: bool = False
) -> tuple[Any, bool]:
    """(images (N, C, *S), whether x had no batch axis and got one).

    Args:  integers: the names of dtypes that are taken besides floating ones.
           complex: whether complex images are taken.
    """
    x = as_values(x)
    c = "C" if channels is None else str(channels)
    expected = (
        f"{who} expects input of shape (N, {c}, {AXES[axes]}), or ({c}, {AXES[axes]}) without a batch; got {x.shape}."
    )
    if x.ndim == axes:
        raise ShapeError(f"{expected} Add the axis of channels: x[None].")
    if x.ndim not in (axes + 1, axes + 2):
        raise ShapeError(expected)
    batched = x.ndim == axes + 2
    if channels is not None and x.shape[-axes - 1] != channels:
        if x.shape[-1] == channels:
            remedy = f"The channels come {'second' if batched else 'first'}: np.moveaxis(x, -1, {-axes - 1})."
        elif channels == 1 and not batched:
            shape = (x.shape[0], 1, *x.shape[1:])
            remedy = f"If its first axis is the batch, add the axis of channels: x[:, None] has shape {shape}."
        else:
            remedy = f"It has {x.shape[-axes - 1]} channels, not {channels}."
        raise ShapeError(f"{expected} {remedy}")
    if x.dtype.name not in integers:
        check_floating(who, x, complex)
    return (x, False) if batched else (x[None], True)


def check_not_empty(x: Any, who: str) -> None:
    """Refuse images (N, C, *S) without a channel or a pixel."""
    if 0 in x.shape[1:]:
        raise ShapeError(f"{who} expects at least one channel and one pixel; only N may be 0. Got {x.shape}.")


def check_fit(places: tuple[int, ...], size: tuple[int, ...], window: str, who: str) -> None:
    """Refuse a window that is larger than the image."""
    if min(places) < 1:
        axes = AXES[len(size)]
        raise ShapeError(
            f"{who}: a window of {window} does not fit into input of size ({axes}) = {size}. "
            "Use larger input or more padding."
        )
