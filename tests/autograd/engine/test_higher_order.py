"""A graph of the gradient, to any order, from the same rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, jacobian
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.engine.primitive import Primitive


def derivatives(f: Callable[[Any], Any], x: Any, order: int) -> list[Any]:
    """f(x), f'(x), f''(x) … elementwise, by repeated sweeps."""
    t = Tensor(x, requires_grad=True)
    y = f(t)
    found = [y.numpy()]
    for _ in range(order):
        y = gradients(y, [t], np.ones(y.shape), create_graph=True)[0]
        found.append(y.numpy())
    return found


CLOSED = {
    "x**5": (
        lambda x: x**5,
        [lambda x: x**5, lambda x: 5 * x**4, lambda x: 20 * x**3, lambda x: 60 * x**2, lambda x: 120 * x],
    ),
    "sin": (np.sin, [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin]),
    "exp": (np.exp, [np.exp] * 5),
    "tanh": (
        np.tanh,
        [
            np.tanh,
            lambda x: 1 - np.tanh(x) ** 2,
            lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
            lambda x: (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2),
        ],
    ),
    "1/x": (lambda x: 1 / x, [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4]),
    "log": (np.log, [np.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3]),
    "sqrt": (np.sqrt, [np.sqrt, lambda x: x**-0.5 / 2, lambda x: -(x**-1.5) / 4, lambda x: 3 * x**-2.5 / 8]),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize(
    "x", [0.7, np.array([0.3, 1.0, 1.9]), np.array([[0.5]], order="F")], ids=["number", "vector", "matrix"]
)
def test_closed_forms_to_third_order_and_beyond(name: str, x: Any) -> None:
    f, expected = CLOSED[name]
    found = derivatives(f, x, len(expected) - 1)
    for order, (value, formula) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_allclose(value, formula(x), rtol=1e-9, err_msg=f"derivative {order} of {name}")
        assert np.shape(value) == np.shape(x)


@pytest.mark.parametrize("name", CLOSED)
def test_float32_stays_float32_to_third_order(name: str) -> None:
    f, expected = CLOSED[name]
    x = np.array([0.5, 1.5], np.float32)
    for value, formula in zip(derivatives(f, x, 3), expected, strict=False):
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, formula(x.astype(float)), rtol=1e-3, atol=1e-4)


def test_mixed_partials() -> None:
    """f = x³ y² z: every third partial, in every order of differentiation."""
    point = {"x": 1.3, "y": -0.7, "z": 2.1}
    x, y, z = point.values()
    expected = {
        "xxx": 6 * y**2 * z, "xxy": 12 * x * y * z, "xxz": 6 * x * y**2, "xyy": 6 * x**2 * z,
        "xyz": 6 * x**2 * y, "yyz": 2 * x**3, "yyy": 0.0, "zzz": 0.0,
    }  # fmt: skip
    for word, value in expected.items():
        for order in {word, word[::-1], word[1] + word[0] + word[2]}:
            t = {name: Tensor(number, requires_grad=True) for name, number in point.items()}
            f = t["x"] ** 3 * t["y"] ** 2 * t["z"]
            for name in order:
                (f,) = gradients(f, [t[name]], create_graph=True) if f.requires_grad else (None,)
                if f is None:
                    f = Tensor(0.0)
            assert float(f) == pytest.approx(value, abs=1e-12), order


def test_backward_with_create_graph_leaves_a_grad_that_can_be_differentiated() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    np.testing.assert_allclose(x.grad.numpy(), [3, 12])
    g = x.grad
    x.zero_grad()
    (g**2).sum().backward()  # 9x⁴ -> 36x³
    np.testing.assert_allclose(x.grad.numpy(), [36, 288])


def test_a_gradient_penalty_reaches_the_weights() -> None:
    """|∂f/∂x|² as a loss: what a critic with a gradient penalty needs."""

    def penalty(w: Any, x: Any) -> Any:
        x = Tensor(getattr(x, "data", x), requires_grad=True)
        (g,) = gradients(np.tanh(x @ w).sum(), [x], create_graph=True)
        return ((np.sqrt((g**2).sum(axis=1)) - 1) ** 2).mean()

    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 3))
    assert gradcheck(lambda w: penalty(w, x), rng.normal(size=(3, 2)))


def test_hessian_vector_product_by_two_sweeps() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 4))
    x = Tensor(rng.normal(size=4), requires_grad=True)
    v = rng.normal(size=4)
    (g,) = gradients(x @ a @ x, [x], create_graph=True)
    (h,) = gradients(g, [x], v)
    np.testing.assert_allclose(h.numpy(), (a + a.T) @ v)


def test_the_cotangent_may_be_a_tensor_and_is_differentiated() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    c = Tensor([3.0, 4.0], requires_grad=True)
    (g,) = gradients(x**2, [x], c, create_graph=True)
    (by_c,) = gradients(g.sum(), [c])
    np.testing.assert_allclose(by_c.numpy(), [2, 4])


def test_what_does_not_depend_on_x_any_more_is_a_constant() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (g,) = gradients((3.0 * x).sum(), [x], create_graph=True)
    assert not g.requires_grad
    assert gradients((x**2).sum() + g.sum(), [x])[0].tolist() == [2, 4]


def test_a_first_order_sweep_records_nothing() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x**2).sum()
    (g,) = gradients(y, [x])
    assert not g.requires_grad
    assert g.node is None


def test_values_inside_are_the_same_nodes_in_the_gradients_graph() -> None:
    """exp's rule reads its result: the graph of the gradient leads to the recorded exp, it is not computed again."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    (g,) = gradients(y.sum(), [x], create_graph=True)
    exps = [item for item in ancestors(g.node) if isinstance(item, Node) and item.primitive.name == "exp"]
    assert exps == [y.node]


def test_second_sweep_goes_through_intermediate_results() -> None:
    x = Tensor(0.5, requires_grad=True)
    y = np.sin(x)
    z = np.exp(y)
    (gy,) = gradients(z, [y], create_graph=True)
    (gx,) = gradients(gy, [x])
    assert float(gx) == pytest.approx(np.exp(np.sin(0.5)) * np.cos(0.5))


def test_gradgradcheck_sees_a_rule_that_loses_its_graph() -> None:
    raw = Primitive(
        lambda x: x**2, lambda g, out, x: g * 2 * x.data if isinstance(x, Tensor) else g * 2 * x, name="raw"
    )
    x = np.array([1.0, 2.0])
    assert gradcheck(raw, x)
    assert not gradgradcheck(raw, x, raise_exception=False)


def test_broadcasting_in_the_gradients_graph() -> None:
    rng = np.random.default_rng(0)
    assert gradgradcheck(lambda a, b: a * b**2 / (1 + a * a), rng.normal(size=(3, 1)), rng.normal(size=4))


def test_grad_accumulates_recorded_gradients() -> None:
    x = Tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    assert float(x.grad) == 16.0
    (second,) = gradients(x.grad, [x])
    assert float(second) == 14.0


def test_newtons_method_finds_a_root_of_the_derivative() -> None:
    x = Tensor(3.0, requires_grad=True)
    for _ in range(8):
        (g,) = gradients(x**4 - 3 * x**2 + x, [x], create_graph=True)
        (h,) = gradients(g, [x])
        x = Tensor(x.data - g.data / h.data, requires_grad=True)
    assert abs(4 * float(x) ** 3 - 6 * float(x) + 1) < 1e-12


# A cotangent that is a plain array: the gradient is a constant Tensor, and so is what is computed from it


def doubled(vjp: Any, **options: Any) -> Primitive:
    return Primitive(lambda x: 2 * x, vjp, keeps="", name="doubled", **options)


CONSTANT_VJPS: dict[str, Callable[[Any], Any]] = {
    "array": doubled(lambda g, out, x: np.full(x.shape, 2.0)),
    "number": doubled(lambda g, out, x: 2.0),
    "guarded": doubled(lambda g, out, x: np.full(x.shape, 2.0), guard=True),
    "of another dtype": doubled(lambda g, out, x: np.full(x.shape, 2, np.float32)),
    "joint": Primitive(lambda x: 2 * x, joint=lambda g, out, x: [np.full(x.shape, 2.0)], keeps="", name="joint"),
    "each": Primitive(lambda x: 2 * x, each=lambda i, g, out, x: np.full(x.shape, 2.0), keeps="", name="each"),
    "one of several results": lambda x: Primitive(
        lambda x: (2 * x, x + 1), lambda g, out, x: np.full(x.shape, 2.0), keeps="", name="several"
    )(x)[0],
}


@pytest.mark.parametrize("f", CONSTANT_VJPS.values(), ids=CONSTANT_VJPS.keys())
@pytest.mark.parametrize("around", [lambda f, x: f(x), lambda f, x: f(x) + x**2], ids=["alone", "in a sum"])
def test_a_rule_may_return_a_plain_array(f: Any, around: Any) -> None:
    x = Tensor([0.5, -2.0], requires_grad=True)
    (first,) = gradients(around(f, x), [x], np.ones(2), create_graph=True)
    assert type(first) is Tensor
    (expected,) = gradients(around(lambda x: 2 * x, x), [x], np.ones(2), create_graph=True)
    np.testing.assert_allclose(first.numpy(), expected.numpy())
    if first.requires_grad:
        found, wanted = (gradients(g, [x], np.ones(2))[0] for g in (first, expected))
        np.testing.assert_allclose(found.numpy(), wanted.numpy())
    around(f, x).backward(np.ones(2), create_graph=True)
    assert type(x.grad) is Tensor


EMPTY: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "norm ord=0": (lambda x: np.linalg.norm(x, ord=0), (3,)),
    "norm of nothing": (np.linalg.norm, (0,)),
    "prod": (np.prod, (0,)),
    "prod axis": (lambda x: np.prod(x, axis=0), (0, 3)),
    "cumprod": (np.cumprod, (0,)),
    "cumprod axis": (lambda x: np.cumprod(x, axis=1), (3, 0)),
    "cumsum": (np.cumsum, (0,)),
    "det": (np.linalg.det, (0, 0)),
    "det of no matrices": (np.linalg.det, (0, 3, 3)),
    "svd": (lambda x: np.linalg.svd(x, full_matrices=False)[1], (0, 3)),
    "svdvals": (lambda x: np.linalg.svd(x, compute_uv=False), (0, 2, 2)),
    "inv": (np.linalg.inv, (0, 2, 2)),
    "eigvalsh": (np.linalg.eigvalsh, (0, 0)),
}


@pytest.mark.parametrize(("f", "shape"), EMPTY.values(), ids=EMPTY.keys())
def test_second_order_of_what_is_constant_or_empty(f: Any, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=shape), requires_grad=True)
    y = f(x * x)
    (first,) = gradients(y, [x], np.ones(y.shape), create_graph=True)
    assert type(first) is Tensor
    assert first.shape == shape
    if first.requires_grad:
        np.testing.assert_array_equal(gradients(first, [x], np.ones(shape))[0].numpy(), np.zeros(shape))
    f(x * x).backward(np.ones(y.shape), create_graph=True)
    assert type(x.grad) is Tensor


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_nan_elsewhere_leaves_the_second_derivative_where_a_cotangent_is_zero(mode: str) -> None:
    """0 · ∞ = 0 replaces nan alone: d²/dx² (x - 1) log x at 1 is 2, though the slope of log is multiplied by 0."""

    def f(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.sum((x - 1) * np.log(x) * np.array([0.0, 1.0]))

    with np.errstate(all="ignore"):
        second = jacobian(grad(f), mode=mode)(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(second, [[0.0, 0.0], [0.0, 2.0]])
