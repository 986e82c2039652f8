"""The inputs and options of layers: converted to arrays and to the dtype of the parameters, checked."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograd import Tensor
from autograd.engine import kinds
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.options import check_flag
from autograd.recorder import asarray


def as_values(x: Any) -> Any:
    """Lists and numbers as arrays; Tensors and arrays as they are."""
    if isinstance(x, (Tensor, np.ndarray)):
        return x
    if hasattr(x, "__array_function__"):
        return kinds.note(x)
    if isinstance(x, (list, tuple)) and any(isinstance(item, Tensor) for item in x):
        types = ", ".join(type(item).__name__ for item in x[:3]) + (", …" if len(x) > 3 else "")
        raise ArgumentError(
            f"expected an array or a Tensor; got a {type(x).__name__} of {len(x)}: ({types}). A layer that returns "
            "several, as LSTM does, is unpacked first: output, state = layer(x); np.stack joins several of one shape."
        )
    return asarray(x)


def of_kind(x: Any, like: Any) -> Any:
    """Numbers and lists as an array of the kind of another; arrays as they are, which do or do not go together."""
    if not kinds.is_foreign(raw(like)) or isinstance(x, (Tensor, np.ndarray)) or kinds.is_foreign(kinds.note(x)):
        return x
    return np.asarray(x, like=raw(like))


def refuse_complex(who: str, dtype: Any) -> NoReturn:
    """Raise because a layer is defined for real numbers alone."""
    raise DTypeError(
        f"{who} is defined for real numbers; got {dtype}. Apply it to np.real(z), np.imag(z) or np.abs(z), "
        "or to both parts on their own."
    )


def cast_to(x: Any, like: Any, who: str, complex: bool = False) -> Any:
    """A floating x in the dtype of another array: a layer computes in the dtype of its parameters.

    Args:      complex: whether the layer is defined for complex numbers. Then real input of complex parameters becomes
               complex; complex input of real ones is refused, because its imaginary part would be lost.
    """
    if complex is not False and complex is not True:
        check_flag("cast_to: complex", complex)
    if getattr(x, "dtype", "") == like.dtype and like.dtype.kind == "f":  # not None, which equals float64
        return x
    x = as_values(of_kind(x, like))
    if x.dtype.kind == "c" and not complex:
        refuse_complex(who, x.dtype)
    if like.dtype.kind == "c":
        return _cast_to_complex(x, like, who, complex)
    if x.dtype == like.dtype:
        return x
    if x.dtype.kind == "c":
        raise DTypeError(
            f"{who} has parameters of {like.dtype}; got {x.dtype}. Make them complex, layer.to(np.{x.dtype}), "
            "or pass real and imaginary part as features: np.concatenate([np.real(z), np.imag(z)], axis=-1)."
        )
    if x.dtype.kind != "f":
        raise DTypeError(
            f"{who} computes in {like.dtype} and takes floating input; got {x.dtype}. "
            f"Convert it: x.astype(np.{like.dtype})."
        )
    return x.astype(like.dtype)


def _cast_to_complex(x: Any, like: Any, who: str, complex: bool) -> Any:
    """x in the dtype of complex parameters."""
    if not complex:
        refuse_complex(who, like.dtype)
    kinds.first_complex()  # so that operations look at the dtype, also where nothing requires grad
    if x.dtype.kind not in "fc":
        raise DTypeError(f"{who} computes in {like.dtype} and takes floating or complex input; got {x.dtype}.")
    return x if x.dtype == like.dtype else x.astype(like.dtype)


def as_floats(x: Any, who: str) -> Any:
    """Lists and numbers as arrays, integers as float64; floating Tensors and arrays as they are. Complex: refused."""
    x = as_values(x)
    if x.dtype.kind == "c":
        refuse_complex(who, x.dtype)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def as_numbers(x: Any) -> Any:
    """Lists and numbers as arrays, integers as float64; floating and complex Tensors and arrays as they are."""
    if not isinstance(x, (Tensor, np.ndarray)):
        x = as_values(x)
    kind = raw(x).dtype.kind
    if kind == "f":
        return x
    if kind == "c":
        kinds.first_complex()
        return x
    return x.astype(np.float64)


def check_floating(who: str, x: Any, complex: bool = False) -> None:
    """Refuse input that is not floating; with `complex` complex input is taken, too."""
    if x.dtype.kind == "c":
        if not complex:
            refuse_complex(who, x.dtype)
        kinds.first_complex()
    elif x.dtype.kind != "f":
        raise DTypeError(f"{who} takes floating input; got {x.dtype}. Convert it: x.astype(np.float32).")


def check_finite(who: str, what: str, value: float) -> float:
    """The option as a float; inf and nan are refused."""
    if not -np.inf < value < np.inf:
        raise ArgumentError(f"{who} expects {what} to be a finite number; got {value}.")
    return float(value)


def check_not_negative(who: str, what: str, value: float) -> float:
    """The option as a float; one below 0, or nan, is refused."""
    if not value >= 0:
        raise ArgumentError(f"{who} expects {what} >= 0; got {value}.")
    return float(value)


def axis_of(who: str, x: Any, dim: int | None) -> int:
    """The axis `dim` of x, checked; None means the last one of an input of at most two axes."""
    if dim is None:
        if x.ndim > 2:
            raise ArgumentError(
                f"{who} of an input of shape {x.shape} needs the axis: dim=-1 for the last, dim=1 for channels."
            )
        dim = -1
    if not hasattr(dim, "__index__") or isinstance(dim, bool):
        raise ArgumentError(f"{who} expects dim to be the number of an axis; got {dim!r}.")
    if not -x.ndim <= dim < x.ndim:
        raise ShapeError(f"{who} along dim={dim} needs an input with that axis; got shape {x.shape}.")
    return dim
