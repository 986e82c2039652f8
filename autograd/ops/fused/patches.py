"""Images in memory, and the windows that slide over them: what convolution and pooling share.

An array of images (N, C, *S) is kept with the batch innermost, in the order (C, *S, N) of memory. A window that slides
by one then copies and adds runs of width·N numbers, a pooling step by two runs of N, and one matrix product does the whole
batch. Shapes stay (N, C, *S) throughout; elementwise NumPy keeps the order of memory, and flattening it is a view.
Why, and what was measured: docs/design/images.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

BLOCK = 4 << 20  # bytes of columns that are laid out at a time: large enough for BLAS, small enough for the cache


class Sliding(NamedTuple):
    """How a window slides: for each axis of the image how long, how far a step, the border, and the gaps within it."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]  # (before, after)
    dilation: tuple[int, ...]

    def places(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """How many places a window has on images of this size."""
        return tuple([
            (s + before + after - d * (k - 1) - 1) // step + 1
            for s, k, step, (before, after), d in zip(size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        ])  # fmt: skip

    @property
    def is_pointwise(self) -> bool:
        """Whether each window is one pixel, and each pixel one window."""
        return math.prod(self.kernel) == math.prod(self.stride) == 1 and not any(map(any, self.padding))

    @property
    def overlaps(self) -> bool:
        """Whether a pixel may lie in two windows."""
        return any(d * (k - 1) >= step for k, step, d in zip(self.kernel, self.stride, self.dilation, strict=True))


@lru_cache(maxsize=1024)
def pairs(
    sliding: Sliding, size: tuple[int, ...], places: range, others: tuple[int, ...]
) -> tuple[tuple[int, Any, Any], ...]:
    """(number of an offset within the window, slices of the places, slices of the pixels there), those off the border.

    Of the first axis only the given range of places, numbered from its start; of the others all.
    """
    found = []
    for number, offset in enumerate(np.ndindex(*sliding.kernel)):
        here, there = [], []
        for axis, k in enumerate(offset):
            step = sliding.stride[axis]
            count, moved = (len(places), step * places.start) if axis == 0 else (others[axis - 1], 0)
            start = moved + k * sliding.dilation[axis] - sliding.padding[axis][0]  # the pixel at place 0
            low = max(0, -(start // step))
            high = min(count, (size[axis] - 1 - start) // step + 1)
            if low >= high:
                break
            here.append(slice(low, high))
            there.append(slice(start + low * step, start + (high - 1) * step + 1, step))
        else:
            found.append((number, tuple(here), tuple(there)))
    return tuple(found)


def batch_last(x: Any) -> Any:
    """(N, C, *S) -> (C, *S, N), contiguous: x's own memory if it lies so."""
    return np.ascontiguousarray(x.transpose(*range(1, x.ndim), 0))


def empty_images(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """New images (N, C, *S), and the same memory as the contiguous array (C, *S, N)."""
    n, *rest = shape
    strides, step = [], np.dtype(dtype).itemsize * n
    for size in reversed(rest):
        strides.append(step)
        step *= size
    images: Any = np.ndarray(shape, dtype, strides=(np.dtype(dtype).itemsize, *reversed(strides)))
    return images, images.transpose(*range(1, len(shape)), 0)


def padded(x: Any, padding: tuple[tuple[int, int], ...]) -> Any:
    """(N, C, *S) -> (C, *S with a border of zeros, N)."""
    if not any(map(any, padding)):
        return batch_last(x)
    n, c, *size = x.shape
    out = np.zeros((c, *[before + s + after for s, (before, after) in zip(size, padding, strict=True)], n), x.dtype)
    inner = [slice(before, before + s) for s, (before, _) in zip(size, padding, strict=True)]
    out[(slice(None), *inner)] = x.transpose(*range(1, x.ndim), 0)
    return out


def row_blocks(places: tuple[int, ...], bytes_a_place: int) -> Iterator[tuple[range, slice]]:
    """The places in blocks of whole rows: (rows of the first axis, the same among all places in a line)."""
    in_row = math.prod(places[1:])
    rows = max(1, BLOCK // max(1, in_row * bytes_a_place))
    for start in range(0, places[0], rows):
        block = range(start, min(start + rows, places[0]))
        yield block, slice(block.start * in_row, block.stop * in_row)


def columns(x: Any, sliding: Sliding) -> Iterator[tuple[slice, Any]]:
    """The windows of images (N, C, *S) as columns, a block at a time: (which of places·N, (C·K, places·N)).

    They are rebuilt whenever they are needed and never kept: this costs a fraction of the product that follows.
    """
    n, c, *size = x.shape
    if sliding.is_pointwise:
        yield slice(None), batch_last(x).reshape(c, n * math.prod(size))
        return
    places = sliding.places(tuple(size))
    x = padded(x, sliding.padding)
    at_channel, *at_pixel, at_image = x.strides
    windows = as_strided(
        x, (c, *sliding.kernel, *places, n),
        (at_channel, *[d * at for d, at in zip(sliding.dilation, at_pixel, strict=True)],
         *[step * at for step, at in zip(sliding.stride, at_pixel, strict=True)], at_image),
        writeable=False,
    )  # fmt: skip
    all_rows = (slice(None),) * (1 + len(sliding.kernel))
    for rows, which in row_blocks(places, c * math.prod(sliding.kernel) * n * x.itemsize):
        block = np.ascontiguousarray(windows[(*all_rows, slice(rows.start, rows.stop))])
        yield (
            slice(which.start * n, which.stop * n),
            block.reshape(c * math.prod(sliding.kernel), (which.stop - which.start) * n),
        )


def computed_in(*arrays: Any) -> tuple[Any, Any]:
    """(the dtype of the result, the dtype to compute in): BLAS knows no float16."""
    dtype = np.result_type(*arrays)
    return dtype, np.dtype(np.float32) if dtype == np.float16 else dtype
