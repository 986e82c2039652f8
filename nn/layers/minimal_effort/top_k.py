"""Minimal effort backpropagation: the choice of the k largest components of g, and the identity with that backward.

The forward is the usual one, and the backward uses only the k largest components of g. The cotangents are on purpose
not the derivative, unless k reaches the number of features. For a graph of the gradient, the rule is g times a mask of
the chosen components, where the mask is a constant.

Source:    Sun, Ren, Ma & Wang 2017, "meProp", arXiv:1706.06197: top-k of each example, section 2; one choice for the
           whole mini-batch by summed magnitude ("simple unified"), section 2.5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ShapeError
from autograd.options import check_flag
from nn.core.checks import check_size
from nn.layers.inputs import as_values, refuse_complex

# The two numbers that decide between a sparse and a dense product. Measured, see docs/minimal_effort.md.
SPARSE_COST = 10  # the time of a multiplication in SciPy's sparse product, in multiplications of BLAS
SPARSE_WORK = 5_000_000  # up to that many multiplications, building the sparse matrix costs more than it saves


def top_columns(g: Any, k: int) -> Any:
    """The k columns of g (B, n) with the largest sums of magnitudes, in ascending order, without columns of zeros."""
    n = g.shape[1]
    scores = np.add.reduce(np.abs(g), axis=0, dtype=np.float32 if g.dtype == np.float16 else None)
    # argpartition sorts nan last, so a nan is chosen and stays visible
    columns = np.sort(np.argpartition(scores, n - k)[n - k :]) if k < n else np.arange(n)
    return columns[scores[columns] != 0]


def top_mask(g: Any, k: int) -> Any:
    """A mask (B, n) of the k components of each row of g (B, n) with the largest magnitudes, without zeros."""
    size = np.abs(g)
    chosen = size != 0
    n = g.shape[1]
    if k < n:
        chosen &= ~(size < np.partition(size, n - k, axis=1)[:, n - k, None])  # not `>=`, so that a nan is chosen
        if np.any(np.add.reduce(chosen, axis=1, dtype=np.intp) > k):  # ties at the k-th place: drop some
            chosen = np.zeros(g.shape, bool)
            np.put_along_axis(chosen, np.argpartition(size, n - k, axis=1)[:, n - k :], True, axis=1)
            chosen &= size != 0
    return chosen


def count_activity(activity: Any, examples: Any, counts: Any, rows: int) -> None:
    """Add to the counters of a layer: how often each unit was chosen, and the number of examples."""
    if activity is not None:
        activity[...] = activity + counts
    if examples is not None:
        examples[...] = examples + rows


def _mask(g: Any, k: int, unified: bool, activity: Any, examples: Any) -> Any:
    """The mask of the chosen components of g (*, n); adds to the counters, where given."""
    flat = g.reshape(-1, g.shape[-1])
    if unified:
        counts = np.zeros(flat.shape[1], np.intp)
        counts[top_columns(flat, k)] = len(flat)
        mask = np.broadcast_to(counts != 0, g.shape)
    else:
        mask = top_mask(flat, k)
        counts = np.add.reduce(mask, axis=0, dtype=np.intp)
        mask = mask.reshape(g.shape)
    count_activity(activity, examples, counts, len(flat))
    return mask


def _mask_composite(g: Any, k: int, unified: bool, activity: Any, examples: Any) -> Any:
    """The same by ranks: a component is chosen if fewer than k are larger."""
    size = np.abs(raw(g))
    if unified:
        size = np.sum(np.reshape(size, (-1, size.shape[-1])), axis=0)
    rank = np.argsort(np.argsort(size, axis=-1), axis=-1)  # nan is last, so it is chosen and stays visible
    mask = np.broadcast_to((rank >= size.shape[-1] - k) & (size != 0), g.shape)
    counts = np.sum(np.reshape(mask, (-1, g.shape[-1])), axis=0)
    count_activity(activity, examples, counts, math.prod(g.shape[:-1]))
    return mask


# takes Tensors, too; it has no derivative and is never recorded
mask_of_op = Primitive(_mask, None, composite=_mask_composite, plain=True, name="mask_of")


def _effort_vjp(
    g: Any, out: Any, x: Any, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    return g * mask_of_op(g, k, unified, activity, examples)


minimal_effort_op = define(
    lambda x, k, unified=False, activity=None, examples=None: np.positive(x),
    _effort_vjp,
    keeps="",
    name="minimal_effort",
    jvp="linear",
    label="top k of g",
)


def minimal_effort(input: Any, k: int, unified: bool = False) -> Any:
    """The identity, whose backward passes on only the k largest components of the gradient of each example.

        forward   y = x
        backward  x̄ = top_k(ȳ)

    It serves to build other layers: apply it to what the layer computes before its activation.

    Shape:     input (*, features) -> (*, features); every row of the last axis is an example
    Args:      k: the number of components that are passed on; all of them if k >= features.
               unified: choose the same k for all examples, those with the largest sums of magnitudes.
    Gradient:  on purpose not the derivative (which is that of the identity), unless k >= features.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    Example:
        >>> import numpy as np, autograd, nn.functional as F
        >>> x = autograd.Tensor(np.zeros((2, 3)), requires_grad=True)
        >>> F.minimal_effort(x, k=1).backward(np.array([[1.0, -3.0, 2.0], [0.5, 0.1, 0.2]]))
        >>> x.grad.numpy()
        array([[ 0. , -3. ,  0. ],
               [ 0.5,  0. ,  0. ]])
    """
    check_flag("minimal_effort: unified", unified)
    return minimal_effort_op(with_features(input, "minimal_effort"), k=check_size("k", k), unified=unified)


def with_features(input: Any, who: str) -> Any:
    """The input as an array; refuse a scalar, which has no axis of features."""
    x = as_values(input)
    if x.dtype.kind == "c":
        refuse_complex(who, x.dtype)
    if x.ndim == 0:
        raise ShapeError(f"{who} expects input of shape (*, features); got (), which has no features to choose from.")
    return x
