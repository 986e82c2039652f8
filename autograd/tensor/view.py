"""View: a Tensor that NumPy would make share the memory of another (docs/design/in-place.md)."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from autograd.engine.kinds import copied, is_foreign
from autograd.engine.loans import never, root_of
from autograd.engine.modes import mode
from autograd.engine.recording import raw, result
from autograd.engine.settings import enable_grad, no_grad
from autograd.engine.views import bind_views, links, shares_memory, walk
from autograd.errors import InPlaceError
from autograd.recorder import Stand
from autograd.tensor.in_place import move_retained, write
from autograd.tensor.tensor import Tensor


class View(Tensor):
    """What an operation of NumPy's that returns a view, such as `x[1:]` or `x.T`, returns of a Tensor.

    A write through it reaches the tensor it was taken of, and all other views of that; what is written there, it sees.

    Its array and node are those of the time it was made, until its root is written to. When it is next read, they are
    made again from the root by the operations that made it.
    """

    __slots__ = ()

    # The slots of a Tensor by other names, since those ask first whether it is still true what is in them
    own_array, own_node, own_requires_grad = (vars(Tensor)[name] for name in ("_array", "node", "_requires_grad"))

    @property
    def _array(self) -> Any:
        if self.root.written != self.seen:
            renew(self)
        return self.own_array

    @_array.setter
    def _array(self, value: Any) -> None:
        self.own_array = value

    @property
    def node(self) -> Any:
        if self.root.written != self.seen:
            renew(self)
        return self.own_node

    @node.setter
    def node(self, value: Any) -> None:
        self.own_node = value

    @property
    def _requires_grad(self) -> Any:
        if self.root.written != self.seen:
            renew(self)
        return self.own_requires_grad

    @_requires_grad.setter
    def _requires_grad(self, value: Any) -> None:
        if value and self.node is None:  # it becomes a leaf, which has memory of its own
            array = self._array
            self.__class__ = Tensor  # type: ignore[assignment]
            self._array = array.copy() if isinstance(array, np.ndarray) else array
            self._requires_grad = value
        else:
            self.own_requires_grad = value

    @property
    def data(self) -> Any:
        """The raw array, which shares the memory of the tensor it was taken of. Assigning to it writes there."""
        return self._memory()

    @data.setter
    def data(self, value: Any) -> None:
        with no_grad():
            self[...] = value

    def numpy(self) -> Any:
        """The raw array, which shares the memory of the tensor it was taken of."""
        return self._memory()

    def _memory(self) -> Any:
        return self._array

    # How a write is done: at the root

    def _target(self, what: str, instead: str) -> Any:
        self._refuse_read_only(what)
        if root_of(self) is not self.root:
            raise InPlaceError(
                f"{what} of shape {self.shape}: the parameter that this is a view of holds another value now, inside "
                "of functional_call. Write to it before or after that call."
            )
        if is_foreign(self._array) and not self._is_known_view():
            return self._target_of_unknown(what, instead)
        if not mode.get().recording:
            self._let_go()
        memory = self.root._target(what, instead)
        target = None if memory is None else walk(memory, self.path)
        return target if target is None or shares_memory(target, memory) else None

    def _is_known_view(self) -> bool:
        """Whether another library's array is surely a view; by reshape it may be a copy."""
        if not any(primitive.may_copy for primitive, *_ in links(self.path)):
            return True
        array = self._array
        return hasattr(type(array), "is_view_of") and bool(array.is_view_of(self.root._array))

    def _refuse_read_only(self, what: str) -> None:
        """Raise for a view that NumPy does not write through."""
        array = self._array
        if isinstance(array, np.ndarray) and not array.flags.writeable:
            raise InPlaceError(
                f"{what} of shape {self.shape}: the result of {self.path[0].name}() is read-only, as in NumPy. "
                "Write to the tensor it was taken of, x[index] = … or np.fill_diagonal(x, …), or to a copy of it."
            )

    def _target_of_unknown(self, what: str, instead: str) -> Any:
        """Where to write, for a view of which it is not known whether it is one: only if no one else would see that."""
        if getrefcount(self.root) > 2:  # the caller or another view has it, too
            raise InPlaceError(
                f"{what} of shape {self.shape}: whether reshape() of a {type(self._array).__name__} shares memory is "
                "not known. Write to the tensor before it is reshaped, or to a copy: x = x.reshape(…).copy()."
            )
        array, node, requires = self._array, self.node, self._requires_grad
        self.__class__ = Tensor  # type: ignore[assignment]
        self._array, self.node, self._requires_grad = array, node, requires
        return self._target(what, instead)

    def _let_go(self) -> None:
        """Let go of the array, which is about to be another, so that the root can tell who else uses its memory."""
        self.own_array = None
        self.seen = never(self.seen)

    def _update(self, ufunc: np.ufunc, other: Any) -> Any:
        """x += other and x -= other are one operation of the root, where the value fits as it is."""
        if (ufunc is np.add or ufunc is np.subtract) and mode.get().recording and self._takes(raw(other)):
            symbol = "+" if ufunc is np.add else "-"
            self._target(f"x {symbol}= …", f"x = x {symbol} …")  # refuses what cannot be recorded
            self._let_go()
            write(self.root, other, ..., self.path, ufunc)
            return self
        return super()._update(ufunc, other)

    def _takes(self, value: Any) -> bool:
        """Whether what is added is a number, or an array of this dtype and of a shape that broadcasts to this one."""
        array = self._array
        if array.dtype.kind not in "fc" or is_foreign(array):
            return False
        if type(value) is float or type(value) is int:
            return True
        if not (type(value) is np.ndarray or isinstance(value, Stand)) or value.dtype != array.dtype:
            return False
        sizes = zip(value.shape[::-1], array.shape[::-1])  # noqa: B905  # the value may have fewer axes
        return value.ndim <= array.ndim and all([n == size or n == 1 for n, size in sizes])

    def _assign(self, index: Any, value: Any) -> None:
        self._let_go()
        write(self.root, value, index, self.path)

    def _take_over(self, new: Any) -> None:
        self._assign(..., new)

    def _mark_written(self) -> None:
        self.root._mark_written()

    # As values of their own

    def __copy__(self) -> Tensor:
        return result(copied(self._array), self.node)  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse_graph("deepcopy")
        return Tensor(self._array).__deepcopy__(memo)

    def __reduce__(self) -> Any:
        self._refuse_graph("pickle")
        return Tensor(self._array).__reduce__()


class UnrecordedView(View):
    """A view, taken under no_grad, of a tensor that requires grad: no gradient flows to it.

    It has the memory of its root; an operation that records itself gets a copy, since the root will be written to.
    """

    __slots__ = ()

    @property
    def _array(self) -> Any:
        memory = self._memory()
        return memory.copy() if mode.get().recording and isinstance(memory, np.ndarray) else memory

    @_array.setter
    def _array(self, value: Any) -> None:
        self.own_array = value

    def _memory(self) -> Any:
        return walk(root_of(self)._array, self.path)

    @property
    def node(self) -> Any:
        return None

    @node.setter
    def node(self, value: Any) -> None:
        self.own_node = value

    @property
    def _requires_grad(self) -> Any:
        return False

    @_requires_grad.setter
    def _requires_grad(self, value: Any) -> None:
        if value:
            array = self._array
            self.__class__ = Tensor  # type: ignore[assignment]
            self._array, self.node, self._requires_grad = array, None, True

    def _target(self, what: str, instead: str) -> Any:
        if mode.get().recording and self.root._requires_grad:
            raise InPlaceError(
                f"{what} of shape {self.shape} cannot be recorded: this view was taken under no_grad, of a tensor that "
                "requires grad. Take it again outside of the block, or write to it inside."
            )
        return super()._target(what, instead)


def renew(view: Any) -> None:
    """Make the array and the node of a view again, after its root was written to."""
    root = root_of(view)
    now = root.written
    if mode.get().recording:
        made = walk(root, view.path)
    else:
        with enable_grad():
            made = walk(root, view.path)
    old = view.own_node
    if old is not None and old.hooks and made.node is not None:
        move_retained(view, old, made.node)
    view.own_array = made._array
    view.own_node = made.node
    view.own_requires_grad = made._requires_grad
    view.seen = now


View.__name__ = UnrecordedView.__name__ = "Tensor"  # what errors call it
bind_views(View, UnrecordedView)
