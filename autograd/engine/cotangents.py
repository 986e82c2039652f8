"""Cotangents: where they start, and how what a rule returned becomes the cotangent of its argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine import recording
from autograd.engine.complex_numbers import in_dtype, size_of_root
from autograd.engine.kinds import copied, is_foreign, like, ones
from autograd.engine.kinks import zero_and_bent
from autograd.engine.recording import is_tensor, raw, result
from autograd.engine.seeds import as_seed
from autograd.engine.share import Share
from autograd.errors import GraphError, ShapeError
from autograd.shapes import unbroadcast, unbroadcast_stack

ndarray = np.ndarray


def complete(gi: Any, g: Any, x: Any, guard: bool, create: bool, k: int | None = None, of: str = "") -> Any:
    """What a rule returned as the cotangent of the argument x: the only place where this is done.

    It becomes an array (a Tensor in a recorded sweep); where the incoming cotangent g is zero, a nan counts as zero
    (0 · ∞ = 0, if the primitive asks for this by `guard`); broadcasting is undone; it gets the dtype of x.

    What is no array, None or a Share, is left as it is.

    Shape:     (*, *x.shape) -> x.shape; in a sweep of k cotangents at once (k, *x.shape)
    """
    if isinstance(gi, recording.Tensor):
        data = gi._array
        gi = gi if create else data
    elif gi is None or type(gi) is Share:
        return gi
    else:
        data = gi if hasattr(gi, "dtype") else like(np.asarray(gi), raw(g))
        gi = result(data, None) if create else data
    if type(data) is not ndarray and hasattr(data, "completed"):
        gi, data = data.completed(gi, x)  # of a batch: without the hidden axes that x has not
    if guard and has_nan(data):
        if k is not None and data.ndim <= len(x.shape):  # it is the same for all of them
            gi = unbroadcast_stack(gi, k, x.shape)
        gi = zero_where_zero(g, gi, of)
        data = raw(gi)
    if k is not None:
        if data.shape != (k, *x.shape):
            gi = unbroadcast_stack(gi, k, x.shape)
    elif data.shape != x.shape:
        gi = unbroadcast(gi, x.shape)
    return gi if data.dtype is x.dtype or data.dtype == x.dtype else in_dtype(gi, x.dtype)


def has_nan(array: Any) -> bool:
    """One cheap pass: the sum of squares is nan exactly if an element is. True where the array cannot be asked."""
    if type(array) is ndarray and array.ndim:
        square = (flat := array.ravel()).dot(flat)
    elif is_foreign(array):
        return True
    else:
        square = np.vdot(array, array) if array.ndim else array
    return bool(square != square)


def zero_where_zero(g: Any, gi: Any, of: str) -> Any:
    """0 · ∞ = 0: where the cotangent g is zero the branch was not taken, and contributes nothing.

    A g that is zero by chance, as that of the root in sqrt(x)², leaves the derivative of 0 · ∞ unknown.
    """
    zero = raw(g) == 0
    return zero_and_bent(g, gi, zero, of) if zero.shape == gi.shape else gi


def started(root: Any, seed: Any, create: bool, k: int | None = None) -> tuple[Any, Any]:
    """(the Node or leaf where the sweep starts, the cotangent it starts with).

    Without a seed this is 1, for a tensor of one element; with k it is a stack of k cotangents.
    """
    origin = getattr(root, "node", None)
    if origin is None and not getattr(root, "requires_grad", False):
        raise GraphError(
            "backward() needs a result that depends on a tensor with requires_grad=True; "
            f"this {type(root).__name__} depends on none (or was computed under no_grad, or by a captured "
            "function, whose results are constants: capture the step that calls backward(), not the model)."
        )
    if seed is not None or k is not None:
        g = as_seed(root, seed, "gradient" if k is None else "cotangent", create, k)
    elif (kind := type(data := root._array)) is np.float64 or kind is np.float32:
        g = kind(1)
    elif size_of_root(root) != 1:
        raise ShapeError(
            f"backward() of a tensor of shape {root.shape} needs a gradient of that shape: "
            "t.backward(np.ones(t.shape)), or reduce it first: t.sum().backward()."
        )
    else:
        g = ones(data.shape, data.dtype, data)
    return (root if origin is None else origin), as_tensor(g) if create else g


def as_tensor(g: Any) -> Any:
    """A cotangent as a Tensor."""
    return g if is_tensor(g) else result(g, None)


def own(g: Any) -> Any:
    """The cotangent in memory of its own."""
    alone = isinstance(g, np.generic) or is_tensor(g) or hasattr(g, "is_alone") and g.is_alone()
    return g if alone else copied(g)
