"""A user's own primitives, in every way the core lets them be written."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.abstract import Abstract
from autograd.engine.gradients import gradients
from autograd.engine.primitive import Primitive, primitive
from autograd.engine.registry import primitives
from autograd.errors import ArgumentError, NoRuleError

X = np.array([[0.5, 1.5, -2.0], [1.0, -0.3, 0.7]])


def test_decorator_and_defvjp() -> None:
    @primitive
    def cube(x: Any) -> Any:
        """x³."""
        return x**3

    cube.defvjp(lambda g, out, x: g * 3 * x**2, keeps="x")
    assert isinstance(cube, Primitive)
    assert (cube.name, cube.__name__, cube.__doc__) == ("cube", "cube", "x³.")
    assert repr(cube) == "<primitive cube>"
    assert gradcheck(cube, X)
    assert gradgradcheck(cube, X)
    t = Tensor(2.0, requires_grad=True)
    y = t
    y = cube(y)
    for expected in (12.0, 12.0, 6.0):
        (y,) = gradients(y, [t], create_graph=True)
        assert y.item() == expected


def test_decorator_with_options() -> None:
    @primitive(name="double", keeps="", label="2g")
    def twice(x: Any) -> Any:
        return 2 * x

    twice.defvjp(lambda g, out, x: 2 * g, keeps="")
    assert twice.name == "double"
    assert twice.label == "2g"
    assert gradgradcheck(twice, X)


def test_in_one_expression() -> None:
    softsign = primitive(
        lambda x: x / (1 + np.abs(x)), lambda g, out, x: g / (1 + np.abs(x)) ** 2, name="softsign", keeps="x"
    )
    assert gradcheck(softsign, X)
    assert gradgradcheck(softsign, X)


def test_on_plain_arrays_it_is_a_plain_function() -> None:
    calls = []
    f = primitive(lambda x: x * 2, lambda g, out, x: calls.append(1), name="f")
    assert type(f(X)) is np.ndarray
    assert type(f(2.0)) is float
    with no_grad():
        y = f(Tensor(X, requires_grad=True))
    assert isinstance(y, Tensor)
    assert not y.requires_grad
    assert calls == []


def test_constants_in_constant_out() -> None:
    f = primitive(lambda x, y: x * y, lambda g, out, x, y: g * y, lambda g, out, x, y: g * x, name="f")
    y = f(Tensor(X), X)
    assert isinstance(y, Tensor)
    assert not y.requires_grad


def test_parameters_reach_forward_and_vjp() -> None:
    def forward(x: Any, *, scale: float, shift: float = 0.0) -> Any:
        return scale * x**2 + shift

    f = primitive(forward, lambda g, out, x, scale, shift=0.0: g * 2 * scale * x, keeps="x")
    assert gradcheck(lambda x: f(x, scale=3.0), X)
    assert gradgradcheck(lambda x: f(x, scale=3.0, shift=1.0), X)


def test_none_means_no_derivative_by_that_argument() -> None:
    f = primitive(lambda x, mask: x * mask, lambda g, out, x, mask: g * mask, None, keeps=("mask", ""), name="masked")
    x, mask = Tensor(X, requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    f(x, mask).sum().backward()
    assert (x.grad.numpy() == 1).all()
    assert mask.grad is None
    assert not f(X, mask).requires_grad


def product(g: Any, out: Any, x: Any, b: Any) -> Any:
    return g * b


FORGOTTEN: dict[str, Any] = {
    "the second": (primitive(lambda x, b: x * b, product, keeps="b", name="f"), "argument 2 requires grad"),
    "the second, by defvjp": (primitive(lambda x, b: x * b, name="f").defvjp(product), "argument 2 requires grad"),
    "all": (primitive(lambda x, b: x * b, name="f"), "argument 1 requires grad"),
    "all but a composite": (primitive(lambda x, b: x * b, composite=lambda x, b: x * b, name="f"), "argument 1"),
}


@pytest.mark.parametrize(("f", "message"), FORGOTTEN.values(), ids=FORGOTTEN.keys())
def test_a_forgotten_vjp_is_an_error_at_the_first_call_that_needs_it(f: Any, message: str) -> None:
    x, b = Tensor(X, requires_grad=True), Tensor(X, requires_grad=True)
    for arguments in [(x, b), (x * 1.0, b * 1.0)]:
        with pytest.raises(NoRuleError, match=rf"{message}.*keeps=\(\"b\", \"x\"\).*detach") as raised:
            f(*arguments)
        assert "VJPs for" in str(raised.value)
    with no_grad():
        assert not f(x, b).requires_grad
    np.testing.assert_array_equal(f(X, X), X * X)


def test_a_forgotten_vjp_of_a_constant_is_not_missed() -> None:
    f = primitive(lambda x, b: x * b, product, keeps="b", name="f")
    x = Tensor(X, requires_grad=True)
    f(x, Tensor(X)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), X)


@pytest.mark.parametrize(("joint", "got"), [(lambda g, out, x, b: (g * b,), "1 for 2"), (product, "ndarray")])
def test_joint_returns_a_cotangent_for_each_argument(joint: Any, got: str) -> None:
    f = primitive(lambda x, b: x * b, joint=joint, name="f")
    with pytest.raises(NoRuleError, match=f"a tuple of one cotangent an argument.*{got}"):
        f(Tensor(X, requires_grad=True), Tensor(X, requires_grad=True)).sum().backward()


def test_a_vjp_may_answer_none() -> None:
    f = primitive(lambda x, y: x + y, lambda g, out, x, y: g, lambda g, out, x, y: None, keeps="", name="f")
    x, y = Tensor(X, requires_grad=True), Tensor(X, requires_grad=True)
    f(x, y).sum().backward()
    assert y.grad is None
    assert (x.grad.numpy() == 1).all()


def test_broadcasting_and_dtype_are_the_sweeps_business() -> None:
    f = primitive(lambda x, y: x * y, lambda g, out, x, y: g * y, lambda g, out, x, y: g * x, name="f")
    assert gradcheck(f, X, np.array([1.0, 2.0, 3.0]))
    x = Tensor(X.astype(np.float32), requires_grad=True)
    f(x, np.ones((4, 1, 1))).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.shape == x.shape


def test_joint_shares_work() -> None:
    calls = []

    def both(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
        calls.append(1)
        return g * y, g * x

    f = primitive(lambda x, y: x * y, joint=both, name="f")
    x, y = Tensor(X, requires_grad=True), Tensor(X + 3, requires_grad=True)
    f(x, y).sum().backward()
    assert calls == [1]
    np.testing.assert_array_equal(x.grad.numpy(), X + 3)
    np.testing.assert_array_equal(y.grad.numpy(), X)
    assert gradcheck(f, X, np.array([1.0, 2.0, 3.0]))
    assert gradgradcheck(f, X, X + 3)


def test_each_for_any_number_of_arguments() -> None:
    total = primitive(lambda *xs: sum(xs[1:], xs[0]), each=lambda i, g, out, *xs: g, keeps="", name="total")
    assert gradcheck(lambda *xs: total(*xs), X, X + 1, X[0])
    assert gradgradcheck(lambda *xs: total(*xs), X, X + 1)
    weighted = primitive(
        lambda *xs, weights: sum(w * x**2 for w, x in zip(weights, xs, strict=True)),
        each=lambda i, g, out, *xs, weights: 2 * g * weights[i] * xs[i],
        name="weighted",
    )
    assert gradgradcheck(lambda *xs: weighted(*xs, weights=[1.0, 2.0, 3.0]), X, X + 1, X - 1)


def polar(x: Any, y: Any) -> tuple[Any, Any]:
    return np.sqrt(x * x + y * y), np.arctan2(y, x)


to_polar = primitive(
    polar,
    lambda g, out, x, y: (g[0] * x * out[0] - g[1] * y) / out[0] ** 2,
    lambda g, out, x, y: (g[0] * y * out[0] + g[1] * x) / out[0] ** 2,
    name="polar",
)


def test_several_outputs() -> None:
    x, y = np.abs(X) + 0.5, np.abs(X[::-1]) + 0.7
    assert gradcheck(to_polar, x, y)
    assert gradgradcheck(to_polar, x, y)
    assert gradcheck(lambda x, y: to_polar(x, y)[1], x, y)
    assert gradgradcheck(lambda x, y: to_polar(x, y)[0] * 2, x, y)
    assert gradcheck(lambda x, y: to_polar(x, y)[0] * to_polar(x, y)[1], x, y)
    radius, angle = to_polar(x, y)
    assert type(radius) is type(angle) is np.ndarray


def test_one_of_several_outputs_used_many_times() -> None:
    x, y = np.abs(X) + 0.5, np.abs(X[::-1]) + 0.7

    def f(x: Any, y: Any) -> Any:
        radius, angle = to_polar(x, y)
        return radius * radius + np.sin(angle) * radius + angle

    assert gradcheck(f, x, y)
    assert gradgradcheck(f, x, y)


def test_outputs_without_a_derivative_are_constants() -> None:
    top = primitive(
        lambda x: (np.max(x, axis=-1), np.argmax(x, axis=-1)),
        lambda g, out, x: np.expand_dims(g[0], -1) * (np.arange(x.shape[-1]) == np.expand_dims(out[1], -1)),
        name="top",
    )
    value, where = top(Tensor(X, requires_grad=True))
    assert value.requires_grad
    assert not where.requires_grad
    assert where.dtype.kind == "i"
    assert gradcheck(top, X)


def test_retain_and_free_with_several_outputs() -> None:
    x, y = Tensor(np.abs(X) + 0.5, requires_grad=True), Tensor(np.abs(X) + 1, requires_grad=True)
    radius, angle = to_polar(x, y)
    loss = radius.sum() + angle.sum()
    loss.backward(retain_graph=True)
    first = x.grad.numpy().copy()
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * first)
    with pytest.raises(RuntimeError, match="freed"):
        radius.sum().backward()


def fused_norm(x: Any, scale: Any) -> Any:
    return scale * x / np.sqrt(1 + x * x)


def fused_vjp(g: Any, out: Any, x: np.ndarray, scale: Any) -> tuple[Any, Any]:
    buffer = np.multiply(x, x)  # in place, as only a rule with a composite may
    buffer += 1
    np.sqrt(buffer, out=buffer)
    by_scale = np.sum(g * x / buffer)
    np.power(buffer, 3, out=buffer)
    np.divide(g * scale, buffer, out=buffer)
    return buffer, by_scale


fused = primitive(fused_norm, joint=fused_vjp, composite=fused_norm, name="fused")


def test_a_fused_primitive_and_its_composite_agree_to_third_order() -> None:
    for f in (fused, fused_norm):
        assert gradcheck(f, X, np.array(1.7))
        assert gradgradcheck(f, X, np.array(1.7))

    def third(f: Any) -> Any:
        x, s = Tensor(X, requires_grad=True), Tensor(1.7, requires_grad=True)
        y = f(x, s).sum()
        for _ in range(3):
            (y,) = gradients(y.sum(), [x], create_graph=True)
        return y.numpy(), gradients(y.sum(), [s])[0].numpy()

    for a, b in zip(third(fused), third(fused_norm), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_a_composite_of_several_outputs() -> None:
    def forward(x: Any) -> tuple[Any, Any]:
        return np.sin(x), x * x

    pair = primitive(
        forward, joint=lambda g, out, x: (np.asarray(g[0]) * np.cos(x) + g[1] * 2 * x,), composite=forward, name="pair"
    )
    assert gradcheck(pair, X)
    assert gradgradcheck(pair, X)
    assert gradgradcheck(lambda x: pair(x)[1], X)


def test_composite_with_a_constant_argument() -> None:
    assert gradgradcheck(lambda x: fused(x, 2.0), X)
    assert gradgradcheck(lambda s: fused(X, s), np.array(2.0))


def test_composite_when_one_tensor_is_both_arguments() -> None:
    product = primitive(
        lambda a, b: a * b,
        joint=lambda g, out, a, b: (np.multiply(g, b), np.multiply(g, a)),
        composite=lambda a, b: a * b,
        name="product",
    )
    assert gradcheck(lambda x: product(x, x), X)
    assert gradgradcheck(lambda x: product(x, x), X)


def test_guard_is_a_choice() -> None:
    for guard, expected in [(True, 0.0), (False, np.nan)]:
        f = primitive(np.log, lambda g, out, x: g / x * 0.0 * np.inf, name="f", guard=guard)
        x = Tensor([0.0], requires_grad=True)
        with np.errstate(all="ignore"):
            f(x).backward(np.zeros(1))
        np.testing.assert_array_equal(x.grad.numpy(), [expected])


# What a primitive keeps


def test_an_argument_that_is_not_kept_arrives_as_an_abstract() -> None:
    seen = []

    def vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
        seen.append((type(x), x.shape, x.dtype, x.ndim, x.size, len(x), type(y), type(out)))
        return g * y

    f = primitive(lambda x, y: x * y, vjp, None, keeps=("y", ""), name="f")
    f(Tensor(X, requires_grad=True), X).sum().backward()
    assert seen == [(Abstract, (2, 3), np.dtype(float), 2, 6, 2, np.ndarray, Abstract)]


@pytest.mark.parametrize(
    "vjp",
    [
        lambda g, out, x: g * np.cos(x),
        lambda g, out, x: g * x,
        lambda g, out, x: x * g,
        lambda g, out, x: g * np.asarray(x),
        lambda g, out, x: g * out,
        lambda g, out, x: np.where(x > 0, g, 0),
    ],
    ids=["np.cos(x)", "g * x", "x * g", "asarray", "out", "comparison"],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_reading_a_value_that_was_not_kept_is_a_clear_error(vjp: Any, create_graph: bool) -> None:
    x = Tensor(X, requires_grad=True)
    y = primitive(np.sin, vjp, keeps="", name="sine")(x).sum()
    with pytest.raises(TypeError, match="keeps"):
        y.backward(create_graph=create_graph)
    assert x.grad is None


def test_keeps_is_checked_when_it_is_given() -> None:
    with pytest.raises(ArgumentError, match=r"keeps names y, but the VJP's arguments are x"):
        primitive(np.sin, lambda g, out, x: g, keeps="y")
    with pytest.raises(ArgumentError, match="2 entries for 1 VJPs"):
        primitive(np.sin, lambda g, out, x: g, keeps=("x", "x"))


def test_arguments_may_be_given_by_name() -> None:
    f = primitive(lambda a, b: a * b, lambda g, out, a, b: g * b, lambda g, out, a, b: g * a, name="f")
    assert gradcheck(lambda a, b: f(a, b=b), X, X + 3)
    assert gradcheck(lambda a, b: f(a=a, b=b), X, X + 3)
    assert gradcheck(lambda a, b: f(b=b, a=a), X, X + 3)
    g = primitive(lambda x, *, other: x * other, lambda g, out, x, other: g * other, name="g")
    with pytest.raises(NoRuleError, match="other"):
        g(Tensor(X, requires_grad=True), other=Tensor(X))


def test_lists_of_numbers_are_arrays() -> None:
    f = primitive(lambda a, b: np.multiply(a, b), lambda g, out, a, b: g * b, lambda g, out, a, b: g * a, name="f")
    x = Tensor([1.0, 2.0], requires_grad=True)
    f(x, [3.0, 4.0]).sum().backward()
    assert x.grad.tolist() == [3, 4]


def test_a_python_float_result_is_a_number_tensor() -> None:
    f = primitive(lambda x: float(np.sum(x)), lambda g, out, x: g * np.ones(x.shape), keeps="", name="f")
    y = f(Tensor(X, requires_grad=True))
    assert y.shape == ()
    assert y.dtype == np.float64
    assert gradcheck(f, X)


def test_a_users_primitive_is_not_listed_among_the_packages() -> None:
    primitive(np.sin, lambda g, out, x: g, name="my own")
    assert "my own" not in primitives


def test_the_packages_primitives_pickle_by_name() -> None:
    for name in ("add", "multiply", "exp"):
        assert pickle.loads(pickle.dumps(primitives[name])) is primitives[name]


def test_a_forward_that_fails_records_nothing() -> None:
    f = primitive(lambda x: 1 / 0, lambda g, out, x: g, name="f")
    x = Tensor(X, requires_grad=True)
    with pytest.raises(ZeroDivisionError):
        f(x)
    assert x.node is None


def test_a_primitive_inside_the_rule_of_another() -> None:
    sine = primitive(np.sin, lambda g, out, x: g * cosine(x), keeps="x", name="sine")
    cosine = primitive(np.cos, lambda g, out, x: -g * sine(x), keeps="x", name="cosine")
    t = Tensor(0.3, requires_grad=True)
    y = sine(t)
    for expected in (np.cos(0.3), -np.sin(0.3), -np.cos(0.3), np.sin(0.3)):
        (y,) = gradients(y, [t], create_graph=True)
        assert y.item() == pytest.approx(expected)


def test_a_composite_is_differentiated_at_the_arguments_though_the_rule_reads_the_result_alone() -> None:
    def in_a_buffer(g: Any, out: Any, x: Any) -> Any:
        return np.multiply(g, out, out=np.empty_like(out))

    e = primitive(np.exp, in_a_buffer, keeps="out", composite=lambda x: np.exp(x), jvp=None, name="e")
    two = primitive(
        lambda a, b: np.exp(a + b),
        lambda g, out, a, b: in_a_buffer(g, out, a),
        lambda g, out, a, b: in_a_buffer(g, out, b),
        keeps="out",
        composite=lambda a, b: np.exp(a) * np.exp(b),
        name="two",
    )
    x, y = np.array([1.0, 2.0]), np.array([0.3, -0.4])
    for function, arguments in ((e, (x,)), (two, (x, y))):
        assert gradcheck(function, *arguments, order=2, modes=("reverse", "forward"))
