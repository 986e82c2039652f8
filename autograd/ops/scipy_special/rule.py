"""How a ufunc of SciPy's gets its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive, primitive
from autograd.engine.registry import define, rules
from autograd.errors import NoRuleError

Vjp = Callable[..., Any]


def rule(ufunc: np.ufunc, *vjps: Vjp | None, without: dict[int, str] | None = None, **options: Any) -> Primitive:
    """The primitive of a ufunc of scipy.special, and the rule for it.

    Args:  without: the arguments by which there is no formula, {position: name}: refused if they require grad. Their
           VJP is None.
    """
    made = define(ufunc, *vjps, name=_name(ufunc), **options)
    made.__module__ = __package__  # what unpickling imports to find it
    rules[ufunc] = _refusing(made, without) if without else made
    return made


def constant(ufunc: np.ufunc, without: dict[int, str] | None = None) -> None:
    """The rule of a ufunc that has a derivative by none of its arguments: a step, or one without a formula."""
    made = primitive(ufunc, *[None] * ufunc.nin, keeps="", guard=False, name=_name(ufunc))
    rules[ufunc] = _refusing(made, without) if without else made


def _name(ufunc: np.ufunc) -> str:
    """`special.erf`: another package may have a primitive of the bare name."""
    return f"special.{ufunc.__name__.removeprefix('_').removeprefix('riemann_')}"


def _refusing(made: Primitive, without: dict[int, str]) -> Vjp:
    """The primitive, but for calls in which a gradient by one of these arguments would be lost."""

    def call(*args: Any, **params: Any) -> Any:
        for i, argument in without.items():
            if i < len(args) and getattr(args[i], "requires_grad", False) and mode.get().recording:
                raise NoRuleError(
                    f"scipy.{made.name} has no derivative by {argument}: no formula is known "
                    f"for it. Pass the values ({argument}.numpy()) if no gradient has to flow through {argument}, or "
                    "make the function differentiable with @autograd.primitive."
                )
        return made(*args, **params)

    call.__name__ = call.__qualname__ = made.name
    call.__doc__ = made.__doc__
    call.of, call.without = made, without  # type: ignore[attr-defined]  # for docs/generate.py
    return call
