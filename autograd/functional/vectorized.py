"""vmap: a function written for one example, run on all of them at once; jacrev and jacfwd, JAX's names for jacobian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import random
from autograd.batched.array import levels_of
from autograd.batched.crossing import into, outof
from autograd.batched.drawing import RANDOMNESS, BatchedDrawing
from autograd.batched.hidden import at, batched, is_in_front
from autograd.batched.level import Level
from autograd.engine.kinds import note
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, BatchError
from autograd.functional.argument_checks import Function, also_argnums, check_callable
from autograd.functional.matrices import jacobian
from autograd.functional.transforms import named_after
from autograd.functional.vmap_axes import axes_of_arguments, axes_of_leaves, batch_size, checked_axis
from autograd.ops.arguments import as_operand
from autograd.pytree import tree_flatten, tree_unflatten


def vmap(
    f: Function,
    in_axes: Any = 0,
    out_axes: Any = 0,
    *,
    axis_size: int | None = None,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., Any]:
    """The function that runs f, written for one example, on a batch of them at once.

        vmap(f)(X)[i] = f(X[i])        without the loop

    Inside, f gets arrays that look like one example: the batch is an axis that it does not see. They go through NumPy's
    functions, operators, indices and methods, through `nn`, and through every transform of this package, so that
    vmap(grad(loss), in_axes=(None, 0, 0))(params, X, y) gives a gradient for each example.

    Args:      in_axes: which axis of each argument is the batch; None: the argument is the same for all examples. One
               for all arguments, or one for each; for a tree the tree of them, or one for all its leaves. Arguments by
               name have theirs in front.
               out_axes: where the batch is in the results; None for a result that is the same for all examples.
               axis_size: how many examples there are; needed only where no argument has a batch.
               chunk_size: run at most so many at a time, for less memory.
               randomness: what the numbers are that nn draws inside (dropout, init, …; not those that f draws from a
               generator of its own): an "error", "different" for each example, or the "same" for all.
    Returns:   a function of the same arguments; arrays for arrays, Tensors where one went in or f closes over one that
               requires grad.
    Raises:    BatchError where f asks for the value of one example (`if x > 0`, float(x)), or where shapes depend on
               values; ShapeError for sizes that do not fit; ArgumentError for axes that do not.
    Example:
        >>> import numpy as np
        >>> from autograd import grad, vmap
        >>> vmap(np.dot)(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [0.0, 2.0]]))
        array([3., 8.])
        >>> vmap(grad(lambda w, x: (w * x) ** 2), in_axes=(None, 0))(3.0, np.array([1.0, 2.0]))
        array([ 6., 24.])
    """
    run = _checked("vmap", f, in_axes, out_axes, axis_size, chunk_size, randomness)

    def mapped(*args: Any, **kwargs: Any) -> Any:
        return run(args, kwargs, {})

    return named_after(f, "vmap", mapped)


def explain(
    f: Function,
    in_axes: Any = 0,
    out_axes: Any = 0,
    *,
    axis_size: int | None = None,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., dict[str, int]]:
    """The function that runs vmap(f, …) and returns what had no form for a batch: {NumPy's function: runs by a loop}.

    Its arguments are those of vmap; each chunk of a batch counts.

    Example:
        >>> import numpy as np
        >>> from autograd import vmap
        >>> vmap.explain(np.cumsum)(np.ones((3, 4)))
        {}
        >>> vmap.explain(np.roots)(np.array([[1.0, 0.0, -1.0], [1.0, 0.0, -4.0]]))
        {'np.roots': 1}
    """
    run = _checked("vmap.explain", f, in_axes, out_axes, axis_size, chunk_size, randomness)

    def explained(*args: Any, **kwargs: Any) -> dict[str, int]:
        loops: dict[str, int] = {}
        run(args, kwargs, loops)
        return loops

    return explained


def _checked(
    name: str, f: Function, in_axes: Any, out_axes: Any, axis_size: Any, chunk_size: Any, randomness: Any
) -> Callable[..., Any]:
    """(args, kwargs, where to count the loops) -> the results of f on the batch. Raises: ArgumentError."""
    check_callable(name, f)
    if randomness not in RANDOMNESS:
        raise ArgumentError(f"{name}: randomness is one of {', '.join(RANDOMNESS)}; got {randomness!r}.")
    for option, number in (("axis_size", axis_size), ("chunk_size", chunk_size)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1):
            raise ArgumentError(f"{name}: {option} must be a positive integer or None; got {number!r}.")

    def run(args: Any, kwargs: Any, loops: dict[str, int]) -> Any:
        return _run(f, args, kwargs, in_axes, out_axes, axis_size, chunk_size, randomness, loops)

    return run


vmap.explain = explain  # type: ignore[attr-defined]


@also_argnums
def jacrev(f: Function, argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """`jacobian` by rows, in reverse mode: for a result with fewer elements than the argument.

    Example:
        >>> import numpy as np
        >>> from autograd import jacrev
        >>> jacrev(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
        array([2., 4.])
    """
    return jacobian(f, argnum, "reverse", _name="jacrev")


@also_argnums
def jacfwd(f: Function, argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """`jacobian` by columns, in forward mode: for an argument with fewer elements than the result.

    Example:
        >>> import numpy as np
        >>> from autograd import jacfwd
        >>> jacfwd(lambda t: np.array([1.0, 2.0]) * t)(3.0)
        array([1., 2.])
    """
    return jacobian(f, argnum, "forward", _name="jacfwd")


def _run(
    f: Function, args: Any, kwargs: Any, in_axes: Any, out_axes: Any, axis_size: int | None, chunk: int | None,
    randomness: str, loops: dict[str, int],
) -> Any:  # fmt: skip
    leaves, form = tree_flatten((args, kwargs))
    axes = axes_of_arguments(in_axes, args, kwargs, leaves)
    size = batch_size(args, kwargs, leaves, axes, axis_size)
    step = size if chunk is None else min(chunk, size)
    begun: dict[int, Any] | None = {} if step < size else None
    parts: list[Any] = []
    structure: Any = None
    for start in range(0, max(size, 1), step or 1):
        rows = [x if axis is None or step == size else _rows(x, axis, start, start + step)
                for x, axis in zip(leaves, axes, strict=True)]  # fmt: skip
        level = Level(min(step, size - start), randomness, loops, begun)
        found, structure = _one_chunk(f, rows, axes, form, level, out_axes)
        parts.append(found)
    if len(parts) == 1:
        return tree_unflatten(structure, [y for y, _ in parts[0]])
    joined = [
        column[0][0] if column[0][1] is None else np.concatenate([y for y, _ in column], axis=column[0][1])
        for column in zip(*parts, strict=True)
    ]
    return tree_unflatten(structure, joined)


def _one_chunk(f: Function, leaves: Any, axes: Any, form: Any, level: Level, out_axes: Any) -> tuple[list[Any], Any]:
    """(each result with the axis where its batch is, the structure of the results)."""
    hidden = [x if axis is None else _hidden(x, level, axis) for x, axis in zip(leaves, axes, strict=True)]
    for x in hidden:
        note(raw(x))
    outer = random.drawing.get()  # of a vmap around this one
    token = random.drawing.set(lambda rng: BatchedDrawing(rng if outer is None else outer(rng), level))
    try:
        with level:
            args, kwargs = tree_unflatten(form, hidden)
            returned = f(*args, **kwargs)
    except ValueError as error:
        if isinstance(error.__cause__, BatchError):  # NumPy has hidden what the batch said to array[i] = batched
            raise error.__cause__.with_traceback(error.__traceback__) from None
        raise
    finally:
        random.drawing.reset(token)
    results, structure = tree_flatten(returned)
    axes_of_results = axes_of_leaves(out_axes, returned, "the result")
    _refuse_escaped(results, hidden, level)
    return [_shown(y, axis, level) for y, axis in zip(results, axes_of_results, strict=True)], structure


def _refuse_escaped(results: list[Any], leaves: list[Any], own: Level) -> None:
    """Raise if a result holds the batch of a vmap that has ended, unless an argument did."""
    known = frozenset[Any]().union(*[levels_of(raw(x)) for x in leaves])
    for y in results:
        if any(not level.alive for level in levels_of(raw(y)) - known - {own}):
            raise BatchError(
                "vmap: a result uses a batched value of another vmap, which has ended. Return the value from that one, "
                "and make it an argument here."
            )


def _hidden(x: Any, level: Level, axis: int) -> Any:
    if axis == 0 and type(x) is np.ndarray and is_in_front(x):
        return batched(x, level)
    return into(as_operand(x), level=level, axis=axis)


def _shown(y: Any, axis: int | None, level: Level) -> tuple[Any, int | None]:
    if not (hasattr(y, "dtype") or isinstance(y, (int, float, complex))):
        raise ArgumentError(
            f"vmap: the function returned a {type(y).__name__}; return arrays, numbers and trees of them."
        )
    if axis is None:
        if at(raw(y), level):
            raise ArgumentError(
                "vmap: out_axes is None for a result that differs from example to example; give an axis."
            )
        return y, None
    y = as_operand(y)
    axis = checked_axis(axis, y.ndim + 1, "out_axes", "a result")
    shown = y._values if axis == 0 and at(y, level) else outof(y, level=level, axis=axis)
    if isinstance(shown, np.ndarray) and not shown.flags.writeable:
        shown = shown.copy()
    return shown, axis


def _rows(x: Any, axis: int, start: int, stop: int) -> Any:
    return as_operand(x)[(*[slice(None)] * axis, slice(start, stop))]
