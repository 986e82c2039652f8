"""NumPy under the name that HIPS autograd has for it: NumPy's own functions, which record when called with Tensors.

Besides, what NumPy cannot know: `array`, `sum`, `mean`, `append` and the like of lists with Tensors in them, `full`,
`r_`, `c_`, and `make_diagonal`.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as _np

from autograd.engine.recording import is_tensor

globals().update({name: value for name, value in vars(_np).items() if not name.startswith("_")})

from autograd.numpy.numpy_wrapper import array, of_lists, tensor_in, wrap_namespace  # noqa: E402, F401

fft, linalg, random = [importlib.import_module(f"autograd.numpy.{name}") for name in ("fft", "linalg", "random")]

__all__ = [*_np.__all__, "make_diagonal"]


def __getattr__(name: str) -> Any:
    if name in ("numpy_boxes", "numpy_vjps", "numpy_vspaces"):
        return importlib.import_module(f"autograd.numpy.{name}")
    return getattr(_np, name)


def asarray(a: Any, *args: Any, **options: Any) -> Any:
    """np.asarray; a Tensor as it is, and one if there is one in the lists."""
    if is_tensor(a):
        return a
    return _np.asarray(a, *args, **options) if tensor_in(a) is None else array(a, *args, **options)


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """np.full, of a Tensor, too."""
    if not is_tensor(fill_value):
        return _np.full(shape, fill_value, dtype, **options)
    return _np.broadcast_to(fill_value if dtype is None else fill_value.astype(dtype), shape)


sum, mean, std, var, append = [of_lists(getattr(_np, name)) for name in ("sum", "mean", "std", "var", "append")]
prod, max, min = [of_lists(getattr(_np, name)) for name in ("prod", "max", "min")]


class _Joined:
    """np.r_ and np.c_, of Tensors, too: the keys are arrays, numbers and slices."""

    def __init__(self, numpys: Any, columns: bool) -> None:
        self.numpys, self.columns = numpys, columns

    def __getitem__(self, key: Any) -> Any:
        keys = key if type(key) is tuple else (key,)
        if tensor_in(list(keys)) is None:
            return self.numpys[key]
        parts = [_np.r_[k] if type(k) is slice else _np.atleast_1d(array(k)) for k in keys]
        if self.columns:
            parts = [part[:, None] if part.ndim == 1 else part for part in parts]
        return _np.concatenate(parts, axis=-1 if self.columns else 0)


r_, c_ = _Joined(_np.r_, columns=False), _Joined(_np.c_, columns=True)


def metadata(A: Any) -> tuple[Any, ...]:
    """(shape, number of axes, dtype, whether it is complex): what a rule for HIPS autograd keeps of an array."""
    return _np.shape(A), _np.ndim(A), _np.result_type(A), _np.iscomplexobj(A)


def make_diagonal(D: Any, offset: int = 0, axis1: int = -1, axis2: int = -2) -> Any:
    """The square matrices with the vectors D (*, n) on their diagonals."""
    if offset != 0 or {axis1, axis2} != {-1, -2}:
        raise NotImplementedError("make_diagonal takes offset=0 and the last two axes. Use np.moveaxis and np.pad.")
    return D[..., None] * _np.eye(D.shape[-1], dtype=D.dtype)
