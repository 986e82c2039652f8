"""The layout of images in memory, and the windows that slide over them.

Images (N, C, *S) are stored with the batch axis innermost, in the order (C, *S, N). A window with stride 1 then copies
and adds runs of width·N numbers, a pooling window with stride 2 runs of N, and one matrix product covers the whole
batch. Shapes stay (N, C, *S) throughout. Elementwise NumPy functions keep this order, and flattening in it is a view.
The reasons and the measurements are in docs/design/images.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.ops.indexing import scatter

# How many bytes of columns are laid out at a time: large enough for BLAS, small enough for the cache.
BLOCK_BYTES = 4 << 20


class Sliding(NamedTuple):
    """How a window slides over an image: a value for each axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]  # (before, after)
    dilation: tuple[int, ...]

    def places(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """The number of windows along each axis of images of this size."""
        each = zip(size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return tuple([(s + before + after - d * (k - 1) - 1) // step + 1 for s, k, step, (before, after), d in each])

    @property
    def is_pointwise(self) -> bool:
        """Whether every pixel is a window of its own."""
        return math.prod(self.kernel) == math.prod(self.stride) == 1 and not any(map(any, self.padding))

    @property
    def overlaps(self) -> bool:
        """Whether a pixel may be in two windows."""
        return any(d * (k - 1) >= step for k, step, d in zip(self.kernel, self.stride, self.dilation, strict=True))


@lru_cache(maxsize=1024)
def pairs(
    sliding: Sliding, size: tuple[int, ...], places: range, others: tuple[int, ...]
) -> tuple[tuple[int, Any, Any], ...]:
    """For each offset within the window: (its number, slices of the windows, slices of the pixels at this offset).

    Windows whose pixel at this offset would be in the border are left out. `places` is a range of windows along the
    first axis, which the slices count from its start; along the other axes all windows are taken.
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
    """(N, C, *S) -> (C, *S, N), contiguous; a view if x is already stored in this order."""
    return np.ascontiguousarray(x.transpose(*range(1, x.ndim), 0))


def empty_images(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """New images (N, C, *S), and the same memory as a contiguous array (C, *S, N)."""
    n, *rest = shape
    strides, step = [], np.dtype(dtype).itemsize * n
    for size in reversed(rest):
        strides.append(step)
        step *= size
    images: Any = np.ndarray(shape, dtype, strides=(np.dtype(dtype).itemsize, *reversed(strides)))
    return images, images.transpose(*range(1, len(shape)), 0)


def padded(x: Any, padding: tuple[tuple[int, int], ...]) -> Any:
    """(N, C, *S) -> (C, *S, N) with a border of zeros around *S."""
    if not any(map(any, padding)):
        return batch_last(x)
    n, c, *size = x.shape
    out = np.zeros((c, *[before + s + after for s, (before, after) in zip(size, padding, strict=True)], n), x.dtype)
    inner = [slice(before, before + s) for s, (before, _) in zip(size, padding, strict=True)]
    out[(slice(None), *inner)] = x.transpose(*range(1, x.ndim), 0)
    return out


def row_blocks(places: tuple[int, ...], bytes_a_place: int) -> Iterator[tuple[range, slice]]:
    """Blocks of whole rows of windows: (rows along the first axis, the slice of the same windows in a flat list)."""
    in_row = math.prod(places[1:])
    rows = max(1, BLOCK_BYTES // max(1, in_row * bytes_a_place))
    for start in range(0, places[0], rows):
        block = range(start, min(start + rows, places[0]))
        yield block, slice(block.start * in_row, block.stop * in_row)


def columns(x: Any, sliding: Sliding) -> Iterator[tuple[slice, Any]]:
    """The windows of images (N, C, *S) as columns, a block at a time: (slice of P·N, the block (C·K, p·N)).

    They are laid out again whenever they are needed, and not kept: this takes a fraction of the product that follows.
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
        shape = (c * math.prod(sliding.kernel), (which.stop - which.start) * n)
        yield slice(which.start * n, which.stop * n), block.reshape(shape)


def computed_in(*arrays: Any) -> tuple[Any, Any]:
    """(the dtype of the result, the dtype to compute in): BLAS has no float16."""
    dtype = np.result_type(*[array.dtype for array in arrays])
    return dtype, np.dtype(np.float32) if dtype == np.float16 else dtype


# In functions that Tensors record, and for arrays of other libraries (composites): one array for each offset within
# the window, instead of memory in which all of them overlap.


def _pixels_at_offsets(sliding: Sliding, places: tuple[int, ...]) -> list[tuple[Any, ...]]:
    """For each offset within the window the index of its pixels, one a window, in images (N, C, *S) with the border."""
    return [
        (
            ...,
            *[
                slice(k * d, k * d + (count - 1) * step + 1, step)
                for k, d, count, step in zip(offset, sliding.dilation, places, sliding.stride, strict=True)
            ],
        )
        for offset in np.ndindex(*sliding.kernel)
    ]


def _borders(sliding: Sliding, size: tuple[int, ...], places: tuple[int, ...]) -> list[tuple[int, int]]:
    """(before, after) for each axis, so that all windows lie inside; a last window may be wider than the border."""
    reach = [
        (count - 1) * step + d * (k - 1) + 1
        for count, step, d, k in zip(places, sliding.stride, sliding.dilation, sliding.kernel, strict=True)
    ]
    return [(before, max(0, r - before - s)) for (before, _), r, s in zip(sliding.padding, reach, size, strict=True)]


def at_offsets(x: Any, sliding: Sliding, places: tuple[int, ...], border: float = 0) -> list[Any]:
    """For each offset within the window its pixels (N, C, *P), of images (N, C, *S)."""
    borders = _borders(sliding, x.shape[2:], places)
    if any(map(any, borders)):
        x = np.pad(x, ((0, 0), (0, 0), *borders), constant_values=border)
    return [x[index] for index in _pixels_at_offsets(sliding, places)]


def from_offsets(parts: Sequence[Any], sliding: Sliding, size: tuple[int, ...]) -> Any:
    """The transpose of `at_offsets`: images (N, C, *size) to which each part (N, C, *P) is added at its offset."""
    n, c, *places = parts[0].shape
    borders = _borders(sliding, size, tuple(places))
    shape = (n, c, *[before + s + after for s, (before, after) in zip(size, borders, strict=True)])
    indices = _pixels_at_offsets(sliding, tuple(places))
    spread = [scatter(part, shape=shape, index=index) for part, index in zip(parts, indices, strict=True)]
    x = sum(spread[1:], spread[0])
    return x[(..., *[slice(before, before + s) for s, (before, _) in zip(size, borders, strict=True)])]
