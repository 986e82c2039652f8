"""Operands of other libraries, and arrays that hold no numbers: converted where that is lossless and clear, or refused.

The constructor of a Tensor, operators, NumPy's functions and writes in place all ask here, so they agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.attempts import batch_among, instead
from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.kinds import is_foreign, note
from autograd.errors import DTypeError, ShapeError
from autograd.recorder import Stand, current, recorders

NATIVE = frozenset(
    {np.ndarray, float, int, bool, complex, type(None)}
    | {np.float64, np.float32, np.float16, np.longdouble, np.int64, np.int32, np.bool_}
)  # used as they are; their dtype is looked at when a result is not floating


MASKED = (
    "a masked array's mask has no meaning in a Tensor; fill it first, a.filled(0), or choose by it: "
    "np.where(a.mask, x, a.data)."
)


def operand(x: Any) -> Any:
    """A value as a rule can use it: labelled data (pandas) as its values, another library's array as it is.

    Raises: DTypeError for a masked array, and for what does not convert to numbers.
    """
    kind = type(x)
    if kind in NATIVE or kind is str or kind is tuple:
        return x
    values = unlabelled(x)
    if values is not x:
        return numbers(values)
    if isinstance(x, (np.ndarray, np.generic)):
        return numbers(x)
    return as_array(x) if kind is list or _only_converts(kind) else note(x)


def unlabelled(x: Any) -> Any:
    """The values of labelled data, which would otherwise be aligned by their labels; anything else as it is.

    Raises: DTypeError for a masked array.
    """
    if hasattr(type(x), "mask") and isinstance(x, np.ma.MaskedArray):  # whose import takes 15 ms
        raise DTypeError(MASKED)
    return x.to_numpy() if hasattr(type(x), "to_numpy") else x


def numbers(array: Any) -> Any:
    """The array, if it holds numbers. Raises: DTypeError."""
    if array.dtype.kind in "fiubc":
        return array
    remedy = {
        "O": "Convert it, a.astype(float), after None and text in it were replaced.",
        "m": "Divide by a unit first: a / np.timedelta64(1, 's').",
        "M": "Subtract a date and divide by a unit first: (a - start) / np.timedelta64(1, 's').",
        "V": "Take one field of it: a['field'].",
    }.get(array.dtype.kind, "Convert it: a.astype(float).")
    raise DTypeError(f"a Tensor holds numbers and computes with numbers; got dtype {array.dtype}. {remedy}")


def refuse_foreign(args: Any, *, text: bool) -> None:
    """Raise the DTypeError that explains why an operation failed, or has no number as its result, if these args do."""
    found = sorted({type(x).__name__ for x in args if isinstance(x, np.ndarray) or is_foreign(x)})
    if len(found) > 1:
        raise DTypeError(
            f"{' and '.join(found)} do not compute together: arrays of two kinds. Make one kind of them: "
            "np.asarray(x, like=y), and for a module model.to(like=x)."
        )
    for x in args:
        if isinstance(x, (np.ndarray, np.generic)):
            numbers(x)
        elif text and isinstance(x, (str, bytes)):
            raise DTypeError(f"a Tensor computes with numbers; got the text {x!r}. Convert it first: float(text).")


def repeated(error: Exception, primitive: Any, args: Any, params: dict[str, Any]) -> Any:
    """The result of an operation whose forward failed on these arrays, if there is another way.

    Raises: the error of any other call, after the DTypeError that explains it, if these args do.
    """
    if (recorders and current() is not None) or batch_among((args, params)) is not None:
        return instead(error, primitive, primitive.forward, args, params)
    refuse_foreign(args, text=isinstance(primitive.forward, np.ufunc))
    raise error


def _only_converts(kind: type) -> bool:
    """Whether it becomes an array, and does not itself take part in NumPy's functions (a tensor of PyTorch's)."""
    return hasattr(kind, "__array__") and not hasattr(kind, "__array_ufunc__")


def as_array(x: Any, dtype: Any = None) -> Any:
    """The numbers in x as an ndarray. Raises: DTypeError; ShapeError for lists that do not form an array."""
    try:
        if isinstance(x, Stand):  # of a recording: it converts by itself
            return numbers(x if dtype is None else x.astype(dtype))
        if dtype is not None and np.iscomplexobj(x):
            refuse_loss(complex, dtype)
        return numbers(np.asarray(x, dtype=dtype))
    except ValueError as error:
        raise ShapeError(f"the data does not form an array: {error}") from None
    except RuntimeError as error:  # PyTorch's, for a tensor that requires grad
        name = f"{type(x).__module__}.{type(x).__qualname__}"
        raise DTypeError(
            f"a {name} does not convert to an array without losing its gradient ({error}). Keep one computation in one "
            "library, or pass its values: x.detach().numpy()."
        ) from None
