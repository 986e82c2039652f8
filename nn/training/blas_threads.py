"""Small matrix products on one thread: BLAS's threads spin while they wait for each other (docs/training.md)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from nn.core.module import Module
from nn.layers.flatten import Flatten

SMALL = 2**22  # multiply-adds of a product: 64 rows through 256 by 256 weights. Below, threads win little at best


def products_are_small(model: Module, inputs: Iterable[Any]) -> bool:
    """Whether rows of a batch times weights of a layer stay below SMALL for each; kernels of images count as large."""
    flat = any(type(module) is Flatten for module in model.modules())
    rows = max(_rows(x, flat) for x in inputs)
    return all(p.ndim < 3 and rows * p.size <= SMALL for p in model.parameters() if p.ndim > 1)


def _rows(x: Any, flat: bool) -> int:
    """How many rows the first layer sees: all but the last axis, unless the model makes one row of each example."""
    shape, kind = getattr(x, "shape", ()), getattr(getattr(x, "dtype", None), "kind", "f")
    return math.prod(shape[:1] if flat else shape[:-1] if kind == "f" else shape)


def one_thread() -> Any:
    """A context in which BLAS has one thread, if threadpoolctl is installed, which scikit-learn brings."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, "blas")
