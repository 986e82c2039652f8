"""Hardtanh, ReLU6, Hardsigmoid and Hardswish: smooth activations replaced by straight pieces."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.options import check_flag
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_floats

hardtanh_op = define(
    lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
    # 0 at both bounds: PyTorch's hardtanh_backward is 1 strictly between them (its clamp is 1 at them, like np.clip)
    lambda g, out, x, min_val=-1.0, max_val=1.0: g * ((out > min_val) & (out < max_val)),
    keeps="out",
    name="hardtanh",
    jvp="elementwise",
    label="g·[min_val < x < max_val]",
)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """min(max(x, min_val), max_val). Gradient: 0 at both bounds (np.clip counts them as inside)."""
    check_flag("hardtanh: inplace", inplace)
    if not min_val <= max_val:
        raise ArgumentError(f"hardtanh expects min_val <= max_val; got min_val={min_val}, max_val={max_val}.")
    return hardtanh_op(as_floats(input, "hardtanh"), min_val=float(min_val), max_val=float(max_val))


class Hardtanh(InplaceOption):
    """The identity between two bounds.

        y = min(max(x, min_val), max_val)

    Shape:     any
    Gradient:  0 at both bounds.
    Source:    Collobert 2004, "Large scale machine learning".
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ArgumentError(f"Hardtanh expects min_val < max_val; got min_val={min_val}, max_val={max_val}.")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Any) -> Any:
        return hardtanh(input, self.min_val, self.max_val)

    def _options(self) -> list[str]:
        return [f"min_val={self.min_val}, max_val={self.max_val}"]


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6). Gradient: 0 at 0 and at 6."""
    check_flag("relu6: inplace", inplace)
    return hardtanh_op(as_floats(input, "relu6"), min_val=0.0, max_val=6.0)


class ReLU6(Hardtanh):
    """The rectifier, bounded by 6.

        y = min(max(x, 0), 6)

    Shape:     any
    Gradient:  0 at 0 and at 6.
    Source:    Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def _options(self) -> list[str]:
        return []


hardsigmoid_op = define(
    lambda x: np.clip(x / 6 + 0.5, 0, 1),
    lambda g, out, x: g / 6 * (np.abs(x) < 3),  # 0 at ±3: PyTorch's hardsigmoid_backward is 1/6 strictly inside
    keeps="x",
    name="hardsigmoid",
    jvp="elementwise",
    label="g/6·[|x| < 3]",
)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """min(max(x/6 + 1/2, 0), 1). Gradient: 0 at ±3."""
    check_flag("hardsigmoid: inplace", inplace)
    return hardsigmoid_op(as_floats(input, "hardsigmoid"))


class Hardsigmoid(InplaceOption):
    """A sigmoid of three straight pieces.

        y = min(max(x/6 + 1/2, 0), 1)

    Shape:     any
    Gradient:  0 at ±3.
    Source:    Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    def forward(self, input: Any) -> Any:
        return hardsigmoid(input)


def _hardswish(x: Any) -> Any:
    gate = np.clip(x, -3, 3)
    gate += 3
    gate /= 6
    gate *= np.clip(x, -3, np.inf)  # bounded below, because 0 · -inf would be nan
    return gate


def _hardswish_vjp(g: Any, out: Any, x: Any) -> Any:
    # x/3 + 1/2 strictly inside, 0 at -3 and 1 at 3, as in PyTorch's hardswish_backward. trunc(t) is 0 inside, and -1 or
    # 1 at the bounds and beyond.
    t = np.clip(x, -3, 3) / 3
    return g * (t - 0.5 * np.trunc(t) + 0.5)


hardswish_op = define(
    _hardswish,
    _hardswish_vjp,
    keeps="x",
    composite=lambda x: np.where(x <= -3, 0, np.where(x >= 3, x, x * (x + 3) / 6)),
    plain=True,
    name="hardswish",
    jvp="elementwise",
    label="g·((x/3 + ½)·[-3 < x < 3] + [x ≥ 3])",
)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x·hardsigmoid(x). Gradient: 0 at -3, 1 at 3."""
    check_flag("hardswish: inplace", inplace)
    return hardswish_op(as_floats(input, "hardswish"))


class Hardswish(InplaceOption):
    """SiLU with the hard sigmoid.

        y = x · min(max(x/6 + 1/2, 0), 1)

    Shape:     any
    Gradient:  0 at -3, 1 at 3.
    Source:    Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    def forward(self, input: Any) -> Any:
        return hardswish(input)
