"""-x[target], of log-probabilities x (N, C) or (N, C, D) and class numbers; and how class numbers are looked up.

A class number picks an element for each position: (N,) or (N, D) of them. As places in the flattened array one index finds
them all, which takes a third of the time of np.take_along_axis and np.put_along_axis.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.kernels.precision import in_single_precision


def looked_up(target: Any, weight: Any, ignore_index: int, dtype: Any) -> tuple[Any, Any, Any]:
    """(target with class 0 where it is ignored, the weight of each position or None for 1 everywhere, their sum)."""
    counted = None
    if ignore_index >= 0 or target.size and np.minimum.reduce(target, axis=None) < 0:
        counted = target != ignore_index
        target = np.where(counted, target, 0)
    if weight is None:
        if counted is None or counted.all():
            return target, None, dtype.type(target.size)
        each = counted.astype(dtype)
    else:
        each = weight[target]
        if counted is not None:
            each[~counted] = 0
    return target, each, np.add.reduce(each, axis=None)


def places(at: Any, shape: tuple[int, ...]) -> Any:
    """Where the elements of these classes are in an array of this shape, flattened."""
    size = math.prod(shape[1:])
    first = np.arange(0, shape[0] * size, size)
    if at.ndim == 1:
        return first + at
    return at * shape[2] + (first[:, None] + np.arange(shape[2]))


def divided(total: Any, n: Any) -> Any:
    """total / n, nan without a warning where nothing was counted: what PyTorch gives for a batch that is ignored as a whole."""
    return total / n if n else total * total.dtype.type(np.nan)


@in_single_precision
def _forward(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    at, each, n = looked_up(target, weight, ignore_index, x.dtype)
    where = places(at, x.shape)
    loss = -x.reshape(-1)[where]
    if each is not None:
        loss[each == 0] = 0  # inf where it does not count is no nan
        loss *= each
    if reduction == "none":
        return loss, (where, each, None)
    n = n if reduction == "mean" else x.dtype.type(1)
    return divided(np.add.reduce(loss, axis=None), n), (where, each, n)


def _vjp(
    g: Any, out: Any, x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    where, each, n = out.values
    d = np.zeros(x.shape, x.dtype)
    if n is None:
        share = -g
    elif n:
        share = -g / n
    else:
        return d  # nothing counts
    d.reshape(-1)[where] = share if each is None else share * each
    return d


def _composite(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    at, each, n = looked_up(target, weight, ignore_index, x.dtype)
    loss = -np.take_along_axis(x, np.expand_dims(at, 1), axis=1)
    loss = np.reshape(loss, at.shape)
    if each is not None:
        loss = np.where(each == 0, 0, loss) * each
    return loss if reduction == "none" else np.sum(loss) / (n if reduction == "mean" and n else 1)


negative_log_likelihood = define(
    _forward,
    _vjp,
    keeps="x target",  # the rule reads none of them; the composite does
    saves=True,
    composite=_composite,
    name="negative_log_likelihood",
    label="-g·w[c = t]/Σw",
)
