"""Three primitives of which each is the VJP of the others: convolution, its transpose, its derivative by the weight.

With x (N, C, *S), weight (O, C/groups, *K) and g (N, O, *P), the number

    Σ g · convolution(x, weight)

is linear in each of the three. Its derivative by g is `convolution`, by x `transposed_convolution`, and by weight
`convolution_weight`. So the VJPs of each one are the other two, and a derivative of any order costs what the first
does.
In ordinary NumPy, for two axes, stride 1, no border and no groups (see also tests/nn/layers/test_convolution.py):

    convolution            einsum("ncpqij,ocij->nopq", sliding_window_view(x, (kh, kw), (2, 3)), weight)
    convolution_weight     einsum("ncpqij,nopq->ocij", sliding_window_view(x, (kh, kw), (2, 3)), g)
    transposed_convolution x[:, :, p+i, q+j] += einsum("nopq,oc->ncpq", g, weight[:, :, i, j])
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from nn.layers.kernels.patches import (
    Sliding,
    at_offsets,
    batch_last,
    columns,
    computed_in,
    empty_images,
    from_offsets,
    pairs,
    row_blocks,
)


def _convolution(x: Any, weight: Any, bias: Any = None, *, sliding: Sliding, groups: int = 1) -> Any:
    """x (N, C, *S), weight (O, C/groups, *K), bias (O,) -> (N, O, *P)"""
    dtype, working = computed_in(x, weight)
    n, out_channels = x.shape[0], weight.shape[0]
    places = sliding.places(x.shape[2:])
    out, lines = empty_images((n, out_channels, *places), working)
    lines = lines.reshape(groups, out_channels // groups, n * math.prod(places))  # (G, O/G, P·N)
    weights = weight.reshape(groups, out_channels // groups, math.prod(weight.shape[1:]))  # (G, O/G, C/G·K)
    for which, block in columns(x.astype(working, copy=False), sliding):
        np.matmul(weights, block.reshape(groups, weights.shape[2], block.shape[1]), out=lines[:, :, which])
    if bias is not None:
        lines += bias.reshape(groups, -1, 1)
    return out if dtype == working else out.astype(dtype)


def _lines(g: Any, groups: int, dtype: Any) -> Any:
    """(N, O, *P) -> (G, O/G, P·N)"""
    n, channels, *places = g.shape
    return batch_last(g.astype(dtype, copy=False)).reshape(groups, channels // groups, n * math.prod(places))


def _transposed_convolution(
    g: Any, weight: Any, bias: Any = None, *, size: tuple[int, ...], sliding: Sliding, groups: int = 1
) -> Any:
    """g (N, O, *P), weight (O, C/groups, *K), bias (C,) -> (N, C, *size).

    Each element of g adds the kernel, times itself, to the pixels around it.
    """
    dtype, working = computed_in(g, weight)
    n, out_channels, *places = g.shape
    channels = weight.shape[1] * groups
    out, image = empty_images((n, channels, *size), working)
    lines = _lines(g, groups, working)  # (G, O/G, P·N)
    weights = weight.reshape(groups, out_channels // groups, math.prod(weight.shape[1:])).mT  # (G, C/G·K, O/G)
    if sliding.is_pointwise:
        np.matmul(weights, lines, out=image.reshape(groups, channels // groups, lines.shape[2]))
    else:
        image[...] = 0
        taps = math.prod(sliding.kernel)
        for rows, which in row_blocks(tuple(places), channels * taps * n * image.itemsize):
            block = np.matmul(weights, lines[:, :, which.start * n : which.stop * n])  # (G, C/G·K, p·N)
            block = block.reshape(channels, taps, len(rows), *places[1:], n)
            for tap, here, there in pairs(sliding, size, rows, tuple(places[1:])):
                image[(slice(None), *there)] += block[(slice(None), tap, *here)]
    if bias is not None:
        image += bias.reshape(-1, *[1] * (len(size) + 1))
    return out if dtype == working else out.astype(dtype)


def _convolution_weight(x: Any, g: Any, *, sliding: Sliding, groups: int = 1) -> Any:
    """x (N, C, *S), g (N, O, *P) -> (O, C/groups, *K): the derivative of Σ g · convolution(x, weight) by weight."""
    dtype, working = computed_in(x, g)
    channels, out_channels = x.shape[1], g.shape[1]
    lines = _lines(g, groups, working)  # (G, O/G, P·N)
    total: Any = None
    for which, block in columns(x.astype(working, copy=False), sliding):
        part = np.matmul(lines[:, :, which], block.reshape(groups, len(block) // groups, block.shape[1]).swapaxes(1, 2))
        total = part if total is None else np.add(total, part, out=total)
    shape = (out_channels, channels // groups, *sliding.kernel)
    return total.reshape(shape) if dtype == working else total.reshape(shape).astype(dtype)


def _bias_vjp(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
    return np.sum(g, axis=(0, *range(2, g.ndim)))


# The composites: a product of matrices for each offset within the kernel


def _in_groups(x: Any, groups: int, dtype: Any) -> Any:
    """(N, C, *P) -> (N, G, C/G, P)"""
    return np.reshape(x.astype(dtype), (x.shape[0], groups, x.shape[1] // groups, math.prod(x.shape[2:])))


def _matrices(weight: Any, groups: int, dtype: Any) -> list[Any]:
    """(O, C/G, *K) -> for each offset (G, O/G, C/G)"""
    rows, columns = weight.shape[0] // groups, weight.shape[1]
    each = np.reshape(weight.astype(dtype), (groups, rows, columns, math.prod(weight.shape[2:])))
    return [each[..., number] for number in range(each.shape[3])]


def _with_bias(out: Any, bias: Any, dtype: Any) -> Any:
    out = out if bias is None else out + np.reshape(bias, (-1, *[1] * (out.ndim - 2)))
    return out.astype(dtype)


def _convolution_composite(x: Any, weight: Any, bias: Any = None, *, sliding: Sliding, groups: int = 1) -> Any:
    dtype, working = computed_in(x, weight)
    places = sliding.places(x.shape[2:])
    parts = [
        np.matmul(matrix, _in_groups(part, groups, working))  # (G, O/G, C/G) @ (N, G, C/G, P)
        for matrix, part in zip(_matrices(weight, groups, working), at_offsets(x, sliding, places), strict=True)
    ]
    return _with_bias(np.reshape(sum(parts[1:], parts[0]), (x.shape[0], weight.shape[0], *places)), bias, dtype)


def _transposed_composite(
    g: Any, weight: Any, bias: Any = None, *, size: tuple[int, ...], sliding: Sliding, groups: int = 1
) -> Any:
    dtype, working = computed_in(g, weight)
    lines = _in_groups(g, groups, working)
    shape = (g.shape[0], groups * weight.shape[1], *g.shape[2:])
    parts = [
        np.reshape(np.matmul(np.swapaxes(matrix, 1, 2), lines), shape) for matrix in _matrices(weight, groups, working)
    ]
    return _with_bias(from_offsets(parts, sliding, tuple(size)), bias, dtype)


def _weight_composite(x: Any, g: Any, *, sliding: Sliding, groups: int = 1) -> Any:
    dtype, working = computed_in(x, g)
    lines = _in_groups(g, groups, working)
    parts = [
        np.sum(
            np.matmul(lines, np.swapaxes(_in_groups(part, groups, working), 2, 3)), axis=0
        )  # (N, G, O/G, P) @ (N, G, P, C/G)
        for part in at_offsets(x, sliding, g.shape[2:])
    ]
    shape = (g.shape[1], x.shape[1] // groups, *sliding.kernel)
    return np.reshape(np.stack(parts, axis=-1), shape).astype(dtype)


# Forward mode: both are linear in x and in the weight, and add the bias.
CONVOLUTION_JVPS = (
    lambda t, out, x, weight, bias=None, **options: convolution_op(t, weight, **options),
    lambda t, out, x, weight, bias=None, **options: convolution_op(x, t, **options),
    lambda t, out, x, weight, bias=None, **options: np.reshape(t, (-1, *[1] * (out.ndim - 2))),
)


TRANSPOSED_JVPS = (
    lambda t, out, x, weight, bias=None, **options: transposed_convolution_op(t, weight, **options),
    lambda t, out, x, weight, bias=None, **options: transposed_convolution_op(x, t, **options),
    lambda t, out, x, weight, bias=None, **options: np.reshape(t, (-1, *[1] * (out.ndim - 2))),
)


convolution_op: Primitive = define(
    _convolution,
    lambda g, out, x, weight, bias=None, **options: transposed_convolution_op(g, weight, size=x.shape[2:], **options),
    lambda g, out, x, weight, bias=None, **options: convolution_weight_op(x, g, **options),
    _bias_vjp,
    keeps=("weight", "x", ""),
    composite=_convolution_composite,
    plain=True,
    complex="own rules",
    name="convolution",
    jvp=CONVOLUTION_JVPS,
    label="Wᵀ∗g, x∗g, Σg",
)


transposed_convolution_op: Primitive = define(
    _transposed_convolution,
    lambda g, out, x, weight, bias=None, *, size, **options: convolution_op(g, weight, **options),
    lambda g, out, x, weight, bias=None, *, size, **options: convolution_weight_op(g, x, **options),
    _bias_vjp,
    keeps=("weight", "x", ""),
    composite=_transposed_composite,
    plain=True,
    complex="own rules",
    name="transposed_convolution",
    jvp=TRANSPOSED_JVPS,
    label="W∗g, g∗x, Σg",
)


convolution_weight_op: Primitive = define(
    _convolution_weight,
    lambda g, out, x, y, **options: transposed_convolution_op(y, g, size=x.shape[2:], **options),
    lambda g, out, x, y, **options: convolution_op(x, g, **options),
    keeps=("y", "x"),
    composite=_weight_composite,
    plain=True,
    complex="own rules",
    name="convolution_weight",
    jvp="multilinear",
    label="gᵀ∗y, g∗x",
)
