"""Trees are flattened and rebuilt, and an error names the path of what does not fit."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, tree_flatten, tree_leaves, tree_map, tree_unflatten
from autograd.errors import ArgumentError
from autograd.pytree import leaves_like, tree_leaves_with_paths


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class State:
    position: Any
    label: Any = None
    doubled: Any = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.doubled = self.position


@dataclass(frozen=True)
class Frozen:
    value: Any


trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Frozen, inner)
    ),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(trees)
def test_flatten_and_unflatten_are_inverse(tree: Any) -> None:
    leaves, structure = tree_flatten(tree)
    assert tree_unflatten(structure, leaves) == tree
    assert leaves_like(structure, tree, "tree") == leaves
    assert tree_leaves(tree) == leaves
    assert len(list(tree_leaves_with_paths(tree))) == len(leaves)


def test_containers_keep_their_type() -> None:
    ordered = OrderedDict(b=1, a=2)
    default: Any = defaultdict(list, k=1)
    tree = [ordered, default, Point(1, 2), State(3), Frozen(4)]
    found = tree_map(lambda x: -x, tree)
    assert [type(a) for a in found] == [type(a) for a in tree]
    assert list(found[0].items()) == [("b", -1), ("a", -2)]
    assert found[1]["missing"] == []
    assert (found[3].position, found[3].label, found[3].doubled) == (-3, None, -3)
    assert ordered == OrderedDict(b=1, a=2)


def test_arrays_tensors_strings_and_classes_are_leaves() -> None:
    leaves = [np.ones(2), Tensor([1.0]), "text", State, 1.5]
    assert all(a is b for a, b in zip(tree_leaves(leaves), leaves, strict=True))
    assert tree_leaves(None) == []


def test_paths_read_as_python() -> None:
    tree = {"layers": [Point(1, {"w": 2})], "s": Frozen(3)}
    assert [path for path, _ in tree_leaves_with_paths(tree)] == [
        "['layers'][0].x",
        "['layers'][0].y['w']",
        "['s'].value",
    ]


def test_dicts_are_matched_by_key() -> None:
    assert tree_map(lambda a, b: a + b, {"a": 1, "b": 2}, {"b": 10, "a": 20}) == {"a": 21, "b": 12}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [1, 2]}, r"tree 2 must be built like .*'b'"),
        ({"a": [1], "b": 0}, r"tree 2\['a'\] must be built like \[\*, \*\]; got \[\*\]"),
        ({"a": (1, 2), "b": 0}, r"\['a'\]"),
        ({"a": [1, 2], "b": [3]}, r"\['b'\] must be one array or number; got \[\*\]"),
        ({"a": [1, None], "b": 3}, r"\['a'\]\[1\] must be one array or number; got None"),
        (5, "got a int"),
    ],
)
def test_what_does_not_fit_is_named(tree: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        tree_map(lambda a, b: a, {"a": [1, 2], "b": 3}, tree)


def test_a_wrong_number_of_leaves_is_refused() -> None:
    _, structure = tree_flatten([1, (2, 3)])
    for leaves in ([1, 2], [1, 2, 3, 4]):
        with pytest.raises(ArgumentError, match="leaves"):
            tree_unflatten(structure, leaves)
