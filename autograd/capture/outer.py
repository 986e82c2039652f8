"""Whether a captured function is called inside of a derivative: then it is part of that graph, and runs as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.engine.graph import Node, ancestors
from autograd.engine.recording import is_tensor


def is_variable(x: Any) -> bool:
    """Whether a transform (grad, jvp, …) that has not returned yet made this leaf."""
    return getattr(x, "finished", None) is False


def has_graph(x: Any) -> bool:
    """Whether a result can still be differentiated."""
    return is_tensor(x) and x._requires_grad and x.node is not None and x.node.args is not None


def is_outer(x: Any) -> bool:
    """Whether an argument belongs to a graph outside of the function."""
    return is_tensor(x) and x._requires_grad and (x.node is not None or is_variable(x))


def leads_outside(results: Iterable[Any], arguments: list[Any]) -> bool:
    """Whether someone may want to differentiate these results by an argument, or by a variable that is closed over."""
    ends = [x.node for x in results if has_graph(x)]
    given = {id(x) for x in arguments if is_tensor(x) and x._requires_grad}
    return any(id(x) in given or is_variable(x) for x in ancestors(*ends) if type(x) is not Node) if ends else False
