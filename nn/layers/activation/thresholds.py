"""Step, Threshold, Softshrink and Hardshrink: activations that compare with a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_floats, check_not_negative


def _step(x: Any) -> Any:
    out = np.greater_equal(x, 0).astype(x.dtype)
    unknown = np.isnan(x)
    return np.where(unknown, x, out)[()] if unknown.any() else out


step_op = define(
    _step,
    # 0 everywhere, at the jump too, as PyTorch's torch.sign. The operation is recorded, so that the layers below a step
    # get a gradient of zeros and not None.
    lambda g, out, x: np.zeros(x.shape, x.dtype),
    keeps="",
    composite=lambda x: np.where(np.isnan(x), x, x >= 0),
    plain=True,
    name="step",
    jvp="elementwise",
    label="0",
)


def step(input: Any) -> Any:
    """1 for x >= 0, else 0: Heaviside's step, the perceptron's activation. Derivative: 0 everywhere, at the jump too.

    Layers below a step therefore do not learn by gradient descent.
    """
    return step_op(as_floats(input, "step"))


class Step(Module):
    """The perceptron's activation.

        y = 1 if x >= 0 else 0

    Shape:     any
    Gradient:  0 everywhere, at the jump too: layers below it do not learn by gradient descent.
    Source:    Rosenblatt 1958, "The perceptron".
    Example:
        >>> import numpy as np, nn
        >>> nn.Step()(np.array([-0.5, 0.0, 2.0]))
        array([0., 1., 1.])
    """

    def forward(self, input: Any) -> Any:
        return step(input)


def _threshold(x: Any, threshold: float, value: float) -> Any:
    out = np.clip(x, threshold, np.inf) * (x > threshold)  # clipped first, because 0·∞ would be nan
    return out if value == 0 else out + (x <= threshold) * x.dtype.type(value)


threshold_op = define(
    _threshold,
    # 0 at the threshold, as in PyTorch, whose branch of x is x > threshold
    lambda g, out, x, threshold, value: g * (x > threshold),
    keeps="x",
    name="threshold",
    jvp="elementwise",
    label="g·[x > threshold]",
)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x > threshold, else value. Gradient: 0 at the threshold."""
    check_flag("threshold: inplace", inplace)
    if not np.isfinite([threshold, value]).all():
        raise ArgumentError(f"threshold expects finite numbers; got threshold={threshold}, value={value}.")
    return threshold_op(as_floats(input, "threshold"), threshold=float(threshold), value=float(value))


class Threshold(InplaceOption):
    """x where it exceeds a threshold, and a constant elsewhere.

        y = x if x > threshold else value

    Shape:     any
    Gradient:  0 at the threshold.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Any) -> Any:
        return threshold(input, self.threshold, self.value)

    def _options(self) -> list[str]:
        return [f"threshold={self.threshold}, value={self.value}"]


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        check_not_negative(type(self).__name__, "lambd", lambd)
        self.lambd = lambd

    def extra_repr(self) -> str:
        return f"{self.lambd}"


softshrink_op = define(
    lambda x, lambd=0.5: x - np.clip(x, -lambd, lambd),
    lambda g, out, x, lambd=0.5: g * (out != 0),  # 0 at ±lambd, as in PyTorch
    keeps="out",
    name="softshrink",
    jvp="elementwise",
    label="g·[|x| > lambd]",
)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x - lambd for x > lambd, x + lambd for x < -lambd, else 0. Gradient: 0 at ±lambd."""
    return softshrink_op(as_floats(input, "softshrink"), lambd=check_not_negative("softshrink", "lambd", lambd))


class Softshrink(_Shrink):
    """Soft thresholding: the proximal step of lambd·|x|.

        y = sign(x) · max(|x| - lambd, 0)

    Shape:     any
    Gradient:  0 at ±lambd.
    Source:    Donoho 1995, "De-noising by soft-thresholding".
    """

    def forward(self, input: Any) -> Any:
        return softshrink(input, self.lambd)


hardshrink_op = define(
    lambda x, lambd=0.5: x * (np.abs(x) > lambd),  # inf · True is inf in NumPy
    lambda g, out, x, lambd=0.5: g * (out != 0),  # 0 at ±lambd, as in PyTorch
    keeps="out",
    name="hardshrink",
    jvp="elementwise",
    label="g·[|x| > lambd]",
)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x for |x| > lambd, else 0. Gradient: 0 at ±lambd."""
    return hardshrink_op(as_floats(input, "hardshrink"), lambd=check_not_negative("hardshrink", "lambd", lambd))


class Hardshrink(_Shrink):
    """Hard thresholding.

        y = x if |x| > lambd else 0

    Shape:     any
    Gradient:  0 at ±lambd.
    Source:    Donoho & Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage".
    """

    def forward(self, input: Any) -> Any:
        return hardshrink(input, self.lambd)
