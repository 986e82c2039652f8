"""The operators of a Tensor: arithmetic, comparisons, indexing and iteration."""

from __future__ import annotations

import operator as _op
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.engine.registry import rules
from autograd.ops import arithmetic, indexing
from autograd.tensor.any_operand import comparable, comparison, general
from autograd.tensor.binary import binary


class Operators:
    """What Python's operators do to a Tensor."""

    __slots__ = ()

    _array: Any
    ndim: Any
    shape: Any

    __add__, __radd__ = binary(arithmetic.add, _op.add)
    __sub__, __rsub__ = binary(arithmetic.subtract, _op.sub)
    __mul__, __rmul__ = binary(arithmetic.multiply, _op.mul)
    __truediv__, __rtruediv__ = binary(arithmetic.divide, _op.truediv)
    __pow__, __rpow__ = binary(arithmetic.power, _op.pow)

    def __neg__(self) -> Any:
        return arithmetic.negative(self)

    def __pos__(self) -> Any:
        return arithmetic.positive(self)

    def __abs__(self) -> Any:
        return rules[np.absolute](self)

    __matmul__, __rmatmul__ = general(np.matmul)
    __floordiv__, __rfloordiv__ = general(np.floor_divide)
    __mod__, __rmod__ = general(np.remainder)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    # Comparisons have no derivative: they return plain arrays of booleans

    __hash__ = object.__hash__  # by identity, although == compares the elements

    def __eq__(self, other: object) -> Any:
        return self._array == comparable(other)

    def __ne__(self, other: object) -> Any:
        return self._array != comparable(other)

    __lt__ = comparison(_op.lt)
    __le__ = comparison(_op.le)
    __gt__ = comparison(_op.gt)
    __ge__ = comparison(_op.ge)

    # Indexing and iteration; assignment to an index is a write in place (in_place.py)

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index=raw_index(index))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor; it has one element: t.item().")
        return self.shape[0]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor; it has one element: t.item().")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, value: Any) -> bool:
        return bool((self._array == raw(value)).any())


_AS_IT_IS = {int, slice, type(None), type(...)}


def raw_index(index: Any) -> Any:
    """The index as NumPy takes it: Tensors in it as arrays, and all arrays copied, because the caller may change them.

    A node keeps the index, and needs its values at the time of the recording.
    """
    if isinstance(index, tuple):
        for part in index:
            if type(part) not in _AS_IT_IS:
                return tuple([raw_index(i) for i in index])
        return index
    if isinstance(index, list):
        return np.array(index, dtype=None if len(index) else np.intp)
    index = raw(index)
    return index.copy() if isinstance(index, np.ndarray) else index
