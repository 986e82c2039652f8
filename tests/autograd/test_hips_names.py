"""What a user of HIPS autograd imports is here, and means the same."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as onp
import pytest

import autograd
import autograd.numpy as np
import autograd.scipy.stats.norm as norm
from autograd import Tensor, extend, grad, misc
from autograd import differential_operators as operators
from autograd.builtins import DictBox, SequenceBox
from autograd.builtins import isinstance as isinstance_
from autograd.builtins import type as type_
from autograd.core import make_jvp as core_jvp
from autograd.core import make_vjp as core_vjp
from autograd.errors import GradcheckError, NoRuleError
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.misc.tracers import const_graph
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vjps import match_complex, replace_zero, unbroadcast_f
from autograd.numpy.numpy_wrapper import wrap_namespace
from autograd.scipy.misc import logsumexp as old_logsumexp
from autograd.test_util import check_equivalent, check_grads, check_jvp, check_vjp, combo_check, scalar_close
from autograd.tracer import getval, isbox, notrace_primitive
from autograd.util import flatten, subval, subvals

X, V = onp.array([1.0, 2.0, 3.0]), onp.array([0.5, -1.0, 2.0])
HESSIAN = onp.array([[0, 1, 0], [1, 0, 2 * 3.0], [0, 6.0, 2 * 2.0]])


def f(x: Any) -> Any:
    return x[0] * x[1] + x[1] * x[2] ** 2


def wave(x: Any) -> Any:
    return np.sin(x) * x[::-1]


def test_products_with_jacobian_and_hessian() -> None:
    pullback, value = autograd.make_vjp(f)(X)
    onp.testing.assert_allclose(pullback(2.0), 2 * grad(f)(X))
    assert value == f(X)
    J = autograd.jacobian(wave)(X)
    onp.testing.assert_allclose(autograd.make_jvp(wave)(X)(V)[1], J @ V)
    onp.testing.assert_allclose(autograd.make_jvp_reversemode(wave)(X)(V), J @ V)
    onp.testing.assert_allclose(autograd.make_hvp(f)(X)[0](V), HESSIAN @ V)
    onp.testing.assert_allclose(autograd.hessian_vector_product(f)(X, V), HESSIAN @ V)
    onp.testing.assert_allclose(autograd.tensor_jacobian_product(wave)(X, V), V @ J)
    onp.testing.assert_allclose(autograd.make_ggnvp(wave)(X)(V), J.T @ (J @ V))
    onp.testing.assert_allclose(core_vjp(wave, X)[0](V), V @ J)
    onp.testing.assert_allclose(core_jvp(wave, X)(V)[1], J @ V)


def test_other_positions_and_several_arguments() -> None:
    def g(a: Any, b: Any, scale: float = 1.0) -> Any:
        return scale * np.sum(a * b**2)

    onp.testing.assert_allclose(autograd.make_vjp(g, 1)(X, V, scale=2.0)[0](1.0), 4 * X * V)
    by_a, by_b = autograd.make_vjp(g, (0, 1))(X, V)[0](1.0)
    onp.testing.assert_allclose(by_a, V**2)
    onp.testing.assert_allclose(by_b, 2 * X * V)
    onp.testing.assert_allclose(autograd.grad_named(g, "b")(X, V), 2 * X * V)
    onp.testing.assert_allclose(autograd.multigrad_dict(lambda a, b=3.0: a * b)(2.0)["b"], 2)
    assert autograd.grad_and_aux(lambda x: (x**2, "more"))(3.0) == (6.0, "more")
    assert autograd.deriv(np.sin)(0.0) == 1.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert autograd.holomorphic_grad(lambda x: x**2)(3.0) == 6.0
    assert "not complex" in str(caught[0].message)
    assert autograd.holomorphic_grad(lambda x: x**2)(1j) == 2j


def test_every_name_is_found_at_the_root() -> None:
    for name in operators.__all__:
        assert callable(getattr(autograd, name))
    for name in ("numpy", "scipy", "extend", "misc", "test_util", "tracer", "builtins", "core"):
        assert getattr(autograd, name).__name__ == f"autograd.{name}"
    with pytest.raises(AttributeError, match="no attribute 'make_jpv'"):
        _ = autograd.make_jpv


def test_import_autograd_imports_none_of_it() -> None:
    code = (
        "import sys, autograd; late = [m for m in sys.modules if m.startswith(('autograd.numpy', 'autograd.scipy', "
        "'autograd.extend', 'autograd.misc', 'autograd.differential'))]; assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numpy_is_numpys_and_takes_lists_with_tensors() -> None:
    assert np.sin is onp.sin
    assert np.linalg.inv is onp.linalg.inv
    assert np.random.randn is onp.random.randn  # type: ignore[attr-defined, unused-ignore]
    onp.testing.assert_array_equal(np.array([[1.0, 2.0]]), [[1.0, 2.0]])
    onp.testing.assert_allclose(grad(lambda x: np.sum(np.array([x[0] * x[1], [x[1], 2.0][0]])))(X), [2, 2, 0])
    assert grad(lambda x: np.array([x])[0])(2.0) == 1.0
    assert grad(lambda x: np.linalg.norm([x, x + 2]))(0.0) == 1.0
    assert np.linalg.norm((3.0, 4.0)) == 5.0
    onp.testing.assert_array_equal(grad(lambda x: x[np.int64(x) - 1].sum())(onp.array([1.0, 1.9])), [2, 0])
    rows = onp.ones((4, 3)) * X
    onp.testing.assert_allclose(autograd.vmap(lambda x: np.array([x[0], [x[1], 3.0][1]]))(rows), [[1, 3]] * 4)
    for name in ("sum", "mean", "std", "var", "prod", "max", "min"):
        onp.testing.assert_allclose(
            grad(lambda x, name=name: getattr(np, name)([x[0], 2 * x[1], x[2] ** 2]))(X),
            grad(lambda x, name=name: getattr(onp, name)(onp.stack([x[0], 2 * x[1], x[2] ** 2])))(X),
        )
    onp.testing.assert_allclose(grad(lambda x: np.append([x[0]], x)[2])(X), [0, 1, 0])
    onp.testing.assert_allclose(grad(lambda x: np.sum(np.full((2, 3), x[1])))(X), [0, 6, 0])
    onp.testing.assert_allclose(grad(lambda x: np.sum(np.asarray([x[0], 1.0])) + np.asarray(x)[1])(X), [1, 1, 0])
    onp.testing.assert_allclose(grad(lambda x: np.r_[x, 0.0, 1:3, x][-1])(X), [0, 0, 1])
    onp.testing.assert_allclose(grad(lambda x: np.c_[x, X, np.stack([x, x], 1)][1, 3])(X), [0, 1, 0])
    onp.testing.assert_array_equal(np.r_[1:3, 5], onp.r_[1:3, 5])
    onp.testing.assert_array_equal(np.make_diagonal(onp.ones((2, 3))), onp.stack([onp.eye(3)] * 2))
    assert grad(norm.logpdf)(2.0) == -2.0
    assert 0 < norm.ppf(0.7) < 1  # SciPy's own


def test_a_primitive_with_curried_rules() -> None:
    @extend.primitive
    def logsumexp(x: Any) -> Any:
        top = onp.max(x)
        return top + onp.log(onp.sum(onp.exp(x - top)))

    extend.defvjp(logsumexp, lambda ans, x: lambda g: np.full(x.shape, g) * np.exp(x - np.full(x.shape, ans)))
    check_grads(logsumexp)(X)

    @extend.primitive
    def product(a: Any, b: Any, c: Any) -> Any:
        return a * b + c

    extend.defvjp(product, lambda ans, a, b, c: unbroadcast_f(b, lambda g: g * a), None, argnums=(1, 2))
    extend.defjvp(product, lambda g, ans, a, b, c: a * g, argnums=(1,))
    check_grads(product, 1)(X, 2.0, 1.0)
    assert grad(product, 2)(1.0, 2.0, 3.0) == 0
    with pytest.raises(NoRuleError, match="product has no rule for argument 1"):
        grad(product)(1.0, 2.0, 3.0)


def test_a_primitive_with_one_rule_for_all_arguments() -> None:
    def times(a: Any, b: Any) -> Any:
        return a * b

    one, all_at_once, linear = extend.primitive(times), extend.primitive(times), extend.primitive(times)
    extend.defvjp_argnum(one, lambda i, ans, args, kwargs: lambda g: g * args[1 - i])
    extend.defjvp_argnum(one, lambda i, g, ans, args, kwargs: g * args[1 - i])
    extend.defvjp_argnums(all_at_once, lambda ns, ans, args, kwargs: lambda g: [g * args[1 - i] for i in ns])
    extend.defvjp(linear, lambda ans, a, b: lambda g: g * b, lambda ans, a, b: lambda g: g * a)
    extend.def_linear(linear)
    for made in (one, all_at_once, linear):
        check_grads(made, (0, 1))(X, V)
    extend.defjvp(linear, "same", "same")
    check_grads(linear, (0, 1))(X, V)


def test_values_without_their_history() -> None:
    seen: list[Any] = []

    @notrace_primitive
    def kind(x: Any) -> str:
        return type(x).__name__

    def watched(x: Any) -> Any:
        seen.extend([getval(x), isbox(x), isinstance(x, ArrayBox), kind(x), isinstance_(x, onp.ndarray), type_(x)])
        return np.sum(x**2)

    grad(watched)(X)
    assert seen[1:] == [True, True, "ndarray", True, onp.ndarray]
    onp.testing.assert_array_equal(seen[0], X)
    assert getval("text") == "text"
    assert not isbox(X)
    assert isinstance({}, DictBox)
    assert isinstance([], SequenceBox)
    assert autograd.tuple is tuple
    assert grad(lambda d: d["a"] * len(d))(autograd.dict(a=2.0, b=1.0))["a"] == 2


def test_vector_spaces() -> None:
    space = extend.vspace({"a": X, "b": 2.0})
    assert space.size == 4
    assert space == extend.vspace({"a": V, "b": 1.0})
    assert space != extend.vspace({"a": V})
    onp.testing.assert_array_equal(space.ones()["a"], onp.ones(3))
    assert space.zeros()["b"] == 0
    assert extend.vspace(Tensor(X)).shape == (3,)
    assert [e["b"] for e in space.standard_basis()] == [0, 0, 0, 1]
    assert space.inner_prod(space.ones(), space.randn()) != 0
    check_equivalent(space.add(space.ones(), space.ones()), space.scalar_mul(space.ones(), 2.0))


def test_checks() -> None:
    check_grads(lambda d, y: {"sum": d["a"] * y, "rest": [np.sin(d["b"])]}, (0, 1))({"a": X, "b": 1.0}, V)
    check_vjp(np.sin, X)
    check_jvp(np.sin, 1.0)
    combo_check(np.sum, modes=["rev"])([X, onp.ones((2, 2))], axis=[None, 0])
    assert scalar_close(1.0, 1 + 1e-8)
    assert not scalar_close(1.0, 1.1)
    with pytest.raises(GradcheckError):
        check_grads(autograd.primitive(onp.sin, lambda g, out, x: g, name="wrong"), modes=["rev"])(X)


TREE = {"w": onp.ones((2, 2)), "b": (3.0, onp.zeros(2))}


def test_flatten() -> None:
    vector, unflatten = misc.flatten(TREE)
    onp.testing.assert_array_equal(vector, [3, 0, 0, 1, 1, 1, 1])
    again = unflatten(2 * vector)
    onp.testing.assert_array_equal(again["w"], 2 * TREE["w"])
    assert again["b"][0] == 6.0
    onp.testing.assert_allclose(grad(lambda v: np.sum(unflatten(v)["w"] ** 2))(vector), [0, 0, 0, 2, 2, 2, 2])
    flat, _, start = misc.flatten_func(lambda tree: tree["w"] * 2, TREE)
    onp.testing.assert_array_equal(flat(start), 2 * onp.ones(4))
    assert misc.flatten([])[0].shape == (0,)


@pytest.mark.parametrize(("optimizer", "step"), [(sgd, 0.5), (rmsprop, 0.05), (adam, 0.1)])
def test_optimizers(optimizer: Any, step: float) -> None:
    seen: list[int] = []

    def loss(tree: Any) -> Any:
        return np.sum((tree["w"] - 2) ** 2) + (tree["b"][0] + 1) ** 2 + np.sum(tree["b"][1] ** 2)

    found = optimizer(
        lambda tree, i: grad(loss)(tree),
        TREE,
        callback=lambda tree, i, g: seen.append(i),
        num_iters=200,
        step_size=step,
    )
    onp.testing.assert_allclose(found["w"], 2 * onp.ones((2, 2)), atol=0.1)
    assert found["b"][0] == pytest.approx(-1, abs=0.1)
    assert seen == list(range(200))


def test_optimizers_can_be_differentiated() -> None:
    def after(step: Any) -> Any:
        return np.sum(sgd(lambda x, i: 2 * x, X, num_iters=3, step_size=step) ** 2)

    check_grads(after, order=1)(0.1)


def test_fixed_point() -> None:
    root = lambda a: fixed_point(lambda a: lambda x: 0.5 * (x + a / x), a, 1.0, lambda x, y: abs(x - y), 1e-10)  # noqa: E731
    assert root(2.0) == pytest.approx(2**0.5)
    assert grad(root)(2.0) == pytest.approx(0.5 / 2**0.5)


def test_tangents_of_several_arguments_by_one_function() -> None:
    @extend.primitive
    def product(x: Any, y: Any) -> Any:
        return x * y

    extend.defvjp(product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    seen = []

    def rule(argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        seen.append(argnums)
        return sum(t * args[1 - i] for i, t in zip(argnums, tangents, strict=True))

    extend.defjvp_argnums(product, rule)
    check_grads(product, (0, 1))(2.0, X)
    assert autograd.jvp(product, (2.0, X), (1.0, V))[1].tolist() == (X + 2.0 * V).tolist()
    assert seen


def test_misc_has_fixed_point_at_hand() -> None:
    assert misc.fixed_point is fixed_point


def test_names_of_modules_below() -> None:
    assert np.numpy_boxes.ArrayBox is Tensor
    assert np.numpy_vspaces.ArrayVSpace is extend.VSpace
    assert np.metadata(X) == ((3,), 1, X.dtype, False)
    assert old_logsumexp([0.0, 0.0]) == onp.log(2)
    assert flatten({"a": 1.0})[0] == 1.0
    assert subvals((1, 2, 3), [(0, 5), (2, 6)]) == (5, 2, 6)
    assert subval([1, 2], 1, 3) == (1, 3)
    assert const_graph(lambda x, y: x - y, 3.0)(1.0) == 2.0
    onp.testing.assert_array_equal(replace_zero(onp.array([0.0, 2.0]), 1), [1, 2])
    assert match_complex(1.0, 2 + 1j) == 2
    assert match_complex(1j, 2 + 1j) == 2 + 1j


def test_a_namespace_wrapped() -> None:
    names: dict[str, Any] = {}
    wrap_namespace({"square": onp.square, "_own": 1}, names)
    assert list(names) == ["square"]
    assert grad(names["square"])(3.0) == 6.0


def test_a_primitive_whose_results_are_constants() -> None:
    @extend.primitive
    def rounded(x: Any, digits: int) -> Any:
        return onp.round(x, digits)

    extend.register_notrace(extend.VJPNode, rounded)
    assert grad(lambda x: x * rounded(x, 1))(1.26) == 1.3
    assert autograd.deriv(lambda x: x * rounded(x, 1))(1.26) == 1.3


def test_the_names_are_thin() -> None:
    root = Path(autograd.__file__).parent
    names = ("builtins", "core", "differential_operators", "extend", "test_util", "tracer", "util", "wrap_util")
    files = [root / f"{name}.py" for name in names]
    files += [*(root / "misc").glob("*.py"), *(root / "numpy").glob("*.py"), root / "scipy" / "misc.py"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert 400 < len(lines) <= 600
