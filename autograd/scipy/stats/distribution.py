"""What the distributions have in common: location and scale, the support, and the functions that follow from others.

A distribution is a module of functions, as in HIPS autograd, with the arguments of the methods that SciPy's object of
that name has. It gives the logarithm of its density and its tails; all else is made of these here.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import throughout
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, NoRuleError
from autograd.ops.arguments import as_operand

Function = Callable[..., Any]
_NUMBERS = (int, float, np.floating)


def log_of_tails(below: Function, above: Function) -> tuple[Function, Function]:
    """The logarithms of the two tails; each from the smaller one, so that it has all its digits near 1, too."""

    def of(one: Function, other: Function) -> Function:
        def logarithm(z: Any, *shapes: Any) -> Any:
            value, rest = one(z, *shapes), other(z, *shapes)
            small = raw(value) < 0.5
            return np.where(small, np.log(np.where(small, value, 1)), np.log1p(-np.where(small, 0, rest)))

        return logarithm

    return of(below, above), of(above, below)


def continuous(
    name: str,
    shapes: Sequence[str],
    log_density: Function,
    tails: tuple[Function, Function],
    log_tails: tuple[Function, Function] | None = None,
    support: tuple[float, float] = (-math.inf, math.inf),
    logpdf: Function | None = None,
) -> tuple[Function, ...]:
    """pdf, logpdf, cdf, logcdf, sf, logsf of (x, *shapes, loc=0, scale=1), from functions of (z, *shapes).

    With z = (x - loc) / scale.

    Args:  tails: the probability below and above; log_tails: their logarithms.
           support: where the density is not 0. Outside every function is constant. Shapes and scale are positive; of
           others the result is nan.
           logpdf: of (x, *shapes, loc, scale), if there is one operation for it.
    """
    low, high = support
    everywhere = math.isinf(low)
    at = 0.5 * (low + min(high, low + 1))  # a point inside, where no formula fails

    def function(
        method: str, formula: Function, left: float, right: float, scaled: Function = lambda out, scale: out
    ) -> Function:
        def call(x: Any, *args: Any, **kwargs: Any) -> Any:
            x = as_operand(x)
            found = _arguments(f"{name}.{method}", (*shapes, "loc", "scale"), args, kwargs)
            *given, loc, scale = [_in_dtype_of(x, value) for value in found]
            if formula is logpdf:
                return logpdf(x, *given, loc, scale)
            z = _standardized(x, loc, scale)
            valid = functools.reduce(operator.and_, [raw(value) > 0 for value in (*given, scale)])
            if everywhere:
                return _where_valid(valid, scaled(formula(z, *given), scale))
            values = raw(z)
            inside = (values >= low) & (values <= high)
            out = scaled(formula(np.where(inside, z, at), *given), scale)
            outside = np.where(np.isnan(values), np.nan, np.where(values < low, left, right))
            return _where_valid(valid, np.where(inside, out, outside.astype(out.dtype)))

        return _named(call, name, method, (*shapes, "loc=0", "scale=1"))

    log_below, log_above = log_tails or log_of_tails(*tails)
    return (
        function("pdf", lambda z, *given: np.exp(log_density(z, *given)), 0, 0, lambda out, scale: out / scale),
        function("logpdf", logpdf or log_density, -math.inf, -math.inf, lambda out, scale: out - np.log(scale)),
        function("cdf", tails[0], 0, 1),
        function("logcdf", log_below, -math.inf, 0),
        function("sf", tails[1], 1, 0),
        function("logsf", log_above, 0, -math.inf),
    )


def _standardized(x: Any, loc: Any, scale: Any) -> Any:
    """(x - loc) / scale, without the operations that change nothing."""
    same = x.dtype.kind == "f"
    moved = x if same and isinstance(loc, _NUMBERS) and loc == 0 else x - loc
    return moved if same and isinstance(scale, _NUMBERS) and scale == 1 else moved / scale


def _where_valid(valid: Any, out: Any) -> Any:
    """The result, nan where the parameters are none of the distribution's."""
    return (out if valid is True or throughout(valid) else np.where(valid, out, np.nan))[()]


def _in_dtype_of(x: Any, value: Any) -> Any:
    """A Python number in the dtype of x, if that is narrower, so that float32 stays it; a list as an array."""
    if type(value) in (int, float):
        return x.dtype.type(value) if x.dtype.kind == "f" and x.dtype.itemsize < 8 else value
    return as_operand(value)


def discrete(
    name: str,
    shapes: Sequence[str],
    log_mass: Function,
    tails: tuple[Function, Function],
    support: Callable[..., tuple[Any, Any, Any]],
) -> tuple[Function, ...]:
    """pmf, logpmf, cdf, logcdf, sf, logsf of (k, *shapes, loc=0), differentiable by the shapes.

    Args:  support: of the raw shapes, the smallest and the largest number that can come, and whether they are valid.
    """

    def function(method: str, formula: Function, left: float, right: float) -> Function:
        def call(k: Any, *args: Any, **kwargs: Any) -> Any:
            *given, loc = _arguments(f"{name}.{method}", (*shapes, "loc"), args, kwargs)
            if getattr(k, "requires_grad", False) or getattr(loc, "requires_grad", False):
                raise NoRuleError(
                    f"scipy.stats.{name}.{method} has no derivative by k or loc, which are whole numbers. Pass their "
                    "values: k.numpy()."
                )
            values = as_operand(raw(k)) - raw(loc)
            low, high, valid = support(*[raw(shape) for shape in given])
            whole = method not in ("pmf", "logpmf") or (values == np.floor(values))
            inside = (values >= low) & (values <= high) & whole
            out = formula(np.where(inside, np.floor(values), low), *given)
            outside = np.where(values < low, left, right)
            return _where_valid(valid, np.where(inside, out, np.where(np.isnan(values), np.nan, outside)))

        return _named(call, name, method, (*shapes, "loc=0"))

    log_below, log_above = log_of_tails(*tails)
    return (
        function("pmf", lambda k, *given: np.exp(log_mass(k, *given)), 0, 0),
        function("logpmf", log_mass, -math.inf, -math.inf),
        function("cdf", tails[0], 0, 1),
        function("logcdf", log_below, -math.inf, 0),
        function("sf", tails[1], 1, 0),
        function("logsf", log_above, 0, -math.inf),
    )


def _arguments(what: str, names: Sequence[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The shapes, loc and scale in order, given by position or name; loc is 0 and scale 1 unless given."""
    found = {"loc": 0, "scale": 1, **dict(zip(names, args, strict=False)), **kwargs}
    twice = [name for name in names[: len(args)] if name in kwargs]
    missing = [name for name in names if name not in found]
    unknown = [name for name in kwargs if name not in names]
    if len(args) > len(names) or twice or missing or unknown:
        raise ArgumentError(
            f"scipy.stats.{what} takes {', '.join(names)} after its first argument; got {len(args)} by position"
            + (f" and {', '.join(kwargs)} by name." if kwargs else ".")
        )
    return [found[name] for name in names]


def _named(function: Function, name: str, method: str, parameters: Sequence[str]) -> Function:
    function.__name__ = function.__qualname__ = method
    first = "k" if parameters[-1] == "loc=0" else "x"
    function.__doc__ = f"scipy.stats.{name}.{method}({', '.join((first, *parameters))})."
    return function
