"""NumPy's protocols for a Tensor, beyond the plain call of a function that has a rule."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.library_call import library_function
from autograd.engine.modes import mode
from autograd.engine.outputs import into
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import rules
from autograd.errors import NoRuleError
from autograd.tensor.writing_ufuncs import write_at, written_where


def no_rule(name: str) -> str:
    """The message for a function that has no derivative rule."""
    caller = library_function()
    called = f", and {caller} calls it" if caller else ""
    return (
        f"{name} has no derivative rule{called}. Compute it on the values (x.numpy()) if no gradient has to flow "
        "through it, or make it differentiable with @autograd.primitive."
    )


def _full_name(ufunc: np.ufunc) -> str:
    """`np.exp`, `scipy.special.erf`, or the bare name of a ufunc that is neither NumPy's nor SciPy's."""
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return f"np.{name}"
    return f"scipy.special.{name.removeprefix('_')}" if _is_scipys(ufunc) else name


def _is_scipys(ufunc: np.ufunc) -> bool:
    """Whether it is one of scipy.special's, or one (`_zeta`) that a Python function there calls."""
    modules = (sys.modules.get("scipy.special"), sys.modules.get("scipy.special._ufuncs"))
    return any(getattr(module, ufunc.__name__, None) is ufunc for module in modules)


def _scipys_rule(ufunc: np.ufunc) -> Any:
    """The rule of a ufunc of SciPy's. The rules are registered when they are first asked for."""
    if _is_scipys(ufunc):
        from autograd.ops import scipy_special  # noqa: F401  registers them
    return rules.get(ufunc)


def dispatch_ufunc(
    rule: Callable[..., Any] | None, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A ufunc that is called with keywords, by a method such as reduce, or has no rule."""
    if rule is None and method == "__call__":
        rule = _scipys_rule(ufunc)
    full = _full_name(ufunc)
    name = full if method == "__call__" else f"{full}.{method}"
    if method == "at":
        write_at(ufunc, name, *inputs)
        return None
    outs = kwargs.pop("out", None)
    if outs is not None and any(out is not None for out in outs):
        return _with_out(rule, ufunc, method, inputs, kwargs, name.removeprefix("np."), outs)
    if rule is None:
        raise NoRuleError(no_rule(name))
    where = kwargs.get("where", True)
    if where is not True and not (method == "reduce" and "where" in inspect.signature(rule).parameters):
        filled = f"{name}(np.where(condition, x, value that changes nothing))"
        remedy = f"np.where(condition, {name}(…), other), or give the others: out=y" if method == "__call__" else filled
        raise NoRuleError(f"{name}(…, where=…) of a Tensor is not recorded. Use {remedy}.")
    options = {key: value for key, value in kwargs.items() if key != "where" or value is not True}
    dtype = options.pop("dtype", None) if method == "__call__" else None
    refused = {
        key: value for key, value in options.items() if key in ("axes", "casting", "order", "subok", "signature", "sig")
    }
    if refused:
        raise NoRuleError(
            f"{name} of a Tensor does not take {', '.join(refused)}=. "
            + ("Move the axes with np.moveaxis, or use np.einsum." if "axes" in refused else "Use x.astype(dtype).")
        )
    if dtype is not None:
        inputs = tuple([x.astype(dtype) if is_tensor(x) or is_foreign(x) else np.asarray(x, dtype) for x in inputs])
    return rule(*inputs, **options)


def _with_out(
    rule: Callable[..., Any] | None,
    ufunc: np.ufunc,
    method: str,
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    name: str,
    outs: tuple[Any, ...],
) -> Any:
    """A ufunc whose result is written to out=, of several results some."""
    recording = mode.get().recording
    if not any(map(is_tensor, outs)) and not (recording and any(getattr(x, "requires_grad", False) for x in inputs)):
        kwargs = {key: raw(value) for key, value in kwargs.items()}
        return getattr(ufunc, method)(*[raw(x) for x in inputs], out=outs, **kwargs)  # as in p.data -= lr * p.grad
    where = raw(kwargs.pop("where")) if method == "__call__" and "where" in kwargs else True

    def computed(*inputs: Any) -> tuple[Any, ...]:
        if any(map(is_tensor, inputs)):
            made = dispatch_ufunc(rule, ufunc, method, inputs, dict(kwargs))
        else:
            made = getattr(ufunc, method)(*inputs, **{key: raw(value) for key, value in kwargs.items()})
        return made if type(made) is tuple else (made,)

    if where is True:
        made = computed(*inputs)
        results = [m if out is None else into(out, m, name, broadcast=True) for out, m in zip(outs, made, strict=True)]
    else:
        results = written_where(computed, where, inputs, outs, name)
    return results[0] if len(results) == 1 else tuple(results)
