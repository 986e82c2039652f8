"""The numerical check: does the derivative agree with differences of the function?

    <c, f(x + d) - f(x - d)>  =  <J(x)ᵀ c, 2 d>  +  O(|d|³)        d a random direction, c a random cotangent
                              =  <c, J(x) 2 d>   +  O(|d|³)        the same in forward mode

Complex numbers are paired as Re(c·y), so a random direction moves real and imaginary parts. A comparison of these two
numbers depends on every element of the Jacobian, for any shapes. If they differ, the elements
are compared one by one to name the worst.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.engine.settings import enable_grad
from autograd.errors import ArgumentError, GradcheckError
from autograd.options import check_flag
from autograd.tensor.tensor import Tensor

Function = Callable[..., Any]
Limits = tuple[float | None, float | None, float | None]  # eps, rtol, atol; None for the default
MODES = ("reverse", "forward")
ENOUGH = 2000  # elements of each input among which the worst is looked for


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
           everything else is passed to f as it is (for a constant: Tensor(x)). They may come as one tuple, as in
           PyTorch: gradcheck(f, (x, y)) is gradcheck(f, x, y).
           order: check the derivatives of order 1 to this one, each against differences of the one before.
           modes: "reverse", "forward", or both, ("reverse", "forward"). For higher orders every combination of them is
           checked, so forward over reverse too.
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
    check_flag("gradcheck: raise_exception", raise_exception)
    if not callable(f):
        raise ArgumentError(f"gradcheck takes a function and its inputs; got a {type(f).__name__}.")
    inputs = _unpacked(inputs)
    sequence = (modes,) if isinstance(modes, str) else tuple(modes)
    if not sequence or any(m not in MODES for m in sequence):
        raise ArgumentError(f"gradcheck's modes are {' and '.join(map(repr, MODES))}, one or both; got {modes!r}.")
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise ArgumentError(f"gradcheck's order must be a positive integer; got {order!r}.")
    try:
        _check_orders(f, inputs, int(order), sequence, (), (eps, rtol, atol), rng, _name(f), len(inputs))
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
    check_flag("gradgradcheck: raise_exception", raise_exception)
    inputs = _unpacked(inputs)
    if rng is None:
        rng = np.random.default_rng(1)
    try:
        derivative, more = _derivative(f, inputs, "reverse", rng)
        name = f"gradgradcheck of {_name(f)}"
        _Comparison(derivative, more, name, "reverse", len(inputs), (eps, rtol, atol), rng).run()
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
    limits: Limits,
    rng: np.random.Generator | None,
    named: str,
    count: int,
) -> None:
    """Check f's derivative in each mode, then the derivatives of that derivative, up to the order.

    Args:  done: the modes in which f was differentiated already, the last one first.
           named: the name of the user's function.
           count: how many inputs the user's function has.
    """
    for m in modes:
        taken = (m, *done)
        title = "gradcheck" if taken == ("reverse",) else f"gradcheck ({' over '.join(taken)}, order {len(taken)})"
        _Comparison(f, inputs, f"{title} of {named}", m, count, limits, rng).run()
    if order > 1:
        for m in modes:
            derivative, more = _derivative(f, inputs, m, np.random.default_rng(1 + len(done)) if rng is None else rng)
            _check_orders(derivative, more, order - 1, modes, (m, *done), limits, rng, named, count)


def _derivative(
    f: Function, inputs: Sequence[Any], in_mode: str, rng: np.random.Generator
) -> tuple[Function, tuple[Any, ...]]:
    """f's derivative as a function, (x, c) -> Jᵀ c or (x, d) -> J d, and its inputs, with random c or d."""
    leaves, where = _leaves(inputs)
    n = len(inputs)
    if in_mode == "forward":
        vectors = [_normal(rng, leaves[i]._array) for i in where]
    else:
        with enable_grad():
            vectors = [_normal(rng, y._array) for y in _floating(f(*leaves))]

    def derivative(*args: Any) -> tuple[Tensor, ...]:
        wanted = [args[i] for i in where]
        if in_mode == "forward":
            return _tangents(f(*args[:n]), wanted, args[n:], create_graph=True)
        return _gradient(f(*args[:n]), wanted, args[n:], create_graph=True)

    return derivative, (*leaves, *vectors)


class _Comparison:
    """One derivative of f at a point, compared with central differences; the first `count` inputs are the user's."""

    def __init__(
        self,
        f: Function,
        inputs: Sequence[Any],
        name: str,
        in_mode: str,
        count: int,
        limits: Limits,
        rng: np.random.Generator | None,
    ) -> None:
        self.f, self.name, self.count, self.reverse = f, name, count, in_mode == "reverse"
        self.rng = np.random.default_rng(0) if rng is None else rng
        self.leaves, self.where = _leaves(inputs)
        self.variables = [self.leaves[i] for i in self.where]
        self.point = [x._array for x in self.variables]
        with enable_grad():
            self.outputs = _floating(f(*self.leaves))
            self.values = [_double(y._array) for y in self.outputs]
            cotangents = [_normal(self.rng, y._array) for y in self.outputs]
            found = _gradient(self.outputs, self.variables, cotangents) if self.reverse else ()
        self.gradients = [g._array for g in found]
        self.weights = [_double(c) for c in cotangents]
        if not self.outputs:
            raise GradcheckError(f"{name}: f returned no floating Tensor; there is nothing to differentiate.")
        for i, x, g in zip(self.where, self.point, self.gradients, strict=False):
            if g.shape != x.shape or g.dtype != x.dtype:
                raise GradcheckError(
                    f"{name}: input {i} has shape {x.shape} and dtype {x.dtype}, its gradient {g.shape} and {g.dtype}."
                )
        self._set_tolerances(*limits)

    def _set_tolerances(self, eps: float | None, rtol: float | None, atol: float | None) -> None:
        dtypes = [np.dtype(y.dtype) for y in (*self.point, *self.outputs)]
        coarsest = max(dtypes, key=lambda dtype: float(np.finfo(dtype).eps))
        epsilon = float(np.finfo(coarsest).eps)
        usual = {2: 5e-2, 4: 2e-3}.get(np.finfo(coarsest).dtype.itemsize, 1e-6)
        self.step = epsilon ** (1 / 3) if eps is None else eps
        self.rtol = usual if rtol is None else rtol
        self.atol = usual if atol is None else atol
        if not self.step > 0 or self.rtol < 0 or self.atol < 0:
            raise ArgumentError(
                f"{self.name}: eps must be positive, rtol and atol not negative; got eps={self.step}, "
                f"rtol={self.rtol}, atol={self.atol}."
            )
        size_of_f = sum(float(np.sum(np.abs(c * y))) for c, y in zip(self.weights, self.values, strict=True))
        self.rounding = 8 * epsilon * size_of_f / self.step

    def run(self) -> None:
        """Compare along one random direction through all inputs; if that differs, raise with the worst element."""
        again = self._at([np.array(x) for x in self.point])
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(again, self.values, strict=True)):
            raise GradcheckError(
                f"{self.name}: f gave two values for the same inputs. "
                "Give it a fresh generator of the same seed in each call."
            )
        if not all(np.isfinite(y).all() for y in self.values):
            raise GradcheckError(
                f"{self.name}: f is not finite at these inputs, no difference can be taken. Choose inputs inside its "
                "domain."
            )
        step = self.step
        moves = [_normal(self.rng, x) * _scale(x, step) for x in self.point]
        ahead = [(x + d).astype(x.dtype) for x, d in zip(self.point, moves, strict=True)]
        behind = [(x - d).astype(x.dtype) for x, d in zip(self.point, moves, strict=True)]
        numerical = self._change(self._at(ahead), self._at(behind)) / (2 * step)
        taken = [_double(p) - _double(m) for p, m in zip(ahead, behind, strict=True)]
        if self.reverse:
            analytic = sum(_pairing(_double(g), d) for g, d in zip(self.gradients, taken, strict=True)) / (2 * step)
        else:
            analytic = self._along([d / (2 * step) for d in taken])
        if self._agree(analytic, numerical):
            return
        raise GradcheckError(
            self._worst_element()
            or f"{self.name}: along a random direction the derivative is {analytic:.10g} analytically, "
            f"{numerical:.10g} numerically (difference {abs(analytic - numerical):.3g}), although the first {ENOUGH} "
            "elements of each input agree: errors add up over many elements; give a wider rtol, or fewer elements."
        )

    def _at(self, arrays: Sequence[Any]) -> list[Any]:
        """The results of f with these arrays in place of the differentiated inputs."""
        moved = list(self.leaves)
        for i, array in zip(self.where, arrays, strict=True):
            moved[i] = Tensor(array, requires_grad=True)
        with enable_grad(), np.errstate(all="ignore"):
            found = _floating(self.f(*moved))
        shapes = [y.shape for y in self.values]
        if [y.shape for y in found] != shapes:
            raise GradcheckError(
                f"{self.name}: the shapes of f's results depend on the values of its inputs: {shapes}, then {found}."
            )
        return [_double(y._array) for y in found]

    def _change(self, new: list[Any], old: list[Any]) -> float:
        """<c, new - old>"""
        return sum(_pairing(c, a - b) for c, a, b in zip(self.weights, new, old, strict=True))

    def _along(self, directions: Sequence[Any]) -> float:
        """The analytic derivative in a direction, by forward mode."""
        vectors = [np.asarray(d, x.dtype) for d, x in zip(directions, self.point, strict=True)]
        tangents = _tangents(self.outputs, self.variables, vectors)
        return sum(_pairing(c, _double(t._array)) for c, t in zip(self.weights, tangents, strict=True))

    def _agree(self, a: float, b: float) -> bool:
        return a == b or abs(a - b) <= self.atol + self.rtol * max(abs(a), abs(b)) + self.rounding

    def _worst_element(self) -> str:
        """A message about the element whose derivatives differ most; "" if those of all elements agree."""
        worst: tuple[float, str] = (-1.0, "")
        for i, k in enumerate(self.where):
            x = self.point[i]
            parts = {"": 1} if x.dtype.kind == "f" else {"the real part of ": 1, "the imaginary part of ": 1j}
            for flat, (part, unit) in itertools.product(range(min(x.size, ENOUGH)), parts.items()):
                index = tuple(int(n) for n in np.unravel_index(flat, x.shape))
                differences = self._one_sided(i, index, unit)
                b = (differences[0] + differences[1]) / 2
                if self.reverse:
                    a = float(np.real(self.gradients[i][index] * unit))
                else:
                    a = self._along([_unit(p, index if j == i else None, unit) for j, p in enumerate(self.point)])
                gap = abs(a - b) if math.isfinite(a - b) else math.inf
                if not self._agree(a, b) and gap > worst[0]:
                    what = part + (f"input {k}" if k < self.count else f"cotangent {k - self.count}")
                    worst = (gap, _message(self.name, what, index, a, b, differences))
        return worst[1]

    def _one_sided(self, i: int, index: tuple[int, ...], unit: complex) -> tuple[float, ...]:
        """The differences to the left and right of one element, with the step and with four times the step."""
        step = float(np.real(_scale(self.point[i], self.step)[index]))
        found = []
        for wide in (1, 4):
            for sign in (-1, 1):
                moved = [np.array(x) for x in self.point]
                moved[i][index] += sign * wide * step * unit
                took = float(np.real((_double(moved[i])[index] - _double(self.point[i])[index]) / unit))
                found.append(self._change(self._at(moved), self.values) / took)
        return tuple(found)


def _message(name: str, what: str, index: tuple[int, ...], a: float, b: float, differences: tuple[float, ...]) -> str:
    left, right, wide_left, wide_right = differences
    # the jump between the sides shrinks with the step where f is smooth, and stays at a kink
    jump = abs(right - left)
    kink = jump > 0.5 * abs(wide_right - wide_left) and jump > abs(a - b)
    text = f"{name}: the gradient by {what} differs most at index {index}: "
    text += f"analytic {a:.10g}, numerical {b:.10g} (difference {abs(a - b):.3g}). "
    if not math.isfinite(b):
        return text + "f is not finite one step away: move the inputs inside its domain, or give a smaller eps."
    if kink:
        text += f"It sits on a kink (from the left {left:.6g}, from the right {right:.6g}): "
        return text + "move the inputs away from it."
    text += "It does not sit on a kink: look at the VJPs of the operations in f (autograd.draw shows them), "
    return text + "or give a wider rtol."


def _name(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _unpacked(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, where they came as one tuple."""
    return inputs[0] if len(inputs) == 1 and type(inputs[0]) is tuple else inputs


def _leaves(inputs: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The inputs with a fresh leaf for each that is differentiated, and the positions of these."""
    leaves = [Tensor(np.array(raw(x)), requires_grad=True) if _is_variable(x) else x for x in inputs]
    where = [i for i, x in enumerate(inputs) if _is_variable(x)]
    if not where:
        raise ArgumentError(
            "gradcheck needs an input to differentiate: a floating array, or a Tensor with requires_grad=True."
        )
    return leaves, where


def _is_variable(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.requires_grad
    return isinstance(x, (float, complex)) or isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def _floating(outputs: Any) -> list[Any]:
    """The floating results of f, those that were not recorded as constants."""
    several = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    tensors = [
        y if isinstance(y, Tensor) else Tensor(y)
        for y in several
        if isinstance(y, (Tensor, np.ndarray, np.generic, float, complex))
    ]
    return [y for y in tensors if y.dtype.kind in "fc"]


def _gradient(
    outputs: Any, inputs: Sequence[Tensor], cotangents: Sequence[Any], create_graph: bool = False
) -> tuple[Tensor, ...]:
    """Jᵀ c by every input; zeros where the outputs do not depend on it."""
    pairs = [(y, c) for y, c in zip(_floating(outputs), cotangents, strict=True) if y.requires_grad]
    if not pairs:
        return tuple(Tensor(np.zeros_like(x._array)) for x in inputs)
    found = gradients([y for y, _ in pairs], inputs, [c for _, c in pairs], create_graph=create_graph)
    return tuple(Tensor(np.zeros_like(x._array)) if g is None else g for x, g in zip(inputs, found, strict=True))


def _tangents(
    outputs: Any, inputs: Sequence[Tensor], tangents: Sequence[Any], create_graph: bool = False
) -> tuple[Tensor, ...]:
    """J d of every floating output; zeros where it does not depend on the inputs."""
    floating = _floating(outputs)
    found = push(floating, inputs, tangents, create_graph=create_graph)
    return tuple(Tensor(np.zeros_like(y._array)) if t is None else t for y, t in zip(floating, found, strict=True))


def _unit(x: Any, index: tuple[int, ...] | None, value: complex) -> Any:
    """Zeros like x, with 1 (or i) at the index."""
    unit = np.zeros(x.shape, type(value))
    if index is not None:
        unit[index] = value
    return unit


def _pairing(c: Any, y: Any) -> float:
    """Re(c·y), summed."""
    return float(np.real(np.sum(c * y)))


def _normal(rng: np.random.Generator, like: Any) -> Any:
    drawn = rng.normal(size=like.shape)
    return np.asarray(drawn + 1j * rng.normal(size=like.shape) if like.dtype.kind == "c" else drawn, like.dtype)


def _scale(x: Any, step: float) -> Any:
    """The step of every element: relative beyond 1, absolute below."""
    return (step * np.maximum(np.abs(x), 1)).astype(x.dtype)


def _double(x: Any) -> Any:
    return np.asarray(x, np.promote_types(x.dtype, np.float64))
