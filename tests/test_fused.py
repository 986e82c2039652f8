"""A fused operation is its composite: in value, gradient and second gradient; and it stays finite at extremes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.backward import gradients
from autograd.ops import fused
from autograd.primitive import primitives

TARGET = np.array([0, 2, 1, 1, 0])
ROWS: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    ("linear", [(5, 4), (3, 4), (3,)], (), {}),
    ("linear", [(2, 5, 4), (3, 4), (3,)], (), {}),
    ("linear", [(5, 4), (3, 4)], (), {}),
    *[("softmax_cross_entropy", [(5, 3)], (TARGET,), {"reduction": reduction}) for reduction in ("mean", "sum", "none")],
]


@pytest.mark.parametrize(("name", "shapes", "rest", "options"), ROWS)
def test_equals_its_composite_to_second_order(name: str, shapes: Any, rest: Any, options: Any, rng: np.random.Generator) -> None:
    primitive = primitives[name]
    assert primitive.composite is not None
    arrays = [rng.normal(size=shape) for shape in shapes]
    cotangent, found = None, []
    for function in (primitive, primitive.composite):
        xs = [Tensor(a, requires_grad=True) for a in arrays]
        out = function(*xs, *rest, **options)
        cotangent = rng.normal(size=out.shape) if cotangent is None else cotangent
        plain = gradients(out, xs, cotangent, retain_graph=True)  # the fused rules
        first = gradients(out, xs, cotangent, create_graph=True)  # by way of the composite
        second = gradients(sum((g**2).sum() for g in first if g.requires_grad), xs)
        found.append([out, *plain, *first, *(np.zeros(1) if g is None else g for g in second)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(getattr(ours, "_data", ours), getattr(theirs, "_data", theirs), rtol=1e-10, atol=1e-12)


def test_every_primitive_with_a_composite_is_compared() -> None:
    of_fused = {name for name, made in primitives.items() if made.composite is not None and vars(fused).get(name) is made}
    assert of_fused == {row[0] for row in ROWS}


def test_extremes_neither_overflow_nor_warn() -> None:
    assert fused.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0, 0.5, 1]
    assert fused.logsumexp(np.array([1e4, 1e4])) == 1e4 + np.log(2)
    assert fused.softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])).tolist() == [[1, 0], [0.5, 0.5]]
    assert fused.log_softmax(np.array([1e4, 0.0])).tolist() == [0, -1e4]
    x = Tensor([[1e4, 0.0, -1e4]], requires_grad=True)
    fused.softmax_cross_entropy(x, np.array([2])).backward()
    assert x.grad.tolist() == [[1, 0, -1]]


def test_masked_logits_get_no_gradient() -> None:
    x = Tensor([[0.0, -np.inf, 0.0]], requires_grad=True)
    fused.log_softmax(x)[0, 0].backward()
    assert x.grad.tolist() == [[0.5, 0, -0.5]]


def test_relu_has_slope_zero_at_zero() -> None:
    x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    fused.relu(x).sum().backward()
    assert x.grad.tolist() == [0, 0, 1]
