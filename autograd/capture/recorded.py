"""The array that stands for an ndarray while a step is recorded: it computes, and writes down what is done to it.

It is no ndarray, so that no C code can read its memory unseen: whatever would, meets `__array__`, which refuses. Yet it
says it is one (`__class__`), so that it enters the fused code of the rules, as no other library's array does.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from autograd.capture.program import ENDS, Method
from autograd.engine import recording, reverse
from autograd.engine.origin import user_line
from autograd.errors import CaptureError
from autograd.recorder import Stand, current

PLAIN = frozenset({"shape", "dtype", "ndim", "size", "itemsize", "nbytes", "strides", "flags", "base"})
VIEWS = frozenset({"T", "mT", "real", "imag"})
WRITING = frozenset({"fill", "sort", "partition", "put"})
VALUES = frozenset(
    {"item", "tolist", "tobytes", "tofile", "dump", "dumps", "resize", "setfield", "ctypes", "data", "flat"}
)
SHAPE_ONLY = frozenset({
    np.ndim, np.shape, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
    np.shares_memory, np.common_type, np.min_scalar_type,
})  # fmt: skip
WRITERS = frozenset({np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis})


class LostError(CaptureError):
    """A value would have left the recording here. Inside of an operation that is then repeated as a whole."""


class ShapeLostError(CaptureError):
    """The shape of a result depends on values: no call of a whole function makes that better."""


class Opaque:
    """An object, no array, that a function has made: a replay passes on the one that its own call makes."""

    __slots__ = ("value", "var")

    def __init__(self, value: Any, var: Any) -> None:
        self.value, self.var = value, var


# Whether arrays of a class hold recorded ones, and not the other way round: Tensors, and the batches of vmap
_comes_first: Callable[[Any], bool] = lru_cache(maxsize=256)(
    lambda kind: issubclass(kind, recording.Tensor) or hasattr(kind, "by_examples")
)


class Recorded(Stand):
    """A value of a recording: the array or number, and its variable in the program."""

    __slots__ = ("__weakref__", "recorder", "value", "var")

    __array_priority__ = 500.0

    def __init__(self, recorder: Any, value: Any, var: Any) -> None:
        self.recorder, self.value, self.var = recorder, value, var

    __class__ = property(operator.attrgetter("value.__class__"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self.refuse(
            "np.asarray() or np.array()",
            "Use NumPy's functions on it as it is, np.copy(x) for a copy; where it is the index of a plain array, "
            "table[x], Tensor(table)[x]. To print or see it, return it from the step.",
        )

    @property
    def __array_interface__(self) -> NoReturn:
        raise AttributeError("__array_interface__")

    def refuse(self, what: str, remedy: str) -> NoReturn:
        """Raise, because a plain value is asked for, that would be the same at every replay."""
        raise LostError(
            f"{user_line()}: {what} of a value that is computed in a captured step: it would stay what it was when the "
            f"step was recorded. {remedy}"
        )

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([_comes_first(type(x)) for x in inputs]):
            return NotImplemented
        out = kwargs.get("out")
        writes = [x for x in (out if isinstance(out, tuple) else (out,)) if x is not None]
        if method == "at":
            writes = [inputs[0]]
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if out is not None and len(writes) == 1 and method != "at":
            kwargs["out"] = writes[0]
            if not isinstance(writes[0], Stand) and sys._getframe(1).f_code is reverse._sum.__code__:
                del kwargs["out"]  # the sweep's own constant, which it gives up for the sum
                writes = []
        return recorder_of(self).call(function, inputs, kwargs, writes)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any([_comes_first(kind) for kind in types]):
            return NotImplemented
        if function in SHAPE_ONLY:
            return function(*_plain(args), **_plain(kwargs))
        if function in (np.asarray, np.array, np.asanyarray) and type(args[0]) not in (list, tuple):
            return np.copy(args[0]) if function is np.array else args[0]
        writes = [args[0]] if function in WRITERS else []
        if kwargs.get("out") is not None:
            writes = [kwargs["out"]]
        return recorder_of(self).call(function, args, kwargs, writes)

    def __getattr__(self, name: str) -> Any:
        value = self.value
        if name in VALUES:
            self.refuse(f".{name}", "Return the value from the step, and look at it there.")
        if name.startswith("__") or not hasattr(value, name):
            raise AttributeError(f"{type(value).__name__!r} object has no attribute {name!r}")
        if name in VIEWS:
            return recorder_of(self).call(getattr, (self, name), {}, [])

        def method(*args: Any, **kwargs: Any) -> Any:
            if any([_comes_first(type(x)) for x in args]):
                return getattr(np, name)(self, *args, **kwargs)
            writes = [self] if name in WRITING else [kwargs["out"]] if kwargs.get("out") is not None else []
            return recorder_of(self).call(Method(name), (self, *args), kwargs, writes)

        return method

    def __getitem__(self, index: Any) -> Any:
        return recorder_of(self).call(operator.getitem, (self, index), {}, [])

    def __setitem__(self, index: Any, value: Any) -> None:
        recorder_of(self).call(operator.setitem, (self, index, value), {}, [self])

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return iter([self[i] for i in range(len(self.value))])

    def __bool__(self) -> bool:
        return recorder_of(self).guard(self)  # type: ignore[no-any-return]

    def __float__(self) -> float:
        self.refuse("float()", "Return the value from the step, and look at it there.")

    def __int__(self) -> int:
        self.refuse("int()", "Return the value from the step, and look at it there.")

    def __complex__(self) -> complex:
        self.refuse("complex()", "Return the value from the step, and look at it there.")

    def __index__(self) -> int:
        self.refuse("an index", "Index by arrays, whose shape does not depend on values.")

    def __round__(self, digits: Any = None) -> NoReturn:
        self.refuse("round()", "Use np.round, or return the value from the step, and look at it there.")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.refuse("pickle", "Return the value from the step, and store it there.")

    def __repr__(self) -> str:
        if current() is None:
            return f"<a value of a recorded step, {self.var!r}>"
        return self.refuse("print() or repr()", "Return the value from the step, and print it there.")

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __copy__(self) -> Any:
        return np.copy(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return np.copy(self)

    def __hash__(self) -> int:
        if not isinstance(self.value, np.ndarray):
            self.refuse("hash()", "Return the value from the step, and look at it there.")
        raise TypeError(f"unhashable type: {type(self.value).__name__!r}")


ENDS |= {Recorded, Opaque}


def recorder_of(x: Recorded) -> Any:
    """What records now. Raises: CaptureError for a value that has outlived its recording."""
    recorder = current()
    if recorder is not x.recorder:
        raise CaptureError(
            "this value was computed while a captured step was recorded, and is used outside of that: what the step "
            "stores elsewhere is not stored again by a replay. Return it from the step."
        )
    return recorder


def _plain(tree: Any) -> Any:
    if isinstance(tree, (tuple, list)):
        return type(tree)([_plain(x) for x in tree])
    if isinstance(tree, dict):
        return {key: _plain(x) for key, x in tree.items()}
    return tree.value if isinstance(tree, Recorded) else tree


def _operator(function: Callable[..., Any], reflected: bool = False, inplace: bool = False) -> Any:
    def method(self: Any, *others: Any) -> Any:
        other = others[0] if others else None
        if _comes_first(type(other)) or (
            others
            and hasattr(other, "__array_ufunc__") is False
            and not isinstance(other, (int, float, complex, list, tuple))
        ):
            return NotImplemented
        args = (other, self) if reflected else (self, *others)
        return recorder_of(self).call(function, args, {}, [])

    def in_place(self: Any, other: Any) -> Any:
        target: Any = self
        if not isinstance(self, np.ndarray):  # a NumPy number has none
            return function(self, other)
        if isinstance(other, recording.Tensor):
            return NotImplemented
        if _comes_first(type(other)):  # a batch, for which an array of one example has no room
            return function(self, other, out=target)
        recorder_of(target).call(function, (self, other), {"out": self}, [self])
        return self

    return in_place if inplace else method


_IN_PLACE = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip
for _name in PLAIN:
    setattr(Recorded, _name, property(operator.attrgetter(f"value.{_name}")))
for _name, _ufunc in _IN_PLACE.items():
    _function = getattr(operator, f"__{_name}__")
    setattr(Recorded, f"__{_name}__", _operator(_function))
    setattr(Recorded, f"__r{_name}__", _operator(_function, reflected=True))
    setattr(Recorded, f"__i{_name}__", _operator(_ufunc, inplace=True))
setattr(Recorded, "__matmul__", _operator(operator.matmul))  # noqa: B010  as the others
setattr(Recorded, "__rmatmul__", _operator(operator.matmul, reflected=True))  # noqa: B010
for _name in ("lt", "le", "eq", "ne", "gt", "ge", "neg", "pos", "abs", "invert"):
    setattr(Recorded, f"__{_name}__", _operator(getattr(operator, _name)))
