"""Sums over many arrays at once: one operation in the graph, whatever the number of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define


def _total(numbers: list[Any], arrays: tuple[Any, ...]) -> Any:
    dtype = np.result_type(*[a.dtype for a in arrays]) if arrays else np.dtype(float)
    return dtype.type(sum(float(x) for x in numbers))


def _squares(x: Any) -> Any:
    return np.sum(np.square(x, dtype=np.float32)) if x.dtype == np.float16 else np.sum(np.square(x))


sum_of_squares = define(
    lambda *arrays: _total([_squares(x) for x in arrays], arrays),
    each=lambda i, g, out, *arrays: 2 * g * arrays[i],
    keeps="in",
    name="sum_of_squares",
    label="2g·w",
)


def _magnitudes(x: Any) -> Any:
    return np.sum(np.abs(x), dtype=np.float32 if x.dtype == np.float16 else None)


sum_of_magnitudes = define(
    lambda *arrays: _total([_magnitudes(x) for x in arrays], arrays),
    each=lambda i, g, out, *arrays: g * np.sign(arrays[i]),  # 0 at 0: of the subgradients [-1, 1] the least
    keeps="in",
    name="sum_of_magnitudes",
    label="g·sign w",
)
