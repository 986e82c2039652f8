"""Tensor: an ndarray that remembers how it was made."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from threading import local
from typing import Any

import numpy as np

from autograd.engine import reverse
from autograd.engine.graph import Node
from autograd.engine.hooks import RETAIN
from autograd.engine.recording import bind_tensor, result
from autograd.engine.registry import rules
from autograd.errors import DTypeError, GraphError, NoRuleError, ShapeError
from autograd.tensor.methods import ArrayMethods
from autograd.tensor.operators import Operators
from autograd.tensor.protocols import dispatch_ufunc, no_rule


class Tensor(Operators, ArrayMethods):
    """An array and, if it was computed from tensors that require a gradient, the operation that made it.

    Args:  data: anything np.asarray takes; an ndarray is held as it is, not copied.
           requires_grad: whether backward() should leave a gradient in `.grad`; floating dtypes only.
           dtype: convert the data to this dtype.
    Raises: DTypeError for requires_grad on integers, booleans, complex numbers or objects.
    Example:
        >>> from autograd import Tensor
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> y = (x**2).sum()
        >>> y.backward()
        >>> x.grad
        Tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_data", "_grad", "_requires_grad", "hooks", "node", "written")

    _data: Any
    _grad: Tensor | None
    _requires_grad: bool
    node: Node | None  # the operation that made it; None for a leaf
    written: int  # when a leaf was last written in place (see graph.clock)
    hooks: dict[int, Callable[[Tensor], Any]] | None

    __array_priority__ = 1000.0

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None) -> None:
        self._data = _as_data(data, dtype)
        self.node = None
        self._grad = None
        self._requires_grad = False
        self.written = 0
        self.hooks = None
        if requires_grad:
            self.requires_grad = True

    # What it is

    @property
    def data(self) -> Any:
        """The raw array. Assigning to it is a write in place: see docs/design/in-place.md."""
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        new = _as_data(value, None)
        if self._requires_grad and new.dtype.kind != "f":
            raise DTypeError(f"a tensor that requires grad holds floating numbers; got dtype {new.dtype}.")
        self._data = new
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
        self._grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.node is not None:
            if not value:
                raise GraphError("only a leaf's requires_grad can be switched off; use t.detach() for a result.")
            return
        if value:
            _check_differentiable(self._data.dtype)
            if isinstance(self._data, np.generic):  # a leaf is written in place, which a NumPy number cannot be
                self._data = np.asarray(self._data)
            if not hasattr(self, "hooks"):  # a constant that an operation made: see primitive.result
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
        """Whether it was made by the user rather than by a recorded operation."""
        return self.node is None

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return self._data.size  # type: ignore[no-any-return]

    @property
    def itemsize(self) -> int:
        return self._data.itemsize  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        return self._data.nbytes  # type: ignore[no-any-return]

    @property
    def T(self) -> Tensor:  # noqa: N802
        """The array with its axes reversed."""
        return self.transpose()

    @property
    def mT(self) -> Tensor:  # noqa: N802
        """The stacked matrices transposed: the last two axes swapped."""
        if self.ndim < 2:
            raise ShapeError(f"mT swaps the last two axes and needs at least two; got shape {self.shape}.")
        return self.swapaxes(-2, -1)

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
        """The same values as a constant: nothing flows back through it.

        Of a leaf that requires grad, and of a view, it is a copy: an optimizer's step writes to that leaf's memory.
        """
        data = self._data
        if isinstance(data, np.ndarray):
            data = data.copy() if data.base is not None or (self.node is None and self._requires_grad) else data.view()
        return result(data, None)  # type: ignore[no-any-return]

    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad` too (a leaf's is kept anyway)."""
        if not self._requires_grad:
            raise GraphError("retain_grad() needs a tensor that requires grad; this one is a constant.")
        if self.node is not None:
            self._hooks_of_node()[RETAIN] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> HookHandle:
        """Call `hook(gradient)` when this tensor's gradient is known; what it returns (unless None) replaces it.

        Returns: a handle whose `remove()` takes the hook away.
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

    # As plain values

    def numpy(self) -> Any:
        """The raw array, sharing memory. Gradients do not flow through it."""
        return self._data

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() needs a tensor of one element; this one has shape {self.shape}. Use tolist().")
        return self._data.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._requires_grad:
            raise DTypeError(
                "np.asarray() of a tensor that requires grad would lose its gradient. Use t.numpy() for the values, "
                "t.detach() for a constant tensor, or np.stack([...]) to join tensors."
            )
        if copy is None:
            return np.asarray(self._data, dtype=dtype)
        return np.array(self._data, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor; it has one element: t.item().")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor; it has one element: t.item().")
        return (self[i] for i in range(self.shape[0]))

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self) -> float:
        if self._requires_grad:
            conversions.count += 1
        return float(self._one())

    def __int__(self) -> int:
        return int(self._one())

    def __complex__(self) -> complex:
        return complex(self._one())

    def __index__(self) -> int:
        return self._data.__index__()  # type: ignore[no-any-return]

    def _one(self) -> Any:
        if self.size != 1:
            raise ShapeError(
                f"only a tensor of one element converts to a Python number; this one has shape {self.shape}."
            )
        return self._data.item()

    def __contains__(self, value: Any) -> bool:
        return bool((self._data == getattr(value, "_data", value)).any())

    def __repr__(self) -> str:
        values = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        words = [values]
        if self.dtype != np.float64 and not (self.dtype.kind in "bi" and self.dtype.itemsize in (1, 8)):
            words.append(f"dtype={self.dtype}")
        if self.node is not None:
            words.append(f"node={self.node.name}")
        elif self._requires_grad:
            words.append("requires_grad=True")
        return f"Tensor({', '.join(words)})"

    def _repr_html_(self) -> str:
        from autograd.viz.reprs import tensor_html  # it is for notebooks

        return tensor_html(self)

    def __format__(self, spec: str) -> str:
        return (
            format(self._one(), spec)
            if spec and self.size == 1
            else repr(self)
            if not spec
            else format(self._data, spec)
        )

    # Copies

    def copy(self) -> Tensor:
        """A copy in memory of its own; gradients flow through it."""
        return rules[np.copy](self)  # type: ignore[no-any-return]

    def __copy__(self) -> Tensor:
        shared = self.node is not None or not self._requires_grad  # a leaf that requires grad is written in place
        twin = result(self._data if shared else self._data.copy(), self.node)
        twin._requires_grad = self._requires_grad
        twin.written, twin.hooks = 0, None
        return twin  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse_graph("deepcopy")
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__setstate__(
            (np.array(self._data), self._requires_grad, None if self._grad is None else np.array(self._grad._data))
        )
        return twin

    def __reduce__(self) -> Any:
        self._refuse_graph("pickle")
        grad = None if self._grad is None else self._grad._data
        return (type(self).__new__, (type(self),), (self._data, self._requires_grad, grad))

    def __setstate__(self, state: tuple[Any, bool, Any]) -> None:
        data, requires_grad, grad = state
        Tensor.__init__(self, data, requires_grad)
        self._grad = None if grad is None else Tensor(grad)

    def _refuse_graph(self, what: str) -> None:
        if self.node is not None:
            raise GraphError(f"{what} of a recorded result would lose its graph; take t.detach() for the values alone.")

    # NumPy's protocols: np.exp(t), ndarray * t, np.concatenate([t, u]) …

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = rules.get(ufunc) if method == "__call__" else rules.get((ufunc, method))
        if rule is not None and not kwargs:
            return rule(*inputs)
        return dispatch_ufunc(rule, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        rule = rules.get(function)
        if rule is not None:
            return rule(*args, **kwargs)
        raise NoRuleError(no_rule(f"{function.__module__}.{function.__name__}"))


class _Conversions(local):
    """How often, in this thread, a tensor that requires grad became a Python float: by float(t), or by math.sin(t)."""

    count = 0


conversions = _Conversions()


class HookHandle:
    """Takes a hook away again."""

    _keys = itertools.count(RETAIN - 1, -1)  # in the order they came

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks, self._key = hooks, next(HookHandle._keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; once more does nothing."""
        self._hooks.pop(self._key, None)


def _as_data(data: Any, dtype: Any) -> Any:
    if isinstance(data, Tensor):
        if data._requires_grad:
            raise GraphError(
                "Tensor(t) of a tensor that requires grad would lose its graph; use t, t.copy() or t.detach()."
            )
        data = data._data
    if isinstance(data, np.ma.MaskedArray):
        raise DTypeError("a masked array's mask has no meaning in a Tensor; fill it first: Tensor(a.filled(0)).")
    if isinstance(data, np.ndarray) or not hasattr(data, "__array_ufunc__") or isinstance(data, np.generic):
        try:
            array = np.asarray(data, dtype=dtype)
        except ValueError as error:
            raise ShapeError(f"the data does not form an array: {error}") from None
        if array.dtype.kind not in "fiubc":
            raise DTypeError(f"a Tensor holds numbers; got dtype {array.dtype}. Pass a list or array of floats.")
        return array
    return data if dtype is None else data.astype(dtype)  # an array of another library that speaks NumPy's protocols


def _check_differentiable(dtype: np.dtype[Any]) -> None:
    if dtype.kind == "c":
        raise DTypeError(f"requires_grad needs real numbers; got {dtype}. Keep real and imaginary part as two tensors.")
    if dtype.kind != "f":
        raise DTypeError(
            f"requires_grad needs a floating dtype; got {dtype}. Use Tensor(data, dtype=float, requires_grad=True) or write 1.0 for 1."
        )


bind_tensor(Tensor)
