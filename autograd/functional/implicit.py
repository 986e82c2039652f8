"""Derivatives of solutions of equations, by the implicit function theorem: the iterations are not recorded.

    x = f(x, θ)         x̄ = dJ/dx        θ̄ = (∂f/∂θ)ᵀ u,   u = x̄ + (∂f/∂x)ᵀ u
    F(x, θ) = 0                          θ̄ = -(∂F/∂θ)ᵀ u,  (∂F/∂x)ᵀ u = x̄

θ are the other arguments of the function, and the Tensors that it uses by closure.
Source: Christianson 1994, "Reverse accumulation and attractive fixed points"; Bai et al. 2019, arXiv:1909.01377.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.batch import pull
from autograd.engine.gradients import gradients
from autograd.engine.graph import clock
from autograd.engine.kinds import inside_vmap
from autograd.engine.recording import is_tensor, result
from autograd.engine.registry import alias
from autograd.engine.settings import enable_grad, is_grad_enabled, no_grad
from autograd.errors import ArgumentError, BatchError, ConvergenceError, ShapeError
from autograd.functional.argument_checks import Function, check_callable, check_floating
from autograd.functional.function_node import (
    StandIns,
    arguments_for_rerun,
    captured_tensor,
    record_function,
    with_placeholders,
)
from autograd.functional.recorded_call import in_type_of
from autograd.pytree import leaves_like, tree_flatten, tree_map, tree_unflatten
from autograd.recorder import asarray
from autograd.tensor.tensor import Tensor

Solve = Callable[[list[Any], list[Any], Callable[[Sequence[Any]], list[Any]], bool], list[Any]]


def fixed_point(f: Function, x0: Any, *args: Any, tolerance: float | None = None, max_iterations: int = 1000) -> Any:
    """The solution of x = f(x, *args), by iteration from x0; its gradient by args is that of the exact solution.

    Args:      f: a contraction near the solution; returns something built like x0.
               x0: an array, a float, a Tensor, or a tree of them; no gradient flows to it.
               args: Tensors among them, and those that f uses by closure, get gradients, of any order and in forward
               mode.
               tolerance: stop when |f(x) - x| <= tolerance · (1 + |x|), in the largest element;
               default 1e-10 for float64, 1e-5 for float32. It also holds for the linear equation of the backward pass.
    Returns:   x, built like x0: Tensors if x0, args or what f uses contain Tensors.
    Raises:    ConvergenceError if max_iterations do not reach the tolerance, forward or backward.
    Example:
        >>> import numpy as np
        >>> from autograd import fixed_point, grad
        >>> sqrt = lambda a: fixed_point(lambda x, a: (x + a / x) / 2, 1.0, a)       # Heron
        >>> round(sqrt(2.0), 6), round(grad(sqrt)(2.0), 6), round(grad(grad(sqrt))(2.0), 6)
        (1.414214, 0.353553, -0.088388)
    """
    check_callable("fixed_point", f)
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, (int, np.integer)) or max_iterations < 1:
        raise ArgumentError(f"fixed_point's max_iterations must be a positive integer; got {max_iterations!r}.")
    if tolerance is not None and not tolerance > 0:
        raise ArgumentError(f"fixed_point's tolerance must be positive; got {tolerance!r}.")
    starts, form = tree_flatten(x0)
    for x in starts:
        check_floating("fixed_point", x, "x0")

    def step(xs: Sequence[Any], inner: Sequence[Any]) -> list[Any]:
        return leaves_like(form, f(tree_unflatten(form, xs), *inner), "fixed_point: the result of f")

    def solve(x: Sequence[Any]) -> list[Any]:
        constants = tree_map(_detached, args)
        with no_grad():
            return _iterate(
                lambda xs: [_array(y) for y in step(xs, constants)], x, tolerance, int(max_iterations), "fixed_point"
            )

    def adjoint(g: list[Any], xs: list[Any], pull_x: Callable[[Sequence[Any]], list[Any]], create: bool) -> list[Any]:
        def around(u: Sequence[Any]) -> list[Any]:
            return [c + p for c, p in zip(g, pull_x(u), strict=True)]

        if not create:
            what = "fixed_point's backward pass"
            return _iterate(
                lambda u: [_array(y) for y in around(u)], [_array(c) for c in g], tolerance, int(max_iterations), what
            )
        first = [_array(c) for c in g]
        return list(fixed_point(around, first, tolerance=tolerance, max_iterations=max_iterations))

    return _implicit("fixed_point", step, solve, adjoint, x0, args)


def root(
    f: Function,
    x0: Any,
    *args: Any,
    solver: Callable[..., Any] | None = None,
    method: str = "hybr",
    tolerance: float | None = None,
) -> Any:
    """The solution of f(x, *args) = 0, by scipy.optimize.root with the exact Jacobian, differentiable by args.

    Args:      f: returns as many numbers as x has.
               x0: where the search starts, an array, a float or a Tensor; no gradient flows to it.
               solver: `solver(F, x0) -> x`, with F plain NumPy, to use another solver than SciPy's.
               method, tolerance: scipy.optimize.root's `method` and `tol`.
    Returns:   x, shaped like x0; a Tensor if x0, args or what f uses contain Tensors.
    Raises:    ConvergenceError, with SciPy's message, if no solution is found.
    Gradient:  θ̄ = -(∂f/∂θ)ᵀ J⁻ᵀ x̄, J = ∂f/∂x at the solution, dense; of any order, and in forward mode.
    Example:
        >>> import numpy as np
        >>> from autograd import grad, root
        >>> solution = lambda a: root(lambda x, a: x**3 + x - a, 0.5, a)
        >>> round(solution(2.0), 6), round(grad(solution)(2.0), 6)               # 1, and 1 / (3 x² + 1)
        (1.0, 0.25)
    """
    check_callable("root", f)
    check_floating("root", x0, "x0")

    def step(xs: Sequence[Any], inner: Sequence[Any]) -> list[Any]:
        y, shape = f(xs[0], *inner), xs[0].shape
        found = _array(y).shape
        if math.prod(found) != math.prod(shape):
            raise ShapeError(f"root needs a function that returns as many numbers as x has, {shape}; got {found}.")
        return [y if found == shape else np.reshape(y, shape)]

    def solve(x: Sequence[Any]) -> list[Any]:
        constants = tree_map(_detached, args)
        [start] = x

        def value(flat: Any) -> Any:
            with no_grad():
                found = np.ravel(_array(step([np.reshape(flat, start.shape)], constants)[0]))
            return asarray(found) if inside_vmap.get() else found  # a batch refuses, before SciPy calls it from C

        def matrix(flat: Any) -> Any:
            at = Tensor(np.reshape(np.array(flat), start.shape), requires_grad=True)
            with enable_grad():
                [y] = step([at], constants)
            return _array(_square(y, at, False))

        if solver is not None:
            solved = solver(lambda flat: np.reshape(value(flat), start.shape), start)
            return [np.reshape(asarray(solved, start.dtype), start.shape)]
        from scipy import optimize

        found = optimize.root(value, np.ravel(start).astype(float), jac=matrix, method=method, tol=tolerance)
        if not found.success:
            raise ConvergenceError(
                f"root found no solution from x0 of shape {start.shape}: {' '.join(found.message.split())} "
                "Try another x0 or method."
            )
        return [np.reshape(found.x, start.shape).astype(start.dtype)]

    def adjoint(g: list[Any], xs: list[Any], pull_x: Callable[[Sequence[Any]], list[Any]], create: bool) -> list[Any]:
        [c] = g
        with enable_grad() if create else no_grad():
            unit = np.reshape(np.eye(c.size, dtype=c.dtype), (c.size, *c.shape))
            rows = [np.reshape(pull_x([e])[0], (c.size,)) for e in unit]
            J = np.stack(rows)  # (Q, P): row k is the pullback of the k-th unit vector
            return [-np.reshape(np.linalg.solve(J.T, np.reshape(c, (c.size,))), c.shape)]

    return _implicit("root", step, solve, adjoint, x0, args)


def _implicit(name: str, step: Function, solve: Function, adjoint: Function, x0: Any, args: tuple[Any, ...]) -> Any:
    """Solve on plain arrays, and record the solution as one operation on args and on what the function captured.

    Args:  step: (x, args) -> f(x, *args), as lists of leaves.
           solve: x0 -> x, on arrays.
           adjoint: (x̄, x, u -> (∂f/∂x)ᵀ u, whether to record) -> u, the solution of the linear equation.
    """
    starts, form = tree_flatten(x0)
    try:
        values = solve([np.array(_array(x), np.result_type(_array(x))) for x in starts])
    except BatchError:
        raise BatchError(
            f"{name} inside vmap would have to ask whether the solution of each example is good enough. Solve for all "
            f"examples as one system: {name}(vmap(f), X0, …), with vmap inside."
        ) from None
    leaves, arg_form = tree_flatten(args)
    tensors = any(is_tensor(x) for x in (*starts, *leaves))

    def plain() -> Any:
        return tree_unflatten(
            form,
            [Tensor(v) if tensors else in_type_of(x, result(v, None)) for v, x in zip(values, starts, strict=True)],
        )

    if not is_grad_enabled():
        return plain()
    start = next(clock)
    stand_ins = StandIns(leaves)
    xs = [Tensor(v, requires_grad=True) for v in values]
    stand_ins.tensors.update({-1 - i: x for i, x in enumerate(xs)})  # x is a stand-in too, not a captured Tensor
    with enable_grad():
        probe = step(xs, tree_unflatten(arg_form, stand_ins.leaves))
    captured = stand_ins.captured(probe, start)
    if not captured and len(stand_ins.tensors) == len(xs):
        return plain()
    del probe
    constants = with_placeholders(leaves)

    def joint(g: Any, out: Any, *kept: Any) -> tuple[Any, ...]:
        create = any(is_tensor(c) for c in g)
        given, variables = arguments_for_rerun(constants, kept, create)
        recorded = create and all(is_tensor(x) for x in out)
        at = [alias(x._array, x.node) if recorded else Tensor(_array(x), requires_grad=True) for x in out]
        with enable_grad():
            around = [y if is_tensor(y) else Tensor(y) for y in step(at, tree_unflatten(arg_form, given))]
        moving = [i for i, y in enumerate(around) if y.requires_grad]
        wanted = [*at, *variables.values(), *(captured_tensor(origin) for origin in captured)]

        def pulled(u: Sequence[Any], made: bool) -> list[Any]:
            outputs = [around[i] for i in moving]
            found = (
                gradients(outputs, wanted, [u[i] for i in moving], True, made, partial=True)
                if outputs
                else [None] * len(wanted)
            )
            zero = [np.zeros(x.shape, x.dtype) for x in at]
            first = [z if c is None else c if made else c._array for z, c in zip(zero, found, strict=False)]
            return [*first, *found[len(at) :]]

        def pull_x(u: Sequence[Any]) -> list[Any]:
            return pulled(u, create and is_grad_enabled())[: len(at)]

        u = adjoint(list(g), at, pull_x, create)
        rest = pulled(u, create)[len(at) :]
        by_position = dict(zip(variables, rest, strict=False))
        return (*(by_position.get(i) for i in range(len(constants))), *rest[len(variables) :])

    made = record_function(name, joint, leaves, captured, values, f"{name}, implicitly")
    return tree_unflatten(form, made)


def _iterate(
    f: Callable[[list[Any]], list[Any]], x: Sequence[Any], tolerance: float | None, limit: int, what: str
) -> list[Any]:
    """Iterate x = f(x) until the change is within the tolerance."""
    old: list[Any] = list(x)
    move = allowed = np.float64(np.inf)
    for _ in range(limit):
        new = f(old)
        moves = False
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            if b.shape != a.shape:
                raise ShapeError(f"{what}: f maps shape {a.shape} to {b.shape}; x and f(x) must have one shape.")
            new[i] = b = asarray(b, a.dtype)
            usual = 1e-5 if a.dtype.itemsize <= 4 else 1e-10
            distance = np.max(np.abs(b - a), initial=0).astype(float)
            bound = (usual if tolerance is None else tolerance) * (1 + np.max(np.abs(b), initial=0).astype(float))
            if not distance <= bound or not np.isfinite(bound):  # an infinite x is no solution
                moves, move, allowed = True, distance, bound
        old = new
        if not moves:
            return old
        if not np.isfinite(move) or not np.isfinite(allowed):
            break
    raise ConvergenceError(
        f"{what} did not converge in {limit} iterations: the last step was {move:.3g}, allowed {allowed:.3g}. "
        "f must be a contraction near the solution: start closer, damp it (x + 0.5 (f(x) - x)), allow more iterations, "
        "or take root(lambda x: f(x) - x, x0)."
    )


def _square(y: Any, x: Any, create: bool) -> Any:
    """∂y/∂x, both flattened."""
    if not is_tensor(y) or not y.requires_grad:
        return np.zeros((x.size, x.size), x.dtype)
    unit = np.reshape(np.eye(x.size, dtype=y.dtype), (x.size, *y.shape))
    J: Any
    [J] = pull([y], [x], [unit], create_graph=create)
    return np.zeros((x.size, x.size), x.dtype) if J is None else np.reshape(J, (x.size, x.size))


def _array(x: Any) -> Any:
    return x._array if is_tensor(x) else asarray(x)


def _detached(x: Any) -> Any:
    return Tensor(x._array) if is_tensor(x) else x
