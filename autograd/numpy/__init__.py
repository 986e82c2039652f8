"""NumPy under the name that HIPS autograd has for it: NumPy's own functions, which record when called with Tensors.

Besides, what NumPy cannot know: `array`, `sum`, `mean`, `append` and the like of lists with Tensors in them, `full`,
`r_`, `c_`, and `make_diagonal`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor
from autograd.ops.creation import array as _joined_array

globals().update({name: value for name, value in vars(_np).items() if not name.startswith("_")})

from autograd.numpy import fft, linalg, random  # noqa: E402, F401  after NumPy's modules of these names

__all__ = [*_np.__all__, "make_diagonal"]


def __getattr__(name: str) -> Any:
    return getattr(_np, name)


def _tensor_in(x: Any) -> Any:
    """A Tensor, or in nested lists and tuples one or another library's array or a batch; else None."""
    if type(x) not in (list, tuple):
        return x if is_tensor(x) else None
    for item in x:
        found = item if is_foreign(item) else _tensor_in(item)
        if found is not None:
            return found
    return None


def array(object: Any, dtype: Any = None, **options: Any) -> Any:
    """np.array; a Tensor if there is one in the lists."""
    tensor = _tensor_in(object)
    return _np.array(object, dtype, **options) if tensor is None else _joined_array(object, dtype, **options)


def asarray(a: Any, *args: Any, **options: Any) -> Any:
    """np.asarray; a Tensor as it is, and one if there is one in the lists."""
    if is_tensor(a):
        return a
    return _np.asarray(a, *args, **options) if _tensor_in(a) is None else array(a, *args, **options)


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """np.full, of a Tensor, too."""
    if not is_tensor(fill_value):
        return _np.full(shape, fill_value, dtype, **options)
    return _np.broadcast_to(fill_value if dtype is None else fill_value.astype(dtype), shape)


def _of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function; lists and tuples in its positional arguments become arrays if there is a Tensor in them."""

    def of_lists(*args: Any, **kwargs: Any) -> Any:
        return function(*[array(x) if type(x) in (list, tuple) and _tensor_in(x) is not None else x for x in args],
                        **kwargs)  # fmt: skip

    of_lists.__name__ = of_lists.__qualname__ = function.__name__
    of_lists.__doc__ = f"np.{function.__name__}, of lists with Tensors in them, too."
    return of_lists


sum, mean, std, var, append = [_of_lists(getattr(_np, name)) for name in ("sum", "mean", "std", "var", "append")]
prod, max, min = [_of_lists(getattr(_np, name)) for name in ("prod", "max", "min")]


class _Joined:
    """np.r_ and np.c_, of Tensors, too: the keys are arrays, numbers and slices."""

    def __init__(self, numpys: Any, columns: bool) -> None:
        self.numpys, self.columns = numpys, columns

    def __getitem__(self, key: Any) -> Any:
        keys = key if type(key) is tuple else (key,)
        if _tensor_in(list(keys)) is None:
            return self.numpys[key]
        parts = [_np.r_[k] if type(k) is slice else _np.atleast_1d(array(k)) for k in keys]
        if self.columns:
            parts = [part[:, None] if part.ndim == 1 else part for part in parts]
        return _np.concatenate(parts, axis=-1 if self.columns else 0)


r_, c_ = _Joined(_np.r_, columns=False), _Joined(_np.c_, columns=True)


def make_diagonal(D: Any, offset: int = 0, axis1: int = -1, axis2: int = -2) -> Any:
    """The square matrices with the vectors D (*, n) on their diagonals."""
    if offset != 0 or {axis1, axis2} != {-1, -2}:
        raise NotImplementedError("make_diagonal takes offset=0 and the last two axes. Use np.moveaxis and np.pad.")
    return D[..., None] * _np.eye(D.shape[-1], dtype=D.dtype)
