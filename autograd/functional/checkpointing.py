"""Checkpoints: the intermediate values of a function are not kept, but computed again in the backward pass.

Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174; Griewank & Walther 2000, revolve.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import random
from autograd.batched.hidden import everywhere
from autograd.engine.gradients import gradients
from autograd.engine.graph import clock
from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor
from autograd.engine.settings import enable_grad, is_grad_enabled
from autograd.errors import GraphError
from autograd.functional.argument_checks import Function, check_callable
from autograd.functional.function_node import (
    StandIns,
    arguments_for_rerun,
    captured_tensor,
    own_memory,
    record_function,
    with_placeholders,
)
from autograd.pytree import tree_flatten, tree_unflatten
from autograd.random import generator
from autograd.recorder import Stand


def checkpoint(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Compute f(*args, **kwargs) without keeping its intermediate values: the backward pass computes them again.

    Only the arguments and results of f are kept in memory; the time rises by one evaluation of f. Divide a deep network
    into segments, each in a checkpoint.

    Args:      f: a function or a Module. Tensors that it uses by closure, such as parameters, get their gradients too.
               args, kwargs: of any kind, trees as well.
    Returns:   what f returns.
    Randomness: the backward pass draws the same numbers again from the package's generator (`rng=None`, autograd.seed)
               and from generators among the arguments. It cannot do so for a generator that f holds by closure: the
               result then differs and is refused.
    Gradient:  of any order, and in forward mode.
    Raises:    GraphError in the backward pass if f computes something else than the first time.
    Note:      f runs twice: a counter that it increments, or the running averages of batch normalisation, change twice.
               The caller does not see a write in place to an argument.
    Example:
        >>> import numpy as np
        >>> from autograd import Tensor, checkpoint
        >>> x = Tensor([0.5, 1.0], requires_grad=True)
        >>> y = checkpoint(lambda x: np.tanh(np.sin(x) ** 2), x)
        >>> y.sum().backward()
        >>> x.grad.numpy().round(4)
        array([0.7985, 0.5715])
    """
    check_callable("checkpoint", f)
    if not is_grad_enabled():
        return f(*args, **kwargs)
    start = next(clock)
    leaves, form = tree_flatten((args, kwargs))
    generators = {i: copy.deepcopy(x) for i, x in enumerate(leaves) if isinstance(x, np.random.Generator)}
    state, drawing = generator().bit_generator.state, random.drawing.get()
    stand_ins = StandIns(leaves)
    given, named = tree_unflatten(form, stand_ins.leaves)
    found, structure = tree_flatten(f(*given, **named))
    tracked = [i for i, y in enumerate(found) if is_tensor(y) and y.requires_grad]
    captured = stand_ins.captured([found[i] for i in tracked], start)
    if not tracked:
        return tree_unflatten(structure, found)
    constants = with_placeholders(leaves)
    fingerprints = [_fingerprint(found[i]._array) for i in tracked]
    values = [own_memory(found[i]._array, leaves) for i in tracked]
    count = len(
        found
    )  # a number, because the rule must not hold `found`: it will contain the results of this operation
    title = getattr(f, "__name__", type(f).__name__)

    def joint(g: Any, out: Any, *kept: Any) -> tuple[Any, ...]:
        create = any(is_tensor(c) for c in g)
        fresh, variables = arguments_for_rerun(constants, kept, create)
        for i, old in generators.items():
            fresh[i] = copy.deepcopy(old)
        inner, names = tree_unflatten(form, fresh)
        with enable_grad(), _rewound(state, drawing):
            results = tree_flatten(f(*inner, **names))[0]
        outputs = [results[i] for i in tracked] if len(results) == count else []
        if not outputs or not all(
            is_tensor(y) and _agree(_fingerprint(y._array), first)
            for y, first in zip(outputs, fingerprints, strict=True)
        ):
            raise GraphError(
                f"checkpoint: {title} gave other values when it was computed again for the backward pass. It must "
                "depend on its arguments alone: hand a random generator to it as an argument (or use autograd.seed's), "
                "and change no state in it."
            )
        pairs = [(y, c) for y, c in zip(outputs, g, strict=True) if y.requires_grad]
        wanted = [*variables.values(), *(captured_tensor(origin) for origin in captured)]
        pulled = gradients([y for y, _ in pairs], wanted, [c for _, c in pairs], create_graph=create, partial=True)
        by_position = dict(zip(variables, pulled, strict=False))
        return (*(by_position.get(i) for i in range(len(constants))), *pulled[len(variables) :])

    results = record_function("checkpoint", joint, leaves, captured, values, "f computed again")
    for i, y in zip(tracked, results, strict=True):
        found[i] = y
    return tree_unflatten(structure, found)


@contextmanager
def _rewound(state: Any, drawing: Any) -> Iterator[None]:
    """Inside, the package's generator starts from the given state, and draws as in the vmap that it was in."""
    token = random.drawing.set(drawing)
    rng = generator()
    now = rng.bit_generator.state
    rng.bit_generator.state = state
    try:
        yield
    finally:
        rng.bit_generator.state = now
        random.drawing.reset(token)


def _fingerprint(data: Any) -> tuple[Any, ...]:
    """What is kept of a result to recognise it: its shape, the sum of its elements and the sum of their magnitudes."""
    data = everywhere(data)
    if is_foreign(data) or isinstance(data, Stand):  # which is not asked for numbers
        return data.shape, 0.0, 0.0
    with np.errstate(all="ignore"):
        return data.shape, float(np.sum(data)), float(np.sum(np.abs(data)))


def _agree(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Whether two fingerprints are those of one result, up to rounding."""
    if a[0] != b[0]:
        return False
    size = max(abs(a[2]), abs(b[2]), 1e-300) if np.isfinite(a[2]) and np.isfinite(b[2]) else 1.0
    return all(
        x == y or np.isnan(x) and np.isnan(y) or abs(x - y) <= 1e-3 * size for x, y in zip(a[1:], b[1:], strict=True)
    )
