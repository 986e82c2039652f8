"""The tables from what NumPy and this library can compute to ONNX, and what the handlers in them use.

A handler takes the recording, the result's values (for shapes and dtypes) and the arguments; it adds operations and
returns the result's name, or the names of several results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from nn.export.recording import Recording, refusal

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)

UFUNCS: dict[Any, str | Handler] = {}  # one ONNX operation, or a function of (recording, dtype, *names)
SCIPY_UFUNCS: dict[str, str | Handler] = {}  # scipy.special's by name, so that SciPy need not be imported
FUNCTIONS: dict[Any, Handler] = {}  # NumPy's functions, and "getitem", "setitem", "cast"
OPERATIONS: dict[Any, Handler] = {}  # the library's own operations; NotImplemented: by their definition in NumPy
PLAIN: set[Any] = {  # they look at shapes and dtypes alone
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.iscomplexobj, np.isrealobj,
    np.may_share_memory, np.shares_memory, np.min_scalar_type,
}  # fmt: skip


def function(*functions: Any) -> Callable[[H], H]:
    """Enter a handler for these functions of NumPy's."""

    def enter(handler: H) -> H:
        FUNCTIONS.update(dict.fromkeys(functions, handler))
        return handler

    return enter


def operation(*primitives: Any) -> Callable[[H], H]:
    """Enter a handler for these operations of the library."""

    def enter(handler: H) -> H:
        OPERATIONS.update(dict.fromkeys(primitives, handler))
        return handler

    return enter


def ufunc_names(g: Recording, ufunc: Any, inputs: Sequence[Any], values: Any) -> Any:
    """The name of a ufunc's result: every input in the dtype that NumPy's own loop would take."""
    handler = UFUNCS.get(ufunc) or SCIPY_UFUNCS.get(ufunc.__name__)
    if handler is None or isinstance(values, tuple):
        raise refusal(f"np.{ufunc.__name__}, which has no equivalent in ONNX", "Compute it by other functions.")
    kinds = [type(x) if type(x) in (int, float, bool) else np.asarray(_of(x)).dtype for x in inputs]
    kinds = [np.dtype(bool) if kind is bool else kind for kind in kinds]
    loop = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout)) if ufunc.signature is None else None
    dtypes = [np.result_type(*map(_of, inputs))] * len(inputs) if loop is None else loop[: len(inputs)]
    names = [name_of(g, x, dtype) for x, dtype in zip(inputs, dtypes, strict=True)]
    name = g.add(handler, *names) if isinstance(handler, str) else handler(g, dtypes[0], *names)
    produced = np.dtype(bool) if handler in TRUTHS else dtypes[0] if loop is None else loop[-1]
    return name if produced == values.dtype else g.add("Cast", name, to=values.dtype)


TRUTHS = {"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor", "Not", "IsNaN"}


def _of(x: Any) -> Any:
    return getattr(x, "values", x) if is_traced(x) else x


def is_traced(x: Any) -> bool:
    """Whether x is a traced array."""
    return hasattr(x, "recording") and hasattr(x, "values")


def name_of(g: Recording, x: Any, dtype: Any = None) -> str:
    """The name of a traced array, or of a constant made of anything else, in this dtype."""
    if not is_traced(x):
        return g.constant(x, dtype)
    name: str = x.name
    return name if dtype is None or x.dtype == dtype else g.add("Cast", name, to=np.dtype(dtype))


def values_of(x: Any) -> Any:
    """The values of a traced array for the example; anything else as an array."""
    return x.values if is_traced(x) else np.asarray(x)


def reshaped(g: Recording, name: str, shape: Sequence[int]) -> str:
    """The name of the same elements in another shape."""
    return g.add("Reshape", name, g.ints(shape), allowzero=1 if 0 in shape else None)


def transposed(g: Recording, name: str, order: Sequence[int]) -> str:
    """The name of the same with its axes in this order."""
    return name if list(order) == sorted(order) else g.add("Transpose", name, perm=[int(a) for a in order])


def sliced(g: Recording, name: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """The name of a slice along one axis."""
    return g.add("Slice", name, g.ints([start]), g.ints([stop]), g.ints([axis]), g.ints([step]))
