"""optim.minimize: SciPy's methods with our derivatives."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import optim
from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError

GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
SECOND = ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr", "trust-exact"]


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize("method", [*GRADIENT, *SECOND, "Nelder-Mead", "Powell"])
def test_every_method_finds_the_end_of_the_valley(method: str) -> None:
    result = optim.minimize(rosenbrock, np.array([0.8, 0.7, 0.6]), method=method)
    assert np.allclose(result.x, 1, atol=2e-3), result


def test_dogleg_gets_the_hessian() -> None:
    result = optim.minimize(
        lambda x: np.cosh(x - 2).sum() + (x[0] - 3 * x[1]) ** 2, np.array([0.5, 0.3]), method="dogleg"
    )
    assert result.success
    assert np.abs(result.jac).max() < 1e-4


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-exact"])
def test_derivatives_are_exact(method: str) -> None:
    from scipy.optimize import minimize as scipys
    from scipy.optimize import rosen, rosen_der, rosen_hess

    start = np.array([0.5, -0.3, 0.7])
    expected = scipys(rosen, start, method=method, jac=rosen_der, hess=rosen_hess)
    found = optim.minimize(rosenbrock, start, method=method)
    assert (found.nit, found.success) == (expected.nit, True)
    assert np.allclose(found.x, expected.x, rtol=1e-8)
    assert found.nhev > 0


def test_x_is_built_like_x0() -> None:
    target = {"weight": np.arange(6.0).reshape(2, 3), "bias": [np.array(3.0), np.array([-1.0, 2.0])]}

    def f(x: Any) -> Any:
        assert isinstance(x["weight"], Tensor)
        assert x["weight"].shape == (2, 3)
        distance = ((x["weight"] - target["weight"]) ** 2).sum() + (x["bias"][0] - target["bias"][0]) ** 2
        return distance + ((x["bias"][1] - target["bias"][1]) ** 4).sum()

    x0 = {"weight": np.zeros((2, 3), np.float32), "bias": [0.0, Tensor([0, 0])]}
    seen: list[Any] = []
    for method in ("BFGS", "trust-ncg"):
        result = optim.minimize(f, x0, method=method, callback=seen.append)
        assert np.allclose(result.x["weight"], target["weight"], atol=1e-5)
        assert result.x["bias"][0].shape == ()
        assert np.allclose(result.x["bias"][1], [-1, 2], atol=0.05)
        assert result.jac["weight"].shape == (2, 3)
        assert seen[-1].keys() == {"weight", "bias"}
    assert x0["weight"].dtype == np.float32
    assert not x0["weight"].any()


def test_a_list_of_numbers_and_a_tensor_are_arrays() -> None:
    for x0 in ([0.5, 0.5], (0, 2), Tensor([0.5, 0.5]), np.array([0, 0])):
        assert np.allclose(optim.minimize(rosenbrock, x0).x, 1, atol=1e-4)
    assert optim.minimize(lambda x: (x - 2) ** 2, 0.0).x.shape == ()
    a, b = optim.minimize(lambda x: (x[0] - 2) ** 2 + ((x[1] + 1) ** 2).sum(), [np.zeros(()), np.zeros(2)]).x
    assert np.allclose(a, 2)
    assert np.allclose(b, -1)


def test_bounds_constraints_arguments_and_options_are_passed_on() -> None:
    def f(x: Any, shift: float) -> Any:
        return ((x - shift) ** 2).sum()

    assert np.allclose(optim.minimize(f, np.zeros(2), args=(3.0,), bounds=[(None, 1), (0, 5)]).x, [1, 3])
    constraint = {"type": "eq", "fun": lambda x: x.sum() - 2}
    assert np.allclose(optim.minimize(f, np.zeros(2), args=(3.0,), constraints=constraint).x, [1, 1])
    assert optim.minimize(rosenbrock, np.zeros(2), method="BFGS", options={"maxiter": 2}).nit == 2
    assert optim.minimize(rosenbrock, np.zeros(2), method="BFGS", tol=1e3).nit == 0
    limited = optim.minimize(f, np.zeros(2), "trust-constr", args=(3.0,), bounds=[(None, 1), (0, 5)])
    assert np.allclose(limited.x, [1, 3], atol=1e-3)


def test_a_callback_may_stop_it() -> None:
    def stop(x: Any) -> None:
        raise StopIteration

    assert optim.minimize(rosenbrock, np.zeros(3), "BFGS", callback=stop).nit == 1


def test_what_f_must_return_is_said() -> None:
    for f, message in [
        (lambda x: x, r"one number computed from x; got shape \(2,\)"),
        (lambda x: 3.0, "got 3.0"),
        (lambda x: x.numpy().sum(), r"got np.float64\(0.0\)"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            optim.minimize(f, np.zeros(2))
    with pytest.raises(DTypeError, match="dtype complex128"):
        optim.minimize(rosenbrock, np.zeros(2, complex))
    with pytest.raises(ArgumentError, match="a function of x first; got a float"):
        optim.minimize(3.0, np.zeros(2))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="without numbers"):
        optim.minimize(rosenbrock, [])


def test_it_works_under_no_grad_and_with_a_linear_part() -> None:
    with no_grad():
        result = optim.minimize(
            lambda x: x[0] + x[1] ** 2, np.ones(2), "trust-constr", bounds=[(0, None), (None, None)]
        )
    assert np.allclose(result.x, 0, atol=1e-3)
    linear = optim.minimize(lambda x: (x * 2).sum(), np.ones(2), "trust-constr", bounds=[(0, None), (0, None)])
    assert np.allclose(linear.x, 0, atol=1e-3)


def test_importing_optim_imports_no_scipy() -> None:
    code = "import optim, sys; sys.exit('scipy.optimize' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("args", [3.0, np.float64(3), np.array([3.0, 3.0]), [3.0, 3.0], (3.0,), ([3.0, 3.0],)])
def test_args_are_a_tuple_or_one_argument(args: Any) -> None:
    def f(x: Any, a: Any) -> Any:
        return np.sum((x - np.asarray(a)) ** 2)

    np.testing.assert_allclose(optim.minimize(f, np.zeros(2), args=args).x, [3, 3], rtol=1e-5)


@pytest.mark.parametrize("method", [None, "L-BFGS-B", "trust-ncg", "trust-exact", "Nelder-Mead", "trust-constr"])
def test_captured_is_the_same_search(method: Any) -> None:
    def f(p: Any, b: Any) -> Any:
        return np.sum((p["a"] - b) ** 4) + (p["c"][0] * 2 + 1) ** 2 + np.sum(p["a"]) * p["c"][0] ** 2

    x0, args = {"a": np.ones((2, 2)), "c": [0.5]}, np.arange(4.0).reshape(2, 2)
    plain, captured = (optim.minimize(f, x0, method, args=args, capture=capture) for capture in (False, True))
    assert captured.nfev == plain.nfev
    assert captured.fun == plain.fun
    assert np.array_equal(captured.x["a"], plain.x["a"])
    assert np.array_equal(captured.x["c"][0], plain.x["c"][0])


def test_captured_asks_f_a_few_times_only() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return rosenbrock(x)

    assert optim.minimize(f, np.zeros(3), "trust-ncg", capture=True).nfev > 10
    assert len(calls) == 6  # eager and twice recorded, for the gradient and for the Hessian's product
