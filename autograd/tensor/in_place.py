"""Writes in place: x += y, x[i] = v, and the methods of an ndarray that write (docs/design/in-place.md)."""

from __future__ import annotations

from collections.abc import Iterator
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.engine import kinds, views
from autograd.engine.abstract import abstract
from autograd.engine.foreign import numbers, operand
from autograd.engine.graph import Node, write_now
from autograd.engine.kinds import any_foreign, given
from autograd.engine.modes import mode
from autograd.engine.recording import is_tensor, raw, recorded, result
from autograd.engine.registry import rules
from autograd.engine.route import parent_of
from autograd.engine.tensor_hooks import RETAIN, retaining
from autograd.engine.views import apart, shares_memory, walk
from autograd.errors import DTypeError, InPlaceError, NoRuleError, ShapeError
from autograd.ops import indexing
from autograd.recorder import Stand, current
from autograd.tensor.any_operand import explain_operand
from autograd.tensor.operators import raw_index

_SYMBOLS = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "**",
    np.floor_divide: "//", np.remainder: "%", np.matmul: "@",
}  # fmt: skip


class InPlace:
    """The operators and methods that write to a Tensor."""

    __slots__ = ()

    _array: Any
    _requires_grad: Any
    node: Any
    written: Any
    shape: Any
    dtype: Any

    # Operators and assignment

    def __iadd__(self, other: Any) -> Any:
        return self._update(np.add, other)

    def __isub__(self, other: Any) -> Any:
        return self._update(np.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self._update(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._update(np.divide, other)

    def __ipow__(self, other: Any) -> Any:
        return self._update(np.power, other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self._update(np.floor_divide, other)

    def __imod__(self, other: Any) -> Any:
        return self._update(np.remainder, other)

    def __imatmul__(self, other: Any) -> Any:
        return self._update(np.matmul, other)

    def __setitem__(self, index: Any, value: Any) -> None:
        index = raw_index(index)
        if _ends_update(self, index, value):
            return
        if not is_tensor(value):
            value = numbers(given(operand(value), self._array, "assigned value"))
        if value.dtype.kind == "c" and self.dtype.kind in "fiub":
            raise DTypeError(
                f"a tensor of {self.dtype} cannot hold complex numbers: the imaginary part would be lost. "
                "Assign np.real(z), or make the tensor complex first: x.astype(complex)."
            )
        target = self._target(f"x[{_words(index)}] = …", "y = x.copy(); y[…] = …")
        if target is not None and not (isinstance(target, np.ndarray) and _of_another_kind(value, index)):
            target[index] = raw(value)
            self._mark_written()
            return
        if is_tensor(value) and value._requires_grad and self.dtype.kind not in "fc":
            raise DTypeError(
                f"a tensor of {self.dtype} cannot take the gradient of what is assigned to it; "
                "make it floating: x.astype(float)."
            )
        self._assign(index, value)

    # The methods of an ndarray that write

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> None:
        """Sort this tensor; np.sort(t) returns a sorted one."""
        target = self._target("t.sort(), unlike np.sort(t),", "np.sort(t)")
        if target is not None:
            target.sort(axis, kind, order, stable=stable)
            self._mark_written()
        else:
            self._take_over(rules[np.sort](self, axis, kind, order, stable=stable))

    def partition(self, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None) -> None:
        """Partition this tensor; np.partition(t, kth) returns a partitioned one."""
        target = self._target("t.partition(kth), unlike np.partition(t, kth),", "np.partition(t, kth)")
        if target is not None:
            target.partition(kth, axis, kind, order)
            self._mark_written()
        else:
            self._take_over(rules[np.partition](self, kth, axis, kind, order))

    def fill(self, value: Any) -> None:
        """t[...] = value, for one value."""
        if np.ndim(value):
            raise ShapeError(f"fill takes one value; got shape {np.shape(value)}. Use t[...] = values.")
        self[...] = value

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Assign to positions in the flattened tensor; the values are repeated as often as needed."""
        self._put(indexing.positions(indices, self._array.size, mode), values)

    def _put(self, places: Any, values: Any) -> None:
        places = np.ravel(places)
        if not is_tensor(values):
            values = numbers(given(operand(values), self._array, "assigned value"))
        n = values.size
        if places.size and n:
            values = np.ravel(values)
            values = values if n == places.size else values[np.arange(places.size) % n]
            size = self._array.size
            if np.any((places < -size) | (places >= size)):
                raise IndexError(f"an index of put is out of bounds for {size} elements.")
            self[np.unravel_index(places % size, self._array.shape)] = values

    def resize(self, *new_shape: Any, refcheck: bool = True) -> None:
        """Refused: a write in place never changes the shape."""
        raise NoRuleError(
            "t.resize(shape) would change the shape in place; "
            "take the result of np.resize(t, shape) or t.reshape(shape)."
        )

    @property
    def flat(self) -> Flat:
        """The elements in C order: to iterate over, to index, to assign to."""
        return Flat(self)

    @flat.setter
    def flat(self, values: Any) -> None:
        self.put(np.arange(self._array.size), values)

    # How a write is done

    def _update(self, ufunc: np.ufunc, other: Any) -> Any:
        """x ∘= other: it writes to the array where that is allowed, otherwise the tensor takes over a new array."""
        symbol = _SYMBOLS[ufunc]
        try:
            target = self._target(f"x {symbol}= …", f"x = x {symbol} …")
            if target is not None:
                ufunc(target, operand(raw(other)), out=target)
                self._mark_written()
                return self
            new = rules[ufunc](self, other)
        except (TypeError, ValueError) as error:
            return explain_operand(error, other)
        if new.shape != self.shape:
            raise ShapeError(
                f"x {symbol}= other cannot change the shape {self.shape} to {new.shape}; write x = x {symbol} other."
            )
        if not np.can_cast(new.dtype, self.dtype, "same_kind"):
            raise DTypeError(
                f"x {symbol}= other cannot turn {self.dtype} into {new.dtype}; write x = x {symbol} other."
            )
        self._take_over(new if new.dtype == self.dtype else new.astype(self.dtype))
        return self

    def _target(self, what: str, instead: str) -> Any:
        """The array to write to, where a write goes to memory: under no_grad, of a leaf, or if nothing else uses it.

        The nodes that read a leaf which requires grad notice that it was written, and refuse to compute a gradient from
        it. Whatever else uses the array of a constant or of a result (a node, a view, the caller) would not notice. It
        keeps the old array, and the tensor gets a new one.

        Returns: None where the tensor gets a new array.
        """
        recording = mode.get().recording
        leaf = self.node is None and self._requires_grad
        if recording and leaf:
            raise InPlaceError(
                f"{what} would overwrite a leaf that requires grad, of shape {self.shape}, whose gradient belongs to "
                f"its old value. Write {instead} for a new tensor, or do it inside `with autograd.no_grad():`."
            )
        if recording or not isinstance(self._array, np.ndarray) or _is_constant_of_a_step(self._array):
            return None
        return self._array if leaf or alone(self) else None

    def _assign(self, index: Any, value: Any) -> None:
        """x[index] = value, as a new value."""
        write(self, value, index, None)

    def _receive(self, made: Any, what: str, instead: str) -> None:
        """Have what an operation made, whose out= this tensor is, as the value."""
        target = self._target(what, instead)
        if target is not None:
            target[...] = raw(made)
            self._mark_written()
            return
        own = is_tensor(made) and getattr(made._array, "base", self) is None and made._requires_grad
        if own and made.shape == self.shape and made.dtype == self.dtype:
            self._take_over(made)
        else:
            self._assign(..., made)

    def _take_over(self, new: Any) -> None:
        """Take over the value of another tensor and, while recording, its history.

        Under no_grad the write only corrects the value, and the gradient still flows to where the old value came from.
        """
        self._array = _laid_out_as(self._array, new._array)
        if mode.get().recording:
            if self.node is not None and self.node.hooks and new.node is not None:
                move_retained(self, self.node, new.node)
            self.node = new.node
            self._requires_grad = new._requires_grad
        self._mark_written()

    def _mark_written(self) -> None:
        """Note when the array was written, so that a sweep can refuse to use it where it needs the old values."""
        now = write_now()
        if self.node is not None and not mode.get().recording:
            self.node.written = now
        self.written = now


def alone(tensor: Any) -> bool:
    """Whether nothing but the tensor uses its memory: no node, no view, not the caller."""
    return tensor._array.base is None and getrefcount(tensor._array) <= 2  # the tensor's reference, and this call's


def write(root: Any, value: Any, index: Any, path: Any, ufunc: Any = None) -> None:
    """Assign to the elements that `index` selects from the view at the path from a tensor which is no view itself.

    If nothing else uses the memory it is written to. What was recorded has kept nothing of it.

    Args:  ufunc: np.add or np.subtract, for += and -= in place of an assignment.
    """
    if index is ... and path is not None and path[0] is indexing.getitem:
        _, _, params, path = path
        index = params["index"]
    state = mode.get()
    params = {"index": index}
    if path is not None:
        params["path"] = path
    if ufunc is not None:
        params["ufunc"] = ufunc
    ordinary = type(root._array) is np.ndarray and root.dtype.kind != "c" and not state.special
    if ordinary and alone(root) and not _is_constant_of_a_step(root._array) and not _of_another_kind(value, index):
        new = _written(root, value, params, state.scope)
        if new is not None:
            root._take_over(new)
            return
    root._take_over(indexing.setitem(root, value, **params))


def _written(root: Any, value: Any, params: dict[str, Any], scope: Any) -> Any:
    """The tensor after a write to its memory; None if the path does not lead to a view of that."""
    array = root._array
    path = params.get("path")
    target = walk(array, path)
    if path is not None and not shares_memory(target, array):
        return None
    values = raw(value)
    indexing.assign(target, params["index"], values, params.get("ufunc"))
    before, assigned = parent_of(root), parent_of(value)
    if before is None and assigned is None:
        return result(array, None)
    known = abstract(array)
    return recorded(array, indexing.setitem, (before, assigned), (known, abstract(values)), known, params, scope)


def _words(index: Any) -> str:
    """An index as an error writes it, without the elements of arrays."""
    parts = index if type(index) is tuple else (index,)
    return ", ".join("…" if part is ... or np.ndim(part) else repr(part) for part in parts)


def _is_constant_of_a_step(array: Any) -> bool:
    """Whether it is an ndarray while a captured step is recorded: it has no room for what stands for others."""
    return current() is not None and not isinstance(array, Stand)


def _of_another_kind(value: Any, index: Any) -> bool:
    """Whether an ndarray has no room for it: another library's array, a batch, or a value at a batch of places."""
    return kinds.met and any_foreign((raw(value), *(index if type(index) is tuple else (index,))))


def _laid_out_as(old: Any, new: Any) -> Any:
    """The new array with its elements in memory in the order of the old: so a reshape is a view of both, or of none."""
    if type(old) is np.ndarray and type(new) is np.ndarray and new.strides != old.strides:
        kept = np.empty_like(old, new.dtype)
        if kept.strides != new.strides:
            kept[...] = new
            return kept
    return new


def _ends_update(tensor: Any, index: Any, value: Any) -> bool:
    """Whether this is the end of x[index] += v, for which Python assigns to x[index] the view that was written to."""
    if not isinstance(value, views.View):
        return False
    primitive, _, params, before = value.path
    root, path = (tensor.root, tensor.path) if isinstance(tensor, views.View) else (tensor, None)
    if primitive is not indexing.getitem or value.root is not root or before is not path:
        return False
    parts = index if type(index) is tuple else (index,)
    known = params["index"]
    return type(known) is type(index) and not any(isinstance(part, np.ndarray) for part in parts) and known == index


class Flat:
    """`t.flat`: the elements of a tensor in C order."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __len__(self) -> int:
        return self._tensor._array.size  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tensor.ravel())

    def __getitem__(self, index: Any) -> Any:
        return apart(self._tensor.ravel()[index])

    def __setitem__(self, index: Any, values: Any) -> None:
        self._tensor._put(np.arange(len(self))[raw(index)], values)


def move_retained(tensor: Any, old: Node, new: Node) -> None:
    """Let a tensor that was written to retain the gradient of its new value. Hooks stay with the old, as in PyTorch."""
    if any(asked is tensor for asked in retaining(old)):
        assert old.hooks is not None
        new.hooks = {**(new.hooks or {}), RETAIN: old.hooks.pop(RETAIN)}
