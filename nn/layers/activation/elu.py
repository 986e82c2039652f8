"""ELU, CELU and SELU: the identity above 0, an exponential that saturates below."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.options import check_flag
from nn.layers.activation.passes import negative_part, positive_part
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_floats, check_finite
from nn.layers.kernels.precision import in_buffers

# Klambauer et al. 2017, arXiv:1706.02515, eq. 14: with these, mean 0 and variance 1 are an attracting fixed point.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _expm1(x: Any) -> Any:
    """exp(x) - 1 for x <= 0, in place: 2t / (1 - t) with t = tanh(x/2), which does not cancel for t <= 0.

    NumPy's float32 tanh is vectorised; its expm1 is not, and takes ten times as long.
    """
    if x.dtype != np.float32:
        return np.expm1(x, out=x)
    x *= 0.5
    t = np.tanh(x, out=x)
    denominator = 1 - t
    t *= 2
    t /= denominator
    return t


@in_buffers
def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    """scale·x above 0, scale·alpha·(exp(input_scale·x) - 1) below."""
    below = negative_part(x)
    if input_scale != 1:
        below *= input_scale
    out = _expm1(below) if input_scale > 0 else np.expm1(below, out=below)
    if alpha != 1:
        out *= alpha
    out += positive_part(x)
    if scale != 1:
        out *= scale
    return out


def _elu_vjp(g: Any, out: Any, x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    # The exponential again, because out + scale·alpha cancels below. At 0 the lower slope, as in PyTorch, whose
    # elu_backward takes the upper slope for x > 0 only.
    # exp is 0 beyond -1e3 (inf, if input_scale < 0), where the product overflows
    lowest = max(-1e3 / abs(input_scale), float(np.finfo(x.dtype).min))
    below = np.clip(x, lowest, 0)
    if input_scale != 1:
        below = below * input_scale
    slope = np.exp(below)
    lower = scale * alpha * input_scale
    if lower != 1:
        slope = slope * lower
    if lower != scale:
        slope = slope + np.multiply(x > 0, scale - lower, dtype=x.dtype)
    return g * slope


def _elu_composite(x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    return scale * np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) * input_scale))


elu_op = define(
    _elu,
    _elu_vjp,
    keeps="x",
    composite=_elu_composite,
    plain=True,
    name="elu",
    jvp="elementwise",
    label="g·scale·([x > 0] + c·alpha·exp(c·x)·[x ≤ 0]); c = input_scale",
)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x for x > 0, else alpha·(exp(x) - 1). Gradient: alpha at 0."""
    check_flag("elu: inplace", inplace)
    return elu_op(as_floats(input, "elu"), alpha=check_finite("elu", "alpha", alpha))


class ELU(InplaceOption):
    """A rectifier that saturates at -alpha, which brings the mean of the activations nearer to 0.

        y = x if x > 0 else alpha · (exp(x) - 1)

    Shape:     any
    Args:      alpha: any finite number; with a negative one it falls to 0 and rises again.
    Gradient:  alpha at 0.
    Source:    Clevert et al. 2015, arXiv:1511.07289, eq. 15.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_finite("ELU", "alpha", alpha)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return elu(input, self.alpha)

    def _options(self) -> list[str]:
        return [f"alpha={self.alpha}"]


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x for x > 0, else alpha·(exp(x/alpha) - 1): an elu with a continuous slope, which is 1 at 0."""
    check_flag("celu: inplace", inplace)
    _check_celu_alpha("celu", alpha)
    return elu_op(as_floats(input, "celu"), alpha=float(alpha), input_scale=1 / alpha)


def _check_celu_alpha(who: str, alpha: float) -> None:
    if check_finite(who, "alpha", alpha) == 0:
        raise ArgumentError(f"{who} divides by alpha, which must not be 0.")


class CELU(InplaceOption):
    """An ELU with a continuous slope for every alpha.

        y = x if x > 0 else alpha · (exp(x/alpha) - 1)

    Shape:     any
    Args:      alpha: any finite number but 0.
    Source:    Barron 2017, arXiv:1704.07483.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        _check_celu_alpha("CELU", alpha)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return celu(input, self.alpha)

    def _options(self) -> list[str]:
        return [f"alpha={self.alpha}"]


def selu(input: Any, inplace: bool = False) -> Any:
    """scale·elu(x, alpha), alpha ≈ 1.6733, scale ≈ 1.0507. Gradient: scale·alpha at 0."""
    check_flag("selu: inplace", inplace)
    return elu_op(as_floats(input, "selu"), alpha=SELU_ALPHA, scale=SELU_SCALE)


class SELU(InplaceOption):
    """The ELU that keeps mean 0 and variance 1, given weights of variance 1/fan_in (`init.lecun_normal_`).

        y = scale · (x if x > 0 else alpha · (exp(x) - 1)),    alpha ≈ 1.6733, scale ≈ 1.0507

    Shape:     any
    Gradient:  scale·alpha at 0.
    Source:    Klambauer et al. 2017, arXiv:1706.02515, eq. 2 and 14.
    """

    def forward(self, input: Any) -> Any:
        return selu(input)
