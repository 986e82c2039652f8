"""How many multiply-adds a recorded computation took, found from its operations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node, ancestors
from autograd.engine.modes import Mode, mode
from autograd.ops.einsum import operand_letters


def multiply_adds(outputs: Iterable[Any]) -> dict[int, int]:
    """id of a module -> the multiply-adds that it did itself (not its children) to compute these outputs."""
    found: Counter[int] = Counter()
    nodes = (item for item in ancestors(*_nodes(outputs)) if isinstance(item, Node))
    for node in nodes:
        n = _of_operation(node)
        if n and node.scope:
            found[id(node.scope[-1])] += n
    return found


def _nodes(outputs: Any) -> list[Node]:
    """The nodes of all tensors in tuples, lists and dicts."""
    if isinstance(outputs, Tensor):
        return [] if outputs.node is None else [outputs.node]
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    return [node for item in outputs for node in _nodes(item)] if isinstance(outputs, (tuple, list)) else []


def _of_operation(node: Node) -> int:
    """Of one operation: by its rule if there is one; of a fused operation the sum over its composite; else 0.

    An operation with neither is taken to be elementwise.
    """
    rule = _RULES.get(node.primitive.name)
    args, params = node.args or (), node.params or {}
    if rule is not None:
        return int(rule(node.out, args, params))
    composite = node.primitive.composite
    if composite is None:
        return 0
    token = mode.set(Mode())
    try:
        with np.errstate(all="ignore"):
            out = composite(*map(_stand_in, node.parents, args), **params)
    finally:
        mode.reset(token)
    return sum(_of_operation(item) for item in ancestors(*_nodes(out)) if isinstance(item, Node))


def _stand_in(parent: Any, value: Any) -> Any:
    """An argument for the composite: zeros if only the shape was kept, and a Tensor if the original was recorded."""
    if isinstance(value, Abstract):
        value = np.zeros(value.shape, value.dtype)
    return value if parent is None else Tensor(value, requires_grad=True)


def _product(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Each element of the result is a sum over the last axis of the first factor."""
    a, b = args[:2]
    return math.prod(np.shape(out)) * a.shape[-1] if np.ndim(a) and np.ndim(b) else 0


def _contraction(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """tensordot: n results, each a sum of k products; the sizes of the two factors multiply to n·k²."""
    n = math.prod(np.shape(out))
    return n * math.isqrt(args[0].size * args[1].size // n) if n else 0


def _einsum(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """One for each combination of the letters' values and each factor after the first, as NumPy does by default."""
    terms, _ = operand_letters(params["subscripts"], tuple(len(x.shape) for x in args))
    size: dict[str, int] = {}
    for term, x in zip(terms, args, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            size[letter] = max(n, size.get(letter, n)) if n else 0
    return math.prod(size.values()) * (len(args) - 1)


def _sliding(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """convolve, correlate: each element is a sum over the shorter input; those at the borders are counted in full."""
    return math.prod(np.shape(out)) * min(args[0].size, args[1].size)


def _convolution(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Each element of the result is a sum over the weights of its channel."""
    return math.prod(out.shape) * math.prod(args[1].shape[1:])


def _transposed_convolution(out: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Each element of the input is multiplied by all weights of its channel."""
    return math.prod(args[0].shape) * math.prod(args[1].shape[1:])


_RULES: dict[str, Callable[[Any, Sequence[Any], dict[str, Any]], Any]] = {
    **dict.fromkeys(["matmul", "linear", "dot", "inner", "vecdot", "matvec", "vecmat"], _product),
    "vdot": lambda out, args, params: args[0].size,
    "tensordot": _contraction,
    "outer": lambda out, args, params: math.prod(np.shape(out)),
    "einsum": _einsum,
    "convolve": _sliding,
    "correlate": _sliding,
    "convolution": _convolution,
    "transposed_convolution": _transposed_convolution,
}
