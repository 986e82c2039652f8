"""detect_anomaly: the first nan or inf, where it came from, and writes behind the graph's back."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, no_grad
from autograd.engine.gradients import gradients
from autograd.engine.primitive import Primitive
from autograd.errors import AnomalyError, GraphError, InPlaceError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy warns too, which is not what is tested


def line() -> int:
    """The number of the line that calls this."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_the_first_nan_of_the_forward_pass_is_named() -> None:
    x = Tensor(np.array([[1.0, -1.0, 2.0]]), requires_grad=True)
    with detect_anomaly():
        number = line() + 2
        with pytest.raises(AnomalyError) as error:
            np.exp(np.log(x) * 2.0)
    text = str(error.value)
    assert "log() gave the first nan" in text
    assert "(1, 3)" in text
    assert f"{__file__}:{number}: np.exp(np.log(x) * 2.0)" in text
    assert isinstance(error.value, GraphError)


@pytest.mark.parametrize("operation", ["divide", "sqrt"])
def test_operators_and_functions_are_both_looked_at(operation: str) -> None:
    x = Tensor(np.array([0.0, -1.0]), requires_grad=True)
    f = {"divide": lambda x: 1.0 / x, "sqrt": np.sqrt}[operation]
    with detect_anomaly(), pytest.raises(AnomalyError, match=rf"{operation}\(\) gave the first (inf|nan)"):
        f(x)


def test_reverse_and_in_place_operators_are_looked_at() -> None:
    x = Tensor(np.array([0.0, 1.0]), requires_grad=True)
    with detect_anomaly():
        with pytest.raises(AnomalyError, match="divide"):
            np.ones(2) / x
        y = x * 1.0
        with pytest.raises(AnomalyError, match="divide"):
            y /= np.zeros(2)
        with pytest.raises(AnomalyError, match="multiply"):
            x * 1e308 * 1e308


def test_an_infinity_that_came_in_is_not_blamed_on_the_next_operation() -> None:
    x = Tensor(np.array([np.inf, 1.0]), requires_grad=True)
    with detect_anomaly():
        y = np.maximum(x * 2.0, 0.0)
    assert np.isinf(y.numpy()[0])


def test_under_no_grad_the_forward_pass_is_looked_at_too() -> None:
    x = Tensor(np.array([-1.0]), requires_grad=True)
    with no_grad(), detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        np.sqrt(x)


def test_the_first_bad_cotangent_is_named_with_the_line_of_the_forward_pass() -> None:
    x = Tensor(np.array([0.0, 4.0]), requires_grad=True)
    with detect_anomaly():
        number, y = line(), np.sqrt(x)
        z = (y * 3.0).sum()
        with pytest.raises(AnomalyError) as error:
            z.backward()
    text = str(error.value)
    assert "the VJP of sqrt by argument 0 gave the first inf" in text
    assert f"{__file__}:{number}: " in text
    assert "(2,)" in text
    assert x.grad is None


def test_an_operation_recorded_outside_is_said_to_be() -> None:
    x = Tensor(np.array([0.0]), requires_grad=True)
    y = np.sqrt(x).sum()
    with detect_anomaly(), pytest.raises(AnomalyError, match="outside detect_anomaly"):
        y.backward()


def test_a_guarded_branch_is_no_anomaly() -> None:
    x = Tensor(np.array([0.0, 4.0]), requires_grad=True)
    with detect_anomaly():
        np.where(x > 0, np.sqrt(x), 0.0).sum().backward()
    assert x.grad.tolist() == [0, 0.25]


def test_a_recorded_sweep_is_looked_at() -> None:
    x = Tensor(np.array([0.0]), requires_grad=True)
    with detect_anomaly():
        y = np.sqrt(x).sum()
        with pytest.raises(AnomalyError):
            gradients(y, [x], create_graph=True)


def test_a_write_behind_the_graphs_back_is_found() -> None:
    array = np.array([1.0, 2.0])
    x = Tensor(array, requires_grad=True)
    with detect_anomaly():
        number, y = line(), (x * x).sum()
        array[0] = 7.0
        with pytest.raises(InPlaceError) as error:
            y.backward()
    assert "multiply() keeps for the backward pass was written" in str(error.value)
    assert f"{__file__}:{number}" in str(error.value)
    assert x.grad is None


def test_a_write_into_a_result_is_found() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    with detect_anomaly():
        y = np.exp(x)
        y.numpy()[0] = 0.0
        with pytest.raises(InPlaceError, match=r"exp\(\) keeps"):
            y.sum().backward()


def test_writes_to_what_no_rule_keeps_are_fine() -> None:
    array = np.array([1.0, 2.0])
    x = Tensor(array, requires_grad=True)
    with detect_anomaly():
        y = (x + 1.0).sum()
        array[0] = 7.0
        y.backward()
    assert x.grad.tolist() == [1, 1]


def test_clean_code_gives_the_same_result() -> None:
    def f(x: Tensor) -> Any:
        y = np.concatenate([np.sin(x), x[::-1]]) * 2.0
        return (y.reshape(2, -1) @ y.reshape(-1, 2)).sum() + np.split(y, 2)[0].sum()

    a, b = Tensor(np.array([1.0, 2.0]), requires_grad=True), Tensor(np.array([1.0, 2.0]), requires_grad=True)
    f(a).backward()
    with detect_anomaly():
        f(b).backward()
    np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


def test_integer_and_tuple_results_are_no_trouble() -> None:
    halves = Primitive(lambda x: (x[:1], x[1:]), joint=lambda g, out, x: (np.concatenate(g),), name="halves")
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    with detect_anomaly():
        a, b = halves(x)
        (a * b).sum().backward()
        assert np.argmax(x) == 1
    assert x.grad.tolist() == [2, 1]


def test_outside_nothing_is_checked() -> None:
    x = Tensor(np.array([0.0]), requires_grad=True)
    np.sqrt(x).sum().backward()
    assert np.isinf(x.grad.numpy()).all()
