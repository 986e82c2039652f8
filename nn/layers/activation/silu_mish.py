"""SiLU and Mish: x times a smooth gate that depends on x."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.options import check_flag
from nn.layers.activation.passes import limit_at_infinity, positive_part
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_floats, as_numbers
from nn.layers.kernels.precision import in_buffers


@in_buffers
def _silu(x: Any) -> Any:
    gate = np.negative(x)
    np.exp(gate, out=gate)
    gate += 1
    np.divide(1, gate, out=gate)
    return limit_at_infinity(x * gate, x, positive_part), gate


def _silu_vjp(g: Any, out: Any, x: Any) -> Any:
    gate = out.values
    slope = 1 - gate  # σ + xσ(1 - σ)
    slope *= gate
    slope *= x
    slope += gate
    return np.multiply(limit_at_infinity(slope, x, lambda x: x > 0), g, out=slope)


def _silu_composite(x: Any) -> Any:
    if x.dtype.kind == "c":
        return x * sigmoid_op(x)
    inside = np.clip(x, -1e4, 1e4)  # beyond, the gate is 0 or 1, and 0·∞ would be nan
    return np.where(x > 1e4, x, inside * sigmoid_op(inside))


silu_op = define(
    _silu,
    _silu_vjp,
    keeps="x",
    saves=True,
    composite=_silu_composite,
    complex=True,
    name="silu",
    jvp="elementwise",
    label="g·(s + x·s·(1 - s)); s = σ(x)",
)


def silu(input: Any, inplace: bool = False) -> Any:
    """x·σ(x), also called swish; also of complex numbers."""
    check_flag("silu: inplace", inplace)
    return silu_op(as_numbers(input))


class SiLU(InplaceOption):
    """x times its sigmoid, also called swish.

        y = x · σ(x)

    Shape:     any
    Numerics:  0 at -inf, where PyTorch gives nan.
    Source:    Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
    """

    def forward(self, input: Any) -> Any:
        return silu(input)


# mish: tanh(softplus x) = n / (n + 2) with e = exp(x) and n = e(e + 2). Beyond 30 both the gate and the slope are 1.


@in_buffers
def _mish(x: Any) -> Any:
    e = np.clip(x, -1e4, 30)
    np.exp(e, out=e)
    n = e + 2
    n *= e
    out = n + 2
    np.divide(n, out, out=out)
    out *= x
    return limit_at_infinity(out, x, positive_part), e


def _mish_vjp(g: Any, out: Any, x: Any) -> Any:
    e = out.values
    n = e + 2
    n *= e
    d = n + 2
    slope = e + 1  # (n + 4 x e (1 + e) / d) / d
    slope *= e
    slope *= np.clip(x, -1e4, 30)
    slope *= 4
    slope /= d
    slope += n
    slope /= d
    slope *= g
    return slope


def _mish_composite(x: Any) -> Any:
    inside = np.clip(x, -1e4, 1e4)
    return np.where(x > 1e4, x, inside * np.tanh(np.logaddexp(inside, 0)))


mish_op = define(
    _mish,
    _mish_vjp,
    keeps="x",
    saves=True,
    composite=_mish_composite,
    name="mish",
    jvp="elementwise",
    label="g·(t + x·σ(x)·(1 - t²)); t = tanh(log(1 + exp(x)))",
)


def mish(input: Any, inplace: bool = False) -> Any:
    """x·tanh(softplus(x))."""
    check_flag("mish: inplace", inplace)
    return mish_op(as_floats(input, "mish"))


class Mish(InplaceOption):
    """x times the tanh of its softplus.

        y = x · tanh(log(1 + exp(x)))

    Shape:     any
    Numerics:  0 at -inf, where PyTorch gives nan.
    Source:    Misra 2019, arXiv:1908.08681.
    """

    def forward(self, input: Any) -> Any:
        return mish(input)
