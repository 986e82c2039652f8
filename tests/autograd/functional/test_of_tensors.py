"""autograd.gradients: what torch.autograd.grad gives, and what is refused before anything changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, gradients
from autograd.errors import ArgumentError, DTypeError, FreedGraphError, GraphError, ShapeError

A, B = np.array([0.5, -1.2, 2.0]), np.array([1.5, 0.3, -0.4])

# (sin, a, b, call) -> the gradients asked for; call is ours or PyTorch's function
CALLS: dict[str, Callable[..., Any]] = {
    "one by one": lambda sin, a, b, of, call: call((sin(a) * b).sum(), a),
    "one by several": lambda sin, a, b, of, call: call((sin(a) * b).sum(), (a, b)),
    "a list": lambda sin, a, b, of, call: call([(sin(a) * b).sum()], [b, a]),
    "an input twice": lambda sin, a, b, of, call: call((sin(a) * b).sum(), [a, a]),
    "weighted": lambda sin, a, b, of, call: call(sin(a) * b, (a, b), of(B)),
    "weighted, a tuple": lambda sin, a, b, of, call: call(sin(a) * b, (a, b), (of(B),)),
    "weighted, by name": lambda sin, a, b, of, call: call(outputs=sin(a) * b, inputs=a, grad_outputs=of(B)),
    "several outputs": lambda sin, a, b, of, call: call([sin(a), (a * b).sum()], [a, b], [of(B), None]),
    "an input on the way": lambda sin, a, b, of, call: (lambda h: call((h * h * a).sum(), [h, a]))(sin(a) * b),
    "unused": lambda sin, a, b, of, call: call(sin(a).sum(), (a, b), allow_unused=True),
    "an input is the output": lambda sin, a, b, of, call: call(a, a, of(B)),
    "twice": lambda sin, a, b, of, call: call(
        (call((sin(a) * b * a).sum(), a, create_graph=True)[0] ** 2).sum(), (a, b)
    ),
    "again": lambda sin, a, b, of, call: (lambda y: (*call(y, a, retain_graph=True), *call(y, b)))((sin(a) * b).sum()),
}


@pytest.mark.parametrize("asked", CALLS.values(), ids=CALLS)
def test_it_gives_what_pytorch_gives(asked: Callable[..., Any]) -> None:
    torch = pytest.importorskip("torch")
    a, b = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    found = asked(np.sin, a, b, np.array, gradients)
    p, q = (torch.tensor(x, requires_grad=True) for x in (A, B))
    expected = asked(torch.sin, p, q, torch.tensor, torch.autograd.grad)
    assert type(found) is tuple
    assert len(found) == len(expected)
    for g, e in zip(found, expected, strict=True):
        assert (g is None) == (e is None)
        if g is not None:
            assert type(g) is Tensor
            np.testing.assert_allclose(g.numpy(), e.detach().numpy(), rtol=1e-12)
    assert a.grad is None
    assert b.grad is None


def test_a_recorded_gradient_is_right_to_every_order() -> None:
    def slopes(a: Any, b: Any) -> Any:
        return gradients(np.sin(a) * b * a, (a, b), B, create_graph=True)

    assert gradcheck(slopes, A, B, order=2, modes=("reverse", "forward"))
    a = Tensor(A, requires_grad=True)
    assert gradients(np.sin(a), a, B, create_graph=True)[0].requires_grad  # type: ignore[union-attr]
    assert not gradients(np.sin(a), a, B)[0].requires_grad  # type: ignore[union-attr]
    with autograd.no_grad():
        y = np.sin(a)
        assert gradients(a, a, B)[0].tolist() == B.tolist()  # type: ignore[union-attr]
    assert not y.requires_grad


def test_what_it_refuses_leaves_the_graph_as_it_was() -> None:
    a, b = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    y = np.sin(a)
    total = y.sum()
    refusals: list[tuple[type[Exception], str, tuple[Any, ...]]] = [
        (GraphError, r"depends on number 1 of the inputs, of shape \(3,\).*allow_unused=True", (total, (a, b))),
        (GraphError, "number 0 of the inputs.*does not require grad", (total, a.detach())),
        (GraphError, "number 1 of the outputs.*does not require grad", ([total, total.detach()], a)),
        (ShapeError, r"number 0 of the outputs has shape \(3,\).*grad_outputs", (y, a)),
        (ShapeError, r"must have the tensor's shape \(3,\); got \(2,\)", (y, a, np.ones(2))),
        (DTypeError, "must be of real numbers", (y, a, B * 1j)),
        (ArgumentError, "1 outputs and 2 grad_outputs", (y, a, [B, B])),
        (ArgumentError, "inputs must be a Tensor or several; got a ndarray", (total, A)),
        (ArgumentError, r"outputs must be.*got a function.*grad\(f\)\(x\)", (lambda x: x, a)),
    ]
    for error, message, given in refusals:
        with pytest.raises(error, match=message):
            gradients(*given)
    assert gradients(total, a)[0].tolist() == np.cos(A).tolist()  # type: ignore[union-attr]
    with pytest.raises(FreedGraphError):
        gradients(total, a)


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "elementwise_grad", "jacobian", "hessian", "vjp", "hvp"])
def test_the_transforms_name_it_to_whoever_gives_them_tensors(name: str) -> None:
    a = Tensor(A, requires_grad=True)
    for outputs in (np.sum(a * a), [np.sum(a)]):
        with pytest.raises(ArgumentError, match=rf"{name} takes a function.*autograd\.gradients\(outputs, inputs\)"):
            getattr(autograd, name)(outputs, *[a, a][: 2 if name in ("vjp", "hvp") else 1])


def test_a_tensor_without_a_derivative_there_has_a_gradient_of_zeros() -> None:
    rule = autograd.primitive(lambda x, k: x * k, lambda g, out, x, k: g * k, None, keeps="k", name="scaled")
    a, k = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    found = gradients(rule(a, k).sum() + 0 * k.sum(), (a, k))
    assert [g.tolist() for g in found if g is not None] == [B.tolist(), [0, 0, 0]]
