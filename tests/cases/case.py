"""One row of the table with which every rule is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

_kinds: list[Callable[[Any], Any]] = []  # how arrays are converted, while the rows run on those of another library


def constant(array: Any) -> Any:
    """An array that the function of a row holds, in the kind of array that the row runs on."""
    return _kinds[-1](array) if _kinds else array


@contextmanager
def constants_as(convert: Callable[[Any], Any]) -> Iterator[None]:
    """Inside, `constant` converts by this function."""
    _kinds.append(convert)
    try:
        yield
    finally:
        _kinds.pop()


@dataclass(frozen=True)
class Case:
    """A differentiable function, inputs that stay off its kinks, and what PyTorch calls it.

    name         unique; begins with NumPy's name of the function: "sum axis=0 keepdims"
    function     of Tensors (or arrays), NumPy code: lambda x: np.sum(x, axis=0, keepdims=True)
    inputs       rng -> the float64 arrays to call it with
    torch        (torch, *tensors) -> the peer's value, or None where PyTorch has no such function
    order        the highest derivative that is checked numerically (1 or 2)
    tolerance    relative, of the numerical check and the comparison in float64
    elementwise  the inputs broadcast: also run on 0-d, empty and stretched shapes made from slices of the inputs
    float32      False where float32 is out of reach of the function
    float16      False where float16 is, as for SciPy's functions, which return float32 for it
    strict       why it does not run on another library's arrays; empty: it does
    """

    name: str
    function: Callable[..., Any]
    inputs: Callable[[np.random.Generator], tuple[np.ndarray, ...]]
    torch: Callable[..., Any] | None = None
    order: int = 2
    tolerance: float = 1e-6
    elementwise: bool = False
    float32: bool = True
    float16: bool = True
    strict: str = ""


def normal(*shapes: tuple[int, ...]) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Inputs of these shapes, normally distributed."""
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


def uniform(
    low: float, high: float, *shapes: tuple[int, ...]
) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Inputs of these shapes, uniform in [low, high)."""
    return lambda rng: tuple(rng.uniform(low, high, size=shape) for shape in shapes)
