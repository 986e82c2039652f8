"""What NumPy's functions take and a recorded one does not: refused by name, with the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DTypeError, NoRuleError


def refuse_out(name: str, out: Any) -> None:
    """An array that is written to has no history."""
    if out is not None:
        raise NoRuleError(
            f"np.{name}(…, out=…) cannot be recorded: an array that is written to has no history. Write y = np.{name}(…)."
        )


def refuse(name: str, remedy: str, **options: Any) -> None:
    """Refuse the first of the options that differs from what leaves it out: None, or True for where=."""
    for option, value in options.items():
        if value is not (True if option == "where" else None):
            raise NoRuleError(f"np.{name} of a Tensor does not take {option}=. {remedy}")


def check_dtype(name: str, a: Any, dtype: Any) -> None:
    """A result that is not floating cannot carry a gradient."""
    if dtype is not None and np.dtype(dtype).kind != "f" and getattr(a, "requires_grad", False):
        raise DTypeError(
            f"np.{name}(…, dtype={np.dtype(dtype)}) of a tensor that requires grad: only floating results have a gradient. "
            "Use a floating dtype, or x.numpy() for the values."
        )
