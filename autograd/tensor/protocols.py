"""NumPy's protocols for a Tensor, beyond the plain call of a function that has a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.modes import mode
from autograd.engine.recording import is_tensor, raw
from autograd.errors import NoRuleError
from autograd.ops.arguments import refuse_out


def no_rule(name: str) -> str:
    """The message for a function that has no derivative rule."""
    return (
        f"{name} has no derivative rule. Compute it on the values (x.numpy()) if no gradient has to flow through it, "
        "or make it differentiable with @autograd.primitive."
    )


def dispatch_ufunc(
    rule: Callable[..., Any] | None, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A ufunc that is called with keywords, by a method such as reduce, or has no rule."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if method == "at":
        raise NoRuleError(
            f"np.{name} writes into its argument. Use x[index] += values, or np.zeros(...)[index] on plain arrays."
        )
    if kwargs.get("out") is not None and any(o is not None for o in kwargs["out"]):
        if not any(is_tensor(o) for o in kwargs["out"]) and not (
            mode.get().recording and any(getattr(x, "requires_grad", False) for x in inputs)
        ):
            return getattr(ufunc, method)(*[raw(x) for x in inputs], **kwargs)  # as in p.data -= lr * p.grad
        refuse_out(name, kwargs["out"])  # raises
    if rule is None:
        raise NoRuleError(no_rule(f"np.{name}"))
    if kwargs.get("where", True) is not True:
        remedy = (
            f"np.where(condition, np.{name}(…), other)"
            if method == "__call__"
            else "np.sum(x, where=condition) or np.prod"
        )
        raise NoRuleError(f"np.{name}(…, where=…) of a Tensor is not recorded. Use {remedy}.")
    options = {key: value for key, value in kwargs.items() if key not in ("out", "where")}
    dtype = options.pop("dtype", None) if method == "__call__" else None
    refused = {
        key: value for key, value in options.items() if key in ("axes", "casting", "order", "subok", "signature", "sig")
    }
    if refused:
        raise NoRuleError(
            f"np.{name} of a Tensor does not take {', '.join(refused)}=; convert with x.astype(dtype) instead."
        )
    if dtype is not None:
        inputs = tuple([x.astype(dtype) if is_tensor(x) else np.asarray(x, dtype) for x in inputs])
    return rule(*inputs, **options)
