"""Layers as functions: of Tensors, which record themselves, and of plain arrays, which give plain arrays."""

from nn.functional.activation import log_softmax, relu, sigmoid, softmax, tanh
from nn.functional.common import REDUCTIONS, as_values, cast_to, reduce
from nn.functional.linear import linear
from nn.functional.loss import cross_entropy, mse_loss

__all__ = [
    "linear",
    "relu", "sigmoid", "tanh", "softmax", "log_softmax",
    "cross_entropy", "mse_loss",
    "REDUCTIONS", "as_values", "cast_to", "reduce",
]  # fmt: skip
