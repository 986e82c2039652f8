"""The operators of a Tensor, and what a write in place means (docs/design/in-place.md)."""

from __future__ import annotations

import operator as _op
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.graph import clock
from autograd.engine.modes import mode
from autograd.engine.recording import is_tensor
from autograd.engine.registry import primitives, rules
from autograd.errors import DTypeError, InPlaceError, ShapeError
from autograd.ops import arithmetic
from autograd.tensor.binary import binary

if TYPE_CHECKING:
    from autograd.tensor.tensor import Tensor

_SYMBOLS = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "**",
    np.floor_divide: "//", np.remainder: "%", np.matmul: "@",
}  # fmt: skip


class Operators:
    """What Python's operators do to a Tensor."""

    __slots__ = ()

    if TYPE_CHECKING:  # slots and properties of Tensor
        _data: Any
        _requires_grad: Any
        node: Any
        written: Any
        shape: Any
        dtype: Any

    __add__, __radd__ = binary(arithmetic.add, _op.add)
    __sub__, __rsub__ = binary(arithmetic.subtract, _op.sub)
    __mul__, __rmul__ = binary(arithmetic.multiply, _op.mul)
    __truediv__, __rtruediv__ = binary(arithmetic.divide, _op.truediv)
    __pow__, __rpow__ = binary(arithmetic.power, _op.pow)

    def __neg__(self) -> Tensor:
        return arithmetic.negative(self)  # type: ignore[no-any-return]

    def __pos__(self) -> Tensor:
        return arithmetic.positive(self)  # type: ignore[no-any-return]

    def __abs__(self) -> Tensor:
        return rules[np.absolute](self)  # type: ignore[no-any-return]

    def __matmul__(self, other: Any) -> Tensor:
        return rules[np.matmul](self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> Tensor:
        return rules[np.matmul](other, self)  # type: ignore[no-any-return]

    def __floordiv__(self, other: Any) -> Tensor:
        return rules[np.floor_divide](self, other)  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Any) -> Tensor:
        return rules[np.floor_divide](other, self)  # type: ignore[no-any-return]

    def __mod__(self, other: Any) -> Tensor:
        return rules[np.remainder](self, other)  # type: ignore[no-any-return]

    def __rmod__(self, other: Any) -> Tensor:
        return rules[np.remainder](other, self)  # type: ignore[no-any-return]

    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return other // self, other % self

    # Comparisons have no derivative: plain arrays of booleans

    __hash__ = object.__hash__  # by identity, though == compares the elements

    def __eq__(self, other: object) -> Any:
        return self._data == getattr(other, "_data", other)

    def __ne__(self, other: object) -> Any:
        return self._data != getattr(other, "_data", other)

    def __lt__(self, other: Any) -> Any:
        return self._data < getattr(other, "_data", other)

    def __le__(self, other: Any) -> Any:
        return self._data <= getattr(other, "_data", other)

    def __gt__(self, other: Any) -> Any:
        return self._data > getattr(other, "_data", other)

    def __ge__(self, other: Any) -> Any:
        return self._data >= getattr(other, "_data", other)

    # Writing in place (docs/design/in-place.md)

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]  # mypy cannot see that __add__ is a method
        return self._become(np.add, other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]  # mypy cannot see that __sub__ is a method
        return self._become(np.subtract, other)

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc]  # mypy cannot see that __mul__ is a method
        return self._become(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc]  # mypy cannot see that __truediv__ is a method
        return self._become(np.divide, other)

    def __ipow__(self, other: Any) -> Any:  # type: ignore[misc]  # mypy cannot see that __pow__ is a method
        return self._become(np.power, other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self._become(np.floor_divide, other)

    def __imod__(self, other: Any) -> Any:
        return self._become(np.remainder, other)

    def __imatmul__(self, other: Any) -> Any:
        return self._become(np.matmul, other)

    def __setitem__(self, index: Any, value: Any) -> None:
        index = _raw_index(index)
        if self._writes_in_place(f"x[{index!r}] = …"):
            self._data[index] = getattr(value, "_data", value)
            self._mark_written()
        else:
            if not is_tensor(value):
                value = np.asarray(value)
            elif value._requires_grad and self._data.dtype.kind != "f":
                raise DTypeError(
                    f"a tensor of {self._data.dtype} cannot take the gradient of what is assigned to it; make it floating: x.astype(float)."
                )
            self._adopt(primitives["setitem"](self, value, index=index))

    def __getitem__(self, index: Any) -> Tensor:
        return primitives["getitem"](self, index=_raw_index(index))  # type: ignore[no-any-return]

    def _become(self, ufunc: np.ufunc, other: Any) -> Any:
        """x ∘= other: in place under no_grad, and while recording a new value under the old name."""
        if self._writes_in_place(f"x {_SYMBOLS[ufunc]}= …"):
            ufunc(self._data, getattr(other, "_data", other), out=self._data)
            self._mark_written()
            return self
        new = rules[ufunc](self, other)
        if new.shape != self.shape:
            raise ShapeError(
                f"an in-place operation cannot change the shape {self.shape} to {new.shape}; write x = x ∘ other."
            )
        if not np.can_cast(new.dtype, self.dtype, "same_kind"):
            raise DTypeError(f"an in-place operation cannot turn {self.dtype} into {new.dtype}; write x = x ∘ other.")
        self._adopt(new if new.dtype == self.dtype else new.astype(self.dtype))
        return self

    def _writes_in_place(self, what: str) -> bool:
        """Whether a write goes to the array itself: under no_grad, if it is a leaf's, or no one else holds the array.

        A leaf that requires grad is known to every node that reads it, which then refuses to go on. What holds the
        array of a constant or of a result (a node, a view, the caller) would not learn of a write: so it keeps the
        old array, and the tensor goes on with a new one.
        """
        recording = mode.get().recording
        if recording and self.node is None and self._requires_grad:
            raise InPlaceError(
                f"{what} would overwrite a leaf that requires grad, whose gradient belongs to its old value. "
                "Write x = x ∘ other for a new tensor, or do it inside `with autograd.no_grad():`."
            )
        if recording or not isinstance(self._data, np.ndarray):
            return False
        if self.node is None and self._requires_grad:
            return True
        return self._data.base is None and getrefcount(self._data) <= 2  # ours and the call's

    def _adopt(self, new: Tensor) -> None:
        """Take over the value and history of another tensor."""
        self._data = new._data
        if mode.get().recording:  # else it is the same value, corrected: its gradient goes where it went
            self.node = new.node
            self._requires_grad = new._requires_grad
        self._mark_written()

    def _mark_written(self) -> None:
        now = next(clock)
        if self.node is not None and not mode.get().recording:
            self.node.written = now
        self.written = now


def _raw_index(index: Any) -> Any:
    """An index with Tensors in it as NumPy takes it, its arrays copied: the graph needs what they were when it was recorded."""
    if isinstance(index, tuple):
        return tuple([_raw_index(i) for i in index])
    if is_tensor(index):
        index = index._data
    elif isinstance(index, list):
        return np.array(index, dtype=None if len(index) else np.intp)
    return index.copy() if isinstance(index, np.ndarray) else index
