"""Activations as ONNX's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.export.handlers import name_of, operation, values_of
from nn.export.recording import Recording
from nn.layers.activation.elu import elu_op
from nn.layers.activation.gelu import gelu_op
from nn.layers.activation.hard import hardsigmoid_op, hardswish_op, hardtanh_op
from nn.layers.activation.relu import leaky_relu_op, prelu_op, relu_op
from nn.layers.activation.sigmoid_tanh import sigmoid_op, softsign_op, tanhshrink_op
from nn.layers.activation.silu_mish import mish_op, silu_op
from nn.layers.activation.softmax import log_softmax_op, softmax_op
from nn.layers.activation.softplus import logsigmoid_op, softplus_op
from nn.layers.activation.thresholds import hardshrink_op, softshrink_op


def _single(kind: str, primitive: Any, **attributes: Any) -> None:
    """Enter an operation that ONNX has under the name `kind`."""

    @operation(primitive)
    def handler(g: Recording, values: Any, x: Any) -> Any:
        return g.add(kind, name_of(g, x), **attributes) if x.dtype.kind == "f" else NotImplemented


_single("Relu", relu_op)
_single("Sigmoid", sigmoid_op)
_single("Mish", mish_op)
_single("HardSwish", hardswish_op)
_single("HardSigmoid", hardsigmoid_op, alpha=1 / 6, beta=0.5)
_single("Softsign", softsign_op)


@operation(leaky_relu_op)
def _leaky_relu(g: Recording, values: Any, x: Any, negative_slope: float = 0.01) -> Any:
    return (
        g.add("LeakyRelu", name_of(g, x), alpha=float(negative_slope))
        if np.ndim(negative_slope) == 0
        else NotImplemented
    )


@operation(prelu_op)
def _prelu(g: Recording, values: Any, x: Any, weight: Any) -> Any:
    if np.ndim(values_of(weight)) > x.ndim or values.shape != x.shape:
        return NotImplemented
    return g.add("PRelu", name_of(g, x), name_of(g, weight, x.dtype))


@operation(elu_op)
def _elu(g: Recording, values: Any, x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    if input_scale == 1:
        kind, gamma = ("Elu", None) if scale == 1 else ("Selu", float(scale))
        return g.add(kind, name_of(g, x), alpha=float(alpha), gamma=gamma)
    if scale == 1 and np.isclose(alpha * input_scale, 1) and alpha > 0:
        return g.add("Celu", name_of(g, x), alpha=float(alpha))
    return NotImplemented


@operation(gelu_op)
def _gelu(g: Recording, values: Any, x: Any, approximate: str = "none") -> str:
    return g.add("Gelu", name_of(g, x), approximate=approximate)


@operation(silu_op)
def _silu(g: Recording, values: Any, x: Any) -> str:
    name = name_of(g, x)
    return g.add("Mul", name, g.add("Sigmoid", name))


@operation(hardtanh_op)
def _hardtanh(g: Recording, values: Any, x: Any, min_val: float = -1.0, max_val: float = 1.0) -> str:
    return g.add("Clip", name_of(g, x), g.constant(min_val, x.dtype), g.constant(max_val, x.dtype))


@operation(tanhshrink_op)
def _tanhshrink(g: Recording, values: Any, x: Any) -> str:
    name = name_of(g, x)
    return g.add("Sub", name, g.add("Tanh", name))


@operation(softplus_op)
def _softplus(g: Recording, values: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    name = name_of(g, x)
    if beta == 1 and threshold >= 20:
        return g.add("Softplus", name)
    scaled = g.add("Mul", name, g.constant(beta, x.dtype))
    soft = g.add("Div", g.add("Softplus", scaled), g.constant(beta, x.dtype))
    return g.add("Where", g.add("Greater", scaled, g.constant(threshold, x.dtype)), name, soft)


@operation(logsigmoid_op)
def _logsigmoid(g: Recording, values: Any, x: Any) -> str:
    return g.add("Neg", g.add("Softplus", g.add("Neg", name_of(g, x))))


@operation(softshrink_op)
def _softshrink(g: Recording, values: Any, x: Any, lambd: float = 0.5) -> str:
    return g.add("Shrink", name_of(g, x), lambd=float(lambd), bias=float(lambd))


@operation(hardshrink_op)
def _hardshrink(g: Recording, values: Any, x: Any, lambd: float = 0.5) -> str:
    return g.add("Shrink", name_of(g, x), lambd=float(lambd), bias=0.0)


@operation(softmax_op)
def _softmax(g: Recording, values: Any, x: Any, axis: int = -1) -> Any:
    return g.add("Softmax", name_of(g, x, values.dtype), axis=axis) if x.ndim else NotImplemented


@operation(log_softmax_op)
def _log_softmax(g: Recording, values: Any, x: Any, axis: int = -1) -> Any:
    return g.add("LogSoftmax", name_of(g, x, values.dtype), axis=axis) if x.ndim else NotImplemented
