"""set_grad_enabled: at once, in a block, and as a decorator, as PyTorch's."""

from __future__ import annotations

import pytest

import autograd
from autograd import Tensor, is_grad_enabled, set_grad_enabled
from autograd.errors import ArgumentError


@pytest.mark.parametrize("enabled", [True, False])
def test_in_a_block(enabled: bool) -> None:
    x = Tensor(2.0, requires_grad=True)
    with set_grad_enabled(enabled):
        assert (x * x).requires_grad is enabled
        with set_grad_enabled(not enabled):
            assert is_grad_enabled() is not enabled
        assert is_grad_enabled() is enabled
    assert is_grad_enabled()
    with pytest.raises(KeyError), set_grad_enabled(False):
        raise KeyError
    assert is_grad_enabled()


def test_as_a_call() -> None:
    set_grad_enabled(False)
    assert not is_grad_enabled()
    set_grad_enabled(True)
    assert is_grad_enabled()


def test_as_a_decorator() -> None:
    @set_grad_enabled(False)
    def square(x: Tensor) -> Tensor:
        return x * x

    assert is_grad_enabled()
    assert not square(Tensor(2.0, requires_grad=True)).requires_grad
    with autograd.no_grad():
        assert set_grad_enabled(True)(is_grad_enabled)()
        assert not is_grad_enabled()


def test_anything_else_is_refused_and_changes_nothing() -> None:
    with pytest.raises(ArgumentError, match="set_grad_enabled"):
        set_grad_enabled(0.5)  # type: ignore[arg-type]
    assert is_grad_enabled()
