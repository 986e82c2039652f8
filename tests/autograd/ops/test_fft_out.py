"""out= of NumPy's functions that take it: every one has it, and those of np.fft write as NumPy's do."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, no_grad
from autograd.engine.registry import rules
from autograd.errors import BatchError, DTypeError, InPlaceError, NoRuleError, ShapeError

OF_REAL = ("rfft", "ihfft", "rfft2", "rfftn")
NAMES = ("fft", "ifft", "irfft", "hfft", "fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn", *OF_REAL)
Z = np.random.default_rng(0).normal(size=(2, 3, 4)) + 1j * np.random.default_rng(1).normal(size=(2, 3, 4))
DATES = {"busday_count", "busday_offset", "is_busday"}


def functions_with_out() -> list[Any]:
    """NumPy's functions that have the parameter."""
    found = [getattr(module, name) for module in (np, np.linalg, np.fft) for name in sorted(set(dir(module)) - DATES)]
    return [
        f for f in found
        if hasattr(f, "_implementation") and "out" in inspect.signature(f).parameters
    ]  # fmt: skip


def test_every_rule_takes_out_where_numpys_function_does() -> None:
    functions = functions_with_out()
    assert {np.fft.ihfft, np.sum, np.linalg.multi_dot} <= set(functions)
    assert [f.__name__ for f in functions if not hasattr(rules[f], "out_place")] == []


def transform(name: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """(NumPy's function, what it is called with, its result)."""
    function, x = getattr(np.fft, name), Z.real if name in OF_REAL else Z
    return function, x, function(x)


@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives(name: str) -> None:
    function, x, expected = transform(name)

    def written(x: Any) -> Any:
        y = Tensor(np.zeros_like(expected))
        assert function(x, out=y) is y
        return y * y

    np.testing.assert_allclose(written(Tensor(x)).numpy(), expected**2, atol=1e-12)
    assert gradcheck(written, x, order=2, modes=("reverse", "forward"))


@pytest.mark.parametrize("name", NAMES)
def test_of_a_batch(name: str) -> None:
    function, x, _ = transform(name)
    expected = np.stack([function(one) for one in x])

    def written(x: Any) -> Any:
        y = np.zeros_like(x, expected.dtype, shape=expected.shape[1:])
        function(x, out=y)
        return y

    np.testing.assert_allclose(autograd.vmap(written)(x), expected, atol=1e-12)
    np.testing.assert_allclose(np.asarray(autograd.vmap(written)(Tensor(x))), expected, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_leaves_and_no_grad(name: str) -> None:
    function, x, expected = transform(name)
    leaf, array = Tensor(x, requires_grad=True), np.zeros_like(expected)
    with pytest.raises(NoRuleError, match=rf"np\.fft\.{name}\(…, out=array\).*out=Tensor\(array\)"):
        function(leaf, out=array)
    with pytest.raises(NoRuleError, match="plain array"):
        autograd.jvp(lambda x: function(x, out=array), x, x)
    assert not array.any()
    assert function(Tensor(x), out=array) is array
    np.testing.assert_allclose(array, expected)
    target = Tensor(np.zeros_like(expected), requires_grad=True)
    with pytest.raises(InPlaceError, match=rf"np\.fft\.{name}.*no_grad"):
        function(x, out=target)
    with no_grad():
        assert function(leaf, out=(target,)) is target
    np.testing.assert_allclose(target.numpy(), expected)


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_refused_and_changes_nothing(name: str) -> None:
    function, x, expected = transform(name)
    for out, error in ((np.zeros(2, expected.dtype), ShapeError), (np.zeros(expected.shape, int), DTypeError)):
        t = Tensor(out)
        for x_given in (Tensor(x, requires_grad=True), Tensor(x), x):
            with pytest.raises(error, match=rf"np\.fft\.{name}: out="):
                function(x_given, out=t)
        assert not t.numpy().any()
    with pytest.raises(BatchError, match=rf"np\.fft\.{name} would write"):
        autograd.vmap(lambda x: function(x, out=np.zeros(x.shape, complex)))(x)
