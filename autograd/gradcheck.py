"""The numerical check: does the derivative agree with differences of the function?

    <c, f(x + d) - f(x - d)>  =  <J(x)ᵀ c, 2 d>  +  O(|d|³)        d a random direction, c a random cotangent

One comparison of two numbers sees every element of the Jacobian, for any shapes. Where they differ, the elements
are gone through one by one to name the worst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.backward import gradients
from autograd.errors import ArgumentError, GradcheckError
from autograd.modes import enable_grad
from autograd.tensor import Tensor

Function = Callable[..., Any]
ENOUGH = 2000  # elements that are gone through, of each input, to name the worst


def gradcheck(
    f: Function,
    *inputs: Any,
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
        >>> from autograd.gradcheck import gradcheck
        >>> gradcheck(lambda x, y: x * y / 3, np.array([1.0, 2.0]), 0.5)
        True
        >>> wrong = autograd.primitive(lambda x: x**2, lambda g, out, x: g * x, name="wrong")
        >>> gradcheck(wrong, np.array([1.0, 2.0]), raise_exception=False)
        False
    """
    try:
        _check(f, inputs, "gradcheck", eps, rtol, atol, rng)
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
        >>> from autograd.gradcheck import gradgradcheck
        >>> gradgradcheck(lambda x, y: x * x * y, np.array([1.0, 2.0]), np.array([3.0, -1.0]))
        True
    """
    if rng is None:
        rng = np.random.default_rng(1)
    try:
        leaves, _ = _leaves(inputs)
        with enable_grad():
            values = [y._data for y in _floating(f(*leaves))]
        cotangents = [_normal(rng, y) for y in values]
        n = len(inputs)

        def gradient(*args: Any) -> tuple[Tensor, ...]:
            wanted = [x for x, leaf in zip(args, leaves, strict=False) if _is_variable(leaf)]
            return _gradient(f(*args[:n]), wanted, args[n:], create_graph=True)

        _check(gradient, (*leaves, *cotangents), "gradgradcheck", eps, rtol, atol, rng, f)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(
    f: Function,
    inputs: Sequence[Any],
    title: str,
    eps: float | None,
    rtol: float | None,
    atol: float | None,
    rng: np.random.Generator | None,
    named: Any = None,
) -> None:
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
        analytic = [g._data for g in _gradient(outputs, [leaves[i] for i in where], cotangents)]
    if not outputs:
        raise GradcheckError(f"{name}: f returned no floating Tensor; there is nothing to differentiate.")
    for i, x, g in zip(where, point, analytic, strict=True):
        if g.shape != x.shape or g.dtype != x.dtype:
            raise GradcheckError(f"{name}: input {i} has shape {x.shape} and dtype {x.dtype}, its gradient {g.shape} and {g.dtype}.")

    coarsest = max(dtypes, key=lambda dtype: float(np.finfo(dtype).eps))
    epsilon = float(np.finfo(coarsest).eps)
    usual = {2: 5e-2, 4: 2e-3}.get(coarsest.itemsize, 1e-6)
    step = epsilon ** (1 / 3) if eps is None else eps
    rtol = usual if rtol is None else rtol
    atol = usual if atol is None else atol
    if not step > 0 or rtol < 0 or atol < 0:
        raise ArgumentError(f"{name}: eps must be positive, rtol and atol not negative; got eps={step}, rtol={rtol}, atol={atol}.")
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
            raise GradcheckError(f"{name}: the shapes of f's results depend on the values of its inputs: {shapes}, then {found}.")
        return [_double(y._data) for y in found]

    def change(new: list[Any], old: list[Any]) -> float:
        return sum(float(np.sum(c * (a - b))) for c, a, b in zip(weights, new, old, strict=True))

    def agree(a: float, b: float) -> bool:
        return a == b or abs(a - b) <= atol + rtol * max(abs(a), abs(b)) + rounding

    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(at([np.array(x) for x in point]), values, strict=True)):
        raise GradcheckError(f"{name}: f gave two values for the same inputs. Give it a fresh generator of the same seed in each call.")
    if not all(np.isfinite(y).all() for y in values):
        raise GradcheckError(f"{name}: f is not finite at these inputs, no difference can be taken. Choose inputs inside its domain.")

    # One random direction through all inputs.
    moves = [_normal(rng, x) * _scale(x, step) for x in point]
    ahead = [(x + d).astype(x.dtype) for x, d in zip(point, moves, strict=True)]
    behind = [(x - d).astype(x.dtype) for x, d in zip(point, moves, strict=True)]
    numerical = change(at(ahead), at(behind)) / (2 * step)
    product = sum(
        float(np.sum(_double(g) * (_double(p) - _double(m)))) for g, p, m in zip(analytic, ahead, behind, strict=True)
    ) / (2 * step)  # fmt: skip
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
            a = float(analytic[i][index])
            if agree(a, b):
                continue
            gap = abs(a - b) if math.isfinite(a - b) else math.inf
            if gap > worst[0]:
                what = f"input {k}" if k < len(inputs) else f"cotangent {k - len(inputs)}"
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
        return text + f"It sits on a kink (from the left {left:.6g}, from the right {right:.6g}): move the inputs away from it."
    return text + "It does not sit on a kink: look at the VJPs of the operations in f (autograd.draw shows them), or give a wider rtol."


def _leaves(inputs: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The inputs with a fresh leaf for each that is differentiated, and the positions of these."""
    leaves = [Tensor(np.array(getattr(x, "_data", x)), requires_grad=True) if _is_variable(x) else x for x in inputs]
    where = [i for i, x in enumerate(inputs) if _is_variable(x)]
    if not where:
        raise ArgumentError("gradcheck needs an input to differentiate: a floating array, or a Tensor with requires_grad=True.")
    return leaves, where


def _is_variable(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.requires_grad
    return isinstance(x, float) or isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"


def _floating(outputs: Any) -> list[Any]:
    """The floating results of f, those that were not recorded as constants."""
    several = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    tensors = [y if isinstance(y, Tensor) else Tensor(y) for y in several if isinstance(y, (Tensor, np.ndarray, np.generic, float))]
    return [y for y in tensors if y.dtype.kind == "f"]


def _gradient(outputs: Any, inputs: Sequence[Tensor], cotangents: Sequence[Any], create_graph: bool = False) -> tuple[Tensor, ...]:
    """Jᵀ c by every input; zeros where the outputs do not depend on it."""
    pairs = [(y, c) for y, c in zip(_floating(outputs), cotangents, strict=True) if y.requires_grad]
    if not pairs:
        return tuple(Tensor(np.zeros_like(x._data)) for x in inputs)
    found = gradients([y for y, _ in pairs], inputs, [c for _, c in pairs], create_graph=create_graph)
    return tuple(Tensor(np.zeros_like(x._data)) if g is None else g for x, g in zip(inputs, found, strict=True))


def _normal(rng: np.random.Generator, like: Any) -> Any:
    return np.asarray(rng.normal(size=like.shape), like.dtype)


def _scale(x: Any, step: float) -> Any:
    """The step of every element: relative beyond 1, absolute below."""
    return (step * np.maximum(np.abs(x), 1)).astype(x.dtype)


def _double(x: Any) -> Any:
    return np.asarray(x, np.promote_types(x.dtype, np.float64))
