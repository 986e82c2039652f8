"""scipy.optimize: root and minimize, whose solutions are differentiable by `args`: see autograd.root."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize as sp

from autograd.engine.recording import is_tensor, raw
from autograd.engine.settings import no_grad
from autograd.errors import ConvergenceError, NoRuleError
from autograd.functional.implicit import root as implicit_root
from autograd.functional.transforms import grad
from autograd.pytree import tree_map

__all__ = ["minimize", "root"]


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


def root(
    fun: Any, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None, tol: float | None = None
) -> sp.OptimizeResult:
    """The solution of fun(x, *args) = 0 in the result's `x`, with exact Jacobian whatever `jac` is.

    Raises:   ConvergenceError where SciPy would return success=False.
    """
    args = args if isinstance(args, tuple) else (args,)
    x = implicit_root(fun, x0, *args, method=method, tolerance=tol)
    return sp.OptimizeResult(x=x, success=True, message="The solution converged.")


def minimize(
    fun: Any,
    x0: Any,
    args: Any = (),
    method: str | None = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Any = None,
    options: dict[str, Any] | None = None,
) -> sp.OptimizeResult:
    """A minimum of fun(x, *args) in the result's `x`, by exact gradients whatever `jac` is (True: fun returns it, too).

    Args:      bounds, constraints: refused, since at them the gradient of fun is not 0.
    Gradient:  that of the solution of ∂fun/∂x = 0, so it is as exact as the minimum: give a small `tol`.
    Raises:    ConvergenceError where SciPy would return success=False.
    Example:
        >>> import numpy as np
        >>> from autograd import grad
        >>> from autograd.scipy.optimize import minimize
        >>> nearest = lambda a: minimize(lambda x, a: np.sum(np.cosh(x - a)), np.zeros(2), a, tol=1e-9).x
        >>> grad(lambda a: nearest(a)[0])(np.array([1.0, 2.0])).round(6) + 0.0
        array([1., 0.])
    """
    if bounds is not None or constraints:
        raise NoRuleError(
            "minimize with bounds or constraints has no derivative here, since it is found from where the gradient of "
            "fun is 0. Leave them out by a substitution, such as x = exp(z) for x > 0."
        )
    args = args if isinstance(args, tuple) else (args,)
    objective = (lambda *given: fun(*given)[0]) if jac is True else fun
    slope = grad(objective)
    found: dict[str, Any] = {}

    def solve(plain_slope: Any, start: Any) -> Any:
        constants = tree_map(lambda leaf: leaf.detach() if is_tensor(leaf) else leaf, args)

        def value(flat: Any) -> float:
            with no_grad():
                return float(raw(objective(np.reshape(flat, start.shape), *constants)))

        def of_flat(function: Any) -> Any:
            if not callable(function):
                return function
            return lambda flat, *p: raw(function(np.reshape(flat, start.shape), *p, *constants))

        result = sp.minimize(
            value,
            np.ravel(start),
            method=method,
            jac=lambda flat: np.ravel(plain_slope(np.reshape(flat, start.shape))),
            hess=of_flat(hess),
            hessp=of_flat(hessp),
            tol=tol,
            callback=callback,
            options=options,
        )
        if not result.success:
            raise ConvergenceError(
                f"minimize found no minimum from x0 of shape {start.shape}: {' '.join(str(result.message).split())} "
                "Try another x0, method or tol."
            )
        found.update(result)
        return result.x

    x = implicit_root(lambda x, *args: slope(x, *args), x0, *args, solver=solve)
    return sp.OptimizeResult({**found, "x": x, "fun": objective(x, *args)})
