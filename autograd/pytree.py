"""Trees: nested tuples, lists, dicts, named tuples and dataclasses, flattened to their leaves and rebuilt from them.

Everything else is a leaf: an array, a number, a Tensor, a string. None is a tree without leaves, and stays None.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError


class _Leaf:
    """The mark that a structure has in place of each leaf."""

    def __repr__(self) -> str:
        return "*"


LEAF = _Leaf()
# Recognised at once; others need several checks. tensor/tensor.py adds its class.
COMMON_LEAVES = {np.ndarray, np.float64, float, int, str}
COMMON_CONTAINERS = (tuple, list)  # likewise


def tree_flatten(tree: Any) -> tuple[list[Any], Any]:
    """Flatten a tree.

    Returns:   (leaves in order, structure): the structure is the tree with a mark, printed as *, in place of each leaf.
    Example:
        >>> from autograd.pytree import tree_flatten, tree_unflatten
        >>> leaves, structure = tree_flatten({"weight": 1.0, "bias": (2.0, None)})
        >>> leaves, structure
        ([1.0, 2.0], {'weight': *, 'bias': (*, None)})
        >>> tree_unflatten(structure, [10.0, 20.0])
        {'weight': 10.0, 'bias': (20.0, None)}
    """
    leaves: list[Any] = []
    structure = _flatten_into(leaves, tree)
    return leaves, structure


# The recursive functions below are not defined inside the functions that call them: an inner function that calls itself
# is a reference cycle, and would keep its arrays alive until the garbage collector runs.


def _flatten_into(leaves: list[Any], tree: Any) -> Any:
    """Append the leaves of the tree to the list, and return the structure."""
    inner = _subtrees(tree)
    if inner is None:
        leaves.append(tree)
        return LEAF
    return _rebuilt(tree, [_flatten_into(leaves, child) for child in inner])


def tree_unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Rebuild a tree from a structure that `tree_flatten` returned and leaves in its order."""
    if structure is LEAF and len(leaves) == 1:
        return leaves[0]
    rest = iter(leaves)
    try:
        tree = _filled(structure, rest)
    except StopIteration:
        raise ArgumentError(f"the structure {structure!r} needs more than {len(leaves)} leaves.") from None
    if next(rest, LEAF) is not LEAF:
        raise ArgumentError(f"the structure {structure!r} has fewer leaves than the {len(leaves)} that were given.")
    return tree


def _filled(structure: Any, rest: Iterator[Any]) -> Any:
    if structure is LEAF:
        return next(rest)
    inner = _subtrees(structure)
    assert inner is not None, "a structure holds only containers and marks"
    return _rebuilt(structure, [_filled(child, rest) for child in inner])


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order."""
    leaves: list[Any] = []
    _gather(tree, leaves)
    return leaves


def _gather(tree: Any, leaves: list[Any]) -> None:
    inner = _subtrees(tree)
    if inner is None:
        leaves.append(tree)
    else:
        for child in inner:
            _gather(child, leaves)


def tree_leaves_with_paths(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, leaf) for each leaf; a path is written as Python, like `['layers'][0].weight`."""
    inner = children(tree)
    if inner is None:
        yield path, tree
    else:
        for step, child in inner:
            yield from tree_leaves_with_paths(child, path + step)


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree of `f(leaf, …)`, where the further arguments are the leaves at the same place in the other trees.

    Raises:    ArgumentError if another tree is built differently; it names the place.
    Example:
        >>> from autograd.pytree import tree_map
        >>> tree_map(lambda p, g: p - 0.5 * g, {"w": 1.0, "b": [2.0]}, {"w": 2.0, "b": [4.0]})
        {'w': 0.0, 'b': [0.0]}
    """
    leaves, structure = tree_flatten(tree)
    rows = [leaves_like(structure, other, f"tree {i + 2}") for i, other in enumerate(others)]
    return tree_unflatten(structure, [f(*row) for row in zip(leaves, *rows, strict=True)])


def leaves_like(structure: Any, tree: Any, what: str) -> list[Any]:
    """The leaves of a tree that must have this structure; the keys of a dict may be in any order.

    Raises:    ArgumentError, which begins with `what` and names the place where they differ.
    """
    found: list[Any] = []
    _match_into(found, structure, tree, what)
    return found


def _match_into(found: list[Any], structure: Any, tree: Any, place: str) -> None:
    if structure is LEAF:
        if type(tree) not in COMMON_LEAVES and (tree is None or _is_container(tree)):
            raise ArgumentError(f"{place} must be one array or number; got {_kind(tree)}.")
        found.append(tree)
        return
    if type(structure) is type(tree) in COMMON_CONTAINERS and len(structure) == len(tree):
        for i in range(len(tree)):
            _match_into(found, structure[i], tree[i], f"{place}[{i}]")
        return
    expected, given = children(structure), children(tree)
    assert expected is not None, "a structure holds only containers and marks"
    if given is None or _family(structure) is not _family(tree) or _steps(expected) != _steps(given):
        raise ArgumentError(f"{place} must be built like {structure!r}; got {_kind(tree)}.")
    by_step = dict(given)
    for step, child in expected:
        _match_into(found, child, by_step[step], place + step)


def _subtrees(tree: Any) -> Sequence[Any] | None:
    """The subtrees of a container, in order; None for a leaf."""
    kind = type(tree)
    if kind in COMMON_CONTAINERS:
        return tree  # type: ignore[no-any-return]
    if kind in COMMON_LEAVES:
        return None
    inner = children(tree)
    return None if inner is None else [child for _, child in inner]


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """(step of a path, subtree) of a container, in order; None for a leaf."""
    if type(tree) in COMMON_LEAVES:
        return None
    if tree is None:
        return []
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(f".{name}", child) for name, child in zip(tree._fields, tree, strict=True)]
    if isinstance(tree, (tuple, list)):
        return [(f"[{i}]", child) for i, child in enumerate(tree)]
    if isinstance(tree, dict):
        return [(f"[{key!r}]", child) for key, child in tree.items()]
    if _is_dataclass(tree):
        return [(f".{name}", getattr(tree, name)) for name in _field_names(tree)]
    return None


def _rebuilt(tree: Any, new: list[Any]) -> Any:
    """A container like this one with other subtrees."""
    if type(tree) is tuple:
        return tuple(new)
    if type(tree) is list:
        return new
    if tree is None:
        return None
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)._make(new)  # type: ignore[attr-defined]
    if isinstance(tree, (tuple, list)):
        return type(tree)(new)
    twin = copy.copy(tree)
    if isinstance(tree, dict):  # filling a copy keeps an OrderedDict one, and a defaultdict's default
        for key, child in zip(tree, new, strict=True):
            twin[key] = child
        return twin
    for name, child in zip(_field_names(tree), new, strict=True):
        object.__setattr__(twin, name, child)  # works with frozen=True, and does not run __post_init__ again
    return twin


def _is_dataclass(tree: Any) -> bool:
    return hasattr(type(tree), "__dataclass_fields__")


def _field_names(tree: Any) -> list[str]:
    import dataclasses  # only who has dataclasses pays for the import

    return [field.name for field in dataclasses.fields(tree)]


def _is_container(tree: Any) -> bool:
    return isinstance(tree, (tuple, list, dict)) or _is_dataclass(tree)


def _family(tree: Any) -> Any:
    """The type that must agree between two trees: a list does not match a tuple, but an OrderedDict matches a dict."""
    return dict if isinstance(tree, dict) else type(tree)


def _steps(inner: list[tuple[str, Any]]) -> list[str]:
    return sorted(step for step, _ in inner)


def _kind(tree: Any) -> str:
    if tree is None:
        return "None"
    if _is_container(tree):
        return repr(tree_flatten(tree)[1])
    return f"a {type(tree).__name__}"
