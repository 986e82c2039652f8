"""GELU: x·Φ(x), where Φ is the normal distribution function, exact or approximated by tanh."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.ops.special import erfc
from nn.core.module import Module
from nn.layers.activation.passes import limit_at_infinity, positive_part
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.inputs import as_floats
from nn.layers.kernels.precision import in_buffers

SQRT_HALF = math.sqrt(0.5)
DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution at 0
END = 40.0  # beyond this bound Φ is 0 or 1 in float64, too

# The upper tail 1 - Φ(z) = exp(-z²/2)·P(z)/Q(z) for z >= 0, with minimax coefficients fitted to scipy.special.erfcx on
# [0, 15]. Error in exact arithmetic: 2.3e-8 absolute, 1.9e-6 relative in the far tail. In float32 it takes a quarter of
# the time of SciPy's erf, and it computes the density that the gradient needs.
P = (0.014669466856605654, 0.10965327182574407, 0.3451000262391263, 0.49999998468684476)
Q = (0.03677951086896517, 0.2745381295335598, 0.9066524801172537, 1.4880822746446523, 1.0)


def _tail(z: Any) -> tuple[Any, Any]:
    """(1 - Φ(z), √(2π) times the density at z if it was computed, else None) for z >= 0."""
    if z.dtype != np.float32:
        from scipy.special import ndtr

        return ndtr(-z), None
    density = z * z
    density *= -0.5
    np.exp(density, out=density)
    tail = _polynomial(z, P)
    tail /= _polynomial(z, Q)
    tail *= density
    return tail, density


def _polynomial(z: Any, coefficients: tuple[float, ...]) -> Any:
    value = z * coefficients[0]
    for coefficient in coefficients[1:-1]:
        value += coefficient
        value *= z
    value += coefficients[-1]
    return value


def _sigmoid_argument(x: Any) -> Any:
    """-2u with u = √(2/π) (x + 0.044715 x³): Hendrycks & Gimpel approximate Φ(x) by ½ (1 + tanh u) = σ(2u)."""
    inside = np.clip(x, -END, END)
    u = inside * inside
    u *= -0.044715 * 4 * DENSITY
    u -= 4 * DENSITY  # 2 √(2/π)
    u *= inside
    return u


@in_buffers
def _gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        gate = _sigmoid_argument(x)
        np.exp(gate, out=gate)
        gate += 1
        np.divide(1, gate, out=gate)  # and not ½ (1 + tanh u), which cancels for x < 0
        return limit_at_infinity(x * gate, x, positive_part), gate
    z = np.abs(x)
    z = np.clip(z, 0, END, out=z)
    tail, density = _tail(z)
    z *= tail
    out = positive_part(x)  # xΦ(x) = max(x, 0) - |x| (1 - Φ(|x|)) does not cancel for x < 0
    out -= z
    return out, (tail, density)


def _gelu_vjp(g: Any, out: Any, x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return _gelu_tanh_vjp(g, out.values, x)
    tail, density = out.values
    inside = np.clip(x, -END, END)
    if density is None:
        density = inside * inside
        density *= -0.5
        density = np.exp(density)
    slope = np.subtract(x >= 0, tail, dtype=tail.dtype)  # Φ(x) + xφ(x); below 0 Φ is the tail itself
    np.abs(slope, out=slope)
    last = inside * density
    last *= DENSITY
    slope += last
    slope *= g
    return slope


def _gelu_tanh_vjp(g: Any, gate: Any, x: Any) -> Any:
    inside = np.clip(x, -END, END)
    slope = inside * inside
    slope *= 3 * 0.044715 * 4 * DENSITY
    slope += 4 * DENSITY  # of 2u
    slope *= inside
    slope = slope * (1 - gate)
    slope += 1
    slope *= gate  # σ + x·(2u)'·σ(1 - σ)
    slope *= g
    return slope


def _gelu_composite(x: Any, approximate: str = "none") -> Any:
    inside = np.clip(x, -END, END)  # beyond, Φ is 0 or 1
    if approximate == "tanh":
        gate = sigmoid_op(4 * DENSITY * (inside + 0.044715 * inside**3))
    else:
        gate = 0.5 * erfc(-SQRT_HALF * inside)
    return np.where(x > END, x, inside * gate)


def _label(approximate: str = "none") -> str:
    if approximate == "none":
        return "g·(Φ(x) + x·φ(x))"
    t = "t = tanh(√(2/π)·(x + 0.044715·x^3))"
    return f"g·½·(1 + t + x·(1 - t²)·√(2/π)·(1 + 0.134145·x²)); {t}"


gelu_op = define(
    _gelu,
    _gelu_vjp,
    keeps="x",
    saves=True,
    composite=_gelu_composite,
    name="gelu",
    jvp="elementwise",
    label=_label,
)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x·Φ(x), Φ the normal distribution function; approximate="tanh": x·½(1 + tanh(√(2/π)(x + 0.044715x³)))."""
    _check_approximate(approximate)
    return gelu_op(as_floats(input, "gelu"), approximate=approximate)


def _check_approximate(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"approximate must be 'none' or 'tanh'; got {approximate!r}.")


class GELU(Module):
    """x times the probability that a standard normal variable is smaller than x.

        y = x · Φ(x);    approximate="tanh":  y = x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))

    Shape:     any
    Numerics:  in float32 Φ is within 2e-7 of SciPy's, and its tail has six correct digits; 0 at -inf, where PyTorch
               gives nan.
    Source:    Hendrycks & Gimpel 2016, arXiv:1606.08415.
    Example:
        >>> import numpy as np, nn
        >>> nn.GELU()(np.array([-1.0, 0.0, 1.0])).round(4)
        array([-0.1587,  0.    ,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        _check_approximate(approximate)
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"
