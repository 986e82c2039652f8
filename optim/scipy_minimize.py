"""minimize: SciPy's methods of minimization with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from numbers import Number
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.capture.captured import capture as captured
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError
from autograd.options import check_flag
from autograd.pytree import tree_flatten, tree_unflatten

NO_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
HESSIAN_PRODUCT = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
HESSIAN = ("dogleg", "trust-exact")


def minimize(
    f: Callable[..., Any],
    x0: Any,
    method: Any = None,
    *,
    args: Any = (),
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    options: dict[str, Any] | None = None,
    capture: bool = False,
) -> Any:
    """Find a minimum of f near x0 by one of SciPy's methods.

    The gradient comes from one backward sweep. Second derivatives are exact, too: Newton-CG, trust-ncg, trust-krylov
    and trust-constr get products of the Hessian with a vector, dogleg and trust-exact the Hessian.

    Args:      f: takes x as Tensors, in the structure of x0, and then `args`; returns one number.
               x0: an array, a Tensor, a list of numbers, or a tree of arrays (nested lists, tuples and dicts).
               args: further arguments of f as a tuple; as in SciPy, anything else is one argument.
               method: as SciPy takes it. None means BFGS, with bounds L-BFGS-B, with constraints SLSQP.
               bounds, constraints: as SciPy takes them, for all elements of x as one row, leaf after leaf.
               tol, options: as SciPy takes them.
               capture: record f and its derivatives once and replay them: the same search, in less time where it takes
               hundreds of evaluations of small arrays; docs/capture.md.
               callback: called with x after every iteration; it may raise StopIteration to end the search.
    Returns:   SciPy's OptimizeResult; x and the gradient (`jac`) are arrays in the structure of x0.
    Numerics:  in float64, whatever the dtype of x0.
    Raises:    ArgumentError if f does not return one number that depends on x.
    Source:    scipy.optimize.minimize; the products: Pearlmutter 1994.
    Example:
        >>> import numpy as np, optim
        >>> def rosenbrock(x):
        ...     return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
        >>> optim.minimize(rosenbrock, np.zeros(3), method="trust-ncg").x.round(4)
        array([1., 1., 1.])
    """
    from scipy.optimize import minimize as scipy_minimize  # here, because the import takes a tenth of a second

    check_flag("capture", capture)
    objective = (_CapturedObjective if capture else _Objective)(f, x0, args if isinstance(args, tuple) else (args,))
    name = method.lower() if isinstance(method, str) else ""
    wanted: dict[str, Any] = (
        {"fun": objective.value} if name in NO_GRADIENT else {"fun": objective.value_and_gradient, "jac": True}
    )
    if name in HESSIAN_PRODUCT or callable(method):
        wanted["hessp"] = objective.product
    if name in HESSIAN:
        wanted["hess"] = objective.hessian
    if callback is not None:
        wanted["callback"] = lambda x, *rest: callback(objective.structured(x))
    with enable_grad():
        result = scipy_minimize(
            x0=objective.start,
            method=method,
            bounds=bounds,
            constraints=constraints,
            tol=tol,
            options=options,
            **wanted,
        )
    result.x = objective.structured(result.x)
    for key in ("jac", "grad"):  # in trust-constr `grad` is f's gradient, and `jac` those of the constraints
        if isinstance(result.get(key), np.ndarray) and result[key].shape == objective.start.shape:
            result[key] = objective.structured(result[key])
    return result


class _Objective:
    """f as a function of one row of numbers, with its derivatives."""

    def __init__(self, f: Callable[..., Any], x0: Any, args: tuple[Any, ...]) -> None:
        if isinstance(x0, (list, tuple)) and x0 and all(isinstance(x, Number) for x in x0):
            x0 = np.array(x0)
        if not callable(f):
            raise ArgumentError(f"minimize takes a function of x first; got a {type(f).__name__}.")
        leaves, self.structure = tree_flatten(x0)
        arrays = [np.asarray(raw(leaf)) for leaf in leaves]
        for array in arrays:
            if array.dtype.kind not in "fiu":
                raise DTypeError(f"minimize varies real numbers; got an x0 of dtype {array.dtype}.")
        self.f, self.args = f, args
        self.shapes = [array.shape for array in arrays]
        self.ends = [0, *accumulate(array.size for array in arrays)]
        self.start = np.concatenate([array.reshape(-1).astype(np.float64) for array in arrays] or [np.empty(0)])
        if not self.start.size:
            raise ArgumentError(f"minimize got an x0 without numbers: {x0!r}.")
        # The x at which the gradient was recorded last, and the variables and gradients of that recording
        self._at: Any = None
        self._recorded: tuple[list[Tensor], list[Any]] = ([], [])

    def structured(self, x: Any) -> Any:
        """A row of numbers in the structure of x0, as new arrays."""
        return tree_unflatten(self.structure, [part.copy() for part in self._parts(x)])

    def value(self, x: Any) -> float:
        return self._evaluate(x)[1].item()  # type: ignore[no-any-return]

    def value_and_gradient(self, x: Any) -> tuple[float, Any]:
        value, slopes = self._value_and_row(x)
        return value.item(), slopes

    def product(self, x: Any, v: Any, *args: Any) -> Any:
        """The Hessian at x times v. For one x the gradient is recorded once."""
        if self._at is None or not np.array_equal(self._at, x):
            self._recorded = self._gradient_graph(x)
            self._at = np.copy(x)
        return self._product(*self._recorded, v)

    def hessian(self, x: Any, *args: Any) -> Any:
        return np.array([self.product(x, unit) for unit in np.eye(len(x))])

    def _gradient_graph(self, x: Any) -> tuple[list[Tensor], list[Any]]:
        variables, value = self._evaluate(x)
        return variables, gradients(value, variables, create_graph=True)

    def _product(self, variables: list[Tensor], slopes: list[Any], v: Any) -> Any:
        pairs = [
            (g, part)
            for g, part in zip(slopes, self._parts(v), strict=True)
            if isinstance(g, Tensor) and g.requires_grad
        ]
        if not pairs:  # f is linear
            return np.zeros_like(v)
        found = gradients([g for g, _ in pairs], variables, [Tensor(part) for _, part in pairs], retain_graph=True)
        return self._row([raw(h) for h in found])

    def _evaluate(self, x: Any) -> tuple[list[Tensor], Tensor]:
        variables = [Tensor(part.copy(), requires_grad=True) for part in self._parts(x)]
        value = self.f(tree_unflatten(self.structure, variables), *self.args)
        if not isinstance(value, Tensor) or value.size != 1 or not value.requires_grad:
            what = f"shape {value.shape}" if isinstance(value, Tensor) and value.size != 1 else f"{value!r}"
            raise ArgumentError(f"minimize needs an f that returns one number computed from x; got {what}.")
        return variables, value.reshape(()) if value.ndim else value

    def _value_and_row(self, x: Any) -> tuple[Tensor, Any]:
        variables, value = self._evaluate(x)
        return value, self._row([raw(g) for g in gradients(value, variables)])

    def _parts(self, row: Any) -> list[Any]:
        return [
            row[start:stop].reshape(shape)
            for (start, stop), shape in zip(pairwise(self.ends), self.shapes, strict=True)
        ]

    def _row(self, arrays: list[Any]) -> Any:
        return np.concatenate(
            [np.zeros(shape) if a is None else a for a, shape in zip(arrays, self.shapes, strict=True)], axis=None
        )


class _CapturedObjective(_Objective):
    """The same, recorded once and replayed."""

    def __init__(self, f: Callable[..., Any], x0: Any, args: tuple[Any, ...]) -> None:
        super().__init__(f, x0, args)
        plain = _Objective(f, x0, args)  # what is recorded reaches this one, and not what holds the recordings
        self._value = captured(lambda x: plain._evaluate(x)[1])
        self._both = captured(plain._value_and_row)
        self._whole_product = captured(lambda x, v: plain._product(*plain._gradient_graph(x), v))

    def value(self, x: Any) -> float:
        return self._value(x).item()  # type: ignore[no-any-return]

    def value_and_gradient(self, x: Any) -> tuple[float, Any]:
        value, slopes = self._both(x)
        return value.item(), slopes

    def product(self, x: Any, v: Any, *args: Any) -> Any:
        return self._whole_product(x, np.ascontiguousarray(v))
