"""grad, value_and_grad, elementwise_grad, vjp, jvp, linearize: values, types, nesting, errors, no state left."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Tensor,
    directional_derivative,
    elementwise_grad,
    grad,
    gradcheck,
    hessian,
    jacobian,
    jvp,
    linearize,
    stop_gradient,
    tree_leaves,
    value_and_grad,
    vjp,
)
from autograd.errors import ArgumentError, DTypeError, ShapeError

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
V = np.array([[1.0, -0.5, 2.0], [0.3, 0.9, -1.0]])

# name -> (ours, PyTorch's, the shape of the argument): each a function of one array
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[int, ...]]] = {
    "tanh": (np.tanh, lambda x: x.tanh(), (2, 3)),
    "sin of exp": (lambda x: np.sin(np.exp(x)), lambda x: x.exp().sin(), (4,)),
    "softmax": (lambda x: np.exp(x) / np.sum(np.exp(x)), lambda x: x.softmax(0), (5,)),
    "outer": (lambda x: x[:, None] * x**2, lambda x: x[:, None] * x**2, (3,)),
    "gram": (lambda x: x @ x.T, lambda x: x @ x.T, (2, 3)),
    "norm": (lambda x: np.sqrt(np.sum(x**2, axis=1)), lambda x: (x**2).sum(1).sqrt(), (2, 3)),
    "solve": (
        lambda x: np.linalg.solve(x + 4 * np.eye(3), np.ones(3)),
        lambda x: (x + 4 * np_eye(x)).inverse().sum(1),
        (3, 3),
    ),
    "cumsum of products": (lambda x: np.cumsum(x * x[::-1]), lambda x: (x * x.flip(0)).cumsum(0), (4,)),
    "constant part": (lambda x: np.concatenate([x, np.ones(2)]), lambda x: cat_ones(x), (2,)),
    "a number": (lambda x: np.sum(np.cos(x) * x), lambda x: (x.cos() * x).sum(), (2, 3)),
    "a constant": (lambda x: np.ones(2), lambda x: x.new_ones(2), (3,)),
}


def np_eye(x: Any) -> Any:
    return x.new_ones(len(x)).diag()


def cat_ones(x: Any) -> Any:
    import torch

    return torch.cat([x, x.new_ones(2)])


def point(name: str) -> Any:
    return np.random.default_rng(len(name)).normal(size=FUNCTIONS[name][2])


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # torch's own
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_transform_agrees_with_torch_func(name: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs, _ = FUNCTIONS[name]
    x = point(name)
    tx = torch.tensor(x)
    rng = np.random.default_rng(1)

    def same(a: Any, b: Any) -> None:
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-9, atol=1e-12)
        assert np.shape(a) == tuple(b.shape)

    y, pullback = vjp(ours, x)
    ty, t_pullback = torch.func.vjp(theirs, tx)
    same(y, ty)
    c = rng.normal(size=np.shape(y))
    same(pullback(c)[0], t_pullback(torch.tensor(c))[0])
    v = rng.normal(size=x.shape)
    same(jvp(ours, x, v)[1], torch.func.jvp(theirs, (tx,), (torch.tensor(v),))[1])
    same(linearize(ours, x)[1](v), torch.func.linearize(theirs, tx)[1](torch.tensor(v)))
    same(directional_derivative(ours, x, v), torch.func.jvp(theirs, (tx,), (torch.tensor(v),))[1])
    for mode in ("reverse", "forward", "auto"):
        same(jacobian(ours, mode=mode)(x), torch.func.jacrev(theirs)(tx))

    def total(x: Any) -> Any:
        return np.sum(ours(x) ** 2)

    def t_total(x: Any) -> Any:
        return (theirs(x) ** 2).sum()

    same(grad(total)(x), torch.func.grad(t_total)(tx))
    g, value = torch.func.grad_and_value(t_total)(tx)
    same(value_and_grad(total)(x)[0], value)
    same(value_and_grad(total)(x)[1], g)
    same(hessian(total)(x), torch.func.hessian(t_total)(tx))
    same(autograd.hvp(total, x, v), torch.func.jvp(torch.func.grad(t_total), (tx,), (torch.tensor(v),))[1])
    same(autograd.vhp(total, x, v), torch.func.vjp(torch.func.grad(t_total), tx)[1](torch.tensor(v))[0])


# Types: the results have the types of the arguments


def test_floats_arrays_scalars_and_tensors_come_back_as_they_came() -> None:
    def f(x: Any) -> Any:
        return np.sum(x * x)

    for x in (3.0, np.float64(3.0), np.float32(3.0), np.array(3.0), np.array([3.0]), np.array([3.0], np.float32)):
        g = grad(f)(x)
        assert type(g) is type(x)
        assert np.asarray(g).dtype == np.asarray(x).dtype
        assert float(np.ravel(g)[0]) == 6
    value, slope = value_and_grad(f)(3.0)
    assert (type(value), type(slope)) == (float, float)
    g = grad(f)(Tensor([3.0]))
    assert isinstance(g, Tensor)
    assert not g.requires_grad
    assert isinstance(value_and_grad(f)(Tensor([3.0]))[0], Tensor)
    assert type(value_and_grad(f)(np.array([3.0]))[0]) is np.float64


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclass(frozen=True)
class Oscillator:
    mass: Any
    spring: Any
    name: None = None


def test_trees_of_arguments_and_results() -> None:
    tree = {
        "w": [np.array([1.0, 2.0]), 3.0],
        "p": Pair(2.0, None),
        "d": Oscillator(4.0, np.array([5.0])),
        "o": OrderedDict(z=1.0),
    }

    def f(t: Any) -> Any:
        return np.sum(t["w"][0] ** 2) * t["w"][1] + t["p"].a ** 3 + t["d"].mass * t["d"].spring[0] + t["o"]["z"]

    g = grad(f)(tree)
    np.testing.assert_array_equal(g["w"][0], [6, 12])
    assert g["w"][1] == 5.0
    assert g["p"] == Pair(12.0, None)
    assert isinstance(g["d"], Oscillator)
    assert g["d"].mass == 5.0
    assert g["d"].spring == np.array([4.0])
    assert g["d"].name is None
    assert type(g["o"]) is OrderedDict
    y, pullback = vjp(lambda x, y: {"sum": x + y, "product": [x * y]}, 2.0, 3.0)
    assert y == {"sum": 5.0, "product": [6.0]}
    assert pullback({"product": [1.0], "sum": 10.0}) == (13.0, 12.0)  # keys in any order
    y, t = jvp(lambda p: {"twice": 2 * p["x"]}, {"x": 1.0}, {"x": 5.0})
    assert (y, t) == ({"twice": 2.0}, {"twice": 10.0})
    J = jacobian(lambda p: {"y": p["x"] ** 2})({"x": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(J["y"]["x"], [[2, 0], [0, 4]])


def test_argnum_keywords_and_aux() -> None:
    def f(x: Any, n: int, y: Any, *, scale: float = 1.0) -> Any:
        return scale * x**n * y

    assert grad(f, argnum=2)(2.0, 3, 5.0) == 8.0
    assert grad(f, argnum=(0, -1))(2.0, 3, 5.0, scale=2.0) == (120.0, 16.0)
    assert grad(f, argnum=(2,))(2.0, 3, 5.0) == (8.0,)
    g, aux = grad(lambda x: (x**2, {"x": x, "note": "kept"}), has_aux=True)(3.0)
    assert (g, aux) == (6.0, {"x": 3.0, "note": "kept"})
    (value, aux), g = value_and_grad(lambda x: (x**2, x), has_aux=True)(3.0)
    assert (value, aux, g) == (9.0, 3.0, 6.0)
    assert vjp(lambda x: (x**2, "aux"), 3.0, has_aux=True)[2] == "aux"
    assert jvp(lambda x: (x**2, "aux"), 3.0, 1.0, has_aux=True) == (9.0, 6.0, "aux")


def test_what_does_not_depend_on_the_argument_has_derivative_zero() -> None:
    x = np.ones((2, 3), np.float32)
    g = grad(lambda x: 3.0)(x)
    np.testing.assert_array_equal(g, np.zeros((2, 3)))
    assert g.dtype == np.float32
    assert grad(lambda p: p["a"])({"a": 1.0, "b": 2.0}) == {"a": 1.0, "b": 0.0}
    assert jvp(lambda x: np.ones(2), 1.0, 1.0)[1].tolist() == [0, 0]
    assert jacobian(lambda x: np.ones(2))(x).shape == (2, 2, 3)
    assert hessian(lambda x: np.sum(x))(x).shape == (2, 3, 2, 3)
    assert grad(lambda x: np.sum(x) * float("nan") * 0 + np.sum(stop_gradient(x)))(np.zeros(0)).shape == (0,)


# Closures and nesting


def test_perturbations_are_not_confused() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0) == 1.0  # the classic: d/dx x · 1
    assert jvp(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0)[1], 3.0, 1.0)[1] == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), 3.0, 1.0)[1] == 1.0
    assert grad(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0)[1])(3.0) == 1.0
    # d/dx [x d/dy (x y²) at y = x] = d/dx 2 x³, and one more level down
    assert grad(lambda x: x * grad(lambda y: x * y**2)(x))(2.0) == 24.0
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z**2)(y))(x))(2.0) == 16.0  # 4 x y → d/dx 4x² = 8x
    # the tangent is the outer variable: d/dx [x² · x] through v
    assert grad(lambda x: jvp(lambda y: y**2, 3.0, x)[1])(5.0) == 6.0
    assert jvp(lambda x: jvp(lambda y: x * y**2, x, x)[1], 2.0, 1.0)[1] == 24.0  # 2 x³
    assert grad(lambda x: vjp(lambda y: y**2, 3.0)[1](x)[0])(5.0) == 6.0


@pytest.mark.parametrize("outer", ["grad", "jvp", "jacobian"])
@pytest.mark.parametrize("middle", ["grad", "jvp", "jacobian"])
@pytest.mark.parametrize("inner", ["grad", "jvp", "jacobian"])
def test_every_nesting_of_three_gives_the_third_derivative(outer: str, middle: str, inner: str) -> None:
    def derivative(how: str, f: Callable[..., Any]) -> Callable[..., Any]:
        return {"grad": grad(f), "jvp": lambda x: jvp(f, x, 1.0)[1], "jacobian": jacobian(f)}[how]

    def f(x: Any) -> Any:
        return np.sin(x) * x**2

    x = 0.7
    expected = 6 * np.cos(x) - 6 * x * np.sin(x) - x**2 * np.cos(x)  # f''' by hand
    assert derivative(outer, derivative(middle, derivative(inner, f)))(x) == pytest.approx(expected, rel=1e-12)


def test_jacobian_of_jacobian_and_hessian_of_vector_parts() -> None:
    def f(x: Any) -> Any:
        return np.array([1.0, 2.0, 3.0])[:, None, None] * (x @ x.T)

    x = X[:, :2]
    second = jacobian(jacobian(f))(x)
    assert second.shape == (3, 2, 2, 2, 2, 2, 2)
    eye = np.eye(2)
    expected = np.einsum("ac,be,df->abcdef", eye, eye, eye) + np.einsum(
        "bc,ae,df->abcdef", eye, eye, eye
    )  # ∂²(x xᵀ)_ab / ∂x_cd ∂x_ef
    np.testing.assert_allclose(second[1], 2 * expected, atol=1e-12)


# What f closes over: each transform as a function of (f, argument, direction), f(x) = sum(w² x³) or without the sum
OVER_CLOSURES: dict[str, Callable[..., Any]] = {
    "grad": lambda f, x, v: grad(lambda x: np.sum(f(x)))(x),
    "grad, argnum": lambda f, x, v: grad(lambda y, x: y * np.sum(f(x)), 1)(2.0, x),
    "grad, tuple": lambda f, x, v: grad(lambda x, y: y * np.sum(f(x)), (0, 1))(x, 2.0),
    "grad, has_aux": lambda f, x, v: grad(lambda x: (np.sum(f(x)), f(x)), has_aux=True)(x),
    "grad, keyword": lambda f, x, v: grad(lambda x, y: y * np.sum(f(x)))(x, y=2.0),
    "grad of grad": lambda f, x, v: grad(lambda x: np.sum(grad(lambda x: np.sum(f(x)))(x)))(x),
    "value_and_grad": lambda f, x, v: value_and_grad(lambda x: np.sum(f(x)))(x),
    "value_and_grad, dict": lambda f, x, v: value_and_grad(lambda p: np.sum(f(p["x"])))({"x": x}),
    "elementwise_grad": lambda f, x, v: elementwise_grad(f)(x),
    "elementwise_grad twice": lambda f, x, v: elementwise_grad(elementwise_grad(f))(x),
    "vjp": lambda f, x, v: (lambda y, pullback: (y, pullback(v)))(*vjp(f, x)),
    "jvp": lambda f, x, v: jvp(f, x, v),
    "jvp of grad": lambda f, x, v: jvp(elementwise_grad(f), x, v),
    "directional_derivative": lambda f, x, v: directional_derivative(f, x, v),
    "linearize": lambda f, x, v: (lambda y, pushforward: (y, pushforward(v)))(*linearize(f, x)),
    "jacobian": lambda f, x, v: jacobian(f, mode="reverse")(x),
    "jacobian, forward": lambda f, x, v: jacobian(f, mode="forward")(x),
    "jacobian of a sum": lambda f, x, v: jacobian(lambda x: np.sum(f(x)))(x),
    "hessian": lambda f, x, v: hessian(lambda x: np.sum(f(x)))(x),
    "hvp": lambda f, x, v: autograd.hvp(lambda x: np.sum(f(x)), x, v),
    "vhp": lambda f, x, v: autograd.vhp(lambda x: np.sum(f(x)), x, v),
    "gauss_newton_vp": lambda f, x, v: autograd.gauss_newton_vp(f, x, v),
    "gauss_newton_vp, loss": lambda f, x, v: autograd.gauss_newton_vp(f, x, v, lambda y: np.sum(y**3)),
    "gauss_newton_vp, loss alone": lambda f, x, v: autograd.gauss_newton_vp(
        lambda x: x**2, x, v, lambda y: np.sum(f(y))
    ),
    "hessian_diagonal": lambda f, x, v: autograd.hessian_diagonal(lambda x: np.sum(f(x)), x),
    "hessian_diagonal, samples": lambda f, x, v: autograd.hessian_diagonal(
        lambda x: np.sum(f(x)), x, samples=3, rng=np.random.default_rng(0)
    ),
    "taylor": lambda f, x, v: autograd.taylor(f, x, 3, v),
    "checkpoint": lambda f, x, v: grad(lambda x: np.sum(autograd.checkpoint(f, x)))(x),
}


@pytest.mark.parametrize("point", [0.7, np.float64(0.7), np.array([0.7, -1.2])], ids=["float", "number", "array"])
@pytest.mark.parametrize("transform", OVER_CLOSURES.values(), ids=OVER_CLOSURES)
def test_results_depend_on_what_the_function_closes_over(transform: Callable[..., Any], point: Any) -> None:
    v = point * 2 + 1

    def through(w: Tensor) -> list[Any]:
        """All results as Tensors; w enters by closure alone."""
        found = tree_leaves(transform(lambda x: np.sin(w) ** 2 * x**4, point, v))
        assert all(type(y) is Tensor for y in found)
        return found

    w = Tensor(1.3, requires_grad=True)
    assert all(y.requires_grad for y in through(w))
    assert w.grad is None
    assert gradcheck(through, w, order=2, modes=("reverse", "forward"), rtol=1e-5)
    assert gradcheck(lambda w: through(w * 2), w)  # recorded outside
    plain = tree_leaves(transform(lambda x: np.sin(1.3) ** 2 * x**4, point, v))
    for y, expected in zip(through(w), plain, strict=True):
        assert not isinstance(expected, Tensor)
        np.testing.assert_array_equal(y.numpy(), expected)
    for constant in (w.detach(), Tensor(1.3)):
        found = tree_leaves(transform(lambda x, w=constant: np.sin(w) ** 2 * x**4, point, v))
        assert [type(y) for y in found] == [type(y) for y in plain]
    with autograd.no_grad():
        found = tree_leaves(transform(lambda x: np.sin(w) ** 2 * x**4, point, v))
    assert [type(y) for y in found] == [type(y) for y in plain]


def test_closures_over_tensors_keep_working() -> None:
    w = Tensor([2.0, 3.0], requires_grad=True)

    def f(x: Any) -> Any:
        return np.sum(w * x**2)

    for x in (np.array([1.0, 2.0]), Tensor([1.0, 2.0])):
        w.zero_grad()
        g = grad(f)(x)
        assert g.tolist() == [4, 12]
        assert w.grad is None
        np.sum(g**2).backward()
        assert w.grad is not None
        assert w.grad.tolist() == [16, 96]  # d/dw 4 w² x²
    x = Tensor(3.0, requires_grad=True)
    (x * grad(lambda y: x * y)(2.0)).backward()  # x², by a float
    assert x.grad is not None
    assert x.grad.item() == 6
    h = w * 2  # recorded outside, and still usable afterwards
    assert grad(lambda x: np.sum(x * h))(np.ones(2)).tolist() == [4, 6]
    h.sum().backward()


def test_a_loss_with_second_derivatives_by_the_input_has_pytorchs_gradients() -> None:
    torch = pytest.importorskip("torch")
    net = nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    theirs = torch.nn.Sequential(torch.nn.Linear(1, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
    theirs.load_state_dict({name: torch.tensor(np.array(p)) for name, p in net.state_dict().items()})
    x = np.array([0.3, -1.2, 0.7])

    def u(x: Any) -> Any:
        return net(x[:, None])[:, 0]

    np.mean((elementwise_grad(elementwise_grad(u))(x) + u(x)) ** 2).backward()
    t = torch.tensor(x, requires_grad=True)
    y = theirs(t[:, None])[:, 0]
    [slope] = torch.autograd.grad(y.sum(), t, create_graph=True)
    [second] = torch.autograd.grad(slope.sum(), t, create_graph=True)
    ((second + y) ** 2).mean().backward()
    for p, q in zip(net.parameters(), theirs.parameters(), strict=True):
        assert p.grad is not None
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-10, atol=1e-15)


def test_a_derivative_that_does_not_depend_on_what_f_closes_over_is_a_tensor_too() -> None:
    w = Tensor(2.0, requires_grad=True)
    value, g = value_and_grad(lambda x: x + w)(1.0)
    assert value.requires_grad
    assert isinstance(g, Tensor)  # so the types do not depend on the values
    assert not g.requires_grad
    assert isinstance(jacobian(lambda x: x + w)(np.ones(2)), Tensor)


def test_the_variables_of_a_finished_transform_are_constants_to_one_around_it() -> None:
    x = np.array([1.0, 2.0])

    def inner(v: Any) -> Any:
        return directional_derivative(lambda x: x**3, x, v)

    assert type(grad(lambda v: np.sum(inner(v)))(np.ones(2))) is np.ndarray
    _, pullback = vjp(lambda x: x**3, x)
    J = jacobian(lambda c: pullback(c)[0])(np.ones(2))
    assert type(J) is np.ndarray
    np.testing.assert_allclose(J, np.diag([3.0, 12.0]))


def test_a_tensor_that_requires_grad_gives_a_gradient_that_can_be_differentiated() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    g = grad(lambda x: np.sum(x**3))(x)
    assert g.requires_grad
    g.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6, 12]
    with autograd.no_grad():
        assert not grad(lambda x: np.sum(x**3))(x).requires_grad
    g = grad(lambda x: np.sum(x**3))(x)
    with autograd.no_grad():
        x -= 1.0  # the recorded gradient keeps the values it was computed from
    x.zero_grad()
    g.sum().backward()
    assert x.grad.tolist() == [6, 12]


def test_no_grad_around_and_inside() -> None:
    with autograd.no_grad():
        assert grad(lambda x: x**2)(3.0) == 6.0

    def f(x: Any) -> Any:
        with autograd.no_grad():
            y = x * x
        return x * y

    assert grad(f)(3.0) == 9.0  # y counts as a constant


def test_the_pullback_and_the_pushforward_may_be_used_again_and_do_not_see_later_writes() -> None:
    x = np.array([1.0, 2.0])
    y, pullback = vjp(lambda x: x**2, x)
    y2, pushforward = linearize(lambda x: x**2, x)
    x[:] = 100
    for _ in range(2):
        assert pullback(np.ones(2))[0].tolist() == [2, 4]
        assert pushforward(np.ones(2)).tolist() == [2, 4]
    assert y.tolist() == y2.tolist() == [1, 4]


def test_control_flow_and_conversion_to_numbers_for_decisions() -> None:
    def f(x: Any) -> Any:
        while float(np.sum(x)) < 100:
            x = x * 2 if x[0] > 0 else x * 3
        return np.sum(x)

    assert grad(f)(np.array([1.0, 1.0])).tolist() == [64, 64]


# Errors, and no state left behind


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (3, "int 3.*use floats"),
        (True, "bool True"),
        (np.arange(3), "dtype int64.*x.astype"),
        (Tensor([1, 2]), "dtype int64"),
        (np.array([True]), "dtype bool"),
        ("text", "a str; only floats"),
        (object(), "a object"),
        (np.array(["a"]), "a ndarray"),
        ({"a": [1.0, "b"]}, r"argument 0\['a'\]\[1\] is a str"),
    ],
)
@pytest.mark.parametrize(
    "transform",
    [grad, elementwise_grad, jacobian, hessian, lambda f: lambda x: vjp(f, x), lambda f: lambda x: linearize(f, x)],
)
def test_what_cannot_be_differentiated_is_named(transform: Any, bad: Any, message: str) -> None:
    with pytest.raises(DTypeError, match=message):
        transform(lambda x: x)(bad)


def test_results_that_cannot_be_differentiated_are_named() -> None:
    x = np.array([1.0, -2.0])
    with pytest.raises(
        ShapeError, match=r"one number; this one returned shape \(2,\).*jacobian.*vjp.*elementwise_grad"
    ):
        grad(lambda x: x * 2)(x)
    with pytest.raises(ShapeError, match="2 results"):
        grad(lambda x: (x[0], x[1]))(x)
    with pytest.raises(DTypeError, match="returned integers"):
        grad(lambda x: np.sum(x > 0))(x)
    with pytest.raises(DTypeError, match="returned integers"):
        grad(lambda x: 3)(x)
    with pytest.raises(ArgumentError, match="lack a `return`"):
        grad(lambda x: None)(x)
    with pytest.raises(DTypeError, match="got str"):
        grad(lambda x: "loss")(x)
    with pytest.raises(ArgumentError, match="has_aux"):
        grad(lambda x: x[0], has_aux=True)(x)
    with pytest.raises(ShapeError, match="jacobian"):
        elementwise_grad(lambda x: np.sum(x))(x)
    with pytest.raises(ArgumentError, match="argnum is 1"):
        grad(np.sum, argnum=1)(x)
    with pytest.raises(ArgumentError, match="twice"):
        grad(np.sum, argnum=(0, 0))(x)
    with pytest.raises(ArgumentError, match="integer or a tuple"):
        grad(np.sum, argnum=("x",))(x)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"integer or a tuple of integers; got 1\.5"):
        grad(np.sum, argnum=1.5)(x)  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match="hessian: argument 0 is of dtype int64"):
        hessian(np.sum)(np.arange(3))
    for transform in (grad, jacobian, hessian, value_and_grad, elementwise_grad):
        with pytest.raises(ArgumentError, match="takes a function as its first argument; got a float"):
            transform(3.0)
    for called in (
        vjp,
        jvp,
        autograd.hvp,
        autograd.checkpoint,
        autograd.root,
        autograd.fixed_point,
        autograd.linearize,
    ):
        with pytest.raises(ArgumentError, match="takes a function as its first argument; got a float"):
            called(3.0, 1.0, 1.0)
    with pytest.raises(ArgumentError, match="gradcheck takes a function"):
        autograd.gradcheck(3.0, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="mode must be one of"):
        jacobian(np.sum, mode="backward")


def test_tangents_and_cotangents_that_do_not_fit_are_named() -> None:
    _, pullback = vjp(lambda x: x * 2, np.ones(3))
    with pytest.raises(ShapeError, match=r"\(3,\); got \(2,\)"):
        pullback(np.ones(2))
    with pytest.raises(DTypeError, match="real numbers"):
        pullback(np.ones(3) * 1j)
    with pytest.raises(ArgumentError, match="one array or number; got"):
        pullback([1.0, 1.0, 1.0])
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        jvp(lambda x: x * 2, np.ones(3), 1.0)
    with pytest.raises(ArgumentError, match="2 arguments"):
        jvp(lambda x, y: x, (1.0, 2.0), 1.0)
    with pytest.raises(ArgumentError, match="2 arguments the tangents are a tuple of as many; got a tuple of 1"):
        jvp(lambda x, y: x, (1.0, 2.0), (1.0,))
    with pytest.raises(ArgumentError, match="each of the 1 arguments"):
        linearize(lambda x: x, 1.0)[1](1.0, 2.0)


def test_the_engines_own_errors_come_through_and_leave_nothing() -> None:
    w = Tensor([1.0], requires_grad=True)
    x = np.array([1.0, 2.0])

    def writes(x: Any) -> Any:
        x[0] = 0
        return np.sum(x)

    def converts(x: Any) -> Any:
        return np.asarray(x).sum()

    def fails(x: Any) -> Any:
        y = np.sum(x * w)
        grad(lambda z: np.sum(z) * y)(x)
        raise KeyError("mine")

    with pytest.raises(autograd.errors.AutogradError, match="would overwrite a leaf"):
        grad(writes)(x)
    with pytest.raises(DTypeError, match="would lose its gradient"):
        grad(converts)(x)
    for transform in (grad, jacobian, hessian):
        with pytest.raises(KeyError):
            transform(fails)(x)
    with autograd.no_grad(), pytest.raises(KeyError):
        vjp(fails, x)
    assert x.tolist() == [1, 2]
    assert w.grad is None
    assert w.requires_grad
    assert autograd.is_grad_enabled()
    assert isinstance(grad(np.sum)(x), np.ndarray)


def test_a_function_that_mutates_in_an_inner_transform_is_differentiated_as_a_value() -> None:
    def f(x: Any) -> Any:
        def inner(y: Any) -> Any:
            y[0] = y[0] ** 2
            return np.sum(y * y)

        return np.sum(grad(inner)(x))

    assert grad(f)(np.array([2.0, 3.0])).tolist() == [48, 2]  # d/dx 4 x³, 2 x


def test_math_functions_that_would_lose_the_derivative_are_refused() -> None:
    with pytest.raises(autograd.errors.AutogradError, match=r"np\.sin"):
        grad(lambda x: math.sin(x) * 2)(1.0)


def test_grad_writes_to_no_grad() -> None:
    x = Tensor([1.0], requires_grad=True)
    x.grad = Tensor([7.0])
    grad(lambda t: np.sum(t * x))(x)
    hessian(lambda t: np.sum(t * x))(x)
    assert x.grad.tolist() == [7]


def test_the_point_given_in_the_place_of_argnum_is_refused_at_once() -> None:
    with pytest.raises(ArgumentError, match=r"argnum must be an integer .* grad\(f\)\(x\)"):
        grad(lambda x: np.sum(x), np.ones(3))


def test_argnums_is_another_word_for_argnum():
    def f(a, b):
        return np.sum(a**2 * b)

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for transform in (autograd.grad, autograd.jacobian, autograd.jacrev, autograd.jacfwd, autograd.hessian):
        np.testing.assert_array_equal(transform(f, argnums=1)(a, b), transform(f, 1)(a, b))
    assert len(autograd.value_and_grad(f, argnums=(0, 1), has_aux=False)(a, b)[1]) == 2
    with pytest.raises(autograd.errors.ArgumentError, match="argnums is another word for argnum"):
        autograd.grad(f, 0, argnums=1)
    with pytest.raises(autograd.errors.ArgumentError, match="argnum must be an integer"):
        autograd.grad(f, argnums="a")


def test_a_backward_may_return_jaxs_tuple_of_arguments_or_the_one_cotangent():
    def product(pair):
        return pair[0] * pair[1]

    for rule in (lambda p, g: (g * p[1], g * p[0]), lambda p, g: ((g * p[1], g * p[0]),)):
        f = autograd.custom_vjp(product).defvjp(lambda p: (product(p), p), rule)
        assert autograd.grad(f)((2.0, 3.0)) == (3.0, 2.0)
    for rule in (lambda p, g: (2 * g,), lambda p, g: ((2 * g,),)):
        f = autograd.custom_vjp(lambda p: 2 * p[0]).defvjp(lambda p: (2 * p[0], p), rule)
        assert autograd.grad(f)((2.0,)) == (2.0,)
