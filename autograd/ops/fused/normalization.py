"""Normalisations: batch_norm (in training and in use), layer_norm, rms_norm and group_norm.

Each computes its statistics in the forward pass, in float32 at least, and saves them; of the large arrays only x is
kept. The cotangents of x, weight and bias share their sums, so one joint rule gives them all.

Numerics: the variance is the mean square of what is centred already, so a large mean does not cancel. Where the mean
lies many standard deviations from 0 its own rounding is undone by centring once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.kernels.sums import column_sums, row_sums

EACH, PER_ROW = (slice(None),), (slice(None), None)  # where a vector stands beside (N, C), and beside rows or (N, C, S)


def _channel_sums(x: Any) -> Any:
    """(N, C) or (N, C, S) -> (C,)"""
    if x.ndim == 2:
        return column_sums(x)
    return column_sums(row_sums(x.reshape(-1, x.shape[2])).reshape(x.shape[:2]))


def _channels(x: Any) -> Any:
    """x as (N, C) or (N, C, S), in float32 at least."""
    if x.ndim > 3 or x.ndim == 1:
        x = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _rows(x: Any, size: int) -> Any:
    """x as (M, size), in float32 at least."""
    if x.ndim != 2 or x.shape[1] != size:
        x = x.reshape(x.size // size, size)
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _statistics(x: Any, sums: Callable[[Any], Any], place: Any, count: int, eps: float) -> tuple[Any, Any, Any, Any]:
    """(x - mean, mean, variance, 1/√(variance + eps)).

    `sums` adds up what shares one mean, `place` is the index that makes the sums broadcast against x. `mean` is the
    pair (mean, what its rounding left or None), so that the same centred values can be had again from x.
    """
    mean = sums(x)
    mean *= 1 / count
    centred = x - mean[place]
    variance = sums(np.square(centred))
    variance *= 1 / count
    rstd = 1 / np.sqrt(variance + eps)
    far = mean * rstd
    if not np.dot(far, far) > 16 * far.size:
        return centred, (mean, None), variance, rstd
    rest = sums(centred)  # a mean far from 0 was rounded, counted in standard deviations, by as much more
    rest *= 1 / count
    centred -= rest[place]
    variance = sums(np.square(centred))
    variance *= 1 / count
    return centred, (mean, rest), variance, 1 / np.sqrt(variance + eps)


def _centred(x: Any, mean: tuple[Any, Any], place: Any) -> Any:
    """x - mean again, bit for bit as the forward had it: cheaper than keeping a second array as large as x."""
    centred = x - mean[0][place]
    if mean[1] is not None:
        centred -= mean[1][place]
    return centred


def _in_form(y: Any, x: Any) -> Any:
    """y in the shape and dtype of x."""
    if y.shape != x.shape:
        y = y.reshape(x.shape)
    return y if y.dtype == x.dtype else y.astype(x.dtype)


# Batch normalisation: statistics over all but axis 1


def _batch_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None) -> Any:
    xs = _channels(x)
    place = EACH if xs.ndim == 2 else PER_ROW
    y, mean, variance, rstd = _statistics(xs, _channel_sums, place, xs.size // xs.shape[1], eps)
    if observe is not None:
        observe(mean[0] if mean[1] is None else mean[0] + mean[1], variance)
    y *= (rstd if weight is None else rstd * weight)[place]
    if bias is not None:
        y += bias[place]
    return _in_form(y, x), (mean, rstd)


def _batch_norm_vjps(
    g: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None
) -> tuple[Any, ...]:
    mean, rstd = out.values
    gs = _channels(g)
    place = EACH if gs.ndim == 2 else PER_ROW
    centred = _centred(_channels(x), mean, place)
    buffer = gs * centred
    along = _channel_sums(buffer)
    along *= rstd  # Σ g·x̂
    total = _channel_sums(gs)
    count = gs.size // gs.shape[1]
    np.multiply(centred, (along * rstd * (1 / count))[place], out=centred)
    d = np.subtract(gs, centred, out=buffer)  # weight · rstd · (g - mean g - x̂ · mean g·x̂)
    d -= (total * (1 / count))[place]
    d *= (rstd if weight is None else rstd * weight)[place]
    return d if d.shape == g.shape else d.reshape(g.shape), along, total


def _batch_norm_composite(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None) -> Any:
    axes = (0, *range(2, x.ndim))
    place = (slice(None), *[None] * (x.ndim - 2))
    centred = x - np.mean(x, axis=axes, keepdims=True)
    y = centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    y = y if weight is None else y * weight[place]
    return y if bias is None else y + bias[place]


batch_norm = define(
    _batch_norm,
    joint=_batch_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_batch_norm_composite,
    name="batch_norm",
    label="γ/σ·(g - ḡ - x̂·mean(g·x̂)), Σg·x̂, Σg",
)


def _batch_norm_eval(
    x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None, eps: float = 1e-5
) -> Any:
    xs = _channels(x)
    place = EACH if xs.ndim == 2 else PER_ROW
    rstd = 1 / np.sqrt(np.asarray(variance, xs.dtype) + eps)
    out = xs - np.asarray(mean, xs.dtype)[place]  # and not x·scale + shift, which cancels where the mean is large
    out *= (rstd if weight is None else rstd * weight)[place]
    if bias is not None:
        out += bias[place]
    return _in_form(out, x), rstd


def _batch_norm_eval_vjps(
    g: Any,
    out: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    mean: Any = None,
    variance: Any = None,
    eps: float = 1e-5,
) -> tuple[Any, ...]:
    rstd = out.values
    gs = _channels(g)
    place = EACH if gs.ndim == 2 else PER_ROW
    of_x = (gs * (rstd if weight is None else rstd * weight)[place]).reshape(g.shape)
    of_weight = None
    if weight is not None:
        of_weight = _channel_sums(gs * (_channels(x) - np.asarray(mean, gs.dtype)[place])) * rstd
    return of_x, of_weight, None if bias is None else _channel_sums(gs), None, None


def _batch_norm_eval_composite(
    x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None, eps: float = 1e-5
) -> Any:
    place = (slice(None), *[None] * (x.ndim - 2))
    y = (x - mean[place]) / np.sqrt(variance + eps)[place]
    y = y if weight is None else y * weight[place]
    return y if bias is None else y + bias[place]


batch_norm_eval = define(
    _batch_norm_eval,
    joint=_batch_norm_eval_vjps,
    keeps="x weight mean variance",
    saves=True,
    composite=_batch_norm_eval_composite,
    name="batch_norm_eval",
    label="γ/σ·g, Σg·x̂, Σg",
)


# Layer and RMS normalisation: statistics over the last `ndim` axes, weight and bias of their shape


def _layer_norm(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    size = math.prod(x.shape[x.ndim - ndim :])
    y, mean, _, rstd = _statistics(_rows(x, size), row_sums, PER_ROW, size, eps)
    y *= rstd[:, None]
    if weight is not None:
        y *= weight.reshape(-1)
    if bias is not None:
        y += bias.reshape(-1)
    return _in_form(y, x), (mean, rstd)


def _layer_norm_vjps(
    g: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> tuple[Any, ...]:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return _row_vjps(g, _rows(g, size), _centred(_rows(x, size), mean, PER_ROW), rstd, weight, bias, centre=True)


def _row_vjps(g: Any, gs: Any, centred: Any, rstd: Any, weight: Any, bias: Any, centre: bool) -> tuple[Any, ...]:
    """Of x̂ · weight + bias with x̂ = centred · rstd, a row a sample; `centred` is used up."""
    product = gs * centred
    share = rstd * (1 / gs.shape[1])
    if weight is None:
        of_weight = None
        along = row_sums(product)
        d = gs * rstd[:, None]  # rstd · (g·w - mean g·w - x̂ · mean g·w·x̂)
        if centre:
            d -= (row_sums(gs) * share)[:, None]
    else:
        w = weight.reshape(-1).astype(gs.dtype, copy=False)
        of_weight = column_sums(product, rstd).reshape(weight.shape)
        along = np.dot(product, w)
        d = gs * rstd[:, None]
        d *= w
        if centre:
            d -= (np.dot(gs, w) * share)[:, None]
    along *= rstd  # in this order, in which nothing overflows: Σ g·w·x̂, · rstd/D, · rstd
    along *= share
    along *= rstd
    d -= np.multiply(centred, along[:, None], out=centred)
    of_bias = None if bias is None else column_sums(gs).reshape(bias.shape)
    return d if d.shape == g.shape else d.reshape(g.shape), of_weight, of_bias


def _layer_norm_composite(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    axes = tuple(range(-ndim, 0))
    centred = x - np.mean(x, axis=axes, keepdims=True)
    y = centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _row_jvp(t: Any, centred: Any, rstd: Any, weight: Any, centre: bool) -> Any:
    """The Jacobian of x̂ by x is symmetric: the rule for its cotangent, and the weight after it."""
    moved = _row_vjps(t, _rows(t, centred.shape[1]), centred, rstd, None, None, centre)[0]
    return moved if weight is None else moved * weight


def _layer_norm_x(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return _row_jvp(t, _centred(_rows(x, size), mean, PER_ROW), rstd, weight, centre=True)


def _layer_norm_weight(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return t * (_centred(_rows(x, size), mean, PER_ROW) * rstd[:, None]).reshape(x.shape)


layer_norm = define(
    _layer_norm,
    joint=_layer_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_layer_norm_composite,
    name="layer_norm",
    jvp=(_layer_norm_x, _layer_norm_weight, lambda t, out, x, *rest, **options: t),
    label="(γg - mean(γg) - x̂·mean(γg·x̂))/σ, Σg·x̂, Σg",
)


def _rms_norm(x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    size = math.prod(x.shape[x.ndim - ndim :])
    rows = _rows(x, size)
    rrms = 1 / np.sqrt(row_sums(np.square(rows)) * (1 / size) + eps)
    y = rows * rrms[:, None]
    if weight is not None:
        y *= weight.reshape(-1)
    return _in_form(y, x), rrms


def _rms_norm_vjps(g: Any, out: Any, x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> tuple[Any, ...]:
    size = math.prod(x.shape[x.ndim - ndim :])
    rows = _rows(x, size)
    rows = rows.copy() if np.may_share_memory(rows, x) else rows
    return _row_vjps(g, _rows(g, size), rows, out.values, weight, None, centre=False)[:2]


def _rms_norm_composite(x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    y = x / np.sqrt(np.mean(x * x, axis=tuple(range(-ndim, 0)), keepdims=True) + eps)
    return y if weight is None else y * weight


rms_norm = define(
    _rms_norm,
    joint=_rms_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_rms_norm_composite,
    name="rms_norm",
    label="(γg - x̂·mean(γg·x̂))/rms, Σg·x̂",
)


# Group normalisation: statistics over the channels of a group and all positions, weight and bias a channel


def _group_norm(
    x: Any, weight: Any = None, bias: Any = None, groups: int = 1, eps: float = 1e-5, observe: Any = None
) -> Any:
    size = math.prod(x.shape[1:]) // groups
    y, mean, variance, rstd = _statistics(_rows(x, size), row_sums, PER_ROW, size, eps)
    if observe is not None:
        observe(mean[0] if mean[1] is None else mean[0] + mean[1], variance)
    y *= rstd[:, None]
    y = y.reshape(*x.shape[:2], math.prod(x.shape[2:]))  # (N·G, C/G·S) -> (N, C, S)
    if weight is not None:
        y *= weight[:, None]
    if bias is not None:
        y += bias[:, None]
    return _in_form(y, x), (mean, rstd)


def _group_norm_vjps(
    g: Any,
    out: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    groups: int = 1,
    eps: float = 1e-5,
    observe: Any = None,
) -> tuple[Any, ...]:
    mean, rstd = out.values
    n, c = g.shape[:2]
    positions, channels = math.prod(g.shape[2:]), c // groups  # of a channel; of a group
    size = channels * positions
    gs = _rows(g, positions).reshape(n, c, positions)
    centred = _centred(_rows(x, size), mean, PER_ROW).reshape(gs.shape)
    scale = np.repeat(rstd.reshape(n, groups), channels, axis=1)  # (N·G,) -> (N, C)
    product = gs * centred
    along = row_sums(product.reshape(n * c, positions)).reshape(n, c) * scale  # Σ g·x̂ of each channel of each sample
    total = row_sums(gs.reshape(n * c, positions)).reshape(n, c)

    def group_mean(sums: Any) -> Any:  # (N, C) -> (N, G) -> (N, C)
        weighted = sums if weight is None else sums * weight
        return np.repeat(np.add.reduce(weighted.reshape(n, groups, channels), axis=2) * (1 / size), channels, axis=1)

    d = np.multiply(gs, (scale if weight is None else scale * weight)[:, :, None], out=product)
    d -= (group_mean(total) * scale)[:, :, None]  # rstd · (g·w - mean g·w - x̂ · mean g·w·x̂), the means over a group
    d -= np.multiply(centred, (group_mean(along) * scale * scale)[:, :, None], out=centred)
    return d if d.shape == g.shape else d.reshape(g.shape), column_sums(along), column_sums(total)


def _group_norm_composite(
    x: Any, weight: Any = None, bias: Any = None, groups: int = 1, eps: float = 1e-5, observe: Any = None
) -> Any:
    rows = np.reshape(x, (x.shape[0], groups, -1))
    centred = rows - np.mean(rows, axis=2, keepdims=True)
    y = np.reshape(centred / np.sqrt(np.mean(centred * centred, axis=2, keepdims=True) + eps), x.shape)
    place = (slice(None), *[None] * (x.ndim - 2))
    y = y if weight is None else y * weight[place]
    return y if bias is None else y + bias[place]


group_norm = define(
    _group_norm,
    joint=_group_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_group_norm_composite,
    name="group_norm",
    label="(γg - mean(γg) - x̂·mean(γg·x̂))/σ, Σg·x̂, Σg",
)
