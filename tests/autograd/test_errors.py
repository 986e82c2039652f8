"""The exceptions: one tree, each derived from the built-in one that callers expect; and gradcheck's report."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, errors, no_grad
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.primitive import Primitive
from autograd.errors import ArgumentError, GradcheckError

EXCEPTIONS = {
    name: thing for name, thing in vars(errors).items() if inspect.isclass(thing) and not issubclass(thing, Warning)
}
BUILT_IN = {
    "ShapeError": ValueError, "DTypeError": TypeError, "ArgumentError": ValueError, "NoRuleError": TypeError,
    "GraphError": RuntimeError, "FreedGraphError": RuntimeError, "InPlaceError": RuntimeError,
    "AnomalyError": RuntimeError, "GradcheckError": AssertionError, "BatchError": TypeError,
    "CaptureError": RuntimeError, "RenderError": RuntimeError, "ConvergenceError": RuntimeError,
}  # fmt: skip


def test_every_exception_has_its_place_in_the_tree() -> None:
    assert set(EXCEPTIONS) == {*BUILT_IN, "AutogradError"}
    for name, base in BUILT_IN.items():
        assert issubclass(EXCEPTIONS[name], errors.AutogradError)
        assert issubclass(EXCEPTIONS[name], base)
    for name in EXCEPTIONS:
        assert errors.__doc__ is not None
        assert name in errors.__doc__, f"{name} is missing in the tree drawn in the docstring"


# gradcheck

wrong = Primitive(
    lambda x: x**2, lambda g, out, x: g * x * (2 + (np.arange(x.size).reshape(x.shape) == 4)), name="wrong"
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.longdouble])
def test_right_gradients_pass_in_every_dtype(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.5, 2, size=(3, 4)).astype(dtype), rng.uniform(1, 2, size=4).astype(dtype)
    assert gradcheck(lambda x, y: x * y / (1 + x), x, y)
    assert gradgradcheck(lambda x, y: x * y / (1 + x), x, y)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_worst_element_is_named(dtype: Any) -> None:
    x = np.arange(1, 7, dtype=dtype).reshape(2, 3) / 4
    with pytest.raises(GradcheckError) as error:
        gradcheck(wrong, x)
    text = str(error.value)
    assert "gradcheck of wrong: the gradient by input 0 differs most at index (1, 1): analytic " in text
    assert "numerical" in text
    assert "difference" in text
    assert "does not sit on a kink" in text
    assert gradcheck(wrong, x, raise_exception=False) is False


def test_both_values_are_reported() -> None:
    half = Primitive(lambda x: 2 * x, lambda g, out, x: g * 1.0, keeps="", name="half")
    x = np.array([1.0])
    with pytest.raises(GradcheckError) as error:
        gradcheck(half, x, rng=np.random.default_rng(5))
    c = np.random.default_rng(5).normal(size=1)[0]
    assert f"analytic {c:.10g}" in str(error.value)
    assert f"numerical {2 * c:.6g}" in str(error.value)[:-4] or f"{2 * c:.6f}" in str(error.value)


def test_one_wrong_element_among_many_is_found() -> None:
    def vjp(g: Any, out: Any, x: Any) -> Any:
        return g * np.where(np.arange(1000) == 777, 1.1, 1.0)

    with pytest.raises(GradcheckError, match=r"index \(777,\)"):
        gradcheck(Primitive(lambda x: 1 * x, vjp, keeps="", name="f"), np.ones(1000))


def test_the_input_is_named() -> None:
    f = Primitive(lambda a, b: a * b, lambda g, out, a, b: g * b, lambda g, out, a, b: g * b, name="f")
    with pytest.raises(GradcheckError, match="input 1 differs"):
        gradcheck(f, np.array([1.0, 2.0]), np.array([3.0, 5.0]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_kink_is_recognised(dtype: Any) -> None:
    relu = Primitive(lambda x: np.maximum(x, 0), lambda g, out, x: g * (x > 0), name="relu")
    with pytest.raises(
        GradcheckError, match=r"index \(1,\).*sits on a kink \(from the left .*, from the right .*\): move the inputs"
    ):
        gradcheck(relu, np.array([1.0, 0.0, -1.0], dtype))
    assert gradcheck(relu, np.array([1.0, 0.5, -1.0], dtype))


def test_strong_curvature_is_no_kink() -> None:
    f = Primitive(lambda x: 1e4 * x**2, lambda g, out, x: g * 1e4 * x, name="f")
    with pytest.raises(GradcheckError, match="does not sit on a kink"):
        gradcheck(f, np.array([0.01]))


def test_a_wrong_second_derivative_is_found() -> None:
    rule = Primitive(
        lambda x: x**3, lambda g, out, x: g * 3 * (x.data if isinstance(x, Tensor) else x) ** 2, name="cube"
    )
    x = np.array([1.0, 2.0])
    assert gradcheck(rule, x)
    with pytest.raises(GradcheckError, match=r"gradgradcheck of cube: .* input 0"):
        gradgradcheck(rule, x)
    assert gradgradcheck(rule, x, raise_exception=False) is False


def test_only_floating_inputs_are_differentiated() -> None:
    seen = []

    def f(x: Any, index: Any, scale: Any, flag: bool) -> Any:
        seen.append((type(x), type(index), type(scale), flag))
        return x * scale * float(index)

    assert gradcheck(f, np.array([1.0, 2.0]), np.int64(3), Tensor(2.0), True)
    assert set(seen) == {(Tensor, np.int64, Tensor, True)}
    assert gradcheck(lambda x: x * x, 2.0)
    assert gradcheck(lambda x: x * x, np.float32(2.0))
    with pytest.raises(ArgumentError, match="needs an input to differentiate"):
        gradcheck(lambda x: x, np.array([1, 2]))


def test_a_tensor_that_is_checked_is_not_changed() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    array = x.data
    assert gradcheck(lambda x: x * x, x)
    assert gradgradcheck(lambda x: x * x, x)
    assert x.data is array
    assert x.tolist() == [1, 2]
    assert x.grad is None


def test_tuples_and_outputs_without_a_derivative() -> None:
    assert gradcheck(lambda x: (x * x, x > 0, [1], x * 3.0), np.array([1.0, 2.0]))
    assert gradgradcheck(lambda x: [x * x, x * x * x], np.array([1.0, 2.0]))
    with pytest.raises(GradcheckError, match="no floating Tensor"):
        gradcheck(lambda x: x > 0, np.array([1.0]))


def test_a_lost_graph_is_a_wrong_gradient() -> None:
    with pytest.raises(GradcheckError, match="analytic 0"):
        gradcheck(lambda x: Tensor(x.data * 2) + x * 0.0, np.array([1.0]))
    with pytest.raises(GradcheckError, match="analytic 0"):
        gradcheck(lambda x: x.numpy() * 2, np.array([1.0]))


def test_outside_its_domain() -> None:
    with np.errstate(all="ignore"):
        with pytest.raises(GradcheckError, match="not finite at these inputs"):
            gradcheck(lambda x: x**0.5, np.array([-1.0]))
        with pytest.raises(GradcheckError, match="not finite one step away"):
            gradcheck(lambda x: x**0.5, np.array([0.0]))


def test_a_random_function_is_found_out() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="two values for the same inputs"):
        gradcheck(lambda x: x * rng.normal(), np.array([1.0]))


def test_empty_inputs_pass() -> None:
    assert gradcheck(lambda x, y: x * y, np.ones((0, 3)), np.ones(3))
    assert gradgradcheck(lambda x, y: x * y, np.ones((0, 3)), np.ones(3))


def test_it_is_the_same_in_every_call_and_under_no_grad() -> None:
    def message() -> str:
        with pytest.raises(GradcheckError) as error:
            gradcheck(wrong, np.arange(1.0, 7.0))
        return str(error.value)

    assert message() == message()
    with no_grad():
        assert gradcheck(lambda x: x * x, np.array([1.0]))


def test_bad_settings_are_refused() -> None:
    for options in ({"eps": 0.0}, {"eps": -1.0}, {"rtol": -1.0}, {"atol": -1.0}, {"eps": float("nan")}):
        with pytest.raises(ArgumentError, match="positive"):
            gradcheck(lambda x: x, np.array([1.0]), **options)


def test_large_and_small_magnitudes() -> None:
    for size in (1e-6, 1.0, 1e6):
        assert gradcheck(lambda x: x * x * x, np.array([1.0, -2.0]) * size)
