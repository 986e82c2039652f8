"""What the functions share: inputs as arrays, one dtype, and the reduction of a loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError

REDUCTIONS = ("mean", "sum", "none")


def reduce(loss: Any, reduction: str) -> Any:
    """What a loss does in the end: "none", "mean" or "sum"."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}.")
    return np.mean(loss) if reduction == "mean" else np.sum(loss) if reduction == "sum" else loss


def as_values(x: Any) -> Any:
    """Lists and numbers as arrays; Tensors and arrays as they are."""
    if isinstance(x, (Tensor, np.ndarray)) or hasattr(x, "__array_function__"):
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(item, Tensor) for item in x):
        kinds = ", ".join(type(item).__name__ for item in x[:3]) + (", …" if len(x) > 3 else "")
        raise ArgumentError(
            f"expected an array or a Tensor; got a {type(x).__name__} of {len(x)}: ({kinds}). A layer that returns several, as LSTM "
            "does, is unpacked first: output, state = layer(x); np.stack joins several of one shape."
        )
    return np.asarray(x)


def cast_to(x: Any, like: Any, who: str) -> Any:
    """A floating x in the dtype of another array: a layer computes in the dtype of its parameters."""
    if getattr(x, "dtype", None) == like.dtype:
        return x
    x = as_values(x)
    if x.dtype == like.dtype:
        return x
    if x.dtype.kind != "f":
        raise DTypeError(
            f"{who} computes in {like.dtype} and takes floating input; got {x.dtype}. Convert it: x.astype(np.{like.dtype})."
        )
    return x.astype(like.dtype)
