"""A Tensor as a plain value: an array, a Python number, a list, text."""

from __future__ import annotations

from threading import local
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.kinds import is_foreign
from autograd.engine.library_call import library_function
from autograd.errors import DTypeError, ShapeError
from autograd.ops.nondifferentiable import refuse_fill


class _ToFloat(local):
    """How often, in this thread, a tensor that requires grad became a Python float: by float(t), or by math.sin(t)."""

    count = 0


to_float = _ToFloat()


class Conversions:
    """The methods that return a plain value. Gradients do not flow through it."""

    __slots__ = ()

    _array: Any
    _requires_grad: Any
    node: Any
    size: Any
    shape: Any
    dtype: Any

    def numpy(self) -> Any:
        """The raw array; it shares memory with the tensor. Gradients do not flow through it."""
        return self._array

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() needs a tensor of one element; this one has shape {self.shape}. Use tolist().")
        return self._array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._requires_grad and (dtype is None or np.dtype(dtype).kind not in "iub"):  # those have no gradient
            caller = library_function()
            refuse_fill(caller)
            scipys = caller is not None and caller.startswith("scipy.")
            twin = f"autograd.{caller} records, if docs/scipy.md lists it. " if scipys else ""
            raise DTypeError(
                f"{caller or 'np.asarray()'} of a tensor that requires grad would lose its gradient. {twin}"
                "Use t.numpy() for the values, or t.detach() for a constant tensor. NumPy also calls it for a tensor "
                "in a list, and in np.r_ and np.c_: join them by np.stack([…]), np.hstack([…]), np.column_stack([…]) "
                "or np.array([…], like=t)."
            )
        if dtype is not None:
            refuse_loss(self._array.dtype, dtype)
        if copy is None:
            return np.asarray(self._array, dtype=dtype)
        return np.array(self._array, dtype=dtype, copy=copy)

    def __bool__(self) -> bool:
        return bool(self._array)

    def __float__(self) -> float:
        if self._requires_grad:
            to_float.count += 1
        return float(self._one())

    def __int__(self) -> int:
        return int(self._one())

    def __complex__(self) -> complex:
        return complex(self._one())

    def __index__(self) -> int:
        return self._array.__index__()  # type: ignore[no-any-return]

    def _one(self) -> Any:
        if self.size != 1:
            raise ShapeError(
                f"only a tensor of one element converts to a Python number; this one has shape {self.shape}."
            )
        return self._array.item()

    def __repr__(self) -> str:
        x = self._array
        words = [repr(x) if is_foreign(x) else np.array2string(np.asarray(x), separator=", ", prefix="Tensor(")]
        if self.dtype != np.float64 and not (self.dtype.kind in "bi" and self.dtype.itemsize in (1, 8)):
            words.append(f"dtype={self.dtype}")
        if self.node is not None:
            words.append(f"node={self.node.name}")
        elif self._requires_grad:
            words.append("requires_grad=True")
        return f"Tensor({', '.join(words)})"

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        return format(self._one() if self.size == 1 else self._array, spec)
