"""ReLU and the rectifiers that let a part of the negative side through: leaky, learned or random slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from autograd.random import generator
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import blank
from nn.init import constant_
from nn.layers.activation.passes import negative_part, positive_part
from nn.layers.inplace_option import InplaceOption
from nn.layers.inputs import as_floats, as_values, cast_to, refuse_complex

# A 0-d 0 of each dtype: NumPy converts a Python number at every call, which takes longer than a small array does.
ZEROS = {np.dtype(kind): np.zeros((), kind) for kind in (np.float16, np.float32, np.float64)}
for _zero in ZEROS.values():
    _zero.flags.writeable = False

relu_op = define(
    lambda x: np.maximum(x, ZEROS.get(x.dtype, 0)),
    lambda g, out, x: g * (out > ZEROS.get(out.dtype, 0)),  # relu'(0) = 0: Bertoin et al. 2021, arXiv:2106.12915
    keeps="out",
    composite=lambda x: np.where(x <= 0, 0, x),
    plain=True,
    name="relu",
    jvp="elementwise",
    label="g·[x > 0]",
)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0). Gradient: 0 at 0."""
    if inplace is not False:
        check_flag("relu: inplace", inplace)
    x = as_values(input)
    if x.dtype.kind == "c":
        refuse_complex("relu", x.dtype)
    return relu_op(x)


class ReLU(InplaceOption):
    """The rectifier.

        y = max(x, 0)

    Shape:     any
    Gradient:  0 at 0 (Bertoin et al. 2021, arXiv:2106.12915; PyTorch's).
    Source:    Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """

    def forward(self, input: Any) -> Any:
        return relu(input)


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    if negative_slope == 0:
        return positive_part(x)  # the product below would be nan at -inf: 0 · -inf
    return np.maximum(x, x * negative_slope) if negative_slope <= 1 else np.minimum(x, x * negative_slope)


def _leaky_slopes(x: Any, negative_slope: float, dtype: Any) -> Any:
    """1 where x > 0, else the negative slope."""
    slopes = (x > 0).astype(dtype)
    if 0 <= negative_slope <= 1:
        return np.clip(slopes, negative_slope, 1)
    return slopes + (slopes == 0) * dtype.type(negative_slope)


leaky_relu_op = define(
    _leaky_relu,
    # at 0 the negative slope: PyTorch's leaky_relu_backward takes slope 1 for x > 0 only
    lambda g, out, x, negative_slope=0.01: g * _leaky_slopes(x, negative_slope, x.dtype),
    keeps="x",
    name="leaky_relu",
    jvp="elementwise",
    label="g·([x > 0] + negative_slope·[x ≤ 0])",
)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x for x > 0, else negative_slope·x. Gradient: the negative slope at 0."""
    check_flag("leaky_relu: inplace", inplace)
    return leaky_relu_op(as_floats(input, "leaky_relu"), negative_slope=float(negative_slope))


class LeakyReLU(InplaceOption):
    """A rectifier with a small slope below 0, so that every unit keeps a gradient.

        y = x if x > 0 else negative_slope · x

    Shape:     any
    Gradient:  the negative slope at 0.
    Source:    Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        return leaky_relu(input, self.negative_slope)

    def _options(self) -> list[str]:
        return [f"negative_slope={self.negative_slope}"]


def _prelu(x: Any, weight: Any) -> Any:
    out = negative_part(x) * weight
    out += positive_part(x)
    return out


def _prelu_x(g: Any, out: Any, x: Any, weight: Any) -> Any:
    positive = x > 0
    slopes = weight * ~positive
    slopes += positive
    slopes *= g
    return slopes


def _prelu_weight(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return g * negative_part(x)


prelu_op = define(
    _prelu,
    _prelu_x,
    _prelu_weight,
    # at 0 the slope is the weight, as in PyTorch: x = 0 belongs to the branch weight·x
    keeps=("x weight", "x weight"),
    composite=lambda x, weight: np.where(x > 0, x, weight * x),
    name="prelu",
    jvp="elementwise",
    label="g·([x > 0] + weight·[x ≤ 0]), Σ(g·x·[x ≤ 0])",
)


def prelu(input: Any, weight: Any) -> Any:
    """x for x > 0, else weight·x, with a learned weight. Gradient: the weight at 0.

    Shape:     input (N, C, *) or (C,), weight (C,), one for each channel, or (1,), one for all -> the input's shape
    """
    weight = as_values(weight)
    input = cast_to(input, weight, "prelu")
    if weight.ndim > 1:
        raise ShapeError(f"prelu expects a weight of shape (C,), (1,) or (); got {weight.shape}.")
    if weight.size == 1:
        return prelu_op(input, np.reshape(weight, ()))
    channels = input.shape[1] if input.ndim > 1 else input.shape[0] if input.ndim else 1
    if channels != weight.size:
        raise ShapeError(
            f"prelu with {weight.size} weights expects input of shape (N, {weight.size}, *); got {input.shape}. "
            "Channels are axis 1; one weight for all of them: num_parameters=1."
        )
    return prelu_op(input, np.reshape(weight, (-1,) + (1,) * (input.ndim - 2)) if input.ndim > 1 else weight)


class PReLU(Module):
    """A leaky rectifier that learns its slope below 0.

        y = x if x > 0 else weight · x

    Shape:     input (N, num_parameters, *), or any for num_parameters=1; weight (num_parameters,)
    Args:      num_parameters: the number of channels (axis 1), for a slope each, or 1 for one slope for all.
               init: the first slope.
    Gradient:  the weight at 0. Use no weight decay on it, which would pull it towards ReLU.
    Source:    He et al. 2015, arXiv:1502.01852, section 2.1.
    Example:
        >>> import numpy as np, nn
        >>> nn.PReLU()(np.array([-4.0, 4.0], np.float32)).numpy()
        array([-1.,  4.], dtype=float32)
    """

    takes_complex = False

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32) -> None:
        self.num_parameters = check_size("num_parameters", num_parameters)
        self.init = init
        self.weight = blank(num_parameters, dtype, "weight")
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes back to `init`."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


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
    Source:    Xu et al. 2015, arXiv:1505.00853, section 2.4, with x / a, a in [3, 8); here r is drawn, as in PyTorch.
    """
    check_flag("rrelu: training", training)
    check_flag("rrelu: inplace", inplace)
    _check_bounds("rrelu", lower, upper)
    input = as_floats(input, "rrelu")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    slopes = generator(rng).uniform(lower, upper, input.shape)
    return prelu_op(input, like(slopes.astype(input.dtype), raw(input)))


def _check_bounds(who: str, lower: float, upper: float) -> None:
    if not lower <= upper:
        raise ArgumentError(f"{who} expects lower <= upper; got lower={lower}, upper={upper}.")


class RReLU(InplaceOption):
    """A leaky rectifier with random slopes in training mode, and their mean in eval mode.

        y = x if x > 0 else r · x,    r ~ U[lower, upper) for each element, (lower + upper)/2 in eval mode

    Shape:     any
    Args:      rng: where r comes from; None is the package's generator.
    Gradient:  r at 0.
    Source:    Xu et al. 2015, arXiv:1505.00853, section 2.4; r itself is uniform, not 1/r, as in PyTorch.
    """

    def __init__(
        self,
        lower: float = 1 / 8,
        upper: float = 1 / 3,
        inplace: bool = False,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(inplace)
        _check_bounds("RReLU", lower, upper)
        self.lower = lower
        self.upper = upper
        self.rng = rng

    def forward(self, input: Any) -> Any:
        return rrelu(input, self.lower, self.upper, self.training, rng=self.rng)

    def _options(self) -> list[str]:
        return [f"lower={self.lower}, upper={self.upper}"]
