"""Softplus and LogSigmoid: logarithms of 1 + exp(x).

With e = exp(-|z|) the logarithm is max(z, 0) + log(1 + e), and its slope is 1/(1 + e) or e/(1 + e).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.core.module import Module
from nn.layers.activation.passes import negative_part, positive_part
from nn.layers.inputs import as_floats
from nn.layers.kernels.precision import in_buffers

# log(1 + e) = s·p(s²) with s = e / (2 + e): the series of 2 artanh s, economised on 0 <= e <= 1, relative error 4e-9.
# NumPy's float32 log1p is not vectorised and takes ten times as long.
LOG1P = (0.2817834023677893, 0.2796060009007075, 0.40024910622080506, 0.6666631466929559, 2.0000000079216336)


def _decay(x: Any) -> Any:
    """exp(-|x|), which lies in [0, 1]."""
    e = np.abs(x)
    np.negative(e, out=e)
    return np.exp(e, out=e)


def _log1p(e: Any) -> Any:
    """log(1 + e) for e in [0, 1], exact to the last digits even where 1 + e is 1."""
    if e.dtype != np.float32:
        return np.log1p(e)
    s = e + 2
    np.divide(e, s, out=s)
    square = s * s
    p = square * LOG1P[0]
    for coefficient in LOG1P[1:-1]:
        p += coefficient
        p *= square
    p += LOG1P[-1]
    p *= s
    return p


def _slope(g: Any, e: Any, upper: Any) -> Any:
    """g / (1 + e) where `upper`, else g·e / (1 + e)."""
    slope = np.maximum(e, upper)  # e <= 1
    slope /= e + 1
    slope *= g
    return slope


@in_buffers
def _softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = x if beta == 1 else x * beta
    e = _decay(z)
    beyond = z > threshold if np.maximum.reduce(z, axis=None, initial=-np.inf) > threshold else None
    if beyond is not None:
        e[beyond] = 0  # beyond the threshold softplus is x itself, with slope 1
    out = _log1p(e)
    out += positive_part(z)
    if beta != 1:
        out /= beta
    if beyond is not None:
        np.copyto(out, x, where=beyond)  # also where the threshold is below 0, or x·beta overflows
    return out, e


def _label(beta: float = 1.0, threshold: float = 20.0) -> str:
    if threshold >= 20:  # beyond it σ is 1 up to rounding
        return "g·σ(beta·x)"
    return "g·(σ(beta·x)·[beta·x ≤ threshold] + [beta·x > threshold])"


softplus_op = define(
    _softplus,
    lambda g, out, x, beta=1.0, threshold=20.0: _slope(
        g, out.values, ((x if beta == 1 else x * beta) > min(threshold, 0)).astype(out.values.dtype)
    ),
    keeps="x",
    saves=True,
    # x itself, with slope 1, beyond the threshold but not at it, as in PyTorch
    composite=lambda x, beta=1.0, threshold=20.0: np.where(x * beta > threshold, x, np.logaddexp(x * beta, 0) / beta),
    name="softplus",
    jvp="elementwise",
    label=_label,
)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta·x)) / beta, a smooth relu; x itself, with slope 1, where beta·x > threshold."""
    _check_beta("softplus", beta)
    return softplus_op(as_floats(input, "softplus"), beta=float(beta), threshold=float(threshold))


def _check_beta(who: str, beta: float) -> None:
    if beta == 0:
        raise ArgumentError(f"{who} divides by beta, which must not be 0.")


class Softplus(Module):
    """A smooth rectifier, whose derivative is the sigmoid.

        y = log(1 + exp(beta·x)) / beta,    x itself where beta·x > threshold

    Shape:     any
    Source:    Dugas et al. 2000, "Incorporating second-order functional knowledge for better option pricing".
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        _check_beta("Softplus", beta)
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


@in_buffers
def _logsigmoid(x: Any) -> Any:
    e = _decay(x)
    out = negative_part(x)
    out -= _log1p(e)
    return out, e


logsigmoid_op = define(
    _logsigmoid,
    lambda g, out, x: _slope(g, out.values, (x < 0).astype(out.values.dtype)),
    keeps="x",
    saves=True,
    composite=lambda x: -np.logaddexp(-x, 0),
    name="logsigmoid",
    jvp="elementwise",
    label="g·σ(-x)",
)


def logsigmoid(input: Any) -> Any:
    """log σ(x) = min(x, 0) - log(1 + exp(-|x|)), which stays exact where σ underflows."""
    return logsigmoid_op(as_floats(input, "logsigmoid"))


class LogSigmoid(Module):
    """The logarithm of the logistic function. It stays exact where the logistic function underflows.

        y = log σ(x) = min(x, 0) - log(1 + exp(-|x|))

    Shape:     any
    Source:    see `Sigmoid`.
    """

    def forward(self, input: Any) -> Any:
        return logsigmoid(input)
