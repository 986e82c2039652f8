"""The methods of an ndarray, under NumPy's names, for a Tensor: each is NumPy's function of that name.

`t.sum(axis=0)` is `np.sum(t, axis=0)`: the rule is looked up directly, without NumPy's dispatch. The methods that
change an ndarray in place (sort, partition, fill, put) mean here what docs/design/in-place.md says of `x[i] = v`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import DTypeError, NoRuleError
from autograd.primitive import define, rules

if TYPE_CHECKING:
    from autograd.tensor import Tensor


_astype = define(
    lambda x, dtype: x.astype(dtype), lambda g, out, x, dtype: g,  # the sweep casts back
    keeps="", guard=False, name="astype", label="g, cast back",
)  # fmt: skip


class ArrayMethods:
    """The methods of an ndarray."""

    __slots__ = ()

    _data: Any

    # Reductions

    def sum(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Tensor:
        """np.sum."""
        return rules[np.sum](self, axis, dtype, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def prod(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Tensor:
        """np.prod."""
        return rules[np.prod](self, axis, dtype, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Tensor:
        """np.mean."""
        return rules[np.mean](self, axis, dtype, out, keepdims, where=where)  # type: ignore[no-any-return]

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
        """np.max: tied elements share the gradient."""
        return rules[np.max](self, axis, out, keepdims, initial, where)  # type: ignore[no-any-return]

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
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
        return self._data.any(axis, out, keepdims, where=where)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """np.all: a plain result."""
        return self._data.all(axis, out, keepdims, where=where)

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
        """The values in another dtype; the gradient comes back in this one.

        A tensor that requires grad converts to floating dtypes only: t.numpy().astype(int) gives its values as integers.
        """
        target = np.dtype(dtype)
        _check_cast(self, target, order, casting)
        if not copy and target == self._data.dtype:
            return self  # type: ignore[return-value]
        return _astype(self, dtype=target)  # type: ignore[no-any-return]

    # Shapes

    def reshape(self, *shape: Any, order: Any = "C", copy: bool | None = None) -> Tensor:
        """np.reshape; the shape as one tuple or as several numbers."""
        new = shape[0] if len(shape) == 1 else shape
        return rules[np.reshape](self, new, order=order) if copy is None else rules[np.reshape](self, new, order=order, copy=copy)  # type: ignore[no-any-return]

    def ravel(self, order: Any = "C") -> Tensor:
        """np.ravel."""
        return rules[np.ravel](self, order=order)  # type: ignore[no-any-return]

    def flatten(self, order: Any = "C") -> Tensor:
        """All elements along one axis. (ndarray's copies; a Tensor is a value, so this one need not.)"""
        return rules[np.ravel](self, order=order)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """np.transpose; the axes as one tuple or as several numbers, none to reverse them."""
        order = None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return rules[np.transpose](self, order)  # type: ignore[no-any-return]

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

    @property
    def real(self) -> Tensor:
        """The real part: of real numbers they themselves."""
        return rules[np.real](self)  # type: ignore[no-any-return]

    @property
    def imag(self) -> Any:
        """The imaginary part: of real numbers zeros, a plain array."""
        return rules[np.imag](self)

    @property
    def flat(self) -> Any:
        """The elements one after the other, each a Tensor: iterate over it or index it."""
        return rules[np.ravel](self)

    @property
    def strides(self) -> tuple[int, ...]:
        return self._data.strides  # type: ignore[no-any-return]

    @property
    def flags(self) -> Any:
        return self._data.flags


def _check_cast(x: Any, target: np.dtype[Any], order: Any, casting: Any) -> None:
    if order != "K":
        raise NoRuleError(f"astype(order={order!r}): a Tensor is a value and has no memory order to choose; leave order= out.")
    if not np.can_cast(x.dtype, target, casting):
        raise DTypeError(f"astype: {x.dtype} does not convert to {target} with casting={casting!r}.")
    if target.kind != "f" and getattr(x, "requires_grad", False):
        raise DTypeError(
            f"astype({target}) of a tensor that requires grad would lose its gradient; take t.numpy().astype(…) for plain values."
        )
