"""What is done where a rule, or the forward of an operation, could not run on the arrays it was given; and batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.kinds import any_foreign, copied
from autograd.engine.recording import raw
from autograd.errors import BatchError
from autograd.recorder import current, natively, recorders


def attempted(primitive: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
    """The result of a rule of a primitive, in another way if it could not run on these arrays."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return instead(error, primitive, function, args, kwargs)


def instead(error: Exception, primitive: Any, function: Any, args: Any, params: dict[str, Any]) -> Any:
    """The result of a function that failed: on a batch example by example, in a recording as one step of it.

    Args:  primitive: to which the function belongs; None if it belongs to none.
    Raises: the error, where there is no other way.
    """
    batch = batch_among((args, params))
    if batch is None and recorders and current() is not None:
        return natively(function, args, params, error)
    if batch is None:
        raise error
    return batch.by_examples(error, primitive, function, args, params)


def batches(x: Any) -> list[Any]:
    """The arrays that stand for a batch of examples, also those in Tensors and in tuples, lists and dicts."""
    if type(x) in (tuple, list):
        return [found for item in x for found in batches(item)]
    if type(x) is dict:
        return batches(list(x.values()))
    array = raw(x)
    return [] if type(array) is np.ndarray or not hasattr(type(array), "by_examples") else [array]


def batch_among(x: Any) -> Any:
    """One of them, or None."""
    return next(iter(batches(x)), None)


def room_for(x: Any, *values: Any) -> Any:
    """A copy of x into which the values can be written, at indices that are batched, too."""
    made = copied(x)
    for batch in batches(values) if kinds.met else ():
        made = batch.spread_over(made)
    return made


def refuse_inside_vmap() -> None:
    """Raise BatchError if backward() is called in the function of a vmap."""
    if kinds.met and kinds.inside_vmap.get():
        raise BatchError(
            "backward() inside vmap: .grad has no place for a gradient of each example. Use grad or vjp inside, "
            "vmap(grad(loss), in_axes=(None, 0, 0))(params, X, y), or call backward() on what vmap returns."
        )


def of_a_batch(g: Any, args: Any = ()) -> bool:
    """Whether a cotangent or tangent, or one of several, or an argument is no ndarray although others may be."""
    return any_foreign(g.values() if type(g) is dict else g if type(g) in (tuple, list) else (g,)) or any_foreign(args)


def rules_at_once(step: Any, node: Any, which: Any, g: Any, args: Any, out: Any) -> Any:
    """What the rules of a fused operation return for all examples of a batch at once; None if they do not."""
    if step.create or step.k is not None or type(g) is tuple or (batch := batch_among((g, args))) is None:
        return None
    return batch.rules_at_once(node.primitive, which, g, out, args, node.params or {})
