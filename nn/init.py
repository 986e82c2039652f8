"""First values of parameters. Each function fills a tensor in place and returns it, under PyTorch's name.

`rng` says where the numbers come from; None means the package's generator (autograd.seed).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, ShapeError
from autograd.random import generator

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
    """Uniform in [a, b)."""
    if not a <= b:
        raise ArgumentError(f"uniform_ expects a <= b; got a={a}, b={b}.")
    return _fill(tensor, generator(rng).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal with this mean and standard deviation."""
    if not std >= 0:
        raise ArgumentError(f"normal_ expects std >= 0; got {std}.")
    return _fill(tensor, generator(rng).normal(mean, std, tensor.shape))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Uniform in ±a with a = gain √(6 / (fan_in + fan_out)): keeps the variance forward and backward.

    Source:    Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    a = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -a, a, rng=rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal with std = gain √(2 / (fan_in + fan_out)); see `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), rng=rng)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Rng = None) -> Tensor:
    """Uniform in ±b with b = gain √(3 / fan): keeps the variance through layers of rectifiers.

    Args:      a: the negative slope of the leaky ReLU that follows.
               mode: "fan_in" keeps the variance of the forward pass, "fan_out" that of the backward pass.
               nonlinearity: see `calculate_gain`.
    Source:    He et al. 2015, arXiv:1502.01852, section 2.2.
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Rng = None) -> Tensor:
    """Normal with std = gain / √fan; see `kaiming_uniform_`.

    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Linear(1000, 1000)
        >>> w = nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=np.random.default_rng(0))
        >>> round(float(np.std(w.numpy())), 3)  # √(2/1000)
        0.045
    """
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), rng=rng)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the weights must grow to make up for what a nonlinearity takes away.

    Args:      nonlinearity: "linear", "sigmoid", "tanh", "relu" or "leaky_relu".
               param: the negative slope of "leaky_relu" (default 0.01).
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}
    if nonlinearity not in gains:
        raise ArgumentError(f"nonlinearity must be one of {', '.join([*gains, 'leaky_relu'])}; got {nonlinearity!r}.")
    return gains[nonlinearity]


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


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        tensor[...] = values
    return tensor
