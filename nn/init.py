"""Initial values of parameters. Each function fills a tensor in place and returns it, under PyTorch's name.

`rng` is the generator of the numbers; None means the package's generator (autograd.seed). Numbers are drawn and
computed in float64 and rounded once to the tensor's dtype, so that a seed gives the same network in every dtype. A
weight is (out, in, *kernel): its fan-in is in times the size of the kernel, its fan-out is out times that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.random import generator
from nn.pytorch_names import instead

Rng = np.random.Generator | None


def zeros_(tensor: Tensor) -> Tensor:
    """All zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """All ones."""
    return constant_(tensor, 1.0)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value everywhere."""
    return _fill(tensor, val)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Uniform in [a, b); of complex numbers both parts, as in PyTorch."""
    if not a <= b:
        raise ArgumentError(f"uniform_ expects a <= b; got a={a}, b={b}.")
    return _fill(tensor, _drawn(generator(rng).uniform, a, b, tensor))


def uniform_within(bound: float, *tensors: Tensor | None, rng: Rng = None) -> None:
    """Fill each of the tensors uniformly in ±bound, as most layers are initialised; None is skipped."""
    for tensor in tensors:
        if tensor is not None:
            uniform_(tensor, -bound, bound, rng=rng)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal with this mean and standard deviation; of complex numbers both parts, each of std/√2, as in PyTorch."""
    if not std >= 0:
        raise ArgumentError(f"normal_ expects std >= 0; got {std}.")
    if _is_complex(tensor):
        std = std / math.sqrt(2)  # of each part, so that the variance of both together is std²
    return _fill(tensor, _drawn(generator(rng).normal, mean, std, tensor))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Rng = None
) -> Tensor:
    """Normal, given that the value lies in [a, b]; a and b are values, not multiples of std.

    Numerics:  by the inverse of the distribution function, in logarithms: exact also for an interval far from the mean.
    """
    if _is_complex(tensor):
        raise DTypeError("trunc_normal_ has an interval of real numbers; a complex tensor takes normal_ or uniform_.")
    if not std > 0:
        raise ArgumentError(f"trunc_normal_ expects std > 0; got {std}.")
    if not a < b:
        raise ArgumentError(f"trunc_normal_ expects a < b; got a={a}, b={b}.")
    from scipy.special import log_ndtr, ndtri_exp

    low, high = (a - mean) / std, (b - mean) / std
    side = -1.0 if low > 0 else 1.0  # an interval above the mean is mirrored: log_ndtr is precise in the lower tail
    if side < 0:
        low, high = -high, -low
    u = generator(rng).random(tensor.shape)
    least, most = log_ndtr(low), log_ndtr(high)
    z = ndtri_exp(most + np.log(np.maximum(u + (1 - u) * np.exp(least - most), np.finfo(float).tiny)))
    return _fill(tensor, np.clip(mean + side * std * z, a, b))


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix, by which a linear layer passes on as many of its inputs as it has outputs.

    Raises:    ShapeError if the tensor is not a matrix.
    """
    if tensor.ndim != 2:
        raise ShapeError(f"eye_ fills a matrix; got shape {tensor.shape}.")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The identity of convolutions: each group passes on unchanged as many of its channels as it can.

    Shape:     (out, in / groups, *kernel) of one to three kernel axes; out a multiple of groups
    """
    if not 3 <= tensor.ndim <= 5:
        raise ShapeError(
            f"dirac_ fills a convolution's weight (out, in, *kernel), of 3, 4 or 5 axes; got shape {tensor.shape}."
        )
    out, into, *kernel = tensor.shape
    if groups < 1 or out % groups:
        raise ArgumentError(f"dirac_ expects groups to divide the {out} outputs; got groups={groups}.")
    values = np.zeros(tensor.shape)
    channel = np.arange(min(out // groups, into))
    centre: tuple[Any, ...] = tuple([size // 2 for size in kernel])
    for group in range(groups):
        values[(group * (out // groups) + channel, channel, *centre)] = 1
    return _fill(tensor, values)


def orthogonal_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Orthonormal rows (or columns, if there are fewer), times gain: multiplication by it keeps lengths, times gain.

    Of complex numbers unitary, as its rows are then orthonormal.

    Shape:     (rows, …), the axes after the first taken as one
    Numerics:  Q of the QR decomposition of a normal matrix, with signs that make it uniform among the orthogonal
               matrices (Mezzadri 2007, arXiv:math-ph/0609050).
    Source:    Saxe et al. 2013, arXiv:1312.6120.
    Example:
        >>> import numpy as np, nn
        >>> w = nn.init.orthogonal_(nn.Parameter(np.empty((2, 3)))).numpy()
        >>> bool(np.allclose(w @ w.T, np.eye(2)))
        True
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_ needs at least 2 axes; got shape {tensor.shape}.")
    if 0 in tensor.shape:
        return tensor
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    size = (max(rows, columns), min(rows, columns))
    a = generator(rng).normal(size=size)
    q, r = np.linalg.qr(a + 1j * generator(rng).normal(size=size) if _is_complex(tensor) else a)
    signs = np.sign(np.diagonal(r))
    q = q * np.where(signs == 0, gain, gain * signs)
    return _fill(tensor, (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, *, rng: Rng = None) -> Tensor:
    """Normal, with this share of each column, rounded up to whole elements, set to zero.

    Source:    Martens 2010, "Deep learning via Hessian-free optimization".
    """
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_ fills a matrix; got shape {tensor.shape}.")
    if not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparse_ expects a sparsity in [0, 1]; got {sparsity}.")
    normal_(tensor, 0.0, std, rng=rng)
    rows = tensor.shape[0]
    # a permutation of the rows in each column
    order = generator(rng).permuted(np.broadcast_to(np.arange(rows)[:, None], tensor.shape), axis=0)
    return _fill(tensor, np.where(order < math.ceil(sparsity * rows), 0, tensor.numpy()))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Uniform in ±a with a = gain √(6 / (fan_in + fan_out)): a compromise between the variances of both passes.

    Raises:    ShapeError if the tensor has fewer than 2 axes, as do all functions that use fan-in or fan-out.
    Source:    Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
               eq. 16.
    """
    return _uniform(tensor, gain, sum(fans(tensor)) / 2, rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal with std = gain √(2 / (fan_in + fan_out)); see `xavier_uniform_`."""
    return _normal(tensor, gain, sum(fans(tensor)) / 2, rng)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Rng = None
) -> Tensor:
    """Uniform in ±b with b = gain √(3 / fan): keeps the variance through layers of rectifiers.

    Args:      a: the negative slope of the leaky ReLU after the layer.
               mode: "fan_in" keeps the variance of the forward pass, "fan_out" that of the backward pass.
               nonlinearity: see `calculate_gain`.
    Source:    He et al. 2015, arXiv:1502.01852, section 2.2.
    """
    return _uniform(tensor, calculate_gain(nonlinearity, a), _fan(tensor, mode), rng)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Rng = None
) -> Tensor:
    """Normal with std = gain / √fan; see `kaiming_uniform_`.

    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Linear(1000, 1000)
        >>> w = nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=np.random.default_rng(0))
        >>> round(float(np.std(w.numpy())), 3)  # √(2/1000)
        0.045
    """
    return _normal(tensor, calculate_gain(nonlinearity, a), _fan(tensor, mode), rng)


def lecun_uniform_(tensor: Tensor, *, rng: Rng = None) -> Tensor:
    """Uniform in ±√(3 / fan_in): variance 1/fan_in, so that inputs of variance 1 give pre-activations of variance 1.

    Source:    LeCun et al. 1998, "Efficient BackProp", eq. 16; SELU needs it.
    """
    return _uniform(tensor, 1.0, fans(tensor)[0], rng)


def lecun_normal_(tensor: Tensor, *, rng: Rng = None) -> Tensor:
    """Normal with std = √(1 / fan_in), not truncated; see `lecun_uniform_`."""
    return _normal(tensor, 1.0, fans(tensor)[0], rng)


LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
GAINS = {**dict.fromkeys(LINEAR, 1.0), "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights must be larger, because the nonlinearity makes the variance smaller.

    Args:      nonlinearity: "linear" and the convolutions' names (1), "sigmoid" (1), "tanh" (5/3), "relu" (√2),
               "leaky_relu" (√(2 / (1 + slope²))) or "selu" (3/4, found by experiment; its own fixed point needs 1):
               PyTorch's numbers.
               param: the negative slope of "leaky_relu" (default 0.01).
    Example:
        >>> import nn
        >>> nn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float, np.integer, np.floating)):
            raise ArgumentError(f"the negative slope of leaky_relu must be a number; got {param!r}.")
        return math.sqrt(2 / (1 + float(slope) ** 2))
    if nonlinearity not in GAINS:
        raise ArgumentError(f"nonlinearity must be one of {', '.join([*GAINS, 'leaky_relu'])}; got {nonlinearity!r}.")
    return GAINS[nonlinearity]


def _uniform(tensor: Tensor, gain: float, fan: float, rng: Rng) -> Tensor:
    """Uniform with variance gain² / fan. A tensor without elements is left as it is: its fan may be 0."""
    if 0 in tensor.shape:
        return tensor
    bound = gain * math.sqrt(3 / fan)
    return uniform_(tensor, -bound, bound, rng=rng)


def _normal(tensor: Tensor, gain: float, fan: float, rng: Rng) -> Tensor:
    return tensor if 0 in tensor.shape else normal_(tensor, 0.0, gain / math.sqrt(fan), rng=rng)


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ShapeError(f"fan-in and fan-out need a weight of shape (out, in, …); got {tensor.shape}.")
    out, into, *kernel = tensor.shape
    return into * math.prod(kernel), out * math.prod(kernel)


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"mode must be 'fan_in' or 'fan_out'; got {mode!r}.")
    return fans(tensor)[mode == "fan_out"]


def _is_complex(tensor: Any) -> bool:
    return getattr(getattr(tensor, "dtype", None), "kind", "") == "c"


def _drawn(draw: Any, first: float, second: float, tensor: Any) -> Any:
    """Numbers of a distribution with two parameters; for a complex tensor both parts are drawn."""
    values = draw(first, second, tensor.shape)
    return values + 1j * draw(first, second, tensor.shape) if _is_complex(tensor) else values


def _fill(tensor: Tensor, values: Any) -> Tensor:
    if not hasattr(tensor, "dtype"):
        raise ArgumentError(
            f"an initialisation fills a Tensor or an array, such as layer.weight; got a {type(tensor).__name__}."
        )
    with no_grad():
        tensor[...] = values
    return tensor


__all__ = [
    "uniform_", "normal_", "trunc_normal_", "constant_", "zeros_", "ones_", "eye_", "dirac_", "orthogonal_", "sparse_",
    "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "lecun_uniform_", "lecun_normal_",
    "calculate_gain", "fans",
]  # fmt: skip

__getattr__ = instead("nn.init")
