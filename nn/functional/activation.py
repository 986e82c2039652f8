"""Elementwise activations. Over an axis: softmax.py.

`inplace`, where PyTorch has it, is accepted and changes nothing: a Tensor is a value, and the result is a new one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from autograd.random import generator
from nn.functional.common import as_values, cast_to

SELU_ALPHA = 1.6732632423543772848170429916717  # Klambauer et al. 2017, arXiv:1706.02515, eq. 14: the fixed point of
SELU_SCALE = 1.0507009873554804934193349852946  # mean 0 and variance 1 attracts


def as_floats(x: Any) -> Any:
    """Lists and numbers as arrays, integers as float64; floating Tensors and arrays as they are."""
    x = as_values(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


# Steps and straight pieces


def step(input: Any) -> Any:
    """1 for x >= 0, else 0: Heaviside's step, the perceptron's activation. Derivative: 0 everywhere, at the jump too.

    So nothing below a step learns by gradient descent, which is why the smooth ones and the rectifiers came after it.
    """
    return fused.step(as_floats(input))


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0). Gradient: 0 at 0."""
    return fused.relu(as_values(input))


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x for x > 0, else negative_slope·x. Gradient: the negative slope at 0."""
    return fused.leaky_relu(as_floats(input), negative_slope=float(negative_slope))


def prelu(input: Any, weight: Any) -> Any:
    """x for x > 0, else weight·x, with a learned weight. Gradient: the weight at 0.

    Shape:     input (N, C, *) or (C,), weight (C,), one a channel, or (1,), one for all -> the input's shape
    """
    weight = as_values(weight)
    input = cast_to(input, weight, "prelu")
    if weight.ndim > 1:
        raise ShapeError(f"prelu expects a weight of shape (C,), (1,) or (); got {weight.shape}.")
    if weight.size == 1:
        return fused.prelu(input, np.reshape(weight, ()))
    channels = input.shape[1] if input.ndim > 1 else input.shape[0] if input.ndim else 1
    if channels != weight.size:
        raise ShapeError(
            f"prelu with {weight.size} weights expects input of shape (N, {weight.size}, *); got {input.shape}. "
            "Channels are axis 1; one weight for all of them: num_parameters=1."
        )
    return fused.prelu(input, np.reshape(weight, (-1,) + (1,) * (input.ndim - 2)) if input.ndim > 1 else weight)


def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    rng: np.random.Generator | None = None,
) -> Any:
    """x for x > 0, else r·x: r drawn for each element from [lower, upper) in training, their mean otherwise.

    Gradient:  the slope r at 0.
    Args:      rng: where r comes from; None is the package's generator (autograd.seed).
    Source:    Xu et al. 2015, arXiv:1505.00853, section 2.4: there x / a with a in [3, 8), here r itself, as in PyTorch.
    """
    if not lower <= upper:
        raise ArgumentError(f"rrelu expects lower <= upper; got lower={lower}, upper={upper}.")
    input = as_floats(input)
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    slopes = generator(rng).uniform(lower, upper, input.shape)
    return fused.prelu(input, slopes.astype(input.dtype))


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6). Gradient: 0 at 0 and at 6."""
    return fused.hardtanh(as_floats(input), min_val=0.0, max_val=6.0)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """min(max(x, min_val), max_val). Gradient: 0 at both bounds (np.clip counts them as inside)."""
    if not min_val <= max_val:
        raise ArgumentError(f"hardtanh expects min_val <= max_val; got min_val={min_val}, max_val={max_val}.")
    return fused.hardtanh(as_floats(input), min_val=float(min_val), max_val=float(max_val))


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """min(max(x/6 + 1/2, 0), 1). Gradient: 0 at ±3."""
    return fused.hardsigmoid(as_floats(input))


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x·hardsigmoid(x). Gradient: 0 at -3, 1 at 3."""
    return fused.hardswish(as_floats(input))


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x > threshold, else value. Gradient: 0 at the threshold."""
    if not np.isfinite([threshold, value]).all():
        raise ArgumentError(f"threshold expects finite numbers; got threshold={threshold}, value={value}.")
    return fused.threshold(as_floats(input), threshold=float(threshold), value=float(value))


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x - lambd for x > lambd, x + lambd for x < -lambd, else 0. Gradient: 0 at ±lambd."""
    return fused.softshrink(as_floats(input), lambd=_not_negative("softshrink", "lambd", lambd))


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x for |x| > lambd, else 0. Gradient: 0 at ±lambd."""
    return fused.hardshrink(as_floats(input), lambd=_not_negative("hardshrink", "lambd", lambd))


# Smooth


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return fused.sigmoid(as_values(input))


def logsigmoid(input: Any) -> Any:
    """log σ(x) = min(x, 0) - log(1 + exp(-|x|)): exact where σ underflows."""
    return fused.logsigmoid(as_floats(input))


def tanh(input: Any) -> Any:
    """The hyperbolic tangent: np.tanh."""
    return np.tanh(as_values(input))


def tanhshrink(input: Any) -> Any:
    """x - tanh(x)."""
    return fused.tanhshrink(as_floats(input))


def softsign(input: Any) -> Any:
    """x / (1 + |x|)."""
    return fused.softsign(as_floats(input))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta·x)) / beta, a smooth relu; x itself, with slope 1, where beta·x > threshold."""
    if beta == 0:
        raise ArgumentError("softplus divides by beta, which must not be 0.")
    return fused.softplus(as_floats(input), beta=float(beta), threshold=float(threshold))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x for x > 0, else alpha·(exp(x) - 1). Gradient: alpha at 0."""
    return fused.elu(as_floats(input), alpha=_not_negative("elu", "alpha", alpha))


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x for x > 0, else alpha·(exp(x/alpha) - 1): an elu whose slope is continuous for every alpha, 1 at 0."""
    if not alpha > 0:
        raise ArgumentError(f"celu expects alpha > 0; got {alpha}.")
    return fused.elu(as_floats(input), alpha=float(alpha), input_scale=1 / alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """scale·elu(x, alpha), alpha ≈ 1.6733, scale ≈ 1.0507. Gradient: scale·alpha at 0."""
    return fused.elu(as_floats(input), alpha=SELU_ALPHA, scale=SELU_SCALE)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x·Φ(x), Φ the normal distribution's; approximate="tanh": x·½(1 + tanh(√(2/π)(x + 0.044715x³)))."""
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"approximate must be 'none' or 'tanh'; got {approximate!r}.")
    return fused.gelu(as_floats(input), approximate=approximate)


def silu(input: Any, inplace: bool = False) -> Any:
    """x·σ(x), also called swish."""
    return fused.silu(as_floats(input))


def mish(input: Any, inplace: bool = False) -> Any:
    """x·tanh(softplus(x))."""
    return fused.mish(as_floats(input))


def _not_negative(who: str, what: str, value: float) -> float:
    if not value >= 0:
        raise ArgumentError(f"{who} expects {what} >= 0; got {value}.")
    return float(value)
