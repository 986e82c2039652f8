"""The numbers among a ufunc's operands, in the form that it takes fastest: arrays of no dimension, in the loop's dtype.

NumPy converts a Python number anew in each call, which takes as long as a short call itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.calls import ufunc_of
from autograd.capture.program import Op, Var

EXACT = 2**24  # up to here every whole number is one of float32
BY_VALUE = frozenset({np.power, np.float_power})  # which look at an exponent before they choose a loop


class Numbers:
    """Makes the arrays, one for each number and dtype."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def strong(self, op: Op, args: Any) -> Any:
        """The operands with 0-d arrays in place of numbers, where the ufunc computes the same with them."""
        if all([type(x) is Var for x in args]):
            return args
        function: Any = ufunc_of(op)
        if not isinstance(function, np.ufunc) or function.signature is not None or function in BY_VALUE:
            return args
        if not set(op.kwargs) <= {"out", "order"} or len(args) != function.nin:
            return args
        kinds = [_kind(x) for x in args]
        if None in kinds:
            return args
        try:
            loop = function.resolve_dtypes((*kinds, None))
            made = [x if isinstance(x, Var) else self._array(x, dtype) for x, dtype in zip(args, loop, strict=False)]
            now = [k if isinstance(x, Var) else x.dtype for x, k in zip(made, kinds, strict=True)]
            same = function.resolve_dtypes((*now, None)) == loop
        except (TypeError, OverflowError):  # nothing that this ufunc takes, or a whole number too large for the dtype
            return args
        return tuple(made) if same and all(map(_equal, args, made)) else args

    def _array(self, x: Any, dtype: Any) -> Any:
        key = type(x), repr(x), dtype
        if key not in self._made:
            with np.errstate(all="ignore"):
                self._made[key] = np.array(x, x.dtype if isinstance(x, np.generic) else dtype)
        return self._made[key]


def _kind(x: Any) -> Any:
    """What decides the loop: the dtype, or the type of a Python number; None for what is left as it is."""
    if isinstance(x, (Var, np.generic)):
        return x.dtype
    return type(x) if type(x) in (int, float) and (type(x) is float or abs(x) <= EXACT) else None


def _equal(x: Any, made: Any) -> bool:
    """Whether the array holds the number as the ufunc would convert it, without an overflow of which it would warn."""
    return isinstance(x, Var) or bool(np.isfinite(made)) or not np.isfinite(x)
