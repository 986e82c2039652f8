"""Cotangents and tangents that the user gave, for a sweep to start with."""

from __future__ import annotations

from typing import Any, NoReturn

from autograd.engine.kinds import given
from autograd.engine.recording import is_tensor, raw, result
from autograd.errors import DTypeError, ShapeError


def as_seed(x: Any, value: Any, what: str, create: bool, k: int | None = None) -> Any:
    """A cotangent or tangent of x that the user gave, in x's dtype: of x's shape, or (k, *x.shape) for a batch."""
    x = raw(x)
    g = value if create and is_tensor(value) else given(raw(value), x, what)
    if k is None and g.shape != x.shape:
        raise ShapeError(f"the {what} must have the tensor's shape {x.shape}; got {g.shape}.")
    if k is not None and g.shape != (k, *x.shape):
        raise ShapeError(f"a batch of {what}s of a tensor of shape {x.shape} has shape {(k, *x.shape)}; got {g.shape}.")
    if g.dtype.kind not in ("fiuc" if x.dtype.kind == "c" else "fiu"):
        refuse_vector(what, x.dtype, g.dtype)
    if g.dtype != x.dtype:
        g = g.astype(x.dtype)
    return result(g, None) if create and not is_tensor(g) else g


def refuse_vector(what: str, of: Any, dtype: Any) -> NoReturn:
    """Raise because a cotangent or tangent does not consist of the numbers that its tensor does."""
    numbers = "of numbers" if of.kind == "c" else "of real numbers"
    raise DTypeError(f"the {what} must be {numbers}, like the tensor of {of} it belongs to; got dtype {dtype}.")
