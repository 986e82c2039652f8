"""out=: a result that is written to a tensor or an array of the caller's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from autograd.engine.definition import Function
from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor, raw
from autograd.errors import DTypeError, NoRuleError, ShapeError


def refuse_out(name: str) -> NoReturn:
    """Refuse out= an array in which the history of the result would be lost."""
    raise NoRuleError(
        f"np.{name}(…, out=array): a plain array has no history, so the gradient of what is written would be lost. "
        f"Write y = np.{name}(…), or make it a tensor: out=Tensor(array)."
    )


def takes_out(function: Function, numpys: Callable[..., Any], like: Callable[..., Any] | None = None) -> Function:
    """A rule that has the parameter `out`, and leaves it alone, with what out= means.

    Args:  numpys: NumPy's function, whose name errors say.
           like: the function whose parameter is in the place where callers give it, if `function` says nothing of it.
    """
    parameters = inspect.signature(function if like is None else like).parameters
    if "out" not in parameters:
        return function
    name = f"{numpys.__module__}.{numpys.__name__}".removeprefix("numpy.")
    keyword = parameters["out"].kind is inspect.Parameter.KEYWORD_ONLY
    place = 1 << 30 if keyword else list(parameters).index("out")

    @functools.wraps(function)
    def with_out(*args: Any, **kwargs: Any) -> Any:
        if len(args) > place:
            out = args[place]
            args = (*args[:place], None, *args[place + 1 :]) if out is not None else args
        elif kwargs:
            out = kwargs.pop("out", None)
        else:
            return function(*args)
        made = function(*args, **kwargs)
        return made if out is None else into(out, made, name)

    with_out.out_place = place  # type: ignore[attr-defined]
    return with_out


def writes(rule: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call writes into one of its arguments, so that it must not be repeated on copies of them."""
    place = getattr(rule, "out_place", len(args))
    given = kwargs.get("out") is not None or len(args) > place and args[place] is not None
    return given or getattr(rule, "writes", False) or kwargs.get("copy") is False


def into(out: Any, made: Any, name: str, broadcast: bool = False) -> Any:
    """Write what an operation made to `out`, and return that.

    Args:  out: in a tuple of one, too, as NumPy's ufuncs take it.
           broadcast: a ufunc's result is repeated where out= has more elements.
    Raises: ShapeError, DTypeError as NumPy's out= does; NoRuleError if a history would be lost.
    """
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if not is_tensor(out):
        if getattr(made, "requires_grad", False):
            refuse_out(name)
        if not isinstance(out, np.ndarray) and not is_foreign(out):
            raise DTypeError(f"np.{name}: out= must be a tensor or an array; got {type(out).__name__}.")
    check_fits(out, made, name, broadcast)
    if is_tensor(out):
        out._receive(made, f"np.{name}(…, out=x)", f"y = np.{name}(…)")
    else:
        out[...] = raw(made)
    return out


def check_fits(out: Any, made: Any, name: str, broadcast: bool) -> None:
    """Raise unless NumPy would write a result like this to out=."""
    shape = np.shape(made)
    fits = shape == out.shape or broadcast and _spreads(shape, out.shape)
    if not fits:
        raise ShapeError(f"np.{name}: out= has shape {out.shape}, the result has shape {shape}.")
    check_dtype_fits(out, made, name)


def check_dtype_fits(out: Any, made: Any, name: str) -> None:
    """Raise unless NumPy would write numbers like these to out=."""
    kind = dtype_of(made)
    if not np.can_cast(kind, out.dtype, "same_kind"):
        raise DTypeError(
            f"np.{name}: out= of dtype {out.dtype} cannot take a result of dtype {kind}; give it that dtype."
        )


def dtype_of(x: Any) -> Any:
    """The dtype of an array, of a list or number that of the array it becomes."""
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def _spreads(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of this shape is broadcast to the other."""
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False
