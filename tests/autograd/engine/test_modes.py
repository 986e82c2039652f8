"""no_grad, enable_grad: what is recorded, and that the mode is what it was after any exit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, detect_anomaly, enable_grad, is_grad_enabled, no_grad
from autograd.engine.modes import mode
from autograd.errors import ArgumentError


@pytest.fixture
def x() -> Tensor:
    return Tensor([1.0, 2.0], requires_grad=True)


def test_no_grad_records_nothing(x: Tensor) -> None:
    with no_grad():
        assert not is_grad_enabled()
        for y in (x * 2, 2 - x, x**2, -x, np.exp(x), x[0], x + x):
            assert not y.requires_grad
            assert y.node is None
            assert y.is_leaf
    assert is_grad_enabled()
    assert (x * 2).requires_grad


def test_leaves_made_under_no_grad_may_require_grad() -> None:
    with no_grad():
        x = Tensor([1.0], requires_grad=True)
    (x * 3).backward()
    assert x.grad.tolist() == [3.0]


def test_nesting_restores_each_level(x: Tensor) -> None:
    with no_grad():
        with enable_grad():
            assert (x * 2).requires_grad
            with no_grad():
                assert not (x * 2).requires_grad
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_exceptions_restore(x: Tensor) -> None:
    before = mode.get()
    for setting in (no_grad, enable_grad, detect_anomaly):
        with pytest.raises(KeyError), setting():
            raise KeyError
        assert mode.get() is before
    with pytest.raises(RuntimeError), detect_anomaly(), no_grad():
        raise RuntimeError
    assert mode.get() is before


def test_one_object_may_be_entered_again(x: Tensor) -> None:
    setting = no_grad()
    with setting:
        with setting:
            assert not is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()
    with setting:
        assert not is_grad_enabled()


def test_settings_are_independent(x: Tensor) -> None:
    with detect_anomaly(), no_grad():
        assert mode.get().anomaly
        assert not mode.get().recording
        with enable_grad():
            assert mode.get().anomaly
    with no_grad(), detect_anomaly():
        assert not is_grad_enabled()


def test_decorator(x: Tensor) -> None:
    @no_grad()
    def evaluate(t: Tensor, scale: float = 2.0) -> Tensor:
        """Doc."""
        assert not is_grad_enabled()
        return t * scale

    assert not evaluate(x).requires_grad
    assert evaluate(x, scale=3.0).tolist() == [3, 6]
    assert evaluate.__name__ == "evaluate"
    assert evaluate.__doc__ == "Doc."
    assert is_grad_enabled()

    @enable_grad()
    def inner(t: Tensor) -> Tensor:
        return t * 2

    with no_grad():
        assert inner(x).requires_grad
    with pytest.raises(ZeroDivisionError):
        no_grad()(lambda: 1 / 0)()
    assert is_grad_enabled()


@pytest.mark.parametrize("setting", [no_grad, enable_grad, detect_anomaly])
def test_decorator_without_parentheses(setting: Any) -> None:
    def state() -> tuple[bool, bool]:
        return mode.get().recording, mode.get().anomaly

    with setting():
        expected = state()

    @setting
    def function(scale: float, *, more: float = 0.0) -> tuple[Any, ...]:
        """Doc."""
        return *state(), scale + more

    @setting
    def steps() -> Iterator[tuple[bool, bool]]:
        yield state()

    @setting
    async def coroutine() -> tuple[bool, bool]:
        return state()

    class Model:
        @setting
        def method(self) -> tuple[bool, bool]:
            return state()

    before = mode.get()
    with enable_grad() if setting is no_grad else no_grad() if setting is enable_grad else enable_grad():
        assert function(2.0, more=1.0) == (*expected, 3.0)
        assert list(steps()) == [expected]
        assert asyncio.run(coroutine()) == expected
        assert Model().method() == expected
        assert setting(state)() == expected
    assert (function.__name__, function.__doc__) == ("function", "Doc.")
    assert mode.get() is before
    with pytest.raises(ArgumentError, match=rf"with {setting.__name__}\(\):.*or a function to decorate; got False"):
        setting(False)


def test_recursive_decorated_function() -> None:
    @no_grad()
    def down(n: int) -> int:
        assert not is_grad_enabled()
        return down(n - 1) + 1 if n else 0

    assert down(5) == 5
    assert is_grad_enabled()


def test_generator_runs_inside_and_its_caller_outside(x: Tensor) -> None:
    closed = []

    @no_grad()
    def batches() -> Iterator[Tensor]:
        try:
            for i in range(3):
                assert not is_grad_enabled()
                got = yield x * i
                if got is not None:
                    yield x * got
        finally:
            closed.append(is_grad_enabled())

    for y in batches():
        assert not y.requires_grad
        assert is_grad_enabled()
    generator = batches()
    next(generator)
    assert generator.send(5.0).tolist() == [5, 10]
    generator.close()
    generator = batches()
    next(generator)
    with pytest.raises(KeyError):
        generator.throw(KeyError("thrown in"))
    assert is_grad_enabled()
    assert len(closed) == 3


def test_generator_returns_its_value() -> None:
    @no_grad()
    def steps() -> Iterator[int]:
        yield 1
        return 7

    def outer() -> Iterator[int]:
        assert (yield from steps()) == 7

    assert list(outer()) == [1]


def test_asyncio_tasks_do_not_see_each_others_mode(x: Tensor) -> None:
    async def off() -> None:
        with no_grad():
            await asyncio.sleep(0.01)
            assert not (x * 2).requires_grad

    async def on() -> None:
        for _ in range(5):
            await asyncio.sleep(0.003)
            assert (x * 2).requires_grad

    async def main() -> None:
        await asyncio.gather(off(), on())

    asyncio.run(main())


def test_inside_a_hook_nothing_is_recorded_in_a_first_order_sweep(x: Tensor) -> None:
    seen = []
    x.register_hook(lambda g: seen.append((is_grad_enabled(), (g * 2).requires_grad)))
    (x * x).backward(np.ones(2))
    assert seen[0][1] is False
    assert autograd.is_grad_enabled()


def test_a_coroutine_runs_inside_its_setting() -> None:
    @no_grad()
    async def inside() -> bool:
        await asyncio.sleep(0)
        return is_grad_enabled()

    assert asyncio.run(inside()) is False
    assert is_grad_enabled()
