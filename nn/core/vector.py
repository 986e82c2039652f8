"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.core.module import Module


def parameters_to_vector(parameters: Module | Iterable[Any]) -> Any:
    """All parameters, each flattened row by row, joined to one vector; gradients flow through it.

    Example:
        >>> import nn
        >>> nn.parameters_to_vector(nn.Linear(3, 2)).shape
        (8,)
    """
    tensors = _parameter_list(parameters)
    if not tensors:
        raise ArgumentError("parameters_to_vector needs at least one parameter.")
    return np.concatenate([np.ravel(p) for p in tensors])


def vector_to_parameters(vec: Any, parameters: Module | Iterable[Any]) -> None:
    """Copy the parts of a vector into the parameters, in the order of `parameters_to_vector`.

    Raises:    ShapeError if the vector has not as many elements as the parameters together; then nothing was changed.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Linear(1, 1)
        >>> nn.vector_to_parameters(np.array([2.0, 3.0]), net.parameters())
        >>> net.weight.item(), net.bias.item()
        (2.0, 3.0)
    """
    tensors = _parameter_list(parameters)
    values = np.asarray(raw(vec))
    size = sum(p.size for p in tensors)
    if values.shape != (size,):
        raise ShapeError(
            f"vector_to_parameters expects a vector of shape ({size},), an element a parameter's; got {values.shape}."
        )
    if values.dtype.kind not in "fiubc":
        raise DTypeError(f"vector_to_parameters expects numbers; got dtype {values.dtype}.")
    if values.dtype.kind == "c" and any(p.dtype.kind != "c" for p in tensors):
        raise DTypeError(f"vector_to_parameters: a real parameter would lose the imaginary part of {values.dtype}.")
    start = 0
    with no_grad():
        for p in tensors:
            p[...] = values[start : start + p.size].reshape(p.shape)
            start += p.size


def _parameter_list(parameters: Any) -> list[Any]:
    if isinstance(parameters, Tensor):
        return [parameters]
    return list(parameters.parameters() if isinstance(parameters, Module) else parameters)
