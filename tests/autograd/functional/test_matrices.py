"""jacobian, hessian and products with them, against closed forms and PyTorch; taylor; gradcheck of any order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    Tensor,
    gauss_newton_vp,
    grad,
    gradcheck,
    gradgradcheck,
    hessian,
    hessian_diagonal,
    hvp,
    jacobian,
    taylor,
    vhp,
)
from autograd.errors import ArgumentError, GradcheckError

MODES = ("reverse", "forward", "auto")


@pytest.mark.parametrize("mode", MODES)
def test_the_jacobian_of_softmax_is_the_courses_matrix(mode: str) -> None:
    def softmax(z: Any) -> Any:
        e = np.exp(z - np.max(z))
        return e / np.sum(e)

    z = np.array([0.5, -1.0, 2.0, 0.1])
    p = softmax(z)
    np.testing.assert_allclose(jacobian(softmax, mode=mode)(z), np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_a_matrix_to_a_matrix_has_a_4_d_jacobian(mode: str) -> None:
    rng = np.random.default_rng(0)
    A, W = rng.normal(size=(3, 2)), rng.normal(size=(2, 4))
    J = jacobian(lambda X: A @ X, mode=mode)(W)
    assert J.shape == (3, 4, 2, 4)
    np.testing.assert_allclose(J, np.einsum("ik,jl->ijkl", A, np.eye(4)), atol=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_the_chain_rule_is_a_product_of_jacobians(mode: str) -> None:
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))

    def h(x: Any) -> Any:
        return np.tanh(A @ x)

    def g(y: Any) -> Any:
        return B @ np.exp(y)

    def f(z: Any) -> Any:
        return np.array([1.0, 2.0, 3.0]) * np.sum(z**2)

    x = rng.normal(size=3)
    D = [jacobian(k, mode=mode) for k in (f, g, h, lambda x: f(g(h(x))))]
    np.testing.assert_allclose(D[0](g(h(x))) @ D[1](h(x)) @ D[2](x), D[3](x), rtol=1e-12)
    np.testing.assert_allclose(
        jacobian(lambda x: np.sum(h(x)), mode=mode)(x), grad(lambda x: np.sum(h(x)))(x), rtol=1e-14
    )  # a row


def test_auto_takes_the_cheaper_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.functional import matrices

    used = []
    for name in ("pull", "push_batch"):
        original = getattr(matrices, name)
        monkeypatch.setattr(matrices, name, lambda *a, _name=name, _f=original, **k: used.append(_name) or _f(*a, **k))
    jacobian(lambda x: np.sum(x) * np.ones(5))(np.ones(3))
    jacobian(lambda x: x[:2] * 2)(np.ones(3))
    jacobian(lambda x: x * 2)(np.ones(3))
    assert used == ["push_batch", "pull", "pull"]


def test_chunks_of_directions_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.functional import matrices

    x = np.array([0.3, 0.1, -0.7])
    tree = {"a": x, "b": (x[:2], 2.0)}

    def f(p: Any) -> Any:
        return np.sin(p["a"]) * np.sum(p["b"][0]) * p["b"][1]

    def total(p: Any) -> Any:
        return np.sum(f(p) ** 2)

    computed = [(jacobian(f, mode="reverse")(tree), jacobian(f, mode="forward")(tree), hessian_diagonal(total, tree))]
    monkeypatch.setattr(matrices, "BATCH", 6)
    computed.append(
        (jacobian(f, mode="reverse")(tree), jacobian(f, mode="forward")(tree), hessian_diagonal(total, tree))
    )
    for a, b in zip(*(autograd.tree_leaves(c) for c in computed), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    for a, b in zip(*(autograd.tree_leaves(c) for c in computed[0][:2]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_hessian_of_a_quadratic_and_of_logistic_regression() -> None:
    rng = np.random.default_rng(2)
    A = rng.normal(size=(4, 4))
    np.testing.assert_allclose(hessian(lambda x: x @ A @ x / 2)(rng.normal(size=4)), (A + A.T) / 2, rtol=1e-12)

    X, y, w = rng.normal(size=(20, 3)), rng.integers(0, 2, 20), rng.normal(size=3)

    def loss(w: Any) -> Any:
        return np.sum(np.logaddexp(0, X @ w) - y * (X @ w))

    p = 1 / (1 + np.exp(-X @ w))
    H = X.T @ ((p * (1 - p))[:, None] * X)
    np.testing.assert_allclose(hessian(loss)(w), H, rtol=1e-12)
    v = rng.normal(size=3)
    np.testing.assert_allclose(hvp(loss, w, v), H @ v, rtol=1e-12)
    np.testing.assert_allclose(vhp(loss, w, v), H @ v, rtol=1e-12)
    np.testing.assert_allclose(hessian_diagonal(loss, w), np.diag(H), rtol=1e-12)
    # the residual is linear in w, so Gauss-Newton is the whole Hessian
    found = gauss_newton_vp(lambda w: X @ w, w, v, loss=lambda z: np.sum(np.logaddexp(0, z) - y * z))
    np.testing.assert_allclose(found, H @ v, rtol=1e-12)


def test_products_take_trees_and_several_arguments_and_keep_float32() -> None:
    def f(p: Any, s: Any) -> Any:
        return np.sum(np.sin(p["w"]) * p["w"]) * s**2

    p, s = {"w": np.array([0.3, 0.7])}, 2.0
    v = ({"w": np.array([1.0, -1.0])}, 0.5)
    H = hessian(f, argnum=(0, 1))(p, s)
    by_hand_w = H[0]["w"][0]["w"] @ v[0]["w"] + H[0]["w"][1] * v[1]
    by_hand_s = H[1][0]["w"] @ v[0]["w"] + H[1][1] * v[1]
    for product in (hvp(f, (p, s), v), vhp(f, (p, s), v)):
        np.testing.assert_allclose(product[0]["w"], by_hand_w, rtol=1e-12)
        assert product[1] == pytest.approx(by_hand_s, rel=1e-12)
        assert type(product[1]) is float
    x = np.ones(3, np.float32)
    for found in (
        hvp(lambda x: np.sum(x**3), x, x),
        hessian(lambda x: np.sum(x**3))(x),
        hessian_diagonal(lambda x: np.sum(x**3), x),
    ):
        assert found.dtype == np.float32


def test_gauss_newton_of_a_nonlinear_function() -> None:
    rng = np.random.default_rng(3)
    A, x, v = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)

    def f(x: Any) -> Any:
        return np.tanh(A @ x)

    def loss(z: Any) -> Any:
        return np.sum(np.exp(z))

    J = jacobian(f)(x)
    np.testing.assert_allclose(gauss_newton_vp(f, x, v), J.T @ (J @ v), rtol=1e-12)
    np.testing.assert_allclose(gauss_newton_vp(f, x, v, loss), J.T @ (np.exp(f(x)) * (J @ v)), rtol=1e-12)
    np.testing.assert_allclose(
        jacobian(lambda v: gauss_newton_vp(f, x, v, loss))(v), J.T @ np.diag(np.exp(f(x))) @ J, rtol=1e-12, atol=1e-14
    )


def test_hutchinsons_estimate_comes_near_and_repeats() -> None:
    rng = np.random.default_rng(4)
    A = rng.normal(size=(4, 4)) / 4 + np.diag([1.0, 2.0, 3.0, 4.0])
    S = (A + A.T) / 2

    def f(x: Any) -> Any:
        return x @ S @ x / 2

    x = np.zeros(4)
    found = hessian_diagonal(f, x, samples=4000, rng=np.random.default_rng(0))
    error = np.sqrt((np.sum(S**2, axis=1) - np.diag(S) ** 2) / 4000)
    assert np.all(np.abs(found - np.diag(S)) < 4 * error)
    np.testing.assert_array_equal(found, hessian_diagonal(f, x, samples=4000, rng=np.random.default_rng(0)))
    diagonal = hessian_diagonal(lambda x: np.sum(x**4), np.array([1.0, 2.0]), samples=1)
    assert diagonal.tolist() == [12, 48]  # of a diagonal Hessian every sample is exact
    for samples in (0, 1.5, True):
        with pytest.raises(ArgumentError, match="positive integer"):
            hessian_diagonal(f, x, samples=samples)  # type: ignore[arg-type]


TAYLOR = {
    "exp": (np.exp, 0.3, lambda k: math.exp(0.3) / math.factorial(k)),
    "1/(1-x)": (lambda x: 1 / (1 - x), 0.0, lambda k: 1.0),
    "log": (np.log, 1.0, lambda k: 0.0 if k == 0 else (-1) ** (k + 1) / k),
    "x**3": (lambda x: x**3, 2.0, lambda k: [8, 12, 6, 1, 0, 0, 0][k]),
    "constant": (lambda x: 5.0, 2.0, lambda k: 5.0 if k == 0 else 0.0),
}


@pytest.mark.parametrize("name", TAYLOR)
def test_taylor_coefficients(name: str) -> None:
    f, x, expected = TAYLOR[name]
    found = taylor(f, x, 6)
    assert found == pytest.approx([expected(k) for k in range(7)], rel=1e-10, abs=1e-12)
    assert all(type(c) is float for c in found)


def test_taylor_along_a_direction_and_its_errors() -> None:
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    found = taylor(lambda x: x[0] ** 2 * x, x, 3, v)  # (1+t)² (1+t, 2-t)
    np.testing.assert_allclose(found, [[1, 2], [3, 3], [3, 0], [1, -1]], atol=1e-12)
    assert grad(lambda x: taylor(np.exp, x, 3)[3])(0.0) == pytest.approx(1 / 6)
    with pytest.raises(ArgumentError, match="direction v"):
        taylor(np.sin, x, 2)
    with pytest.raises(ArgumentError, match="0 or more"):
        taylor(np.sin, 1.0, -1)


# gradcheck


def test_gradcheck_of_any_order_in_both_modes() -> None:
    x, y = np.array([0.3, 0.8]), np.array([1.2, -0.4])
    assert gradcheck(lambda x, y: np.sin(x) * y @ x, x, y, order=3, modes=("reverse", "forward"))
    assert gradcheck(np.tanh, x, modes="forward")
    for bad in ("sideways", (), ("reverse", "both")):
        with pytest.raises(ArgumentError, match="modes"):
            gradcheck(np.sin, x, modes=bad)
    with pytest.raises(ArgumentError, match="order"):
        gradcheck(np.sin, x, order=0)


def test_gradcheck_finds_a_wrong_rule_of_each_kind() -> None:
    x = np.array([0.3, 0.8])
    good = autograd.primitive(lambda x: x**3, lambda g, out, x: 3 * g * x**2, name="good")
    wrong_jvp = autograd.primitive(lambda x: x**3, lambda g, out, x: 3 * g * x**2, name="wrong_jvp")
    wrong_jvp.defjvp(lambda t, out, x: 2 * t * x**2)
    # right at first order, wrong at second: the rule treats a part of itself as a constant
    wrong_twice = autograd.primitive(
        lambda x: x**3, lambda g, out, x: g * x * 3 * autograd.stop_gradient(x), name="wrong_twice"
    )
    assert gradcheck(good, x, order=2, modes=("reverse", "forward"))
    assert gradcheck(wrong_jvp, x)
    with pytest.raises(GradcheckError, match=r"gradcheck \(forward, order 1\).*index"):
        gradcheck(wrong_jvp, x, modes=("reverse", "forward"))
    assert gradcheck(wrong_twice, x, modes=("reverse", "forward"))
    with pytest.raises(GradcheckError, match=r"reverse over reverse, order 2"):
        gradcheck(wrong_twice, x, order=2)
    assert not gradcheck(wrong_twice, Tensor(x, requires_grad=True), order=2, modes="forward", raise_exception=False)


def test_gradcheck_takes_its_inputs_as_one_tuple() -> None:
    x, y = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    for check in (gradcheck, gradgradcheck):
        assert check(np.tanh, (x,))
        assert check(lambda x, y: x * y * y, (x, y))
        assert check(lambda x, y: x * y * y, (Tensor(x, requires_grad=True), Tensor(y)))
        with pytest.raises(ArgumentError, match="needs an input to differentiate"):
            check(np.tanh, ())
    assert gradcheck(lambda x, y: x * y, (x, y), order=2, modes=("reverse", "forward"))
    wrong = autograd.primitive(lambda x: x**2, lambda g, out, x: g * x, name="wrong", keeps="x")
    assert not gradcheck(wrong, (x,), raise_exception=False)
    with pytest.raises(GradcheckError, match="by input 0"):
        gradcheck(wrong, (x,))
    assert gradcheck(lambda x, shape: np.reshape(x, shape), x, (2, 1))  # a tuple among others is an input
