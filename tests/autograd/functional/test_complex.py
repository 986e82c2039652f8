"""Complex numbers at the surface: conventions of `.grad`, hooks and transforms; what is refused; writes in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, gradients, hessian, holomorphic_grad, hvp, jacobian, jvp, vjp
from autograd.errors import DTypeError

Z = np.array([1 + 2j, -0.5 + 1j])


def leaf() -> Tensor:
    return Tensor(Z.copy(), requires_grad=True)


def test_grad_descends_and_the_transform_is_its_conjugate() -> None:
    z = leaf()
    np.sum(np.abs(z) ** 2).backward()
    np.testing.assert_allclose(z.grad.numpy(), 2 * Z)
    np.testing.assert_allclose(grad(lambda z: np.sum(np.abs(z) ** 2))(Z), 2 * np.conj(Z))
    assert grad(lambda z: np.real(z**2))(1 + 2j) == 2 + 4j


def test_hooks_and_retained_gradients_have_pytorchs_convention() -> None:
    z, seen = leaf(), []
    y = z * 1j
    y.retain_grad()
    y.register_hook(lambda g: seen.append(g.numpy()))
    np.sum(np.abs(y) ** 2).backward()
    np.testing.assert_allclose(seen[0], 2j * Z)
    np.testing.assert_allclose(y.grad.numpy(), 2j * Z)
    np.testing.assert_allclose(z.grad.numpy(), 2 * Z)


def test_gradients_can_be_differentiated_again() -> None:
    z = leaf()
    np.sum(np.abs(z) ** 4).backward(create_graph=True)
    (second,) = gradients(np.sum(np.real(z.grad)), [z])
    eps = 1e-6
    g = lambda z: np.sum(np.real(4 * np.abs(z) ** 2 * z))  # noqa: E731
    for k in range(2):
        d = np.eye(2)[k] * eps
        expected = (g(Z + d) - g(Z - d)) / (2 * eps) - 1j * (g(Z + 1j * d) - g(Z - 1j * d)) / (2 * eps)
        np.testing.assert_allclose(second.numpy()[k], expected, rtol=1e-6)


def test_a_real_tensor_gets_the_real_part() -> None:
    x = Tensor([0.5, 2.0], requires_grad=True)
    np.sum(np.abs(np.exp(1j * x) + 1) ** 2).backward()  # 2 + 2 cos x
    assert x.grad.dtype == float
    np.testing.assert_allclose(x.grad.numpy(), -2 * np.sin(x.numpy()))


def test_jacobians() -> None:
    np.testing.assert_allclose(jacobian(np.exp, holomorphic=True)(Z), np.diag(np.exp(Z)))
    np.testing.assert_allclose(jacobian(np.exp, mode="forward", holomorphic=True)(Z), np.diag(np.exp(Z)))
    np.testing.assert_allclose(jacobian(lambda x: np.exp(1j * x))(np.array([0.5])), [[1j * np.exp(0.5j)]])
    np.testing.assert_allclose(jacobian(np.abs)(Z), np.diag(np.conj(Z) / np.abs(Z)))
    np.testing.assert_allclose(hessian(lambda z: np.sum(z**3), holomorphic=True)(Z), np.diag(6 * Z))
    assert holomorphic_grad(lambda z: z**3)(1j) == -3


def test_products() -> None:
    y, pullback = vjp(np.conj, Z)
    np.testing.assert_array_equal(y, np.conj(Z))
    np.testing.assert_array_equal(pullback(1j * np.ones(2))[0], -1j * np.ones(2))
    np.testing.assert_allclose(jvp(np.abs, 3 + 4j, 1j)[1], 0.8)
    np.testing.assert_allclose(hvp(lambda z: np.sum(np.abs(z) ** 2), Z, Z), 2 * np.conj(Z))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "complex root": (lambda: (leaf()[0] * 1j).backward(), "steepest ascent"),
    "grad of a complex result": (lambda: grad(lambda z: z * z)(1j), "real result"),
    "elementwise_grad": (lambda: autograd.elementwise_grad(np.exp)(Z), "real result"),
    "jacobian": (lambda: jacobian(np.exp)(Z), "holomorphic=True"),
    "jacobian of real numbers": (lambda: jacobian(np.exp, holomorphic=True)(np.ones(2)), "complex arguments"),
    "jacobian to real numbers": (lambda: jacobian(np.abs, holomorphic=True)(Z), "complex results"),
    "jacobian in the wrong mode": (lambda: jacobian(np.abs, mode="forward")(Z), "reverse mode"),
    "hessian": (lambda: hessian(lambda z: np.sum(np.abs(z) ** 2))(Z), "holomorphic=True"),
    "astype": (lambda: leaf().astype(float), "imaginary part"),
    "sum": (lambda: np.sum(leaf(), dtype=float), "imaginary parts"),
    "assigned": (lambda: Tensor(np.zeros(2)).__setitem__(0, leaf()[0]), "imaginary part"),
    "complex gradient of a real tensor": (lambda: Tensor([1.0], requires_grad=True).backward([1j]), "real numbers"),
    "out=": (lambda: np.fft.fft(leaf(), out=np.zeros(2, complex)), "out="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises((DTypeError, TypeError), match=message):
        call()


def test_writes_in_place() -> None:
    z, x = leaf(), Tensor([1.0], requires_grad=True)
    y = z * 1
    y[0] = x[0] * 2
    y *= 2j
    np.sum(np.abs(y) ** 2).backward()
    np.testing.assert_allclose(z.grad.numpy(), [0, 8 * Z[1]])
    np.testing.assert_allclose(x.grad.numpy(), [32.0])


def test_gradcheck_sees_a_wrong_imaginary_part() -> None:
    wrong = autograd.primitive(lambda z: np.imag(z), lambda g, out, z: 1j * g, name="wrong imag")
    with pytest.raises(autograd.errors.GradcheckError, match="the imaginary part of input 0"):
        autograd.gradcheck(wrong, Z)
    assert autograd.gradcheck(np.imag, Z)
