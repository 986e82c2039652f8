"""The numerical check: does the derivative agree with differences of the function?

    <c, f(x + d) - f(x - d)>  =  <J(x)ᵀ c, 2 d>  +  O(|d|³)        d a random direction, c a random cotangent
                              =  <c, J(x) 2 d>   +  O(|d|³)        the same in forward mode

One comparison of two numbers sees every element of the Jacobian, for any shapes. Where they differ, the elements
are gone through one by one to name the worst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.engine.settings import enable_grad
from autograd.errors import ArgumentError, GradcheckError
from autograd.tensor.tensor import Tensor

Function = Callable[..., Any]
MODES = ("reverse", "forward")
ENOUGH = 2000  # elements that are gone through, of each input, to name the worst


def gradcheck(
    f: Function,
    *inputs: Any,
    order: int = 1,
    modes: str | Sequence[str] = "reverse",
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    rng: np.random.Generator | None = None,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradient of f with central differences, along a random direction, for a random cotangent.

        |analytic - numerical| <= atol + rtol * max(|analytic|, |numerical|) + rounding of f

    Args:  f: of the inputs, returns a Tensor or a tuple or list of them; those that are not floating are ignored.
           inputs: Tensors that require grad, floating arrays and floats are differentiated, each as a fresh leaf;
           whatever else is handed to f as it is (for a constant: Tensor(x)).
           order: check the derivatives of order 1 to this one, each against differences of the one before.
           modes: "reverse", "forward", or both, ("reverse", "forward"): then for higher orders every sequence of the two,
           so forward over reverse too.
           eps: the step, relative for elements beyond 1; default: the cube root of the coarsest dtype's epsilon,
           where truncation and rounding balance (6e-6 for float64, 5e-3 for float32, 0.1 for float16).
           rtol, atol: default 1e-6 for float64, 2e-3 for float32, 5e-2 for float16.
           rng: draws direction and cotangent; default: the same ones in every call.
           raise_exception: False returns False where the check fails.
    Returns: True if they agree.
    Raises: GradcheckError that names the worst element, both values, and whether it sits on a kink.
    Gradient: at a kink (abs at 0, tied maxima) no difference is right: move the inputs away from it.
    Source: Griewank & Walther 2008, Evaluating Derivatives, ch. 3: a vector-Jacobian product is tested by one
            inner product. Departure: the step is what the dtype really took, (x+d) - (x-d), so its rounding cancels.
    Example:
        >>> import autograd, numpy as np
        >>> from autograd.check import gradcheck
        >>> gradcheck(lambda x, y: x * y / 3, np.array([1.0, 2.0]), 0.5)
        True
        >>> wrong = autograd.primitive(lambda x: x**2, lambda g, out, x: g * x, name="wrong")
        >>> gradcheck(wrong, np.array([1.0, 2.0]), raise_exception=False)
        False
        >>> gradcheck(np.tanh, np.array([0.5, -1.0]), order=3, modes=("reverse", "forward"))
        True
    """
    if not callable(f):
        raise ArgumentError(f"gradcheck takes a function and a list of its inputs; got a {type(f).__name__}.")
    sequence = (modes,) if isinstance(modes, str) else tuple(modes)
    if not sequence or any(m not in MODES for m in sequence):
        raise ArgumentError(f"gradcheck's modes are {' and '.join(map(repr, MODES))}, one or both; got {modes!r}.")
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise ArgumentError(f"gradcheck's order must be a positive integer; got {order!r}.")
    try:
        _check_orders(f, inputs, int(order), sequence, (), (eps, rtol, atol), rng, f)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    f: Function,
    *inputs: Any,
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    rng: np.random.Generator | None = None,
    raise_exception: bool = True,
) -> bool:
    """Compare the second derivative of f with differences of its first: gradcheck of (x, c) -> J(x)ᵀ c.

    Arguments and errors are those of `gradcheck`; the cotangents count as further inputs, after f's own.

    Example:
        >>> import numpy as np
        >>> from autograd.check import gradgradcheck
        >>> gradgradcheck(lambda x, y: x * x * y, np.array([1.0, 2.0]), np.array([3.0, -1.0]))
        True
    """
    if rng is None:
        rng = np.random.default_rng(1)
    try:
        derivative, more = _derivative(f, inputs, "reverse", rng)
        _check(derivative, more, "gradgradcheck", eps, rtol, atol, rng, f, count=len(inputs))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_orders(
    f: Function,
    inputs: Sequence[Any],
    order: int,
    modes: tuple[str, ...],
    done: tuple[str, ...],
    limits: tuple[float | None, float | None, float | None],
    rng: np.random.Generator | None,
    named: Any,
    count: int | None = None,
) -> None:
    """Check f's derivative in each mode, then, to the order, the derivatives of that derivative."""
    for m in modes:
        taken = (m, *done)
        title = "gradcheck" if taken == ("reverse",) else f"gradcheck ({' over '.join(taken)}, order {len(taken)})"
        _check(f, inputs, title, *limits, rng, named, m, count)
    if order > 1:
        for m in modes:
            derivative, more = _derivative(f, inputs, m, np.random.default_rng(1 + len(done)) if rng is None else rng)
            _check_orders(
                derivative,
                more,
                order - 1,
                modes,
                (m, *done),
                limits,
                rng,
                named,
                count if count is not None else len(inputs),
            )


def _derivative(
    f: Function, inputs: Sequence[Any], in_mode: str, rng: np.random.Generator
) -> tuple[Function, tuple[Any, ...]]:
    """f's derivative as a function of f's inputs and the vectors it multiplies, and a point: (x, c) -> Jᵀ c, or (x, d) -> J d."""
    leaves, where = _leaves(inputs)
    n = len(inputs)
    if in_mode == "forward":
        vectors = [_normal(rng, leaves[i]._data) for i in where]
    else:
        with enable_grad():
            vectors = [_normal(rng, y._data) for y in _floating(f(*leaves))]

    def derivative(*args: Any) -> tuple[Tensor, ...]:
        wanted = [args[i] for i in where]
        if in_mode == "forward":
            return _tangents(f(*args[:n]), wanted, args[n:], create_graph=True)
        return _gradient(f(*args[:n]), wanted, args[n:], create_graph=True)

    return derivative, (*leaves, *vectors)


def _check(
    f: Function,
    inputs: Sequence[Any],
    title: str,
    eps: float | None,
    rtol: float | None,
    atol: float | None,
    rng: np.random.Generator | None,
    named: Any = None,
    in_mode: str = "reverse",
    count: int | None = None,
) -> None:
    """Check one derivative of f. The first `count` inputs are the user's; what follows are vectors that multiply derivatives."""
    rng = np.random.default_rng(0) if rng is None else rng
    leaves, where = _leaves(inputs)
    name = f"{title} of {getattr(named or f, '__name__', type(named or f).__name__)}"
    point = [leaves[i]._data for i in where]

    with enable_grad():
        outputs = _floating(f(*leaves))
        shapes = [y.shape for y in outputs]
        values = [_double(y._data) for y in outputs]
        dtypes = [np.dtype(y.dtype) for y in (*point, *outputs)]
        cotangents = [_normal(rng, y._data) for y in outputs]
        variables = [leaves[i] for i in where]
        analytic = [g._data for g in _gradient(outputs, variables, cotangents)] if in_mode == "reverse" else []
    if not outputs:
        raise GradcheckError(f"{name}: f returned no floating Tensor; there is nothing to differentiate.")
    for i, x, g in zip(where, point, analytic, strict=False):
        if g.shape != x.shape or g.dtype != x.dtype:
            raise GradcheckError(
                f"{name}: input {i} has shape {x.shape} and dtype {x.dtype}, its gradient {g.shape} and {g.dtype}."
            )

    coarsest = max(dtypes, key=lambda dtype: float(np.finfo(dtype).eps))
    epsilon = float(np.finfo(coarsest).eps)
    usual = {2: 5e-2, 4: 2e-3}.get(coarsest.itemsize, 1e-6)
    step = epsilon ** (1 / 3) if eps is None else eps
    rtol = usual if rtol is None else rtol
    atol = usual if atol is None else atol
    if not step > 0 or rtol < 0 or atol < 0:
        raise ArgumentError(
            f"{name}: eps must be positive, rtol and atol not negative; got eps={step}, rtol={rtol}, atol={atol}."
        )
    weights = [_double(c) for c in cotangents]
    size_of_f = sum(float(np.sum(np.abs(c * y))) for c, y in zip(weights, values, strict=True))
    rounding = 8 * epsilon * size_of_f / step

    def at(arrays: Sequence[Any]) -> list[Any]:
        moved = list(leaves)
        for i, array in zip(where, arrays, strict=True):
            moved[i] = Tensor(array, requires_grad=True)
        with enable_grad(), np.errstate(all="ignore"):
            found = _floating(f(*moved))
        if [y.shape for y in found] != shapes:
            raise GradcheckError(
                f"{name}: the shapes of f's results depend on the values of its inputs: {shapes}, then {found}."
            )
        return [_double(y._data) for y in found]

    def change(new: list[Any], old: list[Any]) -> float:
        return sum(float(np.sum(c * (a - b))) for c, a, b in zip(weights, new, old, strict=True))

    def agree(a: float, b: float) -> bool:
        return a == b or abs(a - b) <= atol + rtol * max(abs(a), abs(b)) + rounding

    if not all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(at([np.array(x) for x in point]), values, strict=True)
    ):
        raise GradcheckError(
            f"{name}: f gave two values for the same inputs. Give it a fresh generator of the same seed in each call."
        )
    if not all(np.isfinite(y).all() for y in values):
        raise GradcheckError(
            f"{name}: f is not finite at these inputs, no difference can be taken. Choose inputs inside its domain."
        )

    # One random direction through all inputs.
    moves = [_normal(rng, x) * _scale(x, step) for x in point]
    ahead = [(x + d).astype(x.dtype) for x, d in zip(point, moves, strict=True)]
    behind = [(x - d).astype(x.dtype) for x, d in zip(point, moves, strict=True)]
    numerical = change(at(ahead), at(behind)) / (2 * step)
    taken = [_double(p) - _double(m) for p, m in zip(ahead, behind, strict=True)]

    def along(directions: Sequence[Any]) -> float:
        """The analytic derivative in a direction, by forward mode."""
        tangents = _tangents(
            outputs, variables, [np.asarray(d, x.dtype) for d, x in zip(directions, point, strict=True)]
        )
        return sum(float(np.sum(c * _double(t._data))) for c, t in zip(weights, tangents, strict=True))

    if in_mode == "forward":
        product = along([d / (2 * step) for d in taken])
    else:
        product = sum(float(np.sum(_double(g) * d)) for g, d in zip(analytic, taken, strict=True)) / (2 * step)
    if agree(product, numerical):
        return

    # They differ: which element is the worst?
    worst: tuple[float, str] = (-1.0, "")
    for i, k in enumerate(where):
        x = point[i]
        for flat in range(min(x.size, ENOUGH)):
            index = tuple(int(n) for n in np.unravel_index(flat, x.shape))
            differences = _one_sided(at, change, point, i, index, float(_scale(x, step)[index]), values)
            left, right, _, _ = differences
            b = (left + right) / 2
            a = (
                float(analytic[i][index])
                if in_mode == "reverse"
                else along([_unit(p, index if j == i else None) for j, p in enumerate(point)])
            )
            if agree(a, b):
                continue
            gap = abs(a - b) if math.isfinite(a - b) else math.inf
            if gap > worst[0]:
                users = len(inputs) if count is None else count
                what = f"input {k}" if k < users else f"cotangent {k - users}"
                worst = (gap, _message(name, what, index, a, b, differences))
    raise GradcheckError(
        worst[1]
        or f"{name}: along a random direction the derivative is {product:.10g} analytically, {numerical:.10g} numerically "
        f"(difference {abs(product - numerical):.3g}), although the first {ENOUGH} elements of each input agree: "
        "errors add up over many elements; give a wider rtol, or fewer elements."
    )


def _one_sided(
    at: Function, change: Function, point: Sequence[Any], i: int, index: tuple[int, ...], step: float, values: Any
) -> tuple[float, ...]:
    """The differences to the left and right of one element, with the step and with four times the step."""
    found = []
    for wide in (1, 4):
        for sign in (-1, 1):
            moved = [np.array(x) for x in point]
            moved[i][index] += sign * wide * step
            took = float(moved[i][index]) - float(point[i][index])
            found.append(change(at(moved), values) / took)
    return tuple(found)


def _message(name: str, what: str, index: tuple[int, ...], a: float, b: float, differences: tuple[float, ...]) -> str:
    left, right, wide_left, wide_right = differences
    # the jump between the sides shrinks with the step where f is smooth, and stays where it is not
    jump = abs(right - left)
    kink = jump > 0.5 * abs(wide_right - wide_left) and jump > abs(a - b)
    text = f"{name}: the gradient by {what} differs most at index {index}: "
    text += f"analytic {a:.10g}, numerical {b:.10g} (difference {abs(a - b):.3g}). "
    if not math.isfinite(b):
        return text + "f is not finite one step away: move the inputs inside its domain, or give a smaller eps."
    if kink:
        return (
            text
            + f"It sits on a kink (from the left {left:.6g}, from the right {right:.6g}): move the inputs away from it."
        )
    return (
        text
        + "It does not sit on a kink: look at the VJPs of the operations in f (autograd.draw shows them), or give a wider rtol."
    )


def _leaves(inputs: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The inputs with a fresh leaf for each that is differentiated, and the positions of these."""
    leaves = [Tensor(np.array(getattr(x, "_data", x)), requires_grad=True) if _is_variable(x) else x for x in inputs]
    where = [i for i, x in enumerate(inputs) if _is_variable(x)]
    if not where:
        raise ArgumentError(
            "gradcheck needs an input to differentiate: a floating array, or a Tensor with requires_grad=True."
        )
    return leaves, where


def _is_variable(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.requires_grad
    return isinstance(x, float) or isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"


def _floating(outputs: Any) -> list[Any]:
    """The floating results of f, those that were not recorded as constants."""
    several = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    tensors = [
        y if isinstance(y, Tensor) else Tensor(y)
        for y in several
        if isinstance(y, (Tensor, np.ndarray, np.generic, float))
    ]
    return [y for y in tensors if y.dtype.kind == "f"]


def _gradient(
    outputs: Any, inputs: Sequence[Tensor], cotangents: Sequence[Any], create_graph: bool = False
) -> tuple[Tensor, ...]:
    """Jᵀ c by every input; zeros where the outputs do not depend on it."""
    pairs = [(y, c) for y, c in zip(_floating(outputs), cotangents, strict=True) if y.requires_grad]
    if not pairs:
        return tuple(Tensor(np.zeros_like(x._data)) for x in inputs)
    found = gradients([y for y, _ in pairs], inputs, [c for _, c in pairs], create_graph=create_graph)
    return tuple(Tensor(np.zeros_like(x._data)) if g is None else g for x, g in zip(inputs, found, strict=True))


def _tangents(
    outputs: Any, inputs: Sequence[Tensor], tangents: Sequence[Any], create_graph: bool = False
) -> tuple[Tensor, ...]:
    """J d of every floating output; zeros where it does not depend on the inputs."""
    floating = _floating(outputs)
    found = push(floating, inputs, tangents, create_graph=create_graph)
    return tuple(Tensor(np.zeros_like(y._data)) if t is None else t for y, t in zip(floating, found, strict=True))


def _unit(x: Any, index: tuple[int, ...] | None) -> Any:
    """Zeros like x, with a 1 at the index."""
    unit = np.zeros(x.shape)
    if index is not None:
        unit[index] = 1
    return unit


def _normal(rng: np.random.Generator, like: Any) -> Any:
    return np.asarray(rng.normal(size=like.shape), like.dtype)


def _scale(x: Any, step: float) -> Any:
    """The step of every element: relative beyond 1, absolute below."""
    return (step * np.maximum(np.abs(x), 1)).astype(x.dtype)


def _double(x: Any) -> Any:
    return np.asarray(x, np.promote_types(x.dtype, np.float64))
