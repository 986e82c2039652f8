"""Complex numbers at the surface: conventions of `.grad`, hooks and transforms; what is refused; writes in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, grad, gradients, hessian, holomorphic_grad, hvp, jacobian, jvp, vjp, vmap
from autograd.errors import DTypeError, NoRuleError
from autograd.scipy import special
from tests.peers import jax_in_doubles

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


WOULD_LOSE: list[Callable[[Any], Any]] = [
    lambda z: z.astype(float), lambda z: z.astype(np.float32), lambda z: z.astype(int),
    lambda z: Tensor(z.detach(), dtype=float), lambda z: Tensor(Z, dtype=np.float32), lambda z: Tensor([1j], dtype=int),
    lambda z: np.asarray(z.detach(), dtype=float), lambda z: np.array(z.detach(), dtype=np.float32),
    lambda z: np.zeros(2).__iadd__(z.detach()), lambda z: Tensor(np.zeros(2)).__iadd__(z),
    lambda z: Tensor(np.zeros(2)).__setitem__(slice(None), z), lambda z: Tensor(np.zeros(2)).__setitem__(0, 1j),
    lambda z: np.add(z, 1, dtype=float), lambda z: np.mean(z, dtype=float), lambda z: np.prod(z, dtype=float),
    lambda z: np.cumsum(z, dtype=float), lambda z: np.var(z, dtype=float), lambda z: np.nansum(z, dtype=float),
    lambda z: np.add.reduce(z, dtype=float), lambda z: np.einsum("i->", z, dtype=float),
    lambda z: np.stack([z, z], dtype=float), lambda z: np.concatenate([z, z], dtype=float),
    lambda z: np.linspace(z[0], z[1], 3, dtype=float), lambda z: np.insert(np.ones(2), 0, z[0]),
    lambda z: np.insert(Tensor([1.0]), 0, z[0]), lambda z: np.ediff1d(Tensor([1.0, 2.0]), to_end=z[0]),
    lambda z: np.insert(Tensor([1.0]), [0, 1], [z[0], z[1]]), lambda z: np.full_like(Tensor([1.0]), z[0]),
    lambda z: np.full_like(np.ones(2), z[0]), lambda z: np.full_like(z, z[0], dtype=float),
    lambda z: np.full(2, z[0], dtype=float), lambda z: np.copyto(np.ones(2), z, casting="unsafe"),
    lambda z: np.put(np.ones(2), [0, 1], z), lambda z: np.place(np.ones(2), [True, False], z),
    lambda z: np.putmask(np.ones(2), [True, False], z), lambda z: np.fill_diagonal(np.ones((2, 2)), z),
    lambda z: np.put_along_axis(np.ones(2), np.array([0, 1]), z, 0),
    lambda z: np.piecewise(Tensor([1.0, -1.0]), [np.array([True, False])], [z[0]]),
    lambda z: vmap(lambda x: np.piecewise(x, [x > 0], [z[0]]))(np.ones((2, 3))),
    lambda z: np.histogram(z), lambda z: np.histogram([1.0, 2.0], z), lambda z: np.histogram(Tensor([1.0]), range=z),
    lambda z: np.histogram_bin_edges(z), lambda z: np.histogram2d(z, z), lambda z: np.histogramdd([z, z]),
    lambda z: np.array_split(Tensor([1.0, 2.0]), z), lambda z: np.split(Tensor([1.0, 2.0]), z[0]),
    lambda z: np.roll(Tensor([1.0, 2.0]), z[0]), lambda z: nn.functional.softmax(z), lambda z: special.softmax(z),
    lambda z: nn.functional.scaled_dot_product_attention(z[:, None], z[:, None], z[:, None]),
    lambda z: np.fft.rfft(z), lambda z: np.fft.ihfft(z), lambda z: np.floor(z), lambda z: np.unwrap(z),
    lambda z: float(z[0]), lambda z: int(z[0]), lambda z: setattr(Tensor([1.0, 2.0], requires_grad=True), "grad", Z),
    lambda z: vjp(np.sin, np.ones(2))[1](Z), lambda z: jvp(np.sin, (np.ones(2),), (Z,)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WOULD_LOSE)))
def test_nothing_drops_an_imaginary_part(number: int) -> None:
    """Each of these would: it raises, and no ComplexWarning, which would be an error in these tests."""
    for z in (leaf(), Tensor(Z.copy())):
        with pytest.raises((DTypeError, NoRuleError, TypeError)) as refusal:
            WOULD_LOSE[number](z)
        assert not isinstance(refusal.value, Warning)


def test_the_page_has_the_conventions_of_all_libraries() -> None:
    """The table in docs/complex.md, column by column, from this engine, PyTorch and JAX."""
    torch, jax = pytest.importorskip("torch"), jax_in_doubles()
    page = (Path(__file__).parents[3] / "docs" / "complex.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| `np.")]
    peers = {
        "np.abs(z)**2": (lambda T, z: T.abs(z) ** 2), "np.real(z**2)": (lambda T, z: T.real(z**2)),
        "np.imag(z)": (lambda T, z: T.imag(z)), "np.angle(z)": (lambda T, z: T.angle(z)),
        "np.real(np.conj(z) * z**2)": (lambda T, z: T.real(T.conj(z) * z**2)),
    }  # fmt: skip
    assert len(lines) == len(peers)
    for line in lines:
        name, at, *shown = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        z = complex(at.replace(" ", "").replace("i", "j"))
        ours = Tensor(z, requires_grad=True)
        eval(name, {"np": np, "z": ours}).backward()
        peer = torch.tensor(z, requires_grad=True)
        peers[name](torch, peer).backward()
        found = [
            ours.grad.item(), grad(lambda z, name=name: eval(name, {"np": np, "z": z}))(z), peer.grad.item(),
            complex(jax.grad(lambda z, name=name: peers[name](jax.numpy, z))(z)),
        ]  # fmt: skip
        for text, value in zip(shown, found, strict=False):
            number = text.replace(" ", "").replace("i", "j")
            number = number.replace("j", "1j") if number in ("j", "-j") else number
            np.testing.assert_allclose(complex(number), value, atol=1e-12)
        assert shown[4] == shown[1], "HIPS autograd's is that of the transform"
