"""The strict array: it speaks NumPy's protocols and does nothing else.

What it refuses is what CuPy or Dask refuse: to become an ndarray, to be mixed with one (0-d included; Python and NumPy
numbers are welcome, and ndarrays as indices), the methods of ufuncs (`reduce`, `accumulate`, `at`, `outer`), and to be
a Python truth value or number. A write to what an operation returned never reaches its argument. A rule that runs on
it is NumPy and nothing but NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CONVERTING = (np.asarray, np.array, np.asanyarray, np.ascontiguousarray)  # with like=: an ndarray may come in
INDEXED = (np.take, np.take_along_axis)  # their second argument is an index
SEQUENCES = {tuple: tuple, list: list}


class StrictArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of another library. `StrictArray(ndarray)` copies in, `outside(x)` copies out."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Any) -> None:
        self._inside = np.array(values)

    # The protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        for x in (*inputs, *out, *options.values()):
            if hasattr(x, "__array_ufunc__") and not isinstance(x, (StrictArray, np.ndarray, np.generic)):
                return NotImplemented
        if method != "__call__":
            raise TypeError(f"np.{name}: a strict array has no methods of ufuncs")
        for x in (*inputs, *options.values()):
            if isinstance(x, np.ndarray):
                raise TypeError(f"np.{name}: a strict array with an ndarray of shape {x.shape}")
        if out:
            if not all(isinstance(o, StrictArray) for o in out):
                raise TypeError(f"np.{name}: out= of a strict array is a strict array")
            options["out"] = tuple(o._inside for o in out)
            getattr(ufunc, method)(*_inside(inputs), **_inside(options))
            return out[0] if len(out) == 1 else out
        return strict(getattr(ufunc, method)(*_inside(inputs), **_inside(options)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not all(issubclass(kind, (StrictArray, np.ndarray)) for kind in types):
            return NotImplemented
        free = function in CONVERTING
        for i, x in enumerate(args):
            if not (free or function in INDEXED and i == 1):
                _refuse_mixed(function, x)
        for key, x in kwargs.items():
            if not (function in INDEXED and key == "indices"):
                _refuse_mixed(function, x)
        return strict(function(*_inside(args), **_inside(kwargs)))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("a strict array does not become an ndarray")

    def get(self) -> np.ndarray:
        """The values moved out, on request, under CuPy's name for it."""
        return self._inside.copy()

    # What an array says of itself

    shape = property(lambda self: self._inside.shape)
    dtype = property(lambda self: self._inside.dtype)
    ndim = property(lambda self: self._inside.ndim)
    size = property(lambda self: self._inside.size)
    T = property(lambda self: strict(self._inside.T))
    mT = property(lambda self: strict(self._inside.mT))  # noqa: N815

    def astype(self, dtype: Any) -> StrictArray:
        return StrictArray(self._inside.astype(dtype))

    def __len__(self) -> int:
        return len(self._inside)

    def __getitem__(self, index: Any) -> Any:
        return strict(self._inside[_inside(index)])

    def __setitem__(self, index: Any, values: Any) -> None:
        if isinstance(values, np.ndarray):
            raise TypeError(f"strict[index] = an ndarray of shape {values.shape}")
        self._inside[_inside(index)] = _inside(values)

    def __bool__(self) -> bool:
        raise TypeError("a strict array is no truth value")

    def __float__(self) -> float:
        raise TypeError("a strict array is no Python number")

    __int__ = __index__ = __complex__ = __float__  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"StrictArray({self._inside!r})"


def strict(x: Any) -> Any:
    """An array, or the arrays in a tuple or list, as strict arrays; what is no array as it is."""
    if isinstance(x, (np.ndarray, np.generic)):
        return StrictArray(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(strict, x))
    return SEQUENCES[type(x)](map(strict, x)) if type(x) in SEQUENCES else x


def outside(x: Any) -> Any:
    """The ndarray in a strict array, for a test to compare; refused for anything else."""
    assert type(x) is StrictArray, f"a {type(x).__name__} came out: {x!r}"
    return x._inside


def _inside(x: Any) -> Any:
    if type(x) is StrictArray:
        return x._inside
    if type(x) is dict:
        return {key: _inside(value) for key, value in x.items()}
    return SEQUENCES[type(x)](map(_inside, x)) if type(x) in SEQUENCES else x


def _refuse_mixed(function: Any, x: Any) -> None:
    if isinstance(x, np.ndarray):
        raise TypeError(f"np.{function.__name__}: a strict array with an ndarray of shape {x.shape}")
    if type(x) in SEQUENCES:
        for one in x:
            _refuse_mixed(function, one)
