"""The blocks that change the mode: no_grad, enable_grad and detect_anomaly, each also a decorator."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import Token
from threading import get_ident
from types import TracebackType
from typing import Any, TypeVar

from autograd.engine.modes import Mode, mode
from autograd.errors import ArgumentError
from autograd.options import check_flag

F = TypeVar("F", bound=Callable[..., Any])


class _Setting:
    """A context manager and decorator that changes one field of the mode; one object may be entered again.

    As a decorator it may be written with and without parentheses: no_grad(function) is no_grad()(function).
    """

    _entered: dict[int, list[Token[Mode]]]  # by thread, since one object may be entered in several

    def __new__(cls, function: Any = None) -> Any:
        if function is None:
            setting = object.__new__(cls)
            setting._entered = {}
            return setting
        if not callable(function):
            raise ArgumentError(
                f"{cls.__name__} takes nothing, as in `with {cls.__name__}():`, or a function to decorate; got "
                f"{function!r:.60}."
            )
        return cls()(function)

    def _changed(self, current: Mode) -> Mode:
        raise AssertionError("a setting says which field it changes")

    def __enter__(self) -> None:
        self._entered.setdefault(get_ident(), []).append(mode.set(self._changed(mode.get())))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        thread = get_ident()
        tokens = self._entered[thread]
        mode.reset(tokens.pop())
        if not tokens:
            del self._entered[thread]

    def __call__(self, function: F) -> F:
        """Decorate a function; each call, and each step of a generator, runs inside the setting."""
        make = type(self)
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def steps(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                send: Callable[[], Any] = functools.partial(next, generator)
                while True:
                    try:
                        with make():
                            item = send()
                    except StopIteration as stop:
                        return stop.value
                    try:
                        send = functools.partial(generator.send, (yield item))
                    except GeneratorExit:
                        generator.close()
                        raise
                    except BaseException as error:
                        send = functools.partial(generator.throw, error)

            return steps  # type: ignore[return-value]

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with make():
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with make():
                return function(*args, **kwargs)

        return call  # type: ignore[return-value]


class no_grad(_Setting):  # noqa: N801  named and used as in PyTorch
    """Inside, nothing is recorded and tensors may be written in place.

    Example:
        >>> import autograd
        >>> x = autograd.Tensor(2.0, requires_grad=True)
        >>> with autograd.no_grad():
        ...     y = x * x
        >>> y.requires_grad
        False
    """

    def _changed(self, current: Mode) -> Mode:
        return Mode(False, current.anomaly, current.scope)


class enable_grad(_Setting):  # noqa: N801
    """Inside, operations are recorded again: the opposite of `no_grad`, for use within it."""

    def _changed(self, current: Mode) -> Mode:
        return Mode(True, current.anomaly, current.scope)


class set_grad_enabled:  # noqa: N801
    """Record operations from now on, or not; as a context manager or decorator, inside the block or function alone.

    Example:
        >>> import autograd
        >>> training = False
        >>> with autograd.set_grad_enabled(training):
        ...     autograd.is_grad_enabled()
        False
        >>> autograd.is_grad_enabled()
        True
    """

    def __init__(self, enabled: bool) -> None:
        check_flag("set_grad_enabled", enabled)
        self._block: Any = enable_grad() if enabled else no_grad()
        self._before = mode.get().recording
        _record(enabled)

    def __enter__(self) -> None:
        pass  # the mode has been set by the call

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _record(self._before)

    def __call__(self, function: F) -> F:
        _record(self._before)
        return self._block(function)  # type: ignore[no-any-return]


def _record(enabled: bool) -> None:
    """Record, or not, from now on. In a module's call the mode that its scope is written in stays the one."""
    now = mode.get()
    if now.scope:
        now.recording = enabled
        now.special = now.anomaly or not enabled
    else:
        mode.set(Mode(enabled, now.anomaly))


class detect_anomaly(_Setting):  # noqa: N801
    """Inside, the first nan or inf raises an AnomalyError, in the forward pass or in the sweep.

    The error names the operation, the shapes, the module path and the line of the user's own code. The sweep
    also refuses to use an array that was written behind the graph's back since it was recorded. Every value is
    looked at, so code runs several times slower: a tool for finding an error, not for training.

    Example:
        >>> import autograd, numpy as np
        >>> x = autograd.Tensor(-1.0, requires_grad=True)
        >>> with np.errstate(invalid="ignore"), autograd.detect_anomaly():
        ...     np.sqrt(x)
        Traceback (most recent call last):
        ...
        autograd.errors.AnomalyError: sqrt() gave the first nan: ...
    """

    def _changed(self, current: Mode) -> Mode:
        return Mode(current.recording, True, current.scope)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return mode.get().recording
