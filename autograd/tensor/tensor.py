"""Tensor: an array that remembers how it was computed.

The class below holds what gradients need. Its operators, writes in place, conversions and the methods of an ndarray are
base classes in the other files of this folder.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import display
from autograd.engine import reverse
from autograd.engine.attempts import batch_among
from autograd.engine.foreign import MASKED, as_array, unlabelled
from autograd.engine.graph import Node
from autograd.engine.kinds import copied, first_complex, is_foreign, note
from autograd.engine.outputs import writes
from autograd.engine.recording import bind_tensor, result
from autograd.engine.registry import rules
from autograd.engine.tensor_hooks import RETAIN
from autograd.errors import ArgumentError, DTypeError, GraphError, NoRuleError, ShapeError
from autograd.pytree import COMMON_LEAVES
from autograd.recorder import asarray
from autograd.tensor.conversions import Conversions
from autograd.tensor.hook_handle import HookHandle
from autograd.tensor.in_place import InPlace
from autograd.tensor.methods import ArrayMethods
from autograd.tensor.operators import Operators
from autograd.tensor.protocols import dispatch_ufunc, no_rule
from autograd.tensor.pytorch_names import PyTorchNames
from autograd.tensor.size import Size


class Tensor(Operators, InPlace, ArrayMethods, Conversions, PyTorchNames):
    """An array and, if it was computed from tensors that require a gradient, the operation that made it.

    Args:  data: anything np.asarray takes; an ndarray is not copied.
           requires_grad: whether backward() should leave a gradient in `.grad`; floating and complex dtypes only.
           dtype: convert the data to this dtype.
    Raises: DTypeError for requires_grad on integers, booleans or objects.
    Example:
        >>> from autograd import Tensor
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> y = (x**2).sum()
        >>> y.backward()
        >>> x.grad
        Tensor([2., 4., 6.])
    """

    __slots__ = (
        "__weakref__", "_array", "_grad", "_requires_grad", "finished", "hooks", "node", "path", "root", "seen",
        "written",
    )  # fmt: skip

    _array: Any
    _grad: Tensor | None
    _requires_grad: bool
    node: Node | None  # the operation that made it; None for a leaf
    finished: bool  # set only on the variable of a transform: whether its function has returned
    written: int  # when a leaf was last written in place (see graph.clock)
    hooks: dict[int, Callable[[Tensor], Any]] | None
    # Of a view only, see view.py
    root: Tensor  # what it is a view of, itself no view
    path: Any  # the operations that lead from there to it
    seen: int  # the `written` of its root when its array and node were made

    __array_priority__ = 1000.0
    __pandas_priority__ = 5000  # series * t asks the Tensor, as a DataFrame (4000) is asked

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None) -> None:
        self._array = _as_data(data, dtype)
        self.node = None
        self._grad = None
        self._requires_grad = False
        self.written = 0
        self.hooks = None
        if requires_grad is not False:
            self.requires_grad = requires_grad

    # Attributes

    @property
    def data(self) -> Any:
        """The raw array. Assigning to it is a write in place: see docs/design/in-place.md."""
        return self._array

    @data.setter
    def data(self, value: Any) -> None:
        new = _as_data(value, None)
        if self._requires_grad and new.dtype.kind not in "fc":
            raise DTypeError(f"a tensor that requires grad holds floating numbers; got dtype {new.dtype}.")
        self._array = new
        self._mark_written()

    @property
    def grad(self) -> Tensor | None:
        """What backward() has accumulated so far: a Tensor of this shape, or None before the first sweep."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != self.shape:
                raise ShapeError(f"grad must have the tensor's shape {self.shape}; got {value.shape}.")
            if value.dtype.kind == "c" != self.dtype.kind:
                raise DTypeError(f"grad of a tensor of {self.dtype} must be real; got {value.dtype}.")
        self._grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, (bool, np.bool_)):
            raise ArgumentError(
                f"requires_grad is True or False; got {value!r}. Several numbers are one list: Tensor([3.0, 4.0])."
            )
        if self.node is not None:
            if not value:
                raise GraphError("only a leaf's requires_grad can be switched off; use t.detach() for a result.")
            return
        if value:
            _check_differentiable(self._array.dtype)
            if isinstance(
                self._array, np.generic
            ):  # optimizers write to a leaf, which is impossible for a NumPy number
                self._array = asarray(self._array)
            if not hasattr(self, "hooks"):  # a constant result of an operation, see recording.result
                self.hooks = None
            if not hasattr(self, "written"):
                self.written = 0
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad in place and return self, as in PyTorch."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor is not the result of a recorded operation."""
        return self.node is None

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape  # type: ignore[no-any-return]

    @shape.setter
    def shape(self, value: Any) -> None:
        raise NoRuleError(
            f"x.shape = {value} would change the shape in place; take the result of np.reshape(x, {value})."
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self._array.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return Size(self._array.size)

    @property
    def itemsize(self) -> int:
        return self._array.itemsize  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        return self._array.nbytes  # type: ignore[no-any-return]

    @property
    def T(self) -> Tensor:  # noqa: N802
        """The array with its axes reversed."""
        return rules[np.transpose](self)  # type: ignore[no-any-return]

    @property
    def mT(self) -> Tensor:  # noqa: N802
        """Each matrix of a stack transposed: the last two axes swapped."""
        if self.ndim < 2:
            raise ShapeError(f"mT swaps the last two axes and needs at least two; got shape {self.shape}.")
        return self.swapaxes(-2, -1)  # type: ignore[no-any-return]

    # Gradients

    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        """Add dJ/dleaf to the `.grad` of every leaf this tensor depends on.

        Args:  gradient: dJ/dself, of this shape; may be left out for one element (it is 1).
               retain_graph: keep the graph for another sweep (default: the value of create_graph).
               create_graph: record the sweep, so that `.grad` can itself be differentiated.
        """
        reverse.backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def zero_grad(self) -> None:
        """Forget the accumulated gradient: `.grad` becomes None."""
        self._grad = None

    def detach(self) -> Tensor:
        """The same values as a constant, through which no gradient flows back.

        For a leaf that requires grad, and for a view, it is a copy, because an optimizer's step writes to their memory.
        """
        data = self._array
        if isinstance(data, np.ndarray):
            data = data.copy() if data.base is not None or (self.node is None and self._requires_grad) else data.view()
        elif is_foreign(data):
            data = copied(data)
        return result(data, None)  # type: ignore[no-any-return]

    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad`, as is always done for a leaf."""
        if not self._requires_grad:
            raise GraphError("retain_grad() needs a tensor that requires grad; this one is a constant.")
        if self.node is not None:
            self._hooks_of_node()[RETAIN] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> HookHandle:
        """Call `hook(gradient)` when this tensor's gradient is known; what it returns, unless None, replaces it.

        Returns: a handle whose `remove()` removes the hook.
        """
        if not self._requires_grad:
            raise GraphError("register_hook() needs a tensor that requires grad; this one is a constant.")
        if self.node is None:
            self.hooks = hooks = self.hooks or {}
        else:
            hooks = self._hooks_of_node()
        return HookHandle(hooks, hook)

    def _hooks_of_node(self) -> dict[int, Any]:
        assert self.node is not None
        if self.node.hooks is None:
            self.node.hooks = {}
        return self.node.hooks

    def _repr_html_(self) -> str:
        return display.html(self)

    # Copies

    def copy(self) -> Tensor:
        """A copy, in C order as of an ndarray; gradients flow through it."""
        array = self._array
        in_order = not isinstance(array, np.ndarray) or array.flags.c_contiguous
        return rules[np.copy](self) if in_order else rules[np.copy](self, order="C")  # type: ignore[no-any-return]

    def __copy__(self) -> Tensor:
        shared = self.node is not None or not self._requires_grad  # an optimizer writes to a leaf that requires grad
        twin = result(self._array if shared else copied(self._array), self.node)
        twin._requires_grad = self._requires_grad
        twin.written, twin.hooks = 0, None
        return twin  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse_graph("deepcopy")
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__setstate__(
            (copied(self._array), self._requires_grad, None if self._grad is None else copied(self._grad._array))
        )
        return twin

    def __reduce__(self) -> Any:
        self._refuse_graph("pickle")
        grad = None if self._grad is None else self._grad._array
        return (type(self).__new__, (type(self),), (self._array, self._requires_grad, grad))

    def __setstate__(self, state: tuple[Any, bool, Any]) -> None:
        data, requires_grad, grad = state
        Tensor.__init__(self, data, requires_grad)
        self._grad = None if grad is None else Tensor(grad)

    def _refuse_graph(self, what: str) -> None:
        if self.node is not None:
            raise GraphError(f"{what} of a recorded result would lose its graph; take t.detach() for the values alone.")

    @property
    def _data(self) -> Any:
        """Refused: a masked array takes the values of its other operand from here, without their history."""
        raise DTypeError(MASKED)

    # NumPy's protocols: np.exp(t), ndarray * t, np.concatenate([t, u]) …

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = rules.get(ufunc) if method == "__call__" else rules.get((ufunc, method))
        if rule is not None and not kwargs:
            return rule(*inputs)
        return dispatch_ufunc(rule, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        rule = rules.get(function)
        if rule is not None:
            try:
                return rule(*args, **kwargs)
            except Exception as error:
                if (batch := batch_among((args, kwargs))) is None or writes(rule, args, kwargs):
                    raise
                return batch.by_examples(error, None, function, args, kwargs)
        raise NoRuleError(no_rule(f"{function.__module__}.{function.__name__}"))


def _as_data(data: Any, dtype: Any) -> Any:
    if type(data) is np.ndarray and dtype is None and data.dtype.kind in "fiubc":  # the commonest, at once
        return data
    if isinstance(data, Tensor):
        if data._requires_grad:
            raise GraphError(
                "Tensor(t) of a tensor that requires grad would lose its graph; use t, t.copy() or t.detach()."
            )
        data = data._array
    data = unlabelled(data)
    if isinstance(data, np.ndarray) or not hasattr(data, "__array_ufunc__") or isinstance(data, np.generic):
        return as_array(data, dtype)
    note(data)
    return data if dtype is None else data.astype(dtype)  # another library's array, which supports NumPy's protocols


def _check_differentiable(dtype: np.dtype[Any]) -> None:
    if dtype.kind == "c":
        first_complex()
    elif dtype.kind != "f":
        raise DTypeError(
            f"requires_grad needs a floating dtype; got {dtype}. "
            "Use Tensor(data, dtype=float, requires_grad=True) or write 1.0 for 1."
        )


bind_tensor(Tensor)
COMMON_LEAVES.add(Tensor)
