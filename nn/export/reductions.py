"""NumPy's sums, extrema and sorts in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.shapes import reduced_axes
from nn.export.handlers import FUNCTIONS, function, name_of, reshaped
from nn.export.recording import Recording, refusal


def reduced(g: Recording, kind: str, name: str, axis: Any, ndim: int, keepdims: bool) -> str:
    """The name of a reduction over some axes."""
    axes = reduced_axes(axis, ndim)
    if not axes:
        return g.add("Identity", name)
    return g.add(kind, name, g.ints(axes), keepdims=int(bool(keepdims)))


WITH_INITIAL = {"ReduceMax": "Max", "ReduceMin": "Min", "ReduceSum": "Add", "ReduceProd": "Mul"}


def _refuse_options(name: str, options: dict[str, Any]) -> None:
    unusual = [key for key, value in options.items() if value is not np._NoValue and value is not None]
    if unusual:
        raise refusal(f"np.{name} with {', '.join(unusual)}=", "Use np.where before it.")


def _of_numbers(kind: str) -> Any:
    def handler(
        g: Recording, values: Any, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, **options: Any
    ) -> str:
        where = options.pop("where", True)
        start = options.pop("initial", np._NoValue)
        _refuse_options(kind, options)
        if where is not True:
            raise refusal(f"{kind} with where=", "Use np.where before it.")
        keep = keepdims is True or keepdims is not np._NoValue and bool(keepdims)
        name = reduced(g, kind, name_of(g, a, values.dtype), axis, a.ndim, keep)
        if start is np._NoValue or start is None:
            return name
        other = name_of(g, start, values.dtype)
        return g.add(
            {"ReduceMax": "Max", "ReduceMin": "Min", "ReduceSum": "Add", "ReduceProd": "Mul"}[kind], name, other
        )

    return handler


for _functions, _kind in (
    ((np.sum,), "ReduceSum"),
    ((np.mean,), "ReduceMean"),
    ((np.prod,), "ReduceProd"),
    ((np.max, np.amax), "ReduceMax"),
    ((np.min, np.amin), "ReduceMin"),
):
    FUNCTIONS.update(dict.fromkeys(_functions, _of_numbers(_kind)))


def _of_truths(kind: str) -> Any:
    def handler(g: Recording, values: Any, a: Any, axis: Any = None, keepdims: Any = False, **options: Any) -> str:
        _refuse_options(kind, options)
        truths = g.add("Cast", cast(g, a, bool), to=np.int32)
        return g.add("Cast", reduced(g, kind, truths, axis, a.ndim, keepdims is True), to=bool)

    return handler


def cast(g: Recording, x: Any, dtype: Any) -> str:
    """The name of x in another dtype."""
    return name_of(g, x, np.dtype(dtype))


FUNCTIONS["cast"] = cast
FUNCTIONS[np.all] = _of_truths("ReduceMin")
FUNCTIONS[np.any] = _of_truths("ReduceMax")


@function(np.count_nonzero)
def _count_nonzero(g: Recording, values: Any, a: Any, axis: Any = None, *, keepdims: bool = False) -> str:
    return reduced(g, "ReduceSum", g.add("Cast", cast(g, a, bool), to=np.int64), axis, a.ndim, keepdims)


def _place(kind: str) -> Any:
    def handler(g: Recording, values: Any, a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> str:
        name = name_of(g, a)
        if a.dtype == bool:
            name = g.add("Cast", name, to=np.int32)
        keep = keepdims is True
        if axis is None:
            name = g.add(kind, reshaped(g, name, [a.size]), axis=0, keepdims=0)
            return reshaped(g, name, values.shape) if keep else name
        return g.add(kind, name, axis=axis % a.ndim, keepdims=int(keep))

    return handler


FUNCTIONS[np.argmax] = _place("ArgMax")
FUNCTIONS[np.argmin] = _place("ArgMin")


@function(np.cumsum)
def _cumsum(g: Recording, values: Any, a: Any, axis: Any = None, dtype: Any = None) -> str:
    name = name_of(g, a, values.dtype)
    if axis is None:
        name, axis = reshaped(g, name, [a.size]), 0
    return g.add("CumSum", name, g.constant(axis % values.ndim, np.int64))


@function(np.var)
def _var(
    g: Recording, values: Any, a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False,
    **options: Any,
) -> str:  # fmt: skip
    _refuse_options("var", options)
    name = name_of(g, a, values.dtype)
    centred = g.add("Sub", name, reduced(g, "ReduceMean", name, axis, a.ndim, True))
    squares = g.add("Mul", centred, centred)
    if not ddof:
        return reduced(g, "ReduceMean", squares, axis, a.ndim, keepdims is True)
    count = np.prod([a.shape[i] for i in reduced_axes(axis, a.ndim)]) - ddof
    total = reduced(g, "ReduceSum", squares, axis, a.ndim, keepdims is True)
    return g.add("Div", total, g.constant(count, values.dtype))


@function(np.std)
def _std(g: Recording, values: Any, *args: Any, **options: Any) -> str:
    return g.add("Sqrt", _var(g, values, *args, **options))


@function(np.linalg.norm)
def _norm(g: Recording, values: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> str:
    name = name_of(g, x, values.dtype)
    if ord is None:
        return reduced(g, "ReduceL2", name, axis, x.ndim, keepdims)
    if isinstance(ord, str) or axis is None and x.ndim > 1 or np.size(axis) > 1 or ord == 0:
        raise refusal(f"np.linalg.norm with ord={ord!r} of a matrix", "Write it by sums.")
    sizes = g.add("Abs", name)
    if np.isinf(ord):
        return reduced(g, "ReduceMax" if ord > 0 else "ReduceMin", sizes, axis, x.ndim, keepdims)
    if ord in (1, 2):
        return reduced(g, f"ReduceL{int(ord)}", name, axis, x.ndim, keepdims)
    powers = reduced(g, "ReduceSum", g.add("Pow", sizes, g.constant(ord, x.dtype)), axis, x.ndim, keepdims)
    return g.add("Pow", powers, g.constant(1 / ord, x.dtype))


@function(np.clip)
def _clip(g: Recording, values: Any, a: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> str:
    low, high = options.get("min", a_min), options.get("max", a_max)
    name = name_of(g, a, values.dtype)
    bounds = [None if b is None or b is np._NoValue else b for b in (low, high)]
    if all(b is None or np.ndim(b) == 0 and not hasattr(b, "recording") for b in bounds):
        return g.add("Clip", name, *["" if b is None else g.constant(b, values.dtype) for b in bounds])
    for kind, bound in zip(("Max", "Min"), bounds, strict=True):
        if bound is not None:
            name = g.add(kind, name, name_of(g, bound, values.dtype))
    return name


@function(np.round, np.around)
def _round(g: Recording, values: Any, a: Any, decimals: int = 0) -> str:
    name = name_of(g, a)
    if not decimals:
        return g.add("Round", name)
    power = g.constant(10.0**decimals, values.dtype)
    return g.add("Div", g.add("Round", g.add("Mul", name, power)), power)


@function(np.nan_to_num)
def _nan_to_num(
    g: Recording, values: Any, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> str:
    info = np.finfo(values.dtype)
    name = name_of(g, x)
    name = g.add("Where", g.add("IsNaN", name), g.constant(nan, values.dtype), name)
    for value, new in (
        (np.inf, info.max if posinf is None else posinf),
        (-np.inf, info.min if neginf is None else neginf),
    ):
        at = g.add("Equal", name, g.constant(value, values.dtype))
        name = g.add("Where", at, g.constant(new, values.dtype), name)
    return name


def _sorted(g: Recording, a: Any, axis: Any) -> list[str]:
    """The names of the sorted values and of where they were."""
    name, size = name_of(g, a), a.shape
    if axis is None:
        name, size, axis = reshaped(g, name, [a.size]), (a.size,), 0
    axis %= len(size)
    return g.add_several("TopK", 2, name, g.ints([size[axis]]), axis=axis, largest=0, sorted=1)


@function(np.sort)
def _sort(g: Recording, values: Any, a: Any, axis: Any = -1, **options: Any) -> str:
    return _sorted(g, a, axis)[0]


@function(np.argsort)
def _argsort(g: Recording, values: Any, a: Any, axis: Any = -1, **options: Any) -> str:
    return _sorted(g, a, axis)[1]
