"""Scalar: values, local derivatives, the sweep, nesting, lifetime, and agreement with a 0-d Tensor."""

from __future__ import annotations

import copy
import gc
import math
import operator
import pickle
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd.engine.settings import detect_anomaly, enable_grad, no_grad
from autograd.errors import AnomalyError, DTypeError, GraphError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor

Function = Callable[..., Any]


def relu(x: Any) -> Any:
    return x.relu() if isinstance(x, Scalar) else np.maximum(x, 0.0) if x.item() != 0 else x * 0.0


def sigmoid(x: Any) -> Any:
    return x.sigmoid() if isinstance(x, Scalar) else 1 / (1 + np.exp(-x))


def maximum(x: Any, y: Any) -> Any:
    return Scalar.maximum(x, y) if isinstance(x, Scalar) else np.maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    return Scalar.minimum(x, y) if isinstance(x, Scalar) else np.minimum(x, y)


FUNCTIONS: list[tuple[str, Function, tuple[float, ...]]] = [
    ("add", lambda x, y: x + y, (2.0, 3.0)),
    ("add number", lambda x: x + 3.0, (2.0,)),
    ("number add", lambda x: 3 + x, (2.0,)),
    ("sub", lambda x, y: x - y, (2.0, 3.0)),
    ("sub number", lambda x: x - 3, (2.0,)),
    ("number sub", lambda x: 3.0 - x, (2.0,)),
    ("mul", lambda x, y: x * y, (2.0, -3.0)),
    ("mul number", lambda x: x * 3, (2.0,)),
    ("number mul", lambda x: -3.0 * x, (2.0,)),
    ("div", lambda x, y: x / y, (2.0, -3.0)),
    ("div number", lambda x: x / 3, (2.0,)),
    ("number div", lambda x: 3.0 / x, (2.0,)),
    ("pow", lambda x, y: x**y, (2.0, 3.5)),
    ("square", lambda x: x**2, (-1.5,)),
    ("cube", lambda x: x**3, (-1.5,)),
    ("root", lambda x: x**0.5, (2.5,)),
    ("inverse", lambda x: x**-1, (2.5,)),
    ("number pow", lambda x: 2.0**x, (2.5,)),
    ("square at 0", lambda x: x**2, (0.0,)),
    ("first power at 0", lambda x: x**1, (0.0,)),
    ("power 0 at 0", lambda x: x**0, (0.0,)),
    ("root at 0", lambda x: x**0.5, (0.0,)),
    ("exponent at 0", lambda x, y: x**y, (0.0, 2.0)),
    ("neg", lambda x: -x, (2.0,)),
    ("pos", lambda x: +x, (2.0,)),
    ("abs", abs, (-2.0,)),
    ("abs at 0", abs, (0.0,)),
    ("exp", np.exp, (0.5,)),
    ("exp overflow", np.exp, (1000.0,)),
    ("log", np.log, (0.5,)),
    ("log of 0", np.log, (0.0,)),
    ("log of -1", np.log, (-1.0,)),
    ("sqrt", np.sqrt, (0.5,)),
    ("sqrt of 0", np.sqrt, (0.0,)),
    ("sqrt of -1", np.sqrt, (-1.0,)),
    ("sin", np.sin, (0.5,)),
    ("cos", np.cos, (0.5,)),
    ("tanh", np.tanh, (0.5,)),
    ("tanh far", np.tanh, (1000.0,)),
    ("tanh far below", np.tanh, (-1000.0,)),
    ("sigmoid", sigmoid, (0.5,)),
    ("sigmoid below", sigmoid, (-2.0,)),
    ("relu", relu, (2.0,)),
    ("relu below", relu, (-2.0,)),
    ("relu at 0", relu, (0.0,)),
    ("maximum", maximum, (2.0, 3.0)),
    ("maximum tie", maximum, (2.0, 2.0)),
    ("minimum", minimum, (2.0, 3.0)),
    ("minimum tie", minimum, (2.0, 2.0)),
    ("division by 0", lambda x, y: x / y, (1.0, 0.0)),
    ("root of a negative number", lambda x: x**0.5, (-2.0,)),
    ("overflow of a power", lambda x: x**3, (1e200,)),
    ("0 to a negative power", lambda x: x**-1.0, (0.0,)),
    ("a branch not taken through sqrt(0)", lambda x: np.sqrt(x) * 0.0, (0.0,)),
    ("used twice", lambda x, y: x * y + np.sin(x) * x, (2.0, 3.0)),
]


@pytest.mark.parametrize(("name", "function", "values"), FUNCTIONS, ids=[name for name, _, _ in FUNCTIONS])
def test_equals_a_tensor_of_no_dimension(name: str, function: Function, values: tuple[float, ...]) -> None:
    with np.errstate(all="ignore"):
        scalars = [Scalar(v) for v in values]
        out = function(*scalars)
        out.backward()
        tensors = [Tensor(v, requires_grad=True) for v in values]
        expected = function(*tensors)
        expected.backward()
    assert type(out) is Scalar
    assert type(out.data) is float
    np.testing.assert_allclose(out.data, expected.item(), rtol=1e-15)
    for s, t in zip(scalars, tensors, strict=True):
        assert type(s.grad) in (float, int)
        np.testing.assert_allclose(s.grad, t.grad.item(), rtol=1e-13, err_msg=name)


def test_outside_its_domain_it_warns_as_numpy_does() -> None:
    for function, value in ((np.log, -1.0), (np.log, 0.0), (np.exp, 1000.0), (np.sqrt, -1.0), (lambda x: 1.0 / x, 0.0)):
        with pytest.warns(RuntimeWarning):
            function(Scalar(value))


def test_local_derivatives_stand_on_the_edges() -> None:
    a, b = Scalar(2.0, label="a"), Scalar(-3.0)
    y = a * b
    assert y.parents == (a, b)
    assert y.parents[0] is a
    assert y.local_derivatives == (-3.0, 2.0)
    assert y.op == "mul"
    assert a.op is None
    assert a.parents == ()
    assert y.constant is None
    assert (1.0 - a).op == "rsub"
    assert (1.0 - a).constant == 1.0
    assert (1.0 - a).local_derivatives == (-1.0,)
    a.data = 100.0  # the recorded derivatives are those of the values that were used
    y.backward()
    assert b.grad == 2.0


def test_gradient_is_none_before_backward_and_zero_where_nothing_flows() -> None:
    x = Scalar(-1.0)
    y = x.relu()
    assert x.grad is None
    assert y.grad is None
    y.backward()
    assert x.grad == 0.0
    assert y.grad == 1.0
    x.zero_grad()
    assert x.grad is None


def test_a_second_sweep_adds_exactly_once() -> None:
    x = Scalar(3.0)
    h = x * x
    y = h * h
    y.backward()
    once = (x.grad, h.grad)
    y.backward()
    assert (x.grad, h.grad) == (2 * once[0], 2 * once[1])
    z = h + 1.0  # another root over the shared part
    z.backward()
    assert x.grad == 2 * once[0] + 6.0
    assert h.grad == 2 * once[1] + 1.0
    x.grad = 0  # as in micrograd
    z.backward(gradient=0.5)
    assert x.grad == 3.0


def test_micrograds_example() -> None:
    """The numbers of micrograd's own test, which has them from PyTorch."""
    a, b = Scalar(-4.0), Scalar(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert math.isclose(g.data, 24.70408163265306)
    assert math.isclose(a.grad, 138.83381924198252)
    assert math.isclose(b.grad, 645.5772594752186)


def test_python_and_numpy_around_it() -> None:
    s = Scalar(data=2.5, label="s")
    assert repr(s) == "Scalar(data=2.5, label='s')"
    assert str(s) == repr(s)
    assert f"{s:.2f}" == "2.50"
    assert f"{s}" == repr(s)
    assert float(s) == 2.5
    assert int(s) == 2
    assert bool(s)
    assert not Scalar(0.0)
    assert round(s) == 2
    assert round(s, 1) == 2.5
    assert s.item() == 2.5
    s.backward()
    assert repr(s) == "Scalar(data=2.5, grad=1.0, label='s')"
    assert sum([s, s]).data == 5.0
    assert max(s, Scalar(3.0)).data == 3.0
    assert min(s, 1) == 1
    assert (np.float64(2) * s).data == 5.0
    assert (s * np.float32(2)).data == 5.0
    assert type((s * np.float64(2)).data) is float
    assert [x.data for x in np.array([[1.0, 2.0], [3.0, 4.0]]) @ np.array([s, s])] == [7.5, 17.5]
    assert Scalar(1).data == 1.0
    assert Scalar(np.float32(0.5)).data == 0.5
    assert Scalar(True).data == 1.0
    assert Scalar.maximum(1.0, s).data == 2.5
    p = Scalar(1.0)
    p.data = 3  # whatever number is put there
    assert (p * p).data == 9.0
    assert type((p * p).data) is float
    assert type((p * s).data) is float


def test_compares_by_value_and_hashes_by_identity() -> None:
    a, b = Scalar(2.0), Scalar(2.0)
    assert (a == b) is True
    assert a == 2
    assert a != 3.0
    assert a < 3
    assert a < 3
    assert a <= b
    assert a >= 2.0
    assert not a > b
    assert len({a, b}) == 2
    assert hash(a) != hash(b)
    assert (a == "a") is False
    assert (a is not None) is True
    assert Scalar(Scalar(2.0)) == a
    assert Scalar(Scalar(2.0)) < 3
    with pytest.raises(TypeError):
        operator.lt(a, "a")


@pytest.mark.parametrize("wrong", ["a", None, [1.0], object()])
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(DTypeError, match="one number"):
        Scalar(wrong)
    with pytest.raises(DTypeError, match="one number"):
        Scalar.maximum(wrong, 1.0)
    if not isinstance(wrong, list):
        with pytest.raises(TypeError):
            Scalar(1.0) + wrong
        with pytest.raises(TypeError):
            wrong ** Scalar(1.0)


THIRD: list[tuple[str, Function, float, tuple[float, float, float, float]]] = [
    ("x**4", lambda x: x**4, 2.0, (16.0, 32.0, 48.0, 48.0)),
    ("x*x*x*x", lambda x: x * x * x * x, 2.0, (16.0, 32.0, 48.0, 48.0)),
    ("exp", lambda x: x.exp(), 0.5, (math.exp(0.5),) * 4),
    ("log", lambda x: x.log(), 2.0, (math.log(2), 0.5, -0.25, 0.25)),
    ("sqrt", lambda x: x.sqrt(), 4.0, (2.0, 0.25, -1 / 32, 3 / 256)),
    ("sin", lambda x: x.sin(), 0.5, (math.sin(0.5), math.cos(0.5), -math.sin(0.5), -math.cos(0.5))),
    ("cos", lambda x: x.cos(), 0.5, (math.cos(0.5), -math.sin(0.5), -math.cos(0.5), math.sin(0.5))),
    ("1/x", lambda x: 1.0 / x, 2.0, (0.5, -0.25, 0.25, -0.375)),
    ("2**x", lambda x: 2.0**x, 1.0, (2.0, 2 * math.log(2), 2 * math.log(2) ** 2, 2 * math.log(2) ** 3)),
    ("tanh", lambda x: x.tanh(), 0.0, (0.0, 1.0, 0.0, -2.0)),
    ("sigmoid", lambda x: x.sigmoid(), 0.0, (0.5, 0.25, 0.0, -0.125)),
    ("abs", lambda x: abs(x) ** 3, -2.0, (8.0, -12.0, 12.0, -6.0)),
    ("relu", lambda x: x.relu() ** 3, 2.0, (8.0, 12.0, 12.0, 6.0)),
    ("maximum", lambda x: Scalar.maximum(x, 1.0) ** 3, 2.0, (8.0, 12.0, 12.0, 6.0)),
    ("x**3 at 0", lambda x: x**3, 0.0, (0.0, 0.0, 0.0, 6.0)),
]


@pytest.mark.parametrize(("name", "function", "value", "expected"), THIRD, ids=[row[0] for row in THIRD])
def test_nested_scalars_differentiate_to_third_order(
    name: str, function: Function, value: float, expected: tuple[float, ...]
) -> None:
    x = Scalar(Scalar(Scalar(value)))
    y = function(x)
    y.backward()
    x.grad.backward()
    x.data.grad.backward()
    found = (y.item(), x.grad.item(), x.data.grad.item(), x.data.data.grad)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_scalar_of_less_depth_is_a_constant_to_the_outer_derivative() -> None:
    x, a = Scalar(Scalar(3.0)), Scalar(2.0)
    y = a * x**2  # d2y / dx da = 2 x
    y.backward()
    assert a.grad is None
    x.grad.backward()
    assert x.data.grad == 4.0
    assert a.grad == 6.0


def test_mixed_derivative_of_a_power_by_a_variable_exponent_of_two() -> None:
    x, p = Scalar(Scalar(3.0)), Scalar(Scalar(2.0))
    (x**p).backward()
    x.grad.backward()  # d/dx = p x**(p-1); by p: x**(p-1) (1 + p log x)
    assert math.isclose(p.data.grad, 3.0 * (1 + 2 * math.log(3.0)))


def test_no_grad_gives_constants() -> None:
    x = Scalar(2.0)
    with no_grad():
        y, z, w = x * x, x.exp(), x + 1.0
        with enable_grad():
            u = x * x
    for constant in (y, z, w):
        assert constant.parents == ()
        assert constant.op is None
    u.backward()
    assert x.grad == 4.0


def test_detect_anomaly_names_the_operation_and_the_line() -> None:
    with detect_anomaly(), np.errstate(all="ignore"):
        with pytest.raises(AnomalyError, match=r"log gave the first nan(.|\n)*test_scalar"):
            Scalar(-1.0).log()
        y = Scalar(0.0).sqrt()
        with pytest.raises(AnomalyError, match="derivative of sqrt"):
            y.backward()
        assert (Scalar(math.nan) * 2.0).op == "mul"  # not the first


def test_a_sweep_that_fails_leaves_nothing_behind() -> None:
    x = Scalar(2.0)
    y = x * x + x.exp()
    x._y = 1  # type: ignore[assignment]
    x._x = "broken"  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        y.backward()
    x._x = x._y = None
    for node in (x, y, *y.parents):
        node.grad = None
    y.backward()
    assert math.isclose(x.grad, 4.0 + math.exp(2.0))


def test_a_million_nodes_without_recursion() -> None:
    x = y = Scalar(1.0)
    for _ in range(1_000_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    reference = weakref.ref(y.parents[0])
    del y
    assert reference() is None


def test_memory_returns_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x = Scalar(Scalar(0.5))
        y = (x * x + x.exp()).tanh() / 3 - x**3
        y.backward()
        x.grad.backward()
        nodes = [weakref.ref(s) for s in (y, *y.parents, y.parents[0].parents[0], x.grad, x.data, x)]
        del x, y
        assert all(reference() is None for reference in nodes)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_wide_fans() -> None:
    x = Scalar(2.0)
    y = sum((x for _ in range(1000)), Scalar(0.0))
    (y * y).backward()
    assert x.grad == 2 * 2000.0 * 1000


def test_threads_that_share_parameters_each_add_their_part() -> None:
    w = Scalar(1.0)

    def work() -> None:
        for _ in range(200):
            (w * 2.0 + w * 3.0).backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert w.grad == 4 * 200 * 5.0


def test_copies_and_pickles_of_leaves_only() -> None:
    x = Scalar(2.0, label="x")
    x.grad = 3.0
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (twin.data, twin.grad, twin.label) == (2.0, 3.0, "x")
        assert twin is not x
        twin.backward()
    with pytest.raises(GraphError, match="lose its graph"):
        copy.deepcopy(x * x)
