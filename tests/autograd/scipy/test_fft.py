"""scipy.fft: SciPy's values, and derivatives in both modes."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import scipy.fft as scipys

from autograd import Tensor, gradcheck
from autograd.errors import ArgumentError
from autograd.scipy import fft

TYPES, NORMS = (1, 2, 3, 4), (None, "backward", "ortho", "forward")


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("orthogonalize", [None, True, False])
def test_cosine_and_sine_transforms(name: str, type: int, norm: Any, orthogonalize: Any) -> None:
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=(2, 5)), rng.normal(size=(2, 5)) + 1j * rng.normal(size=(2, 5))):
        for n, axis in ((None, -1), (4, 1), (7, -1), (4, 0)):
            options = {"n": n, "axis": axis, "norm": norm, "orthogonalize": orthogonalize}
            expected = getattr(scipys, name)(np.real(x), type, **options)
            if np.iscomplexobj(x):  # SciPy's own takes no notice of orthogonalize= there
                expected = expected + 1j * getattr(scipys, name)(np.imag(x), type, **options)
            found = getattr(fft, name)(Tensor(x, requires_grad=True), type, **options)
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)
            f = lambda x, options=options: getattr(fft, name)(x, type, **options)  # noqa: E731
            assert gradcheck(f, x, modes=("reverse", "forward"))


@pytest.mark.parametrize("name", ["fft", "ifft", "irfft", "hfft", "fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn"])
def test_fourier_transforms(name: str) -> None:
    z = np.random.default_rng(0).normal(size=(3, 4)) + 0.5j
    found = getattr(fft, name)(Tensor(z, requires_grad=True), norm="ortho")
    np.testing.assert_allclose(found.numpy(), getattr(scipys, name)(z, norm="ortho"), rtol=1e-12, atol=1e-14)
    assert gradcheck(lambda z: getattr(fft, name)(z, norm="ortho"), z, order=2, modes=("reverse", "forward"))


@pytest.mark.parametrize("name", ["rfft", "ihfft", "rfft2", "rfftn"])
def test_of_real_numbers(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(getattr(fft, name)(Tensor(x, True)).numpy(), getattr(scipys, name)(x), atol=1e-14)
    assert gradcheck(getattr(fft, name), x, order=2, modes=("reverse", "forward"))


@pytest.mark.parametrize("name", ["hfft2", "hfftn", "ihfft2", "ihfftn"])
@pytest.mark.parametrize("norm", NORMS)
def test_hermitian_transforms_over_several_axes(name: str, norm: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    x = x if name[0] == "i" else x + 0.5j * np.random.default_rng(1).normal(size=x.shape)
    for options in ({}, {"s": (4, 5)}, {"axes": (0, 2)}):
        found = getattr(fft, name)(Tensor(x, requires_grad=True), norm=norm, **options)
        expected = getattr(scipys, name)(x, norm=norm, **options)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)
    assert gradcheck(lambda z: getattr(fft, name)(z, norm=norm), x, order=2, modes=("reverse", "forward"))


@pytest.mark.parametrize("name", ["dctn", "idctn", "dstn", "idstn"])
@pytest.mark.parametrize("type", TYPES)
def test_cosine_and_sine_transforms_over_several_axes(name: str, type: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for options in ({}, {"s": (3, 5)}, {"axes": (0, 2)}, {"axes": 1}, {"s": (-1, 2), "axes": (0, 1)}):
        for norm in NORMS:
            found = getattr(fft, name)(Tensor(x, requires_grad=True), type, norm=norm, **options)
            expected = getattr(scipys, name)(x, type, norm=norm, **options)
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)
    assert gradcheck(lambda x: getattr(fft, name)(x, type), x, order=2, modes=("reverse", "forward"))


def test_refused() -> None:
    with pytest.raises(ArgumentError, match="different axes"):
        fft.dctn(Tensor(np.ones((2, 2))), axes=(0, 0))
    with pytest.raises(ArgumentError, match="norm is None"):
        fft.hfft2(Tensor(np.ones((2, 2))), norm="other")
    with pytest.raises(ArgumentError, match="types 1, 2, 3 and 4"):
        fft.dct(Tensor([1.0]), 5)
    with pytest.raises(ArgumentError, match="norm is None"):
        fft.dst(Tensor([1.0]), norm="other")


@pytest.mark.parametrize("name", fft.__all__)
def test_arguments_are_scipys(name: str) -> None:
    ours, theirs = getattr(fft, name), getattr(scipys, name)
    assert list(inspect.signature(ours).parameters)[1:] == list(inspect.signature(theirs).parameters)[1:]
    if "plan" in inspect.signature(ours).parameters:
        with pytest.raises(ArgumentError, match="Leave it out"):
            ours(Tensor(np.ones((2, 2))), plan=object())


@pytest.mark.parametrize("name", sorted(set(fft.__all__) - {"fftshift", "ifftshift"}))
def test_x_is_kept_where_it_may_be_overwritten(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(4, 4))
    leaf, expected = Tensor(x.copy(), requires_grad=True), getattr(scipys, name)(x)
    found = getattr(fft, name)(leaf * 1, overwrite_x=True)
    np.testing.assert_allclose(getattr(fft, name)(leaf, overwrite_x=True).numpy(), expected, atol=1e-12)
    np.testing.assert_array_equal(leaf.numpy(), x)
    np.sum(np.abs(found) ** 2).backward()
    assert leaf.grad is not None
