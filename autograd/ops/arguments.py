"""The arguments of NumPy's functions: converted where needed, refused where a recorded call does not take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.recording import raw
from autograd.errors import DTypeError, NoRuleError


def as_operand(x: Any) -> Any:
    """A list, tuple or number as an array; Tensors and arrays as they are."""
    return x if hasattr(x, "ndim") else np.asarray(x)


def frozen(numbers: Any) -> Any:
    """Axes, shifts or counts as a number or a tuple. A node keeps them, so they must not change later as a list can."""
    numbers = raw(numbers)
    if isinstance(numbers, (np.ndarray, np.generic)):
        refuse_loss(numbers.dtype, int)
        numbers = numbers.tolist()
    return tuple(numbers) if isinstance(numbers, (list, range)) else numbers


def refuse(name: str, remedy: str, **options: Any) -> None:
    """Refuse the first option that is given, that is, differs from its default: True for where=, None for any other."""
    for option, value in options.items():
        if value is not (True if option == "where" else None):
            raise NoRuleError(f"np.{name} of a Tensor does not take {option}=. {remedy}")


def check_dtype(name: str, a: Any, dtype: Any) -> None:
    """Refuse a dtype= that is not floating for a Tensor that requires grad: such a result has no gradient."""
    if dtype is not None and np.dtype(dtype).kind not in "cb" and np.iscomplexobj(a):
        raise DTypeError(f"np.{name}(…, dtype={np.dtype(dtype)}) of complex numbers would lose their imaginary parts.")
    if dtype is not None and np.dtype(dtype).kind not in "fc" and getattr(a, "requires_grad", False):
        raise DTypeError(
            f"np.{name}(…, dtype={np.dtype(dtype)}) of a tensor that requires grad: only floating results have a "
            "gradient. Use a floating dtype, or x.numpy() for the values."
        )
