"""The traced array: it speaks NumPy's protocols, and for everything that is done to it, it notes the ONNX operation.

A rule is NumPy and nothing but NumPy, so a model runs on such arrays as on those of any other library. A traced array
also holds its values for the example, so that shapes and dtypes are NumPy's own. What would take these values out of
the array, as `float(x)` or `if x > 0`, is refused: in the file they would be a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor
from nn.export.handlers import FUNCTIONS, OPERATIONS, PLAIN, ufunc_names
from nn.export.recording import Recording, refusal

VALUES = "what it does next depends on values of its input"
NO_VALUES = "Use np.where to choose by values, and Tensors throughout: a file holds operations, not Python's decisions."


class TracedArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array with values for the example, and a name in the ONNX graph or what makes it once it is asked for."""

    __hash__ = None  # type: ignore[assignment]
    leaves_with_its_visit = True  # to autograd.engine.kinds: none is left after the export

    def __init__(self, recording: Recording, values: Any, name: str | Callable[[], str]) -> None:
        self.recording = recording
        self.values = np.asarray(values)
        self._name = name

    @property
    def name(self) -> str:
        if not isinstance(self._name, str):
            self._name = self._name()
        return self._name

    # The protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        if any(is_tensor(x) for x in (*inputs, *out)):
            return NotImplemented
        if method == "reduce" and ufunc in REDUCED:
            return REDUCED[ufunc](*inputs, **{"axis": 0, **options})
        if method == "accumulate" and ufunc is np.add:
            return np.cumsum(*inputs, **{"axis": 0, **options})
        if method != "__call__" or set(options) - {"dtype", "casting"}:
            raise refusal(f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} with {options or 'this'}")
        values = ufunc(*_values(inputs), **options)
        names = ufunc_names(self.recording, ufunc, inputs, values)
        result = self._wrapped(values, names)
        return out[0]._becomes(result) if out else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(is_tensor(x) for x in _flat((args, kwargs))):
            return NotImplemented
        if function in PLAIN:
            return function(*_values(args), **_values(kwargs))
        handler = FUNCTIONS.get(function)
        if handler is None:
            name = f"{function.__module__}.{function.__name__}".replace("numpy", "np")
            raise refusal(f"{name}, which has no equivalent in ONNX", "Compute it by other functions.")
        if kwargs.get("out") is not None:
            out = kwargs["out"]
            return out._becomes(function(*args, **{**kwargs, "out": None}))
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
        values = function(*_values(args), **_values(kwargs))
        return self._wrapped(values, handler(self.recording, values, *args, **kwargs))

    def __chainrule_operation__(self, operation: Any, raw: Sequence[Any], params: dict[str, Any]) -> Any:
        """The result of one of the library's own operations, if ONNX has the same; else NotImplemented."""
        handler = OPERATIONS.get(operation)
        if handler is None:
            return NotImplemented
        values = operation.forward(*[None if x is None else _values(x) for x in raw], **_values(params))
        if operation.saves:
            values = values[0]
        names = handler(self.recording, values, *raw, **params)
        return NotImplemented if names is NotImplemented else self._wrapped(values, names)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise refusal(f"an input made a plain array (np.asarray): {VALUES}", NO_VALUES)

    def _wrapped(self, values: Any, names: Any) -> Any:
        if isinstance(values, (tuple, list)):
            wrapped = [self._wrapped(v, n) for v, n in zip(values, names, strict=True)]
            return type(values)(*wrapped) if hasattr(values, "_fields") else type(values)(wrapped)
        return TracedArray(self.recording, values, names)

    def _becomes(self, result: TracedArray) -> TracedArray:
        """What a write in place does: this array stands for the result from now on."""
        if self.values.base is not None:
            raise refusal("a write in place to a view of an array", "Make a copy first, x.copy(), or use np.where.")
        if result.values.dtype != self.values.dtype:
            result = result.astype(self.values.dtype)
        self.values, self._name = np.array(np.broadcast_to(result.values, self.values.shape)), result.name
        return self

    # What an array says of itself, and its methods

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)
    ndim = property(lambda self: self.values.ndim)
    size = property(lambda self: self.values.size)
    itemsize = property(lambda self: self.values.itemsize)
    nbytes = property(lambda self: self.values.nbytes)
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.swapaxes(self, -1, -2))  # noqa: N815

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        values = self.values[_values(index)]
        return TracedArray(self.recording, values, FUNCTIONS["getitem"](self.recording, values, self, index))

    def __setitem__(self, index: Any, values: Any) -> None:
        written = self.values.copy()
        written[_values(index)] = _values(values)
        name = FUNCTIONS["setitem"](self.recording, written, self, index, values)
        self._becomes(TracedArray(self.recording, written, name))

    def astype(self, dtype: Any, **options: Any) -> Any:
        if np.dtype(dtype) == self.dtype:
            return self
        return TracedArray(self.recording, self.values.astype(dtype), FUNCTIONS["cast"](self.recording, self, dtype))

    def reshape(self, *shape: Any, **options: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def flatten(self) -> Any:
        return np.ravel(self)

    def __getattr__(self, name: str) -> Any:
        function = METHODS.get(name)
        if function is None:
            raise AttributeError(f"a traced array has no {name!r}: use NumPy's function, np.{name}(x), or a Tensor.")
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def __bool__(self) -> bool:
        raise refusal(f"a condition on its input: {VALUES}", NO_VALUES)

    def __float__(self) -> float:
        raise refusal(f"a Python number made of its input: {VALUES}", NO_VALUES)

    __int__ = __index__ = __complex__ = __float__

    def tolist(self) -> Any:
        raise refusal(f"a list made of its input: {VALUES}", NO_VALUES)

    item = tolist

    def __repr__(self) -> str:
        return f"TracedArray({self._name if isinstance(self._name, str) else '…'}, {self.values!r})"


REDUCED: dict[Any, Any] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min, np.logical_and: np.all,
    np.logical_or: np.any,
}  # fmt: skip
_NAMES = "sum mean prod max min any all argmax argmin ravel squeeze swapaxes clip cumsum std var repeat take copy round"
METHODS: dict[str, Any] = {name: getattr(np, name) for name in _NAMES.split()}


def _values(x: Any) -> Any:
    """The same with the values of traced arrays in their places."""
    if isinstance(x, TracedArray):
        return x.values
    if isinstance(x, dict):
        return {key: _values(value) for key, value in x.items()}
    if type(x) in (tuple, list):
        return type(x)(map(_values, x))
    if isinstance(x, slice):
        return slice(_values(x.start), _values(x.stop), _values(x.step))
    return x


def _flat(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [one for value in x.values() for one in _flat(value)]
    if isinstance(x, (tuple, list)):
        return [one for value in x for one in _flat(value)]
    return [x]
