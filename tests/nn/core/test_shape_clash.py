"""Shapes that do not fit, drawn in the note of the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F

X = Tensor(np.ones((32, 64), np.float32))
W = nn.Parameter(np.ones((128, 10), np.float32))
V = nn.Parameter(np.ones((32, 7), np.float32))


class Inner(nn.Module):
    """A module that computes what it is given."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function()


def ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)


def note_of(function: Callable[[], Any]) -> tuple[BaseException, list[str]]:
    model = nn.Sequential(nn.Identity(), nn.Sequential(Inner(function)))
    with pytest.raises((ValueError, IndexError, TypeError)) as caught:
        model(ones(2))
    return caught.value, getattr(caught.value, "__notes__", [])


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "matmul": (lambda: X @ W, "(32, 64) @ (128, 10)\n         ^^     ^^^\n    64 and 128 must be equal"),
    "matmul of an array": (lambda: X.numpy() @ W, "(32, 64) @ (128, 10)\n         ^^     ^^^"),
    "matmul of stacks": (
        lambda: Tensor(ones(2, 32, 64)) @ ones(3, 128, 10),
        "(2, 32, 64) @ (3, 128, 10)\n     ^      ^^     ^  ^^^\n    stacks of such arrays: 2 and 3",
    ),
    "matmul of a vector": (lambda: X @ ones(7), "(32, 64) @ (7,)\n         ^^     ^"),
    "the right one transposed": (lambda: X @ Tensor(ones(10, 64)), ".mT, it is (64, 10) and fits"),
    "the left one transposed": (lambda: X @ Tensor(ones(32, 10)), "left one swapped, .mT, it is (64, 32) and fits"),
    "dot": (lambda: np.dot(X, W), "dot((32, 64), (128, 10))\n             ^^    ^^^"),
    "inner": (lambda: np.inner(X, W), "inner((32, 64), (128, 10))\n               ^^         ^^"),
    "tensordot": (
        lambda: np.tensordot(X, W, ([0], [-1])),
        "tensordot((32, 64), (128, 10))\n               ^^             ^^",
    ),
    "vecdot": (lambda: np.vecdot(X, V), "vecdot((32, 64), (32, 7))\n                ^^        ^"),
    "matvec": (lambda: np.matvec(W, X), "matvec((128, 10), (32, 64))\n                 ^^        ^^"),
    "einsum": (
        lambda: np.einsum("...j,jk", X, W),
        "einsum((32, 64), (128, 10))\n                ^^    ^^^\n    j is 64 and 128",
    ),
    "linear": (lambda: F.linear(X, W), "(32, 64) @ (10, 128)\n         ^^     ^^\n"),
    "add": (lambda: X + V, "(32, 64) + (32, 7)\n         ^^         ^\n    axis -1: 64 and 7 must be equal, or one"),
    "add to an array": (lambda: X.numpy() + V, "(32, 64) + (32, 7)\n         ^^         ^\n"),
    "arrays alone": (lambda: ones(32, 64) - ones(7), "broadcast((32, 64), (7,))\n                   ^^    ^\n"),
    "a product of arrays alone": (lambda: np.dot(ones(3, 4), ones(3)), "dot((3, 4), (3,))\n            ^    ^\n"),
    "a new axis": (lambda: X * ones(32), "x[:, None], the one of shape (32,) is (32, 1) and fits"),
    "maximum": (lambda: np.maximum(X, V), "maximum((32, 64), (32, 7))\n                 ^^        ^"),
    "where": (lambda: np.where(ones(64) > 0, V, 1.0), "where((64,), (32, 7), ())\n           ^^         ^"),
    "clip": (lambda: np.clip(X, V, 1.0), "clip((32, 64), (32, 7), ())\n              ^^        ^"),
    "comparison": (lambda: X < V, "(32, 7)"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_clash_is_drawn(name: str) -> None:
    function, expected = CASES[name]
    error, notes = note_of(function)
    assert expected in notes[-1]
    place = str(error) if name == "linear" else notes[-2]
    assert "Sequential.1.0" in place


OTHER: dict[str, Callable[[], Any]] = {
    "an index": lambda: X[40],
    "a number as a matrix": lambda: X @ 3.0,
    "another shape": lambda: X.reshape(3, 5),
    "a value": lambda: int("x"),
    "an earlier error that was handled": lambda: after_a_clash(),
}


def after_a_clash() -> Any:
    try:
        return X + V
    except ValueError:
        return X.reshape(7)


@pytest.mark.parametrize("name", OTHER)
def test_other_errors_are_not_drawn(name: str) -> None:
    _, notes = note_of(OTHER[name])
    assert not any("^" in note for note in notes)


def test_the_same_sizes_are_not_marked() -> None:
    """Sizes of 1 stretch in a broadcast, and in the stacks of a product; in its sum they do not."""
    _, notes = note_of(lambda: Tensor(ones(1, 4, 1)) @ ones(5, 3, 2))
    assert "(1, 4, 1) @ (5, 3, 2)\n           ^        ^\n" in notes[-1]
