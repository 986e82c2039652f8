"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.core.module import Module


def parameters_to_vector(parameters: Module | Iterable[Any]) -> Any:
    """The parameters one after the other, each row by row: a vector through which gradients flow.

    Example:
        >>> import nn
        >>> nn.parameters_to_vector(nn.Linear(3, 2)).shape
        (8,)
    """
    tensors = _listed(parameters)
    if not tensors:
        raise ArgumentError("parameters_to_vector needs at least one parameter.")
    return np.concatenate([np.ravel(p) for p in tensors])


def vector_to_parameters(vec: Any, parameters: Module | Iterable[Any]) -> None:
    """Write the pieces of a vector into the parameters, in the order of `parameters_to_vector`.

    Raises:    ShapeError if the vector has not as many elements as the parameters; then nothing was changed.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Linear(1, 1)
        >>> nn.vector_to_parameters(np.array([2.0, 3.0]), net.parameters())
        >>> net.weight.item(), net.bias.item()
        (2.0, 3.0)
    """
    tensors = _listed(parameters)
    values = np.asarray(getattr(vec, "_data", vec))
    size = sum(p.size for p in tensors)
    if values.shape != (size,):
        raise ShapeError(
            f"vector_to_parameters expects a vector of shape ({size},), an element a parameter's; got {values.shape}."
        )
    if values.dtype.kind not in "fiub":
        raise DTypeError(f"vector_to_parameters expects numbers; got dtype {values.dtype}.")
    start = 0
    with no_grad():
        for p in tensors:
            p[...] = values[start : start + p.size].reshape(p.shape)
            start += p.size


def _listed(parameters: Any) -> list[Any]:
    return list(
        parameters.parameters()
        if isinstance(parameters, Module)
        else [parameters]
        if isinstance(parameters, Tensor)
        else parameters
    )
