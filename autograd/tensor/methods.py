"""The methods of an ndarray for a Tensor, under NumPy's names. Each is NumPy's function of that name.

`t.sum(axis=0)` is `np.sum(t, axis=0)`; the rule is looked up directly, without NumPy's dispatch. The methods that
write to an ndarray (sort, partition, fill, put) are in in_place.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.engine.registry import rules
from autograd.engine.views import apart
from autograd.errors import ArgumentError, DTypeError, NoRuleError
from autograd.ops.complex_parts import imag, real
from autograd.ops.shape import astype
from autograd.tensor.habits import check_axes, refuse_habit


class ArrayMethods:
    """The methods of an ndarray that return a result."""

    __slots__ = ()

    _array: Any
    data: Any

    # Reductions

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        **habits: Any,
    ) -> Any:
        """np.sum."""
        if habits or dtype is True or dtype is False:
            refuse_habit("sum", dtype, habits)
        return rules[np.sum](self, axis, dtype, out, keepdims, initial, where)

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        **habits: Any,
    ) -> Any:
        """np.prod."""
        if habits or dtype is True or dtype is False:
            refuse_habit("prod", dtype, habits)
        return rules[np.prod](self, axis, dtype, out, keepdims, initial, where)

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
        **habits: Any,
    ) -> Any:
        """np.mean."""
        if habits or dtype is True or dtype is False:
            refuse_habit("mean", dtype, habits)
        return rules[np.mean](self, axis, dtype, out, keepdims, where=where)

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        **habits: Any,
    ) -> Any:
        """np.max: tied elements share the gradient."""
        if habits or out is True or out is False:
            refuse_habit("max", out, habits)
        return rules[np.max](self, axis, out, keepdims, initial, where)

    def min(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        **habits: Any,
    ) -> Any:
        """np.min: tied elements share the gradient."""
        if habits or out is True or out is False:
            refuse_habit("min", out, habits)
        return rules[np.min](self, axis, out, keepdims, initial, where)

    def var(
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
        *, where: Any = True, mean: Any = None, correction: float | None = None, **habits: Any
    ) -> Any:  # fmt: skip
        """np.var."""
        if habits or dtype is True or dtype is False:
            refuse_habit("var", dtype, habits)
        return rules[np.var](self, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)

    def std(
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
        *, where: Any = True, mean: Any = None, correction: float | None = None, **habits: Any
    ) -> Any:  # fmt: skip
        """np.std."""
        if habits or dtype is True or dtype is False:
            refuse_habit("std", dtype, habits)
        return rules[np.std](self, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None, **habits: Any) -> Any:
        """np.cumsum."""
        if habits or dtype is True or dtype is False:
            refuse_habit("cumsum", dtype, habits)
        return rules[np.cumsum](self, axis, dtype, out)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None, **habits: Any) -> Any:
        """np.cumprod."""
        if habits or dtype is True or dtype is False:
            refuse_habit("cumprod", dtype, habits)
        return rules[np.cumprod](self, axis, dtype, out)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
        """np.trace."""
        return rules[np.trace](self, offset, axis1, axis2, dtype, out)

    def dot(self, b: Any, out: Any = None) -> Any:
        """np.dot."""
        return rules[np.dot](self, b, out)

    # Functions without a derivative: plain results

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """np.argmax: a plain array."""
        return self._array.argmax(axis, out, keepdims=keepdims)

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """np.argmin: a plain array."""
        return self._array.argmin(axis, out, keepdims=keepdims)

    def argsort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
        """np.argsort: a plain array."""
        return np.argsort(self._array, axis, kind, order, stable=stable)

    def argpartition(self, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
        """np.argpartition: a plain array."""
        return np.argpartition(self._array, kth, axis, kind, order)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """np.searchsorted: a plain array."""
        return self._array.searchsorted(raw(v), side, sorter)

    def nonzero(self) -> Any:
        """np.nonzero: plain arrays."""
        return self._array.nonzero()

    def any(self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """np.any: a plain result."""
        return self._array.any(axis=axis, out=out, keepdims=keepdims, where=where)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """np.all: a plain result."""
        return self._array.all(axis=axis, out=out, keepdims=keepdims, where=where)

    # Elementwise

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
        """np.clip."""
        return rules[np.clip](self, min, max, out, **kwargs)

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """np.round: its derivative is 0."""
        return rules[np.round](self, decimals, out)

    def conj(self) -> Any:
        """np.conj: real numbers as they are."""
        return rules[np.conjugate](self)

    def conjugate(self) -> Any:
        """np.conj: real numbers as they are."""
        return rules[np.conjugate](self)

    def astype(
        self, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The values in another dtype; the gradient has the tensor's own. A result that is not floating is constant."""
        if order != "K":
            raise NoRuleError(f"astype(order={order!r}): a Tensor has no memory order to choose; leave order= out.")
        if not np.can_cast(self._array.dtype, dtype, casting):
            raise DTypeError(
                f"astype: {self._array.dtype} does not convert to {np.dtype(dtype)} with casting={casting!r}."
            )
        return astype(self, dtype, copy=copy)

    # Shapes

    def reshape(self, *shape: Any, order: Any = "C", copy: bool | None = None) -> Any:
        """np.reshape; the shape as one tuple or as several numbers."""
        return rules[np.reshape](self, shape[0] if len(shape) == 1 else shape, order, copy=copy)

    def ravel(self, order: Any = "C") -> Any:
        """np.ravel."""
        return rules[np.ravel](self, order=order)

    def flatten(self, order: Any = "C") -> Any:
        """A copy with all elements along one axis, as of an ndarray; np.ravel is a view where it can be."""
        if not isinstance(order, str):
            raise ArgumentError(
                f"flatten takes no axis: it makes one row of everything; got {order!r}. To keep the first axes: "
                "x.reshape(*x.shape[:k], -1), or nn.Flatten(k)."
            )
        return apart(rules[np.ravel](self, order=order))

    def transpose(self, *axes: Any) -> Any:
        """np.transpose; the axes as one tuple or as several numbers; without axes it reverses them."""
        one = len(axes) == 1 and (axes[0] is None or np.iterable(axes[0]))
        if len(axes) > 1:
            check_axes(axes, self._array.ndim)
        return rules[np.transpose](self, axes[0] if one else axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """np.swapaxes."""
        return rules[np.swapaxes](self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """np.squeeze."""
        return rules[np.squeeze](self, axis)

    def repeat(self, repeats: Any, axis: Any = None, *more: Any) -> Any:
        """np.repeat."""
        if more:
            raise ArgumentError(
                "repeat(repeats, axis) repeats each element along one axis, as NumPy does; got "
                f"{2 + len(more)} numbers. To repeat the whole: np.tile(x, {(repeats, axis, *more)})."
            )
        return rules[np.repeat](self, repeats, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """np.diagonal."""
        return rules[np.diagonal](self, offset, axis1, axis2)

    # Elements

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
        """np.take."""
        return rules[np.take](self, indices, axis, out, mode)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """np.compress."""
        return rules[np.compress](condition, self, axis, out)

    def choose(self, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
        """np.choose: this tensor of integers selects from the choices."""
        return rules[np.choose](self, choices, out, mode)

    # Parts and memory

    @property
    def real(self) -> Any:
        """The real part: real numbers as they are."""
        return real(self)

    @real.setter
    def real(self, value: Any) -> None:
        real(self)[...] = value

    @property
    def imag(self) -> Any:
        """The imaginary part, a plain array: zeros for real numbers."""
        return imag(self)

    @imag.setter
    def imag(self, value: Any) -> None:
        imag(self)[...] = value

    @property
    def strides(self) -> tuple[int, ...]:
        return self.data.strides  # type: ignore[no-any-return]

    @property
    def flags(self) -> Any:
        return self.data.flags
