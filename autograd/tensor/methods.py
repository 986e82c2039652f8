"""The methods of an ndarray, under NumPy's names, for a Tensor: each is NumPy's function of that name.

`t.sum(axis=0)` is `np.sum(t, axis=0)`: the rule is looked up directly, without NumPy's dispatch. The methods that
change an ndarray in place (sort, partition, fill, put) mean here what docs/design/in-place.md says of `x[i] = v`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.recording import is_tensor
from autograd.engine.registry import rules
from autograd.errors import DTypeError, NoRuleError, ShapeError
from autograd.ops.shape import astype
from autograd.ops.taking import imag, positions, real

if TYPE_CHECKING:
    from autograd.tensor.tensor import Tensor


class ArrayMethods:
    """The methods of an ndarray."""

    __slots__ = ()

    _data: Any

    # Reductions

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Tensor:
        """np.sum."""
        return rules[np.sum](self, axis, dtype, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Tensor:
        """np.prod."""
        return rules[np.prod](self, axis, dtype, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def mean(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> Tensor:
        """np.mean."""
        return rules[np.mean](self, axis, dtype, out, keepdims, where=where)  # type: ignore[no-any-return]

    def max(
        self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Tensor:
        """np.max: tied elements share the gradient."""
        return rules[np.max](self, axis, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def min(
        self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Tensor:
        """np.min: tied elements share the gradient."""
        return rules[np.min](self, axis, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def var(
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
        *, where: Any = True, mean: Any = None, correction: float | None = None,
    ) -> Tensor:  # fmt: skip
        """np.var."""
        return rules[np.var](  # type: ignore[no-any-return]
            self, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction
        )

    def std(
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
        *, where: Any = True, mean: Any = None, correction: float | None = None,
    ) -> Tensor:  # fmt: skip
        """np.std."""
        return rules[np.std](  # type: ignore[no-any-return]
            self, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction
        )

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
        """np.cumsum."""
        return rules[np.cumsum](self, axis, dtype, out)  # type: ignore[no-any-return]

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
        """np.cumprod."""
        return rules[np.cumprod](self, axis, dtype, out)  # type: ignore[no-any-return]

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Tensor:
        """np.trace."""
        return rules[np.trace](self, offset, axis1, axis2, dtype, out)  # type: ignore[no-any-return]

    def dot(self, b: Any, out: Any = None) -> Tensor:
        """np.dot."""
        return rules[np.dot](self, b, out)  # type: ignore[no-any-return]

    # Plain results: nothing flows back

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """np.argmax: a plain array."""
        return self._data.argmax(axis, out, keepdims=keepdims)

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """np.argmin: a plain array."""
        return self._data.argmin(axis, out, keepdims=keepdims)

    def argsort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
        """np.argsort: a plain array."""
        return np.argsort(self._data, axis, kind, order, stable=stable)

    def argpartition(self, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
        """np.argpartition: a plain array."""
        return np.argpartition(self._data, kth, axis, kind, order)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """np.searchsorted: a plain array."""
        return self._data.searchsorted(getattr(v, "_data", v), side, sorter)

    def nonzero(self) -> Any:
        """np.nonzero: plain arrays."""
        return self._data.nonzero()

    def any(self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """np.any: a plain result."""
        return self._data.any(axis=axis, out=out, keepdims=keepdims, where=where)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """np.all: a plain result."""
        return self._data.all(axis=axis, out=out, keepdims=keepdims, where=where)

    # Elementwise

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Tensor:
        """np.clip."""
        return rules[np.clip](self, min, max, out, **kwargs)  # type: ignore[no-any-return]

    def round(self, decimals: int = 0, out: Any = None) -> Tensor:
        """np.round: its derivative is 0."""
        return rules[np.round](self, decimals, out)  # type: ignore[no-any-return]

    def conj(self) -> Tensor:
        """np.conj: of real numbers they themselves."""
        return rules[np.conjugate](self)  # type: ignore[no-any-return]

    def conjugate(self) -> Tensor:
        """np.conj: of real numbers they themselves."""
        return rules[np.conjugate](self)  # type: ignore[no-any-return]

    def astype(
        self, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Tensor:
        """The values in another dtype; the gradient comes back in this one. What is not floating is a constant."""
        if order != "K":
            raise NoRuleError(f"astype(order={order!r}): a Tensor has no memory order to choose; leave order= out.")
        if not np.can_cast(self._data.dtype, dtype, casting):
            raise DTypeError(
                f"astype: {self._data.dtype} does not convert to {np.dtype(dtype)} with casting={casting!r}."
            )
        return astype(self, dtype, copy=copy)  # type: ignore[no-any-return]

    # Shapes

    def reshape(self, *shape: Any, order: Any = "C", copy: bool | None = None) -> Tensor:
        """np.reshape; the shape as one tuple or as several numbers."""
        return rules[np.reshape](self, shape[0] if len(shape) == 1 else shape, order, copy=copy)  # type: ignore[no-any-return]

    def ravel(self, order: Any = "C") -> Tensor:
        """np.ravel."""
        return rules[np.ravel](self, order=order)  # type: ignore[no-any-return]

    def flatten(self, order: Any = "C") -> Tensor:
        """All elements along one axis. (ndarray's copies; a Tensor is a value, so this one need not.)"""
        return rules[np.ravel](self, order=order)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """np.transpose; the axes as one tuple or as several numbers, none to reverse them."""
        one = len(axes) == 1 and (axes[0] is None or np.iterable(axes[0]))
        return rules[np.transpose](self, axes[0] if one else axes or None)  # type: ignore[no-any-return]

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """np.swapaxes."""
        return rules[np.swapaxes](self, axis1, axis2)  # type: ignore[no-any-return]

    def squeeze(self, axis: Any = None) -> Tensor:
        """np.squeeze."""
        return rules[np.squeeze](self, axis)  # type: ignore[no-any-return]

    def repeat(self, repeats: Any, axis: Any = None) -> Tensor:
        """np.repeat."""
        return rules[np.repeat](self, repeats, axis)  # type: ignore[no-any-return]

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """np.diagonal."""
        return rules[np.diagonal](self, offset, axis1, axis2)  # type: ignore[no-any-return]

    # Elements

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Tensor:
        """np.take."""
        return rules[np.take](self, indices, axis, out, mode)  # type: ignore[no-any-return]

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Tensor:
        """np.compress."""
        return rules[np.compress](condition, self, axis, out)  # type: ignore[no-any-return]

    def choose(self, choices: Any, out: Any = None, mode: Any = "raise") -> Tensor:
        """np.choose: this tensor of integers says which of the choices."""
        return rules[np.choose](self, choices, out, mode)  # type: ignore[no-any-return]

    # In place, as x[i] = v is (docs/design/in-place.md)

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> None:
        """Sort this tensor; np.sort(t) returns a sorted one."""
        x: Any = self
        if x._writes_in_place("t.sort(), unlike np.sort(t),"):
            x._data.sort(axis, kind, order, stable=stable)
            x._mark_written()
        else:
            x._adopt(rules[np.sort](x, axis, kind, order, stable=stable))

    def partition(self, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None) -> None:
        """Partition this tensor; np.partition(t, kth) returns a partitioned one."""
        x: Any = self
        if x._writes_in_place("t.partition(kth), unlike np.partition(t, kth),"):
            x._data.partition(kth, axis, kind, order)
            x._mark_written()
        else:
            x._adopt(rules[np.partition](x, kth, axis, kind, order))

    def fill(self, value: Any) -> None:
        """t[...] = value, of one value."""
        if np.ndim(value):
            raise ShapeError(f"fill takes one value; got shape {np.shape(value)}. Use t[...] = values.")
        self[...] = value  # type: ignore[index]

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """t.ravel()[indices] = values, but in this tensor; the values are repeated as often as needed."""
        self._put(positions(indices, self._data.size, mode), values)

    def _put(self, places: Any, values: Any) -> None:
        """Assign to positions among all elements."""
        places, values = np.ravel(places), values if is_tensor(values) else np.asarray(values)
        n = values.size
        if places.size and n:
            values = np.ravel(values)
            values = values if n == places.size else values[np.arange(places.size) % n]
            size = self._data.size
            if np.any((places < -size) | (places >= size)):
                raise IndexError(f"an index of put is out of bounds for {size} elements.")
            self[np.unravel_index(places % size, self._data.shape)] = values  # type: ignore[index]

    def resize(self, *new_shape: Any, refcheck: bool = True) -> None:
        """Refused: a write in place never changes the shape."""
        raise NoRuleError(
            "t.resize(shape) would change the shape in place; take the result of np.resize(t, shape) or t.reshape(shape)."
        )

    @property
    def real(self) -> Tensor:
        """The real part: of real numbers they themselves."""
        return real(self)  # type: ignore[no-any-return]

    @property
    def imag(self) -> Any:
        """The imaginary part: of real numbers zeros, a plain array."""
        return imag(self)

    @property
    def flat(self) -> Flat:
        """The elements one after the other: to iterate over, to index, to assign to."""
        return Flat(self)

    @property
    def strides(self) -> tuple[int, ...]:
        return self._data.strides  # type: ignore[no-any-return]

    @property
    def flags(self) -> Any:
        return self._data.flags


class Flat:
    """`t.flat`: the elements of a tensor in C order."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __len__(self) -> int:
        return self._tensor._data.size  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._tensor.ravel())

    def __getitem__(self, index: Any) -> Tensor:
        return self._tensor.ravel()[index]  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, values: Any) -> None:
        self._tensor._put(np.arange(len(self))[getattr(index, "_data", index)], values)
