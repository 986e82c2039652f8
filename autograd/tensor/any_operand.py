"""Operators whose other operand may be anything: what is no number is refused by its name, in Python's words or ours.

They look at the operand only when the operation has failed, so it costs nothing where it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.foreign import operand, refuse_foreign, unlabelled
from autograd.engine.recording import raw
from autograd.engine.registry import rules

_KNOWN = (np.ndarray, np.generic, float, int, complex, list, tuple, str, bytes)


def explain_operand(error: Exception, other: Any) -> Any:
    """NotImplemented for an operand that is no array at all, whose type Python names; else raise what explains it."""
    if not isinstance(other, _KNOWN) and not hasattr(other, "__array_ufunc__") and not hasattr(other, "__array__"):
        return NotImplemented
    refuse_foreign([raw(other)], text=True)
    raise error


def general(ufunc: np.ufunc) -> Any:
    """The methods behind `t @ other` and `other @ t`, for an operator without a short path."""

    def forward(a: Any, b: Any) -> Any:
        try:
            return rules[ufunc](a, b)
        except (TypeError, ValueError) as error:
            return explain_operand(error, b)

    def reflected(b: Any, a: Any) -> Any:
        try:
            return rules[ufunc](a, b)
        except (TypeError, ValueError) as error:
            return explain_operand(error, a)

    return forward, reflected


def comparison(operator: Callable[[Any, Any], Any]) -> Any:
    """The method behind `t < other`: it compares the values, and returns a plain array of booleans."""

    def compare(a: Any, b: Any) -> Any:
        try:
            return operator(a._array, operand(raw(b)))
        except TypeError as error:
            return explain_operand(error, b)

    return compare


def comparable(other: Any) -> Any:
    """What == and != compare with: anything is equal or not, also text, and PyTorch's tensors are values."""
    other = unlabelled(raw(other))
    if isinstance(other, (np.ndarray, np.generic)) or hasattr(other, "__array_ufunc__"):
        return other
    return operand(other) if hasattr(other, "__array__") else other
