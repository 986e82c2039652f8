"""The methods of an ndarray, under NumPy's names, for a Tensor: each is NumPy's function of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.primitive import rules

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class ArrayMethods:
    """`t.sum(axis=0)` is `np.sum(t, axis=0)`: the rule is looked up directly, without NumPy's dispatch."""

    __slots__ = ()

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules[np.sum](self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]
