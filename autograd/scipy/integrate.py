"""scipy.integrate: solutions of ordinary differential equations, differentiable by the adjoint method.

    y' = f(t, y, θ)      a(t) = dJ/dy(t), integrated backward in time:      a' = -(∂f/∂y)ᵀ a      θ̄ = ∫ (∂f/∂θ)ᵀ a dt

The solver is SciPy's and records nothing. The backward pass is a second equation, whose right-hand side is a vjp of f;
at each time of observation the cotangent of the solution there is added to a. The trajectory is read from the solver's
dense output, because to integrate it backward is unstable where the equation is dissipative. Only for derivatives of
the backward pass it is integrated, from one time of observation to the one before.
Source: Pontryagin et al. 1962; Chen et al. 2018, arXiv:1806.07366.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.integrate as sp

from autograd.engine.gradients import gradients
from autograd.engine.recording import is_tensor, raw
from autograd.engine.settings import enable_grad
from autograd.errors import ArgumentError, ConvergenceError, NoRuleError, ShapeError
from autograd.functional.custom import custom_vjp
from autograd.functional.transforms import vjp
from autograd.ops.arguments import as_operand
from autograd.pytree import tree_flatten, tree_unflatten
from autograd.tensor.tensor import Tensor

__all__ = ["odeint", "solve_ivp"]

Function = Callable[..., Any]


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


STEPS = {"h0": "first_step", "hmin": "min_step", "hmax": "max_step", "ml": "lband", "mu": "uband"}
UNNEEDED = {"Dfun", "col_deriv", "ixpr", "mxstep", "mxhnil", "mxordn", "mxords", "printmessg"}


def odeint(
    func: Function,
    y0: Any,
    t: Any,
    args: tuple[Any, ...] = (),
    tfirst: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
    **further: Any,
) -> Any:
    """The solution of y' = func(y, t, *args) from y0 at t[0], at all times t: (T, n); differentiable by y0, t and args.

    Args:  tfirst: func takes t before y.   rtol, atol: default 1.49e-8, as in SciPy; they hold for the adjoint, too.
           further: SciPy's h0, hmin, hmax, ml, mu. What says no more than how SciPy's solver gets there, such as Dfun
           and mxstep, is not needed.
    """
    usual = 1.49e-8
    f = func if tfirst else lambda t, y, *args: func(y, t, *args)
    options = {"method": "LSODA", "rtol": usual if rtol is None else rtol, "atol": usual if atol is None else atol}
    for name, value in further.items():
        if name not in {*STEPS, *UNNEEDED}:
            raise NoRuleError(
                f"odeint with {name}= is not differentiable here. Leave it out, or call scipy.integrate.odeint on the "
                "values (y0.numpy())."
            )
        if name in STEPS and value:  # 0 and None: as the solver likes
            options[STEPS[name]] = value
    y0 = as_operand(y0)
    flat = y0 if y0.ndim else np.reshape(y0, (1,))
    return _solved("odeint", f, flat, as_operand(t), tuple(args), options, {})


def solve_ivp(
    fun: Function,
    t_span: Sequence[float],
    y0: Any,
    method: str = "RK45",
    t_eval: Any = None,
    args: tuple[Any, ...] | None = None,
    **options: Any,
) -> Any:
    """The solution of y' = fun(t, y, *args) from y0 at t_span[0] to t_span[1]: SciPy's result, with `y` (n, T).

    Differentiable by y0, t_eval and args. Without t_eval the times are those at which the solver stepped. `events` and
    `dense_output` are SciPy's own business: they are refused.
    """
    for name in ("events", "dense_output", "vectorized", "jac"):
        if options.pop(name, None):
            raise NoRuleError(
                f"solve_ivp with {name}= is not differentiable here. Leave it out, or call scipy.integrate.solve_ivp "
                "on the values (y0.numpy())."
            )
    found: dict[str, Any] = {}
    y0 = as_operand(y0)
    times = None if t_eval is None else as_operand(t_eval)
    solution = _solved("solve_ivp", fun, y0, times, args or (), {"method": method, **options}, found, t_span)
    return type(found["result"])({**found["result"], "t": found["result"].t if times is None else times,
                                  "y": solution.T, "sol": None})  # fmt: skip


def _solved(
    name: str,
    f: Function,
    y0: Any,
    times: Any,
    args: tuple[Any, ...],
    options: dict[str, Any],
    found: dict[str, Any],
    span: Sequence[float] | None = None,
) -> Any:
    """The solution at the times, (T, n). SciPy's result is put into `found`."""
    if y0.ndim != 1:
        raise ShapeError(f"{name} takes a vector y0; got shape {y0.shape}. Ravel it, and reshape it in the function.")
    leaves, form = tree_flatten(args)
    moving = [i for i, x in enumerate(leaves) if getattr(raw(x), "dtype", np.dtype(type(x))).kind == "f"]
    theta = [leaves[i] for i in moving]

    def arguments(values: Sequence[Any]) -> tuple[Any, ...]:
        filled = [raw(x) for x in leaves]
        for i, value in zip(moving, values, strict=True):
            filled[i] = value
        return tuple(tree_unflatten(form, filled))

    def forward(y0: Any, times: Any, theta: list[Any]) -> tuple[Any, Any]:
        inner = arguments(theta)
        if any(map(is_tensor, (y0, times, *theta))):  # a derivative of the backward pass is asked for
            solution = _solved(name, f, y0, times, inner, options, found, span)
            at = found["result"].t if times is None else times
            return solution, (solution, at, theta, at[0] if span is None else float(span[0]))
        limits = (times[0], times[-1]) if span is None else (float(span[0]), float(span[1]))
        if span is None and limits[0] == limits[1]:
            return np.stack([y0] * len(times)), (lambda t: y0, times, theta, limits[0])
        apart = times if times is None else times[_first_of_each(times)]
        result = sp.solve_ivp(
            lambda t, y: _constant(name, f(t, y, *inner)),
            limits,
            np.asarray(y0),
            t_eval=apart,
            dense_output=True,
            **options,
        )
        if not result.success:
            raise ConvergenceError(f"{name} did not reach the end: {result.message} Loosen rtol and atol.")
        found["result"] = result
        if times is None:
            return result.y.T, (result.sol, result.t, theta, limits[0])
        return result.y.T[np.cumsum(_first_of_each(times)) - 1], (result.sol, times, theta, limits[0])

    def backward(needed: Any, g: Any) -> tuple[Any, Any, Any]:
        sol, at, theta, start = needed
        way = _recorded_adjoint if is_tensor(g) else _adjoint
        by_y0, by_times, by_theta = way(f, sol, at, start, theta, arguments, g, options)
        if span is None:  # the first time is where the equation starts: the solution there is y0 at any time
            y = sol[0] if is_tensor(sol) else sol(at[0])
            moved = by_times[0] - np.dot(by_y0, _vector(f(at[0], y, *arguments(theta))))
            by_times = np.concatenate([np.reshape(moved, (1,)), by_times[1:]])
        return by_y0, None if times is None else by_times, by_theta

    if times is not None and (times.ndim != 1 or times.size < 1):
        raise ArgumentError(f"{name} takes a vector of times; got shape {times.shape}.")
    solution = custom_vjp(lambda y0, times, theta: forward(y0, times, theta)[0])
    return solution.defvjp(forward, backward)(y0, times, theta)


def _first_of_each(times: Any) -> Any:
    """Which times differ from the one before: the others are asked for again."""
    return np.concatenate([[True], np.diff(times) != 0])


def _constant(name: str, slope: Any) -> Any:
    """The slope, unless it depends on a Tensor that is none of the arguments."""
    if any(getattr(part, "requires_grad", False) for part in (slope if type(slope) in (list, tuple) else (slope,))):
        raise NoRuleError(
            f"{name}: the function reads a Tensor that requires grad and is none of its arguments, whose gradient "
            "would be lost. Pass it in args=, or take its values: t.numpy()."
        )
    return slope


def _vector(values: Any) -> Any:
    """What a right-hand side returns, a list of numbers as an array."""
    return np.stack(values) if isinstance(values, (list, tuple)) else values


def _adjoint(
    f: Function,
    sol: Any,
    times: Any,
    start: float,
    theta: list[Any],
    arguments: Function,
    g: Any,
    options: dict[str, Any],
) -> tuple[Any, Any, Any]:
    """The cotangents of y0, of the times and of theta."""
    n = g.shape[1]

    def slope(t: float, state: Any) -> Any:
        """What `vjp` gives, without its care for any kind of argument: a solver asks some hundred times."""
        variables = [Tensor(x, requires_grad=True) for x in (sol(t), *theta)]
        with enable_grad():
            out = _vector(f(t, variables[0], *arguments(variables[1:])))
        if not getattr(out, "requires_grad", False):
            return np.zeros(len(state))
        found = gradients(out, variables, state[:n].astype(out.dtype, copy=False))
        return -np.concatenate(
            [np.zeros(x.size) if c is None else c._array.ravel() for c, x in zip(found, variables, strict=True)]
        )

    options = {key: value for key, value in options.items() if key not in ("first_step", "lband", "uband")}
    state = np.concatenate([g[-1], np.zeros(sum(np.size(x) for x in theta))])
    by_times = np.zeros(len(times))
    for k in range(len(times) - 1, -1, -1):
        before = times[k - 1] if k else start
        by_times[k] = np.dot(g[k], f(times[k], sol(times[k]), *arguments(theta)))
        if before != times[k]:
            result = sp.solve_ivp(slope, (times[k], before), state, **options)
            if not result.success:
                raise ConvergenceError(f"the adjoint equation was not solved: {result.message} Loosen rtol and atol.")
            state = result.y[:, -1]
        if k:
            state[:n] += g[k - 1]
    return state[:n], by_times, _shaped(state[n:], theta)


def _shaped(vector: Any, theta: list[Any]) -> list[Any]:
    """A vector as the cotangents of theta."""
    pieces = np.split(vector, np.cumsum([np.size(x) for x in theta])[:-1]) if theta else []
    return [np.reshape(c, np.shape(x)) for c, x in zip(pieces, theta, strict=True)]


def _recorded_adjoint(
    f: Function,
    ys: Any,
    times: Any,
    start: Any,
    theta: list[Any],
    arguments: Function,
    g: Any,
    options: dict[str, Any],
) -> tuple[Any, Any, Any]:
    """`_adjoint` of Tensors, for derivatives of any order: its equation is itself solved by a solver that records.

    There is no dense output then, so y is integrated backward as well, from each observation `ys` to the one before.
    """
    n = g.shape[1]

    def slope(t: Any, state: Any, *theta: Any) -> Any:
        value, pullback = vjp(lambda y, *theta: _vector(f(t, y, *arguments(theta))), state[:n], *theta)
        found = pullback(state[n : 2 * n])
        return np.concatenate([value, *[-np.reshape(c, (-1,)) for c in found]])

    options = {key: value for key, value in options.items() if key not in ("first_step", "lband", "uband")}
    a, sums = g[-1], np.zeros(sum(np.size(x) for x in theta))
    by_times = []
    for k in range(len(times) - 1, -1, -1):
        before = times[k - 1] if k else start
        by_times.append(np.dot(g[k], _vector(f(times[k], ys[k], *arguments(theta)))))
        if raw(before) != raw(times[k]):
            state, ends = np.concatenate([ys[k], a, sums]), np.stack([times[k], before])
            state = _solved("the adjoint equation", slope, state, ends, tuple(theta), options, {})[1]
            a, sums = state[n : 2 * n], state[2 * n :]
        if k:
            a = a + g[k - 1]
    return a, np.stack(by_times[::-1]), _shaped(sums, theta)
